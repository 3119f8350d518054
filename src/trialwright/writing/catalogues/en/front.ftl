### Chapters 1 to 8.

report-kind = Clinical Study Report
title-protocol = Protocol number
title-acronym = Acronym
title-registries = Other identifiers
title-product = Interventions
title-indication = Indication
title-design = Design
title-phase = Development phase
title-sponsor = Sponsor
title-version = Version of the study definition
title-dates = Dates of the protocol
title-people = Responsible persons
person-in-role = { $person } ({ $role })
date-of = { $what }: { $date }

list-of-tables = List of tables
list-of-figures = List of figures
list-of-listings = List of listings

abbreviations-lead = The following abbreviations are used in this report.
abbreviation = Abbreviation
definition = Definition
abbreviation-ADaM = Analysis Data Model
abbreviation-AE = adverse event
abbreviation-ANCOVA = analysis of covariance
abbreviation-ANOVA = analysis of variance
abbreviation-CI = confidence interval
abbreviation-CRF = case report form
abbreviation-CSR = clinical study report
abbreviation-GCP = Good Clinical Practice
abbreviation-ICH = International Council for Harmonisation
abbreviation-IEC = independent ethics committee
abbreviation-IRB = institutional review board
abbreviation-LOCF = last observation carried forward
abbreviation-LS = least squares
abbreviation-NE = not estimable
abbreviation-SAE = serious adverse event
abbreviation-SD = standard deviation
abbreviation-SE = standard error
abbreviation-SDTM = Study Data Tabulation Model
abbreviation-SOC = system organ class
abbreviation-TEAE = treatment-emergent adverse event
abbreviation-USDM = Unified Study Definitions Model

ethics-lead = The provisions of the protocol for the protection of patients are given below.

administration-lead = The sponsor of the study was { $sponsor }.
role-item = { $role }: { $who }
role-item-alone = { $role }
roles-lead = The study definition names the following roles.

introduction-lead = This report describes the study { $protocol }, { $title }.
rationale = Reason for this version of the study definition: { $rationale }.

objectives-lead = The objectives of the study and the endpoints that answer them are given in { $where }.
objectives-caption = Objectives and endpoints
objective-level = Level
objective = Objective
endpoints = Endpoints
level-primary = Primary
level-secondary = Secondary
level-exploratory = Exploratory

estimands-lead = The estimands are given in { $where }, by the attributes of ICH E9(R1).
estimands-caption = Estimands
estimand = Estimand
estimand-population = Population
estimand-treatment = Treatment
estimand-variable = Variable
estimand-events = Intercurrent events and strategies
estimand-summary = Population-level summary
event-and-strategy = { $event }: { $strategy }
no-estimands = The study definition holds no estimands.

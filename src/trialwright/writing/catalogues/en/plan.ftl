### Chapter 9: investigational plan.

plan-lead = This chapter describes the study as it was planned. Passages that are introduced as the protocol's are quoted from it, in its own words and tense.

design-arms = The study had these treatment groups: { $arms }.
design-epochs = It went through these periods, in this order: { $epochs }.
design-phase = Phase
design-model = Intervention model
design-blinding = Blinding
design-indication = Indication
design-types = Type of study
design-intents = Purpose
design-characteristics = Characteristics
design-cells = What each group received in each period is given in { $where }.
design-schedule = The schedule of activities is given in { $section }.
cells-caption = Treatment groups and periods
arm = Group
protocol-in-appendix = The protocol and its amendments are provided in { $section }.

population-description = Population
population-age = Planned age
population-sex = Planned sex
population-number = Planned number of patients

inclusion-lead = Patients had to fulfil all of these criteria:
exclusion-lead = Patients who met any of these criteria were not to be enrolled:

interventions-lead = The interventions of the study were:
intervention-item = { $name } ({ $role })
treatments-shown = Doses, routes and schedules are given in { $where }.
treatments-caption = Treatments administered
dose-intervention = Intervention
dose-administration = Administration
dose = Dose
dose-route = Route
dose-frequency = Frequency
dose-duration = Duration
product-item = { $name }: { $form }
codes-in-appendix = The randomisation scheme and codes are the subject of { $section }.
blinding-schema = Blinding scheme of the study definition: { $schema }.
masked-role = { $role }: { $masking }

variables-lead = What was measured and when is given in { $schedule }; the primary efficacy variable is defined in { $primary }.
schedule-shown = The schedule of activities is given in { $where }; study days are nominal, and windows are in days.
schedule-caption = Schedule of activities
activity = Activity
study-day = Study day
window = Window (days)
primary-endpoints = Primary endpoints of the study definition:
no-concentrations = The study definition describes no measurement of drug concentrations.

amendment = Protocol amendment { $number }: { $summary }
amendment-change = { $summary } Rationale: { $rationale }
no-amendments = The study definition holds no protocol amendment.

methods-lead = The planned analyses are described in { $plan }, the determination of the sample size in { $size }.
methods-general = All statistical tests were two-sided, at a significance level of { $alpha } unless stated otherwise. Intervals are two-sided. Every analysis is documented, with its conditions and options, in { $documentation }.
methods-sets = The analysis sets were defined as follows.
set-name = Analysis set
set-definition = Definition
set-condition = Condition on the subject-level dataset: { $condition }
set-everybody = All patients in the subject-level dataset.
methods-primary = The primary endpoint was analysed as follows:
methods-secondary = Secondary endpoints were analysed as follows:
methods-supportive = Sensitivity and supportive analyses were:
methods-multiplicity = The overall level of significance was kept as follows:
methods-subgroups = Subgroups and interactions with treatment were analysed as follows:
methods-patients = Disposition, baseline characteristics, exposure and compliance were summarised as follows:
methods-safety = Safety was summarised as follows:

analysis-item = { $label }: { $method } (analysis set: { $set }).

method-ancova = { $has-dose ->
    [yes] linear model with dose as a continuous effect{ $has-terms ->
        [yes] {" "}and { $terms }
       *[no] {""}
    }
   *[no] linear model with { $all-terms }; LS means{ $weights ->
        [observed] , weighted by the observed frequencies of the factors' levels,
        [equal] , with equal weights of the factors' levels,
       *[none] {""}
    } and their differences with confidence intervals
 }
method-anova = one-way analysis of variance by { $groups }
method-chi-square = Pearson's chi-square test by { $groups }
method-fisher-exact = Fisher's exact test by { $groups }
method-kaplan-meier = { $has-groups ->
    [yes] Kaplan-Meier estimates by { $groups }
   *[no] Kaplan-Meier estimates
 }
method-logrank = { $has-strata ->
    [yes] log-rank test by { $groups }, stratified by { $strata }
   *[no] log-rank test by { $groups }
 }
method-descriptive = { $has-groups ->
    [yes] descriptive statistics (n, mean, SD, median, quartiles, minimum, maximum) by { $groups }
   *[no] descriptive statistics (n, mean, SD, median, quartiles, minimum, maximum)
 }
method-count = { $has-groups ->
    [yes] numbers and percentages of patients by { $groups }
   *[no] numbers and percentages of patients
 }
method-incidence = { $has-groups ->
    [yes] numbers and percentages of patients with events, and numbers of events, by { $groups }
   *[no] numbers and percentages of patients with events, and numbers of events
 }
method-listing = listing of records
method-other = the method { $method }

summary-descriptive = Descriptive statistics: { $items }.
summary-count = Numbers and percentages of patients: { $items }.
summary-incidence = Numbers and percentages of patients with events, and numbers of events, by term: { $items }.
summary-anova = One-way analysis of variance between treatment groups: { $items }.
summary-chi-square = Pearson's chi-square test between treatment groups: { $items }.
summary-fisher-exact = Fisher's exact test between treatment groups: { $items }.
summary-ancova = Linear models: { $items }.
summary-kaplan-meier = Kaplan-Meier estimates: { $items }.
summary-logrank = Log-rank test between treatment groups: { $items }.
summary-listing = Listings of records: { $items }.
summary-other = Method { $method }: { $items }.

doc-analysis = Analysis
doc-method = Method
doc-data = Dataset, set and records
doc-variables = Variables
doc-options = Options
doc-by = by { $groups }

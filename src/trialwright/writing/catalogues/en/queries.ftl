### What only a human can write. Each question says what is to be written, and from which source.

query-first-last-patient = Give the dates on which the first patient was enrolled and the last patient completed; if the study was stopped early, the date and the reason.
query-report-date = Give the date of this report, and the dates of earlier versions of it.
query-gcp-statement = Confirm that the study was conducted in compliance with Good Clinical Practice, including the archiving of essential documents, and name the sponsor's signatory.

query-synopsis-investigators = Name the principal or coordinating investigator(s).
query-synopsis-centres = Give the study centres: number, countries.
query-synopsis-publications = Give the references of publications of this study, or state that there are none.
query-synopsis-period = Give the studied period: dates of first enrolment and last completion.
query-synopsis-conclusion = Write the overall conclusion of the synopsis and give the date of the report; it must agree with the discussion.

query-ethics-review = Confirm that the protocol and every amendment were reviewed and approved by an independent ethics committee or institutional review board before the study began at a site; the list of committees belongs in the appendices.
query-ethical-conduct = Confirm that the study was conducted according to the ethical principles that have their origin in the Declaration of Helsinki, or describe what was different.
query-consent = Describe how and when informed consent was in fact obtained in relation to enrolment; representative information and consent forms belong in the appendices.
query-administration = Describe the administrative structure as it was in fact: principal investigators, committees, monitoring, data management, statistics, laboratories, drug supply, and the authors of this report.
query-introduction = Check the introduction, which is taken from the protocol, against what is known of the drug at the date of this report; add guidelines followed and agreements with authorities.
query-objectives = State the objectives of the study; the study definition holds none.
query-undetermined-endpoints = Name the endpoints that the study definition leaves to be determined.
query-estimands = State the estimand of each primary and secondary objective (population, treatment, variable, intercurrent events with strategies, population-level summary), or explain why none was defined.

query-choice-of-control = Discuss, in view of how the study went, whether the control group and the design were appropriate: known problems of the design, run-in or wash-out, duration of treatment.
query-population = Describe the population that the study was intended for.
query-inclusion = List the inclusion criteria; the study definition holds none.
query-exclusion = List the exclusion criteria; the study definition holds none.
query-removal = Describe the reasons, set in advance, for removing patients from therapy or assessment, and their follow-up; the protocol's text could not be found in the study definition.
query-treatments = Describe the interventions; the study definition holds none.
query-treatments-administered = Describe the treatments of each group: route, dose, dosage schedule; the study definition holds none.
query-batches = Give the batch numbers, formulation, strength, storage and expiry of the investigational products, and the source of comparators.
query-assignment = Describe the method of randomisation: how the sequence was made, blocks and strata, concealment, who assigned patients; the protocol's text could not be found in the study definition.
query-dose-selection = Explain why the doses of the study were chosen; the protocol's text could not be found in the study definition.
query-dose-timing = Describe how each patient's dose was selected and when it was taken; the protocol's text could not be found in the study definition.
query-blinding = Describe how blinding was achieved and kept; the protocol's text could not be found in the study definition.
query-unblinding = List every breaking of the code during the study, with the reason, and state who was unblinded and when; if there was none, say so.
query-concomitant-therapy = Describe which prior and concomitant therapies were allowed; the protocol's text could not be found in the study definition.
query-compliance-measures = Describe how compliance with treatment was ensured and documented; the protocol's text could not be found in the study definition.
query-schedule = Provide the schedule of activities; the study definition has no main timeline with visits.
query-appropriateness = State whether the measurements are standard, reliable and validated in this population; the protocol's text could not be found in the study definition.
query-primary-variable = Name and define the primary efficacy variable; the study definition holds no primary endpoint.
query-data-quality = Describe the quality assurance as it was in fact: training, monitoring, central laboratory, data checks, and which audits took place.
query-sample-size = Give the assumptions of the sample size: effect, variability, power, significance level, dropout; the protocol's text could not be found in the study definition.
query-changes = List the changes in the conduct of the study and in the planned analyses that are not protocol amendments: when in relation to unblinding, why, by whom, and their effect on the interpretation; if there was none, say so.

query-disposition = Describe the disposition of patients; the analysis plan counts neither randomised nor completed patients.
query-screened = Give the number of patients screened and the reasons for not randomising those who were not.
query-not-randomized = Give the reasons for not randomising those who were screened and not randomised.
query-deviations = Summarise the important protocol deviations by kind and centre (entry criteria, withdrawal criteria, wrong treatment or dose, excluded concomitant treatment), and say how they were handled in the analysis.

query-baseline = Describe demographic and baseline characteristics; the analysis plan holds no such analysis.
query-comparability = Judge whether the groups were comparable at baseline in what matters for the primary endpoint.
query-compliance = Summarise the treatment compliance by group, or state why it was not measured.
query-efficacy = Report the efficacy results; the analysis plan holds no efficacy analysis with results.
query-missing-data = Discuss the number and pattern of dropouts and missing values by group, how they were treated in the analysis, and how far the results depend on it.
query-interim = Describe interim analyses and monitoring of unblinded data as they in fact took place; if there was none, say so.
query-centres = Say how centres entered the analysis, and whether the effect of treatment differed among them.
query-multiplicity = Say how the multiplicity of endpoints, dose groups and analyses bears on the conclusions, following the testing strategy of the protocol and the statistical analysis plan.
query-subset = Compare the results in the efficacy set with those in all randomised patients, and discuss differences.
query-subgroups = Discuss whether the effect differed by sex, age, race, region or severity, or why this was not examined.
query-dose-response = Discuss the relationship of dose (and concentration, if measured) to response.
query-conclusions = State the conclusion from the results above.

query-exposure = Describe the extent of exposure: number of patients, duration and dose; the analysis plan holds no such analysis.
query-adverse-events = Summarise the adverse events; the analysis plan holds no analysis of them.
query-analysis-of-events = Discuss the more common adverse events: time of onset, duration, relation to dose and to patients' characteristics.
query-deaths = State whether any patient died during the study or its follow-up; the analysis plan does not count deaths.
query-serious = Report the serious adverse events other than deaths; the analysis plan does not count them.
query-other-significant = Report adverse events that led to withdrawal, dose reduction or additional therapy, and marked laboratory abnormalities; the analysis plan does not count them.
query-narratives = Provide narratives of deaths, other serious adverse events and adverse events of particular interest.
query-serious-discussion = Assess the significance of the deaths, other serious and other significant adverse events for the safety of the drug, and their relation to it.
query-laboratory = Describe laboratory values over time by group; the analysis plan holds no such analysis.
query-laboratory-changes = Describe the changes of individual patients, for example as shifts against the normal range; the analysis plan holds no such analysis.
query-laboratory-abnormalities = Discuss individual clinically significant laboratory abnormalities, and their relation to the drug.
query-vital-signs = Describe vital signs, physical findings and other observations related to safety; the analysis plan holds no such analysis.
query-physical-findings = Describe physical findings and other observations related to safety that were not analysed in tables, or state that there were none of note.

query-discussion = Discuss the efficacy and safety results in the light of other data: what is new, unexpected or limited; do not repeat the numbers.
query-benefit-risk = Discuss the relation of benefits to risks, and the clinical relevance of the findings.
query-overall-conclusions = State the overall conclusions of the study.

query-narrative-texts = Place the narratives here if they are not in the text of the safety chapter.
query-references = Complete the list of references with those of the discussion.

query-protocol = Attach the protocol and all amendments.
query-sample-crf = Attach the unique pages of the case report form.
query-ethics-committees = Attach the list of ethics committees or review boards (with the names of their chairs where required), and representative patient information and consent forms.
query-investigators = Attach the list and description of investigators and other important participants, with brief curricula vitae.
query-signatures = Attach the signatures of the principal or coordinating investigator(s) or of the sponsor's responsible medical officer.
query-batch-listing = Attach the listing of patients by batch of investigational product, or state that only one batch was used.
query-randomization-codes = Attach the randomisation scheme and codes with patient identification and treatment assigned.
query-audit-certificates = Attach audit certificates, or state that there are none.
query-laboratory-standardization = Attach the documentation of the standardisation between laboratories, or state that a central laboratory analysed all samples.
query-publications = Attach publications based on the study, or state that there are none.
query-referenced-publications = Attach the important publications that the report refers to.
query-crfs-serious = Attach the case report forms of patients who died, had other serious adverse events, or withdrew because of adverse events.
query-crfs-other = Attach other case report forms as the authority requires, or state that none are submitted.
query-archival-listings = Provide individual patient data listings for archives if the authority asks for them, or refer to the submitted datasets.
query-listing = Provide this listing, or add it to the analysis plan, or state why it is not applicable.

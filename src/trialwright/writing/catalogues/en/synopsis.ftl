### Chapter 2: synopsis.

synopsis-sponsor = Name of sponsor
synopsis-product = Interventions
synopsis-title = Title and number of study
synopsis-phase = Phase of development
synopsis-objectives = Objectives
synopsis-methodology = Methodology
synopsis-number = Number of patients (planned and analysed)
synopsis-diagnosis = Diagnosis and main criteria for inclusion
synopsis-treatments = Treatments, dose and mode of administration, duration
synopsis-criteria = Criteria for evaluation
synopsis-methods = Statistical methods
synopsis-disposition = Disposition
synopsis-efficacy = Efficacy results
synopsis-safety = Safety results

leveled = { $level }: { $text }
age-range = Age: { $range }
dose-item = { $name }: { $details }
synopsis-alpha = All tests were two-sided, at a significance level of { $alpha }.

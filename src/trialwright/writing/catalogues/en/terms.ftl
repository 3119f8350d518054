### Coded terms (CDISC and NCI submission values) as they read in a sentence. A term that is not here reads as it is.

term-phase-i-trial = Phase I
term-phase-i-ii-trial = Phase I/II
term-phase-ii-trial = Phase II
term-phase-iia-trial = Phase IIa
term-phase-iib-trial = Phase IIb
term-phase-ii-iii-trial = Phase II/III
term-phase-iii-trial = Phase III
term-phase-iiia-trial = Phase IIIa
term-phase-iiib-trial = Phase IIIb
term-phase-iv-trial = Phase IV

term-open-label-study = open-label
term-single-blind-study = single-blind
term-double-blind-study = double-blind
term-triple-blind-study = triple-blind
term-single-group-study = single-group
term-parallel-study = parallel-group
term-crossover-study = crossover
term-factorial-study = factorial
term-sequential-study = sequential

term-efficacy-study = efficacy
term-safety-study = safety
term-pharmacokinetic-study = pharmacokinetics
term-pharmacodynamic-study = pharmacodynamics
term-dose-response-study = dose response
term-treatment-study = treatment
term-prevention-study = prevention
term-diagnosis-study = diagnosis

term-randomized = randomised
term-stratified-randomisation = stratified randomisation
term-multicentre = multicentre
term-multiple-countries = several countries
term-extension = extension
term-adaptive = adaptive

term-experimental-intervention = experimental intervention
term-investigational-medicinal-product = investigational medicinal product
term-active-comparator = active comparator
term-placebo = placebo
term-female = female
term-male = male

term-oral-route-of-administration = oral
term-transdermal-route-of-administration = transdermal
term-topical-route-of-administration = topical
term-intravenous-route-of-administration = intravenous
term-subcutaneous-route-of-administration = subcutaneous
term-intramuscular-route-of-administration = intramuscular
term-daily = daily
term-weekly = weekly
term-capsule-dosage-form = capsule
term-tablet-dosage-form = tablet
term-patch-dosage-form = patch
term-solution-dosage-form = solution

### Chapter 11: efficacy evaluation.

sets-lead = The analysis sets are defined in { $section }. They comprised the following patients.
set-size = { $set }: { $n } { $n-number ->
    [one] patient
   *[other] patients
 }.
set-without-size = { $set }: the size of this set was not analysed.
sets-shown = The sizes of the analysis sets by treatment group are given in { $where }.
sets-table-title = Patients in Each Analysis Set by Treatment Group
sets-footnote = Values are numbers of patients.
excluded-listed = Patients and observations that were left out of the efficacy analysis are the subject of { $section }.

baseline-lead = Demographic and other baseline characteristics (analysis set: { $set }) were as follows.
baseline-mean = { $label }: mean { $mean } (SD { $sd }) overall; { $values }.
baseline-mean-by-arm = { $label }: mean (SD) { $values }.
mean-short = { $mean } ({ $sd }) in the { $arm } group
label-with-p = { $label } ({ $p-text })
baseline-different = At the two-sided level of { $alpha }, the treatment groups differed at baseline in { $items }.
baseline-otherwise-alike = No difference was detected at this level in { $items }.
baseline-alike = At the two-sided level of { $alpha }, no difference between the treatment groups at baseline was detected in { $items }.
demography-listed = Individual demographic data are the subject of { $section }.

compliance-not-analyzed = The analysis plan holds no analysis of treatment compliance.
compliance-listed = Individual compliance data are the subject of { $section }.

efficacy-lead = The results of each planned efficacy analysis are given below, each comparison judged at the two-sided significance level of { $alpha }. The tables and figures are collected in { $displays }, the individual data in { $listings }.
efficacy-primary = Primary Endpoint
efficacy-secondary = Secondary Endpoints
efficacy-supportive = Sensitivity and Supportive Analyses
endpoint-lead = Endpoint: { $endpoint }.
in-set = Analysis set: { $set }.
primary-order = The order of testing and any adjustment for multiplicity are the subject of { $section }.
primary-shown = The analysis of the primary endpoint is summarised in { $where }.
primary-table-title = Primary Endpoint: Summary of the Analysis
primary-footnote = LS = least squares; SE = standard error; CI = confidence interval. Differences are the column's group minus the group named in the row.
row-n = n
row-lsmean = LS mean (SE)
row-difference = LS mean difference from { $versus } (SE)
row-interval = CI
row-interval-level = % CI
row-p = p-value

issues-lead = The planned statistical methods are described in { $methods } and documented in { $documentation }. The issues that ICH E3 names are taken up below.
covariates-lead = Besides treatment, the models had the following terms.
model-terms = { $label }: { $terms }
term-by-visit = { $term } by visit
term-as-stratum = { $term } (strata)
no-covariates = The efficacy analyses of the plan made no adjustment for covariates.
dtype-analyses = Imputed values are marked as such in the analysis datasets; these analyses used the mark to include or leave out such values: { $items }.
multiplicity = In this report, each comparison was judged by itself at the two-sided level of { $alpha }; p-values are shown without adjustment for multiplicity.
one-efficacy-set = All efficacy analyses of the plan were done in one analysis set ({ $set }; see { $where }); there was no other efficacy subset.
efficacy-sets = The efficacy analyses were done in these analysis sets: { $sets } (see { $where }).
no-equivalence = No analysis of the plan was intended to show equivalence or non-inferiority to an active control.
responses-listed = Individual efficacy responses are the subject of { $section }.
no-dose-test = The analysis plan holds no test of a relationship between dose and response; the results by dose group are given in { $where }.
no-interactions = Drug-drug and drug-disease interactions were not analysed: the analysis plan holds no such analysis.
no-by-patient = No displays of individual patients beyond the listings in { $section } were prepared.

level-share = { $level } in { $n } ({ $p }%)
baseline-levels = { $label }: { $values } of all patients.
all-patients-column = All patients

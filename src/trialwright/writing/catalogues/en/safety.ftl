### Chapter 12: safety evaluation.

exposure-not-analyzed = The analysis plan holds no analysis of the extent of exposure.

ae-lead = Adverse events were summarised by patient (analysis set: { $set }); each patient was counted once for each kind of event or term. Adverse events that began or worsened after the start of treatment are called treatment-emergent adverse events (TEAEs).
no-ae-analysis = The analysis plan holds no analysis of adverse events.

ae-teae-any = At least one TEAE was reported for { $values }.
ae-teae-any-nobody = No TEAE was reported for any patient.
ae-teae-related = TEAEs that were assessed as related to study treatment were reported for { $values }.
ae-teae-related-nobody = No TEAE was assessed as related to study treatment.
ae-teae-severe = Severe TEAEs were reported for { $values }.
ae-teae-severe-nobody = No severe TEAE was reported for any patient.
ae-teae-serious = Serious TEAEs were reported for { $values }.
ae-teae-serious-nobody = No serious TEAE was reported for any patient.
ae-teae-discontinuation = Adverse events leading to discontinuation were reported for { $values }.
ae-teae-discontinuation-nobody = No adverse event led to discontinuation.
ae-deaths = Deaths occurred in { $values }.
ae-deaths-nobody = No deaths were reported.

frequency-more = The proportion of patients was higher in the { $arms } { $count ->
    [one] group
   *[other] groups
 } than in the { $reference } group for { $kinds }.
frequency-less = The proportion of patients was lower in the { $arms } { $count ->
    [one] group
   *[other] groups
 } than in the { $reference } group for { $kinds }.
frequency-equal = The proportion of patients was the same, to the precision shown, in the { $arms } and the { $reference } groups for { $kinds }.
kind-teae-any = any TEAE
kind-teae-related = related TEAEs
kind-teae-severe = severe TEAEs
kind-teae-serious = serious TEAEs
kind-teae-discontinuation = adverse events leading to discontinuation
kind-deaths = deaths

ae-overview-shown = An overview is given in { $where }.
ae-table-title = Overview of Adverse Events
ae-footnote = Values are numbers of patients with at least one event, with percentages of the patients in the group. TEAE = treatment-emergent adverse event.
row-teae-any = Any TEAE
row-teae-related = Related TEAE
row-teae-severe = Severe TEAE
row-teae-serious = Serious TEAE
row-teae-discontinuation = Adverse event leading to discontinuation
row-deaths = Death

terms-lead = { $label }: over all groups, the terms reported for most patients were the following.
terms-all = { $label }: the following terms were reported.
term-item = { $term }: { $values }
no-terms = { $label }: no event was reported.
term-with-p = { $term } ({ $p-text })
terms-different = Between the { $arm } and the { $versus } group, the proportions differed at the unadjusted two-sided level of { $alpha } for { $items }.
terms-alike = Between the { $arm } and the { $versus } group, the proportions differed for no term at the unadjusted two-sided level of { $alpha }.

term-with-shares = { $term } ({ $share }% and { $control }%)
terms-more-frequent = Terms reported for at least { $percent }% of the patients in the { $arm } group and more often than in the { $versus } group{ $has-excess ->
    [yes] {" "}by at least { $excess } percentage points
   *[no] {""}
 }{ $has-times ->
    [yes] {" "}(at least { $times } times the proportion)
   *[no] {""}
 } were: { $items }.
terms-none-more-frequent = No term was reported for at least { $percent }% of the patients in the { $arm } group and more often than in the { $versus } group{ $has-excess ->
    [yes] {" "}by at least { $excess } percentage points
   *[no] {""}
 }{ $has-times ->
    [yes] {" "}(at least { $times } times the proportion)
   *[no] {""}
 }.

no-ae-tests = The analysis plan holds no inferential analysis of adverse events.
no-ae-tests-but-terms = Beyond the comparisons of frequencies by term, the analysis plan holds no inferential analysis of adverse events.
events-listed = All adverse events of each patient are the subject of { $section }.
significant-events-lead = Deaths, other serious adverse events and other significant adverse events are reported from { $deaths } on; narratives are the subject of { $narratives }.
serious-listed = Deaths, other serious adverse events and other significant adverse events of individual patients are the subject of { $section }.
no-narratives = No patient died, had a serious adverse event, or discontinued because of an adverse event.
narratives-where = Narratives of deaths, other serious adverse events and certain other significant adverse events are given in { $section }.

laboratory-lead = Laboratory values were analysed (analysis set: { $set }).
laboratory-not-analyzed = The analysis plan holds no analysis of laboratory values.
laboratory-listed = Individual laboratory measurements are the subject of { $all }, abnormal values that of { $abnormal }.
laboratory-parameters = Each laboratory parameter is evaluated over time, by changes of individual patients, and by clinically significant abnormalities.
laboratory-over-time = Laboratory values over time were summarised by descriptive statistics, by treatment group and visit: { $items }.
laboratory-changes = Changes of individual patients were summarised by counts: { $items }.
vital-signs = Vital signs were summarised by treatment group: { $items }.

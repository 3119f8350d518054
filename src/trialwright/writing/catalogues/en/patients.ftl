### Chapter 10: study patients.

planned-number = The protocol planned for { $n } patients.

stage-in-arm = { $n-number ->
    [0] none in the { $arm } group
   *[other] { $n } ({ $p }%) in the { $arm } group
 }

stage-randomized = A total of { $n } patients were randomised: { $values }.
stage-randomized-by-arm = The numbers of patients randomised were { $values }.
stage-randomized-nobody = No patients were randomised.
stage-treated = In total, { $n } patients ({ $p }%) received study treatment ({ $label }): { $values }.
stage-treated-by-arm = Study treatment ({ $label }) was received by { $values }.
stage-treated-nobody = No patient received study treatment ({ $label }).
stage-completed = In total, { $n } patients ({ $p }%) completed as planned ({ $label }): { $values }.
stage-completed-by-arm = The numbers of patients who completed as planned ({ $label }) were { $values }.
stage-completed-nobody = No patient completed as planned ({ $label }).
stage-discontinued = In total, { $n } patients ({ $p }%) discontinued ({ $label }): { $values }.
stage-discontinued-by-arm = The numbers of patients who discontinued ({ $label }) were { $values }.
stage-discontinued-nobody = No patient discontinued ({ $label }).

reason-with-counts = { $reason }: { $values }
count-in-arm-short = { $n-number ->
    [0] none in the { $arm } group
   *[other] { $n } ({ $p }%) in the { $arm } group
 }
reasons = { $count ->
    [one] The most frequent reason for discontinuation was { $items }.
   *[other] The most frequent reasons for discontinuation were { $items }.
 }
reasons-nobody = No reason for discontinuation was recorded for any patient.

disposition-shown = The disposition of patients is shown in { $where }.
for-label = For { $label }:
listing-of-discontinued = Patients who discontinued are listed in { $section }.
deviations-listed = Protocol deviations of individual patients belong in { $section }.

flow-title = Disposition of Patients
flow-alt = Flow diagram of the disposition of patients in the groups { $arms }.
flow-randomized = Randomised: { $n }
flow-treated = Treated: { $n }
flow-completed = Completed: { $n }
flow-discontinued = Discontinued: { $n }

disposition-table-title = Disposition of Patients by Treatment Group
count-footnote = Values are numbers of patients, with percentages of the patients in the group.

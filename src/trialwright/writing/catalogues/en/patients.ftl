### Chapter 10: study patients.

planned-number = The protocol planned for { $n } patients.

screened = { $set }: { $n } patients, of whom { $randomized } were randomised.
failures = { $label }: { $values }.
failure-share = { $level } ({ $n-number ->
    [one] { $n } patient
   *[other] { $n } patients
 })

stage-in-arm = { $n-number ->
    [0] none in the { $arm } group
   *[other] { $n } ({ $p }%) in the { $arm } group
 }
number-in-arm = { $n-number ->
    [0] none to the { $arm } group
   *[other] { $n } to the { $arm } group
 }

stage-randomized = A total of { $n } { $n-number ->
    [one] patient was
   *[other] patients were
 } randomised: { $values }.
stage-randomized-by-arm = Patients were randomised as follows: { $values }.
stage-randomized-nobody = No patients were randomised.
stage-treated = { $label }: { $n } { $n-number ->
    [one] patient
   *[other] patients
 } ({ $p }%) in total, { $values }.
stage-treated-by-arm = { $label }: { $values }.
stage-treated-nobody = { $label }: no patient.
stage-completed = { $label }: { $n } { $n-number ->
    [one] patient
   *[other] patients
 } ({ $p }%) in total, { $values }.
stage-completed-by-arm = { $label }: { $values }.
stage-completed-nobody = { $label }: no patient.
stage-discontinued = { $label }: { $n } { $n-number ->
    [one] patient
   *[other] patients
 } ({ $p }%) in total, { $values }.
stage-discontinued-by-arm = { $label }: { $values }.
stage-discontinued-nobody = { $label }: no patient.

reason-with-counts = { $reason }: { $values }
count-in-arm-short = { $n-number ->
    [0] none in the { $arm } group
   *[other] { $n } ({ $p }%) in the { $arm } group
 }
reasons = The most frequent reasons for discontinuation were the following.
reasons-all = The reasons for discontinuation were the following.
reasons-nobody = No reason for discontinuation was recorded for any patient.

disposition-shown = The disposition of patients is shown in { $where }.
for-label = { $label }:
listing-of-discontinued = Patients who discontinued are listed in { $section }.
deviations-counted = { $label } were recorded for { $values }.
deviations-listed = Protocol deviations of individual patients are the subject of { $section }.

flow-title = Disposition of Patients
flow-alt = Flow diagram of the disposition of patients in the groups { $arms }.
flow-randomized = Randomised: { $n }
flow-treated = Treated: { $n }
flow-completed = Completed: { $n }
flow-discontinued = Discontinued: { $n }

disposition-table-title = Disposition of Patients by Treatment Group
count-footnote = Values are numbers of patients, with percentages of the patients in the group.

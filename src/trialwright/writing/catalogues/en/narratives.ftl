### Patient narratives. Every fact is a placeholder that refers to a record; what records lack is said to be lacking.

narrative-where = Narratives of { $kinds } are given in { $section }; { $table } lists them. They were put together from the records of each patient; study days are counted from the first dose of study treatment, which is the first day.
narrative-lead = This section tells the cases of { $kinds }, one narrative for each patient. Every datum is taken from the patient’s records. Study days are counted from the first dose of study treatment, which is the first day; no day is numbered zero. What the records do not hold is said to be not recorded. What they contradict is asked below the narrative.
narrative-lead-blinded = The treatment is not told, since these narratives are written before unblinding.
narrative-kind-death = patients who died
narrative-kind-serious = patients with other serious adverse events
narrative-kind-criterion = patients with an adverse event that has a criterion of seriousness, but is recorded as not serious
narrative-kind-discontinuation = patients who discontinued because of an adverse event
narrative-kind-special-interest = patients with an adverse event of special interest
narrative-kind-listed = further patients named in the plan
narrative-none-found = No patient’s records call for a narrative.
narrative-table-title = Patients With Narratives
narrative-column-patient = Patient
narrative-column-person = Age, sex
narrative-column-treatment = Treatment
narrative-column-reason = Reason
narrative-column-events = Events told
narrative-column-exposure = Treated
narrative-reason-death = Death
narrative-reason-serious = Serious adverse event
narrative-reason-criterion = Event with a criterion of seriousness, recorded as not serious
narrative-reason-discontinuation = Discontinuation because of an adverse event
narrative-reason-special-interest = Event of special interest
narrative-reason-listed = Named in the plan
narrative-heading = Patient { $subject }: { $events }
narrative-heading-plain = Patient { $subject }
narrative-document-title = Patient Narratives
narrative-header = { $protocol } - Patient Narratives

narrative-not-recorded = not recorded
narrative-blinded = blinded
narrative-day = day { $day }
narrative-date-and-day = { $date } (day { $day })
narrative-years-before = about { $count ->
    [one] { $count } year
   *[other] { $count } years
 } before the first dose
narrative-months-before = about { $count ->
    [one] { $count } month
   *[other] { $count } months
 } before the first dose
narrative-months-after = about { $count ->
    [one] { $count } month
   *[other] { $count } months
 } after the first dose
narrative-years-before-short = about { $count ->
    [one] { $count } year
   *[other] { $count } years
 } before
narrative-months-before-short = about { $count ->
    [one] { $count } month
   *[other] { $count } months
 } before
narrative-months-after-short = about { $count ->
    [one] { $count } month
   *[other] { $count } months
 } after
narrative-month-same = in the month of the first dose
narrative-year-same = in the year of the first dose
narrative-on = on { $when }
narrative-in = in { $when }
narrative-since-on = since { $when }
narrative-days-count = { $count ->
    [one] { $count } day
   *[other] { $count } days
 }
narrative-months-count = { $count ->
    [one] { $count } month
   *[other] { $count } months
 }
narrative-years-count = { $years } years

narrative-person = { $person ->
    [woman] woman
    [man] man
   *[patient] patient of unrecorded sex
 }
narrative-patient = Patient { $subject } was { $age-known ->
    [yes] { $article ->
        [an] an
       *[a] a
    } { $age }-year-old { $person }
   *[no] a { $person } of unrecorded age
 }{ $race-known ->
    [yes] { " " }(race: { $race })
   *[no] {""}
 } { $treatment-known ->
    [blinded] on blinded study treatment.
    [yes] in the { $treatment } group.
   *[no] whose treatment group is not recorded.
 }
narrative-disease = { $disease } had been present for { $duration } at the first dose.
narrative-disease-dated = { $disease } had been present since { $when }, for { $duration } at the first dose.
narrative-disease-undated = The disease treated was { $disease }; its duration is not recorded.
narrative-disease-unknown = The disease treated is not among the patient’s records of medical history.
narrative-history-related = Medical history in the same system organ class as { $several ->
    [yes] the events
   *[no] the event
 }, with times from the first dose: { $items }.
narrative-history-other = { $related ->
    [yes] Other medical history
   *[no] Medical history, with times from the first dose
 }: { $items }.
narrative-history-none = No medical history other than the disease treated is recorded.
narrative-history-missing = There are no records of medical history.
narrative-item-since = { $item } (since { $when })
narrative-item-in = { $item } ({ $when })
narrative-item-undated = { $item } (date not recorded)
narrative-medications = Concomitant medication at the onset of { $event }, with times from the first dose: { $items }.
narrative-medications-none = No concomitant medication is recorded at the onset of { $event }.
narrative-medications-missing = There are no records of concomitant medication.
narrative-medication-ongoing-unknown = (ongoing since an unrecorded date)
narrative-doses = Doses of { $treatment }: { $items }.
narrative-doses-blinded = Study treatment (blinded) was given { $items }.
narrative-doses-none = No dose of study treatment is recorded.
narrative-dose-item = { $dose } ({ $start } to { $end })
narrative-dose-item-one-day = { $dose } ({ $start })
narrative-dose-item-open = { $dose } (from { $start }, end not recorded)
narrative-dose-dates = { $start } to { $end }
narrative-dose-dates-one-day = on { $start }
narrative-dose-dates-open = from { $start } (end not recorded)

narrative-group = These events are told together, because their records are related, they overlap, or one follows the other directly: { $items }.
narrative-no-index = The records do not say which adverse event led to the discontinuation.
narrative-present-then = Adverse events present when treatment ended: { $items }.
narrative-event = { $event } (reported as “{ $verbatim }”; { $body-system }) began { $when }.
narrative-event-uncoded = { $event } (not coded) began { $when }.
narrative-event-undated = { $event } (reported as “{ $verbatim }”; { $body-system }) is recorded without the date on which it began.
narrative-nature = { $severity-known ->
    [yes] Its intensity was { $severity }
   *[no] Its intensity is not recorded
 }; { $seriousness ->
    [criteria] it was serious ({ $criteria }).
    [serious] it is recorded as serious, without a criterion.
    [contradicted] it is recorded as not serious, with criteria of seriousness recorded nonetheless ({ $criteria }).
    [not] it was not serious.
   *[missing] whether it was serious is not recorded.
 }
narrative-criterion-death = death
narrative-criterion-life-threatening = life-threatening
narrative-criterion-hospitalisation = hospitalisation
narrative-criterion-disability = disability or incapacity
narrative-criterion-congenital = congenital anomaly or birth defect
narrative-criterion-important = other medically important event
narrative-criterion-cancer = cancer
narrative-criterion-overdose = overdose
narrative-relation = { $known ->
    [yes] The investigator’s assessment of its relation to study treatment was “{ $relation }”.
   *[no] The investigator’s assessment of its relation to study treatment is not recorded.
 }
narrative-action = { $known ->
    [yes] Action taken with study treatment: { $action }.
   *[no] The action taken with study treatment is not recorded.
 }
narrative-action-linked = The records relate the event to the discontinuation.
narrative-outcome = { $known ->
    [yes] Its outcome was “{ $outcome }”
   *[no] Its outcome is not recorded
 }{ $end-known ->
    [yes] ; it ended { $end }, having lasted { $duration }.
    [end] ; it ended { $end }.
   *[no] ; no end is recorded.
 }
narrative-countermeasures = Medication given for it: { $items }.
narrative-treated = Treatment was given for it; no medication is recorded as such.
narrative-untreated = No treatment was given for it.
narrative-countermeasures-unknown = No treatment for it is recorded.
narrative-onset-treated = At its onset the patient had been treated for { $duration } and was taking { $dose }.
narrative-onset-treated-blinded = At its onset the patient had been treated for { $duration }.
narrative-onset-after = The last dose before its onset{ $dose-known ->
    [yes] { " " }({ $dose })
   *[no] {""}
 } was taken { $when }, { $gap } before, after { $duration } of treatment.
narrative-onset-before = It began before the first dose of study treatment.
narrative-concurrent = Other adverse events present at the onset: { $items }.
narrative-concurrent-none = No other adverse event was present at the onset.
narrative-event-item = { $event } ({ $severity }, { $when })
narrative-event-item-plain = { $event } ({ $when })

narrative-values-lead = { $many ->
    [0] Laboratory values outside their reference range, and vital signs, around the onset of { $event }:
   *[other] Laboratory values outside their reference range (the { $shown } tests farthest outside of { $all }), and vital signs, around the onset of { $event }:
 }
narrative-values-vital = Vital signs around the onset of { $event }; no laboratory value told here was outside its reference range:
narrative-values-none = No laboratory value at baseline, last before the onset of { $event }, or after it was outside its reference range.
narrative-values-missing = There are no laboratory values or vital signs around the onset of { $event } in the records.
narrative-values-test = Test (unit)
narrative-values-range = Reference range
narrative-values-baseline = Baseline
narrative-values-before = Last before onset
narrative-values-worst = Farthest outside since
narrative-values-footnote = L = below, H = above the reference range. Values since the onset are told up to { $days } days after the event. Vital signs have no range: shown is the value farthest from baseline. A dash: no such value is recorded.
narrative-test-unit = { $test } ({ $unit })
narrative-range-both = { $low } to { $high }
narrative-range-low = from { $low }
narrative-range-high = up to { $high }
narrative-value = { $value } { $flag ->
    [low] L
    [high] H
   *[none] {""}
 }

narrative-disposition = The patient ended the study { $when }; the recorded reason is “{ $reason }”.
narrative-disposition-undated = The patient ended the study; the recorded reason is “{ $reason }”, without a date.
narrative-disposition-missing = How the patient ended the study is not recorded.
narrative-disposition-item = “{ $reason }” { $when }
narrative-dispositions = The end of participation is recorded as { $items }.
narrative-death = The patient died { $when }.
narrative-death-undated = The patient died; the date of death is not recorded.

narrative-profile-title = Profile of Patient { $subject }
narrative-profile-alt = Profile of patient { $subject } over study days { $first } to { $last }. Doses: { $doses }. Adverse events: { $events }. Laboratory tests drawn: { $tests }.
narrative-profile-none = none
narrative-profile-axis = Study day
narrative-profile-treatment = Treatment
narrative-profile-events = Adverse events
narrative-profile-laboratory = Laboratory
narrative-profile-mild = mild
narrative-profile-moderate = moderate
narrative-profile-severe = severe
narrative-profile-unrated = not rated
narrative-profile-serious = serious or fatal
narrative-profile-range = reference range
narrative-profile-outside = outside range
narrative-profile-death = death
narrative-profile-end = end of study
narrative-profile-more = { $count ->
    [one] and { $count } more event
   *[other] and { $count } more events
 }
narrative-profile-dose = { $dose } { $unit }

narrative-query-sponsor = Give the sponsor’s opinion on the causality of the event, where it differs from the investigator’s or adds to it.
narrative-query-post-mortem = State whether there was a post-mortem examination, and its findings; the records have none.
narrative-query-opinions = Give the sponsor’s opinion on causality where appropriate, for the patients who discontinued because of an adverse event.
narrative-query-course = Add from the source documents what the records do not hold of each case: the clinical course in words, and results of special examinations.
narrative-query-finding = { $message } { $remedy } (rule { $rule })

### Coded terms as they read in a narrative. A term that is not here is written in small letters.

narrative-code-qd = once daily
narrative-code-bid = twice daily
narrative-code-tid = three times daily
narrative-code-qid = four times daily
narrative-code-qod = every other day
narrative-code-qw = once weekly
narrative-code-qm = once monthly
narrative-code-qs = in sufficient quantity
narrative-code-qhs = at bedtime
narrative-code-prn = as needed
narrative-code-once = once
narrative-code-continuous = continuously
narrative-code-white = White
narrative-code-asian = Asian
narrative-code-black-or-african-american = Black or African American
narrative-code-american-indian-or-alaska-native = American Indian or Alaska Native
narrative-code-native-hawaiian-or-other-pacific-islander = Native Hawaiian or other Pacific Islander
narrative-code-not-related = not related
narrative-code-none = none

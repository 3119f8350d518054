### How safety was analysed, beyond counts.

method-worst-incidence = numbers and percentages of patients with events by { $groups }, each patient in the worst severity of its events
summary-worst-incidence = Patients with events by the worst severity of their events: { $items }.
method-event-groups = numbers and percentages of patients with events of special interest by { $groups }
summary-event-groups = Patients with events of special interest, in groups of terms that were defined beforehand: { $items }.
method-toxicity-grades = worst grade of toxicity of each patient by { $groups }, by the laboratory criteria of the Common Terminology Criteria for Adverse Events
summary-toxicity-grades = The worst grade of toxicity of each patient, by the laboratory criteria of the Common Terminology Criteria for Adverse Events: { $items }.
method-liver-safety = each patient's peaks of aminotransferases and bilirubin, in multiples of the upper limit of normal, by { $groups }
summary-liver-safety = Peaks of aminotransferases and bilirubin, in multiples of the upper limit of normal, and patients who fulfilled Hy's law: { $items }.
method-time-to-first-event = Kaplan-Meier estimates of the time to the first event by { $groups }
summary-time-to-first-event = Kaplan-Meier estimates of the time to the first event: { $items }.
method-event-duration = duration of events by { $groups }, those that had not ended being censored
summary-event-duration = Duration of events, those that had not ended being censored: { $items }.
method-dose-intensity = cumulative dose, duration of exposure and dose intensity by { $groups }
summary-dose-intensity = Cumulative dose, duration of exposure and dose intensity: { $items }.

## What was observed

liver-law = { $label }: peaks above the limits of Hy's law were found in { $values }.
liver-law-nobody = { $label }: no patient had peaks above the limits of Hy's law.
event-group-item = { $group }: { $values }
event-groups-lead = { $label }, by group of terms:
toxicity-lead = { $label }: toxicity of grade three or four after baseline was found as follows.
toxicity-item = { $parameter }, { $term }: { $values }
toxicity-high = high values
toxicity-low = low values
not-graded-in-arm = none graded in the { $arm } group
toxicity-none = { $label }: no toxicity of grade three or four was found.

### How responses of tumours and times to progression were analysed.

method-best-overall-response = best overall response of each patient by { $groups }
summary-best-overall-response = Best overall response of each patient: { $items }.
method-objective-response = proportions of patients with an objective response by { $groups }, with confidence intervals
summary-objective-response = Proportions of patients with an objective response, with confidence intervals: { $items }.
method-disease-control = proportions of patients whose disease was controlled by { $groups }, with confidence intervals
summary-disease-control = Proportions of patients whose disease was controlled, with confidence intervals: { $items }.
method-progression-free-survival = progression-free survival by { $groups }
summary-progression-free-survival = Progression-free survival: { $items }.
method-duration-of-response = duration of response of patients who responded, by { $groups }
summary-duration-of-response = Duration of response of patients who responded: { $items }.
method-overall-survival = overall survival by { $groups }
summary-overall-survival = Overall survival: { $items }.

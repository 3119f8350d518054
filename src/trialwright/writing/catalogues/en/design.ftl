### The design report.

design-kind = Design Report
design-header = { $protocol } - Design Report
design-header-alone = Design Report

design-heading-summary = Summary
design-heading-question = What is asked
design-heading-assumptions = What is assumed
design-heading-behavior = How the designs behave
design-heading-interim = Interim analyses
design-heading-enrollment = Enrollment and duration
design-heading-costs = Costs
design-heading-search = The search for better designs
design-heading-methods = Methods and reproducibility

design-chosen = The chosen design, “{ $design }”, randomizes { $subjects } subjects in { $arms } arms (allocation { $allocation }) and analyzes the data { $looks-number ->
    [one] once
   *[other] { $looks } times
}.
design-chosen-power = If the world is as planned (“{ $scenario }”), its power for the primary comparison, { $comparison }, is { $simulated }% (Monte Carlo standard error { $error }%) by simulation and { $computed }% by the normal approximation.
design-chosen-expected = It is expected to take { $duration } { $unit } and { $subjects } subjects.
design-chosen-cost = Its expected cost is { $cost } { $currency }.
design-chosen-success-prior = Averaged over the prior of the effect, the probability of success is { $success }%.
design-chosen-success-weights = Averaged over the scenarios by their weights, the probability of success is { $success }%.
design-chosen-least = Over the scenarios with an effect, its power is at least { $least }%.
design-chosen-error = Where no arm differs from the control (“{ $scenario }”), { $error }% of the trials reject a hypothesis (Monte Carlo standard error { $spread }%); the type I error asked for is { $alpha }.
design-target-met = This reaches the power that was asked for, { $target }.
design-target-near = Within two standard errors this is the power that was asked for, { $target }.
design-target-missed = This is below the power that was asked for, { $target }.
design-larger = See { $items } for the designs beside each other.

design-test = The decision rests on the endpoint “{ $endpoint }”. { $comparisons-number ->
    [one] Tested is one comparison with the control
   *[other] Tested are { $comparisons } comparisons with the control
}: { $items }.
design-alpha = The type I error is { $alpha }, { $sided }{ $comparisons-number ->
    [one] ;
   *[other] , for all comparisons together;
} the power asked for is { $power }.
design-one-sided = one-sided
design-two-sided = two-sided
design-multiplicity-fixed_sequence = The comparisons are tested in this order, each at the full level, and each only if the one before it was rejected.
design-multiplicity-holm = The level is shared by Holm's procedure.
design-multiplicity-bonferroni = The level is shared equally by Bonferroni's procedure.
design-comparison = { $experimental } with { $control }
design-followup = The outcome is known { $time } { $unit } after randomization.

design-scenarios-lead = { $count-number ->
    [one] The designs were tried in one scenario, the one that is planned for.
   *[other] The designs were tried in { $count } scenarios. The first is the one that is planned for.
}
design-table-scenarios = Scenarios
design-table-sites = Sites and their enrollment
design-table-cost-model = The cost model
design-column-scenario = Scenario
design-column-outcome = Outcome
design-column-endpoint = Endpoint
design-column-missing = Without outcome
design-column-enrollment = Enrollment
design-column-weight = Weight
design-column-sites = Sites
design-column-rate = Subjects per site and unit of time ({ $unit })
design-column-opening = First to last opening ({ $unit })
design-column-part = Part
design-column-per = Counted by
design-column-amount = Amount ({ $currency })
design-prior = The prior of the effect of the primary comparison is normal with mean { $mean } and standard deviation { $sd }.
design-no-prior = The probability of success is the power averaged over the scenarios by their weights.
design-outcome-normal = { $arm }: mean { $mean }, SD { $sd }
design-outcome-binary = { $arm }: { $probability }
design-outcome-hazard = { $arm }: hazard { $rates }
design-outcome-median = { $arm }: median { $median }, hazard { $rates }
design-dropout-hazard = dropout hazard { $rates }
design-outcome-hazard-change = from { $time } on { $rate }

design-per-trial = trial
design-per-site = site
design-per-site_time = time that a site is open ({ $unit })
design-per-subject = subject randomized
design-per-subject_time = time that a subject is followed ({ $unit })
design-per-time = duration of the trial ({ $unit })
design-range = { $from } to { $until }
design-per-interim = interim analysis

design-behavior-lead = { $items } compare the designs.
design-other-endpoint = “{ $label }” decides on the endpoint “{ $endpoint }”.
design-table-designs = The designs beside each other
design-table-behavior = The designs in each scenario
design-figure-power = Power over the effect
design-population = Simulated trials
design-x-effect = Effect, in units of the effect that is planned for
design-y-power = Power of the primary comparison
design-target-line = asked for
design-alt-power = Curves of the power of each design for the primary comparison, over the size of the effect.
design-row-size = Size
design-row-subjects = Subjects, at most
design-row-allocation = Allocation, the control first
design-row-sites = Sites
design-row-looks = Analyses
design-row-events = Events at the final analysis
design-row-maximum-cost = Cost at most ({ $currency })
design-row-success = Success
design-row-computed = Power, computed
design-row-probability = Probability of success
design-row-least = Smallest power over the scenarios (SE)
design-row-planned = In the planned scenario, simulated
design-row-power = Power (SE)
design-row-expected-subjects = Subjects, expected
design-row-expected-duration = Duration, expected ({ $unit })
design-row-expected-cost = Cost, expected ({ $currency })
design-column-design = Design
design-column-power = Power (SE)
design-column-any = Any rejection (SE)
design-column-all = All rejected (SE)
design-column-expected-subjects = Subjects
design-column-duration = Duration ({ $unit })
design-column-cost = Cost ({ $currency })
design-note-percent = Powers and probabilities are percentages. SE: Monte Carlo standard error.
design-note-power = Power is the proportion of trials that reject the primary comparison in favor of the experimental arm, after the multiplicity procedure.
design-note-any = Any rejection is the type I error where no arm differs from the control.

design-interim-lead = { $designs } { $designs-count ->
    [one] looks
   *[other] look
} at the data before the final analysis.
design-interim-none = None of the designs looks at the data before the final analysis.
design-interim-see = { $items } give the bounds on the Z scale, positive Z in favor of the experimental arm.
design-table-bounds = Bounds of interim and final analyses
design-figure-bounds = Bounds over the information
design-x-information = Information fraction
design-y-z = Z
design-efficacy = efficacy
design-futility = futility
design-alt-bounds = The bounds of Z of each design at each analysis, for efficacy and for futility.
design-column-look = Analysis
design-column-information = Information
design-column-efficacy-z = Efficacy Z
design-column-efficacy-p = Nominal p
design-column-futility-z = Futility Z
design-column-alpha = Alpha spent
design-column-beta = Beta spent
design-column-stop-efficacy = Stops for efficacy
design-column-stop-futility = Stops for futility
design-column-time = Time ({ $unit })
design-look = Analysis { $number }
design-look-final = Final analysis
design-note-bounds-one-sided = Nominal p-values and the alpha spent are one-sided.
design-note-bounds-two-sided = Nominal p-values and the alpha spent are of both sides together.
design-note-bounds = Alpha and beta spent are cumulative. Stops are percentages of the simulated trials in the planned scenario in which the primary comparison is decided at this analysis; subjects and time are means of the trials that reach it.
design-non-binding = Stopping for futility is not binding: the type I error is kept if the trial goes on.
design-binding = Stopping for futility is binding: the type I error counts on it.
design-binding-some = Stopping for futility is binding in { $designs }, whose type I error counts on it; elsewhere the type I error is kept if the trial goes on.
design-quoted = “{ $design }”

design-enrollment-lead = With { $sites } sites, enrollment of the { $subjects } subjects of the chosen design takes { $median } { $unit } in the median of the simulated trials of the planned scenario; { $level }% of them take { $lower } to { $upper } { $unit }.
design-enrollment-see = { $items } show the forecast in each scenario.
design-table-enrollment = When the subjects of the chosen design are in ({ $unit })
design-figure-enrollment = Forecast of enrollment of the chosen design
design-x-time = Time from the beginning of the trial ({ $unit })
design-y-subjects = Subjects randomized
design-alt-enrollment = Subjects randomized over the time, the median and an interval for each scenario.
design-column-subjects = Subjects
design-column-median = Median
design-column-lower = Lower
design-column-upper = Upper
design-note-enrollment = Lower and upper bound the middle { $level } of the simulated trials.
design-note-enrollment-alike = Scenarios that enroll alike are shown once, under the name of the first.

design-cost-lead = { $item } takes the expected cost of each design apart.
design-cost-none = There is no cost model.
design-table-costs = Expected cost by its parts, planned scenario ({ $currency })
design-row-total = All parts

design-search-lead = { $candidates } candidates were simulated with { $trials } trials per scenario; { $front-number ->
    [one] one is
   *[other] { $front } are
} not beaten by any other in all objectives and { $front-number ->
    [one] keeps
   *[other] keep
} the limits. Each of these was simulated again with fresh random numbers and { $verified } trials; these are the numbers given.
design-search-objectives = The objectives:
design-search-maximize = { $measure }, as large as can be
design-search-minimize = { $measure }, as small as can be
design-search-limit = { $measure }
design-search-in = { $measure } in “{ $scenario }”
design-search-at-least = { $item }, at least { $limit }
design-search-at-most = { $item }, at most { $limit }
design-search-see = See { $items }.
design-search-none = No search for better designs was done with this definition.
design-search-empty = None of the candidates keeps all limits.
design-measure-power = power
design-measure-expected_subjects = expected subjects
design-measure-maximum_subjects = maximum subjects
design-measure-expected_duration = expected duration ({ $unit })
design-measure-expected_cost = expected cost ({ $currency })
design-measure-maximum_cost = maximum cost ({ $currency })
design-measure-probability_of_success = probability of success
design-measure-least_power = smallest power over the scenarios
design-table-front = Designs that no other candidate beats
design-figure-front = The candidates and the front
design-front-subjects = Subjects
design-front-events = Events
design-front-allocation = Allocation
design-front-endpoint = Endpoint
design-front-looks = Analyses at
design-front-efficacy = Efficacy bounds
design-front-futility = Futility bounds
design-front-sites = Sites
design-front-broken = Limits not kept when verified
design-front-feasible = candidates that keep the limits
design-front-infeasible = candidates that do not
design-front-front = the front, verified
design-alt-front = The candidates of the search by two of the objectives, and the front of those that nothing beats.

design-methods-simulated = Every simulated number of the designs in question rests on { $trials } trials per scenario with seed { $seed }. Designs and scenarios share their random numbers, so that differences between them are more precise than their standard errors say.
design-methods-computed = Computed powers, bounds, spent errors and the power curves follow from recursive numerical integration of the normal approximation (Jennison and Turnbull, Group Sequential Methods); the simulation knows no such approximation.
design-methods-conventions = Conventions:
design-methods-reference = Every number in this report that was computed or simulated refers to a row of the table of results, and every assumption to the study's design definition, whose digest the manifest holds.

### What the results say, method by method. Which variant is taken depends on the results alone.

all-patients = all
not-estimable = not estimable

## What was observed in each arm

not-estimable-in-arm = not estimable in the { $arm } group{ $has-reason ->
    [yes] {" "}({ $reason })
   *[no] {""}
 }
mean-in-arm = { $mean } (SD { $sd }; n = { $n }) in the { $arm } group
mean-by-arm = { $label }: the mean was { $values }.

count-in-arm = { $n-number ->
    [0] none of { $N } patients in the { $arm } group
   *[other] { $n } of { $N } patients ({ $p }%) in the { $arm } group
 }
count-by-arm = { $label }: { $values }.
level-by-arm = { $label }, { $level }: { $values }.
nobody = { $label }: no patient in any group.

events-in-arm = { $events-number ->
    [0] none of { $n } patients in the { $arm } group
   *[other] { $events } of { $n } patients in the { $arm } group
 }
events-by-arm = { $label }: the event was observed in { $values }; the other patients were censored.
median-in-arm = { $median } ({ $conf-level }% CI { $median-ci-lower } to { $median-ci-upper }) in the { $arm } group
median-not-reached = not reached in the { $arm } group
median-by-arm = The Kaplan-Meier estimate of the median was { $values }.

order-equal = The proportion was the same in all groups, to the precision shown.
order-of-arms = The proportion was highest in the { $highest } { $highest-count ->
    [one] group
   *[other] groups
 } and lowest in the { $lowest } { $lowest-count ->
    [one] group
   *[other] groups
 }.

## Comparisons

interval = { $conf-level }% CI { $lower } to { $upper }
interval-unknown-level = CI { $lower } to { $upper }

# $direction: lower, higher, equal (to the precision shown), missing. $measure is what is compared.
# $estimate names the statistic: difference, hazard ratio. Of a ratio, lower is below 1.
contrast-estimate = { $direction ->
    [lower] The { $measure } { $number ->
        [plural] were
       *[one] was
    } lower in the { $arm } group than in the { $versus } group ({ $estimate } { $difference }; { $precision }).
    [higher] The { $measure } { $number ->
        [plural] were
       *[one] was
    } higher in the { $arm } group than in the { $versus } group ({ $estimate } { $difference }; { $precision }).
    [equal] The { $measure } did not differ between the { $arm } and the { $versus } group to the precision shown ({ $estimate } { $difference }; { $precision }).
   *[missing] The { $estimate } of the { $measure } between the { $arm } and the { $versus } group could not be estimated{ $has-reason ->
        [yes] {" "}({ $reason })
       *[no] {""}
    }.
 }
contrast-inference = { $significance ->
    [yes] { $favor ->
        [arm] This difference, in favour of { $arm }, was statistically significant.
        [versus] This difference, in favour of { $versus }, was statistically significant.
       *[unknown] This difference was statistically significant.
    }
    [no] { $favor ->
        [arm] This difference, numerically in favour of { $arm }, was not statistically significant.
        [versus] This difference, numerically in favour of { $versus }, was not statistically significant.
       *[unknown] This difference was not statistically significant.
    }
   *[missing] No p-value could be computed for this comparison.
 }
# The same in brief: all arms against the reference in one sentence.
difference-in-arm = { $difference } ({ $precision }) in the { $arm } group
brief-differences = { $label }: the difference from the { $versus } group in { $measure } was { $values }.
arm-and-favor = { $favor ->
    [arm] in favour of { $arm }
    [versus] for { $arm } (in favour of { $versus })
   *[unknown] for { $arm }
 }
brief-mixed = The difference was statistically significant { $yes } but not for { $no }.
brief-significant = The difference was statistically significant { $yes }.
brief-not-significant = { $no-count ->
    [one] The difference was not statistically significant for { $no }.
   *[other] None of these differences was statistically significant.
 }

contrast-test = { $significance ->
    [yes] The comparison of { $arm } with { $versus } was statistically significant ({ $test }; { $p-text }).
    [no] The comparison of { $arm } with { $versus } was not statistically significant ({ $test }; { $p-text }).
   *[missing] The comparison of { $arm } with { $versus } ({ $test }) gave no p-value.
 }

overall-test = { $significance ->
    [yes] { $label }: the difference between the groups was statistically significant ({ $test }; { $p-text }).
    [no] { $label }: the difference between the groups was not statistically significant ({ $test }; { $p-text }).
   *[missing] { $label }: the comparison between the groups ({ $test }) gave no p-value{ $has-reason ->
        [yes] {" "}({ $reason })
       *[no] {""}
    }.
 }
dose-test = { $significance ->
    [yes] { $label }: the linear relationship with dose was statistically significant ({ $p-text }).
    [no] { $label }: the linear relationship with dose was not statistically significant ({ $p-text }).
   *[missing] { $label }: the test of a linear relationship with dose gave no p-value.
 }

lsmean-in-arm = { $lsmean } (SE { $se }) in the { $arm } group
lsmean-by-arm = { $label }: the least squares (LS) mean was { $values }.

# What is compared; a method may have words of its own: measure-<method>-<statistic>.
adjusted = adjusted { $p-text }
hypothesis-of-arms = { $arm } versus { $versus }
hypothesis-contrast = { $label }, { $arm } versus { $versus }
hypothesis-item = { $hypothesis } ({ $p-text })
hypotheses-yes = { $count ->
    [one] The null hypothesis was rejected for { $items }.
   *[other] Null hypotheses were rejected for { $items }.
 }
hypotheses-no = { $count ->
    [one] The null hypothesis was not rejected for { $items }.
   *[other] Null hypotheses were not rejected for { $items }.
 }

tipping-point = { $label }: the difference between the { $arm } and the { $versus } group was no longer statistically significant when imputed values were made worse by { $point }.
tipping-point-none = { $label }: for the comparison of { $arm } with { $versus }, none of the penalties was a tipping point{ $has-reason ->
    [yes] {" "}({ $reason })
   *[no] {""}
 }.

measure-lsmean = LS mean
measure-percent = percentage of patients
brief-lsmean = LS means
brief-percent = the percentage of patients (in percentage points)
measure-value = estimate
measure-difference = estimate
measure-risk-difference-difference = proportion of patients
measure-rmst-difference = restricted mean survival time
measure-rmst-ratio = restricted mean survival time
measure-hazard-ratio = hazard
measure-odds-ratio = odds
measure-risk-ratio = proportion
measure-rate-ratio = rate
measure-ratio = estimate
estimate-difference = difference
estimate-percent = difference in percentage points
estimate-hazard-ratio = hazard ratio
estimate-odds-ratio = odds ratio
estimate-risk-ratio = ratio of proportions
estimate-rate-ratio = rate ratio
estimate-ratio = ratio

label-at = { $label }, { $visit }

test-anova = analysis of variance
test-chi-square = Pearson's chi-square test
test-cmh = Cochran-Mantel-Haenszel test
test-fisher-exact = Fisher's exact test
test-ancova = analysis of covariance
test-logrank = log-rank test
test-incidence = Fisher's exact test
test-other = test

precision = { $interval }; { $p-text }
no-precision = no interval available

## Usual terms of models, in words

model-term-BASE = baseline value
model-term-SITEGR = pooled site
model-term-SITEID = site
model-term-REGION = region
model-term-SEX = sex
model-term-AGE = age
model-term-AGEGR = age group
model-term-STRATA = stratum

## Usual ADaM variables, in words

variable-BASE = baseline
variable-AVAL = value
variable-AVGDD = average daily dose
variable-CUMDOSE = cumulative dose
variable-CHG = change from baseline
variable-PCHG = percent change from baseline

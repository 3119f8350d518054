### Methods for numbers compared between groups.

method-t-test = { $option-design ->
    [one_sample] t test of the mean{ $has-groups ->
        [yes] {" "}by { $groups }
       *[no] {""}
     }
    [paired] paired t test{ $has-groups ->
        [yes] {" "}by { $groups }
       *[no] {""}
     }
   *[independent] { $option-variance ->
        [equal] t test with pooled variance by { $groups }
       *[unequal] Welch's t test (unequal variances, Satterthwaite's degrees of freedom) by { $groups }
     }; differences of means with confidence intervals
 }
method-wilcoxon = { $option-design ->
    [one_sample] Wilcoxon signed rank test{ $has-groups ->
        [yes] {" "}by { $groups }
       *[no] {""}
     }
    [paired] Wilcoxon signed rank test of paired differences{ $has-groups ->
        [yes] {" "}by { $groups }
       *[no] {""}
     }
   *[independent] Wilcoxon rank sum test by { $groups }; Hodges-Lehmann estimates of shift with confidence intervals
 }
method-van-elteren = { $has-strata ->
    [yes] van Elteren's test (rank sum test stratified by { $strata }) by { $groups }
   *[no] rank sum test by { $groups }
 }
method-rank-ancova = { $has-strata ->
    [yes] nonparametric analysis of covariance of ranks by { $groups }, adjusted for { $terms }, stratified by { $strata }
   *[no] nonparametric analysis of covariance of ranks by { $groups }, adjusted for { $terms }
 }

summary-t-test = t tests: { $items }.
summary-wilcoxon = Wilcoxon rank tests: { $items }.
summary-van-elteren = van Elteren's stratified rank sum tests: { $items }.
summary-rank-ancova = Nonparametric analyses of covariance: { $items }.

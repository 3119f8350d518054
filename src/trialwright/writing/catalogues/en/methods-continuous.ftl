### Methods for numbers compared between groups.

method-t-test = { $has-groups ->
    [yes] t test by { $groups }; differences of means with confidence intervals
   *[no] t test of the mean
 }
method-wilcoxon = { $has-groups ->
    [yes] Wilcoxon rank test by { $groups }; Hodges-Lehmann estimates of shift with confidence intervals
   *[no] Wilcoxon signed rank test
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

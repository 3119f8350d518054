### How proportions and tables of counts were analysed.

method-cmh = { $has-strata ->
    [yes] Cochran-Mantel-Haenszel test by { $groups }, stratified by { $strata }
   *[no] Cochran-Mantel-Haenszel test by { $groups }
 }
method-proportion = { $has-groups ->
    [yes] proportions with confidence intervals by { $groups }
   *[no] proportions with confidence intervals
 }
method-risk-difference = { $has-strata ->
    [yes] differences of proportions between levels of { $groups } with confidence intervals, stratified by { $strata }
   *[no] differences of proportions between levels of { $groups } with confidence intervals
 }
method-risk-ratio = { $has-strata ->
    [yes] risk ratios between levels of { $groups } with confidence intervals, stratified by { $strata }
   *[no] risk ratios between levels of { $groups } with confidence intervals
 }
method-odds-ratio = { $has-strata ->
    [yes] odds ratios between levels of { $groups } with confidence intervals, stratified by { $strata }
   *[no] odds ratios between levels of { $groups } with confidence intervals
 }
method-breslow-day = { $has-strata ->
    [yes] Breslow-Day test that the odds ratios between levels of { $groups } are the same in the strata by { $strata }
   *[no] Breslow-Day test that the odds ratios between levels of { $groups } are the same in all strata
 }
method-logistic-regression = logistic regression with { $all-terms } as terms; odds ratios with confidence intervals
method-mcnemar = { $has-groups ->
    [yes] McNemar's test by { $groups }
   *[no] McNemar's test
 }
method-cochran-armitage = Cochran-Armitage test of a trend of proportions over the levels of { $groups }

summary-cmh = Cochran-Mantel-Haenszel test between treatment groups: { $items }.
summary-proportion = Proportions with confidence intervals: { $items }.
summary-risk-difference = Differences of proportions between treatment groups, with confidence intervals: { $items }.
summary-risk-ratio = Risk ratios between treatment groups, with confidence intervals: { $items }.
summary-odds-ratio = Odds ratios between treatment groups, with confidence intervals: { $items }.
summary-breslow-day = Breslow-Day test that odds ratios between treatment groups are the same in all strata: { $items }.
summary-logistic-regression = Logistic regression with odds ratios between treatment groups: { $items }.
summary-mcnemar = McNemar's test of paired responses: { $items }.
summary-cochran-armitage = Cochran-Armitage test of a trend over the treatment groups: { $items }.

### How proportions and tables of counts were analysed.

method-cmh = Cochran-Mantel-Haenszel test { $option-alternative ->
    [correlation] of the correlation of { $groups } and response
    [row_mean_scores] of mean scores by { $groups }
   *[general] of general association by { $groups }
 }{ $has-strata ->
    [yes] , stratified by { $strata }
   *[no] {""}
 }
method-proportion = proportions with { $option-interval ->
    [wald] Wald's confidence intervals
    [wilson] Wilson's confidence intervals
    [wilson_corrected] Wilson's confidence intervals with correction for continuity
    [agresti_coull] Agresti and Coull's confidence intervals
    [jeffreys] Jeffreys' confidence intervals
   *[clopper_pearson] exact (Clopper-Pearson) confidence intervals
 }{ $has-groups ->
    [yes] {" "}by { $groups }
   *[no] {""}
 }{ $option-missing ->
    [failure] ; patients without a response counted as non-responders
   *[exclude] {""}
 }
method-risk-difference = differences of proportions between levels of { $groups } with { $option-method ->
    [wald] Wald's confidence intervals and tests
    [miettinen_nurminen] confidence intervals and tests after Miettinen and Nurminen
    [farrington_manning] confidence intervals and tests after Farrington and Manning
    [mantel_haenszel] Mantel-Haenszel weights, confidence intervals and tests
    [santner_snell] exact unconditional confidence intervals and tests (Santner and Snell)
    [chan_zhang] exact unconditional confidence intervals and tests (Chan and Zhang)
   *[newcombe] Newcombe's confidence intervals
 }{ $has-strata ->
    [yes] , stratified by { $strata }
   *[no] {""}
 }{ $option-margin ->
    [0] {""}
   *[other] ; the difference under the null hypothesis was { $value-margin }
 }{ $option-missing ->
    [failure] ; patients without a response counted as non-responders
   *[exclude] {""}
 }
method-risk-ratio = risk ratios between levels of { $groups } with { $option-method ->
    [miettinen_nurminen] confidence intervals and tests after Miettinen and Nurminen
    [farrington_manning] confidence intervals and tests after Farrington and Manning
    [koopman] Koopman's score confidence intervals and tests
    [mantel_haenszel] Mantel-Haenszel weights, confidence intervals and tests
   *[wald] confidence intervals and tests on the scale of logarithms
 }{ $has-strata ->
    [yes] , stratified by { $strata }
   *[no] {""}
 }{ $option-margin ->
    [1] {""}
   *[other] ; the ratio under the null hypothesis was { $value-margin }
 }{ $option-missing ->
    [failure] ; patients without a response counted as non-responders
   *[exclude] {""}
 }
method-odds-ratio = odds ratios between levels of { $groups } with { $option-method ->
    [exact] exact conditional confidence intervals and Fisher's exact test
    [score] score confidence intervals and tests
    [miettinen_nurminen] confidence intervals and tests after Miettinen and Nurminen
    [mantel_haenszel] Mantel-Haenszel weights, and Robins, Breslow and Greenland's confidence intervals and tests
   *[woolf] confidence intervals and tests on the scale of logarithms
 }{ $has-strata ->
    [yes] , stratified by { $strata }
   *[no] {""}
 }{ $option-missing ->
    [failure] ; patients without a response counted as non-responders
   *[exclude] {""}
 }
method-breslow-day = { $has-strata ->
    [yes] Breslow-Day test{ $option-tarone ->
        [yes] {" "}with Tarone's adjustment
       *[no] {""}
     } that the odds ratios between levels of { $groups } are the same in the strata by { $strata }
   *[no] Breslow-Day test that the odds ratios between levels of { $groups } are the same in all strata
 }
method-logistic-regression = { $option-penalty ->
    [firth] logistic regression by Firth's penalised likelihood
   *[none] logistic regression
 } with { $all-terms }; odds ratios with { $option-intervals ->
    [profile] profile likelihood confidence intervals
   *[wald] Wald's confidence intervals
 } and { $option-test ->
    [likelihood_ratio] likelihood ratio tests
    [score] score tests
   *[wald] Wald's tests
 }{ $option-missing ->
    [failure] ; patients without a response counted as non-responders
   *[exclude] {""}
 }
method-mcnemar = { $option-method ->
    [continuity_corrected] McNemar's test with correction for continuity
    [exact] exact McNemar's test
    [mid_p] McNemar's mid-p test
   *[asymptotic] McNemar's test
 }{ $has-groups ->
    [yes] {" "}by { $groups }
   *[no] {""}
 }
method-cochran-armitage = { $option-method ->
    [exact] exact Cochran-Armitage test
   *[asymptotic] Cochran-Armitage test
 } of a trend of proportions over the levels of { $groups }

summary-cmh = Cochran-Mantel-Haenszel test between treatment groups: { $items }.
summary-proportion = Proportions with confidence intervals: { $items }.
summary-risk-difference = Differences of proportions between treatment groups, with confidence intervals: { $items }.
summary-risk-ratio = Risk ratios between treatment groups, with confidence intervals: { $items }.
summary-odds-ratio = Odds ratios between treatment groups, with confidence intervals: { $items }.
summary-breslow-day = Breslow-Day test that odds ratios between treatment groups are the same in all strata: { $items }.
summary-logistic-regression = Logistic regression with odds ratios between treatment groups: { $items }.
summary-mcnemar = McNemar's test of paired responses: { $items }.
summary-cochran-armitage = Cochran-Armitage test of a trend over the treatment groups: { $items }.

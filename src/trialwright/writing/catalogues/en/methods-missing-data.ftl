### How repeated measures and missing data were analysed.

method-mmrm = mixed model for repeated measures (restricted maximum likelihood) of the observed data with { $option-effects ->
    [arm-and-visit] { $groups } and visit
    [arm] { $groups }
   *[other] { $groups }, visit and their interaction
 }{ $has-terms ->
    [yes] , and with { $terms }
   *[no] {""}
 }{ $has-covariates-by-visit ->
    [yes] , and with slopes of { $names-covariates-by-visit } by visit
   *[no] {""}
 } as terms of the mean; { $option-structure ->
    [unstructured] an unstructured covariance
    [toeplitz] a Toeplitz covariance
    [toeplitz_heterogeneous] a heterogeneous Toeplitz covariance
    [ar1] a first-order autoregressive covariance
    [ar1_heterogeneous] a heterogeneous first-order autoregressive covariance
    [compound_symmetry] a compound symmetry covariance
    [compound_symmetry_heterogeneous] a heterogeneous compound symmetry covariance
   *[spatial_power] a spatial power covariance
 } within patients{ $option-covariance-by-arm ->
    [yes] , separate for each of the { $groups } groups,
   *[no] {""}
 } and { $option-df ->
    [satterthwaite] Satterthwaite's degrees of freedom
    [between_within] between-within degrees of freedom
    [kenward_roger_linear] Kenward and Roger's variance (without second-order terms) and degrees of freedom
   *[kenward_roger] Kenward and Roger's variance and degrees of freedom
 }; LS means and their differences with confidence intervals by visit

summary-mmrm = Mixed models for repeated measures: { $items }.

method-multiple-imputation = analysis of covariance at each visit with { $all-terms }, after multiple imputation ({ $value-imputations } completed datasets, pooled by Rubin's rules with Barnard and Rubin's degrees of freedom); missing values were drawn { $option-model ->
    [fully_conditional] by chained regressions of each visit on the others and the terms of the analysis
   *[monotone] by regression of each visit on those before it and the terms of the analysis
 }{ $option-by-arm ->
    [yes] , within each of the { $groups } groups
   *[no] , over all { $groups } groups together
 }{ $option-assumption ->
    [jump_to_reference] ; after discontinuation they were taken to jump to the mean of the reference group
    [copy_reference] ; patients who discontinued were taken to follow the reference group throughout
    [copy_increments] ; after discontinuation they were taken to change as in the reference group
   *[missing_at_random] {" "}under the assumption of missing at random
 }{ $has-delta ->
    [yes] ; imputed values were then made worse or better by fixed amounts
   *[no] {""}
 }
summary-multiple-imputation = Multiple imputation and analysis of covariance: { $items }.

method-tipping-point = tipping point analysis: analysis of covariance at each visit with { $all-terms } after multiple imputation ({ $value-imputations } completed datasets, pooled by Rubin's rules), with increasing penalties for imputed values until the difference between the groups is no longer significant
summary-tipping-point = Tipping point analyses: { $items }.

method-with-events = { $method }; { $events }
event-treatment-policy = values were used whether or not { $event } had occurred (treatment policy strategy)
event-hypothetical = values after { $event } were counted as missing (hypothetical strategy)
event-composite = values after { $event } were replaced by those of a failure (composite strategy)
event-while-on-treatment = records after { $event } were left out (while on treatment strategy)

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

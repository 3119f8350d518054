### How times to an event were analysed.

method-weighted-logrank = log-rank test with { $option-weights ->
    [fleming_harrington] Fleming and Harrington's weights (rho = { $value-rho }, gamma = { $value-gamma })
    [gehan_breslow] Gehan's and Breslow's weights
    [tarone_ware] Tarone and Ware's weights
    [peto_peto] Peto and Peto's weights
   *[other] Peto and Peto's modified weights
 } by { $groups }{ $has-strata ->
    [yes] , stratified by { $strata }
   *[no] {""}
 }
method-maxcombo = { $has-strata ->
    [yes] largest of several weighted log-rank tests (MaxCombo) between levels of { $groups }, stratified by { $strata }
   *[no] largest of several weighted log-rank tests (MaxCombo) between levels of { $groups }
 }
method-cox = Cox's proportional hazards model with { $all-terms }{ $has-strata ->
    [yes] , stratified by { $strata }
   *[no] {""}
 }, { $option-ties ->
    [breslow] Breslow's method for ties
    [exact] exact likelihood of discrete times for ties
   *[efron] Efron's method for ties
 }{ $option-firth ->
    [yes] , Firth's penalty
   *[no] {""}
 }{ $option-robust ->
    [yes] {" "}and robust variance
   *[no] {""}
 }; hazard ratios with { $option-interval ->
    [score] confidence intervals by the score test
    [profile] confidence intervals by the profile likelihood
   *[wald] confidence intervals by Wald's method
 }
method-proportional-hazards-test = { $has-strata ->
    [yes] test of proportional hazards in Cox's model with { $all-terms }, stratified by { $strata }
   *[no] test of proportional hazards in Cox's model with { $all-terms }
 }
method-rmst = { $option-tau ->
    [none] restricted mean survival times by { $groups } with confidence intervals
   *[other] restricted mean survival times up to time { $value-tau } by { $groups } with confidence intervals
 }
method-piecewise-exponential = hazards that are constant within intervals of time, by { $groups }, and their ratios with confidence intervals
method-cumulative-incidence = { $has-groups ->
    [yes] cumulative incidences of competing events by { $groups }, by the Aalen-Johansen method
   *[no] cumulative incidences of competing events, by the Aalen-Johansen method
 }
method-gray-test = { $has-strata ->
    [yes] Gray's test of cumulative incidences by { $groups }, stratified by { $strata }
   *[no] Gray's test of cumulative incidences by { $groups }
 }
method-fine-gray = Fine and Gray's proportional hazards model of the subdistribution with { $all-terms }; hazard ratios with confidence intervals

summary-weighted-logrank = Log-rank test with weights between treatment groups: { $items }.
summary-maxcombo = Largest of several weighted log-rank tests (MaxCombo) between treatment groups: { $items }.
summary-cox = Cox's proportional hazards model with hazard ratios between treatment groups: { $items }.
summary-proportional-hazards-test = Test of proportional hazards: { $items }.
summary-rmst = Restricted mean survival times with confidence intervals: { $items }.
summary-piecewise-exponential = Hazards constant within intervals of time, with their ratios between treatment groups: { $items }.
summary-cumulative-incidence = Cumulative incidences of competing events: { $items }.
summary-gray-test = Gray's test of cumulative incidences between treatment groups: { $items }.
summary-fine-gray = Fine and Gray's model with subdistribution hazard ratios between treatment groups: { $items }.

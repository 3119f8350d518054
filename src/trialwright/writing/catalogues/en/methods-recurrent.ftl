### Methods for counts and recurrent events.

method-poisson-regression = Poisson regression with { $all-terms }; rates and rate ratios with confidence intervals
method-negative-binomial = negative binomial regression with { $all-terms }; rates and rate ratios with confidence intervals
method-andersen-gill = { $has-strata ->
    [yes] Andersen-Gill model of recurrent events with { $all-terms }, stratified by { $strata }, with robust variance; rate ratios with confidence intervals
   *[no] Andersen-Gill model of recurrent events with { $all-terms }, with robust variance; rate ratios with confidence intervals
 }
method-mean-cumulative-function = { $has-groups ->
    [yes] mean cumulative numbers of events over time by { $groups }
   *[no] mean cumulative numbers of events over time
 }
method-exposure-adjusted-rate = { $has-groups ->
    [yes] event rates adjusted for exposure by { $groups }, with exact confidence intervals
   *[no] event rates adjusted for exposure, with exact confidence intervals
 }

summary-poisson-regression = Poisson regression: { $items }.
summary-negative-binomial = Negative binomial regression: { $items }.
summary-andersen-gill = Andersen-Gill models of recurrent events: { $items }.
summary-mean-cumulative-function = Mean cumulative numbers of events: { $items }.
summary-exposure-adjusted-rate = Event rates adjusted for exposure: { $items }.

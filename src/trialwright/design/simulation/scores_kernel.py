"""Compiled: stratified and weighted log-rank scores, and Cox's model, of cohorts at their looks. Loads numba."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from trialwright.design.simulation.follow_up_kernel import cut
from trialwright.design.simulation.kernel_inputs import FLEMING_HARRINGTON, Cohort, Floats, Integers
from trialwright.design.simulation.ordering_kernel import order_of

#: Cox's model has no finite estimate where the logarithm of the hazard ratio goes beyond this.
FARTHEST = 15.0


@njit(cache=True, nogil=True)
def logrank_scores(
    time: Floats,
    is_event: Integers,
    arm: Integers,
    stratum: Integers,
    order: Integers,
    strata: int,
    experimental: int,
    kinds: Integers,
    parameters: Floats,
    score: Floats,
    covariance: Floats,
) -> None:
    """Fill the scores of one or more kinds of weights, above 0 with fewer events than expected, and their covariance.

    order       of the subjects by time; no two events have the same
    kinds, parameters   of each kind of weights, as in `Weights`: `parameters` has two columns
    """
    weights = len(kinds)
    at_risk = np.zeros((strata, 2), np.int64)
    for one in range(len(order)):
        if arm[one] == 0:
            at_risk[stratum[one], 0] += 1
        elif arm[one] == experimental:
            at_risk[stratum[one], 1] += 1
    survival = np.ones(strata)
    weight = np.ones((strata, weights))
    is_growing = np.ones((strata, weights), np.int64)
    score[:] = 0.0
    covariance[:] = 0.0
    for one in order:
        own = arm[one]
        if own != 0 and own != experimental:
            continue
        part = stratum[one]
        if is_event[one] == 1:
            n = at_risk[part, 0] + at_risk[part, 1]
            share = at_risk[part, 1] / n
            for kind in range(weights):
                if kinds[kind] == FLEMING_HARRINGTON:
                    weight[part, kind] = (
                        survival[part] ** parameters[kind, 0] * (1.0 - survival[part]) ** parameters[kind, 1]
                    )
                elif is_growing[part, kind] == 1:
                    # Between the last event up to its time and the next one survival stays what it is at that time.
                    weight[part, kind] = 1.0 / survival[part]
                    is_growing[part, kind] = 1 if time[one] <= parameters[kind, 0] else 0
            survival[part] *= 1.0 - 1.0 / n
            for kind in range(weights):
                score[kind] += weight[part, kind] * (share - (1.0 if own == experimental else 0.0))
                for other in range(weights):
                    covariance[kind, other] += weight[part, kind] * weight[part, other] * share * (1.0 - share)
        at_risk[part, 0 if own == 0 else 1] -= 1


@njit(cache=True, nogil=True)
def score_cohort(
    at: Floats,
    cohort: Cohort,
    endpoint: int,
    is_stratified: bool,
    kinds: Integers,
    parameters: Floats,
    scores: Floats,
    covariances: Floats,
) -> None:
    """Fill `scores` (trial, look, experimental arm, weights) and `covariances` (and weights once more)."""
    trials, looks = at.shape
    subjects = cohort.entry.shape[1]
    time, is_event = np.empty(subjects), np.empty(subjects, np.int64)
    no_strata = np.zeros(subjects, np.int64)
    for trial in range(trials):
        for look in range(looks):
            count = cut(at[trial, look], endpoint, trial, cohort, time, is_event)
            order = order_of(time[:count])
            for experimental in range(1, cohort.arms):
                logrank_scores(
                    time,
                    is_event,
                    cohort.arm[trial],
                    cohort.stratum[trial] if is_stratified else no_strata,
                    order,
                    cohort.strata,
                    experimental,
                    kinds,
                    parameters,
                    scores[trial, look, experimental - 1],
                    covariances[trial, look, experimental - 1],
                )


@njit(cache=True, nogil=True)
def cox_estimate(controls: Integers, experimentals: Integers, is_experimental: Integers) -> tuple[float, float]:
    """The logarithm of the hazard ratio and its standard error, by Newton's method; NaN where there is no estimate.

    controls, experimentals  at risk at each event, and whether the event is an experimental subject's
    """
    estimate = 0.0
    for _ in range(50):
        score = information = 0.0
        ratio = math.exp(estimate)
        for event in range(len(controls)):
            weighted = experimentals[event] * ratio
            share = weighted / (weighted + controls[event])
            score += is_experimental[event] - share
            information += share * (1.0 - share)
        if not information > 0.0:
            return math.nan, math.nan
        step = score / information
        if abs(step) < 1e-10:
            return estimate, 1.0 / math.sqrt(information)
        # Far steps may overshoot.
        estimate += max(-2.0, min(2.0, step))
        if abs(estimate) > FARTHEST:
            break
    return math.nan, math.nan


@njit(cache=True, nogil=True)
def cox_cohort(
    at: Floats, cohort: Cohort, endpoint: int, is_stratified: bool, estimates: Floats, errors: Floats
) -> None:
    """Fill the logarithm of the hazard ratio and its standard error: trial, look, experimental arm."""
    trials, looks = at.shape
    subjects = cohort.entry.shape[1]
    time, is_event = np.empty(subjects), np.empty(subjects, np.int64)
    no_strata = np.zeros(subjects, np.int64)
    at_risk = np.empty((cohort.strata, 2), np.int64)
    controls, experimentals, owns = (
        np.empty(subjects, np.int64),
        np.empty(subjects, np.int64),
        np.empty(subjects, np.int64),
    )
    for trial in range(trials):
        arm = cohort.arm[trial]
        stratum = cohort.stratum[trial] if is_stratified else no_strata
        for look in range(looks):
            count = cut(at[trial, look], endpoint, trial, cohort, time, is_event)
            order = order_of(time[:count])
            for experimental in range(1, cohort.arms):
                at_risk[:] = 0
                for one in range(count):
                    if arm[one] == 0:
                        at_risk[stratum[one], 0] += 1
                    elif arm[one] == experimental:
                        at_risk[stratum[one], 1] += 1
                events = 0
                for one in order:
                    own = arm[one]
                    if own != 0 and own != experimental:
                        continue
                    if is_event[one] == 1:
                        controls[events] = at_risk[stratum[one], 0]
                        experimentals[events] = at_risk[stratum[one], 1]
                        owns[events] = 0 if own == 0 else 1
                        events += 1
                    at_risk[stratum[one], 0 if own == 0 else 1] -= 1
                estimates[trial, look, experimental - 1], errors[trial, look, experimental - 1] = cox_estimate(
                    controls[:events], experimentals[:events], owns[:events]
                )

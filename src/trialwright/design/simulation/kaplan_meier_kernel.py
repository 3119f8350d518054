"""Compiled: Kaplan-Meier estimates and restricted means of each arm of cohorts at their looks. Loads numba."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from trialwright.design.simulation.follow_up_kernel import cut
from trialwright.design.simulation.kernel_inputs import Cohort, Floats, Integers
from trialwright.design.simulation.ordering_kernel import order_of


@njit(cache=True, nogil=True)
def curve_until(
    limit: float, time: Floats, is_event: Integers, arm: Integers, order: Integers, own: int, is_mean: bool
) -> tuple[float, float]:
    """The Kaplan-Meier estimate of an arm at a time, or its mean up to then, with Greenwood's variance.

    NaN where the curve ends, above 0, before that time.
    """
    at_risk = 0
    for one in range(len(order)):
        if arm[one] == own:
            at_risk += 1
    survival = 1.0
    area = total = 0.0
    weighted = squared = 0.0
    before = 0.0
    for one in order:
        if arm[one] != own:
            continue
        # Who is followed up to just that time is at risk there.
        if time[one] > limit or (time[one] == limit and is_event[one] == 0):
            break
        if is_event[one] == 1:
            area += survival * (time[one] - before)
            before = time[one]
            # Greenwood's term of the event; the last subject at risk leaves nothing behind.
            if at_risk > 1:
                term = 1.0 / (at_risk * (at_risk - 1.0))
                # The variance of the area sums term * (area after the event) ** 2, which is known at the end alone.
                total += term
                weighted += term * area
                squared += term * area * area
            survival *= 1.0 - 1.0 / at_risk
        at_risk -= 1
    if at_risk == 0 and survival > 0.0:
        return math.nan, math.nan
    if not is_mean:
        return survival, survival * survival * total
    area += survival * (limit - before)
    return area, area * area * total - 2.0 * area * weighted + squared


@njit(cache=True, nogil=True)
def curves_of_cohort(
    at: Floats, cohort: Cohort, endpoint: int, limit: float, is_mean: bool, values: Floats, variances: Floats
) -> None:
    """Fill the estimate of each arm and its variance: trial, look, arm."""
    trials, looks = at.shape
    subjects = cohort.entry.shape[1]
    time, is_event = np.empty(subjects), np.empty(subjects, np.int64)
    for trial in range(trials):
        for look in range(looks):
            count = cut(at[trial, look], endpoint, trial, cohort, time, is_event)
            order = order_of(time[:count])
            for own in range(cohort.arms):
                values[trial, look, own], variances[trial, look, own] = curve_until(
                    limit, time, is_event, cohort.arm[trial], order, own, is_mean
                )

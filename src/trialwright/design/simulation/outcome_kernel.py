"""Compiled: trials in which each subject has one outcome, to the sufficient statistics of each arm. Loads numba."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from trialwright.design.simulation.enrollment_kernel import enroll
from trialwright.design.simulation.kernel_inputs import Enrollment, Floats, Integers, Looks
from trialwright.design.simulation.looks_kernel import time_of_look


@njit(cache=True, nogil=True)
def simulate_outcomes(
    trials: int,
    entry_draws: Floats,
    arm_draws: Floats,
    outcome_draws: Floats,
    missing_draws: Floats,
    enrollment: Enrollment,
    is_binary: bool,
    parameters: Floats,
    missing: Floats,
    delay: float,
    plan_looks: Looks,
    counts: Integers,
    sums: Floats,
    squares: Floats,
    enrolled: Integers,
    followup: Floats,
    at: Floats,
    is_short: Integers,
) -> None:
    """Simulate the first `trials` trials of a block; draws have a row per subject and a column per trial.

    outcome_draws  standard normal, or standard uniform if `is_binary`
    parameters     of each arm: the standard deviation, or the probability of a response
    missing        probability of no outcome in each arm, against the standard uniform `missing_draws`
    counts, sums, squares   filled: trial, look, arm. Deviations from the mean of the arm are summed, not the values,
                            so that nothing is lost where means are far from 0
    enrolled, at, is_short  filled: trial, look: subjects, calendar time, fewer outcomes than planned
    followup  filled: trial, look: time under follow-up of all subjects together, of each up to `delay`
    """
    subjects, looks, arms = len(entry_draws), len(plan_looks.counts), len(enrollment.slots)
    entry, arm = np.empty(subjects), np.empty(subjects, np.int64)
    no_strata = np.zeros(subjects, np.int64)
    arrivals = np.empty(subjects)
    count, total, square = np.zeros(arms, np.int64), np.zeros(arms), np.zeros(arms)
    for trial in range(trials):
        enroll(
            trial,
            entry_draws[:, trial],
            arm_draws[:, trial],
            enrollment,
            no_strata,
            1,
            entry,
            arm,
        )
        count[:] = 0
        total[:] = 0.0
        square[:] = 0.0
        outcomes = 0
        for subject in range(subjects):
            if missing_draws[subject, trial] >= missing[arm[subject]]:
                arrivals[outcomes] = entry[subject] + delay
                outcomes += 1
        next_subject = inside = 0
        before = 0.0
        for look in range(looks):
            when = time_of_look(look, plan_looks, entry, arrivals, outcomes)
            is_short[trial, look] = 1 if when == math.inf else 0
            before = max(before, entry[subjects - 1] + delay if when == math.inf else when)
            at[trial, look] = before
            # Outcomes come in the order of entry, `delay` later.
            while next_subject < subjects and entry[next_subject] + delay <= before:
                one = arm[next_subject]
                if missing_draws[next_subject, trial] >= missing[one]:
                    draw = outcome_draws[next_subject, trial]
                    response = 1.0 if draw < parameters[one] else 0.0
                    value = response if is_binary else parameters[one] * draw
                    count[one] += 1
                    total[one] += value
                    square[one] += value * value
                next_subject += 1
            while inside < subjects and entry[inside] <= before:
                inside += 1
            enrolled[trial, look] = inside
            time = 0.0
            for subject in range(inside):
                time += min(before - entry[subject], delay)
            followup[trial, look] = time
            for one in range(arms):
                counts[trial, look, one] = count[one]
                sums[trial, look, one] = total[one]
                squares[trial, look, one] = square[one]

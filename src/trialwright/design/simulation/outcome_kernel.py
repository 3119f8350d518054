"""Compiled: trials in which each subject has one outcome, to the sufficient statistics of each arm. Loads numba."""

from __future__ import annotations

import numpy as np
from numba import njit

from trialwright.design.simulation.enrollment_kernel import enroll
from trialwright.design.simulation.kernel_inputs import Enrollment, Floats, Integers, Looks


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
    count, total, square = np.zeros(arms, np.int64), np.zeros(arms), np.zeros(arms)
    for trial in range(trials):
        enroll(
            entry_draws[:, trial],
            arm_draws[:, trial],
            enrollment,
            entry,
            arm,
        )
        count[:] = 0
        total[:] = 0.0
        square[:] = 0.0
        next_subject = observed = inside = 0
        when = 0.0
        for look in range(looks):
            # Outcomes come in the order of entry, `delay` later.
            while next_subject < subjects:
                arrives = entry[next_subject] + delay
                if plan_looks.counts[look] == 0:
                    if arrives > plan_looks.times[look]:
                        break
                elif observed >= plan_looks.counts[look]:
                    break
                one = arm[next_subject]
                if missing_draws[next_subject, trial] >= missing[one]:
                    draw = outcome_draws[next_subject, trial]
                    response = 1.0 if draw < parameters[one] else 0.0
                    value = response if is_binary else parameters[one] * draw
                    count[one] += 1
                    total[one] += value
                    square[one] += value * value
                    observed += 1
                when = max(when, arrives)
                next_subject += 1
            if plan_looks.counts[look] == 0:
                when = max(when, plan_looks.times[look])
            is_short[trial, look] = 1 if observed < plan_looks.counts[look] else 0
            at[trial, look] = when
            while inside < subjects and entry[inside] <= when:
                inside += 1
            enrolled[trial, look] = inside
            time = 0.0
            for subject in range(inside):
                time += min(when - entry[subject], delay)
            followup[trial, look] = time
            for one in range(arms):
                counts[trial, look, one] = count[one]
                sums[trial, look, one] = total[one]
                squares[trial, look, one] = square[one]

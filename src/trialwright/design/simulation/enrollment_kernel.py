"""Compiled: when each subject of a trial comes in, and to which arm. Loads numba."""

from __future__ import annotations

import numpy as np
from numba import njit

from trialwright.design.simulation.kernel_inputs import Enrollment, Floats, Integers, Rates


@njit(cache=True, nogil=True)
def invert_total(total: float, table: Rates, row: int) -> float:
    """The time at which the integral of a piecewise constant rate is `total`; infinite if it never is."""
    piece = table.starts.shape[1] - 1
    while piece > 0 and table.totals[row, piece] > total:
        piece -= 1
    if table.rates[row, piece] == 0.0:
        return float(np.inf)
    return float(table.starts[row, piece] + (total - table.totals[row, piece]) / table.rates[row, piece])


@njit(cache=True, nogil=True)
def enroll(
    entry_draws: Floats,
    arm_draws: Floats,
    enrollment: Enrollment,
    entry: Floats,
    arm: Integers,
) -> None:
    """Fill `entry` (increasing calendar times) and `arm` of all subjects of a trial.

    entry_draws  standard exponential: the gaps of a Poisson process of rate 1
    arm_draws    standard uniform
    """
    slots = enrollment.slots
    arms = len(slots)
    left = slots.copy()
    slots_in_block = slots.sum()
    all_left = slots_in_block
    total = 0.0
    for subject in range(len(entry)):
        total += 1.0 if enrollment.is_even else entry_draws[subject]
        entry[subject] = invert_total(total, enrollment.accrual, 0)
        # A slot of the block drawn at random from those left: all orders of the block are equally likely.
        slot = arm_draws[subject] * all_left
        chosen = 0
        while chosen < arms - 1 and slot >= left[chosen]:
            slot -= left[chosen]
            chosen += 1
        arm[subject] = chosen
        if not enrollment.is_simple:
            left[chosen] -= 1
            all_left -= 1
            if all_left == 0:
                left[:] = slots
                all_left = slots_in_block

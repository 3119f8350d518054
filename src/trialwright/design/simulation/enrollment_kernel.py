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
def total_until(time: float, table: Rates, row: int) -> float:
    """The integral of a piecewise constant rate from 0 to a time."""
    piece = table.starts.shape[1] - 1
    while piece > 0 and table.starts[row, piece] > time:
        piece -= 1
    return float(table.totals[row, piece] + table.rates[row, piece] * (time - table.starts[row, piece]))


@njit(cache=True, nogil=True)
def enroll(
    trial: int,
    entry_draws: Floats,
    arm_draws: Floats,
    enrollment: Enrollment,
    stratum: Integers,
    strata: int,
    entry: Floats,
    arm: Integers,
) -> None:
    """Fill `entry` (increasing calendar times) and `arm` of all subjects of a trial of a block.

    entry_draws  standard exponential: the gaps of a Poisson process of rate 1
    arm_draws    standard uniform
    stratum      in which each subject is allocated, of so many strata
    """
    slots = enrollment.slots
    arms = len(slots)
    left = np.empty((strata, arms), np.int64)
    all_left = np.empty(strata, np.int64)
    slots_in_block = slots.sum()
    for one in range(strata):
        left[one] = slots
        all_left[one] = slots_in_block
    row = trial if len(enrollment.accrual.starts) > 1 else 0
    total = 0.0
    for subject in range(len(entry)):
        total += 1.0 if enrollment.is_even else entry_draws[subject]
        entry[subject] = invert_total(total, enrollment.accrual, row)
        one = stratum[subject]
        # A slot of the block drawn at random from those left: all orders of the block are equally likely.
        slot = arm_draws[subject] * all_left[one]
        chosen = 0
        while chosen < arms - 1 and slot >= left[one, chosen]:
            slot -= left[one, chosen]
            chosen += 1
        arm[subject] = chosen
        if not enrollment.is_simple:
            left[one, chosen] -= 1
            all_left[one] -= 1
            if all_left[one] == 0:
                left[one] = slots
                all_left[one] = slots_in_block

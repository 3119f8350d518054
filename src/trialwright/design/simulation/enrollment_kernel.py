"""Compiled: when each subject of a trial comes in, and to which arm. Loads numba."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@njit(cache=True, nogil=True)
def invert_total(total: float, starts: Floats, rates: Floats, totals: Floats) -> float:
    """The time at which the integral of a piecewise constant rate is `total`; infinite if it never is.

    starts, rates, totals  of each piece: its beginning, its rate, and the integral up to its beginning
    """
    piece = len(starts) - 1
    while piece > 0 and totals[piece] > total:
        piece -= 1
    if rates[piece] == 0.0:
        return float(np.inf)
    return float(starts[piece] + (total - totals[piece]) / rates[piece])


@njit(cache=True, nogil=True)
def enroll(
    entry_draws: Floats,
    arm_draws: Floats,
    is_even: bool,
    starts: Floats,
    rates: Floats,
    totals: Floats,
    slots: Integers,
    is_simple: bool,
    entry: Floats,
    arm: Integers,
) -> None:
    """Fill `entry` (increasing calendar times) and `arm` of all subjects of a trial.

    entry_draws  standard exponential: the gaps of a Poisson process of rate 1
    arm_draws    standard uniform
    slots        of each arm in a block; for simple randomization they are the weights
    """
    arms = len(slots)
    left = slots.copy()
    slots_in_block = slots.sum()
    all_left = slots_in_block
    total = 0.0
    for subject in range(len(entry)):
        total += 1.0 if is_even else entry_draws[subject]
        entry[subject] = invert_total(total, starts, rates, totals)
        # A slot of the block drawn at random from those left: all orders of the block are equally likely.
        slot = arm_draws[subject] * all_left
        chosen = 0
        while chosen < arms - 1 and slot >= left[chosen]:
            slot -= left[chosen]
            chosen += 1
        arm[subject] = chosen
        if not is_simple:
            left[chosen] -= 1
            all_left -= 1
            if all_left == 0:
                left[:] = slots
                all_left = slots_in_block

"""Compiled: the order of times. Loads numba."""

from __future__ import annotations

import numpy as np
from numba import njit

from trialwright.design.simulation.kernel_inputs import Floats, Integers


@njit(cache=True, nogil=True)
def order_of(keys: Floats) -> Integers:
    """The places of the keys (finite, 0 or above) in ascending order.

    Keys are dealt to as many bins of equal width as there are keys, which takes a quarter of the time of a sort; full
    bins are sorted, and insertion then moves each key by no more than a bin.
    """
    n = len(keys)
    highest = 0.0
    for place in range(n):
        highest = max(highest, keys[place])
    # Below that the quotient may be infinite; all keys are then in one bin, and sorted.
    scale = (n - 1) / highest if highest > 1e-300 else 0.0
    ends = np.zeros(n + 1, np.int64)
    for place in range(n):
        ends[int(keys[place] * scale) + 1] += 1
    for one in range(n):
        ends[one + 1] += ends[one]
    order = np.empty(n, np.int64)
    for place in range(n):
        one = int(keys[place] * scale)
        order[ends[one]] = place
        ends[one] += 1
    start = 0
    for one in range(n):
        if ends[one] - start > 24:
            inside = order[start : ends[one]].copy()
            order[start : ends[one]] = inside[np.argsort(keys[inside])]
        start = ends[one]
    for place in range(1, n):
        moved = order[place]
        to = place - 1
        while to >= 0 and keys[order[to]] > keys[moved]:
            order[to + 1] = order[to]
            to -= 1
        order[to + 1] = moved
    return order

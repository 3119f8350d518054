"""From a power function to a sample size."""

from __future__ import annotations

import math
from collections.abc import Callable

from trialwright.errors import DesignError

LARGEST = 1e9
_NOISE = 1e-9


def solve_n(power_at: Callable[[float], float], target: float, *, smallest: float, unit: str = "subjects") -> float:
    """The real number at which an increasing `power_at` reaches `target`; `smallest` if that has it already.

    Raises DesignError if a billion do not reach it.
    """
    low, high = smallest, max(2.0 * smallest, 4.0)
    if power_at(low) >= target:
        return low
    while power_at(high) < target:
        low, high = high, 2 * high
        if high > LARGEST:
            raise DesignError(
                f"Power {target:g} is not reached with {LARGEST:.0e} {unit}, where it is {power_at(LARGEST):.3g}. "
                "Assume a larger effect or less variability, or ask for less power."
            )
    # 100 halvings at most; fewer once the ends are neighbors.
    for _ in range(100):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if power_at(middle) < target:
            low = middle
        else:
            high = middle
    return high


def round_up(number: float) -> int:
    """The next whole number; a whole number with the noise of floating point stays what it is."""
    return math.ceil(number - _NOISE * max(1.0, number))


def split(total: float, allocation_ratio: float) -> tuple[float, float]:
    """Experimental and control share of a total, unrounded."""
    control = total / (1 + allocation_ratio)
    return total - control, control


def first_n(power_at: Callable[[int], float], target: float, *, start: int, end: int) -> int | None:
    """The first whole number from `start` to `end` with the power; None if there is none."""
    return next((n for n in range(start, end + 1) if power_at(n) >= target), None)


def lasting_n(power_at: Callable[[int], float], target: float, *, start: int, end: int) -> int | None:
    """The first whole number from which on, up to `end`, the power does not fall below `target` again."""
    lasting = None
    for n in range(end, start - 1, -1):
        if power_at(n) < target:
            break
        lasting = n
    return lasting

"""What inputs of early-phase designs must fulfil; each refusal says which value, why, and what would work."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral

from trialwright.errors import DesignError


def probability(name: str, value: float) -> float:
    """`value` if it lies strictly between 0 and 1."""
    if not (math.isfinite(value) and 0 < value < 1):
        raise DesignError(
            f"{name} must lie between 0 and 1, both excluded, got {value!r}. Give a proportion such as 0.3 for 30%."
        )
    return value


def positive(name: str, value: float) -> float:
    """`value` if it is finite and above 0."""
    if not (math.isfinite(value) and value > 0):
        raise DesignError(f"{name} must be above 0, got {value!r}. Give a positive number.")
    return value


def count(name: str, value: int, *, least: int = 1) -> int:
    """`value` if it is a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise DesignError(f"{name} must be a whole number of at least {least}, got {value!r}.")
    return value


def responses(name: str, value: int, n: int) -> int:
    """`value` if so many of `n` can be."""
    if not 0 <= value <= n:
        raise DesignError(f"{name} must lie between 0 and {n}, the number of subjects, got {value!r}.")
    return value


def ordered(lower_name: str, lower: float, upper_name: str, upper: float, *, why: str) -> None:
    """Refuse two values of which the second is not above the first."""
    if not lower < upper:
        raise DesignError(f"{upper_name} ({upper!r}) must be above {lower_name} ({lower!r}): {why}.")


def toxicity_probabilities(name: str, values: Sequence[float]) -> tuple[float, ...]:
    """True probabilities of the dose levels: at least one, from 0 to 1, not falling with the dose."""
    if not values:
        raise DesignError(f"{name} is empty; give one probability per dose level, lowest dose first.")
    for level, value in enumerate(values, start=1):
        if not 0 <= value <= 1:
            raise DesignError(f"{name} of dose level {level} must lie between 0 and 1, got {value!r}.")
    for level in range(1, len(values)):
        if values[level] < values[level - 1]:
            raise DesignError(
                f"{name} falls from {values[level - 1]!r} at dose level {level} to {values[level]!r} at the next one. "
                "Toxicity is taken to rise with the dose: give the levels in ascending order."
            )
    return tuple(values)

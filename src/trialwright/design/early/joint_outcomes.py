"""Toxicity and response of the same subject, with their association as an odds ratio.

Source: Plackett RL. A class of bivariate distributions. J Am Stat Assoc 1965;60:516-522: the distribution of two binary
outcomes with given margins and odds ratio. Every odds ratio above 0 fits any margins, which a correlation does not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialwright.design.early.requirements import positive
from trialwright.errors import DesignError

Floats = NDArray[np.float64]


def compute_joint_probability(first: Floats, second: Floats, *, odds_ratio: float) -> Floats:
    """Probability of both outcomes, from the probability of each and their odds ratio (1: independent)."""
    positive("odds_ratio", odds_ratio)
    if odds_ratio == 1:
        return np.asarray(first * second)
    excess = odds_ratio - 1
    total = 1 + (first + second) * excess
    root = np.sqrt(np.maximum(total**2 - 4 * odds_ratio * excess * first * second, 0))
    return np.asarray((total - root) / (2 * excess))


def response_given_toxicity(toxicities: Floats, responses: Floats, *, odds_ratio: float) -> Floats:
    """Response probability without (row 0) and with (row 1) a DLT, for each dose level (column)."""
    both = compute_joint_probability(toxicities, responses, odds_ratio=odds_ratio)
    # Where a DLT is impossible or certain, the other row is never asked for.
    without = np.divide(responses - both, 1 - toxicities, out=np.zeros_like(both), where=toxicities < 1)
    within = np.divide(both, toxicities, out=np.zeros_like(both), where=toxicities > 0)
    given: Floats = np.clip(np.stack([without, within]), 0.0, 1.0)
    return given


def response_probabilities(name: str, values: Sequence[float], levels: int) -> tuple[float, ...]:
    """True response probabilities: one per dose level, from 0 to 1; they may rise or fall with the dose."""
    if len(values) != levels:
        raise DesignError(f"{name} has {len(values)} dose levels, but there are {levels}. Give one value per level.")
    for level, value in enumerate(values, start=1):
        if not 0 <= value <= 1:
            raise DesignError(f"{name} of dose level {level} must lie between 0 and 1, got {value!r}.")
    return tuple(values)

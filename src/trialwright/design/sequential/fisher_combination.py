"""Fisher's combination test over several stages: critical values of the product of independent stage p-values.

Source: Bauer P, Köhne K. Biometrics 1994;50:1029-1041. Wassmer G. Biometrics 1999;55:1053-1059 (more than two stages).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from trialwright.errors import DesignError

Method = Literal["equal levels", "full level"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FisherCombination:
    """A one-sided test that rejects at stage k when the product of the p-values so far is at most `critical_values[k]`.

    stage_levels            level of each product as a fixed test of its stages
    cumulative_alpha_spent  type I error used up to each stage; the trial never stops for futility
    """

    alpha: float
    critical_values: tuple[float, ...]
    stage_levels: tuple[float, ...]
    cumulative_alpha_spent: tuple[float, ...]
    conventions: tuple[str, ...] = ("alpha is one-sided", "equal weights: the product of the stage p-values")


def compute_fisher_combination(*, stages: int, alpha: float, method: Method = "equal levels") -> FisherCombination:
    """Critical values of Fisher's combination test with one-sided type I error `alpha` over all stages.

    method   "equal levels": each product is tested at the same level; "full level": the last product is tested at the
             full alpha, and its critical value serves at every stage
    """
    from scipy.optimize import brentq

    if not 1 <= stages <= 10:
        raise DesignError(f"stages must lie between 1 and 10, got {stages!r}.")
    if not 0 < alpha < 0.5:
        raise DesignError(f"alpha must lie between 0 and 0.5, got {alpha!r}; it is one-sided, and 0.025 is usual.")

    def critical_values(level: float) -> tuple[float, ...]:
        if method == "full level":
            return (_critical_value(stages, level),) * stages
        return tuple(_critical_value(stage, level) for stage in range(1, stages + 1))

    def spent(level: float) -> float:
        return math.fsum(_crossing_by_stage(critical_values(level)))

    # A product only falls, so with one critical value for all stages the last one decides alone.
    level = alpha
    if method == "equal levels" and stages > 1:
        level = float(brentq(lambda value: spent(value) - alpha, alpha / stages / 2, alpha, xtol=1e-15, rtol=1e-13))
    values = critical_values(level)
    crossing = _crossing_by_stage(values)
    return FisherCombination(
        alpha=alpha,
        critical_values=values,
        stage_levels=tuple(_level(stage, value) for stage, value in enumerate(values, start=1)),
        cumulative_alpha_spent=tuple(math.fsum(crossing[: stage + 1]) for stage in range(stages)),
    )


def _critical_value(stages: int, level: float) -> float:
    # Minus twice the logarithm of the product of k uniform p-values has 2k degrees of freedom.
    from scipy.special import gammainccinv

    return math.exp(-float(gammainccinv(stages, level)))


def _level(stages: int, critical_value: float) -> float:
    from scipy.special import gammaincc

    return float(gammaincc(stages, -math.log(critical_value)))


def _crossing_by_stage(critical_values: tuple[float, ...]) -> tuple[float, ...]:
    """Probability to reject first at each stage, exactly; the critical values must not rise.

    The sum of -ln p has the density exp(-s) A(s) on the trials that go on; A is a polynomial between the barriers.
    """
    from numpy.polynomial import Polynomial

    barriers = [-math.log(value) for value in critical_values]
    pieces = [(0.0, math.inf, Polynomial([1.0]))]
    crossing = [math.exp(-barriers[0])]
    for before, barrier in pairwise(barriers):
        following, total = [], 0.0
        for left, right, density in pieces:
            if left >= before:
                break
            end = min(right, before)
            integral = density.integ()
            following.append((left, end, integral - integral(left) + total))
            total += float(integral(end) - integral(left))
        pieces = [*following, (before, math.inf, Polynomial([total]))]
        crossing.append(math.exp(-barrier) * total)
    return tuple(crossing)

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
    cumulative_alpha_spent  type I error used up to each stage, without stopping for futility unless that is binding
    method                  how the critical values were chosen
    futility_levels         of each stage but the last: the trial stops without rejection if the p-value of the stage
                            alone is above it; None if it never does
    futility_is_binding     whether the type I error counts on that
    """

    alpha: float
    critical_values: tuple[float, ...]
    stage_levels: tuple[float, ...]
    cumulative_alpha_spent: tuple[float, ...]
    method: Method = "equal levels"
    futility_levels: tuple[float, ...] | None = None
    futility_is_binding: bool = False
    conventions: tuple[str, ...] = ("alpha is one-sided", "equal weights: the product of the stage p-values")

    @property
    def stages(self) -> int:
        """How many, the last included."""
        return len(self.critical_values)


def compute_fisher_combination(
    *,
    stages: int,
    alpha: float,
    method: Method = "equal levels",
    futility_levels: tuple[float, ...] | None = None,
    futility_is_binding: bool = False,
) -> FisherCombination:
    """Critical values of Fisher's combination test with one-sided type I error `alpha` over all stages.

    method               "equal levels": each product is tested at the same level; "full level": the last product is
                         tested at the full alpha, and those before it at the one level that then keeps alpha. Without
                         binding futility that is the last critical value at every stage
    futility_levels      p-values of the stages but the last, above which the trial stops: 0.5 stops it when the
                         effect is in the wrong direction
    futility_is_binding  True: the critical values count on that, and are higher for it
    """
    from scipy.optimize import brentq

    if not 1 <= stages <= 10:
        raise DesignError(f"stages must lie between 1 and 10, got {stages!r}.")
    if not 0 < alpha < 0.5:
        raise DesignError(f"alpha must lie between 0 and 0.5, got {alpha!r}; it is one-sided, and 0.025 is usual.")
    _check_futility(stages, futility_levels, is_binding=futility_is_binding)
    counted = futility_levels if futility_is_binding else None

    def critical_values(level: float) -> tuple[float, ...]:
        if method == "equal levels":
            return tuple(_critical_value(stage, level) for stage in range(1, stages + 1))
        last = _critical_value(stages, alpha)
        return (*(max(_critical_value(stage, level), last) for stage in range(1, stages)), last)

    def spent(level: float) -> float:
        return math.fsum(_crossing_by_stage(critical_values(level), counted))

    # A product only falls, so with one critical value for all stages the last one decides alone.
    if stages == 1:
        values = critical_values(alpha)
    elif method == "full level" and counted is None:
        values = (_critical_value(stages, alpha),) * stages
    else:
        lowest = alpha / stages / 2 if method == "equal levels" else 0.0
        level = float(brentq(lambda value: spent(value) - alpha, lowest, alpha, xtol=1e-15, rtol=1e-13))
        values = critical_values(level)
    for stage, (futility, value) in enumerate(zip(futility_levels or (), values, strict=False), start=1):
        if stage == 1 and futility <= value:
            raise DesignError(
                f"futility_levels is {futility!r} at stage 1, where a p-value up to {value:.6g} rejects: every trial "
                f"would end there. Give a level above {value:.3g}; 0.5 is usual."
            )
    crossing = _crossing_by_stage(values, counted)
    return FisherCombination(
        alpha=alpha,
        critical_values=values,
        stage_levels=tuple(_level(stage, value) for stage, value in enumerate(values, start=1)),
        cumulative_alpha_spent=tuple(math.fsum(crossing[: stage + 1]) for stage in range(stages)),
        method=method,
        futility_levels=futility_levels,
        futility_is_binding=futility_is_binding,
    )


def _check_futility(stages: int, levels: tuple[float, ...] | None, *, is_binding: bool) -> None:
    if levels is None:
        if is_binding:
            raise DesignError("futility_is_binding is True, but there are no futility_levels. Give them, or leave it.")
        return
    if len(levels) != stages - 1:
        raise DesignError(
            f"futility_levels has {len(levels)} values for {stages} stages; give {stages - 1}, one for each but the "
            "last."
        )
    if not all(0 < level <= 1 for level in levels):
        raise DesignError(f"futility_levels must lie above 0 and up to 1 (never stop), got {levels!r}. 0.5 is usual.")


def _critical_value(stages: int, level: float) -> float:
    # Minus twice the logarithm of the product of k uniform p-values has 2k degrees of freedom.
    from scipy.special import gammainccinv

    return math.exp(-float(gammainccinv(stages, level)))


def _level(stages: int, critical_value: float) -> float:
    from scipy.special import gammaincc

    return float(gammaincc(stages, -math.log(critical_value)))


def _crossing_by_stage(
    critical_values: tuple[float, ...], futility_levels: tuple[float, ...] | None
) -> tuple[float, ...]:
    """Probability to reject first at each stage, exactly; the critical values must not rise.

    The sum of -ln p has the density exp(-s) A(s) on the trials that go on; A is a polynomial between breaks. A trial
    that goes on has -ln p of the stage above that of the futility level, which shifts the breaks by as much.
    """
    from numpy.polynomial import Polynomial

    barriers = [-math.log(value) for value in critical_values]
    if len(barriers) == 1:
        return (critical_values[0],)
    shifts = [-math.log(level) for level in futility_levels or (1.0,) * (len(barriers) - 1)]
    crossing = [math.exp(-barriers[0])]
    pieces = [(shifts[0], barriers[0], Polynomial([1.0]))] if shifts and shifts[0] < barriers[0] else []
    for (_, barrier), shift in zip(pairwise(barriers), [*shifts[1:], 0.0], strict=True):
        following, total, end = [], 0.0, 0.0
        for left, right, density in pieces:
            integral = density.integ()
            moved = (integral - integral(left) + total)(Polynomial([-shift, 1.0]))
            following.append((left + shift, right + shift, moved))
            total += float(integral(right) - integral(left))
            end = right + shift
        if pieces:
            following.append((end, math.inf, Polynomial([total])))
        pieces = [(left, min(right, barrier), density) for left, right, density in following if left < barrier]
        crossing.append(math.exp(-barrier) * total)
    return tuple(crossing)

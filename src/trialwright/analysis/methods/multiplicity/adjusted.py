"""Multiple test procedures by p-values: adjusted p-values, levels and decisions.

An adjusted p-value is the smallest familywise error rate at which the procedure rejects the hypothesis.

Sources: Wright SP. Biometrics 1992;48:1005-1013 (adjusted p-values). Holm S. Scand J Stat 1979;6:65-70. Hochberg Y.
Biometrika 1988;75:800-802. Hommel G. Biometrika 1988;75:383-386. Benjamini Y, Hochberg Y. Scand J Stat 1997;24:407-418
(weighted Holm). Maurer W, Hothorn L, Lehmacher W. In: Vollmar J, ed. Testing Principles in Clinical and Preclinical
Trials, 1995, 3-18 (fixed sequence). Hochberg's and Hommel's procedures assume p-values that are independent or
positively dependent; the others assume nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: Of p-values: rounding errors must not decide.
_EQUAL = 1e-12


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a procedure says of a hypothesis.

    adjusted  p-value
    level     at which the p-value is tested; None if the procedure has no single one
    order     in which it is looked at, from 1
    """

    adjusted: float
    level: float | None
    order: int
    is_rejected: bool


Procedure = Callable[[Sequence[float], Sequence[float], float], list[Decision]]


def _ascending(values: Sequence[float]) -> list[int]:
    return sorted(range(len(values)), key=lambda index: (values[index], index))


def _decisions(
    adjusted: Sequence[float], levels: Sequence[float | None], order: Sequence[int], alpha: float
) -> list[Decision]:
    places = {index: place for place, index in enumerate(order, start=1)}
    return [
        Decision(
            adjusted=min(1.0, adjusted[index]),
            level=levels[index],
            order=places[index],
            is_rejected=adjusted[index] <= alpha * (1 + _EQUAL),
        )
        for index in range(len(adjusted))
    ]


def compute_bonferroni(p_values: Sequence[float], weights: Sequence[float], alpha: float) -> list[Decision]:
    """Each p-value by its weight (those that add up to 1)."""
    adjusted = [p / weight for p, weight in zip(p_values, weights, strict=True)]
    return _decisions(adjusted, [alpha * weight for weight in weights], _ascending(adjusted), alpha)


def compute_holm(p_values: Sequence[float], weights: Sequence[float], alpha: float) -> list[Decision]:
    """Step-down: the smallest weighted p-value first, its weight by those of all that are left."""
    order = _ascending([p / weight for p, weight in zip(p_values, weights, strict=True)])
    adjusted, levels = [0.0] * len(order), [0.0] * len(order)
    left, highest = sum(weights), 0.0
    for index in order:
        highest = max(highest, p_values[index] * left / weights[index])
        adjusted[index], levels[index] = highest, alpha * weights[index] / left
        left -= weights[index]
    return _decisions(adjusted, list(levels), order, alpha)


def compute_hochberg(p_values: Sequence[float], weights: Sequence[float], alpha: float) -> list[Decision]:
    """Step-up: the largest p-value first, at alpha, the next at alpha / 2, and so on. Weights are equal."""
    order = _ascending(p_values)[::-1]
    adjusted, levels = [0.0] * len(order), [0.0] * len(order)
    lowest = 1.0
    for place, index in enumerate(order, start=1):
        lowest = min(lowest, place * p_values[index])
        adjusted[index], levels[index] = lowest, alpha / place
    return _decisions(adjusted, list(levels), order, alpha)


def compute_hommel(p_values: Sequence[float], weights: Sequence[float], alpha: float) -> list[Decision]:
    """The closed test with Simes' test of each intersection. Weights are equal.

    The intersections of m hypotheses that matter for one hypothesis hold, beside it, the m - 1 largest p-values.
    """
    ascending = _ascending(p_values)
    adjusted = [0.0] * len(ascending)
    for index in ascending:
        others = [p_values[other] for other in ascending if other != index]
        worst = p_values[index]
        for size in range(1, len(others) + 1):
            members = sorted([p_values[index], *others[len(others) - size :]])
            simes = min((size + 1) * p / rank for rank, p in enumerate(members, start=1))
            worst = max(worst, simes)
        adjusted[index] = worst
    return _decisions(adjusted, [None] * len(ascending), ascending, alpha)


def compute_fixed_sequence(p_values: Sequence[float], weights: Sequence[float], alpha: float) -> list[Decision]:
    """Each at alpha, in the order given, until one is not rejected. There are no weights."""
    adjusted, levels = [], []
    highest = 0.0
    for p in p_values:
        levels.append(alpha if highest <= alpha * (1 + _EQUAL) else 0.0)
        highest = max(highest, p)
        adjusted.append(highest)
    return _decisions(adjusted, list(levels), range(len(adjusted)), alpha)

"""Maximum likelihood of two proportions whose difference, ratio or odds ratio is given, in closed form.

Sources: Miettinen O, Nurminen M. Stat Med 1985;4:213-226 (appendices). Farrington CP, Manning G. Stat Med 1990;9:
1447-1454.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from trialwright.analysis.request import Floats

#: Logarithms of ratios are looked for between this and its negative.
_WIDEST = 30.0


def restricted_by_difference(
    events_a: Floats, total_a: Floats, events_b: Floats, total_b: Floats, difference: float
) -> tuple[Floats, Floats]:
    """The proportions of A and B with A - B = `difference`."""
    total, events = total_a + total_b, events_a + events_b
    square = (total_a + 2 * total_b) * difference - total - events
    linear = (total_b * difference - total - 2 * events_b) * difference + events
    constant = events_b * difference * (1 - difference)
    q = (square / (3 * total)) ** 3 - square * linear / (6 * total**2) + constant / (2 * total)
    root = np.sqrt(np.maximum((square / (3 * total)) ** 2 - linear / (3 * total), 0.0))
    signed = np.where(q >= 0, root, -root)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.where(root > 0, q / np.where(root > 0, signed, 1.0) ** 3, 1.0)
    angle = (np.pi + np.arccos(np.clip(cosine, -1.0, 1.0))) / 3
    p_b = np.clip(2 * signed * np.cos(angle) - square / (3 * total), max(0.0, -difference), min(1.0, 1 - difference))
    return np.clip(p_b + difference, 0.0, 1.0), p_b


def restricted_by_ratio(
    events_a: float, total_a: float, events_b: float, total_b: float, ratio: float
) -> tuple[float, float]:
    """The proportions of A and B with A / B = `ratio`."""
    square = (total_a + total_b) * ratio
    linear = total_a * ratio + events_a + total_b + events_b * ratio
    constant = events_a + events_b
    # 2c / (b + sqrt(...)) is the smaller root without the cancellation of the usual formula.
    p_b = 2 * constant / (linear + np.sqrt(max(linear**2 - 4 * square * constant, 0.0)))
    p_b = min(p_b, 1.0, 1 / ratio)
    return min(ratio * p_b, 1.0), p_b


def restricted_by_odds_ratio(
    events_a: float, total_a: float, events_b: float, total_b: float, ratio: float
) -> tuple[float, float]:
    """The proportions of A and B with odds of A / odds of B = `ratio`."""
    square = total_b * (ratio - 1)
    events = events_a + events_b
    linear = total_a * ratio + total_b - events * (ratio - 1)
    root = np.sqrt(max(linear**2 + 4 * square * events, 0.0))
    p_b = 2 * events / (linear + root) if linear > 0 else (root - linear) / (2 * square)
    p_b = min(max(float(p_b), 0.0), 1.0)
    # The expected responders are as many as there are: this keeps its digits where p_b is all but 1.
    return min(max((events - total_b * p_b) / total_a, 0.0), 1.0), p_b


def solve_decreasing(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a decreasing function crosses 0, by bisection to the last digits; an end if it does not cross."""
    if function(low) <= 0:
        return low
    if function(high) >= 0:
        return high
    while high - low > 1e-14 * max(1.0, abs(low), abs(high)):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return (low + high) / 2


def solve_ratio(score: Callable[[float], float]) -> float:
    """The ratio at which a decreasing function of it is 0; 0 or infinity if it is nowhere."""
    solution = solve_decreasing(lambda logarithm: score(float(np.exp(logarithm))), -_WIDEST, _WIDEST)
    if abs(solution) == _WIDEST:
        return 0.0 if solution < 0 else float("inf")
    return float(np.exp(solution))

"""Exact unconditional intervals and tests of a difference of two proportions.

Two one-sided tests of size alpha / 2 are inverted. The p-value of a test is the largest probability, over what the
proportions may be that have the difference tested, of tables that are no less extreme than the observed one: by the
difference itself (Santner and Snell), or by the score statistic (Chan and Zhang), as SAS PROC FREQ's EXACT RISKDIFF.

Sources: Santner TJ, Snell MK. J Am Stat Assoc 1980;75:386-394. Chan ISF, Zhang Z. Biometrics 1999;55:1202-1209. Agresti
A, Min Y. Biometrics 2001;57:963-971.
"""

from __future__ import annotations

import math

import numpy as np

from trialwright.analysis.methods.fisher import log_factorials
from trialwright.analysis.methods.proportions.comparison import Measure, TwoGroups
from trialwright.analysis.methods.proportions.restricted import restricted_by_difference
from trialwright.analysis.request import Booleans, Floats

#: Points at which the nuisance parameter is tried: over all its values, then thrice around the best so far.
_POINTS = (65, 33, 33, 33)
#: Steps of the first search for a limit, over the differences from -1 to 1.
_STEPS = 80
#: Rounding errors of statistics that are equal.
_TIE = 1e-9
#: Tables (of all outcomes) above which the exact method is not tried.
MAX_TABLES = 160_000


class _Outcomes:
    """Every table of two groups of these sizes, and the observed one."""

    def __init__(self, events_a: int, total_a: int, events_b: int, total_b: int, method: str) -> None:
        self.observed = events_a, events_b
        self.totals = total_a, total_b
        self.is_score = method == "chan_zhang"
        a, b = np.meshgrid(np.arange(total_a + 1.0), np.arange(total_b + 1.0), indexing="ij")
        self.events = a, b
        self.differences: Floats = a / total_a - b / total_b
        logs = log_factorials(max(self.totals))
        self._ways = [logs[n] - logs[: n + 1] - logs[: n + 1][::-1] for n in self.totals]

    def extreme(self, difference: float, sign: int) -> Booleans:
        """Which tables are at least as far above (`sign` 1) or below (-1) the difference as the observed one."""
        values = self.statistic(difference) if self.is_score else self.differences
        found: Booleans = sign * values >= sign * values[self.observed] - _TIE
        return found

    def statistic(self, difference: float) -> Floats:
        """The score statistic of every table."""
        n_a, n_b = (np.float64(n) for n in self.totals)
        p_a, p_b = restricted_by_difference(*self._interleaved(n_a, n_b), difference)
        se = np.sqrt(p_a * (1 - p_a) / n_a + p_b * (1 - p_b) / n_b)
        above = self.differences - difference
        level = np.abs(above) < 1e-12
        score: Floats = np.where(level, 0.0, above / np.where(level | (se <= 0), 1e-300, se))
        return score

    def _interleaved(self, n_a: np.float64, n_b: np.float64) -> tuple[Floats, Floats, Floats, Floats]:
        a, b = self.events
        return a, np.full_like(a, n_a), b, np.full_like(b, n_b)

    def _probabilities(self, p: Floats, side: int) -> Floats:
        """Binomial probabilities: points x numbers of events."""
        n = self.totals[side]
        k = np.arange(n + 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            successes = np.where(k > 0, k * np.log(p)[:, None], 0.0)
            failures = np.where(k < n, (n - k) * np.log1p(-p)[:, None], 0.0)
        probabilities: Floats = np.exp(self._ways[side] + successes + failures)
        return probabilities

    def p_value(self, difference: float, sign: int, searches: int = len(_POINTS)) -> float:
        """The largest probability of the tables that are as extreme, over the proportions with this difference.

        searches  how often the largest is looked for, each time more closely
        """
        tables = self.extreme(difference, sign).astype(np.float64)
        low, high = max(0.0, -difference), min(1.0, 1 - difference)
        best = 0.0
        for points in _POINTS[:searches]:
            p_b = np.linspace(low, high, points)
            p_a = np.clip(p_b + difference, 0.0, 1.0)
            chances = (self._probabilities(p_a, 0) @ tables * self._probabilities(p_b, 1)).sum(axis=1)
            top = int(chances.argmax())
            best = max(best, float(chances[top]))
            low, high = float(p_b[max(top - 1, 0)]), float(p_b[min(top + 1, points - 1)])
        return min(best, 1.0)


def compute_exact_difference(
    groups: TwoGroups, method: str, conf_level: float, *, margin: float = 0.0, alternative: str = "two_sided"
) -> Measure:
    """The difference with its exact interval, and the test of `margin`.

    The two-sided p-value is twice the smaller one-sided one, so that it agrees with the interval.
    """
    x_a, n_a, x_b, n_b = (round(count) for count in groups.one)
    difference = x_a / n_a - x_b / n_b
    if (n_a + 1) * (n_b + 1) > MAX_TABLES:
        return Measure(estimate=difference, warning="the groups are too large for an exact interval")
    outcomes = _Outcomes(x_a, n_a, x_b, n_b, method)
    tail = (1 - conf_level) / 2
    above, below = outcomes.p_value(margin, 1), outcomes.p_value(margin, -1)
    p_value = {"two_sided": min(1.0, 2 * min(above, below)), "greater": above, "less": below}[alternative]
    return Measure(
        estimate=difference,
        se=math.sqrt(x_a * (n_a - x_a) / n_a**3 + x_b * (n_b - x_b) / n_b**3),
        ci_lower=_limit(outcomes, difference, tail, 1),
        ci_upper=_limit(outcomes, difference, tail, -1),
        statistic=float(outcomes.statistic(margin)[x_a, x_b]) if outcomes.is_score else None,
        p_value=p_value,
    )


def _limit(outcomes: _Outcomes, difference: float, tail: float, sign: int) -> float:
    """The outermost difference that the one-sided test does not reject."""
    end = -1.0 * sign
    steps = np.linspace(end, difference, max(2, math.ceil(_STEPS * abs(difference - end) / 2) + 1)).tolist()
    outside = end
    inside = difference
    for step in steps:
        if outcomes.p_value(step, sign, searches=1) > tail:
            inside = step
            break
        outside = step
    if inside == end:
        return end
    while abs(inside - outside) > 1e-8:
        middle = (inside + outside) / 2
        if outcomes.p_value(middle, sign) > tail:
            inside = middle
        else:
            outside = middle
    return inside

"""`cochran_armitage`: whether proportions rise or fall with the scores of the groups.

Sources: Cochran WG. Biometrics 1954;10:417-451. Armitage P. Biometrics 1955;11:375-386. Agresti A. Categorical Data
Analysis, 2nd ed., 2002, section 5.3.5 (the statistic, as in SAS PROC FREQ) and 3.5.7 (exact conditional).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from trialwright.analysis.methods.fisher import log_factorials
from trialwright.analysis.methods.proportions.comparison import Measure, normal_p_value
from trialwright.analysis.methods.proportions.options import CochranArmitageOptions
from trialwright.analysis.methods.proportions.responses import find_responses, group_codes
from trialwright.analysis.request import Integers, Request
from trialwright.errors import PlanError
from trialwright.results import Result

#: Cells of the table of sums of scores above which the exact test is not tried.
_MAX_CELLS = 5_000_000


def compute_cochran_armitage(
    events: Sequence[int], totals: Sequence[int], scores: Sequence[float], *, is_exact: bool
) -> Measure:
    """The statistic Z of a trend of `events` / `totals` with the scores (above 0: rising), and its two-sided p-value.

    The exact one is the probability, given all margins, of sums of scores at least as far from their expectation.
    Groups without subjects do not count.
    """
    kept = [index for index, total in enumerate(totals) if total]
    x, n, s = (np.array([values[index] for index in kept], dtype=np.float64) for values in (events, totals, scores))
    if len(kept) < 2:
        return Measure(warning="fewer than two groups have subjects")
    p = x.sum() / n.sum()
    centered = s - (n * s).sum() / n.sum()
    spread = float((n * centered**2).sum())
    if spread == 0:
        return Measure(warning="all groups with subjects have the same score")
    if p in (0, 1):
        return Measure(warning="everybody responds" if p else "nobody responds")
    statistic = float((x * centered).sum()) / math.sqrt(p * (1 - p) * spread)
    if not is_exact:
        return Measure(statistic=statistic, p_value=normal_p_value(statistic))
    p_value = _exact_p_value(x.astype(np.int64), n.astype(np.int64), s)
    warning = "" if p_value is not None else "the table is too large, or its scores too uneven, for an exact test"
    return Measure(statistic=statistic, p_value=p_value, warning=warning)


def _exact_p_value(
    events: Integers, totals: Integers, scores: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> float | None:
    """By all ways to share the events out to the groups, taken together by the sum of scores."""
    fractions = [Fraction(score).limit_denominator(10_000) for score in (scores - scores.min()).tolist()]
    unit = Fraction(
        math.gcd(*(part.numerator for part in fractions)), math.lcm(*(part.denominator for part in fractions))
    )
    whole = [int(part / unit) for part in fractions]
    count = int(events.sum())
    width = max(whole) * count + 1
    if (count + 1) * width > _MAX_CELLS:
        return None
    logs = log_factorials(int(totals.sum()))
    rate = math.log(count / int(totals.sum())), math.log1p(-count / int(totals.sum()))
    reached = np.zeros((count + 1, width))
    reached[0, 0] = 1.0
    for total, score in zip(totals.tolist(), whole, strict=True):
        following = np.zeros_like(reached)
        for k in range(min(total, count) + 1):
            # Binomial probabilities; given the sum of all events they are in proportion to the hypergeometric ones.
            chance = math.exp(logs[total] - logs[k] - logs[total - k] + k * rate[0] + (total - k) * rate[1])
            shift = k * score
            following[k:, shift:] += chance * reached[: count + 1 - k, : width - shift]
        reached = following
    chances = reached[count] / reached[count].sum()
    sums = np.arange(width)
    expected = count * float(totals @ np.array(whole)) / float(totals.sum())
    observed = abs(float(events @ np.array(whole)) - expected)
    return min(1.0, float(chances[np.abs(sums - expected) >= observed - 1e-7 * max(1.0, observed)].sum()))


def analyze_cochran_armitage(request: Request, options: CochranArmitageOptions) -> Iterator[Result]:
    """`statistic` (Z) and `p_value` over all levels of the first grouping; `n` subjects, `n_events` responders."""
    axis = request.compared
    scores = _scores(request, options)
    for variable in request.analysis.variables:
        for cell in request.cells(skip_first=True):
            responses = find_responses(request, variable, options, cell)
            groups = group_codes(request, cell.records)
            counted = responses.is_counted & (groups >= 0)
            totals = np.bincount(groups[counted], minlength=len(axis.levels)).tolist()
            events = np.bincount(groups[counted & responses.responds], minlength=len(axis.levels)).tolist()
            found = compute_cochran_armitage(events, totals, scores, is_exact=options.method == "exact")
            absent = [level for level, total in zip(axis.levels, totals, strict=True) if not total]
            told = f"no subjects with {axis.variable} = {', '.join(absent)}" if absent else ""
            yield from request.results(
                {
                    "n": sum(totals),
                    "n_events": sum(events),
                    "n_missing": int((responses.is_missing & (groups >= 0)).sum()),
                    "statistic": found.statistic,
                    "p_value": found.p_value,
                },
                groups=cell.groups,
                variable=variable,
                warnings="; ".join(text for text in (found.warning, told, responses.warning) if text),
            )


def _scores(request: Request, options: CochranArmitageOptions) -> list[float]:
    axis = request.compared
    if not options.scores:
        if request.series(axis.variable).dtype.is_numeric():
            return [float(level) for level in axis.levels]
        return [float(number) for number in range(1, len(axis.levels) + 1)]
    if len(options.scores) != len(axis.levels):
        raise PlanError(
            f"{request.user} gives {len(options.scores)} scores for the {len(axis.levels)} levels of the grouping "
            f"{axis.grouping.id}. Give one for each, in their order."
        )
    return options.scores

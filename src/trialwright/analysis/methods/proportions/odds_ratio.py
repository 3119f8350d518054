"""`odds_ratio`: the ratio of the odds of two groups. `breslow_day`: whether it is the same in all strata.

Sources: Woolf B. Ann Hum Genet 1955;19:251-253. Cornfield J. Proc 3rd Berkeley Symp 1956;4:135-148, and Gart JJ. J R
Stat Soc B 1970;32:454-475 (exact conditional). Miettinen O, Nurminen M. Stat Med 1985;4:213-226. Robins J, Breslow N,
Greenland S. Biometrics 1986;42:311-323. Breslow NE, Day NE. Statistical Methods in Cancer Research I, 1980, section
4.4. Tarone RE. Biometrika 1985;72:91-95.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from trialwright.analysis.methods.distributions import chi_square_upper_tail
from trialwright.analysis.methods.fisher import compute_fisher_2x2, log_factorials
from trialwright.analysis.methods.proportions.comparison import (
    Measure,
    TwoGroups,
    analyze_comparison,
    wald_ratio,
    with_both,
)
from trialwright.analysis.methods.proportions.options import BreslowDayOptions, OddsRatioOptions
from trialwright.analysis.methods.proportions.restricted import restricted_by_odds_ratio, solve_ratio
from trialwright.analysis.methods.proportions.risk_ratio import (
    ADDED_HALF,
    by_score,
    estimate_ratio,
    ratio_stats,
    standardized,
)
from trialwright.analysis.request import Floats, Request, ratio_level
from trialwright.results import Result

_NO_STRATUM = "no stratum has subjects of both groups"
_ALL_ALIKE = "all subjects of both groups respond alike: the odds ratio is not defined"


def analyze_odds_ratio(request: Request, options: OddsRatioOptions) -> Iterator[Result]:
    """`odds_ratio`, its limits and test, of each contrast; `se_log` where the interval is made on that scale."""
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha

    def stats(found: Measure) -> dict[str, float | str | None]:
        named = ratio_stats("odds_ratio", found, conf_level, has_se=options.method in ("woolf", "mantel_haenszel"))
        return {name: value for name, value in named.items() if name != "statistic" or options.method != "exact"}

    return analyze_comparison(
        request,
        options,
        measure=lambda groups: compute_odds_ratio(
            groups, options.method, conf_level, adds_half=options.zero_cells == "add_half"
        ),
        stats=stats,
        level=ratio_level,
    )


def analyze_breslow_day(request: Request, options: BreslowDayOptions) -> Iterator[Result]:
    """`statistic`, `df` and `p_value` of each contrast: whether the odds ratio is the same in all strata."""
    return analyze_comparison(
        request,
        options,
        measure=lambda groups: compute_breslow_day(groups, is_adjusted=options.tarone),
        stats=lambda found: {"statistic": found.statistic, "df": found.df, "p_value": found.p_value},
        level=ratio_level,
    )


def compute_odds_ratio(groups: TwoGroups, method: str, conf_level: float, *, adds_half: bool = False) -> Measure:
    """The odds of A divided by those of B; both groups have subjects."""
    if method == "mantel_haenszel":
        return _mantel_haenszel(groups, conf_level)
    x_a, n_a, x_b, n_b = groups.one
    if x_a + x_b in (0, n_a + n_b):
        return Measure(warning=_ALL_ALIKE)
    if method == "woolf":
        return _woolf(groups, conf_level, adds_half=adds_half)
    if method == "exact":
        return _exact(round(x_a), round(n_a), round(x_b), round(n_b), conf_level)
    correction = (n_a + n_b) / (n_a + n_b - 1) if method == "miettinen_nurminen" else 1.0

    def score(ratio: float) -> float:
        p_a, p_b = restricted_by_odds_ratio(x_a, n_a, x_b, n_b, ratio)
        if not (0 < p_a < 1 and 0 < p_b < 1):
            return standardized(x_a - n_a * p_a, 0.0)
        information = 1 / (n_a * p_a * (1 - p_a)) + 1 / (n_b * p_b * (1 - p_b))
        return standardized(x_a - n_a * p_a, correction / information)

    return by_score(score, estimate_ratio(x_a * (n_b - x_b), x_b * (n_a - x_a)), conf_level, nothing=False)


def _woolf(groups: TwoGroups, conf_level: float, *, adds_half: bool) -> Measure:
    x_a, n_a, x_b, n_b = groups.one
    cells = [x_a, n_a - x_a, x_b, n_b - x_b]
    warning = ""
    if 0 in cells:
        if not adds_half:
            estimate = estimate_ratio(cells[0] * cells[3], cells[1] * cells[2])
            return Measure(
                estimate=estimate,
                warning="a cell of the table is 0, so that there is no interval on the scale of logarithms: choose "
                "exact or score, or zero_cells: add_half",
            )
        cells, warning = [cell + 0.5 for cell in cells], ADDED_HALF
    log_ratio = math.log(cells[0]) - math.log(cells[1]) - math.log(cells[2]) + math.log(cells[3])
    return wald_ratio(log_ratio, math.sqrt(sum(1 / cell for cell in cells)), conf_level, warning)


def _exact(x_a: int, n_a: int, x_b: int, n_b: int, conf_level: float) -> Measure:
    """The conditional maximum likelihood estimate; limits at which each tail has (1 - confidence) / 2."""
    events = x_a + x_b
    lowest, highest = max(0, events - n_b), min(n_a, events)
    values = np.arange(lowest, highest + 1)
    logs = log_factorials(n_a + n_b)
    ways = -(logs[values] + logs[n_a - values] + logs[events - values] + logs[n_b - events + values])

    def chances(ratio: float) -> Floats:
        weights = ways + values * math.log(ratio)
        likely = np.exp(weights - weights.max())
        found: Floats = likely / likely.sum()
        return found

    tail = (1 - conf_level) / 2
    warning = "the estimate and its upper limit are infinite" if x_a == highest else ""
    return Measure(
        estimate=0.0
        if x_a == lowest
        else math.inf
        if x_a == highest
        else solve_ratio(lambda ratio: x_a - float(chances(ratio) @ values)),
        ci_lower=0.0 if x_a == lowest else solve_ratio(lambda ratio: tail - float(chances(ratio)[values >= x_a].sum())),
        ci_upper=math.inf
        if x_a == highest
        else solve_ratio(lambda ratio: float(chances(ratio)[values <= x_a].sum()) - tail),
        p_value=compute_fisher_2x2(x_a, n_a - x_a, x_b, n_b - x_b),
        warning=warning,
    )


def _mantel_haenszel_parts(groups: TwoGroups) -> tuple[Floats, Floats, Floats, Floats]:
    """a d / n, b c / n, (a + d) / n and (b + c) / n of each stratum."""
    (a, c), (b, d), n = groups.events.T, (groups.totals - groups.events).T, groups.totals.sum(axis=1)
    return a * d / n, b * c / n, (a + d) / n, (b + c) / n


def _mantel_haenszel(groups: TwoGroups, conf_level: float) -> Measure:
    groups, warning = with_both(groups)
    if not len(groups.totals):
        return Measure(warning=_NO_STRATUM)
    r, s, p, q = _mantel_haenszel_parts(groups)
    above, below = float(r.sum()), float(s.sum())
    if above == 0 or below == 0:
        reason = _ALL_ALIKE if above == below else "no stratum has both responders of one group and others of the other"
        return Measure(
            estimate=estimate_ratio(above, below), warning="; ".join(text for text in (reason, warning) if text)
        )
    variance = (
        float((p * r).sum()) / (2 * above**2)
        + float((p * s + q * r).sum()) / (2 * above * below)
        + float((q * s).sum()) / (2 * below**2)
    )
    return wald_ratio(math.log(above / below), math.sqrt(variance), conf_level, warning)


def compute_breslow_day(groups: TwoGroups, *, is_adjusted: bool) -> Measure:
    """The test that the strata have one odds ratio, with or without Tarone's adjustment.

    Strata without one of the groups, or whose subjects all respond or all do not, say nothing and do not count.
    """
    groups, warning = with_both(groups)
    respond = groups.events.sum(axis=1)
    informative = (respond > 0) & (respond < groups.totals.sum(axis=1))
    groups = TwoGroups(events=groups.events[informative], totals=groups.totals[informative])
    if len(groups.totals) < 2:
        return Measure(warning="; ".join(text for text in ("fewer than two strata to compare", warning) if text))
    r, s, _, _ = _mantel_haenszel_parts(groups)
    above, below = float(r.sum()), float(s.sum())
    if above == 0 or below == 0:
        return Measure(warning="the common odds ratio is 0 or infinite: there is nothing to compare the strata with")
    ratio = above / below
    excess, variances = [], []
    for (x_a, x_b), (n_a, n_b) in zip(groups.events.tolist(), groups.totals.tolist(), strict=True):
        p_a, p_b = restricted_by_odds_ratio(x_a, n_a, x_b, n_b, ratio)
        excess.append(x_a - n_a * p_a)
        variances.append(1 / (1 / (n_a * p_a * (1 - p_a)) + 1 / (n_b * p_b * (1 - p_b))))
    statistic = sum(above**2 / variance for above, variance in zip(excess, variances, strict=True))
    if is_adjusted:
        statistic -= sum(excess) ** 2 / sum(variances)
    df = len(excess) - 1
    smallest = min(groups.totals.sum(axis=1))
    small = f"a stratum has only {smallest:g} subjects: the chi-square distribution is a rough guide"
    return Measure(
        statistic=statistic,
        df=df,
        p_value=chi_square_upper_tail(statistic, df),
        warning="; ".join(text for text in (small if smallest < 10 else "", warning) if text),
    )

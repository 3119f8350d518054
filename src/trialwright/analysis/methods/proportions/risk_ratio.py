"""`risk_ratio`: the ratio of two proportions, with and without strata.

Sources: Katz D, Baptista J, Azen SP, Pike MC. Biometrics 1978;34:469-474 (Wald on logarithms). Koopman PAR. Biometrics
1984;40:513-517. Miettinen O, Nurminen M. Stat Med 1985;4:213-226 (also with strata). Farrington CP, Manning G. Stat Med
1990;9:1447-1454. Greenland S, Robins JM. Biometrics 1985;41:55-68 (Mantel-Haenszel).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

from trialwright.analysis.methods.distributions import normal_quantile
from trialwright.analysis.methods.proportions.comparison import (
    Measure,
    TwoGroups,
    analyze_comparison,
    normal_p_value,
    wald_ratio,
    with_both,
)
from trialwright.analysis.methods.proportions.options import RiskRatioOptions
from trialwright.analysis.methods.proportions.restricted import restricted_by_ratio, solve_ratio
from trialwright.analysis.request import Request, ratio_level
from trialwright.results import Result

#: What is said of a ratio with 0 above or below.
ADDED_HALF = "a cell is 0: 0.5 has been added to each"


def analyze_risk_ratio(request: Request, options: RiskRatioOptions) -> Iterator[Result]:
    """`risk_ratio`, its limits and test, of each contrast; `se_log` where the interval is made on that scale."""
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha

    def stats(found: Measure) -> dict[str, float | str | None]:
        return ratio_stats("risk_ratio", found, conf_level, has_se=options.method in ("wald", "mantel_haenszel"))

    return analyze_comparison(
        request,
        options,
        measure=lambda groups: compute_risk_ratio(
            groups,
            options.method,
            conf_level,
            adds_half=options.zero_cells == "add_half",
            margin=options.margin,
            alternative=options.alternative,
        ),
        stats=stats,
        level=ratio_level,
    )


def ratio_stats(name: str, found: Measure, conf_level: float, *, has_se: bool) -> dict[str, float | str | None]:
    """The statistics of a ratio, called `name`."""
    return {
        name: found.estimate,
        **({"se_log": found.se} if has_se else {}),
        "ci_lower": found.ci_lower,
        "ci_upper": found.ci_upper,
        "conf_level": conf_level,
        "statistic": found.statistic,
        "p_value": found.p_value,
    }


def compute_risk_ratio(
    groups: TwoGroups,
    method: str,
    conf_level: float,
    *,
    adds_half: bool = False,
    margin: float = 1.0,
    alternative: str = "two_sided",
) -> Measure:
    """The proportion of A divided by that of B, tested against `margin`; both groups have subjects.

    Several strata are kept apart by "mantel_haenszel" and "miettinen_nurminen", pooled by the others.
    """
    if method == "mantel_haenszel":
        return _against(_mantel_haenszel(groups, conf_level), margin, alternative)
    if method == "wald":
        return _against(_wald(groups.pooled, conf_level, adds_half=adds_half), margin, alternative)
    is_corrected = method == "miettinen_nurminen"
    groups, warning = with_both(groups) if is_corrected and len(groups.totals) > 1 else (groups.pooled, "")
    if not len(groups.totals):
        return Measure(warning="no stratum has subjects of both groups")
    found = _score(groups, conf_level, margin, alternative, is_corrected=is_corrected)
    return replace(found, warning="; ".join(text for text in (found.warning, warning) if text))


def _against(found: Measure, margin: float, alternative: str) -> Measure:
    """A ratio with its interval on the scale of logarithms, and the test of `margin`."""
    if found.se is None or found.statistic is None:
        return found
    statistic = found.statistic - math.log(margin) / found.se
    return replace(found, statistic=statistic, p_value=normal_p_value(statistic, alternative))


def _score(groups: TwoGroups, conf_level: float, margin: float, alternative: str, *, is_corrected: bool) -> Measure:
    """Limits and test by the score statistic, summed over the strata with the weights n_A n_B / n."""
    events, totals = groups.events.tolist(), groups.totals.tolist()
    weights = [n_a * n_b / (n_a + n_b) for n_a, n_b in totals]
    rates = [(x_a / n_a, x_b / n_b) for (x_a, x_b), (n_a, n_b) in zip(events, totals, strict=True)]

    def score(ratio: float) -> float:
        above = variance = 0.0
        for (x_a, x_b), (n_a, n_b), (r_a, r_b), weight in zip(events, totals, rates, weights, strict=True):
            p_a, p_b = restricted_by_ratio(x_a, n_a, x_b, n_b, ratio)
            correction = (n_a + n_b) / (n_a + n_b - 1) if is_corrected else 1.0
            above += weight * (r_a - ratio * r_b)
            variance += weight**2 * (p_a * (1 - p_a) / n_a + ratio**2 * p_b * (1 - p_b) / n_b) * correction
        return standardized(above, variance)

    mean_a, mean_b = (sum(w * rate[side] for w, rate in zip(weights, rates, strict=True)) for side in (0, 1))
    found = by_score(score, estimate_ratio(mean_a, mean_b), conf_level, nothing=mean_a == 0 and mean_b == 0)
    if found.statistic is None:
        return found
    statistic = score(margin)
    return replace(found, statistic=statistic, p_value=normal_p_value(statistic, alternative))


def standardized(above: float, variance: float) -> float:
    """A difference by its standard error; without variance 0 for no difference, else infinite."""
    if variance <= 0:
        return 0.0 if abs(above) < 1e-12 else math.copysign(math.inf, above)
    return above / math.sqrt(variance)


def estimate_ratio(above: float, below: float) -> float | None:
    """`above` / `below`; infinite for nothing below, None for nothing at all."""
    if below == 0:
        return None if above == 0 else math.inf
    return above / below


def by_score(score: Callable[[float], float], estimate: float | None, conf_level: float, *, nothing: bool) -> Measure:
    """A ratio with the limits at which a score, which decreases in the ratio, is at its critical values.

    nothing  whether the data say nothing about the ratio
    """
    if nothing or estimate is None:
        return Measure(warning="no events in either group: the ratio is not defined")
    z = normal_quantile((1 + conf_level) / 2)
    statistic = score(1.0)
    lower = 0.0 if estimate == 0 else solve_ratio(lambda ratio: score(ratio) - z)
    upper = math.inf if math.isinf(estimate) else solve_ratio(lambda ratio: score(ratio) + z)
    return Measure(
        estimate=estimate,
        ci_lower=lower,
        ci_upper=upper,
        statistic=statistic,
        p_value=normal_p_value(statistic),
        warning="the estimate and its upper limit are infinite" if math.isinf(estimate) else "",
    )


def _wald(groups: TwoGroups, conf_level: float, *, adds_half: bool) -> Measure:
    x_a, n_a, x_b, n_b = groups.one
    warning = ""
    if x_a == 0 or x_b == 0:
        if not adds_half or (x_a == 0 and x_b == 0):
            return _without_events(x_a, x_b)
        x_a, n_a, x_b, n_b = x_a + 0.5, n_a + 1, x_b + 0.5, n_b + 1
        warning = ADDED_HALF
    variance = 1 / x_a - 1 / n_a + 1 / x_b - 1 / n_b
    if variance <= 1e-15:
        return Measure(estimate=1.0, warning="everybody responds in both groups: the standard error is 0")
    return wald_ratio(math.log(x_a / n_a) - math.log(x_b / n_b), math.sqrt(variance), conf_level, warning)


def _without_events(x_a: float, x_b: float) -> Measure:
    if x_a == 0 and x_b == 0:
        return Measure(warning="no events in either group: the ratio is not defined")
    where = "the first" if x_a == 0 else "the second"
    return Measure(
        estimate=0.0 if x_a == 0 else None,
        warning=f"no events in {where} group, so that there is no interval on the scale of logarithms: choose "
        "miettinen_nurminen or koopman, or zero_cells: add_half",
    )


def _mantel_haenszel(groups: TwoGroups, conf_level: float) -> Measure:
    groups, warning = with_both(groups)
    if not len(groups.totals):
        return Measure(warning="no stratum has subjects of both groups")
    (x_a, x_b), (n_a, n_b), n = groups.events.T, groups.totals.T, groups.totals.sum(axis=1)
    above, below = float((x_a * n_b / n).sum()), float((x_b * n_a / n).sum())
    if above == 0 or below == 0:
        found = _without_events(above, below)
        reason = "no events in one of the groups: there is no interval" if above or below else found.warning
        return Measure(estimate=found.estimate, warning="; ".join(text for text in (reason, warning) if text))
    events = x_a + x_b
    variance = float(((n_a * n_b * events - x_a * x_b * n) / n**2).sum()) / (above * below)
    if variance <= 1e-15:
        reason = "everybody responds in both groups: the standard error is 0"
        return Measure(estimate=above / below, warning="; ".join(text for text in (reason, warning) if text))
    return wald_ratio(math.log(above / below), math.sqrt(variance), conf_level, warning)

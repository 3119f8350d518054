"""`risk_difference`: the difference of two proportions, with and without strata.

Sources: Newcombe RG. Stat Med 1998;17:873-890. Miettinen O, Nurminen M. Stat Med 1985;4:213-226. Farrington CP, Manning
G. Stat Med 1990;9:1447-1454. Sato T. Biometrics 1989;45:1323-1324. Yan X, Su XG. Stat Biopharm Res 2010;2:329-335
(stratified Newcombe). Exact intervals: see `exact_difference`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from trialwright.analysis.methods.distributions import normal_quantile
from trialwright.analysis.methods.proportions.comparison import (
    Measure,
    TwoGroups,
    analyze_comparison,
    normal_p_value,
    with_both,
)
from trialwright.analysis.methods.proportions.exact_difference import compute_exact_difference
from trialwright.analysis.methods.proportions.one_sample import wilson_interval
from trialwright.analysis.methods.proportions.options import RiskDifferenceOptions
from trialwright.analysis.methods.proportions.restricted import restricted_by_difference, solve_decreasing
from trialwright.analysis.request import Floats, Request, contrast_level
from trialwright.results import Result

_NO_STRATUM = "no stratum has subjects of both groups"


def analyze_risk_difference(request: Request, options: RiskDifferenceOptions) -> Iterator[Result]:
    """`difference`, `se`, limits, and but for Newcombe's method `statistic` and `p_value`, of each contrast."""
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha

    def stats(found: Measure) -> dict[str, float | str | None]:
        named: dict[str, float | str | None] = {"difference": found.estimate, "se": found.se}
        named |= {"ci_lower": found.ci_lower, "ci_upper": found.ci_upper, "conf_level": conf_level}
        if options.method not in ("newcombe", "santner_snell"):
            named["statistic"] = found.statistic
        return named if options.method == "newcombe" else {**named, "p_value": found.p_value}

    return analyze_comparison(
        request,
        options,
        measure=lambda groups: compute_risk_difference(
            groups,
            options.method,
            conf_level,
            margin=options.margin,
            alternative=options.alternative,
            weights=options.weights,
            is_stratified=bool(options.strata),
        ),
        stats=stats,
        level=contrast_level,
    )


def compute_risk_difference(
    groups: TwoGroups,
    method: str,
    conf_level: float,
    *,
    margin: float = 0.0,
    alternative: str = "two_sided",
    weights: str = "cmh",
    is_stratified: bool = False,
) -> Measure:
    """The difference of the proportions of A and B by one of the methods; both groups have subjects."""
    z = normal_quantile((1 + conf_level) / 2)
    if is_stratified:
        groups, warning = with_both(groups)
        if not len(groups.totals):
            return Measure(warning=_NO_STRATUM)
        if method == "mantel_haenszel":
            return _mantel_haenszel(groups, z, margin, alternative, warning)
        if method == "newcombe":
            return _stratified_newcombe(groups, z, warning)
        return _score(groups, z, margin, alternative, weights, is_corrected=True, warning=warning)
    groups = groups.pooled
    if method == "wald":
        return _wald(groups, z, margin, alternative)
    if method == "newcombe":
        return _newcombe(groups, z)
    if method in ("santner_snell", "chan_zhang"):
        return compute_exact_difference(groups, method, conf_level, margin=margin, alternative=alternative)
    return _score(groups, z, margin, alternative, weights, is_corrected=method == "miettinen_nurminen")


def wald_se(groups: TwoGroups) -> float:
    """The standard error of the difference from both groups' own proportions."""
    x_a, n_a, x_b, n_b = groups.one
    return math.sqrt(x_a * (n_a - x_a) / n_a**3 + x_b * (n_b - x_b) / n_b**3)


def _wald(groups: TwoGroups, z: float, margin: float, alternative: str) -> Measure:
    x_a, n_a, x_b, n_b = groups.one
    difference, se = x_a / n_a - x_b / n_b, wald_se(groups)
    if se == 0:
        return Measure(
            estimate=difference,
            warning="each group responds wholly or not at all: Wald's standard error is 0 and gives no interval; "
            "choose newcombe or miettinen_nurminen",
        )
    return _with_normal(difference, se, z, margin, alternative)


def _with_normal(difference: float, se: float, z: float, margin: float, alternative: str, warning: str = "") -> Measure:
    statistic = (difference - margin) / se
    return Measure(
        estimate=difference,
        se=se,
        ci_lower=difference - z * se,
        ci_upper=difference + z * se,
        statistic=statistic,
        p_value=normal_p_value(statistic, alternative),
        warning=warning,
    )


def _newcombe(groups: TwoGroups, z: float) -> Measure:
    x_a, n_a, x_b, n_b = groups.one
    (l_a, u_a), (l_b, u_b) = wilson_interval(x_a, n_a, z), wilson_interval(x_b, n_b, z)
    p_a, p_b = x_a / n_a, x_b / n_b
    difference = p_a - p_b
    return Measure(
        estimate=difference,
        se=wald_se(groups),
        ci_lower=difference - math.hypot(p_a - l_a, u_b - p_b),
        ci_upper=difference + math.hypot(u_a - p_a, p_b - l_b),
    )


def cmh_weights(groups: TwoGroups) -> Floats:
    """n_A n_B / n of each stratum, to the sum 1."""
    products: Floats = groups.totals.prod(axis=1) / groups.totals.sum(axis=1)
    weights: Floats = products / products.sum()
    return weights


def _stratified_newcombe(groups: TwoGroups, z: float, warning: str) -> Measure:
    """Newcombe's limits from stratified Wilson limits, with Cochran's weights."""
    weights = cmh_weights(groups)
    rates = groups.events / groups.totals
    means = weights @ rates
    limits = [_stratified_wilson(groups.events[:, side], groups.totals[:, side], weights, z) for side in (0, 1)]
    (l_a, u_a), (l_b, u_b) = limits
    size_a, size_b = (float((weights**2 / groups.totals[:, side]).sum()) for side in (0, 1))
    difference = float(means[0] - means[1])
    variance = float((weights[:, None] ** 2 * rates * (1 - rates) / groups.totals).sum())
    below = z * math.sqrt(size_a * l_a * (1 - l_a) + size_b * u_b * (1 - u_b))
    above = z * math.sqrt(size_a * u_a * (1 - u_a) + size_b * l_b * (1 - l_b))
    return Measure(
        estimate=difference,
        se=math.sqrt(variance),
        # In strata of one or two subjects the limits can lie beyond what a difference can be.
        ci_lower=max(-1.0, difference - below),
        ci_upper=min(1.0, difference + above),
        warning=warning,
    )


def _stratified_wilson(events: Floats, totals: Floats, weights: Floats, z: float) -> tuple[float, float]:
    """Weighted sums of the strata's Wilson limits, at the quantile with which they cover as much as `z` does."""
    rates = events / totals
    spread = np.sqrt(rates * (1 - rates) / totals)
    if not spread.any():
        spread = np.sqrt(1 / totals)  # as if the proportions were alike: only their ratios matter
    inner = z * math.sqrt(float((weights**2 * spread**2).sum())) / float((weights * spread).sum())
    limits = [wilson_interval(x, n, inner) for x, n in zip(events.tolist(), totals.tolist(), strict=True)]
    return float(weights @ [lower for lower, _ in limits]), float(weights @ [upper for _, upper in limits])


def _mantel_haenszel(groups: TwoGroups, z: float, margin: float, alternative: str, warning: str) -> Measure:
    """The weighted mean of the strata's differences with Sato's variance, which holds for few large and many small."""
    (x_a, x_b), (n_a, n_b), n = groups.events.T, groups.totals.T, groups.totals.sum(axis=1)
    weight = float((n_a * n_b / n).sum())
    difference = float(((x_a * n_b - x_b * n_a) / n).sum()) / weight
    p = (n_a**2 * x_b - n_b**2 * x_a + n_a * n_b * (n_b - n_a) / 2) / n**2
    q = (x_a * (n_b - x_b) + x_b * (n_a - x_a)) / (2 * n)
    variance = float(difference * p.sum() + q.sum()) / weight**2
    if variance <= 1e-15:
        return Measure(
            estimate=difference,
            warning="; ".join(text for text in ("the variance is 0 and gives no interval", warning) if text),
        )
    return _with_normal(difference, math.sqrt(variance), z, margin, alternative, warning)


def _score(
    groups: TwoGroups,
    z: float,
    margin: float,
    alternative: str,
    weighting: str,
    *,
    is_corrected: bool,
    warning: str = "",
) -> Measure:
    """Limits at which the score test, with the variance under the difference tested, is at its critical value."""
    (x_a, x_b), (n_a, n_b) = groups.events.T, groups.totals.T
    differences = x_a / n_a - x_b / n_b
    fixed = cmh_weights(groups)
    sizes = n_a + n_b
    correction = sizes / np.maximum(sizes - 1, 1) if is_corrected else np.ones_like(sizes)

    def parts(difference: float) -> tuple[float, float]:
        """What is above the difference, on average over the strata, and its standard error under the difference."""
        p_a, p_b = restricted_by_difference(x_a, n_a, x_b, n_b, difference)
        weights = fixed if weighting == "cmh" else _optimal_weights(p_a, p_b, n_a, n_b, fixed)
        variance = (p_a * (1 - p_a) / n_a + p_b * (1 - p_b) / n_b) * correction
        return float(weights @ (differences - difference)), math.sqrt(float(weights**2 @ variance))

    def score(difference: float) -> float:
        above, se = parts(difference)
        if se == 0:
            return 0.0 if abs(above) < 1e-12 else math.copysign(math.inf, above)
        return above / se

    end = 1 - 1e-12
    estimate = float(fixed @ differences)
    if weighting != "cmh" and len(sizes) > 1:
        estimate = solve_decreasing(lambda value: parts(value)[0], -end, end)
    statistic = score(margin)
    se = parts(estimate)[1] or None
    if se is None:
        told = "each group responds wholly or not at all: under the estimate the standard error is 0"
        warning = "; ".join(text for text in (told, warning) if text)
    return Measure(
        estimate=estimate,
        se=se,
        ci_lower=solve_decreasing(lambda value: score(value) - z, -end, estimate) if estimate > -end else -1.0,
        ci_upper=solve_decreasing(lambda value: score(value) + z, estimate, end) if estimate < end else 1.0,
        statistic=statistic,
        p_value=normal_p_value(statistic, alternative),
        warning=warning,
    )


def _optimal_weights(p_a: Floats, p_b: Floats, n_a: Floats, n_b: Floats, start: Floats) -> Floats:
    """Miettinen and Nurminen's weights: by the variances that the mean proportions would have in each stratum."""
    weights = start
    for _ in range(50):
        mean_a, mean_b = float(weights @ p_a), float(weights @ p_b)
        variances = mean_a * (1 - mean_a) / n_a + mean_b * (1 - mean_b) / n_b
        if variances.min() <= 0:
            return start
        found = 1 / variances
        found = found / found.sum()
        if np.abs(found - weights).max() < 1e-13:
            break
        weights = found
    return weights

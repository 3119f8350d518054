"""`t_test`: Student's and Welch's t tests of means, for two groups, one sample or pairs.

Sources: Student. Biometrika 1908;6:1-25. Welch BL. Biometrika 1938;29:350-362. Satterthwaite FE. Biometrics Bulletin
1946;2:110-114. The statistics are those of SAS PROC TTEST, its folded F test of equal variances included.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.continuous.options import TTestOptions
from trialwright.analysis.methods.continuous.samples import analyzed_records, complete_records, in_some_level
from trialwright.analysis.methods.distributions import f_upper_tail, t_quantile, t_two_sided
from trialwright.analysis.request import Booleans, Floats, Request, contrast_level
from trialwright.results import Result

#: Of the values: below it their deviations from the mean are rounding errors.
_NO_VARIATION = 1e-12


@dataclass(frozen=True, kw_only=True)
class TTest:
    """A mean or a difference of means with its test; None where there is no number, and why.

    statistic  (estimate - null) / se
    """

    estimate: float | None
    se: float | None = None
    df: float | None = None
    statistic: float | None = None
    p_value: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    warning: str = ""


@dataclass(frozen=True, kw_only=True)
class VarianceTest:
    """The folded F test of equal variances: larger by smaller variance, two-sided p-value."""

    statistic: float | None
    df: int
    df2: int
    p_value: float | None


def compute_one_sample(values: Floats, *, null: float = 0.0, conf_level: float = 0.95) -> TTest:
    """The mean of `values` against `null`, with n - 1 degrees of freedom."""
    if not len(values):
        return TTest(estimate=None, warning="no values")
    mean = float(values.mean())
    if len(values) == 1:
        return TTest(estimate=mean, warning="a single value has no variance")
    variance = _variance(values)
    if variance == 0:
        return TTest(estimate=mean, se=0.0, df=len(values) - 1, warning="all values are equal")
    return _finish(mean, math.sqrt(variance / len(values)), len(values) - 1, null, conf_level)


def compute_two_sample(
    first: Floats, second: Floats, *, equal_variance: bool, null: float = 0.0, conf_level: float = 0.95
) -> TTest:
    """The mean of `first` less that of `second`.

    With `equal_variance` the variance is pooled and a group may have a single value; without, each group has its own
    variance, and the degrees of freedom are Satterthwaite's.
    """
    n, m = len(first), len(second)
    if not n or not m:
        return TTest(estimate=None, warning="a group has no values")
    estimate = float(first.mean() - second.mean())
    if equal_variance:
        df: float = n + m - 2
        if df == 0:
            return TTest(estimate=estimate, warning="two values have no variance")
        pooled = ((n - 1) * _variance(first) + (m - 1) * _variance(second)) / df
        squared = pooled * (1 / n + 1 / m)
    else:
        if n == 1 or m == 1:
            return TTest(estimate=estimate, warning="a group of one value has no variance of its own")
        parts = _variance(first) / n, _variance(second) / m
        squared = sum(parts)
        df = squared**2 / (parts[0] ** 2 / (n - 1) + parts[1] ** 2 / (m - 1)) if squared else n + m - 2
    if squared == 0:
        return TTest(estimate=estimate, se=0.0, df=df, warning="the values do not vary within the groups")
    return _finish(estimate, math.sqrt(squared), df, null, conf_level)


def compute_variance_test(first: Floats, second: Floats) -> VarianceTest:
    """Whether two groups have the same variance."""
    if min(len(first), len(second)) < 2:
        return VarianceTest(statistic=None, df=max(len(first) - 1, 0), df2=max(len(second) - 1, 0), p_value=None)
    larger, smaller = sorted((first, second), key=_variance, reverse=True)
    df, df2 = len(larger) - 1, len(smaller) - 1
    if _variance(smaller) == 0:
        return VarianceTest(statistic=None, df=df, df2=df2, p_value=None)
    statistic = _variance(larger) / _variance(smaller)
    # With unequal sizes the smaller tail may lie on the other side of the median of F.
    upper = f_upper_tail(statistic, df, df2)
    return VarianceTest(statistic=statistic, df=df, df2=df2, p_value=2 * min(upper, 1 - upper))


def _variance(values: Floats) -> float:
    if len(values) < 2:
        return 0.0
    scale = float(np.abs(values).max())
    variance = float(values.var(ddof=1))
    return variance if math.sqrt(variance) > _NO_VARIATION * scale else 0.0


def _finish(estimate: float, se: float, df: float, null: float, conf_level: float) -> TTest:
    half = t_quantile((1 + conf_level) / 2, df) * se
    statistic = (estimate - null) / se
    return TTest(
        estimate=estimate,
        se=se,
        df=df,
        statistic=statistic,
        p_value=t_two_sided(statistic, df),
        ci_lower=estimate - half,
        ci_upper=estimate + half,
    )


def t_test_records(request: Request, options: TTestOptions) -> Booleans:
    """The records with the values of a test: of the only variable, or, with several, of any."""
    used = analyzed_records(request, options.variables())
    return used & in_some_level(request) if options.design == "independent" else used


def analyze_t_test(request: Request, options: TTestOptions) -> Iterator[Result]:
    """Means of the groups, and the test of each contrast; in the other designs the test of each group."""
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    for variable in request.analysis.variables:
        if options.design == "independent":
            yield from _independent(request, variable, options, conf_level)
        else:
            yield from _within(request, variable, options, conf_level)


def _within(request: Request, variable: str, options: TTestOptions, conf_level: float) -> Iterator[Result]:
    complete = complete_records(request, [variable, *options.variables()])
    values = request.numbers(variable)
    if options.pair is not None:
        values = values - request.numbers(options.pair)
    for cell in request.cells():
        chosen = values[cell.records & complete]
        test = compute_one_sample(chosen, null=options.null, conf_level=conf_level)
        sd = float(chosen.std(ddof=1)) if len(chosen) > 1 else None
        yield from request.results(
            {
                "n": len(chosen),
                "n_missing": int((cell.records & ~complete).sum()),
                "sd": sd,
                "estimate": test.estimate,
                **_stats(test, conf_level),
            },
            groups=cell.groups,
            variable=variable,
            warnings=test.warning,
        )


def _independent(request: Request, variable: str, options: TTestOptions, conf_level: float) -> Iterator[Result]:
    axis = request.compared
    values = request.numbers(variable)
    complete = complete_records(request, [variable])
    for cell in request.cells(skip_first=True):
        codes = request.level_codes(cell.records)
        samples = [values[(codes == index) & complete] for index in range(len(axis.levels))]
        for index, (level, sample) in enumerate(zip(axis.levels, samples, strict=True)):
            yield from request.results(
                {
                    "n": len(sample),
                    "n_missing": int(((codes == index) & ~complete).sum()),
                    "mean": float(sample.mean()) if len(sample) else None,
                    "sd": float(sample.std(ddof=1)) if len(sample) > 1 else None,
                },
                groups=((axis.variable, level), *cell.groups),
                variable=variable,
                warnings=("no values", "a single value has no variance", "")[min(len(sample), 2)],
            )
        for first, second in options.contrasts:
            left, right = (samples[axis.levels.index(level)] for level in (first, second))
            groups = ((axis.variable, contrast_level(first, second)), *cell.groups)
            test = compute_two_sample(
                left,
                right,
                equal_variance=options.variance == "equal",
                null=options.null,
                conf_level=conf_level,
            )
            yield from request.results(
                {"difference": test.estimate, **_stats(test, conf_level)},
                groups=groups,
                variable=variable,
                warnings=test.warning,
            )
            spread = compute_variance_test(left, right)
            yield from request.results(
                {
                    "statistic": spread.statistic,
                    "df": spread.df,
                    "df2": spread.df2,
                    "p_value": spread.p_value,
                },
                groups=groups,
                variable=variable,
                level="equal variances",
                warnings="" if spread.statistic is not None else "a group has no variance of its own",
            )


def _stats(test: TTest, conf_level: float) -> dict[str, float | str | None]:
    """The statistics of a test, by the names of results."""
    return {
        "se": test.se,
        "df": test.df,
        "statistic": test.statistic,
        "p_value": test.p_value,
        "ci_lower": test.ci_lower,
        "ci_upper": test.ci_upper,
        "conf_level": conf_level,
    }

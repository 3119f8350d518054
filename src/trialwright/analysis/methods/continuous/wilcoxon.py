"""`wilcoxon`: the rank sum test with Hodges and Lehmann's shift, the signed rank test, and Kruskal and Wallis's test.

Exact distributions also with ties. Without ties the p-values are those of R's `wilcox.test`; with ties exact p-values
are those of SAS's EXACT WILCOXON: the probability of a rank sum at least as far from its expectation.

Sources: Wilcoxon F. Biometrics Bulletin 1945;1:80-83. Mann HB, Whitney DR. Ann Math Stat 1947;18:50-60. Hodges JL,
Lehmann EL. Ann Math Stat 1963;34:598-611. Hollander M, Wolfe DA. Nonparametric Statistical Methods, 2nd ed., 1999,
sections 3.1-3.3, 4.1-4.3 (Moses' and Tukey's intervals) and 6.1. SAS/STAT User's Guide, The NPAR1WAY Procedure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.continuous.options import WilcoxonOptions
from trialwright.analysis.methods.continuous.rank_distributions import (
    RankDistribution,
    rank_sum_distribution,
    signed_rank_distribution,
)
from trialwright.analysis.methods.continuous.samples import (
    analyzed_records,
    complete_records,
    in_some_level,
    midranks,
    tie_sum,
    without_rounding_errors,
)
from trialwright.analysis.methods.distributions import chi_square_upper_tail, normal_quantile
from trialwright.analysis.request import Booleans, Cell, Floats, Request, contrast_level
from trialwright.results import Result

#: Groups of this size or more have asymptotic p-values, unless exact ones are asked for.
_LARGE = 50
#: Additions that an exact distribution may take; beyond it nobody could tell it from the asymptotic one.
_MOST_ADDITIONS = 2e9
_TOO_MANY = "too many values for an exact distribution: the p-value is asymptotic"


@dataclass(frozen=True, kw_only=True)
class RankTest:
    """A Wilcoxon test with its estimate of location; None where there is no number, and why.

    statistic   rank sum: pairs of values of which the first group's is larger, ties half; signed rank: the sum of the
                ranks of positive differences
    z           standardized, with the correction for continuity if asked for
    estimate    the median of pairwise differences (rank sum), of Walsh averages (signed rank)
    is_exact    whether p-value and interval are
    """

    n: int
    statistic: float | None = None
    z: float | None = None
    p_value: float | None = None
    estimate: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    is_exact: bool = False
    warning: str = ""


@dataclass(frozen=True, kw_only=True)
class KruskalWallisTest:
    """Kruskal and Wallis's test: the chi-square statistic, corrected for ties."""

    statistic: float | None
    df: int
    p_value: float | None


def compute_rank_sum(first: Floats, second: Floats, options: WilcoxonOptions, *, conf_level: float = 0.95) -> RankTest:
    """The rank sum test of `first` and `second`, and the shift from `second` to `first`.

    The limits are pairwise differences: with exact p-values those between which the exact one-sided tests do not
    reject, else Moses', with the variance of the test.
    """
    n, m = len(first), len(second)
    if not n or not m:
        return RankTest(n=n + m, warning="a group has no values")
    scale = float(max(np.abs(first).max(), np.abs(second).max(), abs(options.null)))
    differences = np.sort(without_rounding_errors(np.subtract.outer(first, second).ravel(), scale))
    values = without_rounding_errors(np.concatenate([first - options.null, second]), scale)
    ranks = midranks(values)
    statistic = float(ranks[:n].sum()) - n * (n + 1) / 2
    ties = tie_sum(values)
    size = n + m
    wanted = _is_exact(options, n, m, has_ties=ties > 0)
    is_exact = wanted and size * n * (n + 2 * m) * n <= _MOST_ADDITIONS
    variance = n * m / 12 * (size + 1 - ties / (size * (size - 1)))
    z = _standardized(statistic - n * m / 2, variance, continuity=options.continuity)
    if is_exact:
        p_value: float | None = rank_sum_distribution(ranks, n).two_sided(float(ranks[:n].sum()))
        if max(n, m) >= _LARGE:
            # Where exact p-values were asked for, in groups in which the limits need no exact distribution.
            limits = _limits_at(differences, _moses_position(n, m, variance, conf_level))
        elif ties or tie_sum(first) or tie_sum(second):
            limits = _inverted_limits(first, second, differences, (1 - conf_level) / 2, scale)
        else:
            untied = rank_sum_distribution(np.arange(1.0, size + 1), n)
            limits = _limits_at(differences, _exact_position(untied, conf_level, smallest=n * (n + 1) / 2))
    else:
        p_value = _two_sided(z)
        limits = _limits_at(differences, _moses_position(n, m, variance, conf_level))
    told = _TOO_MANY if wanted and not is_exact else ""
    return _finish(statistic, z, p_value, differences, limits, is_exact=is_exact, n=size, told=told)


def compute_signed_rank(values: Floats, options: WilcoxonOptions, *, conf_level: float = 0.95) -> RankTest:
    """The signed rank test that the center of symmetry is `options.null`, and the center.

    Values equal to the null are left out of the test, as Wilcoxon did, and stay in the estimate. The limits are Walsh
    averages by the distribution without ties (exact) or Tukey's (asymptotic); with ties the former are conservative.
    """
    if not len(values):
        return RankTest(n=0, warning="no values")
    n = len(values)
    walsh = np.sort(((values[:, None] + values[None, :]) / 2)[np.triu_indices(n)])
    scale = float(max(np.abs(values).max(), abs(options.null)))
    centered = without_rounding_errors(values - options.null, scale)
    nonzero = centered[centered != 0]
    ranks = midranks(np.abs(nonzero))
    statistic = float(ranks[nonzero > 0].sum())
    k = len(nonzero)
    ties = tie_sum(np.abs(nonzero))
    wanted = _is_exact(options, n, has_ties=ties > 0 or k < n)
    is_exact = wanted and n**3 <= _MOST_ADDITIONS
    z = _standardized(
        statistic - k * (k + 1) / 4, k * (k + 1) * (2 * k + 1) / 24 - ties / 48, continuity=options.continuity
    )
    if is_exact:
        p_value: float | None = signed_rank_distribution(ranks).two_sided(statistic) if k else None
        position = _exact_position(signed_rank_distribution(np.arange(1.0, n + 1)), conf_level, smallest=0.0)
    else:
        p_value = _two_sided(z)
        spread = math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        position = math.floor(n * (n + 1) / 4 - normal_quantile((1 + conf_level) / 2) * spread)
    told = _TOO_MANY if wanted and not is_exact else ""
    return _finish(statistic, z, p_value, walsh, _limits_at(walsh, position), is_exact=is_exact, n=n, told=told)


def compute_kruskal_wallis(samples: list[Floats]) -> KruskalWallisTest:
    """The test that all samples come from one distribution; samples without values do not count."""
    filled = [sample for sample in samples if len(sample)]
    if len(filled) < 2:
        return KruskalWallisTest(statistic=None, df=max(len(filled) - 1, 0), p_value=None)
    values = np.concatenate(filled)
    size = len(values)
    parts = np.split(midranks(values), np.cumsum([len(sample) for sample in filled])[:-1])
    df = len(filled) - 1
    ties = 1 - tie_sum(values) / (size**3 - size)
    if ties <= 0:
        return KruskalWallisTest(statistic=None, df=df, p_value=None)
    between = sum(len(part) * (float(part.mean()) - (size + 1) / 2) ** 2 for part in parts)
    statistic = 12 / (size * (size + 1)) * between / ties
    return KruskalWallisTest(statistic=statistic, df=df, p_value=chi_square_upper_tail(statistic, df))


def _is_exact(options: WilcoxonOptions, *sizes: int, has_ties: bool) -> bool:
    if options.distribution == "auto":
        return not has_ties and max(sizes) < _LARGE
    return options.distribution == "exact"


def _standardized(excess: float, variance: float, *, continuity: bool) -> float | None:
    if variance <= 1e-12:
        return None
    correction = math.copysign(min(0.5, abs(excess)), excess) if continuity else 0.0
    return (excess - correction) / math.sqrt(variance)


def _two_sided(z: float | None) -> float | None:
    return None if z is None else math.erfc(abs(z) / math.sqrt(2))


def _exact_position(distribution: RankDistribution, conf_level: float, *, smallest: float) -> int:
    """Which of the ordered differences is the lower limit; 0 if not even the smallest has the confidence asked for."""
    return round(distribution.lower_quantile((1 - conf_level) / 2) - smallest)


def _moses_position(n: int, m: int, variance: float, conf_level: float) -> int:
    return math.floor(n * m / 2 - normal_quantile((1 + conf_level) / 2) * math.sqrt(max(variance, 0.0)))


def _limits_at(ordered: Floats, position: int) -> tuple[float, float] | None:
    return (float(ordered[position - 1]), float(ordered[-position])) if position >= 1 else None


def _inverted_limits(
    first: Floats, second: Floats, differences: Floats, tail: float, scale: float
) -> tuple[float, float] | None:
    """The shifts between which neither exact one-sided test rejects at `tail`, each with the ties that it makes.

    Tails are monotone in the shift, and change only at the differences and between them.
    """
    distinct = np.unique(differences)
    # Even positions are at the differences, odd ones between them.
    last = 2 * len(distinct) - 2

    def tails(position: int) -> tuple[float, float]:
        below, above = distinct[position // 2], distinct[(position + 1) // 2]
        values = np.concatenate([first - (below + above) / 2, second])
        ranks = midranks(without_rounding_errors(values, scale))
        return rank_sum_distribution(ranks, len(first)).tails(float(ranks[: len(first)].sum()))

    outside = 1 / math.comb(len(first) + len(second), len(first))
    if outside > tail:
        return None
    lower, high = 0, last
    while lower < high:
        middle = (lower + high) // 2
        lower, high = (lower, middle) if tails(middle)[1] > tail else (middle + 1, high)
    low, upper = 0, last
    while low < upper:
        middle = (low + upper + 1) // 2
        low, upper = (middle, upper) if tails(middle)[0] > tail else (low, middle - 1)
    return float(distinct[lower // 2]), float(distinct[(upper + 1) // 2])


def _finish(
    statistic: float,
    z: float | None,
    p_value: float | None,
    ordered: Floats,
    limits: tuple[float, float] | None,
    *,
    is_exact: bool,
    n: int,
    told: str,
) -> RankTest:
    warnings = [told] if told else []
    if limits is None:
        warnings.append("too few values for an interval of this confidence")
    if z is None:
        # Every value is tied with every other: no rank tells anything.
        p_value = None
        warnings.append("all values are equal")
    return RankTest(
        n=n,
        statistic=statistic,
        z=z,
        p_value=p_value,
        estimate=float(np.median(ordered)),
        ci_lower=None if limits is None else limits[0],
        ci_upper=None if limits is None else limits[1],
        is_exact=is_exact,
        warning="; ".join(warnings),
    )


def wilcoxon_records(request: Request, options: WilcoxonOptions) -> Booleans:
    """The records with the values of a test: of the only variable, or, with several, of any."""
    used = analyzed_records(request, options.variables())
    return used & in_some_level(request) if options.design == "independent" else used


def analyze_wilcoxon(request: Request, options: WilcoxonOptions) -> Iterator[Result]:
    """Kruskal and Wallis's test over all groups and the rank sum test of each contrast; else each group's test."""
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    for variable in request.analysis.variables:
        if options.design == "independent":
            for cell in request.cells(skip_first=True):
                yield from _independent(request, variable, options, conf_level, cell)
        else:
            yield from _within(request, variable, options, conf_level)


def _within(request: Request, variable: str, options: WilcoxonOptions, conf_level: float) -> Iterator[Result]:
    complete = complete_records(request, [variable, *options.variables()])
    values = request.numbers(variable)
    if options.pair is not None:
        others = request.numbers(options.pair)
        scale = float(np.nanmax(np.abs([values, others]), initial=0.0))
        values = without_rounding_errors(values - others, scale)
    for cell in request.cells():
        test = compute_signed_rank(values[cell.records & complete], options, conf_level=conf_level)
        yield from request.results(
            {
                "n": test.n,
                "n_missing": int((cell.records & ~complete).sum()),
                "estimate": test.estimate,
                **_stats(test, conf_level),
            },
            groups=cell.groups,
            variable=variable,
            warnings=test.warning,
        )


def _independent(
    request: Request, variable: str, options: WilcoxonOptions, conf_level: float, cell: Cell
) -> Iterator[Result]:
    axis = request.compared
    values = request.numbers(variable)
    complete = complete_records(request, [variable])
    codes = request.level_codes(cell.records)
    samples = [values[(codes == index) & complete] for index in range(len(axis.levels))]
    overall = compute_kruskal_wallis(samples)
    yield from request.results(
        {
            "n": sum(len(sample) for sample in samples),
            "n_missing": int(((codes >= 0) & ~complete).sum()),
            "statistic": overall.statistic,
            "df": overall.df,
            "p_value": overall.p_value,
        },
        groups=cell.groups,
        variable=variable,
        warnings="" if overall.statistic is not None else "fewer than two groups or two different values",
    )
    ranks = midranks(np.concatenate(samples)) if samples else np.zeros(0)
    parts = np.split(ranks, np.cumsum([len(sample) for sample in samples])[:-1])
    for level, sample, part in zip(axis.levels, samples, parts, strict=True):
        has = len(sample) > 0
        yield from request.results(
            {
                "n": len(sample),
                "median": float(np.median(sample)) if has else None,
                "rank_sum": float(part.sum()),
                "mean_rank": float(part.mean()) if has else None,
            },
            groups=((axis.variable, level), *cell.groups),
            variable=variable,
            warnings="" if has else "no values",
        )
    for first, second in options.contrasts:
        left, right = (samples[axis.levels.index(level)] for level in (first, second))
        test = compute_rank_sum(left, right, options, conf_level=conf_level)
        yield from request.results(
            {"difference": test.estimate, **_stats(test, conf_level)},
            groups=((axis.variable, contrast_level(first, second)), *cell.groups),
            variable=variable,
            warnings=test.warning,
        )


def _stats(test: RankTest, conf_level: float) -> dict[str, float | str | None]:
    return {
        "statistic": test.statistic,
        "z": test.z,
        "p_value": test.p_value,
        "ci_lower": test.ci_lower,
        "ci_upper": test.ci_upper,
        "conf_level": conf_level,
        "p_kind": "exact" if test.is_exact else "asymptotic",
    }

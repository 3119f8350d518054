"""`rank_ancova`: nonparametric analysis of covariance: ranks adjusted for the ranks of covariates.

Response and covariates are replaced by their ranks, the response's ranks by their residuals from the least squares
regression on the covariates' ranks, and the residuals are compared between groups: by the stratified test of mean
scores with everything done within strata ("koch"), or by the F test of an analysis of variance ("quade").

Sources: Quade D. J Am Stat Assoc 1967;62:1187-1200. Koch GG, Carr GJ, Amara IA, Stokes ME, Uryniak TJ. In: Berry DA,
ed. Statistical Methodology in the Pharmaceutical Sciences, 1990, 389-473. Stokes ME, Davis CS, Koch GG. Categorical
Data Analysis Using SAS, 3rd ed., 2012, section 7.7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.continuous.mean_scores import compute_mean_scores
from trialwright.analysis.methods.continuous.options import RankAncovaOptions
from trialwright.analysis.methods.continuous.samples import (
    complete_records,
    in_some_level,
    midranks,
    stratum_numbers,
)
from trialwright.analysis.methods.linear_model import fit_linear_model
from trialwright.analysis.request import Booleans, Floats, Groups, Integers, Request, contrast_level
from trialwright.results import Result


@dataclass(frozen=True, kw_only=True)
class RankAncovaTest:
    """A test of adjusted ranks; None where there is nothing to compare, and why.

    df2       only of Quade's F
    n_strata  only of Koch's test: strata with two groups and two different adjusted ranks
    """

    n: int
    n_strata: int | None = None
    statistic: float | None = None
    df: int = 0
    df2: int | None = None
    p_value: float | None = None
    warning: str = ""


def compute_koch(values: Floats, covariates: Floats, groups: Integers, strata: Integers, count: int) -> RankAncovaTest:
    """The test of `count` groups (numbers from 0) by residual ranks; `covariates` has one column for each.

    Ranks are standardized midranks within the stratum, rank / (its size + 1); the regressions are each stratum's own.
    """
    residuals = np.zeros(len(values))
    for stratum in np.unique(strata):
        inside = strata == stratum
        residuals[inside] = _residual_ranks(values[inside], covariates[inside]) / (inside.sum() + 1)
    test = compute_mean_scores(residuals, groups, strata, count)
    if test.statistic is None:
        return RankAncovaTest(n=test.n, n_strata=0, warning=_nothing(test.n))
    return RankAncovaTest(n=test.n, n_strata=test.n_strata, statistic=test.statistic, df=test.df, p_value=test.p_value)


def compute_quade(values: Floats, covariates: Floats, groups: Integers, count: int) -> RankAncovaTest:
    """Quade's F test of `count` groups (numbers from 0) by residual ranks."""
    n = len(values)
    if n < 2:
        return RankAncovaTest(n=n, warning=_nothing(n))
    residuals = _residual_ranks(values, covariates)
    indicators = np.zeros((n, count))
    indicators[np.arange(n), groups] = 1
    design = np.hstack([np.ones((n, 1)), indicators])
    if float(residuals @ residuals) <= 1e-16 * n**3:
        return RankAncovaTest(n=n, warning=_nothing(n))
    fit = fit_linear_model(design, residuals, {"": (0,), "group": tuple(range(1, count + 1))})
    test = fit.type_iii("group")
    warning = "" if test.statistic is not None else "there is no variation within the groups, or no second group"
    return RankAncovaTest(
        n=n, statistic=test.statistic, df=test.df, df2=test.df2, p_value=test.p_value, warning=warning
    )


def _residual_ranks(values: Floats, covariates: Floats) -> Floats:
    ranks = midranks(values)
    regressors = [midranks(column) - (len(values) + 1) / 2 for column in covariates.T]
    design = np.column_stack([np.ones(len(values)), *regressors])
    fit = fit_linear_model(design, ranks, {"": tuple(range(design.shape[1]))})
    residuals: Floats = ranks - design @ fit.coefficients
    # A response that its covariates explain wholly leaves rounding errors.
    residuals[np.abs(residuals) < 1e-9 * len(values)] = 0.0
    return residuals


def _nothing(n: int) -> str:
    return "no complete records" if not n else "no stratum has two groups and two different adjusted ranks"


def rank_ancova_records(request: Request, options: RankAncovaOptions) -> Booleans:
    """The complete records: of the only variable, or, with several, of any."""
    wanted = [
        complete_records(request, [name, *options.covariates], options.strata) for name in request.analysis.variables
    ]
    used: Booleans = np.logical_or.reduce(wanted) & in_some_level(request)
    return used


def analyze_rank_ancova(request: Request, options: RankAncovaOptions) -> Iterator[Result]:
    """The test over all levels of the first grouping, and of each contrast alone (ranked without the others)."""
    axis = request.compared
    strata = stratum_numbers(request, options.strata)
    covariates = np.column_stack([request.numbers(name) for name in options.covariates])

    def test(values: Floats, chosen: Booleans, codes: Integers, count: int) -> RankAncovaTest:
        if options.test == "quade":
            return compute_quade(values[chosen], covariates[chosen], codes, count)
        return compute_koch(values[chosen], covariates[chosen], codes, strata[chosen], count)

    for variable in request.analysis.variables:
        values = request.numbers(variable)
        complete = complete_records(request, [variable, *options.covariates], options.strata)
        for cell in request.cells(skip_first=True):
            everybody = request.level_codes(cell.records)
            codes = np.where(complete, everybody, -1)
            chosen = codes >= 0
            overall = test(values, chosen, codes[chosen], len(axis.levels))
            missing = int(((everybody >= 0) & ~complete).sum())
            yield from _results(request, variable, overall, cell.groups, {"n_missing": missing})
            for first, second in options.contrasts:
                pair = [axis.levels.index(level) for level in (first, second)]
                both = np.isin(codes, pair)
                alone = test(values, both, (codes[both] == pair[0]).astype(np.int64), 2)
                groups = ((axis.variable, contrast_level(first, second)), *cell.groups)
                yield from _results(request, variable, alone, groups, {})


def _results(
    request: Request, variable: str, test: RankAncovaTest, groups: Groups, more: dict[str, int]
) -> list[Result]:
    stats: dict[str, float | str | None] = {
        "n": test.n,
        **more,
        "statistic": test.statistic,
        "df": test.df,
        "p_value": test.p_value,
    }
    if test.df2 is not None:
        stats["df2"] = test.df2
    if test.n_strata is not None:
        stats["n_strata"] = test.n_strata
    return request.results(stats, groups=groups, variable=variable, warnings=test.warning)

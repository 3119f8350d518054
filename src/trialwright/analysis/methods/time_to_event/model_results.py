"""Results that models of hazards have in common: hazard ratios, and the terms beside the treatment."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trialwright.analysis.methods.time_to_event.cox_fit import ChiSquareTest, CoxFit, HazardRatio
from trialwright.analysis.methods.time_to_event.data import ModelTerms
from trialwright.analysis.request import Cell, Floats, Request, ratio_level
from trialwright.results import Result

Stats = dict[str, float | str | None]

NOTHING = ChiSquareTest(statistic=None, df=0, p_value=None)
#: Why a test of coefficients that a model has is not made.
UNTESTED = "a coefficient of the test has no finite estimate, or the covariance of the estimates is singular"


def test_stats(prefix: str, test: ChiSquareTest) -> Stats:
    """A test's statistic, df and p-value, with a prefix before their names."""
    return {f"{prefix}statistic": test.statistic, f"{prefix}df": test.df, f"{prefix}p_value": test.p_value}


def why_untested(term: str, test: ChiSquareTest) -> str:
    """Why a term of a fitted model has no test; empty where it has one."""
    if test.statistic is not None:
        return ""
    return UNTESTED if test.df else f"only one level of {term} has records"


def ratio_stats(
    fit: CoxFit | None, function: Floats, conf_level: float, interval: str, warning: str
) -> tuple[Stats, str]:
    """A hazard ratio's statistics, and why there are none; `warning` is why there is no model."""
    found = HazardRatio(warning=warning)
    if fit is not None and function.any():
        found = fit.hazard_ratio(function, conf_level, interval)
    stats: Stats = {
        "hazard_ratio": found.value,
        "se_log": found.se_log,
        "ci_lower": found.lower,
        "ci_upper": found.upper,
        "conf_level": conf_level,
        "statistic": found.statistic,
        "p_value": found.p_value,
    }
    return stats, found.warning


def other_terms(
    request: Request, cell: Cell, fit: CoxFit | None, terms: ModelTerms, conf_level: float, interval: str, warning: str
) -> Iterator[Result]:
    """Wald's test of each factor and covariate; hazard ratios per unit, and against a factor's first level.

    The columns of the fit may have more for the treatment than `terms` has: they stand before the others.
    """
    size = terms.design.shape[1] if fit is None else len(fit.scale)
    shift = size - terms.design.shape[1]
    units = np.eye(size)
    own = "" if fit is not None else warning
    for name, columns in terms.columns.items():
        if name == request.compared.variable:
            continue
        moved = [column + shift for column in columns]
        if name not in terms.levels:
            stats, said = ratio_stats(fit, units[moved[0]], conf_level, interval, own)
            yield from request.results(stats, groups=cell.groups, variable=name, warnings=said)
            continue
        test = NOTHING if fit is None else fit.wald_test(moved)
        yield from request.results(
            test_stats("", test), groups=cell.groups, variable=name, warnings=own or why_untested(name, test)
        )
        levels = terms.levels[name]
        for column, level in zip(moved, levels[1:], strict=True):
            stats, said = ratio_stats(fit, units[column], conf_level, interval, own)
            yield from request.results(
                stats, groups=cell.groups, variable=name, level=ratio_level(level, levels[0]), warnings=said
            )

"""`dunnett` and `tukey`: simultaneous comparisons of (LS) means, with the model of `ancova`.

Sources: Dunnett CW. J Am Stat Assoc 1955;50:1096-1121. Tukey JW, 1953; Kramer CY. Biometrics 1956;12:307-310. With
unequal sizes or covariates Dunnett's probabilities are exact, by the correlations of the estimates; Tukey and Kramer's
are conservative (Hayter AJ. Ann Stat 1984;12:61-75), with covariates as in SAS's LSMEANS ADJUST=TUKEY.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.ancova import (
    FittedAncova,
    complete_records,
    explain_estimate,
    fit_ancova,
    ls_mean_function,
)
from trialwright.analysis.methods.linear_model import Estimate
from trialwright.analysis.methods.multiplicity.multivariate_t import central_probability, critical_value
from trialwright.analysis.methods.multiplicity.options import DunnettOptions, TukeyOptions
from trialwright.analysis.methods.options import AncovaOptions
from trialwright.analysis.request import Booleans, Cell, Floats, Request, contrast_level
from trialwright.errors import PlanError
from trialwright.results import Result


@dataclass(frozen=True, kw_only=True)
class SimultaneousTest:
    """The adjusted p-values of t statistics, and the critical value of their absolute values."""

    adjusted: tuple[float, ...]
    critical: float


def compute_dunnett(
    statistics: Sequence[float], correlation: Floats, df: float, *, conf_level: float
) -> SimultaneousTest:
    """Single-step two-sided p-values of statistics with this correlation: P(max |t| >= |statistic|)."""
    return SimultaneousTest(
        adjusted=tuple(1 - central_probability(abs(one), correlation, df) for one in statistics),
        critical=critical_value(conf_level, correlation, df),
    )


def compute_tukey(statistics: Sequence[float], groups: int, df: float, *, conf_level: float) -> SimultaneousTest:
    """p-values by the studentized range of `groups` means."""
    from scipy.stats import studentized_range

    root = math.sqrt(2)
    return SimultaneousTest(
        adjusted=tuple(float(studentized_range.sf(abs(one) * root, groups, df)) for one in statistics),
        critical=float(studentized_range.ppf(conf_level, groups, df)) / root,
    )


def comparison_records(request: Request, options: AncovaOptions) -> Booleans:
    """The complete records: of the only variable, or, with several, of any."""
    everything = np.ones(request.frame.height, dtype=bool)
    wanted = [complete_records(request, name, options, everything) for name in request.analysis.variables]
    used: Booleans = np.logical_or.reduce(wanted)
    return used


def analyze_dunnett(request: Request, options: DunnettOptions) -> Iterator[Result]:
    """Each other level of the first grouping with the control."""
    levels = request.compared.levels
    control = options.control if options.control is not None else request.compared.grouping.reference
    if control is None:
        raise PlanError(
            f"{request.user} compares with a control, but names none, and the grouping "
            f"{request.compared.grouping.id} has no reference. Give the option 'control'."
        )
    if control not in levels:
        raise PlanError(
            f"{request.user} compares with the control {control!r}, which is no level of the grouping "
            f"{request.compared.grouping.id}. Its levels are: {', '.join(levels)}."
        )
    pairs = [(level, control) for level in levels if level != control]

    def adjust(estimates: Sequence[Estimate], correlation: Floats, arms: int, conf_level: float) -> SimultaneousTest:
        statistics = [one.statistic or 0.0 for one in estimates]
        return compute_dunnett(statistics, correlation, estimates[0].df or 0.0, conf_level=conf_level)

    yield from _analyze(request, options, pairs, adjust)


def analyze_tukey(request: Request, options: TukeyOptions) -> Iterator[Result]:
    """All pairs of levels of the first grouping, the later minus the earlier."""
    pairs = [(second, first) for first, second in itertools.combinations(request.compared.levels, 2)]

    def adjust(estimates: Sequence[Estimate], correlation: Floats, arms: int, conf_level: float) -> SimultaneousTest:
        statistics = [one.statistic or 0.0 for one in estimates]
        return compute_tukey(statistics, arms, estimates[0].df or 0.0, conf_level=conf_level)

    yield from _analyze(request, options, pairs, adjust)


_Adjust = Callable[[Sequence[Estimate], Floats, int, float], SimultaneousTest]


def _analyze(
    request: Request, options: AncovaOptions, pairs: Sequence[tuple[str, str]], adjust: _Adjust
) -> Iterator[Result]:
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    for variable in request.analysis.variables:
        for cell in request.cells(skip_first=True):
            model = fit_ancova(request, variable, options, cell)
            yield from _compare(request, variable, options, model, pairs, adjust, cell, conf_level)


def _compare(
    request: Request,
    variable: str,
    options: AncovaOptions,
    model: FittedAncova,
    pairs: Sequence[tuple[str, str]],
    adjust: _Adjust,
    cell: Cell,
    conf_level: float,
) -> Iterator[Result]:
    functions = {level: ls_mean_function(model.effects, level, options.weights) for level in request.compared.levels}
    tested: dict[tuple[str, str], tuple[Floats, Estimate]] = {}
    for first, second in pairs:
        left, right = functions[first], functions[second]
        if left is not None and right is not None:
            tested[first, second] = left - right, model.fit.estimate(left - right, conf_level)
    # The family are the comparisons that can be made.
    family = {pair: found for pair, found in tested.items() if found[1].statistic is not None}
    simultaneous = None
    if family:
        matrix = np.array([function for function, _ in family.values()])
        spread = model.fit.unscaled if model.fit.covariance is None else model.fit.covariance
        covariance = matrix @ spread @ matrix.T
        scale = np.sqrt(np.diag(covariance))
        arms = sum(function is not None for function in functions.values())
        estimates = [found for _, found in family.values()]
        simultaneous = adjust(estimates, covariance / np.outer(scale, scale), arms, conf_level)
    for first, second in pairs:
        function, estimate = tested.get((first, second), (None, Estimate(value=None)))
        adjusted = half = None
        if simultaneous is not None and (first, second) in family:
            adjusted = simultaneous.adjusted[list(family).index((first, second))]
            half = simultaneous.critical * (estimate.se or 0.0)
        known = estimate.value is not None and half is not None
        yield from request.results(
            {
                "difference": estimate.value,
                "se": estimate.se,
                "df": estimate.df,
                "statistic": estimate.statistic,
                "p_value": estimate.p_value,
                "p_adjusted": adjusted,
                "rejected": None if adjusted is None else float(adjusted <= 1 - conf_level),
                "ci_lower": (estimate.value or 0.0) - (half or 0.0) if known else None,
                "ci_upper": (estimate.value or 0.0) + (half or 0.0) if known else None,
                "conf_level": conf_level,
            },
            groups=((request.compared.variable, contrast_level(first, second)), *cell.groups),
            variable=variable,
            warnings=explain_estimate(model, function, estimate),
        )

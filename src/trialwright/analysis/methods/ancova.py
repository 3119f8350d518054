"""`anova` and `ancova`: the general linear model with the treatment as a factor, or with a dose in its place.

Robust variances: White H. Econometrica 1980;48:817-838 (hc0). MacKinnon JG, White H. J Econometrics 1985;29:305-325
(hc1, hc2, hc3). They are those of SAS PROC REG's HCCMETHOD=0 to 3; tests and intervals keep the residual degrees of
freedom.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trialwright.analysis.methods.linear_model import (
    Estimate,
    Factor,
    LinearModel,
    TermTest,
    fit_linear_model,
    make_factor,
)
from trialwright.analysis.methods.options import AncovaOptions, AnovaOptions
from trialwright.analysis.request import Booleans, Cell, Floats, Groups, Integers, Request, contrast_level
from trialwright.results import Result


def analyze_anova(request: Request, options: AnovaOptions) -> Iterator[Result]:
    """The F test that the means of the first grouping's levels are equal, for each variable."""
    for variable in request.analysis.variables:
        for cell in request.cells(skip_first=True):
            model = fit_ancova(request, variable, AncovaOptions(), cell)
            test = model.fit.type_iii(request.compared.variable)
            yield from request.results(
                {"n": len(model.fit.response), "statistic": test.statistic, "df": test.df, "df2": test.df2}
                | {"p_value": test.p_value},
                groups=cell.groups,
                variable=variable,
                warnings=model.warning,
            )


def analyze_ancova(request: Request, options: AncovaOptions) -> Iterator[Result]:
    """The model of each variable: LS means, contrasts, type III tests, slopes.

    Records with a missing response, treatment, factor or covariate are left out. LS means are taken at the mean of each
    covariate over the records analysed.
    """
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    for variable in request.analysis.variables:
        for cell in request.cells(skip_first=True):
            model = fit_ancova(request, variable, options, cell)
            yield from _whole_model(request, variable, model, cell)
            if model.effects.treatment is not None:
                yield from _ls_means(request, variable, model, options, conf_level, cell.groups)
            yield from _tests(request, variable, model, conf_level, cell.groups)


#: Why an LS mean or a contrast of levels with records has no value.
NOT_ESTIMABLE_TERMS = "not estimable: terms of the model depend on one another"
_NO_ROBUST_VARIANCE = "the robust variance is 0: it hangs on records that the model fits exactly"


@dataclass(frozen=True, kw_only=True)
class MainEffects:
    """The design of a model of main effects, one row for each record used.

    terms      for each term its columns of the design; "" is the intercept
    treatment  None if a dose takes its place
    slopes     dose and covariates with the number by which each was divided
    """

    design: Floats
    terms: Mapping[str, tuple[int, ...]]
    treatment: Factor | None
    factors: tuple[Factor, ...]
    slopes: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class FittedAncova:
    """A fitted model and how its columns are made."""

    fit: LinearModel
    effects: MainEffects
    n_missing: int
    warning: str


def complete_records(request: Request, variable: str, options: AncovaOptions, records: Booleans) -> Booleans:
    """Which records the model uses: those in a level of the treatment with all of the model's values."""
    used = request.level_codes(records) >= 0
    for number in (variable, *options.covariates, *([options.dose] if options.dose else [])):
        used = used & ~np.isnan(request.numbers(number))
    for factor in options.factors:
        used = used & np.array([text is not None for text in request.texts(factor)], dtype=bool)
    return used


def make_main_effects(
    request: Request, codes: Integers, *, factors: Sequence[str], covariates: Sequence[str], dose: str | None = None
) -> MainEffects:
    """The design of the records whose level of the first grouping is not -1 in `codes`; they lack no value of it."""
    axis = request.compared
    rows = np.flatnonzero(codes >= 0)
    parts: list[Floats] = [np.ones((len(rows), 1))]
    terms: dict[str, tuple[int, ...]] = {"": (0,)}

    def add(name: str, columns: Floats) -> None:
        start = sum(part.shape[1] for part in parts)
        parts.append(columns)
        terms[name] = tuple(range(start, start + columns.shape[1]))

    treatment = None
    if dose is None:
        treatment = make_factor(axis.variable, [axis.levels[codes[row]] for row in rows], axis.levels)
        add(treatment.name, treatment.indicators())
    made = []
    for name in factors:
        texts = request.texts(name)
        factor = make_factor(name, [text for row in rows if (text := texts[row]) is not None])
        made.append(factor)
        add(name, factor.indicators())
    slopes = {}
    for name in (*([dose] if dose else []), *covariates):
        standardized, slopes[name] = _standardize(request.numbers(name)[rows])
        add(name, standardized.reshape(-1, 1))
    return MainEffects(design=np.hstack(parts), terms=terms, treatment=treatment, factors=tuple(made), slopes=slopes)


def fit_ancova(request: Request, variable: str, options: AncovaOptions, cell: Cell) -> FittedAncova:
    """The model of a variable in the records of `cell`, with those that are complete."""
    codes = request.level_codes(cell.records)
    used = complete_records(request, variable, options, cell.records)
    effects = make_main_effects(
        request,
        np.where(used, codes, -1),
        factors=options.factors,
        covariates=options.covariates,
        dose=options.dose,
    )
    fit = fit_linear_model(effects.design, request.numbers(variable)[used], effects.terms)
    warning = _warning(request, fit, effects.treatment)
    if options.variance != "model":
        fit = replace(fit, covariance=robust_covariance(fit, options.variance))
        if fit.mse is not None and fit.covariance is not None and np.isnan(fit.covariance).any():
            undefined = f"a parameter hangs on a single record, so the variance {options.variance} is not defined"
            warning = "; ".join(text for text in (undefined, warning) if text)
    n_missing = int((codes >= 0).sum()) - int(used.sum())
    return FittedAncova(fit=fit, effects=effects, n_missing=n_missing, warning=warning)


def robust_covariance(fit: LinearModel, kind: str) -> Floats:
    """The covariance of the coefficients by White's sandwich, `kind` "hc0" to "hc3"; all NaN where not defined.

    hc2 and hc3 divide squared residuals by (1 - leverage), once and squared, which a leverage of 1 forbids.
    """
    design = fit.design
    free = 1 - np.einsum("ij,jk,ik->i", design, fit.unscaled, design)
    # What the model fits exactly leaves rounding errors.
    squares: Floats = np.where(free > 1e-9, np.square(fit.response - design @ fit.coefficients), 0.0)
    if kind == "hc1" and fit.df > 0:
        squares = squares * (len(squares) / fit.df)
    if kind in ("hc2", "hc3"):
        if len(free) and free.min() < 1e-9:
            return np.full(fit.unscaled.shape, np.nan)
        squares = squares / (free if kind == "hc2" else free**2)
    covariance: Floats = fit.unscaled @ (design.T * squares) @ design @ fit.unscaled
    return covariance


def _standardize(values: Floats) -> tuple[Floats, float]:
    """`values` less their mean, where LS means are taken, by their standard deviation; and that standard deviation.

    Platelets in 1/L beside an intercept of 1 would make the rank of the design depend on units. A constant is all 0.
    """
    if not len(values):
        return values, 1.0
    centered = values - values.mean()
    spread = float(centered.std())
    if spread <= 1e-12 * float(np.abs(values).max()):
        return np.zeros(len(values)), 1.0
    return centered / spread, spread


def _warning(request: Request, fit: LinearModel, treatment: Factor | None) -> str:
    if not len(fit.response):
        return "no complete records"
    warnings = []
    if treatment is not None:
        absent = [level for level in request.compared.levels if level not in treatment.levels]
        if absent:
            warnings.append(f"no records with {request.compared.variable} = {', '.join(absent)}")
    if fit.df <= 0:
        warnings.append("no degrees of freedom are left for the residual variance")
    elif fit.mse is None:
        warnings.append("the response has no residual variation")
    return "; ".join(warnings)


def _whole_model(request: Request, variable: str, model: FittedAncova, cell: Cell) -> Iterator[Result]:
    mse = model.fit.mse
    yield from request.results(
        {
            "n": len(model.fit.response),
            "n_missing": model.n_missing,
            "df": model.fit.df,
            "rmse": None if mse is None else float(np.sqrt(mse)),
        },
        groups=cell.groups,
        variable=variable,
        warnings=model.warning,
    )


def ls_mean_function(effects: MainEffects, level: str, weights: str) -> Floats | None:
    """The coefficients of an LS mean; None for a level without records."""
    treatment = effects.treatment
    if treatment is None or level not in treatment.levels:
        return None
    function = np.zeros(effects.design.shape[1])
    function[0] = 1
    function[effects.terms[treatment.name][treatment.levels.index(level)]] = 1
    for factor in effects.factors:
        if weights == "observed":
            share = factor.indicators().mean(axis=0)
        else:
            share = np.full(len(factor.levels), 1 / len(factor.levels))
        function[list(effects.terms[factor.name])] = share
    return function


def _ls_means(
    request: Request, variable: str, model: FittedAncova, options: AncovaOptions, conf_level: float, groups: Groups
) -> Iterator[Result]:
    axis = request.compared
    functions = {level: ls_mean_function(model.effects, level, options.weights) for level in axis.levels}
    treatment = model.effects.treatment
    for level, function in functions.items():
        count = 0
        if treatment is not None and level in treatment.levels:
            count = list(treatment.codes).count(treatment.levels.index(level))
        found = Estimate(value=None) if function is None else model.fit.estimate(function, conf_level)
        yield from request.results(
            {"n": count, "lsmean": found.value, **estimate_stats(found, conf_level)},
            groups=((axis.variable, level), *groups),
            variable=variable,
            warnings=explain_estimate(model, function, found),
        )
    for first, second in options.contrasts:
        left, right = functions.get(first), functions.get(second)
        found = Estimate(value=None)
        if left is not None and right is not None:
            found = model.fit.estimate(left - right, conf_level)
        yield from request.results(
            {
                "difference": found.value,
                **estimate_stats(found, conf_level),
                "statistic": found.statistic,
                "p_value": found.p_value,
            },
            groups=((axis.variable, contrast_level(first, second)), *groups),
            variable=variable,
            warnings=explain_estimate(model, left if right is not None else None, found),
        )


def explain_estimate(model: FittedAncova, function: Floats | None, found: Estimate) -> str:
    """The warning of an estimate: also that terms, not data, are the reason why there is none; or no variance of it."""
    reason = ""
    if function is not None and found.value is None:
        reason = NOT_ESTIMABLE_TERMS
    elif found.value is not None and found.se is None:
        reason = _no_robust_variance(model)
    return "; ".join(text for text in (model.warning, reason) if text)


def _no_robust_variance(model: FittedAncova) -> str:
    """Why there is no variance, unless the model's own warning says it."""
    covariance = model.fit.covariance
    if model.fit.mse is None or covariance is None or np.isnan(covariance).any():
        return ""
    return _NO_ROBUST_VARIANCE


def estimate_stats(found: Estimate, conf_level: float) -> dict[str, float | str | None]:
    """Standard error, degrees of freedom and interval, by the names of results."""
    return {
        "se": found.se,
        "df": found.df,
        "ci_lower": found.ci_lower,
        "ci_upper": found.ci_upper,
        "conf_level": conf_level,
    }


def _tests(request: Request, variable: str, model: FittedAncova, conf_level: float, groups: Groups) -> Iterator[Result]:
    several = len(request.analysis.variables) > 1
    for term in model.fit.terms:
        if not term:
            continue
        test = model.fit.type_iii(term)
        stats: dict[str, float | str | None] = {
            "statistic": test.statistic,
            "df": test.df,
            "df2": test.df2,
            "p_value": test.p_value,
        }
        if term in model.effects.slopes:
            function = np.zeros(model.fit.design.shape[1])
            function[list(model.fit.terms[term])] = 1
            slope = model.fit.estimate(function, conf_level).divided_by(model.effects.slopes[term])
            stats |= {"estimate": slope.value, **estimate_stats(slope, conf_level)}
            stats["df"] = test.df
        # With several responses in one analysis the response names the model, the term is the level.
        yield from request.results(
            stats,
            groups=groups,
            variable=variable if several else term,
            level=term if several else None,
            warnings=_explain_test(model, test),
        )


def _explain_test(model: FittedAncova, test: TermTest) -> str:
    """The warning of the test of a term: also that nothing of it can be estimated beside the others."""
    reason = ""
    if test.statistic is None:
        reason = NOT_ESTIMABLE_TERMS if not test.df else _no_robust_variance(model)
    return "; ".join(text for text in (model.warning, reason) if text)

"""`poisson_regression` and `negative_binomial`: rates of events, compared by their ratios.

The logarithm of the exposure is the offset of a log-linear model with the treatment, factors and covariates.

Sources: as for `log_linear`; robust variance: White H. Econometrica 1982;50:1-25, Zou G. Am J Epidemiol
2004;159:702-706. Conventions are those of SAS PROC GENMOD: normal distributions, type 3 likelihood ratio tests.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from trialwright.analysis.methods.ancova import (
    NOT_ESTIMABLE_TERMS,
    MainEffects,
    ls_mean_function,
    make_main_effects,
)
from trialwright.analysis.methods.distributions import chi_square_upper_tail, normal_quantile
from trialwright.analysis.methods.recurrent.log_linear import (
    LogLinearFit,
    fit_log_linear,
    profile_limits,
    robust_covariance,
)
from trialwright.analysis.methods.recurrent.options import NegativeBinomialOptions, PoissonOptions
from trialwright.analysis.request import Booleans, Cell, Floats, Groups, Integers, Request, ratio_level
from trialwright.results import Result

Stats = dict[str, float | str | None]


@dataclass(frozen=True, kw_only=True)
class _Model:
    """A model of the records of a cell.

    codes     level of the first grouping of each record used, -1 for the others
    effects, fit   None where nothing can be fitted
    warning   of everything that comes out
    """

    codes: Integers
    n_missing: int
    effects: MainEffects | None
    fit: LogLinearFit | None
    warning: str

    def told(self, function: Floats | None) -> str:
        """The warning of an estimate: also that terms, not data, are the reason why there is none."""
        if self.fit is None or function is None or self.fit.is_estimable(function):
            return self.warning
        return "; ".join(text for text in (self.warning, NOT_ESTIMABLE_TERMS) if text)

    def estimate(self, function: Floats | None) -> tuple[float, float] | None:
        if function is None or self.fit is None or not self.fit.is_estimable(function):
            return None
        return self.fit.estimate(function)


def rate_model_records(request: Request, options: PoissonOptions | NegativeBinomialOptions) -> Booleans:
    """The complete records: of the only variable, or, with several, of any."""
    everything = np.ones(request.frame.height, dtype=bool)
    wanted = [_complete(request, name, options) for name in request.analysis.variables]
    used: Booleans = np.logical_or.reduce(wanted) & (request.level_codes(everything) >= 0)
    return used


def analyze_poisson(request: Request, options: PoissonOptions) -> Iterator[Result]:
    """Rates of the groups, rate ratios of the contrasts, tests of the terms."""
    yield from _analyze(request, options)


def analyze_negative_binomial(request: Request, options: NegativeBinomialOptions) -> Iterator[Result]:
    """As `analyze_poisson`, with the dispersion."""
    yield from _analyze(request, options)


def _analyze(request: Request, options: PoissonOptions | NegativeBinomialOptions) -> Iterator[Result]:
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    for variable in request.analysis.variables:
        for cell in request.cells(skip_first=True):
            model = _fit(request, variable, options, cell)
            yield from _whole(request, variable, options, model, cell.groups)
            yield from _rates(request, variable, options, model, cell.groups, conf_level)
            yield from _terms(request, variable, options, model, cell.groups, conf_level)


def _complete(request: Request, variable: str, options: PoissonOptions | NegativeBinomialOptions) -> Booleans:
    used = ~np.isnan(request.numbers(variable))
    for name in options.covariates:
        used &= ~np.isnan(request.numbers(name))
    for name in options.factors:
        used &= request.series(name).is_not_null().to_numpy()
    if options.exposure is not None:
        used &= np.nan_to_num(request.numbers(options.exposure)) > 0
    return used


def _fit(request: Request, variable: str, options: PoissonOptions | NegativeBinomialOptions, cell: Cell) -> _Model:
    everybody = request.level_codes(cell.records)
    counts = request.numbers(variable)
    codes = np.where(_complete(request, variable, options), everybody, -1)
    n_missing = int(((everybody >= 0) & (codes < 0)).sum())
    warnings = []
    if options.exposure is not None:
        without = int(((everybody >= 0) & (np.nan_to_num(request.numbers(options.exposure), nan=1.0) <= 0)).sum())
        if without:
            warnings.append(f"records whose exposure is not above 0, left out: {without}")
    used = codes >= 0
    if not used.any():
        return _nothing(codes, n_missing, [*warnings, "no complete records"])
    if (counts[used] < 0).any() or (counts[used] != np.floor(counts[used])).any():
        return _nothing(codes, n_missing, [*warnings, f"{variable} has values that are no counts"])
    absent = [level for index, level in enumerate(request.compared.levels) if not (codes == index).any()]
    if absent:
        warnings.append(f"no records with {request.compared.variable} = {', '.join(absent)}")
    fitted = codes.copy()
    for name, level, records in _levels_without_events(request, options, counts, codes):
        # Their rate is estimated as 0, whose logarithm is infinite: the others' estimates are those without them.
        warnings.append(f"no events with {name} = {level}")
        fitted[records] = -1
    if not (fitted >= 0).any():
        return _nothing(codes, n_missing, [*warnings, "no events"])
    effects = make_main_effects(request, fitted, factors=options.factors, covariates=options.covariates)
    chosen = fitted >= 0
    offset = np.zeros(int(chosen.sum()))
    if options.exposure is not None:
        offset = np.log(request.numbers(options.exposure)[chosen])
    is_negative_binomial = isinstance(options, NegativeBinomialOptions)
    fit = fit_log_linear(
        effects.design,
        counts[chosen],
        offset,
        negative_binomial=is_negative_binomial,
        information=options.information if isinstance(options, NegativeBinomialOptions) else "observed",
    )
    if not fit.converged:
        return _nothing(codes, n_missing, [*warnings, "the model has no finite estimates: it did not converge"])
    if is_negative_binomial and fit.dispersion == 0:
        warnings.append("no dispersion beyond Poisson's was found: the model is Poisson's")
    if isinstance(options, PoissonOptions) and options.variance == "robust":
        clusters = request.subject_index[chosen].astype(np.float64)
        if len(np.unique(clusters)) <= len(fit.reduced):
            return _nothing(codes, n_missing, [*warnings, "no more subjects than terms: no robust variance"])
        fit = replace(fit, covariance=robust_covariance(fit, clusters))
    if isinstance(options, PoissonOptions) and options.variance == "pearson":
        if fit.df <= 0:
            return _nothing(codes, n_missing, [*warnings, "no degrees of freedom are left for the scale"])
        fit = replace(fit, covariance=fit.covariance * fit.pearson / fit.df)
    return _Model(codes=codes, n_missing=n_missing, effects=effects, fit=fit, warning="; ".join(warnings))


def _nothing(codes: Integers, n_missing: int, warnings: list[str]) -> _Model:
    return _Model(codes=codes, n_missing=n_missing, effects=None, fit=None, warning="; ".join(warnings))


def _levels_without_events(
    request: Request, options: PoissonOptions | NegativeBinomialOptions, counts: Floats, codes: Integers
) -> list[tuple[str, str, Booleans]]:
    axis = request.compared
    found = []
    for index, level in enumerate(axis.levels):
        records = codes == index
        if records.any() and not counts[records].sum():
            found.append((axis.variable, level, records))
    for name in options.factors:
        texts = np.array([text or "" for text in request.texts(name)], dtype=object)
        for level in sorted(set(texts[codes >= 0].tolist())):
            records = (texts == level) & (codes >= 0)
            if not counts[records].sum():
                found.append((name, level, records))
    return found


def _whole(
    request: Request,
    variable: str,
    options: PoissonOptions | NegativeBinomialOptions,
    model: _Model,
    groups: Groups,
) -> Iterator[Result]:
    fit = model.fit
    stats: Stats = {
        "n": int((model.codes >= 0).sum()),
        "n_missing": model.n_missing,
        "df": None if fit is None else fit.df,
        "deviance": None if fit is None else fit.deviance,
        "pearson_chi_square": None if fit is None else fit.pearson,
        "log_likelihood": None if fit is None else fit.log_likelihood,
    }
    if isinstance(options, NegativeBinomialOptions):
        stats |= {
            "dispersion": None if fit is None else fit.dispersion,
            "dispersion_se": None if fit is None else fit.dispersion_se,
        }
    elif options.variance == "pearson":
        stats["scale"] = None if fit is None else fit.pearson / fit.df
    yield from request.results(stats, groups=groups, variable=variable, warnings=model.warning)


def _rates(
    request: Request,
    variable: str,
    options: PoissonOptions | NegativeBinomialOptions,
    model: _Model,
    groups: Groups,
    conf_level: float,
) -> Iterator[Result]:
    axis = request.compared
    counts = request.numbers(variable)
    exposure = np.ones(request.frame.height) if options.exposure is None else request.numbers(options.exposure)
    functions: dict[str, Floats | None] = dict.fromkeys(axis.levels)
    if model.effects is not None:
        functions = {level: ls_mean_function(model.effects, level, options.weights) for level in axis.levels}
    z = normal_quantile((1 + conf_level) / 2)
    for index, level in enumerate(axis.levels):
        records = model.codes == index
        found = model.estimate(functions[level])
        stats: Stats = {
            "n": int(records.sum()),
            "n_events": float(counts[records].sum()),
            "exposure": float(exposure[records].sum()),
            "rate": None,
            "se_log": None,
            "ci_lower": None,
            "ci_upper": None,
            "conf_level": conf_level,
        }
        if found is not None:
            log_rate, se = found[0] + math.log(options.per), found[1]
            stats |= {"rate": _exp(log_rate), "se_log": se}
            stats |= {"ci_lower": _exp(log_rate - z * se), "ci_upper": _exp(log_rate + z * se)}
        yield from request.results(
            stats, groups=((axis.variable, level), *groups), variable=variable, warnings=model.told(functions[level])
        )
    for first, second in options.contrasts:
        left, right = functions[first], functions[second]
        function = None if left is None or right is None else left - right
        yield from request.results(
            _ratio(model, function, options, conf_level),
            groups=((axis.variable, ratio_level(first, second)), *groups),
            variable=variable,
            warnings=model.told(function),
        )


def _ratio(
    model: _Model,
    function: Floats | None,
    options: PoissonOptions | NegativeBinomialOptions,
    conf_level: float,
) -> Stats:
    """Of a contrast: the ratio with its interval, and Wald's test."""
    found = model.estimate(function)
    if found is None or function is None or model.fit is None:
        empty: Mapping[str, None] = dict.fromkeys(
            ("rate_ratio", "se_log", "statistic", "p_value", "ci_lower", "ci_upper")
        )
        return {**empty, "conf_level": conf_level}
    value, se = found
    half = normal_quantile((1 + conf_level) / 2) * se
    lower: float | None = value - half
    upper: float | None = value + half
    if options.interval == "profile":
        lower, upper = profile_limits(
            model.fit,
            function,
            negative_binomial=isinstance(options, NegativeBinomialOptions),
            conf_level=conf_level,
        )
    statistic = value / se if se > 0 else None
    return {
        "rate_ratio": _exp(value),
        "se_log": se,
        "statistic": statistic,
        "p_value": None if statistic is None else math.erfc(abs(statistic) / math.sqrt(2)),
        "ci_lower": None if lower is None else _exp(lower),
        "ci_upper": None if upper is None else _exp(upper),
        "conf_level": conf_level,
    }


def _terms(
    request: Request,
    variable: str,
    options: PoissonOptions | NegativeBinomialOptions,
    model: _Model,
    groups: Groups,
    conf_level: float,
) -> Iterator[Result]:
    """Likelihood ratio tests of each term beside the others, and the rate ratio per unit of each covariate."""
    several = len(request.analysis.variables) > 1
    names = [request.compared.variable, *options.factors, *options.covariates]
    for name in names:
        stats = _likelihood_ratio(model, name, options)
        if name in options.covariates:
            function = None
            if model.effects is not None:
                function = np.zeros(model.effects.design.shape[1])
                function[list(model.effects.terms[name])] = 1 / model.effects.slopes[name]
            slope = _ratio(model, function, options, conf_level)
            stats |= {key: slope[key] for key in ("rate_ratio", "se_log", "ci_lower", "ci_upper", "conf_level")}
        yield from request.results(
            stats,
            groups=groups,
            variable=variable if several else name,
            level=name if several else None,
            warnings=model.warning,
        )


def _likelihood_ratio(model: _Model, term: str, options: PoissonOptions | NegativeBinomialOptions) -> Stats:
    """Twice the difference of log likelihoods; with Pearson's scale by the scale; not with a robust variance."""
    fit, effects = model.fit, model.effects
    if fit is None or effects is None:
        return {"statistic": None, "df": None, "p_value": None}
    kept = [column for name, columns in effects.terms.items() if name != term for column in columns]
    reduced = fit_log_linear(
        fit.design[:, kept],
        fit.counts,
        fit.offset,
        negative_binomial=isinstance(options, NegativeBinomialOptions),
    )
    df = len(fit.reduced) - len(reduced.reduced)
    if df <= 0 or not reduced.converged:
        return {"statistic": None, "df": df, "p_value": None}
    statistic = max(0.0, 2 * (fit.log_likelihood - reduced.log_likelihood))
    if isinstance(options, PoissonOptions) and options.variance == "robust":
        statistic = _wald(fit, kept)
    if isinstance(options, PoissonOptions) and options.variance == "pearson":
        statistic *= fit.df / fit.pearson
    return {"statistic": statistic, "df": df, "p_value": chi_square_upper_tail(statistic, df)}


def _wald(fit: LogLinearFit, others: list[int]) -> float:
    """Wald's chi-square that the estimable functions without a part in the columns `others` are 0."""
    left, singular, _ = np.linalg.svd(fit.basis.T[:, others])
    full = np.zeros(len(left))
    full[: len(singular)] = singular
    functions = left[:, full <= 1e-7].T
    values = functions @ fit.reduced
    return float(values @ np.linalg.pinv(functions @ fit.covariance @ functions.T, hermitian=True) @ values)


def _exp(value: float) -> float:
    """Infinite where a number has no room: then it is not estimable."""
    return math.exp(value) if value < 700 else math.inf

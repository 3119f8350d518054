"""`logistic_regression`: odds ratios between groups, adjusted for factors and covariates. See `logistic_fit`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.distributions import normal_quantile
from trialwright.analysis.methods.linear_model import make_factor
from trialwright.analysis.methods.proportions.comparison import contrasts_of, normal_p_value
from trialwright.analysis.methods.proportions.logistic_fit import LogisticModel, fit_logistic
from trialwright.analysis.methods.proportions.options import LogisticOptions
from trialwright.analysis.methods.proportions.responses import (
    find_responses,
    group_codes,
    subject_series,
    used_records,
)
from trialwright.analysis.request import Booleans, Cell, Floats, Request, level_texts, ratio_level, type_words
from trialwright.errors import VariableTypeError
from trialwright.results import Result

_FIRTH = "with penalty: firth estimates exist"
#: Of a float.
_LARGEST_LOGARITHM = 709.0


@dataclass(frozen=True, kw_only=True)
class _Fit:
    """A fitted model and how its columns are made.

    terms       for each term its columns
    present     the columns that somebody has
    scales      for each covariate the number by which it was divided
    unfit       why nothing is estimated; empty if something is
    """

    model: LogisticModel
    terms: dict[str, tuple[int, ...]]
    present: frozenset[int]
    scales: dict[str, float]
    n_missing: int
    n_events: int
    n: int
    unfit: str
    warning: str


def analyze_logistic_regression(request: Request, options: LogisticOptions) -> Iterator[Result]:
    """The odds ratio of each contrast and covariate, the test of each term, and numbers of subjects.

    Subjects without a response, a group or one of the model's values are left out.
    """
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    axis = request.compared
    pairs = contrasts_of(request, options)
    for variable in request.analysis.variables:
        for cell in request.cells(skip_first=True):
            fit = _fit(request, variable, options, cell)
            size = {"n": fit.n, "n_events": fit.n_events, "n_missing": fit.n_missing}
            likelihood = None if fit.unfit else fit.model.log_likelihood
            yield from request.results(
                {**size, "log_likelihood": likelihood}, groups=cell.groups, variable=variable, warnings=fit.warning
            )
            for first, second in pairs:
                function = np.zeros(sum(len(columns) for columns in fit.terms.values()))
                columns = fit.terms[axis.variable]
                function[columns[first]], function[columns[second]] = 1.0, -1.0
                stats, warning = _odds_ratio(fit, function, options, conf_level)
                level = ratio_level(axis.levels[first], axis.levels[second])
                yield from request.results(
                    stats, groups=((axis.variable, level), *cell.groups), variable=variable, warnings=warning
                )
            yield from _terms(request, variable, fit, options, conf_level, cell)


def logistic_records(request: Request, options: LogisticOptions) -> Booleans:
    """The records with a response and the values of the model's terms."""
    used = used_records(request, options)
    for name in (*options.factors, *options.covariates):
        used &= request.series(name).is_not_null().to_numpy()
    return used


def _fit(request: Request, variable: str, options: LogisticOptions, cell: Cell) -> _Fit:
    axis = request.compared
    responses = find_responses(request, variable, options, cell)
    groups = group_codes(request, cell.records)
    expected = (responses.is_counted | responses.is_missing) & (groups >= 0)
    used = responses.is_counted & (groups >= 0)
    texts = {name: level_texts(subject_series(request, name, cell.records)) for name in options.factors}
    numbers = {name: _numbers(request, name, cell.records) for name in options.covariates}
    for values in texts.values():
        used = used & np.array([text is not None for text in values], dtype=bool)
    for covariate in numbers.values():
        used = used & ~np.isnan(covariate)
    rows = np.flatnonzero(used)
    parts: list[Floats] = [np.ones((len(rows), 1)), np.eye(len(axis.levels))[groups[rows]]]
    terms = {"": (0,), axis.variable: tuple(range(1, 1 + len(axis.levels)))}

    def add(name: str, columns: Floats) -> None:
        start = sum(part.shape[1] for part in parts)
        parts.append(columns)
        terms[name] = tuple(range(start, start + columns.shape[1]))

    for name, values in texts.items():
        factor = make_factor(name, [text for row in rows if (text := values[row]) is not None])
        add(name, factor.indicators())
    scales = {}
    for name, covariate in numbers.items():
        centered = covariate[rows] - (covariate[rows].mean() if len(rows) else 0.0)
        spread = float(centered.std()) if len(rows) else 0.0
        # A constant is no regressor: all 0, it depends on the intercept and is not estimable.
        is_constant = spread <= 1e-12 * float(np.abs(covariate[rows]).max(initial=0.0))
        scales[name] = 1.0 if is_constant else spread
        add(name, np.zeros((len(rows), 1)) if is_constant else (centered / spread).reshape(-1, 1))
    response = responses.responds[rows].astype(np.float64)
    design = np.hstack(parts)
    model = fit_logistic(design, response, is_firth=options.penalty == "firth")
    unfit = _unfit(response, model)
    absent = [level for index, level in enumerate(axis.levels) if not (groups[rows] == index).any()]
    told = [unfit, responses.warning, f"no subjects with {axis.variable} = {', '.join(absent)}" if absent else ""]
    if model.parted and not unfit:
        told.append(
            f"separation: the model predicts {model.parted} subjects perfectly, and some odds ratios are infinite; "
            f"{_FIRTH}"
        )
    return _Fit(
        model=model,
        terms=terms,
        present=frozenset(np.flatnonzero(design.any(axis=0)).tolist()),
        scales=scales,
        n_missing=int(expected.sum()) - len(rows),
        n_events=int(response.sum()),
        n=len(rows),
        unfit=unfit,
        warning="; ".join(text for text in told if text),
    )


def _numbers(request: Request, name: str, records: Booleans) -> Floats:
    series = subject_series(request, name, records)
    if not series.dtype.is_numeric():
        raise VariableTypeError(
            dataset=request.dataset.name,
            variable=name,
            needed_by=request.user,
            expected="numeric",
            actual=type_words(series.dtype),
        )
    return np.array([np.nan if value is None else float(value) for value in series.to_list()], dtype=np.float64)


def _unfit(response: Floats, model: LogisticModel) -> str:
    if not len(response):
        return "no subjects with all values"
    if response.min() == response.max():
        return "all subjects respond" if response[0] else "no subject responds"
    if model.parted == len(response):
        return f"complete separation: the model predicts every response perfectly; {_FIRTH}"
    return "" if model.peak.is_found else "the iterations did not converge"


def _odds_ratio(
    fit: _Fit, function: Floats, options: LogisticOptions, conf_level: float
) -> tuple[dict[str, float | str | None], str]:
    """The odds ratio exp(`function` @ coefficients) with its interval and test, and the warning."""
    stats: dict[str, float | str | None] = dict.fromkeys(("odds_ratio", "se_log", "ci_lower", "ci_upper"))
    stats["conf_level"] = conf_level
    stats |= {"statistic": None, "p_value": None}
    if fit.unfit:
        return stats, fit.warning
    if not fit.model.is_estimable(function):
        reason = "the data do not determine this odds ratio"
        if fit.model.parted:
            reason = f"separation: there is no finite estimate of this odds ratio; {_FIRTH}"
        return stats, "; ".join(dict.fromkeys((reason, fit.warning))) if fit.warning else reason
    value, se = fit.model.estimate(function)
    half = normal_quantile((1 + conf_level) / 2) * se
    limits = value - half, value + half
    if options.intervals == "profile":
        limits = fit.model.profile_interval(function, conf_level)
    if options.test == "wald":
        statistic, p_value = value / se, normal_p_value(value / se)
    else:
        tested = fit.model.test(function.reshape(1, -1), options.test)
        if tested is None:
            return stats, fit.warning
        statistic, _, p_value = tested
    stats |= {
        "odds_ratio": _exponential(value),
        "se_log": se,
        "ci_lower": _exponential(limits[0]),
        "ci_upper": _exponential(limits[1]),
        "statistic": statistic,
        "p_value": p_value,
    }
    if math.isinf(_exponential(limits[1])):
        return stats, "; ".join(text for text in ("the upper limit is infinite", fit.warning) if text)
    return stats, fit.warning


def _exponential(value: float) -> float:
    """e to the power of `value`; infinite where that is more than a float can be."""
    return math.exp(value) if value < _LARGEST_LOGARITHM else math.inf


def _terms(
    request: Request, variable: str, fit: _Fit, options: LogisticOptions, conf_level: float, cell: Cell
) -> Iterator[Result]:
    """The test of each term; of a covariate its odds ratio for one unit too."""
    width = sum(len(columns) for columns in fit.terms.values())
    several = len(request.analysis.variables) > 1
    for name, columns in fit.terms.items():
        if not name:
            continue
        stats: dict[str, float | str | None] = {}
        warning = fit.warning
        if name in fit.scales:
            function = np.zeros(width)
            function[columns[0]] = 1 / fit.scales[name]
            stats, warning = _odds_ratio(fit, function, options, conf_level)
            del stats["statistic"], stats["p_value"]
            functions = function.reshape(1, -1)
        else:
            present = [column for column in columns if column in fit.present]
            functions = np.zeros((max(len(present) - 1, 0), width))
            for row, column in enumerate(present[1:]):
                functions[row, column], functions[row, present[0]] = 1.0, -1.0
        tested = None if fit.unfit or not len(functions) else fit.model.test(functions, options.test)
        if tested is None and not warning:
            warning = "the data do not determine this term"
        names = ("statistic", "df", "p_value")
        stats |= dict.fromkeys(names) if tested is None else dict(zip(names, tested, strict=True))
        yield from request.results(
            stats,
            groups=cell.groups,
            variable=variable if several else name,
            level=name if several else None,
            warnings=warning,
        )

"""`andersen_gill`: the ratio of rates of recurrent events, with the robust variance of Lin, Wei, Yang and Ying (LWYY).

The intervals of a subject are at risk one after another on one time scale; each event is an event, whatever was before.
The robust variance, summed by subject, makes the ratio one of mean numbers of events, without assumptions on the
dependence of a subject's events.

Sources: Andersen PK, Gill RD. Ann Stat 1982;10:1100-1120. Lin DY, Wei LJ, Yang I, Ying Z. J R Stat Soc B
2000;62:711-730.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.recurrent.histories import Histories, make_histories
from trialwright.analysis.methods.recurrent.options import AndersenGillOptions
from trialwright.analysis.methods.time_to_event.cox_fit import CoxError, CoxFit, compute_cox
from trialwright.analysis.methods.time_to_event.model_results import UNTESTED
from trialwright.analysis.request import Booleans, Cell, Floats, Integers, Request, ratio_level
from trialwright.results import Result


@dataclass(frozen=True, kw_only=True)
class _Design:
    """The columns of the model for the intervals used.

    arms      levels of the first grouping that occur; the first has no column
    columns   of each term
    """

    used: Booleans
    codes: Integers
    matrix: Floats
    names: tuple[str, ...]
    arms: tuple[int, ...]
    columns: dict[str, list[int]]


def analyze_andersen_gill(request: Request, options: AndersenGillOptions) -> Iterator[Result]:
    """Numbers of the groups, rate ratios of the contrasts, Wald tests of the terms."""
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    variable = request.analysis.variables[0]
    histories = make_histories(request, options)
    for cell in request.cells(skip_first=True):
        design = _design(request, histories, options, cell)
        warnings = [histories.warning] if histories.warning else []
        fit = None
        try:
            fit = _fit(request, histories, design, options)
        except CoxError as error:
            warnings.append(str(error))
        if several := int((histories.events[design.used] > 1).sum()):
            warnings.append(f"times with several events of one subject, which count as one: {several}")
        warning = "; ".join(warnings)
        yield from _groups(request, variable, histories, design, cell, warning)
        yield from _ratios(request, variable, options, design, fit, cell, conf_level, warning)
        yield from _terms(request, design, fit, cell, conf_level, options, warning)


def _design(request: Request, histories: Histories, options: AndersenGillOptions, cell: Cell) -> _Design:
    axis = request.compared
    codes = histories.levels(request, cell)
    used = codes >= 0
    texts = {name: histories.texts(request, name) for name in options.factors}
    numbers = {name: histories.numbers(request, name) for name in options.covariates}
    for name in options.strata:
        used &= np.array([text is not None for text in histories.texts(request, name)], dtype=bool)
    for values in texts.values():
        used &= np.array([text is not None for text in values], dtype=bool)
    for column in numbers.values():
        used &= ~np.isnan(column)
    arms = tuple(index for index in range(len(axis.levels)) if (codes[used] == index).any())
    blocks: list[Floats] = []
    names: list[str] = []
    columns: dict[str, list[int]] = {}

    def add(term: str, name: str, column: Floats) -> None:
        columns.setdefault(term, []).append(len(blocks))
        blocks.append(column[used])
        names.append(name)

    for index in arms[1:]:
        add(axis.variable, f"{axis.variable} = {axis.levels[index]}", (codes == index).astype(np.float64))
    for term, values in texts.items():
        present = sorted({text for text, here in zip(values, used.tolist(), strict=True) if here and text is not None})
        for level in present[1:]:
            add(term, f"{term} = {level}", np.array([text == level for text in values], dtype=np.float64))
    for term, column in numbers.items():
        add(term, term, column)
    matrix = np.column_stack(blocks) if blocks else np.zeros((int(used.sum()), 0))
    return _Design(used=used, codes=codes, matrix=matrix, names=tuple(names), arms=arms, columns=columns)


def _fit(request: Request, histories: Histories, design: _Design, options: AndersenGillOptions) -> CoxFit:
    strata = None
    if options.strata:
        keys = list(zip(*(histories.texts(request, name) for name in options.strata), strict=True))
        numbers: dict[tuple[str | None, ...], int] = {}
        strata = np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)[design.used]
    return compute_cox(
        design.matrix,
        histories.stop[design.used],
        histories.events[design.used] > 0,
        start=histories.start[design.used],
        strata=strata,
        clusters=histories.subjects[design.used] if options.variance == "robust" else None,
        ties=options.ties,
        names=design.names,
    )


def _groups(
    request: Request, variable: str, histories: Histories, design: _Design, cell: Cell, warning: str
) -> Iterator[Result]:
    axis = request.compared
    for index, level in enumerate(axis.levels):
        chosen = design.used & (design.codes == index)
        events = float(histories.events[chosen].sum())
        told = warning
        if not chosen.any():
            told = "; ".join(text for text in (warning, "nobody is at risk") if text)
        elif not events:
            told = "; ".join(text for text in (warning, "no events") if text)
        yield from request.results(
            {
                "n": len(np.unique(histories.subjects[chosen])),
                "n_with_event": len(np.unique(histories.subjects[chosen & (histories.events > 0)])),
                "n_events": events,
                "exposure": float((histories.stop - histories.start)[chosen].sum()),
            },
            groups=((axis.variable, level), *cell.groups),
            variable=variable,
            warnings=told,
        )


def _ratios(
    request: Request,
    variable: str,
    options: AndersenGillOptions,
    design: _Design,
    fit: CoxFit | None,
    cell: Cell,
    conf_level: float,
    warning: str,
) -> Iterator[Result]:
    axis = request.compared
    for first, second in options.contrasts:
        pair = [axis.levels.index(level) for level in (first, second)]
        told = warning
        function = None
        if all(index in design.arms for index in pair):
            function = np.zeros(design.matrix.shape[1])
            for index, sign in zip(pair, (1.0, -1.0), strict=True):
                if index != design.arms[0]:
                    function[design.arms.index(index) - 1] += sign
        else:
            told = "; ".join(text for text in (warning, "nobody is at risk in one of the groups") if text)
        yield from _ratio_results(
            request,
            fit,
            function,
            conf_level,
            told,
            variable,
            ((axis.variable, ratio_level(first, second)), *cell.groups),
        )


def _ratio_results(
    request: Request,
    fit: CoxFit | None,
    function: Floats | None,
    conf_level: float,
    warning: str,
    variable: str,
    groups: tuple[tuple[str, str], ...],
    df: int | None = None,
) -> list[Result]:
    stats: dict[str, float | str | None] = dict.fromkeys(
        ("rate_ratio", "se_log", "statistic", "p_value", "ci_lower", "ci_upper")
    )
    if fit is not None and function is not None:
        found = fit.hazard_ratio(function, conf_level)
        warning = "; ".join(text for text in (warning, found.warning) if text)
        stats = {
            "rate_ratio": found.value,
            "se_log": found.se_log,
            "statistic": found.statistic,
            "p_value": found.p_value,
            "ci_lower": found.lower,
            "ci_upper": found.upper,
        }
    return request.results({**stats, "conf_level": conf_level}, groups=groups, variable=variable, warnings=warning)


def _terms(
    request: Request,
    design: _Design,
    fit: CoxFit | None,
    cell: Cell,
    conf_level: float,
    options: AndersenGillOptions,
    warning: str,
) -> Iterator[Result]:
    for term in (request.compared.variable, *options.factors):
        columns = design.columns.get(term, [])
        test = None if fit is None or not columns else fit.wald_test(columns)
        said = warning
        if test is None or test.statistic is None:
            reason = "" if fit is None else UNTESTED if columns else f"only one level of {term} has records"
            said = "; ".join(text for text in (warning, reason) if text)
        yield from request.results(
            {
                "statistic": None if test is None else test.statistic,
                "df": len(columns),
                "p_value": None if test is None else test.p_value,
            },
            groups=cell.groups,
            variable=term,
            warnings=said,
        )
    for term in options.covariates:
        function = None
        if fit is not None:
            function = np.zeros(design.matrix.shape[1])
            function[design.columns[term]] = 1
        yield from _ratio_results(request, fit, function, conf_level, warning, term, cell.groups)

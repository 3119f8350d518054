"""`chi_square` and `fisher_exact`: tests of a table of groups by levels of a variable, or by an event."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trialwright.analysis.methods.distributions import chi_square_upper_tail
from trialwright.analysis.methods.fisher import TooLargeError, compute_fisher
from trialwright.analysis.methods.options import ContingencyOptions
from trialwright.analysis.request import Cell, Floats, Integers, Request
from trialwright.results import Result


def analyze_chi_square(request: Request, options: ContingencyOptions) -> Iterator[Result]:
    """Pearson's chi-square without continuity correction; empty rows and columns are left out."""
    for variable in request.analysis.variables:
        for cell in request.cells(skip_first=True):
            table = contingency_table(request, variable, options, cell)
            statistic, df, smallest = compute_chi_square(table)
            warning = _warning(table)
            if not warning and smallest < 5:
                warning = f"an expected count is below 5 ({smallest:.2g})"
            warning = _with_uncounted(warning, request, options, cell, table)
            yield from request.results(
                {
                    "n": int(table.sum()),
                    "statistic": statistic,
                    "df": df,
                    "p_value": None if statistic is None else chi_square_upper_tail(statistic, df),
                },
                groups=cell.groups,
                variable=variable,
                warnings=warning,
            )


def analyze_fisher_exact(request: Request, options: ContingencyOptions) -> Iterator[Result]:
    """Fisher's exact test, two-sided, for tables of any size (Freeman-Halton)."""
    for variable in request.analysis.variables:
        for cell in request.cells(skip_first=True):
            table = contingency_table(request, variable, options, cell)
            warning = _warning(table)
            p_value = None
            if not warning:
                try:
                    p_value = compute_fisher(table.tolist())
                except TooLargeError:
                    warning = "the table is too large for an exact test"
            warning = _with_uncounted(warning, request, options, cell, table)
            yield from request.results(
                {"n": int(table.sum()), "p_value": p_value},
                groups=cell.groups,
                variable=variable,
                warnings=warning,
            )


def contingency_table(request: Request, variable: str, options: ContingencyOptions, cell: Cell) -> Integers:
    """Counts: one row for each level of the first grouping, one column for each level of the variable that occurs.

    With `event` the columns are the subjects with a record that fulfils it and those without; records do not count.
    """
    codes = request.level_codes(cell.records)
    rows = len(request.compared.levels)
    if options.event is not None:
        return _event_table(request, options.event, codes)
    if options.categories:
        texts, names = request.categories(options.categories), list(options.categories)
    else:
        texts, names = request.texts(variable), request.levels(variable)
    levels = {level: column for column, level in enumerate(names)}
    table = np.zeros((rows, len(levels)), dtype=np.int64)
    for code, text in zip(codes.tolist(), texts, strict=True):
        if code >= 0 and text is not None:
            table[code, levels[text]] += 1
    return table


def _event_table(request: Request, event: str, codes: Integers) -> Integers:
    holds = request.holds(event)
    table = np.zeros((len(request.compared.levels), 2), dtype=np.int64)
    for level in range(len(table)):
        rows = np.flatnonzero(codes == level).tolist()
        everybody = {int(request.subject_index[row]) for row in rows}
        with_event = {int(request.subject_index[row]) for row in rows if holds[row]}
        table[level] = len(with_event), len(everybody - with_event)
    return table


def _warning(table: Integers) -> str:
    if (table.sum(axis=1) > 0).sum() < 2:
        return "fewer than two groups have values"
    return "" if (table.sum(axis=0) > 0).sum() > 1 else "all values are equal"


def _with_uncounted(warning: str, request: Request, options: ContingencyOptions, cell: Cell, table: Integers) -> str:
    """`warning`, and who is in no column of the table: records without a value, or subjects without a record."""
    if options.event is None:
        what, count = "records without a value", int((request.level_codes(cell.records) >= 0).sum() - table.sum())
    elif (subjects := request.compared.subjects) is None:
        return warning
    else:
        everybody = cell.subjects & np.logical_or.reduce(subjects)
        what, count = "subjects of the analysis set without a record", int(everybody.sum() - table.sum())
    told = f"{what}, left out: {count}" if count > 0 else ""
    return "; ".join(text for text in (warning, told) if text)


def compute_chi_square(table: Integers) -> tuple[float | None, int, float]:
    """Pearson's statistic, its degrees of freedom and the smallest expected count; None if there is nothing to test."""
    observed: Floats = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0].astype(np.float64)
    if min(observed.shape) < 2:
        return None, 0, 0.0
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    statistic = float((np.square(observed - expected) / expected).sum())
    return statistic, (observed.shape[0] - 1) * (observed.shape[1] - 1), float(expected.min())

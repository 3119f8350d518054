"""`chi_square` and `fisher_exact`: tests of a table of groups by levels of a variable, or by an event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.distributions import chi_square_upper_tail
from trialwright.analysis.methods.fisher import TooLargeError, compute_fisher
from trialwright.analysis.methods.options import ContingencyOptions
from trialwright.analysis.request import Cell, Floats, Integers, Request
from trialwright.results import Result


def analyze_chi_square(request: Request, options: ContingencyOptions) -> Iterator[Result]:
    """Pearson's chi-square without continuity correction; empty rows and columns are left out."""
    for variable in request.analysis.variables:
        columns = _columns(request, variable, options)
        for cell in request.cells(skip_first=True):
            table = _table(request, columns, cell)
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
        columns = _columns(request, variable, options)
        for cell in request.cells(skip_first=True):
            table = _table(request, columns, cell)
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


@dataclass(frozen=True, kw_only=True)
class _Columns:
    """The columns of the table.

    codes  for each record the column it counts in, -1 for none; with `event` 0 if it fulfils it, else 1
    size   how many columns there are
    """

    codes: Integers
    size: int
    are_events: bool = False


def _columns(request: Request, variable: str, options: ContingencyOptions) -> _Columns:
    """A column for each level of the variable that occurs, or for having an event and for having none."""
    if options.event is not None:
        return _Columns(codes=1 - np.array(request.holds(options.event), dtype=np.int64), size=2, are_events=True)
    if options.categories:
        texts, names = request.categories(options.categories), list(options.categories)
    else:
        texts, names = request.texts(variable), request.levels(variable)
    levels: dict[str | None, int] = {level: column for column, level in enumerate(names)}
    codes = np.array([levels.get(text, -1) for text in texts], dtype=np.int64)
    return _Columns(codes=codes, size=len(levels))


def _table(request: Request, columns: _Columns, cell: Cell) -> Integers:
    """Counts: one row for each level of the first grouping.

    With `event` they are of the subjects with a record that fulfils it and those without; records do not count.
    """
    rows = request.level_codes(cell.records)
    used = (rows >= 0) & (columns.codes >= 0)
    rows, codes = rows[used], columns.codes[used]
    if columns.are_events:
        # Of each subject in a row the least code: that of an event, if there is one.
        owners = rows * (request.subjects.height + 1) + request.subject_index[used]
        order = np.lexsort((codes, owners))
        _, first = np.unique(owners[order], return_index=True)
        rows, codes = rows[order][first], codes[order][first]
    counts = np.bincount(rows * columns.size + codes, minlength=len(request.compared.levels) * columns.size)
    return counts.astype(np.int64).reshape(len(request.compared.levels), columns.size)


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

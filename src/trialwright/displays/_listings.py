"""Listings of records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trialwright.analysis.layout import ListingColumnSpec, ListingSpec
from trialwright.displays._scope import Filler
from trialwright.displays._tables import compose_footnotes, warnings_of
from trialwright.displays.formats import refer
from trialwright.displays.model import Cell, HeaderCell, Row, Table
from trialwright.displays.widths import arrange
from trialwright.errors import PlanError, ResultError
from trialwright.results import Result

#: More decimals than this are not looked for in a column without a format.
_MAX_DECIMALS = 4


def compose_listing(spec: ListingSpec, filler: Filler) -> Table:
    """The listing that `spec` asks for: one row for each record, in the order of the results."""
    where = f"Display {spec.id}"
    index = filler.lookup.analysis(spec.analysis, where)
    analysis = filler.lookup.plan.analyses.get(spec.analysis)
    listed = index.variables or (analysis.variables if analysis else ())
    for column in spec.columns:
        if column.variable not in listed:
            raise PlanError(
                f"{where} has a column {column.variable}, which {spec.analysis} does not list. "
                f"It lists: {', '.join(listed)}."
            )
    records: dict[tuple[tuple[str, str], ...], dict[str, Result]] = {}
    for result in index.rows:
        if result.variable is not None:
            records.setdefault(result.groups, {})[result.variable] = result
            filler.used[result.result_id] = result
    columns = [_column_cells(column, list(records.values()), where) for column in spec.columns]
    rows = [Row(label=cells[0], cells=tuple(cells[1:])) for cells in zip(*columns, strict=True)]
    if not rows:
        rows = [Row(label=Cell((spec.empty,)), cells=(Cell(),) * (len(spec.columns) - 1))]
    table = Table(
        id=spec.id,
        title=spec.title,
        population=spec.population,
        headers=(tuple(HeaderCell(cell=Cell((column.header,))) for column in spec.columns),),
        rows=tuple(_without_repetition(rows, spec.columns)),
        footnotes=compose_footnotes(spec.footnotes, spec.id, spec.analysis_set, filler, spec.shows_warnings),
        section=spec.section,
        purpose=spec.purpose,
        is_listing=True,
        warnings=warnings_of(filler),
    )
    return arrange(
        table,
        widths=[column.width for column in spec.columns],
        alignments=[column.align for column in spec.columns],
        stubs=[False] * len(spec.columns),
        orientation=spec.orientation,
    )


def _column_cells(column: ListingColumnSpec, records: Sequence[dict[str, Result]], where: str) -> list[Cell]:
    values = [record.get(column.variable) for record in records]
    format = column.format or _fitting_format([value.stat for value in values if value is not None])
    cells = []
    for value in values:
        if value is None or (value.stat is None and not value.stat_text):
            cells.append(Cell())
            continue
        own = "text" if value.stat is None else format
        try:
            cells.append(Cell((refer(value, own),)))
        except ResultError as error:
            raise PlanError(f"{where}, column {column.variable}: {error}") from error
    return cells


def _fitting_format(values: Sequence[float | None]) -> str:
    """The format with just the decimals that the values of a column have."""
    decimals = 0
    for value in values:
        while value is not None and decimals < _MAX_DECIMALS and round(value, decimals) != round(value, _MAX_DECIMALS):
            decimals += 1
    return f".{decimals}"


def _without_repetition(rows: Sequence[Row], columns: Sequence[ListingColumnSpec]) -> list[Row]:
    """`rows` without what repeats the row above, in the columns at the left that say so."""
    count = next((number for number, column in enumerate(columns) if column.repeats), len(columns))
    if not count:
        return list(rows)
    above: list[str | None] = [None] * count
    thinned = []
    for row in rows:
        cells = [row.label, *row.cells]
        is_new = False
        for number in range(count):
            text = cells[number].text
            is_new = is_new or text != above[number]
            above[number] = text
            if not is_new:
                cells[number] = Cell()
        thinned.append(replace(row, label=cells[0], cells=tuple(cells[1:])))
    return thinned

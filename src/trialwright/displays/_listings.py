"""Listings of records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from trialwright.analysis.layout import ListingColumnSpec, ListingHeadingSpec, ListingSpec
from trialwright.displays._lookup import AnalysisIndex
from trialwright.displays._scope import Filler
from trialwright.displays._tables import compose_footnotes, warnings_of
from trialwright.displays.formats import refer
from trialwright.displays.model import Cell, HeaderCell, Part, Row, Table
from trialwright.displays.widths import arrange
from trialwright.errors import PlanError, ResultError
from trialwright.results import Result

#: More decimals than this are not looked for in a column without a format.
_MAX_DECIMALS = 4

#: Between the pieces of a heading.
_GAP = "    "

#: A variable, and the level of it where several stand side by side.
_Key: TypeAlias = tuple[str, str | None]
_Record: TypeAlias = Mapping[_Key, Result]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a listing a value stands, for formats and messages."""

    key: _Key
    format: str
    where: str

    def part(self, result: Result | None, fitting: str) -> Part:
        """The value as it is shown; empty words for a missing one."""
        if result is None or (result.stat is None and not result.stat_text):
            return ""
        try:
            return refer(result, "text" if result.stat is None else self.format or fitting)
        except ResultError as error:
            raise PlanError(f"{self.where}: {error}") from error


def compose_listing(spec: ListingSpec, filler: Filler) -> Table:
    """The listing that `spec` asks for: one row for each record, in the order of the results."""
    where = f"Display {spec.id}"
    index = filler.lookup.analysis(spec.analysis, where)
    _check_variables(spec, filler, index, where)
    records: dict[tuple[tuple[str, str], ...], dict[_Key, Result]] = {}
    for result in index.rows:
        if result.variable is not None:
            records.setdefault(result.groups, {})[result.variable, result.variable_level] = result
            filler.used[result.result_id] = result
    found = list(records.values())
    columns = [_parts_of(_of_column(column, where), found) for column in spec.columns]
    rows = [
        Row(label=cells[0], cells=tuple(cells[1:]))
        for cells in ([_cell(part) for part in parts] for parts in zip(*columns, strict=True))
    ]
    if rows:
        rows = _arranged(rows, spec, found, where)
    else:
        rows = [Row(label=Cell((spec.empty,)), cells=(Cell(),) * (len(spec.columns) - 1))]
    notes = compose_footnotes(spec.footnotes, spec.id, spec.analysis_set, filler, spec.shows_warnings)
    table = Table(
        id=spec.id,
        title=spec.title,
        population=spec.population,
        headers=(tuple(HeaderCell(cell=Cell((column.header,))) for column in spec.columns),),
        rows=tuple(rows),
        footnotes=(*notes, *_abbreviations(spec)),
        section=spec.section,
        purpose=spec.purpose,
        is_listing=True,
        is_separate=spec.is_separate,
        warnings=warnings_of(filler),
    )
    return arrange(
        table,
        widths=[column.width for column in spec.columns],
        alignments=[column.align for column in spec.columns],
        stubs=[False] * len(spec.columns),
        orientation=spec.orientation,
    )


def _check_variables(spec: ListingSpec, filler: Filler, index: AnalysisIndex, where: str) -> None:
    analysis = filler.lookup.plan.analyses.get(spec.analysis)
    listed = dict.fromkeys((*index.variables, *(analysis.variables if analysis is not None else ())))
    named = [("column", column.variable) for column in spec.columns]
    named += [("heading", piece.variable) for piece in spec.heading]
    for what, variable in named:
        if variable not in listed:
            raise PlanError(
                f"{where} has a {what} {variable}, which {spec.analysis} does not list. It lists: {', '.join(listed)}."
            )
    across = index.variables_with_levels
    for column in spec.columns:
        if column.level is None and column.variable in across:
            raise PlanError(
                f"{where} has a column {column.variable}, which {spec.analysis} gives for each level of a variable: "
                f"name its 'level'."
            )


def _of_column(column: ListingColumnSpec, where: str) -> _Place:
    return _Place((column.variable, column.level), column.format, f"{where}, column {column.variable}")


def _of_heading(piece: ListingHeadingSpec, where: str) -> _Place:
    return _Place((piece.variable, None), piece.format, f"{where}, heading {piece.variable}")


def _parts_of(place: _Place, records: Sequence[_Record]) -> list[Part]:
    """What stands in one place, for each record."""
    values = [record.get(place.key) for record in records]
    fitting = "" if place.format else _fitting_format([value.stat for value in values if value is not None])
    return [place.part(value, fitting) for value in values]


def _cell(part: Part) -> Cell:
    return Cell((part,)) if part else _EMPTY


_EMPTY = Cell()


def _fitting_format(values: Sequence[float | None]) -> str:
    """The format with just the decimals that the values of a column have."""
    decimals = 0
    for value in set(values):
        while value is not None and decimals < _MAX_DECIMALS and round(value, decimals) != round(value, _MAX_DECIMALS):
            decimals += 1
    return f".{decimals}"


def _arranged(rows: Sequence[Row], spec: ListingSpec, records: Sequence[_Record], where: str) -> list[Row]:
    """`rows` under their headings; what repeats the row above is left out, anew under each heading."""
    if not spec.heading:
        return _without_repetition(rows, spec.columns)
    pieces = [_parts_of(_of_heading(piece, where), records) for piece in spec.heading]
    arranged: list[Row] = []
    start = 0
    labels = [_heading(spec.heading, parts) for parts in zip(*pieces, strict=True)]
    for end in range(1, len(rows) + 1):
        if end == len(rows) or labels[end].text != labels[start].text:
            arranged.append(Row(label=labels[start], cells=(_EMPTY,) * (len(spec.columns) - 1), is_group=True))
            arranged += _without_repetition(rows[start:end], spec.columns)
            start = end
    return arranged


def _heading(pieces: Sequence[ListingHeadingSpec], values: Sequence[Part]) -> Cell:
    """`Subject: 01-701-1015    Age (years): 63`; pieces without a value are left out."""
    parts: list[Part] = []
    for piece, value in zip(pieces, values, strict=True):
        if value:
            words = (_GAP if parts else "") + (f"{piece.header}: " if piece.header else "")
            parts += [words, value] if words else [value]
    return Cell(tuple(parts))


def _abbreviations(spec: ListingSpec) -> tuple[tuple[Part, ...], ...]:
    if not spec.abbreviations:
        return ()
    return (("; ".join(f"{short} = {meaning}" for short, meaning in spec.abbreviations.items()) + ".",),)


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
                cells[number] = _EMPTY
        thinned.append(replace(row, label=cells[0], cells=tuple(cells[1:])))
    return thinned

"""Tables as JSON: title, population, headers, rows with label and cells as shown, footnotes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

from trialwright.displays.model import HeaderCell, Row, Table, parts_text


class RowJson(TypedDict):
    """A row: its label, and its other cells as shown."""

    label: str
    cells: list[str]


class TableJson(TypedDict):
    """A table; a header over several columns is its text, followed by one empty text for each further column."""

    table: str
    title: str
    population: str
    column_headers: list[list[str]]
    rows: list[RowJson]
    footnotes: list[str]


def display_to_json(table: Table) -> TableJson:
    """What a reader sees of `table`, with the spaces of its formats."""
    return TableJson(
        table=table.id,
        title=table.title,
        population=table.population,
        column_headers=[_header_texts(row) for row in table.headers],
        rows=[_row(row) for row in table.rows],
        footnotes=[parts_text(note) for note in table.footnotes],
    )


def write_display_json(table: Table, path: Path) -> None:
    """Write `table` to `path` as JSON in UTF-8."""
    text = json.dumps(display_to_json(table), ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def _header_texts(row: tuple[HeaderCell, ...]) -> list[str]:
    return [text for header in row for text in (header.cell.text, *[""] * (header.span - 1))]


def _row(row: Row) -> RowJson:
    return RowJson(label=row.label.text, cells=[cell.text for cell in row.cells])

"""From a place in a document, as a reader can name it, to the results that stand there."""

from __future__ import annotations

import re

from trialwright.documents.manifest import Manifest, TableEntry
from trialwright.errors import DocumentError

_CONTROL = re.compile(r"r\d{4,}")
_OF_DOCUMENT = re.compile(r"(?P<document>[A-Za-z][\w-]*):(?P<control>r\d{4,})")
_CELL = re.compile(r"(?P<table>[^:]+):(?P<row>\d+):(?P<column>\d+)")


def is_place(text: str) -> bool:
    """Whether `text` names a place rather than a result: a content control (`r0042`, `narratives:r0042`) or a cell."""
    forms = (_CONTROL, _OF_DOCUMENT, _CELL)
    return "/" not in text and any(form.fullmatch(text) for form in forms)


def split_place(place: str) -> tuple[str, str]:
    """The name of the document that `place` names, empty if it names none, and the place in it."""
    found = _OF_DOCUMENT.fullmatch(place)
    return (found["document"], found["control"]) if found else ("", place)


def results_at(manifest: Manifest, place: str) -> tuple[str, ...]:
    """Names of the results, or of the values of records, at `place` of the document as written, in reading order.

    place  a content control by its identifier: `r0042`; or a cell as table:row:column: `14-5.01:3:2`, rows counted from
           1 below the column headers, columns from 1 at the row labels

    Raises `DocumentError` for a place that the document does not have, that shows a fact of the study definition, or
    that shows no result.
    """
    if _CONTROL.fullmatch(place):
        return _of_control(manifest, place)
    cell = _CELL.fullmatch(place)
    if cell is None:
        raise DocumentError(
            f"{place!r} is no place in a document. Name a content control (r0042), "
            "or a cell as table:row:column (14-5.01:3:2)."
        )
    return _of_cell(manifest, cell["table"], int(cell["row"]), int(cell["column"]))


def _of_control(manifest: Manifest, identifier: str) -> tuple[str, ...]:
    for reference in manifest.references:
        if reference.id == identifier:
            if reference.kind == "fact":
                raise DocumentError(
                    f"{identifier} of {manifest.docx} shows {reference.shown!r}, which is no result: it is a fact of "
                    f"the study definition or the plan, {reference.source}."
                )
            return tuple(source for source, _ in reference.record_values) or (reference.source,)
    raise DocumentError(
        f"{manifest.docx} has no content control {identifier}. "
        f"Its controls are {manifest.references[0].id} to {manifest.references[-1].id}."
        if manifest.references
        else f"{manifest.docx} has no content control {identifier}: it shows no result in its text."
    )


def _of_cell(manifest: Manifest, number: str, row: int, column: int) -> tuple[str, ...]:
    table = next((table for table in manifest.tables if table.number == number), None)
    if table is None:
        numbers = ", ".join(table.number for table in manifest.tables)
        raise DocumentError(f"{manifest.docx} has no table {number}. It has: {numbers or 'none'}.")
    headers = len(table.header_spans)
    body = table.grid[headers:]
    columns = max((len(cells) for cells in body), default=0)
    if not (1 <= row <= len(body) and 1 <= column <= columns):
        raise DocumentError(
            f"Table {number} of {manifest.docx} has rows 1 to {len(body)} below its column headers and columns "
            f"1 to {columns}, the row labels being column 1: {number}:{row}:{column} is outside."
        )
    found = tuple(cell[2] for cell in table.references if (cell[0], cell[1]) == (headers + row - 1, column - 1))
    if not found:
        raise DocumentError(f"{_cell_name(table, row, column)} shows no result, but {body[row - 1][column - 1]!r}.")
    return found


def _cell_name(table: TableEntry, row: int, column: int) -> str:
    return f"Row {row}, column {column} of table {table.number}"

"""Which cells of the tables change when they are made of other analysis datasets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Annotated, Any

from bench.pilot.compare import TABLES
from pydantic import BeforeValidator

from trialwright.marked_yaml import Border, Problems, Text, read_yaml, validate


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


class CellClass(Border):
    """Why cells change: those of the tables in whose rows (`row`, a regular expression of the label; all if empty)."""

    table: Annotated[list[Text], BeforeValidator(_as_list)]
    row: str = ""
    reason: str

    def explains(self, cell: ChangedCell) -> bool:
        """Whether it is about the cell."""
        return cell.table in self.table and (not self.row or re.search(self.row, cell.row) is not None)


class CellsFile(Border):
    """The file with all reasons."""

    cells: list[CellClass]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedCell:
    """A cell that differs; `column` is empty for a row that only one side has."""

    table: str
    row: str
    column: str
    ours: str
    original: str


def read_cell_classes(path: Path) -> list[CellClass]:
    """The reasons; raises `PlanError` with the place of what is wrong."""
    problems = Problems()
    read = validate(read_yaml(path), CellsFile, problems)
    problems.raise_if_any()
    return list(read.cells) if read is not None else []


def changed_cells(ours: Path, original: Path, tables: Sequence[str] = TABLES) -> list[ChangedCell]:
    """The differing cells of all tables; both folders hold displays as JSON."""
    return [
        cell
        for table in tables
        for cell in _of_table(table, _read(ours / f"{table}.json"), _read(original / f"{table}.json"))
    ]


def count_cells(displays: Path, tables: Sequence[str] = TABLES) -> int:
    """How many cells the tables have."""
    return sum(len(row["cells"]) for table in tables for row in _read(displays / f"{table}.json")["rows"])


def _read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def _of_table(table: str, ours: Mapping[str, Any], original: Mapping[str, Any]) -> Iterator[ChangedCell]:
    if ours["column_headers"] != original["column_headers"]:
        shown = [" | ".join(_column_names(one["column_headers"])) for one in (ours, original)]
        yield ChangedCell(table=table, row="(headers)", column="", ours=shown[0], original=shown[1])
    columns = _column_names(ours["column_headers"])
    our_rows, their_rows = ours["rows"], original["rows"]
    our_names, their_names = _row_names(our_rows), _row_names(their_rows)
    for what, i1, i2, j1, j2 in SequenceMatcher(a=our_names, b=their_names, autojunk=False).get_opcodes():
        if what == "equal":
            for name, our_row, their_row in zip(our_names[i1:i2], our_rows[i1:i2], their_rows[j1:j2], strict=True):
                yield from _of_row(table, name, columns, our_row["cells"], their_row["cells"])
            continue
        for name in our_names[i1:i2]:
            yield ChangedCell(table=table, row=name, column="", ours="row", original="-")
        for name in their_names[j1:j2]:
            yield ChangedCell(table=table, row=name, column="", ours="-", original="row")


def _row_names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each row is about: its label under those of the rows that it is indented below or continues."""
    above: list[tuple[int, str]] = []
    names = []
    for row in rows:
        label, first = row["label"], next(iter(row["cells"]), "")
        depth = len(label) - len(label.lstrip())
        if label.strip():
            above = [(at, text) for at, text in above if at < depth] + [(depth, label.strip())]
            names.append(", ".join(text for _, text in above))
        else:
            names.append(", ".join([*(text for _, text in above), first.strip()]).strip(", "))
    return names


def _column_names(headers: Sequence[Sequence[str]]) -> list[str]:
    """The headers of each column, the upper ones before the lower ones; an empty upper one goes on to the right."""
    names = [""] * max((len(line) for line in headers), default=0)
    for position, line in enumerate(headers):
        spanning = ""
        for column, text in enumerate(line):
            spanning = text or (spanning if position < len(headers) - 1 and column else "")
            names[column] = " ".join(f"{names[column]} {spanning}".split())
    return names


def _of_row(
    table: str, name: str, columns: Sequence[str], ours: Sequence[str], original: Sequence[str]
) -> Iterator[ChangedCell]:
    # The first header is that of the labels, where there is one more than cells.
    shift = max(len(columns) - len(ours), 0)
    for position, (cell, other) in enumerate(zip(ours, original, strict=True), start=shift):
        if cell != other:
            column = columns[position] if position < len(columns) else f"column {position + 1}"
            yield ChangedCell(table=table, row=name, column=column, ours=cell, original=other)

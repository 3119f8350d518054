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
    for position, (header, other) in enumerate(
        zip(ours["column_headers"], original["column_headers"], strict=False), start=1
    ):
        if header != other:
            yield ChangedCell(table=table, row="(headers)", column=str(position), ours=str(header), original=str(other))
    our_rows, their_rows = ours["rows"], original["rows"]
    labels = [[row["label"] for row in rows] for rows in (our_rows, their_rows)]
    for what, i1, i2, j1, j2 in SequenceMatcher(a=labels[0], b=labels[1], autojunk=False).get_opcodes():
        if what == "equal":
            for our_row, their_row in zip(our_rows[i1:i2], their_rows[j1:j2], strict=True):
                yield from _of_row(table, ours["column_headers"], our_row, their_row)
            continue
        for row in our_rows[i1:i2]:
            yield ChangedCell(table=table, row=row["label"], column="", ours="row", original="-")
        for row in their_rows[j1:j2]:
            yield ChangedCell(table=table, row=row["label"], column="", ours="-", original="row")


def _of_row(
    table: str, headers: Sequence[Any], ours: Mapping[str, Any], original: Mapping[str, Any]
) -> Iterator[ChangedCell]:
    for position, (cell, other) in enumerate(zip(ours["cells"], original["cells"], strict=True)):
        if cell != other:
            # The first header is that of the labels, where there is one for each cell and one more.
            shift = len(headers) - len(ours["cells"])
            header = headers[position + shift] if 0 <= shift <= 1 else f"column {position + 1}"
            name = " ".join(str(header).split())
            yield ChangedCell(table=table, row=ours["label"].strip(), column=name, ours=cell, original=other)

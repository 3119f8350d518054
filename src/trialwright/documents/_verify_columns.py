"""Columns of a table that were taken out, put in, or moved: told once, not once for every cell."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from trialwright.documents import rules
from trialwright.documents._current import plain
from trialwright.findings import Finding

Column = tuple[str, ...]


def column_findings(place: str, expected: Sequence[Sequence[str]], found: Sequence[Sequence[str]]) -> list[Finding]:
    """What became of a table's columns, where nothing else in it has changed; else nothing.

    place            how a reader calls the table
    expected, found  its rows; only those with a cell in every column count, since spanning cells adapt
    """
    written, there = _columns(expected), _columns(found)
    if written == there or not written or not there or len(written[0]) != len(there[0]):
        return []
    missing: list[int] = []
    added: list[int] = []
    for kind, first, last, other_first, other_last in SequenceMatcher(
        None, written, there, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            continue
        missing += range(first, last)
        added += range(other_first, other_last)
    moved = [(old, new) for old in missing for new in added if written[old] == there[new]]
    missing = [column for column in missing if column not in {old for old, _ in moved}]
    added = [column for column in added if column not in {new for _, new in moved}]
    if missing and added:
        return []  # cells were edited: they are compared one by one
    return [
        *(_missing(place, column, written[column]) for column in missing),
        *(_added(place, column, there[column]) for column in added),
        *(_moved(place, old, new, written[old]) for old, new in moved),
    ]


def _columns(rows: Sequence[Sequence[str]]) -> list[Column]:
    width = max((len(row) for row in rows), default=0)
    # A group's heading spans the table: written with empty cells behind it, read without.
    full = [tuple(map(plain, row)) for row in rows if len(row) == width and any(row[1:])]
    return list(zip(*full, strict=True))


def _named(column: int, cells: Column) -> str:
    return repr(cells[0]) if cells[0] else f"{column + 1}"


def _evidence(cells: Column) -> str:
    return f"{' | '.join(cells[:5])}{' | ...' if len(cells) > 5 else ''}"


def _missing(place: str, column: int, cells: Column) -> Finding:
    return Finding.of(
        rules.MISSING_COLUMN,
        where=f"{place}, column {_named(column, cells)}",
        message=f"Column {column + 1} of {place} is missing.",
        evidence=f"expected {_evidence(cells)!r}",
        remedy="Put the column back; to leave it out, change the table in the plan.",
    )


def _added(place: str, column: int, cells: Column) -> Finding:
    return Finding.of(
        rules.ADDED_COLUMN,
        where=f"{place}, column {_named(column, cells)}",
        message=f"Column {column + 1} of {place} was not in the table as it was written.",
        evidence=f"found {_evidence(cells)!r}",
        remedy="Delete the column; to have it, add it to the table in the plan.",
    )


def _moved(place: str, old: int, new: int, cells: Column) -> Finding:
    return Finding.of(
        rules.MOVED_COLUMN,
        where=f"{place}, column {_named(old, cells)}",
        message=f"Column {old + 1} of {place} stands elsewhere now: it is column {new + 1}.",
        evidence=f"found {_evidence(cells)!r}",
        remedy="Put the column back in its place; to have another order, change the table in the plan.",
    )

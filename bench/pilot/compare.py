"""Compares the tables that the pilot's study folder shows with those of the study's report, cell by cell.

    python bench/pilot/compare.py [--ours build/pilot/displays] [--theirs ../shared/data/cdiscpilot01/tables]

Prints every difference and exits with 1 if there is one. Where the report gives no cells, headers, labels and footnotes
are compared.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

#: The tables of the report.
TABLES = (
    "14-1.01",
    "14-1.02",
    "14-1.03",
    "14-2.01",
    *(f"14-3.{number:02}" for number in range(1, 14)),
    "14-4.01",
    "14-5.01",
    "14-5.02",
    *(f"14-6.{number:02}" for number in range(1, 7)),
    *(f"14-7.{number:02}" for number in range(1, 5)),
)


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    """What our table shows otherwise than theirs; what theirs does not give is not compared."""
    for key in ("title", "population", "column_headers", "footnotes"):
        if ours[key] != theirs[key]:
            yield f"{key}: {ours[key]!r} is to be {theirs[key]!r}"
    our_rows, their_rows = ours["rows"], theirs["rows"]
    if len(our_rows) != len(their_rows):
        yield f"{len(our_rows)} rows are to be {len(their_rows)}"
    for number, (our_row, their_row) in enumerate(zip(our_rows, their_rows, strict=False), start=1):
        yield from _row_differences(number, our_row, their_row)


def _row_differences(number: int, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    if ours["label"] != theirs["label"]:
        yield f"row {number}, label: {ours['label']!r} is to be {theirs['label']!r}"
    if "cells" not in theirs:
        return
    if len(ours["cells"]) != len(theirs["cells"]):
        yield f"row {number} ({theirs['label']!r}): {len(ours['cells'])} cells are to be {len(theirs['cells'])}"
    for column, (our_cell, their_cell) in enumerate(zip(ours["cells"], theirs["cells"], strict=False), start=1):
        if our_cell != their_cell:
            yield f"row {number} ({theirs['label']!r}), cell {column}: {our_cell!r} is to be {their_cell!r}"


def compare(ours: Path, theirs: Path, tables: Sequence[str] = TABLES) -> dict[str, list[str]]:
    """The differences of each table, by its number; a table that is not there is a difference."""
    found: dict[str, list[str]] = {}
    for table in tables:
        expected = json.loads((theirs / f"{table}.json").read_text(encoding="utf-8"))
        path = ours / f"{table}.json"
        if not path.exists():
            found[table] = [f"there is no {path}"]
            continue
        found[table] = list(differences(json.loads(path.read_text(encoding="utf-8")), expected))
    return found


def cells_given(path: Path) -> int:
    """How many cells a table of the report gives."""
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return sum(len(row.get("cells", ())) for row in rows)


def main() -> int:
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=Path, default=root / "build" / "pilot" / "displays")
    parser.add_argument("--theirs", type=Path, default=root.parent / "shared" / "data" / "cdiscpilot01" / "tables")
    arguments = parser.parse_args()
    found = compare(arguments.ours, arguments.theirs)
    for table, lines in found.items():
        given = cells_given(arguments.theirs / f"{table}.json")
        compared = f"{given} cells" if given else "headers, labels and footnotes (the report's cells are not given)"
        print(f"{table}: {len(lines)} differences in {compared}" if lines else f"{table}: equal in {compared}")
        for line in lines:
            print(f"  {line}")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

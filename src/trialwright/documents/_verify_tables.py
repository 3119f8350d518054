"""Tables of a document against their grids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from trialwright.documents import rules
from trialwright.documents._current import CurrentResults, plain
from trialwright.documents._percentages import percentage_follows
from trialwright.documents._verify_columns import column_findings
from trialwright.documents.docx_reader import DocxContent, DocxTable
from trialwright.documents.manifest import CellReference, Manifest, TableEntry
from trialwright.findings import Finding

_MOST_FINDINGS = 40
_ALIKE = 0.6
_INNER_SPACE = re.compile(r"(?<=[(\[<>=]) | (?=[)\]%])")
_SIZE = re.compile(r"\bN\s*=\s*(\d+)")
_COUNT = re.compile(r"(?P<n>\d+)\s*\(\s*(?P<sign>[<>]?)\s*(?P<percent>\d+(?:\.\d+)?)\s*(?P<mark>%?)\s*\)")

GridRow = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedTable:
    """A table of the manifest and the table (its position) that is it."""

    entry: TableEntry
    position: int


def match_tables(manifest: Manifest, content: DocxContent) -> tuple[list[MatchedTable], list[Finding]]:
    """Which table of the document is which of the manifest; findings for those lost, doubled or without a name."""
    by_bookmark = {entry.bookmark: entry for entry in manifest.tables}
    by_anchor = {entry.anchor: entry for entry in manifest.tables}
    places: dict[str, list[int]] = {}
    unnamed = []
    for position, table in enumerate(content.tables):
        entry = _named(table.bookmarks, by_bookmark) or _named(table.captions, by_anchor)
        if entry is None:
            unnamed.append(position)
        else:
            places.setdefault(entry.anchor, []).append(position)
    matched, findings = [], []
    for entry in manifest.tables:
        found = places.get(entry.anchor, [])
        if not found:
            alike = next((position for position in unnamed if _is_alike(entry, content.tables[position])), None)
            if alike is None:
                findings.append(_missing(entry))
                continue
            unnamed.remove(alike)
            findings.append(_lost_anchor(entry))
            found = [alike]
        if len(found) > 1:
            findings.append(_duplicate(entry, len(found)))
        matched += [MatchedTable(entry=entry, position=position) for position in found]
    return matched, findings


def _named(names: Sequence[str], entries: dict[str, TableEntry]) -> TableEntry | None:
    return next((entries[name] for name in names if name in entries), None)


def _is_alike(entry: TableEntry, table: DocxTable) -> bool:
    expected = {tuple(map(plain, row)) for row in entry.grid}
    found = {tuple(map(plain, row)) for row in table.rows}
    return len(expected & found) >= _ALIKE * len(expected)


def _place(entry: TableEntry) -> str:
    return f"{entry.kind.capitalize()} {entry.number}"


def _missing(entry: TableEntry) -> Finding:
    return Finding.of(
        rules.MISSING_TABLE,
        where=_place(entry),
        message=f"{_place(entry)} ({entry.title}) is not in the document.",
        remedy="Put it back from the document as it was written, or write the document again without it.",
    )


def _lost_anchor(entry: TableEntry) -> Finding:
    return Finding.of(
        rules.LOST_ANCHOR,
        where=_place(entry),
        message=f"{_place(entry)} was found by its contents only: its bookmark and its caption's control are gone.",
        remedy="Restore the caption; a table that is both changed and unnamed cannot be verified.",
    )


def _duplicate(entry: TableEntry, count: int) -> Finding:
    return Finding.of(
        rules.DUPLICATE_TABLE,
        where=_place(entry),
        message=f"{_place(entry)} stands in the document {count} times.",
        remedy="Keep one, and refer to it from the other places.",
    )


def check_table(entry: TableEntry, table: DocxTable, current: CurrentResults) -> list[Finding]:
    """Cells, rows and percentages of one table; at most 40 findings, then one that says how many more."""
    expected = [_row(row) for row in entry.grid]
    found = [_row(row) for row in table.rows]
    findings = [] if expected == found else column_findings(_place(entry), entry.grid, table.rows)
    if findings:  # Every cell behind the column stands elsewhere: comparing them would tell the same again.
        return findings
    findings = list(_differences(entry, expected, found)) if expected != found else []
    findings += _percentages(entry, expected, found, current)
    if len(findings) <= _MOST_FINDINGS:
        return findings
    more = len(findings) - _MOST_FINDINGS
    findings = findings[:_MOST_FINDINGS]
    findings.append(
        Finding.of(
            rules.CHANGED_CELL,
            where=_place(entry),
            message=f"{_place(entry)} has {more} more differences, which are not listed.",
            remedy="Put the table back from the document as it was written.",
        )
    )
    return findings


def _row(cells: Sequence[str]) -> GridRow:
    """A row as it is compared: spaces alike, no empty cells at the end (a group's heading spans the table)."""
    row = [" ".join(cell.split()) for cell in cells]
    while row and not row[-1]:
        row.pop()
    return tuple(row)


def _differences(entry: TableEntry, expected: list[GridRow], found: list[GridRow]) -> Iterator[Finding]:
    missing: list[int] = []
    added: list[int] = []
    for kind, first, last, other_first, other_last in SequenceMatcher(
        None, expected, found, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            continue
        pairs = min(last - first, other_last - other_first)
        for step in range(pairs):
            yield from _changed_cells(entry, first + step, expected[first + step], found[other_first + step])
        missing += range(first + pairs, last)
        added += range(other_first + pairs, other_last)
    for row in missing:
        place = f"{_place(entry)}, row {_label(entry, row, expected[row])}"
        moved = next((other for other in added if found[other] == expected[row]), None)
        if moved is not None:
            added.remove(moved)
            yield Finding.of(
                rules.MOVED_ROW,
                where=place,
                message=f"Row {row + 1} of {_place(entry)} stands elsewhere now: it is row {moved + 1}.",
                evidence=f"found {' | '.join(expected[row])!r}",
                remedy="Put the row back in its place; to have another order, change the table in the plan.",
            )
            continue
        yield Finding.of(
            rules.MISSING_ROW,
            where=place,
            message=f"Row {row + 1} of {_place(entry)} is missing.",
            evidence=f"expected {' | '.join(expected[row])!r}",
            remedy="Put the row back; to leave it out, change the table in the plan.",
        )
    for row in added:
        yield Finding.of(
            rules.ADDED_ROW,
            where=f"{_place(entry)}, row {_label(entry, row, found[row])}",
            message=f"Row {row + 1} of {_place(entry)} was not in the table as it was written.",
            evidence=f"found {' | '.join(found[row])!r}",
            remedy="Delete the row; to have it, add it to the table in the plan.",
        )


def _label(entry: TableEntry, row: int, cells: GridRow) -> str:
    """How a reader calls a row: by its first cell, else by its number."""
    if cells and cells[0]:
        return repr(cells[0])
    return f"{row + 1} (header)" if row < len(entry.header_spans) else f"{row + 1}"


def _changed_cells(entry: TableEntry, row: int, expected: GridRow, found: GridRow) -> Iterator[Finding]:
    width = max(len(expected), len(found))
    references = _references_of_row(entry, row)
    for column in range(width):
        wanted = expected[column] if column < len(expected) else ""
        there = found[column] if column < len(found) else ""
        if _INNER_SPACE.sub("", wanted) == _INNER_SPACE.sub("", there):
            continue
        names = ", ".join(reference[2] for reference in references if reference[1] == column)
        place = f"row {_label(entry, row, expected)}, {_column(entry, column)}"
        yield Finding.of(
            rules.CHANGED_CELL,
            where=f"{_place(entry)}, {place}",
            message=f"The cell at row {row + 1}, column {column + 1} differs from what was written.",
            evidence=f"expected {wanted!r}, found {there!r}" + (f"; results: {names}" if names else ""),
            remedy="Restore the cell; if the result is wrong, correct the data or the analysis and write again.",
        )


def _references_of_row(entry: TableEntry, row: int) -> list[CellReference]:
    return [reference for reference in entry.references if reference[0] == row]


def _header(entry: TableEntry, column: int) -> str:
    """The header over a column, from the last row of headers; empty if it has none."""
    if not entry.header_spans:
        return ""
    place = 0
    for text, span in zip(entry.grid[len(entry.header_spans) - 1], entry.header_spans[-1], strict=False):
        if place <= column < place + span:
            return plain(text)
        place += span
    return ""


def _column(entry: TableEntry, column: int) -> str:
    """How a reader calls a column: by its header, else by its number."""
    header = _header(entry, column)
    return f"column {header!r}" if header else f"column {column + 1}"


def _column_sizes(entry: TableEntry, found: list[GridRow]) -> dict[int, int]:
    """N of each column whose header, as found, says so: `(N=86)`."""
    sizes = {}
    for row, spans in zip(found, entry.header_spans, strict=False):
        place = 0
        for text, span in zip(row, spans, strict=False):
            said = _SIZE.search(text)
            if said is not None:
                sizes.update(dict.fromkeys(range(place, place + span), int(said[1])))
            place += span
    return sizes


def _percentages(
    entry: TableEntry, expected: list[GridRow], found: list[GridRow], current: CurrentResults
) -> Iterator[Finding]:
    """Cells `n (p%)` whose percentage does not follow.

    N is the result of that name beside p; else what n and p of the manifest imply; else the column's `(N=...)`.
    """
    proportions: dict[tuple[int, int], CellReference] = {}
    counts: dict[tuple[int, int], CellReference] = {}
    for reference in entry.references:
        stat = reference[2].rpartition("/")[2]
        if stat == "p" and reference[3].startswith("%"):
            proportions[reference[:2]] = reference
        elif stat == "n":
            counts.setdefault(reference[:2], reference)
    sizes: dict[int, int] | None = None
    for row in range(len(entry.header_spans), len(found)):
        # The references of a row hold for it only while it stands where it stood.
        is_as_written = len(expected) == len(found) and expected[row][:1] == found[row][:1]
        for column, text in enumerate(found[row]):
            if "(" not in text:
                continue
            place = (row, column)
            shown = _COUNT.fullmatch(text)
            if shown is None or not (shown["mark"] or (is_as_written and place in proportions)):
                continue
            total: float | None = None
            if is_as_written and place in proportions:
                total = _denominator(proportions[place], counts.get(place), current)
            if total is None:
                sizes = _column_sizes(entry, found) if sizes is None else sizes
                total = sizes.get(column)
            if total is None or percentage_follows(int(shown["n"]), total, shown["percent"], shown["sign"]):
                continue
            yield Finding.of(
                rules.PERCENTAGE,
                where=f"{_place(entry)}, row {_label(entry, row, found[row])}, {_column(entry, column)}",
                message=f"{shown['n']} of {total:g} is not {shown['sign']}{shown['percent']}%.",
                evidence=f"found {text!r}; {shown['n']}/{total:g} = {_exact(int(shown['n']), total)}",
                remedy="Restore the cell, or correct the analysis that counts it.",
            )


def _exact(count: int, total: float) -> str:
    return f"{100 * count / total:.3f}%" if total else "undefined"


def _denominator(proportion: CellReference, count: CellReference | None, current: CurrentResults) -> float | None:
    size = current.value(proportion[2].rpartition("/")[0] + "/N")
    if size is not None:
        return size
    value = proportion[4]
    if count is None or not value or not count[4]:
        return None
    implied = count[4] / value
    return float(round(implied)) if abs(implied - round(implied)) < 1e-6 * implied else implied

"""A Dataset-JSON file taken apart: its attributes, and its rows in pieces, whichever of its two forms it has."""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from trialwright.errors import DataError
from trialwright.findings import Finding
from trialwright.standards.formats import dataset_json_rules as rules
from trialwright.standards.formats._json_rows import Bytes, Cells, take_apart

#: Bytes of rows that are taken apart at once.
_PIECE = 1 << 22
_ROWS = re.compile(rb'"rows"\s*:\s*\[')
_COMMA = re.compile(rb"\s*,")
_TAIL = re.compile(rb"\]\s*\}\s*\Z")


class Source:
    """One file. `attributes` are those of the dataset, without `rows`; `findings` grow while the rows pass by.

    Raises `DataError` if there is no such file, or if it is no JSON.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.findings: list[Finding] = []
        self.row_count = 0
        self._content = _content(path)
        self.is_ndjson, self.attributes, self._start, self._end = self._parts()
        self.has_rows = self._end >= 0

    def _parts(self) -> tuple[bool, dict[str, object], int, int]:
        """Whether it is NDJSON, the attributes, and where the rows begin and end (-1 if there are none)."""
        content = self._content
        newline = content.find(b"\n")
        line = content[: newline if newline >= 0 else len(content)]
        if self.path.suffix.lower() == ".ndjson" or _follows_an_array(content, newline):
            attributes = self._object(line, "line 1 ")
            return True, attributes, len(line) + 1, max(len(content), len(line) + 1)
        mark, tail = _ROWS.search(content), _TAIL.search(content, max(len(content) - 4096, 0))
        if mark is not None and tail is not None and tail.start() >= mark.end():
            head = content[: mark.start()].rstrip()
            try:
                attributes = json.loads(head.removesuffix(b",") + b"}")
                if "columns" in attributes:
                    return False, attributes, mark.end(), tail.start()
            except (ValueError, RecursionError):
                pass  # rows are within something else
        # Rows do not come last, or there are none: the whole is read at once.
        attributes = self._object(content[:], "")
        rows = attributes.get("rows")
        if "rows" not in attributes:
            return False, attributes, 0, -1
        if not isinstance(rows, list):
            return False, attributes, 0, 0
        self._content = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        return False, attributes, 1, len(self._content) - 1

    def _object(self, content: bytes, what: str) -> dict[str, object]:
        value = self._json(content, what)
        if not isinstance(value, dict):
            raise DataError(
                f"{self.path} is no Dataset-JSON: {what or 'it '}is no object with the dataset's attributes. "
                "Name a file of Dataset-JSON 1.1."
            )
        return value

    def _json(self, content: bytes, what: str) -> object:
        try:
            return json.loads(content, parse_constant=_refuse_constant)
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self.path} is not in UTF-8: byte {error.start:,} cannot be read ({error.reason}). "
                "Dataset-JSON is always in UTF-8; have it written anew."
            ) from error
        except (ValueError, RecursionError) as error:
            raise DataError(
                f"{self.path} is no JSON that can be read: {what}{error}. "
                "It is damaged, not whole or another kind of file; bring the whole file."
            ) from error

    def pieces(self, columns: int) -> Iterator[tuple[int, Cells]]:
        """The rows in pieces: the number of the first (from 0), and where the values lie.

        A row that is none is left out, one with too few or too many values is filled up or shortened, a value that is
        none becomes null; each is a finding.
        """
        yield from self._pieces_of_lines(columns) if self.is_ndjson else self._pieces_of_array(columns)

    def _pieces_of_lines(self, columns: int) -> Iterator[tuple[int, Cells]]:
        place = self._start
        while place < len(self._content):
            end = place + _PIECE
            newline = self._content.find(b"\n", end) if end < len(self._content) else -1
            end = newline if newline >= 0 else len(self._content)
            lines = self._content[place:end].rstrip()
            if b"\r" in lines:
                lines = lines.replace(b"\r\n", b"\n")
            place = end + 1
            if not lines:
                continue
            parts = take_apart(_bytes(lines.replace(b"\n", b",")), columns)
            if parts is not None:
                yield self._counted(parts[0])
            else:
                yield self._repaired([self._line(line) for line in lines.split(b"\n")], columns)

    def _line(self, line: bytes) -> object:
        try:
            return json.loads(line, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            return error

    def _pieces_of_array(self, columns: int) -> Iterator[tuple[int, Cells]]:
        place = self._start
        while place < self._end:
            end = min(place + _PIECE, self._end)
            parts = take_apart(_bytes(self._content[place:end]), columns, is_last=end == self._end)
            if parts is None:
                yield self._repaired(self._rows_at_once(), columns)
                return
            yield self._counted(parts[0])
            place += parts[1]
            if place < self._end:
                comma = _COMMA.match(self._content, place, self._end)
                if comma is None:
                    yield self._repaired(self._rows_at_once(), columns)
                    return
                place = comma.end()

    def _rows_at_once(self) -> list[object]:
        """The rows that were not taken apart yet, by Python's own reader, which says what is wrong with the file."""
        content = self._content[:]
        whole = self._json(content, "")
        rows = whole.get("rows") if isinstance(whole, dict) else whole
        return rows[self.row_count :] if isinstance(rows, list) else []

    def _counted(self, cells: Cells) -> tuple[int, Cells]:
        first = self.row_count
        self.row_count += len(cells.starts)
        return first, cells

    def _repaired(self, rows: list[object], columns: int) -> tuple[int, Cells]:
        """The rows in the form that `take_apart` knows; what does not fit becomes findings."""
        plain = []
        first = self.row_count
        for number, row in enumerate(rows, start=first + 1):
            where = f"{self.path.name}, record {number}"
            if not isinstance(row, list):
                message = "The row is no array, and was left out."
                shown = str(row) if isinstance(row, ValueError | RecursionError) else json.dumps(row)[:80]
                self.findings.append(Finding.of(rules.ROW, where=where, message=message, evidence=shown))
                continue
            if len(row) != columns:
                message = f"The row has {len(row)} values for {columns} columns."
                self.findings.append(Finding.of(rules.ROW, where=where, message=message, evidence=json.dumps(row)[:80]))
                row = (row + [None] * columns)[:columns]
            for place, value in enumerate(row):
                if isinstance(value, list | dict):
                    message = f"Value {place + 1} of the row is an array or an object; it was left out."
                    shown = json.dumps(value)[:80]
                    self.findings.append(Finding.of(rules.VALUE, where=where, message=message, evidence=shown))
                    row[place] = None
            plain.append(row)
        text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))[1:-1]
        parts = take_apart(_bytes(text.encode("utf-8", "replace")), columns)
        assert parts is not None, "rows of plain values can be taken apart"
        self.row_count += len(rows)
        return first, parts[0]


def _content(path: Path) -> mmap.mmap | bytes:
    try:
        with path.open("rb") as file:
            if file.read(1) == b"":
                raise DataError(f"{path} is empty; it was not written or not transferred. Bring the whole file.")
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError:
        raise DataError(f"There is no dataset at {path}.") from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder; a Dataset-JSON file is needed.") from None
    # A mark of byte order is none of JSON, but some programs write it.
    return content[3:] if content[:3] == b"\xef\xbb\xbf" else content


def _follows_an_array(content: mmap.mmap | bytes, newline: int) -> bool:
    """Whether the first line is an object and the second an array, as in NDJSON."""
    if newline < 0 or not content[:newline].rstrip().endswith(b"}"):
        return False
    return content[newline + 1 : newline + 2] == b"["


def _bytes(content: bytes) -> Bytes:
    return np.frombuffer(content, dtype=np.uint8)


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no value of JSON")

"""Rows of Dataset-JSON in bytes: where each value lies, found for millions of values at once.

`[["a",1],["b",null]]` without its outer brackets is taken apart by its quotation marks, commas and brackets. Bytes that
do not have that form are left to Python's own reader of JSON, which is slower and says what is wrong where.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from trialwright.standards.formats.fixed_text import series_of

Bytes: TypeAlias = npt.NDArray[np.uint8]
Places: TypeAlias = npt.NDArray[np.int64]

_QUOTE, _COMMA, _OPEN, _CLOSE, _BACKSLASH, _BLANK = map(ord, '",[]\\ ')
NULL, TRUE, FALSE, TEXT = map(ord, 'ntf"')
_MINUS, _ZERO, _NINE = map(ord, "-09")
#: A number as JSON writes it.
NUMBER_PATTERN = r"^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$"


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Values of some rows: `buffer[starts[row, column]:ends[row, column]]`.

    kinds  the first byte of each value: `NULL`, `TRUE`, `FALSE`, `TEXT`, or that of a number
    """

    buffer: Bytes
    starts: Places
    ends: Places
    kinds: Bytes
    has_escapes: bool

    def texts(self, column: int, is_text: npt.NDArray[np.bool_]) -> pl.Series:
        """The values of a column that are text, unescaped; missing where `is_text` is false or they are empty."""
        starts = self.starts[:, column] + 1
        lengths = np.where(is_text, self.ends[:, column] - 1 - starts, 0)
        content = self._content(starts, lengths)
        series = series_of("", content, lengths)
        if self.has_escapes and bool((content == _BACKSLASH).any()):
            escaped = series.unique().drop_nulls()
            escaped = escaped.filter(escaped.str.contains("\\", literal=True))
            return series.replace({text: _unescaped(text) for text in escaped})
        return series

    def tokens(self, column: int, is_wanted: npt.NDArray[np.bool_]) -> pl.Series:
        """The values of a column as they are written; missing where `is_wanted` is false."""
        starts = self.starts[:, column]
        lengths = np.where(is_wanted, self.ends[:, column] - starts, 0)
        return series_of("", self._content(starts, lengths), lengths)

    def token(self, row: int, column: int) -> str:
        """One value as it is written."""
        return self.buffer[self.starts[row, column] : self.ends[row, column]].tobytes().decode(errors="replace")

    def _content(self, starts: Places, lengths: Places) -> Bytes:
        ends = np.cumsum(lengths)
        if len(ends) == 0 or ends[-1] == 0:
            return np.empty(0, dtype=np.uint8)
        content: Bytes = self.buffer[np.repeat(starts - (ends - lengths), lengths) + np.arange(ends[-1])]
        return content


def take_apart(content: Bytes, columns: int, *, is_last: bool = True) -> tuple[Cells, int] | None:
    """The values of the whole rows in `content`, and how many bytes those have; None if they have another form.

    `content` is rows with commas between them. Unless `is_last`, it may end within a row.
    """
    quotes = content == _QUOTE
    backslashes = np.flatnonzero(content == _BACKSLASH)
    if len(backslashes):
        escaped = _escaped(backslashes, len(content))
        quotes[escaped] = False
        if not _are_escapes(content, escaped):
            return None
    is_inside = _inside(quotes)
    is_outside = ~(is_inside | quotes)
    used = len(content)
    if not is_last:
        closing = np.flatnonzero(content[_tail(content) :] == _CLOSE) + _tail(content)
        closing = closing[is_outside[closing]]
        if len(closing) == 0:
            return None
        used = int(closing[-1]) + 1
    elif len(is_inside) and is_inside[-1]:
        return None
    content, quotes, is_inside, is_outside = content[:used], quotes[:used], is_inside[:used], is_outside[:used]
    if is_inside[np.flatnonzero(content < _BLANK)].any():
        return None
    if len(content) and int(content.max()) > 127 and not _is_utf8(content):
        return None
    blanks = np.flatnonzero((content <= _BLANK) & is_outside)
    cells = _cells(content, is_outside, columns, blanks, has_escapes=len(backslashes) > 0)
    if cells is None and len(blanks):
        keep = np.ones(used, dtype=np.bool_)
        keep[blanks] = False
        content, is_outside = content[keep], is_outside[keep]
        cells = _cells(content, is_outside, columns, blanks[:0], has_escapes=len(backslashes) > 0)
    if cells is None or not _is_well_formed(cells, int(quotes.sum())):
        return None
    return cells, used


def _inside(quotes: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether an odd number of quotes stands up to each place; eight places at a time, which is three times as fast."""
    packed = np.packbits(quotes, bitorder="little")
    parities = _PARITIES[packed]
    # The last bit says whether the eight places have an odd number: then the places behind them are turned around.
    turned = np.bitwise_xor.accumulate(parities >> 7)
    parities[1:] ^= turned[:-1] * np.uint8(255)
    return np.unpackbits(parities, count=len(quotes), bitorder="little").view(np.bool_)


#: Of each byte: bit i says whether an odd number of its bits 0 to i is set.
_PARITIES = np.packbits(
    np.bitwise_xor.accumulate(
        np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little"), axis=1
    ),
    axis=1,
    bitorder="little",
).reshape(256)


def _tail(content: Bytes) -> int:
    """From where on a closing bracket is looked for: rows are seldom longer than a megabyte."""
    return max(0, len(content) - 1_000_000)


def _escaped(backslashes: Places, size: int) -> Places:
    """The places behind those backslashes that are not escaped themselves."""
    is_first = np.diff(backslashes, prepend=-2) != 1
    first_of_run = np.maximum.accumulate(np.where(is_first, backslashes, 0))
    places: Places = backslashes[(backslashes - first_of_run) % 2 == 0] + 1
    return np.compress(places < size, places)


def _are_escapes(content: Bytes, places: Places) -> bool:
    """Whether behind the backslashes stands what JSON knows. What is cut off at the end is looked at later."""
    marks = content[places]
    if not np.isin(marks, np.frombuffer(b'"\\/bfnrtu', dtype=np.uint8)).all():
        return False
    codes = places[marks == ord("u")]
    codes = codes[codes + 4 < len(content)]
    digits = np.frombuffer(b"0123456789abcdefABCDEF", dtype=np.uint8)
    return all(bool(np.isin(content[codes + step], digits).all()) for step in range(1, 5))


def _unescaped(text: str) -> str:
    """The text that stands in JSON as `text`; half a surrogate pair becomes the replacement character."""
    plain: str = json.loads(f'"{text}"')
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _is_utf8(content: Bytes) -> bool:
    try:
        content.tobytes().decode()
    except UnicodeDecodeError:
        return False
    return True


def _cells(
    content: Bytes, is_outside: npt.NDArray[np.bool_], columns: int, blanks: Places, *, has_escapes: bool
) -> Cells | None:
    """The values, if no blanks outside of texts are elsewhere than between two rows."""
    is_mark = is_outside & ((content == _COMMA) | (content == _OPEN) | (content == _CLOSE))
    places = np.flatnonzero(is_mark)
    if len(content) == len(blanks):
        empty = np.empty((0, columns), dtype=np.int64)
        return Cells(buffer=content, starts=empty, ends=empty, kinds=empty.astype(np.uint8), has_escapes=False)
    # Each row has an opening bracket, a comma between its values, a closing bracket, and a comma before the next row.
    step = columns + 2
    if columns == 0 or (len(places) + 1) % step:
        return None
    grid = np.append(places, len(content)).reshape(-1, step)
    marks = np.append(content[places], np.uint8(_COMMA)).reshape(-1, step)
    form = np.full(step, _COMMA, dtype=np.uint8)
    form[0], form[columns] = _OPEN, _CLOSE
    if (marks != form).any() or not _are_between(blanks, grid):
        return None
    # Columns are what is asked for next: each lies in one piece.
    starts, ends = np.asfortranarray(grid[:, :columns] + 1), np.asfortranarray(grid[:, 1 : columns + 1])
    if (starts >= ends).any():
        return None
    return Cells(buffer=content, starts=starts, ends=ends, kinds=content[starts], has_escapes=has_escapes)


def _are_between(blanks: Places, grid: Places) -> bool:
    """Whether the blanks, and nothing else, are what lies between the rows."""
    opening, closing, commas = grid[:, 0], grid[:, -2], grid[:, -1]
    between = opening[0] + (commas - closing - 1).sum() + (opening[1:] - commas[:-1] - 1).sum()
    if between != len(blanks):
        return False
    # A blank is between two rows if the bracket before it closes one.
    return bool((np.searchsorted(closing, blanks) == np.searchsorted(opening, blanks)).all())


def _is_well_formed(cells: Cells, quotes: int) -> bool:
    """Whether every value is one text, `null`, `true`, `false`, or begins as a number."""
    kinds, lengths = cells.kinds, cells.ends - cells.starts
    is_text = kinds == TEXT
    if quotes != 2 * int(is_text.sum()) or (cells.buffer[cells.ends[is_text] - 1] != _QUOTE).any():
        return False
    is_number = (kinds == _MINUS) | ((kinds >= _ZERO) & (kinds <= _NINE))
    is_known = is_text | is_number
    for kind, word in ((NULL, b"null"), (TRUE, b"true"), (FALSE, b"false")):
        is_word = kinds == kind
        starts = cells.starts[is_word]
        if (lengths[is_word] != len(word)).any():
            return False
        if any((cells.buffer[starts + place] != byte).any() for place, byte in enumerate(word) if place):
            return False
        is_known |= is_word
    return bool(is_known.all())

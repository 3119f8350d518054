"""Tables as RTF, with headers repeated on each page, landscape where the table is wide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from trialwright.displays.model import Row, Table, parts_text
from trialwright.displays.widths import LANDSCAPE_CHARACTERS, PORTRAIT_CHARACTERS

_JUSTIFICATION = {"left": "l", "center": "c", "right": "r", "decimal": "c"}

#: Points; rtflite takes whole ones.
_FONT_SIZE = 9
_SMALLEST = 6
_TIMES = 1

#: Inches: the width between the margins of letter paper, and its margins (left, right, top, bottom, header, footer).
_PORTRAIT = 6.5
_LANDSCAPE = 9.0
_MARGINS = [1.0, 1.0, 1.0, 0.9, 0.5, 0.5]

#: Lines of table text that fit on a page of each kind, title and footnotes aside.
_PORTRAIT_LINES = 50
_LANDSCAPE_LINES = 34

_ROW = "\\trowd"
_KEPT_ROW = "\\trowd\\trkeep"

#: Stands in a cell where text will be; no text has it.
_BLANK = "\x01"
_BLANK_ROW = re.compile(rf"\\trowd(?:(?!\\trowd)[^{_BLANK}])*{_BLANK}.*?\\intbl\\row\\pard\n?", re.DOTALL)

#: The rules above and below a row as rtflite writes them, and a row's edges without them.
_RULES = (("\\clbrdrt\\brdrs", "\\clbrdrt"), ("\\clbrdrb\\brdrs", "\\clbrdrb"))

#: In the size that pages are filled by, no ASCII character is wider than this many inches.
_WIDEST = 9 / 72

#: RTF drops spaces at the start of a cell, and breaks lines at others: indents and padding use one that stays.
_NO_BREAK = "\u00a0"
_PADDING = re.compile(r"^ +|(?<=\() +| {2,}")


def render_rtf(table: Table) -> str:
    """`table` as an RTF document; titles and headers stand on each page."""
    shell = _shell(table)
    rows = [[_label(row), *(_escaped(cell.text) for cell in row.cells)] for row in table.rows]
    pages = list(_pages(rows or [[""] * table.column_count], table))
    written = [shell.opening]
    for number, page in enumerate(pages):
        is_last_page = number == len(pages) - 1
        if number:
            written.append(shell.turn)
        for place, texts in enumerate(page):
            is_last_row = place == len(page) - 1
            edges = shell.last if is_last_row and is_last_page else shell.other
            written.append(_filled(edges[place == 0, is_last_row], texts))
    written.append(shell.closing)
    return "".join(written).replace(_ROW, _KEPT_ROW)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shell:
    """All that rtflite writes of a table beside the texts of its rows.

    turn         from the last row of a page to the first of the next: page break, title, headers
    other, last  rows with blanks for texts by whether they are the first and the last of their page, on any page and
                 on the last one: its last row has another rule below
    """

    opening: str
    turn: str
    closing: str
    other: dict[tuple[bool, bool], str]
    last: dict[tuple[bool, bool], str]


def _shell(table: Table) -> _Shell:
    """What rtflite makes of three pages of one blank row each: its work on all rows would take seconds."""
    text = _render(table, rows=3)
    found = list(_BLANK_ROW.finditer(text))
    first, second, third = found
    return _Shell(
        opening=text[: first.start()],
        turn=text[first.end() : second.start()],
        closing=text[third.end() :],
        other=_edges(first[0]),
        last=_edges(third[0]),
    )


def _edges(row: str) -> dict[tuple[bool, bool], str]:
    """`row`, which has rules above and below, by whether it keeps them."""
    above, below = _RULES
    edges = {}
    for is_first in (True, False):
        for is_last in (True, False):
            text = row if is_first else row.replace(*above)
            edges[is_first, is_last] = text if is_last else text.replace(*below)
    return edges


def _filled(row: str, texts: list[str]) -> str:
    pieces = row.split(_BLANK)
    return "".join([piece for pair in zip(pieces, [*texts, ""], strict=True) for piece in pair])


def _pages(rows: list[list[str]], table: Table) -> Iterator[list[list[str]]]:
    """The rows of each page, as many as its lines hold, as rtflite counts them."""
    room = max(1, _lines(table) - len(table.headers) - (1 if table.footnotes else 0))
    width = _LANDSCAPE if table.is_landscape else _PORTRAIT
    widths = list(table.widths) or [1.0] * table.column_count
    columns = [width * share / sum(widths) for share in widths]
    page: list[list[str]] = []
    used = 0
    for row in rows:
        height = max(_height(text, column) for text, column in zip(row, columns, strict=True))
        if page and used + height > room:
            yield page
            page, used = [], 0
        page.append(row)
        used += height
    yield page


def _height(text: str, width: float) -> int:
    """Lines of `text` in a column of `width` inches."""
    if len(text) * _WIDEST < width:
        return 1
    return max(1, int(_length(text) / width) + 1)


@lru_cache(maxsize=4096)
def _length(text: str) -> float:
    """Inches of `text` in one line, in the size that pages are filled by."""
    return float(_font().getlength(text)) / 72


@lru_cache(maxsize=1)
def _font() -> Any:
    import rtflite.fonts  # type: ignore[import-untyped]  # it ships no types
    from PIL import ImageFont
    from rtflite.fonts_mapping import FontMapping  # type: ignore[import-untyped]

    path = Path(rtflite.fonts.__file__).parent / FontMapping.get_font_paths()["Times New Roman"]
    return ImageFont.truetype(str(path), size=_FONT_SIZE)


def _render(table: Table, *, rows: int) -> str:
    """rtflite's document of `rows` blank rows, each on a page of its own."""
    import polars as pl
    import rtflite

    widths = list(table.widths) or [1.0] * table.column_count
    justification = [_JUSTIFICATION[alignment] for alignment in table.alignments] or ["l"] * table.column_count
    document = rtflite.RTFDocument(
        df=pl.DataFrame({f"column{number}": [_BLANK] * rows for number in range(table.column_count)}),
        rtf_page=rtflite.RTFPage(
            orientation="landscape" if table.is_landscape else "portrait",
            col_width=_LANDSCAPE if table.is_landscape else _PORTRAIT,
            margin=_MARGINS,
            nrow=1,
        ),
        rtf_title=rtflite.RTFTitle(
            text=[_escaped(_title(table)), *([f"({_escaped(table.population)})"] if table.population else [])],
            text_font=_TIMES,
            text_convert=False,
        ),
        rtf_column_header=[
            rtflite.RTFColumnHeader(**_header(table, number, widths, justification))
            for number in range(len(table.headers))
        ],
        rtf_body=rtflite.RTFBody(**_body(table, widths, justification)),
        rtf_footnote=_footnote(rtflite, table),
    )
    return str(document.rtf_encode())


def _label(row: Row) -> str:
    text = _escaped("  " * row.indent + row.label.text)
    # rtflite begins its formats anew on each page, so that a row's own would stray: the label carries its bold type.
    return f"{{\\b {text}}}" if row.is_group and text else text


def _lines(table: Table) -> int:
    """Lines to fill a page with, headers among them; room for footnotes is kept on each page."""
    room = _LANDSCAPE if table.is_landscape else _PORTRAIT
    notes = sum(1 + len(parts_text(note)) // int(room * 20) for note in table.footnotes)
    headers = sum(max(header.cell.text.count("\n") for header in row) for row in table.headers)
    return max(12, (_LANDSCAPE_LINES if table.is_landscape else _PORTRAIT_LINES) - notes - headers)


def _body(table: Table, widths: list[float], justification: list[str]) -> dict[str, Any]:
    return {
        "col_rel_width": widths,
        "text_justification": [justification],
        "text_font": _TIMES,
        "text_font_size": _font_size(table),
        "text_convert": False,
        "border_left": "",
        "border_right": "",
        "border_top": "",
        "border_bottom": "",
        "as_colheader": False,
    }


def _font_size(table: Table) -> int:
    """9 points, or less if the columns would not fit beside each other."""
    room = LANDSCAPE_CHARACTERS if table.is_landscape else PORTRAIT_CHARACTERS
    return max(_SMALLEST, min(_FONT_SIZE, int(_FONT_SIZE * room / (sum(table.widths) or 1))))


def write_rtf(table: Table, path: Path) -> None:
    """Write `table` to `path` as RTF."""
    path.write_text(render_rtf(table), encoding="ascii")


def _in_ascii(text: str) -> str:
    """`text` with other characters as RTF writes them: by number, a pair of numbers beyond 16 bits.

    rtflite does so for some of them only.
    """
    if text.isascii():
        return text
    return "".join(character if character.isascii() else _by_number(character) for character in text)


def _by_number(character: str) -> str:
    if character == _NO_BREAK:
        return "\\~"
    units = character.encode("utf-16-le")
    numbers = [int.from_bytes(units[start : start + 2], "little", signed=True) for start in range(0, len(units), 2)]
    return "".join(f"\\u{number}?" for number in numbers)


def _title(table: Table) -> str:
    return f"{'Listing' if table.is_listing else 'Table'} {table.id}  {table.title}"


def _escaped(text: str) -> str:
    """`text` as RTF has it, with the spaces that indent and pad kept."""
    text = text.replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}")
    text = _PADDING.sub(lambda spaces: _NO_BREAK * len(spaces[0]), text)
    return _in_ascii(text.replace("\n", "\\line "))


def _header(table: Table, number: int, widths: list[float], justification: list[str]) -> dict[str, Any]:
    row = table.headers[number]
    is_last = number == len(table.headers) - 1
    spans: list[float] = []
    aligned: list[str] = []
    rules: list[str] = []
    position = 0
    for header in row:
        spans.append(sum(widths[position : position + header.span]))
        aligned.append(justification[position] if header.span == 1 else "c")
        rules.append("single" if is_last or (header.span > 1 and header.cell.text) else "")
        position += header.span
    return {
        "text": [_escaped(header.cell.text) for header in row],
        "col_rel_width": spans,
        "text_justification": [aligned],
        "text_font": _TIMES,
        "text_font_size": _font_size(table),
        "text_format": "b",
        "text_convert": False,
        "cell_vertical_justification": "bottom",
        "border_left": "",
        "border_right": "",
        "border_top": "single" if number == 0 else "",
        "border_bottom": [rules],
    }


def _footnote(rtflite: Any, table: Table) -> Any:
    if not table.footnotes:
        return None
    return rtflite.RTFFootnote(
        text=[_escaped(parts_text(note)) for note in table.footnotes],
        text_font=_TIMES,
        text_font_size=_FONT_SIZE - 1,
        text_convert=False,
        as_table=False,
    )

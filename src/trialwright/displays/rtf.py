"""Tables as RTF, with headers repeated on each page, landscape where the table is wide."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

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

#: rtflite's work grows with the square of the number of rows: longer tables are made in parts, each on its own pages.
_PART_ROWS = 160

_ROW = "\\trowd"
_KEPT_ROW = "\\trowd\\trkeep"
_TITLE = "{\\pard\\hyphpar\\sb180"
_PAGE = "{\\pard\\fs2\\par}\\page{\\pard\\fs2\\par}\n"

#: RTF drops spaces at the start of a cell, and breaks lines at others: indents and padding use one that stays.
_NO_BREAK = "\u00a0"
_PADDING = re.compile(r"^ +|(?<=\() +| {2,}")


def render_rtf(table: Table) -> str:
    """`table` as an RTF document; titles and headers stand on each page."""
    starts = range(0, max(len(table.rows), 1), _PART_ROWS)
    parts = [replace(table, rows=table.rows[start : start + _PART_ROWS]) for start in starts]
    first, *others = [_render(part) for part in parts]
    for other in others:
        # What stands before the title (fonts, page size) is the same in each part.
        first = first.rstrip().removesuffix("}") + _PAGE + other[other.index(_TITLE) :]
    return first.replace(_ROW, _KEPT_ROW)


def _render(table: Table) -> str:
    import rtflite  # type: ignore[import-untyped]  # it ships no types

    widths = list(table.widths) or [1.0] * table.column_count
    justification = [_JUSTIFICATION[alignment] for alignment in table.alignments] or ["l"] * table.column_count
    document = rtflite.RTFDocument(
        df=_frame(table),
        rtf_page=rtflite.RTFPage(
            orientation="landscape" if table.is_landscape else "portrait",
            col_width=_LANDSCAPE if table.is_landscape else _PORTRAIT,
            margin=_MARGINS,
            nrow=_lines(table),
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


def _frame(table: Table) -> pl.DataFrame:
    rows = [[_label(row), *(_escaped(cell.text) for cell in row.cells)] for row in table.rows]
    rows = rows or [[""] * table.column_count]
    names = [f"column{number}" for number in range(table.column_count)]
    return pl.DataFrame(
        {name: [row[column] for row in rows] for column, name in enumerate(names)},
        schema=dict.fromkeys(names, pl.String),
    )


def _label(row: Row) -> str:
    text = _escaped("  " * row.indent + row.label.text)
    # rtflite begins its formats anew on each page, so that a row's own would stray: the label carries its bold type.
    return f"{{\\b {text}}}" if row.is_group and text else text


def _lines(table: Table) -> int:
    """Lines for rtflite to fill a page with, headers among them; room for footnotes is kept on each page."""
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

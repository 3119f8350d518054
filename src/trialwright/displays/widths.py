"""How wide the columns of a table are, how they are aligned, and whether it wants a landscape page: by its content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from trialwright.displays.model import Table

#: Characters of 9 point text that fit beside each other between the margins of a portrait page.
PORTRAIT_CHARACTERS = 100
LANDSCAPE_CHARACTERS = 145

#: White space between two columns, in characters.
_GAP = 2.0

#: Labels and texts longer than this are wrapped rather than widening their column.
_WRAP_LABEL = 40.0
_WRAP_TEXT = 26.0

#: Widths of characters that differ from the average, in averages: narrow ones, capitals, wide ones.
_WIDTHS = (
    dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZ", 1.3)
    | dict.fromkeys("iljtfrI.,:;'|!()[] ", 0.6)
    | dict.fromkeys("mwMW@%", 1.5)
)


@lru_cache(maxsize=8192)
def text_width(text: str) -> float:
    """The width of a line of text in average characters of a proportional font."""
    return sum(_WIDTHS.get(character, 1.0) for character in text)


def arrange(
    table: Table,
    *,
    widths: Sequence[float | None],
    alignments: Sequence[str],
    stubs: Sequence[bool],
    orientation: str,
) -> Table:
    """`table` with relative widths, alignments and orientation; what the plan gives is kept.

    stubs  whether a column belongs to the label of a row: it is aligned left
    """
    measured = [_widths(table, column, stubs[column] or table.is_listing) for column in range(len(widths))]
    aligned = tuple(
        given or ("left" if stubs[column] else _alignment(table, column)) for column, given in enumerate(alignments)
    )
    is_landscape = orientation == "landscape" or (
        orientation == "auto" and (table.is_listing or sum(natural for _, natural in measured) > PORTRAIT_CHARACTERS)
    )
    fitted = _fit(measured, LANDSCAPE_CHARACTERS if is_landscape else PORTRAIT_CHARACTERS)
    chosen = tuple(round(own if given is None else given, 1) for own, given in zip(fitted, widths, strict=True))
    fitted = _fit(measured, LANDSCAPE_CHARACTERS if is_landscape else PORTRAIT_CHARACTERS)
    chosen = tuple(round(own if given is None else given, 1) for own, given in zip(fitted, widths, strict=True))
    return replace(table, widths=chosen, alignments=aligned, is_landscape=is_landscape)


def _fit(measured: Sequence[tuple[float, float]], room: float) -> list[float]:
    """Widths that fit into `room`: columns that can be wrapped give way down to their longest word."""
    least = sum(smallest for smallest, _ in measured)
    wanted = sum(natural for _, natural in measured)
    if wanted <= room:
        return [natural for _, natural in measured]
    share = max(0.0, (room - least) / (wanted - least)) if wanted > least else 0.0
    return [smallest + share * (natural - smallest) for smallest, natural in measured]


def _column_texts(table: Table, column: int) -> list[str]:
    if column == 0:
        # A heading of a listing has the whole width.
        rows = [row for row in table.rows if not (table.is_listing and row.is_group)]
        return ["  " * row.indent + row.label.text for row in rows]
    return [row.cells[column - 1].text for row in table.rows]


def _header_texts(table: Table, column: int) -> list[str]:
    """The headers that stand over this column alone."""
    texts = []
    for row in table.headers:
        position = 0
        for header in row:
            if position == column and header.span == 1:
                texts.append(header.cell.text)
            position += header.span
    return texts


def _widths(table: Table, column: int, is_text: bool) -> tuple[float, float]:
    """The width at which no word and no short cell is broken, and the width that the content would like."""
    body = _column_texts(table, column)
    limit = _WRAP_LABEL if column == 0 and not table.is_listing else _WRAP_TEXT
    lines = [line for text in body for line in text.split("\n")]
    longest = max((text_width(line) for line in lines), default=0.0)
    words = max((text_width(word) for line in lines for word in line.split()), default=0.0)
    headers = [line for text in _header_texts(table, column) for line in text.split("\n")]
    header_words = max((text_width(word) for line in headers for word in line.split()), default=0.0)
    header_lines = max((text_width(line) for line in headers), default=0.0)
    can_wrap = is_text or column == 0
    wanted = min(longest, limit) if can_wrap else longest
    smallest = max(words if can_wrap else longest, header_words, 3.0)
    return smallest + _GAP, max(wanted, smallest, min(header_lines, 14.0)) + _GAP


def _alignment(table: Table, column: int) -> str:
    if not table.is_listing:
        return "center"
    texts = [text for text in _column_texts(table, column) if text]
    is_numeric = bool(texts) and all(_is_number(text) for text in texts)
    return "right" if is_numeric else "left"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

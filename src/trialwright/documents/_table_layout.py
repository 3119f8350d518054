"""How wide the columns of a table must be, how small its letters, and whether it needs a landscape page."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Text widths between the margins, in twentieths of a point (A4; see `_docx_parts`).
PORTRAIT_WIDTH = 9354
LANDSCAPE_WIDTH = 14570

#: Heights between the margins in points, and how high lines and rows are set.
LANDSCAPE_HEIGHT = 467.0
LINE_HEIGHT = 1.2
ROW_PADDING = 2.4

#: Font sizes of table text in points, from the usual to the smallest that can be read in print.
FONT_SIZES = (9.0, 8.0, 7.0, 6.0)

# A sans serif letter is about 0.53 em wide, a capital a quarter more. Twips for each point of font size.
_TWIPS_PER_CHARACTER = 0.53 * 20
_CELL_MARGINS = 130
_LONGEST_UNBROKEN = 18
_BREAKS = re.compile(r"[\s\-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnNeed:
    """What one column needs, in characters: `least` without breaking a word, `natural` without any break."""

    least: float
    natural: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFit:
    """Column widths (twips), the font size (points), and whether everything has room without breaking words."""

    widths: tuple[int, ...]
    font_size: float
    is_whole: bool


def column_need(texts: Iterable[str]) -> ColumnNeed:
    """The need of a column with these texts. A short text with a digit (`12 (14.0%)`) is one word."""
    least = natural = 1.0
    for text in set(texts):
        for line in text.split("\n"):
            line = line.strip()
            if not line:
                continue
            weight = 1.2 if line.isupper() else 1.0
            natural = max(natural, len(line) * weight)
            if len(line) <= _LONGEST_UNBROKEN and any(character.isdigit() for character in line):
                least = max(least, len(line))
            else:
                least = max(least, max(map(len, _BREAKS.split(line))) * weight)
    return ColumnNeed(least=least, natural=natural)


def fit_table(
    needs: Sequence[ColumnNeed], available: int, *, shares: Sequence[float] = (), largest: float = 9.0
) -> TableFit:
    """Widths that fill `available`, at the largest font size at which no word needs to be broken.

    `shares` are wished relative widths: they are followed as far as each column keeps its least width.
    """
    sizes = [size for size in FONT_SIZES if size <= largest]
    for size in sizes:
        least = [_twips(need.least, size) for need in needs]
        if sum(least) <= available:
            natural = [_twips(need.natural, size) for need in needs]
            wished = _wished(least, natural, available, shares)
            return TableFit(widths=_whole_numbers(wished, available), font_size=size, is_whole=True)
    least = [_twips(need.least, sizes[-1]) for need in needs]
    squeezed = [width * available / sum(least) for width in least]
    return TableFit(widths=_whole_numbers(squeezed, available), font_size=sizes[-1], is_whole=False)


def wrapped_lines(text: str, width: int, size: float) -> int:
    """How many lines `text` takes in a cell of `width` twips, in letters of `size` points; 1 for an empty one."""
    room = max(width - _CELL_MARGINS, 1)
    return sum(max(1, math.ceil(len(line) * size * _TWIPS_PER_CHARACTER / room)) for line in text.split("\n"))


def needs_landscape(needs: Sequence[ColumnNeed]) -> bool:
    """Whether a portrait page could show the table only in letters below 8 points."""
    return sum(_twips(need.least, FONT_SIZES[1]) for need in needs) > PORTRAIT_WIDTH


def _twips(characters: float, size: float) -> float:
    return characters * size * _TWIPS_PER_CHARACTER + _CELL_MARGINS


def _wished(least: list[float], natural: list[float], available: int, shares: Sequence[float]) -> list[float]:
    if len(shares) == len(least) and sum(shares) > 0:
        targets = [share / sum(shares) * available for share in shares]
    elif sum(natural) <= available:
        # Numbers need no more room than they take; what is left is spread evenly, so that columns stay comparable.
        spare = (available - sum(natural)) / len(natural)
        return [width + spare for width in natural]
    else:
        room = available - sum(least)
        wants = [max(most - few, 0.0) for most, few in zip(natural, least, strict=True)]
        total = sum(wants) or 1.0
        return [few + room * want / total for few, want in zip(least, wants, strict=True)]
    widths = [max(target, few) for target, few in zip(targets, least, strict=True)]
    excess = sum(widths) - available
    slack = [width - few for width, few in zip(widths, least, strict=True)]
    if excess > 0 and sum(slack) > 0:
        widths = [width - excess * free / sum(slack) for width, free in zip(widths, slack, strict=True)]
    return widths


def _whole_numbers(widths: Sequence[float], available: int) -> tuple[int, ...]:
    whole = [int(width) for width in widths]
    whole[0] += available - sum(whole)
    return tuple(whole)

"""How figures look: colours that the colour-blind can tell apart, with a line style and a marker of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Points; the text of a figure in a document is a little smaller than the document's.
FONT_SIZE = 9.0
SMALL_FONT_SIZE = 8.0

INK = "#1a1a1a"
FAINT = "#d9d9d9"
MUTED = "#595959"

#: Inches: the text width of a portrait and of a landscape page.
PORTRAIT_WIDTH = 6.5
LANDSCAPE_WIDTH = 9.0

#: matplotlib's settings while a figure is drawn and saved: the same bytes each time, fonts inside the file.
SETTINGS: Mapping[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": FONT_SIZE,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.unicode_minus": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": FONT_SIZE,
    "ytick.labelsize": FONT_SIZE,
    "mathtext.default": "regular",
    "text.parse_math": False,
    "pdf.fonttype": 42,
    "pdf.compression": 6,
    "svg.fonttype": "path",
    "svg.hashsalt": "trialwright",
    "path.simplify": False,
    "hatch.linewidth": 0.6,
}


@dataclass(frozen=True, slots=True)
class CurveStyle:
    """The look of one curve."""

    color: str
    line: Any
    marker: str


# Okabe M, Ito K. Color Universal Design, 2008; its yellow is left out, as it is too pale on white.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
_LINES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (2, 1.4)), (0, (6, 1.6, 1.4, 1.6)), (0, (8, 1.5, 1, 1.5, 1, 1.5)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def curve_style(number: int) -> CurveStyle:
    """The look of the curve of this number, from 0; no two of the first 35 are the same."""
    return CurveStyle(_COLORS[number % len(_COLORS)], _LINES[number % len(_LINES)], _MARKERS[number % len(_MARKERS)])


@dataclass(frozen=True, slots=True)
class FillStyle:
    """The look of a bar: its colour, and a pattern that stays when it is printed in grey."""

    color: str
    hatch: str


_HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "||||")


def fill_style(number: int) -> FillStyle:
    """The look of the bars of this number, from 0; bars without a category (-1) are grey."""
    if number < 0:
        return FillStyle("#9AA5B1", "")
    return FillStyle(_COLORS[number % len(_COLORS)], _HATCHES[number % len(_HATCHES)])


@dataclass(frozen=True, slots=True)
class EventStyle:
    """The look of a mark on a bar of time."""

    marker: str
    face: str


_EVENT_MARKERS = ("^", "X", "s", "D", "o", "v", "P", "*")
_EVENT_FACES = ("white", INK, "#E69F00", "#F0E442", "white", INK, "#E69F00", "#F0E442")


def event_style(number: int) -> EventStyle:
    """The look of the events of this number, from 0; they differ in shape, and in lightness."""
    return EventStyle(_EVENT_MARKERS[number % len(_EVENT_MARKERS)], _EVENT_FACES[number % len(_EVENT_FACES)])

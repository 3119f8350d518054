"""Draws flow diagrams: boxes on a grid, as tall as their text, joined by arrows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as Outline

from trialwright.displays._drawing_style import INK, LANDSCAPE_WIDTH, PORTRAIT_WIDTH
from trialwright.displays.model import Box, Figure, parts_text

# Inches.
_MARGIN = 0.06
_GAP = 0.22
_ROW_GAP = 0.42
_PADDING = 0.1
_LINE = 0.175
_HANG = 0.14

#: More than this many columns, or a text too wide for its box, make the text smaller.
_SIZES = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5)
_MOST_LINES = 14

_FILL = "#F3F6FA"
_COUNT = re.compile(r"[\d,]+|\(n\W*[\d,]+\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    text: str
    indent: float
    is_bold: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A box with its place, in inches from the lower left corner of the figure."""

    box: Box
    lines: tuple[_Line, ...]
    left: float
    right: float
    bottom: float
    top: float
    size: float

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


def draw_flow(figure: Figure, canvas: Canvas) -> None:
    """The boxes and arrows of `figure`; its height is what the text needs."""
    width = LANDSCAPE_WIDTH if figure.is_landscape else PORTRAIT_WIDTH
    if not figure.boxes:
        canvas.set_size_inches(width, 1.0)
        return
    placed, height = _place(figure.boxes, width, canvas)
    canvas.set_size_inches(width, height)
    axes = canvas.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.axis("off")
    for source, target in figure.arrows:
        _draw_arrow(axes, placed[source], placed[target])
    for one in placed.values():
        _draw_box(axes, one)


def _place(boxes: Sequence[Box], width: float, canvas: Canvas) -> tuple[dict[str, _Placed], float]:
    left_edge = min(box.column - box.width / 2 for box in boxes)
    right_edge = max(box.column + box.width / 2 for box in boxes)
    pitch = (width - 2 * _MARGIN) / (right_edge - left_edge)
    wrapped: dict[str, tuple[_Line, ...]] = {}
    size = _SIZES[-1]
    for size in _SIZES:
        wrapped = {box.id: _wrap(box, box.width * pitch - _GAP - 2 * _PADDING, size, canvas) for box in boxes}
        if all(len(wrapped[box.id]) <= max(_MOST_LINES, len(box.lines)) for box in boxes):
            break
    line = _LINE * size / _SIZES[0]
    rows = sorted({box.row for box in boxes})
    heights = {row: max(len(wrapped[box.id]) * line + 2 * _PADDING for box in boxes if box.row == row) for row in rows}
    total = sum(heights.values()) + _ROW_GAP * (len(rows) - 1) + 2 * _MARGIN
    tops: dict[int, float] = {}
    top = total - _MARGIN
    for row in rows:
        tops[row] = top
        top -= heights[row] + _ROW_GAP
    placed = {}
    for box in boxes:
        center = _MARGIN + (box.column - left_edge) * pitch
        half = (box.width * pitch - _GAP) / 2
        own = len(wrapped[box.id]) * line + 2 * _PADDING
        # Boxes side by side are equally tall; a lone one is as tall as its text.
        tall = heights[box.row] if sum(1 for other in boxes if other.row == box.row) > 1 else own
        placed[box.id] = _Placed(
            box=box,
            lines=wrapped[box.id],
            left=center - half,
            right=center + half,
            bottom=tops[box.row] - tall,
            top=tops[box.row],
            size=size,
        )
    return placed, total


def _wrap(box: Box, room: float, size: float, canvas: Canvas) -> tuple[_Line, ...]:
    """The lines of a box, broken between words where they are too long; broken lines hang."""
    lines: list[_Line] = []
    others = [parts_text(parts) for parts in box.lines[1:]]
    # The first line is a heading if it is words alone, or if what follows is indented below it.
    has_heading = bool(others) and (
        all(isinstance(part, str) for part in box.lines[0]) or all(text.startswith(" ") for text in others)
    )
    for number, parts in enumerate(box.lines):
        for text in parts_text(parts).split("\n"):
            stripped = text.lstrip(" ")
            indent = _HANG if stripped != text else 0.0
            is_bold = number == 0 and has_heading
            lines += _wrap_line(stripped, indent, is_bold, room, size, canvas)
    return tuple(lines)


def _wrap_line(text: str, indent: float, is_bold: bool, room: float, size: float, canvas: Canvas) -> list[_Line]:
    lines: list[_Line] = []
    current = ""
    # "n = 12" stays together.
    for word in text.replace(" = ", "\u00a0=\u00a0").split(" "):
        longer = f"{current} {word}" if current else word
        hang = indent + (_HANG if lines and not is_bold and indent else 0.0)
        if current and hang + _width(longer, is_bold, size, canvas) > room:
            lines.append(_Line(text=current, indent=hang, is_bold=is_bold))
            current = word
        else:
            current = longer
    hang = indent + (_HANG if lines and not is_bold and indent else 0.0)
    if lines and _COUNT.fullmatch(current) and " " in lines[-1].text:
        # A count alone in the last line takes the word before it along.
        kept, word = lines[-1].text.rsplit(" ", 1)
        if hang + _width(f"{word} {current}", is_bold, size, canvas) <= room:
            lines[-1] = _Line(text=kept, indent=lines[-1].indent, is_bold=is_bold)
            current = f"{word} {current}"
    return [*lines, _Line(text=current, indent=hang, is_bold=is_bold)]


def _font(size: float, is_bold: bool) -> FontProperties:
    return FontProperties(family="DejaVu Sans", size=size, weight="bold" if is_bold else "normal")


def _width(text: str, is_bold: bool, size: float, canvas: Canvas) -> float:
    agg = canvas.canvas
    assert isinstance(agg, FigureCanvasAgg)
    renderer = agg.get_renderer()  # type: ignore[no-untyped-call]  # matplotlib's own
    width, _, _ = renderer.get_text_width_height_descent(text, _font(size, is_bold), ismath=False)
    return float(width) / canvas.dpi


def _draw_box(axes: Axes, one: _Placed) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (one.left, one.bottom),
            one.right - one.left,
            one.top - one.bottom,
            boxstyle="round,pad=0,rounding_size=0.05",
            facecolor=_FILL if one.box.row == 0 else "white",
            edgecolor=INK,
            linewidth=0.9,
            zorder=2,
        )
    )
    is_list = any(line.indent for line in one.lines)
    step = _LINE * one.size / _SIZES[0]
    # Text is in the middle of a box that is taller than it needs, but lists begin at the top.
    spare = (one.top - one.bottom) - len(one.lines) * step - 2 * _PADDING
    y = one.top - _PADDING - step / 2 - (0.0 if is_list else spare / 2)
    for line in one.lines:
        x = one.left + _PADDING + line.indent if is_list else one.middle
        axes.text(
            x,
            y,
            line.text,
            ha="left" if is_list else "center",
            va="center_baseline",
            fontproperties=_font(one.size, line.is_bold),
            zorder=3,
        )
        y -= step


def _draw_arrow(axes: Axes, source: _Placed, target: _Placed) -> None:
    axes.add_patch(
        FancyArrowPatch(
            path=Outline(_route(source, target)),
            arrowstyle="-|>,head_length=0.38,head_width=0.16",
            mutation_scale=14,
            linewidth=1.0,
            color=INK,
            shrinkA=0,
            shrinkB=0,
            joinstyle="miter",
            capstyle="butt",
            zorder=1,
        )
    )


def _route(source: _Placed, target: _Placed) -> list[tuple[float, float]]:
    """Straight down, or down, along the middle of the gap, and down again; sideways in the same row."""
    if source.box.row == target.box.row:
        y = max(source.bottom, target.bottom) + (min(source.top, target.top) - max(source.bottom, target.bottom)) / 2
        if source.middle < target.middle:
            return [(source.right, y), (target.left, y)]
        return [(source.left, y), (target.right, y)]
    start, end = (source.middle, source.bottom), (target.middle, target.top)
    if abs(start[0] - end[0]) < 1e-6:
        return [start, end]
    bend = end[1] + _ROW_GAP / 2
    return [start, (start[0], bend), (end[0], bend), end]

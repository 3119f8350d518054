"""Draws forest plots: the rows of a table, with estimates and intervals in one of its columns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Polygon, Rectangle

from trialwright.displays._drawing_parts import page_width, put, text_width
from trialwright.displays._drawing_style import FONT_SIZE, INK, MUTED, SMALL_FONT_SIZE, curve_style
from trialwright.displays.model import Figure, Forest, Interval, Row

# Inches.
_ROW = 0.205
_HEADER_LINE = 0.165
_MARGIN = 0.08
_GAP = 0.2
_INDENT = 0.13
_LEAST_PLOT = 1.7
_AXIS = 0.26
_FAVORS = 0.19
_LARGEST = 0.135
_SMALLEST = 0.05

_BAND = "#F3F6FA"
_SIZES = (8.5, 8.0, 7.5, 7.0, 6.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """Where everything stands, in inches: left and right edges of the columns, the label's first."""

    columns: tuple[tuple[float, float], ...]
    header: float
    height: float
    bottom: float
    size: float

    def middle(self, row: int) -> float:
        """The height of the middle of a row."""
        return self.height - self.header - (row + 0.5) * _ROW


def draw_forest(figure: Figure, canvas: Canvas) -> None:
    """Squares as large as their estimate is precise, intervals, a diamond for the overall row, and the table around."""
    forest = figure.content
    width = page_width(figure)
    if not isinstance(forest, Forest) or not forest.table.rows:
        canvas.set_size_inches(width, 1.0)
        return
    grid = _grid(forest, canvas, width)
    canvas.set_size_inches(width, grid.height)
    page = canvas.add_axes((0, 0, 1, 1))
    page.set_xlim(0, width)
    page.set_ylim(0, grid.height)
    page.axis("off")
    _draw_table(page, forest, grid, width)
    left, right = grid.columns[forest.column + 1]
    low, high = _limits(forest)
    scale = _Scale(low=low, high=high, left=left, right=right, is_log=forest.is_log)
    _draw_axis(page, forest, grid, scale)
    largest = max((_precision(one, forest) for one in forest.intervals if one is not None), default=1.0)
    for number, interval in enumerate(forest.intervals):
        if interval is not None:
            share = math.sqrt(_precision(interval, forest) / largest)
            is_diamond = forest.has_overall and number == 0
            _draw_interval(page, interval, grid.middle(number), scale, share, is_diamond=is_diamond)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """From values to inches."""

    low: float
    high: float
    left: float
    right: float
    is_log: bool

    def __call__(self, value: float) -> float:
        low, high, at = self.low, self.high, value
        if self.is_log:
            low, high, at = math.log(low), math.log(high), math.log(value)
        return self.left + (at - low) / (high - low) * (self.right - self.left)


def _grid(forest: Forest, canvas: Canvas, width: float) -> _Grid:
    """The columns as wide as their texts, what is left for the plot; smaller letters where too little is left."""
    rows, headers = forest.table.rows, forest.table.headers
    count = len(rows[0].cells) + 1
    widths: list[float] = []
    size = _SIZES[0]
    for size in _SIZES:
        widths = [_column_width(forest, column, canvas, size) for column in range(count)]
        if width - 2 * _MARGIN - sum(widths) - _GAP * (count - 1) >= _LEAST_PLOT:
            break
    widths[forest.column + 1] = max(_LEAST_PLOT / 2, width - 2 * _MARGIN - sum(widths) - _GAP * (count - 1))
    columns = []
    left = _MARGIN
    for one in widths:
        columns.append((left, left + one))
        left += one + _GAP
    lines = [max(header.cell.text.count("\n") + 1 for header in row) for row in headers]
    header_height = sum(lines) * _HEADER_LINE + 0.12
    bottom = _AXIS + (_FAVORS if any(forest.favors) else 0.0)
    return _Grid(
        columns=tuple(columns),
        header=header_height,
        height=header_height + len(rows) * _ROW + bottom,
        bottom=bottom,
        size=size,
    )


def _column_width(forest: Forest, column: int, canvas: Canvas, size: float) -> float:
    if column == forest.column + 1:
        return 0.0
    texts = [(row.label.text, _is_bold(row, forest, number)) for number, row in enumerate(forest.table.rows)]
    indents = [_INDENT * row.indent for row in forest.table.rows]
    if column > 0:
        texts = [(row.cells[column - 1].text, _is_bold(row, forest, 1)) for row in forest.table.rows]
        indents = [0.0] * len(texts)
    widths = [
        text_width(canvas, text, size, "bold" if is_bold else "normal") + indent
        for (text, is_bold), indent in zip(texts, indents, strict=True)
    ]
    for row in forest.table.headers:
        position = 0
        for header in row:
            if position == column and header.span == 1:
                widths.append(text_width(canvas, header.cell.text, size, "bold"))
            position += header.span
    return max(widths, default=0.0)


def _is_bold(row: Row, forest: Forest, number: int) -> bool:
    return row.is_group or (forest.has_overall and number == 0)


def _draw_table(page: Axes, forest: Forest, grid: _Grid, width: float) -> None:
    style: dict[str, Any] = {"fontsize": grid.size, "va": "center_baseline"}
    top = grid.height - 0.04
    for header_row in forest.table.headers:
        lines = max(header.cell.text.count("\n") + 1 for header in header_row)
        bottom = top - lines * _HEADER_LINE
        position = 0
        for header in header_row:
            left, right = grid.columns[position][0], grid.columns[position + header.span - 1][1]
            at, alignment = (left, "left") if position == 0 else ((left + right) / 2, "center")
            page.text(
                at,
                bottom + 0.055,
                header.cell.text,
                fontsize=grid.size,
                fontweight="bold",
                ha=alignment,
                va="baseline",
                linespacing=1.1,
            )
            position += header.span
        top = bottom
    rule = grid.height - grid.header + 0.03
    page.plot([_MARGIN / 2, width - _MARGIN / 2], [rule, rule], color=INK, linewidth=0.8)
    for number, row in enumerate(forest.table.rows):
        y = grid.middle(number)
        if number % 2 == 1:
            put(
                page,
                Rectangle(
                    (_MARGIN / 2, y - _ROW / 2), width - _MARGIN, _ROW, facecolor=_BAND, edgecolor="none", zorder=0
                ),
            )
        weight = "bold" if _is_bold(row, forest, number) else "normal"
        label = row.label.text
        indent = _INDENT * row.indent
        page.text(grid.columns[0][0] + indent, y, label, ha="left", fontweight=weight, **style)
        for column, cell in enumerate(row.cells):
            if column != forest.column and cell.text.strip():
                left, right = grid.columns[column + 1]
                page.text((left + right) / 2, y, cell.text.strip(), ha="center", **style)


def _draw_axis(page: Axes, forest: Forest, grid: _Grid, scale: _Scale) -> None:
    top = grid.height - grid.header
    base = grid.bottom
    for tick in forest.ticks or _ticks(scale):
        at = scale(tick)
        page.plot([at, at], [base, base - 0.045], color=INK, linewidth=0.8)
        page.text(at, base - 0.07, f"{tick:g}", ha="center", va="top", fontsize=min(grid.size, SMALL_FONT_SIZE))
    page.plot([scale.left, scale.right], [base, base], color=INK, linewidth=0.8)
    if scale.low <= forest.reference <= scale.high:
        at = scale(forest.reference)
        page.plot([at, at], [base, top], color=MUTED, linewidth=0.9, zorder=1)
        left, right = forest.favors
        y = 0.1
        size = min(grid.size, FONT_SIZE - 1)
        if left:
            page.text(at - 0.08, y, f"\u2190 {left}", ha="right", va="center", fontsize=size, color=MUTED)
        if right:
            page.text(at + 0.08, y, f"{right} \u2192", ha="left", va="center", fontsize=size, color=MUTED)


def _draw_interval(page: Axes, interval: Interval, y: float, scale: _Scale, share: float, *, is_diamond: bool) -> None:
    color = INK if is_diamond else curve_style(0).color
    lower, upper = max(interval.lower, scale.low), min(interval.upper, scale.high)
    if is_diamond and lower == interval.lower and upper == interval.upper:
        tall = _LARGEST / 2
        middle = scale(interval.estimate)
        corners = [(scale(lower), y), (middle, y + tall), (scale(upper), y), (middle, y - tall)]
        put(page, Polygon(corners, closed=True, facecolor=color, edgecolor=color, linewidth=0.6, zorder=3))
        return
    if lower < upper:
        page.plot([scale(lower), scale(upper)], [y, y], color=color, linewidth=1.3, zorder=2, solid_capstyle="butt")
    for end, is_cut, marker in ((lower, lower > interval.lower, "<"), (upper, upper < interval.upper, ">")):
        if is_cut:
            page.plot([scale(end)], [y], marker=marker, markersize=4.5, color=color, zorder=3, clip_on=False)
        else:
            at = scale(end)
            page.plot([at, at], [y - 0.028, y + 0.028], color=color, linewidth=1.1, zorder=2)
    if scale.low <= interval.estimate <= scale.high:
        side = max(_SMALLEST, _LARGEST * share)
        middle = scale(interval.estimate)
        put(
            page, Rectangle((middle - side / 2, y - side / 2), side, side, facecolor=color, edgecolor="white", zorder=3)
        )


def _precision(interval: Interval, forest: Forest) -> float:
    """In proportion to 1 / variance of the estimate, on the scale of the axis."""
    width = interval.upper - interval.lower
    if forest.is_log:
        width = math.log(interval.upper) - math.log(interval.lower)
    return 1.0 / max(width, 1e-9) ** 2


#: An interval that goes further than this many times as far from the reference as the farthest estimate is cut.
_FARTHEST = 3.5


def _limits(forest: Forest) -> tuple[float, float]:
    """The ends of the axis: those of the ticks, or so that the estimates and most of the intervals are seen."""
    if len(forest.ticks) > 1:
        return min(forest.ticks), max(forest.ticks)
    found = [one for one in forest.intervals if one is not None]
    turn, back = (math.log, math.exp) if forest.is_log else (float, float)
    reference = turn(forest.reference)
    low = min((turn(one.lower) for one in found), default=reference - 1)
    high = max((turn(one.upper) for one in found), default=reference + 1)
    reach = max((abs(turn(one.estimate) - reference) for one in found), default=1.0) or 1.0
    least = max(reach * _FARTHEST, min(high - reference, reference - low, key=abs), 0.2)
    low, high = max(low, reference - least), min(high, reference + least)
    room = 0.04 * (high - low or 1.0)
    return back(min(low, reference) - room), back(max(high, reference) + room)


def _ticks(scale: _Scale) -> tuple[float, ...]:
    """Round numbers between the ends; on a logarithmic axis the ones, twos and fives, or halves and doubles."""
    if not scale.is_log:
        least = (scale.high - scale.low) / 6
        power = 10.0 ** math.floor(math.log10(least))
        step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= least)
        first = math.ceil(scale.low / step)
        return tuple(number * step for number in range(first, math.floor(scale.high / step) + 1))
    powers = [2.0**power for power in range(-10, 11)]
    ticks = [tick for tick in powers if scale.low <= tick <= scale.high]
    if len(ticks) < 3:
        ticks = [tick for tick in (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2) if scale.low <= tick <= scale.high]
    return tuple(ticks[:: math.ceil(len(ticks) / 7)] if len(ticks) > 7 else ticks)

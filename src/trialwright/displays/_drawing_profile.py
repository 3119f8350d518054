"""Draws a patient's profile: doses, adverse events and laboratory values over study days.

A report may hold a hundred of these. Everything is placed in inches, in few collections: axes with ticks and legends of
matplotlib's own would take several times as long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure as Canvas

from trialwright.displays._drawing_style import FAINT, INK, MUTED, PORTRAIT_WIDTH
from trialwright.displays._drawing_words import Words, WordsArtist
from trialwright.displays.model import Figure
from trialwright.displays.profile import EventBar, LabPanel, Profile

# Inches.
_LEFT = 1.82
_RIGHT = 0.16
_TOP = 0.22
_DOSE_HEIGHT = 0.36
_EVENT_ROW = 0.165
_EVENT_BAR = 0.095
_PANEL = 0.42
_PANEL_GAP = 0.1
_GAP = 0.16
_AXIS = 0.42
_LEGEND = 0.24
_ARROW = 0.06

_TEXT = 7.0
_SMALL = 6.5
_MOST_LETTERS = 31

#: Not rated, mild, moderate, severe: darker is worse, so that the order is seen in grey too.
_SEVERITIES = ("#B8B8B8", "#A6CBE3", "#4A90C2", "#08406F")
_DOSE = "#DCE6DA"
_DOSE_EDGE = "#7A9A76"
_RANGE = "#EEF1F4"
_OUTSIDE = "#D55E00"
_INSIDE = "#5B6670"
_LIMIT = "#B9C2CC"
_STEPS = (1, 2, 5, 7, 14, 28, 56, 84, 112, 168, 364, 728)
_MOST_TICKS = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """From study days to inches: a day is as wide as the next, and day 1 follows day -1."""

    first: int
    last: int
    left: float
    right: float

    def at(self, day: float) -> float:
        """The middle of a day."""
        span = max(1.0, _count(self.last) - _count(self.first))
        return self.left + (_count(day) - _count(self.first)) / span * (self.end - self.left)

    @property
    def end(self) -> float:
        """Where the last day is: arrows of what goes on reach past it."""
        return self.right - 0.1

    @property
    def half_day(self) -> float:
        """Inches of half a day, but enough to be seen."""
        span = max(1.0, _count(self.last) - _count(self.first))
        return max(0.012, (self.end - self.left) / span / 2)


def _count(day: float) -> float:
    """Days from day 1, as a number without a gap at 0."""
    return day - 1 if day > 0 else day


class _Sketch:
    """Collects what is alike, so that it is drawn in one go. Everything is in inches."""

    def __init__(self) -> None:
        self.boxes: dict[str, list[list[tuple[float, float]]]] = {}
        self.grid: list[tuple[list[tuple[float, float]], tuple[str, float]]] = []
        self.lines: dict[tuple[str, float], list[list[tuple[float, float]]]] = {}
        self.marks: list[tuple[list[tuple[float, float]], str]] = []
        self.words: list[Words] = []

    def box(self, left: float, right: float, bottom: float, top: float, color: str) -> None:
        self.polygon([(left, bottom), (right, bottom), (right, top), (left, top)], color)

    def polygon(self, corners: list[tuple[float, float]], color: str) -> None:
        self.boxes.setdefault(color, []).append(corners)

    def line(self, points: list[tuple[float, float]], color: str, width: float) -> None:
        self.lines.setdefault((color, width), []).append(points)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = _TEXT,
        side: str = "left",
        color: str = INK,
        is_bold: bool = False,
        is_italic: bool = False,
    ) -> None:
        self.words.append(
            Words(x=x, y=y, text=words, size=size, side=side, color=color, is_bold=is_bold, is_italic=is_italic)
        )

    def diamond(self, x: float, y: float, radius: float, color: str) -> None:
        self.polygon([(x - radius, y), (x, y + radius), (x + radius, y), (x, y - radius)], color)

    def dot(self, x: float, y: float, radius: float, color: str) -> None:
        self.marks.append(([(x + radius * a, y + radius * b) for a, b in _CIRCLE], color))

    def finish(self, canvas: Canvas) -> None:
        """The grid and areas first, then lines, then points and words."""
        inches = canvas.dpi_scale_trans
        areas = [(corners, color) for color, found in self.boxes.items() for corners in found]
        for shapes, order in ((areas, 1), (self.marks, 3)):
            if shapes:
                artist = PolyCollection(
                    [corners for corners, _ in shapes],
                    facecolors=[color for _, color in shapes],
                    edgecolors="none",
                    transform=inches,
                    zorder=order,
                )
                canvas.add_artist(artist)
        segments = [(points, style) for style, found in self.lines.items() for points in found]
        for lines, order in ((self.grid, 0), (segments, 2)):
            if lines:
                strokes = LineCollection(
                    [points for points, _ in lines],
                    colors=[color for _, (color, _) in lines],
                    linewidths=[width for _, (_, width) in lines],
                    transform=inches,
                    zorder=order,
                )
                canvas.add_artist(strokes)
        canvas.add_artist(WordsArtist(self.words, inches))


#: A circle of radius 1 as a polygon.
_CIRCLE = [(math.cos(step * math.pi / 8), math.sin(step * math.pi / 8)) for step in range(16)]


def draw_profile(figure: Figure, canvas: Canvas) -> None:
    """The bands of the profile from top to bottom: doses, events, laboratory tests, the axis, the legend."""
    profile = figure.profile
    width = PORTRAIT_WIDTH
    if profile is None:
        canvas.set_size_inches(width, 1.0)
        return
    height = _height(profile)
    canvas.set_size_inches(width, height)
    sketch = _Sketch()
    scale = _Scale(first=profile.first, last=profile.last, left=_LEFT, right=width - _RIGHT)
    bottom = _LEGEND + _AXIS
    _grid(sketch, scale, profile, bottom, height - _TOP)
    y = height - _TOP
    y = _doses(sketch, scale, profile, y)
    y = _events(sketch, scale, profile, y)
    _panels(sketch, scale, profile, y)
    _marks(sketch, scale, profile, bottom, height - _TOP)
    _legend(sketch, profile)
    sketch.finish(canvas)


def _height(profile: Profile) -> float:
    rows = len(profile.events) + (1 if profile.words.more else 0)
    panels = len(profile.panels) * (_PANEL + _PANEL_GAP)
    doses = _DOSE_HEIGHT + _GAP
    return _TOP + doses + (rows * _EVENT_ROW + _GAP if rows else 0) + panels + _AXIS + _LEGEND


def _ticks(profile: Profile) -> list[int]:
    """Days of the axis: day 1 and multiples of a step that suits visits."""
    span = max(1.0, _count(profile.last) - _count(profile.first))
    step = next((step for step in _STEPS if span / step <= _MOST_TICKS), math.ceil(span / _MOST_TICKS))
    first = -(-profile.first // step)
    days = [number * step for number in range(first, profile.last // step + 1)]
    near = 0.6 * step
    return sorted({1} | {day for day in days if day != 0 and abs(_count(day)) > near})


def _grid(sketch: _Sketch, scale: _Scale, profile: Profile, bottom: float, top: float) -> None:
    for day in _ticks(profile):
        if not profile.first <= day <= profile.last:
            continue
        x = scale.at(day)
        is_first = day == 1
        style = (MUTED, 0.7) if is_first else (FAINT, 0.5)
        sketch.grid.append(([(x, bottom), (x, top)], style))
        sketch.line([(x, bottom), (x, bottom - 0.04)], INK, 0.6)
        sketch.text(x, bottom - 0.12, str(day).replace("-", "\N{MINUS SIGN}"), size=_TEXT, side="center")
    sketch.line([(scale.left, bottom), (scale.right, bottom)], INK, 0.7)
    sketch.text((scale.left + scale.right) / 2, bottom - 0.27, profile.words.axis, size=_TEXT, side="center")


def _doses(sketch: _Sketch, scale: _Scale, profile: Profile, y: float) -> float:
    bottom = y - _DOSE_HEIGHT
    sketch.text(_LEFT - 0.1, y - _DOSE_HEIGHT / 2, profile.words.treatment, size=_SMALL, side="right", is_bold=True)
    last_label = -1.0
    for bar in profile.doses:
        left, right = scale.at(bar.start), scale.at(bar.end if bar.end is not None else profile.last)
        left, right = max(left - scale.half_day, scale.left), min(right + scale.half_day, scale.right)
        top = bottom + _DOSE_HEIGHT * (0.35 + 0.6 * bar.height)
        sketch.box(left, right, bottom, top, _DOSE)
        sketch.line([(left, bottom), (left, top), (right, top), (right, bottom)], _DOSE_EDGE, 0.7)
        if bar.label and right - left > 0.055 * len(bar.label) and left > last_label:
            sketch.text((left + right) / 2, (bottom + top) / 2, bar.label, size=_SMALL, side="center")
            last_label = left
    return bottom - _GAP


def _shortened(words: str) -> str:
    return words if len(words) <= _MOST_LETTERS else words[: _MOST_LETTERS - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _events(sketch: _Sketch, scale: _Scale, profile: Profile, y: float) -> float:
    if not profile.events:
        return y
    for bar in profile.events:
        middle = y - _EVENT_ROW / 2
        color = INK if bar.is_told else MUTED
        sketch.text(
            _LEFT - 0.1, middle, _shortened(bar.label), size=_SMALL, side="right", is_bold=bar.is_told, color=color
        )
        _event(sketch, scale, profile, bar, middle)
        y -= _EVENT_ROW
    if profile.words.more:
        sketch.text(
            _LEFT - 0.1, y - _EVENT_ROW / 2, profile.words.more, size=_SMALL, side="right", color=MUTED, is_italic=True
        )
        y -= _EVENT_ROW
    return y - _GAP


def _event(sketch: _Sketch, scale: _Scale, profile: Profile, bar: EventBar, middle: float) -> None:
    color = _SEVERITIES[bar.severity]
    half = _EVENT_BAR / 2
    left = max(scale.at(bar.start) - scale.half_day, scale.left)
    if bar.end is None:
        right = scale.right - _ARROW
        left = min(left, right)
        sketch.box(left, right, middle - half, middle + half, color)
        sketch.polygon([(right, middle - half - 0.02), (scale.right, middle), (right, middle + half + 0.02)], color)
    else:
        right = max(min(scale.at(bar.end) + scale.half_day, scale.right), left + 2 * scale.half_day, left + 0.035)
        sketch.box(left, right, middle - half, middle + half, color)
    if bar.is_serious:
        sketch.diamond(left, middle, 0.062, "#FFFFFF")
        sketch.diamond(left, middle, 0.048, _OUTSIDE)


def _panels(sketch: _Sketch, scale: _Scale, profile: Profile, y: float) -> None:
    for panel in profile.panels:
        _panel(sketch, scale, panel, y - _PANEL, y)
        y -= _PANEL + _PANEL_GAP


def _panel(sketch: _Sketch, scale: _Scale, panel: LabPanel, bottom: float, top: float) -> None:
    values = [value for _, value in panel.points] + [limit for limit in (panel.low, panel.high) if limit is not None]
    low, high = min(values), max(values)
    spread = (high - low) or abs(high) or 1.0
    low, high = low - 0.08 * spread, high + 0.08 * spread

    def at(value: float) -> float:
        return bottom + (value - low) / (high - low) * (top - bottom)

    floor = at(panel.low) if panel.low is not None else bottom
    ceiling = at(panel.high) if panel.high is not None else top
    if panel.low is not None or panel.high is not None:
        sketch.box(scale.left, scale.right, floor, ceiling, _RANGE)
    for limit, height in ((panel.low, floor), (panel.high, ceiling)):
        if limit is not None:
            sketch.line([(scale.left, height), (scale.right, height)], _LIMIT, 0.5)
    sketch.text(_LEFT - 0.42, (bottom + top) / 2, _shortened(panel.label), size=_SMALL, side="right")
    is_wide = panel.low is None or panel.high is None or ceiling - floor > 0.11
    for limit, height in ((panel.low, floor), (panel.high, ceiling)):
        if limit is not None and (is_wide or limit == panel.high):
            sketch.text(_LEFT - 0.06, height, f"{limit:.4g}", size=6.0, side="right", color=MUTED)
    points = [(scale.at(day), at(value)) for day, value in panel.points]
    sketch.line(points, _INSIDE, 0.9)
    for place, is_outside in zip(points, panel.outside, strict=True):
        sketch.dot(*place, 0.036 if is_outside else 0.024, _OUTSIDE if is_outside else _INSIDE)


def _marks(sketch: _Sketch, scale: _Scale, profile: Profile, bottom: float, top: float) -> None:
    for day, words in profile.marks:
        x = min(max(scale.at(day), scale.left), scale.right)
        sketch.line([(x, bottom), (x, top + 0.02)], INK, 1.0)
        side = "right" if x > (scale.left + scale.right) / 2 else "left"
        shift = 0.03 if side == "right" else -0.03
        sketch.text(x + shift, top + 0.09, words, size=_SMALL, side=side, is_bold=True)


def _legend(sketch: _Sketch, profile: Profile) -> None:
    """One line: severities that occur, serious, the reference range, values outside it."""
    words = profile.words
    y = 0.1
    x = 0.04
    rated = sorted({bar.severity for bar in profile.events})
    for severity in rated:
        sketch.box(x, x + 0.2, y - _EVENT_BAR / 2, y + _EVENT_BAR / 2, _SEVERITIES[severity])
        x = _legend_text(sketch, x + 0.25, y, words.severities[severity])
    if any(bar.is_serious for bar in profile.events):
        sketch.diamond(x + 0.06, y, 0.048, _OUTSIDE)
        x = _legend_text(sketch, x + 0.16, y, words.serious)
    if profile.panels:
        sketch.box(x, x + 0.2, y - _EVENT_BAR / 2, y + _EVENT_BAR / 2, _RANGE)
        sketch.line([(x, y - _EVENT_BAR / 2), (x + 0.2, y - _EVENT_BAR / 2)], _LIMIT, 0.5)
        sketch.line([(x, y + _EVENT_BAR / 2), (x + 0.2, y + _EVENT_BAR / 2)], _LIMIT, 0.5)
        x = _legend_text(sketch, x + 0.25, y, words.range)
        sketch.dot(x + 0.04, y, 0.036, _OUTSIDE)
        _legend_text(sketch, x + 0.12, y, words.outside)


def _legend_text(sketch: _Sketch, x: float, y: float, words: str) -> float:
    """Writes the words; gives where the next entry begins."""
    sketch.text(x, y, words, size=_SMALL)
    return x + 0.052 * len(words) + 0.16

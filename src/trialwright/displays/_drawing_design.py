"""Draws the figures of designs: power curves, bounds, the forecast of enrollment, and the front of a search."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from trialwright.displays._drawing_parts import (
    annotate,
    draw_lines,
    percent_labels,
    plain_axes,
    plot_with_legend,
    scale_axis,
)
from trialwright.displays._drawing_style import MUTED, CurveStyle, curve_style
from trialwright.displays.model import Figure, Plane, Series

#: Inches.
_PLOT_HEIGHT = 3.5


def draw_design(figure: Figure, canvas: Canvas) -> None:
    """Lines and points of two quantities; an enrollment's interval lies along the x axis, the axis of time."""
    plane = figure.content
    assert isinstance(plane, Plane)
    styles = _styles(figure)
    handles = [(_handle(series, style), series.label) for series, style in zip(figure.series, styles, strict=True)]
    axes = plot_with_legend(figure, canvas, handles, plot_height=_PLOT_HEIGHT)
    for series, style in zip(figure.series, styles, strict=True):
        _draw_series(axes, series, style)
    plain_axes(axes, grid="both")
    scale_axis(axes, "x", plane.x)
    scale_axis(axes, "y", plane.y)
    if figure.y_is_percent:
        percent_labels(axes)
    if figure.kind == "enrollment":
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
    if figure.kind == "power_curves":
        axes.set_xlim(min(figure.series[0].x, default=0.0), max(figure.series[0].x, default=1.0))
    if figure.kind == "boundaries":
        axes.axhline(0, color=MUTED, linewidth=0.8)
    draw_lines(axes, "x", plane.x.lines)
    draw_lines(axes, "y", plane.y.lines, at_start=True)
    annotate(axes, figure)


def _styles(figure: Figure) -> list[CurveStyle]:
    """A look for each series; the two bounds of one design share theirs, and points of a search are muted."""
    if figure.kind == "front":
        by_kind = {"points": CurveStyle(MUTED, "none", "o"), "points_open": CurveStyle("#a6a6a6", "none", "o")}
        return [by_kind.get(series.kind, curve_style(1)) for series in figure.series]
    styles, number = [], -1
    for series in figure.series:
        number += series.kind != "marked_open" or number < 0
        styles.append(curve_style(number))
    return styles


def _look(series: Series, style: CurveStyle) -> dict[str, Any]:
    is_open = series.kind.endswith("_open")
    look: dict[str, Any] = {"color": style.color, "linewidth": 1.6, "linestyle": style.line}
    if series.kind.startswith(("marked", "points")):
        look |= {"marker": style.marker, "markersize": 5 if series.kind.startswith("marked") else 4}
    if series.kind == "marked_open":
        look |= {"linewidth": 1.2, "linestyle": (0, (2, 1.4))}
    if series.kind.startswith("points"):
        look["linestyle"] = "none"
    if is_open:
        look["markerfacecolor"] = "white"
    return look


def _draw_series(axes: Axes, series: Series, style: CurveStyle) -> None:
    if series.lower:
        axes.fill_betweenx(series.y, series.lower, series.upper, color=style.color, alpha=0.14, linewidth=0)
    axes.plot(series.x, series.y, clip_on=not series.kind.startswith("marked"), **_look(series, style))


def _handle(series: Series, style: CurveStyle) -> Line2D:
    return Line2D([], [], **_look(series, style))

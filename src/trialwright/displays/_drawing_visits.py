"""Draws what is compared side by side at each visit: bars with intervals, and box plots."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from trialwright.displays._drawing_parts import (
    annotate,
    draw_lines,
    percent_labels,
    plain_axes,
    plot_with_legend,
    put,
)
from trialwright.displays._drawing_style import INK, fill_style
from trialwright.displays.model import Figure, Spreads

_PLOT_HEIGHT = 3.3

#: The share of the room between two visits that their bars take.
_SHARE = 0.78


def draw_bars(figure: Figure, canvas: Canvas) -> None:
    """Bars from 0, side by side for each group, with their intervals."""
    axes = _axes(figure, canvas, [series.label for series in figure.series])
    width = _SHARE / max(len(figure.series), 1)
    for number, series in enumerate(figure.series):
        style = fill_style(number)
        places = [_place(figure, x) + (number - (len(figure.series) - 1) / 2) * width for x in series.x]
        axes.bar(
            places, series.y, width=width * 0.94, color=style.color, hatch=style.hatch, edgecolor="white", linewidth=0.3
        )
        if series.lower:
            axes.errorbar(
                places,
                series.y,
                yerr=[
                    [max(y - lower, 0.0) for y, lower in zip(series.y, series.lower, strict=True)],
                    [max(upper - y, 0.0) for y, upper in zip(series.y, series.upper, strict=True)],
                ],
                linestyle="none",
                color=INK,
                capsize=2.5,
                elinewidth=1.0,
            )
    axes.axhline(0, color=INK, linewidth=0.8)
    _finish(axes, figure)


def draw_box_plot(figure: Figure, canvas: Canvas) -> None:
    """Boxes from the first to the third quartile with the median, whiskers to the extremes, a diamond for the mean."""
    groups = figure.content.groups if isinstance(figure.content, Spreads) else ()
    axes = _axes(figure, canvas, [label for label, _ in groups])
    width = _SHARE / max(len(groups), 1) * 0.82
    for number, (_, boxes) in enumerate(groups):
        style = fill_style(number)
        for box in boxes:
            at = _place(figure, box.x) + (number - (len(groups) - 1) / 2) * _SHARE / len(groups)
            axes.plot([at, at], [box.minimum, box.q1], color=INK, linewidth=0.9)
            axes.plot([at, at], [box.q3, box.maximum], color=INK, linewidth=0.9)
            for end in (box.minimum, box.maximum):
                axes.plot([at - width / 4, at + width / 4], [end, end], color=INK, linewidth=0.9)
            for face, alpha, edge in (("white", 1.0, "none"), (style.color, 0.55, "white"), ("none", 1.0, INK)):
                put(
                    axes,
                    Rectangle(
                        (at - width / 2, box.q1),
                        width,
                        box.q3 - box.q1,
                        facecolor=face,
                        alpha=alpha,
                        edgecolor=edge,
                        hatch=style.hatch if edge == "white" else "",
                        linewidth=0.9 if edge == INK else 0.0,
                        zorder=2,
                    ),
                )
            axes.plot([at - width / 2, at + width / 2], [box.median] * 2, color=INK, linewidth=1.8, zorder=3)
            if box.mean is not None:
                axes.plot([at], [box.mean], marker="D", markersize=4, markerfacecolor="white", color=INK, zorder=4)
    _finish(axes, figure)


def _axes(figure: Figure, canvas: Canvas, labels: Sequence[str]) -> Axes:
    entries = []
    if any(labels):
        styles = [fill_style(number) for number in range(len(labels))]
        entries = [
            (Patch(facecolor=style.color, hatch=style.hatch * 2, edgecolor="white", linewidth=0.0), label)
            for style, label in zip(styles, labels, strict=True)
        ]
    bottom = 0.54 if figure.x_label else 0.34
    axes = plot_with_legend(figure, canvas, entries, plot_height=_PLOT_HEIGHT, bottom=bottom)
    plain_axes(axes)
    return axes


def _place(figure: Figure, x: float) -> float:
    """Visits stand one beside the other, however many weeks are between them: bars would else overlap."""
    return float(figure.x_ticks.index(x)) if x in figure.x_ticks else x


def _finish(axes: Axes, figure: Figure) -> None:
    axes.set_xticks(range(len(figure.x_ticks)), list(figure.x_tick_labels))
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.6, max(len(figure.x_ticks), 1) - 0.4)
    axes.set_xlabel(figure.x_label)
    axes.set_ylabel(figure.y_label)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]))
    if figure.y_is_percent:
        percent_labels(axes)
    draw_lines(axes, "y", figure.y_lines)
    annotate(axes, figure)

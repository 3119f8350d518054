"""Draws Kaplan-Meier curves and mean profiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from trialwright.displays._drawing_parts import draw_lines, percent_labels, text_width
from trialwright.displays._drawing_style import (
    FAINT,
    FONT_SIZE,
    INK,
    LANDSCAPE_WIDTH,
    MUTED,
    PORTRAIT_WIDTH,
    SMALL_FONT_SIZE,
    curve_style,
)
from trialwright.displays.model import Figure, Series, parts_text

# Inches.
_PLOT_HEIGHT = 3.3
_LEFT = 0.72
_RIGHT = 0.22
_AXIS_HEIGHT = 0.54
_RISK_LINE = 0.19
_LEGEND_LINE = 0.24
_LEGEND_HANDLE = 0.36
_LEGEND_GAP = 0.22


def draw_kaplan_meier(figure: Figure, canvas: Canvas) -> None:
    """Survival curves with shaded intervals, ticks for the censored, and the numbers at risk under the axis."""
    axes, risk_axes = _layout(figure, canvas)
    for number, series in enumerate(figure.series):
        style = curve_style(number)
        if series.lower:
            axes.fill_between(
                series.x, series.lower, series.upper, step="post", color=style.color, alpha=0.13, linewidth=0
            )
        axes.plot(
            series.x,
            series.y,
            drawstyle="steps-post",
            color=style.color,
            linestyle=style.line,
            linewidth=1.6,
            label=series.label,
            solid_capstyle="butt",
        )
        if series.marks:
            axes.plot(
                [x for x, _ in series.marks],
                [y for _, y in series.marks],
                linestyle="none",
                marker="|",
                markersize=6,
                markeredgewidth=1.1,
                color=style.color,
            )
    is_survival = figure.kind == "kaplan_meier"
    highest = max((max(series.upper or series.y, default=0.0) for series in figure.series), default=1.0)
    if is_survival or highest > 0.6:
        axes.set_ylim(0, 1.02)
        axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    else:
        axes.set_ylim(0, max(highest, 0.05) * 1.08)
    _finish(axes, figure, annotate_at="bottom" if is_survival else "top")
    last = max([*figure.x_ticks, *(x for series in figure.series for x in series.x)], default=1.0)
    axes.set_xlim(0, (last or 1.0) * 1.02)
    if risk_axes is not None:
        _draw_at_risk(risk_axes, axes, figure)


def draw_mean_profile(figure: Figure, canvas: Canvas) -> None:
    """Means by visit, joined by lines, with their intervals; curves are moved apart a little, so none hides another."""
    axes, _ = _layout(figure, canvas)
    positions = [*figure.x_ticks, *(x for series in figure.series for x in series.x)] or [0.0]
    spread = (max(positions) - min(positions)) or 1.0
    for number, series in enumerate(figure.series):
        style = curve_style(number)
        shift = (number - (len(figure.series) - 1) / 2) * 0.014 * spread
        axes.errorbar(
            [x + shift for x in series.x],
            series.y,
            yerr=_errors(series),
            color=style.color,
            linestyle=style.line,
            linewidth=1.4,
            marker=style.marker,
            markersize=5,
            capsize=3,
            elinewidth=1.0,
            label=series.label,
        )
    low, high = axes.get_ylim()
    if low < 0 < high:
        axes.axhline(0, color=MUTED, linewidth=0.8)
    axes.set_xlim(min(positions) - 0.06 * spread, max(positions) + 0.06 * spread)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]))
    _finish(axes, figure, annotate_at="top")


def _errors(series: Series) -> list[list[float]] | None:
    if not series.lower:
        return None
    below = [y - lower for y, lower in zip(series.y, series.lower, strict=True)]
    above = [upper - y for y, upper in zip(series.y, series.upper, strict=True)]
    return [below, above]


def _layout(figure: Figure, canvas: Canvas) -> tuple[Axes, Axes | None]:
    """The axes of the curves and of the numbers at risk, placed in inches so that nothing is cut."""
    width = LANDSCAPE_WIDTH if figure.is_landscape else PORTRAIT_WIDTH
    labels = [label for label, _ in figure.at_risk]
    left = max([_LEFT, *(text_width(canvas, label, SMALL_FONT_SIZE) + 0.3 for label in labels)])
    risk = (len(labels) + 1) * _RISK_LINE + 0.1 if labels else 0.0
    legend = _LEGEND_LINE * _legend_lines(figure, canvas, width) + 0.08
    height = legend + _PLOT_HEIGHT + _AXIS_HEIGHT + risk
    canvas.set_size_inches(width, height)
    plot_width = (width - left - _RIGHT) / width
    axes = canvas.add_axes((left / width, (_AXIS_HEIGHT + risk) / height, plot_width, _PLOT_HEIGHT / height))
    if not labels:
        return axes, None
    return axes, canvas.add_axes((left / width, 0.05 / height, plot_width, (risk - 0.05) / height))


def _legend_columns(figure: Figure, canvas: Canvas, width: float) -> int:
    """All curves beside each other if they fit, else as many as there is room for."""
    widths = [text_width(canvas, series.label, FONT_SIZE) + _LEGEND_HANDLE + _LEGEND_GAP for series in figure.series]
    room = width - 2 * _RIGHT
    if sum(widths) <= room:
        return len(widths)
    return max(1, int(room / max(widths)))


def _legend_lines(figure: Figure, canvas: Canvas, width: float) -> int:
    if not any(series.label for series in figure.series):
        return 0
    return -(-len(figure.series) // _legend_columns(figure, canvas, width))


def _finish(axes: Axes, figure: Figure, *, annotate_at: str) -> None:
    """Axes, grid, legend over the plot, annotations in it."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel(figure.x_label)
    axes.set_ylabel(figure.y_label)
    if figure.y_is_percent:
        percent_labels(axes)
    draw_lines(axes, "y", figure.y_lines)
    if figure.x_ticks:
        axes.set_xticks(list(figure.x_ticks), list(figure.x_tick_labels) or None)
    canvas = axes.figure
    assert isinstance(canvas, Canvas)
    if any(series.label for series in figure.series):
        width, height = canvas.get_size_inches()
        canvas.legend(
            *axes.get_legend_handles_labels(),
            loc="upper left",
            bbox_to_anchor=(_RIGHT / width, 1 - 0.03 / height),
            ncols=_legend_columns(figure, canvas, float(width)),
            frameon=False,
            fontsize=FONT_SIZE,
            handlelength=2.2,
            handletextpad=0.6,
            borderaxespad=0.0,
            borderpad=0.2,
            columnspacing=1.4,
        )
    if figure.annotations:
        text = "\n".join(parts_text(note) for note in figure.annotations)
        y, alignment = (0.04, "bottom") if annotate_at == "bottom" else (0.97, "top")
        axes.text(
            0.02,
            y,
            text,
            transform=axes.transAxes,
            va=alignment,
            ha="left",
            fontsize=FONT_SIZE,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2.5},
        )


def _draw_at_risk(axes: Axes, plot: Axes, figure: Figure) -> None:
    axes.set_xlim(plot.get_xlim())
    lines = len(figure.at_risk) + 1
    axes.set_ylim(0, lines)
    axes.axis("off")
    heading: dict[str, Any] = {"fontsize": SMALL_FONT_SIZE, "va": "center", "color": INK}
    _beside(axes, lines - 0.5, "Number at risk", heading | {"fontweight": "bold", "ha": "left", "x": 0.0})
    for number, (label, references) in enumerate(figure.at_risk):
        y = lines - 1.5 - number
        style = curve_style(number)
        _beside(axes, y, label, heading | {"color": style.color, "ha": "right", "x": -0.04})
        for tick, reference in zip(_shown_ticks(figure.x_ticks, references), references, strict=True):
            axes.text(tick, y, reference.shown, ha="center", va="center", fontsize=SMALL_FONT_SIZE, color=INK)


def _shown_ticks(ticks: Sequence[float], references: Sequence[object]) -> Sequence[float]:
    return ticks[: len(references)]


def _beside(axes: Axes, y: float, text: str, style: dict[str, Any]) -> None:
    """A text at a fraction of the width, and at a line of the table."""
    place = style.pop("x")
    axes.text(place, y, text, transform=axes.get_yaxis_transform(), clip_on=False, **style)

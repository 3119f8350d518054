"""Draws figures in which each subject is a mark: waterfall, spider, scatter and swimmer plots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from trialwright.displays._drawing_parts import (
    annotate,
    draw_lines,
    page_width,
    plain_axes,
    plot_with_legend,
    scale_axis,
    text_width,
)
from trialwright.displays._drawing_style import (
    FONT_SIZE,
    INK,
    MUTED,
    SMALL_FONT_SIZE,
    curve_style,
    event_style,
    fill_style,
)
from trialwright.displays.model import Axis, Figure, Lane, Lanes, Tracks, parts_text

# Inches.
_PLOT_HEIGHT = 3.4
_SCATTER_HEIGHT = 4.2
_LANE = 0.19
_TALLEST = 7.4
_LABELLED_LANE = 0.1

#: Points; smaller marks cannot be told apart.
_SMALLEST_MARK = 3.0

#: Points from bar to bar that a value written upwards needs.
_WRITTEN = 8.0

#: With more bars than this there is no white between them.
_MOST_PARTED = 80


def draw_waterfall(figure: Figure, canvas: Canvas) -> None:
    """A bar for each subject, in the order of the tracks; a value beyond the limits is written at its end."""
    content = _tracks(figure)
    entries = [(_patch(number), label) for number, label in enumerate(content.kinds)]
    axes = plot_with_legend(figure, canvas, entries, plot_height=_PLOT_HEIGHT, bottom=0.36)
    plain_axes(axes)
    axes.spines["bottom"].set_visible(False)
    low, high = content.y.limits or (-float("inf"), float("inf"))
    is_parted = len(content.tracks) <= _MOST_PARTED
    is_cut = False
    pitch = 72 * axes.get_position().width * page_width(figure) / max(len(content.tracks), 1)
    for number, track in enumerate(content.tracks):
        value = track.y[0]
        shown = min(max(value, low), high)
        style = fill_style(track.kind)
        axes.bar(
            number,
            shown,
            width=0.82 if is_parted else 1.0,
            color=style.color,
            hatch=style.hatch,
            edgecolor="white" if is_parted or style.hatch else style.color,
            linewidth=0.3 if is_parted else 0.0,
        )
        if shown != value:
            is_cut = True
            if pitch < _WRITTEN:
                # Too close for words: a mark says that the bar goes on.
                axes.plot([number], [shown], marker="^" if value > 0 else "v", markersize=2.4, color=INK, clip_on=False)
                continue
            axes.text(
                number,
                shown,
                f" {value:+.0f} ",
                ha="center",
                va="bottom" if value > 0 else "top",
                rotation=90,
                fontsize=SMALL_FONT_SIZE - 1,
            )
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_xlim(-0.8, max(len(content.tracks), 1) - 0.2)
    axes.set_xticks([])
    axes.set_xlabel(content.x.label)
    scale_axis(axes, "y", content.y)
    if is_cut:
        # Room for the values that are written beyond the ends of their bars.
        below, above = (
            any(track.y[0] < low for track in content.tracks),
            any(track.y[0] > high for track in content.tracks),
        )
        axes.set_ylim(low - 0.1 * (high - low) * below, high + 0.1 * (high - low) * above)
    # The bars go down to the right: below 0 there is room for words on the left.
    draw_lines(axes, "y", [line for line in content.y.lines if line.at >= 0])
    draw_lines(axes, "y", [line for line in content.y.lines if line.at < 0], at_start=True)
    annotate(axes, figure, x=0.98)


def draw_spider(figure: Figure, canvas: Canvas) -> None:
    """A line for each subject."""
    content = _tracks(figure)
    axes = plot_with_legend(figure, canvas, _line_entries(content), plot_height=_PLOT_HEIGHT)
    plain_axes(axes)
    axes.axhline(0, color=INK, linewidth=0.8)
    for track in content.tracks:
        style = curve_style(max(track.kind, 0))
        axes.plot(
            _within(track.x, content.x),
            _within(track.y, content.y),
            color=style.color if track.kind >= 0 or not content.kinds else MUTED,
            linestyle=style.line,
            linewidth=1.0,
            marker=style.marker,
            markersize=3.2,
            alpha=0.85,
        )
    _finish(axes, figure, content)


def draw_scatter(figure: Figure, canvas: Canvas) -> None:
    """A point for each subject; texts in the corners."""
    content = _tracks(figure)
    axes = plot_with_legend(figure, canvas, _line_entries(content, line=False), plot_height=_SCATTER_HEIGHT)
    plain_axes(axes, "" if content.x.lines or content.y.lines else "both")
    for kind in range(-1, len(content.kinds)):
        chosen = [track for track in content.tracks if track.kind == kind]
        if chosen:
            style = curve_style(max(kind, 0))
            axes.plot(
                _within([track.x[0] for track in chosen], content.x),
                _within([track.y[0] for track in chosen], content.y),
                linestyle="none",
                marker=style.marker,
                markersize=4.6,
                # Seen through, so that points upon each other are darker.
                markerfacecolor=(style.color, 0.35),
                markeredgecolor=style.color,
                markeredgewidth=0.8,
                zorder=3,
                clip_on=False,
            )
    _finish(axes, figure, content)
    for (x, y), corner in zip(((0.02, 0.98), (0.98, 0.98), (0.02, 0.02), (0.98, 0.02)), content.corners, strict=False):
        axes.text(
            x,
            y,
            parts_text(corner),
            transform=axes.transAxes,
            ha="left" if x < 0.5 else "right",
            va="top" if y > 0.5 else "bottom",
            fontsize=SMALL_FONT_SIZE,
            color=MUTED,
            zorder=4,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5},
        )


def draw_swimmer(figure: Figure, canvas: Canvas) -> None:
    """A bar of time for each subject, with marks; an arrow at its end where it goes on."""
    content = figure.content
    assert isinstance(content, Lanes)
    has_ongoing = any(lane.is_ongoing for lane in content.lanes)
    entries: list[tuple[Any, str]] = [(_patch(number, 0.6), label) for number, label in enumerate(content.kinds)]
    entries += [(_event(number), label) for number, label in enumerate(content.events)]
    if has_ongoing:
        entries.append((_arrow(), "Ongoing"))
    count = max(len(content.lanes), 1)
    lane_height = min(_LANE, _TALLEST / count)
    is_labelled = content.shows_subjects and lane_height >= _LABELLED_LANE
    size = min(SMALL_FONT_SIZE, lane_height * 72 * 0.62)
    left = 0.3
    if is_labelled:
        left = max([left, *(text_width(canvas, lane.subject, size) + 0.16 for lane in content.lanes)])
    axes = plot_with_legend(figure, canvas, entries, plot_height=lane_height * count + 0.1, left=left, right=0.3)
    plain_axes(axes, "x")
    longest = max((max([lane.length, *(time for time, _ in lane.events)]) for lane in content.lanes), default=1.0)
    for number, lane in enumerate(content.lanes):
        _draw_lane(axes, lane, number, lane_height, longest)
    axes.set_ylim(count - 0.4, -0.6)
    axes.set_yticks(range(len(content.lanes)) if is_labelled else [], None)
    if is_labelled:
        axes.set_yticklabels([lane.subject for lane in content.lanes], fontsize=size)
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, longest * 1.035)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    scale_axis(axes, "x", content.x)
    draw_lines(axes, "x", content.x.lines)
    annotate(axes, figure, x=0.98, y=0.02)


def _draw_lane(axes: Axes, lane: Lane, number: int, height: float, longest: float) -> None:
    style = fill_style(lane.kind)
    axes.barh(number, lane.length, height=0.72, color="white")
    axes.barh(
        number,
        lane.length,
        height=0.72,
        color=style.color,
        alpha=0.6,
        hatch=style.hatch,
        edgecolor="white",
        linewidth=0.0,
    )
    size = min(6.0, max(_SMALLEST_MARK, height * 72 * 0.5))
    for time, kind in lane.events:
        mark = event_style(kind)
        axes.plot(
            [time],
            [number],
            linestyle="none",
            marker=mark.marker,
            markersize=size,
            markerfacecolor=mark.face,
            markeredgecolor=INK,
            markeredgewidth=0.7 * size / 6.0,
            zorder=4,
            clip_on=False,
        )
    if lane.is_ongoing:
        axes.plot([lane.length + 0.014 * longest], [number], marker=">", markersize=size, color=INK, clip_on=False)


def _tracks(figure: Figure) -> Tracks:
    if isinstance(figure.content, Tracks):
        return figure.content
    return Tracks(tracks=(), y=Axis())


def _within(values: Sequence[float], axis: Axis) -> list[float]:
    """The values, those beyond the limits of the axis at the limit: nobody drops out of the figure."""
    low, high = axis.limits or (-float("inf"), float("inf"))
    return [min(max(value, low), high) for value in values]


def _finish(axes: Axes, figure: Figure, content: Tracks) -> None:
    scale_axis(axes, "x", content.x)
    scale_axis(axes, "y", content.y)
    draw_lines(axes, "x", content.x.lines)
    draw_lines(axes, "y", content.y.lines)
    annotate(axes, figure)


def _patch(number: int, alpha: float = 1.0) -> Patch:
    style = fill_style(number)
    return Patch(facecolor=style.color, hatch=style.hatch * 2, edgecolor="white", linewidth=0.0, alpha=alpha)


def _line_entries(content: Tracks, *, line: bool = True) -> list[tuple[Any, str]]:
    entries: list[tuple[Any, str]] = []
    for number, label in enumerate(content.kinds):
        style = curve_style(number)
        handle = Line2D(
            [],
            [],
            color=style.color,
            linestyle=style.line if line else "none",
            marker=style.marker,
            markersize=FONT_SIZE * 0.5,
            markerfacecolor=style.color if line else (style.color, 0.35),
            markeredgecolor=style.color,
            markeredgewidth=0.8,
        )
        entries.append((handle, label))
    return entries


def _event(number: int) -> Line2D:
    mark = event_style(number)
    return Line2D(
        [], [], linestyle="none", marker=mark.marker, markersize=6, markerfacecolor=mark.face, markeredgecolor=INK
    )


def _arrow() -> Line2D:
    return Line2D([], [], linestyle="none", marker=">", markersize=6, color=INK)

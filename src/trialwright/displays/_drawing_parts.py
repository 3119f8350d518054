"""What several kinds of figures are drawn with: measured texts, a legend over the plot, lines across it, plain axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, NullLocator

from trialwright.displays._drawing_style import (
    FAINT,
    FONT_SIZE,
    LANDSCAPE_WIDTH,
    MUTED,
    PORTRAIT_WIDTH,
    SMALL_FONT_SIZE,
)
from trialwright.displays.model import Axis, Figure, LineAt, parts_text

# Inches.
_RIGHT = 0.22
_LEGEND_LINE = 0.24
_LEGEND_HANDLE = 0.36
_LEGEND_GAP = 0.22


def text_width(canvas: Canvas, text: str, size: float, weight: str = "normal") -> float:
    """Inches that the longest line of `text` takes."""
    label = canvas.text(0, 0, text, fontsize=size, fontweight=weight)
    agg = canvas.canvas
    assert isinstance(agg, FigureCanvasAgg)
    renderer = agg.get_renderer()  # type: ignore[no-untyped-call]  # matplotlib's own
    width = label.get_window_extent(renderer).width / canvas.dpi
    label.remove()
    return width


def page_width(figure: Figure) -> float:
    """Inches between the margins of the figure's page."""
    return LANDSCAPE_WIDTH if figure.is_landscape else PORTRAIT_WIDTH


def plot_with_legend(
    figure: Figure,
    canvas: Canvas,
    entries: Sequence[tuple[Any, str]],
    *,
    plot_height: float,
    left: float = 0.72,
    bottom: float = 0.54,
    right: float = _RIGHT,
) -> Axes:
    """Axes of this height in inches, with as many lines of legend above as the entries need."""
    width = page_width(figure)
    widths = [text_width(canvas, label, FONT_SIZE) + _LEGEND_HANDLE + _LEGEND_GAP for _, label in entries]
    room = width - 2 * _RIGHT
    columns = len(widths) if sum(widths) <= room else max(1, int(room / max(widths)))
    lines = -(-len(entries) // columns) if entries else 0
    height = lines * _LEGEND_LINE + 0.1 + plot_height + bottom
    canvas.set_size_inches(width, height)
    if entries:
        canvas.legend(
            [handle for handle, _ in entries],
            [label for _, label in entries],
            loc="upper left",
            bbox_to_anchor=(_RIGHT / width, 1 - 0.03 / height),
            ncols=columns,
            frameon=False,
            fontsize=FONT_SIZE,
            handlelength=2.0,
            handletextpad=0.6,
            borderaxespad=0.0,
            borderpad=0.2,
            columnspacing=1.4,
        )
    return canvas.add_axes((left / width, bottom / height, (width - left - right) / width, plot_height / height))


def plain_axes(axes: Axes, grid: str = "y") -> None:
    """Two spines and a faint grid behind what is drawn."""
    axes.spines[["top", "right"]].set_visible(False)
    if grid:
        axes.grid(axis=grid, color=FAINT, linewidth=0.6)  # type: ignore[arg-type]  # "x", "y" or "both"
    axes.set_axisbelow(True)


def scale_axis(axes: Axes, which: str, axis: Axis) -> None:
    """Scale, limits, ticks and label of the axis "x" or "y"."""
    if axis.is_log:
        getattr(axes, f"set_{which}scale")("log")
    if axis.limits is not None:
        getattr(axes, f"set_{which}lim")(*axis.limits)
    if axis.ticks:
        getattr(axes, f"set_{which}ticks")(list(axis.ticks), [f"{tick:g}" for tick in axis.ticks])
    one = axes.xaxis if which == "x" else axes.yaxis
    if axis.is_log:
        one.set_minor_locator(NullLocator())
        if not axis.ticks:
            one.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    getattr(axes, f"set_{which}label")(axis.label)


def percent_labels(axes: Axes) -> None:
    """Shows the proportions of the y axis as percentages."""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(100 * value, 6):g}%"))


def draw_lines(axes: Axes, which: str, lines: Sequence[LineAt], *, at_start: bool = False) -> None:
    """Dashed lines at values of the axis "x" or "y", with their words at the end: at the top, at the right.

    at_start  words stand at the left instead, below the line
    """
    for line in lines:
        style: dict[str, Any] = {"color": MUTED, "linewidth": 0.9, "linestyle": (0, (5, 3)), "zorder": 1.5}
        words: dict[str, Any] = {"fontsize": SMALL_FONT_SIZE, "color": MUTED, "clip_on": False}
        if which == "y":
            axes.axhline(line.at, **style)
            axes.annotate(
                line.label,
                (0.004 if at_start else 1.0, line.at),
                xycoords=axes.get_yaxis_transform(),
                xytext=(0, -2 if at_start else 1),
                textcoords="offset points",
                ha="left" if at_start else "right",
                va="top" if at_start else "bottom",
                **{**words, "annotation_clip": False},
            )
        else:
            axes.axvline(line.at, **style)
            axes.text(
                line.at, 1.0, f" {line.label}", transform=axes.get_xaxis_transform(), ha="left", va="top", **words
            )


def annotate(axes: Axes, figure: Figure, *, x: float = 0.02, y: float = 0.97) -> None:
    """The annotations of the figure, at a fraction of the axes: on the right, or at the bottom, beyond a half."""
    if not figure.annotations:
        return
    axes.text(
        x,
        y,
        "\n".join(parts_text(note) for note in figure.annotations),
        transform=axes.transAxes,
        va="top" if y > 0.5 else "bottom",
        ha="right" if x > 0.5 else "left",
        fontsize=FONT_SIZE,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2.5},
    )


def put(axes: Axes, artist: Any) -> Artist:
    """Adds a patch to the axes."""
    added: Artist = axes.add_patch(artist)
    return added

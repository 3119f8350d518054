"""Draws figures as PDF, SVG or PNG.

The same figure gives the same bytes. matplotlib is used without its global state (`pyplot`), and loaded only here.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from trialwright.displays._drawing_curves import draw_kaplan_meier, draw_mean_profile
from trialwright.displays._drawing_design import draw_design
from trialwright.displays._drawing_flow import draw_flow
from trialwright.displays._drawing_forest import draw_forest
from trialwright.displays._drawing_graph import draw_graph
from trialwright.displays._drawing_profile import draw_profile
from trialwright.displays._drawing_style import SETTINGS
from trialwright.displays._drawing_subjects import draw_scatter, draw_spider, draw_swimmer, draw_waterfall
from trialwright.displays._drawing_visits import draw_bars, draw_box_plot
from trialwright.displays._drawing_words import WordsArtist, paint_words
from trialwright.displays.model import Figure
from trialwright.errors import PlanError

FORMATS = ("pdf", "svg", "png")

_DOTS_PER_INCH = 220
#: Of figures of which there is one for each of many patients; and how many colours these need with softened edges.
_DOTS_PER_INCH_OF_MANY = 160
_COLORS = 96

#: What would make two drawings of the same figure differ: dates and versions.
_METADATA: dict[str, dict[str, None]] = {
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
}

_DRAWERS = {
    "kaplan_meier": draw_kaplan_meier,
    "cumulative_incidence": draw_kaplan_meier,
    "mean_profile": draw_mean_profile,
    "bars": draw_bars,
    "box_plot": draw_box_plot,
    "flow": draw_flow,
    "forest": draw_forest,
    "waterfall": draw_waterfall,
    "spider": draw_spider,
    "scatter": draw_scatter,
    "swimmer": draw_swimmer,
    "graph": draw_graph,
    "profile": draw_profile,
    "power_curves": draw_design,
    "boundaries": draw_design,
    "enrollment": draw_design,
    "front": draw_design,
}


def render_figure(figure: Figure, format: str = "png") -> bytes:
    """`figure` as a file of this format: "pdf", "svg" (vectors, with fonts) or "png" (220 dots per inch).

    Titles and footnotes are left to the document around it. Raises `PlanError` for an unknown format or kind.
    """
    if format not in FORMATS:
        raise PlanError(f"{format!r} is no format of a figure. Write one of: {', '.join(FORMATS)}.")
    drawer = _DRAWERS.get(figure.kind)
    if drawer is None:
        raise PlanError(f"Figure {figure.id} is of the kind {figure.kind!r}; drawn are: {', '.join(_DRAWERS)}.")
    settings: Any = dict(SETTINGS)
    with mpl.rc_context(settings):
        is_small = figure.kind == "profile" and format == "png"
        canvas = Canvas(dpi=_DOTS_PER_INCH_OF_MANY if is_small else _DOTS_PER_INCH)
        agg = FigureCanvasAgg(canvas)
        drawer(figure, canvas)
        if is_small:
            return _few_colors(agg)
        file = BytesIO()
        canvas.savefig(file, format=format, dpi=_DOTS_PER_INCH, metadata=_METADATA[format])
    return file.getvalue()


def _few_colors(canvas: FigureCanvasAgg) -> bytes:
    """A PNG with a palette, in a fraction of the time and size: a report may hold a hundred profiles."""
    from PIL import Image

    words = [artist for artist in canvas.figure.artists if isinstance(artist, WordsArtist)]
    for artist in words:
        artist.set_visible(False)
    canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib's own
    pixels = canvas.buffer_rgba()  # type: ignore[no-untyped-call]  # matplotlib's own
    picture = Image.frombuffer("RGBA", canvas.get_width_height(physical=True), pixels).convert("RGB")
    for artist in words:
        paint_words(picture, artist.lines, _DOTS_PER_INCH_OF_MANY)
    file = BytesIO()
    dots = (_DOTS_PER_INCH_OF_MANY, _DOTS_PER_INCH_OF_MANY)
    picture.quantize(_COLORS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(file, "png", dpi=dots)
    return file.getvalue()


def write_figure(figure: Figure, path: Path) -> None:
    """Write `figure` to `path`, in the format of its suffix."""
    path.write_bytes(render_figure(figure, path.suffix.removeprefix(".")))

"""Results to tables, listings and figures."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialwright.displays.composition import compose
    from trialwright.displays.drawing import render_figure, write_figure
    from trialwright.displays.formats import format_number, format_result, refer, round_half_away
    from trialwright.displays.html import render_html, write_html
    from trialwright.displays.json_files import display_to_json, write_display_json
    from trialwright.displays.model import Box, Cell, Display, Figure, HeaderCell, Row, Series, Table, file_stem
    from trialwright.displays.rtf import render_rtf, write_rtf

__all__ = [
    "Box",
    "Cell",
    "Display",
    "Figure",
    "HeaderCell",
    "Row",
    "Series",
    "Table",
    "compose",
    "display_to_json",
    "file_stem",
    "format_number",
    "format_result",
    "refer",
    "render_figure",
    "render_html",
    "render_rtf",
    "round_half_away",
    "write_display_json",
    "write_figure",
    "write_html",
    "write_rtf",
]

_MODULES = {
    "composition": ("compose",),
    "drawing": ("render_figure", "write_figure"),
    "formats": ("format_number", "format_result", "refer", "round_half_away"),
    "html": ("render_html", "write_html"),
    "json_files": ("display_to_json", "write_display_json"),
    "model": ("Box", "Cell", "Display", "Figure", "HeaderCell", "Row", "Series", "Table", "file_stem"),
    "rtf": ("render_rtf", "write_rtf"),
}


def __getattr__(name: str) -> object:
    # What needs scipy, matplotlib or rtflite is far from what needs a format: a module is loaded when it is asked for.
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

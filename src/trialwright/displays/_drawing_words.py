"""Many short texts of a figure, drawn in one go: each as an object of matplotlib's own takes ten times as long."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from matplotlib.artist import Artist
from matplotlib.backend_bases import RendererBase
from matplotlib.font_manager import FontProperties
from matplotlib.transforms import Transform

from trialwright.displays._drawing_style import INK


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A line of text at a place in inches; `side` is where the place is in the text: left, center or right of it."""

    x: float
    y: float
    text: str
    size: float
    side: str = "left"
    is_bold: bool = False
    is_italic: bool = False
    color: str = INK


@lru_cache(maxsize=16)
def _font(size: float, is_bold: bool, is_italic: bool) -> FontProperties:
    return FontProperties(
        family="DejaVu Sans",
        size=size,
        weight="bold" if is_bold else "normal",
        style="italic" if is_italic else "normal",
    )


#: Measured sizes, by kind of renderer, its pixels in a point, text and font.
_SIZES: dict[tuple[type, float, str, FontProperties], tuple[float, float]] = {}


class WordsArtist(Artist):
    """Draws lines of text, each vertically centred on its place as capital letters are."""

    def __init__(self, lines: list[Words], transform: Transform) -> None:
        super().__init__()
        self._lines = lines
        self.set_transform(transform)
        self.set_zorder(4)

    def _size(self, renderer: RendererBase, text: str, font: FontProperties) -> tuple[float, float]:
        """Width and height, measured once for all figures of a document: patients share events and tests."""
        key = (type(renderer), renderer.points_to_pixels(1.0), text, font)
        if key not in _SIZES:
            width, height, _ = renderer.get_text_width_height_descent(text, font, ismath=False)
            _SIZES[key] = width, height
        return _SIZES[key]

    def draw(self, renderer: RendererBase) -> None:
        """Draw every line."""
        transform = self.get_transform()
        for line in self._lines:
            font = _font(line.size, line.is_bold, line.is_italic)
            x, y = transform.transform((line.x, line.y))
            if line.side != "left":
                width = self._size(renderer, line.text, font)[0]
                x -= width / 2 if line.side == "center" else width
            y -= self._size(renderer, "H", font)[1] / 2
            if renderer.flipy():
                y = renderer.get_canvas_width_height()[1] - y
            context = renderer.new_gc()
            context.set_foreground(line.color)
            renderer.draw_text(context, x, y, line.text, font, 0.0, ismath=False)
            context.restore()

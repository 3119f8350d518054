"""Draws graphs of multiple test procedures: ellipses joined by weighted arrows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Ellipse, FancyArrowPatch

from trialwright.displays._drawing_parts import annotate, page_width, put, text_width
from trialwright.displays._drawing_style import FONT_SIZE, INK, SMALL_FONT_SIZE
from trialwright.displays.model import Edge, Figure, Graph, Node, parts_text

# Inches.
_MARGIN = 0.12
_LINE = 0.165
_ROW_GAP = 0.95
_WIDEST_GAP = 1.7
_LEAST_GAP = 0.75

#: Of letters: the smaller ones where words are too long for their node.
_SIZES = (FONT_SIZE, 8.0, 7.0, 6.5)

#: How far arrows bend, as a share of their length: those that run both ways, and those that would cross a node.
_BEND = 0.16
_DETOUR = 0.42

#: Where on its arrow a weight stands, from source to target: not in the middle, where diagonals cross.
_WEIGHT_AT = 0.36

_FILL = "#F3F6FA"


def draw_graph(figure: Figure, canvas: Canvas) -> None:
    """The hypotheses on their grid, and the arrows between them with their weights."""
    graph = figure.content
    width = page_width(figure)
    if not isinstance(graph, Graph) or not graph.nodes:
        canvas.set_size_inches(width, 1.0)
        return
    texts, size, wide = _fitted_texts(graph, canvas, width)
    tall = max(text.count("\n") + 1 for text in texts.values()) * _LINE * size / FONT_SIZE * 1.42 + 0.16
    places, height = _places(graph, width, wide, tall)
    canvas.set_size_inches(width, height)
    axes = canvas.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.axis("off")
    ellipses = {}
    for node in graph.nodes:
        ellipse = Ellipse(places[node.id], wide, tall, facecolor=_FILL, edgecolor=INK, linewidth=1.0, zorder=2)
        put(axes, ellipse)
        ellipses[node.id] = ellipse
        axes.text(*places[node.id], texts[node.id], ha="center", va="center", fontsize=size, linespacing=1.25, zorder=3)
    for edge in graph.edges:
        _draw_edge(axes, edge, graph, places, ellipses, wide, tall)
    annotate(axes, figure, x=0.02, y=0.02)


def _fitted_texts(graph: Graph, canvas: Canvas, width: float) -> tuple[dict[str, str], float, float]:
    """The texts of the nodes, wrapped so that no two ellipses touch, with the size of letters and the ellipses' width.

    An ellipse around a rectangle of text is larger than it: 1.3 times as wide here, and 1.42 times as tall.
    """
    lines = {node.id: [line for part in node.lines for line in parts_text(part).split("\n")] for node in graph.nodes}
    rows: dict[float, list[float]] = {}
    for node in graph.nodes:
        rows.setdefault(node.y, []).append(node.x)
    nearest = min(
        (after - before for row in rows.values() for before, after in pairwise(sorted(row)) if after > before),
        default=1.0,
    )
    columns = (max(node.x for node in graph.nodes) - min(node.x for node in graph.nodes)) / nearest + 1
    room = max((width - 2 * _MARGIN - _LEAST_GAP * (columns - 1)) / columns, 0.8)
    size = _SIZES[0]
    texts: dict[str, str] = {}
    for size in _SIZES:
        texts = {
            id: "\n".join(part for line in own for part in _wrapped(line, (room - 0.2) / 1.3, canvas, size))
            for id, own in lines.items()
        }
        if max(text_width(canvas, text, size) for text in texts.values()) * 1.3 + 0.2 <= room:
            break
    return texts, size, max(text_width(canvas, text, size) for text in texts.values()) * 1.3 + 0.2


def _wrapped(line: str, room: float, canvas: Canvas, size: float) -> list[str]:
    """`line` broken between words so that each piece is at most `room` inches wide, if its words are."""
    pieces: list[str] = []
    for word in line.split(" "):
        longer = f"{pieces[-1]} {word}" if pieces else word
        if pieces and text_width(canvas, longer, size) <= room:
            pieces[-1] = longer
        else:
            pieces.append(word)
    return pieces


def _places(graph: Graph, width: float, wide: float, tall: float) -> tuple[Mapping[str, tuple[float, float]], float]:
    """The middle of each node in inches, and the height of the figure."""
    left, right = min(node.x for node in graph.nodes), max(node.x for node in graph.nodes)
    top, bottom = min(node.y for node in graph.nodes), max(node.y for node in graph.nodes)
    across = width - 2 * _MARGIN - wide
    step = min(across / (right - left), wide + _WIDEST_GAP) if right > left else 0.0
    start = (width - step * (right - left)) / 2
    down = tall + _ROW_GAP
    # Room for an arrow that bends around the nodes of the first or last row.
    detour = 0.5 if any(_crosses(edge, graph) for edge in graph.edges) else 0.0
    height = down * (bottom - top) + tall + 2 * (_MARGIN + detour)
    places = {
        node.id: (start + (node.x - left) * step, height - _MARGIN - detour - tall / 2 - (node.y - top) * down)
        for node in graph.nodes
    }
    return places, height


def _node(graph: Graph, id: str) -> Node:
    return next(node for node in graph.nodes if node.id == id)


def _crosses(edge: Edge, graph: Graph) -> bool:
    """Whether another node stands on the straight line between the two."""
    source, target = _node(graph, edge.source), _node(graph, edge.target)
    length = math.hypot(target.x - source.x, target.y - source.y)
    for node in graph.nodes:
        if node.id in (source.id, target.id) or not length:
            continue
        along = ((node.x - source.x) * (target.x - source.x) + (node.y - source.y) * (target.y - source.y)) / length**2
        off = abs((node.x - source.x) * (target.y - source.y) - (node.y - source.y) * (target.x - source.x)) / length
        if 0 < along < 1 and off < 0.25:
            return True
    return False


def _draw_edge(
    axes: Axes,
    edge: Edge,
    graph: Graph,
    places: Mapping[str, tuple[float, float]],
    ellipses: Mapping[str, Ellipse],
    wide: float,
    tall: float,
) -> None:
    both_ways = any(other.source == edge.target and other.target == edge.source for other in graph.edges)
    bend = _DETOUR if _crosses(edge, graph) else _BEND if both_ways else 0.0
    (x0, y0), (x1, y1) = places[edge.source], places[edge.target]
    put(
        axes,
        FancyArrowPatch(
            (x0, y0),
            (x1, y1),
            connectionstyle=f"arc3,rad={bend}",
            patchA=ellipses[edge.source],
            patchB=ellipses[edge.target],
            arrowstyle="-|>,head_length=5,head_width=2.4",
            linewidth=1.0,
            color=INK,
            shrinkA=1.0,
            shrinkB=1.0,
            zorder=1,
        ),
    )
    # The arrow is a quadratic curve of Bezier; matplotlib's control point is beside the middle, at right angles.
    control = ((x0 + x1) / 2 + bend * (y1 - y0), (y0 + y1) / 2 - bend * (x1 - x0))
    curve = [_bezier((x0, y0), control, (x1, y1), share / 200) for share in range(201)]
    outside = [
        point
        for point in curve
        if not _inside(point, (x0, y0), wide, tall) and not _inside(point, (x1, y1), wide, tall)
    ]
    x, y = outside[int(len(outside) * _WEIGHT_AT)] if outside else curve[100]
    axes.text(
        x,
        y,
        edge.weight.shown.strip(),
        ha="center",
        va="center",
        fontsize=SMALL_FONT_SIZE,
        zorder=4,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2},
    )


def _bezier(
    start: tuple[float, float], control: tuple[float, float], end: tuple[float, float], share: float
) -> tuple[float, float]:
    a, b, c = (1 - share) ** 2, 2 * share * (1 - share), share**2
    return (a * start[0] + b * control[0] + c * end[0], a * start[1] + b * control[1] + c * end[1])


def _inside(point: tuple[float, float], middle: tuple[float, float], wide: float, tall: float) -> bool:
    return ((point[0] - middle[0]) / (wide / 2)) ** 2 + ((point[1] - middle[1]) / (tall / 2)) ** 2 <= 1.0

"""What a table and a figure are, once results have been laid out in them. Every number is a `ResultRef`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from trialwright.displays.profile import Profile
from trialwright.results import ResultRef

#: A piece of a cell: words, or a reference to a result.
Part: TypeAlias = str | ResultRef


def parts_text(parts: tuple[Part, ...]) -> str:
    """What a reader sees of these parts."""
    if len(parts) == 1:  # nearly always, and asked for millions of times
        part = parts[0]
        return part if isinstance(part, str) else part.shown
    return "".join(part if isinstance(part, str) else part.shown for part in parts)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: words and references in reading order."""

    parts: tuple[Part, ...] = ()

    @property
    def text(self) -> str:
        """What a reader sees, with the format's spaces."""
        parts = self.parts
        if not parts:
            return ""
        return parts_text(parts)

    @property
    def refs(self) -> tuple[ResultRef, ...]:
        """The references in this cell."""
        if not self.parts:
            return ()
        return tuple(part for part in self.parts if isinstance(part, ResultRef))


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderCell:
    """A cell of the column headers, `span` columns wide. A newline in the text is a line break."""

    cell: Cell
    span: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a table body.

    label      the first column; leading spaces are kept (they indent)
    cells      one for each further column
    is_group   a heading over the rows that follow: it is kept with them, and printed bold
    indent     depth of the label below its heading, beside leading spaces of the label itself
    """

    label: Cell
    cells: tuple[Cell, ...]
    is_group: bool = False
    indent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table or a listing.

    id            number as printed: `14-1.01`
    section       ICH E3 section that prints it (`14.1`), `purpose` what it is for (`demographics`)
    headers       rows of header cells; each row's spans add up to the number of columns (label column included)
    widths        relative widths of the columns, label column first
    is_separate   a document of its own, to which the report refers
    """

    id: str
    title: str
    population: str
    headers: tuple[tuple[HeaderCell, ...], ...]
    rows: tuple[Row, ...]
    footnotes: tuple[tuple[Part, ...], ...] = ()
    section: str = ""
    purpose: str = ""
    widths: tuple[float, ...] = ()
    alignments: tuple[str, ...] = ()  # "left", "center", "right", "decimal" for each column
    is_landscape: bool = False
    is_listing: bool = False
    is_separate: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def column_count(self) -> int:
        """Number of columns, the label column included."""
        return sum(header.span for header in self.headers[0]) if self.headers else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a figure: points with an optional interval, all from results.

    kind  "step" (Kaplan-Meier), "line" (means); in the figures of designs also "marked" (a line with markers, that are
          hollow if "marked_open"), and "points" (hollow if "points_open"); `marks` are x positions of censoring
    """

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()
    marks: tuple[tuple[float, float], ...] = ()
    kind: str = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box of a flow diagram: lines of words and references, placed on a grid of rows and columns."""

    id: str
    lines: tuple[tuple[Part, ...], ...]
    row: int
    column: float
    width: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAt:
    """A line across a figure at a value of an axis, with words beside it."""

    at: float
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """An axis of a figure of subjects. Values outside `limits` are drawn at the limit."""

    label: str = ""
    is_log: bool = False
    ticks: tuple[float, ...] = ()
    limits: tuple[float, float] | None = None
    lines: tuple[LineAt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The marks of one subject: points in order of x. `kind` is the index of its category, -1 for none."""

    subject: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    kind: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracks:
    """Subjects as bars side by side ("waterfall"), lines ("spider") or points ("scatter").

    kinds    words of the categories
    corners  texts in the upper left, upper right, lower left and lower right corner
    """

    tracks: tuple[Track, ...]
    y: Axis
    x: Axis = Axis()
    kinds: tuple[str, ...] = ()
    corners: tuple[tuple[Part, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """The bar of time of one subject; `events` are times with the index of their kind."""

    subject: str
    length: float
    kind: int = -1
    events: tuple[tuple[float, int], ...] = ()
    is_ongoing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """A swimmer plot."""

    lanes: tuple[Lane, ...]
    x: Axis
    kinds: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    shows_subjects: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with its interval, as a row of a forest plot draws it."""

    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """A table with one column, of this index among the cells of its rows, in which intervals are drawn.

    intervals    one for each row; None where there is nothing to draw
    has_overall  whether the first row is drawn as a diamond
    favors       words left and right of the reference
    """

    table: Table
    column: int
    intervals: tuple[Interval | None, ...]
    has_overall: bool = False
    is_log: bool = False
    reference: float = 0.0
    ticks: tuple[float, ...] = ()
    favors: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The five numbers of one box of a box plot, and the mean if there is one, at a place of the x axis."""

    x: float
    minimum: float
    q1: float
    median: float
    q3: float
    maximum: float
    mean: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spreads:
    """Box plots side by side: a label with its boxes for each group."""

    groups: tuple[tuple[str, tuple[Spread, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A hypothesis: its lines, on a grid; y downwards."""

    id: str
    lines: tuple[tuple[Part, ...], ...]
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """An arrow between two nodes, with its weight."""

    source: str
    target: str
    weight: ResultRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The graph of a multiple test procedure."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """The axes of a figure of designs, whose series are lines and points of two quantities."""

    x: Axis
    y: Axis


Content: TypeAlias = Tracks | Lanes | Forest | Spreads | Graph | Plane


def content_refs(content: Content | None) -> tuple[ResultRef, ...]:
    """The references that the texts of `content` hold."""
    parts: list[Part] = []
    match content:
        case Forest():
            parts += [part for row in content.table.rows for cell in (row.label, *row.cells) for part in cell.parts]
            parts += [part for row in content.table.headers for header in row for part in header.cell.parts]
        case Graph():
            parts += [part for node in content.nodes for line in node.lines for part in line]
            parts += [edge.weight for edge in content.edges]
        case Tracks():
            parts += [part for corner in content.corners for part in corner]
    return tuple(part for part in parts if isinstance(part, ResultRef))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure, as data; `trialwright.displays.render_figure` draws it.

    kind      as in the plan: "kaplan_meier", "forest", ...
    content   what kinds draw that are more than series or boxes
    at_risk   numbers at risk under the x axis: label, then one reference per tick
    refs      every result the picture shows
    """

    id: str
    title: str
    population: str
    kind: str
    series: tuple[Series, ...] = ()
    x_label: str = ""
    y_label: str = ""
    x_ticks: tuple[float, ...] = ()
    x_tick_labels: tuple[str, ...] = ()
    at_risk: tuple[tuple[str, tuple[ResultRef, ...]], ...] = ()
    boxes: tuple[Box, ...] = ()
    arrows: tuple[tuple[str, str], ...] = ()
    content: Content | None = None
    y_is_percent: bool = False
    y_lines: tuple[LineAt, ...] = ()
    annotations: tuple[tuple[Part, ...], ...] = ()
    footnotes: tuple[tuple[Part, ...], ...] = ()
    section: str = ""
    purpose: str = ""
    alt_text: str = ""
    is_landscape: bool = False
    refs: tuple[str, ...] = ()
    profile: Profile | None = None


Display: TypeAlias = Table | Figure


def is_separate(display: Display) -> bool:
    """Whether a display is a document of its own, to which the report refers."""
    return isinstance(display, Table) and display.is_separate


def file_stem(display: Display) -> str:
    """The name of a display's files, without suffix: the id is the plan's, and may hold what no file name may."""
    return re.sub(r"[^\w.-]", "_", display.id)

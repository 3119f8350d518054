"""What a table and a figure are, once results have been laid out in them. Every number is a `ResultRef`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from trialwright.results import ResultRef

#: A piece of a cell: words, or a reference to a result.
Part: TypeAlias = str | ResultRef


def parts_text(parts: tuple[Part, ...]) -> str:
    """What a reader sees of these parts."""
    return "".join(part if isinstance(part, str) else part.shown for part in parts)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: words and references in reading order."""

    parts: tuple[Part, ...] = ()

    @property
    def text(self) -> str:
        """What a reader sees, with the format's spaces."""
        return parts_text(self.parts)

    @property
    def refs(self) -> tuple[ResultRef, ...]:
        """The references in this cell."""
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
    warnings: tuple[str, ...] = ()

    @property
    def column_count(self) -> int:
        """Number of columns, the label column included."""
        return sum(header.span for header in self.headers[0]) if self.headers else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a figure: points with an optional interval, all from results.

    kind  "step" (Kaplan-Meier), "line" (means); `marks` are x positions of censoring
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
class Figure:
    """A figure, as data; `trialwright.displays.render_figure` draws it.

    kind      "kaplan_meier", "mean_profile" or "flow"
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
    annotations: tuple[tuple[Part, ...], ...] = ()
    footnotes: tuple[tuple[Part, ...], ...] = ()
    section: str = ""
    purpose: str = ""
    alt_text: str = ""
    is_landscape: bool = False
    refs: tuple[str, ...] = ()


Display: TypeAlias = Table | Figure

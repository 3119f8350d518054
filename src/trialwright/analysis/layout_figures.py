"""How results are drawn: the figures of an analysis plan, as types, beside the tables of `layout`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from trialwright.analysis.layout import (
    CellSpec,
    ColumnSpec,
    DisplayHead,
    LevelSpec,
    LevelsSpec,
    ListingSpec,
    RowSpec,
    TableSpec,
)
from trialwright.analysis.templates import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAtSpec:
    """A line across a figure, at a value of an axis, with words beside it."""

    at: float
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveSpec(DisplayHead):
    """A figure of curves: kind "kaplan_meier", "cumulative_incidence", "mean_profile", "bars" or "box_plot".

    by           id of the grouping whose levels are the curves
    groups       variable (or id of a grouping) to level, beside those of `by` and `x`
    x            all but curves of time: id of the grouping along the x axis; levels that are numbers stand at them
    variable     of the analysis; empty for its only one
    statistic, lower, upper   what is drawn, and the ends of its interval; a box plot draws those of `descriptive`
    has_interval whether intervals are drawn
    ticks        of the x axis; empty for a choice by the data
    is_percent   whether the y axis shows proportions as percentages
    lines        across the figure, at values of the y axis
    annotations  lines in the figure
    """

    kind: str
    analysis: str
    by: str = ""
    groups: Mapping[str, Template] = field(default_factory=dict)
    x: str = ""
    variable: str = ""
    statistic: str = "mean"
    lower: str = "ci_lower"
    upper: str = "ci_upper"
    has_interval: bool = True
    x_label: str = ""
    y_label: str = ""
    ticks: tuple[float, ...] = ()
    is_percent: bool = False
    lines: tuple[LineAtSpec, ...] = ()
    annotations: tuple[CellSpec, ...] = ()
    alt_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSpec:
    """A line of a box; with `levels` one for each level. `omit` as for rows."""

    text: CellSpec
    levels: LevelsSpec | None = None
    omit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxSpec:
    """A box of a flow diagram, on a grid; with `by` one for each level of the grouping, side by side.

    row, column   place of the box; columns of a `by` are counted from `column`
    to            ids of the boxes that arrows lead to
    """

    id: str
    row: int
    lines: tuple[LineSpec, ...]
    column: float | None = None
    width: float = 1.0
    by: str = ""
    to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSpec(DisplayHead):
    """A flow diagram, such as the disposition of subjects."""

    boxes: tuple[BoxSpec, ...]
    alt_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestSpec(DisplayHead):
    """A forest plot: a table, one of whose columns (`plot`) draws an estimate with its interval.

    columns    of the table, one of them with the id `plot`
    rows       of the table; with `has_overall` the first is drawn as a diamond
    estimate, lower, upper   statistics that are drawn
    is_log     whether the axis is logarithmic (ratios)
    reference  where the line of no difference stands
    favors     words under the axis, left and right of the reference
    """

    columns: tuple[ColumnSpec, ...]
    rows: tuple[RowSpec, ...]
    stub: tuple[Template, ...] = ()
    has_overall: bool = False
    estimate: str = "estimate"
    lower: str = "ci_lower"
    upper: str = "ci_upper"
    is_log: bool = False
    reference: float = 0.0
    ticks: tuple[float, ...] = ()
    favors: tuple[str, str] = ("", "")
    alt_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisSpec:
    """An axis, and the values of subjects that stand along it: results of an analysis with the group USUBJID.

    variable, analysis, statistic   of the values; the analysis is the figure's unless given
    limits                          values outside are drawn at the limit
    """

    variable: str
    analysis: str = ""
    statistic: str = "value"
    label: str = ""
    is_log: bool = False
    ticks: tuple[float, ...] = ()
    limits: tuple[float, float] | None = None
    lines: tuple[LineAtSpec, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CategorySpec:
    """What parts subjects or events into kinds that look different; `only` gives the kinds, their order and words."""

    variable: str
    analysis: str = ""
    only: tuple[LevelSpec, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSpec:
    """Marks on the bars of a swimmer plot: at these times, of the kinds that `kind` tells apart, or of one label."""

    at: AxisSpec
    kind: CategorySpec | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectsSpec(DisplayHead):
    """A figure in which each subject is a mark: kind "waterfall", "spider" or "scatter".

    x        none for a waterfall; for a scatter each subject has one value, for a spider as many as of `y`
    color    by which subjects look different; None: they look the same
    corners  words and statistics of a scatter in the upper left, upper right, lower left and lower right corner
    """

    kind: str
    analysis: str
    y: AxisSpec
    x: AxisSpec | None = None
    color: CategorySpec | None = None
    x_label: str = ""
    corners: tuple[CellSpec | None, CellSpec | None, CellSpec | None, CellSpec | None] = (None, None, None, None)
    annotations: tuple[CellSpec, ...] = ()
    alt_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwimmerSpec(DisplayHead):
    """A swimmer plot: a bar of time for each subject, longest first, with marks where something happened.

    x        the length of the bar
    ongoing  variable that is `Y` for those whose bar ends in an arrow
    events   what is marked on the bars
    """

    analysis: str
    x: AxisSpec
    color: CategorySpec | None = None
    ongoing: str = ""
    events: tuple[EventSpec, ...] = ()
    shows_subjects: bool = True
    annotations: tuple[CellSpec, ...] = ()
    alt_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSpec:
    """A hypothesis of a graph; x to the right, y downwards, in steps of a grid."""

    id: str
    label: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSpec(DisplayHead):
    """The graph of a multiple test procedure: results of the method `graphical`.

    lines        of each node, of the variable that is its hypothesis
    groups       variable to level: the step after which the graph is drawn
    edge         the statistic of the variable level "A -> B" and its format
    """

    analysis: str
    nodes: tuple[NodeSpec, ...]
    lines: tuple[CellSpec, ...]
    groups: Mapping[str, Template] = field(default_factory=dict)
    edge: str = "transition"
    edge_format: str = ".2"
    annotations: tuple[CellSpec, ...] = ()
    alt_text: str = ""


FigureSpec: TypeAlias = CurveSpec | FlowSpec | ForestSpec | SubjectsSpec | SwimmerSpec | GraphSpec
DisplaySpec: TypeAlias = TableSpec | ListingSpec | FigureSpec

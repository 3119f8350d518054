"""How results are drawn: the figures of an analysis plan, as types, beside the tables of `layout`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from trialwright.analysis.layout import CellSpec, DisplayHead, LevelsSpec, ListingSpec, TableSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveSpec(DisplayHead):
    """A figure of curves: kind "kaplan_meier" or "mean_profile".

    by           id of the grouping whose levels are the curves
    x            mean profile: id of the grouping along the x axis (a level that is a number stands at that number)
    variable     of the analysis; empty for its only one
    statistic, lower, upper   mean profile: what is drawn, and the ends of its interval
    has_interval whether intervals are drawn
    ticks        of the x axis; empty for a choice by the data
    annotations  lines in the figure
    """

    kind: str
    analysis: str
    by: str = ""
    x: str = ""
    variable: str = ""
    statistic: str = "mean"
    lower: str = "ci_lower"
    upper: str = "ci_upper"
    has_interval: bool = True
    x_label: str = ""
    y_label: str = ""
    ticks: tuple[float, ...] = ()
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


FigureSpec: TypeAlias = CurveSpec | FlowSpec
DisplaySpec: TypeAlias = TableSpec | ListingSpec | FigureSpec

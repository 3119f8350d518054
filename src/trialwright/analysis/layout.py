"""How results are laid out: the display part of an analysis plan, as types. `trialwright.displays` composes from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec:
    """A column, or one column for each level of a grouping.

    id        what the cells of a row are keyed by
    grouping  id of the grouping whose levels the column is repeated for; None for a single column
    header    templates, one for each header row, outermost first
    """

    id: str
    header: tuple[str, ...]
    grouping: str | None = None
    levels: tuple[str, ...] = ()
    width: float | None = None
    align: str = "center"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSpec:
    """A row, or a block of rows."""

    label: str
    analysis: str | None = None
    cells: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """A table of results."""

    id: str
    title: str
    population: str
    columns: tuple[ColumnSpec, ...]
    rows: tuple[RowSpec, ...]
    footnotes: tuple[str, ...] = ()
    section: str = ""
    purpose: str = "other"
    is_landscape: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureSpec:
    """A figure of results: kind "kaplan_meier" or "mean_profile"."""

    id: str
    title: str
    population: str
    kind: str
    analysis: str
    footnotes: tuple[str, ...] = ()
    section: str = ""
    purpose: str = "other"


DisplaySpec: TypeAlias = TableSpec | FigureSpec

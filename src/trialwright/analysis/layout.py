"""How results are laid out: the display part of an analysis plan, as types. `trialwright.displays` composes from them.

Tables and listings are here, figures in `layout_figures`. `trialwright.analysis.layout_reader` makes these of YAML;
`docs/reference/plan-displays.md` explains the language.

Columns and rows are trees. On the way from the root of the columns to a column, and from the root of the rows to a row,
groups and names are *bound*: the arm, the visit, the level of a variable. A cell stands where a row meets a column; its
template asks for statistics of an analysis at the groups that both have bound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from trialwright.analysis.templates import EMPTY, Template

_CELL_KEY = re.compile(r"(?P<column>[^\[\]]+)(?:\[(?P<level>.+)\])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSpec:
    """What a cell (a line, a footnote) shows.

    show           words and statistics
    zero           shown instead where the first statistic of `show` is 0
    absent         shown instead where there is none of the results
    not_estimable  shown instead where the first statistic has no number; None for the result's own text
    analysis, variable, level   what the statistics belong to, where it differs from the row's
    groups         variable (or id of a grouping) to level, beside those that row and column have bound; "" unbinds
    versus         level that the innermost bound group is compared with: the results of the contrast are shown
    nonzero_in     the cell stays empty unless `n` is above 0 in one of these levels of the innermost bound group: a
                   comparison of nothing with nothing
    """

    show: Template
    zero: Template | None = None
    absent: Template = EMPTY
    not_estimable: Template | None = None
    analysis: Template | None = None
    variable: Template | None = None
    level: Template | None = None
    groups: Mapping[str, Template] = field(default_factory=dict)
    versus: Template | None = None
    nonzero_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSpec:
    """A level of a variable, and the words for it."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelsSpec:
    """The levels of a variable that a row or column is repeated for.

    variable   of the analysis; empty for its only one
    order      "declared" (as the analysis gives them), "alphabetical" or "descending"; ties stay alphabetical
    of         for "descending": by `stat` in this group (variable or id of a grouping to level)
    only       these levels, in this order; where the results lack one, it is shown all the same
    labels     words for levels; others are shown as they are
    """

    variable: str = ""
    order: str = "declared"
    stat: str = "n"
    of: Mapping[str, str] = field(default_factory=dict)
    only: tuple[LevelSpec, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec:
    """A column; with `by` or `levels` one for each level; with `columns` a spanner over them.

    id            what the cells of a row are keyed by; the grouping's id if there is a `by`
    header        of the column or spanner; with several, one for each header row, outermost first
    by            id of the grouping whose levels it is repeated for; `only` some of them, `has_total` also the total
    levels        the variable levels it is repeated for
    groups, level, names, analysis_set   bound for everything under this column
    repeats       False: a value that stands above already is left out (columns that belong to the row's label)
    """

    id: str = ""
    header: tuple[CellSpec, ...] = ()
    by: str = ""
    only: tuple[str, ...] = ()
    has_total: bool = False
    levels: LevelsSpec | None = None
    groups: Mapping[str, Template] = field(default_factory=dict)
    level: Template | None = None
    names: Mapping[str, Template] = field(default_factory=dict)
    analysis_set: str = ""
    columns: tuple[ColumnSpec, ...] = ()
    width: float | None = None
    align: str = ""
    repeats: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSpec:
    """A row, or a block of rows under a label. What it says of cells and analyses, the rows inside it inherit.

    heading     where a block's label goes: "row" of its own, "data" (a row of its own with cells), "first" (of the
                rows inside), "none"
    by, only, has_total, levels   repeat the row or block, as for columns
    analysis, variable, level, groups, names   bound for this row and everything inside
    show        for every column with results; `cells` for columns by id (`p`, `treatment[Placebo]`)
    omit        "absent": the row is left out if none of its cells has a result; "zero": if all its results are 0
    indent      depth of the label, beside its own leading spaces
    """

    label: CellSpec | None = None
    heading: str = "row"
    rows: tuple[RowSpec, ...] = ()
    by: str = ""
    only: tuple[str, ...] = ()
    has_total: bool = False
    levels: LevelsSpec | None = None
    analysis: Template | None = None
    variable: Template | None = None
    level: Template | None = None
    groups: Mapping[str, Template] = field(default_factory=dict)
    names: Mapping[str, Template] = field(default_factory=dict)
    show: CellSpec | None = None
    cells: Mapping[str, CellSpec] = field(default_factory=dict)
    omit: str = ""
    indent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayHead:
    """What every display has.

    population     as printed
    analysis_set   whose size `{N}` in headers is
    orientation    "portrait", "landscape" or "auto" (by the width of the content)
    shows_warnings the warnings of its results become footnotes
    """

    id: str
    title: str
    population: str = ""
    analysis_set: str = ""
    section: str = ""
    purpose: str = "other"
    orientation: str = "auto"
    footnotes: tuple[CellSpec, ...] = ()
    shows_warnings: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec(DisplayHead):
    """A table of results; `stub` is the header of the column of labels, one template for each header row."""

    columns: tuple[ColumnSpec, ...]
    rows: tuple[RowSpec, ...]
    stub: tuple[Template, ...] = ()
    stub_width: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingColumnSpec:
    """A column of a listing: a variable of the `listing` analysis. An empty format is chosen by the values.

    level  of the variable that stands across, if the analysis sets records side by side
    """

    variable: str
    header: str
    level: str | None = None
    format: str = ""
    width: float | None = None
    align: str = ""
    repeats: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingHeadingSpec:
    """A piece of the line above the rows that share it: `Subject: 01-701-1015`; without words the value alone."""

    variable: str
    header: str
    format: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingSpec(DisplayHead):
    """A listing of records, in the order of the `listing` analysis; `empty` is shown if there is none.

    heading        what the line above a group of rows says: rows that share these values stand together
    abbreviations  short forms and what they mean: the last footnote
    is_separate    a document of its own: the report says what it holds and where it is
    """

    analysis: str
    columns: tuple[ListingColumnSpec, ...]
    heading: tuple[ListingHeadingSpec, ...] = ()
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    is_separate: bool = False
    empty: str = "No records."


def split_cell_key(key: str) -> tuple[str, str | None]:
    """The column and the level that a key of `cells` names: `treatment[Placebo]`, `p`."""
    found = _CELL_KEY.fullmatch(key)
    return (key, None) if found is None else (found["column"], found["level"])

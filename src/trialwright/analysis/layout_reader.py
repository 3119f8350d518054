"""Reads the `displays` of a plan: marked YAML in, the types of `layout` out; every error has a line and a column."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, TypedDict

from pydantic import BeforeValidator, Field, InstanceOf

from trialwright.analysis.layout import (
    BoxSpec,
    CellSpec,
    ColumnSpec,
    CurveSpec,
    DisplaySpec,
    FlowSpec,
    LevelSpec,
    LevelsSpec,
    LineSpec,
    ListingColumnSpec,
    ListingSpec,
    RowSpec,
    TableSpec,
    split_cell_key,
)
from trialwright.analysis.marked_yaml import Border, Node, Problems, Text, validate
from trialwright.analysis.templates import EMPTY, FORMAT_HELP, FORMAT_PATTERN, Template, parse_template

#: A key of `displays` that is no display: a place for YAML anchors that several displays use.
PATTERNS = "patterns"


def _as_text(value: object) -> object:
    return getattr(value, "text", value)


def _as_template(value: object) -> object:
    value = "" if value is None else _as_text(value)
    return parse_template(value) if isinstance(value, str) else value


def _as_cell(value: object) -> object:
    return value if isinstance(value, dict) else {"show": value}


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _as_levels(value: object) -> object:
    if isinstance(value, list):
        return {"only": value}
    return value if isinstance(value, dict) else {"variable": value}


def _as_labelled(value: object) -> object:
    return {str(_as_text(one)): str(_as_text(one)) for one in value} if isinstance(value, list) else value


def _as_format(value: object) -> object:
    value = _as_text(value)
    if isinstance(value, str) and value and FORMAT_PATTERN.fullmatch(value) is None:
        raise ValueError(f"{value!r} is no format. {FORMAT_HELP}")
    return value


TemplateText: TypeAlias = Annotated[InstanceOf[Template], BeforeValidator(_as_template)]
Texts: TypeAlias = Annotated[list[Text], BeforeValidator(_as_list)]
Templates: TypeAlias = Annotated[list[TemplateText], BeforeValidator(_as_list)]
Number: TypeAlias = Annotated[float, BeforeValidator(lambda value: float(value) if isinstance(value, int) else value)]
Alignment: TypeAlias = Literal["", "left", "center", "right", "decimal"]


class CellModel(Border):
    show: TemplateText
    zero: TemplateText | None = None
    absent: TemplateText = EMPTY
    not_estimable: TemplateText | None = None
    analysis: TemplateText | None = None
    variable: TemplateText | None = None
    level: TemplateText | None = None
    groups: dict[str, TemplateText] = Field(default_factory=dict)
    versus: TemplateText | None = None
    nonzero_in: Texts = Field(default_factory=list)


Cell: TypeAlias = Annotated[CellModel, BeforeValidator(_as_cell)]
Cells: TypeAlias = Annotated[list[Cell], BeforeValidator(_as_list)]


class LevelsModel(Border):
    variable: Text = ""
    order: Literal["declared", "alphabetical", "descending"] = "declared"
    stat: str = "n"
    of: dict[str, Text] = Field(default_factory=dict)
    only: Annotated[dict[str, Text], BeforeValidator(_as_labelled)] = Field(default_factory=dict)
    labels: dict[str, Text] = Field(default_factory=dict)


Levels: TypeAlias = Annotated[LevelsModel, BeforeValidator(_as_levels)]


class ColumnModel(Border):
    id: Text = ""
    header: Cells = Field(default_factory=list)
    by: str = ""
    only: Texts = Field(default_factory=list)
    total: bool = False
    levels: Levels | None = None
    groups: dict[str, TemplateText] = Field(default_factory=dict)
    level: TemplateText | None = None
    names: dict[str, TemplateText] = Field(default_factory=dict)
    analysis_set: str = ""
    columns: list[ColumnModel] = Field(default_factory=list)
    width: Number | None = None
    align: Alignment = ""
    repeats: bool = True


class RowModel(Border):
    label: Cell | None = None
    heading: Literal["row", "data", "first", "none"] = "row"
    rows: list[RowModel] = Field(default_factory=list)
    by: str = ""
    only: Texts = Field(default_factory=list)
    total: bool = False
    levels: Levels | None = None
    analysis: TemplateText | None = None
    variable: TemplateText | None = None
    level: TemplateText | None = None
    groups: dict[str, TemplateText] = Field(default_factory=dict)
    names: dict[str, TemplateText] = Field(default_factory=dict)
    show: Cell | None = None
    cells: dict[str, Cell] = Field(default_factory=dict)
    omit: Literal["", "absent", "zero"] = ""
    indent: int = 0


class HeadModel(Border):
    kind: str
    title: Text
    population: Text = ""
    analysis_set: str = ""
    section: Text = ""
    purpose: str = "other"
    orientation: Literal["portrait", "landscape", "auto"] = "auto"
    footnotes: Cells = Field(default_factory=list)
    warnings: bool = False


class TableModel(HeadModel):
    columns: list[ColumnModel] = Field(min_length=1)
    rows: list[RowModel]
    stub: Templates = Field(default_factory=list)
    stub_width: Number | None = None


class ListingColumnModel(Border):
    variable: str
    header: Text = ""
    format: Annotated[str, BeforeValidator(_as_format)] = ""
    width: Number | None = None
    align: Alignment = ""
    repeats: bool = True


class ListingModel(HeadModel):
    analysis: str
    columns: list[ListingColumnModel] = Field(min_length=1)
    empty: Text = "No records."


class CurveModel(HeadModel):
    analysis: str
    by: str = ""
    x: str = ""
    variable: Text = ""
    statistic: str = "mean"
    lower: str = "ci_lower"
    upper: str = "ci_upper"
    interval: bool = True
    x_label: Text = ""
    y_label: Text = ""
    ticks: list[Number] = Field(default_factory=list)
    annotations: Cells = Field(default_factory=list)
    alt_text: Text = ""


class LineModel(Border):
    text: Cell
    levels: Levels | None = None
    omit: Literal["", "absent", "zero"] = ""


Line: TypeAlias = Annotated[
    LineModel, BeforeValidator(lambda value: value if isinstance(value, dict) and "text" in value else {"text": value})
]


class BoxModel(Border):
    id: Text
    row: int
    lines: list[Line]
    column: Number | None = None
    width: Number = 1.0
    by: str = ""
    to: Texts = Field(default_factory=list)


class FlowModel(HeadModel):
    boxes: list[BoxModel] = Field(min_length=1)
    alt_text: Text = ""


ColumnModel.model_rebuild()
RowModel.model_rebuild()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Ids that the rest of the plan defines; None where that is not to be checked."""

    analyses: Collection[str] | None = None
    groupings: Collection[str] | None = None
    analysis_sets: Collection[str] | None = None


def read_displays(
    node: Node, problems: Problems | None = None, *, known: Known | None = None
) -> Mapping[str, DisplaySpec]:
    """The displays under `node`, by id, in the order of the plan.

    What does not fit goes to `problems`, which the caller raises; without `problems`, `PlanError` is raised here. With
    `known`, references to analyses, groupings and analysis sets that the plan lacks are problems too.
    """
    collected = Problems() if problems is None else problems
    known = known or Known()
    displays: dict[str, DisplaySpec] = {}
    if not isinstance(node.value, dict):
        collected.add(node, "displays must be a mapping of ids to displays.")
    for id, child in node.mapping.items():
        if id == PATTERNS:
            continue
        spec = _read_display(id, child, collected)
        if spec is not None:
            displays[id] = spec
            _check_references(child, spec, known, collected)
    if problems is None:
        collected.raise_if_any()
    return displays


def _read_display(id: str, node: Node, problems: Problems) -> DisplaySpec | None:
    kind = node.get("kind")
    if kind is None:
        problems.add(node, f"display {id} has no 'kind'. It is one of: {', '.join(_READERS)}.")
        return None
    reader = _READERS.get(str(kind.value))
    if reader is None:
        problems.add(kind, f"{kind.value!r} is no kind of display. It is one of: {', '.join(_READERS)}.")
        return None
    return reader(id, node, problems)


def _read_table(id: str, node: Node, problems: Problems) -> DisplaySpec | None:
    model = validate(node, TableModel, problems)
    if model is None:
        return None
    return TableSpec(
        **_head(id, model),
        columns=tuple(_column(column) for column in model.columns),
        rows=tuple(_row(row) for row in model.rows),
        stub=tuple(model.stub),
        stub_width=model.stub_width,
    )


def _read_listing(id: str, node: Node, problems: Problems) -> DisplaySpec | None:
    model = validate(node, ListingModel, problems)
    if model is None:
        return None
    columns = tuple(
        ListingColumnSpec(
            variable=column.variable,
            header=column.header or column.variable,
            format=column.format,
            width=column.width,
            align=column.align,
            repeats=column.repeats,
        )
        for column in model.columns
    )
    return ListingSpec(**_head(id, model), analysis=model.analysis, columns=columns, empty=model.empty)


def _read_curves(id: str, node: Node, problems: Problems) -> DisplaySpec | None:
    model = validate(node, CurveModel, problems)
    if model is None:
        return None
    if model.kind == "mean_profile" and not model.x:
        problems.add(node, f"the mean profile {id} has no 'x': name the grouping (the visit) along its x axis.")
        return None
    return CurveSpec(
        **_head(id, model),
        kind=model.kind,
        analysis=model.analysis,
        by=model.by,
        x=model.x,
        variable=model.variable,
        statistic=model.statistic,
        lower=model.lower,
        upper=model.upper,
        has_interval=model.interval,
        x_label=model.x_label,
        y_label=model.y_label,
        ticks=tuple(model.ticks),
        annotations=tuple(_cell(one) for one in model.annotations),
        alt_text=model.alt_text,
    )


def _read_flow(id: str, node: Node, problems: Problems) -> DisplaySpec | None:
    model = validate(node, FlowModel, problems)
    if model is None:
        return None
    ids = {box.id for box in model.boxes}
    for box, place in zip(model.boxes, node["boxes"], strict=True):
        for target in box.to:
            if target not in ids:
                problems.add(place, f"an arrow leads to the box {target!r}; there are: {', '.join(sorted(ids))}.")
    boxes = tuple(
        BoxSpec(
            id=box.id,
            row=box.row,
            lines=tuple(LineSpec(text=_cell(one.text), levels=_levels(one.levels), omit=one.omit) for one in box.lines),
            column=box.column,
            width=box.width,
            by=box.by,
            to=tuple(box.to),
        )
        for box in model.boxes
    )
    return FlowSpec(**_head(id, model), boxes=boxes, alt_text=model.alt_text)


_READERS: Mapping[str, Callable[[str, Node, Problems], DisplaySpec | None]] = {
    "table": _read_table,
    "listing": _read_listing,
    "kaplan_meier": _read_curves,
    "mean_profile": _read_curves,
    "flow": _read_flow,
}


class _Head(TypedDict):
    id: str
    title: str
    population: str
    analysis_set: str
    section: str
    purpose: str
    orientation: str
    footnotes: tuple[CellSpec, ...]
    shows_warnings: bool


def _head(id: str, model: HeadModel) -> _Head:
    return _Head(
        id=id,
        title=model.title,
        population=model.population,
        analysis_set=model.analysis_set,
        section=model.section,
        purpose=model.purpose,
        orientation=model.orientation,
        footnotes=tuple(_cell(one) for one in model.footnotes),
        shows_warnings=model.warnings,
    )


def _cell(model: CellModel) -> CellSpec:
    return CellSpec(
        show=model.show,
        zero=model.zero,
        absent=model.absent,
        not_estimable=model.not_estimable,
        analysis=model.analysis,
        variable=model.variable,
        level=model.level,
        groups=model.groups,
        versus=model.versus,
        nonzero_in=tuple(model.nonzero_in),
    )


def _levels(model: LevelsModel | None) -> LevelsSpec | None:
    if model is None:
        return None
    return LevelsSpec(
        variable=model.variable,
        order=model.order,
        stat=model.stat,
        of=model.of,
        only=tuple(LevelSpec(value=value, label=label) for value, label in model.only.items()),
        labels=model.labels,
    )


def _column(model: ColumnModel) -> ColumnSpec:
    return ColumnSpec(
        id=model.id or model.by,
        header=tuple(_cell(one) for one in model.header),
        by=model.by,
        only=tuple(model.only),
        has_total=model.total,
        levels=_levels(model.levels),
        groups=model.groups,
        level=model.level,
        names=model.names,
        analysis_set=model.analysis_set,
        columns=tuple(_column(one) for one in model.columns),
        width=model.width,
        align=model.align,
        repeats=model.repeats,
    )


def _row(model: RowModel) -> RowSpec:
    return RowSpec(
        label=None if model.label is None else _cell(model.label),
        heading=model.heading,
        rows=tuple(_row(one) for one in model.rows),
        by=model.by,
        only=tuple(model.only),
        has_total=model.total,
        levels=_levels(model.levels),
        analysis=model.analysis,
        variable=model.variable,
        level=model.level,
        groups=model.groups,
        names=model.names,
        show=None if model.show is None else _cell(model.show),
        cells={key: _cell(one) for key, one in model.cells.items()},
        omit=model.omit,
        indent=model.indent,
    )


def _check_references(node: Node, spec: DisplaySpec, known: Known, problems: Problems) -> None:
    for key, place in _walk(node):
        match key:
            case "by" | "x":
                _check_known(place, known.groupings, "grouping", problems)
            case "analysis":
                _check_known(place, known.analyses, "analysis", problems)
            case "analysis_set":
                _check_known(place, known.analysis_sets, "analysis set", problems)
    if isinstance(spec, TableSpec):
        columns = set(_column_ids(spec.columns))
        for key, place in _walk(node["rows"]):
            if key == "cells":
                _check_columns(place, columns, problems)


def _check_known(node: Node, known: Collection[str] | None, what: str, problems: Problems) -> None:
    name = _as_text(node.value)
    if known is None or not isinstance(name, str) or not name or "${" in name or name == "population":
        return
    if name not in known:
        problems.add(node, f"the plan has no {what} {name!r}. It has: {', '.join(sorted(known)) or 'none'}.")


def _check_columns(cells: Node, columns: set[str], problems: Problems) -> None:
    for key, place in cells.mapping.items():
        column = split_cell_key(key)[0]
        if column not in columns:
            problems.add(
                place.key_node or place,
                f"the table has no column {column!r}. Its columns are: {', '.join(sorted(columns))}.",
            )


def _column_ids(columns: tuple[ColumnSpec, ...]) -> Iterator[str]:
    for column in columns:
        if column.id:
            yield column.id
        yield from _column_ids(column.columns)


def _walk(node: Node) -> Iterator[tuple[str, Node]]:
    """Every value of a mapping under `node`, with its key."""
    for key, child in node.mapping.items():
        yield key, child
        yield from _walk(child)
    for child in node.items:
        yield from _walk(child)

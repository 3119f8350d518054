"""Reads the figures of a plan: marked YAML in, the types of `layout_figures` out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from trialwright.analysis.layout import CellSpec, LevelSpec, RowSpec
from trialwright.analysis.layout_figures import (
    AxisSpec,
    BoxSpec,
    CategorySpec,
    CurveSpec,
    EventSpec,
    FigureSpec,
    FlowSpec,
    ForestSpec,
    GraphSpec,
    LineAtSpec,
    LineSpec,
    NodeSpec,
    SubjectsSpec,
    SwimmerSpec,
)
from trialwright.analysis.layout_models import (
    Cell,
    CellModel,
    Cells,
    ColumnModel,
    HeadModel,
    Labels,
    Levels,
    Number,
    Templates,
    TemplateText,
    Texts,
    as_format,
    as_list,
    cell_spec,
    column_spec,
    head_spec,
    levels_spec,
)
from trialwright.analysis.templates import EMPTY, StatPlace, Template
from trialwright.marked_yaml import Border, Node, Problems, Text, validate


class LineAtModel(Border):
    at: Number
    label: Text = ""


Lines: TypeAlias = list[
    Annotated[LineAtModel, BeforeValidator(lambda value: value if isinstance(value, dict) else {"at": value})]
]


class CurveModel(HeadModel):
    analysis: str
    by: str = ""
    groups: dict[str, TemplateText] = Field(default_factory=dict)
    x: str = ""
    variable: Text = ""
    statistic: str = ""
    lower: str = "ci_lower"
    upper: str = "ci_upper"
    interval: bool = True
    x_label: Text = ""
    y_label: Text = ""
    ticks: list[Number] = Field(default_factory=list)
    y_format: Literal["number", "percent"] = "number"
    lines: Lines = Field(default_factory=list)
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


class ForestRowModel(Border):
    label: Cell | None = None
    by: str = ""
    only: Texts = Field(default_factory=list)
    analysis: TemplateText | None = None
    groups: dict[str, TemplateText] = Field(default_factory=dict)
    names: dict[str, TemplateText] = Field(default_factory=dict)
    cells: dict[str, Cell] = Field(default_factory=dict)
    heading: dict[str, Cell] = Field(default_factory=dict)


class ForestModel(HeadModel):
    columns: list[ColumnModel] = Field(min_length=1)
    rows: list[ForestRowModel] = Field(min_length=1)
    overall: ForestRowModel | None = None
    stub: Templates = Field(default_factory=list)
    groups: dict[str, TemplateText] = Field(default_factory=dict)
    cells: dict[str, Cell] = Field(default_factory=dict)
    heading: dict[str, Cell] = Field(default_factory=dict)
    estimate: str = "estimate"
    lower: str = "ci_lower"
    upper: str = "ci_upper"
    scale: Literal["linear", "log"] = "linear"
    reference: Number | None = None
    ticks: list[Number] = Field(default_factory=list)
    favors: list[Text] = Field(default_factory=lambda: ["", ""], min_length=2, max_length=2)
    alt_text: Text = ""


def _as_variable(value: object) -> object:
    return value if isinstance(value, dict) else {"variable": value}


class AxisModel(Border):
    variable: str
    analysis: str = ""
    statistic: str = "value"
    label: Text = ""
    scale: Literal["linear", "log"] = "linear"
    ticks: list[Number] = Field(default_factory=list)
    limits: list[Number] | None = Field(default=None, min_length=2, max_length=2)
    lines: Lines = Field(default_factory=list)


Axis: TypeAlias = Annotated[AxisModel, BeforeValidator(_as_variable)]


class CategoryModel(Border):
    variable: str
    analysis: str = ""
    only: Labels = Field(default_factory=dict)


Category: TypeAlias = Annotated[CategoryModel, BeforeValidator(_as_variable)]


class CornersModel(Border):
    upper_left: Cell | None = None
    upper_right: Cell | None = None
    lower_left: Cell | None = None
    lower_right: Cell | None = None


class SubjectsModel(HeadModel):
    analysis: str
    x: Axis | None = None
    y: Axis
    color: Category | None = None
    x_label: Text = ""
    corners: CornersModel = Field(default_factory=CornersModel)
    annotations: Cells = Field(default_factory=list)
    alt_text: Text = ""


class EventsModel(Border):
    analysis: str
    at: str
    kind: str = ""
    label: Text = ""
    only: Labels = Field(default_factory=dict)


class SwimmerModel(HeadModel):
    analysis: str
    x: Axis
    color: Category | None = None
    ongoing: str = ""
    events: Annotated[list[EventsModel], BeforeValidator(as_list)] = Field(default_factory=list)
    subjects: bool = True
    annotations: Cells = Field(default_factory=list)
    alt_text: Text = ""


class NodeModel(Border):
    label: Text = ""
    x: Number
    y: Number


class GraphModel(HeadModel):
    analysis: str
    nodes: dict[str, NodeModel] = Field(min_length=1)
    lines: Cells = Field(min_length=1)
    groups: dict[str, TemplateText] = Field(default_factory=dict)
    edge: str = "transition"
    edge_format: Annotated[str, BeforeValidator(as_format)] = ".2"
    annotations: Cells = Field(default_factory=list)
    alt_text: Text = ""


#: Figures with a grouping along the x axis, as their errors call them.
_BY_VISIT = {"mean_profile": "mean profile", "bars": "bar chart", "box_plot": "box plot"}

#: What is drawn unless the plan says it; else the mean.
_STATISTICS = {"kaplan_meier": "survival", "cumulative_incidence": "cumulative_incidence", "bars": "p"}


def _lines(models: list[LineAtModel]) -> tuple[LineAtSpec, ...]:
    return tuple(LineAtSpec(at=one.at, label=one.label) for one in models)


def _read_curves(id: str, node: Node, problems: Problems) -> FigureSpec | None:
    model = validate(node, CurveModel, problems)
    if model is None:
        return None
    if model.kind in _BY_VISIT and not model.x:
        problems.add(
            node, f"the {_BY_VISIT[model.kind]} {id} has no 'x': name the grouping (the visit) along its x axis."
        )
        return None
    return CurveSpec(
        **head_spec(id, model),
        kind=model.kind,
        analysis=model.analysis,
        by=model.by,
        groups=model.groups,
        x=model.x,
        variable=model.variable,
        statistic=model.statistic or _STATISTICS.get(model.kind, "mean"),
        lower=model.lower,
        upper=model.upper,
        has_interval=model.interval,
        x_label=model.x_label,
        y_label=model.y_label,
        ticks=tuple(model.ticks),
        is_percent=model.y_format == "percent",
        lines=_lines(model.lines),
        annotations=tuple(cell_spec(one) for one in model.annotations),
        alt_text=model.alt_text,
    )


def _read_flow(id: str, node: Node, problems: Problems) -> FigureSpec | None:
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
            lines=tuple(
                LineSpec(text=cell_spec(one.text), levels=levels_spec(one.levels), omit=one.omit) for one in box.lines
            ),
            column=box.column,
            width=box.width,
            by=box.by,
            to=tuple(box.to),
        )
        for box in model.boxes
    )
    return FlowSpec(**head_spec(id, model), boxes=boxes, alt_text=model.alt_text)


#: The column of a forest plot that is drawn.
PLOT = "plot"

_NOTHING = CellSpec(show=EMPTY)


def _read_forest(id: str, node: Node, problems: Problems) -> FigureSpec | None:
    model = validate(node, ForestModel, problems)
    if model is None:
        return None
    columns = tuple(column_spec(column) for column in model.columns)
    if PLOT not in {column.id for column in columns}:
        problems.add(
            node["columns"], f"no column of {id} has the id {PLOT!r}: the one in which the estimates are drawn."
        )
        return None
    is_log = model.scale == "log"
    reference = float(is_log) if model.reference is None else model.reference
    if is_log and min(reference, *model.ticks, *[1.0]) <= 0:
        problems.add(node, f"the axis of {id} is logarithmic: its reference and its ticks must be above 0.")
        return None
    estimate = Template(tuple(StatPlace(stat, ".4") for stat in (model.estimate, model.lower, model.upper)))
    cells = {PLOT: CellSpec(show=estimate), **{key: cell_spec(one) for key, one in model.cells.items()}}
    rows = [*([model.overall] if model.overall else []), *model.rows]
    return ForestSpec(
        **head_spec(id, model),
        columns=columns,
        rows=tuple(_forest_row(row, model, cells) for row in rows),
        stub=tuple(model.stub),
        has_overall=model.overall is not None,
        estimate=model.estimate,
        lower=model.lower,
        upper=model.upper,
        is_log=is_log,
        reference=reference,
        ticks=tuple(model.ticks),
        favors=(model.favors[0], model.favors[1]),
        alt_text=model.alt_text,
    )


def _forest_row(row: ForestRowModel, model: ForestModel, cells: Mapping[str, CellSpec]) -> RowSpec:
    """A row, or a heading (with cells of its own, such as an interaction's p-value) over the rows of a grouping."""
    label = None if row.label is None else cell_spec(row.label)
    heading = {key: cell_spec(one) for key, one in {**model.heading, **row.heading}.items()}
    own = {**cells, **dict.fromkeys(heading, _NOTHING), **{key: cell_spec(one) for key, one in row.cells.items()}}
    groups = {**model.groups, **row.groups}
    if not row.by:
        return RowSpec(label=label, analysis=row.analysis, groups=groups, names=row.names, cells=own)
    return RowSpec(
        label=label,
        heading="data",
        analysis=row.analysis,
        groups=groups,
        names=row.names,
        cells={**dict.fromkeys(own, _NOTHING), **heading},
        rows=(RowSpec(by=row.by, only=tuple(row.only), cells=own, indent=1),),
    )


def _axis(model: AxisModel, analysis: str) -> AxisSpec:
    return AxisSpec(
        variable=model.variable,
        analysis=model.analysis or analysis,
        statistic=model.statistic,
        label=model.label,
        is_log=model.scale == "log",
        ticks=tuple(model.ticks),
        limits=None if model.limits is None else (model.limits[0], model.limits[1]),
        lines=_lines(model.lines),
    )


def _category(model: CategoryModel | None, analysis: str) -> CategorySpec | None:
    if model is None:
        return None
    return CategorySpec(variable=model.variable, analysis=model.analysis or analysis, only=_level_specs(model.only))


def _level_specs(labels: Mapping[str, str]) -> tuple[LevelSpec, ...]:
    return tuple(LevelSpec(value=value, label=label) for value, label in labels.items())


def _read_subjects(id: str, node: Node, problems: Problems) -> FigureSpec | None:
    model = validate(node, SubjectsModel, problems)
    if model is None:
        return None
    if model.kind != "waterfall" and model.x is None:
        problems.add(node, f"the figure {id} has no 'x': name the variable along its x axis.")
        return None
    return SubjectsSpec(
        **head_spec(id, model),
        kind=model.kind,
        analysis=model.analysis,
        x=None if model.x is None else _axis(model.x, model.analysis),
        y=_axis(model.y, model.analysis),
        color=_category(model.color, model.analysis),
        x_label=model.x_label,
        corners=(
            _corner(model.corners.upper_left),
            _corner(model.corners.upper_right),
            _corner(model.corners.lower_left),
            _corner(model.corners.lower_right),
        ),
        annotations=tuple(cell_spec(one) for one in model.annotations),
        alt_text=model.alt_text,
    )


def _corner(model: CellModel | None) -> CellSpec | None:
    return None if model is None else cell_spec(model)


def _read_swimmer(id: str, node: Node, problems: Problems) -> FigureSpec | None:
    model = validate(node, SwimmerModel, problems)
    if model is None:
        return None
    if any(bool(one.kind) == bool(one.label) for one in model.events):
        problems.add(node["events"], f"events of {id} have either a 'kind' (a variable) or one 'label' for all.")
        return None
    return SwimmerSpec(
        **head_spec(id, model),
        analysis=model.analysis,
        x=_axis(model.x, model.analysis),
        color=_category(model.color, model.analysis),
        ongoing=model.ongoing,
        events=tuple(_events(one) for one in model.events),
        shows_subjects=model.subjects,
        annotations=tuple(cell_spec(one) for one in model.annotations),
        alt_text=model.alt_text,
    )


def _events(model: EventsModel) -> EventSpec:
    kind = None
    if model.kind:
        kind = CategorySpec(variable=model.kind, analysis=model.analysis, only=_level_specs(model.only))
    return EventSpec(at=AxisSpec(variable=model.at, analysis=model.analysis), kind=kind, label=model.label)


def _read_graph(id: str, node: Node, problems: Problems) -> FigureSpec | None:
    model = validate(node, GraphModel, problems)
    if model is None:
        return None
    return GraphSpec(
        **head_spec(id, model),
        analysis=model.analysis,
        nodes=tuple(NodeSpec(id=name, label=one.label or name, x=one.x, y=one.y) for name, one in model.nodes.items()),
        lines=tuple(cell_spec(one) for one in model.lines),
        groups=model.groups,
        edge=model.edge,
        edge_format=model.edge_format,
        annotations=tuple(cell_spec(one) for one in model.annotations),
        alt_text=model.alt_text,
    )


FIGURE_READERS: Mapping[str, Callable[[str, Node, Problems], FigureSpec | None]] = {
    "kaplan_meier": _read_curves,
    "cumulative_incidence": _read_curves,
    "mean_profile": _read_curves,
    "bars": _read_curves,
    "box_plot": _read_curves,
    "flow": _read_flow,
    "forest": _read_forest,
    "waterfall": _read_subjects,
    "spider": _read_subjects,
    "scatter": _read_subjects,
    "swimmer": _read_swimmer,
    "graph": _read_graph,
}

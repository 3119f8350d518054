"""Reads the figures of a plan: marked YAML in, the types of `layout_figures` out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from trialwright.analysis.layout_figures import BoxSpec, CurveSpec, FigureSpec, FlowSpec, LineSpec
from trialwright.analysis.layout_models import (
    Cell,
    Cells,
    HeadModel,
    Levels,
    Number,
    Texts,
    cell_spec,
    head_spec,
    levels_spec,
)
from trialwright.analysis.marked_yaml import Border, Node, Problems, Text, validate


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


def _read_curves(id: str, node: Node, problems: Problems) -> FigureSpec | None:
    model = validate(node, CurveModel, problems)
    if model is None:
        return None
    if model.kind == "mean_profile" and not model.x:
        problems.add(node, f"the mean profile {id} has no 'x': name the grouping (the visit) along its x axis.")
        return None
    return CurveSpec(
        **head_spec(id, model),
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


FIGURE_READERS: Mapping[str, Callable[[str, Node, Problems], FigureSpec | None]] = {
    "kaplan_meier": _read_curves,
    "mean_profile": _read_curves,
    "flow": _read_flow,
}

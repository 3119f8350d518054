"""Reads the `displays` of a plan: marked YAML in, the types of `layout` out; every error has a line and a column."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, Field

from trialwright.analysis.layout import (
    ColumnSpec,
    ListingColumnSpec,
    ListingHeadingSpec,
    ListingSpec,
    TableSpec,
    split_cell_key,
)
from trialwright.analysis.layout_figures import CurveSpec, DisplaySpec, ForestSpec
from trialwright.analysis.layout_figures_reader import FIGURE_READERS
from trialwright.analysis.layout_models import (
    Alignment,
    ColumnModel,
    HeadModel,
    Number,
    RowModel,
    Templates,
    as_format,
    as_text,
    column_spec,
    head_spec,
    row_spec,
)
from trialwright.marked_yaml import Border, Node, Problems, Text, validate

#: A key of `displays` that is no display: a place for YAML anchors that several displays use.
PATTERNS = "patterns"


class TableModel(HeadModel):
    columns: list[ColumnModel] = Field(min_length=1)
    rows: list[RowModel]
    stub: Templates = Field(default_factory=list)
    stub_width: Number | None = None


class ListingColumnModel(Border):
    variable: str
    level: Text | None = None
    header: Text = ""
    format: Annotated[str, BeforeValidator(as_format)] = ""
    width: Number | None = None
    align: Alignment = ""
    repeats: bool = True


class ListingHeadingModel(Border):
    variable: str
    header: Text = ""
    format: Annotated[str, BeforeValidator(as_format)] = ""


class ListingModel(HeadModel):
    analysis: str
    columns: list[ListingColumnModel] = Field(min_length=1)
    heading: list[ListingHeadingModel] = Field(default_factory=list)
    abbreviations: dict[str, Text] = Field(default_factory=dict)
    separate: bool = False
    empty: Text = "No records."


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
        **head_spec(id, model),
        columns=tuple(column_spec(column) for column in model.columns),
        rows=tuple(row_spec(row) for row in model.rows),
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
            level=column.level,
            header=column.header or column.level or column.variable,
            format=column.format,
            width=column.width,
            align=column.align,
            repeats=column.repeats,
        )
        for column in model.columns
    )
    heading = tuple(
        ListingHeadingSpec(variable=piece.variable, header=piece.header, format=piece.format) for piece in model.heading
    )
    return ListingSpec(
        **head_spec(id, model),
        analysis=model.analysis,
        columns=columns,
        heading=heading,
        abbreviations=model.abbreviations,
        is_separate=model.separate,
        empty=model.empty,
    )


_READERS: Mapping[str, Callable[[str, Node, Problems], DisplaySpec | None]] = {
    "table": _read_table,
    "listing": _read_listing,
    **FIGURE_READERS,
}


def _check_references(node: Node, spec: DisplaySpec, known: Known, problems: Problems) -> None:
    for key, place in _walk(node):
        match key:
            case "by":
                _check_known(place, known.groupings, "grouping", problems)
            case "x" if isinstance(spec, CurveSpec):
                # Other figures have variables and places along their x axes.
                _check_known(place, known.groupings, "grouping", problems)
            case "analysis":
                _check_known(place, known.analyses, "analysis", problems)
            case "analysis_set":
                _check_known(place, known.analysis_sets, "analysis set", problems)
    if isinstance(spec, TableSpec | ForestSpec):
        columns = set(_column_ids(spec.columns))
        for key, place in _walk(node):
            if key == "cells" or (key == "heading" and place.mapping):
                _check_columns(place, columns, problems)


def _check_known(node: Node, known: Collection[str] | None, what: str, problems: Problems) -> None:
    name = as_text(node.value)
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

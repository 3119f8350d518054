"""The border of the displays of a plan: what YAML may say of cells, rows and columns, and the types made of it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, TypedDict

from pydantic import BeforeValidator, Field, InstanceOf

from trialwright.analysis.layout import CellSpec, ColumnSpec, LevelSpec, LevelsSpec, RowSpec
from trialwright.analysis.templates import EMPTY, FORMAT_HELP, FORMAT_PATTERN, Template, parse_template
from trialwright.marked_yaml import Border, Text


def as_text(value: object) -> object:
    return getattr(value, "text", value)


def _as_template(value: object) -> object:
    value = "" if value is None else as_text(value)
    return parse_template(value) if isinstance(value, str) else value


def _as_cell(value: object) -> object:
    return value if isinstance(value, dict) else {"show": value}


def as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _as_levels(value: object) -> object:
    if isinstance(value, list):
        return {"only": value}
    return value if isinstance(value, dict) else {"variable": value}


def _as_labelled(value: object) -> object:
    return {str(as_text(one)): str(as_text(one)) for one in value} if isinstance(value, list) else value


def as_format(value: object) -> object:
    value = as_text(value)
    if isinstance(value, str) and value and FORMAT_PATTERN.fullmatch(value) is None:
        raise ValueError(f"{value!r} is no format. {FORMAT_HELP}")
    return value


TemplateText: TypeAlias = Annotated[InstanceOf[Template], BeforeValidator(_as_template)]
Texts: TypeAlias = Annotated[list[Text], BeforeValidator(as_list)]
Templates: TypeAlias = Annotated[list[TemplateText], BeforeValidator(as_list)]
Number: TypeAlias = Annotated[float, BeforeValidator(lambda value: float(value) if isinstance(value, int) else value)]
#: Levels with their words, or a list of levels that are their own words.
Labels: TypeAlias = Annotated[dict[str, Text], BeforeValidator(_as_labelled)]
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
Cells: TypeAlias = Annotated[list[Cell], BeforeValidator(as_list)]


class LevelsModel(Border):
    variable: Text = ""
    order: Literal["declared", "alphabetical", "descending"] = "declared"
    stat: str = "n"
    of: dict[str, Text] = Field(default_factory=dict)
    only: Labels = Field(default_factory=dict)
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


ColumnModel.model_rebuild()
RowModel.model_rebuild()


class Head(TypedDict):
    id: str
    title: str
    population: str
    analysis_set: str
    section: str
    purpose: str
    orientation: str
    footnotes: tuple[CellSpec, ...]
    shows_warnings: bool


def head_spec(id: str, model: HeadModel) -> Head:
    return Head(
        id=id,
        title=model.title,
        population=model.population,
        analysis_set=model.analysis_set,
        section=model.section,
        purpose=model.purpose,
        orientation=model.orientation,
        footnotes=tuple(cell_spec(one) for one in model.footnotes),
        shows_warnings=model.warnings,
    )


def cell_spec(model: CellModel) -> CellSpec:
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


def levels_spec(model: LevelsModel | None) -> LevelsSpec | None:
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


def column_spec(model: ColumnModel) -> ColumnSpec:
    return ColumnSpec(
        id=model.id or model.by,
        header=tuple(cell_spec(one) for one in model.header),
        by=model.by,
        only=tuple(model.only),
        has_total=model.total,
        levels=levels_spec(model.levels),
        groups=model.groups,
        level=model.level,
        names=model.names,
        analysis_set=model.analysis_set,
        columns=tuple(column_spec(one) for one in model.columns),
        width=model.width,
        align=model.align,
        repeats=model.repeats,
    )


def row_spec(model: RowModel) -> RowSpec:
    return RowSpec(
        label=None if model.label is None else cell_spec(model.label),
        heading=model.heading,
        rows=tuple(row_spec(one) for one in model.rows),
        by=model.by,
        only=tuple(model.only),
        has_total=model.total,
        levels=levels_spec(model.levels),
        analysis=model.analysis,
        variable=model.variable,
        level=model.level,
        groups=model.groups,
        names=model.names,
        show=None if model.show is None else cell_spec(model.show),
        cells={key: cell_spec(one) for key, one in model.cells.items()},
        omit=model.omit,
        indent=model.indent,
    )

"""From the tree of rows of a table to its rows, and the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from trialwright.analysis.layout import CellSpec, RowSpec, TableSpec, split_cell_key
from trialwright.analysis.templates import EMPTY, NamePlace, Template
from trialwright.displays._columns import Leaf, compose_columns
from trialwright.displays._scope import Filled, Filler, Scope
from trialwright.displays.model import Cell, Part, Row, Table
from trialwright.displays.widths import arrange

_EMPTY_CELL = CellSpec(show=EMPTY)
_LABEL = CellSpec(show=Template((NamePlace("label"),)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    """What the rows inside a block inherit."""

    scope: Scope
    show: CellSpec | None = None
    cells: Mapping[str, CellSpec] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A row with what `omit` looks at."""

    row: Row
    has_results: bool
    is_zero: bool


def compose_table(spec: TableSpec, filler: Filler) -> Table:
    """The table that `spec` asks for."""
    leaves, headers = compose_columns(spec, filler)
    root = Scope(where=f"Display {spec.id}", analysis_set=spec.analysis_set)
    context = _Context(scope=root)
    rows = [made.row for row in spec.rows for made in _rows(row, context, leaves, filler)]
    rows = _without_repetition(rows, leaves)
    table = Table(
        id=spec.id,
        title=spec.title,
        population=spec.population,
        headers=headers,
        rows=tuple(rows),
        footnotes=compose_footnotes(spec.footnotes, spec.id, spec.analysis_set, filler, spec.shows_warnings),
        section=spec.section,
        purpose=spec.purpose,
        warnings=warnings_of(filler),
    )
    return arrange(
        table,
        widths=(spec.stub_width, *(leaf.spec.width for leaf in leaves)),
        alignments=("", *(leaf.spec.align for leaf in leaves)),
        stubs=(True, *(not leaf.is_result and not leaf.spec.repeats for leaf in leaves)),
        orientation=spec.orientation,
    )


def compose_footnotes(
    specs: Sequence[CellSpec], display: str, analysis_set: str, filler: Filler, shows_warnings: bool
) -> tuple[tuple[Part, ...], ...]:
    """The footnotes, after everything else of the display has been filled."""
    scope = Scope(where=f"Display {display}, footnotes", analysis_set=analysis_set)
    notes = [filler.fill(spec, scope).cell.parts for spec in specs]
    if shows_warnings:
        notes += [(warning,) for warning in warnings_of(filler)]
    return tuple(note for note in notes if note)


def warnings_of(filler: Filler) -> tuple[str, ...]:
    """What the methods had to say of the results shown, each once."""
    texts = (text.strip() for result in filler.used.values() for text in result.warnings.split("\n"))
    return tuple(dict.fromkeys(text for text in texts if text))


def _rows(spec: RowSpec, context: _Context, leaves: Sequence[Leaf], filler: Filler) -> list[_Made]:
    """The rows that `spec` makes."""
    scope = replace(context.scope, where=_place(context.scope.where, spec))
    if spec.analysis is not None:
        scope = replace(scope, analysis=spec.analysis)
    if spec.variable is not None:
        scope = replace(scope, variable=filler.words(spec.variable, scope) or None, level=None)
    made: list[_Made] = []
    for one in filler.repeated(spec.by, spec.only, spec.has_total, spec.levels, _bound(spec, scope, filler)):
        if spec.level is not None:
            one = replace(one, level=filler.words(spec.level, one) or None)
        inner = _Context(scope=one, show=spec.show or context.show, cells={**context.cells, **spec.cells})
        if spec.show is not None:
            # A row's own `show` is newer than cells that a block around it gives to the same columns.
            inner = replace(inner, cells={**_beside_results(context.cells, leaves), **spec.cells})
        made += _block(spec, inner, leaves, filler) if spec.rows else [_row(spec, inner, leaves, filler)]
    return [one for one in made if not _is_omitted(spec, one)] if not spec.rows else made


def _bound(spec: RowSpec, scope: Scope, filler: Filler) -> Scope:
    return filler.bind_groups(spec.groups, filler.bind_names(spec.names, scope))


def _place(where: str, spec: RowSpec) -> str:
    label = "" if spec.label is None else spec.label.show.source.strip()
    return f"{where}, row {label!r}" if label else where


def _beside_results(cells: Mapping[str, CellSpec], leaves: Sequence[Leaf]) -> dict[str, CellSpec]:
    results = {id for leaf in leaves if leaf.is_result for id in leaf.ids}
    return {key: cell for key, cell in cells.items() if split_cell_key(key)[0] not in results}


def _block(spec: RowSpec, context: _Context, leaves: Sequence[Leaf], filler: Filler) -> list[_Made]:
    inside = replace(context, scope=_level_as_group(context.scope) if spec.levels else context.scope)
    inner = [made for row in spec.rows for made in _rows(row, inside, leaves, filler)]
    if spec.omit and not any(one.has_results and not (spec.omit == "zero" and one.is_zero) for one in inner):
        return []
    has_label = spec.label is not None or spec.by or spec.levels is not None
    if spec.heading == "none" or not has_label:
        return inner
    if spec.heading == "first":
        label = _label(spec, context, filler)
        first = [replace(inner[0], row=replace(inner[0].row, label=label))] if inner else []
        return [*first, *inner[1:]]
    if spec.heading == "data":
        head = _row(spec, context, leaves, filler)
        return [replace(head, row=replace(head.row, is_group=True)), *inner]
    row = Row(label=_label(spec, context, filler), cells=(Cell(),) * len(leaves), is_group=True, indent=spec.indent)
    return [_Made(row=row, has_results=False, is_zero=False), *inner]


def _level_as_group(scope: Scope) -> Scope:
    """The scope inside a block that is repeated for levels: the level has become a group."""
    if scope.variable is None or scope.level is None:
        return scope
    return replace(scope, groups={**scope.groups, scope.variable: scope.level}, variable=None, level=None)


def _label(spec: RowSpec, context: _Context, filler: Filler) -> Cell:
    label = spec.label
    if label is None:
        if not spec.by and spec.levels is None:
            return Cell()
        label = _LABEL
    return filler.fill(label, context.scope).cell


def _row(spec: RowSpec, context: _Context, leaves: Sequence[Leaf], filler: Filler) -> _Made:
    filled = [_fill(leaf, context, filler) for leaf in leaves]
    results = [one for one in filled if one.has_places]
    return _Made(
        row=Row(label=_label(spec, context, filler), cells=tuple(one.cell for one in filled), indent=spec.indent),
        has_results=any(one.results for one in results),
        is_zero=all(one.is_zero for one in results),
    )


def _is_omitted(spec: RowSpec, made: _Made) -> bool:
    if spec.omit == "absent":
        return not made.has_results
    return spec.omit == "zero" and made.is_zero


def _fill(leaf: Leaf, context: _Context, filler: Filler) -> Filled:
    return filler.fill(_cell_spec(leaf, context), context.scope.under(leaf.scope))


def _cell_spec(leaf: Leaf, context: _Context) -> CellSpec:
    """The cell for this column: a key with the level before one without, an inner column's before its spanner's."""
    if context.cells:
        for id in leaf.ids:
            without_level = context.cells.get(id)
            for key, cell in _with_level(context.cells, id):
                if key in leaf.bound:
                    return cell
            if without_level is not None:
                return without_level
    return context.show if context.show is not None and leaf.is_result else _EMPTY_CELL


def _with_level(cells: Mapping[str, CellSpec], id: str) -> Iterator[tuple[str, CellSpec]]:
    for key, cell in cells.items():
        if key.startswith(id):
            column, level = split_cell_key(key)
            if column == id and level is not None:
                yield level, cell


def _without_repetition(rows: Sequence[Row], leaves: Sequence[Leaf]) -> list[Row]:
    """`rows` without values that repeat those above, in columns that say so; a new label begins anew."""
    columns = [number for number, leaf in enumerate(leaves) if not leaf.spec.repeats]
    if not columns:
        return list(rows)
    above: list[str] = [""] * len(leaves)
    thinned: list[Row] = []
    for row in rows:
        is_new = bool(row.label.text)
        cells = list(row.cells)
        for number in columns:
            text = row.cells[number].text
            is_new = is_new or text != above[number]
            if not is_new:
                cells[number] = Cell()
            above[number] = text
        thinned.append(replace(row, cells=tuple(cells)))
    return thinned

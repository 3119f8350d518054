"""From the tree of columns of a table to its columns and its rows of headers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from trialwright.analysis.layout import CellSpec, ColumnSpec, TableSpec
from trialwright.analysis.templates import NamePlace, Template
from trialwright.displays._lookup import POPULATION
from trialwright.displays._scope import Filler, Scope
from trialwright.displays.model import Cell, HeaderCell

_SIZE = Template((POPULATION,), POPULATION)
_LABEL = NamePlace("label")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A column.

    ids        its own id and those of its spanners, innermost first
    bound      the values of all levels bound on the way, for keys such as `treatment[Placebo]`
    is_result  whether a row's `show` fills it: a column made by a grouping or by levels
    """

    spec: ColumnSpec
    ids: tuple[str, ...]
    bound: frozenset[str]
    scope: Scope
    is_result: bool


@dataclass(frozen=True, slots=True)
class _Node:
    """A column or spanner, repeated: its header texts and what is under it."""

    texts: tuple[Cell, ...]
    children: tuple[_Node, ...]
    leaf: Leaf | None

    @property
    def width(self) -> int:
        return sum(child.width for child in self.children) or 1

    @property
    def height(self) -> int:
        return len(self.texts) + max((child.height for child in self.children), default=0)


def compose_columns(spec: TableSpec, filler: Filler) -> tuple[list[Leaf], tuple[tuple[HeaderCell, ...], ...]]:
    """The columns of the table after that of the labels, and the rows of headers with it."""
    root = Scope(where=f"Display {spec.id}, columns", analysis_set=spec.analysis_set)
    nodes = [node for column in spec.columns for node in _nodes(column, root, (), frozenset(), False, filler)]
    stub = _Node(tuple(Cell(filler.fill(CellSpec(show=text), root).cell.parts) for text in spec.stub), (), None)
    height = max(1, *(node.height for node in nodes), stub.height)
    rows: list[list[HeaderCell]] = [[] for _ in range(height)]
    for node in (stub, *nodes):
        _lay(node, rows)
    return [leaf for node in nodes for leaf in _leaves(node)], tuple(tuple(row) for row in rows)


def _nodes(
    spec: ColumnSpec, scope: Scope, ids: tuple[str, ...], bound: frozenset[str], is_result: bool, filler: Filler
) -> Iterator[_Node]:
    if spec.analysis_set:
        scope = replace(scope, analysis_set=spec.analysis_set)
    if spec.id:
        ids = (spec.id, *ids)
    is_repeated = bool(spec.by) or spec.levels is not None
    for one in filler.repeated(spec.by, spec.only, spec.has_total, spec.levels, scope):
        inner = filler.bind_names(spec.names, filler.bind_groups(spec.groups, one))
        if spec.level is not None:
            inner = replace(inner, level=filler.words(spec.level, inner))
        values = bound
        if spec.by:
            values |= {inner.names[spec.by][0]}
        if spec.levels is not None:
            values |= {inner.names["level"][0]}
        header = spec.header
        if not header and is_repeated:
            header = (CellSpec(show=Template((_LABEL,))),)
        texts = tuple(filler.fill(text, _headed(inner)).cell for text in header)
        if spec.columns:
            children = tuple(
                node
                for column in spec.columns
                for node in _nodes(column, inner, ids, values, is_result or is_repeated, filler)
            )
            yield _Node(texts, children, None)
        else:
            leaf = Leaf(spec=spec, ids=ids, bound=values, scope=inner, is_result=is_result or is_repeated)
            yield _Node(texts, (), leaf)


def _headed(scope: Scope) -> Scope:
    """The scope of a header: its statistics are those of the analysis set, without variable and level."""
    return replace(scope, analysis=_SIZE, variable=None, level=None)


def _leaves(node: _Node) -> Iterator[Leaf]:
    if node.leaf is not None:
        yield node.leaf
    for child in node.children:
        yield from _leaves(child)


def _lay(node: _Node, rows: Sequence[list[HeaderCell]]) -> None:
    """Put the texts of `node` at the bottom of `rows`, just above those of its children."""
    below = max((child.height for child in node.children), default=0)
    own = rows[: len(rows) - below]
    texts = (Cell(),) * (len(own) - len(node.texts)) + node.texts
    for row, text in zip(own, texts, strict=True):
        row.append(HeaderCell(cell=text, span=node.width))
    for child in node.children:
        _lay(child, rows[len(rows) - below :])

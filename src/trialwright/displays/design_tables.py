"""Tables of a design report: each cell refers to a row of the table of results.

The rows are those that `trialwright.design.search.result_rows` names; nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialwright.design.early.decision_results import analysis_of
from trialwright.displays.formats import refer
from trialwright.displays.model import Cell, HeaderCell, Part, Row, Table
from trialwright.displays.widths import arrange
from trialwright.results import Result, Results

if TYPE_CHECKING:
    from trialwright.design.early.decision_displays import DecisionDisplay

#: What a cell shows where there is no such result.
_ABSENT = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table of results: its header, and the statistic of `analysis` that it shows.

    format      of the statistic
    with_error  whether its Monte Carlo standard error is shown in parentheses
    groups      that the result has after those of the row, or of the head
    scenario    of what was simulated, where it stands between the row's first group, its design, and the others
    """

    header: str
    analysis: str
    stat_name: str
    format: str
    with_error: bool = False
    groups: tuple[tuple[str, str], ...] = ()
    scenario: str = ""


def name_of(analysis: str, groups: Iterable[tuple[str, str]], stat_name: str) -> str:
    """The name of a result without a variable."""
    return Result(analysis_id=analysis, groups=tuple(groups), stat_name=stat_name, stat=None).result_id


def shown(results: Results, name: str, format: str, *, error: str = "") -> Cell:
    """A cell that refers to the result of this name, with its standard error if `error` has a format."""
    result = results.get(name)
    if result is None:
        return Cell((_ABSENT,))
    if result.stat is None:
        return Cell((refer(result, "text"),)) if result.stat_text != "none" else Cell((_ABSENT,))
    parts: tuple[Part, ...] = (refer(result, format),)
    spread = results.get(f"{name}_se") if error else None
    if spread is not None and spread.stat != 0:  # what is computed has an error of 0
        parts = (*parts, " (", refer(spread, error), ")")
    return Cell(parts)


def compose_transposed(
    results: Results,
    *,
    id: str,
    title: str,
    population: str,
    heads: Sequence[tuple[str, tuple[tuple[str, str], ...]]],
    rows: Sequence[Column | str],
    label: str = "",
    footnotes: Sequence[str] = (),
) -> Table:
    """A table with a column for each head, such as a design, and a row for each statistic; a text is a heading."""
    made: list[Row] = []
    for row in rows:
        if isinstance(row, str):
            made.append(Row(label=Cell((row,)), cells=(Cell(),) * len(heads), is_group=True))
            continue
        cells = tuple(_cell(results, row, groups) for _, groups in heads)
        made.append(Row(label=Cell((row.header,)), cells=cells, indent=1 if any(one.is_group for one in made) else 0))
    headers = (label, *(head for head, _ in heads))
    return _table(id, title, population, headers, made, footnotes, [False] * len(heads))


def compose_rows(
    results: Results,
    *,
    id: str,
    title: str,
    population: str,
    label: str,
    columns: Sequence[Column],
    blocks: Sequence[tuple[str, Sequence[tuple[str, tuple[tuple[str, str], ...]]]]],
    footnotes: Sequence[str] = (),
) -> Table:
    """A table with a row for each thing, such as a scenario, in blocks with a heading, and a column per statistic."""
    made: list[Row] = []
    for heading, rows in blocks:
        if heading:
            made.append(Row(label=Cell((heading,)), cells=(Cell(),) * len(columns), is_group=True))
        for words, groups in rows:
            cells = tuple(_cell(results, column, groups) for column in columns)
            made.append(Row(label=Cell((words,)), cells=cells, indent=1 if heading else 0))
    headers = (label, *(column.header for column in columns))
    return _table(id, title, population, headers, made, footnotes, [column.format == "text" for column in columns])


def compose_decisions(decisions: DecisionDisplay, results: Results, *, name: str, id: str, population: str) -> Table:
    """A decision table of an escalation or expansion, from its rows of the table of results.

    name  that `results_of_decisions` gave the table
    """
    first, *others = decisions.columns
    groups = [(("ROW", str(number)),) for number in range(1, len(decisions.rows) + 1)]

    def cell(row: tuple[tuple[str, str], ...], column: str) -> Cell:
        found = results.find(analysis_of(name), "decision", groups=dict(row), variable=column)
        return Cell((refer(found, "text"),)) if found is not None else Cell((_ABSENT,))

    rows = [Row(label=cell(row, first), cells=tuple(cell(row, column) for column in others)) for row in groups]
    return _table(id, decisions.title, population, (first, *others), rows, decisions.notes, [True] * len(others))


def _cell(results: Results, column: Column, groups: tuple[tuple[str, str], ...]) -> Cell:
    error = column.format if column.with_error else ""
    if column.scenario:
        groups = (groups[0], ("SCENARIO", column.scenario), *groups[1:])
    name = name_of(column.analysis, (*groups, *column.groups), column.stat_name)
    return shown(results, name, column.format, error=error)


def _table(
    id: str,
    title: str,
    population: str,
    headers: Sequence[str],
    rows: Sequence[Row],
    footnotes: Sequence[str],
    are_words: Sequence[bool],
) -> Table:
    """are_words: of each column but the first, whether it holds words, which may be wrapped."""
    table = Table(
        id=id,
        title=title,
        population=population,
        headers=(tuple(HeaderCell(cell=Cell((header,))) for header in headers),),
        rows=tuple(rows),
        footnotes=tuple((note,) for note in footnotes),
    )
    return arrange(
        table,
        widths=(None,) * len(headers),
        alignments=("left", *("center",) * (len(headers) - 1)),
        stubs=(True, *are_words),
        orientation="auto",
    )

"""Forest plots: a table of results with a column in which estimates are drawn."""

from __future__ import annotations

from trialwright.analysis.layout import TableSpec
from trialwright.analysis.layout_figures import ForestSpec
from trialwright.analysis.layout_figures_reader import PLOT
from trialwright.displays._columns import compose_columns
from trialwright.displays._scope import Filler
from trialwright.displays._tables import compose_table
from trialwright.displays.model import Figure, Forest, Interval, Row


def compose_forest(spec: ForestSpec, filler: Filler) -> Figure:
    """The forest plot that `spec` asks for."""
    table_spec = TableSpec(
        id=spec.id,
        title=spec.title,
        population=spec.population,
        analysis_set=spec.analysis_set,
        section=spec.section,
        purpose=spec.purpose,
        orientation=spec.orientation,
        footnotes=spec.footnotes,
        shows_warnings=spec.shows_warnings,
        columns=spec.columns,
        rows=spec.rows,
        stub=spec.stub,
    )
    leaves, _ = compose_columns(table_spec, filler)
    column = [leaf.ids[0] for leaf in leaves].index(PLOT)
    table = compose_table(table_spec, filler)
    intervals = tuple(_interval(row, column, is_log=spec.is_log) for row in table.rows)
    return Figure(
        id=spec.id,
        title=spec.title,
        population=spec.population,
        kind="forest",
        content=Forest(
            table=table,
            column=column,
            intervals=intervals,
            has_overall=spec.has_overall,
            is_log=spec.is_log,
            reference=spec.reference,
            ticks=spec.ticks,
            favors=spec.favors,
        ),
        footnotes=table.footnotes,
        section=spec.section,
        purpose=spec.purpose,
        alt_text=spec.alt_text or _alt_text(spec, table.rows, intervals),
        is_landscape=table.is_landscape,
        refs=tuple(filler.used),
    )


def _interval(row: Row, column: int, *, is_log: bool) -> Interval | None:
    """What is drawn of a row: nothing where estimate or interval has no number, or none that a logarithm has."""
    values = [ref.value for ref in row.cells[column].refs]
    numbers = [value for value in values if value is not None and (value > 0 or not is_log)]
    if len(numbers) != 3:
        return None
    return Interval(estimate=numbers[0], lower=numbers[1], upper=numbers[2])


def _alt_text(spec: ForestSpec, rows: tuple[Row, ...], intervals: tuple[Interval | None, ...]) -> str:
    names = [row.label.text.strip() for row, interval in zip(rows, intervals, strict=True) if interval is not None]
    return f"Forest plot: {spec.title}. Estimates with intervals for {', '.join(names) or 'nobody'}."

"""Applies the strategies for intercurrent events to the records of an analysis, before `where` chooses among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from trialwright.analysis.estimands import STRATEGY_WORDS, IntercurrentEvent, shown_value
from trialwright.conditions import parse_condition
from trialwright.errors import VariableTypeError

#: For each record the number of the event that decides about it; null for none.
EVENT = "__event"


@dataclass(frozen=True, kw_only=True)
class Records:
    """Records of a dataset with the variables of the subject dataset that conditions read.

    frame     the records; `borrowed` are among their columns
    dataset   its name, `user` what asks for it: for errors
    """

    frame: pl.DataFrame
    dataset: str
    user: str

    def holds(self, text: str) -> pl.Series:
        """Which records fulfil a condition."""
        condition = parse_condition(text)
        schema = {name: dtype for name, dtype in self.frame.schema.items() if not name.startswith("__")}
        expression = condition.to_expr(schema, dataset=self.dataset, needed_by=self.user)
        return self.frame.select(expression.alias("holds"))["holds"]


def with_strategies(records: Records, events: Sequence[IntercurrentEvent]) -> pl.DataFrame:
    """The records with the values that the strategies give them, and `EVENT`. None is left out yet.

    Of several events that a record comes after, the first one in the plan decides.
    """
    deciding = pl.repeat(None, records.frame.height, dtype=pl.Int64, eager=True)
    for number, event in enumerate(events):
        if event.after:
            now = records.holds(event.after) & deciding.is_null()
            deciding = pl.select(pl.when(now).then(number).otherwise(deciding).alias(EVENT)).to_series()
    frame = records.frame.with_columns(deciding.cast(pl.Int64).alias(EVENT))
    for number, event in enumerate(events):
        here = pl.col(EVENT).eq_missing(number)
        for name in event.missing:
            frame = frame.with_columns(pl.when(here).then(None).otherwise(pl.col(name)).alias(name))
        for name, value in event.failure.items():
            literal = _literal(value, frame.schema[name], records, name)
            frame = frame.with_columns(pl.when(here).then(literal).otherwise(pl.col(name)).alias(name))
    return frame


def _literal(value: str | float, dtype: pl.DataType, records: Records, name: str) -> pl.Expr:
    if isinstance(value, str) == dtype.is_numeric() or dtype.is_temporal():
        raise VariableTypeError(
            dataset=records.dataset,
            variable=name,
            needed_by=f"{records.user}, which puts {shown_value(value)!r} in the place of its values,",
            expected="character" if isinstance(value, str) else "numeric",
            actual="numeric" if dtype.is_numeric() else "a date" if dtype.is_temporal() else "character",
        )
    return pl.lit(value)


def left_out_condition(where: str, events: Sequence[IntercurrentEvent]) -> str:
    """`where`, without the records that `while_on_treatment` leaves out."""
    parts = [f"({where})"] if where.strip() else []
    earlier: list[str] = []
    for event in events:
        if event.strategy == "while_on_treatment":
            parts.append("not (" + " and ".join([f"({event.after})", *(f"not ({one})" for one in earlier)]) + ")")
        if event.after:
            earlier.append(event.after)
    return " and ".join(parts)


def notes(chosen: pl.DataFrame, events: Sequence[IntercurrentEvent], without_record: Mapping[int, int]) -> list[str]:
    """What was done to the records, one line for each event that changed any.

    chosen          the records that the analysis would have had
    without_record  for events by number: their subjects that have no record among these
    """
    said = []
    counts = dict(chosen.group_by(EVENT).len().iter_rows())
    for number, event in enumerate(events):
        count = counts.get(number, 0)
        strategy = f"({STRATEGY_WORDS[event.strategy]})"
        effect = {
            "hypothetical": f"{', '.join(event.missing)} counted as missing",
            "composite": ", ".join(f"{name} set to {shown_value(value)}" for name, value in event.failure.items()),
            "while_on_treatment": "left out",
        }.get(event.strategy)
        if effect is not None and count:
            said.append(f"records after {event.event}, {effect} {strategy}: {count}")
        if event.strategy == "composite" and without_record.get(number):
            said.append(
                f"subjects with {event.event} and no record whose value could be set to a failure {strategy}: "
                f"{without_record[number]}"
            )
    return said

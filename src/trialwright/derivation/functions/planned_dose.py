"""The dose that a subject was to take: a schedule of daily doses over the time on treatment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseInterval:
    """One step of a schedule.

    dose   a day
    until  the variable with its last day; None for the end of treatment
    """

    dose: float
    until: str | None = None


def derive_planned_dose(
    records: pl.DataFrame,
    *,
    name: str = "CUMDOSE",
    start: str = "TRTSDT",
    end: str = "TRTEDT",
    intervals: Sequence[DoseInterval],
    where: pl.Expr | None = None,
) -> pl.DataFrame:
    """`records` with `name`: the sum, over the days from `start` to `end` (both included), of the dose of the day.

    intervals  in order. The first begins on `start`, each other one on the day after the last day of the one before
    where      the records concerned; others keep the `name` that they have

    Treatment that ends within an interval ends the schedule. An interval whose last day is missing, or before it began,
    is not known to have been completed or was not begun: with a missing last day it lasts to the end of treatment; with
    an earlier one it has no day. Without `start` or `end`, or if the end is before the start, the dose is missing.
    """
    first, last = pl.col(start), pl.col(end)
    dose: pl.Expr = pl.lit(0.0)
    begins = first
    for interval in intervals:
        stops = last if interval.until is None else pl.min_horizontal(pl.coalesce(pl.col(interval.until), last), last)
        days = ((stops - begins).dt.total_days() + 1).clip(lower_bound=0)
        dose = dose + interval.dose * days
        begins = pl.max_horizontal(begins, stops.dt.offset_by("1d"))
    planned: pl.Expr = pl.when(last >= first).then(dose)
    if where is not None:
        kept = pl.col(name) if name in records.columns else pl.lit(None, dtype=pl.Float64)
        planned = pl.when(where).then(planned).otherwise(kept)
    return records.with_columns(planned.cast(pl.Float64).alias(name))

"""How long something lasted, in days, weeks, months or years."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import polars as pl

Unit = Literal["DAYS", "WEEKS", "MONTHS", "YEARS"]

#: Days in a unit: a year of 365.25 days has 12 months.
DAYS_IN: Mapping[Unit, float] = {"DAYS": 1, "WEEKS": 7, "MONTHS": 365.25 / 12, "YEARS": 365.25}


def derive_duration(
    records: pl.DataFrame,
    *,
    name: str,
    start: str,
    end: str,
    unit: Unit = "DAYS",
    counts_both_days: bool = True,
    unless_imputed: bool = False,
) -> pl.DataFrame:
    """`records` with `name`: how long it is from the date `start` to the date `end`, in `unit`, not rounded.

    counts_both_days  something that starts and ends on one day lasts one day; else 0
    unless_imputed    missing if a date was imputed: if `start` or `end` has a flag (ASTDTF for ASTDT) with a value

    Missing dates give a missing duration. An end before the start gives a negative one, for a check to find.

    Source: ADaM OCCDS 1.1, section 3.2 (ADURN and ADURU: unit and rule are the sponsor's). A year of 365.25 days is the
    convention of reports.
    """
    days = (pl.col(end) - pl.col(start)).dt.total_days() + int(counts_both_days)
    duration = days.cast(pl.Float64) / DAYS_IN[unit]
    flags = [f"{date}F" for date in (start, end) if f"{date}F" in records.columns]
    if unless_imputed and flags:
        duration = pl.when(pl.all_horizontal(pl.col(flag).is_null() for flag in flags)).then(duration)
    return records.with_columns(duration.alias(name))

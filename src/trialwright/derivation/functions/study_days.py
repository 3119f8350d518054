"""Study days: there is no day 0."""

from __future__ import annotations

from datetime import date

import polars as pl


def study_day(event: date, reference: date) -> int:
    """Study day (`--DY`, `ADY`) of `event`, counted from `reference` (`RFSTDTC`, `TRTSDT`).

    There is no day 0: the reference date is day 1 and the day before it is day -1.

    Source: SDTMIG 3.4, section 4.4.4 "Use of the Study Day Variables"; ADaMIG 1.3, section 3.3.3 (`ADY`).
    """
    days = (event - reference).days
    return days + 1 if days >= 0 else days


def study_day_of(event: pl.Expr, reference: pl.Expr) -> pl.Expr:
    """`study_day` for columns of dates; missing where either date is."""
    days = (event - reference).dt.total_days()
    return pl.when(days >= 0).then(days + 1).otherwise(days)

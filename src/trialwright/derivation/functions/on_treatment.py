"""Which records were taken on treatment."""

from __future__ import annotations

from datetime import timedelta

import polars as pl


def derive_ontrtfl(
    records: pl.DataFrame,
    *,
    days_after_end: int = 0,
    after: pl.Expr | None = None,
    date: str = "ADT",
    start: str = "TRTSDT",
    end: str = "TRTEDT",
) -> pl.DataFrame:
    """`records` with ONTRTFL: `Y` after the day of the first dose, up to `days_after_end` days after the last.

    after  which records are after the first dose; default: `date` is later than `start`

    A record of a subject who was never treated is none. One without `date` that fulfils `after` (its visit says so) is
    trusted to be in time; without `end`, treatment is not known to have ended.

    Source: ADaMIG 1.3, section 3.3.8 (ONTRTFL; the window is the analysis plan's choice).
    """
    begun = pl.col(date) > pl.col(start) if after is None else after
    in_time = (pl.col(date) <= pl.col(end) + timedelta(days=days_after_end)).fill_null(value=True)
    return records.with_columns(ONTRTFL=pl.when(begun & pl.col(start).is_not_null() & in_time).then(pl.lit("Y")))


def derive_interval_flags(
    records: pl.DataFrame,
    *,
    start: str = "TRTSDT",
    end: str = "TRTEDT",
    days_after_end: int = 0,
    first: str = "ASTDT",
    last: str = "AENDT",
) -> pl.DataFrame:
    """`records` with PREFL, ONTRTFL and FUPFL: whether something that lasted was taken before, on and after treatment.

    PREFL    `Y`: it began before `start` (a medication is then a prior one, whether it was continued or not)
    ONTRTFL  `Y`: it lasted into the time from `start` to `days_after_end` days after `end`
    FUPFL    `Y`: it lasted or began later than that

    A beginning that is unknown may have been at any time before the end, and an end that is unknown after it: something
    with unknown dates has every flag. Of a subject who was never treated everything is prior. Without `end` treatment
    is not known to have ended: nothing is after it.

    Source: ADaM OCCDS 1.1, section 3.2.4 (PREFL, ONTRTFL, FUPFL; what they mean is the analysis plan's choice).
    """
    begins, ends = pl.col(first), pl.col(last)
    treated = pl.col(start).is_not_null()
    window_end = pl.col(end) + timedelta(days=days_after_end)
    before = ~treated | (begins < pl.col(start)).fill_null(value=True)
    reached = (begins <= window_end).fill_null(value=True) & (ends >= pl.col(start)).fill_null(value=True)
    later = (ends > window_end) | (begins > window_end) | (ends.is_null() & window_end.is_not_null())

    def flag(condition: pl.Expr) -> pl.Expr:
        return pl.when(condition).then(pl.lit("Y"))

    return records.with_columns(PREFL=flag(before), ONTRTFL=flag(treated & reached), FUPFL=flag(treated & later))

"""Dates as SDTM holds them: ISO 8601 texts whose day, month or year may be unknown.

Source: ADaMIG 1.3, section 3.1.2 (imputed dates carry a flag, `*DTF`: the highest level that was imputed).
"""

from __future__ import annotations

import polars as pl


def _texts(source: str | pl.Expr) -> pl.Expr:
    return pl.col(source) if isinstance(source, str) else source


def complete_date(name: str | pl.Expr) -> pl.Expr:
    """The date in the text variable `name` (`2024-03-05`, `2024-03-05T10:30`); missing if it is partial or no date."""
    return _texts(name).str.extract(r"^(\d{4}-\d{2}-\d{2})", 1).str.to_date("%Y-%m-%d", strict=False)


def earliest_date(name: str | pl.Expr) -> pl.Expr:
    """The first date that the text variable `name` may mean: `2024-03` gives 1 March 2024, `2024` 1 January.

    Missing if not even the year is known. A month without its year, or a day that the month lacks, counts as unknown.
    """
    month = (_texts(name).str.extract(r"^(\d{4}-\d{2})", 1) + "-01").str.to_date("%Y-%m-%d", strict=False)
    year = (_texts(name).str.extract(r"^(\d{4})", 1) + "-01-01").str.to_date("%Y-%m-%d", strict=False)
    return pl.coalesce(complete_date(name), month, year)


def latest_date(name: str | pl.Expr) -> pl.Expr:
    """The last date that the text variable `name` may mean: `2024-02` gives 29 February 2024, `2024` 31 December."""
    month = (_texts(name).str.extract(r"^(\d{4}-\d{2})", 1) + "-01").str.to_date("%Y-%m-%d", strict=False)
    year = (_texts(name).str.extract(r"^(\d{4})", 1) + "-12-31").str.to_date("%Y-%m-%d", strict=False)
    return pl.coalesce(complete_date(name), month.dt.month_end(), year)


def imputation_level(name: str) -> pl.Expr:
    """What is unknown of the text variable `name`: `D` day, `M` month and day, `Y` everything; missing if complete."""
    month = (pl.col(name).str.extract(r"^(\d{4}-\d{2})", 1) + "-01").str.to_date("%Y-%m-%d", strict=False)
    year = pl.col(name).str.extract(r"^(\d{4})", 1)
    return (
        pl.when(complete_date(name).is_not_null())
        .then(None)
        .when(month.is_not_null())
        .then(pl.lit("D"))
        .when(year.is_not_null())
        .then(pl.lit("M"))
        .otherwise(pl.lit("Y"))
    )


def _not_before(cutoff: pl.Expr, start: pl.Expr, ended: pl.Expr) -> pl.Expr:
    """`cutoff`, but `start` if that is later and the end, which `ended` is the latest date of, may be as late."""
    return pl.when(start.is_between(cutoff, ended)).then(start).otherwise(cutoff)


def derive_event_dates(
    records: pl.DataFrame, *, start: str, end: str, reference: str = "TRTSDT", cutoff: str = "EOSDT"
) -> pl.DataFrame:
    """`records` with ASTDT, ASTDTF, AENDT and AENDTF, imputed so that an event counts against the treatment if it may.

    Reads the ISO 8601 texts `start` and `end` and the dates `reference` (first dose) and `cutoff` (end of study).

    Start: an incomplete date that may be the day of the first dose becomes that day; otherwise the earliest date it
    may mean. A start that is wholly unknown becomes the first dose. If the event had certainly ended before the date
    so found, the start is instead the earliest date that it may mean, or the day it ended if nothing is known.

    End: the latest date it may mean, not after `cutoff`, but not before the start either, if it may be later; a wholly
    unknown end stays missing (ongoing, or unknown).

    ASTDTF and AENDTF say what was imputed: `D`, `M` or `Y`; they are missing with a missing date.
    """
    earliest, latest, first_dose = earliest_date(start), latest_date(start), pl.col(reference)
    assumed = (
        pl.when(complete_date(start).is_not_null())
        .then(complete_date(start))
        .when(first_dose.is_null())
        .then(earliest)
        .when(earliest.is_null() | first_dose.is_between(earliest, latest))
        .then(first_dose)
        .otherwise(earliest)
    )
    ended = latest_date(end)
    imputed_start = (
        pl.when(complete_date(start).is_null() & (ended < assumed))
        .then(pl.coalesce(earliest, ended))
        .otherwise(assumed)
    )
    known_end = complete_date(end)
    imputed_end = (
        pl.when(known_end.is_not_null())
        .then(known_end)
        .when(pl.col(cutoff).is_between(earliest_date(end), ended))
        .then(_not_before(pl.col(cutoff), imputed_start, ended))
        .otherwise(ended)
    )
    return records.with_columns(ASTDT=imputed_start, AENDT=imputed_end).with_columns(
        ASTDTF=pl.when(pl.col("ASTDT").is_not_null()).then(imputation_level(start)),
        AENDTF=pl.when(pl.col("AENDT").is_not_null()).then(imputation_level(end)),
    )


def derive_interval_dates(
    records: pl.DataFrame, *, start: str, end: str | None = None, cutoff: str | None = None
) -> pl.DataFrame:
    """`records` with ASTDT, ASTDTF, AENDT and AENDTF: the longest time that something may have lasted.

    Reads the ISO 8601 texts `start` and, if there is one, `end`, and the date `cutoff` (end of study).

    ASTDT is the first date that the start may mean, AENDT the last date that the end may mean, but not after `cutoff`
    (nor before ASTDT) if the end may have been before it. What is wholly unknown stays missing (an end also if it is
    ongoing). ASTDTF and AENDTF say what was imputed: `D` or `M`; they are missing with a missing date.

    Source: ADaM OCCDS 1.1, section 3.2.3 (ASTDT, AENDT; the rule is the analysis plan's choice).
    """
    begun = earliest_date(start)
    ended = latest_date(end) if end is not None else pl.lit(None, dtype=pl.Date)
    if end is not None and cutoff is not None:
        is_open = pl.col(cutoff).is_between(earliest_date(end), ended) & complete_date(end).is_null()
        ended = pl.when(is_open).then(_not_before(pl.col(cutoff), begun, ended)).otherwise(ended)
    imputed = imputation_level(end) if end is not None else pl.lit(None, dtype=pl.String)
    return records.with_columns(ASTDT=begun, AENDT=ended).with_columns(
        ASTDTF=pl.when(pl.col("ASTDT").is_not_null()).then(imputation_level(start)),
        AENDTF=pl.when(pl.col("AENDT").is_not_null()).then(imputed),
    )

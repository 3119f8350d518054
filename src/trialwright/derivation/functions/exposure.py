"""Exposure: first and last dose, duration, cumulative dose and compliance, from the exposure domain."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

#: Doses a day by EXDOSFRQ; a frequency that is not here counts as one.
_DOSES_PER_DAY: Mapping[str, int] = {"QD": 1, "BID": 2, "TID": 3, "QID": 4}


def derive_exposure(records: pl.DataFrame) -> pl.DataFrame:
    """One record per subject with exposure: TRTSDT, TRTEDT, TRTDURD, DOSEDAYS, CUMDOSE and COMPLPCT.

    Reads USUBJID, EXDOSE (mg), EXDOSFRQ, and the dates `_start` and `_end` of a record. Records with EXDOSE 0 count:
    placebo is recorded with dose 0. A record that ends before it starts is one day; one without a start is not counted.

    TRTDURD   TRTEDT - TRTSDT + 1, in days
    DOSEDAYS  days within at least one record: days without a record are days on which no dose was taken
    CUMDOSE   sum over the records of EXDOSE * doses a day * days, in mg
    COMPLPCT  100 * DOSEDAYS / TRTDURD
    """
    days = (pl.col("_end") - pl.col("_start")).dt.total_days() + 1
    per_day = pl.col("EXDOSFRQ").replace_strict(_DOSES_PER_DAY, default=1, return_dtype=pl.Int64)
    # Overlapping records count a day once: a record adds the days after the latest end before it.
    latest_end = pl.col("_end").shift(1).cum_max().over("USUBJID")
    new_start = pl.max_horizontal(pl.col("_start"), latest_end.dt.offset_by("1d"))
    new_days = ((pl.col("_end") - new_start).dt.total_days() + 1).clip(lower_bound=0)
    return (
        records.filter(pl.col("_start").is_not_null())
        .with_columns(_end=pl.max_horizontal("_start", "_end"))
        .sort("USUBJID", "_start", "_end", maintain_order=True)
        .with_columns(_dose=pl.col("EXDOSE") * per_day * days, _new_days=new_days)
        .group_by("USUBJID", maintain_order=True)
        .agg(
            TRTSDT=pl.col("_start").min(),
            TRTEDT=pl.col("_end").max(),
            DOSEDAYS=pl.col("_new_days").sum(),
            CUMDOSE=pl.col("_dose").sum(),
        )
        .with_columns(TRTDURD=(pl.col("TRTEDT") - pl.col("TRTSDT")).dt.total_days() + 1)
        .with_columns(COMPLPCT=100 * pl.col("DOSEDAYS") / pl.col("TRTDURD"))
    )

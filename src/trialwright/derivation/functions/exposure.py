"""Exposure: first and last dose, duration, cumulative dose and compliance, from the exposure domain."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from trialwright.derivation.engine.lineage import LINEAGE, union_lineage
from trialwright.derivation.functions.partial_dates import imputation_level

#: Doses a day by EXDOSFRQ; a frequency that is not here counts as one.
DOSES_PER_DAY: Mapping[str, float] = {
    "QD": 1.0,
    "BID": 2.0,
    "TID": 3.0,
    "QID": 4.0,
    "QOD": 0.5,
    "Q12H": 2.0,
    "Q8H": 3.0,
    "Q6H": 4.0,
    "ONCE": 1.0,
}


def derive_exposure(records: pl.DataFrame) -> pl.DataFrame:
    """One record per subject with exposure: TRTSDT, TRTEDT, TRTDURD, DOSEDAYS, CUMDOSE and COMPLPCT.

    Reads USUBJID, EXDOSE (mg), EXDOSFRQ, and the dates `_start` and `_end` of a record. Records with EXDOSE 0 count:
    placebo is recorded with dose 0. A record that ends before it starts is one day; one without a start is not counted.

    TRTDURD   TRTEDT - TRTSDT + 1, in days
    DOSEDAYS  days within at least one record: days without a record are days on which no dose was taken
    CUMDOSE   sum over the records of EXDOSE * doses a day * days, in mg
    COMPLPCT  100 * DOSEDAYS / TRTDURD
    AVGDD     CUMDOSE / TRTDURD, in mg a day
    TRTSDTF, TRTEDTF  what of the texts EXSTDTC of the first record and EXENDTC of the last one was imputed, where the
              records have these variables
    """
    per_day = _doses_per_day() if "EXDOSFRQ" in records.columns else pl.lit(1)
    days = (pl.col("_end") - pl.col("_start")).dt.total_days() + 1
    # Overlapping records count a day once: a record adds the days after the latest end before it.
    latest_end = pl.col("_end").shift(1).cum_max().over("USUBJID")
    new_start = pl.max_horizontal(pl.col("_start"), latest_end.dt.offset_by("1d"))
    new_days = ((pl.col("_end") - new_start).dt.total_days() + 1).clip(lower_bound=0)
    flags = {}
    if {"EXSTDTC", "EXENDTC"} <= set(records.columns):
        flags["TRTSDTF"] = imputation_level("EXSTDTC").first()
        flags["TRTEDTF"] = imputation_level("EXENDTC").sort_by("_end").last()
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
            **flags,
            **({LINEAGE: union_lineage()} if LINEAGE in records.columns else {}),
        )
        .with_columns(TRTDURD=(pl.col("TRTEDT") - pl.col("TRTSDT")).dt.total_days() + 1)
        .with_columns(
            COMPLPCT=100 * pl.col("DOSEDAYS") / pl.col("TRTDURD"), AVGDD=pl.col("CUMDOSE") / pl.col("TRTDURD")
        )
    )


def _doses_per_day() -> pl.Expr:
    return pl.col("EXDOSFRQ").replace_strict(DOSES_PER_DAY, default=1.0, return_dtype=pl.Float64)

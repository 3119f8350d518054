"""Last observation carried forward."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

_PARAMETER = ("USUBJID", "PARAMCD")


def derive_locf(
    records: pl.DataFrame,
    visits: pl.DataFrame,
    *,
    order: Sequence[str] = ("ADT",),
    among: pl.Expr | None = None,
    carries_baseline: bool = False,
    by: Sequence[str] = _PARAMETER,
) -> pl.DataFrame:
    """`records` followed by one record for each visit that a subject misses, with the last value before it.

    records  those without AVISITN or AVAL stay and are never carried
    visits   the visits after baseline that shall be complete: AVISITN (same type as in `records`), AVISIT and, if
             wanted, more variables of `records` that belong to a visit, such as AWTARGET
    among    a visit is missed, and a value carried, if its records fulfil this; default: all
    order    which of several records of a visit is the last: that one is carried, whichever of them is analyzed

    A new record is a copy of the one carried, ADT, ADY and the source's sequence number included, so that it can be
    traced; AVISITN, AVISIT and the other variables of `visits` are those of the missed visit, DTYPE is `LOCF`, and
    ABLFL and AWTDIFF are missing. Only values after baseline (AVISITN above 0) are carried, unless `carries_baseline`.
    A subject with nothing to carry gets no record.

    Source: ADaMIG 1.3, section 3.3.4 (DTYPE) and section 4.5.1, example of LOCF rows.
    """
    if "DTYPE" not in records.columns:
        records = records.with_columns(DTYPE=pl.lit(None, dtype=pl.String))
    observed = records.filter(
        pl.lit(value=True) if among is None else among,
        pl.col("AVAL").is_not_null(),
        pl.col("AVISITN") >= 0 if carries_baseline else pl.col("AVISITN") > 0,
    ).sort("AVISITN", *order, nulls_last=False, maintain_order=True)
    of_visit = [name for name in visits.columns if name != "AVISITN" and name in records.columns]
    planned = visits.select(
        "AVISITN", *(pl.col(name).cast(records.schema[name]).alias(f"_missed_{name}") for name in of_visit)
    )
    wanted = observed.select(by).unique(maintain_order=True).join(planned, how="cross")
    missed = wanted.join(observed, on=[*by, "AVISITN"], how="anti").sort("AVISITN", maintain_order=True)
    if missed.is_empty():
        return records
    carried = missed.join_asof(
        observed.unique([*by, "AVISITN"], keep="last", maintain_order=True).with_columns(_from=pl.col("AVISITN")),
        on="AVISITN",
        by=list(by),
        strategy="backward",
        check_sortedness=False,
    )
    new = (
        carried.filter(pl.col("_from").is_not_null())
        .with_columns(pl.lit("LOCF").alias("DTYPE"), *(pl.col(f"_missed_{name}").alias(name) for name in of_visit))
        .with_columns(
            pl.lit(None, dtype=records.schema[name]).alias(name) for name in ("ABLFL", "AWTDIFF") if name in records
        )
        .select(records.columns)
    )
    return pl.concat([records, new])

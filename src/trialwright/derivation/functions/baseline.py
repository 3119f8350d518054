"""Baseline of a Basic Data Structure: its flag, its value, and the change from it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

_PARAMETER = ("USUBJID", "PARAMCD")


def derive_ablfl(
    records: pl.DataFrame,
    *,
    reference: str = "TRTSDT",
    order: Sequence[str] = ("ADT",),
    by: Sequence[str] = _PARAMETER,
) -> pl.DataFrame:
    """`records` with ABLFL: `Y` on the last record with a value on or before the date `reference`, one for each `by`.

    `order` says which record is last; of records that tie in it, the one further down. Assessments on the day of the
    first dose are taken to precede it, as the visit's schedule asks for. Records without AVAL or ADT are no baseline.

    Source: ADaMIG 1.3, section 3.3.8 (ABLFL identifies the one record used as baseline of a parameter).
    """
    eligible = pl.col("AVAL").is_not_null() & (pl.col("ADT") <= pl.col(reference)).fill_null(value=False)
    numbered = records.with_row_index("_row")
    chosen = (
        numbered.filter(eligible)
        .sort(list(order), nulls_last=False, maintain_order=True)
        .group_by(list(by), maintain_order=True)
        .agg(pl.col("_row").last())
        .select("_row", ABLFL=pl.lit("Y"))
    )
    return numbered.join(chosen, on="_row", how="left", maintain_order="left").drop("_row")


def derive_base(
    records: pl.DataFrame, *, value: str = "AVAL", base: str = "BASE", by: Sequence[str] = _PARAMETER
) -> pl.DataFrame:
    """`records` with `base`: the `value` of the record with ABLFL `Y`, on all records of the same `by`; else missing.

    With `value="ANRIND", base="BNRIND"` it carries the baseline's reference range indicator.
    """
    return records.with_columns(
        pl.col(value).filter(pl.col("ABLFL").eq_missing(pl.lit("Y"))).first().over(list(by)).alias(base)
    )


def derive_chg(records: pl.DataFrame, *, after: pl.Expr | None = None) -> pl.DataFrame:
    """`records` with CHG = AVAL - BASE and PCHG = 100 * CHG / BASE, on the records that fulfil `after` (default: all).

    Missing where AVAL or BASE is; PCHG also where BASE is 0.

    Source: ADaMIG 1.3, section 3.3.4 (CHG and PCHG; they may be left missing on baseline and pre-baseline records).
    """
    difference = pl.col("AVAL") - pl.col("BASE")
    change = difference if after is None else pl.when(after).then(difference)
    return records.with_columns(CHG=change).with_columns(
        PCHG=pl.when(pl.col("BASE") != 0).then(100 * pl.col("CHG") / pl.col("BASE"))
    )

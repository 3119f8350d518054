"""Baseline of a Basic Data Structure: its flag, its value, and the change from it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from trialwright.derivation.engine.lineage import BASELINE_LINEAGE, LINEAGE

_PARAMETER = ("USUBJID", "PARAMCD")


def derive_ablfl(
    records: pl.DataFrame,
    *,
    reference: str = "TRTSDT",
    order: Sequence[str] = ("ADT",),
    by: Sequence[str] = _PARAMETER,
    value: str = "AVAL",
    date: str = "ADT",
    flag: str = "ABLFL",
    among: pl.Expr | None = None,
) -> pl.DataFrame:
    """`records` with `flag`: `Y` on the last record with a value on or before the date `reference`, one for each `by`.

    order  which record is last; of records that tie in it, the one further down
    among  which records can be baseline; default: all

    Assessments on the day of the first dose are taken to precede it, as the visit's schedule asks for. Records without
    `value` or `date` are no baseline.

    Source: ADaMIG 1.3, section 3.3.8 (ABLFL identifies the one record used as baseline of a parameter).
    """
    eligible = pl.col(value).is_not_null() & (pl.col(date) <= pl.col(reference)).fill_null(value=False)
    if among is not None:
        eligible = eligible & among.fill_null(value=False)
    numbered = records.drop(flag, strict=False).with_row_index("_row")
    chosen = (
        numbered.filter(eligible)
        .sort(list(order), nulls_last=False, maintain_order=True)
        .group_by(list(by), maintain_order=True)
        .agg(pl.col("_row").last())
        .select("_row", pl.lit("Y").alias(flag))
    )
    return numbered.join(chosen, on="_row", how="left", maintain_order="left").drop("_row")


def derive_base(
    records: pl.DataFrame,
    *,
    value: str = "AVAL",
    base: str = "BASE",
    by: Sequence[str] = _PARAMETER,
    flag: str = "ABLFL",
) -> pl.DataFrame:
    """`records` with `base`: the `value` of the record with `flag` `Y`, on all records of the same `by`; else missing.

    With `value="ANRIND", base="BNRIND"` it carries the baseline's reference range indicator. The sources of that record
    are noted beside those of the others (`BASELINE_LINEAGE`).
    """
    taken = {base: value, **({BASELINE_LINEAGE: LINEAGE} if LINEAGE in records.columns else {})}
    baseline = (
        records.filter(pl.col(flag).eq_missing(pl.lit("Y")))
        .unique(list(by), keep="first", maintain_order=True)
        .select(*by, *(pl.col(source).alias(f"_base_{name}") for name, source in taken.items()))
    )
    return (
        records.drop(list(taken), strict=False)
        .join(baseline, on=list(by), how="left", maintain_order="left", nulls_equal=True)
        .rename({f"_base_{name}": name for name in taken})
    )


def derive_chg(
    records: pl.DataFrame,
    *,
    after: pl.Expr | None = None,
    value: str = "AVAL",
    base: str = "BASE",
    change: str = "CHG",
    percent: str = "PCHG",
) -> pl.DataFrame:
    """`records` with CHG = AVAL - BASE and PCHG = 100 * CHG / BASE, on the records that fulfil `after` (default: all).

    Missing where AVAL or BASE is; PCHG also where BASE is 0. The arguments name the variables, where they are others.

    Source: ADaMIG 1.3, section 3.3.4 (CHG and PCHG; they may be left missing on baseline and pre-baseline records).
    """
    difference = pl.col(value) - pl.col(base)
    changed = difference if after is None else pl.when(after).then(difference)
    return records.with_columns(changed.alias(change)).with_columns(
        pl.when(pl.col(base) != 0).then(100 * pl.col(change) / pl.col(base)).alias(percent)
    )

"""The most extreme record of a parameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import polars as pl

_PARAMETER = ("USUBJID", "PARAMCD")


def derive_extreme_flag(
    records: pl.DataFrame,
    *,
    name: str,
    order: Sequence[str],
    value: str = "AVAL",
    extreme: Literal["largest", "smallest", "farthest"] = "largest",
    by: Sequence[str] = _PARAMETER,
    among: pl.Expr | None = None,
    tolerance: float = 1e-9,
) -> pl.DataFrame:
    """`records` with `name`: `Y` on the record of each `by` with the most extreme `value`, the first one of equals.

    extreme    the largest or the smallest value, or the one farthest from 0
    order      which of equal values is first; records that tie in it go by their order
    among      the records that can be it; default: all
    tolerance  values within this relative difference are equal: 5.3 and 4.9 are equally far from 5.1, although their
               distances differ in the last bit

    Records without value are never it.

    Source: ADaMIG 1.3, section 3.3.8 (ANLzzFL) and section 4.7 (identification of records used for analysis).
    """
    measure = {"largest": pl.col(value), "smallest": -pl.col(value), "farthest": pl.col(value).abs()}[extreme]
    numbered = records.drop(name, strict=False).with_row_index("_row")
    possible = numbered.with_columns(measure.cast(pl.Float64).alias("_measure")).filter(
        pl.col("_measure").is_not_null(), pl.lit(value=True) if among is None else among
    )
    highest = pl.col("_measure").max().over(list(by))
    chosen = (
        possible.filter(pl.col("_measure") >= highest - tolerance * highest.abs())
        .sort(list(order), nulls_last=False, maintain_order=True)
        .unique(list(by), keep="first", maintain_order=True)
        .select("_row", pl.lit("Y").alias(name))
    )
    return numbered.join(chosen, on="_row", how="left", maintain_order="left").drop("_row")

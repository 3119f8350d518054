"""Additional analysis visits that are made of records of others, such as the end of treatment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import polars as pl

_PARAMETER = ("USUBJID", "PARAMCD")


def derive_visit_copy(
    records: pl.DataFrame,
    *,
    avisit: str,
    avisitn: float,
    order: Sequence[str],
    by: Sequence[str] = _PARAMETER,
    among: pl.Expr | None = None,
    keep: Literal["first", "last"] = "last",
    dtype: str | None = None,
    flag: str | None = None,
) -> pl.DataFrame:
    """`records` followed by a copy of the last (or first) record of each `by`, as analysis visit `avisit`, `avisitn`.

    order  which record is the last; records that tie in it go by their order
    among  the records that can be it; default: all
    dtype  DTYPE of the copy, e.g. LOV for the last observed value; not given: DTYPE stays as it is
    flag   a variable that is `Y` on the record copied and on its copy

    The copy keeps everything else, the sequence number of its source and its lineage included.

    Source: ADaMIG 1.3, section 4.4 (rows of an additional analysis timepoint are created by copying), and CDISC
    terminology DTYPE (ENDPOINT, LOV).
    """
    numbered = records.with_row_index("_row")
    possible = numbered if among is None else numbered.filter(among)
    # Few columns are sorted, and whole records are taken at the end.
    rows = (
        possible.select("_row", *dict.fromkeys([*by, *order]))
        .sort(list(order), nulls_last=False, maintain_order=True)
        .unique(list(by), keep=keep, maintain_order=True)["_row"]
        .sort()
    )
    if flag is not None:
        numbered = numbered.with_columns(pl.when(pl.col("_row").is_in(rows.implode())).then(pl.lit("Y")).alias(flag))
    chosen = numbered[rows]
    if dtype is not None and "DTYPE" not in numbered.columns:
        numbered = numbered.with_columns(DTYPE=pl.lit(None, dtype=pl.String))
    kind = numbered.schema["AVISITN"]
    copies = chosen.with_columns(
        pl.lit(avisit).alias("AVISIT"),
        pl.lit(avisitn).cast(kind).alias("AVISITN"),
        *([pl.lit(dtype).alias("DTYPE")] if dtype is not None else []),
    )
    return pl.concat([numbered, copies.select(numbered.columns)]).drop("_row")

"""Treatment-emergent adverse events and the first of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl


def derive_trtemfl(
    records: pl.DataFrame, *, start: str = "TRTSDT", end: str = "TRTEDT", days_after_end: int | None = None
) -> pl.DataFrame:
    """`records` with TRTEMFL: `Y` if ASTDT is on or after the date `start`, and not later than allowed; else missing.

    days_after_end  the event may start at most so many days after the date `end`; None for no limit. A missing `end`
                    sets no limit either: treatment is then not known to have ended

    Missing ASTDT or `start` (never treated) is not treatment-emergent: impute ASTDT first, conservatively.

    Source: ICH E9, glossary ("treatment emergent"); ADaM OCCDS 1.1, section 3.2.4 (TRTEMFL).
    """
    emergent = pl.col("ASTDT") >= pl.col(start)
    if days_after_end is not None:
        within = pl.col("ASTDT") <= pl.col(end) + timedelta(days=days_after_end)
        emergent = emergent & within.fill_null(value=True)
    return records.with_columns(TRTEMFL=pl.when(emergent).then(pl.lit("Y")))


def derive_first_occurrence(
    records: pl.DataFrame,
    flag: str,
    *,
    by: Sequence[str],
    order: Sequence[str],
    among: pl.Expr,
    descending: Sequence[bool] | None = None,
) -> pl.DataFrame:
    """`records` with `flag`: `Y` on the first record, in `order`, of each `by` among those that fulfil `among`.

    Ties keep the order of the records; missing values of `order` come last. Counting the flagged records counts the
    subjects (AOCCFL), or subjects and terms (AOCCPFL), once.

    Source: ADaM OCCDS 1.1, section 3.2.7 (occurrence flags).
    """
    numbered = records.with_row_index("_row")
    chosen = (
        numbered.filter(among)
        .sort(
            list(order),
            descending=list(descending) if descending is not None else False,
            nulls_last=True,
            maintain_order=True,
        )
        .group_by(list(by), maintain_order=True)
        .agg(pl.col("_row").first())
        .select("_row", pl.lit("Y").alias(flag))
    )
    return numbered.join(chosen, on="_row", how="left", maintain_order="left").drop("_row")

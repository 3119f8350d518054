"""Treatment-emergent adverse events."""

from __future__ import annotations

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

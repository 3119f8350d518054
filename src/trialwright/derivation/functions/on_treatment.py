"""Which records were taken on treatment."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

#: A visit is on treatment up to so many days after the last dose: the last dose is taken on the day before the Week 12
#: visit, which may be held up to three days later than planned.
ON_TREATMENT_DAYS = 3


def derive_ontrtfl(records: pl.DataFrame, *, days_after_end: int) -> pl.DataFrame:
    """`records` with ONTRTFL: `Y` after the day of the first dose, up to `days_after_end` days after TRTEDT.

    A record without ADT is trusted to be of its visit, and on treatment if that is after baseline.

    Source: ADaMIG 1.3, section 3.3.8 (ONTRTFL; the window is the analysis plan's choice).
    """
    in_time = pl.coalesce(pl.col("ADT") <= pl.col("TRTEDT") + timedelta(days=days_after_end), pl.lit(value=True))
    is_on = pl.col("_is_after") & pl.col("TRTSDT").is_not_null() & in_time
    return records.with_columns(ONTRTFL=pl.when(is_on).then(pl.lit("Y")))

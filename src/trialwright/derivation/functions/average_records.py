"""Records that are the mean of several measurements, such as triplicate readings or positions."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from trialwright.derivation.engine.lineage import BASELINE_LINEAGE, LINEAGE, united


def derive_average_records(
    records: pl.DataFrame,
    *,
    by: Sequence[str],
    value: str = "AVAL",
    among: pl.Expr | None = None,
    dtype: str = "AVERAGE",
    least: int = 1,
) -> pl.DataFrame:
    """`records` followed by one record for each `by` with the mean of the values, DTYPE `dtype`.

    by     what a mean is for, e.g. USUBJID, PARAMCD, AVISITN; records without one of them are in no mean
    among  the records that are averaged; default: all
    least  a mean needs so many values; records without value do not count

    A variable whose value is the same in all records averaged keeps it; any other one is missing in the new record,
    the sequence number included. The lineage of a mean is that of all its records.

    Source: ADaMIG 1.3, section 4.2 (rule 4: a new row for a value derived from several rows, DTYPE says how).
    """
    if "DTYPE" not in records.columns:
        records = records.with_columns(DTYPE=pl.lit(None, dtype=pl.String))
    keys = list(by)
    others = [name for name in records.columns if name not in {*keys, value, "DTYPE", LINEAGE, BASELINE_LINEAGE}]
    averaged = records.filter(
        pl.lit(value=True) if among is None else among,
        pl.col(value).is_not_null(),
        *(pl.col(name).is_not_null() for name in keys),
    )
    means = (
        averaged.group_by(keys, maintain_order=True)
        .agg(
            pl.col(value).mean().cast(records.schema[value]),
            *(pl.when(pl.col(name).n_unique() == 1).then(pl.col(name).first()).alias(name) for name in others),
            *united(records.columns),
            pl.len().alias("_count"),
        )
        .filter(pl.col("_count") >= least)
        .with_columns(DTYPE=pl.lit(dtype))
    )
    return pl.concat([records, means.select(records.columns)])

"""Total scores of questionnaires: those that were recorded, and those that the items give."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from trialwright.derivation.engine.lineage import LINEAGE, traced, union_lineage


def derive_totals(
    records: pl.DataFrame,
    *,
    totals: Sequence[str],
    items: Sequence[str],
    missing_allowed: int,
    test: str = "QSTESTCD",
    value: str = "QSSTRESN",
    sequence: str = "QSSEQ",
    by: Sequence[str] = ("USUBJID", "VISITNUM", "VISIT", "ADT"),
) -> pl.DataFrame:
    """One record for each total score: `by`, `sequence` and AVAL.

    totals, items    values of `test` that are the recorded total, and all items
    missing_allowed  so many items may be missing; each counts as the mean of those there
    by               what tells one assessment from another

    A recorded total with a value stays. An assessment without one gets the total of its items if enough are there:
    number of items x mean of those there; `sequence` is then missing, as no one record has it. Otherwise a recorded
    total without value stays, with AVAL missing. Of an item recorded twice the first counts.
    """
    keys, schema = list(by), records.schema
    recorded = records.filter(pl.col(test).is_in(list(totals))).select(
        *keys, sequence, pl.col(value).alias("AVAL"), *traced(records.columns)
    )
    known = recorded.filter(pl.col("AVAL").is_not_null())
    summed = (
        records.filter(pl.col(test).is_in(list(items)), pl.col(value).is_not_null())
        .unique([*keys, test], keep="first", maintain_order=True)
        .group_by(keys, maintain_order=True)
        .agg(
            _sum=pl.col(value).sum(),
            _there=pl.len(),
            **({LINEAGE: union_lineage()} if LINEAGE in records.columns else {}),
        )
        .filter(pl.col("_there") >= len(items) - missing_allowed)
        .select(
            *keys,
            pl.lit(None, dtype=schema[sequence]).alias(sequence),
            (len(items) * pl.col("_sum") / pl.col("_there")).alias("AVAL"),
            *traced(records.columns),
        )
    )
    from_items = _without(summed, known, keys)
    unknown = _without(recorded.filter(pl.col("AVAL").is_null()), pl.concat([known, from_items]), keys)
    return pl.concat([known, from_items, unknown])


def _without(records: pl.DataFrame, others: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """The records of assessments that are not among `others`."""
    return records.join(others, on=keys, how="anti", nulls_equal=True, maintain_order="left")

"""HAM-A total scores from the questionnaire domain.

Hamilton Anxiety Rating Scale: 14 items, each 0 to 4; the total runs from 0 to 56, higher is worse.
Source: Hamilton M. Br J Med Psychol 1959;32:50-55.
"""

from __future__ import annotations

import polars as pl

from trialwright.derivation._source import source_records
from trialwright.derivation.functions.partial_dates import complete_date
from trialwright.standards import Domains

ITEM_COUNT = 14

#: So many items may be missing; each is replaced by the mean of the others (protocol, missing data).
MISSING_ITEMS_ALLOWED = 1

_ITEM_TEST = r"^HAMA1(0[1-9]|1[0-4])$"
_TOTAL_TEST = r"^(HAMA115|HAMATOT)$"
_ASSESSMENT = ("USUBJID", "VISITNUM", "VISIT", "ADT")


def read_hama_totals(domains: Domains, *, needed_by: str) -> pl.DataFrame:
    """One record for each HAM-A total score: those of QS, and those that QS lacks although the items are there.

    Columns: USUBJID, QSSEQ (missing if the total was not in QS), VISITNUM, VISIT, ADT, AVAL. A total without value
    stays, with AVAL missing, unless it can be had from the items.
    """
    records = source_records(
        domains,
        "QS",
        needed_by=needed_by,
        texts=["USUBJID", "QSTESTCD", "QSDTC"],
        numbers=["QSSEQ", "QSSTRESN", "VISITNUM"],
        optional_texts=["VISIT"],
    ).with_columns(ADT=complete_date("QSDTC"))
    recorded = records.filter(pl.col("QSTESTCD").str.contains(_TOTAL_TEST)).select(
        *_ASSESSMENT, "QSSEQ", AVAL=pl.col("QSSTRESN")
    )
    known = recorded.filter(pl.col("AVAL").is_not_null())
    from_items = _without(compute_totals(records.filter(pl.col("QSTESTCD").str.contains(_ITEM_TEST))), known)
    unknown = _without(recorded.filter(pl.col("AVAL").is_null()), pl.concat([known, from_items]))
    return pl.concat([known, from_items, unknown])


def compute_totals(items: pl.DataFrame) -> pl.DataFrame:
    """The total score of each assessment of which at most one of 14 items is missing; QSSEQ is missing.

    A missing item counts as the mean of the others, so the total is 14 times the mean of those there.
    """
    return (
        items.filter(pl.col("QSSTRESN").is_not_null())
        .unique([*_ASSESSMENT, "QSTESTCD"], keep="first", maintain_order=True)
        .group_by(_ASSESSMENT, maintain_order=True)
        .agg(_sum=pl.col("QSSTRESN").sum(), _items=pl.len())
        .filter(pl.col("_items") >= ITEM_COUNT - MISSING_ITEMS_ALLOWED)
        .select(
            *_ASSESSMENT,
            QSSEQ=pl.lit(None, dtype=pl.Float64),
            AVAL=ITEM_COUNT * pl.col("_sum") / pl.col("_items"),
        )
    )


def _without(records: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """The records of assessments that are not among `others`."""
    return records.join(others, on=_ASSESSMENT, how="anti", nulls_equal=True, maintain_order="left")

"""HAM-A total scores from the questionnaire domain.

Hamilton Anxiety Rating Scale: 14 items, each 0 to 4; the total runs from 0 to 56, higher is worse.
Source: Hamilton M. Br J Med Psychol 1959;32:50-55.
"""

from __future__ import annotations

import polars as pl

from trialwright.derivation._source import source_records
from trialwright.derivation.partial_dates import complete_date
from trialwright.standards import Domains

ITEM_COUNT = 14

_ITEM_TEST = r"^HAMA1(0[1-9]|1[0-4])$"
_TOTAL_TEST = r"^(HAMA115|HAMATOT)$"


def read_hama_totals(domains: Domains, *, needed_by: str) -> pl.DataFrame:
    """One record for each recorded HAM-A total score, in the order of QS, or summed from items where QS has no total.

    Columns: USUBJID, QSSEQ (missing if summed), VISITNUM, VISIT, ADT, AVAL. A total is summed only if all 14 items of
    the assessment are there: the scale has no rule for missing items.
    """
    records = source_records(
        domains,
        "QS",
        needed_by=needed_by,
        texts=["USUBJID", "QSTESTCD", "QSDTC"],
        numbers=["QSSEQ", "QSSTRESN", "VISITNUM"],
        optional_texts=["VISIT"],
    ).with_columns(ADT=complete_date("QSDTC"))
    assessment = ["USUBJID", "VISITNUM", "VISIT", "ADT"]
    totals = records.filter(pl.col("QSTESTCD").str.contains(_TOTAL_TEST)).select(
        *assessment, pl.col("QSSEQ"), AVAL=pl.col("QSSTRESN")
    )
    summed = (
        records.filter(pl.col("QSTESTCD").str.contains(_ITEM_TEST), pl.col("QSSTRESN").is_not_null())
        .unique([*assessment, "QSTESTCD"], keep="first", maintain_order=True)
        .group_by(assessment, maintain_order=True)
        .agg(AVAL=pl.col("QSSTRESN").sum(), _items=pl.len())
        .filter(pl.col("_items") == ITEM_COUNT)
        .join(totals.select(assessment), on=assessment, how="anti", nulls_equal=True, maintain_order="left")
        .select(*assessment, QSSEQ=pl.lit(None, dtype=pl.Float64), AVAL=pl.col("AVAL"))
    )
    return pl.concat([totals, summed])

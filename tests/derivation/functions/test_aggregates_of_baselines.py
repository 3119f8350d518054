"""A score or mean made of several records keeps the sources of their baseline values."""

from __future__ import annotations

import polars as pl

from trialwright.derivation.engine.lineage import BASELINE_LINEAGE, LINEAGE
from trialwright.derivation.functions.average_records import derive_average_records
from trialwright.derivation.functions.questionnaires import Item, Scale, derive_param_sum

NUMBERS = pl.List(pl.UInt32)


def records(code: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "USUBJID": ["1", "1"],
            "PARAMCD": list(code),
            "AVAL": [1.0, 2.0],
            LINEAGE: pl.Series([[4], [5]], dtype=NUMBERS),
            BASELINE_LINEAGE: pl.Series([[1], [2]], dtype=NUMBERS),
        }
    )


def test_a_mean_has_the_baseline_sources_of_its_records() -> None:
    made = derive_average_records(records(("A", "A")), by=["USUBJID", "PARAMCD"])
    assert made.filter(DTYPE="AVERAGE").select("AVAL", LINEAGE, BASELINE_LINEAGE).rows() == [(1.5, [4, 5], [1, 2])]


def test_a_score_has_the_baseline_sources_of_its_items() -> None:
    scale = Scale(code="S", label="Sum", items=(Item(codes=("A",), highest=3), Item(codes=("B",), highest=3)))
    made = derive_param_sum(records(("A", "B")), scale, by=["USUBJID"])
    assert made.filter(PARAMCD="S").select("AVAL", LINEAGE, BASELINE_LINEAGE).rows() == [(3.0, [4, 5], [1, 2])]

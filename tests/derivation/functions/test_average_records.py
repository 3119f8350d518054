"""Records with the mean of several measurements."""

from __future__ import annotations

import polars as pl
import pytest

from trialwright.derivation.functions.average_records import derive_average_records

RECORDS = pl.DataFrame(
    {
        "USUBJID": ["A", "A", "A", "A", "B"],
        "PARAMCD": ["SYSBP"] * 5,
        "AVISITN": [0, 0, 0, None, 0],
        "ADT": ["d1", "d1", "d1", "d2", "d1"],
        "ATPT": ["1", "2", "3", "1", "1"],
        "AVAL": [120.0, 124.0, None, 99.0, 110.0],
    }
)
BY = ["USUBJID", "PARAMCD", "AVISITN"]


def test_a_mean_keeps_what_its_records_have_in_common() -> None:
    derived = derive_average_records(RECORDS, by=BY)
    assert derived.height == 7
    means = derived.tail(2)
    assert means.select("USUBJID", "AVAL", "ADT", "ATPT", "DTYPE").rows() == [
        ("A", 122.0, "d1", None, "AVERAGE"),
        ("B", 110.0, "d1", "1", "AVERAGE"),
    ]
    assert derived.head(5)["DTYPE"].null_count() == 5


@pytest.mark.parametrize(("least", "subjects"), [(2, ["A"]), (3, [])])
def test_a_mean_needs_enough_values(least: int, subjects: list[str]) -> None:
    assert derive_average_records(RECORDS, by=BY, least=least)["USUBJID"].to_list()[5:] == subjects


def test_a_mean_comes_from_all_its_records() -> None:
    traced = RECORDS.with_columns(_LINEAGE=pl.Series([[1], [2], [3], [4], [5]], dtype=pl.List(pl.UInt32)))
    derived = derive_average_records(traced, by=BY, among=pl.col("USUBJID") == "A")
    assert derived["_LINEAGE"].to_list()[5:] == [[1, 2]]

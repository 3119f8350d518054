"""The most extreme record of a parameter, by hand; the tie is one of the CDISC pilot."""

from __future__ import annotations

from typing import Literal

import polars as pl
import pytest

from trialwright.derivation.functions.worst import derive_extreme_flag


def flagged(values: list[float | None], extreme: Literal["largest", "smallest", "farthest"] = "largest") -> list[float]:
    records = pl.DataFrame(
        {"USUBJID": ["A"] * len(values), "PARAMCD": ["X"] * len(values), "AVAL": values},
        schema_overrides={"AVAL": pl.Float64},
    ).with_columns(VISITNUM=pl.int_range(pl.len(), 0, -1).cast(pl.Float64))
    derived = derive_extreme_flag(records, name="ANL01FL", order=["VISITNUM"], extreme=extreme)
    return list(derived.filter(pl.col("ANL01FL") == "Y")["VISITNUM"])


@pytest.mark.parametrize(("extreme", "visit"), [("largest", 3.0), ("smallest", 2.0), ("farthest", 2.0)])
def test_the_extreme_is_what_was_asked_for(extreme: Literal["largest", "smallest", "farthest"], visit: float) -> None:
    # Visits 4, 3, 2, 1 in the order of the records.
    assert flagged([1.0, 5.0, -7.0, None], extreme) == [visit]


def test_the_first_of_equal_values_is_flagged() -> None:
    # 8.25 - 4.9 and 5.3 - 1.95 are both 3.35, but in binary arithmetic; SDTM has 4.9 with an error in its last bit.
    later, earlier = 8.25 - 4.8999999999999995, 5.3 - 1.95
    assert later > earlier
    assert flagged([later, 1.0, earlier]) == [1.0]


def test_values_that_are_all_missing_have_no_extreme() -> None:
    assert flagged([None, None]) == []


def test_only_records_that_are_asked_for_can_be_it_and_each_subject_has_one() -> None:
    records = pl.DataFrame(
        {"USUBJID": ["A", "A", "B"], "PARAMCD": ["X"] * 3, "VISITNUM": [4, 13, 4], "AVAL": [1.0, 9.0, 0.0]}
    )
    derived = derive_extreme_flag(records, name="F", order=["VISITNUM"], among=pl.col("VISITNUM") <= 12)
    assert derived["F"].to_list() == ["Y", None, "Y"]

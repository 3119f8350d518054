"""Criteria with two responses and with several."""

from __future__ import annotations

import polars as pl

from trialwright.derivation.functions.criteria import derive_criterion, derive_multiple_criterion

RECORDS = pl.DataFrame({"PARAMCD": ["ALT", "ALT", "ALT", "CK"], "R2A1HI": [1.6, 1.5, None, 9.0]})
ABOVE = pl.col("R2A1HI") > 1.5
IS_ALT = pl.col("PARAMCD") == "ALT"


def test_the_flags_are_missing_where_the_criterion_cannot_be_judged() -> None:
    derived = derive_criterion(
        RECORDS,
        text="R2A1HI > 1.5",
        fulfilled=ABOVE,
        evaluable=pl.col("R2A1HI").is_not_null(),
        among=IS_ALT,
        has_number=True,
    )
    assert derived["CRIT1"].to_list() == ["R2A1HI > 1.5"] * 3 + [None]
    assert derived["CRIT1FL"].to_list() == ["Y", "N", None, None]
    assert derived["CRIT1FN"].to_list() == [1.0, 0.0, None, None]


def test_a_criterion_may_be_yes_or_missing() -> None:
    derived = derive_criterion(RECORDS, text="high", fulfilled=ABOVE, number=2, keeps_no=False)
    assert derived["CRIT2FL"].to_list() == ["Y", None, None, "Y"]
    assert "CRIT2FN" not in derived.columns


def test_another_parameter_may_have_another_criterion_of_the_same_number() -> None:
    first = derive_criterion(RECORDS, text="ALT", fulfilled=ABOVE, among=IS_ALT)
    both = derive_criterion(first, text="CK", fulfilled=pl.col("R2A1HI") > 10, among=pl.col("PARAMCD") == "CK")
    assert both["CRIT1"].to_list() == ["ALT", "ALT", "ALT", "CK"]
    assert both["CRIT1FL"].to_list() == ["Y", "N", "N", "N"]


def test_the_first_level_that_is_fulfilled_counts() -> None:
    derived = derive_multiple_criterion(
        RECORDS,
        text="times ULN",
        levels=[("above 5", pl.col("R2A1HI") > 5), ("above 1.5", ABOVE)],
    )
    assert derived["MCRIT1"].to_list() == ["times ULN"] * 4
    assert derived["MCRIT1ML"].to_list() == ["above 1.5", None, None, "above 5"]
    assert derived["MCRIT1MN"].to_list() == [2.0, None, None, 1.0]


def test_records_without_the_criterion_have_no_text() -> None:
    derived = derive_multiple_criterion(RECORDS, text="x", levels=[("above", ABOVE)], among=IS_ALT)
    assert derived["MCRIT1"].to_list() == ["x", "x", "x", None]
    assert derived["MCRIT1ML"].to_list() == ["above", None, None, None]

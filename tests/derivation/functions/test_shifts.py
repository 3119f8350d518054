"""Shifts from baseline, by texts and by numbers."""

from __future__ import annotations

import polars as pl

from trialwright.derivation.functions.shifts import derive_shift


def test_a_shift_needs_both_categories() -> None:
    records = pl.DataFrame({"BNRIND": ["NORMAL", "LOW", None, "HIGH"], "ANRIND": ["HIGH", "LOW", "LOW", None]})
    assert derive_shift(records)["SHIFT1"].to_list() == ["NORMAL to HIGH", "LOW to LOW", None, None]


def test_numbers_are_named_and_shifts_without_number_left_out() -> None:
    records = pl.DataFrame({"BASE": [1.0, 0.0, 0.0, 1.0, None], "AVAL": [0.0, 0.0, 1.0, 1.0, 0.0]})
    derived = derive_shift(
        records,
        base="BASE",
        value="AVAL",
        words={"0": "Normal", "1": "High"},
        number="SHIFT1N",
        numbers={"High to Normal": 0, "Normal to Normal": 1, "Normal to High": 2},
        only_numbered=True,
    )
    assert derived["SHIFT1"].to_list() == ["High to Normal", "Normal to Normal", "Normal to High", None, None]
    assert derived["SHIFT1N"].to_list() == [0.0, 1.0, 2.0, None, None]


def test_shifts_without_number_stay_unless_they_are_left_out() -> None:
    records = pl.DataFrame({"BTOXGR": ["1", "0"], "ATOXGR": ["2", "0"]})
    derived = derive_shift(
        records, base="BTOXGR", value="ATOXGR", between=" -> ", name="SHIFT2", number="SHIFT2N", numbers={"0 -> 0": 1}
    )
    assert derived["SHIFT2"].to_list() == ["1 -> 2", "0 -> 0"]
    assert derived["SHIFT2N"].to_list() == [None, 1.0]


def test_a_category_that_has_no_word_is_missing() -> None:
    records = pl.DataFrame({"BASE": [0.5, 2.0, 1.0], "AVAL": [1.0, 1.0, 1.0]})
    derived = derive_shift(records, base="BASE", value="AVAL", words={"1": "High", "0.5": "Half"})
    assert derived["SHIFT1"].to_list() == ["Half to High", None, "High to High"]

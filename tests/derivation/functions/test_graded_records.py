"""Toxicity grades of records, worked by hand from CTCAE 5.0 (2017)."""

from __future__ import annotations

import polars as pl

from trialwright.derivation.functions.graded_records import derive_toxicity_grades


def graded(*rows: tuple[str, float | None, str, float | None, float | None, float | None]) -> pl.DataFrame:
    names = ["PARAMCD", "AVAL", "LBSTRESU", "ANRLO", "ANRHI", "BASE"]
    schema = dict.fromkeys(names, pl.Float64) | {"PARAMCD": pl.String, "LBSTRESU": pl.String}
    return derive_toxicity_grades(pl.DataFrame(rows, schema=schema, orient="row"))


def test_grades_of_transaminase_follow_its_limit_or_an_abnormal_baseline() -> None:
    # ALT increased: above ULN 1, above 3 ULN 2, above 5 ULN 3, above 20 ULN 4; if the baseline was abnormal 1.5 - 3,
    # 3 - 5, 5 - 20, above 20 times the baseline.
    rows = [("ALT", value, "U/L", 0.0, 40.0, 30.0) for value in (40.0, 41.0, 120.0, 121.0, 201.0, 801.0)]
    made = graded(*rows, ("ALT", 149.0, "U/L", 0.0, 40.0, 100.0), ("ALT", 150.0, "U/L", 0.0, 40.0, 100.0))
    assert made["ATOXGRH"].to_list() == ["0", "1", "1", "2", "3", "4", "0", "1"]
    assert set(made["ATOXDSCH"]) == {"Alanine aminotransferase increased"}
    assert made["ATOXGRL"].null_count() == made.height


def test_potassium_is_graded_in_both_directions() -> None:
    # Hyperkalemia: above ULN 1, above 5.5 2, above 6.0 3, above 7.0 mmol/L 4. Hypokalemia: below LLN 1, 3.0 3, 2.5 4.
    made = graded(*[("K", value, "mmol/L", 3.5, 5.1, 4.0) for value in (4.0, 5.2, 5.6, 7.1, 3.4, 2.9, 2.4)])
    assert made["ATOXGRH"].to_list() == ["0", "1", "2", "4", "0", "0", "0"]
    assert made["ATOXGRL"].to_list() == ["0", "0", "0", "0", "1", "3", "4"]


def test_what_cannot_be_graded_has_no_grade() -> None:
    made = graded(
        ("K", None, "mmol/L", 3.5, 5.1, 4.0),  # no value
        ("HGB", 90.0, "grains", 120.0, 160.0, 130.0),  # a unit that the criteria do not have
        ("XYZ", 1.0, "U/L", 0.0, 2.0, 1.0),  # a test that they do not know
    )
    assert made["ATOXGRL"].to_list() == [None, None, None]
    assert made["ATOXDSCL"].to_list() == ["Hypokalemia", "Anemia", None]

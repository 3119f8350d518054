"""What lasted before, on and after treatment; parameters; totals; numbers of treatments: by hand."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from trialwright.derivation.functions.on_treatment import derive_interval_flags, derive_ontrtfl
from trialwright.derivation.functions.parameters import Parameter, derive_parameters
from trialwright.derivation.functions.partial_dates import derive_interval_dates
from trialwright.derivation.functions.questionnaire_totals import derive_totals
from trialwright.derivation.functions.treatment_numbers import derive_treatment_numbers

FIRST, LAST = date(2024, 3, 10), date(2024, 6, 1)


@pytest.mark.parametrize(
    ("start", "end", "flags"),
    [
        # Dates of the medication; PREFL, ONTRTFL, FUPFL. Treatment from 10 March to 1 June 2024.
        (date(2024, 1, 1), date(2024, 3, 9), "Y--"),  # ended the day before
        (date(2024, 1, 1), date(2024, 3, 10), "YY-"),
        (date(2024, 3, 10), date(2024, 6, 1), "-Y-"),  # began on the day of the first dose: not before it
        (date(2024, 6, 1), date(2024, 6, 2), "-YY"),
        (date(2024, 6, 2), date(2024, 6, 9), "--Y"),
        (date(2024, 4, 1), None, "-YY"),  # ongoing
        (None, date(2024, 3, 1), "Y--"),
        (None, date(2024, 5, 1), "YY-"),
        (None, None, "YYY"),
    ],
)
def test_a_medication_is_prior_concomitant_or_later(start: date | None, end: date | None, flags: str) -> None:
    records = pl.DataFrame(
        {"ASTDT": [start], "AENDT": [end], "TRTSDT": [FIRST], "TRTEDT": [LAST]},
        schema_overrides={"ASTDT": pl.Date, "AENDT": pl.Date},
    )

    (row,) = derive_interval_flags(records).select("PREFL", "ONTRTFL", "FUPFL").rows()

    assert "".join(flag or "-" for flag in row) == flags


def test_of_somebody_never_treated_everything_is_prior() -> None:
    records = pl.DataFrame(
        {"ASTDT": [FIRST], "AENDT": [None], "TRTSDT": [None], "TRTEDT": [None]},
        schema_overrides=dict.fromkeys(["AENDT", "TRTSDT", "TRTEDT"], pl.Date),
    )

    assert derive_interval_flags(records).select("PREFL", "ONTRTFL", "FUPFL").row(0) == ("Y", None, None)


def test_treatment_without_an_end_goes_on() -> None:
    records = pl.DataFrame(
        {"ASTDT": [FIRST], "AENDT": [LAST], "TRTSDT": [FIRST], "TRTEDT": [None]}, schema_overrides={"TRTEDT": pl.Date}
    )

    assert derive_interval_flags(records).select("PREFL", "ONTRTFL", "FUPFL").row(0) == (None, "Y", None)


def test_a_record_is_on_treatment_after_the_first_dose() -> None:
    records = pl.DataFrame(
        {"ADT": [FIRST, date(2024, 3, 11), date(2024, 6, 4), date(2024, 6, 5), None], "TRTSDT": FIRST, "TRTEDT": LAST}
    )

    flagged = derive_ontrtfl(records, days_after_end=3)

    assert flagged["ONTRTFL"].to_list() == [None, "Y", "Y", None, None]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2024-02-10", "2024-03-12", (date(2024, 2, 10), None, date(2024, 3, 12), None)),
        ("2024-02", "2024-02", (date(2024, 2, 1), "D", date(2024, 2, 29), "D")),
        ("2023", "2024", (date(2023, 1, 1), "M", date(2024, 6, 15), "M")),  # the study ended on 15 June
        (None, None, (None, None, None, None)),
    ],
)
def test_a_medication_lasts_as_long_as_it_may_have(
    start: str | None, end: str | None, expected: tuple[object, ...]
) -> None:
    records = pl.DataFrame(
        {"S": [start], "E": [end], "EOSDT": [date(2024, 6, 15)]}, schema_overrides={"S": pl.String, "E": pl.String}
    )

    derived = derive_interval_dates(records, start="S", end="E", cutoff="EOSDT")

    assert derived.select("ASTDT", "ASTDTF", "AENDT", "AENDTF").row(0) == expected


def test_values_beside_each_other_become_records() -> None:
    subjects = pl.DataFrame({"USUBJID": ["A", "B"], "DAYS": [84, None], "WHY": ["x", "y"]})

    made = derive_parameters(
        subjects,
        [Parameter(code="TDURD", label="Duration", value="DAYS"), Parameter(code="WHY", label="Reason", value="WHY")],
    )

    assert made.select("USUBJID", "PARAMCD", "PARAMN", "AVAL", "AVALC").rows() == [
        ("A", "TDURD", 1, 84.0, None),
        ("A", "WHY", 2, None, "x"),
        ("B", "WHY", 2, None, "y"),
    ]


def test_a_total_that_was_not_recorded_comes_from_enough_items() -> None:
    rows = [
        # subject, test, value: A has a total; B three of four items; C two; D a total without value, and no items
        ("A", "TOTAL", 9.0),
        ("A", "I1", 1.0),
        ("B", "I1", 1.0),
        ("B", "I2", 2.0),
        ("B", "I3", 3.0),
        ("C", "I1", 1.0),
        ("C", "I2", 1.0),
        ("D", "TOTAL", None),
    ]
    records = pl.DataFrame(rows, schema=["USUBJID", "QSTESTCD", "QSSTRESN"], orient="row").with_columns(
        QSSEQ=pl.int_range(1, len(rows) + 1).cast(pl.Float64),
        _LINEAGE=pl.int_range(len(rows), dtype=pl.UInt32).reshape((-1, 1)).arr.to_list(),
    )

    made = derive_totals(records, totals=["TOTAL"], items=["I1", "I2", "I3", "I4"], missing_allowed=1, by=["USUBJID"])

    # B: four times the mean of 1, 2, 3.
    assert made.select("USUBJID", "QSSEQ", "AVAL", "_LINEAGE").rows() == [
        ("A", 1.0, 9.0, [0]),
        ("B", None, 8.0, [2, 3, 4]),
        ("D", 8.0, None, [7]),
    ]


def test_a_treatment_has_one_number_planned_or_actual() -> None:
    subjects = pl.DataFrame({"P": ["Placebo", "Drug 5 mg", None], "A": ["Drug 5 mg", "Drug 5 mg", None]})

    numbered = derive_treatment_numbers(subjects, {"PN": "P", "AN": "A"})

    assert numbered.select("PN", "AN").rows() == [(0, 5), (5, 5), (None, None)]

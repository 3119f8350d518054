"""Dates in SDTM's character form: what SDTMIG 3.4, sections 4.4.1 and 4.4.2, allows and what no calendar has."""

from __future__ import annotations

import datetime

import polars as pl
import pytest

from trialwright.standards.iso8601 import dtc_date, dtc_problem, duration_problem, is_earlier


def problem(value: str | None) -> str | None:
    frame = pl.DataFrame({"AESTDTC": [value]}, schema={"AESTDTC": pl.String})
    found: str | None = frame.select(dtc_problem("AESTDTC")).item()
    return found


@pytest.mark.parametrize(
    "value",
    [
        # The examples of SDTMIG 3.4, sections 4.4.1 and 4.4.2.
        "2003-12-15T13:14:17.123",
        "2003-12-15T13:14:17",
        "2003-12-15T13:14",
        "2003-12-15T13",
        "2003-12-15",
        "2003-12",
        "2003",
        "2003-12-15T13:14:17Z",
        "2003-12-15T13:14:17+01:00",
        "2003---15",
        "--12-15",
        "2003-12-15T-:15",
        "-----T07:15",
        "2003-12-15T10:00/2003-12-15T10:30",
        "2003-01-01/2003-02-15",
        "2012-02-29",
        "2003-12-15T24:00",
        "2003-12-15/P3D",
        None,
    ],
)
def test_dates_of_the_implementation_guide_have_no_problem(value: str | None) -> None:
    assert problem(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2012-02-30", "no such day: 2012-02-30"),
        ("2013-02-29", "no such day: 2013-02-29"),
        ("1900-02-29", "no such day: 1900-02-29"),
        ("2012-04-31T10:00", "no such day: 2012-04-31T10:00"),
        ("2012-13-01", "no such month: 2012-13-01"),
        ("2012-00", "no such month: 2012-00"),
        ("2012-01-00", "no such day: 2012-01-00"),
        ("--12-32", "no such day: --12-32"),
        ("2012-02-03T25:00", "no such time: 2012-02-03T25:00"),
        ("2012-02-03T24:01", "no such time: 2012-02-03T24:01"),
        ("2012-02-03T10:60", "no such time: 2012-02-03T10:60"),
        ("03JAN2012", "not ISO 8601"),
        ("2012-JAN-03", "not ISO 8601"),
        ("2012-UN-UN", "not ISO 8601"),
        ("2012-1-3", "not ISO 8601"),
        ("20120103", "not ISO 8601"),
        ("2012/01/03", "not ISO 8601"),
        ("2012-01-", "not ISO 8601"),
        ("2012-01-03 10:00", "not ISO 8601"),
        ("2012-01T10:00", "not ISO 8601"),
        ("-----", "not ISO 8601"),
        ("12-01-03", "not ISO 8601"),
        ("2012-01-03/2012-02-30", "no such day: 2012-02-30"),
        ("2012-01-03/P", "not an ISO 8601 duration"),
        ("unknown", "not ISO 8601"),
        (" ", "not ISO 8601"),
    ],
)
def test_what_is_no_date_is_named(value: str, expected: str) -> None:
    assert problem(value) == expected


def test_every_day_of_four_years_is_accepted_and_no_other() -> None:
    days = [f"{y}-{m:02}-{d:02}" for y in (1999, 2000, 2001, 2100) for m in range(1, 13) for d in range(1, 32)]

    def exists(text: str) -> bool:
        try:
            datetime.date.fromisoformat(text)
        except ValueError:
            return False
        return True

    problems = pl.DataFrame({"D": days}).select(dtc_problem("D"))["D"]

    assert [found is None for found in problems] == [exists(day) for day in days]


@pytest.mark.parametrize("value", ["P1DT2H", "PT30M", "P2W", "-PT15M", "P1Y6M", "PT0.5H"])
def test_durations_of_the_implementation_guide_have_no_problem(value: str) -> None:
    assert pl.DataFrame({"EXDUR": [value]}).select(duration_problem("EXDUR")).item() is None


@pytest.mark.parametrize("value", ["P", "PT", "2 hours", "1DT2H", "P1H", "P1DT"])
def test_what_is_no_duration_is_named(value: str) -> None:
    assert pl.DataFrame({"EXDUR": [value]}).select(duration_problem("EXDUR")).item() == "not an ISO 8601 duration"


def test_the_day_of_a_date_time_is_null_where_it_is_not_known_or_does_not_exist() -> None:
    frame = pl.DataFrame({"LBDTC": ["2012-02-28T10:00", "2012-02", "2012-02-30", None, "2012-02-28"]})

    assert frame.select(dtc_date("LBDTC"))["LBDTC"].to_list() == [
        datetime.date(2012, 2, 28),
        None,
        None,
        None,
        datetime.date(2012, 2, 28),
    ]


@pytest.mark.parametrize(
    ("end", "start", "expected"),
    [
        ("2012-02-01", "2012-02-02", True),
        ("2012-02-02", "2012-02-02", False),
        ("2012-02", "2012-02-02", False),
        ("2012-01", "2012-02-02", True),
        ("2011", "2012-02-02", True),
        ("2012", "2012-02-02", False),
        ("2012-02-02", "2012-02-02T10:00", False),
        ("2012-02-02T09:59", "2012-02-02T10:00", True),
        ("2012---02", "2012-02-02", None),
        (None, "2012-02-02", None),
    ],
)
def test_partial_dates_are_compared_to_the_precision_of_the_coarser(
    end: str | None, start: str, expected: bool | None
) -> None:
    frame = pl.DataFrame({"AEENDTC": [end], "AESTDTC": [start]}, schema={"AEENDTC": pl.String, "AESTDTC": pl.String})

    assert frame.select(is_earlier("AEENDTC", than="AESTDTC")).item() is expected

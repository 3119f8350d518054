"""ISO 8601 durations and study days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.errors import StudyError
from trialwright.study import parse_duration, study_day


# By hand, from ISO 8601-1:2019, 5.5.2; a year has 365.2425 days in the mean (Gregorian calendar, 146097 days in 400).
@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("P2W", 14),
        ("P3D", 3),
        ("PT36H", 1.5),
        ("PT30M", 30 / 1440),
        ("PT0M", 0),
        ("P1Y", 365.2425),
        ("P6M", 182.62125),
        ("P1DT12H", 1.5),
        ("-P2D", -2),
        ("P0.5D", 0.5),
        ("P0,5D", 0.5),
        ("PT86400S", 1),
        (" P1W ", 7),
    ],
)
def test_a_duration_has_its_length_in_days(text: str, days: float) -> None:
    assert parse_duration(text).total_days == pytest.approx(days, rel=1e-12)


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "2W", "P2", "PW", "P-2D", "P1H", "two weeks", "P1D1W", "PT1D"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(StudyError, match="no ISO 8601 duration"):
        parse_duration(text)


@given(weeks=st.integers(0, 999), days=st.integers(0, 999), hours=st.integers(0, 999), minutes=st.integers(0, 999))
def test_the_parts_add_up_as_the_calendar_does(weeks: int, days: int, hours: int, minutes: int) -> None:
    duration = parse_duration(f"P{weeks}W{days}DT{hours}H{minutes}M")

    expected = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes) / timedelta(days=1)
    assert duration.total_days == pytest.approx(expected, rel=1e-12)


@given(st.integers(-40_000, 40_000))
def test_study_days_count_without_a_zero(offset: int) -> None:
    # SDTMIG 3.4, 4.4.4: --DY = (--DTC - RFSTDTC) + 1 on or after RFSTDTC, without + 1 before it.
    reference = date(2024, 2, 28)
    event = reference + timedelta(days=offset)
    expected = (event - reference).days + (1 if event >= reference else 0)

    assert study_day(offset) == expected
    assert study_day(offset) != 0


@pytest.mark.parametrize(("offset", "day"), [(0.0, 1), (0.99, 1), (-0.1, -1), (-1.0, -1), (-1.1, -2), (14.0, 15)])
def test_a_part_of_a_day_belongs_to_the_day_it_is_in(offset: float, day: int) -> None:
    assert study_day(offset) == day

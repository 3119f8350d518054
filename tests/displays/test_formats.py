"""Rounding and formats, held to the rule (SAS: halves away from zero) and to what the pilot's report shows (R)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.displays import format_number, format_result, refer, round_half_away
from trialwright.displays.formats import round_half_even
from trialwright.errors import ResultError
from trialwright.results import Result, Results


@pytest.mark.parametrize(
    ("value", "format", "shown"),
    [
        # SAS Functions and CALL Routines, ROUND: a value halfway between two multiples is rounded away from zero.
        (2.449, "5.1", "  2.4"),
        (2.45, "5.1", "  2.5"),
        (-2.45, "5.1", " -2.5"),
        (0.5, "3.0", "  1"),
        (1.5, "3.0", "  2"),
        (2.5, "3.0", "  3"),
        # 24.45 as a sum of decimals leaves it: SAS's ROUND fuzzes.
        (24.449999999999996, ".1", "24.5"),
        (-0.04, ".1", "0.0"),
        (75.2093, ".1", "75.2"),
        (0.4567, "%3.0", " 46"),
        (1.0, "%3.0", "100"),
        (1 / 254, "%3.0", " <1"),
        (0.0004, "%4.1", "<0.1"),
        (0.0, "%3.0", "  0"),
        (0.025, "%3.0", "  3"),
    ],
)
def test_numbers_are_rounded_half_away_from_zero(value: float, format: str, shown: str) -> None:
    assert format_number(value, format) == shown


@pytest.mark.parametrize(
    ("value", "format", "shown"),
    [
        # Medians in the pilot's table 14-2.01, which R made; the next three are 2, 10 and 70 of 80 in 14-6.02.
        (40.25, ".1e", "40.2"),
        (36.25, ".1e", "36.2"),
        (60.55, ".1e", "60.5"),
        (162.85, ".1e", "162.8"),
        # R 4.2.2: round(x, 1); the last ones are as far from both neighbors in double precision.
        (0.15, ".1e", "0.1"),
        (0.45, ".1e", "0.4"),
        (94.55, ".1e", "94.6"),
        (105.55, ".1e", "105.6"),
        (-0.55, ".1e", "-0.6"),
        (-0.05, ".1e", "0.0"),
        (0.025, "%3.0e", "  2"),
        (0.125, "%3.0e", " 12"),
        (0.875, "%3.0e", " 88"),
        (1 / 254, "%3.0e", " <1"),
    ],
)
def test_an_e_rounds_a_half_to_the_even_neighbor(value: float, format: str, shown: str) -> None:
    assert format_number(value, format) == shown


@pytest.mark.parametrize(
    ("value", "format", "shown"),
    [
        (0.593436, "p4", "0.5934"),
        (0.00004, "p4", "<.0001"),
        (0.0001, "p4", "0.0001"),
        (0.99996, "p4", ">.9999"),
        (0.00004, "p4t", "<0.0001"),
        (0.0312, "p4t", "0.0312"),
        (0.99996, "p4t", ">0.9999"),
        (0.2451, "p3", "0.245"),
        (0.0004, "p3", "<.001"),
        (0.995, "p3>", ">.99"),
        (0.0004, "p3>", "<.001"),
        # The conventions of the pilot's table 14-5.01.
        (0.0004, "p3*", "0.000*"),
        (0.0972, "p3*", "0.097*"),
        (0.15, "p3*", "0.150"),
        (1.0, "p3*", ">.99"),
    ],
)
def test_p_values_have_limits(value: float, format: str, shown: str) -> None:
    assert format_number(value, format) == shown


def test_what_is_no_number_is_not_estimable() -> None:
    nothing = Result(analysis_id="a", stat_name="sd", stat=None)

    assert format_result(nothing, "5.2") == "NE"
    assert format_number(float("nan"), "5.2") == "NE"
    assert format_number(float("inf"), "5.2") == "NE"


def test_a_text_is_shown_as_it_is() -> None:
    date = Result(analysis_id="a", stat_name="value", stat=None, stat_text="2014-01-02")

    assert format_result(date, "text") == "2014-01-02"


@pytest.mark.parametrize("format", ["", "5", "%", "p", "4.1f", "p4x", "Text", "5.1ee"])
def test_an_unknown_format_says_what_there_is(format: str) -> None:
    with pytest.raises(ResultError, match="is no format"):
        format_number(1.0, format)


def test_a_number_cannot_be_shown_as_text() -> None:
    with pytest.raises(ResultError, match="shows a text"):
        format_number(1.0, "text")


def test_a_reference_keeps_name_format_and_value() -> None:
    results = Results.of([Result(analysis_id="age", stat_name="mean", stat=75.2093, variable="AGE")])

    reference = refer("age/AGE/mean", ".1", results=results)

    assert (reference.result_id, reference.format, reference.shown, reference.value) == (
        "age/AGE/mean",
        ".1",
        "75.2",
        75.2093,
    )


@given(st.floats(min_value=-1e6, max_value=1e6), st.integers(min_value=0, max_value=4))
def test_rounding_moves_by_at_most_half_a_unit_and_is_odd(value: float, decimals: int) -> None:
    rounded = round_half_away(value, decimals)

    assert abs(float(rounded) - value) <= 0.5 * 10.0**-decimals + 1e-6
    assert round_half_away(-value, decimals) == (Decimal(0) if rounded == 0 else -rounded)


@given(st.integers(min_value=-(10**6), max_value=10**6))
def test_exact_halves_go_away_from_zero_or_to_the_even_neighbor(whole: int) -> None:
    half = whole + 0.5

    assert abs(round_half_away(half, 0)) == int(abs(half) + 0.5)
    assert int(round_half_even(half, 0)) % 2 == 0

"""The language of expressions: what it computes, and what it says of what cannot be computed."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from trialwright.derivation.engine.expressions import ExpressionError, parse_expression
from trialwright.errors import MissingVariableError

RECORDS = pl.DataFrame(
    {
        "A": [7.0, None, -2.5],
        "B": [2.0, 3.0, 0.0],
        "T": ["Headache", None, " x y "],
        "DTC": ["2014-03", "2014-02-28T10:00", "2014"],
        "D": [date(2014, 3, 1), date(2014, 2, 28), None],
        "REF": [date(2014, 3, 2), date(2014, 2, 28), date(2014, 1, 1)],
    }
)


def value(text: str, *, aggregates: bool = False) -> list[object]:
    expression = parse_expression(text).to_expr(RECORDS.schema, allows_aggregates=aggregates)
    return RECORDS.select(expression.alias("x"))["x"].to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A + B * 2", [11.0, None, -2.5]),
        ("(A + B) * 2", [18.0, None, -5.0]),
        ("2 ** 3 ** 2", [512.0]),  # from the right, as in mathematics
        ("-2 ** 2", [-4.0]),  # as SAS: the power binds closer than the sign
        ("A / B", [3.5, None, None]),  # no infinity: a division by zero has no result
        ("A - B - 1", [4.0, None, -3.5]),
        ("T || '!'", ["Headache!", None, " x y !"]),
        ("'it''s'", ["it's"]),
        ("coalesce(A, 0)", [7.0, 0.0, -2.5]),
        ("total(A, B)", [9.0, 3.0, -2.5]),
        ("average(A, B)", [4.5, 3.0, -1.25]),
        ("least(A, B)", [2.0, 3.0, -2.5]),
        ("greatest(A, B)", [7.0, 3.0, 0.0]),
        ("concat(T, '-', 'z')", ["Headache-z", "-z", " x y -z"]),
        ("upper(trim(T))", ["HEADACHE", None, "X Y"]),
        ("substr(T, 1, 4)", ["Head", None, " x y"]),
        ("word(trim(T), 2)", [None, None, "y"]),
        ("word(trim(T), -1)", ["Headache", None, "y"]),
        ("replace(T, 'ache', '')", ["Head", None, " x y "]),
        ("length(T)", [8, None, 5]),
        ("text(A)", ["7", None, "-2.5"]),
        ("number('12.5')", [12.5]),
        ("number(T)", [None, None, None]),
        ("sqrt(A)", [7.0**0.5, None, None]),
        ("log(B)", [pytest.approx(0.6931471805599453), pytest.approx(1.0986122886681098), None]),
        ("year(D) * 100 + month(D)", [201403, 201402, None]),
        ("complete_date(DTC)", [None, date(2014, 2, 28), None]),
        ("earliest(DTC)", [date(2014, 3, 1), date(2014, 2, 28), date(2014, 1, 1)]),
        ("latest(DTC)", [date(2014, 3, 31), date(2014, 2, 28), date(2014, 12, 31)]),
        ("REF - D", [1, 0, None]),
        ("D + 31", [date(2014, 4, 1), date(2014, 3, 31), None]),
        ("D - 1", [date(2014, 2, 28), date(2014, 2, 27), None]),
        ("days(D, REF)", [2, 1, None]),
        ("study_day(D, REF)", [-1, 1, None]),  # SDTMIG: there is no day 0
        ("coalesce(D, date '2020-01-01')", [date(2014, 3, 1), date(2014, 2, 28), date(2020, 1, 1)]),
        ("whole_years(date '1950-03-01', D)", [64, 63, None]),
        ("missing", [None]),
    ],
)
def test_value(text: str, expected: list[object]) -> None:
    assert value(text) == expected


# SAS 9.4 Functions and CALL Routines, ROUND: rounds halves away from zero and fuzzes what binary numbers cannot hold.
@pytest.mark.parametrize(
    ("text", "expected"),
    [("2.5", 3.0), ("-2.5", -3.0), ("0.5", 1.0), ("1.49999", 1.0), ("-0.4", 0.0)],
)
def test_round_goes_away_from_zero(text: str, expected: float) -> None:
    assert value(f"round({text})") == [expected]


@pytest.mark.parametrize(("text", "digits", "expected"), [("1.005", 2, 1.01), ("0.285", 2, 0.29), ("27.25", 1, 27.3)])
def test_round_takes_a_half_for_a_half(text: str, digits: int, expected: float) -> None:
    assert value(f"round({text}, {digits})") == [pytest.approx(expected, abs=1e-12)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum(A)", 4.5),
        ("count()", 3),
        ("count(A)", 2),
        ("mean(B)", pytest.approx(5 / 3)),
        ("max(D)", date(2014, 3, 1)),
        ("last(B)", 0.0),
        ("n_unique(T)", 2),
        ("sum(A) / count(A)", 2.25),
    ],
)
def test_aggregate(text: str, expected: object) -> None:
    assert value(text, aggregates=True) == [expected]


def test_the_sum_of_nothing_is_missing() -> None:
    assert value("sum(number(T))", aggregates=True) == [None]


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("A +", 4, "found the end"),
        ("A ? B", 3, "means nothing"),
        ("'open", 1, "no closing quote"),
        ("(A", 3, "closing parenthesis"),
        ("A B", 3, "expected an operator"),
        ("sinus(A)", 1, "no function 'sinus'"),
        ("days(D)", 1, "days(start, end)"),
        ("date '2014-02-30'", 6, "is no date"),
        ("1e999", 1, "too large"),
        ("(" * 60 + "A" + ")" * 60, 51, "nested more than 50 deep"),
    ],
)
def test_what_cannot_be_parsed_is_told_with_its_place(text: str, position: int, reason: str) -> None:
    with pytest.raises(ExpressionError) as error:
        parse_expression(text)
    assert reason in str(error.value)
    assert f"character {position}:" in str(error.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("A + T", "+ needs a number, found a text"),
        ("A || T", "|| needs a text, found a number"),
        ("D * 2", "there is no * of dates"),
        ("coalesce(A, T)", "values of one kind"),
        ("year(T)", "year needs a date"),
        ("sum(A)", "use it in a step `summarize`"),
    ],
)
def test_what_does_not_fit_is_told(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason.replace("|", r"\|").replace("+", r"\+").replace("*", r"\*")):
        value(text)


def test_a_variable_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(MissingVariableError, match=r"has no variable AVAL.*It has: A, B, T"):
        value("AVAL + 1")

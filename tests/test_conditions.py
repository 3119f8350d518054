"""Conditions: what they select, what their canonical form is, and where they go wrong."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.conditions import ConditionSyntaxError, parse_condition
from trialwright.errors import ConditionError, MissingVariableError

RECORDS = pl.DataFrame(
    {
        "DTYPE": ["LOCF", None, "", "LOCF"],
        "AVISITN": [0.0, 8.0, None, 24.0],
        "AVAL": [1.5, None, 3.0, -2.0],
        "BASE": [1.5, None, 4.0, None],
        "ADT": [date(2014, 1, 2), None, date(2014, 1, 3), date(2013, 12, 31)],
        "N": [1, 2, None, 4],
        "ADTM": [datetime(2014, 1, 2, 12, 30), None, None, datetime(2015, 1, 1)],
        "NOTHING": [None, None, None, None],
    }
).with_columns(pl.col("DTYPE").cast(pl.Categorical).alias("CATEGORY"))


def selected(text: str) -> list[int]:
    """Numbers of the records that fulfil the condition."""
    condition = parse_condition(text)
    holds = RECORDS.select(condition.to_expr(RECORDS.schema).alias("holds"))["holds"]
    assert holds.null_count() == 0
    return [row for row, fulfilled in enumerate(holds.to_list()) if fulfilled]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("DTYPE = 'LOCF'", [0, 3]),
        ("DTYPE != 'LOCF'", [1, 2]),  # as SAS: a missing value differs from 'LOCF'
        ("DTYPE not in ('LOCF')", [1, 2]),
        ("DTYPE in ('LOCF', 'X')", [0, 3]),
        ("not DTYPE = 'LOCF'", [1, 2]),
        ("DTYPE is missing", [1]),
        ("DTYPE is not missing", [0, 2, 3]),
        ('CATEGORY = "LOCF"', [0, 3]),
        ("AVISITN in (0, 8)", [0, 1]),
        ("AVISITN not in (0, 8)", [2, 3]),
        ("N in (1, 4.0)", [0, 3]),
        ("N >= 2", [1, 3]),
        ("AVAL < 2", [0, 3]),  # not as SAS, where the missing AVAL of record 1 is below 2
        ("not AVAL < 2", [1, 2]),
        ("AVAL = BASE", [0, 1]),  # two missing values are equal
        ("AVAL != BASE", [2, 3]),
        ("AVAL < BASE", [2]),
        ("-2 = AVAL", [3]),
        ("AVAL>-2.5e0", [0, 2, 3]),
        ("ADT >= date '2014-01-02'", [0, 2]),
        ("ADT in (date '2014-01-02', date '2013-12-31')", [0, 3]),
        ("ADTM = date '2014-01-02'", [0]),
        ("NOTHING = 'Y'", []),
        ("NOTHING in ('Y')", []),
        ("NOTHING is missing", [0, 1, 2, 3]),
        ("", [0, 1, 2, 3]),
        ("  \n ", [0, 1, 2, 3]),
        ("AVISITN = 0 or AVISITN = 8 and AVAL > 100", [0]),  # and binds closer than or
        ("(AVISITN = 0 or AVISITN = 8) and AVAL is missing", [1]),
        ("NOT (DTYPE = 'LOCF' OR DTYPE IS MISSING) AND N IS MISSING", [2]),
    ],
)
def test_a_condition_selects_these_records(text: str, rows: list[int]) -> None:
    assert selected(text) == rows


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ('SAFFL="Y"  AND ((AVISITN in (0,8.0)))', "SAFFL = 'Y' and AVISITN in (0, 8)"),
        ("(A = 1 and B = 2) and C = 3", "A = 1 and B = 2 and C = 3"),
        ("A = 1 or (B = 2 or C = 3)", "A = 1 or B = 2 or C = 3"),
        ("(A = 1 or B = 2) and C = 3", "(A = 1 or B = 2) and C = 3"),
        ("not A = 1", "not (A = 1)"),
        ("AETERM = 'Crohn''s'", "AETERM = 'Crohn''s'"),
        ('AETERM = "Crohn\'s ""x"""', "AETERM = 'Crohn''s \"x\"'"),
        ("ADT > date '2014-01-02'", "ADT > date '2014-01-02'"),
        ("A = 0.1", "A = 0.1"),
    ],
)
def test_the_canonical_form_is_one_for_all_spellings(text: str, canonical: str) -> None:
    assert str(parse_condition(text)) == canonical
    assert parse_condition(canonical) == parse_condition(text)


def test_variables_are_listed_once_in_order() -> None:
    condition = parse_condition("B = 1 and A in ('x') and not (C is missing or B < D)")
    assert condition.variables == ("B", "A", "C", "D")


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("DTYPE == 'X'", 6, "equality is written with one ="),
        ("DTYPE <> 'X'", 6, "!="),
        ("DTYPE = 'X' & N = 1", 12, "the word and"),
        ("DTYPE = 'X", 8, "no closing quote"),
        ("DTYPE = ", 8, "found the end"),
        ("(N = 1", 6, "a closing parenthesis"),
        ("N = 1)", 5, "found ')'"),
        ("N in ()", 6, "found ')'"),
        ("N in (A)", 6, "found the variable A"),
        ("N in 1", 5, "a list in parentheses"),
        ("N is null", 5, "the word missing"),
        ("N not 1", 6, "the word in"),
        ("N = 1 N = 2", 6, "expected and, or"),
        ("N", 1, "found the end"),
        ("1 = 2", 4, "two literals"),
        ("1 in (1)", 0, "expected a variable"),
        ("ADT = date '2014-02-30'", 11, "is no date"),
        ("ADT = date 2014", 11, "a date in quotes"),
        ("N = 1.2.3", 4, "no number"),
        ("N = 1e400", 4, "too large"),
        ("DTYPE != ''", 9, "write is missing or is not missing"),
        ('DTYPE in ("LOCF", " ")', 18, "write is missing or is not missing"),
        ("N = 1 ; drop", 6, "';' means nothing"),
        ("__import__('os')", 10, "found '('"),
        ("(" * 60 + "N = 1" + ")" * 60, 50, "more than 50 deep"),
    ],
)
def test_a_mistake_is_reported_with_its_position(text: str, position: int, reason: str) -> None:
    with pytest.raises(ConditionSyntaxError) as caught:
        parse_condition(text)
    assert caught.value.position == position
    assert reason in caught.value.reason
    assert f"character {position + 1}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("AVISITN = '8'", "without quotes"),
        ("DTYPE = 8", "in quotes"),
        ("ADT > '2014-01-02'", "date '2014-01-02'"),
        ("AVISITN in (1, 'x')", "without quotes"),
        ("AVAL < DTYPE", "without quotes"),
        ("AVAL = ADT", "same kind"),
    ],
)
def test_types_that_do_not_fit_are_an_error(text: str, remedy: str) -> None:
    with pytest.raises(ConditionError, match="does not fit ADQS") as caught:
        parse_condition(text).to_expr(RECORDS.schema, dataset="ADQS")
    assert remedy in str(caught.value)


def test_an_unknown_variable_is_an_error_that_names_dataset_and_user() -> None:
    with pytest.raises(MissingVariableError, match=r"ADQS has no variable AVALC, which the analysis x reads"):
        parse_condition("AVALC = 'x'").to_expr(RECORDS.schema, dataset="ADQS", needed_by="the analysis x")


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("X > 1", [False, False, True]),
        ("1 <= X", [True, False, True]),
        ("X is missing", [False, True, False]),
        ("X = Y", [False, True, False]),
        ("X != 1", [False, True, True]),
        ("X in (1, 2)", [True, False, True]),
        ("X not in (1)", [False, True, True]),
    ],
)
def test_a_number_that_is_none_is_missing(text: str, holds: list[bool]) -> None:
    records = pl.DataFrame({"X": [1.0, float("nan"), 2.0], "Y": [2.0, None, 1.0]})
    assert records.select(parse_condition(text).to_expr(records.schema).alias("it"))["it"].to_list() == holds


names = st.sampled_from(["AVAL", "BASE", "N"])
leaves = st.one_of(
    st.builds(
        lambda name, sign, value: f"{name} {sign} {value}",
        names,
        st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
        st.integers(-3, 5),
    ),
    st.builds(lambda name: f"{name} is missing", names),
    st.builds(
        lambda name, values: f"{name} in ({', '.join(map(str, values))})",
        names,
        st.lists(st.integers(-2, 4), min_size=1),
    ),
)
texts = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda part: f"not ({part})", inner),
        st.builds(
            lambda first, word, second: f"({first}) {word} ({second})", inner, st.sampled_from(["and", "or"]), inner
        ),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(texts)
def test_the_canonical_form_means_the_same(text: str) -> None:
    condition = parse_condition(text)
    assert parse_condition(str(condition)) == condition
    assert selected(str(condition)) == selected(text)
    assert sorted(selected(f"not ({text})") + selected(text)) == [0, 1, 2, 3]

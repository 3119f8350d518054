"""RECIST 1.1: every row of tables 1, 2 and 3 of Eisenhauer EA et al. Eur J Cancer 2009;45:228-247."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.derivation.functions.oncology import (
    BestResponseRules,
    TumorAssessment,
    compute_best_response,
    compute_overall_response,
    compute_target_response,
    derive_best_response,
    derive_overall_response,
    derive_target_response,
)
from trialwright.errors import DataError, MissingVariableError

START = date(2024, 1, 1)


def course(*responses: tuple[int, str]) -> list[TumorAssessment]:
    """Assessments by the days after the start."""
    return [TumorAssessment(date=START + timedelta(days=day), response=response) for day, response in responses]


def best(*responses: tuple[int, str], **rules: Any) -> str:
    return compute_best_response(course(*responses), start=START, rules=BestResponseRules(**rules)).response


# Section 4.3.1: CR all gone; PD at least 20% above the smallest sum and at least 5 mm; PR at least 30% below baseline.
@pytest.mark.parametrize(
    ("value", "baseline", "nadir", "response"),
    [
        (0.0, 50.0, 40.0, "CR"),
        (35.0, 50.0, 50.0, "PR"),  # exactly 30% less
        (35.1, 50.0, 50.0, "SD"),
        (60.0, 50.0, 50.0, "PD"),  # exactly 20% more, 10 mm
        (59.9, 50.0, 50.0, "SD"),
        (24.0, 50.0, 20.0, "PR"),  # 20% above the nadir, but only 4 mm: still 52% below baseline
        (25.0, 50.0, 20.0, "PD"),  # 25% and 5 mm above the nadir, although half of baseline
        (24.4, 22.0, 20.0, "SD"),  # 22% but 4.4 mm
        (49.0, 70.0, 70.0, "PR"),  # 30% of 70 is 21, which floats do not say exactly
        (None, 50.0, 50.0, "NE"),
        (35.0, None, None, "NE"),
        (10.0, 0.0, 0.0, "NE"),
    ],
)
def test_target_lesions_have_the_response_of_the_definitions(
    value: float | None, baseline: float | None, nadir: float | None, response: str
) -> None:
    assert compute_target_response(value, baseline_mm=baseline, nadir_mm=nadir) == response


def test_nodes_below_10_mm_are_a_complete_response_although_the_sum_is_not_zero() -> None:
    # Section 4.3.2, lymph nodes: "the 'sum' of lesions may not be zero even if complete response criteria are met".
    assert compute_target_response(16.0, baseline_mm=50.0, nadir_mm=20.0, has_disappeared=True) == "CR"
    assert compute_target_response(0.0, baseline_mm=50.0, nadir_mm=20.0, has_disappeared=False) == "PR"


def test_any_disease_after_a_complete_response_of_target_lesions_is_progression() -> None:
    # Table 3, footnote a.
    assert compute_target_response(3.0, baseline_mm=50.0, nadir_mm=0.0, was_complete=True) == "PD"


# Table 1: target, non-target, new lesions, overall response.
@pytest.mark.parametrize(
    ("target", "non_target", "has_new", "overall"),
    [
        ("CR", "CR", False, "CR"),
        ("CR", "NON-CR/NON-PD", False, "PR"),
        ("CR", "NE", False, "PR"),
        ("PR", "NON-CR/NON-PD", False, "PR"),
        ("PR", "NE", False, "PR"),
        ("PR", "CR", False, "PR"),
        ("SD", "NON-CR/NON-PD", False, "SD"),
        ("SD", "NE", False, "SD"),
        ("NE", "NON-CR/NON-PD", False, "NE"),
        ("NE", "CR", False, "NE"),
        ("PD", "CR", False, "PD"),
        ("PD", "NE", True, "PD"),
        ("CR", "PD", False, "PD"),
        ("NE", "PD", False, "PD"),
        ("CR", "CR", True, "PD"),
        ("NE", "NE", True, "PD"),
        # No non-target lesions at baseline.
        ("CR", None, False, "CR"),
        ("PR", None, False, "PR"),
        # Table 2: non-target disease only.
        (None, "CR", False, "CR"),
        (None, "NON-CR/NON-PD", False, "NON-CR/NON-PD"),
        (None, "NE", False, "NE"),
        (None, "PD", False, "PD"),
        (None, "CR", True, "PD"),
    ],
)
def test_overall_response_is_that_of_tables_1_and_2(
    target: str | None, non_target: str | None, has_new: bool, overall: str
) -> None:
    assert compute_overall_response(target, non_target, has_new_lesion=has_new) == overall


# Table 3 (confirmation required): first and subsequent time point, best overall response. The first time point is on
# day 56, after the minimum of stable disease; "otherwise" is one on day 28, before it.
@pytest.mark.parametrize(
    ("first", "second", "response", "otherwise"),
    [
        ("CR", "CR", "CR", "CR"),
        ("CR", "PR", "SD", "PD"),  # footnote a: "SD, PD or PR"
        ("CR", "SD", "SD", "PD"),
        ("CR", "PD", "SD", "PD"),
        ("CR", "NE", "SD", "NE"),
        ("PR", "CR", "PR", "PR"),
        ("PR", "PR", "PR", "PR"),
        ("PR", "SD", "SD", "SD"),
        ("PR", "PD", "SD", "PD"),
        ("PR", "NE", "SD", "NE"),
        ("NE", "NE", "NE", "NE"),
    ],
)
def test_best_response_with_confirmation_is_that_of_table_3(
    first: str, second: str, response: str, otherwise: str
) -> None:
    assert best((56, first), (98, second)) == response
    assert best((28, first), (70, second)) == otherwise


def test_a_complete_response_that_was_none_makes_the_best_response_partial() -> None:
    # Table 3, footnote a: "the original CR should be changed to PR and the best response is PR".
    assert best((56, "CR"), (98, "PR"), after_complete="partial") == "PR"
    assert best((56, "CR"), (98, "CR"), after_complete="partial") == "CR"


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        # Section 4.6: confirmation "not less than 4 weeks" later.
        ([(56, "PR"), (83, "PR")], "SD"),
        ([(56, "PR"), (84, "PR")], "PR"),
        # The first too early, a later one in time.
        ([(56, "PR"), (70, "PR"), (84, "PR")], "PR"),
        # One assessment that was not evaluable may stand between, two may not.
        ([(56, "PR"), (84, "NE"), (112, "PR")], "PR"),
        ([(56, "PR"), (70, "NE"), (84, "NE"), (112, "PR")], "SD"),
        # Section 4.4.2: SD before its minimum, then progression or nothing.
        ([(30, "SD"), (60, "PD")], "PD"),
        ([(30, "SD")], "NE"),
        ([(42, "SD")], "SD"),
        ([(41, "SD")], "NE"),
        # What comes after progression does not count.
        ([(56, "PD"), (84, "CR"), (112, "CR")], "PD"),
        # A partial response deepens into a complete one, which is confirmed.
        ([(56, "PR"), (98, "CR"), (140, "CR")], "CR"),
        ([(56, "NON-CR/NON-PD"), (98, "PD")], "NON-CR/NON-PD"),
        ([], "NE"),
    ],
)
def test_best_response_of_a_course(responses: list[tuple[int, str]], expected: str) -> None:
    assert best(*responses) == expected


def test_without_confirmation_one_assessment_is_enough() -> None:
    assert best((56, "PR"), (98, "PD"), is_confirmed=False) == "PR"
    assert best((28, "CR"), is_confirmed=False) == "CR"


def test_stable_disease_between_two_partial_responses_is_an_option() -> None:
    responses = [(56, "PR"), (98, "SD"), (140, "PR")]

    assert best(*responses) == "SD"
    assert best(*responses, accepts_stable=True) == "PR"


def test_a_new_therapy_ends_what_is_looked_at() -> None:
    found = compute_best_response(
        course((56, "SD"), (98, "PR"), (140, "PR")), start=START, until=START + timedelta(days=100)
    )

    assert found.response == "SD"


def test_the_onset_is_the_first_response_whichever_it_is() -> None:
    # Section 4.6.2: from the time criteria are first met for CR or PR, whichever is first recorded.
    found = compute_best_response(course((56, "PR"), (98, "CR"), (140, "CR")), start=START)

    assert found.response == "CR"
    assert found.date == START + timedelta(days=98)
    assert found.onset == START + timedelta(days=56)


@given(
    st.lists(
        st.tuples(st.integers(1, 400), st.sampled_from(["CR", "PR", "SD", "PD", "NE", "NON-CR/NON-PD"])), max_size=8
    )
)
def test_confirmation_never_makes_a_response_better(responses: list[tuple[int, str]]) -> None:
    rank = ["CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE"]
    strict, loose = best(*responses), best(*responses, is_confirmed=False)

    assert rank.index(strict) >= rank.index(loose)
    assert best(*reversed(responses)) == strict or len({day for day, _ in responses}) < len(responses)


def test_target_responses_are_derived_from_sums_of_diameters() -> None:
    # By hand: baseline 50; 34 is 32% less (PR); 42 is 23.5% and 8 mm above the nadir 34 (PD) though 16% below baseline.
    sums = pl.DataFrame(
        {
            "USUBJID": ["1"] * 6 + ["2"],
            "ADT": [date(2024, month, 1) for month in (1, 3, 5, 7, 9, 11)] + [date(2024, 3, 1)],
            "ABLFL": ["Y", None, None, None, None, None, None],
            "AVAL": [50.0, 45, 34, None, 36, 42, 20],
        }
    )
    derived = derive_target_response(sums)

    assert derived["TRGRESP"].to_list() == [None, "SD", "PR", "NE", "SD", "PD", "NE"]
    assert derived["NADIR"].to_list() == [None, 50.0, 45.0, 34.0, 34.0, 34.0, None]
    assert derived["PCHG"].to_list()[1:3] == pytest.approx([-10.0, -32.0])
    assert derived["PCHGNAD"].to_list()[5] == pytest.approx(100 * 8 / 34)


def test_after_complete_response_of_the_target_lesions_disease_is_progression() -> None:
    sums = pl.DataFrame(
        {
            "USUBJID": ["1"] * 4,
            "ADT": [date(2024, month, 1) for month in (1, 3, 5, 7)],
            "ABLFL": ["Y", None, None, None],
            "AVAL": [50.0, 12.0, 12.0, 15.0],
            "CRFL": [None, "N", "Y", "N"],
        }
    )

    assert derive_target_response(sums)["TRGRESP"].to_list() == [None, "PR", "CR", "PD"]


def test_overall_and_best_responses_are_derived_for_each_subject() -> None:
    assessments = pl.DataFrame(
        {
            "USUBJID": ["1", "1", "2", "2"],
            "ADT": [START + timedelta(days=day) for day in (56, 98, 56, 98)],
            "TRGRESP": ["PR", "CR", "SD", "SD"],
            "NTRGRESP": ["NON-CR/NON-PD", "NE", None, None],
            "NEWLFL": [None, None, None, "Y"],
        }
    )
    overall = derive_overall_response(assessments)
    assert overall["OVRLRESP"].to_list() == ["PR", "PR", "SD", "PD"]

    subjects = pl.DataFrame({"USUBJID": ["1", "2", "3", "4"], "STARTDT": [START, START, START, None]})
    derived = derive_best_response(overall.rename({"OVRLRESP": "AVALC"}), subjects)
    assert derived["USUBJID"].to_list() == ["1", "2", "3"]
    assert derived["BOR"].to_list() == ["PR", "SD", "NE"]
    assert derived["RSPDT"].to_list() == [START + timedelta(days=56), None, None]


def test_words_that_are_no_responses_are_named() -> None:
    frame = pl.DataFrame({"USUBJID": ["1"], "ADT": [START], "AVALC": ["Partial"], "STARTDT": [START]})

    with pytest.raises(DataError, match=r"AVALC has the values Partial, which are no responses of RECIST 1\.1"):
        derive_best_response(frame, frame)
    with pytest.raises(MissingVariableError, match="ABLFL"):
        derive_target_response(pl.DataFrame({"USUBJID": ["1"], "ADT": [START], "AVAL": [1.0]}))

"""Which numbers in words are allowed, and which must be references."""

from __future__ import annotations

import pytest

from trialwright.documents._percentages import percentage_follows
from trialwright.documents.typed_numbers import find_typed_numbers


def found(text: str) -> list[str]:
    return [number.text for number in find_typed_numbers(text)]


@pytest.mark.parametrize(
    "text",
    [
        "A 95% CI and a 97.5 % confidence interval were computed.",
        "See Section 9.7.1, Table 14-1.01, Tables 14-2.01 and 14-2.02, Figure 2 and Listing 16.2.8.",
        "at Weeks 2, 4, 6 and 8, on Day 1, at Visit 7, in Phase 2",
        "Table\u00a014-5.01 and section 11.4.2.1; 9.4.1 describes it",
        "TWX-101, TW101-201, HbA1c, E9(R1), CO2, NCT01234567, 2014-001234-56",
        "between 2014-01-02 and 12 March 2015, in July 2014, on 12MAR2014, March 3, 2014",
        "as shown before [3], [4, 5] and [7-9] (Smith et al., 2012)",
        "randomized 1:1:1 at 14:30",
        "x 10^9/L and mL/min/1.73 m2, 10\u2079/L, \u00d7 10\u00b9\u00b2/L, a 12-week study",
        "the 1st and 2nd dose",
        "21 CFR 312.32 and ICH E6(R2)",
        "1. First item",
        "from day 1 to day 28, weeks 2-4, phases 2 and 3. In Week 12. 5th",
        "version 2.0 of the protocol, amendment 3",
    ],
)
def test_numbers_of_the_allow_list_are_not_found(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("the mean was 12.4 points", ["12.4"]),
        ("in 37 subjects (14.0%)", ["37", "14.0%"]),
        ("p=0.042 and p<.0001", ["0.042", "<.0001"]),
        ("a change of -2.4 (\u22123.1 to 4)", ["-2.4", "\u22123.1", "4"]),
        ("n=12", ["12"]),
        ("of 1,254 records.", ["1,254"]),
        ("95% of subjects", ["95%"]),
        ("12 (14%) [26]", ["12", "14%", "26"]),
        ("10 mg", ["10"]),
        ("levels 5.3 mmol/L in the groups 45.2% and 12%", ["5.3", "45.2%", "12%"]),
        ("2015 patients, 2015 events", ["2015", "2015"]),
        ("a 2.5-fold increase, a 10-fold one, a 3-point decrease", ["2.5", "10", "3"]),
    ],
)
def test_other_numbers_are_found(text: str, numbers: list[str]) -> None:
    assert found(text) == numbers


def test_a_number_is_known_by_the_words_around_it() -> None:
    (number,) = find_typed_numbers("The study lasted 12 Weeks.")
    assert number.context == ("lasted", "12", "weeks")
    (number,) = find_typed_numbers("12", before="duration")
    assert number.context == ("duration", "12", "")


def test_a_number_far_from_the_words_of_an_allowed_one_is_found() -> None:
    filler = "word " * 100
    assert found(f"Week 2 {filler} 37 {filler} Week 4") == ["37"]


# By hand: 12/86 = 13.953%, 1/200 = 0.5%, 1/8 = 12.5%, 199/200 = 99.5%.
@pytest.mark.parametrize(
    ("count", "total", "percent", "sign", "follows"),
    [
        (12, 86, "14.0", "", True),
        (12, 86, "14", "", True),
        (12, 86, "13.9", "", False),
        (1, 200, "1", "<", True),
        (0, 200, "1", "<", False),
        (1, 8, "13", "", True),
        (1, 8, "12", "", True),
        (199, 200, "99", ">", True),
        (0, 0, "0", "", True),
    ],
)
def test_a_percentage_follows_from_count_and_total(
    count: int, total: int, percent: str, sign: str, follows: bool
) -> None:
    assert percentage_follows(count, total, percent, sign) is follows

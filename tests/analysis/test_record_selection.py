"""`select`: one record of several."""

from __future__ import annotations

import polars as pl
import pytest

from trialwright.analysis import Analysis, analyze, parse_plan, trace
from trialwright.analysis.plan import RecordSelection
from trialwright.errors import MissingVariableError, PlanError
from trialwright.standards.datasets import Dataset

PLAN = """\
plan: {{title: T}}
analysis_sets: {{all: {{label: All}}}}
analyses:
  worst:
    method: count
    dataset: ADXX
    population: all
    variables: [GRADE]
    where: "DAY > 0"
    select: {select}
"""
SUBJECTS = Dataset(name="ADSL", frame=pl.DataFrame({"USUBJID": ["A", "B", "C"]}))
RECORDS = Dataset(
    name="ADXX",
    frame=pl.DataFrame(
        {
            "USUBJID": ["A", "A", "A", "A", "B", "B", "C", "C"],
            "PARAMCD": ["X", "X", "X", "Y", "X", "X", "X", "X"],
            "DAY": [0, 1, 2, 1, 1, 2, 1, 1],
            "GRADE": [9, 3, 3, 1, None, 0, 2, 2],
            "SEQ": [1, 2, 3, 4, 1, 2, 1, 2],
        }
    ),
)
DATASETS = {"ADSL": SUBJECTS, "ADXX": RECORDS}


def _counts(select: str) -> dict[str | None, float | None]:
    results = analyze(parse_plan(PLAN.format(select=select)), DATASETS)
    return {row.variable_level: row.stat for row in results.of_analysis("worst") if row.stat_name == "n"}


def test_the_first_in_the_order_is_kept_after_where_has_chosen() -> None:
    # A's 9 is on day 0; B's missing grade comes last.
    assert _counts("{order: [-GRADE, -DAY]}") == {None: 3, "0": 1, "2": 1, "3": 1}
    assert _counts("{order: GRADE}") == {None: 3, "0": 1, "1": 1, "2": 1}
    assert _counts("{order: [DAY]}")[None] == 2  # B's first is missing


def test_one_record_of_each_combination_is_kept() -> None:
    assert _counts("{per: [USUBJID, PARAMCD], order: [-GRADE]}") == {None: 3, "0": 1, "1": 1, "2": 1, "3": 1}


def test_of_equal_records_the_first_in_the_dataset_is_kept_and_traced() -> None:
    plan = parse_plan(PLAN.format(select="{order: [-GRADE, -DAY]}"))
    results = analyze(plan, DATASETS)
    row = results["worst/GRADE=2/n"]
    assert row.method.endswith("of one record per USUBJID: largest GRADE, largest DAY")
    assert trace(row.result_id, plan, DATASETS, results).rows["SEQ"].to_list() == [1]
    traced = trace("worst/GRADE=3/n", plan, DATASETS, results)
    assert traced.rows["SEQ"].to_list() == [3]
    assert {"GRADE", "DAY"} <= set(traced.key_variables)


@pytest.mark.parametrize(
    ("select", "place", "message"),
    [
        ("{per: [USUBJID]}", "line 10, column 13", "'order' is missing"),
        ("{order: []}", "line 10, column 21", "at least 1 item"),
        ("{order: [+AVAL]}", "line 10, column 22", "with a - before it where the largest comes first"),
        ("{order: [AVAL], take: last}", "line 10, column 29", "'take' is not known here"),
        ("worst", "line 10, column 13", "must be a mapping"),
    ],
)
def test_what_is_wrong_with_a_selection_is_reported_at_its_place(select: str, place: str, message: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan(PLAN.format(select=select))
    assert str(caught.value).startswith(f"plan.yaml, {place}: ")
    assert message in str(caught.value)


def test_a_variable_that_is_not_there_is_missed() -> None:
    with pytest.raises(MissingVariableError, match="ADXX has no variable VISITDT"):
        _counts("{order: [VISITDT]}")


def test_a_selection_says_what_it_keeps() -> None:
    selection = RecordSelection(per=("USUBJID", "PARAMCD"), order=("-AVAL", "ADT"))
    assert str(selection) == "one record per USUBJID, PARAMCD: largest AVAL, smallest ADT"
    assert Analysis(id="a", method="count", dataset="ADSL", population="all", variables=("SEX",)).select is None

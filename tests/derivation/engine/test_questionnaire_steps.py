"""Scores, windows and values carried to windows, as a specification asks for them."""

from __future__ import annotations

from textwrap import indent

import polars as pl
import pytest

from trialwright.derivation.engine.run import Derived, derive_datasets
from trialwright.derivation.engine.specification import parse_definitions
from trialwright.errors import PlanError
from trialwright.standards import Dataset

#: Subject 1: three assessments of two items; subject 2: one item of the only assessment is out of range.
QS = pl.DataFrame(
    [
        ("1", 1, "A", 3.0, 1.0, "2024-01-01"),
        ("1", 2, "B", 1.0, 1.0, "2024-01-01"),
        ("1", 3, "A", 2.0, 2.0, "2024-01-14"),
        ("1", 4, "B", 2.0, 2.0, "2024-01-14"),
        ("1", 5, "A", 0.0, 3.0, "2024-01-17"),
        ("1", 6, "B", 1.0, 3.0, "2024-01-17"),
        ("2", 1, "A", 9.0, 1.0, "2024-01-01"),
        ("2", 2, "B", 2.0, 1.0, "2024-01-01"),
    ],
    schema=["USUBJID", "QSSEQ", "QSTESTCD", "QSSTRESN", "VISITNUM", "QSDTC"],
    orient="row",
)
DM = pl.DataFrame({"USUBJID": ["1", "2"], "RFXSTDTC": ["2024-01-01", "2024-01-01"]})

SCORED = """- records: QS
- compute: {ADT: complete_date(QSDTC), PARAMCD: QSTESTCD, AVAL: QSSTRESN}
- param_sum:
    code: TOT
    label: Total
    items: [{code: A, highest: 4}, {code: B, highest: 4}]
    only: true"""
PLACED = f"""{SCORED}
- join: {{from: DM, take: {{TRTSDT: complete_date(RFXSTDTC)}}}}
- compute: {{ADY: "study_day(ADT, TRTSDT)"}}
- windows:
    - {{avisit: Baseline, avisitn: 0, target: 1, last: 1}}
    - &w2 {{avisit: Week 2, avisitn: 2, target: 15, first: 2, last: 21}}
    - &w4 {{avisit: Week 4, avisitn: 4, target: 29, first: 22}}
- locf: {{visits: [*w2, *w4]}}
- analyzed: [ADT, VISITNUM]"""


def derived(steps: str, variables: str) -> Derived:
    listed = "".join(
        f"      - {{name: {name}, label: {name}, type: {kind or 'text'}}}\n"
        for name, _, kind in (one.partition(":") for one in variables.split())
    )
    text = (
        "derivation: {title: Test}\ndatasets:\n  X:\n    label: X\n    keys: [USUBJID]\n"
        f"    steps:\n{indent(steps, '      ')}\n    variables:\n{listed}"
    )
    domains = {"DM": Dataset(name="DM", frame=DM), "QS": Dataset(name="QS", frame=QS)}
    return derive_datasets(parse_definitions(text, text_of=lambda name: ""), domains)


def test_a_score_is_made_of_its_items_and_traced_to_them() -> None:
    made = derived(SCORED, "USUBJID VISITNUM:float PARAM AVAL:float")

    assert made.datasets["X"].frame.rows() == [
        ("1", 1.0, "Total", 4.0),
        ("1", 2.0, "Total", 4.0),
        ("1", 3.0, "Total", 1.0),
    ]
    assert made.lineage["X"].select("row", "seq").rows() == [(0, 1), (0, 2), (1, 3), (1, 4), (2, 5), (2, 6)]


def test_an_item_out_of_range_and_a_missing_score_are_findings() -> None:
    findings = {finding.rule: finding for finding in derived(SCORED, "USUBJID AVAL:float").findings}

    wrong = findings["derive.item-out-of-range"]
    assert wrong.where == "USUBJID 2, VISITNUM 1.0, ADT 2024-01-01, PARAMCD A"
    assert wrong.evidence == "AVAL = 9"
    assert "1 of 2 items are missing, and 0 may be" in findings["derive.too-few-items"].message


def test_records_are_placed_in_windows_and_the_last_one_is_carried() -> None:
    made = derived(PLACED, "USUBJID AVISIT AWRANGE ADY:integer AVAL:float DTYPE ANL01FL")

    assert made.datasets["X"].frame.rows() == [
        ("1", "Baseline", "<=1", 1, 4.0, None, "Y"),
        ("1", "Week 2", "2-21", 14, 4.0, None, "Y"),  # 1 day from the target; the one below is 2 days from it
        ("1", "Week 2", "2-21", 17, 1.0, None, None),
        ("1", "Week 4", ">21", 17, 1.0, "LOCF", "Y"),  # the last one, though not analyzed
    ]
    carried = made.lineage["X"].filter(pl.col("row") == 3, pl.col("domain") == "QS")
    assert carried["seq"].to_list() == [5, 6]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("param_sum: {scale: mmse}", "there is no scale 'mmse'. Known are: adas_cog_11, hama"),
        ("param_sum: {code: TOT}", "either a published `scale` or its own `items`"),
        ("param_sum: {items: [{code: A, highest: 4}]}", "needs the `code` of the score"),
        ("param_sum: {scale: gad_7, codes: [A, B]}", "7 items, and 2 codes are given"),
        ("param_sum: {scale: gad_7, missing: {allowed: 7}}", "At least one must be there"),
        ("param_sum: {code: T, items: [{code: A, lowest: 4, highest: 4}]}", "its highest value must be larger"),
        ("windows: [{avisit: A, avisitn: 1, last: 9}, {avisit: B, avisitn: 2, first: 9}]", "overlap"),
        ("windows: [{avisit: A, avisitn: 1, first: 9, last: 2}]", "after its last day 2"),
        ("analyzed: {order: [ADT], choice: nearest}", "this must be 'closest', 'first' or 'last'"),
    ],
)
def test_what_is_wrong_with_a_step_is_told_with_its_place(step: str, message: str) -> None:
    with pytest.raises(PlanError, match=r"derivation\.yaml, line 8") as told:
        derived(f"- records: QS\n- {step}", "USUBJID")
    assert message in str(told.value)

"""Domains that are damaged as files of trials are: each damage is told, and the rest is derived."""

from __future__ import annotations

from datetime import date, datetime
from textwrap import indent

import polars as pl
import pytest

from trialwright.derivation.engine.run import Derived, derive_datasets
from trialwright.derivation.engine.specification import parse_definitions
from trialwright.errors import TrialwrightError
from trialwright.standards import Dataset

DM = pl.DataFrame({"USUBJID": ["1", "2"], "RFSTDTC": ["2014-01-01", "2014-01-02"]})


def derived(steps: str, variables: str, **domains: pl.DataFrame) -> Derived:
    """The dataset X that the steps make; each of `variables` is written NAME:type."""
    listed = "".join(
        f"      - {{name: {name}, label: {name}, type: {kind}}}\n"
        for name, _, kind in (one.partition(":") for one in variables.split())
    )
    text = (
        "derivation: {title: Test}\n"
        f"datasets:\n  X:\n    label: X\n    keys: [USUBJID]\n    steps:\n{indent(steps, '      ')}\n"
        f"    variables:\n{listed}"
    )
    data = {name: Dataset(name=name, frame=frame) for name, frame in {"DM": DM, **domains}.items()}
    return derive_datasets(parse_definitions(text, text_of=lambda name: ""), data)


def told(made: Derived) -> list[tuple[str, str, str]]:
    return [(finding.rule, finding.where, finding.evidence) for finding in made.findings]


EVENTS = "- records: AE\n- compute: {ASTDT: complete_date(AESTDTC)}"


@pytest.mark.parametrize(
    ("column", "type_", "evidence"),
    [
        ([date(2014, 1, 5), None], "Date", "AESTDTC = 2014-01-05"),
        ([datetime(2014, 1, 5), None], "Datetime", "AESTDTC = 2014-01-05"),
        ([datetime(2014, 1, 5, 10, 30), None], "Datetime", "AESTDTC = 2014-01-05T10:30:00"),
    ],
)
def test_dates_of_another_type_are_taken_as_iso_8601(column: list[object], type_: str, evidence: str) -> None:
    events = pl.DataFrame({"USUBJID": ["1", "2"], "AESEQ": [1, 1], "AESTDTC": column})
    made = derived(EVENTS, "USUBJID:text ASTDT:date", AE=events)
    assert made.datasets["X"].frame["ASTDT"].to_list() == [date(2014, 1, 5), None]
    assert told(made) == [("derive.not-a-text", "AE, AESTDTC", evidence)]
    assert f"of type {type_}" in made.findings[0].message


def test_categories_are_the_texts_that_they_stand_for() -> None:
    events = pl.DataFrame({"USUBJID": ["1"], "AESEQ": [1], "AESTDTC": ["2014-01-05"]})
    made = derived(EVENTS, "USUBJID:text ASTDT:date", AE=events.with_columns(pl.col("AESTDTC").cast(pl.Categorical)))
    assert made.datasets["X"].frame["ASTDT"].to_list() == [date(2014, 1, 5)]
    assert not made.findings


def test_a_timing_variable_is_a_number_in_every_domain() -> None:
    # The description of DS names no VISITNUM, which any domain may have.
    disposition = pl.DataFrame({"USUBJID": ["1", "2"], "DSSEQ": [1, 1], "VISITNUM": ["3", "three"]})
    made = derived("- records: {domain: DS, where: VISITNUM = 3}", "USUBJID:text VISITNUM:float", DS=disposition)
    assert made.datasets["X"].frame["VISITNUM"].to_list() == [3.0]
    assert told(made) == [("derive.not-a-number", "DS, USUBJID 2, DSSEQ 1", "VISITNUM = 'three'")]


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), "inf", "nan"])
def test_an_infinite_number_is_none(value: object) -> None:
    made = derived("- records: DM", "USUBJID:text AGE:integer", DM=DM.with_columns(AGE=pl.lit(value)))
    assert made.datasets["X"].frame["AGE"].to_list() == [None, None]
    assert [rule for rule, _, _ in told(made)] == ["derive.not-a-number"] * 2


@pytest.mark.parametrize("value", [64.5, 1e300])
def test_a_fraction_is_not_cut_to_an_integer(value: float) -> None:
    made = derived("- records: DM", "USUBJID:text AGE:integer", DM=DM.with_columns(AGE=pl.Series([40.0, value])))
    assert made.datasets["X"].frame["AGE"].to_list() == [40, None]
    assert told(made) == [("derive.not-whole", "X, USUBJID 2", f"AGE = {value:g}")]


def test_each_record_without_subject_is_told() -> None:
    events = pl.DataFrame({"USUBJID": [None, None, "1"], "AESEQ": [1, 1, 1]}, schema_overrides={"USUBJID": pl.String})
    made = derived("- records: AE", "USUBJID:text AESEQ:integer", AE=events)
    assert [(rule, where) for rule, where, _ in told(made)] == [
        ("derive.unknown-subject", "AE, record 1"),
        ("derive.unknown-subject", "AE, record 2"),
    ]


@pytest.mark.parametrize(
    ("start", "end", "is_before"),
    [
        ("2014-03-05", "2014-03", False),
        ("2014---05", "2014-03", False),
        ("2014-03", "2014---05", False),
        ("2014-03-05T10:30", "2014-03-05T09", True),
        ("2014-03", "2014-02-28", True),
        ("2014---05", "2013-12", True),
    ],
)
def test_an_end_is_before_a_start_only_as_far_as_both_are_known(start: str, end: str, is_before: bool) -> None:
    events = pl.DataFrame({"USUBJID": ["1"], "AESEQ": [1], "AESTDTC": [start], "AEENDTC": [end]})
    made = derived("- records: AE", "USUBJID:text", AE=events)
    assert [rule for rule, _, _ in told(made)] == (["derive.end-before-start"] if is_before else [])


def test_a_dataset_that_its_steps_empty_is_told_with_the_step() -> None:
    events = pl.DataFrame({"USUBJID": ["1", "2"], "AESEQ": [1, 1], "AESER": ["N", None]})
    made = derived("- records: {domain: AE, where: \"AESER = 'Y'\"}", "USUBJID:text", AE=events)
    [finding] = made.findings
    assert (finding.rule, finding.where, finding.evidence) == ("derive.no-records", "X", "2 records before")
    assert "step 1 (`records`) of X" in finding.message
    assert not derived("- records: AE", "USUBJID:text", AE=events.clear()).findings


def test_events_without_date_and_subjects_without_start_are_told() -> None:
    steps = """- records: DM
- compute: {STARTDT: complete_date(RFSTDTC)}
- tte:
    events: [{from: AE, where: "AESER = 'Y'", date: complete_date(AESTDTC), description: "'Event'", sequence: AESEQ}]
    censorings: [{from: DM, date: complete_date(RFENDTC), description: "'End'"}]"""
    subjects = pl.DataFrame(
        {
            "USUBJID": ["1", "2", "3"],
            "RFSTDTC": ["2014-01-01", "2014-01-01", None],
            "RFENDTC": ["2014-01-31", "2014-01-31", "2014-01-31"],
        }
    )
    events = pl.DataFrame(
        {
            "USUBJID": ["1", "2", "2"],
            "AESEQ": [1, 4, 5],
            "AESER": ["Y", "Y", "N"],
            "AESTDTC": ["2014-01-10", None, None],
        }
    )
    made = derived(steps, "USUBJID:text AVAL:integer CNSR:integer", DM=subjects, AE=events)
    assert made.datasets["X"].frame.rows() == [("1", 10, 0), ("2", 31, 1)]
    assert told(made) == [
        ("derive.no-start", "USUBJID 3", ""),
        ("derive.undated-event", "AE, USUBJID 2, AESEQ 4", "complete_date(AESTDTC) is missing"),
    ]


@pytest.mark.parametrize("step", ["best_response: {responses: RS}", "tumor_times: {responses: RS, parameters: [PFS]}"])
def test_responses_without_date_are_told(step: str) -> None:
    responses = pl.DataFrame(
        {
            "USUBJID": ["1", "1"],
            "RSSEQ": [1, 2],
            "AVALC": ["SD", "PD"],
            "ADT": pl.Series([date(2014, 3, 1), None], dtype=pl.Date),
        }
    )
    steps = f"- records: DM\n- compute: {{STARTDT: complete_date(RFSTDTC)}}\n- {step}"
    made = derived(steps, "USUBJID:text", RS=responses, DM=DM.with_columns(RFSTDTC=pl.lit("2014-01-01")))
    assert told(made) == [("derive.undated-event", "RS, USUBJID 1, RSSEQ 2", "AVALC = 'PD'")]


def test_exposure_that_is_not_counted_is_told() -> None:
    steps = """- records: EX
- compute: {_start: complete_date(EXSTDTC), _end: complete_date(EXENDTC)}
- exposure: {}"""
    doses = pl.DataFrame(
        {
            "USUBJID": ["1", "1", "1", "2"],
            "EXSEQ": [1, 2, 3, 1],
            "EXDOSE": [10.0, None, 10.0, 5.0],
            "EXDOSFRQ": ["BID", "QD", "QD", "QS"],
            "EXSTDTC": ["2014-01-01", "2014-01-03", None, "2014-01-01"],
            "EXENDTC": ["2014-01-02", "2014-01-04", "2014-01-09", "2014-01-01"],
        }
    )
    made = derived(steps, "USUBJID:text CUMDOSE:float DOSEDAYS:integer", EX=doses)
    # 10 mg twice on two days; the dose of the next two days is unknown; the third record has no start.
    assert made.datasets["X"].frame.rows() == [("1", 40.0, 4), ("2", 5.0, 1)]
    assert told(made) == [
        ("derive.dose-not-counted", "EX, USUBJID 1, EXSEQ 2", "EXDOSE is missing"),
        ("derive.dose-not-counted", "EX, USUBJID 1, EXSEQ 3", "EXSTDTC is missing"),
        ("derive.unknown-frequency", "EX, EXDOSFRQ", "EXDOSFRQ = 'QS'"),
    ]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("- compute: {N: AESTDTC + 3}", r"Step 2 \(`compute`\) of X, .*line \d+: The expression 'AESTDTC \+ 3'"),
        ("- filter: AESTDTC > 3", r"Step 2 \(`filter`\) of X, .*line \d+: The condition 'AESTDTC > 3' does not fit X"),
        ("- compute: {N: NOTHERE}", r"X has no variable NOTHERE, which step 2 .* It has: USUBJID, AESEQ, AESTDTC\."),
    ],
)
def test_what_does_not_fit_is_told_with_the_step_and_the_dataset(step: str, message: str) -> None:
    events = pl.DataFrame({"USUBJID": ["1"], "AESEQ": [1], "AESTDTC": ["2014-01-05"]})
    with pytest.raises(TrialwrightError, match=message):
        derived(f"- records: AE\n{step}", "USUBJID:text", AE=events)

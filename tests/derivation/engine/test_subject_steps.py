"""The steps that pool sites, sum planned doses and measure durations, as a specification writes them."""

from __future__ import annotations

from textwrap import indent

import polars as pl
import pytest

from trialwright.derivation.engine.run import derive_datasets
from trialwright.derivation.engine.specification import parse_definitions
from trialwright.errors import MissingVariableError, PlanError
from trialwright.standards import Dataset

DM = pl.DataFrame(
    {
        "USUBJID": ["1", "2", "3"],
        "SITEID": ["701", "701", "702"],
        "ARM": ["A", "B", "A"],
        "RFSTDTC": ["2024-01-01", "2024-01-11", None],
        "RFENDTC": ["2024-01-10", "2024-01-24", "2024-01-31"],
    }
)

DATES = "- compute: {STARTDT: complete_date(RFSTDTC), ENDDT: complete_date(RFENDTC), V: \"date '2024-01-04'\"}\n"


def derived(steps: str, variable: str, kind: str = "float") -> list[object]:
    text = (
        "derivation: {title: Test}\ndatasets:\n  ADSL:\n    label: X\n    keys: [USUBJID]\n    steps:\n"
        + indent(f"- records: DM\n{DATES}{steps}", "      ")
        + "\n    variables:\n      - {name: USUBJID, label: X}\n"
        + f"      - {{name: {variable}, label: X, type: {kind}}}\n"
    )
    definitions = parse_definitions(text, text_of=lambda name: "")
    made = derive_datasets(definitions, {"DM": Dataset(name="DM", frame=DM)})
    return made.datasets["ADSL"].frame[variable].to_list()


def test_sites_are_pooled() -> None:
    """Site 702 has nobody in arm B."""
    assert derived("- pooled_sites: {arm: ARM, minimum: 1}", "SITEGR1", "text") == ["701", "701", "900"]
    assert derived("- pooled_sites: {arm: ARM, minimum: 1, arms: [A], pooled: Z}", "SITEGR1", "text") == [
        "701",
        "701",
        "702",
    ]


def test_a_planned_dose_follows_its_schedule() -> None:
    """Four days of 10 and six of 20 for subject 1; arm B is not concerned; subject 3 has no start."""
    steps = """- planned_dose:
    name: DOSE
    start: STARTDT
    end: ENDDT
    where: ARM = 'A'
    intervals: [{dose: 10, until: V}, {dose: 20}]"""
    assert derived(steps, "DOSE") == [160, None, None]


def test_a_duration_has_a_unit() -> None:
    weeks = "- duration: {name: WEEKS, start: STARTDT, end: ENDDT, unit: weeks}"
    assert derived(weeks, "WEEKS") == [pytest.approx(10 / 7, rel=1e-15), 2, None]


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("- duration: {name: D, start: STARTDT, end: ENDDT, unit: fortnights}", "line 9.*fortnights"),
        ("- planned_dose: {start: STARTDT, end: ENDDT, intervals: []}", "line 9.*at least 1"),
        ("- planned_dose: {intervals: [{doses: 10}]}", "line 9.*dose"),
        ("- pooled_sites: {minimum: few}", "line 9.*whole number|line 9.*integer"),
    ],
)
def test_options_that_are_wrong_are_told_with_their_place(steps: str, told: str) -> None:
    with pytest.raises(PlanError, match=told):
        derived(steps, "D")


@pytest.mark.parametrize(
    ("steps", "variable"),
    [
        ("- duration: {name: D, start: TRTSDT, end: ENDDT}", "TRTSDT"),
        ("- planned_dose: {start: STARTDT, end: ENDDT, intervals: [{dose: 1, until: VISIT4}]}", "VISIT4"),
        ("- pooled_sites: {arm: ARMCD}", "ARMCD"),
    ],
)
def test_a_variable_that_is_not_there_is_named(steps: str, variable: str) -> None:
    with pytest.raises(MissingVariableError, match=variable):
        derived(steps, "D")

"""What the records of a case contradict: each rule with a case that passes and one that fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.writing.narrative_records import Others, Row, event, patient, study_data

from trialwright.analysis.plan import NarrativePlan
from trialwright.standards import Dataset, read_dataset
from trialwright.writing.narratives.consistency import RULES, check_patient, check_study
from trialwright.writing.narratives.patient import Patient
from trialwright.writing.narratives.selection import find_patients


def found(*events: Row, others: Others | None = None) -> set[str]:
    """The rules that these records break, without their common beginning."""
    findings = check_patient(patient(*events, others=others), has_actions=True)
    return {finding.rule.removeprefix("narrative.") for finding in findings}


DEATH: list[Row] = [{"RFSTDTC": "2024-03-01", "DTHFL": "Y", "DTHDTC": "2024-03-12"}]
ADSL_DEATH: list[Row] = [{"AGE": 81, "SEX": "F", "TRTSDT": "2024-03-01", "DTHFL": "Y"}]
DIED: Row = {"DSSEQ": 1.0, "DSDECOD": "DEATH", "DSCAT": "DISPOSITION EVENT", "DSSTDTC": "2024-03-12"}
FATAL = event(AEOUT="FATAL", AESDTH="Y")
SHORT_DOSE: Row = {"EXSEQ": 1.0, "EXTRT": "ACTIVE", "EXDOSE": 54.0, "EXSTDTC": "2024-03-01", "EXENDTC": "2024-03-09"}
STOPPED: Row = {"DSSEQ": 1.0, "DSDECOD": "ADVERSE EVENT", "DSCAT": "DISPOSITION EVENT", "DSSTDTC": "2024-03-12"}


def fatal(**changes: object) -> dict[str, list[Row]]:
    """The other records of a patient who died on day 12, all in agreement."""
    return {"DM": list(DEATH), "ADSL": ADSL_DEATH, "DS": [DIED], "EX": [SHORT_DOSE | changes]}


def test_records_that_agree_give_no_finding() -> None:
    assert found(event()) == set()
    assert found(FATAL, others=fatal()) == set()


@pytest.mark.parametrize(
    ("rule", "events", "others"),
    [
        ("death-not-serious", [FATAL | {"AESER": "N", "AESHOSP": "N"}], fatal()),
        ("fatal-outcome", [event(AEOUT="FATAL", AESDTH="N")], fatal()),
        ("fatal-outcome", [event(AESDTH="Y")], fatal()),
        ("death-dates", [FATAL | {"AEENDTC": "2024-03-11"}], fatal()),
        ("death-without-event", [event()], fatal()),
        ("death-not-flagged", [FATAL], fatal() | {"ADSL": [{**ADSL_DEATH[0], "DTHFL": "N"}]}),
        ("end-before-start", [event(AEENDTC="2024-03-09")], {}),
        ("event-after-death", [FATAL, event(AESEQ=2.0, AESTDTC="2024-03-13", AEENDTC="2024-03-14")], fatal()),
        ("dose-after-death", [FATAL], fatal(EXENDTC="2024-03-13")),
        (
            "value-after-death",
            [FATAL],
            fatal() | {"LB": [{"LBSEQ": 1.0, "LBTESTCD": "ALT", "LBSTRESN": 20.0, "LBDTC": "2024-03-13"}]},
        ),
        ("dose-after-discontinuation", [event(AEACN="DRUG WITHDRAWN")], {"DS": [STOPPED]}),
        ("discontinued-without-event", [event()], {"DS": [STOPPED], "EX": [SHORT_DOSE]}),
        ("withdrawn-not-discontinued", [event(AEACN="DRUG WITHDRAWN")], {}),
        ("serious-without-criterion", [event(AESHOSP="N")], {}),
        ("criterion-not-serious", [event(AESER="N")], {}),
        ("outcome-and-end", [event(AEENDTC=None)], {}),
        ("outcome-and-end", [event(AEOUT="NOT RECOVERED/NOT RESOLVED")], {}),
        ("tabulation-and-analysis", [event()], {"ADAE": [{"AESEQ": 1.0, "ASTDT": "2024-03-11"}]}),
        ("tabulation-and-analysis", [event()], {"ADAE": [{"AESEQ": 1.0, "AESER": "N"}]}),
    ],
)  # fmt: skip
def test_each_rule_finds_its_case_and_nothing_else(rule: str, events: list[Row], others: dict[str, list[Row]]) -> None:
    assert found(*events, others=others) == {rule}


def test_every_rule_has_a_failing_case() -> None:
    cases = test_each_rule_finds_its_case_and_nothing_else.pytestmark[0].args[1]  # type: ignore[attr-defined]
    of_patients = {f"narrative.{case[0]}" for case in cases}
    assert of_patients | {"narrative.action-not-recorded"} == set(RULES)


@pytest.mark.parametrize(
    ("events", "others"),
    [
        # A partial date contradicts nothing that it may mean.
        ([event(AEENDTC="2024-03")], {}),
        ([FATAL | {"AEENDTC": "2024-03"}], fatal()),
        ([event()], {"ADAE": [{"AESEQ": 1.0, "ASTDT": "2024-03-10", "AESER": "Y", "AENDT": "2024-03-12"}]}),
        # An imputed date of the analysis is no contradiction of a partial one.
        ([event(AESTDTC="2024-03")], {"ADAE": [{"AESEQ": 1.0, "ASTDT": "2024-03-01"}]}),
        # A related record tells the event that led to the discontinuation, where the action is not recorded.
        (
            [event(AEACN=None)],
            {
                "DS": [STOPPED],
                "EX": [SHORT_DOSE],
                "RELREC": [
                    {"RDOMAIN": "AE", "IDVAR": "AESEQ", "IDVARVAL": "   1", "RELID": "R1"},
                    {"RDOMAIN": "DS", "IDVAR": "DSSEQ", "IDVARVAL": "1", "RELID": "R1"},
                ],
            },
        ),
        # On the day of the death itself everything may have happened.
        ([FATAL], fatal(EXENDTC="2024-03-12")),
    ],
)
def test_what_may_be_is_no_contradiction(events: list[Row], others: dict[str, list[Row]]) -> None:
    assert found(*events, others=others) == set()


def test_a_study_without_actions_is_told_once() -> None:
    (finding,) = check_study(has_events=True, has_actions=False)
    assert finding.rule == "narrative.action-not-recorded"
    assert not check_study(has_events=True, has_actions=True)
    assert not check_study(has_events=False, has_actions=False)


def test_a_message_tells_days_and_the_evidence_dates() -> None:
    (finding,) = check_patient(patient(event(AEENDTC="2024-03-09")), has_actions=True)
    assert finding.message == "Syncope (AESEQ=1) begins on day 10 and ends before, on day 9."
    assert finding.evidence == "AE.AESTDTC (AESEQ=1) = 2024-03-10, AE.AEENDTC (AESEQ=1) = 2024-03-09"
    assert finding.where == "AE S-001 AESEQ=1"


def test_a_patient_without_adverse_events_has_no_findings() -> None:
    data = study_data()
    (one,) = find_patients(data, NarrativePlan(subjects=("S-001",)))
    assert check_patient(one, has_actions=True) == []


@pytest.fixture(scope="module")
def pilot_patients(shared: Path) -> list[Patient]:
    """The patients of the CDISC pilot whose narratives ICH E3 asks for."""
    folder = shared / "data" / "cdiscpilot01"
    data: dict[str, Dataset] = {}
    for name in ("adsl", "adae"):
        data[name.upper()] = read_dataset(folder / "adam_tdf" / f"{name}.parquet")
    for name in ("ae", "cm", "dm", "ds", "ex", "lb", "mh", "relrec", "vs"):
        data[name.upper()] = read_dataset(folder / "sdtm" / f"{name}.parquet")
    return find_patients(data, NarrativePlan())


def test_the_deaths_of_the_pilot_are_recorded_as_not_serious(pilot_patients: list[Patient]) -> None:
    """README.md of the pilot: all three deaths have AESDTH = Y with AESER = N; one has two dates of death."""
    findings = [one for patient in pilot_patients for one in check_patient(patient, has_actions=False)]
    by_rule = {rule: [one.where for one in findings if one.rule == rule] for rule in RULES}
    assert by_rule["narrative.death-not-serious"] == [
        "AE 01-701-1211 AESEQ=9",
        "AE 01-704-1445 AESEQ=1",
        "AE 01-710-1083 AESEQ=1",
    ]
    assert by_rule["narrative.death-dates"] == ["DM 01-704-1445, DS 01-704-1445 DSSEQ=1, AE 01-704-1445 AESEQ=1"]
    (dates,) = [one for one in findings if one.rule == "narrative.death-dates"]
    assert "DM.DTHDTC = 2014-11-01" in dates.evidence
    assert "AE.AEENDTC (AESEQ=1) = 2014-10-31" in dates.evidence


def test_the_pilot_has_the_narratives_that_the_guideline_asks_for(pilot_patients: list[Patient]) -> None:
    # Counted in the data: DTHFL = Y 3, AESER = Y 3, DSDECOD = ADVERSE EVENT 92 subjects.
    reasons = [patient.reasons for patient in pilot_patients]
    assert sum("death" in one for one in reasons) == 3
    assert sum("serious" in one for one in reasons) == 3
    assert sum("discontinuation" in one for one in reasons) == 92
    # Every discontinuation is related to its event by RELREC.
    assert all(patient.index_events for patient in pilot_patients)

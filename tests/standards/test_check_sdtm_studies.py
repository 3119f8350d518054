"""check_sdtm on bad input, on the pilot and on rehearsed studies: what it finds, where, and how long it takes."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from trialwright.findings import Severity
from trialwright.rehearsal import example_scenario, simulate_trial
from trialwright.standards import Dataset, read_datasets
from trialwright.standards.conformance import check_sdtm
from trialwright.standards.metadata import (
    Codelist,
    CodelistTerm,
    DataDefinition,
    DatasetMetadata,
    StandardReference,
    ValueLevel,
    VariableMetadata,
)
from trialwright.standards.sdtm_variables import sdtm_domain
from trialwright.study import example_study


@pytest.fixture(scope="module")
def pilot(shared: Path) -> dict[str, Dataset]:
    return read_datasets(shared / "data/cdiscpilot01/sdtm")


def small() -> dict[str, Dataset]:
    """Two subjects with adverse events, one of them of everything that may come in."""
    subjects = pl.DataFrame(
        {
            "STUDYID": ["S", "S"],
            "DOMAIN": ["DM", "DM"],
            "USUBJID": ["01-001", "01-002"],
            "RFSTDTC": ["2012-01-01", "2012-01-01"],
        }
    )
    events = pl.DataFrame(
        {
            "STUDYID": ["S"] * 5,
            "DOMAIN": ["AE"] * 5,
            "USUBJID": ["01-001", "01-001", "01-001", "01-999", "01-002"],
            "AESEQ": [1.0, 2.0, 2.0, 1.0, 1.0],
            "AETERM": ["RASH", "HEADACHE", "HEADACHE", "NAUSEA", "FEVER"],
            "AESTDTC": ["2012-02-30", "2012-03-05", "2012-03-05", "2012-01-07", "7 MAR 2012"],
            "AEENDTC": [None, "2012-03-01", None, None, "2012-03"],
        }
    )
    return {"DM": Dataset(name="DM", frame=subjects), "AE": Dataset(name="AE", frame=events)}


@pytest.mark.parametrize(
    ("rule", "where", "evidence"),
    # Each bad input that the issue names, with domain, USUBJID, sequence, value and rule.
    [
        ("sdtm.date-exists", "AE, USUBJID 01-001, AESEQ 1", "AESTDTC = '2012-02-30'"),
        ("sdtm.date", "AE, USUBJID 01-002, AESEQ 1", "AESTDTC = '7 MAR 2012'"),
        ("sdtm.end-before-start", "AE, USUBJID 01-001, AESEQ 2", "AESTDTC = '2012-03-05', AEENDTC = '2012-03-01'"),
        ("sdtm.subject-known", "AE, USUBJID 01-999, AESEQ 1", "USUBJID = '01-999'"),
        ("sdtm.sequence-unique", "AE, USUBJID 01-001, record 2, AESEQ 2", "AESEQ = 2"),
        ("sdtm.sequence-unique", "AE, USUBJID 01-001, record 3, AESEQ 2", "AESEQ = 2"),
    ],
)
def test_bad_records_are_found_with_their_place_value_and_rule(rule: str, where: str, evidence: str) -> None:
    found = [(one.where, one.evidence) for one in check_sdtm(small()) if one.rule == rule]

    assert (where, evidence) in found


def test_a_finding_says_what_is_wrong_without_the_value() -> None:
    messages = {one.message for one in check_sdtm(small()) if one.rule == "sdtm.date-exists"}

    assert messages == {"AESTDTC has a day that does not exist."}


@pytest.mark.parametrize(
    "values",
    [
        [None, None],
        [1.5, float("nan")],
        ["", "x"],
        [True, False],
        [date(2012, 1, 1), None],
        [[1], [2]],
        ["x", 1],
    ],
    ids=["nothing", "numbers", "texts", "flags", "dates", "lists", "mixed"],
)
def test_whatever_a_variable_is_made_of_nothing_is_raised(values: list[object]) -> None:
    # Every variable of these domains, all of them wrong at once but for the subject.
    is_mixed = values == ["x", 1]
    column = pl.Series("x", values, dtype=pl.Object if is_mixed else None, strict=False)
    study = {}
    for name in ("DM", "AE", "EX", "VS", "DS", "IE", "SV", "SE", "CO", "TA", "TV", "TS", "RELREC", "SUPPAE"):
        guide = sdtm_domain(name)
        assert guide is not None
        frame = pl.DataFrame([column.alias(variable.name) for variable in guide.variables])
        if "USUBJID" in frame.columns:
            frame = frame.with_columns(pl.Series("USUBJID", ["01-001", "01-002"]))
        study[name] = Dataset(name=name, frame=frame)

    assert check_sdtm(study)
    # The subject too.
    alone = study["AE"].frame.with_columns(column.alias("USUBJID"))
    assert check_sdtm({"DM": study["DM"], "AE": replace(study["AE"], frame=alone)})


def test_a_variable_of_mixed_types_is_found() -> None:
    study = small()
    mixed = pl.Series("AETERM", ["RASH", 1, None, "x", 2.5], dtype=pl.Object)
    study["AE"] = replace(study["AE"], frame=study["AE"].frame.with_columns(mixed))

    assert ("AE, AETERM", "type = Object") in [(one.where, one.evidence) for one in check_sdtm(study)]


def test_datasets_without_records_and_no_datasets_are_findings() -> None:
    nothing = check_sdtm({})
    empty = check_sdtm({name: replace(one, frame=one.frame.clear()) for name, one in small().items()})

    assert [one.rule for one in nothing] == ["sdtm.demographics"]
    assert {"sdtm.demographics", "sdtm.no-records"} <= {one.rule for one in empty}


def test_only_variables_of_the_study_s_version_are_expected() -> None:
    guide = StandardReference(name="SDTMIG", version="3.1.2")
    study = {name: one for name, one in small().items() if name == "DM"}
    definition = DataDefinition(study="S", standards=(guide,))

    latest = {one.where for one in check_sdtm(study) if one.rule == "sdtm.expected-variable"}
    older = {one.where for one in check_sdtm(study, definition=definition) if one.rule == "sdtm.expected-variable"}

    # SDTMIG 3.1.3 brought RFXSTDTC, SDTMIG 3.3 ARMNRS; RFENDTC was always there.
    assert {"DM, RFXSTDTC", "DM, ARMNRS", "DM, RFENDTC"} <= latest
    assert "DM, RFENDTC" in older
    assert not {"DM, RFXSTDTC", "DM, ARMNRS"} & older


def test_the_pilot_s_own_errors_are_found_and_no_others(pilot: dict[str, Dataset]) -> None:
    counts = Counter(one.rule for one in check_sdtm(pilot) if one.severity == Severity.ERROR)

    # Looked up record by record: 52 screen failures with arm "Scrnfail"; events with a criterion of seriousness and
    # AESER = N (README of the data: all three deaths); one study day that is a year off; four doses a day after the
    # last one; nine totals of the NPI-X whose text is cut off, not rounded.
    assert counts == {
        "sdtm.arm": 104,
        "sdtm.serious": 43,
        "sdtm.result-numeric": 9,
        "sdtm.exposure-period": 4,
        "sdtm.study-day": 1,
    }


def test_a_define_1_0_describes_results_by_their_tests_and_not_the_tests(pilot: dict[str, Dataset]) -> None:
    level = ValueLevel(
        where="QSTESTCD = 'NPITM05'",
        variable=VariableMetadata(name="QSTESTCD", label="Presence", codelist="CL.PRESENCE"),
    )
    topic = VariableMetadata(name="QSTESTCD", label="Question Short Name", value_level=(level,))
    definition = DataDefinition(
        study="S",
        datasets={"QS": DatasetMetadata(name="QS", label="Questionnaires", variables=(topic,))},
        codelists={"CL.PRESENCE": Codelist(id="CL.PRESENCE", name="Presence", terms=(CodelistTerm(value="Y"),))},
    )

    rules = {one.rule for one in check_sdtm({"DM": pilot["DM"], "QS": pilot["QS"]}, definition=definition)}

    assert "sdtm.definition-codelist" not in rules


def test_the_pilot_is_checked_in_seconds(pilot: dict[str, Dataset]) -> None:
    started = time.process_time()
    findings = check_sdtm(pilot)
    seconds = time.process_time() - started

    # 233,731 records; a generous bound for slow machines, the bench measures.
    assert seconds < 10
    assert 0 < len(findings) < 1000


def test_a_broken_record_of_the_pilot_is_found_among_the_others(pilot: dict[str, Dataset]) -> None:
    laboratory = pilot["LB"]
    is_first = pl.int_range(pl.len()) == 1000
    broken = laboratory.frame.with_columns(
        LBDTC=pl.when(is_first).then(pl.lit("2013-02-30")).otherwise("LBDTC"),
        LBSTRESN=pl.when(is_first).then(-999.0).otherwise("LBSTRESN"),
    )
    record = broken.row(1000, named=True)
    place = f"LB, USUBJID {record['USUBJID']}, LBSEQ {record['LBSEQ']:g}"

    found = {one.rule for one in check_sdtm({**pilot, "LB": replace(laboratory, frame=broken)}) if one.where == place}

    assert {"sdtm.date-exists", "sdtm.result-numeric"} <= found


@pytest.mark.parametrize("seed", [1, 20250113])
def test_a_rehearsed_study_has_no_errors(seed: int) -> None:
    rehearsal = simulate_trial(example_study(), example_scenario(), np.random.default_rng(seed))

    findings = check_sdtm(rehearsal.domains)

    assert [one for one in findings if one.severity == Severity.ERROR] == []
    # What the study definition does not say of its trial summary is told, and nothing else is.
    assert {one.rule for one in findings if one.severity == Severity.WARNING} == {"sdtm.summary-parameter"}

"""The frame of the conformance checks: which datasets a rule is held to, and how offenders become findings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import polars as pl
import pytest

from trialwright.findings import Finding, Rule, Severity
from trialwright.standards import Dataset
from trialwright.standards.conformance import (
    CheckedDataset,
    CheckedStudy,
    Offence,
    Place,
    Records,
    RuleBook,
    checked_dataset,
    findings_of,
    fold_findings,
)

RULE = Rule(id="test.rule", title="It holds.", source="This test.")


def checked(name: str = "ADAE", **columns: list[object]) -> CheckedDataset:
    return checked_dataset(Dataset(name=name, frame=pl.DataFrame(columns)))


def test_a_finding_names_subject_sequence_and_values() -> None:
    data = checked(USUBJID=["01-701-1015"], AESEQ=[3.0], AESTDTC=["2012-02-30"], ASTDT=[date(2012, 3, 1)], AVAL=[0.5])

    [finding] = findings_of(RULE, data, Records(data.frame, "Wrong.", evidence=("AESTDTC", "ASTDT", "AVAL")))

    assert finding.where == "ADAE, USUBJID 01-701-1015, AESEQ 3"
    assert finding.evidence == "AESTDTC = '2012-02-30', ASTDT = 2012-03-01, AVAL = 0.5"
    assert finding.rule == "test.rule" and finding.severity is Severity.ERROR


def test_records_without_sequence_are_counted_from_one_and_what_is_missing_says_so() -> None:
    data = checked("ADVS", USUBJID=["A", None], PARAMCD=["SYSBP", "DIABP"], AVAL=[None, 2.0])

    findings = list(findings_of(RULE, data, Records(data.frame, "Wrong.", evidence=("AVAL",))))

    assert [f.where for f in findings] == [
        "ADVS, USUBJID A, PARAMCD SYSBP, record 1",
        "ADVS, USUBJID missing, PARAMCD DIABP, record 2",
    ]
    assert [f.evidence for f in findings] == ["AVAL = missing", "AVAL = 2"]


def test_a_record_without_its_sequence_is_told_by_its_number() -> None:
    data = checked("ADQS", USUBJID=["A", "A"], PARAMCD=["TOT", "TOT"], QSSEQ=[3.0, None])

    assert [f.where for f in findings_of(RULE, data, Records(data.frame, "Wrong."))] == [
        "ADQS, USUBJID A, PARAMCD TOT, QSSEQ 3",
        "ADQS, USUBJID A, PARAMCD TOT, record 2",
    ]


def test_of_several_sequences_the_own_one_of_the_dataset_is_meant() -> None:
    assert checked("ADTTE", SRCSEQ=[1.0]).sequence == ""
    assert checked("ADAE", CMSEQ=[1.0], AESEQ=[1.0]).sequence == "AESEQ"
    assert checked("LB", LBSEQ=[1.0]).sequence == "LBSEQ"
    assert checked("ADQSADAS", QSSEQ=[1.0]).sequence == "QSSEQ"


def test_a_place_is_a_dataset_or_one_of_its_variables() -> None:
    data = checked(USUBJID=["A"])

    assert [f.where for f in findings_of(RULE, data, Place("Missing.", variable="AESEQ"))] == ["ADAE, AESEQ"]
    assert [f.where for f in findings_of(RULE, data, Place("Empty."))] == ["ADAE"]
    assert [f.where for f in findings_of(RULE, None, Place("Missing.", where="ADSL"))] == ["ADSL"]


def test_a_rule_is_held_only_to_datasets_that_have_what_it_reads() -> None:
    book = RuleBook()

    @book.rule("test.positive", "AVAL is positive.", source="Test.", numbers=("AVAL",), texts=("USUBJID",))
    def positive(data: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
        yield Records(data.frame.filter(pl.col("AVAL") <= 0), "AVAL is not positive.", evidence=("AVAL",))

    def found(**columns: list[object]) -> list[Finding]:
        return book.findings(CheckedStudy(datasets={"ADVS": checked("ADVS", **columns)}))

    assert len(found(USUBJID=["A", "B"], AVAL=[-1.0, 1.0])) == 1
    assert found(USUBJID=["A"], AVAL=["text"]) == []
    assert found(AVAL=[-1.0]) == []
    assert found(USUBJID=[], AVAL=[]) == []
    assert found(USUBJID=[None], AVAL=[None]) == []


def test_two_rules_cannot_have_one_identifier() -> None:
    book = RuleBook()
    book.study_rule("test.one", "One.", source="Test.")(lambda study: ())

    with pytest.raises(ValueError, match=r"two rules test\.one"):
        book.study_rule("test.one", "Two.", source="Test.")(lambda study: ())


def test_empty_texts_and_nan_are_missing_and_midnights_are_dates() -> None:
    data = checked(
        AETERM=["", "RASH"],
        AVAL=[float("nan"), 1.0],
        ADT=[datetime(2014, 1, 2), None],
        ADTM=[datetime(2014, 1, 2, 3), None],
    )

    assert data.frame["AETERM"].to_list() == [None, "RASH"]
    assert data.frame["AVAL"].to_list() == [None, 1.0]
    assert data.is_date("ADT") and not data.is_date("ADTM")


def test_equal_findings_are_folded_with_their_number_and_first_examples() -> None:
    data = checked(USUBJID=[f"S{i}" for i in range(1000)], AESEQ=[1.0] * 1000)
    warning = Rule(id="test.note", title="Note.", source="Test.", severity=Severity.WARNING)
    findings = [
        *findings_of(warning, data, Place("Label differs.", variable="AESEQ")),
        *findings_of(RULE, data, Records(data.frame, "Wrong.")),
    ]

    folds = fold_findings(findings, examples=2)

    assert [(f.rule, f.dataset, f.count) for f in folds] == [("test.rule", "ADAE", 1000), ("test.note", "ADAE", 1)]
    assert [e.where for e in folds[0].examples] == ["ADAE, USUBJID S0, AESEQ 1", "ADAE, USUBJID S1, AESEQ 1"]

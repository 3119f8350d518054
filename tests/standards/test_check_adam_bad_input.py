"""Data that are not what they should be give findings, never a traceback."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import polars as pl
import pytest

from trialwright.findings import Finding
from trialwright.standards import Dataset
from trialwright.standards.conformance import check_adam
from trialwright.standards.metadata import Codelist, CodelistTerm, DataDefinition, DatasetMetadata, VariableMetadata

ADSL = pl.DataFrame(
    {
        "STUDYID": ["S", "S"],
        "USUBJID": ["A", "B"],
        "TRT01P": ["Active", "Placebo"],
        "SAFFL": ["Y", "Y"],
        "TRTSDT": [date(2014, 1, 1), date(2014, 1, 1)],
    }
)
ADVS = pl.DataFrame(
    {
        "STUDYID": ["S"] * 3,
        "USUBJID": ["A", "A", "B"],
        "TRTP": ["Active", "Active", "Placebo"],
        "PARAM": ["Pulse"] * 3,
        "PARAMCD": ["PULSE"] * 3,
        "AVISIT": ["Baseline", "Week 2", "Baseline"],
        "AVISITN": [0.0, 2.0, 0.0],
        "AVAL": [60.0, 70.0, 80.0],
        "BASE": [60.0, 60.0, 80.0],
        "CHG": [0.0, 10.0, 0.0],
        "ABLFL": ["Y", None, "Y"],
        "ANL01FL": ["Y", "Y", "Y"],
        "ADT": [date(2014, 1, 1)] * 3,
        "ADY": [1.0] * 3,
        "TRTSDT": [date(2014, 1, 1)] * 3,
    }
)
DEFINITION = DataDefinition(
    study="S",
    datasets={
        name: DatasetMetadata(
            name=name,
            label=name,
            keys=keys,
            variables=tuple(
                VariableMetadata(
                    name=column,
                    label=column,
                    type="text" if dtype == pl.String else ("float" if dtype.is_numeric() else "date"),
                    length=10,
                    codelist="CL.TEXT" if dtype == pl.String else "CL.NUMBER",
                )
                for column, dtype in frame.schema.items()
            ),
        )
        for name, frame, keys in (("ADSL", ADSL, ("USUBJID",)), ("ADVS", ADVS, ("USUBJID", "PARAMCD", "AVISIT")))
    },
    codelists={
        "CL.TEXT": Codelist(
            id="CL.TEXT",
            name="Text",
            terms=tuple(
                CodelistTerm(value=value)
                for value in ("S", "A", "B", "Active", "Placebo", "Y", "Pulse", "PULSE", "Baseline", "Week 2")
            ),
        ),
        "CL.NUMBER": Codelist(
            id="CL.NUMBER",
            name="Number",
            terms=tuple(CodelistTerm(value=value) for value in ("0", "1", "2", "10", "60", "70", "80", "none")),
        ),
    },
)
VALUES: dict[str, tuple[object, pl.DataType]] = {
    "text": ("x", pl.String()),
    "number": (1.5, pl.Float64()),
    "not a number": (float("nan"), pl.Float64()),
    "infinite number": (float("inf"), pl.Float32()),
    "whole number": (1, pl.Int8()),
    "truth": (True, pl.Boolean()),
    "date": (date(2014, 1, 1), pl.Date()),
    "moment": (datetime(2014, 1, 1, 8), pl.Datetime()),
    "time": (time(8), pl.Time()),
    "duration": (timedelta(days=1), pl.Duration()),
    "nothing": (None, pl.Null()),
    "bytes": (b"\xff", pl.Binary()),
    "list": ([1.0], pl.List(pl.Float64())),
    "structure": ({"a": 1}, pl.Struct({"a": pl.Int64()})),
    "category": ("x", pl.Categorical()),
    "decimal": (Decimal("1.50"), pl.Decimal(10, 2)),
}


def wrong(variable: str, kind: str, records: int) -> pl.Series:
    """Records of another type: all but the last have a value."""
    value, dtype = VALUES[kind]
    return pl.Series(variable, [value] * (records - 1) + [None], dtype=dtype)


def check(adsl: pl.DataFrame = ADSL, advs: pl.DataFrame = ADVS, domains: bool = False) -> list[Finding]:
    study = {"ADSL": Dataset(name="ADSL", frame=adsl), "ADVS": Dataset(name="ADVS", frame=advs)}
    sdtm = {"DM": Dataset(name="DM", frame=adsl), "VS": Dataset(name="VS", frame=advs)} if domains else None
    return check_adam(study, domains=sdtm, definition=DEFINITION)


def test_the_data_of_these_tests_are_good() -> None:
    assert {finding.where for finding in check() if finding.rule != "adam.required-variable"} == set()


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("variable", ADVS.columns)
def test_no_type_of_any_variable_stops_the_check(variable: str, kind: str) -> None:
    findings = check(advs=ADVS.with_columns(wrong(variable, kind, 3)), domains=True)

    assert all(finding.where for finding in findings)


@pytest.mark.parametrize("variable", ADSL.columns)
@pytest.mark.parametrize("kind", VALUES)
def test_no_type_of_any_variable_of_adsl_stops_the_check(variable: str, kind: str) -> None:
    findings = check(adsl=ADSL.with_columns(wrong(variable, kind, 2)), domains=True)

    assert all(finding.where for finding in findings)


@pytest.mark.parametrize("variable", ADVS.columns)
def test_no_missing_variable_stops_the_check(variable: str) -> None:
    findings = check(advs=ADVS.drop(variable), domains=True)

    required = ("STUDYID", "USUBJID", "PARAM", "PARAMCD", "AVAL")
    missing = [f.where for f in findings if f.rule in ("adam.required-variable", "adam.treatment-variable")]
    assert (f"ADVS, {variable}" in missing) == (variable in required)


def test_a_text_where_a_number_belongs_is_one_finding() -> None:
    findings = check(advs=ADVS.with_columns(AVAL=pl.Series(["60", "70", "high"])))

    assert ("adam.type", "ADVS, AVAL") in [(finding.rule, finding.where) for finding in findings]


def test_a_truth_value_where_a_flag_belongs_is_one_finding() -> None:
    findings = check(advs=ADVS.with_columns(ABLFL=pl.Series([True, False, True])))

    assert ("adam.type", "ADVS, ABLFL") in [(finding.rule, finding.where) for finding in findings]


def test_a_dataset_without_records_or_variables_is_told() -> None:
    assert "adam.empty" in [finding.rule for finding in check(advs=ADVS.clear(), domains=True)]
    assert "adam.empty" in [finding.rule for finding in check(advs=pl.DataFrame())]
    assert "adam.empty" in [finding.rule for finding in check(adsl=ADSL.clear(), domains=True)]


def test_a_study_without_datasets_lacks_its_adsl() -> None:
    assert [finding.rule for finding in check_adam({})] == ["adam.adsl"]


def test_a_missing_subject_is_found_and_unknown_to_no_rule() -> None:
    subjects = pl.Series("USUBJID", [None, "A", "B"])

    findings = check(advs=ADVS.with_columns(subjects))

    assert ("adam.required-value", "ADVS, USUBJID missing, PARAMCD PULSE, record 1") in [
        (finding.rule, finding.where) for finding in findings
    ]


def test_duplicates_in_adsl_do_not_multiply_the_records_of_others() -> None:
    changed = ADVS.with_columns(pl.lit(date(2014, 1, 2)).alias("TRTSDT"))

    findings = check(adsl=pl.concat([ADSL, ADSL]), advs=changed)

    assert [f.where for f in findings if f.rule == "adam.as-adsl"] == [
        "ADVS, USUBJID A, PARAMCD PULSE, record 1",
        "ADVS, USUBJID A, PARAMCD PULSE, record 2",
        "ADVS, USUBJID B, PARAMCD PULSE, record 3",
    ]


@pytest.mark.parametrize(
    ("aval", "base", "chg"),
    [
        (0.3, 0.1, 0.19999999999999998),  # as binary arithmetic has it
        (0.3, 0.1, 0.2),
        (1e15, 1e15, 0.0),
        (1e-12, 3e-12, -2e-12),
    ],
)
def test_the_last_digits_of_binary_numbers_are_no_finding(aval: float, base: float, chg: float) -> None:
    values = {"AVAL": [base, aval, 80.0], "BASE": [base, base, 80.0], "CHG": [0.0, chg, 0.0]}

    findings = check(advs=ADVS.with_columns(pl.Series(name, value) for name, value in values.items()))

    assert [finding for finding in findings if finding.rule == "adam.change"] == []


@pytest.mark.parametrize("chg", [0.2000001, 0.1999999, -0.2, 0.0])
def test_a_difference_beyond_the_tolerance_is_a_finding(chg: float) -> None:
    values = {"AVAL": [0.1, 0.3, 80.0], "BASE": [0.1, 0.1, 80.0], "CHG": [0.0, chg, 0.0]}

    findings = check(advs=ADVS.with_columns(pl.Series(name, value) for name, value in values.items()))

    assert [finding.where for finding in findings if finding.rule == "adam.change"] == [
        "ADVS, USUBJID A, PARAMCD PULSE, record 2"
    ]


def test_a_change_without_a_baseline_is_a_finding() -> None:
    findings = check(advs=ADVS.with_columns(BASE=pl.Series([60.0, None, 80.0])))

    [found] = [finding for finding in findings if finding.rule == "adam.change"]
    assert found.evidence == "CHG = 10, AVAL = 70, BASE = missing"


def test_the_datasets_are_not_changed() -> None:
    advs = Dataset(name="ADVS", frame=ADVS)
    before = replace(advs, frame=ADVS.clone()).digest()

    check_adam({"ADSL": Dataset(name="ADSL", frame=ADSL), "ADVS": advs})

    assert advs.digest() == before

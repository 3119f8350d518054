"""Grades of toxicity against the text of CTCAE 5.0."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest
from tests.validation import References

from trialwright.analysis import Analysis, AnalysisPlan, AnalysisSet, Grouping, Level, analyze
from trialwright.derivation.functions.toxicity_grades import grade_toxicity
from trialwright.results import Results
from trialwright.standards.datasets import Dataset
from trialwright.standards.toxicity_criteria import ToxicityCriterion, normal_unit, toxicity_criteria

nan = float("nan")
CTCAE = "Common Terminology Criteria for Adverse Events 5.0 (U.S. NCI, 27 November 2017), the criterion's row"


def criterion(term: str, test: str | None = None) -> ToxicityCriterion:
    return next(one for one in toxicity_criteria() if one.term == term and (test is None or test in one.tests))


def grade(
    term: str,
    value: float,
    limits: Mapping[str, float] | None = None,
    *,
    unit: str = "U/L",
    has_symptoms: bool = False,
) -> float:
    given = limits or {}
    values, lower, upper, baseline = (
        np.array([number]) for number in (value, *(given.get(name, nan) for name in ("lower", "upper", "baseline")))
    )
    return float(
        grade_toxicity(
            values, criterion(term), lower=lower, upper=upper, baseline=baseline, unit=unit, has_symptoms=has_symptoms
        )[0]
    )


# (term, value, range and baseline, unit, grade): values at and beside the bounds that the criteria print.
CASES: list[tuple[str, float, dict[str, float], str, float]] = [
    # >ULN - 3.0 x ULN; >3.0 - 5.0; >5.0 - 20.0; >20.0, if baseline was normal
    ("Alanine aminotransferase increased", 40, {"upper": 40}, "U/L", 0),
    ("Alanine aminotransferase increased", 41, {"upper": 40}, "U/L", 1),
    ("Alanine aminotransferase increased", 120, {"upper": 40}, "U/L", 1),
    ("Alanine aminotransferase increased", 121, {"upper": 40}, "U/L", 2),
    ("Alanine aminotransferase increased", 201, {"upper": 40}, "U/L", 3),
    ("Alanine aminotransferase increased", 801, {"upper": 40}, "U/L", 4),
    # 1.5 - 3.0 x baseline if baseline was abnormal
    ("Alanine aminotransferase increased", 89, {"upper": 40, "baseline": 60}, "U/L", 0),
    ("Alanine aminotransferase increased", 90, {"upper": 40, "baseline": 60}, "U/L", 1),
    ("Alanine aminotransferase increased", 181, {"upper": 40, "baseline": 60}, "U/L", 2),
    ("Alkaline phosphatase increased", 251, {"upper": 100}, "U/L", 2),
    ("Alkaline phosphatase increased", 240, {"upper": 100, "baseline": 120}, "U/L", 1),
    # bilirubin: > 1.0 - 1.5 x baseline if baseline was abnormal
    ("Blood bilirubin increased", 30, {"upper": 20, "baseline": 30}, "umol/L", 0),
    ("Blood bilirubin increased", 31, {"upper": 20, "baseline": 30}, "umol/L", 1),
    ("Blood bilirubin increased", 201, {"upper": 20}, "umol/L", 4),
    # <LLN - 10.0 g/dL; <10.0 - 8.0; <8.0; and in the other units
    ("Anemia", 119, {"lower": 120}, "g/L", 1),
    ("Anemia", 100, {"lower": 120}, "g/L", 1),
    ("Anemia", 99, {"lower": 120}, "g/L", 2),
    ("Anemia", 7.9, {"lower": 12}, "g/dL", 3),
    ("Anemia", 6.1, {"lower": 7.5}, "mmol/L", 2),
    ("Hemoglobin increased", 181, {"upper": 160}, "g/L", 2),
    ("Hemoglobin increased", 20.1, {"upper": 16}, "g/dL", 3),
    # creatinine: >1.5 - 3.0 x baseline; >1.5 - 3.0 x ULN; >3.0 baseline; >3.0 - 6.0 x ULN; >6.0 x ULN
    ("Creatinine increased", 110, {"upper": 100, "baseline": 80}, "umol/L", 1),
    ("Creatinine increased", 121, {"upper": 100, "baseline": 80}, "umol/L", 2),
    ("Creatinine increased", 241, {"upper": 100, "baseline": 80}, "umol/L", 3),
    ("Creatinine increased", 601, {"upper": 100}, "umol/L", 4),
    ("Neutrophil count decreased", 1.49, {"lower": 2}, "10^9/L", 2),
    ("Neutrophil count decreased", 0.49, {"lower": 2}, "GI/L", 4),
    ("Platelet count decreased", 74, {"lower": 150}, "10*9/L", 2),
    ("Lymphocyte count increased", 4.1, {}, "10^9/L", 2),
    ("White blood cell decreased", 2.9, {"lower": 4}, "10^9/L", 2),
    ("Leukocytosis", 101, {}, "10^9/L", 3),
    ("Hyperkalemia", 5.6, {"upper": 5}, "mmol/L", 2),
    ("Hyperkalemia", 7.1, {"upper": 5}, "mmol/L", 4),
    ("Hypokalemia", 3.4, {"lower": 3.5}, "mmol/L", 1),
    ("Hypokalemia", 2.9, {"lower": 3.5}, "mmol/L", 3),
    ("Hypernatremia", 151, {"upper": 145}, "mmol/L", 2),
    # hyponatremia: <LLN - 130; 125 - 129 asymptomatic; 120 - 124; <120
    ("Hyponatremia", 130, {"lower": 135}, "mmol/L", 1),
    ("Hyponatremia", 129, {"lower": 135}, "mmol/L", 2),
    ("Hyponatremia", 124, {"lower": 135}, "mmol/L", 3),
    ("Hyponatremia", 119, {"lower": 135}, "mmol/L", 4),
    ("Hypoglycemia", 54, {"lower": 70}, "mg/dL", 2),
    ("Hypoglycemia", 2.1, {"lower": 3.9}, "mmol/L", 3),
    ("Hypoalbuminemia", 29, {"lower": 35}, "g/L", 2),
    ("Hypertriglyceridemia", 150, {}, "mg/dL", 1),
    ("Hypertriglyceridemia", 1.70, {}, "mmol/L", 0),
    ("Hypertriglyceridemia", 11.5, {}, "mmol/L", 4),
    ("Cholesterol high", 401, {"upper": 200}, "mg/dL", 3),
    ("CPK increased", 501, {"upper": 100}, "U/L", 3),
    ("INR increased", 1.3, {}, "", 1),
    ("Hypermagnesemia", 1.24, {"upper": 1}, "mmol/L", 3),
    ("Hyperuricemia", 500, {"upper": 400}, "umol/L", 1),
]


@pytest.mark.validates("toxicity_grades")
@pytest.mark.parametrize(("term", "value", "limits", "unit", "expected"), CASES)
def test_grades_are_those_that_the_criteria_print(
    term: str, value: float, limits: dict[str, float], unit: str, expected: float, reference: References
) -> None:
    said = ", ".join(f"{name} {number:g}" for name, number in limits.items())

    reference.holds(
        f"{term}: {value:g} {unit}{f' ({said})' if said else ''}",
        grade(term, value, limits, unit=unit),
        expected,
        tolerance=0,
        source=CTCAE,
    )


@pytest.mark.parametrize(
    ("term", "value", "limits", "expected"),
    [
        ("Hypokalemia", 3.4, {"lower": 3.5}, 2),
        ("Hyponatremia", 129, {"lower": 135}, 3),
        ("Lipase increased", 130, {"upper": 60}, 3),
        ("Hyperuricemia", 500, {"upper": 400}, 3),
    ],
)
def test_symptoms_make_the_grade_worse_where_the_criteria_say_so(
    term: str, value: float, limits: dict[str, float], expected: float
) -> None:
    assert grade(term, value, limits, unit="mmol/L", has_symptoms=True) == expected
    assert grade(term, value, limits, unit="mmol/L") < expected


def test_what_cannot_be_graded_has_no_grade() -> None:
    assert np.isnan(grade("Anemia", nan, {"lower": 120}, unit="g/L"))
    assert np.isnan(grade("Anemia", 110, unit="g/L"))  # whether it is below a range that is not known
    assert grade("Anemia", 70, unit="g/L") == 3  # below 80 whatever the range
    assert np.isnan(grade("Hyperkalemia", 5.2, {"upper": 5}, unit="mg/dL"))  # the criteria have no mg/dL
    assert np.isnan(grade("Alanine aminotransferase increased", 500))


def test_a_product_that_is_not_exact_does_not_move_a_bound() -> None:
    # 3 x 0.1 is 0.30000000000000004; a value of 0.3 is at the bound, and one a little above it is beyond.
    assert grade("Creatinine increased", 0.3, {"upper": 0.1}, unit="mg/dL") == 2
    assert grade("Creatinine increased", 0.301, {"upper": 0.1}, unit="mg/dL") == 3


def test_units_are_compared_by_what_they_mean() -> None:
    assert normal_unit("x10E9/L") == normal_unit("GI/L") == normal_unit("10^9 / L")
    assert normal_unit("µmol/L") == normal_unit("umol/L")


def test_every_criterion_has_grades_in_ascending_severity() -> None:
    for one in toxicity_criteria():
        for grades in (one.grades, one.abnormal, one.symptoms):
            values = [bounds[0].factor if bounds[0].base else bounds[0].added for bounds in grades.values()]
            same_base = [bounds[0].base for bounds in grades.values()]
            if len(set(same_base)) == 1 and not any(bounds[0].added and bounds[0].base for bounds in grades.values()):
                assert values == sorted(values, reverse=one.direction == "low"), one.term


def run(records: pl.DataFrame, **options: bool) -> Results:
    subjects = pl.DataFrame({"USUBJID": ["S1", "S2", "S3"], "ARM": ["A", "A", "B"]})
    arm = Grouping(id="arm", variable="ARM", levels=(Level(value="A", label="A"), Level(value="B", label="B")))
    analysis = Analysis(
        id="a",
        method="toxicity_grades",
        dataset="ADLB",
        population="all",
        variables=("AVAL",),
        by=("arm",),
        options=options,
    )
    plan = AnalysisPlan(
        title="",
        alpha=0.05,
        analysis_sets={"all": AnalysisSet(id="all", label="All")},
        groupings={"arm": arm},
        analyses={"a": analysis},
        displays={},
    )
    return analyze(plan, {"ADSL": Dataset(name="ADSL", frame=subjects), "ADLB": Dataset(name="ADLB", frame=records)})


RECORDS = pl.DataFrame(
    {
        "USUBJID": ["S1", "S1", "S2", "S3", "S3"],
        "PARAMCD": ["K"] * 5,
        "PARAM": ["Potassium (mmol/L)"] * 5,
        "AVAL": [5.6, 6.5, 4.0, 2.9, 3.9],
        "BASE": [5.2, 5.2, 4.1, 4.0, 4.0],
        "ANRLO": [3.5] * 5,
        "ANRHI": [5.0] * 5,
    }
)


def test_subjects_count_once_in_their_worst_grade_and_by_the_grade_at_baseline() -> None:
    results = run(RECORDS)

    assert results["a/ARM=A/PARAMCD=K/ATOXGRH=3/n"].stat == 1
    assert results["a/ARM=A/PARAMCD=K/ATOXGRH=0/n"].stat == 1
    assert results["a/ARM=A/PARAMCD=K/ATOXGRH=3-4/p"].stat == 0.5
    assert results["a/ARM=A/PARAMCD=K/BTOXGRH=1/ATOXGRH=3/n"].stat == 1
    assert results["a/ARM=A/PARAMCD=K/BTOXGRH=1/ATOXGRH=3/N"].stat == 1
    assert results["a/ARM=B/PARAMCD=K/ATOXGRL=3/n"].stat == 1
    assert results["a/ARM=B/PARAMCD=K/BTOXGRL=0/ATOXGRL=3/n"].stat == 1


def test_values_in_a_unit_without_criteria_are_said() -> None:
    results = run(RECORDS.with_columns(PARAM=pl.lit("Potassium (mg/dL)")))

    assert results["a/ARM=A/PARAMCD=K/ATOXGRH=3/N"].stat == 0
    assert "no K can be graded" in results["a/ARM=A/PARAMCD=K/ATOXGRH=3/p"].warnings
    assert results["a/ARM=A/PARAMCD=K/ATOXGRH=3/p"].stat_text == "NE"

"""Ratios, repeated measures, grades of toxicity, the liver and groups of events, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.writing.report_inputs import ARMS, analysis, plan_of, result, section_text

from trialwright.analysis.plan import Analysis, FrequentEvents, OptionValue
from trialwright.displays.formats import refer
from trialwright.displays.model import Cell, Row, Table
from trialwright.documents.model import Document
from trialwright.results import Result, Results
from trialwright.study import Study, example_study
from trialwright.writing import write_csr


@pytest.fixture(scope="module")
def study() -> Study:
    return example_study()


def report(study: Study, rows: list[Result], *analyses: Analysis, frequent: FrequentEvents | None = None) -> Document:
    return write_csr(study, replace(plan_of(*analyses), frequent_events=frequent), Results.of(rows), [])


def ratio(stat: str, value: float | None, p_value: float | None, *, warnings: str = "") -> list[Result]:
    level = "High / Placebo"
    return [
        result("r", stat, value, level=level, warnings=warnings),
        result("r", "ci_lower", None if value is None else value / 2, level=level),
        result("r", "ci_upper", None if value is None else value * 2, level=level),
        result("r", "conf_level", 0.95, level=level),
        result("r", "p_value", p_value, level=level),
    ]


@pytest.mark.parametrize(
    ("stat", "value", "expected"),
    [
        (
            "hazard_ratio",
            0.5,
            "The hazard was lower in the High group than in the Placebo group (hazard ratio 0.50; 95% CI",
        ),
        (
            "odds_ratio",
            2.0,
            "The odds were higher in the High group than in the Placebo group (odds ratio 2.00; 95% CI",
        ),
        ("rate_ratio", 1.001, "The rate did not differ between the High and the Placebo group to the precision shown"),
    ],
)
def test_a_ratio_is_judged_against_one(study: Study, stat: str, value: float, expected: str) -> None:
    text = section_text(
        report(study, ratio(stat, value, 0.01), analysis("r", "some_model", "primary_efficacy")), "11.4.1.1"
    )

    assert expected in text
    assert "This difference was statistically significant." in text


def test_a_ratio_that_has_no_number_says_why(study: Study) -> None:
    rows = ratio("hazard_ratio", None, None, warnings="no events in the arm High")

    text = section_text(report(study, rows, analysis("r", "some_model", "primary_efficacy")), "11.4.1.1")

    assert "hazard ratio of the hazard between the High and the Placebo group could not be estimated" in text
    assert "(no events in the arm High)" in text


def test_repeated_measures_are_told_at_the_last_visit(study: Study) -> None:
    rows = []
    for visit, value in (("8", -1.0), ("16", -3.0)):
        outer = (("AVISITN", visit),)
        for arm in ARMS:
            rows += [
                result("m", "lsmean", value, level=arm, outer=outer),
                result("m", "se", 0.5, level=arm, outer=outer),
            ]
        rows += [
            result("m", "difference", value / 2, level="High - Placebo", outer=outer),
            result("m", "p_value", 0.02, level="High - Placebo", outer=outer),
        ]

    text = section_text(report(study, rows, analysis("m", "mmrm", "supportive_efficacy")), "11.4.1.1")

    assert "(difference -1.50; p = 0.0200)" in text
    assert "-0.50" not in text


def counts(
    id: str,
    values: tuple[int, int, int],
    *,
    variable: str,
    level: str | None,
    outer: tuple[tuple[str, str], ...] = (),
) -> list[Result]:
    rows = []
    for arm, n in zip(ARMS, values, strict=True):
        for stat, value in (("n", n), ("N", 20), ("p", n / 20)):
            rows.append(result(id, stat, value, level=arm, variable=variable, variable_level=level, outer=outer))
    return rows


def test_the_liver_is_told_by_hys_law(study: Study) -> None:
    liver = analysis("liver", "liver_safety", "laboratory", label="Liver")
    some = counts("liver", (0, 1, 0), variable="QUADRANT", level="Hy's law")
    nobody = counts("liver", (0, 0, 0), variable="QUADRANT", level="Hy's law")

    assert (
        "Liver: peaks above the limits of Hy's law were found in none of 20 patients in the Placebo group, 1 of 20"
        in (section_text(report(study, some, liver), "12.4.2.3"))
    )
    assert "Liver: no patient had peaks above the limits of Hy's law." in section_text(
        report(study, nobody, liver), "12.4.2.3"
    )


def test_grades_of_three_or_four_are_told_by_parameter(study: Study) -> None:
    grades = analysis("tox", "toxicity_grades", "laboratory", label="Toxicity")
    potassium = counts("tox", (0, 2, 1), variable="ATOXGRH", level="3-4", outer=(("PARAMCD", "K"),))
    sodium = counts("tox", (0, 0, 0), variable="ATOXGRL", level="3-4", outer=(("PARAMCD", "SODIUM"),))

    text = section_text(report(study, potassium + sodium, grades), "12.4.2.3")
    none = section_text(report(study, sodium, grades), "12.4.2.3")

    assert "K, high values: none of 20 patients in the Placebo group, 2 of 20 patients (10.0%) in the Low group" in text
    assert "odium" not in text
    assert "no toxicity of grade three or four was found" in none


def test_groups_of_events_are_told_for_each_arm(study: Study) -> None:
    groups = analysis(
        "aesi", "event_groups", "safety_other", label="Events of special interest", variables=("AEDECOD",)
    )
    rows = counts("aesi", (1, 2, 3), variable="USUBJID", level=None, outer=(("EVENTGRP", "Cutaneous"),))

    text = section_text(report(study, rows, groups), "12.2.2")

    assert "Events of special interest, by group of terms:" in text
    assert "Cutaneous: 1 of 20 patients (5.0%) in the Placebo group, 2 of 20" in text


def test_terms_are_named_as_more_frequent_by_the_plans_thresholds(study: Study) -> None:
    events = analysis("teae", "incidence", "teae", label="TEAEs", variables=("AEDECOD",))
    rows = [
        *counts("teae", (1, 2, 4), variable="AEDECOD", level="RASH"),
        *counts("teae", (2, 2, 3), variable="AEDECOD", level="ITCH"),
    ]

    text = section_text(report(study, rows, events, frequent=FrequentEvents(percent=5, times=2)), "12.2.2")
    silent = section_text(report(study, rows, events), "12.2.2")

    assert (
        "Terms reported for at least 5% of the patients in the High group and more often than in the Placebo group "
        "(at least 2 times the proportion) were: Rash (20.0% and 5.0%)." in text
    )
    assert "percentage points" not in text
    assert "for at least" not in silent


def test_interactions_are_told_by_subgroup(study: Study) -> None:
    test = analysis(
        "i", "interaction", "subgroup", label="Subgroups", options={"subgroups": ("SEX", "REGION1", "AGEGR1")}
    )
    rows = [
        result("i", "p_value", 0.01, variable="SEX"),
        result("i", "p_value", 0.3, variable="REGION1"),
        result("i", "p_value", None, variable="AGEGR1"),
    ]

    text = section_text(report(study, rows, test), "11.4.2.8")

    assert "differed at the unadjusted two-sided level of 0.05 between subgroups by sex (p = 0.0100)." in text
    assert "no difference in the effect of treatment was found" in text
    assert "by region (p = 0.3000)." in text
    assert "no test could be computed for subgroups by age group." in text


def test_a_multiple_test_procedure_tells_which_hypotheses_it_rejects(study: Study) -> None:
    options: dict[str, OptionValue] = {
        "hypotheses": {
            "H1": {"analysis": "primary", "contrast": ("High", "Placebo")},
            "H2": {"analysis": "primary", "contrast": ("Low", "Placebo")},
            "H3": {"analysis": "primary"},
        }
    }
    rows = []
    for name, p_value, rejected in (("H1", 0.02, 1.0), ("H2", 0.3, 0.0), ("H3", 0.4, 0.0)):
        rows += [
            result("g", "p_adjusted", p_value, variable=name),
            result("g", "rejected", rejected, variable=name),
        ]
    tested = analysis("primary", "ancova", "primary_efficacy")
    procedure = analysis("g", "fixed_sequence", "multiplicity", label="Order of testing", options=options)

    text = section_text(report(study, rows, tested, procedure), "11.4.2.5")

    assert "The null hypothesis was rejected for Change in score, High versus Placebo (adjusted p = 0.0200)." in text
    assert (
        "Null hypotheses were not rejected for Change in score, Low versus Placebo (adjusted p = 0.3000) and "
        "Change in score (adjusted p = 0.4000)." in text
    )


def test_a_procedure_that_names_its_endpoint_does_not_repeat_it(study: Study) -> None:
    options: dict[str, OptionValue] = {"hypotheses": {"H1": {"analysis": "primary", "contrast": ("High", "Placebo")}}}
    rows = [result("g", "p_adjusted", 0.02, variable="H1"), result("g", "rejected", 1.0, variable="H1")]
    tested = analysis("primary", "ancova", "primary_efficacy")
    procedure = analysis("g", "fixed_sequence", "multiplicity", label="Change in score, in order", options=options)

    text = section_text(report(study, rows, tested, procedure), "11.4.2.5")

    assert "Change in score, in order: The null hypothesis was rejected for High versus Placebo (adjusted p" in text


def test_a_difference_of_proportions_is_told_in_percentage_points(study: Study) -> None:
    level = "High - Placebo"
    rows = [result("d", "difference", 0.249, level=level), result("d", "p_value", 0.00001, level=level)]
    one = analysis("d", "risk_difference", "secondary_efficacy", label="Response")
    shown = Row(label=Cell(), cells=(Cell((refer(rows[0], "%.1"),)),))
    table = Table(id="1", title="Responders", population="", headers=(), rows=(shown,), purpose="secondary_efficacy")

    document = write_csr(study, plan_of(one), Results.of(rows), [table])
    text = section_text(document, "11.4.1.1")

    assert "The percentage of patients was higher in the High group than in the Placebo group" in text
    assert "(difference in percentage points 24.9; p <0.0001)" in text


@pytest.mark.parametrize(
    ("point", "warnings", "expected"),
    [
        (3.5, "", "was no longer statistically significant when imputed values were made worse by 3.50."),
        (
            None,
            "significant under every delta up to 10",
            "none of the penalties was a tipping point (significant",
        ),
    ],
)
def test_a_tipping_point_is_told_at_the_last_visit(
    study: Study, point: float | None, warnings: str, expected: str
) -> None:
    rows = [
        result("t", "tipping_point", value, level="High - Placebo", outer=(("AVISITN", visit),), warnings=words)
        for visit, value, words in (("8", 1.0, ""), ("16", point, warnings))
    ]

    options: dict[str, OptionValue] = {"deltas": (0, 1), "contrasts": (("High", "Placebo"),)}
    one = analysis("t", "tipping_point", "missing_data", options=options)
    text = section_text(report(study, rows, one), "11.4.2.2")

    assert expected in text


def test_simultaneous_comparisons_tell_the_adjusted_p_value(study: Study) -> None:
    level = "High - Placebo"
    rows = [
        result("d", "difference", -1.0, level=level),
        result("d", "p_value", 0.01, level=level),
        result("d", "p_adjusted", 0.06, level=level),
    ]

    text = section_text(report(study, rows, analysis("d", "dunnett", "supportive_efficacy")), "11.4.1.1")

    assert "adjusted p = 0.0600" in text
    assert "was not statistically significant" in text
    assert "0.0100" not in text


def test_tables_of_the_liver_are_cited_where_the_liver_is_told(study: Study) -> None:
    liver = analysis("liver", "liver_safety", "laboratory", label="Liver")
    rows = counts("liver", (0, 1, 0), variable="QUADRANT", level="Hy's law")
    shown = Row(label=Cell(), cells=(Cell((refer(rows[0], ".0"),)),))
    table = Table(id="1", title="Liver", population="", headers=(), rows=(shown,), section="14.3", purpose="laboratory")

    document = write_csr(study, plan_of(liver), Results.of(rows), [table])

    assert "See" in section_text(document, "12.4.2.3")
    assert "See" not in section_text(document, "12.4.2.1")

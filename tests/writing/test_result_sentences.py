"""Sentences follow the results: other numbers, other sentences, and no number typed."""

from __future__ import annotations

import re

import pytest
from tests.writing.report_inputs import (
    analysis,
    ancova_results,
    count_results,
    plan_of,
    result,
    runs,
    section_blocks,
    section_text,
)

from trialwright.analysis.plan import Analysis
from trialwright.documents.model import Document
from trialwright.inlines import Text
from trialwright.results import Result, Results
from trialwright.study import Study, example_study
from trialwright.writing import write_csr


@pytest.fixture(scope="module")
def study() -> Study:
    return example_study()


def report(study: Study, rows: list[Result], *analyses: Analysis, alpha: float = 0.05) -> Document:
    return write_csr(study, plan_of(*analyses, alpha=alpha), Results.of(rows), [])


def primary(study: Study, difference: float | None, p_value: float | None, **more: str | float) -> str:
    better = more.get("better")
    one = analysis("primary", "ancova", "primary_efficacy", better=str(better) if better else None)
    rows = ancova_results(difference, p_value, warnings=str(more.get("warnings", "")))
    return section_text(report(study, rows, one, alpha=float(more.get("alpha", 0.05))), "11.4.1.1")


def test_a_significant_lower_mean_is_told_as_such(study: Study) -> None:
    text = primary(study, -2.0, 0.012)

    assert "The LS mean was lower in the High group than in the Placebo group" in text
    assert "(difference -2.00; 95% CI -3.00 to -1.00; p = 0.0120)" in text
    assert "This difference was statistically significant" in text


def test_a_difference_that_is_not_significant_is_told_as_such(study: Study) -> None:
    text = primary(study, -2.0, 0.31)

    assert "was not statistically significant" in text
    assert "difference was statistically significant" not in text


def test_significance_is_judged_against_the_plan_and_on_the_unrounded_value(study: Study) -> None:
    assert "was not statistically significant" in primary(study, -2.0, 0.03, alpha=0.025)
    assert "was not statistically significant" in primary(study, -2.0, 0.05)
    assert "difference was statistically significant" in primary(study, -2.0, 0.04999999)


def test_a_reversed_direction_reverses_the_sentence(study: Study) -> None:
    assert "The LS mean was higher in the High group than in the Placebo group" in primary(study, 2.0, 0.012)


def test_a_difference_that_is_shown_as_zero_is_no_direction(study: Study) -> None:
    text = primary(study, -0.0004, 0.99)

    assert "did not differ between the High and the Placebo group to the precision shown" in text
    assert "lower" not in text


@pytest.mark.parametrize(
    ("difference", "p_value", "better", "expected"),
    [
        (-2.0, 0.01, "lower", "This difference, in favour of High, was statistically significant"),
        (2.0, 0.01, "lower", "This difference, in favour of Placebo, was statistically significant"),
        (2.0, 0.01, "higher", "This difference, in favour of High, was statistically significant"),
        (-2.0, 0.4, "lower", "This difference, numerically in favour of High, was not statistically significant"),
    ],
)
def test_in_whose_favor_is_told_only_if_the_plan_says_what_is_better(
    study: Study, difference: float, p_value: float, better: str, expected: str
) -> None:
    assert expected in primary(study, difference, p_value, better=better)
    assert "favour" not in primary(study, difference, p_value)


def test_what_cannot_be_estimated_is_told_as_such(study: Study) -> None:
    text = primary(study, None, None)

    assert "could not be estimated" in text
    assert "No p-value could be computed" in text
    assert "significant" not in text


def test_an_arm_without_estimate_is_told_with_the_reason_of_the_method(study: Study) -> None:
    one = analysis("age", "descriptive", "exposure", variables=("AGE",), label="Age")
    rows = [
        result("age", "mean", 50.0, level="Placebo", variable="AGE"),
        result("age", "sd", 5.0, level="Placebo", variable="AGE"),
        result("age", "n", 20, level="Placebo", variable="AGE"),
        result("age", "mean", None, level="Low", variable="AGE", warnings="no values"),
    ]
    text = section_text(report(study, rows, one), "12.1")

    assert text.startswith("Age: the mean was 50.0 (SD 5.00; n = 20) in the Placebo group")
    assert "not estimable in the Low group (no values)" in text


def test_zero_events_are_told_in_words(study: Study) -> None:
    one = analysis("deaths", "count", "deaths", variables=("USUBJID",), label="Deaths")

    assert (
        section_text(report(study, count_results("deaths", (0, 0, 0)), one), "12.3.1.1") == "No deaths were reported."
    )
    some = section_text(report(study, count_results("deaths", (0, 1, 2)), one), "12.3.1.1")
    assert some.startswith("Deaths occurred in none of 20 patients in the Placebo group, 1 of 20 patients (5.0%)")


def test_more_less_and_equally_frequent_events_are_told_apart(study: Study) -> None:
    one = analysis("any", "count", "teae_any", variables=("USUBJID",), label="Any TEAE")
    text = section_text(report(study, count_results("any", (10, 5, 10)), one), "12.2.1")

    assert "was lower in the Low group than in the Placebo group for any TEAE." in text
    assert "was the same, to the precision shown, in the High and the Placebo groups for any TEAE." in text


def test_kinds_of_events_are_compared_together(study: Study) -> None:
    analyses = [
        analysis(purpose, "count", purpose, variables=("USUBJID",), label=purpose)
        for purpose in ("teae_any", "teae_severe", "teae_serious", "deaths")
    ]
    rows = [
        *count_results("teae_any", (10, 12, 15)),
        *count_results("teae_severe", (1, 2, 3)),
        *count_results("teae_serious", (0, 0, 0)),
        *count_results("deaths", (1, 0, 0)),
    ]
    text = section_text(report(study, rows, *analyses), "12.2.1")

    together = "was higher in the Low and High groups than in the Placebo group for any TEAE and severe TEAEs."
    assert text.count("The proportion of patients") == 1
    assert together in text
    assert "No serious TEAE was reported for any patient." in text


def test_conclusions_repeat_results_in_brief(study: Study) -> None:
    analyses = [
        analysis("primary", "ancova", "primary_efficacy", better="lower"),
        analysis("teae_any", "count", "teae_any", variables=("USUBJID",), label="Any TEAE"),
        analysis("teae_severe", "count", "teae_severe", variables=("USUBJID",), label="Severe TEAE"),
        analysis("deaths", "count", "deaths", variables=("USUBJID",), label="Deaths"),
    ]
    rows = [
        *ancova_results(-2.0, 0.012),
        *count_results("teae_any", (10, 12, 15)),
        *count_results("teae_severe", (1, 2, 3)),
        *count_results("deaths", (1, 0, 0)),
    ]
    document = report(study, rows, *analyses)
    told = (
        "Change in score: the difference from the Placebo group in LS means was -2.00 (95% CI -3.00 to -1.00; "
        "p = 0.0120) in the High group. The difference was statistically significant in favour of High."
    )

    assert section_text(document, "11.4.7") == told
    assert section_text(document, "12.6").splitlines()[1].startswith("Deaths occurred in 1 of 20 patients")
    assert "evere" not in section_text(document, "12.6")
    assert told in section_text(document, "13")
    assert "Deaths" not in section_text(document, "13")


def test_in_brief_an_unfavorable_difference_is_told_as_such(study: Study) -> None:
    one = analysis("primary", "ancova", "primary_efficacy", better="higher")

    worse = section_text(report(study, ancova_results(-2.0, 0.012), one), "11.4.7")
    assert worse.endswith("statistically significant for High (in favour of Placebo).")
    open_ = section_text(report(study, ancova_results(-2.0, 0.4), one), "11.4.7")
    assert open_.endswith("The difference was not statistically significant for High.")
    none = section_text(report(study, ancova_results(None, None), one), "11.4.7")
    assert "not estimable in the High group" in none
    assert "significant" not in none


def test_ties_of_completion_are_told_as_ties(study: Study) -> None:
    one = analysis("done", "count", "completed", variables=("USUBJID",), label="Completed")

    assert "highest in the Placebo and High groups and lowest in the Low group" in section_text(
        report(study, count_results("done", (18, 12, 18)), one), "10.1"
    )
    assert "The proportion was the same in all groups" in section_text(
        report(study, count_results("done", (18, 18, 18)), one), "10.1"
    )


def test_narratives_are_not_asked_for_if_nobody_needs_one(study: Study) -> None:
    analyses = [
        analysis(purpose, "count", purpose, variables=("USUBJID",), label=purpose)
        for purpose in ("deaths", "teae_serious", "teae_discontinuation")
    ]
    nobody = [row for one in analyses for row in count_results(one.id, (0, 0, 0))]
    somebody = [*count_results("deaths", (0, 0, 1)), *nobody[len(count_results("deaths", (0, 0, 0))) :]]

    assert "Not applicable" in section_text(report(study, nobody, *analyses), "12.3.2")
    assert any(q.id == "csr.12.3.2.narratives" for q in report(study, somebody, *analyses).queries())


def test_a_test_over_all_groups_follows_its_p_value(study: Study) -> None:
    one = analysis("km.test", "logrank", "secondary_efficacy", variables=("AVAL",), label="Time to response")

    def told(p_value: float | None, warnings: str = "") -> str:
        rows = [result("km.test", "p_value", p_value, variable="AVAL", warnings=warnings)]
        return section_text(report(study, rows, one), "11.4.1.1")

    assert told(0.02).startswith(
        "Time to response: the difference between the groups was statistically significant (log-rank test; p = 0.0200)."
    )
    assert "the difference between the groups was not statistically significant" in told(0.2)
    assert "gave no p-value (no events)" in told(None, "no events")


def test_a_median_that_was_not_reached_is_told_as_such(study: Study) -> None:
    one = analysis("km", "kaplan_meier", "secondary_descriptive", variables=("AVAL",), label="Time to response")
    rows = []
    for arm, median in (("Placebo", None), ("High", 57.0)):
        for stat, value in (
            ("events", 3),
            ("n", 20),
            ("median", median),
            ("median_ci_lower", 40.0),
            ("median_ci_upper", None),
        ):
            rows.append(result("km", stat, value, level=arm, variable="AVAL"))
        rows.append(result("km", "conf_level", 0.95, level=arm, variable="AVAL"))
        rows.append(result("km", "events", 1, level=arm, variable="AVAL", variable_level="57"))
    text = section_text(report(study, rows, one), "11.4.1.1")

    assert "the event was observed in 3 of 20 patients in the Placebo group" in text
    assert "not reached in the Placebo group and 57.0 (95% CI 40.0 to NE) in the High group" in text


def test_a_dose_response_is_told_by_its_own_test(study: Study) -> None:
    one = analysis("dose", "ancova", "primary_efficacy", options={"dose": "TRTPN"}, label="Dose response")

    def told(p_value: float) -> str:
        return section_text(report(study, [result("dose", "p_value", p_value, variable="TRTPN")], one), "11.4.1.1")

    assert "the linear relationship with dose was statistically significant" in told(0.003)
    assert "the linear relationship with dose was not statistically significant" in told(0.3)


def test_frequent_terms_and_those_that_differ_are_named(study: Study) -> None:
    one = analysis("teae", "incidence", "teae", variables=("AEBODSYS", "AEDECOD"), label="TEAEs")
    rows = []
    for arm, nausea, rash in (("Placebo", 1, 2), ("Low", 3, 0), ("High", 9, 0)):
        for term, n in (("NAUSEA", nausea), ("RASH", rash)):
            for stat, value in (("n", n), ("N", 20), ("p", n / 20)):
                rows.append(
                    result(
                        "teae",
                        stat,
                        value,
                        level=arm,
                        variable="AEDECOD",
                        variable_level=term,
                        outer=(("AEBODSYS", "ALL"),),
                    )
                )
    for term, p in (("NAUSEA", 0.008), ("RASH", 0.49)):
        rows.append(
            result(
                "teae",
                "p_value",
                p,
                level="High - Placebo",
                variable="AEDECOD",
                variable_level=term,
                outer=(("AEBODSYS", "ALL"),),
            )
        )
    text = section_text(report(study, rows, one), "12.2.2")

    assert text.index("Nausea: 1 (5.0%)") < text.index("Rash: 2 (10.0%)")
    assert "the proportions differed at the unadjusted two-sided level of 0.05 for Nausea (p = 0.0080)" in text
    assert "Rash (p" not in text


def test_no_number_of_a_result_is_typed_in_words(study: Study) -> None:
    analyses = (
        analysis("primary", "ancova", "primary_efficacy", better="lower"),
        analysis("done", "count", "completed", variables=("USUBJID",), label="Completed"),
        analysis("deaths", "count", "deaths", variables=("USUBJID",), label="Deaths"),
    )
    rows = [*ancova_results(-2.0, 0.012), *count_results("done", (18, 12, 18)), *count_results("deaths", (0, 1, 0))]
    document = report(study, rows, *analyses)

    for number in ("10.1", "11.1", "11.4", "11.4.1.1", "11.4.7", "12.2.1", "12.3.1.1", "12.6", "13"):
        for block in section_blocks(document, number):
            for run in runs(block):
                for inline in run:
                    assert not (isinstance(inline, Text) and re.search(r"\d", inline.text)), (number, inline)


def test_analyses_by_the_same_method_are_described_together(study: Study) -> None:
    options = {"covariates": ("BASE",), "factors": ("REGION1",)}
    analyses = [
        analysis(f"week_{week}", "ancova", "secondary_efficacy", options=options, label=f"Change at week {week}")
        for week in (8, 16)
    ]
    other = analysis("week_24", "anova", "secondary_efficacy", label="Change at week 24")
    text = section_text(report(study, [], *analyses, other), "9.7.1")

    assert "Change at week 8 and Change at week 16: linear model with treatment, region and baseline value" in text
    assert text.count("linear model") == 1
    assert "Change at week 24: one-way analysis of variance by treatment" in text


def test_screened_patients_are_asked_for_only_if_the_plan_does_not_count_them(study: Study) -> None:
    randomized = analysis("randomized", "count", "randomized", variables=("USUBJID",), label="Randomised")
    failures = analysis("failures", "count", "other", variables=("SCRFREAS",), by=(), label="Reason for screen failure")
    rows = count_results("randomized", (20, 20, 20))

    def told(size: int, *more: Result) -> tuple[str, set[str]]:
        everybody = result("population.itt", "n", size, variable="USUBJID")
        document = report(study, [*rows, everybody, *more], randomized, failures)
        return section_text(document, "10.1"), {query.id for query in document.queries() if ".10.1." in query.id}

    text, queries = told(60)
    assert "of whom" not in text
    assert queries == {"csr.10.1.screened"}
    text, queries = told(75)
    assert "Intent-to-treat: 75 patients, of whom 60 were randomised." in text
    assert queries == {"csr.10.1.not-randomized"}
    reason = result("failures", "n", 15, variable="SCRFREAS", variable_level="WITHDRAWAL OF CONSENT")
    text, queries = told(75, reason)
    assert "Reason for screen failure: Withdrawal of consent (15 patients)." in text
    assert not queries

"""Interactions of treatment with subgroups, held to R."""

from __future__ import annotations

import math

import polars as pl
import pytest
from tests.validation import References

from trialwright.analysis import Analysis, AnalysisPlan, AnalysisSet, Grouping, Level, analyze, trace
from trialwright.analysis.plan import OptionValue
from trialwright.results import Results
from trialwright.standards.datasets import Dataset, Datasets

pytestmark = pytest.mark.validates("interaction")

R = "R 4.2.2, survival 3.5-3, data made by the formulas of the test: "


def made_up() -> pl.DataFrame:
    """120 subjects by formulas, so that R makes the same ones."""
    rows = []
    for i in range(120):
        arm, sex = "ABC"[i % 3], "FM"[(i // 3) % 2]
        age = 40 + (i * 7) % 31
        y = 10 + 0.1 * age + ((i * 37) % 17) / 4 - (2 if arm == "C" and sex == "M" else 0) - (1 if arm == "B" else 0)
        chance = 0.35 + 0.25 * (arm == "C") + 0.15 * (arm == "B") * (sex == "M")
        rows.append(
            {
                "USUBJID": f"S{i:03d}",
                "ARM": arm,
                "SEX": sex,
                "AGE": float(age),
                "GRP": "xyz"[(i // 5) % 3],
                "Y": y,
                "R": float((i * 29) % 23 / 23 < chance),
                "T": 1 + ((i * 53) % 97) / (3 if arm == "C" and sex == "F" else 1.5),
                "CNSR": float((i * 11) % 13 < 4),
            }
        )
    return pl.DataFrame(rows)


def run(records: pl.DataFrame, variable: str, **options: OptionValue) -> tuple[AnalysisPlan, Datasets, Results]:
    arm = Grouping(id="arm", variable="ARM", levels=tuple(Level(value=one, label=one) for one in "ABC"))
    plan = AnalysisPlan(
        title="",
        alpha=0.05,
        analysis_sets={"all": AnalysisSet(id="all", label="All")},
        groupings={"arm": arm},
        analyses={
            "a": Analysis(
                id="a",
                method="interaction",
                dataset="ADSL",
                population="all",
                variables=(variable,),
                by=("arm",),
                options=options,
            )
        },
        displays={},
    )
    data = {"ADSL": Dataset(name="ADSL", frame=records)}
    return plan, data, analyze(plan, data)


def test_linear_models_are_compared_by_the_f_test(reference: References) -> None:
    _, _, results = run(made_up(), "Y", subgroups=("SEX", "GRP"), factors=("GRP",), covariates=("AGE",))
    source = R + "anova(lm(y ~ arm + sex + grp + age), lm(y ~ arm * sex + grp + age))"
    for name, value, tolerance in (
        ("statistic", 10.10027984859751, 1e-11),
        ("p_value", 9.332428121799989e-05, 1e-14),
        ("df", 2, 0),
        ("df2", 111, 0),
    ):
        reference.holds(
            f"{name} of arm by sex", results[f"a/SEX/{name}"].stat, value, tolerance=tolerance, source=source
        )


def test_a_subgroup_of_three_levels_has_four_degrees_of_freedom(reference: References) -> None:
    _, _, results = run(made_up(), "Y", subgroups=("GRP",))
    source = R + "anova(lm(y ~ arm + grp), lm(y ~ arm * grp))"
    reference.holds("F", results["a/GRP/statistic"].stat, 0.1176690697876615, tolerance=1e-12, source=source)
    reference.holds("p", results["a/GRP/p_value"].stat, 0.9759923049389816, tolerance=1e-12, source=source)
    assert results["a/GRP/df"].stat == 4


def test_logistic_models_are_compared_by_the_likelihood_ratio(reference: References) -> None:
    _, _, results = run(made_up(), "R", model="logistic", subgroups=("SEX",), covariates=("AGE",))
    source = R + "anova(glm(r ~ arm + sex + age, binomial), glm(r ~ arm * sex + age, binomial), test = 'LRT')"
    reference.holds("chi-square", results["a/SEX/statistic"].stat, 0.5381443104823234, tolerance=1e-9, source=source)
    reference.holds("p", results["a/SEX/p_value"].stat, 0.7640881206964674, tolerance=1e-9, source=source)


def test_proportional_hazards_models_are_compared_by_the_likelihood_ratio(reference: References) -> None:
    _, _, results = run(made_up(), "T", model="cox", subgroups=("SEX",), covariates=("AGE",))
    source = R + "2 * difference of loglik of coxph(Surv(t, 1 - c) ~ arm * sex + age) and ~ arm + sex + age"
    reference.holds("chi-square", results["a/SEX/statistic"].stat, 5.550185773269277, tolerance=1e-9, source=source)
    reference.holds("p", results["a/SEX/p_value"].stat, 0.06234368552557729, tolerance=1e-9, source=source)


def test_a_condition_tells_who_responded() -> None:
    by_value = run(made_up(), "R", model="logistic", subgroups=("SEX",))[2]
    by_condition = run(made_up(), "Y", model="logistic", subgroups=("SEX",), event="R = 1")[2]

    assert by_value["a/SEX/p_value"].stat == by_condition["a/SEX/p_value"].stat


@pytest.mark.parametrize(
    ("change", "variable", "options", "warning"),
    [
        ({"SEX": pl.lit("F")}, "Y", {}, "fewer than two subgroups"),
        ({"SEX": pl.lit(None, dtype=pl.String)}, "Y", {}, "no records"),
        ({"Y": pl.lit(3.0)}, "Y", {}, "no residual variation"),
        ({"R": pl.lit(0.0)}, "R", {"model": "logistic"}, "the same response"),
        (
            {"R": pl.when((pl.col("ARM") == "C") & (pl.col("SEX") == "F")).then(1.0).otherwise(pl.col("R"))},
            "R",
            {"model": "logistic"},
            "separation",
        ),
        ({"CNSR": pl.lit(1.0)}, "T", {"model": "cox"}, "no events"),
        (
            {"CNSR": pl.when((pl.col("ARM") == "C") & (pl.col("SEX") == "F")).then(1.0).otherwise(pl.col("CNSR"))},
            "T",
            {"model": "cox"},
            "no finite estimate",
        ),
    ],
)
def test_what_cannot_be_tested_says_why(
    change: dict[str, pl.Expr], variable: str, options: dict[str, OptionValue], warning: str
) -> None:
    _, _, results = run(made_up().with_columns(**change), variable, subgroups=("SEX",), **options)

    assert results["a/SEX/p_value"].stat_text == "NE"
    assert warning in results["a/SEX/p_value"].warnings


def test_a_subgroup_with_one_treatment_only_takes_no_degree_of_freedom() -> None:
    records = made_up().filter((pl.col("GRP") != "z") | (pl.col("ARM") == "A"))

    _, _, results = run(records, "Y", subgroups=("GRP",))

    assert results["a/GRP/df"].stat == 2
    assert math.isfinite(results["a/GRP/p_value"].stat or math.nan)


def test_too_few_records_are_said() -> None:
    _, _, results = run(made_up().head(6), "Y", subgroups=("SEX",))

    assert results["a/SEX/p_value"].warnings == "too few records for the model"


def test_a_result_leads_to_the_records_of_its_models() -> None:
    records = made_up().with_columns(AGE=pl.when(pl.col("AGE") > 65).then(None).otherwise(pl.col("AGE")))

    plan, data, results = run(records, "Y", subgroups=("SEX",), covariates=("AGE",))

    traced = trace("a/SEX/p_value", plan, data, results)
    assert traced.rows.height == results["a/SEX/n"].stat
    assert {"SEX", "AGE", "ARM", "Y"} <= set(traced.key_variables)

"""Weighted log-rank tests and MaxCombo against Klein and Moeschberger, and R."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.validation import References

from trialwright.analysis.methods.time_to_event.maxcombo import largest_upper_tail
from trialwright.errors import PlanError
from trialwright.results import Results

R = "R 4.2.2, survival 3.5-3"
CATHETERS = (("Surgical", "Percutaneous"),)
PAIR = (("6-MP", "Control"),)


def stat(results: Results, name: str) -> float | None:
    return results[f"a/{name}"].stat


@pytest.mark.validates("weighted_logrank", "logrank")
@pytest.mark.parametrize(
    ("options", "difference", "chi_square", "p_value"),
    [
        ({}, 3.96, 2.53, 0.112),
        ({"weights": "gehan_breslow"}, -9.00, 0.002, 0.964),
        ({"weights": "tarone_ware"}, 13.20, 0.40, 0.526),
        ({"weights": "peto_peto"}, 2.47, 1.40, 0.237),
        ({"weights": "modified_peto_peto"}, 2.31, 1.28, 0.259),
        ({"gamma": 1}, 1.41, 9.67, 0.002),
        ({"rho": 1}, 2.55, 1.39, 0.239),
        ({"rho": 1, "gamma": 1}, 1.02, 9.83, 0.002),
        ({"rho": 0.5, "gamma": 0.5}, 2.47, 9.28, 0.002),
        ({"rho": 0.5, "gamma": 2}, 0.32, 8.18, 0.004),
    ],
)
def test_weights_give_the_statistics_of_klein_and_moeschberger(
    run: Any,
    reference: References,
    catheters: pl.DataFrame,
    options: dict[str, Any],
    difference: float,
    chi_square: float,
    p_value: float,
) -> None:
    results = run("weighted_logrank", ["AVAL"], catheters, options)
    said = ", ".join(f"{key} = {value}" for key, value in options.items()) or "log-rank"
    source = "Klein JP, Moeschberger ML. Survival Analysis, 2nd ed., 2003, table 7.3 (data: table 7.2)"
    for quantity, actual, expected, tolerance in (
        ("weighted O - E", stat(results, "ARM=Surgical/AVAL/weighted_difference"), difference, 0.006),
        ("chi-square", stat(results, "AVAL/statistic"), chi_square, 0.006),
        ("p-value", stat(results, "AVAL/p_value"), p_value, 6e-4),
    ):
        reference.holds(f"{quantity}, {said}, catheters", actual, expected, tolerance=tolerance, source=source)


@pytest.mark.validates("weighted_logrank", "logrank")
@pytest.mark.parametrize(
    ("rho", "two", "stratified", "three", "three_stratified"),
    [
        (0.0, 16.7929409892, 16.1304375167, 0.0735954983703, 0.156684499953),
        (0.5, 15.7063933536, 15.3126401885, 0.057363449392, 0.129271308225),
        (1.0, 14.4571508187, 14.2300487841, 0.0591752879691, 0.125277183298),
    ],
)
def test_the_g_rho_family_agrees_with_survdiff(
    run: Any,
    reference: References,
    leukemia: pl.DataFrame,
    formula: pl.DataFrame,
    rho: float,
    two: float,
    stratified: float,
    three: float,
    three_stratified: float,
) -> None:
    odd = leukemia.with_columns(R=(pl.int_range(pl.len()) % 2).cast(pl.Float64))
    tied = formula.with_columns(CNSR=pl.col("CNSR1"))
    source = f"{R}, survdiff(Surv(time, status) ~ arm [+ strata(r)], rho = {rho})$chisq"
    for quantity, data, strata, expected in (
        ("leukemia", odd, (), two),
        ("leukemia, stratified by the parity of the row", odd, ("R",), stratified),
        ("three groups, many ties", tied, (), three),
        ("three groups, stratified", tied, ("REGION",), three_stratified),
    ):
        results = run("weighted_logrank", ["AVAL"], data, {"rho": rho, "strata": strata})
        reference.holds(
            quantity, stat(results, "AVAL/statistic"), expected, tolerance=1e-9, relative=True, source=source
        )


@pytest.mark.validates("logrank")
def test_a_trend_agrees_with_the_score_test_of_discrete_times(
    run: Any, reference: References, formula: pl.DataFrame
) -> None:
    # The score test of a covariate with exact ties is the log-rank trend with the hypergeometric variance.
    source = f"{R}, coxph(Surv(t, st) ~ as.numeric(g) [+ strata(r)], ties = 'exact')$score"
    for strata, expected in (((), 0.000170822189213), (("REGION",), 0.0742168995221)):
        results = run("logrank", ["AVAL"], formula, {"trend": True, "strata": strata, "censor": "CNSR1"})
        reference.holds(
            "trend", stat(results, "AVAL/trend_statistic"), expected, tolerance=1e-7, relative=True, source=source
        )
    scaled = run("logrank", ["AVAL"], formula, {"trend": True, "scores": (5, 15, 25), "censor": "CNSR1"})
    assert stat(scaled, "AVAL/trend_statistic") == pytest.approx(0.000170822189213, rel=1e-7)


def test_a_one_sided_p_value_is_for_fewer_events_in_a(run: Any, leukemia: pl.DataFrame) -> None:
    results = run("logrank", ["AVAL"], leukemia, {"contrasts": (*PAIR, ("Control", "6-MP")), "one_sided": True})
    two_sided = stat(results, "ARM=6-MP - Control/AVAL/p_value")
    assert two_sided is not None
    assert stat(results, "ARM=6-MP - Control/AVAL/p_value_one_sided") == pytest.approx(two_sided / 2, rel=1e-9)
    assert stat(results, "ARM=Control - 6-MP/AVAL/p_value_one_sided") == pytest.approx(1 - two_sided / 2, rel=1e-9)
    z = stat(results, "ARM=6-MP - Control/AVAL/z")
    assert z is not None
    assert z < 0


@pytest.mark.validates("logrank")
def test_a_landmark_leaves_out_who_left_before(run: Any, reference: References, leukemia: pl.DataFrame) -> None:
    results = run("logrank", ["AVAL"], leukemia, {"landmark": 5})
    reference.holds(
        "log-rank after week 5",
        stat(results, "AVAL/statistic"),
        6.89621157536,
        tolerance=1e-9,
        source=f"{R}, survdiff(Surv(time - 5, status) ~ arm, subset = time > 5)$chisq",
    )


def test_scores_are_one_for_each_level(run: Any, leukemia: pl.DataFrame) -> None:
    with pytest.raises(PlanError, match="3 scores for the 2 levels"):
        run("logrank", ["AVAL"], leukemia, {"trend": True, "scores": (1, 2, 3)})


@pytest.mark.validates("maxcombo")
def test_the_largest_statistic_of_the_catheters(run: Any, reference: References, catheters: pl.DataFrame) -> None:
    results = run("maxcombo", ["AVAL"], catheters, {"contrasts": CATHETERS})
    book = "Klein JP, Moeschberger ML. Survival Analysis, 2nd ed., 2003, table 7.3"
    name = "ARM=Surgical - Percutaneous/AVAL"
    for component, chi_square in (("FH(0, 0)", 2.53), ("FH(0, 1)", 9.67), ("FH(1, 1)", 9.83), ("FH(1, 0)", 1.39)):
        z = stat(results, f"{name}={component}/statistic")
        assert z is not None
        reference.holds(f"square of {component}", z**2, chi_square, tolerance=0.006, source=book)
    program = f"{R} (numbers at risk, weights), mvtnorm 1.1-3, 1 - pmvnorm(-m, m, corr)"
    reference.holds("largest", stat(results, f"{name}/statistic"), 3.13593094014, tolerance=1e-9, source=program)
    # GenzBretz gives its own error as 5e-7.
    reference.holds("p-value", stat(results, f"{name}/p_value"), 0.00360589345, tolerance=1e-6, source=program)
    reference.holds(
        "one-sided p-value", stat(results, f"{name}/p_value_one_sided"), 0.945680853952, tolerance=1e-8, source=program
    )


@pytest.mark.validates("maxcombo")
def test_a_stratified_maxcombo_adds_the_strata(run: Any, reference: References, formula: pl.DataFrame) -> None:
    options = {"contrasts": (("A", "B"),), "strata": ("REGION",), "censor": "CNSR1"}
    results = run("maxcombo", ["AVAL"], formula, options)
    program = f"{R} (weights and sums by stratum), mvtnorm 1.1-3, pmvnorm"
    name = "ARM=A - B/AVAL"
    for component, z in (
        ("FH(0, 0)", 0.393219939454),
        ("FH(0, 1)", 0.429952820219),
        ("FH(1, 1)", 0.29617938212),
        ("FH(1, 0)", 0.329333917693),
    ):
        reference.holds(component, stat(results, f"{name}={component}/statistic"), z, tolerance=1e-9, source=program)
    reference.holds("p-value", stat(results, f"{name}/p_value"), 0.877128, tolerance=2e-5, source=program)
    reference.holds(
        "one-sided p-value", stat(results, f"{name}/p_value_one_sided"), 0.750789432729, tolerance=2e-6, source=program
    )


@pytest.mark.parametrize("limit", [0.5, 1.96, 4.0])
def test_one_statistic_and_independent_ones_have_the_normal_tail(limit: float) -> None:
    from scipy.special import ndtr

    tail = 2 * ndtr(-limit)
    assert largest_upper_tail(limit, np.ones((3, 3)), is_two_sided=True) == pytest.approx(tail, rel=1e-9)
    independent = 1 - (1 - tail) ** 2 if limit < 3 else 2 * tail
    found = largest_upper_tail(limit, np.eye(2), is_two_sided=True)
    assert found == pytest.approx(independent, rel=1e-4)
    three = largest_upper_tail(limit, np.eye(3), is_two_sided=False)
    assert three == pytest.approx(1 - (1 - tail / 2) ** 3, rel=1e-4)
    assert largest_upper_tail(-limit, np.eye(3), is_two_sided=False) == pytest.approx(1 - (tail / 2) ** 3, rel=1e-6)


def test_four_dimensions_are_near_the_normal_tail() -> None:
    from scipy.special import ndtr

    expected = 1 - (1 - 2 * ndtr(-2.0)) ** 4
    assert largest_upper_tail(2.0, np.eye(4), is_two_sided=True) == pytest.approx(expected, rel=1e-3)


def test_nothing_to_compare_is_told(run: Any, leukemia: pl.DataFrame) -> None:
    censored = leukemia.with_columns(pl.lit(1.0).alias("CNSR"))
    for method in ("maxcombo", "weighted_logrank", "logrank"):
        result = run(method, ["AVAL"], censored, {"contrasts": PAIR})["a/ARM=6-MP - Control/AVAL/p_value"]
        assert (result.stat_text, result.warnings) == ("NE", "no events")
    alone = run("maxcombo", ["AVAL"], leukemia.head(21), {"contrasts": PAIR}, arms=["6-MP", "Control"])
    assert alone["a/ARM=6-MP - Control/AVAL/p_value"].warnings == "too few events while both groups are at risk"
    same = leukemia.with_columns(pl.lit(5.0).alias("AVAL"), pl.lit(0.0).alias("CNSR"))
    # Everybody has the event at one time: nothing is left to chance, so there is no variance.
    assert run("logrank", ["AVAL"], same)["a/AVAL/p_value"].stat_text == "NE"

"""Kaplan-Meier and log-rank against published examples and lifelines."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter  # type: ignore[import-untyped]  # has no types
from lifelines.statistics import multivariate_logrank_test  # type: ignore[import-untyped]  # has no types

from trialwright.analysis.methods.survival import compute_quantile_time, compute_survival
from trialwright.analysis.methods.time_to_event.logrank import compute_logrank
from trialwright.results import Results

# Freireich EJ et al. Blood 1963;21:699-716: weeks of remission in acute leukemia, as in Cox DR. J R Stat Soc B
# 1972;34:187-220, table 1; a negative number is censored.
SIX_MP = [6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35]
CONTROL = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
LEUKEMIA = pl.DataFrame(
    {
        "ARM": ["6-MP"] * 21 + ["Control"] * 21,
        "AVAL": [float(abs(week)) for week in SIX_MP + CONTROL],
        "CNSR": [float(week < 0) for week in SIX_MP + CONTROL],
    }
)


def stat(results: Results, name: str) -> float:
    value = results[f"a/{name}"].stat
    assert value is not None
    return value


def test_the_leukemia_trial_has_its_published_estimates(run: Any) -> None:
    results = run("kaplan_meier", ["AVAL"], LEUKEMIA)
    # Kleinbaum DG, Klein M. Survival Analysis, 2nd ed., 2005, table 2.3 (6-MP): survival at 6, 7, 10, 13, 16, 22, 23.
    published = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    for week, survival in published.items():
        assert stat(results, f"ARM=6-MP/AVAL={week}/survival") == pytest.approx(survival, abs=5e-5)
    at_risk = {6: 21, 7: 17, 10: 15, 13: 12, 16: 11, 22: 7, 23: 6}
    for week, count in at_risk.items():
        assert stat(results, f"ARM=6-MP/AVAL={week}/at_risk") == count
    # Same book: medians 23 and 8 weeks. Greenwood standard error at 23 weeks 0.1346 (R survfit).
    assert stat(results, "ARM=6-MP/AVAL/median") == 23
    assert stat(results, "ARM=Control/AVAL/median") == 8
    assert stat(results, "ARM=6-MP/AVAL=23/se") == pytest.approx(0.1346, abs=5e-5)
    assert (stat(results, "ARM=6-MP/AVAL/events"), stat(results, "ARM=6-MP/AVAL/censored")) == (9, 12)
    # R: survfit(Surv(time, status) ~ group, conf.type = "log-log"), quantile(): 6-MP median 23 (13, NA);
    # control 8 (4, 11).
    assert stat(results, "ARM=6-MP/AVAL/median_ci_lower") == 13
    assert results["a/ARM=6-MP/AVAL/median_ci_upper"].stat_text == "NE"
    assert stat(results, "ARM=Control/AVAL/median_ci_lower") == 4
    assert stat(results, "ARM=Control/AVAL/median_ci_upper") == 11


def test_the_leukemia_trial_has_its_published_logrank_test(run: Any) -> None:
    results = run("logrank", ["AVAL"], LEUKEMIA, {"contrasts": (("6-MP", "Control"),)})
    # Kleinbaum and Klein, section 2.IV: log-rank 16.79; observed 9 and 21, expected 19.26 and 10.74 (10.75 by hand).
    assert stat(results, "AVAL/statistic") == pytest.approx(16.793, abs=5e-4)
    assert stat(results, "AVAL/df") == 1
    assert stat(results, "AVAL/p_value") == pytest.approx(4.17e-5, rel=2e-3)
    assert stat(results, "ARM=6-MP/AVAL/events") == 9
    assert stat(results, "ARM=6-MP/AVAL/expected") == pytest.approx(19.25, abs=0.01)
    assert stat(results, "ARM=6-MP - Control/AVAL/statistic") == pytest.approx(
        stat(results, "AVAL/statistic"), rel=1e-12
    )


def random_trial(seed: int, n: int = 90) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    # Whole days make ties.
    times = np.ceil(rng.exponential(30, n))
    return pl.DataFrame(
        {
            "ARM": rng.choice(["A", "B", "C"], n),
            "AVAL": times,
            "CNSR": (rng.uniform(size=n) < 0.35).astype(float),
            "REGION": rng.choice(["EU", "NA"], n),
        }
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_curves_and_intervals_agree_with_lifelines(run: Any, seed: int) -> None:
    records = random_trial(seed)
    results = run("kaplan_meier", ["AVAL"], records, {"conf_level": 0.9})
    for arm in "ABC":
        own = records.filter(pl.col("ARM") == arm)
        # lifelines 0.30.3: log-log intervals, alpha = 0.1.
        fitter = KaplanMeierFitter(alpha=0.1).fit(own["AVAL"].to_numpy(), 1 - own["CNSR"].to_numpy())
        for time in own["AVAL"].unique().to_list():
            if fitter.survival_function_at_times(time).item() == 0:
                continue
            name = f"ARM={arm}/AVAL={int(time)}"
            bounds = fitter.confidence_interval_.loc[time]
            assert stat(results, f"{name}/survival") == pytest.approx(fitter.predict(time), rel=1e-9)
            assert stat(results, f"{name}/at_risk") == fitter.event_table.loc[time, "at_risk"]
            assert stat(results, f"{name}/ci_lower") == pytest.approx(bounds.iloc[0], rel=1e-7)
            assert stat(results, f"{name}/ci_upper") == pytest.approx(bounds.iloc[1], rel=1e-7)
        assert stat(results, f"ARM={arm}/AVAL/median") == pytest.approx(fitter.median_survival_time_, abs=2)


@pytest.mark.parametrize("seed", [4, 5])
def test_the_logrank_test_of_three_arms_agrees_with_lifelines(run: Any, seed: int) -> None:
    records = random_trial(seed)
    results = run("logrank", ["AVAL"], records)
    # lifelines 0.30.3
    expected = multivariate_logrank_test(
        records["AVAL"].to_numpy(), records["ARM"].to_numpy(), 1 - records["CNSR"].to_numpy()
    )
    assert stat(results, "AVAL/statistic") == pytest.approx(expected.test_statistic, rel=1e-9)
    assert stat(results, "AVAL/p_value") == pytest.approx(expected.p_value, rel=1e-8)
    assert stat(results, "AVAL/df") == 2


def test_a_stratified_test_adds_what_each_stratum_says(run: Any) -> None:
    records = random_trial(6).filter(pl.col("ARM") != "C")
    results = run("logrank", ["AVAL"], records, {"strata": ("REGION",)})
    # By definition: (sum of O - E)^2 / (sum of variances), each from an unstratified test of one region.
    difference, variance = 0.0, 0.0
    for region in ("EU", "NA"):
        own = run("logrank", ["AVAL"], records.filter(pl.col("REGION") == region))
        here = stat(own, "ARM=A/AVAL/events") - stat(own, "ARM=A/AVAL/expected")
        difference += here
        variance += here**2 / stat(own, "AVAL/statistic")
    assert stat(results, "AVAL/statistic") == pytest.approx(difference**2 / variance, rel=1e-9)


def test_a_level_curve_has_the_middle_as_its_median(run: Any) -> None:
    records = pl.DataFrame({"ARM": ["A"] * 4, "AVAL": [1.0, 2.0, 5.0, 9.0], "CNSR": [0.0, 0.0, 0.0, 1.0]})
    # SAS PROC LIFETEST, details of quartiles: S = 0.5 exactly from 2 to 5, so (2 + 5) / 2.
    assert stat(run("kaplan_meier", ["AVAL"], records), "ARM=A/AVAL/median") == 3.5


def test_times_asked_for_are_given_before_between_and_beyond(run: Any) -> None:
    records = pl.DataFrame({"ARM": ["A"] * 3, "AVAL": [10.0, 20.0, 30.0], "CNSR": [0.0, 1.0, 1.0]})
    results = run("kaplan_meier", ["AVAL"], records, {"times": (0, 15, 30, 40)})
    assert (stat(results, "ARM=A/AVAL=0/survival"), stat(results, "ARM=A/AVAL=0/at_risk")) == (1, 3)
    assert stat(results, "ARM=A/AVAL=15/survival") == pytest.approx(2 / 3, rel=1e-12)
    assert (stat(results, "ARM=A/AVAL=15/at_risk"), stat(results, "ARM=A/AVAL=15/events")) == (2, 0)
    assert stat(results, "ARM=A/AVAL=30/at_risk") == 1
    assert results["a/ARM=A/AVAL=40/survival"].stat_text == "NE"
    assert stat(results, "ARM=A/AVAL=40/at_risk") == 0


def test_a_curve_that_reaches_zero_stays_there(run: Any) -> None:
    records = pl.DataFrame({"ARM": ["A"] * 2, "AVAL": [10.0, 20.0], "CNSR": [0.0, 0.0]})
    results = run("kaplan_meier", ["AVAL"], records, {"times": (40,)})
    assert stat(results, "ARM=A/AVAL=20/survival") == 0
    assert stat(results, "ARM=A/AVAL=40/survival") == 0
    assert results["a/ARM=A/AVAL=20/se"].stat_text == "NE"


def test_without_events_nothing_is_estimable_and_a_warning_says_so(run: Any) -> None:
    records = LEUKEMIA.with_columns(pl.lit(1.0).alias("CNSR"))
    curves = run("kaplan_meier", ["AVAL"], records)
    assert curves["a/ARM=6-MP/AVAL/median"].stat_text == "NE"
    assert curves["a/ARM=6-MP/AVAL/median"].warnings == "no events"
    assert stat(curves, "ARM=6-MP/AVAL=35/survival") == 1
    test = run("logrank", ["AVAL"], records)["a/AVAL/p_value"]
    assert (test.stat_text, test.warnings) == ("NE", "no events")


def test_an_arm_without_subjects_is_left_out_of_the_test(run: Any) -> None:
    full = run("logrank", ["AVAL"], LEUKEMIA)
    results = run("logrank", ["AVAL"], LEUKEMIA, arms=["6-MP", "Control", "Other"])
    assert stat(results, "AVAL/statistic") == pytest.approx(stat(full, "AVAL/statistic"), rel=1e-12)
    assert stat(results, "AVAL/df") == 1
    curves = run("kaplan_meier", ["AVAL"], LEUKEMIA, arms=["6-MP", "Other"])
    assert stat(curves, "ARM=Other/AVAL/n") == 0
    assert curves["a/ARM=Other/AVAL/median"].stat_text == "NE"
    assert curves["a/ARM=Other/AVAL=0/survival"].stat_text == "NE"


def test_subjects_without_a_time_are_counted_as_missing(run: Any) -> None:
    records = LEUKEMIA.with_columns(
        pl.when(pl.int_range(pl.len()) == 0).then(None).otherwise(pl.col("AVAL")).alias("AVAL")
    )
    results = run("kaplan_meier", ["AVAL"], records)
    assert (stat(results, "ARM=6-MP/AVAL/n"), stat(results, "ARM=6-MP/AVAL/n_missing")) == (20, 1)


times = st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(times, st.sampled_from(["log-log", "log", "plain"]))
def test_a_curve_falls_and_its_limits_lie_on_both_sides(subjects: list[tuple[int, bool]], conf_type: str) -> None:
    values = np.array([float(time) for time, _ in subjects])
    events = np.array([event for _, event in subjects])
    curve = compute_survival(values, events, 0.95, conf_type)
    assert (np.diff(curve.survival) <= 0).all()
    assert curve.events.sum() + curve.censored.sum() == len(subjects)
    known = ~np.isnan(curve.lower)
    assert (curve.lower[known] <= curve.survival[known] + 1e-12).all()
    assert (curve.upper[known] >= curve.survival[known] - 1e-12).all()
    value, lower, upper = compute_quantile_time(curve, 0.5)
    if value is not None and lower is not None:
        assert lower <= value
    if value is not None and upper is not None:
        assert upper >= value


@settings(max_examples=40, deadline=None)
@given(times, st.randoms(use_true_random=False))
def test_observed_and_expected_events_have_the_same_sum(subjects: list[tuple[int, bool]], random: Any) -> None:
    values = np.array([float(time) for time, _ in subjects])
    events = np.array([event for _, event in subjects])
    groups = np.array([random.randrange(3) for _ in subjects])
    test = compute_logrank(values, events, groups, np.zeros(len(subjects), dtype=np.int64), 3)
    assert test.observed.sum() == pytest.approx(test.expected.sum(), rel=1e-9)

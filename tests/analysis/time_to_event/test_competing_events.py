"""Cumulative incidence, Gray's test and Fine and Gray's model against R cmprsk and survival, and by hand."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError
from tests.validation import References

from trialwright.analysis.methods.time_to_event.options import GrayOptions
from trialwright.results import Results

CMPRSK = "R 4.2.2, cmprsk 2.2-11"
DEATH = {"event_name": "Relapse", "competing": {"Death": 2}}
ABC = (("B", "A"), ("C", "A"))


def stat(results: Results, name: str) -> float | None:
    return results[f"a/{name}"].stat


@pytest.mark.validates("cumulative_incidence")
def test_incidence_and_variance_agree_with_cuminc(run: Any, reference: References, formula: pl.DataFrame) -> None:
    results = run("cumulative_incidence", ["AVAL"], formula, {**DEATH, "times": (10, 30)})
    source = f"{CMPRSK}, timepoints(cuminc(t, cs, g), c(10, 30)); data of the test's formula"
    for arm, event, time, value, variance in (
        ("A", "Relapse", 10, 0.1333333333333, 0.00399968209016),
        ("A", "Relapse", 30, 0.4, 0.0084226902571),
        ("B", "Relapse", 30, 0.4, 0.00841767128532),
        ("C", "Relapse", 30, 0.433333333333, 0.00861057809235),
        ("A", "Death", 10, 0.0666666666667, 0.00215150009518),
        ("B", "Death", 30, 0.166666666667, 0.00488110880077),
        ("C", "Death", 30, 0.1, 0.00315183907969),
    ):
        name = f"ARM={arm}/EVENT={event}/AVAL={time}"
        found = stat(results, f"{name}/cumulative_incidence")
        reference.holds(f"{event} by {time}, {arm}", found, value, tolerance=1e-10, source=source)
        error = stat(results, f"{name}/se")
        reference.holds(f"its se, {arm}", error, math.sqrt(variance), tolerance=1e-10, source=source)


@pytest.mark.validates("cumulative_incidence")
def test_incidence_without_censoring_is_a_proportion(run: Any, reference: References) -> None:
    records = pl.DataFrame({"ARM": ["A"] * 5, "AVAL": [1.0, 2.0, 3.0, 4.0, 5.0], "CNSR": [0.0, 0.0, 2.0, 2.0, 0.0]})
    results = run("cumulative_incidence", ["AVAL"], records, DEATH)
    source = "by hand: 2 of 5 by time 2; variance S^2 x the sum of 1 / ((n - 1)(n - 1)) = 0.36 (1 / 16 + 1 / 9)"
    name = "ARM=A/EVENT=Relapse/AVAL=2"
    p, se = stat(results, f"{name}/cumulative_incidence"), stat(results, f"{name}/se")
    reference.holds("2 of 5", p, 0.4, tolerance=1e-12, source=source)
    reference.holds("se", se, 0.25, tolerance=1e-12, source=source)
    spread = 1.959963984540054 * 0.25 / (0.4 * math.log(0.4))
    source = "by hand: p ^ exp(-+ 1.96 se / (p log p))"
    lower, upper = 0.4 ** math.exp(-spread), 0.4 ** math.exp(spread)
    reference.holds("lower", stat(results, f"{name}/ci_lower"), lower, tolerance=1e-12, source=source)
    reference.holds("upper", stat(results, f"{name}/ci_upper"), upper, tolerance=1e-12, source=source)
    assert stat(results, "ARM=A/EVENT=Death/AVAL=4/cumulative_incidence") == pytest.approx(0.4)


@pytest.mark.validates("cumulative_incidence")
def test_events_named_by_a_variable_are_the_same(run: Any, reference: References, formula: pl.DataFrame) -> None:
    named = formula.with_columns(CNSR=pl.col("CNSR1"))
    options = {"cause": "EVNTDESC", "event_name": "Relapse", "times": (30,), "contrasts": (("C", "A"),)}
    results = run("cumulative_incidence", ["AVAL"], named, options)
    source = "R 4.2.2, survival 3.5-3, summary(survfit(Surv(t, factor(cs)) ~ g), times = 30)$pstate"
    found = stat(results, "ARM=C/EVENT=Relapse/AVAL=30/cumulative_incidence")
    reference.holds("Relapse by 30, C", found, 0.433333333333, tolerance=1e-10, source=source)
    found = stat(results, "ARM=A/EVENT=Death/AVAL=30/cumulative_incidence")
    reference.holds("Death by 30, A", found, 0.166666666667, tolerance=1e-10, source=source)
    source = f"{CMPRSK}, timepoints(cuminc(t, cs, g), 30): difference of est, var added"
    name = "ARM=C - A/EVENT=Relapse/AVAL=30"
    reference.holds(
        "difference C - A", stat(results, f"{name}/difference"), 0.0333333333333, tolerance=1e-10, source=source
    )
    error = math.sqrt(0.0084226902571 + 0.00861057809235)
    reference.holds("its se", stat(results, f"{name}/se"), error, tolerance=1e-10, source=source)


@pytest.mark.validates("gray_test")
def test_grays_test_agrees_with_cuminc(run: Any, reference: References, formula: pl.DataFrame) -> None:
    two = formula.filter(pl.col("ARM") != "C")
    for quantity, data, options, call, expected in (
        ("three groups", formula, {}, "cuminc(t2, cs, g)", 0.1716308718713),
        ("stratified", formula, {"strata": ("REGION",)}, "cuminc(t2, cs, g, r)", 0.269990220208),
        ("rho = 1", formula, {"rho": 1}, "cuminc(t2, cs, g, rho = 1)", 0.1366353726926),
        ("two groups", two, {}, "cuminc(t2, cs, g), g < 2", 0.01072865375552),
    ):
        results = run("gray_test", ["DISTINCT"], data, {**DEATH, **options})
        reference.holds(
            f"chi-square, {quantity}, no ties",
            stat(results, "DISTINCT/statistic"),
            expected,
            tolerance=1e-9,
            relative=True,
            source=f"{CMPRSK}, {call}$Tests; data of the test's formula",
        )
    other = formula.with_columns(CNSR=pl.col("CNSR").replace({0.0: 2.0, 2.0: 0.0}))
    results = run("gray_test", ["DISTINCT"], other, {"competing": {"Relapse": 2}, "event_name": "Death"})
    reference.holds(
        "chi-square of deaths",
        stat(results, "DISTINCT/statistic"),
        0.0274312642305,
        tolerance=1e-9,
        relative=True,
        source=f"{CMPRSK}, cuminc(t2, cs, g)$Tests; data of the test's formula",
    )
    # With ties the corrections differ: cmprsk has 0.09045 where times are whole numbers.
    tied = stat(run("gray_test", ["AVAL"], formula, DEATH), "AVAL/statistic")
    reference.holds(
        "chi-square, many ties",
        tied,
        0.0904526339852,
        tolerance=0.005,
        relative=True,
        source=f"{CMPRSK}, cuminc(t, cs, g)$Tests; its correction for ties is another one",
    )


@pytest.mark.validates("gray_test")
def test_without_competing_events_grays_sums_are_those_of_the_logrank_test(
    run: Any, reference: References, leukemia: pl.DataFrame
) -> None:
    from trialwright.analysis.methods.time_to_event.gray import compute_gray_test

    times, events = leukemia["AVAL"].to_numpy(), (leukemia["CNSR"] == 0).to_numpy()
    groups = (leukemia["ARM"] == "Control").to_numpy().astype("int64")
    found = compute_gray_test(times, events.astype("int64"), groups, 0 * groups, 2)
    # With nobody lost to another event, the risk set is the number at risk.
    source = "Kleinbaum DG, Klein M. Survival Analysis, 2nd ed., 2005, section 2.IV: log-rank O - E = 9 - 19.25"
    reference.holds("O - E, leukemia", float(found.difference[0]), -10.25, tolerance=0.005, source=source)


@pytest.mark.validates("fine_gray")
def test_subdistribution_hazards_agree_with_crr(run: Any, reference: References, formula: pl.DataFrame) -> None:
    results = run("fine_gray", ["AVAL"], formula, {**DEATH, "contrasts": ABC, "covariates": ("X",)})
    source = f"{CMPRSK}, crr(t, cs, cbind(g == 1, g == 2, x)): coef, root of diag(var), loglik; many ties"
    for name, value, error in (
        ("ARM=B %2F A/AVAL", -0.0166822852144, 0.3476399845032),
        ("ARM=C %2F A/AVAL", 0.0433285963019, 0.3547397572788),
        ("X", 0.1420733114149, 0.1158637645183),
    ):
        ratio = stat(results, f"{name}/hazard_ratio")
        assert ratio is not None
        reference.holds(f"log ratio, {name}", math.log(ratio), value, tolerance=1e-8, source=source)
        reference.holds(f"se, {name}", stat(results, f"{name}/se_log"), error, tolerance=1e-8, source=source)
    found = stat(results, "AVAL/log_likelihood")
    reference.holds("log-likelihood", found, -178.6788696167415, tolerance=1e-8, source=source)


@pytest.mark.validates("fine_gray")
def test_groups_of_censoring_agree_with_crr(run: Any, reference: References, formula: pl.DataFrame) -> None:
    ended = formula.with_columns(
        CNSR=pl.when(pl.col("DISTINCT") > 45).then(1.0).otherwise(pl.col("CNSR")),
        DISTINCT=pl.min_horizontal("DISTINCT", pl.lit(45.0)),
    )
    options = {**DEATH, "contrasts": ABC, "covariates": ("X",), "censoring": ("REGION",)}
    results = run("fine_gray", ["DISTINCT"], ended, options)
    source = f"{CMPRSK}, crr(pmin(t2, 45), ifelse(t2 > 45, 0, cs), X, cengroup = r)"
    for name, value, error in (
        ("ARM=B %2F A/DISTINCT", -0.0733944051255, 0.3958032649587),
        ("ARM=C %2F A/DISTINCT", 0.0281426079927, 0.3848181450849),
        ("X", 0.1184198995731, 0.1292941563642),
    ):
        ratio = stat(results, f"{name}/hazard_ratio")
        assert ratio is not None
        reference.holds(f"log ratio, {name}", math.log(ratio), value, tolerance=1e-9, source=source)
        # cmprsk's share of the estimated censoring differs in the fourth digit where there are groups of censoring.
        reference.holds(f"se, {name}", stat(results, f"{name}/se_log"), error, tolerance=1e-4, source=source)


@pytest.mark.validates("fine_gray")
def test_the_estimate_is_that_of_the_expanded_records(run: Any, reference: References, formula: pl.DataFrame) -> None:
    results = run("fine_gray", ["DISTINCT"], formula, {**DEATH, "contrasts": ABC, "covariates": ("X",)})
    source = "R 4.2.2, survival 3.5-3, coxph(Surv(fgstart, fgstop, fgstatus) ~ g + x, weight = fgwt, finegray(...))"
    for name, value in (
        ("ARM=B %2F A/DISTINCT", -0.00993957970596),
        ("ARM=C %2F A/DISTINCT", 0.04605864995003),
        ("X", 0.14483894117892),
    ):
        ratio = stat(results, f"{name}/hazard_ratio")
        assert ratio is not None
        reference.holds(f"log ratio, {name}", math.log(ratio), value, tolerance=1e-9, source=source)


def test_what_cannot_be_estimated_is_told(run: Any, formula: pl.DataFrame) -> None:
    censored = formula.with_columns(pl.lit(1.0).alias("CNSR"))
    curves = run("cumulative_incidence", ["AVAL"], censored, {**DEATH, "times": (60,)})
    assert stat(curves, "ARM=A/EVENT=Relapse/AVAL=3/cumulative_incidence") in (None, 0)
    assert curves["a/ARM=A/EVENT=Relapse/AVAL=60/cumulative_incidence"].stat_text == "NE"
    assert curves["a/ARM=A/EVENT=Relapse/AVAL/events"].warnings == "no events: Relapse"
    gray = run("gray_test", ["AVAL"], censored, DEATH)["a/AVAL/p_value"]
    assert (gray.stat_text, gray.warnings) == ("NE", "no events: Relapse")
    model = run("fine_gray", ["AVAL"], censored, {**DEATH, "contrasts": ABC})["a/ARM=B %2F A/AVAL/hazard_ratio"]
    assert (model.stat_text, model.warnings) == ("NE", "no events")
    silent = formula.with_columns(
        pl.when((pl.col("ARM") == "B") & (pl.col("CNSR") == 0)).then(1.0).otherwise(pl.col("CNSR")).alias("CNSR")
    )
    infinite = run("fine_gray", ["AVAL"], silent, {**DEATH, "contrasts": ABC})
    assert infinite["a/ARM=B %2F A/AVAL/hazard_ratio"].warnings == "no events with ARM = B"
    assert infinite["a/ARM=C %2F A/AVAL/hazard_ratio"].stat is not None
    one = run("gray_test", ["AVAL"], formula.head(1), DEATH, arms=["A", "B"])["a/AVAL/p_value"]
    assert one.stat_text == "NE"


def test_an_event_without_a_name_is_left_out_and_told(run: Any, formula: pl.DataFrame) -> None:
    nameless = formula.with_columns(CNSR=pl.col("CNSR1")).with_columns(
        pl.when(pl.int_range(pl.len()) == 0).then(None).otherwise(pl.col("EVNTDESC")).alias("EVNTDESC")
    )
    results = run("gray_test", ["AVAL"], nameless, {"cause": "EVNTDESC", "event_name": "Relapse"})
    assert stat(results, "AVAL/n") == 89
    assert results["a/AVAL/p_value"].warnings == "events without EVNTDESC, left out: 1"


def test_events_must_be_told_apart_in_one_way() -> None:
    for options, words in (
        ({}, "Give one of the two"),
        ({"competing": {"Death": 2}, "cause": "EVNTDESC"}, "Give one of the two"),
        ({"cause": "EVNTDESC"}, "the event of interest"),
        ({"competing": {"Death": 0}}, "0 stands for"),
        ({"competing": {"Event": 2}}, "Rename one"),
        ({"competing": {"Death": 2, "Other": 2}}, "same value"),
    ):
        with pytest.raises(ValidationError, match=words):
            GrayOptions.model_validate(options)

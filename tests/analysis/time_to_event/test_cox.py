"""The proportional hazards model against R survival, Kleinbaum and Klein, and calculations by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.validation import References

from trialwright.analysis.methods.time_to_event.cox_fit import compute_cox
from trialwright.results import Results

R = "R 4.2.2, survival 3.5-3"
PAIR = (("6-MP", "Control"),)
ABC = (("B", "A"), ("C", "A"))


def stat(results: Results, name: str) -> float | None:
    return results[f"a/{name}"].stat


def log_ratio(results: Results, name: str) -> float:
    value = stat(results, f"{name}/hazard_ratio")
    assert value is not None
    return math.log(value)


@pytest.mark.validates("cox")
def test_the_leukemia_trial_has_the_hazard_ratio_of_the_textbook(
    run: Any, reference: References, leukemia: pl.DataFrame
) -> None:
    results = run("cox", ["AVAL"], leukemia, {"contrasts": (("Control", "6-MP"),), "ties": "breslow"})
    source = "Kleinbaum DG, Klein M. Survival Analysis, 2nd ed., 2005, chapter 3, model 1 (Stata)"
    name = "ARM=Control %2F 6-MP/AVAL"
    for quantity, expected in (("hazard_ratio", 4.523), ("ci_lower", 2.027), ("ci_upper", 10.094), ("se_log", 0.410)):
        reference.holds(
            f"{quantity}, leukemia", stat(results, f"{name}/{quantity}"), expected, tolerance=5e-4, source=source
        )
    reference.holds(
        "log-likelihood, leukemia", stat(results, "AVAL/log_likelihood"), -86.380, tolerance=5e-4, source=source
    )


@pytest.mark.validates("cox")
@pytest.mark.parametrize(
    ("ties", "expected"),
    [
        (
            "efron",
            (-1.572125148829, 0.412396717709, -85.008424577372, 14.532617063374, 17.246536795717, 16.351690838952),
        ),
        (
            "breslow",
            (-1.509191412586, 0.409564406367, -86.379622071146, 13.578263650923, 15.930539564033, 15.210856814199),
        ),
        (
            "exact",
            (-1.628243951672, 0.433131296492, -74.543101164519, 14.131875945834, 16.792940989217, 16.252356176547),
        ),
    ],
)
def test_ties_and_tests_agree_with_coxph(
    run: Any, reference: References, leukemia: pl.DataFrame, ties: str, expected: tuple[float, ...]
) -> None:
    results = run("cox", ["AVAL"], leukemia, {"contrasts": PAIR, "ties": ties})
    source = f"{R}, coxph(Surv(time, status) ~ arm, ties = '{ties}'): coef, se, loglik, wald.test, score, LR"
    name = "ARM=6-MP %2F Control/AVAL"
    found = (
        log_ratio(results, name),
        stat(results, f"{name}/se_log"),
        stat(results, "AVAL/log_likelihood"),
        stat(results, "AVAL/wald_statistic"),
        stat(results, "AVAL/score_statistic"),
        stat(results, "AVAL/lr_statistic"),
    )
    names = ("log hazard ratio", "its se", "log-likelihood", "Wald", "score", "likelihood ratio")
    for quantity, actual, value in zip(names, found, expected, strict=True):
        reference.holds(f"{quantity}, {ties}, leukemia", actual, value, tolerance=1e-9, relative=True, source=source)


@pytest.mark.validates("cox")
@pytest.mark.parametrize(
    ("ties", "expected"),
    [
        (
            "efron",
            (-0.1083694744993, -0.0924729954928, -0.0254090851415, 0.3111227702974, 0.31593407892, 0.1062440246335),
        ),
        (
            "breslow",
            (-0.1138596164775, -0.0939354311241, -0.025287074826, 0.3111165743119, 0.3158906940755, 0.1062146109926),
        ),
        (
            "exact",
            (-0.1262783575945, -0.0986215868987, -0.0285941321279, 0.3233998633097, 0.321717885778, 0.1093406903637),
        ),
    ],
)
def test_strata_and_covariates_agree_with_coxph(
    run: Any, reference: References, formula: pl.DataFrame, ties: str, expected: tuple[float, ...]
) -> None:
    options = {"contrasts": ABC, "ties": ties, "strata": ("REGION",), "covariates": ("X",), "censor": "CNSR1"}
    results = run("cox", ["AVAL"], formula, options)
    names = ("ARM=B %2F A/AVAL", "ARM=C %2F A/AVAL", "X")
    found = [log_ratio(results, name) for name in names] + [stat(results, f"{name}/se_log") for name in names]
    source = f"{R}, coxph(Surv(t, st) ~ g + x + strata(r), ties = '{ties}'); data of the test's formula"
    for index, (actual, value) in enumerate(zip(found, expected, strict=True)):
        reference.holds(
            f"{'log HR' if index < 3 else 'se'} {index % 3 + 1}, {ties}", actual, value, tolerance=1e-9, source=source
        )


@pytest.mark.validates("cox")
def test_delayed_entry_and_clusters_agree_with_coxph(run: Any, reference: References, formula: pl.DataFrame) -> None:
    options = {"contrasts": ABC, "strata": ("REGION",), "covariates": ("X",), "censor": "CNSR1", "start": "START"}
    names = ("ARM=B %2F A/AVAL", "ARM=C %2F A/AVAL", "X")
    plain = run("cox", ["AVAL"], formula, options)
    robust = run("cox", ["AVAL"], formula, {**options, "robust": True, "cluster": "PAIR"})
    source = f"{R}, coxph(Surv(s0, t, st) ~ g + x + strata(r), cluster = cl)"
    coefficients = (-0.1191651037607, -0.1111599464554, -0.0350175478553)
    errors = (0.3115692739971, 0.3161646070159, 0.1074999893085)
    sandwich = (0.2784856110804, 0.2709860021897, 0.1071625725347)
    for name, coefficient, error, other in zip(names, coefficients, errors, sandwich, strict=True):
        reference.holds(f"log HR, {name}", log_ratio(plain, name), coefficient, tolerance=1e-9, source=source)
        reference.holds(f"se, {name}", stat(plain, f"{name}/se_log"), error, tolerance=1e-9, source=source)
        reference.holds(f"robust se, {name}", stat(robust, f"{name}/se_log"), other, tolerance=1e-9, source=source)


@pytest.mark.validates("cox")
def test_exact_ties_with_delayed_entry_agree_with_coxph(run: Any, reference: References, formula: pl.DataFrame) -> None:
    options = {"contrasts": ABC, "covariates": ("X",), "censor": "CNSR1", "start": "START", "ties": "exact"}
    results = run("cox", ["AVAL"], formula, options)
    source = f"{R}, coxph(Surv(s0, t, st) ~ g + x, ties = 'exact')"
    expected = (-0.0894882204546, -0.027257123151, -0.0292436051812, 0.3226512745066, 0.3192042332438, 0.1076610508058)
    names = ("ARM=B %2F A/AVAL", "ARM=C %2F A/AVAL", "X")
    found = [log_ratio(results, name) for name in names] + [stat(results, f"{name}/se_log") for name in names]
    for actual, value in zip(found, expected, strict=True):
        reference.holds("exact, delayed entry", actual, value, tolerance=1e-9, source=source)


@pytest.mark.validates("cox")
@pytest.mark.parametrize(
    ("interval", "call", "lower", "upper"),
    [
        ("profile", "the log-likelihood of coxph(~ offset(b * arm)), by uniroot", 0.0879635189383, 0.4515544252035),
        ("score", "coxph(init = b, iter.max = 0)$score, by uniroot", 0.0941325704038, 0.4579525501378),
    ],
)
def test_intervals_by_likelihood_and_score_agree_with_r(
    run: Any, reference: References, leukemia: pl.DataFrame, interval: str, call: str, lower: float, upper: float
) -> None:
    results = run("cox", ["AVAL"], leukemia, {"contrasts": (*PAIR, ("Control", "6-MP")), "interval": interval})
    name = "ARM=6-MP %2F Control/AVAL"
    for bound, value in (("ci_lower", lower), ("ci_upper", upper)):
        reference.holds(
            f"{bound}, {interval}", stat(results, f"{name}/{bound}"), value, tolerance=1e-9, source=f"{R}, {call}"
        )
    turned = stat(results, "ARM=Control %2F 6-MP/AVAL/ci_lower")
    assert turned == pytest.approx(1 / upper, rel=1e-8)


@pytest.mark.validates("cox")
def test_firths_penalty_agrees_with_a_direct_maximization(
    run: Any, reference: References, leukemia: pl.DataFrame
) -> None:
    silent = leukemia.with_columns(pl.when(pl.col("ARM") == "6-MP").then(1.0).otherwise(pl.col("CNSR")).alias("CNSR"))
    results = run("cox", ["AVAL"], silent, {"contrasts": PAIR, "firth": True, "interval": "profile"})
    source = f"{R}, maximum over b of loglik - log(det(var)) / 2 of coxph(init = b, iter.max = 0), by optimize, uniroot"
    name = "ARM=6-MP %2F Control/AVAL"
    reference.holds(
        "log HR, no events in one arm, Firth", log_ratio(results, name), -4.43685737, tolerance=1e-7, source=source
    )
    reference.holds(
        "log-likelihood, Firth", stat(results, "AVAL/log_likelihood"), -46.24958846717, tolerance=1e-9, source=source
    )
    reference.holds(
        "lower limit, Firth",
        stat(results, f"{name}/ci_lower"),
        9.26909976895e-05,
        tolerance=1e-7,
        relative=True,
        source=source,
    )
    reference.holds(
        "upper limit, Firth",
        stat(results, f"{name}/ci_upper"),
        8.73073634292e-02,
        tolerance=1e-7,
        relative=True,
        source=source,
    )


@pytest.mark.validates("cox")
def test_hazard_ratios_by_interval_agree_with_split_records(
    run: Any, reference: References, leukemia: pl.DataFrame
) -> None:
    results = run("cox", ["AVAL"], leukemia, {"contrasts": PAIR, "cutpoints": (8, 16)})
    source = f"{R}, coxph on survSplit(cut = c(8, 16)) with the arm's effect in each interval"
    expected = {
        "(0, 8]": (-1.515547487602, 0.573234452288),
        "(8, 16]": (-1.357835067741, 0.736262106613),
        "(16, inf)": (-2.042021718035, 0.934821219507),
    }
    for interval, (value, error) in expected.items():
        name = f"ARM=6-MP %2F Control/AVAL={interval}"
        reference.holds(f"log HR {interval}", log_ratio(results, name), value, tolerance=1e-9, source=source)
        reference.holds(f"se {interval}", stat(results, f"{name}/se_log"), error, tolerance=1e-9, source=source)


@pytest.mark.validates("cox")
def test_a_landmark_leaves_out_who_left_before(run: Any, reference: References, leukemia: pl.DataFrame) -> None:
    results = run("cox", ["AVAL"], leukemia, {"contrasts": PAIR, "landmark": 5})
    source = f"{R}, coxph(Surv(time - 5, status) ~ arm, subset = time > 5)"
    name = "ARM=6-MP %2F Control/AVAL"
    reference.holds("log HR, landmark 5", log_ratio(results, name), -1.169848740149, tolerance=1e-9, source=source)
    reference.holds("se, landmark 5", stat(results, f"{name}/se_log"), 0.455480879325, tolerance=1e-9, source=source)
    assert stat(results, "AVAL/n_missing") == 0


@pytest.mark.validates("cox")
def test_two_subjects_have_the_likelihood_written_by_hand(run: Any, reference: References) -> None:
    # Deaths at 1 (x = 1) and 3 (x = 0), censored at 2 (x = 1) and 4 (x = 0): log L = b - log(2 e^b + 2) + 0, which has
    # no maximum in b; with x = 0 at time 1 and x = 1 at time 3: log L = -log(2 e^b + 2) + b - log(e^b + 1): e^b = 1.
    records = pl.DataFrame({"ARM": ["A", "B", "B", "A"], "AVAL": [1.0, 2.0, 3.0, 4.0], "CNSR": [0.0, 1.0, 0.0, 1.0]})
    results = run("cox", ["AVAL"], records, {"contrasts": (("B", "A"),)})
    source = "by hand: log L = b - log(2 e^b + 2) - log(e^b + 1), largest at b = 0; information 1/4 + 1/4"
    name = "ARM=B %2F A/AVAL"
    reference.holds("hazard ratio", stat(results, f"{name}/hazard_ratio"), 1.0, tolerance=1e-9, source=source)
    reference.holds("se", stat(results, f"{name}/se_log"), math.sqrt(2), tolerance=1e-9, source=source)


# --- what the data do not give ---


def test_an_arm_without_events_has_no_hazard_ratio_and_a_warning(run: Any, leukemia: pl.DataFrame) -> None:
    silent = leukemia.with_columns(pl.when(pl.col("ARM") == "6-MP").then(1.0).otherwise(pl.col("CNSR")).alias("CNSR"))
    for interval in ("wald", "score", "profile"):
        results = run("cox", ["AVAL"], silent, {"contrasts": PAIR, "interval": interval})
        ratio = results["a/ARM=6-MP %2F Control/AVAL/hazard_ratio"]
        assert (ratio.stat_text, ratio.warnings) == ("NE", "no events with ARM = 6-MP")
        assert results["a/AVAL/wald_p_value"].stat_text == "NE"
        # The likelihood has a limit: the tests that need no estimate still say what the data say.
        assert stat(results, "AVAL/lr_p_value") == pytest.approx(4.8308718e-11, rel=1e-6)


def test_two_arms_with_events_are_compared_though_a_third_has_none(run: Any, formula: pl.DataFrame) -> None:
    silent = formula.with_columns(pl.when(pl.col("ARM") == "A").then(1.0).otherwise(pl.col("CNSR1")).alias("CNSR"))
    contrasts = {"contrasts": (("B", "A"), ("C", "B"))}
    results = run("cox", ["AVAL"], silent, contrasts)
    alone = run("cox", ["AVAL"], silent.filter(pl.col("ARM") != "A"), {"contrasts": (("C", "B"),)})
    assert results["a/ARM=B %2F A/AVAL/hazard_ratio"].stat is None
    assert log_ratio(results, "ARM=C %2F B/AVAL") == pytest.approx(log_ratio(alone, "ARM=C %2F B/AVAL"), abs=1e-8)
    assert results["a/ARM=C %2F B/AVAL/hazard_ratio"].warnings == ""


def test_without_events_or_with_collinear_terms_there_is_no_model(run: Any, leukemia: pl.DataFrame) -> None:
    options: dict[str, Any] = {"contrasts": PAIR}
    name = "a/ARM=6-MP %2F Control/AVAL/hazard_ratio"
    censored = run("cox", ["AVAL"], leukemia.with_columns(pl.lit(1.0).alias("CNSR")), options)[name]
    assert (censored.stat_text, censored.warnings) == ("NE", "no events")
    twice = leukemia.with_columns(X=pl.int_range(pl.len()).cast(pl.Float64)).with_columns(Y=3 - 2 * pl.col("X"))
    collinear = run("cox", ["AVAL"], twice, {**options, "covariates": ("X", "Y")})[name]
    assert collinear.stat_text == "NE"
    assert collinear.warnings == "Y does not vary among those at risk beside the other terms (collinear)"
    one = run("cox", ["AVAL"], leukemia.head(1), options, arms=["6-MP", "Control"])
    assert one[name].warnings == "no records with ARM = Control"
    assert one["a/AVAL/p_value"].warnings == "fewer than two groups have records"


def test_a_stratum_with_one_arm_adds_nothing(run: Any, leukemia: pl.DataFrame) -> None:
    own = leukemia.with_columns(REGION=pl.lit("1"))
    lonely = pl.DataFrame({"ARM": ["6-MP"] * 3, "AVAL": [1.0, 2.0, 3.0], "CNSR": [0.0] * 3, "REGION": ["2"] * 3})
    options = {"contrasts": PAIR, "strata": ("REGION",)}
    both, alone = run("cox", ["AVAL"], pl.concat([own, lonely]), options), run("cox", ["AVAL"], own, options)
    assert log_ratio(both, "ARM=6-MP %2F Control/AVAL") == pytest.approx(
        log_ratio(alone, "ARM=6-MP %2F Control/AVAL"), rel=1e-10
    )


def test_records_that_cannot_be_used_are_left_out_and_told(run: Any, leukemia: pl.DataFrame) -> None:
    odd = leukemia.with_columns(
        pl.when(pl.int_range(pl.len()) == 0).then(-4.0).otherwise(pl.col("AVAL")).alias("AVAL"),
        START=pl.when(pl.int_range(pl.len()) == 1).then(50.0).otherwise(0.0),
    )
    results = run("cox", ["AVAL"], odd, {"contrasts": PAIR, "start": "START"})
    assert stat(results, "AVAL/n") == 40
    warnings = results["a/ARM=6-MP %2F Control/AVAL/hazard_ratio"].warnings
    assert "records with a negative AVAL, left out: 1" in warnings
    assert "records whose START is not before their end, left out: 1" in warnings


def test_rows_in_any_order_give_the_same_fit() -> None:
    rng = np.random.default_rng(20)
    design = rng.normal(size=(60, 2))
    stop, event = np.ceil(rng.exponential(8, 60)), rng.uniform(size=60) < 0.7
    order = rng.permutation(60)
    first, second = compute_cox(design, stop, event), compute_cox(design[order], stop[order], event[order])
    assert first.coefficients == pytest.approx(second.coefficients, rel=1e-10)


def test_a_covariate_in_other_units_has_the_same_test(run: Any, formula: pl.DataFrame) -> None:
    options = {"covariates": ("X",), "censor": "CNSR1"}
    plain = run("cox", ["AVAL"], formula, options)
    large = run("cox", ["AVAL"], formula.with_columns(pl.col("X") * 1e6 + 1e9), options)
    assert stat(large, "X/statistic") == pytest.approx(stat(plain, "X/statistic"), rel=1e-6)

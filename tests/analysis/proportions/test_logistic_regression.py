"""Logistic regression against textbooks, R's glm, and Firth's penalized likelihood by direct maximization."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.validation import References

from trialwright.analysis.methods.proportions.logistic_fit import fit_logistic
from trialwright.errors import PlanError
from trialwright.results import Results

R = "R 4.2.2"
# Heinze G, Schemper M. Stat Med 2002;21:2409-2419: endometrial cancer; neovasculation (NV), pulsatility index (PI),
# endometrium height (EH), histology (HG: 1 is high grade). As Agresti A gives them for "Foundations of Linear and
# Generalized Linear Models", 2015 (Endometrial.dat).
ENDOMETRIAL = """
0 13 1.64 0,0 16 2.26 0,0 8 3.14 0,0 34 2.68 0,0 20 1.28 0,0 5 2.31 0,0 17 1.8 0,0 10 1.68 0,0 26 1.56 0,0 17 2.31 0,
0 8 2.01 0,0 7 1.89 0,0 20 3.15 0,0 10 1.23 0,0 18 1.27 0,0 16 1.76 0,0 18 2 0,0 8 2.64 1,0 29 0.88 1,0 12 1.27 1,
0 20 1.37 1,1 38 0.97 1,1 22 1.14 1,1 7 0.88 1,1 25 0.91 1,1 15 0.58 1,0 7 0.97 1,0 28 1.5 0,0 11 1.33 0,0 19 2.37 0,
0 10 1.82 0,0 10 3.13 0,0 18 1.31 0,0 14 1.92 0,0 21 1.64 0,0 11 2.01 0,0 17 1.88 0,0 25 1.93 0,0 16 2.11 0,0 19 1.29 0,
0 15 1.72 0,0 33 0.75 0,0 24 1.92 0,0 48 1.84 1,0 12 1.11 1,0 19 1.61 1,0 2 1.18 1,1 22 1.44 1,1 40 1.18 1,1 5 0.93 1,
1 0 1.17 1,0 21 1.19 1,0 15 1.06 1,0 29 2.02 0,0 15 2.29 0,0 12 2.33 0,0 3 2.9 0,0 20 1.7 0,0 23 1.41 0,0 12 2.25 0,
0 22 1.54 0,0 42 1.97 0,0 15 1.75 0,0 13 2.16 0,0 14 2.57 0,0 19 1.37 0,0 12 3.61 0,0 13 2.04 0,0 10 2.17 0,0 12 1.69 1,
1 49 0.27 1,0 6 1.84 1,0 5 1.3 1,0 17 0.96 1,1 11 1.01 1,1 21 0.98 1,0 5 0.35 1,1 19 1.02 1,0 33 0.85 1
"""
HEINZE = "Heinze G, Schemper M. Stat Med 2002;21:2409-2419, endometrial cancer (logistf's and SAS's documentation)"


def endometrial() -> pl.DataFrame:
    """ARM is 1 for neovasculation."""
    rows = [line.split() for line in ENDOMETRIAL.replace("\n", "").split(",")]
    assert len(rows) == 79
    return pl.DataFrame(
        [{"ARM": nv, "PI": float(pi), "EH": float(eh), "HG": int(hg)} for nv, pi, eh, hg in rows], orient="row"
    )


@pytest.fixture(scope="module")
def births() -> pl.DataFrame:
    """Hosmer and Lemeshow's low birth weights (R's MASS::birthwt): ARM is the mother's race."""
    data = pl.read_csv(Path(__file__).with_name("birthwt.csv"))
    return data.select(ARM="race", LOW="low", SMOKE=pl.col("smoke").cast(pl.String), AGE="age", LWT="lwt", FTV="ftv")


def logarithm(results: Results, name: str) -> float:
    value = results[name].stat
    assert value is not None
    return math.log(value)


RACES = [["black", "white"], ["other", "white"]]
BLACK, OTHER = ("a/ARM=black %2F white/LOW", "a/ARM=other %2F white/LOW")


@pytest.mark.validates("logistic_regression")
def test_a_textbooks_model(reference: References, run: Any, births: pl.DataFrame) -> None:
    book = "Hosmer DW, Lemeshow S. Applied Logistic Regression, 2nd ed., 2000, table 2.2 (low birth weight)"
    results: Results = run(
        "logistic_regression", ["LOW"], births, {"covariates": ["AGE", "LWT", "FTV"], "contrasts": RACES}
    )
    for name, estimate, se in (
        ("a/AGE", -0.024, 0.034),
        ("a/LWT", -0.014, 0.0065),
        (BLACK, 1.004, 0.498),
        (OTHER, 0.433, 0.362),
        ("a/FTV", -0.049, 0.167),
    ):
        value = logarithm(results, f"{name}/odds_ratio")
        reference.holds(f"log odds ratio, {name}, birth weight", value, estimate, tolerance=5e-4, source=book)
        reference.holds(f"its se, {name}", results[f"{name}/se_log"].stat, se, tolerance=5.1e-4, source=book)
    reference.holds("log-likelihood", results["a/LOW/log_likelihood"].stat, -111.286, tolerance=5e-4, source=book)


@pytest.mark.validates("logistic_regression")
def test_rs_models(reference: References, run: Any, births: pl.DataFrame) -> None:
    def holds(quantity: str, actual: float | None, expected: float, call: str) -> None:
        reference.holds(f"{quantity}, birth weight", actual, expected, tolerance=1e-8, source=f"{R}, {call}")

    options = {"factors": ["SMOKE"], "covariates": ["AGE", "LWT"], "contrasts": RACES}
    glm = "f <- glm(low ~ race + smoke + age + lwt, binomial, MASS::birthwt, control = list(epsilon = 1e-14)), "
    wald: Results = run("logistic_regression", ["LOW"], births, options)
    for name, estimate, se, p_value in (
        (BLACK, 1.2316713730715, 0.5171517877355, 0.01723555780909),
        (OTHER, 0.9432626532840, 0.4162321525751, 0.02343953041515),
        ("a/AGE", -0.0224782798746, 0.0341704945836, 0.51064919117201),
        ("a/LWT", -0.0125256640164, 0.0063858343068, 0.04982346206586),
    ):
        holds(f"log odds ratio, {name}", logarithm(wald, f"{name}/odds_ratio"), estimate, glm + "summary(f)")
        holds(f"se, {name}", wald[f"{name}/se_log"].stat, se, glm + "summary(f)")
        holds(f"p, {name}", wald[f"{name}/p_value"].stat, p_value, glm + "summary(f)")
    statistic = wald["a/ARM/statistic"].stat
    holds("Wald chi-square of race", statistic, 7.84258198042, glm + "from coef(f), vcov(f)")
    ratio: Results = run(
        "logistic_regression",
        ["LOW"],
        births,
        {**options, "test": "likelihood_ratio", "intervals": "profile"},
    )
    holds("likelihood ratio of race", ratio["a/ARM/statistic"].stat, 8.302118441, glm + "drop1(f, test = 'LRT')")
    holds("likelihood ratio of smoking", ratio["a/SMOKE/statistic"].stat, 8.083402921, glm + "drop1(f, test = 'LRT')")
    holds("likelihood ratio of age", ratio["a/AGE/statistic"].stat, 0.437422903, glm + "drop1(f, test = 'LRT')")
    call = glm + "glm.fit with the predictor held by an offset, uniroot of the deviance, tol = 1e-11"
    for name, lower, upper in (
        (BLACK, 0.220633528450792, 2.26484266233444),
        (OTHER, 0.140067686634181, 1.7809259254036),
        ("a/AGE", -0.0908992210121771, 0.0436305100095971),
        ("a/LWT", -0.0258629301228947, -0.000638723824137886),
    ):
        holds(f"profile limit, lower, {name}", logarithm(ratio, f"{name}/ci_lower"), lower, call)
        holds(f"profile limit, upper, {name}", logarithm(ratio, f"{name}/ci_upper"), upper, call)
    score: Results = run("logistic_regression", ["LOW"], births, {**options, "test": "score"})
    holds(
        "score of race",
        score["a/ARM/statistic"].stat,
        8.199509273,
        glm + "anova(update(f, . ~ . - race), f, test = 'Rao')",
    )


@pytest.mark.validates("logistic_regression")
def test_firth_on_the_endometrial_cancers(reference: References, run: Any) -> None:
    results: Results = run(
        "logistic_regression",
        ["HG"],
        endometrial(),
        {
            "covariates": ["PI", "EH"],
            "contrasts": [["1", "0"]],
            "penalty": "firth",
            "intervals": "profile",
            "test": "likelihood_ratio",
        },
    )
    nv = "a/ARM=1 %2F 0/HG"
    ours = f"{R}, numDeriv: Newton on the log-likelihood + log|information| / 2 by numeric derivatives; uniroot"
    for what, actual, published, written_out in (
        ("NV", logarithm(results, f"{nv}/odds_ratio"), 2.9293, 2.9292733533),
        ("PI", logarithm(results, "a/PI/odds_ratio"), -0.0348, -0.0347517599),
        ("EH", logarithm(results, "a/EH/odds_ratio"), -2.6042, -2.6041639254),
        ("NV, lower profile limit", logarithm(results, f"{nv}/ci_lower"), 0.6097, 0.609724436303),
        ("NV, upper profile limit", logarithm(results, f"{nv}/ci_upper"), 7.8546, 7.854631713877),
        ("NV, se", results[f"{nv}/se_log"].stat, 1.5508, 1.5507637295),
        ("NV, p", results[f"{nv}/p_value"].stat, 0.0091, 0.00912366754709),
    ):
        reference.holds(f"Firth, {what}", actual, published, tolerance=5.1e-5, source=HEINZE)
        reference.holds(f"Firth, {what}", actual, written_out, tolerance=3e-8, source=ours)


@pytest.mark.validates("logistic_regression")
def test_separation_is_not_estimable_and_leaves_what_the_others_determine(reference: References, run: Any) -> None:
    results: Results = run(
        "logistic_regression", ["HG"], endometrial(), {"covariates": ["PI", "EH"], "contrasts": [["1", "0"]]}
    )
    nv = results["a/ARM=1 %2F 0/HG/odds_ratio"]
    assert nv.stat_text == "NE"
    assert "no finite estimate of this odds ratio; with penalty: firth" in nv.warnings
    assert results["a/ARM/p_value"].stat_text == "NE"
    source = f"{R}, glm(HG ~ PI + EH, binomial, subset = NV == 0, control = list(epsilon = 1e-14))"
    for what, actual, expected in (
        ("PI", logarithm(results, "a/PI/odds_ratio"), -0.0421834032568),
        ("EH", logarithm(results, "a/EH/odds_ratio"), -2.9026056137776),
        ("PI, se", results["a/PI/se_log"].stat, 0.0443319651345),
        ("EH, se", results["a/EH/se_log"].stat, 0.8455515568379),
        ("log-likelihood", results["a/HG/log_likelihood"].stat, -27.6966301786),
    ):
        reference.holds(f"quasi-complete separation, {what}", actual, expected, tolerance=1e-8, source=source)


@pytest.mark.validates("logistic_regression")
def test_a_site_without_events_does_not_harm_the_treatment(
    reference: References, run: Any, births: pl.DataFrame
) -> None:
    sites = births.with_columns(SITE=pl.Series(["a", "b", "c", "d"] * 48)[:189])
    sites = sites.with_columns(LOW=pl.when(pl.col("SITE") == "d").then(0).otherwise("LOW"))
    results: Results = run(
        "logistic_regression",
        ["LOW"],
        sites,
        {"factors": ["SITE"], "contrasts": RACES, "test": "likelihood_ratio"},
    )
    source = f"{R}, glm(low ~ race + site, binomial, MASS::birthwt without site d, which has no events)"
    black, other = (logarithm(results, f"{name}/odds_ratio") for name in (BLACK, OTHER))
    reference.holds("site without events, black / white", black, 0.5698672051658, tolerance=1e-9, source=source)
    reference.holds("site without events, other / white", other, 0.6983457494379, tolerance=1e-9, source=source)
    reference.holds("the same, se", results[f"{BLACK}/se_log"].stat, 0.520117053305, tolerance=1e-9, source=source)
    statistic = results["a/ARM/statistic"].stat
    reference.holds("the same, likelihood ratio of race", statistic, 3.262652839, tolerance=1e-8, source=source)
    assert "separation: the model predicts 47 subjects perfectly" in results[f"{BLACK}/odds_ratio"].warnings
    assert results["a/SITE/p_value"].stat_text == "NE"


def arms(**counts: tuple[int, int]) -> pl.DataFrame:
    return pl.DataFrame(
        [{"ARM": arm, "RESP": int(k < events)} for arm, (events, total) in counts.items() for k in range(total)]
    )


def test_an_arm_without_events_is_not_estimable_but_with_firth(run: Any) -> None:
    options = {"contrasts": [["A", "C"], ["B", "C"]]}
    frame = arms(A=(0, 20), B=(6, 20), C=(9, 20))
    results: Results = run("logistic_regression", ["RESP"], frame, options)
    assert results["a/ARM=A %2F C/RESP/odds_ratio"].stat_text == "NE"
    assert "firth" in results["a/ARM=A %2F C/RESP/odds_ratio"].warnings
    assert results["a/ARM=B %2F C/RESP/odds_ratio"].stat == pytest.approx(6 * 11 / (14 * 9), rel=1e-9)
    assert results["a/ARM/p_value"].stat_text == "NE"
    firth: Results = run("logistic_regression", ["RESP"], frame, {**options, "penalty": "firth"})
    # In a saturated model Firth's estimate adds 0.5 to each cell (Heinze and Schemper 2002, section 2).
    assert firth["a/ARM=A %2F C/RESP/odds_ratio"].stat == pytest.approx(0.5 * 11.5 / (20.5 * 9.5), rel=1e-6)


def test_complete_separation_and_equal_responses_give_no_number(run: Any) -> None:
    options = {"contrasts": [["A", "B"]]}
    complete: Results = run("logistic_regression", ["RESP"], arms(A=(0, 9), B=(7, 7)), options)
    found = complete["a/ARM=A %2F B/RESP/odds_ratio"]
    assert found.stat_text == "NE"
    assert "complete separation" in found.warnings
    assert "firth" in found.warnings
    nobody: Results = run("logistic_regression", ["RESP"], arms(A=(0, 9), B=(0, 7)), options)
    assert nobody["a/ARM=A %2F B/RESP/p_value"].warnings == "no subject responds"
    everybody: Results = run("logistic_regression", ["RESP"], arms(A=(9, 9), B=(7, 7)), options)
    assert everybody["a/ARM/p_value"].warnings == "all subjects respond"


def test_an_arm_without_subjects_and_an_empty_dataset_are_told(run: Any) -> None:
    options = {"contrasts": [["A", "C"], ["A", "B"]]}
    results: Results = run("logistic_regression", ["RESP"], arms(A=(3, 9), B=(4, 8)), options, arms=["A", "B", "C"])
    found = results["a/ARM=A %2F C/RESP/odds_ratio"]
    assert found.stat_text == "NE"
    assert "no subjects with ARM = C" in found.warnings
    assert results["a/ARM/df"].stat == 1
    assert results["a/ARM=A %2F B/RESP/odds_ratio"].stat == pytest.approx(3 * 4 / (6 * 4), rel=1e-9)
    empty: Results = run(
        "logistic_regression", ["RESP"], arms(A=(3, 9), B=(4, 8)), options, arms=["A", "B", "C"], where="RESP = 5"
    )
    assert empty["a/ARM=A %2F B/RESP/odds_ratio"].warnings.startswith("no subjects with all values")


def test_incomplete_subjects_are_left_out_and_a_constant_covariate_is_told(run: Any) -> None:
    frame = arms(A=(3, 9), B=(4, 8)).with_columns(
        AGE=pl.Series([None, *(20 + k * k % 7 for k in range(16))], dtype=pl.Int64), DOSE=pl.lit(5.0)
    )
    options = {"covariates": ["AGE", "DOSE"], "contrasts": [["A", "B"]]}
    results: Results = run("logistic_regression", ["RESP"], frame, options)
    assert [results[f"a/RESP/{name}"].stat for name in ("n", "n_missing")] == [16, 1]
    assert results["a/ARM=A %2F B/RESP/odds_ratio"].stat is not None
    assert results["a/DOSE/odds_ratio"].stat_text == "NE"
    assert results["a/DOSE/p_value"].warnings == "the data do not determine this odds ratio"


def test_units_do_not_matter() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=80), rng.integers(0, 2, 80).astype(float)
    small = fit_logistic(np.column_stack([np.ones(80), x]), y, is_firth=False)
    function = np.array([0.0, 1.0])
    shifted = fit_logistic(np.column_stack([np.ones(80), x + 50]), y, is_firth=False)
    assert shifted.estimate(function)[0] == pytest.approx(small.estimate(function)[0], rel=1e-6)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"penalty": "firth", "test": "score"}, "no score test"),
        ({"factors": ["SEX"], "covariates": ["SEX"]}, "term of the model twice"),
    ],
)
def test_what_a_plan_gets_wrong(run: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        run("logistic_regression", ["RESP"], arms(A=(3, 9), B=(4, 8)), options)


def test_separation_is_found_where_the_subjects_left_are_near_in_a_covariate(run: Any) -> None:
    # Without the four subjects whom sites and arms part, the regressor (from 1 to 5,000,000) has the values 2 and 1,
    # which part the two that are left. R 4.2.2, glm(): "algorithm did not converge", SE of the arms 6e7.
    frame = pl.DataFrame(
        {
            "ARM": ["A", "A", "A", "A", "B", "B"],
            "RESP": [1, 1, 0, 1, 1, 1],
            "SITE": ["x", "z", "z", "y", "x", "y"],
            "LAB": [1.0, 2.0, 1.0, 1.0, 1.0, 5e6],
        }
    )
    options = {"factors": ["SITE"], "covariates": ["LAB"], "contrasts": [["A", "B"]]}
    found: Results = run("logistic_regression", ["RESP"], frame, options)
    for name in ("a/LAB/odds_ratio", "a/LAB/ci_upper", "a/ARM=A %2F B/RESP/odds_ratio"):
        assert found[name].stat_text == "NE"
        assert "complete separation" in found[name].warnings

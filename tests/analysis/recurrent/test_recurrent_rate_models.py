"""Poisson and negative binomial regression against R's and SAS's, and bad input."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm  # type: ignore[import-untyped]  # has no types
from tests.validation import References

from trialwright.analysis.methods.recurrent.log_linear import fit_log_linear
from trialwright.results import Result, Results

# Quine S, 1975, in Aitkin M. J R Stat Soc A 1978;141:195-223: days absent from school; R's MASS::quine.
QUINE = pl.read_csv(Path(__file__).parent / "data" / "quine.csv").rename({"Eth": "ARM"})
TERMS = {"factors": ("Sex", "Age", "Lrn"), "contrasts": (("N", "A"),)}
NB = "R 4.2.2, MASS 7.3-58.2, glm.nb(Days ~ Eth + Sex + Age + Lrn, data = quine)"
POISSON = "R 4.2.2, stats, glm(Days ~ Eth + Sex + Age + Lrn, family = poisson, data = quine)"


def row(results: Results, name: str) -> Result:
    return results[f"a/{name.replace(' / ', ' %2F ')}"]


def stat(results: Results, name: str) -> float:
    found = row(results, name)
    assert found.stat is not None, found.warnings
    return found.stat


@pytest.mark.validates("negative_binomial")
def test_the_absences_of_quine(run: Any, reference: References) -> None:
    expected = run("negative_binomial", ["Days"], QUINE, {**TERMS, "information": "expected"})
    for what, actual, value, source in (
        ("dispersion", stat(expected, "Days/dispersion"), 0.784379770234, f"{NB}: 1 / theta"),
        ("log likelihood", stat(expected, "Days/log_likelihood"), -546.575509145, f"{NB}: logLik"),
        ("deviance", stat(expected, "Days/deviance"), 167.951800821, f"{NB}: deviance"),
        ("log rate ratio N / A", math.log(stat(expected, "ARM=N / A/Days/rate_ratio")), -0.569371697358, NB),
        ("its standard error", stat(expected, "ARM=N / A/Days/se_log"), 0.153333359283, f"{NB}: expected information"),
        ("LR chi-square of Eth", stat(expected, "ARM/statistic"), 12.5235460125, f"{NB}: 2 x difference of logLik"),
        (
            "log rate of A",
            math.log(stat(expected, "ARM=A/Days/rate")),
            3.08093295426,
            f"{NB}; emmeans 1.8, emmeans(~Eth)",
        ),
        ("its standard error, LS mean", stat(expected, "ARM=A/Days/se_log"), 0.112939887457, f"{NB}; emmeans 1.8"),
    ):
        reference.holds(f"{what}, quine", actual, value, tolerance=2e-8, source=source)
    observed = run("negative_binomial", ["Days"], QUINE, TERMS)
    source = f"{NB}; inverse of optimHess of the joint negative log likelihood (dnbinom), step 1e-4"
    actual = stat(observed, "ARM=N / A/Days/se_log")
    reference.holds(
        "standard error, observed information, quine", actual, 0.157608659627, tolerance=2e-7, source=source
    )
    actual = stat(observed, "Days/dispersion_se")
    reference.holds("standard error of the dispersion, quine", actual, 0.0990840118476, tolerance=2e-7, source=source)


@pytest.mark.validates("negative_binomial")
def test_observed_information_as_statsmodels_has_it(run: Any, reference: References) -> None:
    frame = QUINE.to_pandas()
    regressors = np.column_stack(
        [np.ones(len(frame)), frame["ARM"] == "N", frame["Sex"] == "M"]
        + [frame["Age"] == age for age in ("F1", "F2", "F3")]
        + [frame["Lrn"] == "SL"]
    ).astype(float)
    fitted = sm.NegativeBinomial(frame["Days"], regressors, loglike_method="nb2").fit(
        disp=0, method="newton", maxiter=200, tol=1e-12
    )
    results = run("negative_binomial", ["Days"], QUINE, TERMS)
    source = "statsmodels 0.15.0, NegativeBinomial(loglike_method='nb2').fit()"
    reference.holds(
        "standard error of the log rate ratio, quine",
        stat(results, "ARM=N / A/Days/se_log"),
        float(fitted.bse.iloc[1]),
        tolerance=1e-6,
        source=source,
    )
    reference.holds(
        "standard error of the dispersion, quine (statsmodels)",
        stat(results, "Days/dispersion_se"),
        float(fitted.bse.iloc[-1]),
        tolerance=1e-6,
        source=source,
    )


@pytest.mark.validates("negative_binomial")
def test_profile_limits_take_the_dispersion_along(run: Any, reference: References) -> None:
    results = run("negative_binomial", ["Days"], QUINE, {**TERMS, "interval": "profile"})
    source = "R 4.2.2, MASS 7.3-58.2: uniroot of 2 x (logLik - logLik of glm.nb with offset b * N) - qchisq(.95, 1)"
    for name, expected in (("ci_lower", -0.881644191224), ("ci_upper", -0.258917412576)):
        actual = math.log(stat(results, f"ARM=N / A/Days/{name}"))
        reference.holds(f"log profile {name}, quine", actual, expected, tolerance=1e-7, source=source)


@pytest.mark.validates("poisson_regression")
def test_poisson_as_r_has_it(run: Any, reference: References) -> None:
    for variance, se, call in (
        ("model", 0.0418831058494, POISSON),
        ("robust", 0.153325071735, f"{POISSON}; sandwich 3.0-2, vcovHC(type = 'HC0')"),
        ("pearson", 0.0418831058494 * math.sqrt(13.1668426275), f"{POISSON}, se x sqrt(Pearson / df)"),
    ):
        results = run("poisson_regression", ["Days"], QUINE, {**TERMS, "variance": variance})
        actual = stat(results, "ARM=N / A/Days/se_log")
        reference.holds(f"standard error, {variance}, quine", actual, se, tolerance=1e-9, source=call)
        assert math.log(stat(results, "ARM=N / A/Days/rate_ratio")) == pytest.approx(-0.533604325247, abs=1e-10)
    results = run("poisson_regression", ["Days"], QUINE, {**TERMS, "interval": "profile"})
    for what, actual, value in (
        ("deviance", stat(results, "Days/deviance"), 1696.70655249),
        ("log likelihood", stat(results, "Days/log_likelihood"), -1142.59181514),
        ("Pearson chi-square", stat(results, "Days/pearson_chi_square"), 1830.19112522),
        ("log rate of N", math.log(stat(results, "ARM=N/Days/rate")), 2.52495087446),
        ("standard error of the log rate of N", stat(results, "ARM=N/Days/se_log"), 0.0331547254405),
        ("log lower profile limit", math.log(stat(results, "ARM=N / A/Days/ci_lower")), -0.615950393259),
        ("log upper profile limit", math.log(stat(results, "ARM=N / A/Days/ci_upper")), -0.451748429911),
    ):
        reference.holds(
            f"{what}, quine", actual, value, tolerance=2e-8, source=f"{POISSON}; emmeans; uniroot of logLik"
        )


@pytest.mark.validates("poisson_regression")
def test_the_insurance_claims_of_sas(run: Any, reference: References) -> None:
    records = pl.DataFrame(
        {
            "N": [500, 1200, 100, 400, 500, 300],
            "C": [42, 37, 1, 101, 73, 14],
            "CAR": ["small", "medium", "large"] * 2,
            "ARM": ["1"] * 3 + ["2"] * 3,
        }
    )
    options = {"factors": ("CAR",), "exposure": "N", "contrasts": (("1", "2"),)}
    results = run("poisson_regression", ["C"], records, options)
    sas = "SAS/STAT User's Guide, The GENMOD Procedure, Getting Started: Poisson Regression (data insure)"
    for what, actual, value in (
        ("log rate ratio 1 / 2", math.log(stat(results, "ARM=1 / 2/C/rate_ratio")), -1.3199),
        ("its standard error", stat(results, "ARM=1 / 2/C/se_log"), 0.1359),
        ("deviance", stat(results, "C/deviance"), 2.8207),
        ("Pearson chi-square", stat(results, "C/pearson_chi_square"), 2.8416),
        ("log likelihood, full", stat(results, "C/log_likelihood"), -16.4638),
        ("type 3 chi-square of age", stat(results, "ARM/statistic"), 104.64),
        ("type 3 chi-square of car", stat(results, "CAR/statistic"), 72.82),
    ):
        tolerance = 5e-3 if "type 3" in what else 5e-5
        reference.holds(f"{what}, insure", actual, value, tolerance=tolerance, source=sas)
    # The rates of a model with nothing else: claims by policies.
    alone = run("poisson_regression", ["C"], records, {"exposure": "N", "per": 100})
    assert stat(alone, "ARM=1/C/rate") == pytest.approx(100 * 80 / 1800)
    assert (stat(alone, "ARM=1/C/n_events"), stat(alone, "ARM=1/C/exposure")) == (80, 1800)


def counts(values: dict[str, list[int]], exposure: float = 1.0) -> pl.DataFrame:
    rows = [(arm, value, exposure) for arm, own in values.items() for value in own]
    return pl.DataFrame(rows, schema=["ARM", "N", "YEARS"], orient="row")


@pytest.mark.parametrize("method", ["poisson_regression", "negative_binomial"])
def test_an_arm_without_events_is_not_estimable_and_the_others_are(run: Any, method: str) -> None:
    records = counts({"A": [0, 0, 0], "B": [1, 4, 0, 2], "C": [3, 0, 9, 1]})
    results = run(method, ["N"], records, {"contrasts": (("A", "B"), ("B", "C"))})
    found = row(results, "ARM=A / B/N/rate_ratio")
    assert (found.stat, found.stat_text) == (None, "NE")
    assert "no events with ARM = A" in found.warnings
    assert row(results, "ARM=A/N/rate").stat_text == "NE"
    assert stat(results, "ARM=A/N/n_events") == 0
    without = run(method, ["N"], counts({"B": [1, 4, 0, 2], "C": [3, 0, 9, 1]}), {"contrasts": (("B", "C"),)})
    for name in ("rate_ratio", "se_log", "ci_upper"):
        assert stat(results, f"ARM=B / C/N/{name}") == pytest.approx(stat(without, f"ARM=B / C/N/{name}"), rel=1e-6)


@pytest.mark.parametrize("method", ["poisson_regression", "negative_binomial"])
def test_no_events_no_exposure_and_no_counts(run: Any, method: str) -> None:
    options = {"contrasts": (("A", "B"),), "exposure": "YEARS"}
    for records, said in (
        (counts({"A": [0, 0], "B": [0, 0]}), "no events"),
        (counts({"A": [1, 2], "B": [3, 0]}, exposure=0.0), "exposure is not above 0, left out: 4"),
        (counts({"A": [1, -2], "B": [3, 0]}), "no counts"),
        (counts({"A": [1, 2], "B": [3, 0]}).with_columns(N=pl.col("N") + 0.5), "no counts"),
    ):
        results = run(method, ["N"], records, options)
        found = row(results, "ARM=A / B/N/p_value")
        assert found.stat_text == "NE"
        assert said in found.warnings


def test_events_that_a_covariate_separates_do_not_converge(run: Any) -> None:
    records = counts({"A": [0, 0, 5], "B": [0, 0, 7]}).with_columns(X=pl.Series([1.0, 2.0, 3.0] * 2))
    for method in ("poisson_regression", "negative_binomial"):
        results = run(method, ["N"], records, {"covariates": ("X",), "contrasts": (("A", "B"),)})
        found = row(results, "ARM=A / B/N/rate_ratio")
        assert found.stat is None or found.stat == pytest.approx(5 / 7, rel=1e-6)
        assert row(results, "X/rate_ratio").stat is None or stat(results, "X/se_log") > 10


def test_one_record_in_each_arm_and_underdispersion_fall_back_to_poisson(run: Any) -> None:
    results = run("negative_binomial", ["N"], counts({"A": [3], "B": [6]}), {"contrasts": (("A", "B"),)})
    assert stat(results, "N/dispersion") == 0
    assert "the model is Poisson's" in row(results, "ARM=A / B/N/rate_ratio").warnings
    assert stat(results, "ARM=A / B/N/se_log") == pytest.approx(math.sqrt(1 / 3 + 1 / 6))


def test_a_small_dispersion_is_found_without_rounding_trouble() -> None:
    rng = np.random.default_rng(20261122)
    for dispersion in (1e-4, 1e-2, 5.0):
        values = rng.negative_binomial(1 / dispersion, 1 / (1 + dispersion * 50.0), 4000).astype(float)
        fit = fit_log_linear(np.ones((4000, 1)), values, np.zeros(4000), negative_binomial=True)
        assert fit.converged
        excess = (values.var() - values.mean()) / values.mean() ** 2
        assert fit.dispersion == pytest.approx(max(excess, 0), rel=0.2, abs=2e-4)


def test_robust_variance_sums_a_subject_s_records(run: Any) -> None:
    once = counts({"A": [1, 4, 0, 2], "B": [3, 0, 9, 1]}).with_columns(USUBJID=pl.Series([f"S{i}" for i in range(8)]))
    twice = pl.concat([once, once])
    options = {"contrasts": (("A", "B"),), "variance": "robust"}
    single = run("poisson_regression", ["N"], once, options)
    double = run("poisson_regression", ["N"], twice, options, subjects=once)
    assert stat(double, "ARM=A / B/N/se_log") == pytest.approx(stat(single, "ARM=A / B/N/se_log"), rel=1e-9)


def test_a_robust_variance_needs_more_subjects_than_terms(run: Any) -> None:
    options = {"contrasts": (("A", "B"),), "variance": "robust"}
    found = row(run("poisson_regression", ["N"], counts({"A": [3], "B": [5]}), options), "ARM=A / B/N/p_value")
    assert found.stat_text == "NE"
    assert "no more subjects than terms" in found.warnings


def test_terms_that_depend_on_one_another_are_told(run: Any) -> None:
    records = counts({"A": [1, 4, 0, 2], "B": [3, 0, 9, 1]}).with_columns(
        SITE=pl.col("ARM") + pl.Series(["1", "2"] * 4)
    )
    for method in ("poisson_regression", "negative_binomial"):
        results = run(method, ["N"], records, {"factors": ("SITE",), "contrasts": (("A", "B"),)})
        for name in ("ARM=A/N/rate", "ARM=A / B/N/rate_ratio"):
            assert row(results, name).stat_text == "NE"
            assert "terms of the model depend on one another" in row(results, name).warnings

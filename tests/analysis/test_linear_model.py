"""ANOVA and ANCOVA against statsmodels, published examples and theory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]  # has no types here
import polars as pl
import pytest
import statsmodels.api as sm  # type: ignore[import-untyped]  # has no types
import statsmodels.formula.api as smf  # type: ignore[import-untyped]  # has no types
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.analysis.methods.linear_model import fit_linear_model
from trialwright.results import Results

# Snedecor GW, Cochran WG. Statistical Methods, 6th ed., 1967, p. 422: leprosy bacilli before and after treatment; the
# example "Analysis of Covariance" of SAS PROC GLM ("DrugTest"), whose output has the values below.
DRUG = ["A"] * 10 + ["D"] * 10 + ["F"] * 10
PRE = [11, 8, 5, 14, 19, 6, 10, 6, 11, 3, 6, 6, 7, 8, 18, 8, 19, 8, 5, 15, 16, 13, 11, 9, 21, 16, 12, 12, 7, 12]
POST = [6, 0, 2, 8, 11, 4, 13, 1, 8, 0, 0, 2, 3, 1, 18, 4, 14, 9, 1, 9, 13, 10, 18, 5, 23, 12, 5, 16, 1, 20]
LEPROSY = pl.DataFrame({"ARM": DRUG, "PRE": PRE, "POST": POST})


def stat(results: Results, name: str) -> float:
    value = results[f"a/{name}"].stat
    assert value is not None
    return value


def test_the_ancova_of_sas_glm(run: Any) -> None:
    options = {"covariates": ("PRE",), "contrasts": (("A", "F"), ("D", "F"), ("A", "D"))}
    results = run("ancova", ["POST"], LEPROSY, options)
    # SAS/STAT User's Guide, PROC GLM, example "Analysis of Covariance": type III SS 68.5537106 (drug), 577.8974030
    # (covariate) with MSE 16.0461; F 2.14 (p 0.1384) and 36.01 (p < .0001); root MSE 4.005778; LS means
    # 6.7149635, 6.8239348, 10.1611017; slope 0.98718381 (SE 0.16449757).
    assert stat(results, "ARM/statistic") == pytest.approx(68.5537106 / 2 / 16.0462539, rel=1e-6)
    assert stat(results, "ARM/p_value") == pytest.approx(0.1384, abs=5e-5)
    assert stat(results, "PRE/statistic") == pytest.approx(36.01, abs=5e-3)
    assert stat(results, "POST/rmse") == pytest.approx(4.005778, abs=5e-7)
    assert stat(results, "ARM=A/POST/lsmean") == pytest.approx(6.7149635, abs=5e-8)
    assert stat(results, "ARM=D/POST/lsmean") == pytest.approx(6.8239348, abs=5e-8)
    assert stat(results, "ARM=F/POST/lsmean") == pytest.approx(10.1611017, abs=5e-8)
    assert stat(results, "PRE/estimate") == pytest.approx(0.98718381, abs=5e-9)
    assert stat(results, "PRE/se") == pytest.approx(0.16449757, abs=5e-9)
    # Same output, differences of LS means: A - F t = -1.826 p = 0.0793; D - F t = -1.800 p = 0.0835; A - D p = 0.9521.
    assert stat(results, "ARM=A - F/POST/p_value") == pytest.approx(0.0793, abs=5e-5)
    assert stat(results, "ARM=D - F/POST/p_value") == pytest.approx(0.0835, abs=5e-5)
    assert stat(results, "ARM=A - D/POST/p_value") == pytest.approx(0.9521, abs=5e-5)


def unbalanced(rng: np.random.Generator, n: int = 80) -> pl.DataFrame:
    arm = rng.choice(["High", "Low", "Placebo"], n, p=[0.5, 0.3, 0.2])
    site = rng.choice(["1", "2", "3", "4"], n, p=[0.4, 0.3, 0.2, 0.1])
    base = rng.normal(25, 8, n)
    change = 0.1 * base + (arm == "High") * -2 + (site == "3") * 3 + rng.normal(0, 4, n)
    return pl.DataFrame({"ARM": arm, "SITE": site, "BASE": base, "CHG": change})


@pytest.mark.parametrize("weights", ["equal", "observed"])
def test_an_unbalanced_model_agrees_with_statsmodels(run: Any, weights: str) -> None:
    records = unbalanced(np.random.default_rng(7))
    options = {
        "covariates": ("BASE",),
        "factors": ("SITE",),
        "weights": weights,
        "contrasts": (("High", "Placebo"),),
        "conf_level": 0.9,
    }
    results = run("ancova", ["CHG"], records, options)

    # statsmodels 0.15.0: OLS with treatment coding; type III by sum coding and anova_lm(typ=3).
    frame = pd.DataFrame({name: records[name].to_list() for name in records.columns})
    fit = smf.ols("CHG ~ C(ARM, Sum) + C(SITE, Sum) + BASE", frame).fit()
    table = sm.stats.anova_lm(fit, typ=3)
    for term, row in (("ARM", "C(ARM, Sum)"), ("SITE", "C(SITE, Sum)"), ("BASE", "BASE")):
        assert stat(results, f"{term}/statistic") == pytest.approx(table.loc[row, "F"], rel=1e-8)
        assert stat(results, f"{term}/p_value") == pytest.approx(table.loc[row, "PR(>F)"], rel=1e-7)
        assert stat(results, f"{term}/df") == table.loc[row, "df"]

    plain = smf.ols("CHG ~ C(ARM, Treatment('Placebo')) + C(SITE) + BASE", frame).fit()
    shares = frame["SITE"].value_counts(normalize=True) if weights == "observed" else None
    function = np.zeros(len(plain.params))
    for position, name in enumerate(plain.params.index):
        if name == "Intercept" or "[T.High]" in name:
            function[position] = 1
        elif name.startswith("C(SITE)"):
            function[position] = 0.25 if shares is None else shares[name[-2]]
        elif name == "BASE":
            function[position] = frame["BASE"].mean()
    expected = plain.t_test(function)
    assert stat(results, "ARM=High/CHG/lsmean") == pytest.approx(expected.effect.item(), rel=1e-9)
    assert stat(results, "ARM=High/CHG/se") == pytest.approx(expected.sd.item(), rel=1e-9)
    lower, upper = expected.conf_int(alpha=0.1)[0]
    assert stat(results, "ARM=High/CHG/ci_lower") == pytest.approx(lower, rel=1e-8)
    assert stat(results, "ARM=High/CHG/ci_upper") == pytest.approx(upper, rel=1e-8)

    name = "C(ARM, Treatment('Placebo'))[T.High]"
    assert stat(results, "ARM=High - Placebo/CHG/difference") == pytest.approx(plain.params[name], rel=1e-9)
    assert stat(results, "ARM=High - Placebo/CHG/se") == pytest.approx(plain.bse[name], rel=1e-9)
    assert stat(results, "ARM=High - Placebo/CHG/p_value") == pytest.approx(plain.pvalues[name], rel=1e-7)
    assert stat(results, "ARM=High - Placebo/CHG/df") == plain.df_resid


def test_a_dose_takes_the_place_of_the_treatment(run: Any) -> None:
    records = unbalanced(np.random.default_rng(8)).with_columns(
        pl.col("ARM").replace_strict({"Placebo": 0.0, "Low": 54.0, "High": 81.0}).alias("DOSE")
    )
    results = run("ancova", ["CHG"], records, {"covariates": ("BASE",), "factors": ("SITE",), "dose": "DOSE"})
    frame = pd.DataFrame({name: records[name].to_list() for name in records.columns})
    fit = smf.ols("CHG ~ DOSE + C(SITE) + BASE", frame).fit()  # statsmodels 0.15.0
    assert stat(results, "DOSE/estimate") == pytest.approx(fit.params["DOSE"], rel=1e-9)
    assert stat(results, "DOSE/p_value") == pytest.approx(fit.pvalues["DOSE"], rel=1e-8)
    assert not any(row.stat_name == "lsmean" for row in results.rows())


def test_anova_agrees_with_the_published_one_way_layout(run: Any) -> None:
    # NIST StRD "SiRstv" (silicon resistivity, 5 instruments): certified F = 1.18046237440255E+00,
    # residual SD = 1.04076068334656E-01, df 4 and 20.
    silicon = {
        "1": [196.3052, 196.1240, 196.1890, 196.2569, 196.3403],
        "2": [196.3042, 196.3825, 196.1669, 196.3257, 196.0422],
        "3": [196.1303, 196.2005, 196.2889, 196.0343, 196.1811],
        "4": [196.2795, 196.1748, 196.1494, 196.1485, 195.9885],
        "5": [196.2119, 196.1051, 196.1850, 196.0052, 196.2090],
    }
    records = pl.DataFrame(
        {"ARM": [arm for arm, values in silicon.items() for _ in values], "X": [x for v in silicon.values() for x in v]}
    )
    results = run("anova", ["X"], records)
    assert stat(results, "X/statistic") == pytest.approx(1.18046237440255, rel=1e-9)
    assert (stat(results, "X/df"), stat(results, "X/df2")) == (4, 20)


def test_records_that_lack_a_value_are_left_out_and_counted(run: Any) -> None:
    records = LEPROSY.with_columns(pl.when(pl.int_range(pl.len()) < 3).then(None).otherwise(pl.col("PRE")).alias("PRE"))
    results = run("ancova", ["POST"], records, {"covariates": ("PRE",)})
    complete = run("ancova", ["POST"], LEPROSY[3:], {"covariates": ("PRE",)})
    assert (stat(results, "POST/n"), stat(results, "POST/n_missing")) == (27, 3)
    assert stat(results, "ARM/p_value") == pytest.approx(stat(complete, "ARM/p_value"), rel=1e-12)


def test_an_arm_at_a_site_of_its_own_has_no_estimable_mean(run: Any) -> None:
    records = pl.DataFrame(
        {
            "ARM": ["A"] * 4 + ["B"] * 4 + ["C"] * 4,
            "SITE": ["1", "2"] * 4 + ["3"] * 4,
            "Y": [1.0, 2, 4, 3, 5, 7, 6, 9, 1, 2, 3, 5],
        }
    )
    results = run("ancova", ["Y"], records, {"factors": ("SITE",), "contrasts": (("A", "B"), ("A", "C"))})
    assert results["a/ARM=C/Y/lsmean"].stat_text == "NE"
    assert results["a/ARM=A - C/Y/difference"].stat_text == "NE"
    # A and B meet at sites 1 and 2: their difference is that of balanced means.
    assert stat(results, "ARM=A - B/Y/difference") == pytest.approx(2.5 - 6.75, rel=1e-12)
    assert stat(results, "ARM/df") == 1


@pytest.mark.parametrize(
    ("values", "warning"),
    [
        ([None] * 6, "no complete records"),
        ([3.0] * 6, "the response has no residual variation"),
        ([1.0, None, None, 2.0, None, None], "no degrees of freedom"),
    ],
)
def test_a_response_with_nothing_to_test_is_not_estimable(run: Any, values: list[float | None], warning: str) -> None:
    records = pl.DataFrame({"ARM": ["A", "A", "A", "B", "B", "B"], "Y": pl.Series(values, dtype=pl.Float64)})
    for method in ("anova", "ancova"):
        name = "Y" if method == "anova" else "ARM"
        row = run(method, ["Y"], records)[f"a/{name}/p_value"]
        assert (row.stat, row.stat_text) == (None, "NE")
        assert warning in row.warnings


def test_an_absent_arm_leaves_the_others(run: Any) -> None:
    results = run(
        "ancova",
        ["POST"],
        LEPROSY,
        {"covariates": ("PRE",), "contrasts": (("A", "X"), ("A", "D"))},
        arms=["A", "D", "F", "X"],
    )
    assert results["a/ARM=X/POST/n"].stat == 0
    assert results["a/ARM=X/POST/lsmean"].stat_text == "NE"
    assert results["a/ARM=A - X/POST/p_value"].stat_text == "NE"
    assert "no records with ARM = X" in results["a/ARM/p_value"].warnings
    assert stat(results, "ARM=A - D/POST/p_value") == pytest.approx(0.9521, abs=5e-5)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e6), st.floats(-1e6, 1e6))
def test_tests_do_not_depend_on_the_unit_or_origin_of_a_covariate(seed: int, unit: float, origin: float) -> None:
    rng = np.random.default_rng(seed)
    group, base, response = rng.integers(0, 2, 30), rng.normal(0, 1, 30), rng.normal(0, 1, 30)
    terms = {"": (0,), "group": (1,), "base": (2,)}
    first = fit_linear_model(np.column_stack([np.ones(30), group, base]), response, terms)
    scaled = base * unit + origin
    second = fit_linear_model(np.column_stack([np.ones(30), group, scaled - scaled.mean()]), response, terms)
    p_value = first.type_iii("group").p_value
    assert p_value is not None
    assert second.type_iii("group").p_value == pytest.approx(p_value, rel=1e-5)


def test_the_order_of_records_does_not_matter(run: Any) -> None:
    options = {"covariates": ("PRE",), "contrasts": (("A", "F"),)}
    records = LEPROSY.with_columns(pl.Series("USUBJID", [f"S{number}" for number in range(30)]))
    first, second = run("ancova", ["POST"], records, options), run("ancova", ["POST"], records.reverse(), options)
    assert [row.result_id for row in first.rows()] == [row.result_id for row in second.rows()]
    for one, other in zip(first.rows(), second.rows(), strict=True):
        assert one.stat == pytest.approx(other.stat, rel=1e-9)


@pytest.mark.parametrize("unit", [1e-9, 1e9, 1e12])
def test_a_covariates_unit_changes_its_slope_and_nothing_else(run: Any, unit: float) -> None:
    records = unbalanced(np.random.default_rng(11))
    options = {"covariates": ("BASE",), "factors": ("SITE",), "contrasts": (("High", "Placebo"),)}
    plain = run("ancova", ["CHG"], records, options)
    scaled = run("ancova", ["CHG"], records.with_columns(pl.col("BASE") * unit), options)
    for name in ("CHG/df", "CHG/rmse", "ARM/p_value", "SITE/df", "SITE/p_value", "BASE/statistic", "BASE/p_value"):
        assert stat(scaled, name) == pytest.approx(stat(plain, name), rel=1e-9)
    for name in ("lsmean", "se", "ci_lower"):
        assert stat(scaled, f"ARM=Low/CHG/{name}") == pytest.approx(stat(plain, f"ARM=Low/CHG/{name}"), rel=1e-9)
    for name in ("estimate", "se", "ci_lower", "ci_upper"):
        assert stat(scaled, f"BASE/{name}") * unit == pytest.approx(stat(plain, f"BASE/{name}"), rel=1e-9)


def test_a_constant_covariate_changes_nothing_and_has_no_slope(run: Any) -> None:
    records = unbalanced(np.random.default_rng(12)).with_columns(BASE=pl.lit(0.1))
    with_it = run("ancova", ["CHG"], records, {"covariates": ("BASE",)})
    without = run("ancova", ["CHG"], records)
    assert stat(with_it, "ARM/p_value") == pytest.approx(stat(without, "ARM/p_value"), rel=1e-12)
    assert stat(with_it, "BASE/df") == 0
    assert with_it["a/BASE/estimate"].stat_text == "NE"

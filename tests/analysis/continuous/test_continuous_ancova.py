"""ANCOVA with robust variances against R, and by visit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.analysis.continuous.leprosy import LEPROSY
from tests.validation import References

from trialwright.analysis.methods.linear_model import fit_linear_model, make_factor
from trialwright.results import Results


def stat(results: Results, name: str) -> float | None:
    return results[f"a/{name}"].stat


@pytest.mark.validates("ancova")
@pytest.mark.parametrize(
    ("variance", "contrast_se", "mean_se", "slope_se", "wald", "wald_p", "lower", "upper"),
    [
        (
            "hc0",
            2.091889601,
            1.016150145,
            0.122277877,
            1.568233479,
            0.227496107,
            -7.746078938,
            0.853802378,
        ),
        (
            "hc1",
            2.247049887,
            1.091520350,
            0.131347510,
            1.359135682,
            0.274533717,
            -8.065015474,
            1.172738914,
        ),
        (
            "hc2",
            2.241960749,
            1.099530113,
            0.136311659,
            1.370348025,
            0.271762082,
            -8.054554600,
            1.162278041,
        ),
        (
            "hc3",
            2.407069628,
            1.193828915,
            0.152279292,
            1.194596325,
            0.318906946,
            -8.393940761,
            1.501664201,
        ),
    ],
)
def test_robust_variances_as_sandwich_has_them(
    run: Any,
    reference: References,
    variance: str,
    contrast_se: float,
    mean_se: float,
    slope_se: float,
    wald: float,
    wald_p: float,
    lower: float,
    upper: float,
) -> None:
    options = {"covariates": ("PRE",), "contrasts": (("A", "F"),), "variance": variance}
    results = run("ancova", ["POST"], LEPROSY, options)
    source = (
        f"R 4.2.2, sandwich 3.0-2, vcovHC(lm(post ~ pre + arm), type = '{variance.upper()}'); lmtest, coefci, "
        "waldtest(test = 'F'); data DrugTest of SAS PROC GLM"
    )
    for name, expected in (
        ("ARM=A - F/POST/se", contrast_se),
        ("ARM=A - F/POST/ci_lower", lower),
        ("ARM=A - F/POST/ci_upper", upper),
        ("ARM=A/POST/se", mean_se),
        ("PRE/se", slope_se),
        ("ARM/statistic", wald),
        ("ARM/p_value", wald_p),
    ):
        reference.holds(f"{name}, {variance}", stat(results, name), expected, tolerance=1e-8, source=source)
    assert stat(results, "ARM=A - F/POST/df") == 26
    plain = run("ancova", ["POST"], LEPROSY, {"covariates": ("PRE",), "contrasts": (("A", "F"),)})
    assert stat(plain, "ARM=A - F/POST/difference") == stat(results, "ARM=A - F/POST/difference")


def test_a_record_alone_in_its_level_forbids_hc2_and_hc3(run: Any) -> None:
    lone = pl.DataFrame({"ARM": ["Z"], "PRE": [7], "POST": [5]})
    records = pl.concat([LEPROSY, lone])
    for variance, is_defined in (("hc1", True), ("hc2", False), ("hc3", False)):
        results = run("ancova", ["POST"], records, {"contrasts": (("A", "F"),), "variance": variance})
        row = results["a/ARM=A - F/POST/se"]
        assert (row.stat is not None) == is_defined
        assert ("single record" in row.warnings) != is_defined
        assert (results["a/ARM/p_value"].stat is not None) == is_defined


def test_wald_and_sums_of_squares_test_the_same_where_factors_have_empty_cells() -> None:
    records = LEPROSY.with_columns(SITE=pl.Series(["1", "2", "3"] * 10))
    records = records.filter(~((pl.col("ARM") == "A") & (pl.col("SITE") == "1")))
    arm, site = (make_factor(name, records[name].to_list()).indicators() for name in ("ARM", "SITE"))
    slope = records["PRE"].to_numpy().reshape(-1, 1) / 10
    # Twice the same factor: nothing of it is estimable beside itself.
    design = np.hstack([np.ones((len(slope), 1)), arm, site, slope, site])
    terms = {"": (0,), "ARM": (1, 2, 3), "SITE": (4, 5, 6), "PRE": (7,), "AGAIN": (8, 9, 10)}
    fit = fit_linear_model(design, records["POST"].to_numpy().astype(float), terms)
    assert fit.mse is not None
    same = replace(fit, covariance=fit.unscaled * fit.mse)
    for term in terms:
        if term:
            sums, wald = fit.type_iii(term), same.type_iii(term)
            assert (sums.df, sums.df2) == (wald.df, wald.df2)
            assert wald.statistic == (None if sums.statistic is None else pytest.approx(sums.statistic, rel=1e-9))
    assert fit.type_iii("SITE").df == 0
    assert fit.type_iii("ARM").df == 2


def test_a_second_grouping_gives_a_model_for_each_visit(run: Any) -> None:
    visits = pl.concat(
        [
            LEPROSY.with_columns(AVISITN=pl.lit(4.0)),
            LEPROSY.with_columns(AVISITN=pl.lit(8.0), POST=pl.col("POST") * 2 + pl.col("PRE")),
        ]
    )
    options = {"covariates": ("PRE",), "contrasts": (("A", "F"),)}
    both = run("ancova", ["POST"], visits, options, by=("arm", "visit"), visits=("4", "8"), arms=["A", "D", "F"])
    for visit in (4, 8):
        records = visits.filter(pl.col("AVISITN") == visit)
        alone = run("ancova", ["POST"], records, options)
        for name in ("lsmean", "se", "ci_lower"):
            expected = stat(alone, f"ARM=A/POST/{name}")
            assert stat(both, f"ARM=A/AVISITN={visit}/POST/{name}") == pytest.approx(expected, rel=1e-12)
        expected = stat(alone, "ARM=A - F/POST/p_value")
        assert stat(both, f"ARM=A - F/AVISITN={visit}/POST/p_value") == pytest.approx(expected, rel=1e-12)
        assert stat(both, f"AVISITN={visit}/ARM/p_value") == pytest.approx(stat(alone, "ARM/p_value"), rel=1e-12)


def test_terms_that_depend_on_one_another_are_told(run: Any) -> None:
    # Each arm has sites of its own: what is the arm's and what the sites' nobody can tell.
    records = LEPROSY.with_columns(SITE=pl.col("ARM") + pl.Series(["1", "2"] * 15))
    results = run("ancova", ["POST"], records, {"factors": ("SITE",), "contrasts": (("A", "F"),)})
    for name in ("ARM=A/POST/lsmean", "ARM=A - F/POST/difference"):
        row = results[f"a/{name}"]
        assert row.stat_text == "NE"
        assert "terms of the model depend on one another" in row.warnings


def test_a_term_that_others_determine_and_a_constant_covariate_say_so(run: Any) -> None:
    records = LEPROSY.with_columns(SITE=pl.col("ARM") + pl.Series(["1", "2"] * 15), DOSE=pl.lit(5.0))
    for variance in ("model", "hc1"):
        options = {"factors": ("SITE",), "covariates": ("DOSE",), "variance": variance}
        results = run("ancova", ["POST"], records, options)
        for name in ("ARM/p_value", "DOSE/estimate", "DOSE/p_value"):
            assert results[f"a/{name}"].stat_text == "NE"
            assert "terms of the model depend on one another" in results[f"a/{name}"].warnings
    compared = run("dunnett", ["POST"], records, {"factors": ("SITE",), "control": "F"})["a/ARM=A - F/POST/p_adjusted"]
    assert compared.stat_text == "NE"
    assert "terms of the model depend on one another" in compared.warnings


def test_a_robust_variance_of_records_that_are_fitted_exactly_is_no_number(run: Any) -> None:
    # The site of one record: its residual is 0 but for rounding errors, which gave F = 1e19.
    records = pl.DataFrame({"ARM": ["A", "A", "B", "B"], "SITE": ["z", "z", "z", "y"], "POST": [2.8, 2.9, 0.6, 0.3]})
    for variance in ("hc0", "hc1"):
        results = run("ancova", ["POST"], records, {"factors": ("SITE",), "variance": variance})
        assert stat(results, "ARM=A/POST/lsmean") == pytest.approx(2.85 - 0.3 / 2, rel=1e-9)
        for name in ("SITE/statistic", "SITE/p_value"):
            row = results[f"a/{name}"]
            assert row.stat_text == "NE"
            assert "the robust variance is 0" in row.warnings


def test_why_hc3_is_not_defined_is_said_beside_an_arm_without_records(run: Any) -> None:
    lone = pl.concat([LEPROSY, pl.DataFrame({"ARM": ["Z"], "PRE": [7], "POST": [5]})])
    options = {"contrasts": (("A", "F"),), "variance": "hc3"}
    row = run("ancova", ["POST"], lone, options, arms=["A", "D", "F", "Y", "Z"])["a/ARM=A - F/POST/se"]
    assert "single record" in row.warnings
    assert "no records with ARM = Y" in row.warnings

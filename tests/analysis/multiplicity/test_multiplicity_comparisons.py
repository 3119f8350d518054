"""Dunnett's and Tukey's comparisons against R and published tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.validation import References

from trialwright.analysis.methods.multiplicity import multivariate_t
from trialwright.analysis.methods.multiplicity.multivariate_t import central_probability, critical_value
from trialwright.errors import PlanError
from trialwright.results import Results

# Dunnett CW. J Am Stat Assoc 1955;50:1096-1121: blood counts of animals, a control and two drugs.
BLOOD = pl.DataFrame(
    {
        "ARM": ["C"] * 6 + ["A"] * 4 + ["B"] * 5,
        "AVAL": [7.40, 8.50, 7.20, 8.24, 9.84, 8.32, 9.76, 8.80, 7.68, 9.36, 12.80, 9.68, 12.16, 9.20, 10.55],
    }
)
MINUTES = [15, 13, 12, 16, 16, 17, 13, 13, 16, 17, 17, 19, 17, 15, 13, 12, 16, 10, 17, 12, 13, 16, 9, 5, 8, 9]
MINUTES += [14, 16, 16, 12, 7, 12, 13, 13, 9, 16, 13, 18, 13, 12, 13]
PRE = [11, 8, 5, 14, 19, 6, 10, 6, 11, 3, 6, 6, 7, 8, 18, 8, 19, 8, 5, 15, 16, 13, 11, 9, 21, 16, 12, 12, 7, 12]
POST = [6, 0, 2, 8, 11, 4, 13, 1, 8, 0, 0, 2, 3, 1, 18, 4, 14, 9, 1, 9, 13, 10, 18, 5, 23, 12, 5, 16, 1, 20]
# Bretz F, Hothorn T, Westfall P. Multiple Comparisons Using R, 2010, section 4.1: recovery under four blankets.
RECOVERY = pl.DataFrame(
    {
        "ARM": ["b0"] * 20 + ["b1"] * 3 + ["b2"] * 3 + ["b3"] * 15,
        "AVAL": MINUTES,
    }
)
LEPROSY = pl.DataFrame(
    {
        "ARM": ["A"] * 10 + ["D"] * 10 + ["F"] * 10,
        "PRE": PRE,
        "POST": POST,
    }
)


def stat(results: Results, name: str) -> float:
    found = results[f"a/{name}"]
    assert found.stat is not None, found.warnings
    return found.stat


@pytest.mark.validates("dunnett")
@pytest.mark.parametrize(("df", "two_sided"), [(20, 2.54), (60, 2.41), (10, 2.76)])
def test_the_table_of_dunnett_for_three_treatments(reference: References, df: int, two_sided: float) -> None:
    correlation = np.full((3, 3), 0.5) + np.eye(3) / 2
    source = "Dunnett CW. Biometrics 1964;20:482-491, table II: two-sided 5% points, three treatments and a control"
    actual = critical_value(0.95, correlation, df)
    reference.holds(f"critical value, {df} degrees of freedom", actual, two_sided, tolerance=5.1e-3, source=source)


@pytest.mark.validates("dunnett")
def test_the_blood_counts_of_dunnett(run: Any, reference: References) -> None:
    results = run("dunnett", ["AVAL"], BLOOD, {"control": "C"}, arms=["C", "A", "B"])
    source = "R 4.2.2, multcomp 1.4-22, glht(aov(x ~ g), mcp(g = 'Dunnett')); its integration is accurate to about 1e-4"
    for name, value, tolerance in (
        ("ARM=A - C/AVAL/difference", 0.65, 1e-9),
        ("ARM=B - C/AVAL/difference", 2.628, 1e-9),
        ("ARM=B - C/AVAL/se", 0.71147163604, 1e-9),
        ("ARM=A - C/AVAL/p_adjusted", 0.620101980018, 2e-4),
        ("ARM=B - C/AVAL/p_adjusted", 0.00582536084795, 2e-4),
        ("ARM=A - C/AVAL/ci_lower", -1.25641164621, 1e-2),
        ("ARM=B - C/AVAL/ci_upper", 4.41637264602, 1e-2),
    ):
        reference.holds(f"{name}, blood counts", stat(results, name), value, tolerance=tolerance, source=source)
    assert (stat(results, "ARM=A - C/AVAL/rejected"), stat(results, "ARM=B - C/AVAL/rejected")) == (0, 1)


@pytest.mark.validates("dunnett")
def test_the_blankets_of_multcomp(run: Any, reference: References) -> None:
    results = run("dunnett", ["AVAL"], RECOVERY, {"control": "b0"})
    source = "R 4.2.2, multcomp 1.4-22, glht(aov(minutes ~ blanket, recovery), mcp(blanket = 'Dunnett'))"
    for arm, t, p, lower, upper in (
        ("b1", -1.33018510936, 0.455916546452, -6.12377096283, 1.85710429617),
        ("b2", -4.65564788276, 0.000121563286779, -11.4571042962, -3.47622903717),
        ("b3", -1.88372286867, 0.181979545423, -3.86810046155, 0.534767128213),
    ):
        prefix = f"ARM={arm} - b0/AVAL"
        reference.holds(f"t, {arm}", stat(results, f"{prefix}/statistic"), t, tolerance=1e-9, source=source)
        reference.holds(f"adjusted p, {arm}", stat(results, f"{prefix}/p_adjusted"), p, tolerance=3e-4, source=source)
        reference.holds(
            f"lower limit, {arm}", stat(results, f"{prefix}/ci_lower"), lower, tolerance=1e-2, source=source
        )
        reference.holds(
            f"upper limit, {arm}", stat(results, f"{prefix}/ci_upper"), upper, tolerance=1e-2, source=source
        )


@pytest.mark.validates("dunnett")
def test_with_a_covariate(run: Any, reference: References) -> None:
    results = run("dunnett", ["POST"], LEPROSY, {"control": "F", "covariates": ("PRE",)})
    source = "R 4.2.2, multcomp 1.4-22, glht(lm(post ~ pre + arm), mcp(arm = 'Dunnett')), data DrugTest of SAS PROC GLM"
    for arm, t, p in (("A", -1.82646471535, 0.137544156886), ("D", -1.80011186578, 0.144416500544)):
        prefix = f"ARM={arm} - F/POST"
        reference.holds(f"t, {arm}", stat(results, f"{prefix}/statistic"), t, tolerance=1e-9, source=source)
        reference.holds(f"adjusted p, {arm}", stat(results, f"{prefix}/p_adjusted"), p, tolerance=2e-4, source=source)


@pytest.mark.validates("dunnett")
def test_correlations_without_factors(reference: References) -> None:
    correlation = np.array([[1, 0.6, 0.2, 0.1], [0.6, 1, 0.5, 0.3], [0.2, 0.5, 1, 0.7], [0.1, 0.3, 0.7, 1]])
    source = "R 4.2.2, mvtnorm 1.1-3, pmvt(lower = -2.5, upper = 2.5, df = 15, GenzBretz(maxpts = 1e7))"
    actual = central_probability(2.5, correlation, 15)
    reference.holds("P(max |t| <= 2.5), four statistics", actual, 0.922888337805, tolerance=2e-5, source=source)


def test_the_two_integrations_agree_and_are_right_where_both_are_known() -> None:
    from scipy.special import stdtr

    for df in (1, 4, 30, 1000):
        loadings = np.sqrt([0.3, 0.5, 0.9])
        correlation = np.outer(loadings, loadings) * (1 - np.eye(3)) + np.eye(3)
        by_factor = multivariate_t._by_factor(2.2, loadings, df)
        assert multivariate_t._by_lattice(2.2, correlation, df) == pytest.approx(by_factor, abs=1e-5)
        # One statistic thrice is one statistic.
        nearly_one = multivariate_t._by_factor(2.2, np.array([0.9999] * 3), df)
        assert nearly_one == pytest.approx(1 - 2 * float(stdtr(df, -2.2)), abs=5e-3)
    assert central_probability(2.2, np.eye(1), 7) == pytest.approx(1 - 2 * float(stdtr(7, -2.2)))


@pytest.mark.validates("tukey")
def test_all_blankets_as_r_compares_them(run: Any, reference: References) -> None:
    results = run("tukey", ["AVAL"], RECOVERY)
    source = "R 4.2.2, stats, TukeyHSD(aov(minutes ~ blanket)), data recovery of multcomp"
    for pair, difference, lower, upper, p in (
        ("b1 - b0", -2.133333333333, -6.44712993067, 2.180463264006, 0.550095631179852),
        ("b2 - b0", -7.466666666667, -11.78046326401, -3.152870069327, 0.000229720191055),
        ("b3 - b2", 5.800000000000, 1.39342296898, 10.206577031020, 0.005799653876263),
        ("b3 - b1", 0.466666666667, -3.93991036435, 4.873243697687, 0.991804284419374),
    ):
        prefix = f"ARM={pair}/AVAL"
        for name, value in (("difference", difference), ("ci_lower", lower), ("ci_upper", upper), ("p_adjusted", p)):
            actual = stat(results, f"{prefix}/{name}")
            reference.holds(f"{name}, {pair}", actual, value, tolerance=2e-6, source=source)


@pytest.mark.validates("tukey")
def test_tukey_kramer_with_a_covariate(run: Any, reference: References) -> None:
    results = run("tukey", ["POST"], LEPROSY, {"covariates": ("PRE",)})
    source = "R 4.2.2, emmeans, pairs(emmeans(lm(post ~ pre + arm), ~arm)), data DrugTest of SAS PROC GLM"
    for pair, p in (("F - A", 0.180876496868), ("F - D", 0.189342255105), ("D - A", 0.997970624572)):
        actual = stat(results, f"ARM={pair}/POST/p_adjusted")
        reference.holds(f"adjusted p, {pair}", actual, p, tolerance=1e-6, source=source)


def test_one_value_in_each_arm_and_an_arm_without_values(run: Any) -> None:
    single = pl.DataFrame({"ARM": ["C", "A", "B"], "AVAL": [1.0, 2.0, 3.0]})
    for method, options, name in (
        ("dunnett", {"control": "C"}, "ARM=A - C/AVAL"),
        ("tukey", {}, "ARM=B - A/AVAL"),
    ):
        results = run(method, ["AVAL"], single, options)
        row = results[f"a/{name}/p_adjusted"]
        assert row.stat_text == "NE"
        assert "no degrees of freedom" in row.warnings
        lacking = run(method, ["AVAL"], BLOOD, options, arms=["C", "A", "B", "Z"])
        other = "ARM=Z - C/AVAL" if method == "dunnett" else "ARM=Z - B/AVAL"
        assert lacking[f"a/{other}/p_adjusted"].stat_text == "NE"
        assert "no records with ARM = Z" in lacking[f"a/{other}/p_adjusted"].warnings
        full = run(method, ["AVAL"], BLOOD, options, arms=["C", "A", "B"])
        known = "ARM=A - C/AVAL/p_adjusted"
        assert stat(lacking, known) == pytest.approx(stat(full, known), rel=1e-9)


def test_a_control_must_be_named_and_be_a_level(run: Any) -> None:
    with pytest.raises(PlanError, match="Give the option 'control'"):
        run("dunnett", ["AVAL"], BLOOD)
    with pytest.raises(PlanError, match="no level of the grouping"):
        run("dunnett", ["AVAL"], BLOOD, {"control": "X"})
    with pytest.raises(PlanError, match="take 'dose' and 'contrasts' out"):
        run("dunnett", ["AVAL"], BLOOD, {"control": "C", "contrasts": (("A", "C"),)})

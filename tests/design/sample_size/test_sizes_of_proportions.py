"""Sizes and powers of one and two proportions by large-sample tests, and of the binomial test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.validation import References

from trialwright.design.sample_size import (
    Equivalence,
    NonInferiority,
    Superiority,
    compute_power_one_proportion,
    compute_power_two_proportions,
    compute_sample_size_one_proportion,
    compute_sample_size_two_proportions,
)
from trialwright.errors import DesignError

Cases = Callable[[str], Mapping[str, Any]]
RPACT = "R 4, rpact 3.3.4, "
PWR = "R 4, pwr 1.3.0, "

pytestmark = pytest.mark.validates("design.proportions")


def test_score_test_agrees_with_rpact(reference: References, design_cases: Cases) -> None:
    case = design_cases("n.rates.2s")
    size = compute_sample_size_two_proportions(
        proportion_experimental=0.45, proportion_control=0.3, alpha=0.025, sided=1, power=0.9
    )
    reference.holds(
        "n", size.n_exact, case["expected"]["n_total"], tolerance=1e-9, relative=True, source=RPACT + case["call"]
    )
    assert (size.n_experimental, size.n_control) == (217, 217)
    two_sided = compute_sample_size_two_proportions(
        proportion_experimental=0.4, proportion_control=0.25, alpha=0.05, sided=2, power=0.8, allocation_ratio=2
    )
    call = "getSampleSizeRates(alpha = .05, beta = .2, sided = 2, pi1 = .4, pi2 = .25, allocationRatioPlanned = 2)"
    reference.holds("n, 2:1", two_sided.n_exact, 346.320383013719, tolerance=1e-8, source=RPACT + call)


def test_farrington_manning_agrees_with_rpact(reference: References, design_cases: Cases) -> None:
    case = design_cases("n.rates.ni.fm")
    size = compute_sample_size_two_proportions(
        proportion_experimental=0.85,
        proportion_control=0.85,
        alpha=0.025,
        sided=1,
        power=0.9,
        hypothesis=NonInferiority(margin=-0.1),
    )
    reference.holds(
        "n", size.n_exact, case["expected"]["n_total"], tolerance=1e-9, relative=True, source=RPACT + case["call"]
    )
    unequal = compute_sample_size_two_proportions(
        proportion_experimental=0.8,
        proportion_control=0.75,
        alpha=0.025,
        sided=1,
        power=0.8,
        allocation_ratio=1.5,
        hypothesis=NonInferiority(margin=-0.1),
    )
    call = (
        "getSampleSizeRates(alpha = .025, beta = .2, pi1 = .8, pi2 = .75, thetaH0 = -.1, allocationRatioPlanned = 1.5)"
    )
    reference.holds("n, 3:2", unequal.n_exact, 244.520784056311, tolerance=1e-8, source=RPACT + call)
    lower = compute_sample_size_two_proportions(
        proportion_experimental=0.2,
        proportion_control=0.2,
        alpha=0.025,
        sided=1,
        power=0.8,
        hypothesis=NonInferiority(margin=0.08, higher_is_better=False),
    )
    call = "getSampleSizeRates(alpha = .025, beta = .2, pi1 = .2, pi2 = .2, thetaH0 = .08)"
    reference.holds("n, lower is better", lower.n_exact, 791.251675786175, tolerance=1e-8, source=RPACT + call)


def test_ratio_agrees_with_rpact(reference: References) -> None:
    ni = compute_sample_size_two_proportions(
        proportion_experimental=0.3,
        proportion_control=0.25,
        alpha=0.025,
        sided=1,
        power=0.9,
        allocation_ratio=2,
        measure="ratio",
        hypothesis=NonInferiority(margin=0.8),
    )
    call = (
        "getSampleSizeRates(alpha = .025, beta = .1, pi1 = .3, pi2 = .25, thetaH0 = .8, riskRatio = TRUE, "
        "allocationRatioPlanned = 2)"
    )
    reference.holds("n, margin", ni.n_exact, 730.609887916133, tolerance=1e-8, source=RPACT + call)
    superiority = compute_sample_size_two_proportions(
        proportion_experimental=0.4, proportion_control=0.25, alpha=0.025, sided=1, power=0.9, measure="ratio"
    )
    call = "getSampleSizeRates(alpha = .025, beta = .1, pi1 = .4, pi2 = .25, thetaH0 = 1, riskRatio = TRUE)"
    reference.holds("n", superiority.n_exact, 405.619019023865, tolerance=1e-8, source=RPACT + call)


def test_sizes_agree_with_gsdesign(reference: References, design_cases: Cases) -> None:
    case = design_cases("nbin.diff")
    size = compute_sample_size_two_proportions(
        proportion_experimental=0.15,
        proportion_control=0.3,
        alpha=0.025,
        sided=1,
        power=0.9,
        hypothesis=Superiority(higher_is_better=False),
    )
    reference.holds(
        "n", size.n_exact, case["expected"]["n_total"], tolerance=1e-9, relative=True, source="R, " + case["call"]
    )
    # gsDesign's ratio is n2 / n1, and its group 1 is the control.
    ni = compute_sample_size_two_proportions(
        proportion_experimental=0.677,
        proportion_control=0.677,
        alpha=0.025,
        sided=1,
        power=0.9,
        allocation_ratio=2,
        hypothesis=NonInferiority(margin=-0.07),
    )
    source = (
        "gsDesign, example of nBinomial(p1 = .677, p2 = .677, delta0 = .07, ratio = 2), as quoted on r-help, Nov 2011"
    )
    reference.holds("n, margin, 2:1", ni.n_exact, 2056.671, tolerance=5e-4, source=source)
    reference.holds("n of control", ni.n_exact / 3, 685.5569, tolerance=5e-5, source=source)


def test_powers_agree_with_rpact(reference: References, design_cases: Cases) -> None:
    case = design_cases("pow.rates")
    power = compute_power_two_proportions(
        proportion_experimental=[0.3, 0.4, 0.5],
        proportion_control=0.3,
        n_experimental=200,
        n_control=100,
        alpha=0.025,
        sided=1,
    )
    for got, expected in zip(power, case["expected"]["power"], strict=True):
        reference.holds("power", float(got), expected, tolerance=1e-12, source=RPACT + case["call"])
    margin = compute_power_two_proportions(
        proportion_experimental=[0.7, 0.8, 0.85],
        proportion_control=0.8,
        n_experimental=200,
        n_control=200,
        alpha=0.025,
        sided=1,
        hypothesis=NonInferiority(margin=-0.1),
    )
    call = (
        "getPowerRates(alpha = .025, groups = 2, pi1 = c(.7, .8, .85), pi2 = .8, thetaH0 = -.1, "
        "maxNumberOfSubjects = 400)"
    )
    for got, expected in zip(margin, (0.025, 0.699532772100860, 0.974023509289503), strict=True):
        reference.holds("power, margin", float(got), expected, tolerance=1e-10, source=RPACT + call)


def test_farrington_mannings_own_table_holds(reference: References) -> None:
    # Their table 1, method 3 (maximum likelihood), alpha 0.05 one-sided, power 0.9: group sizes as simulated in
    # gsDesign's tests, "F&M Table 1", n1 and n2 for p1, p2 and the null difference.
    for p1, p2, null, ratio, n2 in ((0.1, 0.1, -0.2, 2 / 3, 42), (0.25, 0.05, 0.1, 1.5, 260)):
        size = compute_sample_size_two_proportions(
            proportion_experimental=p1,
            proportion_control=p2,
            alpha=0.05,
            sided=1,
            power=0.9,
            allocation_ratio=1 / ratio,
            hypothesis=Superiority(null_value=null),
        )
        reference.holds(
            f"n2 of {p1}, {p2}, {null}",
            size.n_control,
            n2,
            tolerance=0,
            source="Farrington and Manning, Stat Med 1990;9:1447, table 1",
        )


def test_arcsine_agrees_with_pwr(reference: References) -> None:
    # pwr's uniroot stops at about 1e-4 of n.
    size = compute_sample_size_two_proportions(
        proportion_experimental=0.45, proportion_control=0.3, alpha=0.05, sided=2, power=0.9, test="arcsine"
    )
    reference.holds(
        "n per group",
        size.n_exact / 2,
        216.785348846524,
        tolerance=1e-3,
        source=PWR + "pwr.2p.test(h = ES.h(.45, .3), power = .9, sig.level = .05)$n",
    )
    power = compute_power_two_proportions(
        proportion_experimental=0.45,
        proportion_control=0.3,
        n_experimental=100,
        n_control=150,
        alpha=0.025,
        sided=1,
        test="arcsine",
    )
    reference.holds(
        "power, 100 and 150",
        float(power),
        0.67427123493632,
        tolerance=1e-9,
        source=PWR + 'pwr.2p2n.test(ES.h(.45, .3), 100, 150, .025, alternative = "greater")$power',
    )
    one = compute_sample_size_one_proportion(
        proportion=0.5, null_proportion=0.3, alpha=0.05, sided=2, power=0.8, test="arcsine"
    )
    reference.holds(
        "n",
        one.n_exact,
        46.3480403718096,
        tolerance=1e-3,
        source=PWR + "pwr.p.test(h = ES.h(.5, .3), power = .8, sig.level = .05)$n",
    )


def test_pooled_test_agrees_with_power_prop_test(reference: References) -> None:
    size = compute_sample_size_two_proportions(
        proportion_experimental=0.3, proportion_control=0.15, alpha=0.05, sided=2, power=0.9
    )
    reference.holds(
        "n per group",
        size.n_exact / 2,
        160.777703221823,
        tolerance=1e-3,
        source="R 4, stats, power.prop.test(p1 = .3, p2 = .15, power = .9)$n",
    )
    both = compute_power_two_proportions(
        proportion_experimental=0.3,
        proportion_control=0.25,
        n_experimental=50,
        n_control=50,
        alpha=0.05,
        sided=2,
        counts_both_tails=True,
    )
    reference.holds(
        "power, both tails",
        float(both),
        0.086221594283219,
        tolerance=1e-10,
        source="R 4, stats, power.prop.test(n = 50, p1 = .3, p2 = .25, strict = TRUE)$power",
    )


def test_sizes_of_textbooks(reference: References) -> None:
    chow = "Chow, Shao and Wang, Sample size calculations in clinical research, 2nd ed., "
    given: dict[str, Any] = {"alpha": 0.05, "power": 0.8, "test": "unpooled"}
    equality = compute_sample_size_two_proportions(
        proportion_experimental=0.85, proportion_control=0.65, sided=2, **given
    )
    reference.holds("n per group", equality.n_control, 70, tolerance=0, source=chow + "section 4.2.4: 70")
    ni = compute_sample_size_two_proportions(
        proportion_experimental=0.85,
        proportion_control=0.65,
        sided=1,
        hypothesis=NonInferiority(margin=-0.1),
        **given,
    )
    reference.holds("n per group, margin", ni.n_control, 25, tolerance=0, source=chow + "section 4.2.4: 25")
    # p2 = 0.25, odds ratio 2, hence p1 = 0.4.
    odds = compute_sample_size_two_proportions(
        proportion_experimental=0.4, proportion_control=0.25, sided=2, measure="odds_ratio", **given
    )
    reference.holds("n per group, odds ratio", odds.n_control, 156, tolerance=0, source=chow + "section 4.6.4: 156")
    fleiss = compute_sample_size_two_proportions(
        proportion_experimental=0.6, proportion_control=0.7, alpha=0.01, sided=2, power=0.95, test="score_corrected"
    )
    reference.holds(
        "n per group, corrected",
        fleiss.n_control,
        827,
        tolerance=0,
        source="Fleiss, Statistical methods for rates and proportions, 2nd ed., table A.3: 827",
    )


def test_score_and_wald_tests_of_odds_ratios_agree_without_margin_in_large_samples() -> None:
    given: dict[str, Any] = {
        "proportion_experimental": 0.31,
        "proportion_control": 0.3,
        "alpha": 0.05,
        "sided": 2,
        "power": 0.9,
    }
    score = compute_sample_size_two_proportions(**given, measure="odds_ratio")
    wald = compute_sample_size_two_proportions(**given, measure="odds_ratio", test="unpooled")
    difference = compute_sample_size_two_proportions(**given)
    assert score.n_exact == pytest.approx(wald.n_exact, rel=1e-3)
    assert score.n_exact == pytest.approx(difference.n_exact, rel=1e-3)


def test_equivalence_is_both_non_inferiorities() -> None:
    limits = Equivalence(lower=-0.15, upper=0.15)
    given: dict[str, Any] = {"alpha": 0.05, "sided": 1}
    size = compute_sample_size_two_proportions(
        proportion_experimental=0.6, proportion_control=0.6, power=0.8, hypothesis=limits, **given
    )
    one = compute_sample_size_two_proportions(
        proportion_experimental=0.6, proportion_control=0.6, power=0.9, hypothesis=NonInferiority(margin=-0.15), **given
    )
    # Each of the two has half of the type II error; their null variances are the same up to the direction.
    assert size.n_exact == pytest.approx(one.n_exact, rel=0.01)


def test_one_proportion_agrees_with_rpact(reference: References, design_cases: Cases) -> None:
    case = design_cases("n.rates.1s.z")
    size = compute_sample_size_one_proportion(
        proportion=0.4, null_proportion=0.2, alpha=0.025, sided=1, power=0.9, test="score"
    )
    reference.holds(
        "n", size.n_exact, case["expected"]["n_total"], tolerance=1e-9, relative=True, source=RPACT + case["call"]
    )
    two_sided = compute_sample_size_one_proportion(
        proportion=0.55, null_proportion=0.4, alpha=0.05, sided=2, power=0.8, test="score"
    )
    call = "getSampleSizeRates(alpha = .05, beta = .2, sided = 2, groups = 1, pi1 = .55, thetaH0 = .4)"
    reference.holds("n, two-sided", two_sided.n_exact, 84.5031118433525, tolerance=1e-9, source=RPACT + call)
    power = compute_power_one_proportion(
        proportion=[0.3, 0.4, 0.5], null_proportion=0.3, n=60, alpha=0.025, sided=1, test="score"
    )
    call = "getPowerRates(alpha = .025, groups = 1, pi1 = c(.3, .4, .5), thetaH0 = .3, maxNumberOfSubjects = 60)"
    for got, expected in zip(power, (0.025, 0.400427935490643, 0.903550355349225), strict=True):
        reference.holds("power", float(got), expected, tolerance=1e-10, source=RPACT + call)


def test_binomial_test_agrees_with_rpact_and_r(reference: References) -> None:
    given: dict[str, Any] = {"proportion": 0.4, "null_proportion": 0.2, "alpha": 0.025, "sided": 1, "power": 0.9}
    first = compute_sample_size_one_proportion(**given)
    call = (
        "getSampleSizeRates(alpha = .025, beta = .1, groups = 1, thetaH0 = .2, pi1 = .4, normalApproximation = FALSE)"
    )
    reference.holds("n", first.n_exact, 56, tolerance=0, source=RPACT + call)
    by_r = "R 4, stats, c <- qbinom(.975, n, .2) + 1; 1 - pbinom(c - 1, n, .4)"
    reference.holds("power at 56", first.attained_power, 0.910814854882813, tolerance=1e-12, source=by_r)
    powers = compute_power_one_proportion(proportion=0.4, null_proportion=0.2, n=[57, 58, 59, 60], alpha=0.025, sided=1)
    expected = (0.878307183793885, 0.897311668430489, 0.913845570064335, 0.928121182694533)
    for n, got, value in zip((57, 58, 59, 60), powers, expected, strict=True):
        reference.holds(f"power at {n}", float(got), value, tolerance=1e-12, source=by_r)
    assert compute_sample_size_one_proportion(**given, saw_tooth="lasting").n_total == 59
    low = compute_sample_size_one_proportion(
        proportion=0.1, null_proportion=0.3, alpha=0.05, sided=1, power=0.8, higher_is_better=False
    )
    call = "getSampleSizeRates(alpha = .05, beta = .2, groups = 1, thetaH0 = .3, pi1 = .1, normalApproximation = FALSE)"
    reference.holds("n, lower is better", low.n_exact, 28, tolerance=0, source=RPACT + call)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"proportion_control": 1.2}, "proportion_control must lie between 0 and 1, both excluded, got 1.2"),
        ({"measure": "risk"}, "measure must be one of 'difference', 'ratio', 'odds_ratio', got 'risk'"),
        ({"test": "wald"}, "test must be one of 'score'"),
        ({"proportion_experimental": 0}, "proportion_experimental must lie between 0 and 1"),
        ({"proportion_experimental": 0.3}, "difference of proportions 0 equals its value"),
        ({"proportion_experimental": 0.2}, "wrong side of 0.*higher_is_better=False"),
        ({"hypothesis": NonInferiority(margin=0.1)}, "margin = 0.1 is on the wrong side"),
        ({"hypothesis": NonInferiority(margin=-1.5)}, "must lie between -1 and 1"),
        ({"hypothesis": NonInferiority(margin=-0.1), "test": "arcsine"}, "Use test='score' or 'unpooled'"),
        ({"hypothesis": NonInferiority(margin=1.2), "measure": "ratio"}, "margin = 1.2 is on the wrong side.*below 1"),
        ({"hypothesis": NonInferiority(margin=-0.1), "measure": "odds_ratio"}, "must be above 0"),
        ({"hypothesis": Equivalence(lower=0.8, upper=1.25), "measure": "ratio"}, "1.5 is not between the limits"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {
        "proportion_experimental": 0.45,
        "proportion_control": 0.3,
        "alpha": 0.025,
        "sided": 1,
        "power": 0.9,
    }
    with pytest.raises(DesignError, match=message):
        compute_sample_size_two_proportions(**(arguments | changes))


def test_an_assumed_difference_at_the_margin_is_refused() -> None:
    # 0.75 - 0.85 is not quite -0.1 in floating point.
    with pytest.raises(DesignError, match="equals its value under the null hypothesis"):
        compute_sample_size_two_proportions(
            proportion_experimental=0.75,
            proportion_control=0.85,
            alpha=0.025,
            sided=1,
            power=0.9,
            hypothesis=NonInferiority(margin=-0.1),
        )


def test_binomial_test_refuses_fractions_and_far_too_many_subjects() -> None:
    with pytest.raises(DesignError, match="n must be whole"):
        compute_power_one_proportion(proportion=0.4, null_proportion=0.2, n=10.5, alpha=0.05, sided=1)
    with pytest.raises(DesignError, match="Use test='score'"):
        compute_sample_size_one_proportion(proportion=0.301, null_proportion=0.3, alpha=0.05, sided=1, power=0.9)

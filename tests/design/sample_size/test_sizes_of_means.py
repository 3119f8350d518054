"""Sizes and powers of means, held against other programs and books."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.validation import References

from trialwright.design.sample_size import (
    Equivalence,
    NonInferiority,
    Superiority,
    compute_power_ancova,
    compute_power_crossover_means,
    compute_power_one_mean,
    compute_power_paired_means,
    compute_power_two_means,
    compute_sample_size_ancova,
    compute_sample_size_crossover_means,
    compute_sample_size_one_mean,
    compute_sample_size_paired_means,
    compute_sample_size_two_means,
)
from trialwright.errors import DesignError

Cases = Callable[[str], Mapping[str, Any]]
RPACT = "R 4, rpact 3.3.4, "
PWR = "R 4, pwr 1.3.0, "

pytestmark = pytest.mark.validates("design.means")


def test_two_sample_t_test_agrees_with_rpact(reference: References, design_cases: Cases) -> None:
    case = design_cases("n.means.2s.t")
    size = compute_sample_size_two_means(difference=0.5, sd=1.3, alpha=0.025, sided=1, power=0.9)
    reference.holds(
        "n", size.n_exact, case["expected"]["n_total"], tolerance=1e-8, relative=True, source=RPACT + case["call"]
    )
    assert (size.n_experimental, size.n_control, size.n_total) == (144, 144, 288)
    assert 0.9 < size.attained_power < 0.905
    assert "allocation_ratio is experimental / control" in size.conventions


def test_unequal_allocation_and_two_sides_agree_with_rpact(reference: References, design_cases: Cases) -> None:
    case = design_cases("n.means.2s.t.two_sided.alloc2")
    for difference, n_total, n_experimental in zip(
        (0.3, 0.5, 0.8), case["expected"]["n_total"], case["expected"]["n1"], strict=True
    ):
        size = compute_sample_size_two_means(
            difference=difference, sd=1, alpha=0.05, sided=2, power=0.8, allocation_ratio=2
        )
        # rpact's own root is found to 2e-7 here.
        reference.holds(
            f"n, difference {difference}",
            size.n_exact,
            n_total,
            tolerance=1e-6,
            relative=True,
            source=RPACT + case["call"],
        )
        assert size.n_experimental == -(-n_experimental // 1)


def test_non_inferiority_of_means_agrees_with_rpact(reference: References, design_cases: Cases) -> None:
    case = design_cases("n.means.ni")
    size = compute_sample_size_two_means(
        difference=0.1,
        sd=2.5,
        alpha=0.025,
        sided=1,
        power=0.9,
        allocation_ratio=3,
        hypothesis=NonInferiority(margin=-0.8),
    )
    reference.holds(
        "n", size.n_exact, case["expected"]["n_total"], tolerance=1e-8, relative=True, source=RPACT + case["call"]
    )


def test_power_of_the_t_test_agrees_with_rpact(reference: References, design_cases: Cases) -> None:
    case = design_cases("pow.means.t")
    power = compute_power_two_means(
        difference=[0, 0.2, 0.4, 0.6], sd=1.1, n_experimental=90, n_control=60, alpha=0.025, sided=1
    )
    for place, expected in enumerate(case["expected"]["power"]):
        reference.holds(f"power {place}", float(power[place]), expected, tolerance=1e-10, source=RPACT + case["call"])
    margin = compute_power_two_means(
        difference=[-0.5, 0, 0.3],
        sd=1.5,
        n_experimental=40,
        n_control=80,
        alpha=0.05,
        sided=1,
        hypothesis=NonInferiority(margin=-0.5),
    )
    call = (
        "getPowerMeans(alpha = .05, sided = 1, groups = 2, thetaH0 = -.5, alternative = c(-.5, 0, .3), stDev = 1.5, "
        "maxNumberOfSubjects = 120, allocationRatioPlanned = .5)"
    )
    for got, expected in zip(margin, (0.05, 0.526547019427450, 0.862895880206904), strict=True):
        reference.holds("power, margin -0.5", float(got), expected, tolerance=1e-10, source=RPACT + call)


def test_one_sample_and_normal_sizes_agree_with_rpact(reference: References) -> None:
    size = compute_sample_size_one_mean(difference=0.7, sd=2, alpha=0.025, sided=1, power=0.8)
    call = (
        "getSampleSizeMeans(alpha = .025, beta = .2, sided = 1, groups = 1, thetaH0 = .5, alternative = 1.2, stDev = 2)"
    )
    reference.holds("n, one sample", size.n_exact, 66.0189756987073, tolerance=1e-6, source=RPACT + call)
    size = compute_sample_size_one_mean(difference=0.4, sd=1, alpha=0.05, sided=2, power=0.9, distribution="normal")
    call = (
        "getSampleSizeMeans(alpha = .05, beta = .1, sided = 2, groups = 1, alternative = .4, "
        "normalApproximation = TRUE)"
    )
    reference.holds("n, one sample, normal", size.n_exact, 65.6713941340039, tolerance=1e-9, source=RPACT + call)
    both = compute_sample_size_two_means(
        difference=5, sd=10, alpha=0.025, sided=1, power=0.8, allocation_ratio=0.5, distribution="normal"
    )
    call = (
        "getSampleSizeMeans(alpha = .025, beta = .2, groups = 2, alternative = 5, stDev = 10, "
        "normalApproximation = TRUE, allocationRatioPlanned = .5)"
    )
    reference.holds("n, two samples, normal", both.n_exact, 141.279835218284, tolerance=1e-9, source=RPACT + call)


def test_t_tests_agree_with_pwr(reference: References) -> None:
    # pwr's uniroot stops at about 1e-4.
    two = compute_sample_size_two_means(difference=0.5, sd=1, alpha=0.05, sided=2, power=0.8, counts_both_tails=True)
    reference.holds(
        "n per group",
        two.n_exact / 2,
        63.7656104441418,
        tolerance=1e-6,
        source=PWR + "pwr.t.test(d = .5, power = .8, sig.level = .05)$n",
    )
    one = compute_sample_size_one_mean(difference=0.3, sd=1, alpha=0.05, sided=2, power=0.9, counts_both_tails=True)
    reference.holds(
        "n",
        one.n_exact,
        118.686506114664,
        tolerance=1e-6,
        source=PWR + 'pwr.t.test(d = .3, power = .9, sig.level = .05, type = "one.sample")$n',
    )
    # With a correlation of 1/2 the differences have the standard deviation of a measurement.
    pairs = compute_sample_size_paired_means(difference=0.25, sd=1, correlation=0.5, alpha=0.025, sided=1, power=0.8)
    reference.holds(
        "pairs",
        pairs.n_exact,
        127.516138324258,
        tolerance=1e-6,
        source=PWR + 'pwr.t.test(d = .25, power = .8, sig.level = .025, type = "paired", alternative = "greater")$n',
    )
    power = compute_power_two_means(
        difference=0.55, sd=1, n_experimental=40, n_control=65, alpha=0.05, sided=2, counts_both_tails=True
    )
    reference.holds(
        "power, 40 and 65",
        float(power),
        0.773768076022103,
        tolerance=1e-9,
        source=PWR + "pwr.t2n.test(n1 = 40, n2 = 65, d = .55, sig.level = .05)$power",
    )


def test_both_tails_are_counted_when_asked_for(reference: References) -> None:
    both = compute_power_two_means(
        difference=0.2, sd=1, n_experimental=20, n_control=20, alpha=0.05, sided=2, counts_both_tails=True
    )
    reference.holds(
        "power",
        float(both),
        0.0945673276173733,
        tolerance=1e-10,
        source="R 4, stats, power.t.test(n = 20, delta = .2, sd = 1, strict = TRUE)$power",
    )


def test_equivalence_of_means_agrees_with_numerical_integration(reference: References) -> None:
    power = compute_power_two_means(
        difference=0.2,
        sd=2,
        n_experimental=60,
        n_control=40,
        alpha=0.025,
        sided=1,
        hypothesis=Equivalence(lower=-1, upper=1.5),
    )
    # The script's standard error is 2 sqrt(1/60 + 1/40) with 98 degrees of freedom.
    reference.holds(
        "power",
        float(power),
        0.712639807498716,
        tolerance=1e-9,
        source="R 4, stats, integrate() of the two one-sided tests over dchisq(q, 98)",
    )


def test_sizes_of_textbooks(reference: References) -> None:
    chow = "Chow, Shao and Wang, Sample size calculations in clinical research, "
    one = compute_sample_size_one_mean(difference=0.5, sd=1, alpha=0.05, sided=2, power=0.8, distribution="normal")
    reference.holds("n, one mean", one.n_total, 32, tolerance=0, source=chow + "2nd ed., section 3.1.4: 32")
    two = compute_sample_size_two_means(difference=5, sd=10, alpha=0.05, sided=2, power=0.8, distribution="normal")
    reference.holds("n per group", two.n_control, 63, tolerance=0, source=chow + "2nd ed., section 3.2.4: 63")
    ni = compute_sample_size_two_means(
        difference=0,
        sd=10,
        alpha=0.05,
        sided=1,
        power=0.8,
        distribution="normal",
        hypothesis=NonInferiority(margin=-5),
    )
    reference.holds("n per group, margin", ni.n_control, 50, tolerance=0, source=chow + "2nd ed., section 3.2.4: 50")


def test_ancova_needs_one_minus_the_squared_correlation(reference: References) -> None:
    # Borm 2007: (1 - rho^2) times the size of the t-test, plus one subject per group for the lost degree of freedom.
    plain = compute_sample_size_two_means(difference=5, sd=10, alpha=0.05, sided=2, power=0.9)
    adjusted = compute_sample_size_ancova(difference=5, sd=10, correlation=0.6, alpha=0.05, sided=2, power=0.9)
    reference.holds(
        "n",
        adjusted.n_exact,
        0.64 * plain.n_exact + 2,
        tolerance=2,
        source="Borm, Fransen and Lemmens, J Clin Epidemiol 2007;60:1234: (1 - rho^2) n, plus 1 per group",
    )
    normal = compute_sample_size_ancova(
        difference=5, sd=10, correlation=0.6, alpha=0.05, sided=2, power=0.9, distribution="normal"
    )
    # By hand: 4 (1.959964 + 1.281552)^2 0.64 (10 / 5)^2 = 107.5962
    reference.holds("n, normal", normal.n_exact, 107.5962, tolerance=1e-3, source="by hand, Borm 2007, equation 1")


def test_covariates_cost_degrees_of_freedom() -> None:
    given = {"difference": 1.0, "sd": 1.0, "correlation": 0.5, "alpha": 0.05, "sided": 2}
    few = compute_power_ancova(**given, n_experimental=8, n_control=8, n_covariates=1)  # type: ignore[arg-type]
    more = compute_power_ancova(**given, n_experimental=8, n_control=8, n_covariates=5)  # type: ignore[arg-type]
    assert more < few


def test_welch_agrees_with_pooled_test_where_variances_and_sizes_are_equal() -> None:
    pooled = compute_power_two_means(difference=1, sd=2, n_experimental=30, n_control=30, alpha=0.05, sided=2)
    welch = compute_power_two_means(
        difference=1, sd=2, sd_control=2, n_experimental=30, n_control=30, alpha=0.05, sided=2
    )
    assert float(welch) == pytest.approx(float(pooled), rel=1e-12)
    size = compute_sample_size_two_means(difference=1, sd=2, sd_control=4, alpha=0.05, sided=2, power=0.9)
    assert "Welch" in size.method
    assert size.attained_power >= 0.9


def test_welch_agrees_with_simulation(reference: References) -> None:
    power = compute_power_two_means(
        difference=1.5, sd=3, sd_control=1, n_experimental=20, n_control=10, alpha=0.05, sided=2, counts_both_tails=True
    )
    reference.holds(
        "power of Welch's test",
        float(power),
        0.49301,
        tolerance=4e-3,
        source="R 4, stats, set.seed(1); mean(replicate(1e5, t.test(rnorm(20, 1.5, 3), rnorm(10))$p.value < .05))",
    )


def test_crossover_is_the_paired_test_with_one_degree_of_freedom_less(reference: References) -> None:
    power = compute_power_crossover_means(
        difference=0.5, sd_within=1, n_sequence_1=20, n_sequence_2=20, alpha=0.05, sided=2
    )
    reference.holds(
        "power",
        float(power),
        0.586817609082648,
        tolerance=1e-9,
        source="R 4, stats, pt(qt(.975, 38), 38, ncp = .5 / sqrt(2 / 40), lower.tail = FALSE)",
    )
    size = compute_sample_size_crossover_means(difference=0.5, sd_within=1, alpha=0.05, sided=2, power=0.8)
    assert size.n_total == 2 * size.n_per_sequence
    assert size.attained_power >= 0.8


def test_paired_power_takes_arrays() -> None:
    power = compute_power_paired_means(
        difference=[0.2, 0.5], sd=1, correlation=0.7, n_pairs=[[20], [50]], alpha=0.05, sided=2
    )
    assert power.shape == (2, 2)
    assert power[0, 0] < power[0, 1] < power[1, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"difference": 0}, "equals its value under the null hypothesis"),
        ({"difference": -5}, "wrong side.*higher_is_better=False"),
        ({"sd": 0}, "sd must be above 0, got 0"),
        ({"sd": float("nan")}, "sd must be a finite number"),
        ({"alpha": 0.7}, r"alpha must lie between 0 and 0.5"),
        ({"sided": 3}, "sided must be 1 or 2, got 3"),
        ({"power": 1.0}, "power must lie between 0.025"),
        ({"power": 0.02}, "power must lie between 0.025"),
        ({"allocation_ratio": -1}, "allocation_ratio must be above 0"),
        ({"hypothesis": NonInferiority(margin=2)}, "margin = 2 is on the wrong side.*below 0"),
        (
            {"hypothesis": NonInferiority(margin=-2, higher_is_better=False)},
            "margin = -2 is on the wrong side.*above 0",
        ),
        ({"hypothesis": Equivalence(lower=1, upper=3)}, "lower < 0 < upper"),
        ({"hypothesis": Equivalence(lower=-3, upper=3)}, "5 is not between the limits -3 and 3"),
        ({"hypothesis": Superiority(null_value=float("nan"))}, "Superiority.null_value must be a finite number"),
        ({"distribution": "Normal"}, "distribution must be one of 't', 'normal', got 'Normal'"),
        ({"hypothesis": Superiority(null_value=6)}, "wrong side of 6"),
        ({"difference": 1e-6}, "is not reached with 1e\\+09 subjects"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"difference": 5, "sd": 10, "alpha": 0.025, "sided": 1, "power": 0.9}
    with pytest.raises(DesignError, match=message):
        compute_sample_size_two_means(**(arguments | changes))


def test_equivalence_has_one_side() -> None:
    with pytest.raises(DesignError, match="sided must be 1"):
        compute_power_one_mean(difference=0, sd=1, n=50, alpha=0.05, sided=2, hypothesis=Equivalence(lower=-1, upper=1))


def test_a_test_without_degrees_of_freedom_is_refused() -> None:
    with pytest.raises(DesignError, match="n_experimental \\+ n_control - 2 must be above 0"):
        compute_power_two_means(difference=1, sd=1, n_experimental=1, n_control=1, alpha=0.05, sided=2)


@pytest.mark.parametrize("sd_control", [None, 2.0])
@pytest.mark.parametrize("allocation_ratio", [0.2, 1, 5])
def test_an_enormous_effect_needs_what_leaves_degrees_of_freedom(
    sd_control: float | None, allocation_ratio: float
) -> None:
    size = compute_sample_size_two_means(
        difference=1e4,
        sd=1,
        alpha=0.05,
        sided=2,
        power=0.9,
        sd_control=sd_control,
        allocation_ratio=allocation_ratio,
    )
    assert min(size.n_experimental, size.n_control) == 2
    assert size.attained_power > 0.9


@pytest.mark.parametrize("per_group", [2, 4, 16, 51, 501, 2000])
def test_the_power_of_any_effect_is_a_number_and_rises_with_it(per_group: int) -> None:
    effects = [step / 2 * (2 / per_group) ** 0.5 for step in range(-120, 121)]

    # 0 and 1 in the far tails, where scipy's noncentral t distribution has points without a value
    powers = compute_power_two_means(
        difference=effects, sd=1.0, n_experimental=per_group, n_control=per_group, alpha=0.025, sided=1
    )

    assert all(0 <= power <= 1 for power in powers.tolist())
    assert all(later >= earlier - 1e-12 for earlier, later in zip(powers.tolist(), powers.tolist()[1:], strict=False))
    assert powers[0] == pytest.approx(0, abs=1e-12)
    assert powers[-1] > 0.999

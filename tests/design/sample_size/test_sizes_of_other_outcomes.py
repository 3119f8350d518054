"""Sizes and powers of counts, ordered categories, repeated measures, clusters, and assurance."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from scipy import special
from tests.validation import References

from trialwright.design.sample_size import (
    BetaPrior,
    Equivalence,
    Exposure,
    NonInferiority,
    NormalPrior,
    Superiority,
    compute_assurance,
    compute_autoregressive_correlation,
    compute_design_effect,
    compute_exchangeable_correlation,
    compute_mean_exposure,
    compute_power_cluster_means,
    compute_power_cluster_proportions,
    compute_power_mmrm,
    compute_power_negative_binomial,
    compute_power_ordinal,
    compute_power_two_means,
    compute_power_two_proportions,
    compute_sample_size_assurance_two_means,
    compute_sample_size_assurance_two_proportions,
    compute_sample_size_cluster_means,
    compute_sample_size_cluster_proportions,
    compute_sample_size_mmrm,
    compute_sample_size_negative_binomial,
    compute_sample_size_ordinal,
    compute_shifted_proportions,
    compute_variance_inflation,
)
from trialwright.errors import DesignError

Cases = Callable[[str], Mapping[str, Any]]
FEWER = Superiority(higher_is_better=False)


@pytest.mark.validates("design.counts")
def test_negative_binomial_agrees_with_lrstat(reference: References, design_cases: Cases) -> None:
    case = design_cases("lrstat.nb")
    source = f"R, lrstat {case['peer_version']}, {case['call']}"
    exposure = Exposure(followup=2.75, accrual_duration=1.25)
    given: dict[str, Any] = {"rate_experimental": 0.0875, "rate_control": 0.125, "dispersion": 5}
    overall = case["expected"]["overall"]
    power = compute_power_negative_binomial(
        **given, n_experimental=978, n_control=978, exposure=exposure, alpha=0.025, sided=1, hypothesis=FEWER
    )
    reference.holds("power", float(power), overall["overallReject"], tolerance=1e-9, relative=True, source=source)
    reference.holds(
        "exposure",
        1956 * compute_mean_exposure(exposure),
        overall["exposure"],
        tolerance=1e-12,
        relative=True,
        source=source,
    )
    size = compute_sample_size_negative_binomial(
        **given, exposure=exposure, alpha=0.025, sided=1, power=overall["overallReject"], hypothesis=FEWER
    )
    reference.holds("n", size.n_exact, 1956, tolerance=1e-8, relative=True, source=source)


@pytest.mark.validates("design.counts")
@pytest.mark.parametrize(
    ("null_variance", "n"), [("control", 22.37386), ("unrestricted", 21.23734), ("restricted", 20.85564)]
)
def test_methods_of_zhu_and_lakkis(reference: References, null_variance: Any, n: float) -> None:
    # By hand, with m = (z + z)^2 / log(2)^2 and v1 = 1/5 + 1/10 + 2 x 0.5; method 1: v0 = 2/5 + 1; method 3: v0 =
    # 2 / 7.5 + 1 by the mean rate; n = (1.959964 sqrt(v0) + 0.841621 sqrt(v1))^2 / log(2)^2.
    size = compute_sample_size_negative_binomial(
        rate_experimental=10,
        rate_control=5,
        dispersion=0.5,
        exposure=Exposure(followup=1),
        alpha=0.05,
        sided=2,
        power=0.8,
        null_variance=null_variance,
    )
    reference.holds(
        f"n per group, {null_variance}",
        size.n_exact / 2,
        n,
        tolerance=1e-5,
        source="Zhu and Lakkis, Stat Med 2014;33:376, methods 1 to 3, r0 5, ratio 2, k 0.5: their formulas by hand",
    )


@pytest.mark.validates("design.counts")
@pytest.mark.parametrize(("null", "expected"), [(1.0, 0.84302797539954), (1.25, 0.99537763858656)])
def test_null_rates_of_unequal_groups_are_those_of_all_events(
    reference: References, null: float, expected: float
) -> None:
    power = compute_power_negative_binomial(
        rate_experimental=0.6,
        rate_control=0.9,
        dispersion=0,
        n_experimental=300,
        n_control=100,
        exposure=Exposure(followup=1),
        alpha=0.025,
        sided=1,
        hypothesis=Superiority(null_value=null, higher_is_better=False),
    )
    # Without overdispersion the control's null rate is all events over (null 300 + 100) years: 270 / 400, 270 / 475.
    reference.holds(
        f"power, Poisson, 3:1, null ratio {null}",
        float(power),
        expected,
        tolerance=1e-11,
        source="R 4, stats, by hand: pnorm((delta - qnorm(.975) sqrt(v0)) / sqrt(v1)), v0 by the null rates",
    )


@pytest.mark.validates("design.counts")
def test_dropout_shortens_exposure_as_numerical_integration_says(reference: References) -> None:
    power = compute_power_negative_binomial(
        rate_experimental=0.6,
        rate_control=0.9,
        dispersion=0.8,
        n_experimental=120,
        n_control=80,
        exposure=Exposure(followup=0.5, accrual_duration=1.5, dropout_rate=0.3),
        alpha=0.05,
        sided=2,
        null_variance="unrestricted",
    )
    reference.holds(
        "power, dropout",
        float(power),
        0.4666409532828,
        tolerance=1e-9,
        source="R 4, stats, nested integrate() of the information over entry and dropout",
    )


@pytest.mark.validates("design.counts")
def test_power_agrees_with_simulated_regressions(reference: References) -> None:
    power = compute_power_negative_binomial(
        rate_experimental=0.9,
        rate_control=1.8,
        dispersion=0.8,
        n_experimental=60,
        n_control=60,
        exposure=Exposure(followup=0.5, accrual_duration=1.5),
        alpha=0.025,
        sided=1,
        hypothesis=FEWER,
        null_variance="unrestricted",
    )
    # Monte Carlo error 0.005; the Wald test with an estimated dispersion is a little liberal.
    reference.holds(
        "power, simulated",
        float(power),
        0.87975,
        tolerance=0.02,
        source="R 4, MASS, set.seed(2), 4,000 times glm.nb(y ~ g + offset(log(t))), t uniform on 0.5 to 2",
    )


def test_margins_of_rates_move_both_ways() -> None:
    given: dict[str, Any] = {
        "rate_experimental": 1.0,
        "rate_control": 1.0,
        "dispersion": 0.5,
        "exposure": Exposure(followup=1),
        "alpha": 0.025,
        "sided": 1,
    }
    worse = compute_sample_size_negative_binomial(
        **given, power=0.9, hypothesis=NonInferiority(margin=1.25, higher_is_better=False)
    )
    better = compute_sample_size_negative_binomial(**given, power=0.9, hypothesis=NonInferiority(margin=0.8))
    both = compute_sample_size_negative_binomial(**given, power=0.8, hypothesis=Equivalence(lower=0.8, upper=1.25))
    # Exchanged groups are the same trial; equivalence with half the type II error on either side.
    assert worse.n_exact == pytest.approx(better.n_exact, rel=1e-6)
    assert both.n_exact == pytest.approx(worse.n_exact, rel=1e-3)


@pytest.mark.validates("design.ordinal")
def test_whiteheads_example_holds(reference: References) -> None:
    odds_ratio = 0.85 * 0.3 / (0.7 * 0.15)
    size = compute_sample_size_ordinal(
        proportions_control=(0.2, 0.5, 0.2, 0.1), odds_ratio=odds_ratio, alpha=0.05, sided=2, power=0.9
    )
    reference.holds(
        "n", math.ceil(size.n_exact), 187, tolerance=0, source="Whitehead, Stat Med 1993;12:2257, section 3: 187"
    )
    reference.holds(
        "n, unrounded",
        size.n_exact,
        186.8628053901,
        tolerance=1e-8,
        source="R 4, Hmisc 4.8.0, posamsize((p1 + p2) / 2, odds.ratio = 2.428571, alpha = .05, power = .9)",
    )
    shifted = compute_shifted_proportions(proportions=(0.2, 0.5, 0.2, 0.1), odds_ratio=odds_ratio)
    reference.holds(
        "best two categories",
        float(shifted[0] + shifted[1]),
        0.85,
        tolerance=1e-12,
        source="Whitehead, Stat Med 1993;12:2257, section 3",
    )


@pytest.mark.validates("design.ordinal")
def test_ordinal_sizes_and_powers_agree_with_hmisc(reference: References) -> None:
    control = (0.1, 0.3, 0.4, 0.2)
    size = compute_sample_size_ordinal(
        proportions_control=control, odds_ratio=1.6, alpha=0.05, sided=2, power=0.8, allocation_ratio=0.5
    )
    reference.holds(
        "n, 1:2",
        size.n_exact,
        531.028003689,
        tolerance=1e-6,
        source="R 4, Hmisc 4.8.0, posamsize(pc * 2 / 3 + pe / 3, odds.ratio = 1.6, fraction = 1 / 3, power = .8)",
    )
    power = compute_power_ordinal(
        proportions_control=control, odds_ratio=1.6, n_experimental=150, n_control=150, alpha=0.05, sided=2
    )
    # Hmisc counts both tails, which is 2e-6 here, and has (n + 1) (n + 2) / n^2 for 1.
    reference.holds(
        "power",
        float(power),
        0.6052882532126,
        tolerance=5e-3,
        source="R 4, Hmisc 4.8.0, popower((pc + pe) / 2, odds.ratio = 1.6, n = 300, alpha = .05)$power",
    )


@pytest.mark.validates("design.mmrm")
def test_mmrm_agrees_with_longpower(reference: References, design_cases: Cases) -> None:
    case = design_cases("mmrm.power.n")
    matrix = compute_exchangeable_correlation(n_visits=4, correlation=0.25)
    size = compute_sample_size_mmrm(
        difference=0.5, sd=1, correlation=matrix, retention=(1, 0.9, 0.8, 0.7), alpha=0.05, sided=2, power=0.8
    )
    source = f"R, longpower {case['peer_version']}, {case['call']}"
    reference.holds(
        "n per group", size.n_exact / 2, case["expected"]["n1"], tolerance=1e-9, relative=True, source=source
    )
    assert (size.n_experimental, size.n_control) == (87, 87)


@pytest.mark.validates("design.mmrm")
def test_variance_inflation_is_that_of_generalized_least_squares(reference: References) -> None:
    matrix = compute_autoregressive_correlation(times=(0, 1, 3), correlation=0.6)
    reference.holds(
        "inflation, AR(1), half complete",
        compute_variance_inflation(correlation=matrix, retention=(1, 0.8, 0.5)),
        1.891136,
        tolerance=1e-9,
        source="R 4, base, solve(sum of t(X) V^-1 X) of 10 subjects, of whom 2 leave after visit 1 and 3 after visit 2",
    )
    uncorrelated = compute_exchangeable_correlation(n_visits=3, correlation=0)
    reference.holds(
        "inflation, no correlation",
        compute_variance_inflation(correlation=uncorrelated, retention=(1, 0.9, 0.7)),
        1 / 0.7,
        tolerance=1e-12,
        source="by hand: only who stays informs",
    )


@pytest.mark.validates("design.mmrm")
@pytest.mark.parametrize(("ratio", "phi", "total"), [(1, (1, 1), 168), (2, (1, 1), 189), (1, (2, 2), 336)])
def test_sizes_by_equation_3_of_lu_luo_and_chen(
    reference: References, ratio: float, phi: tuple[float, float], total: float
) -> None:
    # Without correlation a retention of 1 / phi has that inflation.
    matrix = compute_exchangeable_correlation(n_visits=2, correlation=0)
    size = compute_sample_size_mmrm(
        difference=0.5,
        sd=1,
        correlation=matrix,
        retention=(1, 1 / phi[0]),
        retention_control=(1, 1 / phi[1]),
        alpha=0.05,
        sided=2,
        power=0.9,
        allocation_ratio=ratio,
    )
    # By hand: (phi_a + ratio phi_b) (1 + 1 / ratio) (1.959964 + 1.281552)^2 / 0.25
    reference.holds(
        f"n, ratio {ratio}, phi {phi}",
        size.n_exact,
        total,
        tolerance=0.6,
        source="Lu, Luo and Chen, Int J Biostat 2008;4:9, equation 3 with effect size 0.5, power 90%, by hand",
    )


def test_mmrm_takes_arrays_and_unequal_deviations() -> None:
    matrix = compute_exchangeable_correlation(n_visits=2, correlation=0.5)
    given: dict[str, Any] = {"sd": 1, "correlation": matrix, "retention": (1, 0.8), "alpha": 0.05, "sided": 2}
    power = compute_power_mmrm(difference=[0.3, 0.5], n_experimental=80, n_control=80, **given)
    wider = compute_power_mmrm(difference=[0.3, 0.5], n_experimental=80, n_control=80, sd_control=2, **given)
    assert power.shape == (2,)
    assert np.all(wider < power)


@pytest.mark.validates("design.clusters")
def test_cluster_powers_agree_with_the_t_distribution_of_r(reference: References) -> None:
    means = compute_power_cluster_means(
        difference=0.3,
        sd=1,
        icc=0.04,
        cluster_size=20,
        clusters_experimental=20,
        clusters_control=20,
        alpha=0.05,
        sided=2,
    )
    reference.holds(
        "power, means",
        float(means),
        0.8762105132909,
        tolerance=1e-9,
        source="R 4, stats, pt(qt(.975, 38), 38, ncp = .3 / sqrt((1 + 19 * .04) / 20 * 2 / 20), lower.tail = FALSE)",
    )
    proportions = compute_power_cluster_proportions(
        proportion_experimental=0.35,
        proportion_control=0.2,
        icc=0.02,
        cluster_size=30,
        cluster_size_cv=0.6,
        clusters_experimental=12,
        clusters_control=12,
        alpha=0.05,
        sided=2,
    )
    reference.holds(
        "power, proportions",
        float(proportions),
        0.9030811313476,
        tolerance=1e-9,
        source="R 4, stats, pt(qt(.975, 22), 22, ncp = .15 / sqrt(1.796 / 30 * (.35 * .65 + .2 * .8) / 12), ...)",
    )
    reference.holds(
        "design effect, sizes that vary",
        compute_design_effect(cluster_size=30, icc=0.02, cluster_size_cv=0.6),
        1.796,
        tolerance=1e-12,
        source="Eldridge, Ashby and Kerry, Int J Epidemiol 2006;35:1292: 1 + ((cv^2 + 1) m - 1) icc, by hand",
    )


@pytest.mark.validates("design.clusters")
def test_cluster_sizes_are_those_of_subjects_times_the_design_effect(reference: References) -> None:
    size = compute_sample_size_cluster_proportions(
        proportion_experimental=0.3,
        proportion_control=0.2,
        icc=0.05,
        cluster_size=21,
        alpha=0.05,
        sided=2,
        power=0.8,
        distribution="normal",
    )
    # By hand: (1.959964 + 0.841621)^2 (0.21 + 0.16) / 0.01 = 290.4077 per group; design effect 2; 27.6579 clusters.
    reference.holds(
        "clusters", size.clusters_exact / 2, 27.6579, tolerance=1e-4, source="by hand, Donner and Klar 2000"
    )
    assert (size.clusters_experimental, size.clusters_control, size.n_total) == (28, 28, 1176)
    assert size.design_effect == pytest.approx(2)
    more = compute_sample_size_cluster_means(
        difference=0.25, sd=1, icc=0.05, cluster_size=20, alpha=0.05, sided=2, power=0.8, allocation_ratio=2
    )
    assert more.clusters_experimental >= 2 * more.clusters_control - 1
    assert more.attained_power >= 0.8


@pytest.mark.validates("design.assurance")
def test_assurance_agrees_with_ohagans_closed_form(reference: References) -> None:
    prior = NormalPrior(mean=0.3, sd=0.2)
    assurance = compute_assurance(
        lambda difference: compute_power_two_means(
            difference=difference,
            sd=1,
            n_experimental=100,
            n_control=100,
            alpha=0.025,
            sided=1,
            distribution="normal",
        ),
        prior,
    )
    expected = float(special.ndtr((0.3 - 1.959963984540054 * math.sqrt(0.02)) / math.sqrt(0.02 + 0.04)))
    reference.holds(
        "assurance, known variance",
        assurance,
        expected,
        tolerance=1e-12,
        source="O'Hagan, Stevens and Campbell, Pharm Stat 2005;4:187, equation 3",
    )


@pytest.mark.validates("design.assurance")
def test_assurance_agrees_with_numerical_integration(reference: References) -> None:
    means = compute_assurance(
        lambda difference: compute_power_two_means(
            difference=difference, sd=1.2, n_experimental=40, n_control=60, alpha=0.025, sided=1
        ),
        NormalPrior(mean=0.6, sd=0.3),
    )
    reference.holds(
        "assurance, t-test",
        means,
        0.6164333607324,
        tolerance=1e-8,
        source="R 4, stats, integrate() of pt(qt(.975, 98), 98, ncp, lower.tail = FALSE) * dnorm(d, .6, .3)",
    )
    proportions = compute_assurance(
        lambda proportion: compute_power_two_proportions(
            proportion_experimental=proportion,
            proportion_control=0.3,
            n_experimental=120,
            n_control=80,
            alpha=0.025,
            sided=1,
        ),
        BetaPrior(a=9, b=11),
    )
    reference.holds(
        "assurance, proportions",
        proportions,
        0.5342970373418,
        tolerance=1e-8,
        source="R 4, stats, integrate() of the power of the pooled z-test * dbeta(q, 9, 11)",
    )


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (0.3, 9), (1, 1), (2, 3), (40, 60), (3000, 7000)])
def test_beta_priors_have_their_moments(a: float, b: float) -> None:
    second = compute_assurance(lambda p: p**2, BetaPrior(a=a, b=b))
    assert second == pytest.approx(a * (a + 1) / ((a + b) * (a + b + 1)), rel=1e-9)


def test_sizes_have_their_assurance() -> None:
    means = compute_sample_size_assurance_two_means(
        prior=NormalPrior(mean=0.3, sd=0.2), sd=1, alpha=0.025, sided=1, assurance=0.8
    )
    assert means.attained_power >= 0.8
    assert "assurances" in means.conventions[0]
    proportions = compute_sample_size_assurance_two_proportions(
        prior=BetaPrior(a=45, b=55), proportion_control=0.3, alpha=0.025, sided=1, assurance=0.8
    )
    assert proportions.attained_power >= 0.8


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: compute_sample_size_assurance_two_means(
                prior=NormalPrior(mean=0.1, sd=0.5), sd=1, alpha=0.025, sided=1, assurance=0.8
            ),
            "probability of only 0.5793",
        ),
        (
            lambda: compute_sample_size_assurance_two_proportions(
                prior=BetaPrior(a=1, b=1), proportion_control=0.3, alpha=0.025, sided=1, assurance=0.8
            ),
            "probability of only 0.7",
        ),
        (lambda: compute_assurance(np.square, NormalPrior(mean=0, sd=-1)), "NormalPrior.sd must be above 0"),
        (lambda: compute_variance_inflation(correlation=[[1, 0.5], [0.4, 1]], retention=(1, 0.9)), "symmetric"),
        (lambda: compute_variance_inflation(correlation=[[1, 1], [1, 1]], retention=(1, 0.9)), "positive definite"),
        (lambda: compute_variance_inflation(correlation=[[1, 0.5], [0.5, 1]], retention=(0.8, 0.9)), "never rise"),
        (lambda: compute_variance_inflation(correlation=[[1, 0.5], [0.5, 1]], retention=(1,)), "has 1 visits"),
        (lambda: compute_autoregressive_correlation(times=(0, 1), correlation=1.0), "between 0 and 1"),
        (lambda: compute_design_effect(cluster_size=20, icc=1.2), "icc must be 0 or above and below 1"),
        (lambda: compute_design_effect(cluster_size=0.5, icc=0.1), "cluster_size must be at least 1"),
        (lambda: compute_shifted_proportions(proportions=(0.5, 0.4), odds_ratio=2), "with the sum 1"),
        (
            lambda: compute_sample_size_ordinal(
                proportions_control=(0.5, 0.5), odds_ratio=1, alpha=0.05, sided=2, power=0.9
            ),
            "odds ratio 1 equals its value",
        ),
        (lambda: compute_mean_exposure(Exposure(followup=-1)), "Exposure.followup must be above 0, got -1"),
        (
            lambda: compute_sample_size_negative_binomial(
                rate_experimental=0.8,
                rate_control=1,
                dispersion=0.5,
                exposure=Exposure(followup=1),
                alpha=0.025,
                sided=1,
                power=0.9,
            ),
            "wrong side of 1.*higher_is_better=False",
        ),
        (
            lambda: compute_sample_size_cluster_means(
                difference=0, sd=1, icc=0.1, cluster_size=10, alpha=0.05, sided=2, power=0.8
            ),
            "equals its value",
        ),
    ],
)
def test_what_cannot_be_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        call()

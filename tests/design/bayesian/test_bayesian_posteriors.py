"""Posterior distributions, comparisons, priors and their sizes, against independent quadrature in R.

The R calls (R 4.2.2) integrate densities directly; nothing of ours enters them.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.validation import References

from trialwright.design.bayesian import (
    BetaMixture,
    GammaMixture,
    GammaPrior,
    NormalGammaPrior,
    NormalMixture,
    compute_commensurate_prior_normal,
    compute_effective_sample_size,
    compute_map_prior_normal,
    compute_mean_and_sd,
    compute_mean_difference_probability,
    compute_posterior_beta,
    compute_posterior_gamma,
    compute_posterior_normal,
    compute_posterior_normal_gamma,
    compute_power_prior_beta,
    compute_power_prior_normal,
    compute_predictive_events,
    compute_probability_above,
    compute_rate_predictive_probability,
    compute_rate_ratio_probability,
    compute_superiority_probability,
    compute_superiority_table,
    robustify_beta,
    robustify_normal,
)
from trialwright.design.sample_size.priors import BetaPrior, NormalPrior

ROBUST_BETA = BetaMixture(weights=(0.2, 0.8), components=(BetaPrior(a=1, b=1), BetaPrior(a=10, b=2)))


@pytest.mark.validates("design.bayesian_posteriors")
def test_mixtures_are_updated_component_by_component(reference: References) -> None:
    prior = BetaMixture(weights=(0.8, 0.2), components=(BetaPrior(a=10, b=30), BetaPrior(a=1, b=1)))
    posterior = compute_posterior_beta(prior, responses=14, n=20)
    source = "R 4.2.2: w * exp(lbeta(a + x, b + n - x) - lbeta(a, b)), normalized; pbeta(.4, ..., lower.tail = FALSE)"
    reference.holds("weight of beta(10, 30)", posterior.weights[0], 0.0383416300014, tolerance=1e-12, source=source)
    reference.holds(
        "P(rate > 0.4)", compute_probability_above(posterior, 0.4), 0.977142772154, tolerance=1e-12, source=source
    )

    normal = compute_posterior_normal(
        NormalMixture(weights=(0.7, 0.3), components=(NormalPrior(mean=0, sd=0.3), NormalPrior(mean=1, sd=2))),
        estimate=1.5,
        se=0.4,
    )
    source = "R 4.2.2: w * dnorm(1.5, m, sqrt(s^2 + .4^2)), normalized; conjugate means; pnorm(.5, ...)"
    reference.holds("weight of normal(0, 0.3)", normal.weights[0], 0.0982564433156, tolerance=1e-12, source=source)
    reference.holds(
        "P(mean > 0.5)", compute_probability_above(normal, 0.5), 0.951782834402, tolerance=1e-12, source=source
    )

    gamma = compute_posterior_gamma(
        GammaMixture(weights=(0.5, 0.5), components=(GammaPrior(shape=2, rate=1), GammaPrior(shape=10, rate=4))),
        events=9,
        exposure=3,
    )
    source = "R 4.2.2: w * dnbinom(9, shape, rate / (rate + 3)), normalized; pgamma(2.5, ..., lower.tail = FALSE)"
    reference.holds("weight of gamma(2, 1)", gamma.weights[0], 0.34771602017, tolerance=1e-11, source=source)
    reference.holds(
        "P(event rate > 2.5)", compute_probability_above(gamma, 2.5), 0.59993016519, tolerance=1e-11, source=source
    )


@pytest.mark.validates("design.bayesian_posteriors")
def test_an_unknown_variance_makes_students_t(reference: References) -> None:
    prior = NormalGammaPrior(mean=-0.5, subjects=2, shape=3, rate=4)
    posterior = compute_posterior_normal_gamma(prior, n=12, mean=1.4, sd=2.1)
    reference.holds(
        "P(mean > 0.8), normal-gamma posterior",
        compute_probability_above(posterior, 0.8),
        0.740793306266,
        tolerance=1e-11,
        source="R 4.2.2: pt((mn - 0.8) / sqrt(bn / (an * kn)), 2 * an), updated by hand",
    )

    def t(mean: float, scale: float, df: float) -> NormalGammaPrior:
        return NormalGammaPrior(mean=mean, subjects=1, shape=df / 2, rate=scale**2 * df / 2)

    source = "R 4.2.2: integrate(function(t) dt(t, df2) * pt((m1 - m2 - d - s2 * t) / s1, df1), -Inf, Inf)"
    for quantity, actual, expected in (
        ("t8 at 1.2 (0.3) against t5 at 0.5 (0.4)", (t(1.2, 0.3, 8), t(0.5, 0.4, 5), 0.0), 0.887034580363),
        ("t8 at 1.2 (0.05) against t5 at 0.5 (0.4), by 0.5", (t(1.2, 0.05, 8), t(0.5, 0.4, 5), 0.5), 0.678953658722),
    ):
        first, second, threshold = actual
        value = compute_mean_difference_probability(first, second, threshold=threshold)
        reference.holds(quantity, value, expected, tolerance=1e-10, source=source)


@pytest.mark.validates("design.bayesian_posteriors")
@pytest.mark.parametrize(
    ("experimental", "control", "margin", "expected"),
    [
        ((16, 6), (11, 11), 0.0, 0.94455092929),
        ((16, 6), (11, 11), 0.1, 0.818020043437),
        ((31.5, 10.5), (28.5, 13.5), -0.1, 0.960675908707),
    ],
)
def test_comparisons_of_rates_agree_with_quadrature(
    experimental: tuple[float, float],
    control: tuple[float, float],
    margin: float,
    expected: float,
    reference: References,
) -> None:
    value = compute_superiority_probability(
        BetaPrior(a=experimental[0], b=experimental[1]), BetaPrior(a=control[0], b=control[1]), margin=margin
    )
    reference.holds(
        f"P(beta{experimental} > beta{control} + {margin})",
        value,
        expected,
        tolerance=1e-11,
        source="R 4.2.2: integrate(function(c) dbeta(c, a0, b0) * pbeta(c + d, a1, b1, lower.tail = FALSE), ...)",
    )


@pytest.mark.parametrize(("a", "b"), [(0.05, 0.05), (0.05, 3), (0.3, 0.9), (1, 1), (700, 1400)])
def test_alike_rates_are_even(a: float, b: float) -> None:
    belief = BetaPrior(a=a, b=b)
    assert compute_superiority_probability(belief, belief) == pytest.approx(0.5, abs=1e-10)


@settings(max_examples=100, deadline=None)
@given(st.floats(0.3, 40), st.floats(0.3, 40), st.floats(0.3, 40), st.floats(0.3, 40), st.floats(-0.5, 0.5))
def test_one_of_the_rates_is_the_higher(a: float, b: float, c: float, d: float, margin: float) -> None:
    first, second = BetaPrior(a=a, b=b), BetaPrior(a=c, b=d)
    either = compute_superiority_probability(first, second, margin=margin) + compute_superiority_probability(
        second, first, margin=-margin
    )
    assert either == pytest.approx(1, abs=1e-9)


def test_a_table_has_the_single_probabilities_of_mixtures_too() -> None:
    table = compute_superiority_table(ROBUST_BETA, BetaPrior(a=1, b=2), n_experimental=7, n_control=5)
    single = compute_superiority_probability(
        compute_posterior_beta(ROBUST_BETA, responses=4, n=7),
        compute_posterior_beta(BetaPrior(a=1, b=2), responses=2, n=5),
    )
    assert table[4, 2] == pytest.approx(single, abs=1e-12)
    assert np.all(np.diff(table, axis=0) > 0)
    assert np.all(np.diff(table, axis=1) < 0)


@pytest.mark.validates("design.bayesian_posteriors")
def test_event_rates_agree_with_quadrature_and_enumeration(reference: References) -> None:
    first, second = GammaPrior(shape=8, rate=11), GammaPrior(shape=12, rate=10)
    reference.holds(
        "P(rate ratio < 0.9), gamma(8, 11) and gamma(12, 10)",
        compute_rate_ratio_probability(first, second, below=0.9),
        0.814504657982,
        tolerance=1e-11,
        source="R 4.2.2: integrate(function(x) dgamma(x, 12, 10) * pgamma(x * .9, 8, 11), 0, Inf)",
    )
    reference.holds(
        "P(at most 7 events in 6), gamma(12, 10)",
        compute_predictive_events(second, exposure=6, at_most=7),
        0.577861624653,
        tolerance=1e-11,
        source="R 4.2.2: pnbinom(7, 12, 10 / (10 + 6))",
    )
    reference.holds(
        "predictive probability of P(ratio < 1) >= 0.975 after 20 more in each arm",
        compute_rate_predictive_probability(
            first, second, exposure_experimental=20, exposure_control=20, success_cutoff=0.975
        ),
        0.485513932616,
        tolerance=1e-9,
        source="R 4.2.2: double loop over 0:200 events, dnbinom * dnbinom where pbeta(31 / 61, 8 + i, 12 + j) >= .975",
    )


@pytest.mark.validates("design.bayesian_posteriors")
def test_effective_sample_sizes_agree_with_quadrature(reference: References) -> None:
    source = "R 4.2.2: integrate of -(f'' / f - (f' / f)^2) / information * f, derivatives written out by hand"
    for quantity, actual, expected in (
        ("ELIR, 0.2 beta(1, 1) + 0.8 beta(10, 2)", compute_effective_sample_size(ROBUST_BETA), 7.65152018466),
        (
            "ELIR, 0.5 normal(0, 2) + 0.5 normal(3, 4), subject sd 10",
            compute_effective_sample_size(
                NormalMixture(weights=(0.5, 0.5), components=(NormalPrior(mean=0, sd=2), NormalPrior(mean=3, sd=4))),
                subject_sd=10,
            ),
            10.8279631603,
        ),
        (
            "ELIR, 0.3 gamma(1, 1) + 0.7 gamma(20, 5)",
            compute_effective_sample_size(
                GammaMixture(weights=(0.3, 0.7), components=(GammaPrior(shape=1, rate=1), GammaPrior(shape=20, rate=5)))
            ),
            2.70402177242,
        ),
    ):
        reference.holds(quantity, actual, expected, tolerance=1e-8, source=source)
    # By hand: a single conjugate prior is worth a + b subjects, sd^2 / prior sd^2 subjects, rate.
    assert compute_effective_sample_size(BetaPrior(a=5, b=15)) == pytest.approx(20)
    assert compute_effective_sample_size(NormalPrior(mean=3, sd=0.5), subject_sd=2) == pytest.approx(16)
    assert compute_effective_sample_size(GammaPrior(shape=3, rate=7)) == pytest.approx(7)


def test_elir_is_predictively_consistent() -> None:
    # Neuenschwander et al. 2020: the mean size of the posterior after n subjects is that of the prior plus n.
    from trialwright.design.bayesian.posteriors import predictive_of_responses

    n = 10
    chances = predictive_of_responses(ROBUST_BETA, responses=[0], n=0, more=n)[0]
    sizes = [compute_effective_sample_size(compute_posterior_beta(ROBUST_BETA, responses=x, n=n)) for x in range(n + 1)]
    assert float(chances @ sizes) - n == pytest.approx(compute_effective_sample_size(ROBUST_BETA), abs=1e-6)
    # The moment method has no such property: it is conservative here.
    assert compute_effective_sample_size(ROBUST_BETA, method="moment") < 4


@pytest.mark.validates("design.bayesian_posteriors")
def test_the_meta_analytic_predictive_prior_agrees_with_quadrature(reference: References) -> None:
    prior = compute_map_prior_normal([-1.1, -0.9, -1.4, -0.7], [0.2, 0.25, 0.3, 0.2], between_trial_sd=0.5)
    mean, sd = compute_mean_and_sd(prior)
    source = "R 4.2.2: integrate over tau of dnorm(tau, 0, .5) * marginal likelihood, with a flat prior of the mean"
    reference.holds("MAP mean", mean, -0.992612793431, tolerance=1e-9, source=source)
    reference.holds("MAP sd", sd, 0.373131626677, tolerance=1e-9, source=source)
    reference.holds(
        "MAP P(mean < -0.5)", 1 - compute_probability_above(prior, -0.5), 0.934668519681, tolerance=1e-9, source=source
    )


def test_priors_from_earlier_data_count_them_in_part() -> None:
    assert compute_power_prior_beta(BetaPrior(a=1, b=1), responses=8, n=20, discount=0.5) == BetaPrior(a=5, b=7)
    # By hand: precision 1/4 + 0.5 * 4 = 2.25, mean 0.5 * 4 * 1.8 / 2.25.
    normal = compute_power_prior_normal(NormalPrior(mean=0, sd=2), estimate=1.8, se=0.5, discount=0.5)
    assert normal.mean == pytest.approx(1.6)
    assert normal.sd == pytest.approx(1 / 1.5)
    # By hand: variance 0.3^2 + 1 / 25 = 0.13.
    assert compute_commensurate_prior_normal(estimate=1, se=0.3, commensurability=25).sd == pytest.approx(0.13**0.5)


def test_a_robust_prior_gives_way_where_data_disagree() -> None:
    informative = BetaPrior(a=30, b=70)
    robust = robustify_beta(informative, vague_weight=0.1)
    agreeing = compute_posterior_beta(robust, responses=12, n=40)
    conflicting = compute_posterior_beta(robust, responses=36, n=40)
    assert agreeing.weights[1] < 0.05
    assert conflicting.weights[1] > 0.999
    assert (
        compute_mean_and_sd(conflicting)[0]
        > compute_mean_and_sd(compute_posterior_beta(informative, responses=36, n=40))[0] + 0.3
    )
    normal = robustify_normal(NormalPrior(mean=0, sd=0.1), vague_weight=0.2, vague=NormalPrior(mean=0, sd=2))
    assert compute_posterior_normal(normal, estimate=3, se=0.2).weights[1] > 0.999

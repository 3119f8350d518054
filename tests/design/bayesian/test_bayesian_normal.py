"""Monitoring of normal quantities: bounds by hand, characteristics by multivariate normal probabilities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special
from tests.validation import References

from trialwright.design.bayesian import (
    NormalMixture,
    NormalMonitoring,
    calibrate_normal_monitoring,
    compute_normal_bounds,
    compute_normal_characteristics,
    compute_normal_posterior_probability,
    compute_normal_predictive_probability,
    compute_normal_probability_of_success,
    compute_simulation_boundaries,
    information_of_events,
    information_of_means,
)
from trialwright.design.sample_size.priors import NormalPrior
from trialwright.design.simulation import (
    Accrual,
    Look,
    TimeToEvent,
    TrialPlan,
    compute_operating_characteristics,
    constant_rate,
    hazard_of_median,
    proportional_hazard,
    simulate_trials,
)
from trialwright.errors import DesignError

RULE = NormalMonitoring(
    prior=NormalPrior(mean=0, sd=0.5), information=(20, 40, 60), success_cutoffs=(0.975, 0.975, 0.975)
)


@pytest.mark.validates("design.bayesian_normal")
def test_bounds_and_characteristics_agree_with_r(reference: References) -> None:
    bounds = compute_normal_bounds(RULE).efficacy
    source = "By hand: qnorm(.975) * sqrt((I + 4) / I), prior information 4"
    for look, expected in enumerate((2.14703297246, 2.05562756908, 2.02424209901)):
        reference.holds(f"bound at look {look + 1}", bounds[look], expected, tolerance=1e-10, source=source)
    source = "R 4.2.2, mvtnorm: 1 - pmvnorm(upper = bounds, mean = effect * sqrt(I), corr, Miwa(steps = 4096))"
    for effect, expected in ((0.0, 0.0415722334543), (0.4, 0.879574558563)):
        success = compute_normal_characteristics(RULE, effect=effect).success
        reference.holds(f"success at effect {effect}", success, expected, tolerance=1e-7, source=source)
    reference.holds(
        "predictive probability at look 1, z = 1",
        compute_normal_predictive_probability(RULE, look=1, z=1.0),
        0.358122788397,
        tolerance=1e-10,
        source="R 4.2.2: integrate of the posterior density times the conditional power",
    )
    reference.holds(
        "probability of success, normal(0.3, 0.2)",
        compute_normal_probability_of_success(RULE, design_prior=NormalPrior(mean=0.3, sd=0.2)),
        0.594737610416,
        tolerance=1e-6,
        source="R 4.2.2: integrate of dnorm(effect, .3, .2) * (1 - pmvnorm(...))",
    )


@pytest.mark.validates("design.bayesian_normal")
def test_with_a_flat_prior_the_calibrated_rule_is_pococks(reference: References) -> None:
    rule = NormalMonitoring(
        prior=NormalPrior(mean=0, sd=1e5), information=(20, 40, 60), success_cutoffs=(0.9, 0.9, 0.9)
    )
    calibrated = calibrate_normal_monitoring(rule, alpha=0.025)
    reference.holds(
        "cutoff as a bound of Z, three looks, alpha 0.025",
        calibrated.bounds.efficacy[1],
        2.28947845646,
        tolerance=1e-6,
        source='rpact 3.3.4: getDesignGroupSequential(typeOfDesign = "P", kMax = 3, alpha = .025, sided = 1)',
    )
    assert compute_normal_characteristics(calibrated.rule, effect=0).success == pytest.approx(0.025, abs=1e-9)


def test_a_skeptical_prior_is_a_handicap_that_shrinks() -> None:
    # Freedman, Spiegelhalter and Parmar 1994: bounds fall from look to look, as O'Brien and Fleming's do.
    bounds = compute_normal_bounds(RULE).efficacy
    assert bounds[0] is not None
    assert bounds[1] is not None
    assert bounds[2] is not None
    assert bounds[0] > bounds[1] > bounds[2] > special.ndtri(0.975)


def test_calibrated_rules_with_futility_keep_the_type_one_error_in_simulated_trials() -> None:
    rule = NormalMonitoring(
        prior=NormalMixture(weights=(0.7, 0.3), components=(NormalPrior(mean=0.1, sd=0.2), NormalPrior(mean=0, sd=1))),
        information=(15, 40, 60),
        success_cutoffs=(None, 0.95, 0.95),
        futility_cutoff=0.1,
    )
    naive = compute_normal_characteristics(rule, effect=0).success
    calibrated = calibrate_normal_monitoring(rule, alpha=0.025).rule
    assert naive > 0.03
    # Simulated without bounds: probabilities of the rule itself, from increments of a Brownian motion.
    trials, rng = 2_000, np.random.default_rng(11)
    steps = rng.standard_normal((trials, 3)) * np.sqrt((15, 25, 20))
    z = np.cumsum(steps, axis=1) / np.sqrt((15, 40, 60))
    success = 0
    cutoff = calibrated.success_cutoffs[-1]
    assert cutoff is not None
    for row in z:
        for look in range(3):
            if look > 0 and compute_normal_posterior_probability(calibrated, look=look + 1, z=row[look]) >= cutoff:
                success += 1
                break
            if look < 2 and compute_normal_predictive_probability(calibrated, look=look + 1, z=row[look]) < 0.1:
                break
    assert abs(success / trials - 0.025) <= 3 * math.sqrt(0.025 * 0.975 / trials)


def test_looks_without_a_prior_inflate() -> None:
    flat = NormalMonitoring(
        prior=NormalPrior(mean=0, sd=1e5), information=(10, 20, 30, 40, 50), success_cutoffs=(0.975,) * 5
    )
    # Armitage, McPherson and Rowe 1969: five looks at 5% two-sided have 14.2%, half of it on either side, about.
    assert compute_normal_characteristics(flat, effect=0).success == pytest.approx(0.071, abs=0.001)


def test_even_a_prior_of_two_camps_has_one_bound() -> None:
    # The posterior probability rises with Z for any prior (monotone likelihood ratio): one cutoff, one bound.
    camps = NormalMixture(
        weights=(0.5, 0.5), components=(NormalPrior(mean=-3, sd=0.05), NormalPrior(mean=0.5, sd=0.02))
    )
    rule = NormalMonitoring(prior=camps, information=(1.0, 4.0), success_cutoffs=(None, 0.6))
    bound = compute_normal_bounds(rule).efficacy[1]
    assert bound is not None
    values = [
        compute_normal_posterior_probability(rule, look=2, z=z) for z in (bound - 3, bound - 0.01, bound, bound + 5)
    ]
    assert values[0] < values[1] < 0.6 == pytest.approx(values[2], abs=1e-9)
    assert values[3] > 0.6


def test_information_is_that_of_textbooks() -> None:
    assert information_of_means(n_experimental=50, n_control=50, sd=2) == pytest.approx(6.25)
    assert information_of_events(events=100) == 25
    assert information_of_events(events=90, allocation_ratio=2) == pytest.approx(20)


def test_a_log_hazard_ratio_is_monitored_by_its_events() -> None:
    rule = NormalMonitoring(
        prior=NormalPrior(mean=0, sd=0.35),
        information=tuple(information_of_events(events=events) for events in (100, 200, 300)),
        success_cutoffs=(0.99, 0.99, 0.975),
        futility_cutoff=0.1,
    )
    null = compute_normal_characteristics(rule, effect=0)
    better = compute_normal_characteristics(rule, effect=-math.log(0.7))
    assert null.success < 0.03
    assert better.success > 0.75
    assert better.expected_information < 75
    assert sum(better.stopping_probabilities) == pytest.approx(1)


@pytest.mark.parametrize(
    "trials", [1_000, pytest.param(20_000, marks=pytest.mark.expensive)], ids=["few trials", "many trials"]
)
def test_simulated_survival_trials_behave_as_the_integration_says(trials: int) -> None:
    events = (80, 160, 240)
    rule = calibrate_normal_monitoring(
        NormalMonitoring(
            prior=NormalPrior(mean=0, sd=0.4),
            information=tuple(information_of_events(events=count) for count in events),
            success_cutoffs=(0.99, 0.99, 0.99),
            futility_cutoff=0.05,
        ),
        alpha=0.025,
    ).rule
    hazard = hazard_of_median(12.0)

    def success(hazard_ratio: float) -> tuple[float, float]:
        plan = TrialPlan(
            accrual=Accrual(subjects=360, rate=constant_rate(20.0)),
            outcome=TimeToEvent(hazards=(hazard, proportional_hazard(hazard, hazard_ratio=hazard_ratio))),
            looks=tuple(Look(observed=count) for count in events),
        )
        simulated = simulate_trials(plan, trials=trials, rng=np.random.default_rng(20261122))
        power = compute_operating_characteristics(simulated, compute_simulation_boundaries(rule)).power
        assert power.value is not None
        assert power.standard_error is not None
        return power.value, power.standard_error

    estimate, _ = success(1.0)
    assert abs(estimate - 0.025) <= 3 * math.sqrt(0.025 * 0.975 / trials)
    # The log-rank statistic's drift is that of the log hazard ratio up to its square: one point of power.
    estimate, error = success(0.7)
    planned = compute_normal_characteristics(rule, effect=-math.log(0.7)).success
    assert abs(estimate - planned) <= 3 * error + 0.015


def test_bounds_for_simulated_trials_compare_with_no_effect() -> None:
    with pytest.raises(DesignError, match="null_effect=0"):
        compute_simulation_boundaries(
            NormalMonitoring(
                prior=NormalPrior(mean=0, sd=1), information=(10.0,), success_cutoffs=(0.95,), null_effect=0.2
            )
        )

"""Type I error and power of MaxCombo, restricted means, milestones and Cox's model: on the same simulated trials."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from trialwright.design import survival
from trialwright.design.simulation import (
    Accrual,
    Boundaries,
    CoxModel,
    FlemingHarrington,
    LogRank,
    Look,
    MaxCombo,
    Milestone,
    RestrictedMean,
    SimulatedTrials,
    TimeToEvent,
    TrialPlan,
    compute_operating_characteristics,
    constant_rate,
    proportional_hazard,
    simulate_trials,
)

CONTROL = constant_rate(0.08)
WEIGHTS = (FlemingHarrington(), FlemingHarrington(gamma=1.0), FlemingHarrington(rho=1.0))
TESTS = (MaxCombo(weights=WEIGHTS), RestrictedMean(horizon=18.0), Milestone(time=14.0), CoxModel())
CRITICAL = float(stats.norm.isf(0.025))
FIXED = Boundaries(efficacy=(CRITICAL,))


def simulated(hazard_ratio: float, delay: float, trials: int, seed: int) -> SimulatedTrials:
    experimental = proportional_hazard(CONTROL, hazard_ratio=hazard_ratio, delay=delay)
    plan = TrialPlan(
        accrual=Accrual(subjects=400, rate=constant_rate(400 / 12), arrivals="even"),
        outcome=TimeToEvent(hazards=(CONTROL, experimental)),
        looks=(Look(time=30.0),),
        tests=(*TESTS, *(LogRank(weights=one) for one in WEIGHTS)),
    )
    return simulate_trials(plan, trials=trials, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("number_of_trials", [2_000, pytest.param(20_000, marks=pytest.mark.expensive)])
def test_type_one_error_of_each_test(number_of_trials: int) -> None:
    trials = simulated(1.0, 0.0, number_of_trials, 41)
    for number, test in enumerate(TESTS):
        power = compute_operating_characteristics(trials.tested_by(number), FIXED).power
        assert power.value is not None
        # Milestones have no pooled variance, and are slightly liberal in trials of this size; so are the means.
        assert abs(power.value - 0.025) <= 3 * math.sqrt(0.025 * 0.975 / number_of_trials) + 0.0015, test


def test_the_largest_alone_would_reject_too_often() -> None:
    trials = simulated(1.0, 0.0, 2_000, 42)
    largest = np.max([trials.tests[len(TESTS) + number].z for number in range(3)], axis=0)[:, 0, 0]
    lowered = trials.tests[0].z[:, 0, 0]
    assert np.all(lowered < largest)
    assert (largest >= CRITICAL).mean() > 0.025 + 3 * math.sqrt(0.025 * 0.975 / 2_000)
    assert (lowered >= CRITICAL).mean() < 0.025 + 3 * math.sqrt(0.025 * 0.975 / 2_000)


@pytest.mark.parametrize(("hazard_ratio", "delay"), [(0.7, 0.0), (0.55, 5.0)])
def test_power_is_that_of_the_normal_approximations(hazard_ratio: float, delay: float) -> None:
    trials = simulated(hazard_ratio, delay, 2_500, 43)
    starts, factors = ((0.0,), (hazard_ratio,)) if delay == 0 else ((0.0, delay), (1.0, hazard_ratio))
    trial = survival.SurvivalTrial.of(
        accrual=survival.AccrualRates.uniform(duration=12.0, subjects=400.0),
        control=survival.PiecewiseHazards(starts=starts, hazards=(0.08,) * len(starts)),
        experimental=survival.PiecewiseHazards(starts=starts, hazards=tuple(0.08 * factor for factor in factors)),
    )
    combo = survival.compute_maxcombo_power(
        trial,
        weights=tuple(survival.FlemingHarrington(rho=one.rho, gamma=one.gamma) for one in WEIGHTS),
        study_duration=30.0,
        alpha=0.025,
    )
    expected = [combo.power]
    half = {"study_duration": 30.0, "alpha": 0.025, "power": 0.5}
    sizes = (
        survival.compute_rmst_sample_size(trial, horizon=18.0, sided=1, **half),
        survival.compute_milestone_sample_size(trial, milestone=14.0, sided=1, **half),
    )
    # At n_exact half of the trials reject: the drift is the critical value, and grows with the root of the size.
    expected += [float(stats.norm.sf(CRITICAL * (1 - math.sqrt(400 / size.n_exact)))) for size in sizes]
    for number, power in enumerate(expected):
        found = compute_operating_characteristics(trials.tested_by(number), FIXED).power
        assert found.value is not None
        assert found.standard_error is not None
        # The approximations are good to a percentage point or so.
        assert abs(found.value - power) <= 3 * found.standard_error + 0.015, (TESTS[number], found, power)


def test_the_best_test_depends_on_the_hazards() -> None:
    proportional, delayed = simulated(0.7, 0.0, 2_000, 44), simulated(0.55, 5.0, 2_000, 44)
    powers = [
        [compute_operating_characteristics(one, FIXED).power.value or 0.0 for one in (trials, trials.tested_by(0))]
        for trials in (proportional, delayed)
    ]
    assert powers[0][0] > powers[0][1]
    assert powers[1][0] < powers[1][1] - 0.03
    # Cox's model estimates the hazard ratio where it is one.
    estimates = proportional.tests[3].estimate[:, 0, 0]
    assert abs(estimates.mean() - math.log(0.7)) <= 3 * estimates.std(ddof=1) / math.sqrt(2_000) + 0.003
    assert proportional.tests[3].standard_error.mean() == pytest.approx(estimates.std(ddof=1), rel=0.06)

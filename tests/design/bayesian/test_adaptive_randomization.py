"""Simulated response-adaptive trials: type I error under drift and its cure, delays, limits, and common draws."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from trialwright.design.bayesian import (
    AdaptiveRandomizationPlan,
    AllocationCharacteristics,
    DoublyAdaptiveBiasedCoin,
    DropTheLoser,
    EqualAllocation,
    RandomizedPlayTheWinner,
    ThompsonSampling,
    compute_allocation_characteristics,
    simulate_adaptive_block,
    simulate_adaptive_randomization,
)
from trialwright.design.bayesian.allocation_rules import AllocationRule
from trialwright.design.sample_size.priors import NormalPrior
from trialwright.design.simulation import Accrual, BinaryOutcome, NormalOutcome, constant_rate
from trialwright.execution import Threads

DRIFTING = AdaptiveRandomizationPlan(
    accrual=Accrual(subjects=100, rate=constant_rate(10.0)),
    outcome=BinaryOutcome(probabilities=(0.2, 0.2)),
    rule=ThompsonSampling(power=1.0),
    burn_in=5,
    update_every=10,
    drift=0.6,
)


def within_error(result: AllocationCharacteristics, alpha: float) -> bool:
    """Not above alpha by more than three standard errors of a proportion alpha."""
    assert result.power.value is not None
    return result.power.value <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / result.trials)


def test_drift_inflates_the_usual_test_and_not_the_stratified_one() -> None:
    trials = simulate_adaptive_randomization(DRIFTING, trials=4_000, rng=np.random.default_rng(20261122))
    usual = compute_allocation_characteristics(trials, alpha=0.05, sided=2)
    stratified = compute_allocation_characteristics(trials, alpha=0.05, sided=2, test="stratified")
    assert usual.power.value is not None
    assert usual.power.value > 0.4
    assert within_error(stratified, 0.05)
    # With a limit on the allocation the strata tell enough for the level to be used.
    limited = simulate_adaptive_randomization(
        replace(DRIFTING, minimum_allocation=0.2), trials=4_000, rng=np.random.default_rng(20261122)
    )
    used = compute_allocation_characteristics(limited, alpha=0.05, sided=2, test="stratified")
    assert within_error(used, 0.05)
    assert used.power.value is not None
    assert used.power.value > 0.03
    # Equal allocation has no such trouble: the drift only adds variance.
    equal = simulate_adaptive_randomization(
        replace(DRIFTING, rule=EqualAllocation()), trials=4_000, rng=np.random.default_rng(20261122)
    )
    assert within_error(compute_allocation_characteristics(equal, alpha=0.05, sided=2), 0.05)


def test_the_randomization_test_keeps_the_type_one_error_under_drift() -> None:
    plan = replace(
        DRIFTING, accrual=Accrual(subjects=60, rate=constant_rate(10.0)), rule=RandomizedPlayTheWinner(), update_every=1
    )
    trials = simulate_adaptive_randomization(plan, trials=800, rng=np.random.default_rng(7), reruns=99)
    for sided in (1, 2):
        tested = compute_allocation_characteristics(trials, alpha=0.05, sided=sided, test="randomization")
        assert tested.power.value is not None
        # With 99 reruns the level is 0.05 exactly.
        assert abs(tested.power.value - 0.05) <= 3 * math.sqrt(0.05 * 0.95 / 800)


@pytest.mark.expensive
@pytest.mark.parametrize(
    "rule",
    [
        ThompsonSampling(power=1.0),
        ThompsonSampling(),
        RandomizedPlayTheWinner(),
        DropTheLoser(),
        DoublyAdaptiveBiasedCoin(target="neyman"),
        DoublyAdaptiveBiasedCoin(target="rsihr"),
    ],
    ids=["Thompson", "Thompson n/2N", "RPW", "drop the loser", "Neyman", "RSIHR"],
)
def test_type_one_errors_in_many_trials(rule: AllocationRule) -> None:
    # Chances of being best take their time; every tenth subject is enough.
    plan = replace(DRIFTING, rule=rule, update_every=10 if isinstance(rule, ThompsonSampling) else 1)
    trials = simulate_adaptive_randomization(plan, trials=2_000, rng=np.random.default_rng(99), reruns=199)
    tested = compute_allocation_characteristics(trials, alpha=0.05, sided=2, test="randomization")
    assert tested.power.value is not None
    assert abs(tested.power.value - 0.05) <= 3 * math.sqrt(0.05 * 0.95 / 2_000)
    if not isinstance(rule, DropTheLoser):
        grouped = simulate_adaptive_randomization(
            replace(plan, update_every=10), trials=20_000, rng=np.random.default_rng(98)
        )
        stratified = compute_allocation_characteristics(grouped, alpha=0.05, sided=2, test="stratified")
        assert within_error(stratified, 0.05)


def test_tests_see_effects() -> None:
    plan = replace(DRIFTING, outcome=BinaryOutcome(probabilities=(0.2, 0.55)), drift=0.0, minimum_allocation=0.2)
    trials = simulate_adaptive_randomization(plan, trials=500, rng=np.random.default_rng(8), reruns=99)
    for test in ("usual", "stratified", "randomization"):
        result = compute_allocation_characteristics(trials, alpha=0.05, sided=1, test=test)
        assert result.power.value is not None
        assert result.power.value > 0.6, test


def test_normal_outcomes_keep_the_type_one_error_in_strata() -> None:
    plan = AdaptiveRandomizationPlan(
        accrual=Accrual(subjects=120, rate=constant_rate(10.0)),
        outcome=NormalOutcome(means=(0.0, 0.0), sds=(1.0, 1.0)),
        rule=ThompsonSampling(power=1.0, normal_prior=NormalPrior(mean=0, sd=1)),
        burn_in=5,
        update_every=10,
        drift=3.0,
    )
    trials = simulate_adaptive_randomization(plan, trials=2_000, rng=np.random.default_rng(9))
    usual = compute_allocation_characteristics(trials, alpha=0.05, sided=2)
    assert usual.power.value is not None
    assert usual.power.value > 0.2
    assert within_error(compute_allocation_characteristics(trials, alpha=0.05, sided=2, test="stratified"), 0.05)


def test_several_arms_are_compared_with_the_control() -> None:
    plan = AdaptiveRandomizationPlan(
        accrual=Accrual(subjects=150, rate=constant_rate(10.0)),
        outcome=BinaryOutcome(probabilities=(0.3, 0.3, 0.6)),
        rule=ThompsonSampling(),
        burn_in=5,
        minimum_allocation=0.1,
    )
    result = compute_allocation_characteristics(
        simulate_adaptive_randomization(plan, trials=1_000, rng=np.random.default_rng(10)),
        alpha=0.025,
        sided=1,
    )
    values = [estimate.value or 0.0 for estimate in (*result.rejections, *result.shares)]
    assert values[1] > 0.6 > 0.1 > values[0]
    assert values[4] > 0.5
    assert sum(values[2:]) == pytest.approx(1)
    assert result.imbalanced is not None
    assert result.imbalanced.value is not None
    assert result.imbalanced.value < 0.05


def test_an_unlucky_start_puts_more_subjects_on_the_inferior_arm_without_limits() -> None:
    # Thall, Fox and Wathen 2015 warn of it: with rates 0.25 and 0.35, 200 subjects and no burn-in.
    def imbalanced(**options: object) -> float:
        plan = AdaptiveRandomizationPlan(
            accrual=Accrual(subjects=200, rate=constant_rate(10.0)),
            outcome=BinaryOutcome(probabilities=(0.25, 0.35)),
            rule=ThompsonSampling(power=1.0),
            **options,  # type: ignore[arg-type]
        )
        result = compute_allocation_characteristics(
            simulate_adaptive_randomization(plan, trials=1_000, rng=np.random.default_rng(12)), alpha=0.05, sided=2
        )
        assert result.imbalanced is not None
        assert result.imbalanced.value is not None
        return result.imbalanced.value

    free = imbalanced()
    assert free > 0.07
    assert imbalanced(minimum_allocation=0.4, burn_in=20) < 0.7 * free


def test_a_minimum_allocation_is_kept() -> None:
    plan = replace(
        DRIFTING, outcome=BinaryOutcome(probabilities=(0.05, 0.95)), drift=0.0, burn_in=0, minimum_allocation=0.25
    )
    trials = simulate_adaptive_randomization(plan, trials=500, rng=np.random.default_rng(13))
    share = trials.subjects[:, 0].mean() / 100
    assert 0.25 <= share < 0.3


def test_late_outcomes_teach_nothing() -> None:
    # Nobody's outcome is known before the last subject is in: the rule stays at its start.
    late = replace(DRIFTING, outcome=BinaryOutcome(probabilities=(0.1, 0.9), delay=1e6), drift=0.0, update_every=1)
    at_once = replace(late, outcome=BinaryOutcome(probabilities=(0.1, 0.9)))
    some = replace(late, outcome=BinaryOutcome(probabilities=(0.1, 0.9), delay=3.0))
    shares = [
        simulate_adaptive_randomization(plan, trials=300, rng=np.random.default_rng(14)).subjects[:, 1].mean() / 100
        for plan in (late, some, at_once)
    ]
    assert shares[0] == pytest.approx(0.5, abs=0.01)
    assert shares[0] < shares[1] < shares[2]
    # And the drop-the-loser urn runs on immigration alone.
    urn = replace(late, rule=DropTheLoser(), burn_in=0)
    trials = simulate_adaptive_randomization(urn, trials=300, rng=np.random.default_rng(14))
    assert trials.subjects[:, 1].mean() / 100 == pytest.approx(0.5, abs=0.01)


def test_missing_outcomes_count_nowhere() -> None:
    plan = replace(
        DRIFTING, outcome=BinaryOutcome(probabilities=(0.3, 0.5), missing=(0.0, 0.4)), drift=0.0, rule=EqualAllocation()
    )
    trials = simulate_adaptive_randomization(plan, trials=400, rng=np.random.default_rng(15))
    assert np.all(trials.counts[:, 0] == 50)
    assert trials.counts[:, 1].mean() == pytest.approx(30, abs=1)
    assert np.all(trials.sums <= trials.counts)


def test_trials_are_the_same_wherever_they_run_and_however_many_there_are() -> None:
    few = simulate_adaptive_randomization(DRIFTING, trials=120, rng=np.random.default_rng(16), reruns=5)
    many = simulate_adaptive_randomization(
        DRIFTING, trials=250, rng=np.random.default_rng(16), reruns=5, execution=Threads(2)
    )
    for name in ("subjects", "sums", "z", "stratified", "p_upper", "p_two_sided"):
        np.testing.assert_array_equal(getattr(few, name), getattr(many, name)[:120])
    block = simulate_adaptive_block(DRIFTING, seed=few.seed, block=1, trials=20, reruns=5)
    np.testing.assert_array_equal(block.z, few.z[100:])


def test_rules_meet_the_same_subjects() -> None:
    # Common random numbers: where both rules choose alike, the outcome is the same; with rates of 0 and 1 the sums say
    # what was chosen.
    sure = replace(DRIFTING, outcome=BinaryOutcome(probabilities=(0.0, 1.0)), drift=0.0, burn_in=0, update_every=1)
    trials = simulate_adaptive_randomization(sure, trials=100, rng=np.random.default_rng(17))
    np.testing.assert_array_equal(trials.sums[:, 1], trials.subjects[:, 1])
    assert np.all(trials.sums[:, 0] == 0)


def test_p_values_of_the_randomization_test_agree_with_all_allocations_written_out() -> None:
    # RPW(1, 1), 7 subjects; whoever is in arm 1 responds, in arm 0 nobody. The mean p-value over trials is a sum over
    # the 128 sequences of arms, and each p-value one over the 128 that the rule could have drawn with these outcomes.
    sequences = np.array(list(itertools.product((0, 1), repeat=7)))

    def chances(outcomes: np.ndarray) -> np.ndarray:
        """Of each sequence (row) with its outcomes (row)."""
        balls, chance = np.ones((len(sequences), 2)), np.ones(len(sequences))
        every = np.arange(len(sequences))
        for subject in range(7):
            arm, outcome = sequences[:, subject], outcomes[:, subject]
            chance *= balls[every, arm] / balls.sum(axis=1)
            balls[every, np.where(outcome == 1, arm, 1 - arm)] += 1
        return chance

    def statistic(outcomes: np.ndarray) -> np.ndarray:
        n = sequences.sum(axis=1)
        score = (sequences * outcomes).sum(axis=1) - n * outcomes.mean(axis=1)
        variance = n * (7 - n) * outcomes.var(axis=1)
        return np.where(variance > 0, score / np.sqrt(np.where(variance > 0, variance, 1)), 0)

    mean, square = 0.0, 0.0
    for sequence, chance in zip(sequences, chances(sequences), strict=True):
        fixed = np.tile(sequence, (len(sequences), 1))
        z = statistic(fixed)
        observed = z[(sequences == sequence).all(axis=1)][0]
        p = chances(fixed)[z >= observed - 1e-9].sum()
        mean, square = mean + chance * p, square + chance * p**2
    plan = AdaptiveRandomizationPlan(
        accrual=Accrual(subjects=7, rate=constant_rate(1.0)),
        outcome=BinaryOutcome(probabilities=(0.0, 1.0)),
        rule=RandomizedPlayTheWinner(),
    )
    trials = simulate_adaptive_randomization(plan, trials=1_000, rng=np.random.default_rng(18), reruns=399)
    exact = trials.p_upper[:, 0] * 400 / 399 - 1 / 399
    assert abs(exact.mean() - mean) <= 3 * math.sqrt((square - mean**2) / 1_000)

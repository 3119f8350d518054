"""The exact distribution of response-adaptive trials, against a recursion in R and against simulated trials."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tests.validation import References

from trialwright.design.bayesian import (
    AdaptiveRandomizationPlan,
    BiasedCoin,
    DoublyAdaptiveBiasedCoin,
    DropTheLoser,
    EqualAllocation,
    RandomizedPlayTheWinner,
    ThompsonSampling,
    compute_allocation_characteristics,
    compute_exact_allocation,
    compute_target_allocation,
    simulate_adaptive_randomization,
)
from trialwright.design.bayesian.adaptive_randomization import rule_of
from trialwright.design.bayesian.allocation_kernel import best_of_means, best_of_rates
from trialwright.design.bayesian.allocation_rules import AllocationRule
from trialwright.design.sample_size.priors import NormalPrior
from trialwright.design.simulation import Accrual, BinaryOutcome, NormalOutcome, constant_rate

Z = 1.959963984540054


def plan_of(
    rule: AllocationRule, subjects: int, *, burn_in: int = 0, rates: tuple[float, ...] = (0.3, 0.6)
) -> AdaptiveRandomizationPlan:
    return AdaptiveRandomizationPlan(
        accrual=Accrual(subjects=subjects, rate=constant_rate(10.0)),
        outcome=BinaryOutcome(probabilities=rates),
        rule=rule,
        burn_in=burn_in,
    )


@pytest.mark.validates("design.response_adaptive")
@pytest.mark.parametrize(
    ("rule", "subjects", "burn_in", "expected"),
    [
        (RandomizedPlayTheWinner(), 12, 0, (0.591310831584, 0.165990226329, 5.728718993703, 0.164336677385)),
        (RandomizedPlayTheWinner(balls=2), 12, 0, (0.573205976971, 0.156433490304, 5.663541517094, 0.173661561516)),
        (
            DoublyAdaptiveBiasedCoin(target="neyman"),
            14,
            2,
            (0.5120722435563, 0.0823271566386, 6.3507034229364, 0.2604953182581),
        ),
        (
            DoublyAdaptiveBiasedCoin(target="rsihr"),
            14,
            2,
            (0.5754898606644, 0.0976086136877, 6.6170574147903, 0.2281759905369),
        ),
        (ThompsonSampling(power=1.0), 10, 0, (0.6332174414595, 0.2068107444957, 4.8996523243784, 0.0871562585809)),
        (ThompsonSampling(), 10, 0, (0.555143232005, 0.164028002988, 4.665429696015, 0.139563546437)),
        (BiasedCoin(), 12, 0, (0.5, 0.0775726936369, 5.4, 0.1902429982353)),
    ],
    ids=["RPW(1, 1)", "RPW(2, 1)", "DBCD Neyman", "DBCD RSIHR", "Thompson", "Thompson n/2N", "Efron"],
)
def test_distributions_agree_with_a_recursion_in_r(
    rule: AllocationRule,
    subjects: int,
    burn_in: int,
    expected: tuple[float, ...],
    reference: References,
    request: pytest.FixtureRequest,
) -> None:
    result = compute_exact_allocation(plan_of(rule, subjects, burn_in=burn_in)).compute_characteristics(
        rate_experimental=0.6, rate_control=0.3, critical_value=Z, sided=2
    )
    name = request.node.callspec.id
    actual = (result.expected_share, result.share_sd, result.expected_successes, result.rejection)
    # The chance of being best is summed on a grid of angles.
    tolerance = 1e-5 if isinstance(rule, ThompsonSampling) else 1e-10
    for quantity, value, number in zip(
        ("expected share", "sd of the share", "expected successes", "power, |z| >= 1.96"), actual, expected, strict=True
    ):
        reference.holds(
            f"{name}, {subjects} subjects, 0.6 against 0.3: {quantity}",
            value,
            number,
            tolerance=tolerance,
            source="R 4.2.2: recursion over (subjects, successes), outcomes along the way; P(best) by integrate",
        )
    assert sum(result.subjects) == pytest.approx(1, abs=1e-12)


def test_play_the_winner_is_that_of_wei_and_durham_by_hand() -> None:
    # RPW(1, 1), three subjects: all paths written out with fractions.
    rates = {0: 0.3, 1: 0.6}
    shares = np.zeros(4)
    for arms in itertools.product((0, 1), repeat=3):
        for outcomes in itertools.product((0, 1), repeat=3):
            balls, probability = [1.0, 1.0], 1.0
            for arm, outcome in zip(arms, outcomes, strict=True):
                probability *= balls[arm] / sum(balls)
                probability *= rates[arm] if outcome else 1 - rates[arm]
                balls[arm if outcome else 1 - arm] += 1
            shares[sum(arms)] += probability
    result = compute_exact_allocation(plan_of(RandomizedPlayTheWinner(), 3)).compute_characteristics(
        rate_experimental=0.6, rate_control=0.3, critical_value=Z, sided=2
    )
    assert result.subjects == pytest.approx(tuple(shares), abs=1e-14)


@pytest.mark.validates("design.response_adaptive")
def test_chances_of_being_best_agree_with_quadrature(reference: References) -> None:
    rule = rule_of(plan_of(ThompsonSampling(), 60, rates=(0.3, 0.3, 0.3)))
    chances = np.empty(3)
    best_of_rates(np.array([9.0, 6.0, 4.0]), np.array([5.0, 8.0, 3.0]), rule, chances)
    reference.holds(
        "P(first best), beta(9, 5), beta(6, 8), beta(4, 3)",
        float(chances[0]),
        0.580614276902,
        tolerance=1e-6,
        source="R 4.2.2: integrate(function(c) dbeta(c, 9, 5) * pbeta(c, 6, 8) * pbeta(c, 4, 3), 0, 1)",
    )
    best_of_means(np.array([0.4, 0.1, 0.5]), np.array([0.2, 0.3, 0.25]), chances)
    reference.holds(
        "P(first best), normal 0.4 (0.2), 0.1 (0.3), 0.5 (0.25)",
        float(chances[0]),
        0.336455167351,
        tolerance=1e-9,
        source="R 4.2.2: integrate(function(x) dnorm(x, .4, .2) * pnorm(x, .1, .3) * pnorm(x, .5, .25), -5, 5)",
    )
    assert chances.sum() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(
    ("rule", "burn_in"),
    [
        (RandomizedPlayTheWinner(), 0),
        (ThompsonSampling(power=1.0), 2),
        (DoublyAdaptiveBiasedCoin(target="rsihr"), 3),
        (BiasedCoin(), 0),
    ],
    ids=["RPW", "Thompson", "DBCD", "Efron"],
)
def test_simulated_trials_do_what_the_exact_distribution_says(rule: AllocationRule, burn_in: int) -> None:
    plan = plan_of(rule, 30, burn_in=burn_in)
    simulated = compute_allocation_characteristics(
        simulate_adaptive_randomization(plan, trials=10_000, rng=np.random.default_rng(20261122)),
        alpha=0.05,
        sided=2,
    )
    exact = compute_exact_allocation(plan).compute_characteristics(
        rate_experimental=0.6, rate_control=0.3, critical_value=Z, sided=2
    )
    for estimate, value in (
        (simulated.power, exact.rejection),
        (simulated.shares[1], exact.expected_share),
        (simulated.expected_total, exact.expected_successes),
        (simulated.bias[0], exact.bias),
    ):
        assert estimate.value is not None
        assert estimate.standard_error is not None
        assert abs(estimate.value - value) <= 3.5 * estimate.standard_error
    assert simulated.share_sds[1] == pytest.approx(exact.share_sd, rel=0.03)


def test_the_usual_test_inflates_after_thompson_sampling_and_an_exact_critical_value_cures_it() -> None:
    exact = compute_exact_allocation(plan_of(ThompsonSampling(power=1.0), 60))
    naive = max(
        exact.compute_characteristics(rate_experimental=p, rate_control=p, critical_value=Z, sided=2).rejection
        for p in (0.1, 0.3, 0.5, 0.7, 0.9)
    )
    assert naive > 0.06
    cured = exact.compute_critical_value(alpha=0.05, sided=2)
    assert cured.value > Z
    for p in (0.1, 0.24, 0.5, 0.77, 0.9):
        result = exact.compute_characteristics(rate_experimental=p, rate_control=p, critical_value=cured.value, sided=2)
        assert result.rejection <= 0.05 + 1e-3


def test_equal_allocation_keeps_half() -> None:
    result = compute_exact_allocation(plan_of(EqualAllocation(), 20)).compute_characteristics(
        rate_experimental=0.6, rate_control=0.3, critical_value=Z, sided=2
    )
    assert result.subjects[10] == pytest.approx(1)
    assert result.bias == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("rule", "target", "burn_in"),
    [
        (DoublyAdaptiveBiasedCoin(target="neyman"), "neyman", 5),
        (DoublyAdaptiveBiasedCoin(target="rsihr"), "rsihr", 5),
        (DropTheLoser(), "urn", 0),
    ],
    ids=["Neyman", "RSIHR", "drop the loser"],
)
def test_long_trials_come_to_the_target(rule: AllocationRule, target: str, burn_in: int) -> None:
    rates = (0.4, 0.7, 0.55)
    plan = plan_of(rule, 1500, burn_in=burn_in, rates=rates)
    trials = simulate_adaptive_randomization(plan, trials=100, rng=np.random.default_rng(3))
    shares = trials.subjects.mean(axis=0) / 1500
    expected = compute_target_allocation(target, rates=rates)  # type: ignore[arg-type]
    assert shares == pytest.approx(expected, abs=0.012)


def test_neyman_allocation_follows_standard_deviations() -> None:
    plan = AdaptiveRandomizationPlan(
        accrual=Accrual(subjects=800, rate=constant_rate(10.0)),
        outcome=NormalOutcome(means=(5.0, 5.0), sds=(1.0, 3.0)),
        rule=DoublyAdaptiveBiasedCoin(target="neyman"),
        burn_in=5,
    )
    trials = simulate_adaptive_randomization(plan, trials=100, rng=np.random.default_rng(4))
    assert trials.subjects.mean(axis=0) / 800 == pytest.approx((0.25, 0.75), abs=0.01)
    assert compute_target_allocation("neyman", sds=(1, 3)) == pytest.approx((0.25, 0.75))


def test_the_better_arm_gets_more_whatever_better_means() -> None:
    def shares(outcome: BinaryOutcome | NormalOutcome, rule: AllocationRule) -> float:
        plan = AdaptiveRandomizationPlan(
            accrual=Accrual(subjects=100, rate=constant_rate(10.0)), outcome=outcome, rule=rule, burn_in=3
        )
        trials = simulate_adaptive_randomization(plan, trials=200, rng=np.random.default_rng(5))
        return float(trials.subjects[:, 1].mean() / 100)

    for rule in (ThompsonSampling(), RandomizedPlayTheWinner(), DoublyAdaptiveBiasedCoin(target="rsihr")):
        assert shares(BinaryOutcome(probabilities=(0.3, 0.6)), rule) > 0.54
        assert shares(BinaryOutcome(probabilities=(0.3, 0.6), better="lower"), rule) < 0.46
    normal = ThompsonSampling(normal_prior=NormalPrior(mean=0, sd=2))
    assert shares(NormalOutcome(means=(0.0, 0.5), sds=(1.0, 1.0)), normal) > 0.6
    assert shares(NormalOutcome(means=(0.0, 0.5), sds=(1.0, 1.0), better="lower"), normal) < 0.4

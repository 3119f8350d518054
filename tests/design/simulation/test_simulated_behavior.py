"""Type I error, power, times and numbers against closed forms; all within three Monte Carlo standard errors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats
from statsmodels.stats.power import TTestIndPower  # type: ignore[import-untyped] # has no types

from trialwright.design.simulation import (
    Accrual,
    Allocation,
    BinaryOutcome,
    Boundaries,
    Estimate,
    FlemingHarrington,
    Look,
    ModestWeights,
    NormalOutcome,
    PiecewiseRate,
    SimulatedTrials,
    TimeToEvent,
    TrialPlan,
    compute_operating_characteristics,
    constant_rate,
    hazard_of_median,
    proportional_hazard,
    simulate_subjects,
    simulate_trials,
)
from trialwright.design.simulation.feasibility import event_probability

#: O'Brien-Fleming: one-sided 0.025 at 1/3, 2/3 and all of the information; Jennison and Turnbull (2000), table 2.3:
#: C(3, 0.05) = 2.004, bounds C x sqrt(3 / k).
OBRIEN_FLEMING = Boundaries(efficacy=tuple(2.004 * math.sqrt(3 / k) for k in (1, 2, 3)))
#: Pocock: table 2.1 of the same, C(3, 0.05) = 2.289.
POCOCK = Boundaries(efficacy=(2.289, 2.289, 2.289))
CRITICAL = float(stats.norm.isf(0.025))
FIXED = Boundaries(efficacy=(CRITICAL,))


def assert_near(estimate: Estimate, expected: float) -> None:
    assert estimate.value is not None
    assert estimate.standard_error is not None
    assert abs(estimate.value - expected) <= 3 * estimate.standard_error, (estimate, expected)


def survival_plan(hazard_ratio: float, *looks: Look, **options: object) -> TrialPlan:
    control = hazard_of_median(12)
    return TrialPlan(
        accrual=Accrual(subjects=500, rate=constant_rate(25)),
        outcome=TimeToEvent(hazards=(control, proportional_hazard(control, hazard_ratio=hazard_ratio)), **options),  # type: ignore[arg-type]
        looks=looks,
    )


EVENTS = tuple(Look(observed=events) for events in (100, 200, 300))


def test_type_one_error_of_one_look_and_of_three() -> None:
    simulated = simulate_trials(survival_plan(1.0, *EVENTS), trials=20_000, rng=np.random.default_rng(101))
    last_alone = Boundaries(efficacy=(None, None, CRITICAL))
    for bounds in (last_alone, OBRIEN_FLEMING, POCOCK):
        assert_near(compute_operating_characteristics(simulated, bounds).power, 0.025)
    both_sides = Boundaries(efficacy=OBRIEN_FLEMING.efficacy, sided=2)
    assert_near(compute_operating_characteristics(simulated, both_sides).power, 0.05)


@pytest.mark.parametrize(
    "weights", [FlemingHarrington(gamma=1.0), FlemingHarrington(rho=1.0), ModestWeights(until=6.0)]
)
def test_type_one_error_of_weighted_tests(weights: FlemingHarrington | ModestWeights) -> None:
    plan = survival_plan(1.0, Look(observed=300), weights=weights, dropout_hazards=(constant_rate(0.005),) * 2)
    simulated = simulate_trials(plan, trials=10_000, rng=np.random.default_rng(102))
    assert_near(compute_operating_characteristics(simulated, FIXED).power, 0.025)


def test_power_is_schoenfelds() -> None:
    # Schoenfeld (1981): z is normal with mean -log(hazard ratio) x sqrt(events / 4) under equal allocation.
    simulated = simulate_trials(survival_plan(0.7, Look(observed=300)), trials=10_000, rng=np.random.default_rng(103))
    drift = -math.log(0.7) * math.sqrt(300 / 4)
    assert_near(
        compute_operating_characteristics(simulated, FIXED).power, float(stats.norm.sf(stats.norm.isf(0.025) - drift))
    )


def test_late_weights_find_a_delayed_effect_better() -> None:
    control = hazard_of_median(12)
    powers = []
    for weights in (FlemingHarrington(), ModestWeights(until=10.0), FlemingHarrington(gamma=1.0)):
        plan = TrialPlan(
            accrual=Accrual(subjects=500, rate=constant_rate(25)),
            outcome=TimeToEvent(
                hazards=(control, proportional_hazard(control, hazard_ratio=0.6, delay=5.0)), weights=weights
            ),
            looks=(Look(observed=300),),
        )
        simulated = simulate_trials(plan, trials=3_000, rng=np.random.default_rng(104))
        powers.append(compute_operating_characteristics(simulated, FIXED).power.value or 0.0)
    assert powers[0] < powers[1] < powers[2]


def test_events_subjects_and_times_are_those_of_closed_forms() -> None:
    event, lost, rate, when = 0.06, 0.02, 20.0, 15.0
    plan = TrialPlan(
        accrual=Accrual(subjects=240, rate=constant_rate(rate), arrivals="even"),
        outcome=TimeToEvent(hazards=(constant_rate(event),) * 2, dropout_hazards=(constant_rate(lost),) * 2),
        looks=(Look(time=6.0), Look(time=when)),
    )
    simulated = simulate_trials(plan, trials=5_000, rng=np.random.default_rng(105))
    result = compute_operating_characteristics(simulated, Boundaries(efficacy=(None, None)))
    entries = np.arange(1, 241) / rate
    for look, at in enumerate((6.0, when)):
        inside = entries[entries <= at]
        expected = event / (event + lost) * (1 - np.exp(-(event + lost) * (at - inside)))
        assert_near(result.looks[look].observed, float(expected.sum()))
        # Under a constant hazard, events are expected in proportion to the time under follow-up.
        followup = simulated.followup[:, look]
        error = followup.std(ddof=1) / math.sqrt(simulated.trials)
        assert abs(followup.mean() - expected.sum() / event) <= 3 * error
        assert np.all(simulated.subjects[:, look] == len(inside))
        assert np.all(simulated.time[:, look] == at)


def test_followup_of_an_outcome_is_until_its_delay_is_over() -> None:
    plan = TrialPlan(
        accrual=Accrual(subjects=40, rate=constant_rate(4.0), arrivals="even"),
        outcome=NormalOutcome(means=(0.0, 0.0), sds=(1.0, 1.0), delay=3.0),
        looks=(Look(time=5.0), Look(observed=40)),
    )
    simulated = simulate_trials(plan, trials=3, rng=np.random.default_rng(111))
    entries = np.arange(1, 41) / 4
    at_five = np.clip(5.0 - entries, 0.0, 3.0).sum()
    assert simulated.followup == pytest.approx(np.tile([at_five, 40 * 3.0], (3, 1)))


def test_poisson_accrual_has_the_mean_and_variance_of_a_poisson_process() -> None:
    rate = PiecewiseRate(rates=(4.0, 0.0, 10.0), changes=(5.0, 8.0))
    plan = TrialPlan(
        accrual=Accrual(subjects=300, rate=rate),
        outcome=TimeToEvent(hazards=(constant_rate(0.1),) * 2),
        looks=(Look(time=5.0), Look(time=8.0), Look(time=18.0)),
    )
    simulated = simulate_trials(plan, trials=4_000, rng=np.random.default_rng(106))
    subjects = simulated.subjects
    assert np.array_equal(subjects[:, 0], subjects[:, 1])
    for look, expected in ((0, 20.0), (2, 120.0)):
        count = subjects[:, look]
        assert abs(count.mean() - expected) <= 3 * math.sqrt(expected / 4_000)
        # The variance of the sample variance of a Poisson number is about (2 m^2 + m) / trials.
        assert abs(count.var() - expected) <= 3 * math.sqrt((2 * expected**2 + expected) / 4_000)


def test_the_time_of_the_last_of_all_events_is_that_of_order_statistics() -> None:
    # All come in at once; the k-th of n exponential times has mean sum of 1 / (n - i) for i below k, over the hazard.
    plan = TrialPlan(
        accrual=Accrual(subjects=50, rate=constant_rate(1e9), arrivals="even"),
        outcome=TimeToEvent(hazards=(constant_rate(0.1),) * 2),
        looks=(Look(observed=10), Look(observed=50)),
    )
    simulated = simulate_trials(plan, trials=5_000, rng=np.random.default_rng(107))
    result = compute_operating_characteristics(simulated, Boundaries(efficacy=(None, None)))
    for look, events in enumerate((10, 50)):
        assert_near(result.looks[look].time, sum(1 / (50 - i) for i in range(events)) / 0.1)


def test_probability_of_an_event_is_its_integral() -> None:
    hazard = PiecewiseRate(rates=(0.1, 0.0, 0.3), changes=(2.0, 5.0))
    dropout = PiecewiseRate(rates=(0.05, 0.2), changes=(3.0,))
    for end in (1.0, 4.0, 30.0):
        expected, _ = integrate.quad(
            lambda t: hazard.at(t) * math.exp(-hazard.total(t) - dropout.total(t)),
            0,
            end,
            points=(2, 3, 5),
            epsabs=1e-12,
        )
        assert event_probability(hazard, dropout, end) == pytest.approx(expected, rel=1e-9)
    assert event_probability(constant_rate(0.3), constant_rate(0.1), math.inf) == pytest.approx(0.75)


def test_blocks_are_balanced_and_simple_randomization_is_not() -> None:
    hazards = (constant_rate(0.1),) * 3
    accrual = Accrual(subjects=240, rate=constant_rate(10))
    looks = (Look(time=30.0),)
    blocks, simple = (
        TrialPlan(
            accrual=accrual,
            outcome=TimeToEvent(hazards=hazards),
            looks=looks,
            allocation=Allocation(weights=(1, 2, 1), method=method, blocks_of=2),
        )
        for method in ("blocks", "simple")
    )
    orders: set[tuple[int, ...]] = set()
    counts = []
    for trial in range(100):
        arms = simulate_subjects(blocks, seed=5, trial=trial).arm.reshape(-1, 8)
        for arm, size in enumerate((2, 4, 2)):
            assert np.all((arms == arm).sum(axis=1) == size)
        orders.update(map(tuple, arms))
        counts.append(np.bincount(simulate_subjects(simple, seed=5, trial=trial).arm, minlength=3))
    # 8! / (2! 4! 2!) = 420 orders of a block, each with the same probability: 3,000 blocks show nearly all.
    assert 410 <= len(orders) <= 420
    total = np.sum(counts, axis=0)
    assert np.all(np.abs(total / 24_000 - [0.25, 0.5, 0.25]) <= 3 * np.sqrt([0.1875, 0.25, 0.1875]) / math.sqrt(24_000))
    assert len({tuple(count) for count in counts}) > 50


def outcome_plan(outcome: NormalOutcome | BinaryOutcome, subjects: int, *looks: Look) -> TrialPlan:
    return TrialPlan(accrual=Accrual(subjects=subjects, rate=constant_rate(10)), outcome=outcome, looks=looks)


def test_power_of_the_t_test_is_that_of_the_noncentral_t() -> None:
    plan = outcome_plan(NormalOutcome(means=(100.0, 100.8), sds=(1.0, 1.0)), 50, Look(observed=50))
    simulated = simulate_trials(plan, trials=10_000, rng=np.random.default_rng(108))
    expected = float(TTestIndPower().power(effect_size=0.8, nobs1=25, alpha=0.025, ratio=1.0, alternative="larger"))
    assert_near(compute_operating_characteristics(simulated, FIXED).power, expected)


@pytest.mark.parametrize("known", [True, False])
def test_type_one_error_of_means_with_sequential_bounds(known: bool) -> None:
    outcome = NormalOutcome(means=(1.0, 1.0), sds=(2.0, 2.0), known_variance=known, delay=2.0)
    plan = outcome_plan(outcome, 120, *(Look(observed=n) for n in (40, 80, 120)))
    simulated = simulate_trials(plan, trials=20_000, rng=np.random.default_rng(109))
    assert_near(compute_operating_characteristics(simulated, OBRIEN_FLEMING).power, 0.025)
    # The n-th outcome comes `delay` after the n-th subject.
    assert simulated.time[:, 0].mean() == pytest.approx(40 / 10 + 2.0, rel=0.01)
    assert simulated.subjects[:, 0].mean() == pytest.approx(40 + 20, rel=0.01)


def test_power_of_means_with_known_variances_is_normal() -> None:
    outcome = NormalOutcome(means=(10.0, 9.0), sds=(2.0, 3.0), known_variance=True, better="lower")
    simulated = simulate_trials(
        outcome_plan(outcome, 160, Look(observed=160)), trials=10_000, rng=np.random.default_rng(110)
    )
    expected = float(stats.norm.sf(stats.norm.isf(0.025) - 1 / math.sqrt(4 / 80 + 9 / 80)))
    assert_near(compute_operating_characteristics(simulated, FIXED).power, expected)


def test_power_of_proportions_is_that_of_all_tables() -> None:
    # Exact: the sum over all tables that the pooled z test rejects.
    n, low, high = 60, 0.3, 0.55
    simulated = simulate_trials(
        outcome_plan(BinaryOutcome(probabilities=(low, high)), 2 * n, Look(observed=2 * n)),
        trials=10_000,
        rng=np.random.default_rng(111),
    )
    control, experimental = np.meshgrid(np.arange(n + 1), np.arange(n + 1))
    pooled = (control + experimental) / (2 * n)
    with np.errstate(invalid="ignore"):
        z = (experimental - control) / n / np.sqrt(pooled * (1 - pooled) * 2 / n)
    table = stats.binom.pmf(control, n, low) * stats.binom.pmf(experimental, n, high)
    assert_near(compute_operating_characteristics(simulated, FIXED).power, float(table[z >= CRITICAL].sum()))


def test_missing_outcomes_are_missing_in_their_arm() -> None:
    outcome = BinaryOutcome(probabilities=(0.5, 0.5), missing=(0.0, 0.4))
    simulated = simulate_trials(
        outcome_plan(outcome, 100, Look(observed=20), Look(time=1000.0)), trials=2_000, rng=np.random.default_rng(112)
    )
    result = compute_operating_characteristics(simulated, Boundaries(efficacy=(None, None)))
    assert np.all(simulated.observed[:, 0] == 20)
    assert_near(result.looks[1].observed, 50 + 50 * 0.6)


def test_events_that_never_come_are_told() -> None:
    plan = TrialPlan(
        accrual=Accrual(subjects=100, rate=constant_rate(10)),
        outcome=TimeToEvent(hazards=(constant_rate(0.1),) * 2, dropout_hazards=(constant_rate(0.1),) * 2),
        looks=(Look(observed=30), Look(observed=50)),
    )
    simulated = simulate_trials(plan, trials=2_000, rng=np.random.default_rng(113))
    short = simulated.is_short[:, 1]
    # Of 100 subjects half have the event: fewer than 50 as often as a binomial number.
    assert_near(
        compute_operating_characteristics(simulated, Boundaries(efficacy=(None, None))).looks[1].short,
        float(stats.binom.cdf(49, 100, 0.5)),
    )
    assert np.all(simulated.observed[short, 1] < 50)
    assert np.all(simulated.observed[~short, 1] == 50)
    assert np.all(np.isfinite(simulated.time))
    trial = int(np.flatnonzero(short)[0])
    assert simulated.observed[trial, 1] == simulate_subjects(plan, seed=simulated.seed, trial=trial).is_event.sum()


def test_decisions_are_taken_at_the_first_bound_that_is_crossed() -> None:
    z = np.array(
        [
            # Two experimental arms; rejected at looks 1 and 3: the trial goes on to the end.
            [[3.0, 0.5], [0.0, 1.0], [0.0, 2.5]],
            # Both futile: at look 1 and, after that, at look 2. What comes later does not count.
            [[-0.1, 0.5], [9.0, 0.0], [9.0, 9.0]],
            # No statistic decides nothing; at the last look there is no futility.
            [[np.nan, 0.5], [1.0, 1.0], [-1.0, 1.0]],
            # Exactly on the bounds.
            [[3.0, 0.0], [5.0, 5.0], [5.0, 5.0]],
        ]
    )
    numbers = np.array([[10, 20, 30]] * 4)
    plan = TrialPlan(
        accrual=Accrual(subjects=99, rate=constant_rate(1)),
        outcome=TimeToEvent(hazards=(constant_rate(1),) * 3),
        looks=tuple(Look(observed=events) for events in (10, 20, 30)),
        allocation=Allocation(weights=(1, 1, 1)),
    )
    simulated = SimulatedTrials(
        plan=plan,
        seed=1,
        z=z,
        estimate=-z,
        observed=numbers,
        subjects=numbers,
        followup=numbers / 10,
        time=numbers / 10,
        is_short=np.zeros((4, 3), np.bool_),
    )
    result = compute_operating_characteristics(
        simulated, Boundaries(efficacy=(3.0, 2.5, 2.0), futility=(0.0, 0.0, 0.0))
    )
    assert result.power == Estimate(value=0.5, standard_error=math.sqrt(0.25 / 3))
    assert [one.value for one in result.rejections] == [0.5, 0.25]
    assert [[one.value for one in look.rejections] for look in result.looks] == [[0.5, 0.0], [0.0, 0.0], [0.0, 0.25]]
    assert [[one.value for one in look.futilities] for look in result.looks] == [[0.25, 0.25], [0.0, 0.25], [0.0, 0.0]]
    assert [look.first_rejection.value for look in result.looks] == [0.5, 0.0, 0.0]
    assert [look.ends.value for look in result.looks] == [0.25, 0.25, 0.5]
    assert [look.reached.value for look in result.looks] == [1.0, 0.75, 0.5]
    assert result.expected_observed.value == (30 + 20 + 30 + 10) / 4

"""What cannot be simulated says which value, why, and what would work; rates and statistics by themselves."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportions_ztest  # type: ignore[import-untyped] # has no types

from trialwright.design.simulation import (
    Accrual,
    Allocation,
    BinaryOutcome,
    Boundaries,
    FlemingHarrington,
    Look,
    ModestWeights,
    NormalOutcome,
    PiecewiseRate,
    TimeToEvent,
    TrialPlan,
    compute_operating_characteristics,
    constant_rate,
    hazard_of_median,
    proportional_hazard,
    simulate_subjects,
    simulate_trials,
)
from trialwright.design.simulation.statistics import difference_of_means, difference_of_proportions
from trialwright.errors import DesignError

HAZARDS = (constant_rate(0.1), constant_rate(0.1))
EVENTS = TimeToEvent(hazards=HAZARDS)
EQUAL = Allocation()
MEANS = NormalOutcome(means=(0.0, 1.0), sds=(1.0, 1.0))


def plan(
    *,
    subjects: int = 100,
    outcome: TimeToEvent | NormalOutcome | BinaryOutcome = EVENTS,
    looks: tuple[Look, ...] = (Look(observed=50),),
    allocation: Allocation = EQUAL,
) -> TrialPlan:
    accrual = Accrual(subjects=subjects, rate=constant_rate(10))
    return TrialPlan(accrual=accrual, outcome=outcome, looks=looks, allocation=allocation)


RNG = np.random.default_rng(1)

REFUSED: list[tuple[Callable[[], object], str]] = [
    (
        lambda: plan(looks=(Look(observed=101),)),
        r"101 events, .* 100 subjects only 100\.0 .*no more than 100 events",
    ),
    (
        lambda: plan(outcome=TimeToEvent(hazards=HAZARDS, dropout_hazards=HAZARDS), looks=(Look(observed=60),)),
        r"60 events, but of 100 subjects only 50\.0 .*probability 0\.5.*no more than 50 events, or .* 120 subjects",
    ),
    (
        lambda: plan(outcome=TimeToEvent(hazards=HAZARDS, maximum_followup=5.0), looks=(Look(observed=45),)),
        r"only 39\.3 are expected .*no more than 39 events, or accrual of at least 115 subjects",
    ),
    (
        lambda: plan(outcome=BinaryOutcome(probabilities=(0.1, 0.2), missing=(0.5, 0.5)), looks=(Look(observed=60),)),
        "60 subjects with an outcome, but of 100 subjects only 50.0",
    ),
    (
        lambda: plan(
            outcome=TimeToEvent(hazards=(PiecewiseRate(rates=(0, 1), changes=(5,)),) * 2, maximum_followup=2.0)
        ),
        "no event can occur",
    ),
    (lambda: TimeToEvent(hazards=(constant_rate(0), constant_rate(0))), "0 in all arms"),
    (lambda: TimeToEvent(hazards=HAZARDS, maximum_followup=0.0), "maximum_followup must be above 0"),
    (lambda: plan(looks=()), "looks is empty"),
    (lambda: plan(looks=(Look(observed=50), Look(observed=50))), "increase in observed, but number 2 .* 50 after 50"),
    (lambda: plan(looks=(Look(time=5.0), Look(observed=9), Look(time=4.0))), r"increase in time.* 4\.0 after 5\.0"),
    (lambda: plan(allocation=Allocation(weights=(1, 1, 1))), "values for 2 arms, but allocation has weights for 3"),
    (lambda: plan(outcome=TimeToEvent(hazards=HAZARDS, dropout_hazards=HAZARDS[:1])), "1 values for 2 arms"),
    (lambda: Look(), "must have a condition"),
    (lambda: Look(observed=0), "at least 1, got 0"),
    (lambda: Look(time=-1.0), r"above 0, got -1\.0"),
    (lambda: Accrual(subjects=1, rate=constant_rate(1)), "at least 2, got 1"),
    (lambda: Accrual(subjects=9, rate=PiecewiseRate(rates=(1, 0), changes=(2,))), "may never come in"),
    (lambda: Allocation(weights=(1,)), "two or more arms"),
    (lambda: Allocation(weights=(1, 0)), "whole numbers from 1"),
    (lambda: Allocation(blocks_of=0), "whole number from 1, got 0"),
    (lambda: PiecewiseRate(rates=(1, 2)), "2 rates and 0 changes"),
    (lambda: PiecewiseRate(rates=(1, -2), changes=(3,)), "negative or infinite, got -2"),
    (lambda: PiecewiseRate(rates=(1, 2, 3), changes=(4, 3)), r"increase, got \(4, 3\)"),
    (lambda: PiecewiseRate(rates=(1, 2), changes=(0,)), "without the 0"),
    (lambda: hazard_of_median(0), "median must be above 0"),
    (lambda: proportional_hazard(constant_rate(1), hazard_ratio=-0.5), "hazard_ratio must be above 0"),
    (lambda: proportional_hazard(constant_rate(1), hazard_ratio=0.5, delay=-1), "delay must not be negative"),
    (lambda: FlemingHarrington(rho=-1), "rho must not be negative"),
    (lambda: ModestWeights(until=-1), "until must not be negative"),
    (lambda: NormalOutcome(means=(0, 1), sds=(1,)), "one value per arm, got 1 for 2"),
    (lambda: NormalOutcome(means=(0, math.nan), sds=(1, 1)), "must be finite"),
    (lambda: NormalOutcome(means=(0, 1), sds=(1, 0)), "sds must be above 0"),
    (lambda: NormalOutcome(means=(0, 1), sds=(1, 1), delay=-1), "delay must not be negative"),
    (lambda: BinaryOutcome(probabilities=(0.5, 1.5)), "between 0 and 1"),
    (lambda: BinaryOutcome(probabilities=(0.5, 0.5), missing=(1.0, 0.0)), "missing must lie between 0 and 1"),
    (lambda: Boundaries(efficacy=(2.0, 2.0), futility=(0.0,)), "for each of 2 looks, got 1"),
    (lambda: Boundaries(efficacy=(2.0,), futility=(2.5,)), r"look 1 is 2\.5, above the efficacy bound 2\.0"),
    (lambda: Boundaries(efficacy=(math.nan,)), "numbers or None"),
    (lambda: Boundaries(efficacy=(2.0,), sided=3), "sided must be 1 or 2"),
    (lambda: simulate_trials(plan(), trials=0, rng=RNG), "trials must be at least 1"),
    (lambda: simulate_subjects(plan(outcome=MEANS), seed=1, trial=0), "NormalOutcome; only times to an event"),
    (
        lambda: compute_operating_characteristics(
            simulate_trials(plan(), trials=2, rng=RNG), Boundaries(efficacy=(2.0, 2.0))
        ),
        "2 bounds, but the plan has 1 looks",
    ),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_what_cannot_be_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        make()


def test_as_many_events_as_subjects_can_be_planned() -> None:
    simulated = simulate_trials(plan(subjects=20, looks=(Look(observed=20),)), trials=10, rng=np.random.default_rng(1))
    assert np.all(simulated.observed == 20)
    assert not simulated.is_short.any()


def test_looks_without_data_have_no_statistic() -> None:
    outcomes = (TimeToEvent(hazards=HAZARDS), MEANS, BinaryOutcome(probabilities=(0.0, 0.0)))
    for outcome in outcomes:
        early = plan(outcome=outcome, looks=(Look(time=1e-6), Look(time=20.0)))
        simulated = simulate_trials(early, trials=20, rng=np.random.default_rng(1))
        assert np.all(np.isnan(simulated.z[:, 0]))
        assert np.all(simulated.observed[:, 0] == 0)
        assert np.all(np.isnan(simulated.z[:, 1])) == isinstance(outcome, BinaryOutcome)


def test_a_look_never_comes_before_the_one_before_it() -> None:
    mixed = plan(looks=(Look(time=30.0), Look(observed=5)))
    simulated = simulate_trials(mixed, trials=5, rng=np.random.default_rng(1))
    assert np.all(simulated.time == 30.0)
    assert np.array_equal(simulated.observed[:, 0], simulated.observed[:, 1])


def test_rates_change_where_they_should() -> None:
    control = PiecewiseRate(rates=(0.2, 0.1), changes=(3.0,))
    delayed = proportional_hazard(control, hazard_ratio=0.5, delay=2.0)
    assert delayed == PiecewiseRate(rates=(0.2, 0.1, 0.05), changes=(2.0, 3.0))
    assert proportional_hazard(control, hazard_ratio=0.5) == PiecewiseRate(rates=(0.1, 0.05), changes=(3.0,))
    assert proportional_hazard(control, hazard_ratio=0.5, delay=3.0).rates == (0.2, 0.05)
    assert delayed.total(10.0) == pytest.approx(0.4 + 0.1 + 0.35)
    assert hazard_of_median(7.0).total(7.0) == pytest.approx(math.log(2))


def test_z_of_means_has_the_p_value_of_the_t_test() -> None:
    rng = np.random.default_rng(4)
    groups = [rng.normal(mean, 2.0, size) for mean, size in ((1e6, 9), (1e6 + 3, 12), (1e6 - 9, 5))]
    outcome = NormalOutcome(means=(1e6, 1e6 + 3, 1e6 - 9), sds=(2.0, 2.0, 2.0))
    deviations = [group - mean for group, mean in zip(groups, outcome.means, strict=True)]
    z, _ = difference_of_means(
        np.array([len(group) for group in groups]),
        np.array([group.sum() for group in deviations]),
        np.array([(group**2).sum() for group in deviations]),
        outcome,
    )
    for arm in (1, 2):
        test = stats.ttest_ind(groups[arm], groups[0])
        assert stats.t.sf(abs(test.statistic), test.df) == pytest.approx(stats.norm.sf(abs(z[arm - 1])), rel=1e-8)
        assert np.sign(z[arm - 1]) == np.sign(test.statistic)


def test_z_of_proportions_is_that_of_statsmodels() -> None:
    z, _ = difference_of_proportions(np.array([40, 50, 60]), np.array([10.0, 25.0, 12.0]))
    for arm, (responses, n) in enumerate(((25, 50), (12, 60))):
        expected, _ = proportions_ztest([responses, 10], [n, 40])
        assert z[arm] == pytest.approx(expected, rel=1e-12)

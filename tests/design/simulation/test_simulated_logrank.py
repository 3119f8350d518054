"""The kernel's statistics against other implementations, on the subjects of single simulated trials."""

from __future__ import annotations

import math

import numpy as np
import pytest
from lifelines.statistics import logrank_test  # type: ignore[import-untyped] # has no types

from trialwright.analysis.methods.time_to_event.logrank import compute_logrank
from trialwright.design.simulation import (
    Accrual,
    Allocation,
    FlemingHarrington,
    Look,
    ModestWeights,
    PiecewiseRate,
    TimeToEvent,
    TrialPlan,
    constant_rate,
    simulate_subjects,
    simulate_trials,
)
from trialwright.design.simulation.ordering_kernel import order_of

LOOKS = (Look(observed=40), Look(time=14.0), Look(observed=110), Look(observed=130))


def plan_with(weights: FlemingHarrington | ModestWeights) -> TrialPlan:
    """Three arms, delayed effects, dropouts, a longest follow-up, accrual in two phases, looks by events and time."""
    control = PiecewiseRate(rates=(0.08, 0.05), changes=(6.0,))
    return TrialPlan(
        accrual=Accrual(subjects=240, rate=PiecewiseRate(rates=(10.0, 25.0), changes=(4.0,))),
        allocation=Allocation(weights=(2, 1, 1), blocks_of=2),
        outcome=TimeToEvent(
            hazards=(control, PiecewiseRate(rates=(0.08, 0.06, 0.03), changes=(3.0, 6.0)), constant_rate(0.05)),
            dropout_hazards=(constant_rate(0.01), PiecewiseRate(rates=(0.02, 0.0), changes=(5.0,)), constant_rate(0.0)),
            maximum_followup=24.0,
            weights=weights,
        ),
        looks=LOOKS,
    )


@pytest.mark.parametrize(("rho", "gamma"), [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (0.5, 2.0)])
def test_z_is_that_of_the_analysis_and_of_lifelines(rho: float, gamma: float) -> None:
    plan = plan_with(FlemingHarrington(rho=rho, gamma=gamma))
    simulated = simulate_trials(plan, trials=103, rng=np.random.default_rng(11))
    for trial in (0, 1, 57, 102):
        subjects = simulate_subjects(plan, seed=simulated.seed, trial=trial)
        for look in range(len(LOOKS)):
            data = subjects.at(float(simulated.time[trial, look]))
            assert simulated.observed[trial, look] == data.is_event.sum()
            assert simulated.subjects[trial, look] == len(data.time)
            for arm in (1, 2):
                pair = (data.arm == 0) | (data.arm == arm)
                times, events, groups = data.time[pair], data.is_event[pair], (data.arm[pair] == arm).astype(np.int64)
                ours = simulated.z[trial, look, arm - 1]
                test = compute_logrank(times, events, groups, np.zeros_like(groups), 2, rho=rho, gamma=gamma)
                assert ours == pytest.approx(-(test.z(1) or math.nan), abs=1e-10)
                # lifelines takes its weights at another side of the event: only the unweighted test is the same.
                if rho == gamma == 0:
                    other = logrank_test(
                        times[groups == 1], times[groups == 0], events[groups == 1], events[groups == 0]
                    )
                    assert ours**2 == pytest.approx(other.test_statistic, rel=1e-10)


@pytest.mark.parametrize("until", [0.0, 5.0, 100.0])
def test_modest_weights_are_those_of_magirr_and_burman(until: float) -> None:
    plan = plan_with(ModestWeights(until=until))
    simulated = simulate_trials(plan, trials=2, rng=np.random.default_rng(12))
    for trial in range(2):
        subjects = simulate_subjects(plan, seed=simulated.seed, trial=trial)
        data = subjects.at(float(simulated.time[trial, 3]))
        pair = data.arm != 2
        expected = modestly_weighted_z(data.time[pair], data.is_event[pair], data.arm[pair] == 1, until)
        assert simulated.z[trial, 3, 0] == pytest.approx(expected, abs=1e-10)


def modestly_weighted_z(times: np.ndarray, events: np.ndarray, experimental: np.ndarray, until: float) -> float:
    """Magirr and Burman (2019), formula by formula: weights 1 / max(S(t-), S(until)), all pooled."""
    at = np.sort(times[events])
    n = np.array([(times >= t).sum() for t in at])
    share = np.array([(times[experimental] >= t).sum() for t in at]) / n
    after = np.cumprod(1 - 1 / n)
    before = np.concatenate([[1.0], after[:-1]])
    limit = after[at <= until][-1] if (at <= until).any() else 1.0
    weight = 1 / np.maximum(before, limit)
    own = np.array([experimental[(times == t) & events][0] for t in at])
    return float(-(weight * (own - share)).sum() / math.sqrt((weight**2 * share * (1 - share)).sum()))


@pytest.mark.parametrize("power", [1, 8])
@pytest.mark.parametrize("n", [0, 1, 2, 50, 3000])
def test_times_are_ordered_however_they_are_spread(n: int, power: int) -> None:
    # The eighth power of an exponential time has nearly all keys in the first bins.
    keys = np.random.default_rng(n).exponential(size=n) ** power
    assert np.array_equal(order_of(keys), np.argsort(keys))


def test_equal_times_are_ordered() -> None:
    for keys in (np.zeros(40), np.repeat([5e-324, 0.0], 20), np.repeat([3.0, 1.0, 3.0], 30)):
        assert np.array_equal(keys[order_of(keys)], np.sort(keys))


def test_shorter_times_may_be_better() -> None:
    hazards = (constant_rate(0.05), constant_rate(0.08))
    accrual = Accrual(subjects=100, rate=constant_rate(10.0))
    longer, shorter = (
        simulate_trials(
            TrialPlan(accrual=accrual, outcome=TimeToEvent(hazards=hazards, better=better), looks=(Look(time=20.0),)),
            trials=50,
            rng=np.random.default_rng(3),
        ).z
        for better in ("longer", "shorter")
    )
    assert np.array_equal(longer, -shorter)
    assert shorter.mean() > 0

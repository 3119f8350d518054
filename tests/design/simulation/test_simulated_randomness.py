"""The same seed gives the same trials: on one core or many, however many of them, whatever is changed in the plan."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from trialwright.design.simulation import (
    Accrual,
    BinaryOutcome,
    Boundaries,
    Look,
    NormalOutcome,
    SimulatedTrials,
    TimeToEvent,
    TrialPlan,
    compute_operating_characteristics,
    constant_rate,
    simulate_block,
    simulate_subjects,
    simulate_trials,
)
from trialwright.execution import Threads

PLAN = TrialPlan(
    accrual=Accrual(subjects=120, rate=constant_rate(10)),
    outcome=TimeToEvent(hazards=(constant_rate(0.08), constant_rate(0.06))),
    looks=(Look(observed=40), Look(observed=80)),
)
MEANS = replace(PLAN, outcome=NormalOutcome(means=(0, 0.3), sds=(1, 1)))
RESPONSES = replace(PLAN, outcome=BinaryOutcome(probabilities=(0.3, 0.5), missing=(0.1, 0.1)))


def are_equal(one: SimulatedTrials, other: SimulatedTrials) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=name == "z")
        for name in ("z", "observed", "subjects", "time", "is_short")
    )


@pytest.mark.parametrize("plan", [PLAN, MEANS, RESPONSES])
def test_one_core_and_many_give_the_same(plan: TrialPlan) -> None:
    alone = simulate_trials(plan, trials=730, rng=np.random.default_rng(8))
    together = simulate_trials(plan, trials=730, rng=np.random.default_rng(8), execution=Threads(3))
    assert alone.trials == 730
    assert are_equal(alone, together)


@pytest.mark.parametrize("plan", [PLAN, MEANS, RESPONSES])
def test_fewer_trials_are_the_first_of_more(plan: TrialPlan) -> None:
    many = simulate_trials(plan, trials=350, rng=np.random.default_rng(8))
    few = simulate_trials(plan, trials=117, rng=np.random.default_rng(8))
    assert np.array_equal(many.z[:117], few.z, equal_nan=True)
    assert are_equal(simulate_block(plan, seed=few.seed, block=1, trials=17), simulate_block_of(few, 100, 117))


def simulate_block_of(simulated: SimulatedTrials, first: int, last: int) -> SimulatedTrials:
    names = ("z", "observed", "subjects", "time", "is_short")
    return replace(simulated, **{name: getattr(simulated, name)[first:last] for name in names})


def test_other_seeds_give_other_trials_and_a_used_generator_goes_on() -> None:
    rng = np.random.default_rng(8)
    first, second = (simulate_trials(PLAN, trials=5, rng=rng) for _ in range(2))
    other = simulate_trials(PLAN, trials=5, rng=np.random.default_rng(9))
    assert first.seed == simulate_trials(PLAN, trials=5, rng=np.random.default_rng(8)).seed
    assert not np.any(first.z == second.z)
    assert not np.any(first.z == other.z)


def test_designs_share_their_subjects() -> None:
    other_looks = replace(PLAN, looks=(Look(time=9.0), Look(observed=80)))
    larger = replace(PLAN, accrual=Accrual(subjects=150, rate=constant_rate(10)))
    assert isinstance(PLAN.outcome, TimeToEvent)
    doubled = replace(
        PLAN,
        outcome=replace(
            PLAN.outcome,
            hazards=(constant_rate(0.16), constant_rate(0.12)),
            dropout_hazards=(constant_rate(0.001), constant_rate(0.001)),
        ),
    )
    for trial in (0, 99, 100):
        own = simulate_subjects(PLAN, seed=3, trial=trial)
        more = simulate_subjects(larger, seed=3, trial=trial)
        faster = simulate_subjects(doubled, seed=3, trial=trial)
        assert np.array_equal(own.time, simulate_subjects(other_looks, seed=3, trial=trial).time)
        assert np.array_equal(own.time, more.time[:120])
        assert np.array_equal(own.arm, more.arm[:120])
        assert np.array_equal(own.entry, faster.entry)
        stayed = faster.is_event
        assert stayed.mean() > 0.9
        assert np.allclose(own.time[stayed], 2 * faster.time[stayed], rtol=1e-12)


def test_common_random_numbers_make_differences_precise() -> None:
    bounds = Boundaries(efficacy=(2.8, 1.98))
    slightly_larger = replace(PLAN, accrual=Accrual(subjects=124, rate=constant_rate(10)))
    same, independent = [], []
    for seed in range(12):
        runs = [
            compute_operating_characteristics(
                simulate_trials(plan, trials=200, rng=np.random.default_rng(number)), bounds
            )
            for plan, number in ((PLAN, seed), (slightly_larger, seed), (slightly_larger, 1000 + seed))
        ]
        powers = [run.power.value or 0.0 for run in runs]
        same.append(powers[0] - powers[1])
        independent.append(powers[0] - powers[2])
    assert np.std(same) < 0.7 * np.std(independent)


def test_numba_is_loaded_only_to_simulate() -> None:
    code = "import sys, trialwright.design.simulation; print('numba' in sys.modules, 'scipy' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["False", "False"]

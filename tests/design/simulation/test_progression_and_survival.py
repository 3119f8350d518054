"""Progression and death in one model: against its closed forms, and against other ways of computing the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats
from tests.validation import References

from trialwright.design.simulation import (
    Accrual,
    Boundaries,
    CoxModel,
    LogRank,
    Look,
    PiecewiseRate,
    ProgressionAndSurvival,
    TrialPlan,
    compute_operating_characteristics,
    constant_rate,
    decide_trials,
    simulate_subjects,
    simulate_trials,
)
from trialwright.design.simulation.cohorts import cohort_of_block
from trialwright.design.simulation.drawing import TRIALS_PER_BLOCK
from trialwright.design.simulation.feasibility import death_probability
from trialwright.errors import DesignError

PROGRESSION, BEFORE, AFTER = 0.10, 0.02, 0.06
CRITICAL = float(stats.norm.isf(0.025))


def same_in_both_arms(**options: object) -> ProgressionAndSurvival:
    rates = {"progression": PROGRESSION, "death_before": BEFORE, "death_after": AFTER}
    hazards = {name: (constant_rate(rate),) * 2 for name, rate in rates.items()}
    return ProgressionAndSurvival(**{**hazards, **options})  # type: ignore[arg-type] # hazards or options


def plan_of(outcome: ProgressionAndSurvival, *looks: Look, subjects: int = 300) -> TrialPlan:
    return TrialPlan(
        accrual=Accrual(subjects=subjects, rate=constant_rate(20.0)),
        outcome=outcome,
        looks=looks or (Look(time=200.0),),
    )


def subjects_of(outcome: ProgressionAndSurvival, blocks: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times of progression-free and overall survival, and whether overall survival ended in death: of all subjects."""
    parts = [
        cohort_of_block(plan_of(outcome), outcome, seed=5, block=block, trials=TRIALS_PER_BLOCK)
        for block in range(blocks)
    ]
    first, second = (np.concatenate([part.time[number].ravel() for part in parts]) for number in (0, 1))
    return first, second, np.concatenate([part.is_event[1].ravel() for part in parts]) == 1


def within(actual: float, expected: float, error: float) -> None:
    assert abs(actual - expected) <= 3 * error, (actual, expected, error)


def correlation_of_parts(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """The mean correlation of 30 parts of the subjects, and its standard error."""
    pairs = zip(np.split(first, 30), np.split(second, 30), strict=True)
    parts = [np.corrcoef(one, other)[0, 1] for one, other in pairs]
    return float(np.mean(parts)), float(np.std(parts, ddof=1)) / math.sqrt(30)


@pytest.mark.validates("design.simulation")
def test_survival_and_correlation_are_those_of_closed_forms(reference: References) -> None:
    # Constant hazards: progression-free survival is exponential with the sum of both hazards, and overall survival is
    # it plus, with probability a / (a + b), an independent exponential time with the hazard after progression. So
    # Var(PFS) = 1 / (a + b)^2 = Cov(PFS, OS), Var(OS) = Var(PFS) + (2 p - p^2) / c^2 with p = a / (a + b).
    first, second, _ = subjects_of(same_in_both_arms())
    n, either = len(first), PROGRESSION + BEFORE
    share = PROGRESSION / either
    for time in (3.0, 10.0, 25.0):
        free = math.exp(-either * time)
        alive = free + PROGRESSION / (either - AFTER) * (math.exp(-AFTER * time) - free)
        within(float((first > time).mean()), free, math.sqrt(free * (1 - free) / n))
        within(float((second > time).mean()), alive, math.sqrt(alive * (1 - alive) / n))
    expected = (1 / either) / math.sqrt(1 / either**2 + (2 * share - share**2) / AFTER**2)
    # The standard error of a correlation of times that are not normal, from 30 parts of the subjects.
    parts = [
        np.corrcoef(one, other)[0, 1] for one, other in zip(np.split(first, 30), np.split(second, 30), strict=True)
    ]
    error = float(np.std(parts, ddof=1)) / math.sqrt(30)
    correlation = float(np.corrcoef(first, second)[0, 1])
    within(correlation, expected, error)
    reference.holds(
        "correlation of progression-free and overall survival, hazards 0.10, 0.02, 0.06 (90,000 subjects)",
        correlation,
        expected,
        tolerance=3 * error,
        source="closed form under constant hazards (Meller, Beyersmann and Rufibach 2019), by hand in the test",
    )


def test_equal_hazards_of_death_give_fleischers_correlation() -> None:
    # Fleischer, Gaschler-Markefski and Bluhmki (Statistics in Medicine 2009; 28: 2669-2686): where progression leaves
    # the hazard of death as it was, overall survival is exponential, and the correlation is the share of deaths among
    # the first events.
    first, second, _ = subjects_of(same_in_both_arms(death_after=(constant_rate(BEFORE),) * 2))
    parts = [
        np.corrcoef(one, other)[0, 1] for one, other in zip(np.split(first, 30), np.split(second, 30), strict=True)
    ]
    within(float(np.mean(parts)), BEFORE / (BEFORE + PROGRESSION), float(np.std(parts, ddof=1)) / math.sqrt(30))
    assert stats.kstest(second[:2000], stats.expon(scale=1 / BEFORE).cdf).pvalue > 0.001


@pytest.mark.parametrize("clock", ["randomization", "progression"])
def test_piecewise_hazards_after_progression_are_those_of_their_clock(clock: str) -> None:
    after = PiecewiseRate(rates=(0.02, 0.12), changes=(8.0,))
    outcome = same_in_both_arms(death_after=(after,) * 2, after_clock=clock)
    first, second, _ = subjects_of(outcome)
    either = PROGRESSION + BEFORE

    def alive_after(progressed: float, time: float) -> float:
        if clock == "progression":
            return math.exp(-after.total(time - progressed))
        return math.exp(after.total(progressed) - after.total(time))

    for time in (8.5, 15.0):
        integral, _ = integrate.quad(
            lambda at, time=time: PROGRESSION * math.exp(-either * at) * alive_after(at, time),
            0,
            time,
            points=[time - 8],
        )
        alive = math.exp(-either * time) + integral
        within(float((second > time).mean()), alive, math.sqrt(alive * (1 - alive) / len(second)))
    assert np.all(second >= first)


@pytest.mark.parametrize("clock", ["randomization", "progression"])
def test_deaths_that_are_observed_are_those_expected(clock: str) -> None:
    after, dropout = (
        PiecewiseRate(rates=(0.02, 0.12), changes=(8.0,)),
        PiecewiseRate(rates=(0.01, 0.03), changes=(5.0,)),
    )
    outcome = same_in_both_arms(
        death_after=(after,) * 2, after_clock=clock, dropout_hazards=(dropout,) * 2, maximum_followup=20.0
    )
    expected = death_probability(
        progression=constant_rate(PROGRESSION),
        death_before=constant_rate(BEFORE),
        death_after=after,
        is_after_by_randomization=clock == "randomization",
        dropout_hazard=dropout,
        end=20.0,
    )
    _, second, died = subjects_of(outcome)
    within(float(died.mean()), expected, math.sqrt(expected * (1 - expected) / len(died)))
    assert second.max() == 20.0


def test_both_endpoints_are_looked_at_in_the_same_trials() -> None:
    outcome = same_in_both_arms(dropout_hazards=(constant_rate(0.01),) * 2)
    plan = replace(
        plan_of(
            outcome,
            Look(observed=150, endpoint="progression_free_survival"),
            Look(observed=120, endpoint="overall_survival"),
        ),
        tests=(LogRank(endpoint="progression_free_survival"), CoxModel(endpoint="progression_free_survival")),
    )
    simulated = simulate_trials(plan, trials=6_000, rng=np.random.default_rng(12))
    first = simulated.tested_by(0)
    assert np.all(first.observed[:, 0] == 150)
    assert np.all(simulated.observed[:, 1] >= 120)
    assert np.all(first.observed > simulated.observed)
    # Type I error of each endpoint alone, and of both with half of alpha each: below the sum, as they are correlated.
    alone = Boundaries(efficacy=(CRITICAL, None))
    for trials, bounds in ((first, alone), (simulated, Boundaries(efficacy=(None, CRITICAL)))):
        power = compute_operating_characteristics(trials, bounds).power
        within(power.value or 0.0, 0.025, power.standard_error or 0.0)
    half = float(stats.norm.isf(0.0125))
    either = np.zeros(simulated.trials, np.bool_)
    for trials, efficacy in ((first, (half, None)), (simulated, (None, half))):
        either |= decide_trials(trials, Boundaries(efficacy=efficacy)).rejected.any(axis=(1, 2))
    assert 0.0125 < float(either.mean()) < 0.025 + 3 * math.sqrt(0.025 * 0.975 / simulated.trials)
    assert np.corrcoef(first.z[:, 0, 0], simulated.z[:, 1, 0])[0, 1] > 0.2
    # Wald's z of Cox's model is near to the log-rank test's.
    assert np.corrcoef(first.z[:, 0, 0], simulated.tests[1].z[:, 0, 0])[0, 1] > 0.99


def test_listed_subjects_are_those_of_the_trials() -> None:
    plan = plan_of(same_in_both_arms(), Look(observed=100))
    simulated = simulate_trials(plan, trials=102, rng=np.random.default_rng(3))
    for trial in (0, 101):
        data = simulate_subjects(plan, seed=simulated.seed, trial=trial).at(float(simulated.time[trial, 0]))
        assert data.is_event.sum() == 100
        free = simulate_subjects(plan, seed=simulated.seed, trial=trial, endpoint="progression_free_survival")
        assert free.at(float(simulated.time[trial, 0])).is_event.sum() > 100


def test_what_cannot_be_is_refused() -> None:
    refused: list[tuple[Callable[[], object], str]] = [
        (
            lambda: same_in_both_arms(death_after=(constant_rate(0.1),)),
            "death_after has 1 hazards, but .* 2",
        ),
        (
            lambda: same_in_both_arms(progression=(constant_rate(0),) * 2, death_before=(constant_rate(0),) * 2),
            "0 in all arms",
        ),
        (lambda: same_in_both_arms(maximum_followup=-1.0), "maximum_followup must be above 0"),
        (
            lambda: plan_of(same_in_both_arms(dropout_hazards=(constant_rate(0.1),))),
            "has 1 values for 2",
        ),
        (
            lambda: plan_of(same_in_both_arms(maximum_followup=10.0), Look(observed=200, endpoint="overall_survival")),
            "200 events, but of 300 subjects only .* What would work: a look at no more than",
        ),
        (lambda: Look(time=3.0, endpoint="overall_survival"), "no events are counted"),
    ]
    for make, message in refused:
        with pytest.raises(DesignError, match=message):
            make()

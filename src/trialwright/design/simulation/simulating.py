"""Simulating trials: blocks of them, on one core or several, by compiled code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from trialwright.design.simulation.blocks import simulate_in_blocks
from trialwright.design.simulation.drawing import (
    TRIALS_PER_BLOCK,
    Purpose,
    draw_exponential,
    draw_normal,
    draw_uniform,
    new_seed,
)
from trialwright.design.simulation.kernel_inputs import enrollment_of, follow_up_of, looks_of, weights_of
from trialwright.design.simulation.plans import NormalOutcome, TimeToEvent, TrialPlan
from trialwright.design.simulation.statistics import z_of_means, z_of_proportions
from trialwright.errors import DesignError
from trialwright.execution import IN_THIS_PROCESS, Counting, Execution

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CONVENTIONS = (
    "arms are numbered from 0, the control; allocation weights have the control first, hazard ratios are "
    "experimental / control",
    "z compares each experimental arm with the control; above 0 favors the experimental arm",
    "times are calendar times from the beginning of accrual, in the plan's unit",
    "a look whose events (outcomes) never come is done when the last of them, and the last subject, has come",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class SimulatedTrials:
    """What each simulated trial had at each look, if it got so far; bounds have not been applied yet.

    plan      what was simulated
    seed      the number of 128 bits from which all draws follow
    z         trial, look, experimental arm: the statistic against the control; above 0 favors the experimental arm; NaN
              where there is none (no events in either arm, an arm without subjects)
    observed  trial, look: events; or subjects with an outcome
    subjects  trial, look: subjects randomized up to the look
    followup  trial, look: time under follow-up up to the look, of all subjects together: of each until the event, the
              dropout or the end of follow-up; where the outcome is no time to an event, until its delay is over
    time      trial, look: calendar time of the look, from the beginning of accrual
    is_short  trial, look: fewer events (outcomes) than planned ever came; such a look is done when the last of them,
              and the last subject, has come
    """

    plan: TrialPlan
    seed: int
    z: Floats
    observed: Integers
    subjects: Integers
    followup: Floats
    time: Floats
    is_short: NDArray[np.bool_]
    conventions: tuple[str, ...] = CONVENTIONS

    @property
    def trials(self) -> int:
        """How many."""
        return len(self.z)


@dataclass(frozen=True, kw_only=True, eq=False)
class SimulatedSubjects:
    """The subjects of one simulated trial with a time to an event, in the order in which they came in.

    entry     calendar time of randomization
    arm       0 for the control
    time      since randomization, to the event, the dropout or the end of follow-up
    is_event  whether it is the event
    """

    entry: Floats
    arm: Integers
    time: Floats
    is_event: NDArray[np.bool_]

    def at(self, calendar_time: float) -> SimulatedSubjects:
        """The data as they are known at a calendar time: subjects in by then, with times that end then."""
        known = self.entry <= calendar_time
        entry, time = self.entry[known], self.time[known]
        left = entry + time <= calendar_time
        return SimulatedSubjects(
            entry=entry,
            arm=self.arm[known],
            time=np.where(left, time, calendar_time - entry),
            is_event=self.is_event[known] & left,
        )


def simulate_trials(
    plan: TrialPlan,
    *,
    trials: int,
    rng: np.random.Generator,
    execution: Execution = IN_THIS_PROCESS,
    progress: Counting | None = None,
) -> SimulatedTrials:
    """Simulate so many trials through all looks of the plan.

    A generator in the same state gives the same trials wherever they are simulated (`execution`; `Threads` suit best on
    one computer). Plans that differ in looks, hazards, dropouts or size have the same draws for the same subjects:
    compare them with fresh generators of one seed (common random numbers). `progress` is told how many blocks of trials
    are done.

    The first call on a computer compiles the kernel, in about ten seconds; it is then kept on disk.
    """
    seed = new_seed(rng)
    blocks = simulate_in_blocks(
        partial(simulate_block, plan, seed=seed), trials, execution=execution, progress=progress
    )
    return SimulatedTrials(
        plan=plan,
        seed=seed,
        z=np.concatenate([block.z for block in blocks]),
        observed=np.concatenate([block.observed for block in blocks]),
        subjects=np.concatenate([block.subjects for block in blocks]),
        followup=np.concatenate([block.followup for block in blocks]),
        time=np.concatenate([block.time for block in blocks]),
        is_short=np.concatenate([block.is_short for block in blocks]),
    )


def simulate_block(plan: TrialPlan, *, seed: int, block: int, trials: int = TRIALS_PER_BLOCK) -> SimulatedTrials:
    """The first `trials` trials of one block: a piece of work that depends on its arguments alone."""
    if isinstance(plan.outcome, TimeToEvent):
        return _survival_block(plan, plan.outcome, seed, block, trials)
    return _outcome_block(plan, seed, block, trials)


def simulate_subjects(plan: TrialPlan, *, seed: int, trial: int) -> SimulatedSubjects:
    """The subjects of one of the trials that `simulate_trials` made from `seed` (see `SimulatedTrials.seed`)."""
    from trialwright.design.simulation.enrollment_kernel import enroll
    from trialwright.design.simulation.survival_kernel import follow

    if not isinstance(plan.outcome, TimeToEvent):
        raise DesignError(f"plan.outcome is a {type(plan.outcome).__name__}; only those of TimeToEvent can be listed.")
    block, column = divmod(trial, TRIALS_PER_BLOCK)
    subjects = plan.accrual.subjects
    entry_draws, arm_draws = _enrollment_draws(plan, seed, block)
    event_draws, dropout_draws = _survival_draws(plan.outcome, subjects, seed, block)
    entry, time = np.empty(subjects), np.empty(subjects)
    arm, is_event = np.empty(subjects, np.int64), np.empty(subjects, np.int64)
    enroll(entry_draws[:, column], arm_draws[:, column], enrollment_of(plan), entry, arm)
    lost = dropout_draws[:, column] if len(dropout_draws) else np.empty((0, 1))[:, 0]
    follow(event_draws[:, column], lost, follow_up_of(plan.outcome), arm, time, is_event)
    return SimulatedSubjects(entry=entry, arm=arm, time=time, is_event=is_event == 1)


def _survival_block(plan: TrialPlan, outcome: TimeToEvent, seed: int, block: int, trials: int) -> SimulatedTrials:
    from trialwright.design.simulation.survival_kernel import simulate_survival

    looks, comparisons = len(plan.looks), outcome.arms - 1
    z = np.empty((trials, looks, comparisons))
    followup, time = np.empty((trials, looks)), np.empty((trials, looks))
    observed, enrolled, is_short = (np.empty((trials, looks), np.int64) for _ in range(3))
    simulate_survival(
        trials,
        *_enrollment_draws(plan, seed, block),
        *_survival_draws(outcome, plan.accrual.subjects, seed, block),
        enrollment_of(plan),
        follow_up_of(outcome),
        looks_of(plan),
        weights_of(outcome.weights),
        z,
        observed,
        enrolled,
        followup,
        time,
        is_short,
    )
    if outcome.better == "shorter":
        z = -z
    return SimulatedTrials(
        plan=plan,
        seed=seed,
        z=z,
        observed=observed,
        subjects=enrolled,
        followup=followup,
        time=time,
        is_short=is_short == 1,
    )


def _outcome_block(plan: TrialPlan, seed: int, block: int, trials: int) -> SimulatedTrials:
    from trialwright.design.simulation.outcome_kernel import simulate_outcomes

    outcome = plan.outcome
    assert not isinstance(outcome, TimeToEvent)
    subjects, looks, arms = plan.accrual.subjects, len(plan.looks), outcome.arms
    counts = np.empty((trials, looks, arms), np.int64)
    sums, squares = np.empty((trials, looks, arms)), np.empty((trials, looks, arms))
    enrolled, is_short = np.empty((trials, looks), np.int64), np.empty((trials, looks), np.int64)
    followup, time = np.empty((trials, looks)), np.empty((trials, looks))
    is_normal = isinstance(outcome, NormalOutcome)
    draw = draw_normal if is_normal else draw_uniform
    simulate_outcomes(
        trials,
        *_enrollment_draws(plan, seed, block),
        draw(seed, block, Purpose.OUTCOME, subjects),
        draw_uniform(seed, block, Purpose.LOSS, subjects),
        enrollment_of(plan),
        not is_normal,
        np.asarray(outcome.sds if isinstance(outcome, NormalOutcome) else outcome.probabilities, np.float64),
        np.asarray(outcome.missing or (0.0,) * arms, np.float64),
        float(outcome.delay),
        looks_of(plan),
        counts,
        sums,
        squares,
        enrolled,
        followup,
        time,
        is_short,
    )
    if isinstance(outcome, NormalOutcome):
        z = z_of_means(counts, sums, squares, outcome)
    else:
        z = z_of_proportions(counts, sums)
    return SimulatedTrials(
        plan=plan,
        seed=seed,
        z=-z if outcome.better == "lower" else z,
        observed=counts.sum(axis=2),
        subjects=enrolled,
        followup=followup,
        time=time,
        is_short=is_short == 1,
    )


def _enrollment_draws(plan: TrialPlan, seed: int, block: int) -> tuple[Floats, Floats]:
    subjects = plan.accrual.subjects
    return (
        draw_exponential(seed, block, Purpose.ENTRY, subjects),
        draw_uniform(seed, block, Purpose.ARM, subjects),
    )


def _survival_draws(outcome: TimeToEvent, subjects: int, seed: int, block: int) -> tuple[Floats, Floats]:
    events = draw_exponential(seed, block, Purpose.OUTCOME, subjects)
    if not outcome.dropout_hazards:
        return events, np.empty((0, TRIALS_PER_BLOCK))
    return events, draw_exponential(seed, block, Purpose.LOSS, subjects)

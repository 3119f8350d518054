"""Simulating trials: blocks of them, wherever they run, by compiled code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from trialwright.design.simulation.blocks import simulate_in_blocks
from trialwright.design.simulation.cohorts import cohort_of_block, dropout_draws, enrollment_draws
from trialwright.design.simulation.drawing import (
    TRIALS_PER_BLOCK,
    Purpose,
    draw_exponential,
    draw_normal,
    draw_uniform,
    new_seed,
)
from trialwright.design.simulation.kernel_inputs import (
    endpoint_number,
    enrollment_of,
    follow_up_of,
    looks_of,
    weights_of,
)
from trialwright.design.simulation.logrank_weights import UNWEIGHTED
from trialwright.design.simulation.looks import Endpoint
from trialwright.design.simulation.other_simulating import other_cohort, other_statistics
from trialwright.design.simulation.plans import (
    BinaryOutcome,
    NormalOutcome,
    OtherOutcome,
    SurvivalOutcome,
    TimeToEvent,
    TrialPlan,
)
from trialwright.design.simulation.statistics import difference_of_means, difference_of_proportions
from trialwright.design.simulation.survival_outcomes import StratifiedTimeToEvent
from trialwright.design.simulation.survival_tests import LogRank
from trialwright.design.simulation.testing import TestStatistics, logrank_statistics, run_test
from trialwright.errors import DesignError
from trialwright.execution import IN_THIS_PROCESS, Counting, Execution

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CONVENTIONS = (
    "arms are numbered from 0, the control; allocation weights have the control first, hazard ratios are "
    "experimental / control",
    "z compares each experimental arm with the control; above 0 favors the experimental arm",
    "times are calendar times from the beginning of accrual, in the plan's unit",
    "a look whose conditions are never met is done when the last event (outcome), and the last subject, has come",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class SimulatedTrials:
    """What each simulated trial had at each look, if it got so far; bounds have not been applied yet.

    plan      what was simulated
    seed      the number of 128 bits from which all draws follow
    z         trial, look, experimental arm: the statistic against the control; above 0 favors the experimental arm; NaN
              where there is none (no events in either arm, an arm without subjects)
    estimate  trial, look, experimental arm: difference of means or proportions (experimental - control), or what the
              outcome says; of times to an event the logarithm of the hazard ratio in one step, (observed - expected) /
              variance of the log-rank test, which is a little too near to 0 for strong effects; NaN where there is
              none, as with weights
    observed  trial, look: events of the primary endpoint; or subjects with an outcome
    subjects  trial, look: subjects randomized up to the look
    followup  trial, look: time under follow-up up to the look, of all subjects together: of each until the event, the
              dropout or the end of follow-up; where the outcome is no time to an event, until its delay is over
    time      trial, look: calendar time of the look, from the beginning of accrual
    is_short  trial, look: the conditions of the look, such as the planned events, were never met; such a look is done
              when the last event (outcome), and the last subject, has come
    tests     statistics of the further tests of the plan, in their order
    """

    plan: TrialPlan
    seed: int
    z: Floats
    estimate: Floats
    observed: Integers
    subjects: Integers
    followup: Floats
    time: Floats
    is_short: NDArray[np.bool_]
    tests: tuple[TestStatistics, ...] = ()
    conventions: tuple[str, ...] = CONVENTIONS

    @property
    def trials(self) -> int:
        """How many."""
        return len(self.z)

    def tested_by(self, number: int) -> SimulatedTrials:
        """The same trials with the statistics of one of `plan.tests` (from 0) in the place of the outcome's own."""
        if not 0 <= number < len(self.tests):
            raise DesignError(
                f"The plan has {len(self.tests)} further tests, so that there is none of number {number!r} (from 0). "
                "Give TrialPlan.tests the tests to be done."
            )
        test = self.tests[number]
        return replace(self, z=test.z, estimate=test.estimate, observed=test.observed)


def joined(blocks: Sequence[SimulatedTrials]) -> SimulatedTrials:
    """Blocks of trials of one plan and seed, one after the other."""
    tests = zip(*(block.tests for block in blocks), strict=True)
    return replace(
        blocks[0],
        z=np.concatenate([block.z for block in blocks]),
        estimate=np.concatenate([block.estimate for block in blocks]),
        observed=np.concatenate([block.observed for block in blocks]),
        subjects=np.concatenate([block.subjects for block in blocks]),
        followup=np.concatenate([block.followup for block in blocks]),
        time=np.concatenate([block.time for block in blocks]),
        is_short=np.concatenate([block.is_short for block in blocks]),
        tests=tuple(
            replace(
                parts[0],
                z=np.concatenate([part.z for part in parts]),
                estimate=np.concatenate([part.estimate for part in parts]),
                standard_error=np.concatenate([part.standard_error for part in parts]),
                observed=np.concatenate([part.observed for part in parts]),
            )
            for parts in tests
        ),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class SimulatedSubjects:
    """The subjects of one simulated trial with a time to an event, in the order in which they came in.

    entry     calendar time of randomization
    arm       0 for the control
    stratum   from 0
    time      since randomization, to the event, the dropout or the end of follow-up
    is_event  whether it is the event
    """

    entry: Floats
    arm: Integers
    stratum: Integers
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
            stratum=self.stratum[known],
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
    one computer). Plans that differ in looks, tests, hazards, dropouts or size have the same draws for the same
    subjects: compare them with fresh generators of one seed (common random numbers). `progress` is told how many blocks
    of trials are done.

    The first call on a computer compiles the part of the kernel that the plan needs, in ten seconds or so; it is then
    kept on disk.
    """
    work = partial(simulate_block, plan, seed=new_seed(rng))
    return joined(simulate_in_blocks(work, trials, execution=execution, progress=progress))


def simulate_block(plan: TrialPlan, *, seed: int, block: int, trials: int = TRIALS_PER_BLOCK) -> SimulatedTrials:
    """The first `trials` trials of one block: a piece of work that depends on its arguments alone."""
    outcome = plan.outcome
    if isinstance(outcome, NormalOutcome | BinaryOutcome):
        return _outcome_block(plan, outcome, seed, block, trials)
    if isinstance(outcome, OtherOutcome):
        return _other_block(plan, outcome, seed, block, trials)
    if isinstance(outcome, TimeToEvent) and not plan.tests:
        return _survival_block(plan, outcome, seed, block, trials)
    return _cohort_block(plan, outcome, seed, block, trials)


def simulate_subjects(plan: TrialPlan, *, seed: int, trial: int, endpoint: Endpoint | None = None) -> SimulatedSubjects:
    """The subjects of one of the trials that `simulate_trials` made from `seed` (see `SimulatedTrials.seed`).

    endpoint  whose times, where subjects have two: by default the primary one's
    """
    if not isinstance(plan.outcome, SurvivalOutcome):
        raise DesignError(f"plan.outcome is a {type(plan.outcome).__name__}; only times to an event can be listed.")
    block, row = divmod(trial, TRIALS_PER_BLOCK)
    cohort = cohort_of_block(plan, plan.outcome, seed=seed, block=block, trials=row + 1)
    number = endpoint_number(plan, endpoint)
    return SimulatedSubjects(
        entry=cohort.entry[row],
        arm=cohort.arm[row],
        stratum=cohort.stratum[row],
        time=cohort.time[number, row],
        is_event=cohort.is_event[number, row] == 1,
    )


def _survival_block(plan: TrialPlan, outcome: TimeToEvent, seed: int, block: int, trials: int) -> SimulatedTrials:
    """The fast way: one endpoint, no strata, no further tests."""
    from trialwright.design.simulation.survival_kernel import simulate_survival

    looks, subjects = len(plan.looks), plan.accrual.subjects
    scores, variances = (np.empty((trials, looks, outcome.arms - 1)) for _ in range(2))
    followup, time = np.empty((trials, looks)), np.empty((trials, looks))
    observed, enrolled, is_short = (np.empty((trials, looks), np.int64) for _ in range(3))
    simulate_survival(
        trials,
        *enrollment_draws(plan, seed, block),
        draw_exponential(seed, block, Purpose.OUTCOME, subjects),
        dropout_draws(outcome, subjects, seed, block),
        enrollment_of(plan, seed, block),
        follow_up_of(outcome),
        looks_of(plan),
        weights_of(outcome.weights),
        scores,
        variances,
        observed,
        enrolled,
        followup,
        time,
        is_short,
    )
    z, estimate, _ = logrank_statistics(scores, variances, is_plain=outcome.weights == UNWEIGHTED)
    return SimulatedTrials(
        plan=plan,
        seed=seed,
        z=-z if outcome.better == "shorter" else z,
        estimate=estimate,
        observed=observed,
        subjects=enrolled,
        followup=followup,
        time=time,
        is_short=is_short == 1,
    )


def _cohort_block(plan: TrialPlan, outcome: SurvivalOutcome, seed: int, block: int, trials: int) -> SimulatedTrials:
    """Subjects, then looks, then each test on the same data."""
    from trialwright.design.simulation.looks_kernel import look_at_cohort

    cohort = cohort_of_block(plan, outcome, seed=seed, block=block, trials=trials)
    shape = (trials, len(plan.looks))
    endpoints = len(cohort.time)
    time, followup = np.empty(shape), np.empty((endpoints, *shape))
    observed, enrolled, is_short = (
        np.empty((endpoints, *shape), np.int64),
        np.empty(shape, np.int64),
        np.empty(shape, np.int64),
    )
    look_at_cohort(looks_of(plan), cohort, time, is_short, observed, enrolled, followup)
    is_stratified = isinstance(outcome, StratifiedTimeToEvent) and outcome.is_test_stratified
    own_test = LogRank(weights=outcome.weights, is_stratified=is_stratified)
    own, *others = (run_test(plan, test, cohort=cohort, at=time, observed=observed) for test in (own_test, *plan.tests))
    primary = endpoint_number(plan, None)
    if isinstance(outcome, TimeToEvent | StratifiedTimeToEvent) and outcome.better == "shorter":
        own, *others = (replace(test, z=-test.z) for test in (own, *others))
    return SimulatedTrials(
        plan=plan,
        seed=seed,
        z=own.z,
        estimate=own.estimate,
        observed=observed[primary],
        subjects=enrolled,
        followup=followup[primary],
        time=time,
        is_short=is_short == 1,
        tests=tuple(others),
    )


def _outcome_block(
    plan: TrialPlan, outcome: NormalOutcome | BinaryOutcome, seed: int, block: int, trials: int
) -> SimulatedTrials:
    from trialwright.design.simulation.outcome_kernel import simulate_outcomes

    subjects, looks, arms = plan.accrual.subjects, len(plan.looks), outcome.arms
    counts = np.empty((trials, looks, arms), np.int64)
    sums, squares = np.empty((trials, looks, arms)), np.empty((trials, looks, arms))
    enrolled, is_short = np.empty((trials, looks), np.int64), np.empty((trials, looks), np.int64)
    followup, time = np.empty((trials, looks)), np.empty((trials, looks))
    is_normal = isinstance(outcome, NormalOutcome)
    draw = draw_normal if is_normal else draw_uniform
    simulate_outcomes(
        trials,
        *enrollment_draws(plan, seed, block),
        draw(seed, block, Purpose.OUTCOME, subjects),
        draw_uniform(seed, block, Purpose.LOSS, subjects),
        enrollment_of(plan, seed, block),
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
        z, estimate = difference_of_means(counts, sums, squares, outcome)
    else:
        z, estimate = difference_of_proportions(counts, sums)
    return SimulatedTrials(
        plan=plan,
        seed=seed,
        z=-z if outcome.better == "lower" else z,
        estimate=estimate,
        observed=counts.sum(axis=2),
        subjects=enrolled,
        followup=followup,
        time=time,
        is_short=is_short == 1,
    )


def _other_block(plan: TrialPlan, outcome: OtherOutcome, seed: int, block: int, trials: int) -> SimulatedTrials:
    from trialwright.design.simulation.looks_kernel import look_at_cohort

    cohort, losses = other_cohort(plan, outcome, seed=seed, block=block, trials=trials)
    shape = (trials, len(plan.looks))
    time, followup = np.empty(shape), np.empty((1, *shape))
    observed, enrolled, is_short = (
        np.empty((1, *shape), np.int64),
        np.empty(shape, np.int64),
        np.empty(shape, np.int64),
    )
    look_at_cohort(looks_of(plan), cohort, time, is_short, observed, enrolled, followup)
    z, estimate = other_statistics(outcome, cohort, losses, time, seed=seed, block=block)
    return SimulatedTrials(
        plan=plan,
        seed=seed,
        z=-z if outcome.better == "lower" else z,
        estimate=estimate,
        observed=observed[0],
        subjects=enrolled,
        followup=followup[0],
        time=time,
        is_short=is_short == 1,
    )

"""The subjects of a block of trials: drawn, enrolled, allocated and followed."""

from __future__ import annotations

from typing import assert_never

import numpy as np

from trialwright.design.simulation.drawing import TRIALS_PER_BLOCK, Floats, Purpose, draw_exponential, draw_uniform
from trialwright.design.simulation.kernel_inputs import Cohort, enrollment_of, follow_up_of, transitions_of
from trialwright.design.simulation.plans import SurvivalOutcome, TimeToEvent, TrialPlan
from trialwright.design.simulation.survival_outcomes import ProgressionAndSurvival, StratifiedTimeToEvent


def enrollment_draws(plan: TrialPlan, seed: int, block: int) -> tuple[Floats, Floats]:
    """Draws of entries and of arms."""
    subjects = plan.accrual.subjects
    return (
        draw_exponential(seed, block, Purpose.ENTRY, subjects),
        draw_uniform(seed, block, Purpose.ARM, subjects),
    )


def dropout_draws(outcome: SurvivalOutcome, subjects: int, seed: int, block: int) -> Floats:
    """Draws of dropouts; none where there are no dropouts."""
    parts = outcome.strata if isinstance(outcome, StratifiedTimeToEvent) else (outcome,)
    if not any(part.dropout_hazards for part in parts):
        return np.empty((0, TRIALS_PER_BLOCK))
    return draw_exponential(seed, block, Purpose.LOSS, subjects)


def enrolled_cohort(plan: TrialPlan, *, seed: int, block: int, trials: int) -> Cohort:
    """Entries, arms and strata of the subjects of the first trials of a block; times and events are to be filled."""
    from trialwright.design.simulation.follow_up_kernel import enroll_cohort

    subjects, outcome = plan.accrual.subjects, plan.outcome
    strata = outcome.strata if isinstance(outcome, StratifiedTimeToEvent) else ()
    endpoints = 2 if isinstance(outcome, ProgressionAndSurvival) else 1
    cohort = Cohort(
        entry=np.empty((trials, subjects)),
        arm=np.empty((trials, subjects), np.int64),
        stratum=np.zeros((trials, subjects), np.int64),
        time=np.empty((endpoints, trials, subjects)),
        is_event=np.empty((endpoints, trials, subjects), np.int64),
        strata=max(len(strata), 1),
        arms=outcome.arms,
    )
    enroll_cohort(
        *enrollment_draws(plan, seed, block),
        draw_uniform(seed, block, Purpose.POPULATION_STRATUM, subjects) if strata else np.empty((0, TRIALS_PER_BLOCK)),
        np.cumsum([stratum.prevalence for stratum in strata], dtype=np.float64),
        plan.allocation.within_strata,
        enrollment_of(plan, seed, block),
        cohort,
    )
    return cohort


def cohort_of_block(plan: TrialPlan, outcome: SurvivalOutcome, *, seed: int, block: int, trials: int) -> Cohort:
    """The subjects of the first trials of a block."""
    from trialwright.design.simulation.follow_up_kernel import follow_cohort, progress_cohort

    subjects = plan.accrual.subjects
    cohort = enrolled_cohort(plan, seed=seed, block=block, trials=trials)
    events, lost = (
        draw_exponential(seed, block, Purpose.OUTCOME, subjects),
        dropout_draws(outcome, subjects, seed, block),
    )
    match outcome:
        case TimeToEvent() | StratifiedTimeToEvent():
            follow_cohort(events, lost, follow_up_of(outcome), cohort)
        case ProgressionAndSurvival():
            progress_cohort(
                draw_exponential(seed, block, Purpose.PROGRESSION, subjects),
                events,
                draw_exponential(seed, block, Purpose.DEATH_AFTER_PROGRESSION, subjects),
                lost,
                transitions_of(outcome),
                cohort,
            )
        case _:
            assert_never(outcome)
    return cohort

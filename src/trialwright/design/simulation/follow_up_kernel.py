"""Compiled: when the subjects of a trial have their events, drop out, or are followed no longer. Loads numba."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from trialwright.design.simulation.enrollment_kernel import enroll, invert_total, total_until
from trialwright.design.simulation.kernel_inputs import Cohort, Enrollment, Floats, FollowUp, Integers, Transitions


@njit(cache=True, nogil=True)
def follow(
    event_draws: Floats,
    dropout_draws: Floats,
    follow_up: FollowUp,
    row: Integers,
    time: Floats,
    is_event: Integers,
) -> None:
    """Fill `time` since randomization to the event, dropout or end of follow-up, and whether it is the event.

    row  of the subject's hazards

    The draws are standard exponential: the cumulative hazard at which the event (the dropout) comes. No dropout draws
    mean no dropouts.
    """
    has_dropouts = len(dropout_draws) > 0
    for subject in range(len(row)):
        one = row[subject]
        event = invert_total(event_draws[subject], follow_up.hazards, one)
        other = follow_up.maximum
        if has_dropouts:
            dropout = invert_total(dropout_draws[subject], follow_up.dropout_hazards, one)
            other = min(other, dropout)
        is_event[subject] = 1 if event <= other else 0
        time[subject] = min(event, other)


@njit(cache=True, nogil=True)
def enroll_cohort(
    entry_draws: Floats,
    arm_draws: Floats,
    stratum_draws: Floats,
    cumulative_prevalences: Floats,
    is_allocated_in_strata: bool,
    enrollment: Enrollment,
    cohort: Cohort,
) -> None:
    """Fill entry, arm and stratum of each trial's subjects; the draws have a row per subject and a column per trial."""
    trials, subjects = cohort.entry.shape
    together = np.zeros(subjects, np.int64)
    for trial in range(trials):
        if cohort.strata > 1:
            for subject in range(subjects):
                one = 0
                while one < cohort.strata - 1 and stratum_draws[subject, trial] >= cumulative_prevalences[one]:
                    one += 1
                cohort.stratum[trial, subject] = one
        enroll(
            trial,
            entry_draws[:, trial],
            arm_draws[:, trial],
            enrollment,
            cohort.stratum[trial] if is_allocated_in_strata else together,
            cohort.strata,
            cohort.entry[trial],
            cohort.arm[trial],
        )


@njit(cache=True, nogil=True)
def follow_cohort(event_draws: Floats, dropout_draws: Floats, follow_up: FollowUp, cohort: Cohort) -> None:
    """Fill time and event of the only endpoint."""
    trials, subjects = cohort.entry.shape
    no_dropouts = np.empty(0)
    row = np.empty(subjects, np.int64)
    for trial in range(trials):
        for subject in range(subjects):
            row[subject] = cohort.stratum[trial, subject] * cohort.arms + cohort.arm[trial, subject]
        follow(
            event_draws[:, trial],
            dropout_draws[:, trial] if len(dropout_draws) > 0 else no_dropouts,
            follow_up,
            row,
            cohort.time[0, trial],
            cohort.is_event[0, trial],
        )


@njit(cache=True, nogil=True)
def progress_cohort(
    progression_draws: Floats,
    before_draws: Floats,
    after_draws: Floats,
    dropout_draws: Floats,
    transitions: Transitions,
    cohort: Cohort,
) -> None:
    """Fill times and events of progression-free survival (endpoint 0) and of overall survival (1)."""
    trials, subjects = cohort.entry.shape
    for trial in range(trials):
        for subject in range(subjects):
            arm = cohort.arm[trial, subject]
            progression = invert_total(progression_draws[subject, trial], transitions.progression, arm)
            death = invert_total(before_draws[subject, trial], transitions.death_before, arm)
            first = min(progression, death)
            if progression < death:
                draw = after_draws[subject, trial]
                if transitions.is_after_by_randomization:
                    passed = total_until(progression, transitions.death_after, arm)
                    death = invert_total(passed + draw, transitions.death_after, arm)
                else:
                    death = progression + invert_total(draw, transitions.death_after, arm)
            other = transitions.maximum
            if len(dropout_draws) > 0:
                other = min(other, invert_total(dropout_draws[subject, trial], transitions.dropout_hazards, arm))
            cohort.is_event[0, trial, subject] = 1 if first <= other else 0
            cohort.time[0, trial, subject] = min(first, other)
            cohort.is_event[1, trial, subject] = 1 if death <= other else 0
            cohort.time[1, trial, subject] = min(death, other)


@njit(cache=True, nogil=True)
def cut(at: float, endpoint: int, trial: int, cohort: Cohort, time: Floats, is_event: Integers) -> int:
    """Fill time and event of the first subjects, those in by calendar time `at`, as known then; how many they are."""
    count = 0
    for subject in range(cohort.entry.shape[1]):
        entry = cohort.entry[trial, subject]
        if entry > at:
            break
        own = cohort.time[endpoint, trial, subject]
        has_left = entry + own <= at and own < math.inf
        time[count] = own if has_left else at - entry
        is_event[count] = cohort.is_event[endpoint, trial, subject] if has_left else 0
        count += 1
    return count

"""Compiled: trials with a time to an event, from standard draws to the (weighted) log-rank statistics. Loads numba.

In each trial the times are sorted once; a look then walks once over those who have left by it (event, dropout, end of
follow-up), in the order of their times, and over those still followed, in the order of their entry: the last to come in
has the shortest time. Both are in order, so a look takes time in proportion to the number of subjects.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from trialwright.design.simulation.enrollment_kernel import enroll
from trialwright.design.simulation.follow_up_kernel import follow
from trialwright.design.simulation.kernel_inputs import (
    FLEMING_HARRINGTON,
    MODEST,
    Enrollment,
    Floats,
    FollowUp,
    Integers,
    Looks,
    Weights,
)
from trialwright.design.simulation.looks_kernel import time_of_look
from trialwright.design.simulation.ordering_kernel import order_of


@njit(cache=True, nogil=True)
def logrank_score(
    at: float,
    experimental: int,
    entry: Floats,
    arm: Integers,
    leaves: Floats,
    order_time: Floats,
    order_leaves: Floats,
    order_arm: Integers,
    order_event: Integers,
    weights: Weights,
) -> tuple[float, float]:
    """The (weighted) log-rank score of an arm against arm 0 at calendar time `at`, and its variance.

    The score is above 0 with fewer events than expected.

    entry, arm, leaves  of all subjects by entry; `leaves` is the calendar time of event, dropout or end of follow-up
    order_*             of those who have left by the last look, by time since randomization
    """
    control_at_risk = experimental_at_risk = 0
    enrolled = 0
    while enrolled < len(entry) and entry[enrolled] <= at:
        if arm[enrolled] == 0:
            control_at_risk += 1
        elif arm[enrolled] == experimental:
            experimental_at_risk += 1
        enrolled += 1
    followed = enrolled - 1
    difference = variance = 0.0
    survival = 1.0
    weight = 1.0
    is_growing = True
    first, second = weights.first, weights.second
    is_weighted = weights.kind == MODEST or first != 0.0 or second != 0.0
    for place in range(len(order_time)):
        one = order_arm[place]
        if order_leaves[place] > at or (one != 0 and one != experimental):
            continue
        time = order_time[place]
        if order_event[place] == 1:
            while followed >= 0 and at - entry[followed] < time:
                if leaves[followed] > at:
                    if arm[followed] == 0:
                        control_at_risk -= 1
                    elif arm[followed] == experimental:
                        experimental_at_risk -= 1
                followed -= 1
            at_risk = control_at_risk + experimental_at_risk
            share = experimental_at_risk / at_risk
            if is_weighted:
                if weights.kind == FLEMING_HARRINGTON:
                    weight = survival**first * (1.0 - survival) ** second
                elif is_growing:
                    # Between the last event up to `first` and the next one survival stays what it is at `first`.
                    weight = 1.0 / survival
                    is_growing = time <= first
                survival *= 1.0 - 1.0 / at_risk
            difference += weight * (share - (1.0 if one == experimental else 0.0))
            variance += weight * weight * share * (1.0 - share)
        if one == 0:
            control_at_risk -= 1
        else:
            experimental_at_risk -= 1
    return difference, variance


@njit(cache=True, nogil=True)
def simulate_survival(
    trials: int,
    entry_draws: Floats,
    arm_draws: Floats,
    event_draws: Floats,
    dropout_draws: Floats,
    enrollment: Enrollment,
    follow_up: FollowUp,
    plan_looks: Looks,
    weights: Weights,
    scores: Floats,
    variances: Floats,
    observed: Integers,
    enrolled: Integers,
    followup: Floats,
    at: Floats,
    is_short: Integers,
) -> None:
    """Simulate the first `trials` trials of a block; draws have a row per subject and a column per trial.

    scores, variances  filled: trial, look, experimental arm
    observed, enrolled, at, is_short  filled: trial, look: events, subjects, calendar time, fewer events than planned
    followup  filled: trial, look: time under follow-up of all subjects together
    """
    subjects, looks, arms = len(entry_draws), len(plan_looks.counts), len(enrollment.slots)
    entry, time = np.empty(subjects), np.empty(subjects)
    leaves, event_leaves = np.empty(subjects), np.empty(subjects)
    arm, is_event = np.empty(subjects, np.int64), np.empty(subjects, np.int64)
    some = np.empty(subjects, np.int64)
    no_dropouts = np.empty(0)
    no_strata = np.zeros(subjects, np.int64)
    for trial in range(trials):
        enroll(
            trial,
            entry_draws[:, trial],
            arm_draws[:, trial],
            enrollment,
            no_strata,
            1,
            entry,
            arm,
        )
        follow(
            event_draws[:, trial],
            dropout_draws[:, trial] if len(dropout_draws) > 0 else no_dropouts,
            follow_up,
            arm,
            time,
            is_event,
        )
        events = 0
        last = entry[subjects - 1]
        for subject in range(subjects):
            leaves[subject] = entry[subject] + time[subject]
            if is_event[subject] == 1 and leaves[subject] < math.inf:
                event_leaves[events] = leaves[subject]
                last = max(last, leaves[subject])
                events += 1
        before = 0.0
        for look in range(looks):
            when = time_of_look(look, plan_looks, entry, event_leaves, events)
            is_short[trial, look] = 1 if when == math.inf else 0
            if when == math.inf:
                when = last
            before = max(before, when)
            at[trial, look] = before
        left = 0
        for subject in range(subjects):
            if leaves[subject] <= before:
                some[left] = subject
                left += 1
        by_time = some[:left][order_of(time[some[:left]])]
        order_time, order_leaves = time[by_time], leaves[by_time]
        order_arm, order_event = arm[by_time], is_event[by_time]
        for look in range(looks):
            when = at[trial, look]
            count = 0
            total = 0.0
            for subject in range(subjects):
                if entry[subject] > when:
                    break
                count += 1
                total += min(leaves[subject], when) - entry[subject]
            enrolled[trial, look] = count
            followup[trial, look] = total
            count = 0
            for place in range(left):
                if order_event[place] == 1 and order_leaves[place] <= when:
                    count += 1
            observed[trial, look] = count
            for experimental in range(1, arms):
                scores[trial, look, experimental - 1], variances[trial, look, experimental - 1] = logrank_score(
                    when,
                    experimental,
                    entry,
                    arm,
                    leaves,
                    order_time,
                    order_leaves,
                    order_arm,
                    order_event,
                    weights,
                )

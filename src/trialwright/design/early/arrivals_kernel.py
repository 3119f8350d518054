"""Compiled: an escalation in calendar time, arrival by arrival. Loads numba."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: The decision at the next arrival: a level from 0, or one of these.
WAIT = -2
STOP = -1


class Rules(NamedTuple):
    """What the kernel needs to know of a plan; the grid is empty for BOIN, the table for the CRM."""

    is_crm: bool
    cohorts: int
    cohort_size: int
    start: int
    stop_at_n: int
    max_pending_share: float
    window: float
    codes: Integers
    target: float
    lambda_escalate: float
    lambda_deescalate: float
    grid: Floats
    log_prior: Floats
    toxicity_at: Floats
    lowest_too_toxic: Floats
    transformed_skeleton: Floats
    intercept: float
    is_logistic: bool
    stopping_confidence: float
    backfills: bool
    cap: int
    response_time: float
    needs_response: bool


class Subjects(NamedTuple):
    """Those treated so far: level, entry, time from entry to the DLT (infinite if none), whether they respond."""

    level: Integers
    entry: Floats
    dlt: Floats
    response: Integers


@njit(cache=True, nogil=True)
def count_known(
    rules: Rules,
    subjects: Subjects,
    treated: int,
    now: float,
    n: Integers,
    dlts: Integers,
    pending: Integers,
    followed: Floats,
) -> None:
    """Fill the numbers known at a time: subjects, DLTs, pending ones, and their follow-up in windows, by level."""
    n[:] = 0
    dlts[:] = 0
    pending[:] = 0
    followed[:] = 0.0
    for one in range(treated):
        level = subjects.level[one]
        time = now - subjects.entry[one]
        n[level] += 1
        if subjects.dlt[one] <= time:
            dlts[level] += 1
        elif time < rules.window:
            pending[level] += 1
            followed[level] += time / rules.window


@njit(cache=True, nogil=True)
def decide_boin(
    rules: Rules, here: int, n: Integers, dlts: Integers, pending: Integers, followed: Floats, highest: Integers
) -> int:
    """The next level by BOIN, pending outcomes imputed as in TITE-BOIN; lowers `highest` if a level is eliminated."""
    if rules.backfills:
        for level in range(here):
            if rules.codes[n[level], dlts[level]] == -2:
                highest[0] = level - 1
                return level - 1 if level > 0 else STOP
    code = rules.codes[n[here], dlts[here]]
    if code == -2:
        highest[0] = here - 1
        return here - 1 if here > 0 else STOP
    needs_all = rules.max_pending_share == 0.0
    # DLTs that are known already ask to de-escalate whatever the pending outcomes are.
    if code == -1 and (not needs_all or pending[here] == 0):
        return max(here - 1, 0)
    if pending[here] > rules.max_pending_share * n[here]:
        return WAIT
    change = code
    if pending[here] > 0:
        assessed = n[here] - pending[here]
        guess = (dlts[here] + rules.target / 2) / (assessed + 1.0)
        imputed = (dlts[here] + guess / (1 - guess) * (pending[here] - followed[here])) / n[here]
        if imputed <= rules.lambda_escalate:
            change = 1
        elif imputed >= rules.lambda_deescalate:
            change = -1
        else:
            change = 0
    if rules.backfills and change >= 0:
        # Conflict: a lower level looks too toxic while this one does not. The pooled data of both decide.
        subjects, toxic = n[here], dlts[here]
        for below in range(here - 1, -1, -1):
            subjects += n[below]
            toxic += dlts[below]
            if rules.codes[n[below], dlts[below]] < 0 and toxic >= rules.lambda_deescalate * subjects:
                return max(below - 1, 0)
    return int(min(max(here + change, 0), highest[0]))


@njit(cache=True, nogil=True)
def decide_crm(
    rules: Rules,
    subjects: Subjects,
    treated: int,
    now: float,
    here: int,
    tried: int,
    n: Integers,
    dlts: Integers,
    pending: Integers,
    density: Floats,
) -> int:
    """The next level by the CRM; subjects with pending outcomes weigh by their share of the window."""
    if pending[here] > rules.max_pending_share * n[here]:
        return WAIT
    levels, points = rules.toxicity_at.shape
    density[:] = rules.log_prior
    for level in range(levels):
        free = n[level] - dlts[level] - pending[level]
        for point in range(points):
            p = rules.toxicity_at[level, point]
            if dlts[level] > 0:
                density[point] += dlts[level] * math.log(max(p, 1e-300))
            if free > 0:
                density[point] += free * math.log(max(1 - p, 1e-300))
    for one in range(treated):
        time = now - subjects.entry[one]
        if subjects.dlt[one] > time and time < rules.window:
            weight = time / rules.window
            for point in range(points):
                density[point] += math.log(1 - weight * rules.toxicity_at[subjects.level[one], point])
    top = density.max()
    total = 0.0
    mean = 0.0
    too_toxic = 0.0
    for point in range(points):
        value = math.exp(density[point] - top)
        total += value
        mean += value * rules.grid[point]
        too_toxic += value * rules.lowest_too_toxic[point]
    if too_toxic >= rules.stopping_confidence * total:
        return STOP
    slope = math.exp(mean / total)
    best = 0
    closest = np.inf
    for level in range(levels):
        scaled = slope * rules.transformed_skeleton[level]
        p = 1 / (1 + math.exp(-rules.intercept - scaled)) if rules.is_logistic else math.exp(scaled)
        if abs(p - rules.target) < closest:
            closest = abs(p - rules.target)
            best = level
    return min(best, tried + 1)


@njit(cache=True, nogil=True)
def open_for_backfill(
    rules: Rules, subjects: Subjects, treated: int, now: float, here: int, n: Integers, dlts: Integers
) -> int:
    """The highest level open for backfill, or -1."""
    lowest_response = here
    for one in range(treated):
        if subjects.response[one] == 1 and now - subjects.entry[one] >= rules.response_time:
            lowest_response = min(lowest_response, subjects.level[one])
    for level in range(here - 1, -1, -1):
        if rules.needs_response and level < lowest_response:
            return -1
        if n[level] >= rules.cap or n[level] == 0:
            continue
        if rules.codes[n[level], dlts[level]] < 0:
            pooled_n, pooled_dlts = n[level] + n[level + 1], dlts[level] + dlts[level + 1]
            if rules.codes[n[level], dlts[level]] == -2 or pooled_dlts >= rules.lambda_deescalate * pooled_n:
                continue
        return level
    return -1


@njit(cache=True, nogil=True)
def run_trial(
    rules: Rules,
    gaps: Floats,
    dlt_times: Floats,
    responds: Integers,
    subjects: Subjects,
    n: Integers,
    dlts: Integers,
    results: Floats,
) -> None:
    """One trial.

    gaps       between arrivals; begun again should a trial need more than there are
    dlt_times  of the subject who is treated as the k-th (row) at a level (column); infinite if there is no DLT
    responds   likewise
    results    filled with: 1 if stopped without a dose, the highest level not eliminated, duration, turned away,
               backfilled, highest level tried, time for which the escalation waited
    """
    levels = dlt_times.shape[1]
    pending = np.zeros(levels, dtype=np.int64)
    followed = np.zeros(levels)
    density = np.zeros(len(rules.grid))
    highest = np.array([levels - 1])
    here, tried, cohort, in_cohort, treated, turned_away, backfilled = rules.start, rules.start, 1, 0, 0, 0, 0
    now, last, waited = 0.0, 0.0, 0.0
    stopped = False
    arrival = 0
    while True:
        last = now
        now += gaps[arrival % len(gaps)]
        arrival += 1
        count_known(rules, subjects, treated, now, n, dlts, pending, followed)
        to_backfill = -1
        if in_cohort == rules.cohort_size:
            if cohort == rules.cohorts:
                break
            if rules.is_crm:
                following = decide_crm(rules, subjects, treated, now, here, tried, n, dlts, pending, density)
            else:
                following = decide_boin(rules, here, n, dlts, pending, followed, highest)
            if following == STOP:
                stopped = True
                break
            if following == WAIT:
                waited += now - last
                if rules.backfills:
                    to_backfill = open_for_backfill(rules, subjects, treated, now, here, n, dlts)
                if to_backfill < 0:
                    turned_away += 1
                    continue
                backfilled += 1
            else:
                if following == here and n[here] >= rules.stop_at_n:
                    break
                here = following
                tried = max(tried, here)
                cohort += 1
                in_cohort = 0
        if to_backfill < 0:
            in_cohort += 1
        level = to_backfill if to_backfill >= 0 else here
        subjects.level[treated] = level
        subjects.entry[treated] = now
        subjects.dlt[treated] = dlt_times[treated, level]
        subjects.response[treated] = responds[treated, level]
        treated += 1
    end = 0.0
    for one in range(treated):
        end = max(end, subjects.entry[one] + min(subjects.dlt[one], rules.window))
    count_known(rules, subjects, treated, end + rules.window, n, dlts, pending, followed)
    if not rules.is_crm:
        for level in range(levels):
            if rules.codes[n[level], dlts[level]] == -2:
                highest[0] = min(highest[0], level - 1)
                break
        stopped = stopped or highest[0] < 0
    results[0] = 1.0 if stopped else 0.0
    results[1] = highest[0]
    results[2] = end
    results[3] = turned_away
    results[4] = backfilled
    results[5] = tried
    results[6] = waited

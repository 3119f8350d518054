"""Compiled: when each look of a trial is, and what has been observed by then. Loads numba."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from trialwright.design.simulation.kernel_inputs import Cohort, Floats, Integers, Looks


@njit(cache=True, nogil=True)
def smallest(values: Floats, rank: int) -> float:
    """The value of a rank (0 for the smallest), by Hoare's selection; the values are moved around."""
    low, high = 0, len(values) - 1
    while low < high:
        pivot = values[(low + high) // 2]
        left, right = low, high
        while left <= right:
            while values[left] < pivot:
                left += 1
            while values[right] > pivot:
                right -= 1
            if left <= right:
                values[left], values[right] = values[right], values[left]
                left += 1
                right -= 1
        if rank <= right:
            high = right
        elif rank >= left:
            low = left
        else:
            break
    return float(values[rank])


@njit(cache=True, nogil=True)
def time_of_look(look: int, looks: Looks, entry: Floats, event_times: Floats, events: int) -> float:
    """Calendar time at which the conditions of a look are met; infinite if they never are.

    event_times  of which the first `events` are calendar times of events (outcomes) in any order; they are moved around
    """
    is_any = looks.is_any[look] == 1
    when = math.inf if is_any else 0.0
    if looks.counts[look] > 0:
        own = smallest(event_times[:events], looks.counts[look] - 1) if looks.counts[look] <= events else math.inf
        when = min(when, own) if is_any else max(when, own)
    if looks.times[look] >= 0.0:
        when = min(when, looks.times[look]) if is_any else max(when, looks.times[look])
    if looks.subjects[look] > 0:
        own = entry[looks.subjects[look] - 1] + looks.followups[look]
        when = min(when, own) if is_any else max(when, own)
    return when


@njit(cache=True, nogil=True)
def look_at_cohort(
    looks: Looks,
    cohort: Cohort,
    at: Floats,
    is_short: Integers,
    observed: Integers,
    enrolled: Integers,
    followup: Floats,
) -> None:
    """Fill what is known of each look of each trial.

    at, is_short   trial, look: calendar time; 1 if its conditions are never met
    observed       endpoint, trial, look: events
    enrolled       trial, look: subjects randomized
    followup       endpoint, trial, look: time under follow-up of all subjects together
    """
    endpoints, trials, subjects = cohort.time.shape
    event_times = np.empty((endpoints, subjects))
    events = np.empty(endpoints, np.int64)
    for trial in range(trials):
        entry = cohort.entry[trial]
        last = entry[subjects - 1]
        for endpoint in range(endpoints):
            count = 0
            for subject in range(subjects):
                when = entry[subject] + cohort.time[endpoint, trial, subject]
                if cohort.is_event[endpoint, trial, subject] == 1 and when < math.inf:
                    event_times[endpoint, count] = when
                    last = max(last, when)
                    count += 1
            events[endpoint] = count
        before = 0.0
        for look in range(len(looks.counts)):
            endpoint = looks.endpoints[look]
            when = time_of_look(look, looks, entry, event_times[endpoint], events[endpoint])
            is_short[trial, look] = 1 if when == math.inf else 0
            before = max(before, last if when == math.inf else when)
            at[trial, look] = before
            count = 0
            while count < subjects and entry[count] <= before:
                count += 1
            enrolled[trial, look] = count
            for one in range(endpoints):
                known = 0
                total = 0.0
                for subject in range(count):
                    time = cohort.time[one, trial, subject]
                    total += min(entry[subject] + time, before) - entry[subject]
                    if cohort.is_event[one, trial, subject] == 1 and entry[subject] + time <= before:
                        known += 1
                observed[one, trial, look] = known
                followup[one, trial, look] = total

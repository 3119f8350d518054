"""Visits that nobody planned: subjects come because of an adverse event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialwright.rehearsal.adverse_events import Events
from trialwright.rehearsal.outline import Ints
from trialwright.rehearsal.visits import Calendar


@dataclass(frozen=True, eq=False, kw_only=True)
class Unscheduled:
    """Unplanned visits, one element for each, in order of subject and day.

    event  the adverse event that brought the subject; day: days since 1970-01-01
    """

    subject: Ints
    event: Ints
    day: Ints


def simulate_unscheduled(
    probability: float, calendar: Calendar, events: Events | None, last_contact: Ints, rng: np.random.Generator
) -> Unscheduled:
    """Visits on the day after an event began, after the first planned visit and before last contact.

    A subject has one visit a day: where a planned one or another unplanned one is, there is none.
    """
    none = np.zeros(0, dtype=np.int64)
    if events is None or probability == 0:
        return Unscheduled(subject=none, event=none, day=none)
    subject, day = events.subject, events.onset + 1
    comes = rng.random(subject.size) < probability
    comes &= (day > calendar.day[subject, 0]) & (day < last_contact[subject])
    comes &= ~(calendar.day[subject] == day[:, None]).any(axis=1)
    which = np.flatnonzero(comes)
    which = which[np.lexsort((which, day[which], subject[which]))]
    is_first = np.ones(which.size, dtype=np.bool_)
    is_first[1:] = (subject[which][1:] != subject[which][:-1]) | (day[which][1:] != day[which][:-1])
    which = which[is_first]
    return Unscheduled(subject=subject[which], event=which, day=day[which])

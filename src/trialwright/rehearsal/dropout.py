"""Who leaves the study, when, and why: competing causes, each with its own hazard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialwright.rehearsal.adverse_events import Events
from trialwright.rehearsal.efficacy import Course
from trialwright.rehearsal.outline import Flags, Floats, Ints, TrialOutline
from trialwright.rehearsal.scenario import Dropout
from trialwright.rehearsal.visits import Calendar

COMPLETED = "COMPLETED"
ADVERSE_EVENT = "ADVERSE EVENT"
LACK_OF_EFFICACY = "LACK OF EFFICACY"
WITHDRAWAL = "WITHDRAWAL BY SUBJECT"
LOST = "LOST TO FOLLOW-UP"
DEATH = "DEATH"

_DAYS_PER_YEAR = 365.25
#: The results of screening are known after a week.
_DAYS_TO_SCREENING_RESULT = 7
_NEVER = np.inf
#: Causes in the order in which ties are decided.
_CAUSES = (DEATH, ADVERSE_EVENT, LACK_OF_EFFICACY, WITHDRAWAL, LOST)


@dataclass(frozen=True, eq=False, kw_only=True)
class Outcomes:
    """How each subject's participation ended.

    treatment       disposition of the treatment epoch, "" for screen failures
    follow_up       disposition of the follow-up epoch, "" for who did not enter it
    treatment_end   day of the disposition of treatment
    last_contact    last day on which anything is known of the subject
    last_dose_day   last day on which a dose may have been taken
    is_treated      took at least one dose
    cause_event     position of the adverse event that ended treatment, -1 for none
    """

    treatment: tuple[str, ...]
    follow_up: tuple[str, ...]
    treatment_end: Ints
    last_contact: Ints
    last_dose_day: Ints
    is_treated: Flags
    cause_event: Ints

    @property
    def is_dead(self) -> Flags:
        """Who died."""
        return np.array([DEATH in pair for pair in zip(self.treatment, self.follow_up, strict=True)])


def simulate_outcomes(
    outline: TrialOutline,
    dropout: Dropout | None,
    calendar: Calendar,
    arm: Ints,
    events: Events | None,
    course: Course | None,
    rng: np.random.Generator,
) -> Outcomes:
    """How everybody's participation ends.

    On treatment all causes compete; after it withdrawal, loss and death. Lack of efficacy depends on the last
    observed score only (missing at random); adverse events end treatment a few days after their onset. Who is lost has
    the last visit before as last contact. Who discontinues treatment leaves the study at once.
    """
    randomized = arm >= 0
    exponentials = rng.standard_exponential((arm.size, 4))
    rates = Dropout() if dropout is None else dropout
    never_treated = randomized & (rng.random(arm.size) < rates.not_treated)
    first, end, last = calendar.first_dose, calendar.day[:, outline.end_of_treatment], calendar.day[:, -1]
    ae_time, ae_event = _adverse_event_times(events, first, end)
    times = np.stack(
        [
            _waiting(exponentials[:, 0], rates.death),
            ae_time,
            _lack_of_efficacy_time(outline, rates, calendar, course, exponentials[:, 1]),
            _waiting(exponentials[:, 2], rates.withdrawal),
            _waiting(exponentials[:, 3], rates.lost_to_follow_up),
        ]
    )
    times = np.where(randomized & ~never_treated, first + np.ceil(np.maximum(times, 1)), _NEVER)
    cause, time = _earliest(times)
    leaves = time < end
    treatment_end = np.where(leaves, _leaving_day(calendar, cause, time), np.where(never_treated, first, end))

    # After treatment nobody leaves for lack of efficacy or an adverse event: those causes are passed over.
    times[1:3] = _NEVER
    later_cause, later_time = _earliest(times)
    follows = randomized & ~leaves & ~never_treated & (outline.follow_up_epoch is not None)
    leaves_later = follows & (later_time > end) & (later_time < last)
    follow_up_end = np.where(leaves_later, _leaving_day(calendar, later_cause, later_time), last)
    last_contact = np.where(follows, follow_up_end, treatment_end)
    last_contact = np.where(randomized, last_contact, _screen_failure_day(outline, calendar))

    # The last dose is taken on the day before the visit that ends treatment, or the day before death.
    dies = leaves & (cause == _CAUSES.index(DEATH))
    last_dose = np.where(leaves & ~dies, treatment_end, treatment_end - 1)
    causes = np.array([*_CAUSES, COMPLETED, ""])
    completed, absent = len(_CAUSES), len(_CAUSES) + 1
    treatment = np.where(leaves, cause, np.where(never_treated, _CAUSES.index(WITHDRAWAL), completed))
    return Outcomes(
        treatment=tuple(causes[np.where(randomized, treatment, absent)].tolist()),
        follow_up=tuple(causes[np.where(follows, np.where(leaves_later, later_cause, completed), absent)].tolist()),
        treatment_end=treatment_end.astype(np.int64),
        last_contact=last_contact.astype(np.int64),
        last_dose_day=np.maximum(last_dose, first).astype(np.int64),
        is_treated=randomized & ~never_treated,
        cause_event=np.where(leaves & (cause == _CAUSES.index(ADVERSE_EVENT)), ae_event, -1),
    )


def _earliest(times: Floats) -> tuple[Ints, Floats]:
    """The cause that comes first for each subject, and when."""
    cause = np.argmin(times, axis=0)
    return cause, times[cause, np.arange(times.shape[1])]


def _leaving_day(calendar: Calendar, cause: Ints, time: Floats) -> Floats:
    """The last day in the study of who leaves: for the lost, the last visit at which they were seen."""
    seen = _last_visit_before(calendar, time)
    return np.where(cause == _CAUSES.index(LOST), seen, np.where(np.isinf(time), 0, time))


def _screen_failure_day(outline: TrialOutline, calendar: Calendar) -> Ints:
    """The day on which a subject is known to fail: a week after the last visit of screening, but before day 1."""
    last = calendar.day[:, max(outline.randomization - 1, 0)]
    return np.maximum(np.minimum(last + _DAYS_TO_SCREENING_RESULT, calendar.first_dose - 1), last)


def _waiting(exponential: Floats, rate_per_year: float) -> Floats:
    """Days until an event of constant rate."""
    if rate_per_year == 0:
        return np.full(exponential.size, _NEVER)
    # A rate next to nothing overflows to never, as it should.
    with np.errstate(over="ignore"):
        return exponential * _DAYS_PER_YEAR / rate_per_year


def _adverse_event_times(events: Events | None, first: Ints, end: Ints) -> tuple[Floats, Ints]:
    """Days from first dose to the first adverse event that would end treatment, and which event that is."""
    time, which = np.full(first.size, _NEVER), np.full(first.size, -1, dtype=np.int64)
    if events is None:
        return time, which
    on_treatment = (events.onset >= first[events.subject]) & (events.onset < end[events.subject])
    positions = np.flatnonzero(events.withdraws & on_treatment)
    stop = events.onset[positions] + events.lag[positions] - first[events.subject[positions]]
    # Written from the latest to the earliest, so that the earliest stands.
    order = np.argsort(-stop, kind="stable")
    subject = events.subject[positions[order]]
    time[subject], which[subject] = stop[order], positions[order]
    return time, which


def _lack_of_efficacy_time(
    outline: TrialOutline, rates: Dropout, calendar: Calendar, course: Course | None, exponential: Floats
) -> Floats:
    """Days from first dose to leaving for lack of efficacy.

    The hazard is constant between visits; it starts with the first rating after randomisation.
    """
    time = np.full(exponential.size, _NEVER)
    if rates.lack_of_efficacy <= 0 or course is None:
        return time
    rated = outline.does(outline.names.efficacy)
    excess = np.zeros(exponential.size)
    remaining = exponential.copy()
    for visit in range(outline.randomization + 1, outline.end_of_treatment):
        if rated[visit]:
            seen = course.total[:, visit] - course.expected[:, visit]
            excess = np.where(calendar.missed[:, visit], excess, seen)
        hazard = rates.lack_of_efficacy / _DAYS_PER_YEAR * np.exp(rates.efficacy_log_hazard * excess)
        start = calendar.day[:, visit] - calendar.first_dose
        length = calendar.day[:, visit + 1] - calendar.day[:, visit]
        leaves = np.isinf(time) & (remaining <= hazard * length)
        time[leaves] = (start + remaining / np.where(leaves, hazard, 1))[leaves]
        remaining = remaining - hazard * length
    return time


def _last_visit_before(calendar: Calendar, time: Floats) -> Ints:
    """Day of the last visit that happened before `time`."""
    happened = ~calendar.missed & (calendar.day < time[:, None])
    return np.asarray(np.where(happened, calendar.day, calendar.day[:, :1]).max(axis=1), dtype=np.int64)

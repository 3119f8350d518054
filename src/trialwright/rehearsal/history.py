"""Medical history, and the medications that it and the adverse events bring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialwright.rehearsal.adverse_events import Events
from trialwright.rehearsal.distributions import log_odds, logistic
from trialwright.rehearsal.outline import Flags, Floats, Ints
from trialwright.rehearsal.population import People
from trialwright.rehearsal.scenario import AdverseEventTerm, Condition, MedicalHistory

_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, eq=False, kw_only=True)
class History:
    """Conditions, one element per subject and condition.

    condition  position; 0 is the disease under study
    onset      days since 1970-01-01
    """

    subject: Ints
    condition: Ints
    onset: Ints
    is_ongoing: Flags
    is_treated: Flags
    treatment_start: Ints


@dataclass(frozen=True, eq=False, kw_only=True)
class Medications:
    """Medications, one element per course.

    end  a day beyond the subject's last contact if it goes on
    """

    subject: Ints
    name: tuple[str, ...]
    drug_class: tuple[str, ...]
    indication: tuple[str, ...]
    start: Ints
    end: Ints


def conditions_of(history: MedicalHistory) -> tuple[Condition, ...]:
    """The conditions in the order of `History.condition`."""
    return (history.primary, *history.conditions)


def simulate_history(
    assumptions: MedicalHistory, people: People, mean_age: float, consent: Ints, rng: np.random.Generator
) -> History:
    """The conditions of everybody, with onsets before consent and not before the age of 12."""
    conditions = conditions_of(assumptions)
    shape = (consent.size, len(conditions))
    uniforms = rng.random((*shape, 4))
    years = rng.standard_exponential(shape)
    prevalence = np.array([condition.prevalence for condition in conditions])
    slope = np.log([condition.odds_per_year for condition in conditions])
    probability = logistic(log_odds(prevalence) + slope * (people.age - mean_age)[:, None])
    is_possible = np.array(
        [
            [condition.only is None or (condition.only == "F") == bool(woman) for condition in conditions]
            for woman in people.is_woman
        ]
    )
    has = (uniforms[..., 0] < probability) & is_possible
    has[:, 0] = True
    subject, condition = np.nonzero(has)
    mean_years = np.array([one.onset_years for one in conditions])
    oldest = np.maximum(people.age - 12, 1)
    since = np.minimum(years * mean_years, oldest[:, None])[subject, condition]
    onset = consent[subject] - np.ceil(since * _DAYS_PER_YEAR).astype(np.int64) - 1
    is_ongoing = uniforms[subject, condition, 1] < np.array([one.ongoing for one in conditions])[condition]
    is_ongoing |= condition == 0
    has_treatment = np.array([one.treatment is not None for one in conditions])[condition]
    treated = uniforms[subject, condition, 2] < np.array([one.treated for one in conditions])[condition]
    wait = uniforms[subject, condition, 3] * (consent[subject] - onset)
    return History(
        subject=subject,
        condition=condition,
        onset=onset,
        is_ongoing=is_ongoing,
        is_treated=is_ongoing & has_treatment & treated,
        treatment_start=onset + np.floor(wait).astype(np.int64),
    )


def simulate_medications(
    assumptions: MedicalHistory | None,
    history: History | None,
    terms: tuple[AdverseEventTerm, ...],
    events: Events | None,
    is_reported: Flags,
    last_contact: Ints,
    rng: np.random.Generator,
) -> Medications:
    """Medications for conditions that go on, and for adverse events among those that `is_reported`.

    A medication for an event starts up to two days after its onset, at last contact at the latest, and lasts as long
    as the event.
    """
    subjects: list[int] = []
    names: list[tuple[str, str, str]] = []
    starts: list[int] = []
    ends: list[int] = []
    if assumptions is not None and history is not None:
        conditions = conditions_of(assumptions)
        for position in np.flatnonzero(history.is_treated):
            condition = conditions[history.condition[position]]
            assert condition.treatment is not None
            subject = int(history.subject[position])
            subjects.append(subject)
            names.append((*condition.treatment, condition.term))
            starts.append(int(history.treatment_start[position]))
            ends.append(int(last_contact[subject]) + 1)
    if events is not None:
        delays: Floats = rng.random(events.subject.size)
        for position in np.flatnonzero(events.is_treated & is_reported):
            term = terms[events.term[position]]
            assert term.treatment is not None
            subject = int(events.subject[position])
            start = int(events.onset[position] + np.floor(delays[position] * 3))
            start = min(start, int(events.end[position]), int(last_contact[subject]))
            subjects.append(subject)
            names.append((*term.treatment, term.term))
            starts.append(start)
            ends.append(max(int(events.end[position]), start))
    return Medications(
        subject=np.array(subjects, dtype=np.int64),
        name=tuple(name for name, _, _ in names),
        drug_class=tuple(drug_class for _, drug_class, _ in names),
        indication=tuple(indication for _, _, indication in names),
        start=np.array(starts, dtype=np.int64),
        end=np.array(ends, dtype=np.int64),
    )

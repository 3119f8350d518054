"""DV: the protocol deviations that were recorded. Each is true of the other domains."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl

from trialwright.rehearsal.sdtm.records import Subjects, without_records
from trialwright.rehearsal.trial import Trial, interrupting
from trialwright.standards import Dataset

MAJOR, MINOR = "MAJOR", "MINOR"


class _Deviation(NamedTuple):
    """A deviation; days since 1970-01-01, without an end where it goes on at last contact."""

    subject: int
    term: str
    coded: str
    kind: str
    category: str
    start: int
    end: int | None


def deviations(subjects: Subjects) -> Dataset:
    """DV: visits outside their windows or missed, doses not taken, prohibited medications, criteria not met."""
    trial = subjects.trial
    if trial.scenario.deviations is None or trial.departures is None:
        return without_records("DV")
    found = [*_of_visits(trial), *_of_doses(trial), *_of_medications(trial)]
    frame = pl.DataFrame(
        found,
        schema={
            "subject": pl.Int64,
            "term": pl.String,
            "coded": pl.String,
            "kind": pl.String,
            "category": pl.String,
            "start": pl.Int64,
            "end": pl.Int64,
        },
        orient="row",
    )
    who, start = frame["subject"].to_numpy(), frame["start"].to_numpy()
    return subjects.dataset(
        "DV",
        who,
        {
            "DVTERM": frame["term"],
            "DVDECOD": frame["coded"],
            "DVCAT": frame["category"],
            "DVSCAT": frame["kind"],
            "EPOCH": subjects.epoch(who, start),
            "DVSTDTC": frame["start"],
            "DVENDTC": frame["end"],
        },
    )


def _of_visits(trial: Trial) -> Iterator[_Deviation]:
    """Visits after randomisation that lie outside their windows, and planned ones that did not happen."""
    assumptions, departures, outline = trial.scenario.deviations, trial.departures, trial.outline
    assert assumptions is not None and departures is not None
    day, attended = trial.calendar.day, trial.attended
    nominal = trial.calendar.first_dose[:, None] + outline.offsets
    after = np.arange(day.shape[1]) > outline.randomization
    is_recorded = (departures.visits < assumptions.recorded) & after
    missed = trial.calendar.missed & (day <= trial.outcomes.last_contact[:, None]) & (trial.arm >= 0)[:, None]
    for subject, position in zip(*np.nonzero((attended | missed) & is_recorded), strict=True):
        visit = outline.visits[position]
        away = int(day[subject, position] - nominal[subject, position])
        beyond = max(away - visit.latest, -away - visit.earliest, 0)
        if missed[subject, position]:
            planned = int(nominal[subject, position])
            planned = min(planned, int(trial.outcomes.last_contact[subject]))
            yield _Deviation(
                int(subject), f"{visit.name} visit not done", "VISIT NOT DONE", "VISITS", MAJOR, planned, planned
            )
        elif beyond:
            side = "after" if away > 0 else "before"
            days = "day" if beyond == 1 else "days"
            held = int(day[subject, position])
            category = MAJOR if beyond >= assumptions.major_days else MINOR
            term = f"{visit.name} visit {beyond} {days} {side} its window"
            yield _Deviation(int(subject), term, "VISIT OUT OF WINDOW", "VISITS", category, held, held)


def _of_doses(trial: Trial) -> Iterator[_Deviation]:
    """Days in a row without a dose between the first and the last one, other than for an adverse event."""
    assumptions, departures = trial.scenario.deviations, trial.departures
    assert assumptions is not None and departures is not None
    excused: dict[int, list[tuple[int, int]]] = {}
    if trial.events is not None:
        for event in np.flatnonzero(interrupting(trial.events, trial.outcomes, trial.calendar.first_dose)):
            subject = int(trial.events.subject[event])
            excused.setdefault(subject, []).append((int(trial.events.onset[event]), int(trial.events.end[event])))
    for who in np.flatnonzero(trial.intake.any(axis=1) & (departures.doses < assumptions.recorded)):
        subject = int(who)
        taken = np.flatnonzero(trial.intake[subject])
        for before, after in pairwise(taken):
            missed = int(after - before - 1)
            first = int(trial.calendar.first_dose[subject] + before + 1)
            last = first + missed - 1
            is_excused = any(onset <= last and end >= first for onset, end in excused.get(subject, ()))
            if missed < assumptions.missed_dose_days or is_excused:
                continue
            category = MAJOR if missed >= assumptions.major_missed_days else MINOR
            term = f"No study drug taken for {missed} days"
            yield _Deviation(subject, term, "DOSES MISSED", "STUDY DRUG", category, first, last)


def _of_medications(trial: Trial) -> Iterator[_Deviation]:
    """Prohibited medications: up to Baseline they break a criterion for entry, later they are taken in spite of it."""
    assumptions, departures = trial.scenario.deviations, trial.departures
    assert assumptions is not None and departures is not None
    courses = departures.medications
    for position, subject in enumerate(courses.subject):
        start, end = int(courses.start[position]), int(courses.end[position])
        drug = courses.name[position].capitalize()
        if departures.is_entry[position]:
            criterion = f"exclusion criterion {assumptions.exclusion_criterion}".strip()
            day = int(trial.calendar.first_dose[subject])
            term = f"Randomized in spite of {criterion}: {drug} before Baseline"
            yield _Deviation(int(subject), term, "EXCLUSION CRITERION MET", "ELIGIBILITY", MAJOR, day, day)
        else:
            goes_on = end > trial.outcomes.last_contact[subject]
            term = f"{drug} taken during treatment"
            yield _Deviation(
                int(subject), term, "PROHIBITED MEDICATION", "MEDICATION", MAJOR, start, None if goes_on else end
            )

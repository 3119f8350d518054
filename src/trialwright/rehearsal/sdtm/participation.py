"""DM, DS, SV and EX: who took part, how long, and what they were given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

from trialwright.rehearsal.dropout import COMPLETED
from trialwright.rehearsal.outline import Flags, Ints
from trialwright.rehearsal.sdtm.records import Subjects, days_or_missing, flags
from trialwright.standards import Dataset

MILESTONE, DISPOSITION = "PROTOCOL MILESTONE", "DISPOSITION EVENT"


def last_dose(subjects: Subjects) -> Ints:
    """The last day on which each subject took a dose; the day before the first planned dose for those who took none."""
    intake = subjects.trial.intake
    latest = intake.shape[1] - 1 - np.argmax(intake[:, ::-1], axis=1)
    return subjects.first_dose + np.where(intake.any(axis=1), latest, -1)


def demographics(subjects: Subjects) -> Dataset:
    """DM: one record for everybody who consented."""
    trial = subjects.trial
    people, outcomes, arm = trial.people, trial.outcomes, trial.arm
    codes = pl.Series([*(one.code for one in trial.outline.arms), None], dtype=pl.String)
    names = pl.Series([*(one.name for one in trial.outline.arms), None], dtype=pl.String)
    treated_arm = np.where(subjects.is_treated, arm, -1) % (len(trial.outline.arms) + 1)
    planned_arm = arm % (len(trial.outline.arms) + 1)
    first = days_or_missing(subjects.first_dose, subjects.is_treated)
    last = days_or_missing(last_dose(subjects), subjects.is_treated)
    reason = np.where(subjects.is_treated, 0, np.where(subjects.is_randomized, 1, 2))
    return subjects.dataset(
        "DM",
        np.arange(arm.size),
        {
            "SUBJID": subjects.number,
            "RFSTDTC": first,
            "RFENDTC": last,
            "RFXSTDTC": first,
            "RFXENDTC": last,
            "RFICDTC": trial.screened.consent,
            "RFPENDTC": outcomes.last_contact,
            "DTHDTC": days_or_missing(outcomes.last_contact, outcomes.is_dead),
            "DTHFL": flags(outcomes.is_dead),
            "SITEID": subjects.site,
            "AGE": people.age,
            "AGEU": "YEARS",
            "SEX": pl.Series(["M", "F"]).gather(people.is_woman.astype(np.int64)),
            "RACE": people.race,
            "ETHNIC": pl.Series(["NOT HISPANIC OR LATINO", "HISPANIC OR LATINO"]).gather(
                people.is_hispanic.astype(np.int64)
            ),
            "ARMCD": codes.gather(planned_arm),
            "ARM": names.gather(planned_arm),
            "ACTARMCD": codes.gather(treated_arm),
            "ACTARM": names.gather(treated_arm),
            "ARMNRS": pl.Series([None, "ASSIGNED, NOT TREATED", "SCREEN FAILURE"], dtype=pl.String).gather(reason),
            "COUNTRY": [country.code for country in trial.countries],
            "DMDTC": trial.screened.consent,
        },
    )


class Disposition(NamedTuple):
    """One record of DS; `order` settles the sequence of records of one day, `day` counts from 1970-01-01."""

    subject: int
    order: int
    term: str
    decoded: str
    category: str
    epoch: str
    day: int


def disposition(subjects: Subjects) -> Dataset:
    """DS: the milestones, and one disposition event for each epoch that a subject entered."""
    records = [record for subject in range(subjects.first_dose.size) for record in _dispositions(subjects, subject)]
    frame = pl.DataFrame(records, schema=list(Disposition._fields), orient="row")
    return subjects.dataset(
        "DS",
        frame["subject"].to_numpy(),
        {
            "order": frame["order"],
            "DSTERM": frame["term"],
            "DSDECOD": frame["decoded"],
            "DSCAT": frame["category"],
            "EPOCH": frame["epoch"],
            "DSSTDTC": frame["day"],
        },
    )


def _dispositions(subjects: Subjects, subject: int) -> Iterator[Disposition]:
    trial = subjects.trial
    outline, outcomes = trial.outline, trial.outcomes
    first, last = int(subjects.first_dose[subject]), int(outcomes.last_contact[subject])
    screening, treatment, follow_up = outline.screening_epoch, outline.treatment_epoch, outline.follow_up_epoch
    consent = int(trial.screened.consent[subject])
    consented, randomized, failed = "INFORMED CONSENT OBTAINED", "RANDOMIZED", "SCREEN FAILURE"
    yield Disposition(subject, 1, consented, consented, MILESTONE, screening, consent)
    if not subjects.is_randomized[subject]:
        failure = trial.scenario.screen_failure
        reasons = failure.reasons if failure is not None else ()
        term = reasons[trial.screened.reason[subject]].reason.upper() if reasons else failed
        yield Disposition(subject, 2, term, failed, DISPOSITION, screening, last)
        return
    yield Disposition(subject, 2, COMPLETED, COMPLETED, DISPOSITION, screening, first)
    yield Disposition(subject, 3, randomized, randomized, MILESTONE, treatment, first)
    treated, followed = outcomes.treatment[subject], outcomes.follow_up[subject]
    yield Disposition(subject, 4, treated, treated, DISPOSITION, treatment, int(outcomes.treatment_end[subject]))
    if followed and follow_up is not None:
        yield Disposition(subject, 5, followed, followed, DISPOSITION, follow_up, last)


def visit_columns(subjects: Subjects, visit: Ints) -> dict[str, pl.Series]:
    """VISITNUM, VISIT, VISITDY and EPOCH of each record, given the position of its visit."""
    visits = subjects.trial.outline.visits
    return {
        "VISITNUM": pl.Series([one.number for one in visits]).gather(visit),
        "VISIT": pl.Series([one.name for one in visits]).gather(visit),
        "VISITDY": pl.Series([one.day for one in visits]).gather(visit),
        "EPOCH": pl.Series([one.epoch for one in visits]).gather(visit),
    }


def subject_visits(subjects: Subjects) -> Dataset:
    """SV: one record per visit that happened, planned or not."""
    subject, visit = np.nonzero(subjects.trial.attended)
    day = subjects.trial.calendar.day[subject, visit]
    planned = pl.DataFrame({"subject": subject, "SVSTDTC": day, **visit_columns(subjects, visit)}).with_columns(
        pl.col("VISITNUM", "VISITDY").cast(pl.Float64), SVUPDES=pl.lit(None, pl.String)
    )
    frame = pl.concat([planned, _unscheduled(subjects).select(planned.columns)])
    columns = {name: frame[name] for name in frame.columns if name != "subject"}
    return subjects.dataset("SV", frame["subject"].to_numpy(), {**columns, "SVENDTC": frame["SVSTDTC"]})


def _unscheduled(subjects: Subjects) -> pl.DataFrame:
    """Visits beside the planned ones: numbered after the planned one before them, 3.1 after 3."""
    trial = subjects.trial
    found = trial.unscheduled
    terms = trial.scenario.adverse_events.terms if trial.scenario.adverse_events is not None else ()
    numbers: list[float] = []
    counts: dict[tuple[int, int], int] = {}
    for subject, day in zip(found.subject.tolist(), found.day.tolist(), strict=True):
        came = np.flatnonzero(trial.attended[subject] & (trial.calendar.day[subject] < day))
        before = trial.outline.visits[came[-1]].number
        counts[subject, before] = counts.get((subject, before), 0) + 1
        numbers.append(round(before + counts[subject, before] / 10, 1))
    reasons = [f"ADVERSE EVENT: {terms[trial.events.term[one]].term}" for one in found.event] if trial.events else []
    return pl.DataFrame(
        {
            "subject": found.subject,
            "SVSTDTC": found.day,
            "VISITNUM": pl.Series(numbers, dtype=pl.Float64),
            "VISIT": pl.Series([f"UNSCHEDULED {number}" for number in numbers], dtype=pl.String),
            "VISITDY": pl.Series([None] * len(numbers), dtype=pl.Float64),
            "EPOCH": subjects.epoch(found.subject, found.day),
            "SVUPDES": pl.Series(reasons, dtype=pl.String),
        }
    )


def exposure(subjects: Subjects) -> Dataset:
    """EX: one record per run of days on which a dose was taken."""
    trial, dosing = subjects.trial, subjects.trial.scenario.dosing
    subject, start, end = _runs(trial.intake)
    arms = [arm.assumption for arm in trial.outline.arms]
    arm = trial.arm[subject]
    first = subjects.first_dose[subject]
    return subjects.dataset(
        "EX",
        subject,
        {
            "EXTRT": pl.Series([one.treatment for one in arms]).gather(arm),
            "EXDOSE": np.array([one.dose_mg for one in arms])[arm],
            "EXDOSU": dosing.unit,
            "EXDOSFRM": dosing.form,
            "EXDOSFRQ": dosing.frequency,
            "EXROUTE": dosing.route,
            "EPOCH": subjects.epoch(subject, first + start),
            "EXSTDTC": first + start,
            "EXENDTC": first + end,
        },
    )


def _runs(taken: Flags) -> tuple[Ints, Ints, Ints]:
    """Row, first and last column of each run of True, row by row."""
    edges = np.diff(np.pad(taken, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, start = np.nonzero(edges == 1)
    _, end = np.nonzero(edges == -1)
    return row, start, end - 1

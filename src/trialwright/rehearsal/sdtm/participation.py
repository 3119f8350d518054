"""DM, DS, SV and EX: who took part, how long, and what they were given."""

from __future__ import annotations

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


def disposition(subjects: Subjects) -> Dataset:
    """DS: the milestones, and one disposition event for each epoch that a subject entered."""
    trial = subjects.trial
    outline, outcomes, failure = trial.outline, trial.outcomes, trial.scenario.screen_failure
    reasons = [reason.reason.upper() for reason in failure.reasons] if failure is not None else []
    records: list[tuple[int, int, str, str, str, str, int]] = []
    for subject in range(trial.arm.size):
        consent, first = int(trial.screened.consent[subject]), int(subjects.first_dose[subject])
        last, end = int(outcomes.last_contact[subject]), int(outcomes.treatment_end[subject])
        consented = "INFORMED CONSENT OBTAINED"
        records.append((subject, 1, consented, consented, MILESTONE, outline.screening_epoch, consent))
        if not subjects.is_randomized[subject]:
            reason = int(trial.screened.reason[subject])
            term = reasons[reason] if reasons else "SCREEN FAILURE"
            records.append((subject, 2, term, "SCREEN FAILURE", DISPOSITION, outline.screening_epoch, last))
            continue
        records.append((subject, 2, COMPLETED, COMPLETED, DISPOSITION, outline.screening_epoch, first))
        records.append((subject, 3, "RANDOMIZED", "RANDOMIZED", MILESTONE, outline.treatment_epoch, first))
        treated = outcomes.treatment[subject]
        records.append((subject, 4, treated, treated, DISPOSITION, outline.treatment_epoch, end))
        followed = outcomes.follow_up[subject]
        if followed:
            assert outline.follow_up_epoch is not None
            records.append((subject, 5, followed, followed, DISPOSITION, outline.follow_up_epoch, last))
    who, order, term, decoded, category, epoch, day = (list(column) for column in zip(*records, strict=True))
    return subjects.dataset(
        "DS",
        np.array(who, dtype=np.int64),
        {
            "order": np.array(order),
            "DSTERM": pl.Series(term, dtype=pl.String),
            "DSDECOD": pl.Series(decoded, dtype=pl.String),
            "DSCAT": pl.Series(category, dtype=pl.String),
            "EPOCH": pl.Series(epoch, dtype=pl.String),
            "DSSTDTC": np.array(day, dtype=np.int64),
        },
    )


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
    """SV: one record per visit that happened."""
    subject, visit = np.nonzero(subjects.trial.attended)
    day = subjects.trial.calendar.day[subject, visit]
    return subjects.dataset("SV", subject, {**visit_columns(subjects, visit), "SVSTDTC": day, "SVENDTC": day})


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

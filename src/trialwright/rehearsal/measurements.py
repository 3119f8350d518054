"""Laboratory values and vital signs, as they would be measured if nobody left."""

from __future__ import annotations

import numpy as np

from trialwright.rehearsal.adverse_events import arm_values
from trialwright.rehearsal.outline import Floats, Ints, TrialOutline
from trialwright.rehearsal.population import People
from trialwright.rehearsal.scenario import Laboratory, Scenario, VitalSigns
from trialwright.rehearsal.visits import Calendar


def drug_course(outline: TrialOutline, calendar: Calendar) -> Floats:
    """How far the drug's influence has come, subjects x visits: 0 up to day 1, linear to 1 at the end of treatment."""
    days = calendar.day - calendar.first_dose[:, None]
    planned = outline.offsets[outline.end_of_treatment]
    return np.asarray(np.clip(days / planned, 0, 1), dtype=np.float64)


def _by_subject(values: Floats, arm: Ints) -> Floats:
    """Values per arm as values per subject; 0 for who has no arm."""
    return np.where(arm >= 0, values[arm], 0.0)


def simulate_laboratory(
    outline: TrialOutline,
    scenario: Scenario,
    laboratory: Laboratory,
    calendar: Calendar,
    arm: Ints,
    people: People,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Values in SI units and uniforms that decide what is not done, both subjects x visits x analytes.

    Log-normal, with a subject's own level and independent variation from visit to visit.
    """
    subjects, visits = calendar.day.shape
    count = len(laboratory.analytes)
    own = rng.standard_normal((subjects, 1, count))
    passing = rng.standard_normal((subjects, visits, count))
    uniforms = rng.random((subjects, visits, count))
    course = drug_course(outline, calendar)
    values = np.empty((subjects, visits, count))
    for position, analyte in enumerate(laboratory.analytes):
        mean = np.where(people.is_woman, analyte.mean, analyte.men_mean or analyte.mean)
        between, within = np.log1p(analyte.between_cv**2), np.log1p(analyte.within_cv**2)
        drift = _by_subject(arm_values(outline, scenario, analyte.drift_by_arm), arm)
        log_value = (
            np.log(mean)[:, None]
            - (between + within) / 2
            + np.sqrt(between) * own[:, :, position]
            + np.sqrt(within) * passing[:, :, position]
            + np.log1p(course * drift[:, None])
        )
        values[:, :, position] = np.exp(log_value)
    return values, uniforms


def simulate_vital_signs(
    outline: TrialOutline,
    scenario: Scenario,
    vital_signs: VitalSigns,
    calendar: Calendar,
    arm: Ints,
    people: People,
    rng: np.random.Generator,
) -> Floats:
    """Values, subjects x visits x tests; systolic and diastolic pressure share part of their variation."""
    subjects, visits = calendar.day.shape
    count = len(vital_signs.tests)
    shared_own, shared_passing = rng.standard_normal((subjects, 1)), rng.standard_normal((subjects, visits))
    own = rng.standard_normal((subjects, 1, count))
    passing = rng.standard_normal((subjects, visits, count))
    course = drug_course(outline, calendar)
    older = np.asarray(people.age - scenario.population.age_mean, dtype=np.float64)
    start = {"WEIGHT": people.weight, "HEIGHT": people.height}
    values = np.empty((subjects, visits, count))
    for position, test in enumerate(vital_signs.tests):
        level: Floats = start.get(test.code, (test.mean or 0.0) + test.per_year * older)
        own_part, passing_part = own[:, :, position], passing[:, :, position]
        if test.code in ("SYSBP", "DIABP"):
            own_part = np.sqrt(0.5) * (own_part + shared_own)
            passing_part = np.sqrt(0.5) * (passing_part + shared_passing)
        shift = _by_subject(arm_values(outline, scenario, test.shift_by_arm), arm)
        values[:, :, position] = (
            level[:, None] + test.between_sd * own_part + test.within_sd * passing_part + course * shift[:, None]
        )
    return values

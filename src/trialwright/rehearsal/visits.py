"""When visits happen: inside their windows, sometimes outside, sometimes not at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialwright.rehearsal.distributions import log_odds, logistic
from trialwright.rehearsal.outline import Flags, Ints, TrialOutline
from trialwright.rehearsal.scenario import VisitConduct


@dataclass(frozen=True, eq=False, kw_only=True)
class Calendar:
    """The visits as they would happen if nobody left.

    day     subjects x visits, days since 1970-01-01, increasing over the visits
    missed  subjects x visits
    first_dose  day of randomisation and first dose
    """

    day: Ints
    missed: Flags
    first_dose: Ints


def simulate_calendar(
    outline: TrialOutline, conduct: VisitConduct | None, consent: Ints, rng: np.random.Generator
) -> Calendar:
    """The subjects' visits, given their consent, which is at the first visit.

    Visits after randomisation fall around their nominal day, counted from the actual day of randomisation: the
    departure is a rounded normal, a third of the window wide and kept inside it, or with a small probability an
    exponential number of days beyond it. The time from consent to randomisation departs from the nominal one inside
    the first visit's window. Missed are only visits between randomisation and the end of treatment.
    """
    shape = (consent.size, len(outline.visits))
    normals, uniforms, tails = rng.standard_normal(shape), rng.random(shape), rng.standard_exponential(shape)
    misses, lateness = rng.random(shape), rng.standard_normal(consent.size)
    early = np.array([visit.earliest for visit in outline.visits])
    late = np.array([visit.latest for visit in outline.visits])
    first = outline.randomization
    departure = np.zeros(shape, dtype=np.int64)
    missed = np.zeros(shape, dtype=np.bool_)
    if conduct is not None:
        inside = np.clip(np.rint(normals * (early + late) / 6), -early, late).astype(np.int64)
        beyond = np.ceil(tails * conduct.out_of_window_days).astype(np.int64)
        outside = np.where(uniforms < conduct.out_of_window / 4, -early - beyond, late + beyond)
        is_outside = (uniforms < conduct.out_of_window) & (np.arange(shape[1]) > first)
        departure = np.where(is_outside, outside, inside)
        chance = logistic(log_odds(conduct.missed) + conduct.missed_subject_sd * lateness)
        missed = misses < chance[:, None]
        missed[:, : first + 1] = False
        missed[:, outline.end_of_treatment :] = False
    wait = outline.offsets[first] - outline.offsets[0] - (departure[:, 0] if first > 0 else 0)
    first_dose = consent + (np.maximum(wait, first) if first > 0 else 0)
    departure[:, first] = 0
    day = first_dose[:, None] + outline.offsets + departure
    day[:, 0] = consent
    for visit in range(1, shape[1]):
        day[:, visit] = np.maximum(day[:, visit], day[:, visit - 1] + 1)
        if visit <= first:
            # Visits before randomisation keep room for those that follow them.
            day[:, visit] = np.minimum(day[:, visit], first_dose - (first - visit))
    return Calendar(day=day, missed=missed, first_dose=first_dose)

"""Departures from the protocol: prohibited medications that subjects take, and which departures are written down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialwright.rehearsal.deviation_assumptions import Deviations
from trialwright.rehearsal.history import Medications
from trialwright.rehearsal.outline import Flags, Floats, Ints

#: Courses of a prohibited medication last this many days at least and at most.
_SHORTEST, _LONGEST = 3, 14
#: One that excludes a subject was begun this many days before Baseline at the earliest and the latest.
_EARLIEST, _LATEST = 30, 8


@dataclass(frozen=True, eq=False, kw_only=True)
class Departures:
    """What the scenario adds to a trial.

    medications   prohibited courses, first those taken up to Baseline
    is_entry      which of them broke a criterion for entry
    visits, doses uniform in [0, 1) for each subject and visit, and for each subject: from them what is recorded
    """

    medications: Medications
    is_entry: Flags
    visits: Floats
    doses: Floats


def simulate_departures(
    assumptions: Deviations,
    visits: int,
    first_dose: Ints,
    is_randomized: Flags,
    last_dose: Ints,
    is_treated: Flags,
    rng: np.random.Generator,
) -> Departures:
    """Prohibited medications, and the draws that decide what is recorded.

    Those taken up to Baseline end in the week before it or on the day itself; those during treatment begin after the
    first and not after the last dose. Every subject's draws stay where they are, whatever happens to others.
    """
    size = first_dose.size
    uniforms = rng.random((size, 6))
    recorded, doses = rng.random((size, visits)), rng.random(size)
    enters = is_randomized & (uniforms[:, 0] < assumptions.not_eligible)
    start = first_dose - _LATEST - np.floor(uniforms[:, 1] * (_EARLIEST - _LATEST)).astype(np.int64)
    end = first_dose - np.floor(uniforms[:, 2] * _LATEST).astype(np.int64)
    days = last_dose - first_dose
    takes = is_treated & (days > 0) & (uniforms[:, 3] < assumptions.prohibited_medication)
    begun = first_dose + 1 + np.floor(uniforms[:, 4] * np.maximum(days, 0)).astype(np.int64)
    lasting = _SHORTEST + np.floor(uniforms[:, 5] * (_LONGEST - _SHORTEST + 1)).astype(np.int64)
    subject = np.concatenate([np.flatnonzero(enters), np.flatnonzero(takes)])
    is_entry = np.arange(subject.size) < int(enters.sum())
    kinds = len(assumptions.medications)
    which = np.minimum((doses[subject] * kinds * 7).astype(np.int64) % max(kinds, 1), max(kinds - 1, 0))
    chosen = [assumptions.medications[one] for one in which]
    return Departures(
        medications=Medications(
            subject=subject,
            name=tuple(one.name for one in chosen),
            drug_class=tuple(one.drug_class for one in chosen),
            indication=tuple(one.indication for one in chosen),
            start=np.concatenate([start[enters], begun[takes]]),
            end=np.concatenate([end[enters], (begun + lasting)[takes]]),
        ),
        is_entry=is_entry,
        visits=recorded,
        doses=doses,
    )


def joined(one: Medications, other: Medications) -> Medications:
    """Both, those of `one` first."""
    return Medications(
        subject=np.concatenate([one.subject, other.subject]),
        name=one.name + other.name,
        drug_class=one.drug_class + other.drug_class,
        indication=one.indication + other.indication,
        start=np.concatenate([one.start, other.start]),
        end=np.concatenate([one.end, other.end]),
    )

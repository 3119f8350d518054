"""Which doses are taken: adherence day by day, and interruptions for adverse events."""

from __future__ import annotations

import numpy as np

from trialwright.rehearsal.distributions import log_odds, logistic
from trialwright.rehearsal.outline import Flags, Ints
from trialwright.rehearsal.scenario import Dosing

#: An adverse event interrupts treatment for this many days at most.
_LONGEST_INTERRUPTION = 7


def simulate_intake(
    dosing: Dosing,
    first_dose: Ints,
    last_dose: Ints,
    interruptions: tuple[Ints, Ints, Ints],
    planned_days: int,
    rng: np.random.Generator,
) -> Flags:
    """Whether each dose was taken, subjects x days from the first dose.

    last_dose      last day on which a dose may be taken; below `first_dose` for who takes none
    planned_days   of treatment
    interruptions  subject, first and last day (days since 1970-01-01) of each event that interrupts treatment

    The first dose is always taken, at the visit.
    """
    days = int(max((last_dose - first_dose).max(initial=0) + 1, 1))
    # Drawn for more days than anybody stays, so that one subject's stay does not move the draws of the others.
    width = max(planned_days + 180, days)
    uniforms, normals = rng.random((first_dose.size, width))[:, :days], rng.standard_normal(first_dose.size)
    probability = logistic(log_odds(dosing.adherence) + dosing.subject_sd * normals)
    taken = np.ones((first_dose.size, days), dtype=np.bool_)
    for day in range(1, days):
        before = taken[:, day - 1]
        chance = np.where(
            before,
            probability + dosing.persistence * (1 - probability),
            probability * (1 - dosing.persistence),
        )
        taken[:, day] = uniforms[:, day] < chance
    calendar = first_dose[:, None] + np.arange(days)
    for subject, start, end in zip(*interruptions, strict=True):
        end = min(end, start + _LONGEST_INTERRUPTION)
        taken[subject] &= (calendar[subject] <= start) | (calendar[subject] > end)
    taken[:, 0] = True
    return taken & (calendar <= last_dose[:, None])

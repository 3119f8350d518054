"""How many events a plan can have, in closed form."""

from __future__ import annotations

import math

from trialwright.design.simulation.rates import PiecewiseRate


def event_probability(hazard: PiecewiseRate, dropout_hazard: PiecewiseRate, end: float) -> float:
    """Probability that a subject has the event before dropping out and before `end` (time since randomization).

    Both hazards are constant in each interval between changes: of those who leave the interval by either, the share
    hazard / (hazard + dropout hazard) has the event.
    """
    starts = sorted(start for start in {*hazard.starts, *dropout_hazard.starts} if start < end)
    probability, log_staying = 0.0, 0.0
    for start, stop in zip(starts, (*starts[1:], end), strict=True):
        event, either = hazard.at(start), hazard.at(start) + dropout_hazard.at(start)
        if either > 0:
            leaving = -math.expm1(-either * (stop - start))
            probability += math.exp(log_staying) * leaving * event / either
            log_staying -= either * (stop - start)
    return probability

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


def death_probability(
    *,
    progression: PiecewiseRate,
    death_before: PiecewiseRate,
    death_after: PiecewiseRate,
    is_after_by_randomization: bool,
    dropout_hazard: PiecewiseRate,
    end: float,
    steps: int = 200,
) -> float:
    """Probability that a subject dies, before or after progression, before dropping out and before `end`.

    Those who progress are summed over `steps` times of progression, each of the same probability in their piece.
    """
    starts = sorted(
        start for start in {*progression.starts, *death_before.starts, *dropout_hazard.starts} if start < end
    )
    total, log_staying = 0.0, 0.0
    for start, stop in zip(starts, (*starts[1:], end), strict=True):
        progressing, dying = progression.at(start), death_before.at(start)
        leaving = progressing + dying + dropout_hazard.at(start)
        if leaving == 0:
            continue
        share = -math.expm1(-leaving * (stop - start))
        weight = math.exp(log_staying) * share / leaving
        total += weight * dying
        if progressing > 0:
            for step in range(steps):
                at = start - math.log1p(-(step + 0.5) / steps * share) / leaving
                after = _from(death_after, at) if is_after_by_randomization else death_after
                total += weight * progressing / steps * event_probability(after, _from(dropout_hazard, at), end - at)
        log_staying -= leaving * (stop - start)
    return total


def _from(rate: PiecewiseRate, time: float) -> PiecewiseRate:
    """A rate as it is seen from a later time."""
    changes = tuple(change for change in rate.changes if change > time)
    rates = rate.rates[len(rate.rates) - len(changes) - 1 :]
    return PiecewiseRate(rates=rates, changes=tuple(change - time for change in changes))

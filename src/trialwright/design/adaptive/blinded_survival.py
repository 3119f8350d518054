"""Sizing a trial again from times to an event that are told apart by no arm.

The planned hazard ratio stands, and the number of events with it. What is estimated is the overall hazard, and from it
how many subjects have the events in time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from trialwright.design.survival.required_events import compute_required_events
from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindedSurvivalSize:
    """Of times to an event.

    hazard             pooled: events per unit of time under observation
    required_events    rounded up
    event_probability  of a subject, up to the final analysis as planned
    total_units        subjects of the whole trial, rounded up
    is_enough          whether that many, within the limits, are expected to have the events in time
    """

    hazard: float
    required_events: int
    event_probability: float
    total_units: int
    is_enough: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindedSurvivalRule:
    """Subjects in all, so that the events come by the planned time, from the pooled hazard.

    hazard_ratio       planned, experimental / control
    accrual_duration   over which subjects come in evenly
    study_duration     from the first subject to the final analysis
    dropout_hazard     of both arms
    alpha              one-sided

    The number of events stands, since it makes the power; the hazards of the arms are those with the planned ratio
    whose mean, weighted by allocation, is the pooled one. Hazards are constant.
    Source: Friede T, Pohlmann H, Schmidli H. Pharm Stat 2019;18:351-365. Events: Schoenfeld DA. Biometrics
    1983;39:499-503.
    """

    hazard_ratio: float
    accrual_duration: float
    study_duration: float
    alpha: float
    power: float
    minimum: int
    maximum: int
    dropout_hazard: float = 0.0
    allocation_ratio: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.accrual_duration <= self.study_duration < math.inf:
            raise DesignError(
                f"BlindedSurvivalRule.accrual_duration is {self.accrual_duration!r} and study_duration "
                f"{self.study_duration!r}. Give times above 0, accrual ending by the final analysis."
            )

    def size(self, *, events: int, time: float) -> BlindedSurvivalSize:
        """From the events of both arms together, and all subjects' time under observation."""
        if not (events >= 1 and 0 < time < math.inf):
            raise DesignError(
                f"There are {events!r} events in {time!r} of time under observation, which give no hazard. Wait for "
                "events, and give the sum of all subjects' times."
            )
        hazard, r = events / time, self.allocation_ratio
        required = math.ceil(
            compute_required_events(
                hazard_ratio=self.hazard_ratio, alpha=self.alpha, sided=1, power=self.power, allocation_ratio=r
            )
            - 1e-9
        )
        control = hazard * (1 + r) / (1 + r * self.hazard_ratio)
        probability = (self._probability(control) + r * self._probability(control * self.hazard_ratio)) / (1 + r)
        wanted = math.ceil(required / probability - 1e-9)
        total = min(max(wanted, self.minimum), self.maximum)
        return BlindedSurvivalSize(
            hazard=hazard,
            required_events=required,
            event_probability=probability,
            total_units=total,
            is_enough=wanted <= self.maximum,
        )

    def _probability(self, hazard: float) -> float:
        """That a subject who comes in at any time of accrual has the event by the final analysis."""
        either = hazard + self.dropout_hazard
        shortest, span = self.study_duration - self.accrual_duration, self.accrual_duration
        staying = math.exp(-either * shortest) * -math.expm1(-either * span) / (either * span)
        return hazard / either * (1 - staying)

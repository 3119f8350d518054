"""What a scenario says of the effect of the primary comparison."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialwright.design.definition.model import DesignDefinition, DesignScenario
    from trialwright.design.simulation.plans import TimeToEvent


def has_effect(definition: DesignDefinition, scenario: DesignScenario, endpoint: str) -> bool:
    """Whether the arm of the primary comparison is better than the control in this endpoint.

    For a time to an event: with a smaller cumulative hazard (a greater one, where shorter times are better) one unit of
    time after the last change of the hazards of either arm.
    """
    from trialwright.design.simulation.plans import NormalOutcome, TimeToEvent

    arm = definition.arm_number(definition.test.comparisons[0])
    outcome = scenario.outcomes[endpoint]
    if isinstance(outcome, TimeToEvent):
        excess = _excess_hazard(outcome, arm)
        return excess < 0 if outcome.better == "longer" else excess > 0
    values = outcome.means if isinstance(outcome, NormalOutcome) else outcome.probabilities
    difference = values[arm] - values[0]
    return difference > 0 if outcome.better == "higher" else difference < 0


def _excess_hazard(outcome: TimeToEvent, arm: int) -> float:
    """Cumulative hazard of an arm minus the control's, one unit of time after the last change."""
    control, other = outcome.hazards[0], outcome.hazards[arm]
    starts = sorted({*control.starts, *other.starts})
    ends = [(start, end) for start, end in pairwise([*starts, starts[-1] + 1.0])]
    return sum((other.at(start) - control.at(start)) * (end - start) for start, end in ends)

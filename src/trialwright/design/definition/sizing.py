"""The subjects and events of a design that give its primary comparison the power that is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from trialwright.design.definition.model import DesignDefinition, TrialDesign
from trialwright.design.definition.planning import (
    compute_bounds,
    compute_expected_events,
    compute_power_at,
    count_possible_events,
    planned_followup,
)
from trialwright.errors import DesignError

#: More subjects than any trial has; where these do not suffice, no number is said to.
MOST_SUBJECTS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedSize:
    """The size of a design, by the normal approximation in the planned scenario.

    design            with its size; its `computed` says what was computed
    power             attained
    inflation_factor  maximum information in units of what the design without interim analyses needs; 1 for that one
    """

    design: TrialDesign
    power: float
    inflation_factor: float


def compute_sample_size(
    definition: DesignDefinition, design: TrialDesign, *, subjects: bool = True, events: bool = False
) -> ComputedSize:
    """The least size with which the primary comparison has the target power in the planned scenario.

    subjects  to be computed: in whole blocks of the allocation
    events    to be computed, of a time to an event

    A time to an event needs a followup for its subjects: so many that the events are expected when the last of them has
    been followed so long. Its events are those that have the power if the final analysis is as soon as they have come.
    Raises `DesignError` where no size has the power.
    """
    bounds = compute_bounds(definition, design)
    target, kind = definition.test.target_power, definition.endpoint(design.endpoint).kind

    def power(one: TrialDesign) -> float:
        return compute_power_at(definition, one, definition.planned, bounds).power

    if kind != "time_to_event":
        if events:
            raise DesignError(
                f"designs.{design.id}.events cannot be computed: {design.endpoint} is no time to an event. Leave "
                "it out."
            )
        found = _least_subjects(design, lambda one: power(one) >= target) if subjects else design
    elif subjects:
        found = _least_subjects_for_events(definition, design, power, with_events=events)
    else:
        found = _least_events(definition, design, power, target) if events else design
    names = (*(("subjects",) if subjects else ()), *(("events",) if events else ()))
    return ComputedSize(
        design=replace(found, computed=names),
        power=power(found),
        inflation_factor=1.0 if bounds is None else bounds.inflation_factor,
    )


def _least_subjects_for_events(
    definition: DesignDefinition, design: TrialDesign, power: Callable[[TrialDesign], float], *, with_events: bool
) -> TrialDesign:
    target = definition.test.target_power
    if not planned_followup(definition, design):
        raise DesignError(
            f"designs.{design.id}.subjects cannot be computed: {design.endpoint} has no followup, so that any number "
            f"of subjects would do if one waits long enough. Give endpoints.{design.endpoint}.followup, from the last "
            "subject to the final analysis, or the subjects."
        )
    if not with_events and design.events is None:
        raise DesignError(f"designs.{design.id} needs its events, a number or computed, for its subjects.")

    def has_the_events(one: TrialDesign) -> bool:
        expected = compute_expected_events(definition, one, definition.planned)
        if with_events:
            whole = math.floor(expected + 1e-9)
            return whole >= 1 and power(_at_events(one, whole)) >= target
        return expected >= (one.events or 0)

    found = _least_subjects(design, has_the_events)
    return _least_events(definition, found, power, target) if with_events else found


def _least_events(
    definition: DesignDefinition, design: TrialDesign, power: Callable[[TrialDesign], float], target: float
) -> TrialDesign:
    most = math.floor(count_possible_events(definition, design, definition.planned) * (1 - 1e-9))
    if most < 1 or power(_at_events(design, most)) < target:
        reached = power(_at_events(design, most)) if most >= 1 else 0.0
        raise DesignError(
            f"designs.{design.id}: power {target:g} cannot be reached: its {design.subjects} subjects are expected to "
            f"have at most {most} events in the scenario {definition.planned.id}, which give {reached:.3f}. What would "
            "work: more subjects, longer follow-up, fewer dropouts, a larger effect, or less power."
        )
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(_at_events(design, middle)) >= target else (middle, high)
    return replace(design, events=high)


def _at_events(design: TrialDesign, events: int) -> TrialDesign:
    """Whose final analysis is at so many events, however long the last subject has been followed."""
    return replace(design, events=events, followup=0.0)


def _least_subjects(design: TrialDesign, suffices: Callable[[TrialDesign], bool]) -> TrialDesign:
    """The design with the fewest whole blocks that suffice; more always do as well."""
    block = sum(design.allocation)

    def of(blocks: int) -> TrialDesign:
        return replace(design, subjects=blocks * block)

    low, high = 0, 1
    while not suffices(of(high)):
        low, high = high, 2 * high
        if high * block > MOST_SUBJECTS:
            raise DesignError(
                f"designs.{design.id}: the target power is not reached with {low * block:,} subjects either, so they "
                "cannot be computed. Assume a larger effect in the planned scenario, or ask for less power."
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(of(middle)) else (middle, high)
    return of(high)

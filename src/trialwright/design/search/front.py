"""Which designs nothing else beats, and which limits a design breaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trialwright.design.search.measures import measure_of
from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.search.model import DesignEvaluation, Objective


def values_of(objectives: Sequence[Objective], evaluation: DesignEvaluation) -> tuple[float, ...]:
    """The value of each objective."""
    return tuple(_value(objective, evaluation) for objective in objectives)


def _value(objective: Objective, evaluation: DesignEvaluation) -> float:
    value = measure_of(objective, evaluation).value
    if value is None:
        raise DesignError(
            f"The objective {objective.measure} has no value, since no scenario has an effect of the primary "
            "comparison. Add one that has, or take the objective out."
        )
    return value


def aims_of(objectives: Sequence[Objective]) -> tuple[tuple[int, float], ...]:
    """The objectives to be made large or small, by their places, with the sign that makes each a cost."""
    signs = {"maximize": -1.0, "minimize": 1.0}
    return tuple((number, signs[one.sense]) for number, one in enumerate(objectives) if one.sense)


def excesses_of(objectives: Sequence[Objective], values: Sequence[float]) -> tuple[float, ...]:
    """By how much each limit is broken; 0 or below where it is kept."""
    found: list[float] = []
    for objective, value in zip(objectives, values, strict=True):
        if objective.at_least is not None:
            found.append(objective.at_least - value)
        if objective.at_most is not None:
            found.append(value - objective.at_most)
    return tuple(found)


def broken_limits(objectives: Sequence[Objective], values: Sequence[float]) -> tuple[str, ...]:
    """In words, each limit that is broken: "power is 0.893, and at least 0.9 is asked"."""
    words: list[str] = []
    for objective, value in zip(objectives, values, strict=True):
        name = f"{objective.measure} in {objective.scenario}" if objective.scenario else objective.measure
        if objective.at_least is not None and not value >= objective.at_least:
            words.append(f"{name} is {value:.6g}, and at least {objective.at_least:g} is asked")
        if objective.at_most is not None and not value <= objective.at_most:
            words.append(f"{name} is {value:.6g}, and at most {objective.at_most:g} is asked")
    return tuple(words)


def find_front(
    objectives: Sequence[Objective], values: Sequence[Sequence[float]], is_feasible: Sequence[bool]
) -> tuple[int, ...]:
    """The places of those that keep the limits and that no other such one beats, the best by the first objective first.

    One beats another if it is as good in every objective that is to be made large or small, and better in one. Those
    that are equal in all of them do not beat each other.
    """
    aims = aims_of(objectives)
    costs = {
        place: tuple(sign * row[number] for number, sign in aims)
        for place, row in enumerate(values)
        if is_feasible[place]
    }
    front = [place for place, cost in costs.items() if not any(_beats(other, cost) for other in costs.values())]
    return tuple(sorted(front, key=lambda place: costs[place]))


def _beats(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True)) and tuple(one) != tuple(other)

"""Whether a search can be made at all: its space, objectives and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, get_args

from trialwright.design.search.model import Measure
from trialwright.design.search.scenarios import has_effect
from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.definition.model import DesignDefinition
    from trialwright.design.search.model import Objective
    from trialwright.design.search.space import SearchSpace

_PROBABILITIES = ("power", "least_power", "probability_of_success")
#: Measures of the design as a whole, which no scenario can be named for.
_OF_THE_DESIGN = ("maximum_subjects", "maximum_cost", "least_power", "probability_of_success")


def check_seed(seed: int) -> None:
    """A seed is a whole number from 0."""
    if seed < 0:
        raise DesignError(f"seed must not be negative, got {seed!r}. Give a whole number from 0, such as 2026.")


def check_numbers(*, candidates: int, trials: int, verify_trials: int) -> None:
    """How much is searched and simulated."""
    if candidates < 2:
        raise DesignError(
            f"candidates must be at least 2, got {candidates!r}: a search compares. Usual are 200; for the designs of "
            "the definition use compare_designs."
        )
    for name, value, usual in (("trials", trials, "2,000"), ("verify_trials", verify_trials, "20,000")):
        if value < 1:
            raise DesignError(f"{name} must be at least 1, got {value!r}. Usual are {usual}.")


def check_space(definition: DesignDefinition, space: SearchSpace) -> None:
    """The values of a space are ones that the definition knows."""
    known = [one.id for one in definition.endpoints]
    for endpoint in space.endpoint or (space.base.endpoint,):
        if endpoint not in known:
            raise DesignError(
                f"search.space.endpoint {endpoint!r} is no endpoint of the definition. It has: {', '.join(known)}."
            )
        for scenario in definition.scenarios:
            if endpoint not in scenario.outcomes:
                raise DesignError(
                    f"search.space.endpoint {endpoint!r} has no outcome in the scenario {scenario.id}, so no design "
                    "for it can be simulated there. Add the outcome, or take the endpoint out."
                )
    groups = [one.id for one in definition.sites]
    for group, numbers in space.sites.items():
        if group not in groups:
            raise DesignError(
                f"search.space.sites.{group} is no group of sites of the definition. It has: {', '.join(groups)}."
            )
        if any(number < 0 for number in numbers):
            raise DesignError(f"search.space.sites.{group} must not be negative, got {min(numbers)}. Give 0 for none.")
    size = space.size(definition)
    if size < 2:
        raise DesignError(
            "The space of the search has one design only, so that there is nothing to choose. Give two or more values "
            "of something, or use compare_designs."
        )


def check_objectives(definition: DesignDefinition, space: SearchSpace, objectives: Sequence[Objective]) -> None:
    """What is wanted can be measured, and is no contradiction."""
    if not any(one.sense for one in objectives):
        raise DesignError(
            "No objective is to be maximized or minimized, so that no design is better than another. Give one or more "
            "a sense, such as {measure: expected_subjects, sense: minimize}."
        )
    seen: list[tuple[str, str | None]] = []
    for objective in objectives:
        check_objective(definition, space, objective)
        what = (objective.measure, objective.scenario)
        if what in seen:
            raise DesignError(
                f"The objective {_name(objective)} is named twice. Put its sense and its limits together in one."
            )
        seen.append(what)


def check_objective(definition: DesignDefinition, space: SearchSpace, objective: Objective) -> None:
    """What one objective asks for can be measured, and can be."""
    _check_measure(definition, space, objective)
    _check_limits(space, objective)


def _check_measure(definition: DesignDefinition, space: SearchSpace, objective: Objective) -> None:
    measure, scenario = objective.measure, objective.scenario
    if measure not in get_args(Measure):
        raise DesignError(f"There is no measure {measure!r} of designs. Known are: {', '.join(get_args(Measure))}.")
    if objective.sense not in ("maximize", "minimize", None):
        raise DesignError(
            f"The objective {_name(objective)} has the sense {objective.sense!r}. Give maximize, minimize, or none "
            "for a limit alone."
        )
    known = [one.id for one in definition.scenarios]
    if scenario is not None and measure in _OF_THE_DESIGN:
        raise DesignError(
            f"The objective {measure} is of a design over all scenarios, and cannot be of {scenario}. Leave out the "
            "scenario."
        )
    if scenario is not None and scenario not in known:
        raise DesignError(
            f"The objective {measure} names the scenario {scenario!r}, which the definition does not have. It has: "
            f"{', '.join(known)}."
        )
    if measure in ("expected_cost", "maximum_cost") and definition.cost is None:
        raise DesignError(
            f"The objective {measure} needs a cost model, which the definition does not have. Add cost to design.yaml, "
            "or take the objective out."
        )
    has_weights = any(one.weight > 0 for one in definition.scenarios)
    if measure == "probability_of_success" and definition.prior is None and not has_weights:
        raise DesignError(
            "The objective probability_of_success needs a prior, or weights of the scenarios, and the definition has "
            "neither. Add one of them to design.yaml, or take the objective out."
        )
    if measure == "least_power":
        for endpoint in space.endpoint or (space.base.endpoint,):
            if not any(has_effect(definition, one, endpoint) for one in definition.scenarios):
                raise DesignError(
                    "The objective least_power has no value, since no scenario has an effect of the primary comparison "
                    f"in {endpoint}. Add one that has, or take the objective out."
                )


def _check_limits(space: SearchSpace, objective: Objective) -> None:
    low, high, name = objective.at_least, objective.at_most, _name(objective)
    if objective.sense is None and low is None and high is None:
        raise DesignError(
            f"The objective {name} has neither a sense nor a limit, so that it asks for nothing. Give sense, at_least "
            "or at_most."
        )
    if low is not None and high is not None and low > high:
        raise DesignError(
            f"The objective {name} is to be at least {low:g} and at most {high:g}, which no design can be. Exchange "
            "the limits, or leave one out."
        )
    if objective.measure in _PROBABILITIES:
        least, most = 0.0, 1.0
    elif objective.measure == "maximum_subjects":
        sizes = space.subjects or (space.base.subjects,)
        least, most = float(min(sizes)), float(max(sizes))
    else:
        least, most = 0.0, float("inf")
    if low is not None and not low <= most:
        raise DesignError(
            f"The objective {name} is to be at least {low:g}, but it is {most:g} at most. Lower the limit."
        )
    if high is not None and not high >= least:
        raise DesignError(
            f"The objective {name} is to be at most {high:g}, but it is {least:g} at least. Raise the limit."
        )


def _name(objective: Objective) -> str:
    return f"{objective.measure} in {objective.scenario}" if objective.scenario else objective.measure

"""The part `search` of `design.yaml`: what may be chosen, and what is wanted.

Every problem is reported, all of them together, each at its line and column.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Generic, Literal, TypeVar

from pydantic import Field

from trialwright.design.definition.borders import Looks, Sites, Subjects, Weight
from trialwright.design.definition.model import even_fractions
from trialwright.design.definition.rules import read_efficacy, read_futility
from trialwright.design.search.model import Measure, Objective
from trialwright.design.search.requests import check_numbers, check_objective, check_objectives, check_space
from trialwright.design.search.space import SearchSpace
from trialwright.errors import DesignError, PlanError
from trialwright.marked_yaml import Border, Node, Problems, Text, validate

if TYPE_CHECKING:
    from trialwright.design.definition.model import DesignDefinition, TrialDesign
    from trialwright.design.definition.reading import DesignFile

Number = TypeVar("Number", int, float)
Rule = TypeVar("Rule")

#: More would take for ever, and say no more.
Trials = Annotated[int, Field(le=10_000_000)]
#: More values than anybody means; most likely the step is too small.
_MOST_VALUES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """What `design.yaml` asks of a search: the arguments of `optimize_design`."""

    space: SearchSpace
    objectives: tuple[Objective, ...]
    candidates: int
    trials: int
    verify_trials: int


class _Steps(Border, Generic[Number]):
    start: Number = Field(alias="from")
    to: Number
    step: Number


class _SpaceBorder(Border):
    subjects: list[Annotated[Subjects, Field(ge=2)]] | _Steps[Subjects] | None = None
    events: list[Annotated[Subjects, Field(ge=1)]] | _Steps[Subjects] | None = None
    allocation: list[list[Weight] | dict[str, Weight]] | None = None
    endpoint: list[Text] | None = None
    followup: list[Annotated[float, Field(ge=0, allow_inf_nan=False)]] | _Steps[float] | None = None
    looks: list[Looks | list[float]] | None = None
    efficacy: list[object] | None = None
    futility: list[object] | None = None
    sites: dict[str, list[Sites] | _Steps[Sites]] | None = None


class _ObjectiveBorder(Border):
    measure: Measure
    sense: Literal["maximize", "minimize"] | None = None
    scenario: Text | None = None
    at_least: float | None = None
    at_most: float | None = None


class _SearchBorder(Border):
    base: Text | None = None
    candidates: Annotated[int, Field(le=1_000_000)] = 200
    trials: Trials = 2_000
    verify_trials: Trials = 20_000
    space: _SpaceBorder
    objectives: list[_ObjectiveBorder] = Field(min_length=1)


def read_search(file: DesignFile) -> SearchRequest:
    """What the file asks of a search. Raises `DesignError` with every problem, or if it asks for none."""
    if file.search_node is None:
        raise DesignError(
            "The design has no part search, so that there is nothing to search for. Give search: with the space to "
            "choose from, and the objectives."
        )
    problems = Problems()
    request = _read(file.definition, file.search_node, problems)
    try:
        problems.raise_if_any()
    except PlanError as error:
        raise DesignError(str(error)) from error
    # Without a problem there is a request.
    assert request is not None
    return request


def _read(definition: DesignDefinition, node: Node, problems: Problems) -> SearchRequest | None:
    border = validate(node, _SearchBorder, problems)
    if border is None:
        return None
    base = definition.designs.get(border.base or definition.chosen)
    if base is None:
        known = ", ".join(definition.designs)
        problems.add(node["base"], f"there is no design {border.base!r}. There are: {known}.")
        return None
    numbers = {"candidates": border.candidates, "trials": border.trials, "verify_trials": border.verify_trials}
    _checked(node, problems, lambda: check_numbers(**numbers))
    space = _space(definition, base, border.space, node["space"], problems)
    if space is None:
        return None
    objectives = tuple(Objective(**dict(one)) for one in border.objectives)
    found = len(problems.found)
    for place, objective in zip(node["objectives"].items, objectives, strict=True):
        _checked(place, problems, partial(check_objective, definition, space, objective))
    if len(problems.found) == found:
        _checked(node["objectives"], problems, lambda: check_objectives(definition, space, objectives))
    return SearchRequest(space=space, objectives=objectives, **numbers)


def _space(
    definition: DesignDefinition, base: TrialDesign, border: _SpaceBorder, node: Node, problems: Problems
) -> SearchSpace | None:
    for key, child in node.mapping.items():
        empty = [child, *child.mapping.values()] if key == "sites" else [child]
        for one in empty:
            if one.value in ([], {}):
                problems.add(one, "there is nothing to choose from here. Give one or more values, or leave this out.")
    found = len(problems.found)
    sided = definition.test.sided
    values = {
        "subjects": _numbers(border.subjects, node.get("subjects"), problems),
        "events": _numbers(border.events, node.get("events"), problems),
        "followup": _numbers(border.followup, node.get("followup"), problems),
        "allocation": _allocations(definition, border.allocation or [], node.get("allocation"), problems),
        "endpoint": tuple(border.endpoint or ()),
        "information_fractions": _looks(border.looks or [], node.get("looks"), problems),
        "efficacy": _rules(node.get("efficacy"), problems, read_efficacy),
        "futility": _rules(node.get("futility"), problems, lambda one, into: read_futility(one, sided, into)),
        "sites": {
            group: _numbers(numbers, node["sites"][group], problems) for group, numbers in (border.sites or {}).items()
        },
    }
    if len(problems.found) > found:
        return None
    space: SearchSpace | None = None
    try:
        space = SearchSpace(base=base, **values)  # type: ignore[arg-type] # each is of its own key
        check_space(definition, space)
    except DesignError as error:
        problems.add(node, str(error))
    return space


def _numbers(border: list[Number] | _Steps[Number] | None, node: Node | None, problems: Problems) -> tuple[Number, ...]:
    if border is None or node is None:
        return ()
    if isinstance(border, list):
        return tuple(border)
    first, last, step = border.start, border.to, border.step
    if not (math.isfinite(first) and math.isfinite(last) and step > 0 and first <= last):
        problems.add(
            node, f"a range must go up from `from` to `to` by a step above 0. Found from {first} to {last} by {step}."
        )
        return ()
    # A sum of steps such as 0.1 may end just above `to`.
    count = math.floor((last - first) / step + 1e-9) + 1
    if count > _MOST_VALUES:
        problems.add(
            node, f"this is {count:,} values; {_MOST_VALUES:,} at most can be chosen from. Take a larger step."
        )
        return ()
    return tuple(first + step * number for number in range(count))


def _allocations(
    definition: DesignDefinition,
    borders: Sequence[list[int] | dict[str, int]],
    node: Node | None,
    problems: Problems,
) -> tuple[tuple[int, ...], ...]:
    arms = [arm.id for arm in definition.arms]
    read: list[tuple[int, ...]] = []
    for border, place in zip(borders, node.items if node else [], strict=True):
        names = list(border) if isinstance(border, dict) else arms
        weights = tuple(border[arm] for arm in arms if arm in border) if isinstance(border, dict) else tuple(border)
        if set(names) != set(arms) or len(weights) != len(arms) or any(weight < 1 for weight in weights):
            problems.add(place, f"an allocation must have a weight from 1 for each arm: {', '.join(arms)}.")
        read.append(weights)
    return tuple(read)


def _looks(
    borders: Sequence[int | list[float]], node: Node | None, problems: Problems
) -> tuple[tuple[float, ...], ...]:
    """Information fractions: of so many even looks, or as given."""
    read: list[tuple[float, ...]] = []
    for border, place in zip(borders, node.items if node else [], strict=True):
        fractions = tuple(map(float, border)) if isinstance(border, list) else even_fractions(border)
        if not fractions or fractions[-1] != 1 or any(not a < b for a, b in pairwise((0.0, *fractions))):
            problems.add(
                place,
                "looks must be a number from 1, or fractions of the information that increase from above 0 to 1, such "
                f"as [0.5, 1]. Found {border}.",
            )
        read.append(fractions)
    return tuple(read)


def _rules(
    node: Node | None, problems: Problems, read: Callable[[Node, Problems], Rule | None]
) -> tuple[Rule | None, ...]:
    """The rules of a list; null is none."""
    items = node.items if node else []
    return tuple(None if one.value is None else read(one, problems) for one in items)


def _checked(node: Node, problems: Problems, check: Callable[[], None]) -> None:
    try:
        check()
    except DesignError as error:
        problems.add(node, str(error))

"""`design.yaml`: what is asked of a study's design, what is assumed, and the designs in question.

Every problem of a file is reported, all of them together, each at its line and column.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trialwright.design.definition import borders
from trialwright.design.definition.inheriting import with_base
from trialwright.design.definition.model import (
    CostModel,
    CostPart,
    DesignArm,
    DesignDefinition,
    DesignEndpoint,
    DesignScenario,
    DesignTest,
    EffectPrior,
    SiteGroup,
    TrialDesign,
    even_fractions,
)
from trialwright.design.definition.outcomes import read_outcome
from trialwright.design.definition.planning import (
    compute_bounds,
    compute_power,
    count_possible_events,
    plan_trial,
)
from trialwright.design.definition.rules import read_efficacy, read_futility
from trialwright.design.definition.sizing import compute_sample_size
from trialwright.errors import DesignError, PlanError
from trialwright.marked_yaml import Node, Problems, parse_yaml, read_yaml, text_digest, validate

_NEEDED = ("design", "arms", "endpoints", "test", "scenarios", "enrollment", "designs")
_OTHER = ("cost", "prior", "search")
_ID = re.compile(r"[A-Za-z0-9_-]+")
#: What an effect may be above 0 by rounding alone.
_NOTHING = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class DesignFile:
    """What a `design.yaml` says.

    search_node  the part `search`, as it was written, for the search's own reader; None without one
    digest       SHA-256 of the file's text
    """

    definition: DesignDefinition
    search_node: Node | None
    digest: str


def read_design(path: Path) -> DesignFile:
    """The definition in a file. Raises `DesignError` with every problem, each at its line and column."""
    try:
        root = read_yaml(path)
    except PlanError as error:
        raise DesignError(str(error)) from error
    return _read(root, text_digest(path.read_text(encoding="utf-8")))


def parse_design(text: str, *, file: str = "design.yaml") -> DesignFile:
    """As `read_design`, of a text; `file` is what errors call it."""
    try:
        root = parse_yaml(text, file=file)
    except PlanError as error:
        raise DesignError(str(error)) from error
    return _read(root, text_digest(text))


def _read(root: Node, digest: str) -> DesignFile:
    problems = Problems()
    definition = _read_definition(root, problems)
    try:
        problems.raise_if_any()
    except PlanError as error:
        raise DesignError(str(error)) from error
    # Without a problem there is a definition.
    assert definition is not None
    return DesignFile(definition=definition, search_node=root.get("search"), digest=digest)


def _read_definition(root: Node, problems: Problems) -> DesignDefinition | None:
    if not isinstance(root.value, dict):
        problems.add(root, f"a design must be a mapping with {', '.join(_NEEDED)}.")
        return None
    for key, node in root.mapping.items():
        if key not in (*_NEEDED, *_OTHER):
            problems.add(
                node.key_node or node,
                f"the key {key!r} is not known here. Known are: {', '.join((*_NEEDED, *_OTHER))}.",
            )
    for key in _NEEDED:
        if key not in root.mapping:
            problems.add(root, f"the key {key!r} is missing.")
    if problems.found:
        return None
    head = validate(root["design"], borders.DesignBorder, problems)
    arms = tuple(_arms(root["arms"], problems))
    endpoints = {id: one for id, node in _each(root["endpoints"], problems) if (one := _endpoint(node, problems))}
    test = _test(root["test"], arms, problems)
    sites = tuple(_sites(root["enrollment"], problems))
    cost = _cost(root.get("cost"), problems)
    prior = _prior(root.get("prior"), problems)
    if problems.found or head is None or test is None:
        # What follows would speak of arms and endpoints that could not be read.
        return None
    ids = tuple(arm.id for arm in arms)
    scenarios = tuple(_scenarios(root["scenarios"], endpoints, ids, problems))
    nodes = _with_bases(root["designs"], problems)
    read = (_Designs(endpoints, ids, sites, test, problems).read(id, node) for id, node in nodes.items())
    designs = {one.design.id: one for one in read if one is not None}
    if head.chosen not in root["designs"].mapping:
        known = ", ".join(root["designs"].mapping) or "none"
        problems.add(root["design"]["chosen"], f"there is no design {head.chosen!r}. There are: {known}.")
    if problems.found:
        return None
    definition = DesignDefinition(
        title=head.title,
        time_unit=head.time_unit,
        arms=arms,
        endpoints=tuple(
            DesignEndpoint(id=id, label=one.label, kind=one.kind, followup=one.followup)
            for id, one in endpoints.items()
        ),
        test=test,
        scenarios=scenarios,
        sites=sites,
        designs={id: one.design for id, one in designs.items()},
        chosen=head.chosen,
        cost=cost,
        prior=prior,
    )
    _check_outcomes(root, definition, problems)
    if problems.found:
        return None
    return _with_sizes(root, definition, designs, problems)


def _each(node: Node, problems: Problems) -> Iterator[tuple[str, Node]]:
    """The parts of a mapping by their ids."""
    if not isinstance(node.value, dict) or not node.value:
        problems.add(node, "this must be a mapping with at least one entry, each by its id.")
        return
    for id, child in node.mapping.items():
        if not _ID.fullmatch(id):
            problems.add(child.key_node or child, f"{id!r} is no id. Use letters, digits, _ and - alone.")
        yield id, child


def _arms(node: Node, problems: Problems) -> Iterator[DesignArm]:
    for id, child in _each(node, problems):
        if isinstance(child.value, str):
            yield DesignArm(id=id, name=child.value)
        elif border := validate(child, borders.ArmBorder, problems):
            yield DesignArm(id=id, name=border.name, usdm=border.usdm)
    if len(node.mapping) == 1:
        problems.add(node, "there is one arm alone. Give the control first, and one or more to compare with it.")


def _endpoint(node: Node, problems: Problems) -> borders.EndpointBorder | None:
    border = validate(node, borders.EndpointBorder, problems)
    if border is None:
        return None
    fitting = ("longer", "shorter") if border.kind == "time_to_event" else ("higher", "lower")
    if border.better not in fitting:
        problems.add(
            node["better"], f"of a {border.kind} endpoint {border.better!r} is not better. Give {' or '.join(fitting)}."
        )
    if border.kind != "time_to_event" and "followup" not in border.model_fields_set:
        problems.add(
            node,
            "the key 'followup' is missing: the time from randomization to the outcome. Give it, or 0 where the "
            "outcome is known at once.",
        )
    return border


def _test(node: Node, arms: Sequence[DesignArm], problems: Problems) -> DesignTest | None:
    border = validate(node, borders.TestBorder, problems)
    if border is None:
        return None
    experimental = [arm.id for arm in arms[1:]]
    for place, id in zip(node["comparisons"].items, border.comparisons, strict=True):
        if id not in experimental:
            what = "is the control, with which the others are compared" if arms and id == arms[0].id else "is no arm"
            problems.add(place, f"{id!r} {what}. Comparisons can be of: {', '.join(experimental) or 'none'}.")
    try:
        return DesignTest(
            alpha=border.alpha,
            sided=border.sided,
            target_power=border.power,
            comparisons=tuple(border.comparisons),
            multiplicity=border.multiplicity,
        )
    except DesignError as error:
        problems.add(_place(node, error, skip=1), str(error))
        return None


def _sites(node: Node, problems: Problems) -> Iterator[SiteGroup]:
    for id, child in _each(node, problems):
        border = validate(child, borders.SitesBorder, problems)
        if border is None:
            continue
        try:
            yield SiteGroup(
                id=id,
                label=border.label or id,
                sites=border.sites,
                rate=border.rate,
                first_opening=border.first_opening,
                last_opening=border.first_opening if border.last_opening is None else border.last_opening,
            )
        except DesignError as error:
            problems.add(_place(child, error, skip=2), str(error))


def _cost(node: Node | None, problems: Problems) -> CostModel | None:
    if node is None:
        return None
    border = validate(node, borders.CostBorder, problems)
    if border is None:
        return None
    parts = []
    for id, part in border.parts.items():
        try:
            parts.append(CostPart(id=id, label=part.label or id, per=part.per, amount=part.amount))
        except DesignError as error:
            problems.add(node["parts"][id]["amount"], str(error))
    return CostModel(currency=border.currency, parts=tuple(parts))


def _prior(node: Node | None, problems: Problems) -> EffectPrior | None:
    border = None if node is None else validate(node, borders.PriorBorder, problems)
    if node is None or border is None:
        return None
    try:
        return EffectPrior(mean=border.mean, sd=border.sd)
    except DesignError as error:
        problems.add(node, str(error))
        return None


def _with_bases(node: Node, problems: Problems, *, deep: str = "") -> dict[str, Node]:
    parts = dict(_each(node, problems))
    return {id: with_base(id, parts, problems, deep=deep) for id in parts}


def _scenarios(
    node: Node, endpoints: Mapping[str, borders.EndpointBorder], arms: tuple[str, ...], problems: Problems
) -> Iterator[DesignScenario]:
    for id, child in _with_bases(node, problems, deep="outcomes").items():
        border = validate(child, borders.ScenarioBorder, problems)
        if border is None:
            continue
        outcomes = {}
        for endpoint in border.outcomes:
            place = child["outcomes"][endpoint]
            if endpoint not in endpoints:
                problems.add(
                    place.key_node or place,
                    f"there is no endpoint {endpoint!r}. There are: {', '.join(endpoints)}.",
                )
            elif (outcome := read_outcome(place, endpoints[endpoint], arms, problems)) is not None:
                outcomes[endpoint] = outcome
        try:
            yield DesignScenario(
                id=id,
                label=border.label or id,
                outcomes=outcomes,
                enrollment_factor=border.enrollment_factor,
                weight=border.weight,
            )
        except DesignError as error:
            problems.add(_place(child, error, skip=2), str(error))


@dataclass(frozen=True, kw_only=True)
class _ReadDesign:
    """A design, and which of its sizes are to be computed."""

    design: TrialDesign
    computes_subjects: bool
    computes_events: bool


@dataclass(frozen=True)
class _Designs:
    """What a design may name, and where its problems go."""

    endpoints: Mapping[str, borders.EndpointBorder]
    arms: tuple[str, ...]
    sites: tuple[SiteGroup, ...]
    test: DesignTest
    problems: Problems

    def read(self, id: str, node: Node) -> _ReadDesign | None:
        """The design at a node, of which sizes to be computed are still missing; None with reasons in the problems."""
        border = validate(node, borders.TrialBorder, self.problems)
        if border is None:
            return None
        found = len(self.problems.found)
        if border.endpoint not in self.endpoints:
            known = ", ".join(self.endpoints)
            self.problems.add(node["endpoint"], f"there is no endpoint {border.endpoint!r}. There are: {known}.")
        elif self.endpoints[border.endpoint].kind != "time_to_event":
            for key in ("events", "followup"):
                given = node.get(key)
                if given is not None and given.value is not None:
                    self.problems.add(
                        given,
                        f"{key} is for a time to an event, which {border.endpoint} is not. Leave it out, or give null "
                        "where a base has it.",
                    )
        for group in border.sites or {}:
            if group not in [one.id for one in self.sites]:
                place, known = node["sites"][group], ", ".join(one.id for one in self.sites)
                self.problems.add(place.key_node or place, f"there is no group of sites {group!r}. There are: {known}.")
        efficacy, futility = node.get("efficacy"), node.get("futility")
        rules = {
            "efficacy": read_efficacy(efficacy, self.problems) if efficacy and efficacy.value is not None else None,
            "futility": read_futility(futility, self.test.sided, self.problems)
            if futility and futility.value is not None
            else None,
        }
        allocation = self._allocation(node, border.allocation)
        if len(self.problems.found) > found:
            return None
        computes_subjects, computes_events = border.subjects == "computed", border.events == "computed"
        try:
            design = TrialDesign(
                id=id,
                label=border.label or id,
                endpoint=border.endpoint,
                # Two until they are computed.
                subjects=border.subjects if isinstance(border.subjects, int) else 2,
                events=border.events if isinstance(border.events, int) else None,
                allocation=allocation,
                information_fractions=_fractions(border.looks),
                futility_is_binding=border.futility_is_binding,
                sites=border.sites,
                followup=border.followup,
                computed=tuple(border.computed),
                **rules,  # type: ignore[arg-type]  # each is the rule of its own key
            )
        except DesignError as error:
            self.problems.add(_place(node, error, skip=2), str(error))
            return None
        return _ReadDesign(design=design, computes_subjects=computes_subjects, computes_events=computes_events)

    def _allocation(self, node: Node, allocation: list[int] | dict[str, int] | None) -> tuple[int, ...]:
        if allocation is None:
            return (1,) * len(self.arms)
        if isinstance(allocation, dict):
            if set(allocation) != set(self.arms):
                self.problems.add(
                    node["allocation"],
                    f"an allocation must have a weight for each arm: {', '.join(self.arms)}. "
                    f"Found {', '.join(allocation) or 'none'}.",
                )
            return tuple(allocation.get(arm, 1) for arm in self.arms)
        if len(allocation) != len(self.arms):
            self.problems.add(
                node["allocation"],
                f"there are {len(allocation)} weights for {len(self.arms)} arms. Give one for each, the control first.",
            )
        return tuple(allocation)


def _fractions(looks: int | list[float]) -> tuple[float, ...]:
    # The design refuses none at all, and says what works.
    return tuple(map(float, looks)) if isinstance(looks, list) else even_fractions(looks)


def _check_outcomes(root: Node, definition: DesignDefinition, problems: Problems) -> None:
    """Each scenario must say something of each endpoint that a design rests on, the planned one an effect."""
    for endpoint in dict.fromkeys(design.endpoint for design in definition.designs.values()):
        for scenario in definition.scenarios:
            if endpoint not in scenario.outcomes:
                users = [one.id for one in definition.designs.values() if one.endpoint == endpoint]
                problems.add(
                    root["scenarios"][scenario.id],
                    f"scenarios.{scenario.id} says nothing of {endpoint}, on which the design {users[0]} rests. Give "
                    f"outcomes.{endpoint}, or a base that has it.",
                )


def _with_sizes(
    root: Node, definition: DesignDefinition, read: Mapping[str, _ReadDesign], problems: Problems
) -> DesignDefinition | None:
    """The definition with what was to be computed; each design must be a possible trial in each scenario."""
    designs = {}
    for id, one in read.items():
        place = root["designs"][id]
        try:
            design = one.design
            if one.computes_subjects or one.computes_events:
                _check_effect(definition, *_trial_sizes(definition, design, computes_events=one.computes_events))
                design = compute_sample_size(
                    definition, design, subjects=one.computes_subjects, events=one.computes_events
                ).design
            compute_bounds(definition, design)
            for scenario in definition.scenarios:
                plan_trial(definition, design, scenario)
            _check_effect(definition, design)
            designs[id] = design
        except DesignError as error:
            problems.add(_place(place, error, skip=2), str(error))
    return None if problems.found else replace(definition, designs=designs)


def _trial_sizes(
    definition: DesignDefinition, design: TrialDesign, *, computes_events: bool
) -> tuple[TrialDesign, ...]:
    """Of sizes at which there is an effect to be looked at, if ever; hazards may differ early, or late."""
    sized = replace(design, subjects=1000 * sum(design.allocation))
    if not computes_events:
        return (sized,)
    most = math.floor(0.99 * count_possible_events(definition, sized, definition.planned))
    return replace(sized, events=1), replace(sized, events=max(most, 1))


def _check_effect(definition: DesignDefinition, *sizes: TrialDesign) -> None:
    """Refuse a design that has no effect in the planned scenario at any of these sizes."""
    effects = [compute_power(definition, design, definition.planned).effect for design in sizes]
    design, effect = sizes[-1], effects[-1]
    if max(effects) > _NOTHING:
        return
    arm, control = definition.test.comparisons[0], definition.arms[0].id
    how = "no better" if effect >= -_NOTHING else "worse"
    ratio = " (a hazard ratio of 1)" if definition.endpoint(design.endpoint).kind == "time_to_event" else ""
    raise DesignError(
        f"designs.{design.id} has no power: in {design.endpoint}, {arm} is {how} than {control} in the planned "
        f"scenario, {definition.planned.id}{ratio if how == 'no better' else ''}. Assume there what the trial is to "
        f"detect, or mend endpoints.{design.endpoint}.better; a scenario without effect belongs further down."
    )


def _place(node: Node, error: DesignError, *, skip: int) -> Node:
    """Where below a node the key is that a message of the model begins with, such as designs.fixed.looks."""
    path = str(error).split(maxsplit=1)[0].rstrip(":").split(".")
    return node.find(path[skip:])

"""The designs that a search may choose from: a value for each thing that can be chosen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.definition.model import DesignDefinition, TrialDesign
    from trialwright.design.sequential import EfficacyRule, FutilityRule

#: A design of a space: the place of its value on each axis.
Place = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Something to be chosen.

    name        as `design.yaml` calls it; of the number of sites, `sites.` and the group
    values      to choose from
    is_ordered  whether a value between two others behaves like something between them
    """

    name: str
    values: tuple[Any, ...]
    is_ordered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpace:
    """Values to choose from; what has none is as in `base`. Fields are those of `TrialDesign`.

    sites  of each group of sites, how many
    """

    base: TrialDesign
    subjects: tuple[int, ...] = ()
    events: tuple[int, ...] = ()
    allocation: tuple[tuple[int, ...], ...] = ()
    endpoint: tuple[str, ...] = ()
    followup: tuple[float, ...] = ()
    information_fractions: tuple[tuple[float, ...], ...] = ()
    efficacy: tuple[EfficacyRule | None, ...] = ()
    futility: tuple[FutilityRule | None, ...] = ()
    sites: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.axes:
            raise DesignError(
                "The space of the search has nothing to choose from. Give two or more values of something, such as "
                "subjects: {from: 200, to: 400, step: 20}."
            )
        for axis in self.axes:
            for place, value in enumerate(axis.values):
                if value in axis.values[:place]:
                    raise DesignError(f"search.space.{axis.name} has a value twice: {value!r}. Give each value once.")

    @property
    def axes(self) -> tuple[Axis, ...]:
        """What there is to choose, in the order of the fields."""
        axes = [
            Axis(name="subjects", values=self.subjects, is_ordered=True),
            Axis(name="events", values=self.events, is_ordered=True),
            Axis(name="allocation", values=self.allocation, is_ordered=False),
            Axis(name="endpoint", values=self.endpoint, is_ordered=False),
            Axis(name="followup", values=self.followup, is_ordered=True),
            Axis(name="looks", values=self.information_fractions, is_ordered=False),
            Axis(name="efficacy", values=self.efficacy, is_ordered=False),
            Axis(name="futility", values=self.futility, is_ordered=False),
            *(Axis(name=f"sites.{group}", values=numbers, is_ordered=True) for group, numbers in self.sites.items()),
        ]
        return tuple(axis for axis in axes if axis.values)

    @property
    def places(self) -> int:
        """Number of combinations of values; some may be the same design."""
        return math.prod(len(axis.values) for axis in self.axes)

    def place(self, number: int) -> Place:
        """A combination by its number from 0, the last axis changing first."""
        place = []
        for axis in reversed(self.axes):
            number, one = divmod(number, len(axis.values))
            place.append(one)
        return tuple(reversed(place))

    def every_place(self) -> Iterator[Place]:
        """All combinations."""
        return map(self.place, range(self.places))

    def canonical(self, place: Place, definition: DesignDefinition) -> Place:
        """The first combination that is the same design: what makes no difference is at its first value."""
        idle = self.idle({axis.name: axis.values[one] for axis, one in zip(self.axes, place, strict=True)}, definition)
        return tuple(0 if axis.name in idle else one for axis, one in zip(self.axes, place, strict=True))

    def size(self, definition: DesignDefinition) -> int:
        """Number of designs."""
        total = 0
        for fractions in self.information_fractions or (self.base.information_fractions,):
            for endpoint in self.endpoint or (self.base.endpoint,):
                idle = self.idle({"looks": fractions, "endpoint": endpoint}, definition)
                decided = {*idle, "looks", "endpoint"}
                total += math.prod(len(axis.values) for axis in self.axes if axis.name not in decided)
        return total

    def idle(self, chosen: Mapping[str, Any], definition: DesignDefinition) -> frozenset[str]:
        """Names of what makes no difference to a design of these looks and this endpoint."""
        fractions = chosen.get("looks", self.base.information_fractions)
        endpoint = chosen.get("endpoint", self.base.endpoint)
        idle: set[str] = set()
        if fractions == (1.0,):
            idle |= {"efficacy", "futility"}
        if definition.endpoint(endpoint).kind != "time_to_event":
            idle |= {"events", "followup"}
        return frozenset(idle)


def choose(space: SearchSpace, place: Place, definition: DesignDefinition) -> TrialDesign:
    """The design at a place of a space.

    What makes no difference is left out, so that equal designs are equal: rules of bounds where there is a single look,
    events and follow-up where the endpoint is no time to an event. Raises `DesignError` where the values are no design,
    such as looks without a rule for them.
    """
    chosen = {axis.name: axis.values[one] for axis, one in zip(space.axes, place, strict=True)}
    for name in space.idle(chosen, definition):
        chosen[name] = None
    sites = dict(space.base.sites or {})
    for group in space.sites:
        sites[group] = chosen.pop(f"sites.{group}")
    fractions = chosen.pop("looks", space.base.information_fractions)
    futility = chosen.get("futility", space.base.futility)
    return replace(
        space.base,
        **chosen,
        information_fractions=fractions,
        sites=sites or None,
        futility_is_binding=space.base.futility_is_binding and futility is not None,
    )


def describe(space: SearchSpace, design: TrialDesign) -> str:
    """A design in a few words: its size, and what else there was to choose."""
    words = [f"{design.subjects} subjects"]
    names = {axis.name for axis in space.axes}
    if design.events is not None:
        words.append(f"{design.events} events")
    if "allocation" in names:
        words.append(":".join(map(str, design.allocation)))
    if "endpoint" in names:
        words.append(design.endpoint)
    if "followup" in names and design.followup is not None:
        words.append(f"follow-up {design.followup:g}")
    if "looks" in names:
        shown = ", ".join(f"{fraction:.3g}" for fraction in design.information_fractions)
        words.append("one look" if design.looks == 1 else f"looks at {shown}")
    if "efficacy" in names and design.efficacy is not None:
        words.append(f"efficacy {describe_rule(design.efficacy)}")
    if "futility" in names and design.futility is not None:
        words.append(f"futility {describe_rule(design.futility)}")
    words += [f"{number} sites {group}" for group, number in (design.sites or {}).items()]
    return "; ".join(words)


def describe_rule(rule: EfficacyRule | FutilityRule) -> str:
    """A rule of bounds with its parameters: Hwang-Shih-DeCani (gamma -2)."""
    name = _RULE_NAMES.get(type(rule).__name__, type(rule).__name__)
    parameters = [(one.name, getattr(rule, one.name)) for one in fields(rule)] if is_dataclass(rule) else []
    shown = ", ".join(f"{key} {_shown(value)}" for key, value in parameters if value is not None)
    return f"{name} ({shown})" if shown else name


_RULE_NAMES = {
    "GivenBounds": "given bounds",
    "HaybittlePeto": "Haybittle-Peto",
    "HwangShihDeCani": "Hwang-Shih-DeCani",
    "KimDeMets": "Kim-DeMets",
    "LanDeMetsOBrienFleming": "Lan-DeMets O'Brien-Fleming",
    "LanDeMetsPocock": "Lan-DeMets Pocock",
    "OBrienFleming": "O'Brien-Fleming",
    "OptimumWangTsiatis": "optimum Wang-Tsiatis",
    "UserSpending": "given spending",
    "WangTsiatis": "Wang-Tsiatis",
}


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value))
    return f"{value:g}" if isinstance(value, int | float) else str(value)

"""Outcomes of scenarios, from what `design.yaml` says of an endpoint."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from trialwright.design.definition import borders
from trialwright.errors import DesignError
from trialwright.marked_yaml import Node, Problems, validate

if TYPE_CHECKING:
    from trialwright.design.simulation.plans import BinaryOutcome, NormalOutcome, Outcome, TimeToEvent
    from trialwright.design.simulation.rates import PiecewiseRate

T = TypeVar("T")


def read_outcome(
    node: Node, endpoint: borders.EndpointBorder, arms: Sequence[str], problems: Problems
) -> Outcome | None:
    """What is assumed of an endpoint, by arm; None with the reasons in `problems`."""
    reader: Callable[[Node, borders.EndpointBorder, _Arms], Outcome | None] = {
        "normal": _normal,
        "binary": _binary,
        "time_to_event": _survival,
    }[endpoint.kind]
    found = len(problems.found)
    try:
        outcome = reader(node, endpoint, _Arms(arms, problems))
    except DesignError as error:
        problems.add(node, str(error))
        return None
    return outcome if len(problems.found) == found else None


class _Arms:
    """The arms in order, and where problems with their values go."""

    def __init__(self, ids: Sequence[str], problems: Problems) -> None:
        self.ids, self.problems = ids, problems

    def values(self, node: Node, key: str, values: Mapping[str, T], fill: T) -> list[T]:
        """The value of each arm; an arm without one, or one that there is not, is a problem."""
        missing = [arm for arm in self.ids if arm not in values]
        if missing:
            self.problems.add(node[key], f"there is no value for {', '.join(missing)}. Give one for each arm.")
        self.refuse_others(node, key, values)
        return [values.get(arm, fill) for arm in self.ids]

    def by_arm(self, node: Node, key: str, value: borders.ByArm | None) -> tuple[float, ...]:
        """One value for all arms, or one for each; none at all where nothing is said."""
        if value is None:
            return ()
        if isinstance(value, dict):
            return tuple(self.values(node, key, value, 0.0))
        return (value,) * len(self.ids)

    def refuse_others(self, node: Node, key: str, values: Mapping[str, object]) -> None:
        for arm in values:
            if arm not in self.ids:
                place = node[key].get(arm) or node[key]
                self.problems.add(
                    place.key_node or place, f"there is no arm {arm!r}. There are: {', '.join(self.ids)}."
                )


def _normal(node: Node, endpoint: borders.EndpointBorder, arms: _Arms) -> NormalOutcome | None:
    from trialwright.design.simulation.plans import NormalOutcome

    border = validate(node, borders.NormalBorder, arms.problems)
    if border is None:
        return None
    if (border.sd is None) == (border.sds is None):
        arms.problems.add(node, "give either sd, one for all arms, or sds, one for each.")
        return None
    return NormalOutcome(
        means=tuple(arms.values(node, "means", border.means, 0.0)),
        sds=arms.by_arm(node, "sd" if border.sds is None else "sds", border.sd if border.sds is None else border.sds),
        delay=endpoint.followup,
        known_variance=border.known_variance,
        missing=arms.by_arm(node, "missing", border.missing),
        better="lower" if endpoint.better == "lower" else "higher",
    )


def _binary(node: Node, endpoint: borders.EndpointBorder, arms: _Arms) -> BinaryOutcome | None:
    from trialwright.design.simulation.plans import BinaryOutcome

    border = validate(node, borders.BinaryBorder, arms.problems)
    if border is None:
        return None
    return BinaryOutcome(
        probabilities=tuple(arms.values(node, "probabilities", border.probabilities, 0.5)),
        delay=endpoint.followup,
        missing=arms.by_arm(node, "missing", border.missing),
        better="lower" if endpoint.better == "lower" else "higher",
    )


def _survival(node: Node, endpoint: borders.EndpointBorder, arms: _Arms) -> TimeToEvent | None:
    from trialwright.design.simulation.plans import TimeToEvent

    border = validate(node, borders.SurvivalBorder, arms.problems)
    if border is None:
        return None
    if (border.medians is None) == (border.hazards is None):
        arms.problems.add(node, "give either medians or hazards, at least of the control.")
        return None
    hazards = _hazards(node, border, arms)
    if hazards is None:
        return None
    return TimeToEvent(
        hazards=tuple(hazards),
        dropout_hazards=_dropout(node, border, endpoint, arms),
        maximum_followup=border.maximum_followup,
        better="shorter" if endpoint.better == "shorter" else "longer",
    )


def _hazards(node: Node, border: borders.SurvivalBorder, arms: _Arms) -> list[PiecewiseRate] | None:
    """Of each arm, in order: its own, or the control's times its hazard ratio."""
    from trialwright.design.simulation.rates import hazard_of_median, proportional_hazard

    ratios, control = border.hazard_ratios or {}, arms.ids[0]
    key = "medians" if border.medians is not None else "hazards"
    own: dict[str, PiecewiseRate] = (
        {arm: hazard_of_median(median) for arm, median in border.medians.items()}
        if border.medians is not None
        else {arm: _rate(hazard) for arm, hazard in (border.hazards or {}).items()}
    )
    arms.refuse_others(node, key, own)
    if border.hazard_ratios is not None:
        arms.refuse_others(node, "hazard_ratios", ratios)
    if control not in own:
        arms.problems.add(node[key], f"there is no value for the control, {control}. Give it here.")
        return None
    delays = _delays(node, border.delay, arms)
    if border.delay is not None and not ratios:
        arms.problems.add(
            node["delay"], "a delay needs hazard_ratios, which hold after it. Give them, or leave it out."
        )
    hazards = []
    for arm in arms.ids:
        if (arm in own) == (arm in ratios):
            said = f"both {key} and hazard_ratios say" if arm in own else f"neither {key} nor hazard_ratios says"
            arms.problems.add(node, f"{said} what the hazard of {arm} is. Give one of both.")
            continue
        if arm in own:
            hazards.append(own[arm])
        else:
            delay = delays.get(arm, 0.0)
            hazards.append(proportional_hazard(own[control], hazard_ratio=ratios[arm], delay=delay))
    return hazards if len(hazards) == len(arms.ids) else None


def _delays(node: Node, delay: borders.ByArm | None, arms: _Arms) -> Mapping[str, float]:
    """Of the arms that have one."""
    if isinstance(delay, dict):
        arms.refuse_others(node, "delay", delay)
        return delay
    return {} if delay is None else dict.fromkeys(arms.ids, delay)


def _rate(hazard: float | borders.RatesBorder) -> PiecewiseRate:
    from trialwright.design.simulation.rates import PiecewiseRate, constant_rate

    if isinstance(hazard, borders.RatesBorder):
        return PiecewiseRate(rates=tuple(hazard.rates), changes=tuple(hazard.changes))
    return constant_rate(hazard)


def _dropout(
    node: Node, border: borders.SurvivalBorder, endpoint: borders.EndpointBorder, arms: _Arms
) -> tuple[PiecewiseRate, ...]:
    """The hazards given, or constant ones under which the given share has dropped out by the given time."""
    from trialwright.design.simulation.rates import constant_rate

    if border.dropout_hazards is not None:
        if border.dropout is not None:
            arms.problems.add(node["dropout_hazards"], "dropout says the same. Give one of both.")
        rates = {arm: _rate(hazard) for arm, hazard in border.dropout_hazards.items()}
        return tuple(arms.values(node, "dropout_hazards", rates, constant_rate(0.0)))
    if border.dropout is None:
        return ()
    by = border.dropout_by if border.dropout_by is not None else endpoint.followup
    if not (math.isfinite(by) and by > 0):
        arms.problems.add(
            node["dropout"],
            "a probability of dropout needs dropout_by, the time since randomization by which so many have dropped "
            f"out, above 0; got {by:g}. Give dropout_by beside it.",
        )
        return ()
    shares = arms.by_arm(node, "dropout", border.dropout)
    for share in shares:
        if not 0 <= share < 1:
            arms.problems.add(node["dropout"], f"a dropout of {share:g} is no probability. Give 0.1 for 10%.")
            return ()
    return tuple(constant_rate(-math.log1p(-share) / by) for share in shares)

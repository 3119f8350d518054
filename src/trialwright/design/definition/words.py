"""A definition as `design.yaml` has it: what the reader reads back as the same definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from trialwright.design.definition.model import DesignDefinition, DesignScenario, TrialDesign
from trialwright.design.definition.rules import rule_words
from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.simulation.plans import Outcome, TimeToEvent
    from trialwright.design.simulation.rates import PiecewiseRate

Words = dict[str, object]


def design_words(definition: DesignDefinition) -> Words:
    """All of a definition, as mappings, lists, texts and numbers.

    Computed sizes are written as the numbers they are, with `computed` beside them. Raises `DesignError` for what
    `design.yaml` has no words for, such as weights of a log-rank test.
    """
    words: Words = {
        "design": {"title": definition.title, "time_unit": definition.time_unit, "chosen": definition.chosen},
        "arms": {arm.id: _without_none({"name": arm.name, "usdm": arm.usdm}) for arm in definition.arms},
        "endpoints": {
            one.id: {"label": one.label, "kind": one.kind, "better": _better(definition, one.id)}
            | ({"followup": one.followup} if one.followup or one.kind != "time_to_event" else {})
            for one in definition.endpoints
        },
        "test": {
            "alpha": definition.test.alpha,
            "sided": definition.test.sided,
            "power": definition.test.target_power,
            "comparisons": list(definition.test.comparisons),
            "multiplicity": definition.test.multiplicity,
        },
        "scenarios": {one.id: _scenario(definition, one) for one in definition.scenarios},
        "enrollment": {
            one.id: {
                "label": one.label,
                "sites": one.sites,
                "rate": one.rate,
                "first_opening": one.first_opening,
                "last_opening": one.last_opening,
            }
            for one in definition.sites
        },
        "designs": {id: _design(definition, design) for id, design in definition.designs.items()},
    }
    if definition.cost is not None:
        parts = {one.id: {"label": one.label, "per": one.per, "amount": one.amount} for one in definition.cost.parts}
        words["cost"] = {"currency": definition.cost.currency, "parts": parts}
    if definition.prior is not None:
        words["prior"] = {"mean": definition.prior.mean, "sd": definition.prior.sd}
    return words


def _better(definition: DesignDefinition, endpoint: str) -> str:
    for scenario in definition.scenarios:
        if endpoint in scenario.outcomes:
            return scenario.outcomes[endpoint].better
    kind = definition.endpoint(endpoint).kind
    return "longer" if kind == "time_to_event" else "higher"


def _scenario(definition: DesignDefinition, scenario: DesignScenario) -> Words:
    arms = tuple(arm.id for arm in definition.arms)
    return {
        "label": scenario.label,
        "weight": scenario.weight,
        "enrollment_factor": scenario.enrollment_factor,
        "outcomes": {id: _outcome(outcome, arms) for id, outcome in scenario.outcomes.items()},
    }


def _outcome(outcome: Outcome, arms: tuple[str, ...]) -> Words:
    from trialwright.design.simulation.plans import BinaryOutcome, NormalOutcome

    match outcome:
        case NormalOutcome():
            words: Words = {"means": _by_arm(arms, outcome.means), "sds": _by_arm(arms, outcome.sds)}
            return (
                words | ({"known_variance": True} if outcome.known_variance else {}) | _missing(arms, outcome.missing)
            )
        case BinaryOutcome():
            return {"probabilities": _by_arm(arms, outcome.probabilities)} | _missing(arms, outcome.missing)
        case _:
            return _survival(outcome, arms)


def _missing(arms: tuple[str, ...], missing: tuple[float, ...]) -> Words:
    return {"missing": _by_arm(arms, missing)} if missing else {}


def _survival(outcome: TimeToEvent, arms: tuple[str, ...]) -> Words:
    from trialwright.design.simulation import FlemingHarrington

    if outcome.weights != FlemingHarrington():
        raise DesignError(
            "design.yaml has no words for a weighted log-rank test. Leave the outcome's weights as they are by default."
        )
    words: Words = {"hazards": _by_arm(arms, tuple(_rate(one) for one in outcome.hazards))}
    if outcome.dropout_hazards:
        words["dropout_hazards"] = _by_arm(arms, tuple(_rate(one) for one in outcome.dropout_hazards))
    return words | _without_none({"maximum_followup": outcome.maximum_followup})


def _rate(rate: PiecewiseRate) -> object:
    return {"rates": list(rate.rates), "changes": list(rate.changes)} if rate.changes else rate.rates[0]


def _design(definition: DesignDefinition, design: TrialDesign) -> Words:
    words: Words = {
        "label": design.label,
        "endpoint": design.endpoint,
        "subjects": design.subjects,
        "events": design.events,
        "allocation": _by_arm(tuple(arm.id for arm in definition.arms), design.allocation),
        "looks": list(design.information_fractions),
        "efficacy": None if design.efficacy is None else rule_words(design.efficacy),
        "futility": None if design.futility is None else rule_words(design.futility),
        "futility_is_binding": design.futility_is_binding,
        "sites": None if design.sites is None else dict(design.sites),
        "followup": design.followup,
        "computed": list(design.computed) or None,
    }
    return _without_none(words)


def _by_arm(arms: tuple[str, ...], values: tuple[object, ...]) -> Words:
    return dict(zip(arms, values, strict=True))


def _without_none(words: Mapping[str, object]) -> Words:
    return {key: value for key, value in words.items() if value is not None}

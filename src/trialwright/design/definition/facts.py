"""What documents say of a design: its facts by path, as they are shown.

The sample-size, interim and multiplicity sections of protocol and SAP quote them: `design/test/alpha`,
`design/chosen/subjects`, `design/designs/fixed/looks/1/efficacy_z`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from trialwright.design.definition.model import DesignDefinition, DesignScenario, TrialDesign
from trialwright.design.definition.planning import compute_bounds, compute_planned_power, efficacy_z, nominal_p
from trialwright.design.definition.words import design_words

#: Last steps, or last but one, of paths whose numbers are shares, shown as percentages.
_SHARES = ("power", "enrollment_factor", "probabilities", "missing")
#: Steps of paths whose numbers are mostly computed from others, shown with four digits.
_HAZARDS = ("hazards", "dropout_hazards")
_NAMES = {
    "fixed_sequence": "fixed sequence",
    "holm": "Holm",
    "bonferroni": "Bonferroni",
    "none": "none",
    "time_to_event": "time to event",
}


def design_facts(definition: DesignDefinition) -> Mapping[str, str]:
    """Each fact by its path, in words.

    All that `design.yaml` says has its path there with a slash between the steps (`design/scenarios/planned/label`),
    lists by number from 0; allocations are one fact (`2:1:2`), costs are without `parts` (`design/cost/setup/amount`).
    The chosen design is below `design/chosen` as well. Each design has besides

    looks/count                        number of analyses
    looks/N/information                percentage of the information at look N, from 1
    looks/N/efficacy_z, .../futility_z bound of Z, three decimals; not where there is none
    looks/N/efficacy_p                 two-sided or one-sided nominal level of the bound, four decimals
    power                              computed in the planned scenario, in percent
    sites/count                        sites in all

    and a time to an event `medians/ARM` below the scenario's outcome, of the arms whose hazard is constant.
    """
    facts = {
        "title": definition.title,
        "time_unit": definition.time_unit,
        "arms/count": str(len(definition.arms)),
        "test/comparisons/count": str(len(definition.test.comparisons)),
        "scenarios/count": str(len(definition.scenarios)),
    }
    words = design_words(definition)
    for part in ("arms", "endpoints", "test", "scenarios", "enrollment", "prior"):
        facts.update(_flattened(part, words.get(part)))
    for scenario in definition.scenarios:
        facts.update(_medians(definition, scenario))
    if definition.cost is not None:
        facts["cost/currency"] = definition.cost.currency
        for one in definition.cost.parts:
            facts |= {f"cost/{one.id}/label": one.label, f"cost/{one.id}/amount": f"{one.amount:.6g}"}
    for id, design in definition.designs.items():
        own = dict(_design_facts(definition, design))
        facts.update({f"designs/{id}/{path}": shown for path, shown in own.items()})
        if id == definition.chosen:
            facts.update({f"chosen/{path}": shown for path, shown in own.items()})
    return MappingProxyType({f"design/{path}": shown for path, shown in facts.items()})


def _design_facts(definition: DesignDefinition, design: TrialDesign) -> Iterator[tuple[str, str]]:
    yield "label", design.label
    yield "endpoint", definition.endpoint(design.endpoint).label
    yield "subjects", str(design.subjects)
    if design.events is not None:
        yield "events", str(design.events)
    yield "allocation", ":".join(map(str, design.allocation))
    numbers = definition.sites_of(design)
    yield "sites/count", str(sum(numbers.values()))
    yield from ((f"sites/{id}", str(number)) for id, number in numbers.items())
    yield "power", f"{100 * compute_planned_power(definition, design):.1f}%"
    yield "looks/count", str(design.looks)
    bounds = compute_bounds(definition, design)
    futility = None if bounds is None else bounds.futility_bounds
    for look, (fraction, z) in enumerate(
        zip(design.information_fractions, efficacy_z(definition, design), strict=True), start=1
    ):
        yield f"looks/{look}/information", f"{100 * fraction:.4g}%"
        if abs(z) != float("inf"):
            yield f"looks/{look}/efficacy_z", f"{z:.3f}"
            yield f"looks/{look}/efficacy_p", f"{nominal_p(definition, z):.4f}"
        # The last futility bound is the last efficacy bound.
        if futility is not None and look < design.looks and futility[look - 1] not in (float("-inf"), 0.0):
            yield f"looks/{look}/futility_z", f"{futility[look - 1]:.3f}"


def _medians(definition: DesignDefinition, scenario: DesignScenario) -> Iterator[tuple[str, str]]:
    from trialwright.design.simulation.plans import TimeToEvent

    for endpoint, outcome in scenario.outcomes.items():
        if not isinstance(outcome, TimeToEvent):
            continue
        for arm, hazard in zip(definition.arms, outcome.hazards, strict=True):
            if len(set(hazard.rates)) == 1 and hazard.rates[0] > 0:
                path = f"scenarios/{scenario.id}/outcomes/{endpoint}/medians/{arm.id}"
                yield path, f"{math.log(2) / hazard.rates[0]:.4g}"


def _flattened(path: str, value: object) -> Iterator[tuple[str, str]]:
    match value:
        case None:
            return
        case dict():
            for key, child in value.items():
                yield from _flattened(f"{path}/{key}", child)
        case list():
            for number, child in enumerate(value):
                yield from _flattened(f"{path}/{number}", child)
        case bool():
            yield path, "yes" if value else "no"
        case int() | float():
            is_share = any(step in _SHARES for step in path.split("/")[-2:])
            is_hazard = any(step in _HAZARDS for step in path.split("/"))
            yield path, f"{100 * value:.6g}%" if is_share else f"{value:.4g}" if is_hazard else f"{value:.6g}"
        case _:
            yield path, _NAMES.get(str(value), str(value))

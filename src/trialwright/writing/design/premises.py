"""The chapters on what is asked and what is assumed: facts of the design definition, each as a reference."""

from __future__ import annotations

from trialwright.design.definition.model import DesignScenario
from trialwright.design.simulation.plans import BinaryOutcome, NormalOutcome, Outcome, TimeToEvent
from trialwright.design.simulation.rates import PiecewiseRate
from trialwright.documents.model import Block, FactTable, Paragraph
from trialwright.inlines import CrossRef, Inline, LineBreak, Text
from trialwright.writing.design.sources import DesignSources
from trialwright.writing.report import joined
from trialwright.writing.sentences import Inlines
from trialwright.writing.study_text import bold, cell


def question(source: DesignSources) -> list[Block]:
    """What is tested, at which level, with which power."""
    say, test = source.say, source.definition.test
    endpoint, count = source.definition.endpoint(source.chosen.endpoint), len(source.definition.test.comparisons)
    sentences = [
        say(
            "design-test",
            endpoint=source.fact(f"endpoints/{endpoint.id}/label"),
            comparisons=source.fact("test/comparisons/count"),
            comparisons_number=count,
            items=say.listing([comparison(source, arm) for arm in test.comparisons]),
        ),
        say(
            "design-alpha",
            alpha=source.fact("test/alpha"),
            sided=say("design-one-sided" if test.sided == 1 else "design-two-sided"),
            comparisons_number=count,
            power=source.fact("test/power"),
        ),
    ]
    if count > 1:
        sentences.append(say(f"design-multiplicity-{test.multiplicity}"))
    if endpoint.kind != "time_to_event" and endpoint.followup:
        time = source.fact(f"endpoints/{endpoint.id}/followup")
        sentences.append(say("design-followup", time=time, unit=source.unit))
    return [Paragraph(inlines=joined(sentences))]


def comparison(source: DesignSources, arm: str) -> Inlines:
    """A comparison in words: the experimental arm with the control."""
    control = source.fact(f"arms/{source.definition.arms[0].id}/name")
    return source.say("design-comparison", experimental=source.fact(f"arms/{arm}/name"), control=control)


def assumptions(source: DesignSources) -> list[Block]:
    """The scenarios, the sites, the prior and the cost model."""
    say, definition = source.say, source.definition
    number = len(definition.scenarios)
    lead = say("design-scenarios-lead", count=source.fact("scenarios/count"), count_number=number)
    tables = [_scenarios(source), _sites(source), *([_cost_model(source)] if definition.cost else [])]
    see = say("design-search-see", items=say.listing([(CrossRef(target=table.anchor),) for table in tables]))
    prior = _prior(source)
    return [Paragraph(inlines=joined([lead, prior, see])), *tables]


def _prior(source: DesignSources) -> Inlines:
    if source.definition.prior is None:
        return source.say("design-no-prior") if _has_weights(source) else ()
    return source.say("design-prior", mean=source.fact("prior/mean"), sd=source.fact("prior/sd"))


def _has_weights(source: DesignSources) -> bool:
    return any(scenario.weight for scenario in source.definition.scenarios)


def _scenarios(source: DesignSources) -> FactTable:
    """A row for each scenario and endpoint that a design decides on; columns that would be empty are left out."""
    say, scenarios = source.say, source.definition.scenarios
    losses = {
        (scenario.id, endpoint.id): _losses(source, scenario, endpoint.id)
        for scenario in scenarios
        for endpoint in source.endpoints
    }
    widths = {
        "scenario": 2.2,
        **({"endpoint": 2.4} if len(source.endpoints) > 1 else {}),
        "outcome": 3.6,
        **({"missing": 1.4} if any(losses.values()) else {}),
        "enrollment": 1.2,
        **({"weight": 1.0} if _has_weights(source) else {}),
    }
    rows = []
    for scenario in scenarios:
        path = f"scenarios/{scenario.id}"
        once = {
            "scenario": (source.fact(f"{path}/label"),),
            "enrollment": (source.fact(f"{path}/enrollment_factor"),),
            "weight": (source.fact(f"{path}/weight"),),
        }
        for endpoint in source.endpoints:
            of_endpoint = {
                "endpoint": (source.fact(f"endpoints/{endpoint.id}/label"),),
                "outcome": _lines(_outcomes(source, scenario, endpoint.id)),
                "missing": losses[scenario.id, endpoint.id],
            }
            shown = {**once, **of_endpoint} if endpoint is source.endpoints[0] else of_endpoint
            rows.append(tuple(cell(shown.get(name, ())) for name in widths))
    return FactTable(
        rows=(tuple(cell(bold(say.text(f"design-column-{name}"))) for name in widths), *rows),
        caption=(Text(say.text("design-table-scenarios")),),
        anchor="table-scenarios",
        widths=tuple(widths.values()),
        is_small=True,
    )


def _losses(source: DesignSources, scenario: DesignScenario, endpoint: str) -> Inlines:
    """Shares without an outcome, or hazards of dropout: one if it is that of all arms, else one for each."""
    outcome, path = scenario.outcomes[endpoint], f"scenarios/{scenario.id}/outcomes/{endpoint}"
    arms = [arm.id for arm in source.definition.arms]
    if isinstance(outcome, TimeToEvent):
        hazards = [
            _rates(source, hazard, f"{path}/dropout_hazards/{arm}")
            for arm, hazard in zip(arms, outcome.dropout_hazards, strict=False)
        ]
        shown = hazards[:1] if len(set(outcome.dropout_hazards)) == 1 else hazards
        return source.say("design-dropout-hazard", rates=source.say.comma_list(shown)) if shown else ()
    shares: list[Inlines] = [
        (source.fact(f"{path}/missing/{arm}"),) for arm, _ in zip(arms, outcome.missing, strict=False)
    ]
    return source.say.comma_list(shares[:1] if len(set(outcome.missing)) == 1 else shares)


def _lines(items: list[Inlines]) -> Inlines:
    made: list[Inline] = []
    for item in items:
        made += [LineBreak(), *item] if made else item
    return tuple(made)


def _outcomes(source: DesignSources, scenario: DesignScenario, endpoint: str) -> list[Inlines]:
    """What is assumed of each arm."""
    outcome, path = scenario.outcomes[endpoint], f"scenarios/{scenario.id}/outcomes/{endpoint}"
    return [_outcome(source, outcome, number, path) for number in range(len(source.definition.arms))]


def _outcome(source: DesignSources, outcome: Outcome, number: int, path: str) -> Inlines:
    arm = source.definition.arms[number].id
    name = source.fact(f"arms/{arm}/name")
    match outcome:
        case NormalOutcome():
            mean, sd = source.fact(f"{path}/means/{arm}"), source.fact(f"{path}/sds/{arm}")
            return source.say("design-outcome-normal", arm=name, mean=mean, sd=sd)
        case BinaryOutcome():
            share = source.fact(f"{path}/probabilities/{arm}")
            return source.say("design-outcome-binary", arm=name, probability=share)
        case _:
            rates = _rates(source, outcome.hazards[number], f"{path}/hazards/{arm}")
            median = f"{path}/medians/{arm}"
            if not source.has_fact(median):
                return source.say("design-outcome-hazard", arm=name, rates=rates)
            return source.say("design-outcome-median", arm=name, rates=rates, median=source.fact(median))


def _rates(source: DesignSources, rate: PiecewiseRate, path: str) -> Inlines:
    """A hazard: its value, or its values with the times from which they hold."""
    if not rate.changes:
        return (source.fact(path),)
    if len(set(rate.rates)) == 1:
        return (source.fact(f"{path}/rates/0"),)
    later = [
        source.say(
            "design-outcome-hazard-change",
            time=source.fact(f"{path}/changes/{number}"),
            rate=source.fact(f"{path}/rates/{number + 1}"),
        )
        for number, _ in enumerate(rate.changes)
    ]
    return source.say.comma_list([(source.fact(f"{path}/rates/0"),), *later])


def _sites(source: DesignSources) -> FactTable:
    say, unit = source.say, source.unit
    words = ("design-column-sites", "design-column-rate", "design-column-opening")
    head = (cell(""), *(cell(bold(say.text(name, unit=unit))) for name in words))
    rows = []
    for group in source.definition.sites:
        path = f"enrollment/{group.id}"
        opening = say(
            "design-range",
            **{"from": source.fact(f"{path}/first_opening")},
            until=source.fact(f"{path}/last_opening"),
        )
        rows.append(
            (
                cell((source.fact(f"{path}/label"),)),
                cell((source.fact(f"{path}/sites"),)),
                cell((source.fact(f"{path}/rate"),)),
                cell(opening),
            )
        )
    return FactTable(
        rows=(head, *rows),
        caption=(Text(say.text("design-table-sites")),),
        anchor="table-sites",
        widths=(2.4, 1.0, 2.2, 2.2),
        is_small=True,
    )


def _cost_model(source: DesignSources) -> FactTable:
    say, cost = source.say, source.definition.cost
    assert cost is not None
    head = (
        cell(bold(say.text("design-column-part"))),
        cell(bold(say.text("design-column-per"))),
        cell(bold(say.text("design-column-amount", currency=cost.currency))),
    )
    rows = [
        (
            cell((source.fact(f"cost/{part.id}/label"),)),
            cell(say(f"design-per-{part.per}", unit=source.unit)),
            cell((source.fact(f"cost/{part.id}/amount"),)),
        )
        for part in cost.parts
    ]
    return FactTable(
        rows=(head, *rows),
        caption=(Text(say.text("design-table-cost-model")),),
        anchor="table-cost-model",
        widths=(3.0, 3.0, 1.6),
        is_small=True,
    )

"""The chapters on what is asked and what is assumed: facts of the design definition, each as a reference."""

from __future__ import annotations

from trialwright.design.definition.model import DesignScenario
from trialwright.design.simulation.plans import BinaryOutcome, NormalOutcome, Outcome, TimeToEvent
from trialwright.documents.model import Block, FactTable, Paragraph
from trialwright.inlines import CrossRef, Inline, LineBreak, Text
from trialwright.writing.design.sources import DesignSources, design_fact, percent_fact
from trialwright.writing.report import joined
from trialwright.writing.sentences import Inlines
from trialwright.writing.study_text import FactCell, bold, cell


def question(source: DesignSources) -> list[Block]:
    """What is tested, at which level, with which power."""
    say, definition, test = source.say, source.definition, source.definition.test
    endpoint = definition.endpoint(source.chosen.endpoint)
    label = design_fact(f"endpoints/{endpoint.id}/label", endpoint.label)
    items = say.listing([comparison(source, arm) for arm in test.comparisons])
    sentences = [
        say(
            "design-test",
            endpoint=label,
            comparisons=_count(source, "test/comparisons", len(test.comparisons)),
            comparisons_number=len(test.comparisons),
            items=items,
        ),
        say(
            "design-alpha",
            alpha=design_fact("test/alpha", test.alpha),
            sided=say("design-one-sided" if test.sided == 1 else "design-two-sided"),
            power=percent_fact("test/power", test.target_power),
        ),
        say(f"design-multiplicity-{test.multiplicity}"),
    ]
    if endpoint.kind != "time_to_event" and endpoint.followup:
        time = design_fact(f"endpoints/{endpoint.id}/followup", endpoint.followup)
        sentences.append(say("design-followup", time=time, unit=source.unit))
    return [Paragraph(inlines=joined(sentences))]


def comparison(source: DesignSources, arm: str) -> Inlines:
    """A comparison in words: the experimental arm with the control."""
    arms = {one.id: design_fact(f"arms/{one.id}/name", one.name) for one in source.definition.arms}
    control = source.definition.arms[0].id
    return source.say("design-comparison", experimental=arms[arm], control=arms[control])


def assumptions(source: DesignSources) -> list[Block]:
    """The scenarios, the sites, the prior and the cost model."""
    say, definition = source.say, source.definition
    lead = say("design-scenarios-lead", count=_count(source, "scenarios", len(definition.scenarios)))
    tables = [_scenarios(source), _sites(source), *([_cost_model(source)] if definition.cost else [])]
    see = say("design-search-see", items=say.listing([(CrossRef(target=table.anchor),) for table in tables]))
    prior = _prior(source)
    return [Paragraph(inlines=joined([lead, prior, see])), *tables]


def _prior(source: DesignSources) -> Inlines:
    prior = source.definition.prior
    if prior is None:
        has_weights = any(scenario.weight for scenario in source.definition.scenarios)
        return source.say("design-no-prior") if has_weights else ()
    return source.say("design-prior", mean=design_fact("prior/mean", prior.mean), sd=design_fact("prior/sd", prior.sd))


def _scenarios(source: DesignSources) -> FactTable:
    say = source.say
    names = ("scenario", "outcome", "missing", "enrollment", "weight")
    head = tuple(cell(bold(say.text(f"design-column-{name}"))) for name in names)
    rows = [_scenario(source, scenario) for scenario in source.definition.scenarios]
    return FactTable(
        rows=(head, *rows),
        caption=(Text(say.text("design-table-scenarios")),),
        anchor="table-scenarios",
        widths=(2.2, 3.6, 1.4, 1.2, 1.0),
        is_small=True,
    )


def _scenario(source: DesignSources, scenario: DesignScenario) -> tuple[FactCell, ...]:
    outcome, path = scenario.outcomes[source.chosen.endpoint], f"scenarios/{scenario.id}"
    arms = [
        _outcome(source, outcome, number, f"{path}/outcomes/{source.chosen.endpoint}")
        for number in range(len(source.definition.arms))
    ]
    missing = outcome.missing if isinstance(outcome, NormalOutcome | BinaryOutcome) else ()
    shares = [percent_fact(f"{path}/missing/{number}", share) for number, share in enumerate(missing)]
    alike = len(set(missing)) == 1
    return (
        cell((design_fact(f"{path}/label", scenario.label),)),
        cell(_lines(arms)),
        cell(source.say.comma_list([(share,) for share in (shares[:1] if alike else shares)])),
        cell((percent_fact(f"{path}/enrollment_factor", scenario.enrollment_factor),)),
        cell((design_fact(f"{path}/weight", scenario.weight),)),
    )


def _lines(items: list[Inlines]) -> Inlines:
    made: list[Inline] = []
    for item in items:
        made += [LineBreak(), *item] if made else item
    return tuple(made)


def _outcome(source: DesignSources, outcome: Outcome, number: int, path: str) -> Inlines:
    arm = source.definition.arms[number]
    name = design_fact(f"arms/{arm.id}/name", arm.name)
    match outcome:
        case NormalOutcome(means=means, sds=sds):
            mean, sd = (
                design_fact(f"{path}/means/{arm.id}", means[number]),
                design_fact(f"{path}/sds/{arm.id}", sds[number]),
            )
            return source.say("design-outcome-normal", arm=name, mean=mean, sd=sd)
        case BinaryOutcome(probabilities=probabilities):
            share = percent_fact(f"{path}/probabilities/{arm.id}", probabilities[number])
            return source.say("design-outcome-binary", arm=name, probability=share)
        case TimeToEvent(hazards=hazards):
            rate = hazards[number]
            pieces: list[Inlines] = [(design_fact(f"{path}/hazards/{arm.id}/rates/0", round(rate.rates[0], 5)),)]
            for piece, (time, value) in enumerate(zip(rate.changes, rate.rates[1:], strict=True), start=1):
                pieces.append(
                    source.say(
                        "design-outcome-hazard-change",
                        time=design_fact(f"{path}/hazards/{arm.id}/changes/{piece}", time),
                        rate=design_fact(f"{path}/hazards/{arm.id}/rates/{piece}", round(value, 5)),
                    )
                )
            return source.say("design-outcome-hazard", arm=name, rates=source.say.comma_list(pieces))
        case _:
            return (name, *source.say("design-other-outcome"))


def _sites(source: DesignSources) -> FactTable:
    say, unit = source.say, source.unit
    words = ("design-column-sites", "design-column-rate", "design-column-opening")
    head = (cell(""), *(cell(bold(say.text(name, unit=unit))) for name in words))
    rows = []
    for group in source.definition.sites:
        path = f"enrollment/{group.id}"
        opening = say(
            "design-range",
            **{"from": design_fact(f"{path}/first_opening", group.first_opening)},
            until=design_fact(f"{path}/last_opening", group.last_opening),
        )
        rows.append(
            (
                cell((design_fact(f"{path}/label", group.label),)),
                cell((design_fact(f"{path}/sites", group.sites),)),
                cell((design_fact(f"{path}/rate", group.rate),)),
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
            cell((design_fact(f"cost/{part.id}/label", part.label),)),
            cell(say(f"design-per-{part.per}", unit=source.unit)),
            cell((design_fact(f"cost/{part.id}/amount", part.amount),)),
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


def _count(source: DesignSources, path: str, number: int) -> Inlines:
    """How many there are, as a reference to the list they stand in."""
    return (design_fact(f"{path}/count", number),)

"""The chapters on the search for better designs, and on how the numbers were made."""

from __future__ import annotations

from collections.abc import Sequence

from trialwright.design.search.model import Objective
from trialwright.design.search.result_rows import statistic_of
from trialwright.displays.design_figures import compose_front
from trialwright.displays.design_tables import Column, compose_rows, name_of
from trialwright.displays.model import Display
from trialwright.documents.model import Block, ListBlock, Paragraph
from trialwright.inlines import FactRef, Text
from trialwright.writing.design.sources import DesignSources, Groups, blocks_of, cite
from trialwright.writing.sentences import Inlines

#: Measures that are proportions, and are shown as percentages.
_SHARES = ("power", "probability_of_success", "least_power")
#: What a design is made of, as columns of the table of the front.
_FEATURES = ("subjects", "events", "allocation", "endpoint", "looks", "efficacy", "futility", "sites")


def search(source: DesignSources, objectives: Sequence[Objective]) -> list[Block]:
    """What was searched for, and the designs that nothing beats, as they were verified."""
    say = source.say
    if not objectives or not source.results.of_analysis("design.search_run"):
        return [Paragraph(inlines=say("design-search-none"))]
    front = source.ref("design.search_run", (), "front", "1.0")
    lead = say(
        "design-search-lead",
        candidates=source.ref("design.search_run", (), "candidates", "1.0"),
        trials=source.ref("design.search_run", (), "trials", "1.0"),
        front=front,
        verified=source.ref("design.search_run", (), "verification_trials", "1.0"),
    )
    items = tuple(_objective(source, objective, number) for number, objective in enumerate(objectives))
    blocks: list[Block] = [
        Paragraph(inlines=lead),
        Paragraph(inlines=say("design-search-objectives")),
        ListBlock(items=items),
    ]
    if not front.value:
        return [*blocks, Paragraph(inlines=say("design-search-empty"))]
    points = list(dict.fromkeys(row.groups for row in source.results.of_analysis("design.front")))
    displays: list[Display] = [
        compose_rows(
            source.results,
            id="8-1",
            title=say.text("design-table-front"),
            population=say.text("design-population"),
            label=say.text("design-column-design"),
            columns=[
                *(
                    Column(
                        header=say.text(f"design-front-{name}"),
                        analysis="design.front",
                        stat_name=name,
                        format="1.0" if name in ("subjects", "events", "sites") else "text",
                    )
                    for name in _FEATURES
                    if _is_shown(source, points, name)
                ),
                *(_column(source, objective) for objective in objectives),
                *_broken_limits(source, points),
            ],
            blocks=[("", [(groups[0][1], groups) for groups in points])],
            footnotes=[say.text("design-note-percent")],
        ),
    ]
    axes = _axes(source, objectives)
    if axes is not None:
        x, y = axes
        displays.append(
            compose_front(
                source.results,
                id="8-2",
                title=say.text("design-figure-front"),
                x=(statistic_of(x), _capitalized(_measure(source, x))),
                y=(statistic_of(y), _capitalized(_measure(source, y))),
                words=(
                    say.text("design-front-feasible"),
                    say.text("design-front-infeasible"),
                    say.text("design-front-front"),
                ),
                y_is_percent=y.measure in _SHARES,
                alt_text=say.text("design-alt-front"),
            )
        )
    return [*blocks, Paragraph(inlines=say("design-search-see", items=cite(source, displays))), *blocks_of(displays)]


def _is_shown(source: DesignSources, points: Sequence[Groups], name: str) -> bool:
    """Whether the front has this feature; an endpoint that all its designs share needs no column."""
    values = {source.results.get(name_of("design.front", groups, name)) for groups in points} - {None}
    return bool(values) and (name != "endpoint" or len({value.stat_text for value in values if value}) > 1)


def _broken_limits(source: DesignSources, points: Sequence[Groups]) -> list[Column]:
    """A column for the limits that designs no longer keep when they are simulated again; none if all keep theirs."""
    if all(source.results.get(name_of("design.front", groups, "broken_limits")) is None for groups in points):
        return []
    header = source.say.text("design-front-broken")
    return [Column(header=header, analysis="design.front", stat_name="broken_limits", format="text")]


def _axes(source: DesignSources, objectives: Sequence[Objective]) -> tuple[Objective, Objective] | None:
    """The first objective that is a proportion upwards, the first other one along; the first two if there is none."""
    wanted = [objective for objective in objectives if objective.sense is not None] or list(objectives)
    if len(wanted) < 2:
        wanted = list(objectives)
    if len(wanted) < 2:
        return None
    y = next((objective for objective in wanted if objective.measure in _SHARES), wanted[1])
    return next(objective for objective in wanted if objective is not y), y


def _column(source: DesignSources, objective: Objective) -> Column:
    is_share = objective.measure in _SHARES
    return Column(
        header=_capitalized(_measure(source, objective)) + (" (SE)" if is_share else ""),
        analysis="design.front",
        stat_name=statistic_of(objective),
        format="%1.1" if is_share else "1.1",
        with_error=is_share,
    )


def _capitalized(words: str) -> str:
    return words[:1].upper() + words[1:]


def _measure(source: DesignSources, objective: Objective) -> str:
    """An objective's measure in words, with the scenario if it names one."""
    words = source.say.text(f"design-measure-{objective.measure}", unit=source.unit, currency=source.currency or "cost")
    if objective.scenario is None:
        return words
    label = next(one.label for one in source.definition.scenarios if one.id == objective.scenario)
    return source.say.text("design-search-in", measure=words, scenario=label)


def _objective(source: DesignSources, objective: Objective, number: int) -> Inlines:
    say = source.say
    name = {"maximize": "design-search-maximize", "minimize": "design-search-minimize"}.get(
        objective.sense or "", "design-search-limit"
    )
    item = say(name, measure=(Text(_measure(source, objective)),))
    limits = {"at_least": objective.at_least, "at_most": objective.at_most}
    for name, limit in limits.items():
        if limit is not None:
            shown = f"{100 * limit:g}%" if objective.measure in _SHARES else f"{limit:g}"
            fact = FactRef(path=f"design/search/objectives/{number}/{name}", shown=shown)
            item = say(f"design-search-{name.replace('_', '-')}", item=item, limit=fact)
    return item


def methods(source: DesignSources) -> list[Block]:
    """How the numbers were made, and what they mean."""
    say, run = source.say, "design.run"
    numbers = {name: source.ref(run, (), name, "1.0") for name in ("trials", "seed")}
    texts = [row.groups for row in source.results.of_analysis(run) if row.groups]
    return [
        Paragraph(inlines=say("design-methods-simulated", **numbers)),
        Paragraph(inlines=say("design-methods-computed")),
        Paragraph(inlines=say("design-methods-conventions")),
        ListBlock(items=tuple((source.ref(run, groups, "text", "text"),) for groups in texts)),
        Paragraph(inlines=say("design-methods-reference")),
    ]

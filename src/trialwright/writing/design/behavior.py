"""The chapters on how the designs behave: each number refers to a row of the table of results."""

from __future__ import annotations

from collections.abc import Sequence

from trialwright.design.definition.model import DesignScenario, TrialDesign
from trialwright.displays.design_figures import compose_boundaries, compose_enrollment, compose_power_curves
from trialwright.displays.design_tables import Column, compose_rows, compose_transposed
from trialwright.displays.model import Display
from trialwright.documents.model import Block, Paragraph
from trialwright.results import ResultRef
from trialwright.writing.design.sources import (
    DesignSources,
    Groups,
    behavior_groups,
    blocks_of,
    cite,
)
from trialwright.writing.report import joined
from trialwright.writing.sentences import Inlines


def behavior(source: DesignSources) -> list[Block]:
    """The designs beside each other, in each scenario, and their power over the effect."""
    say, definition = source.say, source.definition
    population = say.text("design-population")
    notes = [say.text(f"design-note-{name}") for name in ("percent", "power", "any")]
    displays: list[Display] = [
        compose_transposed(
            source.results,
            id="4-1",
            title=say.text("design-table-designs"),
            population=population,
            heads=[(design.label, (("DESIGN", design.id),)) for design in source.designs],
            rows=_choices(source),
            footnotes=notes[:2],
        ),
        compose_rows(
            source.results,
            id="4-2",
            title=say.text("design-table-behavior"),
            population=population,
            label=say.text("design-column-design"),
            columns=_behaviors(source),
            blocks=[
                (scenario.label, [(design.label, behavior_groups(design, scenario)) for design in source.designs])
                for scenario in definition.scenarios
            ],
            footnotes=notes,
        ),
        compose_power_curves(
            source.results,
            [(design.id, design.label) for design in source.designs],
            id="4-3",
            title=say.text("design-figure-power"),
            x_label=say.text("design-x-effect"),
            y_label=say.text("design-y-power"),
            target=(definition.test.target_power, say.text("design-target-line")),
            alt_text=say.text("design-alt-power"),
        ),
    ]
    others = [
        say(
            "design-other-endpoint",
            **{name: source.fact(f"designs/{design.id}/{name}") for name in ("label", "endpoint")},
        )
        for design in source.designs
        if design.endpoint != source.chosen.endpoint
    ]
    lead = joined([say("design-behavior-lead", items=cite(source, displays)), *others])
    return [Paragraph(inlines=lead), *blocks_of(displays)]


def _choices(source: DesignSources) -> list[Column | str]:
    """The rows of the table of designs: size, success, and behavior in the planned scenario."""
    planned = (("SCENARIO", source.definition.planned.id),)

    def choice(name: str, stat_name: str, format: str, *, with_error: bool = False) -> Column:
        header = source.say.text(f"design-row-{name}", currency=source.currency)
        return Column(
            header=header, analysis="design.choice", stat_name=stat_name, format=format, with_error=with_error
        )

    def simulated(name: str, stat_name: str, format: str, *, with_error: bool = False) -> Column:
        header = source.say.text(f"design-row-{name}", currency=source.currency, unit=source.unit)
        return Column(
            header=header,
            analysis="design.behavior",
            stat_name=stat_name,
            format=format,
            with_error=with_error,
            groups=planned,
        )

    has_events = any(design.events is not None for design in source.designs)
    has_cost = source.definition.cost is not None
    has_success = source.has("design.choice", (("DESIGN", source.chosen.id),), "probability_of_success")
    return [
        source.say.text("design-row-size"),
        choice("subjects", "subjects", "1.0"),
        choice("allocation", "allocation", "text"),
        *([choice("events", "events", "1.0")] if has_events else []),
        choice("looks", "looks", "1.0"),
        choice("sites", "sites", "1.0"),
        *([choice("maximum-cost", "maximum_cost", source.cost_format)] if has_cost else []),
        source.say.text("design-row-success"),
        choice("computed", "power", "%1.1"),
        *([choice("probability", "probability_of_success", "%1.1")] if has_success else []),
        *([choice("least", "least_power", "%1.1", with_error=True)] if source.has_other_effects else []),
        source.say.text("design-row-planned"),
        simulated("power", "power", "%1.1", with_error=True),
        simulated("expected-subjects", "expected_subjects", "1.1"),
        simulated("expected-duration", "expected_duration", "1.1"),
        *([simulated("expected-cost", "expected_cost", source.cost_format)] if has_cost else []),
    ]


def _behaviors(source: DesignSources) -> list[Column]:
    """The columns of the table of scenarios."""
    say = source.say
    chances = [("power", "power"), ("any", "any_rejection"), ("all", "all_rejections")]
    if len(source.definition.test.comparisons) == 1:
        chances = chances[:2]
    sizes = [
        (say.text("design-column-expected-subjects"), "expected_subjects", "1.1"),
        (say.text("design-column-duration", unit=source.unit), "expected_duration", "1.1"),
    ]
    if source.definition.cost is not None:
        sizes.append((say.text("design-column-cost", currency=source.currency), "expected_cost", source.cost_format))
    return [
        *(
            Column(
                header=say.text(f"design-column-{name}"),
                analysis="design.behavior",
                stat_name=stat_name,
                format="%1.1",
                with_error=True,
            )
            for name, stat_name in chances
        ),
        *(
            Column(header=header, analysis="design.behavior", stat_name=stat_name, format=format)
            for header, stat_name, format in sizes
        ),
    ]


def interim(source: DesignSources) -> list[Block]:
    """The bounds of the designs with interim analyses, and how often each of them decides."""
    say, is_one_sided = source.say, source.definition.test.sided == 1
    designs = [design for design in source.designs if design.looks > 1]
    if not designs:
        return [Paragraph(inlines=say("design-interim-none"))]
    lead = say("design-interim-lead", designs=_quoted(source, designs), designs_count=len(designs))
    futility = _futility(source, [design for design in designs if design.futility is not None])
    displays: list[Display] = [
        compose_rows(
            source.results,
            id="5-1",
            title=say.text("design-table-bounds"),
            population=say.text("design-population"),
            label=say.text("design-column-look"),
            columns=_bounds(source),
            blocks=[(design.label, _looks(source, design)) for design in designs],
            footnotes=[
                say.text("design-note-bounds-one-sided" if is_one_sided else "design-note-bounds-two-sided"),
                say.text("design-note-bounds"),
            ],
        ),
        compose_boundaries(
            source.results,
            [(design.id, design.label) for design in designs],
            id="5-2",
            title=say.text("design-figure-bounds"),
            x_label=say.text("design-x-information"),
            y_label=say.text("design-y-z"),
            words=(say.text("design-efficacy"), say.text("design-futility")),
            alt_text=say.text("design-alt-bounds"),
        ),
    ]
    see = say("design-interim-see", items=cite(source, displays))
    return [Paragraph(inlines=joined([lead, futility, see])), *blocks_of(displays)]


def _quoted(source: DesignSources, designs: Sequence[TrialDesign]) -> Inlines:
    """The names of designs as a list in running text."""
    say = source.say
    return say.listing([say("design-quoted", design=source.fact(f"designs/{design.id}/label")) for design in designs])


def _futility(source: DesignSources, designs: Sequence[TrialDesign]) -> Inlines:
    """Which designs' type I errors count on stopping for futility."""
    binding = [design for design in designs if design.futility_is_binding]
    if not designs:
        return ()
    if not binding:
        return source.say("design-non-binding")
    if len(binding) == len(designs):
        return source.say("design-binding")
    return source.say("design-binding-some", designs=_quoted(source, binding))


def _looks(source: DesignSources, design: TrialDesign) -> list[tuple[str, Groups]]:
    made: list[tuple[str, Groups]] = []
    for look in range(1, design.looks + 1):
        name = "design-look-final" if look == design.looks else "design-look"
        made.append((source.say.text(name, number=look), (("DESIGN", design.id), ("LOOK", str(look)))))
    return made


def _bounds(source: DesignSources) -> list[Column]:
    """Bounds have the groups DESIGN and LOOK; what was simulated has SCENARIO between them."""
    say, planned = source.say, source.definition.planned.id
    bounds = [
        ("information", "information_fraction", "1.3"),
        ("efficacy-z", "efficacy_z", "1.3"),
        ("efficacy-p", "efficacy_p", "1.5"),
        ("futility-z", "futility_z", "1.3"),
        ("alpha", "alpha_spent", "1.5"),
        ("beta", "beta_spent", "1.4"),
    ]
    stops = [
        ("stop-efficacy", "efficacy", "%1.1"),
        ("stop-futility", "futility", "%1.1"),
        ("subjects", "subjects", "1.1"),
        ("time", "time", "1.1"),
    ]
    return [
        *(
            Column(header=say.text(f"design-column-{name}"), analysis="design.bounds", stat_name=stat, format=format)
            for name, stat, format in bounds
        ),
        *(
            Column(
                header=say.text(f"design-column-{name}", unit=source.unit),
                analysis="design.looks",
                stat_name=stat,
                format=format,
                scenario=planned,
            )
            for name, stat, format in stops
        ),
    ]


def enrollment(source: DesignSources) -> list[Block]:
    """The forecast of enrollment of the chosen design in each scenario."""
    say, definition, design = source.say, source.definition, source.chosen
    milestones = _milestones(source, definition.planned)
    planned = behavior_groups(design, definition.planned)
    all_in: Groups = (*planned, ("SUBJECTS", str(milestones[-1])))

    def quantile(name: str) -> ResultRef:
        return source.ref("design.enrollment", all_in, name, "1.1")

    level = source.ref("design.enrollment", planned, "level", "%1.0")
    lead = say(
        "design-enrollment-lead",
        sites=source.fact(f"designs/{design.id}/sites/count"),
        subjects=source.ref("design.choice", (("DESIGN", design.id),), "subjects", "1.0"),
        median=quantile("median"),
        level=level,
        lower=quantile("lower"),
        upper=quantile("upper"),
        unit=source.unit,
    )
    shown = _distinct_enrollments(definition.scenarios)
    notes = [say.text("design-note-enrollment", level=f"{level.shown}%")]
    if len(shown) < len(definition.scenarios):
        notes.append(say.text("design-note-enrollment-alike"))
    displays: list[Display] = [
        compose_rows(
            source.results,
            id="6-1",
            title=say.text("design-table-enrollment", unit=source.unit),
            population=say.text("design-population"),
            label=say.text("design-column-subjects"),
            columns=[
                Column(
                    header=say.text(f"design-column-{name}"), analysis="design.enrollment", stat_name=name, format="1.1"
                )
                for name in ("median", "lower", "upper")
            ],
            blocks=[
                (
                    scenario.label,
                    [
                        (str(number), (*behavior_groups(design, scenario), ("SUBJECTS", str(number))))
                        for number in milestones
                    ],
                )
                for scenario in shown
            ],
            footnotes=notes,
        ),
        compose_enrollment(
            source.results,
            [(scenario.id, scenario.label) for scenario in shown],
            design=design.id,
            id="6-2",
            title=say.text("design-figure-enrollment"),
            x_label=say.text("design-x-time", unit=source.unit),
            y_label=say.text("design-y-subjects"),
            alt_text=say.text("design-alt-enrollment"),
        ),
    ]
    see = say("design-enrollment-see", items=cite(source, displays))
    return [Paragraph(inlines=joined([lead, see])), *blocks_of(displays)]


def _milestones(source: DesignSources, scenario: DesignScenario) -> list[int]:
    """A quarter, a half, three quarters and all of the subjects, as near as the forecast has them."""
    numbers = sorted(
        {
            int(row.groups[2][1])
            for row in source.results.of_analysis("design.enrollment")
            if row.groups[:2] == behavior_groups(source.chosen, scenario) and len(row.groups) == 3
        }
    )
    wanted = [numbers[-1] * share / 4 for share in (1, 2, 3, 4)]
    return sorted({min(numbers, key=lambda number: abs(number - value)) for value in wanted})


def _distinct_enrollments(scenarios: tuple[DesignScenario, ...]) -> list[DesignScenario]:
    """Scenarios that enroll alike are shown once, under the name of the first."""
    first: dict[float, DesignScenario] = {}
    for scenario in scenarios:
        first.setdefault(scenario.enrollment_factor, scenario)
    return list(first.values())


def costs(source: DesignSources) -> list[Block]:
    """The expected cost of each design in the planned scenario, part by part."""
    say, definition = source.say, source.definition
    if definition.cost is None:
        return [Paragraph(inlines=say("design-cost-none"))]
    planned = definition.planned
    table = compose_transposed(
        source.results,
        id="7-1",
        title=say.text("design-table-costs", currency=source.currency),
        population=say.text("design-population"),
        heads=[(design.label, behavior_groups(design, planned)) for design in source.designs],
        rows=[
            *(
                Column(
                    header=part.label,
                    analysis="design.costs",
                    stat_name="cost",
                    format=source.cost_format,
                    groups=(("PART", part.id),),
                )
                for part in definition.cost.parts
            ),
            Column(
                header=say.text("design-row-total"),
                analysis="design.behavior",
                stat_name="expected_cost",
                format=source.cost_format,
            ),
        ],
    )
    lead = say("design-cost-lead", item=cite(source, [table]))
    return [Paragraph(inlines=lead), *blocks_of([table])]

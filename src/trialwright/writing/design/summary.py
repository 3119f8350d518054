"""The summary of a design report: the chosen design, and how it does what is asked."""

from __future__ import annotations

from trialwright.documents.model import Block, Paragraph
from trialwright.inlines import CrossRef
from trialwright.writing.design.premises import comparison
from trialwright.writing.design.sources import DesignSources, Groups
from trialwright.writing.report import joined
from trialwright.writing.sentences import Inlines

#: The table that compares the designs, which the summary refers to.
DESIGNS_ANCHOR = "display-4-1"


def summary(source: DesignSources) -> list[Block]:
    """The chosen design, its power, size, duration and cost, and its type I error."""
    say, definition, design = source.say, source.definition, source.chosen
    planned, groups = definition.planned, (("DESIGN", design.id),)
    label = source.fact(f"designs/{design.id}/label")
    looks = source.ref("design.choice", groups, "looks", "1.0")
    chosen = say(
        "design-chosen",
        design=label,
        subjects=source.ref("design.choice", groups, "subjects", "1.0"),
        arms=source.fact("arms/count"),
        allocation=source.fact(f"designs/{design.id}/allocation"),
        looks=looks,
    )
    power = say(
        "design-chosen-power",
        scenario=source.fact(f"scenarios/{planned.id}/label"),
        comparison=comparison(source, definition.test.comparisons[0]),
        simulated=source.behavior(design, planned, "power", "%1.1"),
        error=source.behavior(design, planned, "power_se", "%1.1"),
        computed=source.ref("design.choice", groups, "power", "%1.1"),
    )
    target = say(f"design-target-{_reached(source)}", target=source.fact("test/power"))
    expected = say(
        "design-chosen-expected",
        duration=source.behavior(design, planned, "expected_duration", "1.1"),
        unit=source.unit,
        # Without interim analyses as many as are planned.
        subjects=source.behavior(design, planned, "expected_subjects", "1.0" if design.looks == 1 else "1.1"),
    )
    more = joined([_cost_sentence(source), *_prospects(source, groups), *_type_one_errors(source)])
    see = say("design-larger", items=(CrossRef(target=DESIGNS_ANCHOR),))
    return [
        Paragraph(inlines=joined([chosen, power, target])),
        Paragraph(inlines=joined([expected, more, see])),
    ]


def _reached(source: DesignSources) -> str:
    """Whether the simulated power is what was asked for: met, near (within two standard errors) or missed."""
    planned, target = source.definition.planned, source.definition.test.target_power
    power = source.behavior(source.chosen, planned, "power", "%1.1").value or 0.0
    error = source.behavior(source.chosen, planned, "power_se", "%1.1").value or 0.0
    if power >= target:
        return "met"
    return "near" if power >= target - 2 * error else "missed"


def _cost_sentence(source: DesignSources) -> Inlines:
    if source.definition.cost is None:
        return ()
    cost = source.behavior(source.chosen, source.definition.planned, "expected_cost", source.cost_format)
    return source.say("design-chosen-cost", cost=cost, currency=source.currency)


def _prospects(source: DesignSources, groups: Groups) -> list[Inlines]:
    """The probability of success, and the least power over the scenarios, where they are others than the power."""
    success = "design-chosen-success-prior" if source.definition.prior else "design-chosen-success-weights"
    wanted = [("probability_of_success", success, "success")]
    if source.has_other_effects:
        wanted.append(("least_power", "design-chosen-least", "least"))
    return [
        source.say(name, **{key: source.ref("design.choice", groups, stat_name, "%1.1")})
        for stat_name, name, key in wanted
        if source.has("design.choice", groups, stat_name)
    ]


def _type_one_errors(source: DesignSources) -> list[Inlines]:
    """A sentence for each scenario in which no arm differs from the control."""
    return [
        source.say(
            "design-chosen-error",
            scenario=source.fact(f"scenarios/{scenario.id}/label"),
            error=source.behavior(source.chosen, scenario, "any_rejection", "%1.2"),
            spread=source.behavior(source.chosen, scenario, "any_rejection_se", "%1.2"),
            alpha=source.fact("test/alpha"),
        )
        for scenario in source.definition.scenarios
        if scenario.is_null(source.chosen.endpoint)
    ]

"""The design report: every number a reference, sentences chosen by what the results say, small designs too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from trialwright.design.definition import DesignDefinition, design_facts, parse_design, read_design
from trialwright.design.search import (
    DesignSearch,
    compare_designs,
    optimize_design,
    read_search,
    results_of_comparison,
    results_of_search,
)
from trialwright.displays import Figure, Table, render_figure
from trialwright.documents import manifest_path, read_manifest, verify, write_docx
from trialwright.documents.model import Block, DisplayBlock, Document, FactTable, FigureBlock, Paragraph
from trialwright.inlines import FactRef, Text, plain_text
from trialwright.results import Results, joined_results
from trialwright.study import example_path, example_study
from trialwright.writing import write_design_report


@pytest.fixture(scope="module")
def definition() -> DesignDefinition:
    return read_design(example_path("calm12", "design.yaml")).definition


@pytest.fixture(scope="module")
def results(definition: DesignDefinition) -> Results:
    return results_of_comparison(compare_designs(definition, trials=300, seed=1))


@pytest.fixture(scope="module")
def report(definition: DesignDefinition, results: Results) -> Document:
    return write_design_report(definition, results, study=example_study())


def displays(blocks: tuple[Block, ...]) -> Iterator[Table | Figure]:
    for block in blocks:
        if isinstance(block, DisplayBlock):
            yield block.table
        elif isinstance(block, FigureBlock):
            yield block.figure


def paragraphs(report: Document) -> list[str]:
    return [plain_text(block.inlines) for block in report.blocks if isinstance(block, Paragraph)]


def test_the_written_report_holds_no_number_without_a_source(
    report: Document, results: Results, tmp_path: Path
) -> None:
    path = tmp_path / "design.en.docx"

    write_docx(report, path)

    assert verify(path, read_manifest(manifest_path(path)), results) == []


def test_no_sentence_has_a_number_typed_into_it(report: Document) -> None:
    for block in report.blocks:
        if isinstance(block, Paragraph):
            words = "".join(inline.text for inline in block.inlines if isinstance(inline, Text))
            assert not any(letter.isdigit() for letter in words), words


def test_each_display_shows_results_that_there_are(report: Document, results: Results) -> None:
    shown = list(displays(report.blocks))

    assert [display.id for display in shown] == ["4-1", "4-2", "4-3", "5-1", "5-2", "6-1", "6-2", "7-1"]
    for display in shown:
        names = (
            [ref.result_id for row in display.rows for cell in row.cells for ref in cell.refs]
            if isinstance(display, Table)
            else list(display.refs)
        )
        assert names
        assert all(name in results for name in names)


def test_the_figures_can_be_drawn_and_give_the_same_bytes(report: Document) -> None:
    for display in displays(report.blocks):
        if isinstance(display, Figure):
            assert render_figure(display).startswith(b"\x89PNG")
            assert render_figure(display, "svg") == render_figure(display, "svg")


def test_the_summary_says_whether_the_power_is_reached(definition: DesignDefinition, results: Results) -> None:
    ambitious = replace(definition, test=replace(definition.test, target_power=0.999))

    modest = replace(definition, test=replace(definition.test, target_power=0.6))
    power = results.find("design.behavior", "power", groups={"DESIGN": "fixed", "SCENARIO": "planned"})
    assert power is not None
    assert power.stat is not None
    near = replace(definition, test=replace(definition.test, target_power=power.stat + 0.01))
    modest_words = " ".join(paragraphs(write_design_report(modest, results)))
    near_words = " ".join(paragraphs(write_design_report(near, results)))
    ambitious_words = " ".join(paragraphs(write_design_report(ambitious, results)))

    assert "This reaches the power that was asked for, 60%" in modest_words
    assert "Within two standard errors this is the power that was asked for" in near_words
    assert "This is below the power that was asked for, 99.9%" in ambitious_words


def test_the_type_one_error_is_told_of_the_scenario_without_an_effect(report: Document) -> None:
    words = " ".join(paragraphs(report))

    assert "Where no arm differs from the control (“No effect”)" in words


def test_a_definition_without_costs_prior_interims_and_study_has_a_report(
    definition: DesignDefinition, tmp_path: Path
) -> None:
    small = replace(
        definition,
        designs={"fixed": definition.designs["fixed"]},
        scenarios=tuple(replace(scenario, weight=0.0) for scenario in definition.scenarios[:1]),
        cost=None,
        prior=None,
    )
    results = results_of_comparison(compare_designs(small, trials=100, seed=2))
    path = tmp_path / "design.en.docx"

    report = write_design_report(small, results)
    write_docx(report, path)

    words = " ".join(paragraphs(report))
    assert "There is no cost model." in words
    assert "None of the designs looks at the data before the final analysis." in words
    assert "No search for better designs was done" in words
    assert "probability of success" not in words
    assert verify(path, read_manifest(manifest_path(path)), results) == []


@pytest.fixture(scope="module")
def searched(definition: DesignDefinition) -> DesignSearch:
    request = read_search(read_design(example_path("calm12", "design.yaml")))
    return optimize_design(
        definition, request.space, request.objectives, candidates=12, trials=100, verify_trials=200, seed=3
    )


def test_the_front_of_a_search_is_told_as_it_was_verified(
    definition: DesignDefinition, results: Results, searched: DesignSearch, tmp_path: Path
) -> None:
    everything = joined_results([results, results_of_search(searched, definition_digest="d")])
    path = tmp_path / "design.en.docx"

    report = write_design_report(definition, everything, objectives=searched.objectives, study=example_study())
    write_docx(report, path)

    assert searched.front, "the test needs a front"
    table = next(display for display in displays(report.blocks) if display.id == "8-1")
    assert isinstance(table, Table)
    assert len(table.rows) == len(searched.front)
    assert [row.cells[0].text for row in table.rows] == [str(p.verified.maximum_subjects) for p in searched.front]
    assert f"{len(searched.candidates)} candidates were simulated with 100 trials" in " ".join(paragraphs(report))
    assert verify(path, read_manifest(manifest_path(path)), everything) == []


def test_a_limit_that_verification_breaks_is_shown(
    definition: DesignDefinition, results: Results, searched: DesignSearch
) -> None:
    point = replace(searched.front[0], broken_limits=("power is 0.79, not at least 0.8",))
    broken = replace(searched, front=(point, *searched.front[1:]))
    everything = joined_results([results, results_of_search(broken, definition_digest="d")])

    report = write_design_report(definition, everything, objectives=searched.objectives)

    table = next(display for display in displays(report.blocks) if display.id == "8-1")
    assert isinstance(table, Table)
    assert table.rows[0].cells[-1].text == "power is 0.79, not at least 0.8"


def facts_of(report: Document) -> dict[str, str]:
    """Path and shown text of each fact that the report quotes."""
    found: dict[str, str] = {}
    for block in report.blocks:
        cells = [cell for row in block.rows for cell in row] if isinstance(block, FactTable) else []
        runs = [run for cell in cells for run in cell] or ([block.inlines] if isinstance(block, Paragraph) else [])
        found.update({inline.path: inline.shown for run in runs for inline in run if isinstance(inline, FactRef)})
    return found


DELAYED = """\
design: {title: Delayed, time_unit: months, chosen: looks}
arms: {C: Control, A: Active}
endpoints: {death: {label: Death, kind: time_to_event, better: longer}}
test: {alpha: 0.025, sided: 1, power: 0.8, comparisons: [A], multiplicity: none}
scenarios:
  planned:
    label: A delayed effect
    weight: 2
    outcomes:
      death: {medians: {C: 10}, hazard_ratios: {A: 0.6}, delay: 3, dropout: 0.1, dropout_by: 12}
  nothing:
    label: No effect
    base: planned
    weight: 1
    outcomes:
      death: {hazard_ratios: {A: 1}}
enrollment: {all: {sites: 20, rate: 1}}
cost: {currency: MEUR, parts: {subject: {label: A subject, per: subject, amount: 0.02}}}
designs:
  fixed: {label: One look, endpoint: death, subjects: 400, events: computed}
  looks: {label: Two looks, base: fixed, looks: 2, efficacy: pocock}
  binding:
    {label: Binding, base: looks, futility: {rule: hwang_shih_decani, gamma: -2}, futility_is_binding: true}
  other: {label: Not binding, base: looks, futility: {rule: hwang_shih_decani, gamma: -2}}
"""


@pytest.fixture(scope="module")
def delayed() -> tuple[DesignDefinition, Document]:
    definition = parse_design(DELAYED).definition
    results = results_of_comparison(compare_designs(definition, trials=200, seed=4))
    return definition, write_design_report(definition, results)


def test_facts_are_those_of_the_definition(
    definition: DesignDefinition, report: Document, delayed: tuple[DesignDefinition, Document]
) -> None:
    for known, written in ((design_facts(definition), report), (design_facts(delayed[0]), delayed[1])):
        quoted = facts_of(written)

        assert len(quoted) > 20
        assert {path: known.get(path) for path in quoted} == quoted


def test_assumptions_tell_of_each_endpoint_that_a_design_rests_on(report: Document) -> None:
    quoted = facts_of(report)

    assert quoted["design/scenarios/planned/outcomes/Endpoint_1/means/HIGH"] == "-12.1"
    assert quoted["design/scenarios/planned/outcomes/Endpoint_3/probabilities/HIGH"] == "46%"
    assert "“Responders” decides on the endpoint “Response at Week 12”." in " ".join(paragraphs(report))


def test_a_trial_of_one_comparison_with_a_delayed_effect_is_told(delayed: tuple[DesignDefinition, Document]) -> None:
    words, quoted = " ".join(paragraphs(delayed[1])), facts_of(delayed[1])

    assert "Where no arm differs from the control (“No effect”)" in words
    assert "Averaged over the scenarios by their weights, the probability of success is" in words
    assert "The type I error is 0.025, one-sided; the power asked for is 80%." in words
    assert "comparisons" not in words
    assert "“Two looks”, “Binding” and “Not binding” look at the data before the final analysis." in words
    assert "Stopping for futility is binding in “Binding”, whose type I error counts on it; elsewhere" in words
    assert quoted["design/scenarios/planned/outcomes/death/medians/C"] == "10"
    assert quoted["design/scenarios/planned/outcomes/death/hazards/A/changes/0"] == "3"
    # 1 - exp(-12 * rate) is 0.1.
    assert quoted["design/scenarios/planned/outcomes/death/dropout_hazards/C"] == "0.00878"


def test_small_costs_have_decimals(delayed: tuple[DesignDefinition, Document]) -> None:
    costs = next(display for display in displays(delayed[1].blocks) if display.id == "7-1")

    assert isinstance(costs, Table)
    assert costs.rows[0].cells[0].text == "8.00"

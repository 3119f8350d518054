"""The clinical study report as a whole: E3's sections, displays, queries, cross-references."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from tests.writing.report_inputs import (
    analysis,
    ancova_results,
    count_results,
    plan_of,
    result,
    runs,
    section_blocks,
    section_text,
)

from trialwright.analysis.plan import AnalysisPlan
from trialwright.displays.model import Cell, Display, Figure, HeaderCell, Row, Table
from trialwright.documents.model import (
    AuthorQuery,
    Block,
    DisplayBlock,
    Document,
    FactTable,
    FigureBlock,
    Heading,
    PageBreak,
    SectionBreak,
)
from trialwright.documents.targets import find_targets, resolve
from trialwright.errors import DocumentError
from trialwright.inlines import CrossRef, FactRef
from trialwright.results import ResultRef, Results
from trialwright.standards import heading_tree
from trialwright.study import Study, example_study, read_usdm
from trialwright.writing import write_csr

NOTHING = Results.of([])


def table(
    id: str, *, section: str = "", purpose: str = "other", is_landscape: bool = False, is_listing: bool = False
) -> Table:
    return Table(
        id=id,
        title=f"Table {id}",
        population="Everybody",
        headers=((HeaderCell(cell=Cell(("",))), HeaderCell(cell=Cell(("All",)))),),
        rows=(Row(label=Cell(("a",)), cells=(Cell(("b",)),)),),
        section=section,
        purpose=purpose,
        is_landscape=is_landscape,
        is_listing=is_listing,
    )


DISPLAYS: tuple[Display, ...] = (
    table("14-1.01", section="14.1", purpose="analysis_sets"),
    table("14-1.02", section="14.1.7", purpose="other"),
    table("14-2.01", section="14.2", purpose="primary_efficacy"),
    Figure(
        id="14-2.02", title="Curve", population="", kind="kaplan_meier", section="14.2", purpose="secondary_efficacy"
    ),
    table("14-3.01", purpose="teae", is_landscape=True),
    table("14-3.02", section="14.3", purpose="vital_signs"),
    table("14-3.03", section="99", purpose="other"),
    Figure(id="flow", title="Flow", population="", kind="flow", section="14.1", purpose="randomized"),
    table("16.2.1", section="16.2.1", purpose="listing", is_listing=True),
    table("16.2.9", purpose="listing", is_listing=True),
)


@pytest.fixture(scope="module")
def study() -> Study:
    return example_study()


@pytest.fixture(scope="module")
def plan() -> AnalysisPlan:
    return plan_of(
        analysis("primary", "ancova", "primary_efficacy", better="lower", options={"covariates": ("BASE",)}),
        analysis("any", "count", "teae_any", variables=("USUBJID",), label="Any TEAE"),
        analysis("done", "count", "completed", variables=("USUBJID",), label="Completed"),
    )


@pytest.fixture(scope="module")
def results() -> Results:
    sizes = [
        result("population.itt", "n", 20, level=arm, variable="USUBJID") for arm in ("Placebo", "Low", "High", "Total")
    ]
    everybody = [result("population.itt", "n", 60, variable="USUBJID")]
    counts = [*count_results("any", (10, 5, 12)), *count_results("done", (18, 12, 17))]
    return Results.of([*sizes, *everybody, *ancova_results(-2.0, 0.012), *counts])


@pytest.fixture(scope="module")
def document(study: Study, plan: AnalysisPlan, results: Results) -> Document:
    return write_csr(study, plan, results, DISPLAYS, inputs=[("plan", "0" * 64)])


def numbers(document: Document) -> list[str]:
    return [block.number for block in document.blocks if isinstance(block, Heading)]


def assert_cross_references_resolve(document: Document) -> None:
    targets = find_targets(document)
    for block in document.blocks:
        for run in runs(block):
            for inline in run:
                if isinstance(inline, CrossRef):
                    resolve(inline, targets)


def assert_no_section_is_empty(document: Document) -> None:
    parents = {number.rpartition(".")[0] for number in numbers(document)}
    for number in numbers(document):
        content = [
            block for block in section_blocks(document, number) if not isinstance(block, (PageBreak, SectionBreak))
        ]
        assert content or number in parents, number


def test_every_section_of_e3_comes_once_and_in_order(document: Document) -> None:
    guideline = [section.number for section in heading_tree("ich_e3").sections]

    assert [number for number in numbers(document) if number in set(guideline)] == guideline
    assert all(number.startswith("11.4.1.") for number in set(numbers(document)) - set(guideline))


def test_no_section_is_empty(document: Document) -> None:
    assert_no_section_is_empty(document)


def test_a_section_without_guidance_only_holds_others() -> None:
    tree = heading_tree("ich_e3")

    assert all(section.guidance or tree.has_children(section.number) for section in tree.sections)


def test_every_display_is_printed_once_and_cited_in_the_text(document: Document) -> None:
    printed = [block.anchor for block in document.blocks if isinstance(block, (DisplayBlock, FigureBlock))]
    cited = {
        inline.target
        for block in document.blocks
        for run in runs(block)
        for inline in run
        if isinstance(inline, CrossRef)
    }

    for display in DISPLAYS:
        assert printed.count(f"display-{display.id}") == 1, display.id
        assert f"display-{display.id}" in cited, display.id


@pytest.mark.parametrize(
    ("display", "section"),
    [
        ("14-1.02", "14.1"),
        ("14-3.01", "14.3.1"),
        ("14-3.03", "14"),
        ("flow", "10.1"),
        ("16.2.1", "16.2.1"),
        ("16.2.9", "16.2"),
    ],
)
def test_a_display_is_printed_where_the_plan_or_its_purpose_says(
    document: Document, display: str, section: str
) -> None:
    anchors = [
        block.anchor for block in section_blocks(document, section) if isinstance(block, (DisplayBlock, FigureBlock))
    ]

    assert f"display-{display}" in anchors


def test_a_wide_display_stands_on_a_landscape_page_and_the_next_one_does_not(document: Document) -> None:
    blocks = section_blocks(document, "14.3.1")
    place = next(index for index, block in enumerate(blocks) if isinstance(block, DisplayBlock))

    assert blocks[place - 1] == SectionBreak(is_landscape=True)
    assert blocks[place + 1] == SectionBreak(is_landscape=False)


def test_every_cross_reference_leads_somewhere(document: Document) -> None:
    assert_cross_references_resolve(document)


def test_queries_have_stable_names_of_their_own(document: Document) -> None:
    queries = [query.id for query in document.queries()]

    assert len(queries) == len(set(queries)) > 30
    assert all(query.startswith("csr.") for query in queries)
    assert {"csr.13.discussion", "csr.11.4.7.conclusions", "csr.1.report-date", "csr.16.1.5.signatures"} <= set(queries)
    assert all(query.question.strip() for query in document.queries())


#: The example's coded terms that read otherwise in a sentence.
CODED = {
    "Phase II Trial": "phase ii",
    "Double Blind Study": "double-blind",
    "Parallel Study": "parallel-group",
    "Efficacy Study": "efficacy",
    "Safety Study": "safety",
    "Treatment Study": "treatment",
    "Randomized": "randomised",
    "Multiple Countries": "several countries",
    "Oral Route of Administration": "oral",
    "Capsule Dosage Form": "capsule",
}


def test_facts_are_references_into_the_definition(document: Document, study: Study) -> None:
    facts = [
        inline
        for block in document.blocks
        for run in runs(block)
        for inline in run
        if isinstance(inline, FactRef) and not inline.path.startswith(("plan/", "result/"))
    ]

    assert len(facts) > 100
    for fact in facts:
        if fact.path.endswith((".windowLower", ".value")):  # shown as study day and window
            continue
        words = " ".join(study.fact(fact.path).shown.split())
        if fact.path.endswith((".decode", ".route", ".frequency")):  # coded: in the catalogue's words, or its own
            assert fact.shown.lower() in (words.lower(), CODED.get(words)), fact
        else:
            assert words == fact.shown


def test_every_result_shown_is_in_the_table_of_results(document: Document, results: Results) -> None:
    shown = [
        inline for block in document.blocks for run in runs(block) for inline in run if isinstance(inline, ResultRef)
    ]

    assert shown
    assert all(inline.result_id in results for inline in shown)


def test_the_text_shows_a_number_as_the_tables_do(study: Study, plan: AnalysisPlan, results: Results) -> None:
    difference = results["primary/TRT01P=High - Placebo/CHG/difference"]
    ref = ResultRef(result_id=difference.result_id, format="8.3", shown="  -2.000", value=difference.stat)
    display = table("14-2.01", section="14.2", purpose="primary_efficacy")
    shown = Table(
        id="14-2.01",
        title="Primary",
        population="",
        headers=display.headers,
        rows=(Row(label=Cell(("Difference",)), cells=(Cell((ref,)),)),),
        section="14.2",
    )
    text = section_text(write_csr(study, plan, results, [shown]), "11.4.1.1")

    assert "difference -2.000; 95% CI -3.000 to -1.000" in text


def test_the_report_is_the_same_each_time(
    document: Document, study: Study, plan: AnalysisPlan, results: Results
) -> None:
    assert write_csr(study, plan, results, DISPLAYS, inputs=[("plan", "0" * 64)]) == document


def test_an_unknown_language_is_refused(study: Study, plan: AnalysisPlan, results: Results) -> None:
    with pytest.raises(DocumentError, match="not written in 'xx' yet"):
        write_csr(study, plan, results, DISPLAYS, language="xx")


def test_a_plan_without_results_gives_queries_instead_of_sentences(study: Study, plan: AnalysisPlan) -> None:
    document = write_csr(study, plan, NOTHING, [])
    queries = {query.id for query in document.queries()}

    assert {"csr.10.1.disposition", "csr.11.4.1.efficacy", "csr.12.1.exposure", "csr.12.2.1.adverse-events"} <= queries
    assert_no_section_is_empty(document)
    assert_cross_references_resolve(document)


def test_a_definition_that_lacks_much_gives_queries_and_no_invented_text(shared: Path, plan: AnalysisPlan) -> None:
    lilly = read_usdm(shared / "data/usdm/EliLilly_NCT03421379_Diabetes.json")
    document = write_csr(lilly, plan, NOTHING, DISPLAYS)
    queries = {query.id for query in document.queries()}

    assert not lilly.estimands
    assert {"csr.8.estimands", "csr.9.5.2.appropriateness"} <= queries
    assert "holds no estimands" in section_text(document, "8")
    assert_no_section_is_empty(document)
    assert_cross_references_resolve(document)


@pytest.mark.parametrize(
    "path", ["eligibilityCriteria", "objectives", "estimands", "scheduleTimelines", "epochs", "arms"]
)
def test_a_definition_without_a_part_still_gives_a_report(study: Study, plan: AnalysisPlan, path: str) -> None:
    poorer = study.with_fact(f"{study.design.id}.{path}", [])
    document = write_csr(poorer, plan, NOTHING, [])

    assert_no_section_is_empty(document)
    assert_cross_references_resolve(document)


def test_a_long_schedule_of_activities_is_turned(shared: Path, plan: AnalysisPlan) -> None:
    pilot = read_usdm(shared / "data/usdm/CDISC_Pilot_Study.json")
    blocks = section_blocks(write_csr(pilot, plan, NOTHING, []), "9.5.1")
    place = next(index for index, block in enumerate(blocks) if isinstance(block, FactTable))

    assert blocks[place - 1] == SectionBreak(is_landscape=True)
    assert blocks[place + 1] == SectionBreak(is_landscape=False)


@pytest.mark.parametrize("number", ["8", "9.1", "9.4.1", "9.7.1", "10.1", "11.1", "11.4.1.1", "12.2.1"])
def test_sections_read_as_before(document: Document, snapshot: SnapshotAssertion, number: str) -> None:
    assert section_text(document, number) == snapshot


def test_abbreviations_are_those_that_are_used(document: Document) -> None:
    text = section_text(document, "4")

    assert "TEAE" in text
    assert "ANOVA" not in text


def test_a_query_stands_for_what_only_a_human_can_write(document: Document) -> None:
    def queries(number: str) -> list[Block]:
        return [block for block in section_blocks(document, number) if isinstance(block, AuthorQuery)]

    for number in ("5.1", "6", "9.8", "11.4.7", "12.6", "13", "16.1.5"):
        assert queries(number), number


def test_what_the_definition_leaves_open_is_asked_for(shared: Path, plan: AnalysisPlan) -> None:
    pilot = read_usdm(shared / "data/usdm/CDISC_Pilot_Study.json")
    document = write_csr(pilot, plan, NOTHING, [])

    assert "csr.8.undetermined-endpoints" in {query.id for query in document.queries()}
    assert "To be determined" not in section_text(document, "2")

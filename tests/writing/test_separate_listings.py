"""Listings that are documents of their own: the report says what they hold and where they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.writing.report_inputs import analysis, plan_of, section_blocks, section_text

from trialwright.analysis.layout import ListingColumnSpec, ListingSpec
from trialwright.analysis.plan import AnalysisPlan
from trialwright.displays.model import Cell, HeaderCell, Row, Table
from trialwright.documents.model import DisplayBlock, Document, ListOfCaptions
from trialwright.documents.targets import find_targets, resolve
from trialwright.inlines import CrossRef
from trialwright.results import Result, ResultRef, Results
from trialwright.study import example_study
from trialwright.writing import write_csr

LISTING = Table(
    id="16.2.8.1",
    title="Laboratory",
    population="Everybody",
    headers=((HeaderCell(cell=Cell(("Visit",))),),),
    rows=(Row(label=Cell(("Week 2",)), cells=()),),
    section="16.2.8",
    purpose="listing",
    is_listing=True,
    is_separate=True,
)


@pytest.fixture(scope="module")
def plan() -> AnalysisPlan:
    spec = ListingSpec(
        id="16.2.8.1",
        title="Laboratory",
        analysis="lab",
        columns=(ListingColumnSpec(variable="VISIT", header="Visit"),),
        is_separate=True,
    )
    return replace(plan_of(analysis("lab", "listing", "listing", variables=("VISIT",))), displays={"16.2.8.1": spec})


def written(plan: AnalysisPlan, records: int, subjects: int, *tables: Table) -> Document:
    counts = {"n_records": float(records), "n": float(subjects)}
    results = Results.of(Result(analysis_id="lab", stat_name=name, stat=count) for name, count in counts.items())
    return write_csr(example_study(), plan, results, tables)


@pytest.mark.parametrize(
    ("records", "subjects", "words"),
    [(3120, 254, "3120 records of 254 subjects"), (1, 1, "1 record of 1 subject")],
)
def test_its_section_names_the_file_and_counts_records(
    plan: AnalysisPlan, records: int, subjects: int, words: str
) -> None:
    document = written(plan, records, subjects, LISTING)

    text = section_text(document, "16.2.8")
    assert "documents of their own" in text
    assert f"Listing 16.2.8.1, Laboratory: {words}, in displays/16.2.8.1.docx" in text
    assert "This section presents" not in text
    assert not [block for block in document.blocks if isinstance(block, DisplayBlock)]
    assert "listing" not in [block.kind for block in document.blocks if isinstance(block, ListOfCaptions)]


def test_its_counts_are_results(plan: AnalysisPlan) -> None:
    items = [
        inline
        for block in section_blocks(written(plan, 7, 3, LISTING), "16.2.8")
        for item in getattr(block, "items", ())
        for inline in item
    ]
    assert [inline.result_id for inline in items if isinstance(inline, ResultRef)] == ["lab/n_records", "lab/n"]


def test_those_beside_it_are_printed_and_everything_that_is_cited_is_there(plan: AnalysisPlan) -> None:
    printed = replace(LISTING, id="16.2.8", is_separate=False)
    document = written(plan, 7, 3, LISTING, printed)

    assert [block.table.id for block in document.blocks if isinstance(block, DisplayBlock)] == ["16.2.8"]
    assert "This section presents" in section_text(document, "16.2.8")
    targets = find_targets(document)
    for block in document.blocks:
        for inline in getattr(block, "inlines", ()):
            if isinstance(inline, CrossRef):
                resolve(inline, targets)


@pytest.mark.parametrize("section", ["14.3.4", "16.2", "14.3", "14"])
def test_every_section_that_prints_displays_knows_of_it(plan: AnalysisPlan, section: str) -> None:
    document = written(plan, 7, 3, replace(LISTING, section=section))
    assert "displays/16.2.8.1.docx" in section_text(document, section)

"""The report of a real study, the CDISC pilot: true sentences from its own plan and data."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.writing.report_inputs import runs, section_text

from trialwright.analysis import analyze, read_plan
from trialwright.displays import compose
from trialwright.documents.model import DisplayBlock, Document, FigureBlock
from trialwright.documents.targets import find_targets, resolve
from trialwright.inlines import CrossRef
from trialwright.standards import read_datasets
from trialwright.study import read_usdm
from trialwright.writing import write_csr

PLAN = Path(__file__).resolve().parents[2] / "bench/pilot/plan.yaml"


@pytest.fixture(scope="module")
def document(shared: Path) -> Document:
    plan = read_plan(PLAN)
    pilot = shared / "data/cdiscpilot01"
    results = analyze(plan, {**read_datasets(pilot / "sdtm"), **read_datasets(pilot / "adam_tdf")})
    study = read_usdm(shared / "data/usdm/CDISC_Pilot_Study.json")
    return write_csr(study, plan, results, compose(plan, results))


def test_the_primary_endpoint_is_told_as_the_pilot_found_it(document: Document) -> None:
    """Values: table 14-3.01 of the pilot's report (differences to placebo -0.5 and -1.0, p 0.569 and 0.233)."""
    text = section_text(document, "11.4.1.1")

    assert (
        "lower in the Xanomeline High Dose group than in the Placebo group (difference -1.0; 95% CI -2.7 to 0.7" in text
    )
    assert "p = 0.233" in text
    assert "dose was not statistically significant" in text
    assert "difference was statistically significant" not in text


def test_supportive_analyses_are_told_as_the_pilot_found_them(document: Document) -> None:
    """Values: tables 14-3.11 (difference high - placebo -0.8, p 0.440) and 14-3.13 (p 0.6180 at week 24)."""
    text = section_text(document, "11.4.1.3")

    assert "difference -0.8; 95% CI -2.9 to 1.3; p = 0.440" in text
    assert "Cochran-Mantel-Haenszel test; p = 0.6180" in text


def test_disposition_is_told_as_the_pilot_found_it(document: Document) -> None:
    """Values: tables 14-1.01 and 14-1.02 of the pilot's report."""
    text = section_text(document, "10.1")

    assert "A total of 254 patients were randomised: 86 to the Placebo group" in text
    assert "highest in the Placebo group and lowest in the Xanomeline Low Dose group" in text


def test_differences_of_adverse_events_are_named(document: Document) -> None:
    """Table 14-5.01 has p < 0.15 beside these terms; rash, pruritus and application site terms differ most."""
    text = section_text(document, "12.2.2")

    assert "Between the Xanomeline High Dose and the Placebo group" in text
    assert "Pruritus" in text


def test_every_display_of_the_plan_is_printed_and_every_reference_resolves(document: Document) -> None:
    targets = find_targets(document)
    cited = set()
    for block in document.blocks:
        for run in runs(block):
            for inline in run:
                if isinstance(inline, CrossRef):
                    cited.add(inline.target)
                    resolve(inline, targets)
    displays = {
        block.anchor
        for block in document.blocks
        if isinstance(block, (DisplayBlock, FigureBlock)) and block.anchor.startswith("display-")
    }

    assert len(displays) >= 13
    assert displays <= cited


def test_tables_and_markers_inside_criteria_read_as_text(document: Document) -> None:
    """The pilot's criteria 16 and 23: a list whose text repeats its markers, and lists that hold tables."""
    text = section_text(document, "9.3.2")

    assert "Depakote® (valproic acid): 2 weeks" in text
    assert "|" not in text
    assert "a) Neurosyphilis" not in text
    assert "Neurosyphilis" in text

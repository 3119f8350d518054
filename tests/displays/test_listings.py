"""Listings: headings over groups of rows, tests side by side, abbreviations, documents of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lxml import html

from trialwright.analysis.layout import ListingSpec
from trialwright.analysis.layout_reader import read_displays
from trialwright.analysis.plan import Analysis, AnalysisPlan, AnalysisSet
from trialwright.displays import Table, compose, display_to_json, file_stem, render_html
from trialwright.documents import read_docx, verify, write_docx
from trialwright.errors import PlanError
from trialwright.marked_yaml import parse_yaml
from trialwright.results import Result, Results
from trialwright.writing import write_listing

LABORATORY = {
    ("01", "1"): {"VISIT": "Week 2", "ALT": "20", "K": "4.1 H"},
    ("01", "2"): {"VISIT": "Week 4", "ALT": "22"},
    ("02", "1"): {"VISIT": "Week 2", "K": "3.9"},
}
ARMS = {"01": "Placebo", "02": "Active"}


def _rows() -> Iterator[Result]:
    for (subject, row), values in LABORATORY.items():
        own = {"USUBJID": subject, "TRT01A": ARMS[subject], "VISIT": values["VISIT"]}
        groups = (("USUBJID", subject), ("row", row))
        for variable, text in own.items():
            yield _text(groups, variable, text)
        for level in ("ALT", "K"):
            if level in values:
                yield _text(groups, "RESULT", values[level], level)
    for name, count in (("n_records", 4.0), ("n", 2.0)):
        yield Result(analysis_id="lab", stat_name=name, stat=count)


def _text(groups: tuple[tuple[str, str], ...], variable: str, text: str, level: str | None = None) -> Result:
    return Result(
        analysis_id="lab",
        stat_name="value",
        stat=None,
        stat_text=text,
        groups=groups,
        variable=variable,
        variable_level=level,
    )


PLAN = """
"16.2.8/1":
  kind: listing
  title: Laboratory
  population: Safety
  section: "16.2.8"
  separate: true
  analysis: lab
  heading: [{variable: USUBJID, header: Subject}, {variable: TRT01A}]
  columns:
    - {variable: VISIT, header: Visit}
    - {variable: RESULT, level: ALT}
    - {variable: RESULT, level: K, header: Potassium}
    - {variable: RESULT, level: CK}
  abbreviations: {H: high, CK: creatine kinase}
"""

Listing = Callable[[str], Table]


def the_plan(displays: str) -> AnalysisPlan:
    analysis = Analysis(
        id="lab",
        method="listing",
        dataset="ADLB",
        population="all",
        variables=("USUBJID", "TRT01A", "VISIT", "RESULT"),
    )
    return AnalysisPlan(
        title="The plan",
        alpha=0.05,
        analysis_sets={"all": AnalysisSet(id="all", label="All")},
        groupings={},
        analyses={"lab": analysis},
        displays=read_displays(parse_yaml(displays)),
    )


@pytest.fixture(scope="module")
def results() -> Results:
    return Results.of(_rows())


@pytest.fixture
def listing(results: Results) -> Listing:
    def make(displays: str) -> Table:
        (made,) = compose(the_plan(displays), results)
        assert isinstance(made, Table)
        return made

    return make


def test_rows_stand_under_a_line_for_what_they_share(listing: Listing) -> None:
    made = listing(PLAN)
    assert [(row.is_group, [row.label.text, *(cell.text for cell in row.cells)]) for row in made.rows] == [
        (True, ["Subject: 01    Placebo", "", "", ""]),
        (False, ["Week 2", "20", "4.1 H", ""]),
        (False, ["Week 4", "22", "", ""]),
        (True, ["Subject: 02    Active", "", "", ""]),
        (False, ["Week 2", "", "3.9", ""]),
    ]
    assert made.rows[0].label.refs[0].result_id == "lab/USUBJID=01/row=1/USUBJID/value"
    assert made.rows[1].cells[1].refs[0].result_id == "lab/USUBJID=01/row=1/RESULT=K/value"
    assert [header.cell.text for header in made.headers[0]] == ["Visit", "ALT", "Potassium", "CK"]


def test_abbreviations_are_the_last_footnote(listing: Listing) -> None:
    made = listing(PLAN + '  footnotes: ["First."]\n')
    assert display_to_json(made)["footnotes"] == ["First.", "H = high; CK = creatine kinase."]


def test_a_heading_has_the_whole_width_and_narrows_no_column(listing: Listing) -> None:
    made = listing(PLAN)
    without = listing(PLAN.replace("  heading: [{variable: USUBJID, header: Subject}, {variable: TRT01A}]\n", ""))
    assert made.widths == without.widths
    page = html.document_fromstring(render_html(made).encode())
    heading = next(row for row in page.iter("th") if row.get("scope") == "rowgroup")
    assert heading.get("colspan") == "4"
    assert [span.get("data-result") for span in heading] == [
        "lab/USUBJID=01/row=1/USUBJID/value",
        "lab/USUBJID=01/row=1/TRT01A/value",
    ]


def test_values_that_repeat_are_shown_anew_under_each_heading(listing: Listing) -> None:
    made = listing(PLAN.replace("{variable: VISIT, header: Visit}", "{variable: TRT01A, repeats: false}"))
    assert [row.label.text for row in made.rows if not row.is_group] == ["Placebo", "", "Active"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{variable: VISIT, header: Visit}", "{variable: AGE}", "a column AGE, which lab does not list"),
        ("{variable: TRT01A}]", "{variable: AGE}]", "a heading AGE, which lab does not list"),
        ("{variable: RESULT, level: ALT}", "{variable: RESULT}", "for each level of a variable: name its 'level'"),
        ("separate: true", "separate: perhaps", "valid boolean"),
        ("{variable: TRT01A}]", "{variable: TRT01A, width: 3}]", "the key 'width' is not known here"),
    ],
)
def test_what_does_not_fit_is_told(listing: Listing, old: str, new: str, message: str) -> None:
    assert old in PLAN
    with pytest.raises(PlanError, match=message):
        listing(PLAN.replace(old, new))


def test_it_is_read_as_it_is_written() -> None:
    (spec,) = read_displays(parse_yaml(PLAN)).values()
    assert isinstance(spec, ListingSpec)
    assert spec.is_separate
    assert [(column.variable, column.level) for column in spec.columns][1] == ("RESULT", "ALT")


def test_a_listing_of_its_own_is_a_document_whose_values_are_verified(
    listing: Listing, results: Results, tmp_path: Path
) -> None:
    made = listing(PLAN)
    assert made.is_separate
    path = tmp_path / f"{file_stem(made)}.docx"
    assert path.name == "16.2.8_1.docx"
    document = write_listing(made, the_plan(PLAN))
    manifest = write_docx(document, path)
    assert (document.name, document.header) == ("16.2.8_1", "The plan")
    assert len(manifest.tables) == 1
    assert verify(path, manifest, results) == []
    other = Results.of(
        _text(row.groups, row.variable or "", "21", row.variable_level) if row.stat_text == "20" else row
        for row in results.rows()
    )
    (finding,) = verify(path, manifest, other)
    assert "ALT" in finding.message or "20" in finding.message
    assert read_docx(path).tables[0].rows[1][0].startswith("Subject: 01")

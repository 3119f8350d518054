"""HTML to blocks, and the references in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.inlines import FactRef, LineBreak, Text, plain_text
from trialwright.study import (
    Study,
    TextImage,
    TextList,
    TextParagraph,
    TextTable,
    check_study,
    example_study,
    inlines_of,
)


@pytest.fixture(scope="module")
def study() -> Study:
    return example_study()


def test_paragraphs_and_marks(study: Study) -> None:
    blocks = study.blocks(
        "<div><p>One <b>two</b>\n <i>three</i></p><p>m<sup>2</sup> H<sub>2</sub>O <u>x</u></p></div>", where="here"
    )

    assert blocks == (
        TextParagraph(
            inlines=(Text("One "), Text("two", is_bold=True), Text(" "), Text("three", is_italic=True)),
        ),
        TextParagraph(
            inlines=(
                Text("m"),
                Text("2", position="superscript"),
                Text(" H"),
                Text("2", position="subscript"),
                Text("O "),
                Text("x", is_underlined=True),
            )
        ),
    )


def test_plain_text_entities_and_line_breaks(study: Study) -> None:
    assert study.inlines("a < b", where="here") == (Text("a < b"),)
    assert plain_text(study.inlines("PG &lt;60&nbsp;mg/dL &amp; <60 mg", where="here")) == "PG <60\xa0mg/dL & <60 mg"
    assert study.inlines("<br>a <br/> b<br>", where="here") == (Text("a"), LineBreak(), Text("b"))
    assert study.blocks("", where="here") == study.blocks("<p> </p><div/>", where="here") == ()


def test_lists_keep_order_and_nesting(study: Study) -> None:
    blocks = study.blocks(
        "<p>Before</p><ol><li><p>one</p><p>more</p></li><li>two<ul><li>inner</li></ul>after</li></ol>tail", where="here"
    )

    assert [type(block) for block in blocks] == [TextParagraph, TextList, TextParagraph]
    listed = blocks[1]
    assert isinstance(listed, TextList)
    assert listed.is_ordered
    assert [plain_text(item) for item in listed.items] == ["one\nmore", "two", "inner\nafter"]
    assert listed.levels == (0, 0, 1)


def test_tables_keep_their_grid(study: Study) -> None:
    (table,) = study.blocks(
        "<table><tr><th colspan='2'>A</th><th>B</th></tr>"
        "<tr><td rowspan='2'>a</td><td><p>b</p><p>c</p></td><td>d</td></tr><tr><td>e</td><td>f</td></tr></table>",
        where="here",
    )

    assert isinstance(table, TextTable)
    assert table.header_rows == 1
    shown = [["/".join(plain_text(line) for line in cell) for cell in row] for row in table.rows]
    assert shown == [["A", "", "B"], ["a", "b/c", "d"], ["", "e", "f"]]


def test_images_headings_and_styles(study: Study) -> None:
    blocks = study.blocks(
        "<style>p {color: red}</style><h2>Title</h2><p>x<img src='data:image/png;base64,AA' alt='Flow'/>y</p>",
        where="here",
    )

    assert blocks == (
        TextParagraph(inlines=(Text("Title", is_bold=True),), is_heading=True),
        TextParagraph(inlines=(Text("x"),)),
        TextImage(description="Flow", source="data:image/png;base64,AA"),
        TextParagraph(inlines=(Text("y"),)),
    )
    assert "[image: Flow]" in plain_text(inlines_of(blocks))


@given(st.text(alphabet="<>/ abptdrulio=\"'&;usdm:ref", max_size=80))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    blocks = EXAMPLE.blocks(text, where="here")

    assert isinstance(plain_text(inlines_of(blocks)), str)


@given(st.lists(st.text(alphabet="abc xyz", min_size=1).filter(str.strip), min_size=1, max_size=5))
def test_every_word_is_kept(words: list[str]) -> None:
    html = "".join(f"<tr><td>{word}</td></tr>" if i % 2 else f"<p><span>{word}</span>" for i, word in enumerate(words))

    shown = plain_text(inlines_of(EXAMPLE.blocks(html, where="here")))

    assert shown.split() == " ".join(words).split()


EXAMPLE = example_study()


def test_a_reference_becomes_a_fact(study: Study) -> None:
    html = '<p>About <usdm:ref klass="Quantity" id="Quantity_12" attribute="value"></usdm:ref> subjects</p>'

    assert study.inlines(html, where="here") == (
        Text("About "),
        FactRef(path="Quantity_12.value", shown="240"),
        Text(" subjects"),
    )


def test_references_are_followed_through_texts_and_tags(study: Study) -> None:
    html = '<usdm:ref klass="EligibilityCriterionItem" id="EligibilityCriterionItem_1" attribute="text"/>'

    assert study.inlines(html, where="here") == (
        FactRef(path="EligibilityCriterionItem_1.text", shown="Men and women from 18 to 65 years of age at Screening."),
    )


@pytest.mark.parametrize(
    ("html", "shown", "message"),
    [
        ('<usdm:ref id="Quantity_999" attribute="value"/>', "[unresolved: Quantity_999.value]", "no instance"),
        ('<usdm:ref id="Quantity_1" attribute="color"/>', "[unresolved: Quantity_1.color]", "leads to nothing"),
        ("<usdm:ref/>", "[unresolved: .]", "no instance"),
        ('<usdm:tag name="age"/>', "[unresolved: age]", "names none"),
        ('<usdm:macro name="x"/>', "[unresolved: usdm:macro]", "Only usdm:ref and usdm:tag"),
    ],
)
def test_what_cannot_be_resolved_is_visible_and_found(study: Study, html: str, shown: str, message: str) -> None:
    changed = study.with_fact("NarrativeContentItem_1.text", f"<p>so {html} it</p>")

    assert plain_text(changed.inlines(f"<p>so {html} it</p>", where="here")) == f"so {shown} it"
    (finding,) = check_study(changed)
    assert finding.rule == "study.unresolved-text-reference"
    assert finding.where == "NarrativeContentItem_1.text"
    assert message in finding.message


def test_an_unknown_tag_names_the_known_ones(study: Study) -> None:
    changed = study.with_fact("EligibilityCriterionItem_1.text", '<p>At least <usdm:tag name="mn_age"/>.</p>')

    assert plain_text(changed.inclusion_criteria[0].inlines) == "At least [unresolved: mn_age]."
    (finding,) = check_study(changed)
    assert "It has: min_age, max_age, " in finding.message


def test_references_that_lead_back_to_themselves_end(study: Study) -> None:
    to_two = '<p>one <usdm:ref id="EligibilityCriterionItem_2" attribute="text"/></p>'
    to_one = '<p>two <usdm:ref id="EligibilityCriterionItem_1" attribute="text"/></p>'
    circular = study.with_fact("EligibilityCriterionItem_1.text", to_two).with_fact(
        "EligibilityCriterionItem_2.text", to_one
    )

    assert plain_text(circular.inclusion_criteria[0].inlines) == (
        "one two [unresolved: EligibilityCriterionItem_1.text]"
    )


def test_a_tag_that_holds_itself_ends(study: Study) -> None:
    circular = study.with_fact("ParameterMap_1.reference", 'x <usdm:tag name="min_age"/>')

    assert "from x [unresolved: min_age] to 65" in plain_text(circular.inclusion_criteria[0].inlines)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("Administration_2.dose", "30 mg"),
        ("Administration_1.duration", "12 weeks"),
        ("InterventionalStudyDesign_1.studyPhase", "Phase II Trial"),
        ("StudyDesignPopulation_1.includesHealthySubjects", "no"),
        ("StudyDesignPopulation_1.plannedSex", "Female, Male"),
        ("StudyDesignPopulation_1.plannedSex.1.decode", "Male"),
        ("StudyDesignPopulation_1.plannedAge", "18 to 65 years"),
        ("Organization_1.legalAddress.country", "United States of America"),
        ("Administration_3.dose", ""),
        (
            "Objective_1.endpoints.0",
            "Change from baseline in the Hamilton Anxiety Rating Scale (HAM-A) total score at Week 12",
        ),
    ],
)
def test_facts_are_shown_as_they_are_read(study: Study, path: str, shown: str) -> None:
    assert study.fact(path) == FactRef(path=path, shown=shown)

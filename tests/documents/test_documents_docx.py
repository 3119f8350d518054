"""What a written docx holds, as independent readers see it (python-docx, zipfile, lxml)."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from pathlib import Path

import docx
import pytest
from lxml import etree

from trialwright.displays.model import Cell, Figure, HeaderCell, Row, Table
from trialwright.documents import (
    Block,
    DisplayBlock,
    Document,
    FactTable,
    FigureBlock,
    Heading,
    ListOfCaptions,
    Manifest,
    Paragraph,
    SectionBreak,
    manifest_path,
    read_manifest,
    write_docx,
)
from trialwright.errors import DocumentError
from trialwright.inlines import CrossRef, FactRef, Inline, Text

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def draw_nothing(figure: Figure) -> bytes:
    return b"no picture"


@pytest.fixture(scope="module")
def written(document: Document, picture: bytes, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    path = tmp_path_factory.mktemp("docx") / "csr.en.docx"
    return path, write_docx(document, path, draw=lambda figure: picture)


def part(path: Path, name: str = "word/document.xml") -> etree._Element:
    with zipfile.ZipFile(path) as package:
        return etree.fromstring(package.read(name))


def shown(element: etree._Element | None) -> str:
    """The text in an element, as a reader sees it."""
    assert element is not None
    return "".join(text.text or "" for text in element.iter(f"{W}t"))


def small(*blocks: Block, **changes: str) -> Document:
    return Document(name="small", title="Small", blocks=blocks, **changes)  # type: ignore[arg-type]


def paragraph(*inlines: Inline) -> Paragraph:
    return Paragraph(inlines=inlines)


def test_every_part_is_well_formed_and_related(written: tuple[Path, Manifest]) -> None:
    with zipfile.ZipFile(written[0]) as package:
        names = set(package.namelist())
        assert package.namelist()[0] == "[Content_Types].xml"
        for name in names:
            if name.endswith((".xml", ".rels")):
                etree.fromstring(package.read(name))
        for relation in etree.fromstring(package.read("word/_rels/document.xml.rels")):
            target = relation.get("Target") or ""
            assert (target[3:] if target.startswith("../") else f"word/{target}") in names


def test_headings_show_the_guideline_s_numbers(written: tuple[Path, Manifest]) -> None:
    paragraphs = docx.Document(str(written[0])).paragraphs
    headings = [p.text for p in paragraphs if p.style is not None and str(p.style.name).startswith("Heading")]
    assert headings[:4] == [
        "3\tTable of contents",
        "2\tSynopsis",
        "9\tInvestigational plan",
        "9.1\tOverall study design and plan",
    ]
    assert headings[-1] == "Signatures"


def test_the_table_of_contents_is_a_field_that_is_filled_already(written: tuple[Path, Manifest]) -> None:
    root = part(written[0])
    instructions = [(element.text or "").strip() for element in root.iter(f"{W}instrText")]
    assert 'TOC \\o "1-4" \\h \\z \\u' in instructions
    assert 'TOC \\h \\z \\t "Caption Table" \\c' in instructions
    style = f".//{W}pStyle[@{W}val='TOC2']"
    entries = [shown(p) for p in root.iter(f"{W}p") if p.find(style) is not None]
    assert entries == ["9.1Overall study design and plan", "9.2Discussion of study design"]
    bookmarks = {element.get(f"{W}name") for element in root.iter(f"{W}bookmarkStart")}
    for instruction in instructions:
        if instruction.startswith(("PAGEREF", "REF")):
            assert instruction.split()[1] in bookmarks
    settings = part(written[0], "word/settings.xml")
    assert settings.find(f"{W}updateFields") is not None


def test_fields_begin_and_end_in_turn(written: tuple[Path, Manifest]) -> None:
    depth = 0
    for element in part(written[0]).iter(f"{W}fldChar"):
        depth += {"begin": 1, "separate": 0, "end": -1}[element.get(f"{W}fldCharType") or ""]
        assert depth in (0, 1, 2)
    assert depth == 0


def test_a_reference_is_a_control_bound_to_a_leaf_without_attributes(written: tuple[Path, Manifest]) -> None:
    path, manifest = written
    root = part(path)
    leaves = {etree.QName(leaf).localname: leaf for leaf in part(path, "customXml/item1.xml")}
    (item,) = part(path, "customXml/itemProps1.xml").attrib.values()
    controls = []
    for properties in root.iter(f"{W}sdtPr"):
        binding = properties.find(f"{W}dataBinding")
        tag = properties.find(f"{W}tag")
        alias = properties.find(f"{W}alias")
        assert tag is not None and alias is not None
        assert tag.get(f"{W}val") == alias.get(f"{W}val")
        if binding is None:
            continue
        identifier = tag.get(f"{W}val") or ""
        assert binding.get(f"{W}xpath") == f"/r:results[1]/r:{identifier}[1]"
        assert binding.get(f"{W}storeItemID") == item
        assert leaves[identifier].text == shown(properties.getparent())
        assert not leaves[identifier].attrib
        controls.append(identifier)
    written_times = {reference.id: len(reference.occurrences) for reference in manifest.references}
    assert {identifier: controls.count(identifier) for identifier in set(controls)} == written_times
    identifiers = [element.get(f"{W}val") for element in root.iter(f"{W}id")]
    assert len(identifiers) == len(set(identifiers))


def test_the_same_result_shown_alike_has_one_identifier_and_two_controls(written: tuple[Path, Manifest]) -> None:
    by_source = {(r.source, r.format): r for r in written[1].references}
    difference = by_source["hama.w12/TRT01P=TWX-101 30 mg - Placebo/CHG/difference", ".1"]
    assert difference.shown == "-2.4"
    assert difference.value == -2.449
    assert difference.occurrences == ("11.4.1.1", "12")
    assert by_source["Population_1.plannedEnrollmentNumber", ""].shown == "240"


def test_cross_references_show_label_and_number(written: tuple[Path, Manifest]) -> None:
    texts = [shown(paragraph) for paragraph in part(written[0]).iter(f"{W}p")]
    (text,) = [text for text in texts if "mean difference" in text]
    assert text.endswith("See Table\u00a014-5.01 and section 9.1.")


def test_captions_carry_display_numbers_or_count(written: tuple[Path, Manifest]) -> None:
    paragraphs = docx.Document(str(written[0])).paragraphs
    styles = {str(p.style.name) for p in paragraphs if p.style is not None}
    assert {name for name in styles if name.startswith("Caption")} == {
        "Caption Table",
        "Caption Figure",
        "Caption Listing",
    }
    root = part(written[0])
    texts = [shown(p) for p in root.iter(f"{W}p")]
    assert "Table\u00a09-1  Schedule of activities" in texts
    assert "Table\u00a014-5.01  Incidence of Treatment Emergent Adverse Events" in texts
    assert "SEQ Table9 \\* ARABIC" in [(e.text or "").strip() for e in root.iter(f"{W}instrText")]


def test_the_title_of_a_list_stays_with_it(tmp_path: Path) -> None:
    title = Paragraph(inlines=(Text("List of tables"),))
    heading = Heading(level=1, number="1", inlines=(Text("Results"),), anchor="h")
    table = FactTable(rows=((((Text("a"),),),),), caption=(Text("Doses"),), anchor="doses")
    document = Document(name="lists", title="Lists", blocks=(title, ListOfCaptions(kind="table"), heading, table))
    write_docx(document, tmp_path / "lists.en.docx")

    first = docx.Document(str(tmp_path / "lists.en.docx")).paragraphs[0]
    assert first.style is not None
    assert first.style.name == "Contents Heading"
    assert first.paragraph_format.keep_with_next


def test_tables_repeat_their_headers_and_keep_rows_whole(written: tuple[Path, Manifest]) -> None:
    table = docx.Document(str(written[0])).tables[2]
    rows = list(table._tbl.iter(f"{W}tr"))
    assert [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows] == [True] * 2 + [False] * 5
    assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)
    assert table.cell(4, 1).text.replace("\u2007", " ") == " 12 (14.0%)"
    assert table.cell(5, 0).text == "NAUSEA"


def test_the_manifest_keeps_every_cell_with_its_results(written: tuple[Path, Manifest]) -> None:
    path, manifest = written
    assert read_manifest(manifest_path(path)) == manifest
    events, listing = manifest.tables
    assert events.header_spans == ((1, 3), (1, 1, 1, 1))
    assert events.grid[0] == ("", "Treatment group")
    assert events.grid[4] == ("HEADACHE", "12 (14.0%)", "13 (15.5%)", "15 (17.9%)")
    cell = [reference for reference in events.references if reference[:2] == (4, 1)]
    assert cell == [
        (4, 1, "teae/TRT01A=Placebo/AEDECOD=HEADACHE/n", "3.0", 12.0, " 12"),
        (4, 1, "teae/TRT01A=Placebo/AEDECOD=HEADACHE/p", "%4.1", 12 / 86, "14.0"),
    ]
    assert len(listing.grid) == 61
    assert manifest.queries[0].id == "csr.9.2.choice-of-control"
    assert manifest.queries[0].section == "9.2"
    assert "teae/TRT01A=Placebo/AEDECOD=RASH/n" in {cell[2] for table in manifest.tables for cell in table.references}
    assert manifest.figures[0].results == (("hama.w12/TRT01P=TWX-101 30 mg - Placebo/CHG/difference", None),)


def test_the_same_document_gives_the_same_bytes(document: Document, picture: bytes, tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "csr.en.docx", tmp_path / "b" / "csr.en.docx"
    for path in (first, second):
        write_docx(document, path, draw=lambda figure: picture)
    assert first.read_bytes() == second.read_bytes()
    assert manifest_path(first).read_bytes() == manifest_path(second).read_bytes()
    assert sorted(file.name for file in (tmp_path / "a").iterdir()) == ["csr.en.docx", "csr.en.manifest.json"]


def test_a_section_turns_where_the_document_says_and_back(written: tuple[Path, Manifest]) -> None:
    sections = docx.Document(str(written[0])).sections
    assert [section.orientation for section in sections] == [0, 1, 0]


def test_a_wide_table_gets_a_landscape_page_with_its_heading(tmp_path: Path) -> None:
    cells = tuple(Cell((f"1234567.{column:02d} (99.9)",)) for column in range(11))
    table = Table(
        id="14-1",
        title="Wide",
        population="",
        headers=((HeaderCell(cell=Cell(("Label",))), *(HeaderCell(cell=Cell(("Column",))) for _ in cells)),),
        rows=(Row(label=Cell(("Row",)), cells=cells),),
    )
    document = small(
        paragraph(Text("Before")),
        Heading(level=1, number="14", inlines=(Text("Tables"),), anchor="tables"),
        paragraph(Text("This section presents a table.")),
        DisplayBlock(table=table, anchor="wide"),
        Heading(level=1, number="15", inlines=(Text("More"),), anchor="more"),
        paragraph(Text("And one more.")),
        DisplayBlock(table=table, anchor="wide-again"),
        paragraph(Text("After")),
    )
    path = tmp_path / "small.docx"
    write_docx(document, path)
    read = docx.Document(str(path))
    assert [section.orientation for section in read.sections] == [0, 1, 0]
    breaks = [bool(p._p.findall(f".//{W}sectPr")) for p in read.paragraphs]
    texts = [p.text for p in read.paragraphs]
    assert breaks[texts.index("Before")]
    assert not breaks[texts.index("14\tTables")]


def test_two_section_breaks_alike_make_a_new_page_only(tmp_path: Path) -> None:
    path = tmp_path / "small.docx"
    write_docx(small(paragraph(Text("One")), SectionBreak(is_landscape=False), paragraph(Text("Two"))), path)
    read = docx.Document(str(path))
    assert len(read.sections) == 1
    assert read.paragraphs[1].paragraph_format.page_break_before


def test_an_empty_table_and_an_empty_document_are_still_files_that_open(tmp_path: Path) -> None:
    empty = Table(id="14-2", title="Nobody", population="Safety", headers=(), rows=())
    for name, document in (("a", small(DisplayBlock(table=empty, anchor="none"))), ("b", small())):
        path = tmp_path / f"{name}.docx"
        write_docx(document, path)
        assert docx.Document(str(path)) is not None


def test_signs_of_xml_and_control_characters_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "small.docx"
    text = 'a < b & "c" > d\x07'
    write_docx(small(paragraph(Text(text), FactRef(path="X.y", shown=text))), path)
    assert docx.Document(str(path)).paragraphs[0].text == 'a < b & "c" > d'


def test_properties_carry_title_and_inputs_but_no_clock(written: tuple[Path, Manifest], tmp_path: Path) -> None:
    properties = docx.Document(str(written[0])).core_properties
    assert properties.title == "Clinical Study Report TW101-201"
    assert properties.created is None
    path = tmp_path / "small.docx"
    write_docx(small(paragraph(Text("x"))), path, created="2026-01-02T03:04:05Z")
    created = docx.Document(str(path)).core_properties.created
    assert created is not None and created.year == 2026


def test_the_language_is_on_the_text_and_in_the_labels(tmp_path: Path) -> None:
    path = tmp_path / "klein.docx"
    heading = Heading(level=1, number="9", inlines=(Text("Prüfplan"),), anchor="nine")
    write_docx(small(heading, paragraph(Text("Siehe "), CrossRef(target="nine")), language="de"), path)
    assert 'w:lang w:val="de-DE"' in etree.tostring(part(path, "word/styles.xml")).decode()
    assert "Siehe Abschnitt\u00a09" in shown(part(path))


def test_misuse_is_told(document: Document, picture: bytes, tmp_path: Path) -> None:
    heading = Heading(level=1, number="1", inlines=(Text("One"),), anchor="same")
    with pytest.raises(DocumentError, match="have the anchor 'same'"):
        write_docx(small(heading, heading), tmp_path / "x.docx")
    with pytest.raises(DocumentError, match="points at 'nowhere'"):
        write_docx(small(paragraph(CrossRef(target="nowhere"))), tmp_path / "x.docx")
    with pytest.raises(DocumentError, match=r"must end in \.docx"):
        write_docx(document, tmp_path / "x.pdf")
    figure = Figure(id="1", title="t", population="", kind="flow")
    with pytest.raises(DocumentError, match="not drawn as PNG"):
        write_docx(small(FigureBlock(figure=figure, anchor="f")), tmp_path / "x.docx", draw=draw_nothing)
    (tmp_path / "taken.docx").mkdir()
    with pytest.raises(DocumentError, match="cannot be written"):
        write_docx(small(), tmp_path / "taken.docx")
    assert not list(tmp_path.glob(".*partial"))


def test_a_manifest_that_is_broken_or_from_the_future_is_told(written: tuple[Path, Manifest], tmp_path: Path) -> None:
    path = tmp_path / "csr.en.manifest.json"
    with pytest.raises(DocumentError, match="There is no manifest at"):
        read_manifest(path)
    path.write_text("{no json")
    with pytest.raises(DocumentError, match=r"is no JSON \(line 1, column 2"):
        read_manifest(path)
    path.write_text("[]")
    with pytest.raises(DocumentError, match="is no manifest of a document"):
        read_manifest(path)
    good = json.loads(manifest_path(written[0]).read_text())
    path.write_text(json.dumps(good | {"schema_version": 99}))
    with pytest.raises(DocumentError, match="schema version 99, but this program reads versions up to 1"):
        read_manifest(path)
    del good["tables"]
    path.write_text(json.dumps(good))
    with pytest.raises(DocumentError, match="is no complete manifest"):
        read_manifest(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DocumentError, match="cannot be read as a manifest"):
        read_manifest(path)


def test_a_manifest_survives_the_way_through_json(written: tuple[Path, Manifest]) -> None:
    changed = dataclasses.replace(written[1], inputs=(("plan", "ä/ö"),), literals=())
    from trialwright.documents import manifest_to_json, parse_manifest

    assert parse_manifest(manifest_to_json(changed)) == changed

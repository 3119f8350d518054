"""A written docx, edited as people edit it, and what verification says."""

from __future__ import annotations

import dataclasses
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from trialwright.documents import (
    RULES,
    Document,
    Manifest,
    Paragraph,
    manifest_path,
    read_docx,
    read_manifest,
    render_findings_html,
    verify,
    write_docx,
)
from trialwright.errors import DocumentError
from trialwright.findings import Finding
from trialwright.inlines import FactRef, Inline, Text
from trialwright.results import Results

Edit = Callable[[str], str]
Check = Callable[..., list[Finding]]


@pytest.fixture(scope="module")
def report(document: Document, picture: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "csr.en.docx"
    write_docx(document, path, draw=lambda figure: picture)
    return path


@pytest.fixture
def check(report: Path, results: Results, tmp_path: Path) -> Check:
    """Edit the document's XML (or another part), verify it, and give the findings that are no notes."""

    def checked(edit: Edit, *, part: str = "word/document.xml", with_notes: bool = False) -> list[Finding]:
        path = tmp_path / report.name
        shutil.copy(manifest_path(report), manifest_path(path))
        with zipfile.ZipFile(report) as old, zipfile.ZipFile(path, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                if name == part:
                    edited = edit(content.decode())
                    assert edited != content.decode(), "the edit changed nothing"
                    content = edited.encode()
                new.writestr(name, content)
        findings = verify(path, None, results)
        return findings if with_notes else [finding for finding in findings if finding.severity != "note"]

    return checked


def replaced(old: str, new: str, *, count: int = 1) -> Edit:
    def edit(xml: str) -> str:
        assert old in xml
        return xml.replace(old, new, count)

    return edit


def rules_of(findings: list[Finding]) -> list[str]:
    return [finding.rule for finding in findings]


def row_of(xml: str, label: str) -> str:
    """The whole table row whose first cell says `label`."""
    place = xml.index(f">{label}<")
    return xml[xml.rindex("<w:tr>", 0, place) : xml.index("</w:tr>", place) + len("</w:tr>")]


def control_of(xml: str, shown: str) -> str:
    """The first content control that shows this text."""
    end = xml.index(f">{shown}</w:t></w:r></w:sdtContent></w:sdt>")
    return xml[xml.rindex("<w:sdt>", 0, end) : xml.index("</w:sdt>", end) + len("</w:sdt>")]


def test_a_document_as_written_has_nothing_but_its_open_query(report: Path, results: Results) -> None:
    findings = verify(report, None, results, inputs={"results": "a" * 64, "plan": "b" * 64, "other": "c"})
    assert rules_of(findings) == ["verify.open-query"]
    assert findings[0].where == "section 9.2, query csr.9.2.choice-of-control"


def test_a_number_changed_in_a_control(check: Check) -> None:
    (finding,) = check(replaced(">-4.8</w:t>", ">-4.9</w:t>"))
    assert finding.rule == "verify.changed-text"
    assert "hama.w12/TRT01P=TWX-101 30 mg - Placebo/CHG/ci_lower" in finding.message
    assert finding.evidence == "expected '-4.8', found '-4.9'"
    assert "section 11.4.1.1" in finding.where


def test_a_fact_changed_in_a_control(check: Check) -> None:
    (finding,) = check(replaced(">240</w:t>", ">250</w:t>"))
    assert finding.rule == "verify.changed-text"
    assert "fact Population_1.plannedEnrollmentNumber" in finding.message


def test_a_control_split_into_several_runs_is_read_whole(check: Check) -> None:
    split = ">0.0</w:t></w:r><w:proofErr w:type='spellStart'/><w:r><w:t>42</w:t>"
    assert check(replaced(">0.042</w:t>", split)) == []


def test_a_number_typed_into_a_sentence_comes_with_what_it_may_be(check: Check) -> None:
    (finding,) = check(replaced("The end.", "Nausea was seen in 8 subjects."))
    assert finding.rule == "verify.unreferenced-number"
    assert "teae/TRT01A=TWX-101 30 mg/AEDECOD=NAUSEA/n" in finding.message
    assert "section Signatures" in finding.where
    assert "Nausea was seen in 8 subjects" in finding.where


def test_a_percentage_typed_into_a_sentence_is_looked_up_as_proportion(check: Check) -> None:
    (finding,) = check(replaced("The end.", "Nausea was seen in 9.5% of them."))
    assert "teae/TRT01A=TWX-101 30 mg/AEDECOD=NAUSEA/p" in finding.message


def test_a_percentage_that_no_proportion_has_is_not_taken_for_another_statistic(check: Check) -> None:
    # The p-value of the difference is 0.0423; no proportion is 4.2%.
    (finding,) = check(replaced("The end.", "It was seen in 4.2% of them."))
    assert "no result is shown so" in finding.message


def test_a_bound_is_looked_up_among_p_values(report: Path, results: Results, check: Check) -> None:
    (finding,) = check(replaced("The end.", "It was seen (p&lt;0.04)."))
    assert "it may be hama.w12/TRT01P=TWX-101 30 mg - Placebo/CHG/p_value." in finding.message


def test_a_value_that_the_document_shows_with_other_decimals_is_found_in_the_results(check: Check) -> None:
    (finding,) = check(replaced("The end.", "The p-value was 0.0423 indeed."))
    assert "hama.w12/TRT01P=TWX-101 30 mg - Placebo/CHG/p_value" in finding.message


def test_a_number_that_is_no_result_is_told_so(check: Check) -> None:
    (finding,) = check(replaced("The end.", "The end came after 777 minutes."))
    assert "no result is shown so" in finding.message


def test_a_control_replaced_by_its_own_text_is_missing_and_its_number_unreferenced(check: Check) -> None:
    def edit(xml: str) -> str:
        control = control_of(xml, "0.042")
        return xml.replace(control, "<w:r><w:t>0.042</w:t></w:r>")

    findings = check(edit)
    assert rules_of(findings) == ["verify.unreferenced-number", "verify.missing-control"]
    assert "CHG/p_value" in findings[0].message


def test_the_numbers_that_were_written_as_words_may_stay_but_not_change(check: Check) -> None:
    assert check(replaced("on placebo over 12 weeks", "on placebo, a capsule without drug, over 12 weeks")) == []
    (finding,) = check(replaced("over 12 weeks", "over 14 weeks"))
    assert finding.rule == "verify.unreferenced-number"
    assert finding.evidence == "found '14'"


def test_numbers_of_the_allow_list_may_be_added(check: Check) -> None:
    assert check(replaced("The end.", "See section 9.1 and Table 14-5.01; a 95% CI, on 12 March 2026 [4].")) == []


def test_headings_may_be_renumbered_by_hand(check: Check) -> None:
    assert check(replaced("Overall study design and plan", "Overall study design 2", count=5)) == []


def test_a_control_that_was_deleted_with_its_sentence(check: Check) -> None:
    (finding,) = check(lambda xml: xml.replace(control_of(xml, "0.042"), ""))
    assert finding.rule == "verify.missing-control"
    assert finding.severity == "warning"
    assert finding.evidence == "written once in the document, found 0 times"
    assert finding.where.startswith("section 11.4.1.1, control r")


def test_a_datum_shown_in_two_sections_is_missed_where_it_is_gone(check: Check) -> None:
    # The difference stands in the efficacy section and again in the safety section.
    def edit(xml: str) -> str:
        first = xml.index(control_of(xml, "-2.4")) + len(control_of(xml, "-2.4"))
        return xml[:first] + xml[first:].replace(control_of(xml[first:], "-2.4"), "")

    (finding,) = check(edit)
    assert finding.rule == "verify.missing-control"
    assert finding.where.startswith("section 12, control r")
    assert finding.evidence == "written 2 times in the document, found once"


def test_the_manifest_of_another_document_is_told_once(
    report: Path, document: Document, picture: bytes, results: Results, tmp_path: Path
) -> None:
    other = read_manifest(manifest_path(report))
    other = dataclasses.replace(
        other, references=tuple(dataclasses.replace(item, shown="another") for item in other.references)
    )
    many: list[Inline] = [Text(" and "), FactRef(path="StudyTitle_1.text", shown="another thing")] * 15
    sentences = Paragraph(inlines=tuple(many))
    path = tmp_path / "long.docx"
    write_docx(dataclasses.replace(document, blocks=(sentences, *document.blocks)), path, draw=lambda figure: picture)
    with pytest.raises(DocumentError, match=r"belongs to another document.*only 0 are what it says"):
        verify(path, other, results)


def test_a_control_emptied_to_its_placeholder_has_changed(check: Check) -> None:
    def edit(xml: str) -> str:
        control = control_of(xml, "0.042")
        empty = control.replace("<w:text/>", "<w:showingPlcHdr/><w:text/>").replace("0.042", "Click or tap here 1")
        return xml.replace(control, empty)

    (finding,) = check(edit)
    assert finding.evidence == "expected '0.042', found ''"


def test_a_control_that_was_copied(check: Check) -> None:
    (finding,) = check(lambda xml: xml.replace(control_of(xml, "0.042"), control_of(xml, "0.042") * 2))
    assert finding.rule == "verify.duplicate-control"


def test_a_control_from_another_document(check: Check) -> None:
    other = (
        '<w:sdt><w:sdtPr><w:alias w:val="r0999"/></w:sdtPr><w:sdtContent><w:r><w:t>7</w:t></w:r></w:sdtContent></w:sdt>'
    )
    (finding,) = check(replaced("</w:t></w:r></w:p><w:sectPr>", f"</w:t></w:r>{other}</w:p><w:sectPr>"))
    assert finding.rule == "verify.unknown-control"


def test_the_data_behind_a_control_changed_in_secret(check: Check) -> None:
    (finding,) = check(replaced(">0.042<", ">0.001<"), part="customXml/item1.xml")
    assert finding.rule == "verify.changed-binding"
    assert finding.evidence == "expected '0.042', found '0.001'"


def test_a_cell_that_was_changed(check: Check) -> None:
    findings = check(replaced(">\u200713 (15.5%)<", ">\u200714 (15.5%)<"))
    assert rules_of(findings) == ["verify.percentage", "verify.changed-cell"]
    percentage, cell = findings
    # By hand: 14/84 = 16.667%.
    assert percentage.evidence == "found '14 (15.5%)'; 14/84 = 16.667%"
    assert cell.where == "Table 14-5.01, row 'HEADACHE', column 'TWX-101 10 mg (N= 84)'"
    assert "row 5, column 3" in cell.message
    assert "expected '13 (15.5%)', found '14 (15.5%)'" in cell.evidence
    assert "teae/TRT01A=TWX-101 10 mg/AEDECOD=HEADACHE/n" in cell.evidence


def test_other_spaces_in_a_cell_are_no_change(check: Check) -> None:
    assert check(replaced("(\u20072.3%)", "(2.3%)")) == []


def test_a_header_cell_that_was_changed(check: Check) -> None:
    (finding,) = check(replaced("(N= 86)", "(N= 85)"))
    assert finding.rule == "verify.changed-cell"
    assert "population.saf/TRT01A=Placebo/USUBJID/n" in finding.evidence


def test_a_row_that_was_taken_out(check: Check) -> None:
    (finding,) = check(lambda xml: xml.replace(row_of(xml, "HEADACHE"), ""))
    assert finding.rule == "verify.missing-row"
    assert finding.where == "Table 14-5.01, row 'HEADACHE'"


def test_a_row_that_was_added_with_a_wrong_percentage(check: Check) -> None:
    def edit(xml: str) -> str:
        row = row_of(xml, "HEADACHE")
        return xml.replace(row, row + row.replace("HEADACHE", "VERTIGO").replace("14.0%", "41.0%"))

    findings = check(edit)
    assert rules_of(findings) == ["verify.percentage", "verify.added-row"]
    # By hand: 12/86 = 13.953%.
    assert findings[0].evidence == "found '12 (41.0%)'; 12/86 = 13.953%"


def test_rows_that_changed_places(check: Check) -> None:
    def edit(xml: str) -> str:
        one, other = row_of(xml, "HEADACHE"), row_of(xml, "NAUSEA")
        return xml.replace(one + other, other + one)

    (finding,) = check(edit)
    assert finding.rule == "verify.moved-row"
    assert "HEADACHE" in finding.where or "NAUSEA" in finding.where


def cells_of(row: str) -> list[str]:
    return re.findall(r"<w:tc>.*?</w:tc>", row)


def in_events_table(edit_row: Callable[[list[str]], list[str]]) -> Edit:
    """Edit the cells of the rows that have a cell in each of the four columns."""

    def edit_one(found: re.Match[str]) -> str:
        cells = cells_of(found[0])
        if len(cells) != 4:
            return found[0]
        start, end = found[0].index("<w:tc>"), found[0].rindex("</w:tc>") + len("</w:tc>")
        return found[0][:start] + "".join(edit_row(cells)) + found[0][end:]

    def edit(xml: str) -> str:
        place = xml.index(">ANY EVENT<")
        start, end = xml.rindex("<w:tbl>", 0, place), xml.index("</w:tbl>", place)
        return xml[:start] + re.sub(r"<w:tr>.*?</w:tr>", edit_one, xml[start:end]) + xml[end:]

    return edit


@pytest.mark.parametrize(
    ("edit_row", "rule", "evidence"),
    [
        (lambda c: [c[0], c[1], c[3]], "verify.missing-column", "expected 'TWX-101 10 mg (N= 84) | 77 (91.7%) | 13"),
        (lambda c: [*c, c[2]], "verify.added-column", "found 'TWX-101 10 mg (N= 84) | 77 (91.7%) | 13"),
        (lambda c: [c[0], c[1], c[3], c[2]], "verify.moved-column", "found 'TWX-101 "),
    ],
)
def test_a_column_that_was_taken_out_put_in_or_moved_is_told_once(
    check: Check, edit_row: Callable[[list[str]], list[str]], rule: str, evidence: str
) -> None:
    (finding,) = check(in_events_table(edit_row))
    assert finding.rule == rule
    assert finding.where.startswith("Table 14-5.01, column 'TWX-101 ")
    assert finding.evidence.startswith(evidence)


def test_a_changed_header_names_its_row_and_column(check: Check) -> None:
    (finding,) = check(replaced("Treatment group", "Arm"))
    assert finding.where == "Table 14-5.01, row 1 (header), column 'Placebo (N= 86)'"


def test_a_table_that_was_deleted(check: Check) -> None:
    def edit(xml: str) -> str:
        return re.sub(r"<w:tbl>(?:(?!<w:tbl>).)*tbl_tw0027.*?</w:tbl>", "", xml)

    (finding,) = check(edit)
    assert finding.rule == "verify.missing-table"
    assert finding.where == "Table 14-5.01"


def test_a_table_that_was_copied_with_its_caption(check: Check) -> None:
    def edit(xml: str) -> str:
        found = re.search(r"<w:p><w:pPr><w:pStyle w:val=\"CaptionTable\"/>(?:(?!</w:p>).)*14-5\.01.*?</w:tbl>", xml)
        assert found is not None
        # Word gives a bookmark to one place only: the copy has none.
        copy = re.sub(r"<w:bookmark(Start|End)[^>]*/>", "", found[0])
        return xml.replace(found[0], found[0] + copy)

    (finding,) = check(edit)
    assert finding.rule == "verify.duplicate-table"
    assert "2 times" in finding.message


def test_a_table_without_bookmark_and_caption_is_known_by_its_contents(check: Check) -> None:
    def edit(xml: str) -> str:
        xml = re.sub(r"<w:bookmarkStart [^>]*tbl_tw0027[^>]*/>", "", xml)
        return re.sub(r"<w:p><w:pPr><w:pStyle w:val=\"CaptionTable\"/>(?:(?!</w:p>).)*14-5\.01.*?</w:p>", "", xml)

    assert rules_of(check(edit)) == ["verify.lost-anchor"]


def test_a_table_that_somebody_added_is_running_text(check: Check) -> None:
    cells = "".join(f"<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>" for text in ("Mean", "55.5"))
    table = f"<w:tbl><w:tblPr/><w:tblGrid/><w:tr>{cells}</w:tr></w:tbl>"
    (finding,) = check(lambda xml: f"{xml[: xml.rindex('<w:sectPr>')]}{table}{xml[xml.rindex('<w:sectPr>') :]}")
    assert finding.rule == "verify.unreferenced-number"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("Incidence of Treatment Emergent Adverse", "Incidence of Related Adverse", "Table 14-5.01, caption"),
        ("Time to First Response", "Time to Last Response", "Figure 14-1, caption"),
    ],
)
def test_a_caption_that_says_something_else(check: Check, old: str, new: str, where: str) -> None:
    def edit(xml: str) -> str:
        first, mark, rest = xml.rpartition(f">{old}")
        assert mark
        return f"{first}>{new}{rest}"

    (finding,) = check(edit)
    assert (finding.rule, finding.where) == ("verify.changed-caption", where)
    assert new in finding.evidence


def test_a_picture_that_was_replaced(report: Path, results: Results, tmp_path: Path) -> None:
    path = tmp_path / report.name
    shutil.copy(manifest_path(report), manifest_path(path))
    with zipfile.ZipFile(report) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"another picture" if name.endswith(".png") else old.read(name))
    findings = verify(path, None, results)
    assert rules_of(findings) == ["verify.changed-figure", "verify.open-query"]
    assert findings[0].where == "Figure 14-1"


def test_n_of_total_and_percentage_in_text(check: Check) -> None:
    findings = check(replaced(">86</w:t>", ">66</w:t>"))
    assert rules_of(findings) == ["verify.changed-text", "verify.percentage"]
    # By hand: 12/66 = 18.182%.
    assert findings[1].evidence == "found '12 of 66 subjects (14.0%)'; 12/66 = 18.182%"


def test_results_that_have_changed_since(report: Path, results: Results) -> None:
    name = "teae/TRT01A=Placebo/AEDECOD=HEADACHE/n"
    changed = pl.when(pl.col("result_id") == name).then(pl.lit(11.0)).otherwise(pl.col("stat"))
    findings = verify(report, None, Results(results.frame.with_columns(stat=changed)))
    stale = [finding for finding in findings if finding.rule == "verify.stale-result"]
    (finding,) = stale
    assert name in finding.message
    assert finding.where == "section 2, section 12; Table 14-5.01"
    assert finding.evidence == "written '12', now '11'"


def test_a_change_that_nobody_can_see_is_none(report: Path, results: Results) -> None:
    changed = pl.when(pl.col("stat_name") == "p_value").then(pl.lit(0.04234)).otherwise(pl.col("stat"))
    findings = verify(report, None, Results(results.frame.with_columns(stat=changed)))
    assert rules_of(findings) == ["verify.open-query"]


def test_results_that_are_gone(report: Path, results: Results) -> None:
    left = Results(results.frame.filter(pl.col("stat_name") != "p_value"))
    findings = verify(report, None, left)
    assert rules_of(findings) == ["verify.unknown-result", "verify.open-query"]


def test_without_results_only_the_manifest_counts(report: Path) -> None:
    assert rules_of(verify(report)) == ["verify.open-query"]


def test_inputs_that_have_changed_since(report: Path, results: Results) -> None:
    findings = verify(report, None, results, inputs={"results": "a" * 64, "plan": "d" * 64})
    assert rules_of(findings) == ["verify.stale-input", "verify.open-query"]
    assert findings[0].evidence == "then bbbbbbbbbbbb, now dddddddddddd"


def test_tracked_changes_are_read_as_accepted(check: Check) -> None:
    def edit(xml: str) -> str:
        old = '<w:r><w:t xml:space="preserve">The end.</w:t></w:r>'
        assert old in xml
        gone = old.replace("w:t>", "w:delText>").replace("w:t ", "w:delText ").replace("The end", "In 5 years")
        return xml.replace(
            old, f'<w:del w:id="1" w:author="x">{gone}</w:del><w:ins w:id="2" w:author="x">{old}</w:ins>'
        )

    findings = check(edit, with_notes=True)
    assert rules_of(findings) == ["verify.open-changes", "verify.open-query"]
    assert findings[0].evidence == "1 insertions, 1 deletions"


def test_a_row_deleted_in_tracked_changes_is_missing(check: Check) -> None:
    def edit(xml: str) -> str:
        row = row_of(xml, "HEADACHE")
        return xml.replace(row, row.replace("<w:trPr>", '<w:trPr><w:del w:id="1" w:author="x"/>', 1))

    assert rules_of(check(edit)) == ["verify.missing-row"]


def test_an_answered_query_is_no_longer_open(check: Check) -> None:
    def edit(xml: str) -> str:
        place = xml.index('<w:p><w:pPr><w:pStyle w:val="AuthorQuery"/>')
        return xml[:place] + xml[xml.index("</w:p>", place) + len("</w:p>") :]

    assert check(edit, with_notes=True) == []


def test_a_document_in_the_strict_namespace_is_read_too(check: Check) -> None:
    def edit(xml: str) -> str:
        return xml.replace(
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            "http://purl.oclc.org/ooxml/wordprocessingml/main",
        )

    assert check(edit) == []


def test_hundreds_of_changed_cells_are_summed_up(report: Path, results: Results, check: Check) -> None:
    listing = next(table for table in read_docx(report).tables if len(table.rows) == 61)
    assert listing.rows[1][0] == "TW101-201-000"
    findings = check(lambda xml: re.sub(r">(\d+)\.(\d)</w:t>", r">\g<1>.9\2</w:t>", xml))
    listed = [finding for finding in findings if finding.where.startswith("Listing 16.2.8")]
    assert len(listed) == 41
    assert listed[-1].message == "Listing 16.2.8 has 680 more differences, which are not listed."


def test_files_that_are_no_docx_are_told(report: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.docx"
    with pytest.raises(DocumentError, match="There is no document at"):
        verify(path)
    path.write_text("just words")
    with pytest.raises(DocumentError, match="is no docx"):
        verify(path)
    path.write_bytes(b"%PDF-1.7 ...")
    with pytest.raises(DocumentError, match="it is a PDF file"):
        verify(path)
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old")
    with pytest.raises(DocumentError, match=r"old \.doc file, or protected by a password"):
        verify(path)
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(DocumentError, match="no Word document"):
        verify(path)
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("word/document.xml", "<w:document")
    with pytest.raises(DocumentError, match="is damaged"):
        verify(path)
    with pytest.raises(DocumentError, match="it is a folder"):
        verify(tmp_path)
    shutil.copy(report, path)
    with pytest.raises(DocumentError, match="There is no manifest at"):
        verify(path)


def test_a_docx_that_was_not_copied_whole_is_told_from_what_is_no_docx(report: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.docx"
    path.write_bytes(report.read_bytes()[:5000])
    with pytest.raises(DocumentError, match="is damaged or was not copied whole"):
        verify(path)
    content = bytearray(report.read_bytes())
    with zipfile.ZipFile(report) as package:
        start = package.getinfo("word/document.xml").header_offset
    content[start + 200 : start + 260] = b"\xff" * 60
    path.write_bytes(content)
    with pytest.raises(DocumentError, match="is damaged or was not copied whole"):
        verify(path)


def test_a_part_that_is_xml_but_no_document_is_told(report: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.docx"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("word/document.xml", "<a/>")
    with pytest.raises(DocumentError, match="holds no Word document"):
        verify(path, manifest_path(report))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"references":[[', '"references":[[0,0,"a/n"],['),
        ('"value":-2.449', '"value":"many"'),
        ('"inputs": {', '"inputs": [], "was": {'),
        ('"schema_version": 1,', ""),
        ('"tables": [', '"tables": ['[:-1]),
    ],
)
def test_a_damaged_manifest_is_told(report: Path, results: Results, tmp_path: Path, old: str, new: str) -> None:
    text = manifest_path(report).read_text()
    assert old in text
    damaged = tmp_path / "csr.en.manifest.json"
    damaged.write_text(text.replace(old, new, 1))
    with pytest.raises(DocumentError, match=r"csr\.en\.manifest\.json is no "):
        verify(report, damaged, results)


def test_a_manifest_may_lie_elsewhere(report: Path, results: Results, tmp_path: Path) -> None:
    path = tmp_path / "renamed.docx"
    shutil.copy(report, path)
    assert rules_of(verify(path, manifest_path(report), results)) == ["verify.open-query"]


def test_the_report_names_every_finding_and_every_rule_that_holds(report: Path, results: Results, check: Check) -> None:
    findings = check(replaced("The end.", "Nausea &lt;b&gt; in 8 subjects."), with_notes=True)
    html = render_findings_html(findings, about=[("Document", "csr.en.docx")])
    assert "csr.en.docx" in html
    assert '<li class="error"><b>1</b>error</li><li class="note"><b>1</b>note</li>' in html
    assert "Nausea &lt;b&gt; in 8" in html
    for rule in RULES:
        assert rule.id in html
    assert "every check holds" in render_findings_html([])


def test_a_manifest_object_may_be_given(report: Path, results: Results) -> None:
    from trialwright.documents import read_manifest

    manifest: Manifest = read_manifest(manifest_path(report))
    empty = dataclasses.replace(manifest, literals=())
    findings = verify(report, empty, results)
    assert {finding.evidence for finding in findings if finding.rule == "verify.unreferenced-number"} == {
        "found '18'",
        "found '20'",
        "found '12'",
        "found '3'",
    }

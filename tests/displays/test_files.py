"""Displays as JSON, HTML and RTF."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import html
from lxml.etree import _Element as HtmlElement

from trialwright.displays import (
    Cell,
    Figure,
    HeaderCell,
    Row,
    Table,
    render_html,
    render_rtf,
    write_display_json,
    write_html,
    write_rtf,
)

MakeTable = Callable[..., Table]

ROWS = """[{label: Age, analysis: age, show: "{n} ({mean:6.1})", rows: [{label: "  all & <more>"}]},
  {analysis: sex, show: {show: "{n} ({p:%3.0}%)"}, levels: SEX, label: "${level}"}]"""
COLUMNS = '[{header: Arms, columns: [{by: treatment, header: "${label}\\n(N={N})"}]}, {id: p, header: p}]'


def words(element: HtmlElement) -> str:
    return "".join(str(text) for text in element.itertext())


@pytest.fixture
def made(table: MakeTable) -> Table:
    return table(ROWS, COLUMNS, ', footnotes: ["One note.", "p = {age.test/p_value:p4}"], population: Intent-to-Treat')


def test_json_has_the_form_of_the_reports_tables(made: Table, tmp_path: Path) -> None:
    write_display_json(made, tmp_path / "1.json")

    read = json.loads((tmp_path / "1.json").read_text(encoding="utf-8"))
    assert list(read) == ["table", "title", "population", "column_headers", "rows", "footnotes"]
    assert read["column_headers"] == [
        ["", "Arms", "", "", ""],
        ["", "Arm\nPlacebo\n(N=86)", "Arm\nLow\n(N=84)", "Arm\nHigh\n(N=84)", "p"],
    ]
    assert read["rows"][1] == {"label": "  all & <more>", "cells": ["86 (  75.3)", "84 (  75.3)", "84 (  75.3)", ""]}
    assert read["footnotes"] == ["One note.", "p = 0.5934"]


def test_html_is_a_table_that_can_be_listened_to(made: Table, tmp_path: Path) -> None:
    write_html(made, tmp_path / "1.html")

    page = html.document_fromstring((tmp_path / "1.html").read_bytes())
    assert page.get("lang") == "en"
    assert ["Table 1" in words(caption) for caption in page.iter("caption")] == [True]
    assert [cell.get("scope") for cell in page.findall(".//thead//th")] == ["colgroup", *["col"] * 4]
    assert [words(cell) for cell in page.findall(".//tbody//th[@scope='row']")] == [
        "Age",
        "  all & <more>",
        "F",
        "M",
    ]
    assert [len(row) for row in page.findall(".//tbody/tr")] == [5] * 4
    assert page.xpath("count(//thead/tr[1]/*/@colspan)") == 1


def test_html_names_the_result_behind_each_number(made: Table) -> None:
    page = html.document_fromstring(render_html(made).encode())

    names = [element.get("data-result") for element in page.findall(".//tbody//span")]
    assert names[:2] == ["age/TRT01P=Placebo/AGE/n", "age/TRT01P=Placebo/AGE/mean"]
    assert len(names) == 3 * 2 * 3


def test_html_breaks_no_date_of_a_listing_at_its_hyphens() -> None:
    headers = ((HeaderCell(cell=Cell(("Subject",))), *(HeaderCell(cell=Cell((word,))) for word in ("Term", "Start"))),)
    row = Row(label=Cell(("101-001",)), cells=(Cell(("BACK PAIN",)), Cell(("2025-12-04",))))
    listing = Table(id="1", title="Events", population="", headers=headers, rows=(row,), is_listing=True)

    page = html.document_fromstring(render_html(listing).encode())

    # Only cells of the class `text` may break.
    assert [(words(cell), "text" in str(cell.get("class"))) for cell in page.findall(".//tbody/tr/td")] == [
        ("BACK PAIN", True),
        ("2025-12-04", False),
    ]


def test_html_needs_nothing_from_elsewhere(made: Table) -> None:
    text = render_html(made)

    assert not re.search(r"https?://|<script|<link|@import|url\(", text)


def test_html_of_a_figure_holds_its_picture_and_says_what_it_shows(figure: Callable[[str], Figure]) -> None:
    made = figure("kind: mean_profile, title: Change & more, analysis: visits, by: treatment, x: visit")

    page = html.document_fromstring(render_html(made).encode())

    (picture,) = [element for element in page.iter() if element.get("role") == "img"]
    assert picture.tag == "svg"
    assert "Line chart: Change & more, from Week 8 to Week 24 for Arm Placebo" in str(picture.get("aria-label"))


def test_rtf_repeats_title_and_headers_on_each_page(tmp_path: Path) -> None:
    rows = tuple(Row(label=Cell((f"Row {number}",)), cells=(Cell(("1",)),)) for number in range(400))
    headers = ((HeaderCell(cell=Cell()), HeaderCell(cell=Cell(("Arm",)))),)
    table = Table(
        id="1",
        title="Long",
        population="All",
        headers=headers,
        rows=rows,
        widths=(10, 5),
        alignments=("left", "center"),
    )

    write_rtf(table, tmp_path / "1.rtf")

    text = (tmp_path / "1.rtf").read_text(encoding="ascii")
    pages = text.count("\\page{") + 1
    assert pages >= 8
    assert text.count("Table 1\\~\\~Long") == pages
    assert len(re.findall(r"\\b Arm\}", text)) == pages
    # Every row once, in order.
    assert [int(number) for number in re.findall(r"\bRow (\d+)\}", text)] == list(range(400))
    assert text.count("{") == text.count("}")


def test_rtf_keeps_what_rtf_would_swallow(made: Table) -> None:
    text = render_rtf(made)

    assert "all & <more>" in text
    assert "\\line (N=86)" in text
    assert "\\landscape" not in text
    # Two spaces of indent and of padding, as spaces that stay.
    assert "\\~\\~all & <more>" in text
    assert "86 (\\~\\~75.3)" in text


def test_rtf_of_a_wide_table_is_landscape_and_braces_are_text() -> None:
    table = Table(
        id="1",
        title="Wide {1} \u2265 \U0001d6fc",
        population="",
        headers=((HeaderCell(cell=Cell(("A",))), HeaderCell(cell=Cell(("B",)))),),
        rows=(Row(label=Cell(("C:\\x {y}",)), cells=(Cell(),), is_group=True),),
        widths=(10, 5),
        alignments=("left", "center"),
        is_landscape=True,
    )

    text = render_rtf(table)

    assert "\\landscape" in text
    assert "{\\b C:\\\\x \\{y\\}}" in text
    # U+1D6FC is D835 DEFC in UTF-16. By RTF 1.9.1: \\u and the signed 16-bit code unit, then what older readers show.
    assert "Wide \\{1\\} \\u8805? \\u-10187?\\u-8452?" in text

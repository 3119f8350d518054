"""Documents as HTML."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from lxml import html

from trialwright.documents import Document, Paragraph, render_html, write_html
from trialwright.errors import DocumentError
from trialwright.inlines import CrossRef, Text

VOID = {"meta", "br", "img"}


class Balance(HTMLParser):
    """Fails on an element that is closed out of turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(document: Document, picture: bytes) -> str:
    return render_html(document, draw=lambda figure: picture)


def test_elements_are_closed_in_turn(page: str) -> None:
    balance = Balance()
    balance.feed(page)
    assert balance.open == []


def test_every_reference_carries_its_source(page: str) -> None:
    tree = html.fromstring(page)
    results = {element.get("value") for element in tree.iter("data")}
    assert "hama.w12/TRT01P=TWX-101 30 mg - Placebo/CHG/p_value" in results
    assert "teae/TRT01A=Placebo/AEDECOD=HEADACHE/p" in results
    facts = {element.get("data-fact"): element.text for element in tree.iter("span")}
    assert facts["Population_1.plannedEnrollmentNumber"] == "240"


def test_links_lead_somewhere(page: str) -> None:
    tree = html.fromstring(page)
    anchors = {element.get("id") for element in tree.iter() if element.get("id")}
    links = [element.get("href") for element in tree.iter("a")]
    assert len(links) > 10
    assert all(link is not None and link[1:] in anchors for link in links)


def test_tables_have_headers_and_nothing_comes_from_outside(page: str) -> None:
    tree = html.fromstring(page)
    (table,) = [element for element in tree.iter("table") if element.get("id") == "table-14-5.01"]
    head, body = table.find("thead"), table.find("tbody")
    assert head is not None and body is not None
    assert [header.text or "" for header in head[0]] == ["", "Treatment group"]
    assert html.tostring(body[2][1], method="text", encoding="unicode") == " 12 (14.0%)"
    assert not list(tree.iter("script", "link"))
    assert all((image.get("src") or "").startswith("data:") for image in tree.iter("img"))


def test_lists_are_nested(page: str) -> None:
    assert "<ol><li>First<ol><li>Inner</li></ol></li><li>Second</li></ol>" in page


def test_the_file_is_written_whole(document: Document, picture: bytes, tmp_path: Path) -> None:
    path = tmp_path / "out" / "csr.html"
    write_html(document, path, draw=lambda figure: picture)
    assert path.read_text(encoding="utf-8").endswith("</html>\n")
    assert [file.name for file in path.parent.iterdir()] == ["csr.html"]


def test_a_reference_to_nothing_is_told() -> None:
    document = Document(name="x", title="<x>", blocks=(Paragraph(inlines=(Text("a"), CrossRef(target="no"))),))
    with pytest.raises(DocumentError, match="points at 'no'"):
        render_html(document)

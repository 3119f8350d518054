"""LibreOffice opens what we write, shows it right, and what it saves is still verified."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from trialwright.documents import Document, manifest_path, read_docx, verify, write_docx
from trialwright.results import Results

pytestmark = pytest.mark.rendering


@pytest.fixture(scope="module")
def report(document: Document, picture: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("soffice") is None or shutil.which("pdftotext") is None:
        pytest.skip("LibreOffice (soffice) and poppler (pdftotext) are not installed")
    path = tmp_path_factory.mktemp("rendering") / "csr.en.docx"
    write_docx(document, path, draw=lambda figure: picture)
    return path


def convert(path: Path, kind: str) -> Path:
    folder = path.parent / kind
    profile = f"-env:UserInstallation={(path.parent / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(folder), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    said = [line for line in (done.stdout + done.stderr).splitlines() if "javaldx" not in line]  # no Java here
    if kind == "pdf":  # saving as docx, LibreOffice 7.4 stumbles over & in bound data, and drops that part
        assert not [line for line in said if "warn" in line.lower() or "error" in line.lower()]
    return folder / f"{path.stem}.{kind}"


@pytest.fixture(scope="module")
def pages(report: Path) -> list[str]:
    """The text of each page of the PDF."""
    pdf = convert(report, "pdf")
    command = ["pdftotext", "-layout", str(pdf), "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.split("\f")[:-1]


@pytest.fixture(scope="module")
def resaved(report: Path) -> Path:
    return convert(report, "docx")


def test_the_table_of_contents_names_the_pages_where_headings_are(pages: list[str]) -> None:
    contents = pages[1]
    entries = re.findall(r"^\s*([\d.]*)\s+(\S.*?)\s*\.{4,}\s*(\d+)$", contents, re.MULTILINE)
    assert len(entries) == 10
    for number, title, page in entries:
        assert title in pages[int(page) - 1], (number, title)


def test_pages_are_numbered_and_headed(pages: list[str]) -> None:
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
        assert ("Example Therapeutics | TW101-201" in page) is (number > 1)


def test_a_long_listing_repeats_its_header_and_loses_no_row(pages: list[str]) -> None:
    listing = [page for page in pages if "TW101-201-0" in page]
    assert len(listing) >= 2
    assert all("Laboratory" in page and "number 12" in page for page in listing)
    text = "\n".join(listing)
    assert all(f"TW101-201-{row:03d}" in text for row in range(60))


def test_cross_references_and_controls_are_shown(pages: list[str]) -> None:
    text = " ".join(" ".join(pages).replace("\u00a0", " ").split())
    assert "was -2.4 points (95% CI -4.8 to -0.1; p=0.042). See Table 14- 5.01 and section 9.1." in text


def test_what_libreoffice_saves_still_verifies(report: Path, resaved: Path, results: Results) -> None:
    findings = verify(resaved, manifest_path(report), results)
    assert [finding.rule for finding in findings] == ["verify.open-query"]


def test_libreoffice_keeps_aliases_and_anchors(resaved: Path) -> None:
    content = read_docx(resaved)
    assert {control.id for control in content.controls} >= {"r0001", "r0002", "table-14-5.01", "listing-16.2.8"}
    assert [table.bookmarks for table in content.tables if table.bookmarks] == [
        ("tbl_tw0027_table_14_5_01",),
        ("tbl_tw0031_listing_16_2_8",),
    ]


def test_a_number_changed_before_libreoffice_saves_is_found(report: Path, results: Results, tmp_path: Path) -> None:
    path = tmp_path / "csr.en.docx"
    with zipfile.ZipFile(report) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name in ("word/document.xml", "customXml/item1.xml"):
                content = content.replace(b">-4.8<", b">-4.9<").replace(b"13 (15.5%)", b"13 (25.5%)")
            new.writestr(name, content)
    findings = verify(convert(path, "docx"), manifest_path(report), results)
    assert {finding.rule for finding in findings} == {
        "verify.changed-text",
        "verify.changed-cell",
        "verify.percentage",
        "verify.open-query",
    }

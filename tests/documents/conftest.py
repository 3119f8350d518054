"""A document with every kind of block, small enough to be read, and the results it refers to."""

from __future__ import annotations

import struct
import zlib

import pytest

from trialwright.displays.formats import refer
from trialwright.displays.model import Cell, Figure, HeaderCell, Row, Table
from trialwright.documents import (
    AuthorQuery,
    DisplayBlock,
    Document,
    FactTable,
    FigureBlock,
    Heading,
    ListBlock,
    ListOfCaptions,
    PageBreak,
    Paragraph,
    SectionBreak,
    TableOfContents,
)
from trialwright.inlines import CrossRef, FactRef, Inline, LineBreak, Text
from trialwright.results import Result, ResultRef, Results

ARMS = {"Placebo": 86, "TWX-101 10 mg": 84, "TWX-101 30 mg": 84}
EVENTS = {"ANY EVENT": (65, 77, 76), "HEADACHE": (12, 13, 15), "NAUSEA": (2, 7, 8), "RASH": (0, 0, 1)}


def png(width: int = 640, height: int = 360) -> bytes:
    """A gray picture, made by hand so that no drawing library is needed."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + b"\xd8" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _results() -> Results:
    rows = []
    for arm, size in ARMS.items():
        groups = (("TRT01A", arm),)
        rows.append(Result(analysis_id="population.saf", stat_name="n", stat=size, groups=groups, variable="USUBJID"))
    for term, counts in EVENTS.items():
        for (arm, size), count in zip(ARMS.items(), counts, strict=True):
            for stat, value in (("n", count), ("N", size), ("p", count / size)):
                rows.append(
                    Result(
                        analysis_id="teae",
                        stat_name=stat,
                        stat=value,
                        groups=(("TRT01A", arm),),
                        variable="AEDECOD",
                        variable_level=term,
                    )
                )
    contrast = (("TRT01P", "TWX-101 30 mg - Placebo"),)
    for stat, value in (("difference", -2.449), ("ci_lower", -4.812), ("ci_upper", -0.087), ("p_value", 0.0423)):
        rows.append(Result(analysis_id="hama.w12", stat_name=stat, stat=value, groups=contrast, variable="CHG"))
    return Results.of(rows)


@pytest.fixture(scope="session")
def results() -> Results:
    return _results()


def event(results: Results, term: str, arm: str, stat: str, format: str) -> ResultRef:
    return refer(f"teae/TRT01A={arm}/AEDECOD={term}/{stat}", format, results=results)


def effect(results: Results, stat: str, format: str) -> ResultRef:
    return refer(f"hama.w12/TRT01P=TWX-101 30 mg - Placebo/CHG/{stat}", format, results=results)


def events_table(results: Results) -> Table:
    """Incidence of adverse events: n (%) for each arm."""
    header = [HeaderCell(cell=Cell(("Preferred Term",)))]
    for arm in ARMS:
        size = refer(f"population.saf/TRT01A={arm}/USUBJID/n", "3.0", results=results)
        header.append(HeaderCell(cell=Cell((f"{arm}\n(N=", size, ")"))))
    rows = [Row(label=Cell(("Adverse events",)), cells=(Cell(), Cell(), Cell()), is_group=True)]
    for term in EVENTS:
        cells = []
        for arm in ARMS:
            count = event(results, term, arm, "n", "3.0")
            if count.value:
                cells.append(Cell((count, " (", event(results, term, arm, "p", "%4.1"), "%)")))
            else:
                cells.append(Cell((count,)))
        rows.append(Row(label=Cell((f"  {term}",)), cells=tuple(cells)))
    return Table(
        id="14-5.01",
        title="Incidence of Treatment Emergent Adverse Events",
        population="Safety",
        headers=((HeaderCell(cell=Cell()), HeaderCell(cell=Cell(("Treatment group",)), span=3)), tuple(header)),
        rows=tuple(rows),
        footnotes=(("Percentages are based on the number of subjects in the safety population.",),),
        section="14.3.1",
        alignments=("left", "center", "center", "center"),
    )


def wide_table() -> Table:
    """A listing of 13 columns and 60 rows: landscape, over several pages."""
    names = ("Subject", *(f"Laboratory test number {number}" for number in range(1, 13)))
    return Table(
        id="16.2.8",
        title="Laboratory Values by Subject",
        population="Safety",
        headers=(tuple(HeaderCell(cell=Cell((name,))) for name in names),),
        rows=tuple(
            Row(
                label=Cell((f"TW101-201-{row:03d}",)),
                cells=tuple(Cell((f"{row + column}.{row % 10}",)) for column in range(12)),
            )
            for row in range(60)
        ),
        footnotes=(("Values outside the reference range are marked.",),),
        is_listing=True,
    )


def heading(level: int, number: str, title: str) -> Heading:
    return Heading(level=level, number=number, inlines=(Text(title),), anchor=f"section-{number or title}")


def _cell(*inlines: Inline) -> tuple[tuple[Inline, ...], ...]:
    return (inlines,)


def make_document(results: Results) -> Document:
    schedule = FactTable(
        rows=(
            tuple(_cell(Text(name)) for name in ("Activity", "Screening", "Baseline", "Week 2", "Week 12")),
            tuple(_cell(Text(name)) for name in ("Informed consent", "X", "", "", "")),
            tuple(_cell(Text(name)) for name in ("HAM-A", "X", "X", "X", "X")),
        ),
        caption=(Text("Schedule of activities"),),
        anchor="soa",
        footnotes=((Text("Visits may be held within 3 days of the planned day."),),),
        has_header_column=True,
    )
    synopsis = FactTable(
        rows=(
            (
                _cell(Text("Title of study")),
                _cell(FactRef(path="StudyTitle_1.text", shown="A Study of TWX-101 & Placebo")),
            ),
            (
                _cell(Text("Number of subjects")),
                (
                    (Text("Planned: "), FactRef(path="Population_1.plannedEnrollmentNumber", shown="240")),
                    (Text("Events on placebo: "), event(results, "HEADACHE", "Placebo", "n", ".0")),
                ),
            ),
        ),
        header_rows=0,
        widths=(1, 3),
        has_header_column=True,
    )
    difference = effect(results, "difference", ".1")
    efficacy = (
        Text("The mean difference from placebo was "),
        difference,
        Text(" points (95% CI "),
        effect(results, "ci_lower", ".1"),
        Text(" to "),
        effect(results, "ci_upper", ".1"),
        Text("; p="),
        effect(results, "p_value", "p3"),
        Text("). See "),
        CrossRef(target="table-14-5.01"),
        Text(" and section "),
        CrossRef(target="section-9.1"),
        Text("."),
    )
    safety = (
        Text("Headache was reported by "),
        event(results, "HEADACHE", "Placebo", "n", ".0"),
        Text(" of "),
        event(results, "HEADACHE", "Placebo", "N", ".0"),
        Text(" subjects ("),
        event(results, "HEADACHE", "Placebo", "p", "%.1"),
        Text("%) on placebo over 12 weeks. The difference in HAM-A was "),
        difference,
        Text("."),
    )
    marked = (
        Text("Three arms: "),
        Text("bold", is_bold=True),
        Text(", "),
        Text("italic", is_italic=True),
        Text(" and 10"),
        Text("9", position="superscript"),
        Text("/L."),
        LineBreak(),
        Text("A new line."),
    )
    criteria = ((Text("Age of at least 18 years"),), (Text("HAM-A total score of 20 or more"),))
    figure = Figure(
        id="14-1",
        title="Time to First Response",
        population="Intent-to-Treat",
        kind="kaplan_meier",
        alt_text="Kaplan-Meier curves of three arms.",
        refs=("hama.w12/TRT01P=TWX-101 30 mg - Placebo/CHG/difference",),
        footnotes=(("Censored subjects are marked.",),),
    )
    return Document(
        name="csr",
        title="Clinical Study Report TW101-201",
        header="Example Therapeutics | TW101-201",
        footer="Clinical Study Report",
        inputs=(("results", "a" * 64), ("plan", "b" * 64)),
        blocks=(
            Paragraph(inlines=(Text("Clinical Study Report"),), style="title"),
            Paragraph(inlines=(Text("TWX-101 in Generalized Anxiety Disorder"),), style="subtitle"),
            PageBreak(),
            heading(1, "3", "Table of contents"),
            TableOfContents(),
            ListOfCaptions(kind="table"),
            ListOfCaptions(kind="figure"),
            ListOfCaptions(kind="listing"),
            PageBreak(),
            heading(1, "2", "Synopsis"),
            synopsis,
            heading(1, "9", "Investigational plan"),
            heading(2, "9.1", "Overall study design and plan"),
            Paragraph(inlines=marked),
            ListBlock(items=((Text("First"),), (Text("Inner"),), (Text("Second"),)), is_ordered=True, levels=(0, 1, 0)),
            ListBlock(items=criteria, is_ordered=True),
            ListBlock(items=((Text("Point"),), (Text("Inner point"),)), levels=(0, 1)),
            schedule,
            heading(2, "9.2", "Discussion of study design"),
            AuthorQuery(id="csr.9.2.choice-of-control", question="Explain the choice of control; source: protocol."),
            Paragraph(inlines=(Text("A note to the reader."),), style="note"),
            heading(1, "11", "Efficacy evaluation"),
            heading(4, "11.4.1.1", "Primary analysis"),
            Paragraph(inlines=efficacy),
            heading(1, "12", "Safety evaluation"),
            Paragraph(inlines=safety),
            heading(1, "14", "Tables, figures and graphs"),
            DisplayBlock(table=events_table(results), anchor="table-14-5.01"),
            FigureBlock(figure=figure, anchor="figure-14-1"),
            SectionBreak(is_landscape=True),
            heading(1, "16", "Appendices"),
            DisplayBlock(table=wide_table(), anchor="listing-16.2.8"),
            SectionBreak(is_landscape=False),
            heading(1, "", "Signatures"),
            Paragraph(inlines=(Text("The end."),)),
        ),
    )  # fmt: skip


@pytest.fixture(scope="session")
def document(results: Results) -> Document:
    return make_document(results)


@pytest.fixture(scope="session")
def picture() -> bytes:
    return png()

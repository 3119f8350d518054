"""CPU-seconds of the documents room: writing 100 tables with 28,000 cells, and verifying a 500-page report.

python bench/documents.py
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from trialwright.displays.formats import refer
from trialwright.displays.model import Cell, HeaderCell, Row, Table
from trialwright.documents import DisplayBlock, Document, Heading, Paragraph, read_manifest, verify, write_docx
from trialwright.documents.manifest import manifest_path
from trialwright.inlines import Inline, Text
from trialwright.results import Result, Results

Made = TypeVar("Made")

ARMS = ("Placebo", "TWX-101 10 mg", "TWX-101 30 mg", "Total")
SIZES = (80, 81, 79, 240)


def timed(work: Callable[[], Made]) -> tuple[Made, float]:
    """What `work` gives, and the CPU-seconds it took."""
    start = time.process_time()
    made = work()
    return made, time.process_time() - start


def make_results(tables: int, rows: int) -> Results:
    """n, N and p of `rows` terms in each of `tables` analyses, for each arm."""
    made = []
    for table in range(tables):
        for term in range(rows):
            for arm, size in zip(ARMS, SIZES, strict=True):
                count = (table * 7 + term * 3) % size
                for stat, value in (("n", count), ("N", size), ("p", count / size)):
                    made.append(
                        Result(
                            analysis_id=f"teae.{table}",
                            groups=(("TRT01A", arm),),
                            variable="AEDECOD",
                            variable_level=f"TERM {term}",
                            stat_name=stat,
                            stat=value,
                        )
                    )
    return Results.of(made)


def make_table(results: Results, number: int, rows: int, *, columns: int = 4) -> Table:
    """A table of `rows` rows and `columns` columns of `n (p%)` beside the label."""
    by_arm = [ARMS[column % len(ARMS)] for column in range(columns)]
    body = []
    for term in range(rows):
        cells = []
        for arm in by_arm:
            name = f"teae.{number}/TRT01A={arm}/AEDECOD=TERM {term}"
            count = refer(f"{name}/n", "3.0", results=results)
            cells.append(Cell((count, " (", refer(f"{name}/p", "%4.1", results=results), "%)")))
        body.append(Row(label=Cell((f"TERM {term}",)), cells=tuple(cells)))
    headers = (HeaderCell(cell=Cell(("Preferred term",))), *(HeaderCell(cell=Cell((arm,))) for arm in by_arm))
    return Table(
        id=f"14-9.{number:03d}",
        title=f"Adverse events {number}",
        population="Safety",
        headers=(headers,),
        rows=tuple(body),
        footnotes=(("Percentages are based on the safety population.",),),
    )


def wide_document(results: Results) -> Document:
    """100 tables with 280 cells each: 40 rows, label and 6 columns."""
    tables = [make_table(results, number, 40, columns=6) for number in range(100)]
    blocks = tuple(DisplayBlock(table=table, anchor=f"table-{table.id}") for table in tables)
    return Document(name="tables", title="Tables", blocks=blocks)


def long_report(results: Results) -> Document:
    """About 500 pages: 1,000 paragraphs with two references each, and 125 tables with 200 cells each."""
    blocks: list[Heading | Paragraph | DisplayBlock] = []
    for section in range(100):
        heading = Heading(level=2, number=f"12.{section + 1}", inlines=(Text("Adverse events"),), anchor=f"s{section}")
        blocks.append(heading)
        blocks += [Paragraph(inlines=_sentence(results, section, paragraph)) for paragraph in range(10)]
    for number in range(125):
        table = make_table(results, number, 50, columns=3)
        blocks.append(DisplayBlock(table=table, anchor=f"table-{table.id}"))
    return Document(name="report", title="Report", blocks=tuple(blocks), inputs=(("results", "0" * 64),))


def _sentence(results: Results, section: int, paragraph: int) -> tuple[Inline, ...]:
    name = f"teae.{section}/TRT01A=Placebo/AEDECOD=TERM {paragraph}"
    filler = "The event was mild or moderate in most subjects, and resolved without treatment in the weeks after. " * 12
    return (
        Text("The event was reported by "),
        refer(f"{name}/n", ".0", results=results),
        Text(" subjects ("),
        refer(f"{name}/p", "%.1", results=results),
        Text(f"%) within 12 weeks. {filler}"),
    )


def main() -> dict[str, float]:
    """Print the figures, and give them."""
    results = make_results(125, 50)
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        tables = wide_document(results)
        _, figures["write 100 tables, 28,000 cells"] = timed(lambda: write_docx(tables, Path(folder) / "tables.docx"))
        report = long_report(results)
        path = Path(folder) / "report.docx"
        manifest, figures["write 500 pages"] = timed(lambda: write_docx(report, path))
        controls = sum(len(reference.occurrences) for reference in manifest.references)
        cells = sum(len(row) for table in manifest.tables for row in table.grid)
        print(f"report: {controls:,} controls, {cells:,} grid cells, {path.stat().st_size / 1e6:.1f} MB")
        _, figures["read the manifest"] = timed(lambda: read_manifest(manifest_path(path)))
        inputs = {"results": "0" * 64}
        findings, figures["verify 500 pages"] = timed(lambda: verify(path, None, results, inputs=inputs))
        print(f"findings: {len(findings)}")
    for name, seconds in figures.items():
        print(f"{name}: {seconds:.2f} CPU-seconds")
    return figures


if __name__ == "__main__":
    print(json.dumps(main()))

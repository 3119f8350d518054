"""Compact tables in the text, made only of references to results, in the form of the plan's displays."""

from __future__ import annotations

from collections.abc import Sequence

from trialwright.displays.model import Cell, HeaderCell, Part, Row, Table
from trialwright.results import Result, ResultRef
from trialwright.writing.evidence import Arm
from trialwright.writing.report import Report


def count_cell(report: Report, n: Result | None, p: Result | None) -> Cell:
    """n (%), or n alone where it is 0 or has no percentage; empty where there is no result."""
    if n is None:
        return Cell()
    shown = report.evidence.ref(n)
    if p is None or p.stat is None or not n.stat:
        return Cell((shown,))
    return Cell((shown, " (", report.evidence.ref(p), "%)"))


def value_cell(report: Report, *results: Result | None, between: str = " (", after: str = ")") -> Cell:
    """A statistic with a second one in brackets: mean (SD); empty where the first is absent."""
    first, *others = results
    if first is None:
        return Cell()
    parts: list[Part] = [report.evidence.ref(first)]
    shown = [report.evidence.ref(other) for other in others if other is not None]
    if shown:
        parts.append(between)
        for position, ref in enumerate(shown):
            parts += [", ", ref] if position else [ref]
        parts.append(after)
    return Cell(tuple(parts))


def interval_cell(report: Report, lower: Result | None, upper: Result | None) -> Cell:
    """lower, upper; empty where one is absent."""
    if lower is None or upper is None:
        return Cell()
    return Cell((report.evidence.ref(lower), ", ", report.evidence.ref(upper)))


def arm_headers(report: Report, arms: Sequence[Arm], population: str | None) -> tuple[tuple[HeaderCell, ...], ...]:
    """One header row: an empty corner, and each arm with its N in the analysis set, if that is known."""
    headers = [HeaderCell(cell=Cell(("",)))]
    for arm in arms:
        size = report.evidence.size(population, arm) if population else None
        if size is None:
            headers.append(HeaderCell(cell=Cell((arm.label,))))
        else:
            ref: ResultRef = report.evidence.ref(size)
            headers.append(HeaderCell(cell=Cell((f"{arm.label}\n(N=", ref, ")"))))
    return (tuple(headers),)


def arm_table(
    report: Report,
    *,
    number: str,
    title: str,
    arms: Sequence[Arm],
    population: str | None,
    rows: Sequence[Row],
    section: str,
    footnotes: Sequence[tuple[Part, ...]] = (),
) -> Table | None:
    """A table with a column for each arm; rows without any result are left out, and None is given if none is left."""
    kept = tuple(row for row in rows if row.is_group or any(cell.refs for cell in row.cells))
    if not any(not row.is_group for row in kept):
        return None
    found = report.plan.analysis_sets.get(population) if population else None
    return Table(
        id=number,
        title=title,
        population=found.label if found else "",
        headers=arm_headers(report, arms, population),
        rows=kept,
        footnotes=tuple(footnotes),
        section=section,
        widths=(2.2, *(1.3 for _ in arms)),
        alignments=("left", *("center" for _ in arms)),
    )


def counts_row(report: Report, label: str, analysis_id: str, arms: Sequence[Arm], *, level: str | None = None) -> Row:
    """n (%) of a count or of the subjects with any event, by arm."""
    cells = tuple(
        count_cell(
            report,
            report.evidence.find(analysis_id, "n", level=arm.value, variable_level=level),
            report.evidence.find(analysis_id, "p", level=arm.value, variable_level=level),
        )
        for arm in arms
    )
    return Row(label=Cell((label,)), cells=cells, indent=0 if level is None else 1)

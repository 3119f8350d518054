"""The disposition figure: a CONSORT flow diagram whose numbers are results."""

from __future__ import annotations

from collections.abc import Sequence

from trialwright.analysis.plan import Analysis
from trialwright.displays.model import Box, Figure, Part
from trialwright.inlines import FactRef, Text
from trialwright.results import Result, ResultRef
from trialwright.writing.evidence import Arm
from trialwright.writing.report import Report
from trialwright.writing.sentences import Inlines

Line = tuple[Part, ...]

_STAGES = ("randomized", "treated", "completed", "discontinued")


def flow_figure(report: Report, *, number: str) -> Figure | None:
    """Patients randomised, treated, discontinued and completed by arm; None if the plan counts too few of these.

    The lines come from analyses by purpose. Where nothing counts the randomised, the largest analysis set starts the
    flow. Source of the arrangement: CONSORT 2025, flow diagram.
    """
    found = {purpose: _first_count(report, purpose) for purpose in _STAGES}
    arms = next((report.evidence.arms_of(analysis) for analysis in found.values() if analysis), ())
    if len(arms) < 2 or not (found["completed"] or found["discontinued"]):
        return None
    rows: list[list[Box]] = []
    arrows: list[tuple[str, str]] = []
    middle = (len(arms) - 1) / 2
    start = _start_line(report, found["randomized"])
    if start is not None:
        rows.append([Box(id="all", lines=(start,), row=0, column=middle, width=1.4)])
    for stage in ("allocated", "ended"):
        boxes = [
            Box(id=f"{stage}-{position}", lines=lines, row=len(rows), column=float(position))
            for position, arm in enumerate(arms)
            if (lines := _lines(report, stage, arm, found))
        ]
        arrows += _arrows(rows[-1] if rows else [], boxes)
        if boxes:
            rows.append(boxes)
    boxes = [box for row in rows for box in row]
    return Figure(
        id=number,
        title=report.say.text("flow-title"),
        population="",
        kind="flow",
        boxes=tuple(boxes),
        arrows=tuple(arrows),
        section="10.1",
        purpose="randomized",
        alt_text=report.say.text("flow-alt", arms=", ".join(arm.label for arm in arms)),
        refs=tuple(part.result_id for box in boxes for line in box.lines for part in line if not isinstance(part, str)),
    )


def _first_count(report: Report, purpose: str) -> Analysis | None:
    return next(iter(report.evidence.analyses(purpose, methods=("count",))), None)


def _arrows(above: Sequence[Box], below: Sequence[Box]) -> list[tuple[str, str]]:
    if len(above) == 1:
        return [(above[0].id, box.id) for box in below]
    by_column = {box.column: box.id for box in above}
    return [(by_column[box.column], box.id) for box in below if box.column in by_column]


def _start_line(report: Report, randomized: Analysis | None) -> Line | None:
    if randomized is None:
        return None
    total = report.evidence.total(report.evidence.grouping(randomized))
    result = report.evidence.find(randomized, "n", level=total.value if total else None)
    return None if result is None else _line(report, "flow-randomized", result)


def _lines(report: Report, stage: str, arm: Arm, found: dict[str, Analysis | None]) -> tuple[Line, ...]:
    purposes = ("randomized", "treated") if stage == "allocated" else ("completed", "discontinued")
    lines: list[Line] = [(arm.label,)] if stage == "allocated" else []
    for purpose in purposes:
        analysis = found[purpose]
        result = report.evidence.find(analysis, "n", level=arm.value) if analysis else None
        if result is not None:
            lines.append(_line(report, f"flow-{purpose}", result))
    if stage == "ended":
        lines += _reasons(report, arm)
    return tuple(lines)


def _reasons(report: Report, arm: Arm) -> list[Line]:
    """The reasons for not completing that somebody in this arm had, most frequent first."""
    lines: list[tuple[float, Line]] = []
    for analysis in report.evidence.analyses("discontinuation_reason", methods=("count",)):
        for level in report.evidence.levels(analysis):
            result = report.evidence.find(analysis, "n", level=arm.value, variable_level=level)
            if result is not None and result.stat:
                lines.append(
                    (result.stat, (f"  {report.level(analysis.variables[0], level)}: ", report.evidence.ref(result)))
                )
    return [line for _, line in sorted(lines, key=lambda pair: -pair[0])]


def _line(report: Report, sentence: str, result: Result) -> Line:
    return parts(report.say(sentence, n=report.evidence.ref(result)))


def parts(inlines: Inlines) -> Line:
    """Inlines as the parts of a display's cell: words and references to results."""
    made: list[Part] = []
    for inline in inlines:
        match inline:
            case ResultRef():
                made.append(inline)
            case Text(text=words) | FactRef(shown=words):
                made.append(words)
    return tuple(made)

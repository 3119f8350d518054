"""What the methods for safety found, in words: groups of events, grades of toxicity, the liver."""

from __future__ import annotations

from trialwright.analysis.plan import Analysis
from trialwright.documents.model import Block, ListBlock
from trialwright.results import Result
from trialwright.writing.describe import SUBJECT, by_arm, term
from trialwright.writing.report import Report, label_ref, running, sentence_case
from trialwright.writing.sentences import Inlines

#: Names that the methods give their results: the group of events, and the quadrant of the liver with its worst level.
_EVENT_GROUP, _QUADRANT, _HYS_LAW = "EVENTGRP", "QUADRANT", "Hy's law"
_GRADES, _SEVERE = ("ATOXGRH", "ATOXGRL"), "3-4"


def groups_of_events(report: Report) -> list[Block]:
    """For each group of terms of special interest how many patients of each arm had one of its events."""
    blocks: list[Block] = []
    for analysis in report.evidence.analyses(*_safety(report), methods=("event_groups",)):
        items = []
        for name in _group_names(report, analysis):
            clauses = by_arm(report, analysis, "count-in-arm", ("n", "N", "p"), outer={_EVENT_GROUP: name})
            row = _example(report, analysis, name)
            if clauses and row is not None:
                named = (term(row.result_id, name),)
                items.append(report.say("event-group-item", group=named, values=report.say.listing(clauses)))
        if items:
            blocks += running(report.say("event-groups-lead", label=label_ref(analysis)))
            blocks.append(ListBlock(items=tuple(items)))
    return blocks


def _safety(report: Report) -> tuple[str, ...]:
    """Every purpose that analyses of safety may have."""
    return tuple(dict.fromkeys(analysis.purpose for analysis in report.plan.analyses.values()))


def _group_names(report: Report, analysis: Analysis) -> list[str]:
    rows = report.results.of_analysis(analysis.id)
    return list(dict.fromkeys(level for row in rows for variable, level in row.groups if variable == _EVENT_GROUP))


def _example(report: Report, analysis: Analysis, name: str) -> Result | None:
    for row in report.results.of_analysis(analysis.id):
        if row.variable == SUBJECT and (_EVENT_GROUP, name) in row.groups:
            return row
    return None


def liver(report: Report) -> list[Inlines]:
    """Who had peaks above the limits of Hy's law."""
    sentences = []
    for analysis in report.evidence.analyses(*_safety(report), methods=("liver_safety",)):
        clauses = by_arm(report, analysis, "count-in-arm", ("n", "N", "p"), variable=_QUADRANT, variable_level=_HYS_LAW)
        if not clauses:
            continue
        found = [
            report.evidence.find(analysis, "n", level=arm.value, variable=_QUADRANT, variable_level=_HYS_LAW)
            for arm in report.evidence.arms_of(analysis)
        ]
        if any(one is not None and one.stat for one in found):
            sentences.append(report.say("liver-law", label=label_ref(analysis), values=report.say.listing(clauses)))
        else:
            sentences.append(report.say("liver-law-nobody", label=label_ref(analysis)))
    return sentences


def toxicity(report: Report) -> list[Block]:
    """The parameters with a grade of three or four after baseline in somebody, with patients by arm."""
    blocks: list[Block] = []
    for analysis in report.evidence.analyses(*_safety(report), methods=("toxicity_grades",)):
        items = [_toxicity_item(report, analysis, row) for row in _severe_rows(report, analysis)]
        if not items:
            blocks += running(report.say("toxicity-none", label=label_ref(analysis)))
            continue
        blocks += running(report.say("toxicity-lead", label=label_ref(analysis)))
        blocks.append(ListBlock(items=tuple(items)))
    return blocks


def _severe_rows(report: Report, analysis: Analysis) -> list[Result]:
    """One row for each parameter and direction in which somebody of an arm has such a grade."""
    arms = {(arm.variable, arm.value) for arm in report.evidence.arms_of(analysis)}
    found: dict[tuple[object, ...], Result] = {}
    for row in report.results.of_analysis(analysis.id):
        is_count = row.variable in _GRADES and row.variable_level == _SEVERE and row.stat_name == "n"
        if is_count and row.stat and row.groups and (row.groups[0] in arms or not arms):
            found.setdefault((row.groups[-1], row.variable), row)
    return list(found.values())


def _toxicity_item(report: Report, analysis: Analysis, row: Result) -> Inlines:
    clauses = by_arm(
        report,
        analysis,
        "count-in-arm",
        ("n", "N", "p"),
        variable=row.variable,
        variable_level=_SEVERE,
        outer=dict(row.groups[1:]),
        missing="not-graded-in-arm",
    )
    direction = report.say.text("toxicity-high" if row.variable == _GRADES[0] else "toxicity-low")
    parameter = report.level(*row.groups[-1])
    return report.say(
        "toxicity-item",
        term=direction,
        parameter=(term(row.result_id, sentence_case(parameter)),),
        values=report.say.listing(clauses),
    )

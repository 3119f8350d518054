"""Chapter 10: study patients."""

from __future__ import annotations

from trialwright.analysis.plan import Analysis
from trialwright.displays.model import Cell, Figure, Row, Table
from trialwright.documents.model import Block, DisplayBlock, FigureBlock, ListBlock
from trialwright.inlines import CrossRef
from trialwright.results import Result
from trialwright.writing.compare import labeled, overall_test
from trialwright.writing.describe import by_arm, is_nobody, order_of, term
from trialwright.writing.evidence import Arm
from trialwright.writing.flow import flow_figure
from trialwright.writing.in_text import arm_table, counts_row
from trialwright.writing.report import (
    Report,
    SectionWriter,
    display_anchor,
    joined,
    label_ref,
    query,
    running,
    section_ref,
    set_ref,
)
from trialwright.writing.sentences import Inlines
from trialwright.writing.study_text import planned_number

_STAGES = ("randomized", "treated", "completed", "discontinued")
_FLOW_ANCHOR = "figure-10-1"
_TABLE_ANCHOR = "table-10-1"
_SHOWN_REASONS = 3


def disposition(report: Report) -> list[Block]:
    """10.1: who was randomised, treated, completed and discontinued, with reasons, a figure and a table."""
    stages = disposition_paragraphs(report)
    screened = _screened(report)
    blocks = running(_planned(report), *screened)
    blocks += [ListBlock(items=tuple(stages))] if stages else []
    blocks += _reasons(report)
    blocks += running(*_tests(report))
    flows = _flows(report)
    table = _table(report)
    cited = [CrossRef(target=flow.anchor) for flow in flows]
    cited += [CrossRef(target=_TABLE_ANCHOR)] if table is not None else []
    if cited:
        blocks += running(report.say("disposition-shown", where=report.say.listing([(ref,) for ref in cited])))
    blocks += flows
    if table is not None:
        blocks.append(DisplayBlock(table=table, anchor=_TABLE_ANCHOR))
    blocks += running(report.say("listing-of-discontinued", section=section_ref("16.2.1")))
    if not stages:
        blocks.append(query(report, "10.1", "disposition"))
    if not screened:
        blocks.append(query(report, "10.1", "screened"))
    elif not _failures(report):
        blocks.append(query(report, "10.1", "not-randomized"))
    return blocks


def deviations(report: Report) -> list[Block]:
    """10.2: what the plan lists of deviations, and what only the author knows."""
    told = []
    for analysis in report.evidence.analyses("protocol_deviations"):
        clauses = by_arm(report, analysis, "count-in-arm", ("n", "N", "p"), variable="USUBJID")
        if clauses:
            told.append(report.say("deviations-counted", label=label_ref(analysis), values=report.say.listing(clauses)))
    return [
        *running(*told),
        *running(report.say("deviations-listed", section=section_ref("16.2.2"))),
        query(report, "10.2", "deviations"),
    ]


def disposition_paragraphs(report: Report) -> list[Inlines]:
    """For each stage that the plan counts: over all, then by arm, and which arm has most and fewest."""
    return [joined(sentences) for sentences in _stages(report)]


def _stages(report: Report) -> list[list[Inlines]]:
    told = [
        _stage(report, purpose, analysis)
        for purpose in _STAGES
        for analysis in report.evidence.analyses(purpose, methods=("count",))
        if len(analysis.by) <= 1
    ]
    return [sentences for sentences in told if sentences]


def _stage(report: Report, purpose: str, analysis: Analysis) -> list[Inlines]:
    evidence = report.evidence
    if report.evidence.levels(analysis):
        return []  # a variable with levels, such as a status: its display tells it
    if purpose == "randomized":
        clauses = by_arm(report, analysis, "number-in-arm", ("n",))
    else:
        clauses = by_arm(report, analysis, "stage-in-arm", ("n", "p"))
    if not clauses:
        return []
    if is_nobody(report, analysis):
        return [report.say(f"stage-{purpose}-nobody", label=label_ref(analysis))]
    total = evidence.total(evidence.grouping(analysis))
    overall = evidence.find(analysis, "n", level=total.value if total else None)
    values = report.say.listing(clauses)
    if overall is None:
        return [report.say(f"stage-{purpose}-by-arm", label=label_ref(analysis), values=values)]
    share = evidence.find(analysis, "p", level=total.value if total else None)
    sentences = [
        report.say(
            f"stage-{purpose}",
            label=label_ref(analysis),
            n=evidence.ref(overall),
            p=evidence.ref(share) if share else report.say("not-estimable"),
            values=values,
        )
    ]
    if purpose in ("completed", "discontinued"):
        shares: list[tuple[Arm, Result]] = [
            (arm, result)
            for arm in evidence.arms_of(analysis)
            if (result := evidence.find(analysis, "p", level=arm.value)) is not None
        ]
        sentences.append(order_of(report, shares))
    return sentences


def _reasons(report: Report) -> list[Block]:
    """The most frequent reasons for not completing, each with its numbers by arm."""
    blocks: list[Block] = []
    for analysis in report.evidence.analyses("discontinuation_reason", methods=("count",)):
        ranked = _ranked_levels(report, analysis)
        if not ranked:
            blocks += running(report.say("reasons-nobody")) if report.evidence.levels(analysis) else []
            continue
        items = [
            report.say(
                "reason-with-counts",
                reason=(term(f"{analysis.id}/{analysis.variables[0]}", report.level(analysis.variables[0], level)),),
                values=report.say.listing(
                    by_arm(report, analysis, "count-in-arm-short", ("n", "p"), variable_level=level)
                ),
            )
            for level in ranked[:_SHOWN_REASONS]
        ]
        lead = "reasons-all" if len(items) == len(ranked) else "reasons"
        blocks += [*running(report.say(lead)), ListBlock(items=tuple(items))]
    return blocks


def _screened(report: Report) -> list[Inlines]:
    """How many patients the plan counts beyond the randomised, and why they were not randomised.

    They are an analysis set that is larger than the number of the randomised. Nothing where the plan has none.
    """
    evidence = report.evidence
    randomized = _randomized(report)
    screened = _beyond_randomized(report)
    size = evidence.size(screened, None) if screened else None
    if randomized is None or screened is None or size is None:
        return []
    told = [
        report.say("screened", set=set_ref(report, screened), n=evidence.ref(size), randomized=evidence.ref(randomized))
    ]
    for analysis in _failures(report):
        shares = [
            report.say(
                "failure-share",
                level=(term(found.result_id, report.level(analysis.variables[0], level)),),
                n=evidence.ref(found),
            )
            for level in _ranked_levels(report, analysis)
            if (found := evidence.find(analysis, "n", variable_level=level)) is not None
        ]
        told.append(report.say("failures", label=label_ref(analysis), values=report.say.listing(shares)))
    return told


def _randomized(report: Report) -> Result | None:
    """The number of all randomised patients."""
    for analysis in report.evidence.analyses("randomized", methods=("count",)):
        total = report.evidence.total(report.evidence.grouping(analysis))
        found = report.evidence.find(analysis, "n", level=total.value if total else None)
        if found is not None:
            return found
    return None


def _beyond_randomized(report: Report) -> str | None:
    """The largest analysis set, if it holds more patients than were randomised."""
    randomized = _randomized(report)
    if randomized is None or randomized.stat is None:
        return None
    sizes = {
        population: size.stat
        for population in report.plan.analysis_sets
        if (size := report.evidence.size(population, None)) is not None and size.stat is not None
    }
    largest = max(sizes, key=lambda population: sizes[population], default=None)
    return largest if largest is not None and sizes[largest] > randomized.stat else None


def _failures(report: Report) -> list[Analysis]:
    """Counts by level, over all, of patients who were not randomised: the reasons."""
    screened = _beyond_randomized(report)
    return [
        analysis
        for analysis in report.evidence.analyses("other", methods=("count",))
        if analysis.population == screened and not analysis.by and _ranked_levels(report, analysis)
    ]


def _ranked_levels(report: Report, analysis: Analysis) -> list[str]:
    """Levels that somebody has, the most frequent over all arms first."""
    counts: dict[str, float] = {}
    arms = report.evidence.arms_of(analysis)
    for level in report.evidence.levels(analysis):
        found = [report.evidence.find(analysis, "n", level=arm.value, variable_level=level) for arm in arms] or [
            report.evidence.find(analysis, "n", variable_level=level)
        ]
        counts[level] = sum(result.stat or 0.0 for result in found if result is not None)
    return [level for level in sorted(counts, key=lambda name: (-counts[name], name)) if counts[level] > 0]


def _tests(report: Report) -> list[Inlines]:
    """Tests of disposition between arms."""
    return [
        sentence
        for analysis in report.evidence.analyses(
            "completed", "discontinued", "discontinuation_reason", methods=("fisher_exact", "chi_square")
        )
        for sentence in labeled(report, analysis, overall_test(report, analysis))
    ]


def _flows(report: Report) -> list[FigureBlock]:
    """The plan's own flow figures; if it has none, one made here."""
    planned = [display for display in report.displays if isinstance(display, Figure) and display.kind == "flow"]
    if planned:
        return [FigureBlock(figure=flow, anchor=display_anchor(flow)) for flow in planned]
    made = flow_figure(report, number="10-1")
    return [FigureBlock(figure=made, anchor=_FLOW_ANCHOR)] if made is not None else []


def _table(report: Report) -> Table | None:
    """Disposition by arm, as a compact table of counts."""
    rows: list[Row] = []
    arms: tuple[Arm, ...] = ()
    population: str | None = None
    for purpose in _STAGES:
        for analysis in report.evidence.analyses(purpose, methods=("count",)):
            if report.evidence.levels(analysis) or len(analysis.by) != 1:
                continue
            arms = arms or _with_total(report, analysis)
            population = population or analysis.population
            rows.append(counts_row(report, analysis.label or purpose.capitalize(), analysis.id, arms))
    for analysis in report.evidence.analyses("discontinuation_reason", methods=("count",)):
        arms = arms or _with_total(report, analysis)
        ranked = _ranked_levels(report, analysis)
        if ranked:
            rows.append(Row(label=Cell((analysis.label,)), cells=tuple(Cell() for _ in arms), is_group=True))
            rows += [
                counts_row(report, report.level(analysis.variables[0], level), analysis.id, arms, level=level)
                for level in ranked
            ]
    if not arms:
        return None
    title = report.say.text("disposition-table-title")
    return arm_table(
        report, number="10-1", title=title, arms=arms, population=population, rows=rows, section="10.1",
        footnotes=((report.say.text("count-footnote"),),),
    )  # fmt: skip


def _with_total(report: Report, analysis: Analysis) -> tuple[Arm, ...]:
    total = report.evidence.total(report.evidence.grouping(analysis))
    return (*report.evidence.arms_of(analysis), *((total,) if total else ()))


def _planned(report: Report) -> Inlines:
    number = planned_number(report)
    return report.say("planned-number", n=number) if number else ()


SECTIONS: dict[str, SectionWriter] = {"10.1": disposition, "10.2": deviations}

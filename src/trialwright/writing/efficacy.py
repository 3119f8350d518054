"""Chapter 11: efficacy evaluation."""

from __future__ import annotations

from collections.abc import Sequence

from trialwright.analysis.plan import Analysis
from trialwright.displays.model import Cell, HeaderCell, Row, Table
from trialwright.documents.model import Block, DisplayBlock, Heading, ListBlock
from trialwright.inlines import CrossRef, FactRef, Text
from trialwright.writing.compare import brief, compare, labeled, significance, state
from trialwright.writing.describe import by_arm, describe, term, variable_label
from trialwright.writing.efficacy_issues import EFFICACY, ISSUES
from trialwright.writing.evidence import Arm
from trialwright.writing.in_text import interval_cell, value_cell
from trialwright.writing.placement import displays_cited_in
from trialwright.writing.report import (
    Report,
    SectionWriter,
    alpha_ref,
    citations,
    joined,
    query,
    running,
    section_anchor,
    section_ref,
    set_ref,
)
from trialwright.writing.sentences import Inlines

_SETS_ANCHOR = "table-11-1"
_PRIMARY_ANCHOR = "table-11-2"
_TESTS = ("anova", "chi_square", "fisher_exact")
#: Parts of 11.4.1: purposes, and the sentence that names the part.
_PARTS = (
    (("primary_efficacy", "primary_descriptive"), "efficacy-primary"),
    (("secondary_efficacy", "secondary_descriptive"), "efficacy-secondary"),
    (("supportive_efficacy",), "efficacy-supportive"),
)


def data_sets(report: Report) -> list[Block]:
    """11.1: the analysis sets, with their sizes by arm."""
    evidence = report.evidence
    arms: tuple[Arm | None, ...] = (*report.evidence.arms(report.evidence.main_grouping), None)
    items = []
    for analysis_set in report.plan.analysis_sets.values():
        size = evidence.size(analysis_set.id, None)
        name = set_ref(report, analysis_set.id)
        if size is None:
            items.append(report.say("set-without-size", set=name))
        else:
            items.append(report.say("set-size", set=name, n=evidence.ref(size)))
    rows = [
        Row(
            label=Cell((analysis_set.label,)),
            cells=tuple(value_cell(report, evidence.size(analysis_set.id, arm)) for arm in arms),
        )
        for analysis_set in report.plan.analysis_sets.values()
    ]
    heads = ("", *(arm.label if arm else report.say.text("all-patients-column") for arm in arms))
    table = Table(
        id="11-1",
        title=report.say.text("sets-table-title"),
        population="",
        headers=(tuple(HeaderCell(cell=Cell((head,))) for head in heads),),
        rows=tuple(rows),
        footnotes=((report.say.text("sets-footnote"),),),
        section="11.1",
        widths=(2.2, *(1.3 for _ in arms)),
        alignments=("left", *("center" for _ in arms)),
    )
    blocks: list[Block] = running(report.say("sets-lead", section=section_ref("9.7.1")))
    blocks.append(ListBlock(items=tuple(items)))
    if any(cell.refs for row in rows for cell in row.cells):
        blocks += running(report.say("sets-shown", where=CrossRef(target=_SETS_ANCHOR)))
        blocks.append(DisplayBlock(table=table, anchor=_SETS_ANCHOR))
    return [*blocks, *running(report.say("excluded-listed", section=section_ref("16.2.3")))]


def baseline(report: Report) -> list[Block]:
    """11.2: what the groups were like at baseline, and what tests between them say."""
    analyses = report.evidence.analyses("demographics")
    items = [
        sentence
        for analysis in analyses
        if analysis.method not in _TESTS
        for sentence in _baseline_items(report, analysis)
    ]
    if not items:
        return [query(report, "11.2", "baseline")]
    population = report.evidence.analysis_set(analyses[0])
    medication = [
        sentence
        for analysis in report.evidence.analyses("concomitant_medication")
        for sentence in describe(report, analysis)
    ]
    lead = report.say("baseline-lead", set=set_ref(report, analyses[0].population)) if population else ()
    return [
        *running(lead),
        ListBlock(items=tuple(items)),
        *running(*_baseline_tests(report, [analysis for analysis in analyses if analysis.method in _TESTS])),
        *running(*medication),
        *running(report.say("demography-listed", section=section_ref("16.2.4"))),
        query(report, "11.2", "comparability"),
    ]


def _baseline_items(report: Report, analysis: Analysis) -> list[Inlines]:
    if analysis.method == "count" and len(analysis.by) <= 1:
        return _baseline_levels(report, analysis)
    if analysis.method != "descriptive" or len(analysis.by) > 1:
        return describe(report, analysis)
    evidence = report.evidence
    items = []
    for variable in analysis.variables:
        clauses = by_arm(report, analysis, "mean-short", ("mean", "sd"), variable=variable)
        total = evidence.total(evidence.grouping(analysis))
        mean = evidence.find(analysis, "mean", level=total.value, variable=variable) if total else None
        sd = evidence.find(analysis, "sd", level=total.value, variable=variable) if total else None
        label = variable_label(report, analysis, variable)
        if not clauses:
            continue
        values = report.say.listing(clauses)
        if mean is not None and mean.stat is not None and sd is not None:
            shown = {"mean": evidence.ref(mean), "sd": evidence.ref(sd)}
            items.append(report.say("baseline-mean", label=label, values=values, **shown))
        else:
            items.append(report.say("baseline-mean-by-arm", label=label, values=values))
    return items


def _baseline_levels(report: Report, analysis: Analysis) -> list[Inlines]:
    """The categories of all patients together, one sentence for each variable; by arm where the plan pools no arms."""
    evidence = report.evidence
    total = evidence.total(evidence.grouping(analysis))
    pooled = total.value if total else None
    items = []
    for variable in analysis.variables:
        shares = []
        for level in evidence.levels(analysis, variable):
            n, p = (
                evidence.find(analysis, stat, level=pooled, variable=variable, variable_level=level)
                for stat in ("n", "p")
            )
            if n is not None and n.stat and p is not None:
                name = (term(n.result_id, report.level(variable, level)),)
                shares.append(report.say("level-share", level=name, n=evidence.ref(n), p=evidence.ref(p)))
        if shares:
            label = variable_label(report, analysis, variable)
            items.append(report.say("baseline-levels", label=label, values=report.say.listing(shares)))
    return items or describe(report, analysis)


def _baseline_tests(report: Report, tests: Sequence[Analysis]) -> list[Inlines]:
    """Which baseline variables differ between the groups, by the plan's tests."""
    different: list[Inlines] = []
    alike: list[Inlines] = []
    for analysis in tests:
        for variable in analysis.variables:
            result = report.evidence.find(analysis, "p_value", variable=variable)
            verdict = significance(report, result)
            if result is None or verdict == "missing":
                continue
            named = report.say(
                "label-with-p",
                label=variable_label(report, analysis, variable),
                p_text=report.say("p-value", p=report.evidence.ref(result)),
            )
            (different if verdict == "yes" else alike).append(named)
    sentences = []
    if different:
        sentences.append(report.say("baseline-different", items=report.say.listing(different), alpha=alpha_ref(report)))
    if alike:
        name = "baseline-otherwise-alike" if different else "baseline-alike"
        sentences.append(report.say(name, items=report.say.listing(alike), alpha=alpha_ref(report)))
    return sentences


def treatment_compliance(report: Report) -> list[Block]:
    """11.3: compliance, as far as the plan analyses it."""
    sentences = [
        sentence for analysis in report.evidence.analyses("compliance") for sentence in state(report, analysis)
    ]
    if sentences:
        return [*running(*sentences), *running(report.say("compliance-listed", section=section_ref("16.2.5")))]
    return [*running(report.say("compliance-not-analyzed")), query(report, "11.3", "compliance")]


def efficacy_analysis(report: Report) -> list[Block]:
    """11.4.1: each efficacy analysis, the primary endpoint first, under headings of its own."""
    blocks: list[Block] = []
    position = 0
    for purposes, name in _PARTS:
        analyses = report.evidence.analyses(*purposes)
        if not analyses:
            continue
        position += 1
        number = f"11.4.1.{position}"
        blocks.append(
            Heading(level=4, number=number, inlines=(Text(report.say.text(name)),), anchor=section_anchor(number))
        )
        blocks += _part(report, analyses, with_table=name == "efficacy-primary")
    return blocks or [query(report, "11.4.1", "efficacy")]


def _part(report: Report, analyses: Sequence[Analysis], *, with_table: bool) -> list[Block]:
    blocks: list[Block] = []
    for endpoint, members in by_endpoint(analyses):
        shown = endpoint_text(report, endpoint)
        if shown:
            blocks += running(report.say("endpoint-lead", endpoint=shown))
        blocks += _told(report, members)
    purposes = {analysis.purpose for analysis in analyses}
    cited = [display for display in displays_cited_in(report, "11.4.1") if display.purpose in purposes]
    if cited:
        blocks += running(report.say("see-also", items=report.say.listing(citations(cited))))
    if with_table and any(len(report.evidence.contrasts(analysis)) > 1 for analysis in analyses):
        blocks += running(report.say("primary-order", section=section_ref("11.4.2.5")))
    if with_table and (table := primary_table(report)) is not None:
        blocks += running(report.say("primary-shown", where=CrossRef(target=_PRIMARY_ANCHOR)))
        blocks.append(DisplayBlock(table=table, anchor=_PRIMARY_ANCHOR))
    return blocks


def _told(report: Report, analyses: Sequence[Analysis]) -> list[Block]:
    """One paragraph for each analysis; those with a second grouping and nothing to tell are left to their displays."""
    blocks: list[Block] = []
    for analysis in analyses:
        sentences = state(report, analysis)
        if sentences:
            sentences = labeled(report, analysis, sentences)
        if sentences and analysis.purpose in EFFICACY:
            sentences.append(report.say("in-set", set=set_ref(report, analysis.population)))
        blocks += running(*sentences)
    return blocks


def by_endpoint(analyses: Sequence[Analysis]) -> list[tuple[str | None, list[Analysis]]]:
    """The analyses grouped by the endpoint they answer, in the order of first appearance."""
    grouped: dict[str | None, list[Analysis]] = {}
    for analysis in analyses:
        grouped.setdefault(analysis.endpoint, []).append(analysis)
    return list(grouped.items())


def endpoint_text(report: Report, endpoint_id: str | None) -> Inlines:
    """An endpoint in the words of the study definition; empty if it has none of this id."""
    for endpoint in report.study.endpoints:
        if endpoint.id == endpoint_id:
            shown = " ".join("".join(_shown(inline) for inline in endpoint.text).split())
            return (FactRef(path=f"{endpoint.id}.text", shown=shown),) if shown else ()
    return ()


def _shown(inline: object) -> str:
    match inline:
        case Text(text=words):
            return words
        case FactRef(shown=words):
            return words
    return " "


def primary_table(report: Report) -> Table | None:
    """The primary endpoint in brief: LS means or means by arm, then each contrast with interval and p-value."""
    analyses = [
        analysis
        for analysis in report.evidence.analyses("primary_efficacy", methods=("ancova",))
        if report.evidence.contrasts(analysis)
    ]
    if not analyses:
        return None
    arms = report.evidence.arms_of(analyses[0])
    rows: list[Row] = []
    for analysis in analyses:
        if report.evidence.arms_of(analysis) == arms:
            rows += _primary_rows(report, analysis, arms)
    return Table(
        id="11-2",
        title=report.say.text("primary-table-title"),
        population=_population_label(report, analyses[0]),
        headers=((HeaderCell(cell=Cell(("",))), *(HeaderCell(cell=Cell((arm.label,))) for arm in arms)),),
        rows=tuple(rows),
        footnotes=((report.say.text("primary-footnote"),),),
        section="11.4.1",
        widths=(2.2, *(1.3 for _ in arms)),
        alignments=("left", *("center" for _ in arms)),
    )


def _population_label(report: Report, analysis: Analysis) -> str:
    found = report.evidence.analysis_set(analysis)
    return found.label if found else ""


def _primary_rows(report: Report, analysis: Analysis, arms: Sequence[Arm]) -> list[Row]:
    evidence = report.evidence
    rows = [
        Row(
            label=Cell((analysis.label or ", ".join(analysis.variables),)),
            cells=tuple(Cell() for _ in arms),
            is_group=True,
        ),
        Row(
            label=Cell((report.say.text("row-n"),)),
            cells=tuple(value_cell(report, evidence.find(analysis, "n", level=arm.value)) for arm in arms),
            indent=1,
        ),
        Row(
            label=Cell((report.say.text("row-lsmean"),)),
            cells=tuple(
                value_cell(
                    report,
                    evidence.find(analysis, "lsmean", level=arm.value),
                    evidence.find(analysis, "se", level=arm.value),
                )
                for arm in arms
            ),
            indent=1,
        ),
    ]
    versus = {contrast.versus.value: contrast.versus for contrast in evidence.contrasts(analysis)}
    for control in versus.values():
        levels = {
            contrast.arm.value: contrast.level
            for contrast in evidence.contrasts(analysis)
            if contrast.versus.value == control.value
        }

        def cells(*stats: str, levels: dict[str, str] = levels) -> tuple[Cell, ...]:
            made = []
            for arm in arms:
                found = [
                    evidence.find(analysis, stat, level=levels[arm.value]) if arm.value in levels else None
                    for stat in stats
                ]
                made.append(interval_cell(report, *found) if stats[0] == "ci_lower" else value_cell(report, *found))
            return tuple(made)

        rows.append(
            Row(
                label=Cell((report.say.text("row-difference", versus=control.label),)),
                cells=cells("difference", "se"),
                indent=1,
            )
        )
        level = next(
            (found for name in levels.values() if (found := evidence.find(analysis, "conf_level", level=name))), None
        )
        shown = (
            (evidence.ref(level), report.say.text("row-interval-level"))
            if level
            else (report.say.text("row-interval"),)
        )
        rows.append(Row(label=Cell(shown), cells=cells("ci_lower", "ci_upper"), indent=2))
        rows.append(Row(label=Cell((report.say.text("row-p"),)), cells=cells("p_value"), indent=2))
    return rows


def individual_responses(report: Report) -> list[Block]:
    """11.4.3."""
    return running(report.say("responses-listed", section=section_ref("16.2.6")))


def dose_response(report: Report) -> list[Block]:
    """11.4.4: tests on dose, if the plan has any."""
    dosed = [analysis for analysis in report.evidence.analyses(*EFFICACY) if analysis.options.get("dose")]
    sentences = [sentence for analysis in dosed for sentence in compare(report, analysis)]
    if not sentences:
        sentences = [report.say("no-dose-test", where=section_ref("11.4.1"))]
    return [*running(*sentences), query(report, "11.4.4", "dose-response")]


def interactions(report: Report) -> list[Block]:
    """11.4.5."""
    return running(report.say("no-interactions"))


def by_patient(report: Report) -> list[Block]:
    """11.4.6."""
    return running(report.say("no-by-patient", section=section_ref("16.2.6")))


def efficacy_conclusions(report: Report) -> list[Block]:
    """11.4.7: the primary result again, in brief; the conclusion is the author's."""
    return [*primary_in_brief(report), query(report, "11.4.7", "conclusions")]


def primary_in_brief(report: Report) -> list[Block]:
    """The inferences on the primary endpoint, a paragraph for each analysis, for conclusions and discussion."""
    return [block for told in primary_paragraphs(report) for block in running(told)]


def primary_paragraphs(report: Report) -> list[Inlines]:
    """The primary results in brief, one run for each analysis, then what procedures on several hypotheses say.

    The synopsis tells them as the conclusions do.
    """
    return [
        *_brief_paragraphs(report, "primary_efficacy"),
        *(
            joined(labeled(report, analysis, told))
            for analysis in report.evidence.analyses("multiplicity")
            if (told := compare(report, analysis))
        ),
    ]


def secondary_paragraphs(report: Report) -> list[Inlines]:
    """The secondary results in brief, for the synopsis."""
    return _brief_paragraphs(report, "secondary_efficacy")


def _brief_paragraphs(report: Report, purpose: str) -> list[Inlines]:
    return [
        joined(labeled(report, analysis, told))
        for analysis in report.evidence.analyses(purpose)
        if (told := brief(report, analysis))
    ]


def efficacy_lead(report: Report) -> list[Block]:
    """11.4: what this section holds."""
    return running(
        report.say(
            "efficacy-lead", alpha=alpha_ref(report), displays=section_ref("14.2"), listings=section_ref("16.2.6")
        )
    )


SECTIONS: dict[str, SectionWriter] = {
    "11.1": data_sets,
    "11.2": baseline,
    "11.3": treatment_compliance,
    "11.4": efficacy_lead,
    "11.4.1": efficacy_analysis,
    **ISSUES,
    "11.4.3": individual_responses,
    "11.4.4": dose_response,
    "11.4.5": interactions,
    "11.4.6": by_patient,
    "11.4.7": efficacy_conclusions,
}

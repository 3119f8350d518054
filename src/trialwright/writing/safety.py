"""Chapter 12: safety evaluation."""

from __future__ import annotations

from collections.abc import Sequence

from trialwright.analysis.plan import Analysis
from trialwright.displays.model import Table
from trialwright.documents.model import Block, DisplayBlock, ListBlock
from trialwright.inlines import CrossRef
from trialwright.results import Result
from trialwright.writing.adverse_events import different_terms, more_frequent_terms, ranked_terms, told_terms
from trialwright.writing.compare import labeled, overall_test
from trialwright.writing.describe import SUBJECT, by_arm, describe, is_nobody, order_of
from trialwright.writing.evidence import Arm
from trialwright.writing.in_text import arm_table, counts_row
from trialwright.writing.narratives.chapter import narratives_overview
from trialwright.writing.report import (
    Report,
    SectionWriter,
    arm_ref,
    joined,
    label_ref,
    query,
    running,
    section_ref,
    set_ref,
)
from trialwright.writing.safety_findings import groups_of_events, liver, toxicity
from trialwright.writing.sentences import Inlines

_OVERVIEW = ("teae_any", "teae_related", "teae_severe", "teae_serious", "teae_discontinuation", "deaths")
#: What the conclusions on safety repeat.
_CONCLUDED = ("teae", "teae_any", "teae_serious", "teae_discontinuation", "deaths")
_OVERVIEW_ANCHOR = "table-12-1"


def exposure(report: Report) -> list[Block]:
    """12.1: extent of exposure, from the plan's analyses."""
    sentences = [
        sentence for analysis in report.evidence.analyses("exposure") for sentence in describe(report, analysis)
    ]
    treated = [sentence for analysis in report.evidence.analyses("treated") for sentence in describe(report, analysis)]
    if sentences:
        return [ListBlock(items=(*treated, *sentences))]
    return [*running(*treated, report.say("exposure-not-analyzed")), query(report, "12.1", "exposure")]


def adverse_events(report: Report) -> list[Block]:
    """12.2: how adverse events were summarised."""
    analysed = next(iter(report.evidence.analyses(*_OVERVIEW, "teae")), None)
    if analysed is None:
        return running(report.say("no-ae-analysis"))
    return running(report.say("ae-lead", set=set_ref(report, analysed.population)))


def overview(report: Report) -> list[Block]:
    """12.2.1: each overall count of adverse events, which arms have more, and a table of them."""
    analyses = [analysis for analysis in overview_analyses(report) if analysis.purpose != "deaths"]
    told = [found for analysis in analyses if (found := counts_of(report, analysis))]
    blocks: list[Block] = [ListBlock(items=tuple(told))] if told else []
    blocks += running(*compared_kinds(report, analyses))
    table = overview_table(report)
    if table is not None:
        blocks += running(report.say("ae-overview-shown", where=CrossRef(target=_OVERVIEW_ANCHOR)))
        blocks.append(DisplayBlock(table=table, anchor=_OVERVIEW_ANCHOR))
    return blocks or [query(report, "12.2.1", "adverse-events")]


def overview_analyses(report: Report) -> tuple[Analysis, ...]:
    """One analysis for each kind of event, in the order of the overview.

    A count is taken before an analysis by term, whose "any term" says the same.
    """
    chosen = []
    for purpose in _OVERVIEW:
        found = counted(report, purpose)
        if found is None and purpose == "teae_any":
            found = counted(report, "teae")
        if found is not None:
            chosen.append(found)
    return tuple(chosen)


def counted(report: Report, purpose: str) -> Analysis | None:
    """The analysis that counts patients with events of a kind: by `count`, else by term."""
    for method in ("count", "incidence"):
        for analysis in report.evidence.analyses(purpose, methods=(method,)):
            if len(analysis.by) <= 1 and report.evidence.find(
                analysis, "n", level=_any_arm(report, analysis), variable=SUBJECT
            ):
                return analysis
    return None


def _any_arm(report: Report, analysis: Analysis) -> str | None:
    return next((arm.value for arm in report.evidence.arms_of(analysis)), None)


def counts_of(report: Report, analysis: Analysis) -> Inlines:
    """How many patients of each arm had an event of this kind, or that nobody had; empty without results."""
    name = f"ae-{_kind(analysis)}"
    if is_nobody(report, analysis, SUBJECT):
        return report.say(f"{name}-nobody")
    clauses = by_arm(report, analysis, "count-in-arm", ("n", "N", "p"), variable=SUBJECT)
    return report.say(name, values=report.say.listing(clauses)) if clauses else ()


def _kind(analysis: Analysis) -> str:
    """The kind of event that an analysis counts, as the catalogue names it."""
    purpose = analysis.purpose.replace("_", "-")
    return "teae-any" if purpose == "teae" else purpose


def compared_kinds(report: Report, analyses: Sequence[Analysis]) -> list[Inlines]:
    """Which arms had events more, less or equally often than the reference, the kinds of event taken together.

    Without a reference, the order of the arms is told for the first kind alone. Kinds that nobody had are left out.
    """
    told = [analysis for analysis in analyses if not is_nobody(report, analysis, SUBJECT)]
    compared: dict[str, dict[Arm, list[Analysis]]] = {"more": {}, "less": {}, "equal": {}}
    reference: Arm | None = None
    for analysis in told:
        shares = _shares(report, analysis)
        control = next((pair for pair in shares if pair[0].is_reference), None)
        if control is None:
            continue
        reference = control[0]
        for arm, result in shares:
            if not arm.is_reference and (frequency := _frequency(report, result, control[1])) is not None:
                compared[frequency].setdefault(arm, []).append(analysis)
    if reference is None:
        return [order_of(report, _shares(report, analysis)) for analysis in told[:1]]
    sentences = []
    for frequency, by_group in compared.items():
        alike: dict[tuple[str, ...], list[Inlines]] = {}
        for arm, members in by_group.items():
            alike.setdefault(tuple(_kind(member) for member in members), []).append((arm_ref(arm),))
        sentences += [
            report.say(
                f"frequency-{frequency}",
                arms=report.say.listing(arms),
                count=len(arms),
                reference=arm_ref(reference),
                kinds=report.say.listing([report.say(f"kind-{kind}") for kind in kinds]),
            )
            for kinds, arms in alike.items()
        ]
    return sentences


def _shares(report: Report, analysis: Analysis) -> list[tuple[Arm, Result]]:
    """The proportion of patients in each arm, as far as there are results."""
    return [
        (arm, result)
        for arm in report.evidence.arms_of(analysis)
        if (result := report.evidence.find(analysis, "p", level=arm.value, variable=SUBJECT)) is not None
    ]


def _frequency(report: Report, result: Result, control: Result) -> str | None:
    """ "more", "less" or "equal" (as shown); None where a proportion has no number."""
    if result.stat is None or control.stat is None:
        return None
    if report.evidence.ref(result).shown == report.evidence.ref(control).shown:
        return "equal"
    return "more" if result.stat > control.stat else "less"


def overview_table(report: Report) -> Table | None:
    """Patients with events of each kind, by arm."""
    analyses = [analysis for analysis in overview_analyses(report) if len(analysis.by) == 1]
    if not analyses:
        return None
    arms = report.evidence.arms_of(analyses[0])
    rows = []
    for analysis in analyses:
        label = report.say.text(f"row-{_kind(analysis)}")
        rows.append(counts_row(report, label, analysis.id, arms))
    title = report.say.text("ae-table-title")
    return arm_table(
        report, number="12-1", title=title, arms=arms, population=analyses[0].population, rows=rows, section="12.2.1",
        footnotes=((report.say.text("ae-footnote"),),),
    )  # fmt: skip


def display_of_events(report: Report) -> list[Block]:
    """12.2.2: the most frequent terms, and those whose frequency differs from the reference by the plan's tests."""
    blocks: list[Block] = []
    for analysis in report.evidence.analyses("teae", methods=("incidence",)):
        ranked = ranked_terms(report, analysis)
        if not ranked:
            blocks += running(report.say("no-terms", label=label_ref(analysis)))
            continue
        blocks += told_terms(report, analysis, ranked)
        blocks += more_frequent_terms(report, analysis)
        blocks += running(*different_terms(report, analysis))
    blocks += groups_of_events(report)
    return blocks or [query(report, "12.2.2", "adverse-events")]


def analysis_of_events(report: Report) -> list[Block]:
    """12.2.3: tests on adverse events between arms, if the plan has any."""
    sentences = []
    for analysis in report.evidence.analyses(
        *_OVERVIEW, "safety_other", methods=("fisher_exact", "chi_square", "logrank")
    ):
        sentences += labeled(report, analysis, overall_test(report, analysis))
    for analysis in report.evidence.analyses(
        "safety_other", methods=("kaplan_meier", "count", "incidence", "descriptive")
    ):
        sentences += describe(report, analysis)
    if not sentences:
        tested = any(report.evidence.contrasts(analysis) for analysis in report.evidence.analyses("teae"))
        sentences = [report.say("no-ae-tests-but-terms" if tested else "no-ae-tests")]
    return [*running(*sentences), query(report, "12.2.3", "analysis-of-events")]


def events_by_patient(report: Report) -> list[Block]:
    """12.2.4."""
    return running(report.say("events-listed", section=section_ref("16.2.7")))


def significant_events(report: Report) -> list[Block]:
    """12.3: which kinds of events the plan counts."""
    return running(
        report.say("significant-events-lead", deaths=section_ref("12.3.1.1"), narratives=section_ref("14.3.3"))
    )


def listings_of_events(report: Report) -> list[Block]:
    """12.3.1."""
    return running(report.say("serious-listed", section=section_ref("14.3.2")))


def _events_or_query(report: Report, number: str, topic: str, *purposes: str) -> list[Block]:
    """The counts of these kinds of event, a list where there are several; the open question where none is counted."""
    found = [analysis for purpose in purposes if (analysis := counted(report, purpose)) is not None]
    told = [counts for analysis in found if (counts := counts_of(report, analysis))]
    if not told:
        return [query(report, number, topic)]
    return running(*told) if len(told) == 1 else [ListBlock(items=tuple(told))]


def deaths(report: Report) -> list[Block]:
    """12.3.1.1."""
    return _events_or_query(report, "12.3.1.1", "deaths", "deaths")


def serious(report: Report) -> list[Block]:
    """12.3.1.2: serious events, with the terms if the plan analyses them."""
    blocks = _events_or_query(report, "12.3.1.2", "serious", "teae_serious")
    for analysis in report.evidence.analyses("teae_serious", methods=("incidence",)):
        if ranked := ranked_terms(report, analysis):
            blocks += told_terms(report, analysis, ranked)
    return blocks


def other_significant(report: Report) -> list[Block]:
    """12.3.1.3: events that led to discontinuation, and severe ones."""
    return _events_or_query(report, "12.3.1.3", "other-significant", "teae_discontinuation", "teae_severe")


def narratives(report: Report) -> list[Block]:
    """12.3.2: needed unless nobody died, had a serious event or stopped for one."""
    if report.narratives is not None and report.narratives.patients:
        return narratives_overview(report.say, report.narratives, section=section_ref("14.3.3"))
    found = [counted(report, purpose) for purpose in ("deaths", "teae_serious", "teae_discontinuation")]
    if all(found) and all(is_nobody(report, analysis, SUBJECT) for analysis in found if analysis):
        return running(report.say("not-applicable", reason=report.say("no-narratives")))
    return [
        *running(report.say("narratives-where", section=section_ref("14.3.3"))),
        query(report, "12.3.2", "narratives"),
    ]


def discussion_of_events(report: Report) -> list[Block]:
    """12.3.3."""
    return [query(report, "12.3.3", "serious-discussion")]


def laboratory(report: Report) -> list[Block]:
    """12.4: what of the laboratory the plan analyses."""
    if report.evidence.analyses("laboratory"):
        return running(
            report.say("laboratory-lead", set=set_ref(report, report.evidence.analyses("laboratory")[0].population))
        )
    return running(report.say("laboratory-not-analyzed"))


def laboratory_listings(report: Report) -> list[Block]:
    """12.4.1."""
    return running(report.say("laboratory-listed", all=section_ref("16.2.8"), abnormal=section_ref("14.3.4")))


def laboratory_parameters(report: Report) -> list[Block]:
    """12.4.2: what the sections below hold, if the plan analyses anything of the laboratory."""
    return running(report.say("laboratory-parameters") if report.evidence.analyses("laboratory") else ())


def laboratory_over_time(report: Report) -> list[Block]:
    """12.4.2.1: descriptive statistics of laboratory values."""
    analyses = report.evidence.analyses("laboratory", methods=("descriptive",))
    return _measured(report, analyses, "laboratory-over-time", "12.4.2.1", "laboratory")


def laboratory_changes(report: Report) -> list[Block]:
    """12.4.2.2: counts, such as shifts."""
    analyses = report.evidence.analyses("laboratory", methods=("count", "incidence", "chi_square", "fisher_exact"))
    return _measured(report, analyses, "laboratory-changes", "12.4.2.2", "laboratory-changes")


def _measured(report: Report, analyses: Sequence[Analysis], sentence: str, number: str, topic: str) -> list[Block]:
    if not analyses:
        return [query(report, number, topic)]
    # Counts and the test of the same thing have the same label.
    labelled = {analysis.label: analysis for analysis in reversed(analyses)}
    labels = [(label_ref(analysis),) for analysis in analyses if labelled[analysis.label] is analysis]
    told = [item for analysis in analyses if analysis.method != "incidence" for item in describe(report, analysis)]
    return [
        *running(report.say(sentence, items=report.say.listing(labels))),
        *([ListBlock(items=tuple(told))] if told else []),
    ]


def laboratory_abnormalities(report: Report) -> list[Block]:
    """12.4.2.3: grades of toxicity and the liver, as far as the plan analyses them."""
    return [
        *toxicity(report),
        *running(*liver(report)),
        query(report, "12.4.2.3", "laboratory-abnormalities"),
    ]


def vital_signs(report: Report) -> list[Block]:
    """12.5."""
    analyses = report.evidence.analyses("vital_signs", methods=("descriptive", "count"))
    blocks = _measured(report, analyses, "vital-signs", "12.5", "vital-signs")
    return [*blocks, *([query(report, "12.5", "physical-findings")] if analyses else [])]


def safety_conclusions(report: Report) -> list[Block]:
    """12.6: the main facts again; the conclusion is the author's."""
    told = [
        counts
        for analysis in overview_analyses(report)
        if analysis.purpose in _CONCLUDED and (counts := counts_of(report, analysis))
    ]
    return [*([ListBlock(items=tuple(told))] if told else []), query(report, "12.6", "conclusions")]


def safety_statement(report: Report) -> Inlines:
    """The one sentence on safety from which a discussion starts: patients with any event."""
    return next((counts_of(report, analysis) for analysis in overview_analyses(report)), ())


def safety_paragraphs(report: Report) -> list[Inlines]:
    """The counts, one run for each kind of event, then the comparison with the reference, for the synopsis."""
    analyses = overview_analyses(report)
    compared = [analysis for analysis in analyses if analysis.purpose != "deaths"]
    return [
        *(counts_of(report, analysis) for analysis in analyses),
        joined(compared_kinds(report, compared)),
        joined(liver(report)),
    ]


SECTIONS: dict[str, SectionWriter] = {
    "12.1": exposure,
    "12.2": adverse_events,
    "12.2.1": overview,
    "12.2.2": display_of_events,
    "12.2.3": analysis_of_events,
    "12.2.4": events_by_patient,
    "12.3": significant_events,
    "12.3.1": listings_of_events,
    "12.3.1.1": deaths,
    "12.3.1.2": serious,
    "12.3.1.3": other_significant,
    "12.3.2": narratives,
    "12.3.3": discussion_of_events,
    "12.4": laboratory,
    "12.4.1": laboratory_listings,
    "12.4.2": laboratory_parameters,
    "12.4.2.1": laboratory_over_time,
    "12.4.2.2": laboratory_changes,
    "12.4.2.3": laboratory_abnormalities,
    "12.5": vital_signs,
    "12.6": safety_conclusions,
}

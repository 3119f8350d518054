"""Chapters 13 to 16: discussion, the displays of the plan, references, appendices and listings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from trialwright.displays.formats import refer
from trialwright.displays.model import Display, Figure, Table, file_stem, is_separate
from trialwright.documents.model import Block, DisplayBlock, FigureBlock, ListBlock, PageBreak, SectionBreak
from trialwright.writing.efficacy import primary_in_brief
from trialwright.writing.methods import documentation
from trialwright.writing.narratives.chapter import narratives_chapter
from trialwright.writing.placement import displays_of
from trialwright.writing.report import (
    Report,
    SectionWriter,
    citations,
    display_anchor,
    plan_fact,
    query,
    running,
    section_ref,
)
from trialwright.writing.safety import safety_statement
from trialwright.writing.sentences import Inlines
from trialwright.writing.study_text import fact, from_protocol

#: Appendices that only the author can provide, each with its question.
_ASKED: Mapping[str, str] = {
    "16.1.1": "protocol",
    "16.1.2": "sample-crf",
    "16.1.3": "ethics-committees",
    "16.1.4": "investigators",
    "16.1.5": "signatures",
    "16.1.6": "batch-listing",
    "16.1.7": "randomization-codes",
    "16.1.8": "audit-certificates",
    "16.1.10": "laboratory-standardization",
    "16.1.11": "publications",
    "16.1.12": "referenced-publications",
    "16.3.1": "crfs-serious",
    "16.3.2": "crfs-other",
    "16.4": "archival-listings",
}
#: Listings: what they hold, in the words of the catalogue.
_LISTINGS = ("16.2.1", "16.2.2", "16.2.3", "16.2.4", "16.2.5", "16.2.6", "16.2.7", "16.2.8")


def discussion(report: Report) -> list[Block]:
    """13: the facts that a discussion starts from; everything else is the author's."""
    return [
        *running(report.say("discussion-lead", efficacy=section_ref("11.4.1"), safety=section_ref("12"))),
        *primary_in_brief(report),
        *running(safety_statement(report)),
        query(report, "13", "discussion"),
        query(report, "13", "benefit-risk"),
        query(report, "13", "overall-conclusions"),
    ]


def displays_lead(report: Report) -> list[Block]:
    """14: what is here; displays that belong to no section below are printed here."""
    found = displays_of(report, "14")
    return [*running(report.say("displays-lead")), *apart(report, found), *printed(found)]


def _displays(number: str, nothing: str) -> SectionWriter:
    """A section of displays: its list, then each on a page of its own; `nothing` is said where there is none."""

    def write(report: Report) -> list[Block]:
        found = displays_of(report, number)
        if not found:
            return running(report.say("not-applicable", reason=report.say(nothing)))
        return presented(report, found)

    return write


def presented(report: Report, displays: Sequence[Display]) -> list[Block]:
    """The displays of a section: which they are, each on a page of its own; of those apart, where they are."""
    here = [display for display in displays if not is_separate(display)]
    return [*(running(shown_here(report, here)) if here else ()), *apart(report, displays), *printed(here)]


def apart(report: Report, displays: Sequence[Display]) -> list[Block]:
    """The listings that are documents of their own: what they hold, and in which files."""
    items = [_apart(report, display) for display in displays if is_separate(display)]
    return [*running(report.say("listings-apart")), ListBlock(items=tuple(items))] if items else []


def _apart(report: Report, display: Display) -> Inlines:
    name = plan_fact(f"displays/{display.id}/title", f"{display.id}, {display.title}")
    file = plan_fact(f"displays/{display.id}/separate", f"displays/{file_stem(display)}.docx")
    spec = report.plan.displays.get(display.id)
    found = {row.stat_name: row for row in report.results.of_analysis(getattr(spec, "analysis", "")) if not row.groups}
    if "n_records" not in found or "n" not in found:
        return report.say("listing-apart", listing=name, file=file)
    records, subjects = refer(found["n_records"], ".0"), refer(found["n"], ".0")
    return report.say("listing-apart-counted", listing=name, file=file, records=records, subjects=subjects)


def shown_here(report: Report, displays: Sequence[Display]) -> Inlines:
    """The sentence that names the displays of a section."""
    return report.say("shown-here", items=report.say.listing(citations(displays)))


def printed(displays: Sequence[Display]) -> list[Block]:
    """Each display on a new page, wide ones on landscape pages, portrait again at the end."""
    blocks: list[Block] = []
    is_landscape = False
    for display in displays:
        if is_separate(display):
            continue
        if display.is_landscape != is_landscape:
            is_landscape = display.is_landscape
            blocks.append(SectionBreak(is_landscape=is_landscape))
        else:
            blocks.append(PageBreak())
        blocks.append(_block(display))
    if is_landscape:
        blocks.append(SectionBreak(is_landscape=False))
    return blocks


def _block(display: Display) -> Block:
    match display:
        case Table():
            return DisplayBlock(table=display, anchor=display_anchor(display))
        case Figure():
            return FigureBlock(figure=display, anchor=display_anchor(display))


def safety_displays(report: Report) -> list[Block]:
    """14.3: displays of safety that are not of adverse events."""
    found = displays_of(report, "14.3")
    if not found:
        return running(report.say("safety-displays-below"))
    return presented(report, found)


def narratives(report: Report) -> list[Block]:
    """14.3.3: the cases, where the records of the patients are there."""
    if report.narratives is not None:
        return narratives_chapter(report.say, report.narratives, prefix="csr.14.3.3")
    return [query(report, "14.3.3", "narrative-texts")]


def references(report: Report) -> list[Block]:
    """15: the protocol's references; those of the discussion are the author's."""
    return [*from_protocol(report, "references"), query(report, "15", "references")]


def appendices_lead(report: Report) -> list[Block]:
    """16."""
    return running(report.say("appendices-lead"))


def _asked(number: str, topic: str) -> SectionWriter:
    def write(report: Report) -> list[Block]:
        sentence = f"appendix-{topic}"
        lead = report.say(sentence) if report.say.has(sentence) else report.say("appendix")
        return [*running(lead), query(report, number, topic)]

    return write


def protocol(report: Report) -> list[Block]:
    """16.1.1: which versions of the protocol there are."""
    study = report.study
    sentences = [report.say("protocol-version", version=fact(study, f"{study.current.id}.versionIdentifier"))]
    sentences += [
        report.say("amendment", number=fact(study, f"{found.id}.number"), summary=fact(study, f"{found.id}.summary"))
        for found in study.amendments
    ]
    return [*running(*sentences), query(report, "16.1.1", "protocol")]


def statistical_documentation(report: Report) -> list[Block]:
    """16.1.9: every analysis as it is in the plan."""
    return [
        *running(report.say("documentation-lead")),
        SectionBreak(is_landscape=True),
        documentation(report),
        SectionBreak(is_landscape=False),
    ]


def study_information(report: Report) -> list[Block]:
    """16.1."""
    return running(report.say("study-information-lead"))


def listings_lead(report: Report) -> list[Block]:
    """16.2: listings that belong to no section below are printed here."""
    found = displays_of(report, "16.2")
    return [*running(report.say("listings-lead")), *apart(report, found), *printed(found)]


def _listing(number: str) -> SectionWriter:
    def write(report: Report) -> list[Block]:
        found = displays_of(report, number)
        if found:
            return presented(report, found)
        return [*running(report.say("listing-not-planned")), query(report, number, "listing")]

    return write


def case_report_forms(report: Report) -> list[Block]:
    """16.3."""
    return running(report.say("crf-lead"))


_WRITERS: Mapping[str, Callable[[Report], list[Block]]] = {
    "13": discussion,
    "14": displays_lead,
    "14.1": _displays("14.1", "no-demographic-displays"),
    "14.2": _displays("14.2", "no-efficacy-displays"),
    "14.3": safety_displays,
    "14.3.1": _displays("14.3.1", "no-ae-displays"),
    "14.3.2": _displays("14.3.2", "no-serious-listings"),
    "14.3.3": narratives,
    "14.3.4": _displays("14.3.4", "no-abnormal-listings"),
    "15": references,
    "16": appendices_lead,
    "16.1": study_information,
    "16.1.9": statistical_documentation,
    "16.2": listings_lead,
    "16.3": case_report_forms,
}
SECTIONS: dict[str, SectionWriter] = {
    **{number: _asked(number, topic) for number, topic in _ASKED.items()},
    **{number: _listing(number) for number in _LISTINGS},
    **_WRITERS,
    "16.1.1": protocol,
}

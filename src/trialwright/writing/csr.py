"""The clinical study report, ICH E3: all of its sections, from study definition, plan and results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from trialwright.analysis.plan import AnalysisPlan
from trialwright.displays.model import Display, is_separate
from trialwright.documents.model import (
    Block,
    Document,
    FactTable,
    Heading,
    ListBlock,
    PageBreak,
    Paragraph,
    SectionBreak,
)
from trialwright.inlines import CrossRef, Inline, Text
from trialwright.results import Results
from trialwright.standards import heading_tree
from trialwright.study import Study
from trialwright.writing import (
    appendices,
    efficacy,
    ethics,
    front,
    patients,
    plan_chapter,
    safety,
    synopsis,
)
from trialwright.writing.narratives.chapter import Narratives
from trialwright.writing.placement import displays_cited_in
from trialwright.writing.report import Report, SectionWriter, citations, display_anchor, running, section_anchor
from trialwright.writing.sentences import load_catalogue

_ABBREVIATIONS = "4"

#: What writes each section. Section 4 is written last, from the words of all others.
SECTIONS: Mapping[str, SectionWriter] = {
    **front.SECTIONS,
    **synopsis.SECTIONS,
    **ethics.SECTIONS,
    **plan_chapter.SECTIONS,
    **patients.SECTIONS,
    **efficacy.SECTIONS,
    **safety.SECTIONS,
    **appendices.SECTIONS,
}


def write_csr(
    study: Study,
    plan: AnalysisPlan,
    results: Results,
    displays: Sequence[Display],
    *,
    narratives: Narratives | None = None,
    language: str = "en",
    inputs: Iterable[tuple[str, str]] = (),
) -> Document:
    """The clinical study report of a study.

    Every number is a reference to a result or to a fact of the definition or plan; sentences are chosen by what the
    results say. What only a human can write is an `AuthorQuery`. Every display is printed once and cited in the text.

    displays  those of the plan, composed from these results
    narratives  the patients' cases, from `gather_narratives`; without them their places are author queries
    inputs    digests of what the report is made from, for the manifest
    Raises `DocumentError` for a language that has no catalogue.
    Source: ICH E3, Structure and Content of Clinical Study Reports, with Q&A R1.
    """
    report = Report(
        study=study,
        plan=plan,
        results=results,
        displays=tuple(displays),
        say=load_catalogue(language),
        tree=heading_tree("ich_e3"),
        narratives=narratives,
    )
    written = {section.number: _section(report, section.number) for section in report.tree.sections}
    everything = [block for blocks in written.values() for block in blocks]
    written[_ABBREVIATIONS] = front.abbreviations(report, everything)
    blocks: list[Block] = []
    for section in report.tree.sections:
        if section.level == 1 and blocks:
            blocks.append(PageBreak())
        blocks.append(
            Heading(
                level=section.level,
                number=section.number,
                inlines=(Text(section.title),),
                anchor=section_anchor(section.number),
            )
        )
        blocks += written[section.number]
    return Document(
        name="csr",
        title=study.official_title,
        blocks=_tidied(blocks),
        language=language,
        header=report.say.text("header", protocol=study.protocol_id),
        footer=report.say.text("footer", sponsor=study.sponsor or study.name),
        inputs=tuple(inputs),
    )


def _section(report: Report, number: str) -> list[Block]:
    """The blocks of one section; displays that it should cite and does not yet are cited at its end."""
    writer = SECTIONS.get(number)
    blocks = list(writer(report)) if writer else []
    cited = set(_targets(blocks))
    open_displays = [
        display
        for display in displays_cited_in(report, number)
        if display_anchor(display) not in cited and not is_separate(display)
    ]
    if open_displays:
        blocks += running(report.say("see-also", items=report.say.listing(citations(open_displays))))
    return blocks


def _targets(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        for inline in _inlines(block):
            if isinstance(inline, CrossRef):
                yield inline.target


def _inlines(block: Block) -> Iterator[Inline]:
    match block:
        case Paragraph(inlines=inlines) | Heading(inlines=inlines):
            yield from inlines
        case ListBlock(items=items):
            for item in items:
                yield from item
        case FactTable(rows=rows):
            for row in rows:
                for cell in row:
                    for paragraph in cell:
                        yield from paragraph


def _tidied(blocks: list[Block]) -> tuple[Block, ...]:
    """No page break beside a section break, which starts a page itself, and none twice."""
    kept: list[Block] = []
    for block in blocks:
        before = kept[-1] if kept else None
        if isinstance(block, PageBreak) and isinstance(before, (PageBreak, SectionBreak)):
            continue
        if isinstance(block, SectionBreak) and isinstance(before, PageBreak):
            kept.pop()
        if isinstance(block, SectionBreak) and isinstance(before, SectionBreak):
            kept.pop()
        kept.append(block)
    return tuple(kept)

"""Texts and facts of the study definition as blocks: quotations from the protocol, cells, tables of facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from trialwright.documents.model import Block, FactTable, ListBlock, Paragraph
from trialwright.errors import StudyError
from trialwright.inlines import FactRef, Inline, LineBreak, Text, plain_text
from trialwright.study import (
    Estimand,
    NarrativeSection,
    ScheduleOfActivities,
    Study,
    TextBlock,
    TextImage,
    TextList,
    TextParagraph,
    TextTable,
)
from trialwright.writing.report import Report, query, running, sentence_case
from trialwright.writing.sentences import Inlines

_NOT_A_LETTER = re.compile("[^a-z]+")
#: A cell: paragraphs, each a run of inlines.
FactCell = tuple[Inlines, ...]


def cell(*paragraphs: Inlines | str) -> FactCell:
    """A cell of these paragraphs; empty ones are left out."""
    made = ((Text(words),) if isinstance(words, str) else words for words in paragraphs if words)
    return tuple(made) or ((),)


def bold(words: str) -> Inlines:
    """Words in bold."""
    return (Text(words, is_bold=True),)


def fact(study: Study, path: str) -> Inlines:
    """The fact at `path` as a reference; empty where the definition gives none, or only white space."""
    try:
        found = study.fact(path)
    except StudyError:
        return ()
    shown = " ".join(found.shown.split())
    return (FactRef(path=path, shown=shown),) if shown else ()


def coded(report: Report, path: str, *, is_start: bool = False) -> Inlines:
    """The coded fact at `path` in the catalogue's words ("oral" for "Oral Route of Administration"), else in its own.

    is_start  whether a cell or an item begins with it, so that its first letter is large
    """
    found = fact(report.study, path)
    made: list[Inline] = []
    for piece in found:
        if isinstance(piece, FactRef):
            name = f"term-{_NOT_A_LETTER.sub('-', piece.shown.lower()).strip('-')}"
            shown = report.say.text(name) if report.say.has(name) else sentence_case(piece.shown)
            made.append(FactRef(path=piece.path, shown=shown[:1].upper() + shown[1:] if is_start else shown))
        else:
            made.append(piece)
    return tuple(made)


def coded_list(report: Report, paths: Iterable[str]) -> Inlines:
    """Coded facts as a list, the first with a large letter."""
    return report.say.listing([coded(report, path, is_start=position == 0) for position, path in enumerate(paths)])


def named(record_id: str, label: str | None, name: str) -> FactRef:
    """A record of the definition by its label, else its name."""
    if label and label.strip():
        return FactRef(path=f"{record_id}.label", shown=" ".join(label.split()))
    return FactRef(path=f"{record_id}.name", shown=" ".join(name.split()))


def from_protocol(report: Report, *keys: str) -> list[Block]:
    """What the protocol says about each of these meanings, with the section it stands in; a section comes once."""
    blocks: list[Block] = []
    seen: set[str] = set()
    for key in keys:
        section = report.study.narrative_section(key)
        if section is None or section.id in seen or not section.blocks:
            continue
        seen.add(section.id)
        blocks += _quoted(report, section)
    return blocks


def protocol_or_query(report: Report, number: str, topic: str, *keys: str) -> list[Block]:
    """What the protocol says about these meanings; where it says nothing, the open question `topic`."""
    return from_protocol(report, *keys) or [query(report, number, topic)]


def _quoted(report: Report, section: NarrativeSection) -> list[Block]:
    title = fact(report.study, f"{section.id}.sectionTitle")
    number = (FactRef(path=f"{section.id}.sectionNumber", shown=section.number),) if section.number else ()
    if number and title:
        lead = report.say("from-protocol-numbered", number=number, title=title)
    elif title:
        lead = report.say("from-protocol-titled", title=title)
    else:
        lead = report.say("from-protocol")
    return [Paragraph(inlines=lead, style="note"), *_to_blocks(report, section.blocks)]


def _to_blocks(report: Report, texts: Iterable[TextBlock]) -> list[Block]:
    blocks: list[Block] = []
    for text in texts:
        match text:
            case TextParagraph(inlines=inlines, is_heading=is_heading):
                blocks.append(Paragraph(inlines=_as_bold(inlines) if is_heading else inlines))
            case TextList():
                blocks.append(ListBlock(items=text.items, levels=text.levels, is_ordered=text.is_ordered))
            case TextTable():
                blocks.append(FactTable(rows=_padded(text), header_rows=text.header_rows, is_small=True))
            case TextImage():
                blocks += running(report.say("protocol-image"))
    return blocks


def _as_bold(inlines: Inlines) -> Inlines:
    return tuple(Text(piece.text, is_bold=True) if isinstance(piece, Text) else piece for piece in inlines)


def _padded(table: TextTable) -> tuple[tuple[FactCell, ...], ...]:
    return tuple(tuple(found or ((),) for found in row) for row in table.rows)


def is_determined(text: Inlines) -> bool:
    """Whether a text says something; the definition may put it off ("*** To be determined from protocol ***")."""
    words = plain_text(text).lower()
    return bool(words.strip()) and "to be determined" not in words


def one_line(inlines: Iterable[Inline]) -> Inlines:
    """Inlines for a cell or a sentence: line breaks become spaces."""
    return tuple(Text(" ") if isinstance(inline, LineBreak) else inline for inline in inlines)


def schedule(study: Study) -> ScheduleOfActivities | None:
    """The schedule of activities; None where the definition has no main timeline."""
    try:
        return study.schedule_of_activities()
    except StudyError:
        return None


def estimands(study: Study) -> tuple[Estimand, ...]:
    """The estimands; none where they refer to what is not there."""
    try:
        return study.estimands
    except StudyError:
        return ()


def planned_number(report: Report) -> Inlines:
    """The planned number of patients, as a reference; empty where none is given."""
    population = report.study.population
    return (
        fact(report.study, f"{population.id}.plannedEnrollmentNumber") if population.planned_enrollment_number else ()
    )


def pairs(report: Report, rows: Sequence[tuple[str, Inlines]]) -> FactTable | None:
    """A table of two columns: what (a sentence of the catalogue), and the fact; rows without a fact are left out."""
    kept = [(name, value) for name, value in rows if value]
    if not kept:
        return None
    return FactTable(
        rows=tuple((cell(bold(report.say.text(name))), cell(value)) for name, value in kept),
        header_rows=0,
        widths=(1.0, 2.4),
        has_header_column=True,
    )

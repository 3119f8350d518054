"""Chapters 1, 3 and 4: title page, contents, abbreviations."""

from __future__ import annotations

import re
from collections.abc import Iterable

from trialwright.displays.model import is_separate
from trialwright.documents.model import (
    Block,
    DisplayBlock,
    FactTable,
    FigureBlock,
    Heading,
    ListBlock,
    ListOfCaptions,
    Paragraph,
    TableOfContents,
)
from trialwright.inlines import Text, plain_text
from trialwright.study import Study
from trialwright.study.usdm import StudyIntervention
from trialwright.writing.report import Report, SectionWriter, is_listing, query, running
from trialwright.writing.sentences import Inlines
from trialwright.writing.study_text import bold, cell, coded, fact, named, pairs

#: Abbreviations of the report's own sentences; those of the study definition come first. Words in the catalogue.
_OWN_ABBREVIATIONS = (
    "ADaM", "AE", "ANCOVA", "ANOVA", "CI", "CRF", "CSR", "GCP", "ICH", "IEC", "IRB", "LOCF", "LS", "NE", "SAE",
    "SD", "SDTM", "SE", "SOC", "TEAE", "USDM",
)  # fmt: skip


def title_page(report: Report) -> list[Block]:
    """1: what identifies the study, from its definition; dates and signatories are the author's."""
    study = report.study
    blocks: list[Block] = [
        Paragraph(inlines=title(study), style="title"),
        Paragraph(inlines=(Text(report.say.text("report-kind")),), style="subtitle"),
    ]
    table = pairs(
        report,
        [
            ("title-protocol", protocol_number(study)),
            ("title-acronym", _title_fact(study, "acronym")),
            ("title-registries", _other_identifiers(report)),
            ("title-product", listed(report, [(named(i.id, i.label, i.name),) for i in study.interventions])),
            ("title-indication", indications(report)),
            ("title-design", design_line(report)),
            ("title-phase", phase(report)),
            ("title-sponsor", sponsor(study)),
            ("title-version", fact(study, f"{study.current.id}.versionIdentifier")),
            ("title-dates", _dates(report)),
            ("title-people", people(report)),
        ],
    )
    if table is not None:
        blocks.append(table)
    topics = ("first-last-patient", "report-date", "gcp-statement")
    return [*blocks, *(query(report, "1", topic) for topic in topics)]


def title(study: Study) -> Inlines:
    """The official title, as a reference where the definition has one."""
    return _title_fact(study, "official_title") or (Text(study.official_title),)


def _title_fact(study: Study, kind: str) -> Inlines:
    found = study.title(kind)
    return fact(study, f"{found.id}.text") if found else ()


def protocol_number(study: Study) -> Inlines:
    """The sponsor's identifier of the protocol."""
    identifier = study.protocol_identifier
    return fact(study, f"{identifier.id}.text") if identifier else (Text(study.name),)


def sponsor(study: Study) -> Inlines:
    """The sponsor's name."""
    organization = study.sponsor_organization
    return (named(organization.id, organization.label, organization.name),) if organization else ()


def phase(report: Report) -> Inlines:
    """The phase, in words."""
    found = report.study.design.study_phase
    return coded(report, f"{found.standard_code.id}.decode") if found else ()


def blinding(report: Report) -> Inlines:
    """The blinding, in words, as the begin of a cell."""
    found = report.study.design.blinding_schema
    return coded(report, f"{found.standard_code.id}.decode", is_start=True) if found else ()


def model(report: Report, *, is_start: bool = True) -> Inlines:
    """The intervention model, in words."""
    return coded(report, f"{report.study.design.model.id}.decode", is_start=is_start)


def indications(report: Report) -> Inlines:
    """The indications, each once."""
    found = {indication.shown: indication for indication in report.study.indications}
    return listed(report, [(named(one.id, one.label, one.name),) for one in found.values()])


def design_line(report: Report) -> Inlines:
    """Blinding and model beside each other, for the title page and the synopsis."""
    schema = blinding(report)
    return report.say.comma_list([found for found in (schema, model(report, is_start=not schema)) if found])


def intervention_item(report: Report, given: StudyIntervention) -> Inlines:
    """An intervention with its role, unless its name says the role."""
    shown = named(given.id, given.label, given.name)
    role = coded(report, f"{given.role.id}.decode")
    if plain_text(role).lower() == shown.shown.lower():
        return (shown,)
    return report.say("intervention-item", name=shown, role=role)


def listed(report: Report, items: list[Inlines]) -> Inlines:
    """The items as a list in running text; empty for none."""
    return report.say.listing(items)


def people(report: Report) -> Inlines:
    """The persons whom the definition gives a role, each with it."""
    found = [
        report.say(
            "person-in-role",
            person=named(person.id, person.label, person.name),
            role=named(role.id, role.label, role.name),
        )
        for role in report.study.roles
        for person in role.assigned_persons
    ]
    return listed(report, found)


def _other_identifiers(report: Report) -> Inlines:
    own = report.study.protocol_identifier
    others = [one for one in report.study.identifiers if own is None or one.id != own.id]
    return listed(report, [found for one in others if (found := fact(report.study, f"{one.id}.text"))])


def _dates(report: Report) -> Inlines:
    found = []
    for date in report.study.dates:
        shown = fact(report.study, f"{date.id}.dateValue")
        if shown:
            found.append(report.say("date-of", what=named(date.id, date.label, date.name), date=shown))
    return listed(report, found)


def contents(report: Report) -> list[Block]:
    """3: headings, then tables, figures and listings."""
    blocks: list[Block] = [TableOfContents(depth=4)]
    kinds = ["table", "figure"]
    if any(is_listing(display) and not is_separate(display) for display in report.displays):
        kinds.append("listing")
    for kind in kinds:
        blocks.append(Paragraph(inlines=bold(report.say.text(f"list-of-{kind}s"))))
        blocks.append(ListOfCaptions(kind=kind))
    return blocks


def abbreviations(report: Report, blocks: Iterable[Block]) -> list[Block]:
    """4: the definition's abbreviations, and those of the report's own sentences that `blocks` use."""
    words = "\n".join(_words(blocks))
    known = {
        entry.abbreviated_text: fact(report.study, f"{entry.id}.expandedText") for entry in report.study.abbreviations
    }
    rows: dict[str, Inlines] = {short: expanded for short, expanded in known.items() if expanded}
    for short in _OWN_ABBREVIATIONS:
        if short not in rows and re.search(rf"\b{re.escape(short)}s?\b", words):
            words = report.say.text(f"abbreviation-{short}")
            rows[short] = (Text(words[:1].upper() + words[1:]),)
    ordered = sorted(rows.items(), key=lambda entry: entry[0].casefold())
    header = (cell(bold(report.say.text("abbreviation"))), cell(bold(report.say.text("definition"))))
    table = FactTable(
        rows=(header, *((cell((Text(short),)), cell(expanded)) for short, expanded in ordered)), widths=(1.0, 4.0)
    )
    return [*running(report.say("abbreviations-lead")), table]


def _words(blocks: Iterable[Block]) -> Iterable[str]:
    for block in blocks:
        match block:
            case Paragraph(inlines=inlines) | Heading(inlines=inlines):
                yield plain_text(inlines)
            case ListBlock(items=items):
                yield from (plain_text(item) for item in items)
            case FactTable(rows=rows):
                yield from (plain_text(paragraph) for row in rows for found in row for paragraph in found)
            case DisplayBlock(table=table):
                yield table.title
                yield from (row.label.text for row in table.rows)
                yield from (cell.text for row in table.headers for cell in (header.cell for header in row))
                yield from ("".join(part for part in note if isinstance(part, str)) for note in table.footnotes)
            case FigureBlock(figure=figure):
                yield figure.title


SECTIONS: dict[str, SectionWriter] = {"1": title_page, "3": contents}

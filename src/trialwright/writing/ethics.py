"""Chapters 5 to 8: ethics, administrative structure, introduction, objectives and estimands."""

from __future__ import annotations

from trialwright.documents.model import Block, FactTable, ListBlock
from trialwright.inlines import CrossRef, Text
from trialwright.study import Estimand, Objective
from trialwright.study.usdm import StudyRole
from trialwright.writing.front import protocol_number, sponsor, title
from trialwright.writing.report import Report, SectionWriter, query, running
from trialwright.writing.sentences import Inlines
from trialwright.writing.study_text import bold, cell, estimands, fact, from_protocol, is_determined, named, one_line

_OBJECTIVES_ANCHOR = "table-objectives"
_ESTIMANDS_ANCHOR = "table-estimands"


def ethics(report: Report) -> list[Block]:
    """5: what the sections below hold."""
    return running(report.say("ethics-lead"))


def review(report: Report) -> list[Block]:
    """5.1."""
    return [*from_protocol(report, "ethics_review"), query(report, "5.1", "ethics-review")]


def conduct(report: Report) -> list[Block]:
    """5.2."""
    return [*from_protocol(report, "ethical_conduct"), query(report, "5.2", "ethical-conduct")]


def consent(report: Report) -> list[Block]:
    """5.3."""
    return [*from_protocol(report, "informed_consent"), query(report, "5.3", "consent")]


def administration(report: Report) -> list[Block]:
    """6: sponsor, roles and who fills them, committees."""
    named_sponsor = sponsor(report.study)
    blocks = running(report.say("administration-lead", sponsor=named_sponsor) if named_sponsor else ())
    if report.study.roles:
        blocks += running(report.say("roles-lead"))
        blocks.append(ListBlock(items=tuple(_role(report, role) for role in report.study.roles)))
    blocks += from_protocol(report, "administrative_structure", "committees")
    return [*blocks, query(report, "6", "administration")]


def _role(report: Report, role: StudyRole) -> Inlines:
    organizations = {found.id: found for found in report.study.organizations}
    who: list[Inlines] = [(named(person.id, person.label, person.name),) for person in role.assigned_persons]
    who += [
        (named(organizations[found].id, organizations[found].label, organizations[found].name),)
        for found in role.organization_ids
        if found in organizations
    ]
    shown = named(role.id, role.label, role.name)
    if not who:
        return report.say("role-item-alone", role=shown)
    return report.say("role-item", role=shown, who=report.say.comma_list(who))


def introduction(report: Report) -> list[Block]:
    """7: the protocol's introduction and rationale."""
    lead = report.say("introduction-lead", protocol=protocol_number(report.study), title=title(report.study))
    told = from_protocol(report, "introduction", "rationale", "benefit_risk")
    return [*running(lead), *told, query(report, "7", "introduction")]


def objectives(report: Report) -> list[Block]:
    """8: objectives with endpoints, and estimands, as tables."""
    blocks: list[Block] = []
    if report.study.objectives:
        blocks += running(report.say("objectives-lead", where=CrossRef(target=_OBJECTIVES_ANCHOR)))
        blocks.append(objectives_table(report))
        if not all(is_determined(endpoint.text) for endpoint in report.study.endpoints):
            blocks.append(query(report, "8", "undetermined-endpoints"))
    else:
        blocks.append(query(report, "8", "objectives"))
    found = estimands(report.study)
    if not found:
        return [*blocks, *running(report.say("no-estimands")), query(report, "8", "estimands")]
    blocks += running(report.say("estimands-lead", where=CrossRef(target=_ESTIMANDS_ANCHOR)))
    blocks.append(_estimands_table(report, found))
    return blocks


def objectives_table(report: Report) -> FactTable:
    """Each objective with its level and endpoints."""
    header = tuple(cell(bold(report.say.text(name))) for name in ("objective-level", "objective", "endpoints"))
    return FactTable(
        rows=(header, *(_objective_row(report, objective) for objective in report.study.objectives)),
        widths=(1.0, 3.0, 3.0),
        caption=(Text(report.say.text("objectives-caption")),),
        anchor=_OBJECTIVES_ANCHOR,
    )


def _objective_row(report: Report, objective: Objective) -> tuple[tuple[Inlines, ...], ...]:
    name = f"level-{objective.level}"
    level = report.say.text(name) if report.say.has(name) else objective.level.capitalize()
    return (
        cell(level),
        cell(fact(report.study, f"{objective.id}.text") or one_line(objective.text)),
        cell(*(fact(report.study, f"{endpoint.id}.text") for endpoint in objective.endpoints)),
    )


def _estimands_table(report: Report, found: tuple[Estimand, ...]) -> FactTable:
    """One column for each estimand, one row for each attribute of ICH E9(R1)."""
    study = report.study
    rows = [
        (
            cell(bold(report.say.text("estimand"))),
            *(cell((named(one.id, one.label, one.name),), fact(study, f"{one.id}.description")) for one in found),
        )
    ]
    attributes = {
        "estimand-population": [
            cell(
                fact(study, f"{one.population.id}.text")
                or (named(one.population.id, one.population.label, one.population.name),)
            )
            for one in found
        ],
        "estimand-treatment": [
            cell(*((named(given.id, given.label, given.name),) for given in one.treatment)) for one in found
        ],
        "estimand-variable": [
            cell(fact(study, f"{one.variable.id}.text") or (Text(one.variable.label),)) for one in found
        ],
        "estimand-events": [
            cell(
                *(
                    report.say(
                        "event-and-strategy",
                        event=fact(study, f"{event.id}.text") or (Text(event.label),),
                        strategy=fact(study, f"{event.id}.strategy"),
                    )
                    for event in one.intercurrent_events
                )
            )
            for one in found
        ],
        "estimand-summary": [cell(fact(study, f"{one.id}.populationSummary")) for one in found],
    }
    rows += [(cell(bold(report.say.text(name))), *cells) for name, cells in attributes.items()]
    return FactTable(
        rows=tuple(rows),
        widths=(1.4, *(3.0 for _ in found)),
        caption=(Text(report.say.text("estimands-caption")),),
        anchor=_ESTIMANDS_ANCHOR,
        has_header_column=True,
    )


SECTIONS: dict[str, SectionWriter] = {
    "5": ethics,
    "5.1": review,
    "5.2": conduct,
    "5.3": consent,
    "6": administration,
    "7": introduction,
    "8": objectives,
}

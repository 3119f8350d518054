"""Chapter 2: the synopsis, as the table of ICH E3, annex I. Its numbers are the references of the chapters."""

from __future__ import annotations

from trialwright.documents.model import Block, FactTable
from trialwright.writing.efficacy import primary_paragraphs, secondary_paragraphs
from trialwright.writing.front import (
    design_line,
    indications,
    intervention_item,
    listed,
    phase,
    protocol_number,
    sponsor,
    title,
)
from trialwright.writing.methods import described
from trialwright.writing.patients import disposition_paragraphs
from trialwright.writing.report import Report, SectionWriter, alpha_ref, query, set_ref
from trialwright.writing.safety import safety_paragraphs
from trialwright.writing.study_text import (
    FactCell,
    bold,
    cell,
    coded,
    fact,
    is_determined,
    named,
    one_line,
    planned_number,
)

_BY_THE_AUTHOR = ("investigators", "centres", "publications", "period")


def synopsis(report: Report) -> list[Block]:
    """2: one row for each heading of annex I; what only the author knows is asked for below the table."""
    rows: list[tuple[str, FactCell]] = [
        ("synopsis-sponsor", cell(sponsor(report.study))),
        ("synopsis-product", _products(report)),
        ("synopsis-title", cell(title(report.study), protocol_number(report.study))),
        ("synopsis-phase", cell(phase(report))),
        ("synopsis-objectives", _objectives(report)),
        ("synopsis-methodology", _methodology(report)),
        ("synopsis-number", _numbers(report)),
        ("synopsis-diagnosis", _diagnosis(report)),
        ("synopsis-treatments", _treatments(report)),
        ("synopsis-criteria", _criteria(report)),
        ("synopsis-methods", _methods(report)),
        ("synopsis-disposition", cell(*disposition_paragraphs(report))),
        ("synopsis-efficacy", cell(*primary_paragraphs(report), *secondary_paragraphs(report))),
        ("synopsis-safety", cell(*safety_paragraphs(report))),
    ]
    table = FactTable(
        rows=tuple((cell(bold(report.say.text(name))), found) for name, found in rows if found != ((),)),
        header_rows=0,
        widths=(1.0, 3.2),
        has_header_column=True,
    )
    return [
        table,
        *(query(report, "2", f"synopsis-{topic}") for topic in _BY_THE_AUTHOR),
        query(report, "2", "synopsis-conclusion"),
    ]


def _products(report: Report) -> FactCell:
    return cell(*(intervention_item(report, given) for given in report.study.interventions))


def _objectives(report: Report) -> FactCell:
    paragraphs = []
    for objective in report.study.objectives:
        if objective.level in ("primary", "secondary"):
            text = fact(report.study, f"{objective.id}.text") or one_line(objective.text)
            paragraphs.append(report.say("leveled", level=report.say.text(f"level-{objective.level}"), text=text))
    return cell(*paragraphs)


def _methodology(report: Report) -> FactCell:
    study = report.study
    arms = listed(report, [(named(arm.id, arm.label, arm.name),) for arm in study.arms])
    epochs = listed(report, [(named(epoch.id, epoch.label, epoch.name),) for epoch in study.epochs])
    return cell(
        design_line(report),
        report.say("design-arms", arms=arms) if arms else (),
        report.say("design-epochs", epochs=epochs) if epochs else (),
    )


def _numbers(report: Report) -> FactCell:
    """Planned, and the size of each analysis set."""
    number = planned_number(report)
    paragraphs = [report.say("planned-number", n=number)] if number else []
    for found in report.plan.analysis_sets.values():
        size = report.evidence.size(found.id, None)
        if size is not None:
            paragraphs.append(report.say("set-size", set=set_ref(report, found.id), n=report.evidence.ref(size)))
    return cell(*paragraphs)


def _diagnosis(report: Report) -> FactCell:
    population = report.study.population
    return cell(
        indications(report),
        fact(report.study, f"{population.id}.description"),
        report.say("age-range", range=fact(report.study, f"{population.id}.plannedAge"))
        if population.planned_age
        else (),
    )


def _treatments(report: Report) -> FactCell:
    study = report.study
    paragraphs = []
    for dose in study.doses():
        found = (
            fact(study, f"{dose.id}.dose"),
            coded(report, f"{dose.id}.route"),
            coded(report, f"{dose.id}.frequency"),
            fact(study, f"{dose.id}.duration"),
        )
        details = [detail for detail in found if detail]
        shown = named(dose.id, dose.label, dose.name)
        if details:
            paragraphs.append(report.say("dose-item", name=shown, details=report.say.comma_list(details)))
        else:
            paragraphs.append((shown,))
    return cell(*paragraphs)


def _criteria(report: Report) -> FactCell:
    paragraphs = []
    for endpoint in report.study.endpoints:
        if endpoint.level in ("primary", "secondary"):
            text = fact(report.study, f"{endpoint.id}.text") or one_line(endpoint.text)
            if is_determined(text):
                paragraphs.append(report.say("leveled", level=report.say.text(f"level-{endpoint.level}"), text=text))
    return cell(*paragraphs)


def _methods(report: Report) -> FactCell:
    primary = [analysis for analysis in report.plan.analyses.values() if analysis.purpose == "primary_efficacy"]
    told = described(report, primary)
    return cell(report.say("synopsis-alpha", alpha=alpha_ref(report)), *told) if told else cell(report.plan.title)


SECTIONS: dict[str, SectionWriter] = {"2": synopsis}

"""Chapter 9: investigational plan, from the study definition."""

from __future__ import annotations

import re
from dataclasses import replace

from trialwright.documents.model import Block, FactTable, ListBlock, Paragraph, SectionBreak
from trialwright.errors import StudyError
from trialwright.inlines import CrossRef, FactRef, Inline, Text
from trialwright.study import Criterion, ScheduleOfActivities, TextList, TextParagraph, Visit
from trialwright.study.usdm_design import StudyArm, StudyEpoch
from trialwright.writing.front import blinding, indications, intervention_item, model, phase
from trialwright.writing.methods import SECTIONS as METHOD_SECTIONS
from trialwright.writing.report import Report, SectionWriter, query, running, section_ref
from trialwright.writing.sentences import Inlines
from trialwright.writing.study_text import (
    bold,
    cell,
    coded,
    coded_list,
    fact,
    from_protocol,
    named,
    one_line,
    pairs,
    planned_number,
    protocol_or_query,
    schedule,
)

_DESIGN_ANCHOR = "table-arms-and-epochs"
_SCHEDULE_ANCHOR = "table-schedule"
_TREATMENTS_ANCHOR = "table-treatments"
#: From this many visits on the schedule of activities needs a landscape page.
_WIDE_SCHEDULE = 8
_MARK = "X"
# What parts the cells of a table that stands in a list's item.
_BAR = Text(" | ")
# The marker of a list's item, typed into its text: "a) ", "(b) ", "3. ".
_MARKER = re.compile(r"\(?(?:[a-z]|\d{1,2})[.)]\s+")


def design(report: Report) -> list[Block]:
    """9.1: design at a glance, arms and epochs, and the protocol's description."""
    study = report.study
    number = planned_number(report)
    arms = report.say.listing([(_arm(arm),) for arm in study.arms])
    epochs = report.say.listing([(named(epoch.id, epoch.label, epoch.name),) for epoch in study.epochs])
    blocks: list[Block] = running(
        report.say("design-arms", arms=arms) if arms else (),
        report.say("design-epochs", epochs=epochs) if epochs else (),
        report.say("planned-number", n=number) if number else (),
    )
    table = pairs(
        report,
        [
            ("design-phase", phase(report)),
            ("design-model", model(report)),
            ("design-blinding", blinding(report)),
            ("design-indication", indications(report)),
            ("design-types", coded_list(report, [f"{code.id}.decode" for code in study.design.sub_types])),
            (
                "design-intents",
                coded_list(report, [f"{code.id}.decode" for code in study.design.intent_types]),
            ),
            (
                "design-characteristics",
                coded_list(report, [f"{code.id}.decode" for code in study.design.characteristics]),
            ),
        ],
    )
    blocks += [table] if table is not None else []
    if study.cells:
        blocks += running(report.say("design-cells", where=CrossRef(target=_DESIGN_ANCHOR)))
        blocks.append(_cells(report))
    blocks += running(report.say("design-schedule", section=section_ref("9.5.1")))
    blocks += from_protocol(report, "study_design")
    return [*blocks, *running(report.say("protocol-in-appendix", section=section_ref("16.1.1")))]


def _arm(arm: StudyArm) -> FactRef:
    return named(arm.id, arm.label, arm.name)


def _cells(report: Report) -> FactTable:
    """What happens to each arm in each epoch."""
    study = report.study
    header = (
        cell(bold(report.say.text("arm"))),
        *(cell((named(epoch.id, epoch.label, epoch.name),)) for epoch in study.epochs),
    )
    rows = [(cell((_arm(arm),)), *(_elements(report, arm, epoch) for epoch in study.epochs)) for arm in study.arms]
    return FactTable(
        rows=(header, *rows),
        caption=(Text(report.say.text("cells-caption")),),
        anchor=_DESIGN_ANCHOR,
        has_header_column=True,
        is_small=len(study.epochs) > 4,
    )


def _elements(report: Report, arm: StudyArm, epoch: StudyEpoch) -> tuple[Inlines, ...]:
    try:
        elements = report.study.elements_of(report.study.cell(arm, epoch))
    except StudyError:
        return cell()
    return cell(*((named(element.id, element.label, element.name),) for element in elements))


def design_discussion(report: Report) -> list[Block]:
    """9.2."""
    return [*from_protocol(report, "control_groups"), query(report, "9.2", "choice-of-control")]


def population(report: Report) -> list[Block]:
    """9.3: who the study was done in."""
    study = report.study
    found = study.population
    table = pairs(
        report,
        [
            ("population-description", fact(study, f"{found.id}.description")),
            ("population-age", fact(study, f"{found.id}.plannedAge") if found.planned_age else ()),
            ("population-sex", coded_list(report, [f"{code.id}.decode" for code in found.planned_sex])),
            ("population-number", planned_number(report)),
        ],
    )
    return [*([table] if table is not None else []), *from_protocol(report, "population")] or [
        query(report, "9.3", "population")
    ]


def inclusion(report: Report) -> list[Block]:
    """9.3.1."""
    return _criteria(report, report.study.inclusion_criteria, "9.3.1", "inclusion")


def exclusion(report: Report) -> list[Block]:
    """9.3.2."""
    return _criteria(report, report.study.exclusion_criteria, "9.3.2", "exclusion")


def _criteria(report: Report, criteria: tuple[Criterion, ...], number: str, topic: str) -> list[Block]:
    if not criteria:
        return [query(report, number, topic)]
    items: list[Inlines] = []
    levels: list[int] = []
    for criterion in criteria:
        for position, item in enumerate(_criterion_lines(criterion)):
            items.append(item)
            levels.append(0 if position == 0 else 1)
    return [*running(report.say(f"{topic}-lead")), ListBlock(items=tuple(items), is_ordered=True, levels=tuple(levels))]


def _criterion_lines(criterion: Criterion) -> list[Inlines]:
    """The criterion's text; the items of a list inside it follow as items of their own."""
    lines: list[Inlines] = []
    for block in criterion.blocks:
        match block:
            case TextParagraph(inlines=inlines):
                if lines:
                    lines[-1] = (*lines[-1], Text(" "), *one_line(inlines))
                else:
                    lines.append(one_line(inlines))
            case TextList(items=items, is_ordered=is_ordered):
                lines += [_without_bars(item) for item in (_without_markers(items) if is_ordered else items)]
    return lines or [one_line(criterion.inlines)]


def _without_bars(item: Inlines) -> Inlines:
    """The item with a colon where the bar parts the cells of a table inside it: a drug and its wash-out, say."""
    return tuple(Text(": ") if inline == _BAR else inline for inline in item)


def _without_markers(items: tuple[Inlines, ...]) -> tuple[Inlines, ...]:
    """The items of an ordered list without the markers that its text repeats, as in "a) a) Neurosyphilis"."""
    matches = [_MARKER.match(item[0].text) if item and isinstance(item[0], Text) else None for item in items]
    if not all(matches):
        return items
    return tuple(
        (replace(item[0], text=item[0].text[found.end() :]), *item[1:])
        for item, found in zip(items, matches, strict=True)
        if found is not None and isinstance(item[0], Text)
    )


def removal(report: Report) -> list[Block]:
    """9.3.3."""
    return protocol_or_query(report, "9.3.3", "removal", "removal")


def treatments(report: Report) -> list[Block]:
    """9.4: the interventions."""
    items = [intervention_item(report, intervention) for intervention in report.study.interventions]
    if not items:
        return [query(report, "9.4", "treatments")]
    return [*running(report.say("interventions-lead")), ListBlock(items=tuple(items))]


def administered(report: Report) -> list[Block]:
    """9.4.1: doses as a table, and the protocol's text."""
    doses = report.study.doses()
    blocks: list[Block] = []
    if doses:
        study = report.study
        names = ("dose-intervention", "dose-administration", "dose", "dose-route", "dose-frequency", "dose-duration")
        rows = [tuple(cell(bold(report.say.text(name))) for name in names)]
        for dose in doses:
            given = dose.intervention
            shown = named(dose.id, dose.label, dose.name)
            rows.append(
                (
                    cell((named(given.id, given.label, given.name),)),
                    cell((shown,), fact(study, f"{dose.id}.description") if dose.description != shown.shown else ()),
                    cell(fact(study, f"{dose.id}.dose")),
                    cell(coded(report, f"{dose.id}.route", is_start=True)),
                    cell(coded(report, f"{dose.id}.frequency", is_start=True)),
                    cell(fact(study, f"{dose.id}.duration")),
                )
            )
        blocks += running(report.say("treatments-shown", where=CrossRef(target=_TREATMENTS_ANCHOR)))
        blocks.append(
            FactTable(
                rows=tuple(rows),
                widths=(1.6, 2.0, 0.9, 1.2, 1.0, 1.0),
                caption=(Text(report.say.text("treatments-caption")),),
                anchor=_TREATMENTS_ANCHOR,
                is_small=True,
            )
        )
    blocks += from_protocol(report, "treatments_administered")
    return blocks or [query(report, "9.4.1", "treatments-administered")]


def products(report: Report) -> list[Block]:
    """9.4.2: the products; batch numbers are the author's."""
    items = []
    for product in report.study.products:
        shown = named(product.id, product.label, product.name)
        form = coded(report, f"{product.administrable_dose_form.standard_code.id}.decode")
        items.append(report.say("product-item", name=shown, form=form))
    blocks: list[Block] = [ListBlock(items=tuple(items))] if items else []
    return [*blocks, *from_protocol(report, "product_identity"), query(report, "9.4.2", "batches")]


def assignment(report: Report) -> list[Block]:
    """9.4.3."""
    return [
        *protocol_or_query(report, "9.4.3", "assignment", "assignment"),
        *running(report.say("codes-in-appendix", section=section_ref("16.1.7"))),
    ]


def dose_selection(report: Report) -> list[Block]:
    """9.4.4."""
    return protocol_or_query(report, "9.4.4", "dose-selection", "dose_selection")


def dose_timing(report: Report) -> list[Block]:
    """9.4.5."""
    return protocol_or_query(report, "9.4.5", "dose-timing", "dose_timing")


def blinding_section(report: Report) -> list[Block]:
    """9.4.6: the blinding scheme, who was blinded, and the protocol's text."""
    schema = blinding(report)
    masked = [
        report.say(
            "masked-role",
            role=named(role.id, role.label, role.name),
            masking=fact(report.study, f"{role.masking.id}.text"),
        )
        for role in report.study.roles
        if role.masking is not None and role.masking.text.strip()
    ]
    return [
        *running(report.say("blinding-schema", schema=schema) if schema else ()),
        *([ListBlock(items=tuple(masked))] if masked else []),
        *protocol_or_query(report, "9.4.6", "blinding", "blinding"),
        query(report, "9.4.6", "unblinding"),
    ]


def concomitant(report: Report) -> list[Block]:
    """9.4.7."""
    return protocol_or_query(report, "9.4.7", "concomitant-therapy", "concomitant_therapy")


def compliance(report: Report) -> list[Block]:
    """9.4.8."""
    return protocol_or_query(report, "9.4.8", "compliance-measures", "compliance")


def variables(report: Report) -> list[Block]:
    """9.5: what the sections below hold."""
    return running(report.say("variables-lead", schedule=section_ref("9.5.1"), primary=section_ref("9.5.3")))


def measurements(report: Report) -> list[Block]:
    """9.5.1: the schedule of activities, and how efficacy and safety were measured."""
    found = schedule(report.study)
    blocks: list[Block] = []
    if found is not None and found.visits:
        blocks += running(report.say("schedule-shown", where=CrossRef(target=_SCHEDULE_ANCHOR)))
        is_wide = len(found.visits) >= _WIDE_SCHEDULE
        table = _schedule_table(report, found)
        blocks += [SectionBreak(is_landscape=True), table, SectionBreak(is_landscape=False)] if is_wide else [table]
    else:
        blocks.append(query(report, "9.5.1", "schedule"))
    blocks += from_protocol(
        report, "efficacy_measurements", "safety_measurements", "adverse_events", "laboratory", "vital_signs"
    )
    return blocks


def _schedule_table(report: Report, found: ScheduleOfActivities) -> FactTable:
    header = (cell(bold(report.say.text("activity"))), *(cell((_visit(visit),)) for visit in found.visits))
    days = (cell(report.say.text("study-day")), *(_day(visit) for visit in found.visits))
    windows = (cell(report.say.text("window")), *(_window(visit) for visit in found.visits))
    rows = [
        (
            cell(
                (
                    Text("\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}" * level),
                    named(activity.id, activity.label, activity.name),
                )
            ),
            *(cell(_MARK) if mark else cell() for mark in marks),
        )
        for (activity, marks), level in zip(found.rows, found.levels, strict=True)
    ]
    has_window = any(visit.window_before_days or visit.window_after_days for visit in found.visits)
    heads = [header, days, *([windows] if has_window else [])]
    return FactTable(
        rows=(*heads, *rows),
        header_rows=len(heads),
        widths=(3.2, *(1.0 for _ in found.visits)),
        caption=(Text(report.say.text("schedule-caption")),),
        anchor=_SCHEDULE_ANCHOR,
        footnotes=tuple(note.text for note in found.notes),
        is_small=True,
        has_header_column=True,
    )


def _visit(visit: Visit) -> Inline:
    if visit.encounter is not None and visit.encounter.shown == visit.label:
        return named(visit.encounter.id, visit.encounter.label, visit.encounter.name)
    return Text(visit.label)


def _day(visit: Visit) -> tuple[Inlines, ...]:
    """The nominal study day, as the timing of the visit gives it."""
    if visit.day is None:
        return cell()
    path = f"{visit.timing.id}.value" if visit.timing is not None else f"{visit.instance_ids[0]}.day"
    return cell((FactRef(path=path, shown=str(visit.day).replace("-", "\N{MINUS SIGN}")),))


def _window(visit: Visit) -> tuple[Inlines, ...]:
    before, after = visit.window_before_days or 0.0, visit.window_after_days or 0.0
    if visit.timing is None or not (before or after):
        return cell()
    label = visit.window_label.strip()
    if label and not (before.is_integer() and after.is_integer()):  # hours: as the definition words them
        return cell((FactRef(path=f"{visit.timing.id}.windowLabel", shown=label),))
    shown = f"\N{PLUS-MINUS SIGN}{before:g}" if before == after else f"\N{MINUS SIGN}{before:g}/+{after:g}"
    return cell((FactRef(path=f"{visit.timing.id}.windowLower", shown=shown),))


def appropriateness(report: Report) -> list[Block]:
    """9.5.2."""
    return protocol_or_query(report, "9.5.2", "appropriateness", "appropriateness")


def primary_variable(report: Report) -> list[Block]:
    """9.5.3: the primary endpoints."""
    items = tuple(
        fact(report.study, f"{endpoint.id}.text") or one_line(endpoint.text)
        for endpoint in report.study.endpoints
        if endpoint.level == "primary"
    )
    blocks: list[Block] = []
    if items:
        blocks += [*running(report.say("primary-endpoints")), ListBlock(items=items)]
    blocks += from_protocol(report, "primary_variable")
    return blocks or [query(report, "9.5.3", "primary-variable")]


def concentrations(report: Report) -> list[Block]:
    """9.5.4."""
    return from_protocol(report, "drug_concentration") or running(
        report.say("not-applicable", reason=report.say("no-concentrations"))
    )


def data_quality(report: Report) -> list[Block]:
    """9.6."""
    return [*from_protocol(report, "data_quality"), query(report, "9.6", "data-quality")]


def changes(report: Report) -> list[Block]:
    """9.8: amendments with their changes; changes of the analyses are the author's."""
    study = report.study
    blocks: list[Block] = []
    for amendment in study.amendments:
        blocks += running(
            report.say(
                "amendment",
                number=fact(study, f"{amendment.id}.number"),
                summary=fact(study, f"{amendment.id}.summary"),
            )
        )
        items = [
            report.say(
                "amendment-change",
                summary=fact(study, f"{change.id}.summary"),
                rationale=fact(study, f"{change.id}.rationale"),
            )
            for change in amendment.changes
            if change.summary.strip() and change.rationale.strip()
        ]
        blocks += [ListBlock(items=tuple(items))] if items else []
    if not blocks:
        blocks += running(report.say("no-amendments"))
    return [*blocks, *from_protocol(report, "changes"), query(report, "9.8", "changes")]


def lead(report: Report) -> list[Block]:
    """9: the plan is told from the study definition."""
    return [Paragraph(inlines=report.say("plan-lead"))]


SECTIONS: dict[str, SectionWriter] = {
    "9": lead,
    "9.1": design,
    "9.2": design_discussion,
    "9.3": population,
    "9.3.1": inclusion,
    "9.3.2": exclusion,
    "9.3.3": removal,
    "9.4": treatments,
    "9.4.1": administered,
    "9.4.2": products,
    "9.4.3": assignment,
    "9.4.4": dose_selection,
    "9.4.5": dose_timing,
    "9.4.6": blinding_section,
    "9.4.7": concomitant,
    "9.4.8": compliance,
    "9.5": variables,
    "9.5.1": measurements,
    "9.5.2": appropriateness,
    "9.5.3": primary_variable,
    "9.5.4": concentrations,
    "9.6": data_quality,
    "9.8": changes,
    **METHOD_SECTIONS,
}

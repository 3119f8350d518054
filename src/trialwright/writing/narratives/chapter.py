"""Sections 12.3.2 and 14.3.3 of the report, and the document that holds the narratives alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from trialwright.analysis.plan import AnalysisPlan, NarrativePlan
from trialwright.documents.model import (
    AuthorQuery,
    Block,
    Document,
    FactTable,
    FigureBlock,
    Heading,
    Paragraph,
    TableOfContents,
)
from trialwright.findings import Finding
from trialwright.inlines import CrossRef, Inline, Text, plain_text
from trialwright.standards import Dataset
from trialwright.study import Study
from trialwright.writing.narratives.consistency import check_patient, check_study
from trialwright.writing.narratives.patient import REASONS, Patient
from trialwright.writing.narratives.profile import profile_of
from trialwright.writing.narratives.selection import find_patients
from trialwright.writing.narratives.telling import Teller
from trialwright.writing.narratives.text import (
    dosing_sentences,
    ending_sentences,
    group_sentences,
    history_sentences,
    medication_sentences,
    person,
    person_sentences,
    present_at_end,
    values_blocks,
)
from trialwright.writing.report import running
from trialwright.writing.sentences import Catalogue, Inlines, load_catalogue

#: Narratives stand below their section, deeper than the table of contents goes.
_LEVEL = 5
_TABLE_ANCHOR = "narratives"
_SERIOUS_REASONS = frozenset({"death", "serious", "criterion"})


@dataclass(frozen=True, kw_only=True)
class Narratives:
    """The narratives of a study: its patients, and what their records contradict.

    findings  of the study as a whole first, then by patient
    """

    plan: NarrativePlan
    patients: tuple[Patient, ...]
    study_findings: tuple[Finding, ...]
    patient_findings: Mapping[str, tuple[Finding, ...]]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that the records contradict."""
        return self.study_findings + tuple(one for found in self.patient_findings.values() for one in found)

    @cached_property
    def reasons(self) -> tuple[str, ...]:
        """The reasons for which there are narratives."""
        return tuple(reason for reason in REASONS if any(reason in patient.reasons for patient in self.patients))


def gather_narratives(
    study: Study, plan: AnalysisPlan, datasets: Mapping[str, Dataset], *, only: Iterable[str] = ()
) -> Narratives:
    """The patients whose narratives the plan asks for, with their records and what these contradict.

    datasets  SDTM and ADaM by name; what is missing is said to be not recorded. The subject dataset is needed
    only      write about these subjects alone
    Raises `PlanError` for a subject that the data do not have.
    """
    indications = [words for one in study.indications for words in (one.label, one.description) if words]
    patients = find_patients(
        datasets,
        plan.narratives,
        subject_dataset=plan.subject_dataset,
        indications=indications,
        only=only,
    )
    name = "AE" if "AE" in datasets else "ADAE"
    events = datasets.get(name)
    has_actions = events is not None and "AEACN" in events.frame.columns and bool(events.frame["AEACN"].count())
    return Narratives(
        plan=plan.narratives,
        patients=tuple(patients),
        study_findings=tuple(check_study(bool(patients) and events is not None, has_actions=has_actions)),
        patient_findings={one.subject: tuple(check_patient(one, has_actions=has_actions)) for one in patients},
    )


def narrative_anchor(subject: str) -> str:
    """The anchor of a patient's narrative."""
    return f"narrative-{subject}"


def narratives_overview(say: Catalogue, narratives: Narratives, *, section: CrossRef) -> list[Block]:
    """12.3.2: whose narratives there are, as a table that leads to each."""
    if not narratives.patients:
        return []
    table = CrossRef(target=_TABLE_ANCHOR)
    where = say("narrative-where", kinds=_kinds(say, narratives), section=section, table=table)
    return [*running(where), _overview_table(say, narratives)]


def narratives_chapter(say: Catalogue, narratives: Narratives, *, prefix: str) -> list[Block]:
    """14.3.3: every narrative. `prefix` begins the ids of author queries."""
    if not narratives.patients:
        return running(say("narrative-none-found"))
    lead = [say("narrative-lead", kinds=_kinds(say, narratives))]
    if narratives.plan.is_blinded:
        lead.append(say("narrative-lead-blinded"))
    blocks = running(*lead)
    blocks.append(AuthorQuery(id=f"{prefix}.course", question=say.text("narrative-query-course")))
    if any(_SERIOUS_REASONS.isdisjoint(patient.reasons) for patient in narratives.patients):
        blocks.append(AuthorQuery(id=f"{prefix}.opinions", question=say.text("narrative-query-opinions")))
    blocks += [_finding_query(say, f"{prefix}.study", finding) for finding in narratives.study_findings]
    for patient in narratives.patients:
        tell = Teller(say=say, patient=patient, plan=narratives.plan)
        blocks += _narrative(tell, narratives.patient_findings[patient.subject], f"{prefix}.{patient.subject}")
    return blocks


def _kinds(say: Catalogue, narratives: Narratives) -> Inlines:
    return say.listing([say(f"narrative-kind-{reason}") for reason in narratives.reasons])


def _overview_table(say: Catalogue, narratives: Narratives) -> FactTable:
    columns = ("patient", "person", "treatment", "reason", "events")
    header = tuple(((Text(say.text(f"narrative-column-{name}")),),) for name in columns)
    rows = [_overview_row(Teller(say=say, patient=one, plan=narratives.plan)) for one in narratives.patients]
    return FactTable(
        rows=(header, *rows),
        caption=(Text(say.text("narrative-table-title")),),
        anchor=_TABLE_ANCHOR,
        widths=(1.3, 1.0, 1.5, 2.0, 3.4),
        is_small=True,
    )


def _overview_row(tell: Teller) -> tuple[tuple[Inlines, ...], ...]:
    patient = tell.patient
    events: dict[str, Inlines] = {}
    for event in patient.index_events:
        item = tell.event(event, is_start=True)
        if event.start is not None:
            when = tell.point(event.record, event.start_variable)
            item = (*item, Text(" ("), *when, Text(")"))
        events.setdefault(plain_text(item), item)  # sites record one event in several records
    return (
        ((tell.ref(patient.subject, patient.subject_record, "USUBJID"),),),
        (_age_and_sex(tell),),
        (tell.treatment(),),
        tuple(_reasons(tell)),
        tuple(events.values()) or ((Text(tell.say.text("narrative-not-recorded")),),),
    )


def _age_and_sex(tell: Teller) -> Inlines:
    return (*tell.verbatim(tell.patient.subject_record, "AGE"), Text(", "), *person(tell))


def _reasons(tell: Teller) -> list[Inlines]:
    return [(Text(tell.say.text(f"narrative-reason-{reason}")),) for reason in tell.patient.reasons]


def _narrative(tell: Teller, findings: Sequence[Finding], prefix: str) -> list[Block]:
    """One narrative: heading, summary, text, values, queries and figure."""
    patient, say = tell.patient, tell.say
    blocks: list[Block] = [_heading(tell), _summary(tell)]
    blocks += running(*person_sentences(tell), *history_sentences(tell))
    medication = [one for group in patient.groups[:1] for one in medication_sentences(tell, group)]
    blocks += running(*dosing_sentences(tell), *medication)
    for group in patient.groups:
        for sentences in group_sentences(tell, group):
            blocks += running(*sentences)
        blocks += values_blocks(tell, group)
    if not patient.groups:
        blocks += running(*present_at_end(tell))
    blocks += running(*ending_sentences(tell))
    blocks += [_finding_query(say, f"{prefix}.{number}", one) for number, one in enumerate(findings, start=1)]
    if not _SERIOUS_REASONS.isdisjoint(patient.reasons):
        blocks.append(AuthorQuery(id=f"{prefix}.sponsor", question=say.text("narrative-query-sponsor")))
    if "death" in patient.reasons:
        blocks.append(AuthorQuery(id=f"{prefix}.post-mortem", question=say.text("narrative-query-post-mortem")))
    return [*blocks, *_figure(tell)]


def _heading(tell: Teller) -> Heading:
    patient, say = tell.patient, tell.say
    subject = (Text(patient.subject),)
    told = list(dict.fromkeys(event.record.text(event.term) for event in patient.index_events))
    words = [(Text(term.capitalize() if not number else term.lower()),) for number, term in enumerate(told[:3]) if term]
    if not words:
        inlines = say("narrative-heading-plain", subject=subject)
    else:
        inlines = say("narrative-heading", subject=subject, events=say.listing(words))
    return Heading(level=_LEVEL, number="", inlines=inlines, anchor=narrative_anchor(patient.subject))


def _summary(tell: Teller) -> FactTable:
    say = tell.say
    names = ("person", "treatment", "reason", "exposure")
    header = tuple(((Text(say.text(f"narrative-column-{name}")),),) for name in names)
    row: tuple[tuple[tuple[Inline, ...], ...], ...] = (
        (_age_and_sex(tell),),
        (tell.treatment(),),
        tuple(_reasons(tell)),
        (_exposure(tell),),
    )
    return FactTable(rows=(header, row), widths=(1.2, 1.7, 2.4, 2.2), is_small=True)


def _exposure(tell: Teller) -> Inlines:
    doses = tell.patient.doses
    ends = [(one.end.latest, one) for one in doses if one.end is not None]
    if not doses or doses[0].start is None:
        return (tell.not_recorded,)
    start = tell.point(doses[0].record, doses[0].start_variable)
    if not ends:
        return tell.say("narrative-dose-dates-open", start=start)
    _, last = max(ends, key=lambda end: end[0])
    return tell.say("narrative-dose-dates", start=start, end=tell.point(last.record, last.end_variable))


def _finding_query(say: Catalogue, id: str, finding: Finding) -> AuthorQuery:
    question = say.text("narrative-query-finding", message=finding.message, remedy=finding.remedy, rule=finding.rule)
    return AuthorQuery(id=id, question=question)


def _figure(tell: Teller) -> list[Block]:
    wanted = tell.plan.figures
    is_serious = not _SERIOUS_REASONS.isdisjoint(tell.patient.reasons)
    if wanted == "none" or (wanted == "serious" and not is_serious):
        return []
    figure = profile_of(tell)
    if figure is None:
        return []
    return [FigureBlock(figure=figure, anchor=f"profile-{tell.patient.subject}", is_listed=False)]


def write_narratives(
    study: Study,
    plan: AnalysisPlan,
    datasets: Mapping[str, Dataset],
    *,
    only: Iterable[str] = (),
    language: str = "en",
    inputs: Iterable[tuple[str, str]] = (),
) -> tuple[Document, Narratives]:
    """The narratives as a document of their own, and what the records contradict.

    Arguments as of `gather_narratives`; inputs are digests of what the document is made from, for the manifest.
    Source: ICH E3, sections 12.3.2 and 14.3.3.
    """
    say = load_catalogue(language)
    narratives = gather_narratives(study, plan, datasets, only=only)
    title = say.text("narrative-document-title")
    blocks: list[Block] = [Paragraph(inlines=(Text(title),), style="title")]
    blocks.append(Paragraph(inlines=(Text(study.official_title),), style="subtitle"))
    if len(narratives.patients) > 1:
        blocks += [TableOfContents(depth=1), _overview_table(say, narratives)]
    body = narratives_chapter(say, narratives, prefix="narrative")
    blocks += [_raised(block) for block in body]
    document = Document(
        name="narratives",
        title=f"{title}: {study.official_title}",
        blocks=tuple(blocks),
        language=language,
        header=say.text("narrative-header", protocol=study.protocol_id),
        footer=say.text("footer", sponsor=study.sponsor or study.name),
        inputs=tuple(inputs),
    )
    return document, narratives


def _raised(block: Block) -> Block:
    """A narrative's heading where there is no section above it."""
    if isinstance(block, Heading):
        return Heading(level=1, number=block.number, inlines=block.inlines, anchor=block.anchor)
    return block

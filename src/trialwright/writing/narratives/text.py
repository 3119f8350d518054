"""The sentences of one narrative: the patient, his history and medication, doses, events, values, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from trialwright.documents.model import Block, FactTable, Paragraph
from trialwright.inlines import RecordRef, Text
from trialwright.writing.narratives.measurements import Course, abnormal_courses, test_label, vital_courses
from trialwright.writing.narratives.patient import CRITERIA, Event, Measurement, Period
from trialwright.writing.narratives.records import Record, refer
from trialwright.writing.narratives.telling import Teller, number_text
from trialwright.writing.report import running
from trialwright.writing.sentences import Inlines

_SEXES = {"F": "woman", "M": "man"}
_EIGHTEEN = ("8", "11", "18")
#: As long as adverse events are followed after treatment in most protocols.
_FOLLOWED = timedelta(days=30)
_DASH: Inlines = (Text("\N{EN DASH}"),)


def person_sentences(tell: Teller) -> list[Inlines]:
    """Who the patient is, and the disease treated with its duration."""
    record, say = tell.patient.subject_record, tell.say
    age = record.text("AGE")
    sentences = [
        say(
            "narrative-patient",
            subject=tell.ref(tell.patient.subject, record, "USUBJID"),
            age_known="yes" if age else "no",
            article="an" if age.startswith(_EIGHTEEN) and age != "110" else "a",
            age=tell.verbatim(record, "AGE"),
            person=person(tell),
            race_known="yes" if record.text("RACE") else "no",
            race=tell.code(record, "RACE"),
            treatment_known="blinded" if tell.plan.is_blinded else "yes" if tell.treatment_variable else "no",
            treatment=tell.treatment(),
        )
    ]
    return [*sentences, _disease(tell)]


def person(tell: Teller) -> Inlines:
    """ "woman" or "man"; a reference to the sex."""
    record = tell.patient.subject_record
    words = tell.say.text("narrative-person", person=_SEXES.get(record.text("SEX"), "patient"))
    return (tell.ref(words, record, "SEX"),)


def _disease(tell: Teller) -> Inlines:
    disease, first = tell.patient.disease, tell.patient.first_dose
    if disease is None:
        return tell.say("narrative-disease-unknown")
    record = disease.record
    name = tell.term(record, record.first_of("MHDECOD", "MHTERM"))
    onset = (record, disease.start_variable)
    if disease.start is None and tell.patient.subject_record.date("DISONSDT") is not None:
        onset = (tell.patient.subject_record, "DISONSDT")
    if onset[0].date(onset[1]) is None or first is None:
        return tell.say("narrative-disease-undated", disease=name)
    duration = tell.long_span(onset, first)
    if tell.plan.dates == "date":
        return tell.say("narrative-disease-dated", disease=name, when=tell.point(*onset), duration=duration)
    return tell.say("narrative-disease", disease=name, duration=duration)


def history_sentences(tell: Teller) -> list[Inlines]:
    """Medical history: what is of the events' system organ classes first, then the rest."""
    patient, say = tell.patient, tell.say
    if not patient.history and patient.disease is None:
        return [say("narrative-history-missing")]
    if not patient.history:
        return [say("narrative-history-none")]
    classes = {event.record.text(event.body_system) for event in patient.index_events} - {""}
    related = [one for one in patient.history if one.record.text("MHBODSYS") in classes]
    others = [one for one in patient.history if one not in related]
    sentences = []
    if related:
        items = say.listing([_history_item(tell, one) for one in related])
        several = "yes" if len(patient.index_events) > 1 else "no"
        sentences.append(say("narrative-history-related", items=items, several=several))
    if others:
        items = say.listing([_history_item(tell, one) for one in others])
        sentences.append(say("narrative-history-other", items=items, related="yes" if related else "no"))
    return sentences


def _history_item(tell: Teller, one: Period) -> Inlines:
    item = tell.term(one.record, one.record.first_of("MHDECOD", "MHTERM"), is_start=False)
    if one.start is None:
        return item
    return tell.say("narrative-item-in", item=item, when=tell.point(one.record, one.start_variable, is_short=True))


def dosing_sentences(tell: Teller) -> list[Inlines]:
    """Every recorded period of dosing."""
    doses, say = tell.patient.doses, tell.say
    if not doses:
        return [say("narrative-doses-none")]
    items = [_dose_item(tell, one) for one in doses]
    if tell.plan.is_blinded:
        return [say("narrative-doses-blinded", items=say.listing(items))]
    record = doses[0].record
    name = tell.term(record, "EXTRT", is_start=False) if record.text("EXTRT") else tell.treatment()
    return [say("narrative-doses", treatment=name, items=say.listing(items))]


def _dose_item(tell: Teller, one: Period) -> Inlines:
    start = tell.point(one.record, one.start_variable)
    form = "dates" if tell.plan.is_blinded else "item"
    dose: dict[str, Inlines] = {} if tell.plan.is_blinded else {"dose": tell.dose(one)}
    if one.end is None:
        return tell.say(f"narrative-dose-{form}-open", start=start, **dose)
    if one.start is not None and one.start == one.end:
        return tell.say(f"narrative-dose-{form}-one-day", start=start, **dose)
    return tell.say(f"narrative-dose-{form}", start=start, end=tell.point(one.record, one.end_variable), **dose)


def onset_of(group: Sequence[Event]) -> date | None:
    """The day on which the first of the events began, as far as it is known."""
    return next((event.start.earliest for event in group if event.start is not None), None)


def followed_until(group: Sequence[Event]) -> date:
    """The day up to which values belong to the events: 30 days after the last of them ended, or began."""
    days = [day.latest for event in group for day in (event.start, event.end) if day is not None]
    return max(days, default=date.max - _FOLLOWED) + _FOLLOWED


def medication_sentences(tell: Teller, group: Sequence[Event]) -> list[Inlines]:
    """Medication ongoing at the onset of the first of these events."""
    patient, say = tell.patient, tell.say
    onset = onset_of(group)
    if not patient.medications:
        return [say("narrative-medications-missing")]
    if onset is None:
        return []
    taken = [one for one in patient.medications if _is_ongoing(one, onset)]
    event = tell.event(group[0])
    if not taken:
        return [say("narrative-medications-none", event=event)]
    items = [_medication_item(tell, one) for one in taken]
    return [say("narrative-medications", event=event, items=say.listing(items))]


def _is_ongoing(one: Period, day: date) -> bool:
    if one.start is not None and one.start.earliest > day:
        return False
    # A medication that begins on the day of the event may be its treatment: it counts as one only if it is recorded so.
    return one.end is None or one.end.latest >= day


def _medication_item(tell: Teller, one: Period) -> Inlines:
    item = tell.medication(one)
    if one.start is None:
        return item
    return tell.say("narrative-item-since", item=item, when=tell.point(one.record, one.start_variable, is_short=True))


def group_sentences(tell: Teller, group: Sequence[Event]) -> list[list[Inlines]]:
    """The events of one group, a paragraph each, and what else was present at the onset."""
    say = tell.say
    paragraphs: list[list[Inlines]] = []
    if len(group) > 1:
        items = say.listing([tell.event(event) for event in group])
        paragraphs.append([say("narrative-group", items=items)])
    paragraphs += [_event_sentences(tell, event) for event in group]
    onset = onset_of(group)
    if onset is not None:
        present = [event for event in tell.patient.events if event not in group and _is_present(event, onset)]
        if present:
            items = say.listing([event_item(tell, event) for event in present])
            paragraphs[-1].append(say("narrative-concurrent", items=items))
        else:
            paragraphs[-1].append(say("narrative-concurrent-none"))
    return paragraphs


def _is_present(event: Event, day: date) -> bool:
    if event.start is None or event.start.earliest > day:
        return False
    return event.end is None or event.end.latest >= day


def event_item(tell: Teller, event: Event) -> Inlines:
    """An event in a list: its term, intensity and beginning."""
    when = tell.point(event.record, event.start_variable)
    if not event.record.text("AESEV"):
        return tell.say("narrative-event-item-plain", event=tell.event(event), when=when)
    severity = tell.code(event.record, "AESEV")
    return tell.say("narrative-event-item", event=tell.event(event), severity=severity, when=when)


def present_at_end(tell: Teller) -> list[Inlines]:
    """For a discontinuation whose event is not known: the events present on the last day of treatment."""
    end = last_dose(tell.patient.doses)
    present = [event for event in tell.patient.events if end is not None and _is_present(event, end)]
    sentences = [tell.say("narrative-no-index")]
    if present:
        items = tell.say.listing([event_item(tell, event) for event in present])
        sentences.append(tell.say("narrative-present-then", items=items))
    return sentences


def last_dose(doses: Sequence[Period]) -> date | None:
    """The last day of dosing that is recorded."""
    return max((one.end.latest for one in doses if one.end is not None), default=None)


def _event_sentences(tell: Teller, event: Event) -> list[Inlines]:
    record, say = event.record, tell.say
    words: dict[str, Inlines] = {
        "event": tell.event(event, is_start=True),
        "verbatim": tell.verbatim(record, "AETERM"),
        "body_system": tell.term(record, event.body_system),
    }
    if event.start is None:
        first = say("narrative-event-undated", **words)
    else:
        first = say("narrative-event", when=tell.on(record, event.start_variable), **words)
    return [
        first,
        *_exposure_at_onset(tell, event),
        _nature(tell, event),
        say("narrative-relation", known=_known(record, "AEREL"), relation=tell.code(record, "AEREL")),
        *_action(tell, event),
        _outcome(tell, event),
        *_countermeasures(tell, event),
    ]


def _known(record: Record, variable: str) -> str:
    return "yes" if record.text(variable) else "no"


def _nature(tell: Teller, event: Event) -> Inlines:
    record = event.record
    criteria = [(name, words) for name, words in CRITERIA.items() if record.text(name) == "Y"]
    items = [(tell.ref(tell.say.text(f"narrative-criterion-{words}"), record, name),) for name, words in criteria]
    answer = record.text("AESER")
    if answer == "Y":
        seriousness = "criteria" if criteria else "serious"
    elif answer == "N":
        seriousness = "contradicted" if criteria else "not"
    else:
        seriousness = "missing"
    return tell.say(
        "narrative-nature",
        severity_known=_known(record, "AESEV"),
        severity=tell.code(record, "AESEV"),
        seriousness=seriousness,
        criteria=tell.say.listing(items),
    )


def _action(tell: Teller, event: Event) -> list[Inlines]:
    said = [tell.say("narrative-action", known=_known(event.record, "AEACN"), action=tell.code(event.record, "AEACN"))]
    if event.is_linked_to_discontinuation:
        said.append(tell.say("narrative-action-linked"))
    return said


def _outcome(tell: Teller, event: Event) -> Inlines:
    record = event.record
    start, end = (record, event.start_variable), (record, event.end_variable)
    is_whole = event.start is not None and event.start.is_complete and event.end is not None and event.end.is_complete
    is_sound = (
        is_whole and event.start is not None and event.end is not None and event.end.earliest >= event.start.earliest
    )
    return tell.say(
        "narrative-outcome",
        known=_known(record, "AEOUT"),
        outcome=tell.code(record, "AEOUT"),
        end_known="no" if event.end is None else "yes" if is_sound else "end",
        end=tell.on(*end),
        duration=tell.span(start, end) if is_sound else (),
    )


def _countermeasures(tell: Teller, event: Event) -> list[Inlines]:
    """Medication that RELREC or its indication relates to the event; else what AECONTRT says."""
    terms = {event.record.text("AETERM").upper(), event.record.text("AEDECOD").upper()} - {""}
    onset = event.start.earliest if event.start else None
    given = []
    for one in tell.patient.medications:
        related = tell.patient.relations.get(("CM", one.record.text("CMSEQ")), frozenset()) & event.relations
        is_indicated = one.record.text("CMINDC").upper() in terms
        began_since = onset is not None and one.start is not None and one.start.latest >= onset
        if related or (is_indicated and began_since):
            given.append(_medication_item(tell, one))
    if given:
        return [tell.say("narrative-countermeasures", items=tell.say.listing(given))]
    answer = event.record.text("AECONTRT")
    name = {"Y": "narrative-treated", "N": "narrative-untreated"}.get(answer, "narrative-countermeasures-unknown")
    return [tell.say(name)]


def _exposure_at_onset(tell: Teller, event: Event) -> list[Inlines]:
    """How long the patient had been treated when the event began, and with what."""
    doses, say = tell.patient.doses, tell.say
    if event.start is None or not event.start.is_complete or not doses or doses[0].start is None:
        return []
    onset = event.start.earliest
    here, first = (event.record, event.start_variable), (doses[0].record, doses[0].start_variable)
    begun = [one for one in doses if one.start is not None and one.start.earliest <= onset]
    if not begun:
        return [say("narrative-onset-before")]
    current = begun[-1]
    if current.end is None or current.end.latest >= onset:
        duration = tell.span(first, here)
        if tell.plan.is_blinded:
            return [say("narrative-onset-treated-blinded", duration=duration)]
        return [say("narrative-onset-treated", duration=duration, dose=tell.dose(current))]
    last = (current.record, current.end_variable)
    return [
        say(
            "narrative-onset-after",
            dose_known="no" if tell.plan.is_blinded else "yes",
            dose=() if tell.plan.is_blinded else tell.dose(current),
            when=tell.on(*last),
            gap=tell.gap(last, here),
            duration=tell.span(first, last),
        )
    ]


def values_blocks(tell: Teller, group: Sequence[Event]) -> list[Block]:
    """Laboratory values outside their range, and vital signs, around the onset, as a table."""
    onset, say = onset_of(group), tell.say
    if onset is None:
        return []
    event = tell.event(group[0])
    until = followed_until(group)
    laboratory, more = abnormal_courses(tell.patient.laboratory, onset, until)
    vital = vital_courses(tell.patient.vital_signs, onset, until)
    if not laboratory and not vital:
        is_empty = not tell.patient.laboratory
        return running(say("narrative-values-missing" if is_empty else "narrative-values-none", event=event))
    if laboratory:
        lead = say("narrative-values-lead", event=event, many=more, shown=len(laboratory), all=len(laboratory) + more)
    else:
        lead = say("narrative-values-vital", event=event)
    names = ("test", "range", "baseline", "before", "worst")
    header = tuple(((Text(say.text(f"narrative-values-{name}")),),) for name in names)
    rows = [_values_row(tell, course) for course in (*laboratory, *vital)]
    table = FactTable(
        rows=(header, *rows),
        widths=(3.0, 1.5, 1.6, 1.6, 1.9),
        is_small=True,
        footnotes=(say("narrative-values-footnote", days=_FOLLOWED.days),),
    )
    return [Paragraph(inlines=lead), table]


def _values_row(tell: Teller, course: Course) -> tuple[tuple[Inlines, ...], ...]:
    any_value = course.shown[0]
    record = any_value.record
    label: Inlines = (tell.ref(test_label(any_value), record, any_value.test_variable),)
    if any_value.unit:
        label = (*label, Text(" ("), tell.ref(_unit(any_value), record, any_value.unit_variable), Text(")"))
    values = tuple((_value(tell, one),) for one in (course.baseline, course.before, course.worst))
    return ((label,), (_range(tell, any_value),), *values)


def _unit(one: Measurement) -> str:
    # Some laboratories' exports have everything in capitals: BEATS/MIN.
    return one.unit.lower() if one.unit.isupper() and len(one.unit) > 4 else one.unit


def _range(tell: Teller, one: Measurement) -> Inlines:
    def limit(value: float, variable: str) -> RecordRef:
        return refer(number_text(value), (one.record, variable))

    if one.low is not None and one.high is not None:
        return tell.say(
            "narrative-range-both", low=limit(one.low, one.low_variable), high=limit(one.high, one.high_variable)
        )
    if one.low is not None:
        return tell.say("narrative-range-low", low=limit(one.low, one.low_variable))
    return tell.say("narrative-range-high", high=limit(one.high, one.high_variable)) if one.high is not None else _DASH


def _value(tell: Teller, one: Measurement | None) -> Inlines:
    if one is None:
        return _DASH
    value = refer(number_text(one.value), (one.record, one.value_variable))
    flag = {"low": "\N{NO-BREAK SPACE}L", "high": "\N{NO-BREAK SPACE}H"}.get(one.flag, "")
    day = tell.point(one.record, one.date_variable)
    return (value, Text(f"{flag} ("), *day, Text(")"))


def ending_sentences(tell: Teller) -> list[Inlines]:
    """Disposition and death."""
    patient, say = tell.patient, tell.say
    sentences: list[Inlines] = []
    ends = [record for record in patient.dispositions if record.text("DSDECOD")]
    telling = [record for record in ends if record.text("DSDECOD") != "COMPLETED"] or ends[-1:]
    if not telling:
        reason = next((name for name in ("DCSREAS", "DCDECOD") if patient.subject_record.text(name)), "")
        if reason:
            said = tell.code(patient.subject_record, reason)
            sentences.append(say("narrative-disposition-undated", reason=said))
        else:
            sentences.append(say("narrative-disposition-missing"))
    elif len({record.text("DSDECOD") for record in telling}) == 1:
        record = telling[0]
        reason_words = tell.code(record, "DSDECOD")
        if record.date("DSSTDTC") is None:
            sentences.append(say("narrative-disposition-undated", reason=reason_words))
        else:
            when = tell.on(record, "DSSTDTC")
            sentences.append(say("narrative-disposition", when=when, reason=reason_words))
    else:
        items = [
            say("narrative-disposition-item", reason=tell.code(one, "DSDECOD"), when=tell.on(one, "DSSTDTC"))
            for one in telling
        ]
        sentences.append(say("narrative-dispositions", items=say.listing(items)))
    if patient.has_died:
        deaths = patient.deaths
        if deaths:
            sentences.append(say("narrative-death", when=tell.on(deaths[0][0], deaths[0][1])))
        else:
            sentences.append(say("narrative-death-undated"))
    return sentences

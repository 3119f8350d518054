"""Whose narratives are written, and about which events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

import polars as pl

from trialwright.analysis.plan import NarrativePlan
from trialwright.conditions import parse_condition
from trialwright.errors import PlanError
from trialwright.standards import Dataset
from trialwright.writing.narratives.measurements import laboratory_of, vital_signs_of
from trialwright.writing.narratives.patient import (
    REASONS,
    Event,
    Patient,
    by_start,
    doses_of,
    history_of,
    medications_of,
)
from trialwright.writing.narratives.records import Charts, Record

#: Two events belong together if one begins no later than so many days after the other ended.
_SEQUENCE_DAYS = 1
_DISPOSITION = "DISPOSITION EVENT"
_FOR_ADVERSE_EVENT = "ADVERSE EVENT"


def find_patients(
    datasets: Mapping[str, Dataset],
    plan: NarrativePlan,
    *,
    subject_dataset: str = "ADSL",
    indications: Iterable[str] = (),
    only: Iterable[str] = (),
) -> list[Patient]:
    """The patients who get a narrative, by identifier, with everything that their records say.

    indications  names of the disease under study, in capitals
    only         write about these subjects alone; each gets a narrative, whatever happened to him

    Raises `PlanError` for a subject that is not in the subject dataset.
    """
    everybody = Charts({name: datasets[name] for name in (*_FOR_SELECTION, subject_dataset) if name in datasets})
    known = _subjects(datasets, subject_dataset)
    asked = tuple(only)
    for subject in (*plan.subjects, *asked):
        if subject not in known:
            raise PlanError(
                f"The narrative of {subject} was asked for, but {subject_dataset} has no such subject. "
                "Subjects are named by USUBJID, as in the data."
            )
    special = _special_interest(datasets, everybody, plan)
    found: dict[str, tuple[tuple[str, ...], tuple[Event, ...]]] = {}
    for subject in asked or sorted(known):
        events = _events(everybody, subject, special)
        reasons = _reasons(everybody, subject, events, plan, subject_dataset)
        if subject in plan.subjects or (subject in asked and not reasons):
            reasons = (*reasons, "listed")
        if reasons:
            found[subject] = reasons, events
    charts = Charts(datasets, found)
    names = tuple(name.upper() for name in indications)
    return [
        _patient(charts, everybody, subject, reasons, events, plan, subject_dataset, names)
        for subject, (reasons, events) in found.items()
    ]


_FOR_SELECTION = ("AE", "ADAE", "DS", "RELREC", "DM")


def _subjects(datasets: Mapping[str, Dataset], subject_dataset: str) -> set[str]:
    found = datasets.get(subject_dataset)
    return set() if found is None else set(found.frame["USUBJID"].drop_nulls().to_list())


def _special_interest(datasets: Mapping[str, Dataset], charts: Charts, plan: NarrativePlan) -> set[tuple[str, str]]:
    """Subject and AESEQ of the events that fulfil the plan's condition, which is asked of ADAE where it can be."""
    if not plan.special_interest:
        return set()
    condition = parse_condition(plan.special_interest)
    for name in ("ADAE", "AE"):
        found = datasets.get(name)
        if found is not None and all(variable in found.frame.columns for variable in condition.variables):
            frame = found.frame.filter(condition.to_expr(found.frame.schema, dataset=name))
            rows = frame.select("USUBJID", pl.col("AESEQ").cast(pl.Float64)).rows()
            return {(subject, f"AESEQ={sequence:.15g}") for subject, sequence in rows}
    there = [name for name in ("ADAE", "AE") if name in charts]
    raise PlanError(
        f"narratives.special_interest asks for {', '.join(sorted(condition.variables))}, but no dataset of adverse "
        f"events ({', '.join(there) or 'ADAE or AE'}) has all of them. Ask for variables that one of them has."
    )


def _events(charts: Charts, subject: str, special: set[tuple[str, str]]) -> tuple[Event, ...]:
    name = charts.first("AE", "ADAE")
    start, end = ("AESTDTC", "AEENDTC") if name == "AE" else ("ASTDT", "AENDT")
    relations = relations_of(charts, subject)
    discontinuations = {
        relation
        for record in charts.of("DS", subject)
        if record.text("DSDECOD") == _FOR_ADVERSE_EVENT
        for relation in relations.get(("DS", record.text("DSSEQ")), ())
    }
    events = []
    for record in charts.of(name, subject):
        related = relations.get(("AE", record.text("AESEQ")), frozenset())
        events.append(
            Event(
                record=record,
                start_variable=start,
                end_variable=end,
                start=record.date(start),
                end=record.date(end),
                relations=related,
                is_linked_to_discontinuation=bool(related & discontinuations),
                is_special=(subject, record.key) in special,
            )
        )
    return tuple(sorted(events, key=by_start))


def relations_of(charts: Charts, subject: str) -> dict[tuple[str, str], frozenset[str]]:
    """Domain and sequence number to the relations (RELID) that RELREC puts the record in."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for record in charts.of("RELREC", subject):
        if not record.text("IDVAR").endswith("SEQ"):
            continue
        place = record.text("RDOMAIN"), record.text("IDVARVAL")
        found[place] = found.get(place, frozenset()) | {record.text("RELID")}
    return found


def _reasons(
    charts: Charts, subject: str, events: tuple[Event, ...], plan: NarrativePlan, subject_dataset: str
) -> tuple[str, ...]:
    records = charts.of(subject_dataset, subject)[:1] + charts.of("DM", subject)[:1]
    dispositions = {record.text("DSDECOD") for record in charts.of("DS", subject)}
    has_died = (
        any(event.is_fatal for event in events)
        or any(record.text("DTHFL") == "Y" for record in records)
        or "DEATH" in dispositions
    )
    stopped = (
        any(event.is_withdrawal for event in events)
        or any(record.text("DSRAEFL") == "Y" for record in records)
        or any(record.text(name).upper() == _FOR_ADVERSE_EVENT for record in records for name in _STOP_REASONS)
        or _FOR_ADVERSE_EVENT in dispositions
    )
    holds = {
        "death": plan.deaths and has_died,
        "serious": plan.serious and any(event.is_serious for event in events),
        "criterion": plan.serious
        and any(event.has_criterion and not (event.is_serious or event.is_fatal) for event in events),
        "discontinuation": plan.discontinuations and stopped,
        "special-interest": any(event.is_special for event in events),
    }
    return tuple(reason for reason in REASONS if holds.get(reason))


_STOP_REASONS = ("DCSREAS", "DCTREAS", "DCDECOD")


def _patient(
    charts: Charts,
    everybody: Charts,
    subject: str,
    reasons: tuple[str, ...],
    events: tuple[Event, ...],
    plan: NarrativePlan,
    subject_dataset: str,
    indications: tuple[str, ...],
) -> Patient:
    subject_record = everybody.of(subject_dataset, subject)[0]
    disease, history = history_of(charts, subject, indications)
    dispositions = tuple(
        record for record in everybody.of("DS", subject) if record.text("DSCAT").upper() in ("", _DISPOSITION)
    )
    return Patient(
        subject=subject,
        subject_record=subject_record,
        demographics=next(iter(everybody.of("DM", subject)), None),
        reasons=reasons,
        events=events,
        groups=group_events(index_events(events, reasons)),
        doses=doses_of(charts, subject, subject_record),
        disease=disease,
        history=history,
        medications=medications_of(charts, subject),
        relations=relations_of(everybody, subject),
        dispositions=dispositions,
        laboratory=laboratory_of(charts, subject),
        vital_signs=vital_signs_of(charts, subject),
        analyzed_events=_analyzed(everybody, subject),
    )


def _analyzed(charts: Charts, subject: str) -> dict[str, Record]:
    if "AE" not in charts:
        return {}
    return {record.key: record for record in charts.of("ADAE", subject)}


def index_events(events: tuple[Event, ...], reasons: tuple[str, ...]) -> tuple[Event, ...]:
    """The events that the narrative is about; all of them where none of the reasons names any."""
    chosen = tuple(
        event
        for event in events
        if ("death" in reasons and event.is_fatal)
        or ("serious" in reasons and event.is_serious)
        or ("criterion" in reasons and event.has_criterion)
        or ("discontinuation" in reasons and event.is_withdrawal)
        or event.is_special
    )
    return chosen if chosen or reasons != ("listed",) else events


def group_events(events: tuple[Event, ...]) -> tuple[tuple[Event, ...], ...]:
    """The events in groups that belong together, by start.

    Two events belong together if RELREC relates them, if they begin on the same day, if they overlap, or if one begins
    within a day of the other's end. An event without an end is taken as long as its first day: that it goes on is no
    sign that what comes months later belongs to it.
    """
    groups: list[list[Event]] = []
    for event in events:
        linked = [group for group in groups if any(_belong_together(event, other) for other in group)]
        merged = [other for group in linked for other in group] + [event]
        groups = [group for group in groups if group not in linked] + [merged]
    ordered = [tuple(sorted(group, key=by_start)) for group in groups]
    return tuple(sorted(ordered, key=lambda group: by_start(group[0])))


def _belong_together(one: Event, other: Event) -> bool:
    if one.relations & other.relations:
        return True
    if one.start is None or other.start is None:
        return False
    first, second = sorted((one, other), key=by_start)
    assert first.start is not None and second.start is not None
    last_day = first.end.latest if first.end is not None else first.start.earliest
    return second.start.earliest <= last_day + timedelta(days=_SEQUENCE_DAYS)

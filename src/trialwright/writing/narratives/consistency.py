"""What the records of a case contradict: findings beside the narrative, instead of smooth sentences.

Messages tell days, not dates, so that they can stand in a document for disclosure; the dates are in the evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from trialwright.findings import Finding, Rule, Severity
from trialwright.writing.narratives.patient import CRITERIA, Event, Patient
from trialwright.writing.narratives.records import Record

_E2A = "ICH E2A, section II.B: an event that results in death is serious"
_E3 = "ICH E3, section 12.3.2: a narrative agrees with the case record"
_SDTM = "SDTMIG 3.4, section 6.2.1 (AE)"
_DS = "SDTMIG 3.4, section 6.2.4 (DS) and ICH E3, section 10.1"

DEATH_NOT_SERIOUS = Rule(
    id="narrative.death-not-serious", title="An event recorded as the death is recorded as serious.", source=_E2A
)
FATAL_OUTCOME = Rule(
    id="narrative.fatal-outcome", title="The outcome is fatal if and only if the event resulted in death.", source=_SDTM
)
DEATH_DATES = Rule(id="narrative.death-dates", title="All records of the death give the same date.", source=_E3)
DEATH_UNEXPLAINED = Rule(
    id="narrative.death-without-event", title="A death has an event with a fatal outcome.", source=_E3
)
DEATH_NOT_FLAGGED = Rule(
    id="narrative.death-not-flagged",
    title="A patient with a fatal event is recorded as dead in demography and analysis.",
    source="SDTMIG 3.4, section 5.2 (DM: DTHFL)",
)
END_BEFORE_START = Rule(id="narrative.end-before-start", title="An event does not end before it begins.", source=_SDTM)
EVENT_AFTER_DEATH = Rule(id="narrative.event-after-death", title="No event begins after the death.", source=_E3)
DOSE_AFTER_DEATH = Rule(id="narrative.dose-after-death", title="No dose is recorded after the death.", source=_E3)
VALUE_AFTER_DEATH = Rule(id="narrative.value-after-death", title="Nothing is measured after the death.", source=_E3)
DOSE_AFTER_END = Rule(
    id="narrative.dose-after-discontinuation", title="No dose is recorded after the discontinuation.", source=_DS
)
DISCONTINUED_WITHOUT_EVENT = Rule(
    id="narrative.discontinued-without-event",
    title="Who discontinues for an adverse event has one that led to it (action, or related record).",
    source=_DS,
)
WITHDRAWN_NOT_DISCONTINUED = Rule(
    id="narrative.withdrawn-not-discontinued",
    title="Whose treatment was withdrawn for an event discontinued for an adverse event, or died.",
    source=_DS,
)
SERIOUS_WITHOUT_CRITERION = Rule(
    id="narrative.serious-without-criterion", title="A serious event has a criterion of seriousness.", source=_E2A
)
CRITERION_NOT_SERIOUS = Rule(
    id="narrative.criterion-not-serious", title="An event with a criterion of seriousness is serious.", source=_E2A
)
RESOLVED_WITHOUT_END = Rule(
    id="narrative.outcome-and-end",
    title="A recovered event has an end, and one that has not recovered has none.",
    source=_SDTM,
    severity=Severity.WARNING,
)
DATES_DISAGREE = Rule(
    id="narrative.tabulation-and-analysis",
    title="Analysis dataset and tabulation say the same of an event.",
    source="ADaMIG 1.3, section 1.2: analysis data are traceable to their source",
)
ACTION_NEVER_RECORDED = Rule(
    id="narrative.action-not-recorded",
    title="The action taken with study treatment is recorded.",
    source="ICH E3, section 12.3.2: whether the drug was stopped, and when",
    severity=Severity.WARNING,
)

_REMEDY = "Query the site; correct the record, or explain the difference here."
_RESOLVED = ("RECOVERED/RESOLVED", "RECOVERED/RESOLVED WITH SEQUELAE")
_UNRESOLVED = "NOT RECOVERED/NOT RESOLVED"
_COMPARED = ("AESER", "AEDECOD", "AESEV", "AEREL", "AEOUT", "AEACN", "AESDTH")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A patient, and whether the study records the action taken at all."""

    patient: Patient
    has_actions: bool

    def day(self, when: date) -> str:
        """A date as a study day."""
        day = self.patient.day(when)
        return "an unknown day" if day is None else f"day {day}".replace("-", "\N{MINUS SIGN}")

    def find(self, rule: Rule, message: str, *evidence: tuple[Record, str], remedy: str = _REMEDY) -> Finding:
        """A finding about these values of records."""
        places = dict.fromkeys(record.place for record, _ in evidence)
        said = ", ".join(
            f"{record.dataset}.{variable}{key} = {record.text(variable) or 'missing'}"
            for record, variable in evidence
            for key in (f" ({record.key})" if record.key else "",)
        )
        where = ", ".join(places) or self.patient.subject
        return Finding.of(rule, where=where, message=message, evidence=said, remedy=remedy)

    def name(self, event: Event) -> str:
        """How messages call an event."""
        return f"{event.record.text(event.term).capitalize() or 'an event'} ({event.record.key})"


def check_patient(patient: Patient, *, has_actions: bool) -> list[Finding]:
    """What the records of one patient contradict, in the order of `RULES`.

    has_actions  whether any event of the study has an action taken; if none has, `check_study` says so once
    """
    case = _Case(patient=patient, has_actions=has_actions)
    return [finding for check in _CHECKS for finding in check(case)]


def check_study(has_events: bool, *, has_actions: bool) -> list[Finding]:
    """What the records of the study as a whole lack for narratives."""
    if has_events and not has_actions:
        return [
            Finding.of(
                ACTION_NEVER_RECORDED,
                where="AE AEACN",
                message="No adverse event has a record of the action taken with study treatment.",
                evidence="AE.AEACN is missing in every record",
                remedy="Map AEACN; till then, only related records tell which event led to a discontinuation.",
            )
        ]
    return []


def _death_not_serious(case: _Case) -> Iterator[Finding]:
    for event in case.patient.events:
        if event.is_fatal and not event.is_serious:
            said = event.record.text("AESER") or "missing"
            yield case.find(
                DEATH_NOT_SERIOUS,
                f"{case.name(event)} is recorded as the death, but its seriousness (AESER) is {said}.",
                (event.record, "AESER"), (event.record, "AESDTH"), (event.record, "AEOUT"),
                remedy="An event that results in death is serious: query AESER, and report it with the serious events.",
            )  # fmt: skip


def _fatal_outcome(case: _Case) -> Iterator[Finding]:
    for event in case.patient.events:
        record = event.record
        outcome, flag = record.text("AEOUT"), record.text("AESDTH")
        if outcome and flag and (outcome == "FATAL") != (flag == "Y"):
            message = f"{case.name(event)} has the outcome {outcome.lower()}, but its criterion of death is {flag}."
            yield case.find(FATAL_OUTCOME, message, (record, "AEOUT"), (record, "AESDTH"))


def _death_dates(case: _Case) -> Iterator[Finding]:
    deaths = case.patient.deaths
    pairs = {(when.earliest, when.latest) for _, _, when in deaths}
    if not deaths or max(first for first, _ in pairs) <= min(last for _, last in pairs):
        return
    told = ", ".join(f"{case.day(when.earliest)} in {record.dataset}.{variable}" for record, variable, when in deaths)
    evidence = [(record, variable) for record, variable, _ in deaths]
    yield case.find(DEATH_DATES, f"The day of death differs between records: {told}.", *evidence)


def _death_without_event(case: _Case) -> Iterator[Finding]:
    patient = case.patient
    if patient.has_died and not any(event.is_fatal for event in patient.events):
        evidence = [(record, variable) for record, variable, _ in patient.deaths] or [(patient.subject_record, "DTHFL")]
        yield case.find(
            DEATH_UNEXPLAINED, "The patient is recorded as dead, but no adverse event has a fatal outcome.", *evidence
        )


def _death_not_flagged(case: _Case) -> Iterator[Finding]:
    patient = case.patient
    fatal = [event for event in patient.events if event.is_fatal]
    if not fatal:
        return
    records = [patient.subject_record] + ([patient.demographics] if patient.demographics is not None else [])
    for record in records:
        if "DTHFL" in record.values and record.text("DTHFL") != "Y":
            message = f"{case.name(fatal[0])} was fatal, but {record.dataset} does not record the patient as dead."
            yield case.find(DEATH_NOT_FLAGGED, message, (record, "DTHFL"), (fatal[0].record, "AEOUT"))


def _end_before_start(case: _Case) -> Iterator[Finding]:
    for event in case.patient.events:
        if event.start is not None and event.end is not None and event.end.latest < event.start.earliest:
            message = (
                f"{case.name(event)} begins on {case.day(event.start.earliest)} and ends before, "
                f"on {case.day(event.end.latest)}."
            )
            record = event.record
            yield case.find(END_BEFORE_START, message, (record, event.start_variable), (record, event.end_variable))


def _last_day_of_death(patient: Patient) -> tuple[Record, str, date] | None:
    """The last day that any record gives for the death: what is later than that is wrong whichever is right."""
    deaths = [(record, variable, when.latest) for record, variable, when in patient.deaths]
    return max(deaths, key=lambda death: death[2], default=None)


def _after_death(case: _Case) -> Iterator[Finding]:
    patient = case.patient
    death = _last_day_of_death(patient)
    if death is None:
        return
    died, evidence = death[2], (death[0], death[1])
    for event in patient.events:
        if event.start is not None and event.start.earliest > died:
            message = (
                f"{case.name(event)} begins on {case.day(event.start.earliest)}, after the death on {case.day(died)}."
            )
            yield case.find(EVENT_AFTER_DEATH, message, (event.record, event.start_variable), evidence)
    for dose in patient.doses:
        last = dose.end or dose.start
        if last is not None and last.earliest > died:
            variable = dose.end_variable if dose.end else dose.start_variable
            message = f"A dose is recorded up to {case.day(last.earliest)}, after the death on {case.day(died)}."
            yield case.find(DOSE_AFTER_DEATH, message, (dose.record, variable), evidence)
    late = [one for one in (*patient.laboratory, *patient.vital_signs) if one.day > died]
    if late:
        message = (
            f"Values are recorded on {case.day(late[0].day)}, after the death on {case.day(died)} "
            f"(records of that kind: {len(late)})."
        )
        yield case.find(VALUE_AFTER_DEATH, message, (late[0].record, late[0].date_variable), evidence)


def _ends(patient: Patient) -> list[Record]:
    """Discontinuations; a dose after the death has a rule of its own."""
    return [record for record in patient.dispositions if record.text("DSDECOD") not in ("", "COMPLETED", "DEATH")]


def _dose_after_end(case: _Case) -> Iterator[Finding]:
    patient = case.patient
    days = [(when.latest, record) for record in _ends(patient) if (when := record.date("DSSTDTC")) is not None]
    doses = [(dose.end.earliest, dose) for dose in patient.doses if dose.end is not None]
    if not days or not doses:
        return
    end, disposition = max(days, key=lambda pair: pair[0])
    last, dose = max(doses, key=lambda pair: pair[0])
    if last > end:
        reason = disposition.text("DSDECOD").lower()
        message = f"The last dose is recorded on {case.day(last)}, after the end ({reason}) on {case.day(end)}."
        yield case.find(DOSE_AFTER_END, message, (dose.record, dose.end_variable), (disposition, "DSSTDTC"))


def _discontinuation(case: _Case) -> Iterator[Finding]:
    patient = case.patient
    for_event = [record for record in patient.dispositions if record.text("DSDECOD") == "ADVERSE EVENT"]
    leading = [event for event in patient.events if event.is_withdrawal]
    if for_event and not leading:
        known = "action taken is recorded for none" if not case.has_actions else "none has the action drug withdrawn"
        message = (
            f"The patient discontinued because of an adverse event, but of his {len(patient.events)} events {known}, "
            "and no record relates one to the discontinuation."
        )
        yield case.find(DISCONTINUED_WITHOUT_EVENT, message, (for_event[0], "DSDECOD"))
    ends = {record.text("DSDECOD") for record in patient.dispositions}
    withdrawn = [event for event in leading if event.record.text("AEACN").upper() == "DRUG WITHDRAWN"]
    if withdrawn and patient.dispositions and not ends & {"ADVERSE EVENT", "DEATH"}:
        reasons = ", ".join(sorted(end.lower() for end in ends)) or "no end"
        message = f"Treatment was withdrawn for {case.name(withdrawn[0])}, but the recorded end is: {reasons}."
        yield case.find(
            WITHDRAWN_NOT_DISCONTINUED, message, (withdrawn[0].record, "AEACN"), (patient.dispositions[-1], "DSDECOD")
        )


def _criteria(case: _Case) -> Iterator[Finding]:
    for event in case.patient.events:
        record = event.record
        criteria = [name for name in CRITERIA if record.text(name) == "Y"]
        known = [name for name in CRITERIA if record.text(name)]
        if event.is_serious and known and not criteria:
            message = f"{case.name(event)} is serious, but no criterion of seriousness is recorded."
            yield case.find(SERIOUS_WITHOUT_CRITERION, message, (record, "AESER"), *((record, name) for name in known))
        others = [name for name in criteria if name != "AESDTH"]
        if record.text("AESER") == "N" and others:
            words = " and ".join(CRITERIA[name].replace("-", " ") for name in others)
            message = f"{case.name(event)} is recorded as not serious, with the criterion {words}."
            evidence = [(record, "AESER"), *((record, name) for name in others)]
            yield case.find(CRITERION_NOT_SERIOUS, message, *evidence)


def _outcome_and_end(case: _Case) -> Iterator[Finding]:
    for event in case.patient.index_events:
        outcome = event.record.text("AEOUT").upper()
        evidence = (event.record, "AEOUT"), (event.record, event.end_variable)
        if outcome in _RESOLVED and event.end is None:
            yield case.find(RESOLVED_WITHOUT_END, f"{case.name(event)} has resolved, but has no end.", *evidence)
        elif outcome == _UNRESOLVED and event.end is not None:
            message = f"{case.name(event)} has not resolved, but ends on {case.day(event.end.earliest)}."
            yield case.find(RESOLVED_WITHOUT_END, message, *evidence)


def _tabulation_and_analysis(case: _Case) -> Iterator[Finding]:
    for event in case.patient.events:
        analyzed = case.patient.analyzed_events.get(event.record.key)
        if analyzed is None:
            continue
        for variable in _COMPARED:
            one, other = event.record.text(variable), analyzed.text(variable)
            if variable in event.record.values and variable in analyzed.values and one != other:
                message = (
                    f"{case.name(event)}: {variable} is {one or 'missing'} in {event.record.dataset}, "
                    f"{other or 'missing'} in {analyzed.dataset}."
                )
                yield case.find(DATES_DISAGREE, message, (event.record, variable), (analyzed, variable))
        for variable, when, other_variable in (
            (event.start_variable, event.start, "ASTDT"),
            (event.end_variable, event.end, "AENDT"),
        ):
            then = analyzed.date(other_variable)
            if other_variable not in analyzed.values or when is None or not when.is_complete or then == when:
                continue
            said = "missing" if then is None else case.day(then.earliest)
            message = (
                f"{case.name(event)}: {variable} is {case.day(when.earliest)} in {event.record.dataset}, but "
                f"{other_variable} is {said} in {analyzed.dataset}."
            )
            yield case.find(DATES_DISAGREE, message, (event.record, variable), (analyzed, other_variable))


_CHECKS: tuple[Callable[[_Case], Iterable[Finding]], ...] = (
    _death_not_serious,
    _fatal_outcome,
    _death_dates,
    _death_without_event,
    _death_not_flagged,
    _end_before_start,
    _after_death,
    _dose_after_end,
    _discontinuation,
    _criteria,
    _outcome_and_end,
    _tabulation_and_analysis,
)

#: Every rule, by id.
RULES: Mapping[str, Rule] = {
    rule.id: rule
    for rule in (
        DEATH_NOT_SERIOUS, FATAL_OUTCOME, DEATH_DATES, DEATH_UNEXPLAINED, DEATH_NOT_FLAGGED, END_BEFORE_START,
        EVENT_AFTER_DEATH, DOSE_AFTER_DEATH, VALUE_AFTER_DEATH, DOSE_AFTER_END, DISCONTINUED_WITHOUT_EVENT,
        WITHDRAWN_NOT_DISCONTINUED, SERIOUS_WITHOUT_CRITERION, CRITERION_NOT_SERIOUS, RESOLVED_WITHOUT_END,
        DATES_DISAGREE, ACTION_NEVER_RECORDED,
    )
}  # fmt: skip

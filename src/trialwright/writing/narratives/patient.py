"""One patient as a narrative needs him: the records that bear on the case, found, dated and put in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from trialwright.derivation.functions.study_days import study_day
from trialwright.writing.narratives.records import Charts, PartialDate, Record

#: Why a narrative is written, in the order in which reasons are told.
REASONS = ("death", "serious", "criterion", "discontinuation", "special-interest", "listed")

#: Variable of a criterion of seriousness, and the sentence's name for it. Source: ICH E2A, section II.B.
CRITERIA: Mapping[str, str] = {
    "AESDTH": "death", "AESLIFE": "life-threatening", "AESHOSP": "hospitalisation", "AESDISAB": "disability",
    "AESCONG": "congenital", "AESMIE": "important", "AESCAN": "cancer", "AESOD": "overdose",
}  # fmt: skip

#: LBNRIND and ANRIND to our flag.
_INDICATORS: Mapping[str, str] = {"NORMAL": "", "N": "", "LOW": "low", "L": "low", "HIGH": "high", "H": "high"}
_DISEASE_CATEGORIES = ("PRIMARY DIAGNOSIS", "PRIMARY STUDY CONDITION", "DISEASE UNDER STUDY", "PRIMARY CONDITION")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An adverse event, of AE or, without it, of ADAE.

    start_variable, end_variable   where its dates stand
    relations   RELREC's identifiers of the relations it belongs to
    """

    record: Record
    start_variable: str
    end_variable: str
    start: PartialDate | None
    end: PartialDate | None
    relations: frozenset[str] = frozenset()
    is_linked_to_discontinuation: bool = False
    is_special: bool = False

    @property
    def is_fatal(self) -> bool:
        """Whether the event is recorded as the death."""
        return self.record.text("AESDTH") == "Y" or self.record.text("AEOUT").upper() == "FATAL"

    @property
    def is_serious(self) -> bool:
        """Whether the event is recorded as serious."""
        return self.record.text("AESER") == "Y"

    @property
    def has_criterion(self) -> bool:
        """Whether a criterion of seriousness is recorded, whatever the record says of its being serious."""
        return any(self.record.text(name) == "Y" for name in CRITERIA)

    @property
    def is_withdrawal(self) -> bool:
        """Whether treatment or study ended for the event, by its action or by a relation to the disposition."""
        return self.is_linked_to_discontinuation or self.record.text("AEACN").upper() == "DRUG WITHDRAWN"

    @property
    def term(self) -> str:
        """The variable that holds the term: the preferred one where the event is coded."""
        return self.record.first_of("AEDECOD", "AETERM")

    @property
    def body_system(self) -> str:
        """The variable that holds the system organ class."""
        return self.record.first_of("AEBODSYS", "AESOC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A record with a beginning and an end, either of which may be missing: a dose, a medication, a disease."""

    record: Record
    start_variable: str
    end_variable: str
    start: PartialDate | None
    end: PartialDate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A value of a laboratory test or vital sign on a day.

    low, high  limits of the reference range, None where there is none
    indicator  what the record says: limits that were converted can be off by rounding
    """

    record: Record
    test: str
    test_variable: str
    unit: str
    value: float
    value_variable: str
    day: date
    date_variable: str
    is_baseline: bool
    low: float | None = None
    high: float | None = None
    low_variable: str = ""
    high_variable: str = ""
    unit_variable: str = ""
    indicator: str = ""

    @property
    def excess(self) -> float:
        """How far the value is outside its range, in widths of the range; negative inside it, 0 without a range."""
        below = (self.low - self.value) if self.low is not None else None
        above = (self.value - self.high) if self.high is not None else None
        both = self.low is not None and self.high is not None
        width = (self.high or 0) - (self.low or 0) if both else abs(self.high or self.low or 0)
        distances = [distance for distance in (below, above) if distance is not None]
        return max(distances) / (width or 1.0) if distances else 0.0

    @property
    def flag(self) -> str:
        """ "low", "high", or "" inside the range or without one: as the record says, else as the range does."""
        if self.indicator in _INDICATORS:
            return _INDICATORS[self.indicator]
        if self.low is not None and self.value < self.low:
            return "low"
        return "high" if self.high is not None and self.value > self.high else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What the records tell of a patient.

    subject_record      of ADSL: age, sex, race, arm, first and last dose
    demographics        of DM, where there is SDTM
    reasons             why there is a narrative
    events              all adverse events, by start
    groups              events that the narrative is about, those that belong together in one group
    doses               by start
    disease             the disease under study in the medical history
    dispositions        disposition events
    """

    subject: str
    subject_record: Record
    demographics: Record | None
    reasons: tuple[str, ...]
    events: tuple[Event, ...]
    groups: tuple[tuple[Event, ...], ...]
    doses: tuple[Period, ...]
    disease: Period | None
    history: tuple[Period, ...]
    medications: tuple[Period, ...]
    relations: Mapping[tuple[str, str], frozenset[str]]
    dispositions: tuple[Record, ...]
    laboratory: tuple[Measurement, ...]
    vital_signs: tuple[Measurement, ...]
    analyzed_events: Mapping[str, Record]

    @property
    def first_dose(self) -> tuple[Record, str] | None:
        """Record and variable of the date that is day 1."""
        candidates = [(self.subject_record, "TRTSDT"), (self.subject_record, "RFSTDTC")]
        if self.demographics is not None:
            candidates += [(self.demographics, "RFXSTDTC"), (self.demographics, "RFSTDTC")]
        for record, variable in candidates:
            found = record.date(variable)
            if found is not None and found.is_complete:
                return record, variable
        return None

    @property
    def day_one(self) -> date | None:
        """The date from which study days are counted."""
        first = self.first_dose
        found = first[0].date(first[1]) if first else None
        return found.earliest if found else None

    def day(self, when: date | None) -> int | None:
        """The study day of a date; None if either is not known."""
        one = self.day_one
        return None if when is None or one is None else study_day(when, one)

    @property
    def deaths(self) -> tuple[tuple[Record, str, PartialDate], ...]:
        """Every record of the date of death: record, variable, date."""
        candidates: list[tuple[Record, str]] = []
        if self.demographics is not None:
            candidates.append((self.demographics, "DTHDTC"))
        candidates.append((self.subject_record, "DTHDT"))
        candidates += [(record, "DSSTDTC") for record in self.dispositions if record.text("DSDECOD") == "DEATH"]
        candidates += [(event.record, event.end_variable) for event in self.events if event.is_fatal]
        found = ((record, variable, record.date(variable)) for record, variable in candidates)
        return tuple((record, variable, when) for record, variable, when in found if when is not None)

    @property
    def has_died(self) -> bool:
        """Whether any record says that the patient died."""
        flagged = self.subject_record.text("DTHFL") == "Y"
        return flagged or bool(self.deaths) or any(event.is_fatal for event in self.events)

    @property
    def index_events(self) -> tuple[Event, ...]:
        """The events that the narrative is about, in the order of their groups."""
        return tuple(event for group in self.groups for event in group)


def period(record: Record, start: str, end: str) -> Period:
    """A record with the dates in two of its variables."""
    return Period(record=record, start_variable=start, end_variable=end, start=record.date(start), end=record.date(end))


def by_start(one: Event | Period) -> tuple[date, str]:
    """Sorts by start; what has none comes last."""
    return (one.start.earliest if one.start else date.max, one.record.key)


def doses_of(charts: Charts, subject: str, subject_record: Record) -> tuple[Period, ...]:
    """The records of dosing; without EX, the treatment period of ADSL."""
    records = charts.of("EX", subject)
    if not records:
        found = period(subject_record, "TRTSDT", "TRTEDT")
        return (found,) if found.start else ()
    return tuple(sorted((period(record, "EXSTDTC", "EXENDTC") for record in records), key=by_start))


def medications_of(charts: Charts, subject: str) -> tuple[Period, ...]:
    """Concomitant medications; what is recorded anew at each visit counts once, with the latest record's end."""
    latest: dict[tuple[str, ...], Period] = {}
    for record in charts.of("CM", subject):
        same = ("CMDECOD", "CMTRT", "CMDOSE", "CMDOSU", "CMDOSFRQ", "CMROUTE", "CMSTDTC")
        key = tuple(record.text(name) for name in same)
        found = period(record, "CMSTDTC", "CMENDTC")
        before = latest.get(key)
        if before is None or (before.end is None and found.end is not None):
            latest[key] = found
    return tuple(sorted(latest.values(), key=by_start))


def history_of(charts: Charts, subject: str, indications: tuple[str, ...]) -> tuple[Period | None, tuple[Period, ...]]:
    """The disease under study, and everything else of the medical history, by date."""
    disease: Period | None = None
    others: list[Period] = []
    for record in charts.of("MH", subject):
        terms = {record.text(name).upper() for name in ("MHTERM", "MHDECOD")}
        is_disease = record.text("MHCAT").upper() in _DISEASE_CATEGORIES or bool(terms & set(indications))
        found = period(record, "MHSTDTC", "MHENDTC")
        if is_disease and disease is None:
            disease = found
        elif not is_disease:
            others.append(found)
    return disease, tuple(sorted(others, key=by_start))

"""Values of records as they read in a narrative: terms, codes, days, durations, doses. Each is a reference."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from trialwright.analysis.plan import NarrativePlan
from trialwright.inlines import RecordRef, Text, record_value
from trialwright.writing.narratives.patient import Event, Patient, Period
from trialwright.writing.narratives.records import PartialDate, Record, refer
from trialwright.writing.report import sentence_case
from trialwright.writing.sentences import Catalogue, Inlines

_DAYS_OF_MONTH = 30.4375
_DAYS_OF_YEAR = 365.25
#: Days and months are told up to so many days before the first dose; before that, years.
_DAYS_TOLD = 90
_MONTHS_TOLD = 730
_NO_NAME = re.compile(r"[^a-z0-9]+")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MINUS = "\N{MINUS SIGN}"


def signed(number: int | str) -> str:
    """A number with a minus sign that is one."""
    return str(number).replace("-", MINUS)


def number_text(value: float) -> str:
    """A measured value: as it is, or with four significant digits where units were converted."""
    full = f"{value:.15g}"
    return signed(full if len(full.lstrip("-")) <= 6 else f"{value:.4g}")


@dataclass(frozen=True, kw_only=True)
class Teller:
    """Tells the values of one patient's records."""

    say: Catalogue
    patient: Patient
    plan: NarrativePlan

    @cached_property
    def not_recorded(self) -> Text:
        """What stands where a record lacks a value."""
        return Text(self.say.text("narrative-not-recorded"))

    def verbatim(self, record: Record, variable: str) -> Inlines:
        """A value just as it is recorded."""
        shown = record.text(variable)
        return (refer(shown, (record, variable)),) if shown else (self.not_recorded,)

    def term(self, record: Record, variable: str, *, is_start: bool = True) -> Inlines:
        """A term of a dictionary, which tabulations hold in capitals; small letters inside a sentence."""
        words = record.text(variable)
        if not words:
            return (self.not_recorded,)
        shown = sentence_case(words)
        # A name with digits, such as a compound's, is no word of the language.
        if any(letter.isdigit() for letter in words):
            shown = words
        elif not is_start and words.isupper() and len(words) > 3:
            shown = shown.lower()
        return (refer(shown, (record, variable)),)

    def code(self, record: Record, variable: str) -> Inlines:
        """A coded value in words."""
        value = record.text(variable)
        return (refer(self.code_words(value), (record, variable)),) if value else (self.not_recorded,)

    def code_words(self, value: str) -> str:
        """A coded value in words, as text."""
        name = f"narrative-code-{_NO_NAME.sub('-', value.lower()).strip('-')}"
        return self.say.text(name) if self.say.has(name) else value.lower()

    def event(self, event: Event, *, is_start: bool = False) -> Inlines:
        """The event by its preferred term."""
        return self.term(event.record, event.term, is_start=is_start)

    def on(self, record: Record, variable: str) -> Inlines:
        """When it was, to stand alone in a sentence: "on day 61", "about 7 years before the first dose"."""
        when = record.date(variable)
        if when is None:
            return (self.not_recorded,)
        if when.is_complete:
            return self.say("narrative-on", when=self.point(record, variable))
        if self.plan.dates == "date":
            return self.say("narrative-in", when=self.point(record, variable))
        return self.point(record, variable)

    def point(self, record: Record, variable: str, *, is_short: bool = False) -> Inlines:
        """When it was: "day 61", "14 Jan 2013 (day 61)", "about 7 years before the first dose".

        is_short  leave out what the years are before, for lists that say it at their beginning
        """
        when = record.date(variable)
        first = self.patient.first_dose
        if when is None:
            return (self.not_recorded,)
        day = self.patient.day(when.earliest) if when.is_complete else None
        if self.plan.dates == "date":
            written = _date_words(when)
            if day is None or first is None or (record, variable) == first:
                return (refer(written, (record, variable)),)
            shown = self.say.text("narrative-date-and-day", date=written, day=signed(day))
            return (refer(shown, (record, variable), first),)
        if first is None:
            return (self.not_recorded,)
        shown = self.day_words(day) if self._is_near(day) else self._around(when, "-short" if is_short else "")
        return (refer(shown, (record, variable), first),)

    def day_words(self, day: int | None) -> str:
        """ "day 61"."""
        return self.say.text("narrative-day", day=signed(day if day is not None else ""))

    def _is_near(self, day: int | None) -> bool:
        return day is not None and day > -_DAYS_TOLD

    def _around(self, when: PartialDate, form: str) -> str:
        """A day long before the first dose, or a partial date, from the first dose."""
        one = self.patient.day_one
        assert one is not None
        if when.has_month:
            months = (when.earliest.year - one.year) * 12 + when.earliest.month - one.month
            if abs(months) * _DAYS_OF_MONTH <= _MONTHS_TOLD or months > 0:
                name = "narrative-months-before" if months < 0 else "narrative-months-after"
                same = self.say.text("narrative-month-same")
                return self.say.text(f"{name}{form}", count=abs(months)) if months else same
            return self.say.text(f"narrative-years-before{form}", count=round(-months / 12))
        years = one.year - when.earliest.year
        if years <= 0:
            return self.say.text("narrative-year-same")
        return self.say.text(f"narrative-years-before{form}", count=years)

    def span(self, start: tuple[Record, str], end: tuple[Record, str]) -> Inlines:
        """Days from start to end, both counted: "5 days"."""
        return self._days(start, end, both=1)

    def gap(self, start: tuple[Record, str], end: tuple[Record, str]) -> Inlines:
        """Days from start to end, the first not counted."""
        return self._days(start, end, both=0)

    def _days(self, start: tuple[Record, str], end: tuple[Record, str], *, both: int) -> Inlines:
        first, last = start[0].date(start[1]), end[0].date(end[1])
        if first is None or last is None or not (first.is_complete and last.is_complete):
            return (self.not_recorded,)
        days = (last.latest - first.earliest).days + both
        return (refer(self.say.text("narrative-days-count", count=days), start, end),)

    def long_span(self, start: tuple[Record, str], end: tuple[Record, str]) -> Inlines:
        """A duration of months or years, for a disease."""
        first, last = start[0].date(start[1]), end[0].date(end[1])
        if first is None or last is None:
            return (self.not_recorded,)
        days = (last.earliest - first.earliest).days
        if days < _MONTHS_TOLD:
            shown = self.say.text("narrative-months-count", count=round(days / _DAYS_OF_MONTH))
        else:
            shown = self.say.text("narrative-years-count", years=f"{days / _DAYS_OF_YEAR:.1f}")
        return (refer(shown, start, end),)

    def dose(self, dose: Period) -> Inlines:
        """What was taken, how often and how: "54 mg once daily"; the treatment's name where there is no dose."""
        record = dose.record
        if record.text("EXTRT") == "":
            return self.treatment()
        amount = record.number("EXDOSE")
        if amount:
            shown = " ".join(part for part in (record_value(amount), record.text("EXDOSU")) if part)
            parts: list[Inlines] = [(refer(shown, (record, "EXDOSE"), (record, "EXDOSU")),)]
        else:
            parts = [self.term(record, "EXTRT", is_start=False)]
        if record.text("EXDOSFRQ"):
            parts.append(self.code(record, "EXDOSFRQ"))
        return spaced(parts)

    def medication(self, medication: Period) -> Inlines:
        """A medication with its dose, frequency and route, as far as they are recorded."""
        record = medication.record
        is_coded = record.text("CMDECOD").upper() not in ("", "UNCODED", "NOT CODED")
        parts = [self.term(record, "CMDECOD" if is_coded else "CMTRT", is_start=False)]
        amount = record.text("CMDOSE") or record.text("CMDOSTXT")
        if amount:
            variable = "CMDOSE" if record.text("CMDOSE") else "CMDOSTXT"
            shown = " ".join(part for part in (amount, record.text("CMDOSU").lower().replace("ml", "mL")) if part)
            parts.append((refer(shown, (record, variable), (record, "CMDOSU")),))
        parts += [self.code(record, name) for name in ("CMDOSFRQ", "CMROUTE") if record.text(name)]
        return spaced(parts)

    def treatment(self) -> Inlines:
        """The treatment group, or that it is blinded."""
        if self.plan.is_blinded:
            return (Text(self.say.text("narrative-blinded")),)
        record = self.patient.subject_record
        variable = self.treatment_variable
        return (refer(record.text(variable), (record, variable)),) if variable else (self.not_recorded,)

    @property
    def treatment_variable(self) -> str:
        """Where the treatment group stands; empty if it is nowhere."""
        record = self.patient.subject_record
        return next((name for name in ("TRT01A", "TRT01P", "ACTARM", "ARM") if record.text(name)), "")

    def ref(self, shown: str, record: Record, variable: str) -> RecordRef:
        """A value in other words."""
        return refer(shown, (record, variable))


def spaced(parts: Iterable[Inlines]) -> Inlines:
    """The parts with spaces between them."""
    joined: list[Inlines] = []
    for part in parts:
        joined.append(part if not joined else (Text(" "), *part))
    return tuple(inline for part in joined for inline in part)


def _date_words(when: PartialDate) -> str:
    one: date = when.earliest
    if when.is_complete:
        return f"{one.day} {_MONTHS[one.month - 1]} {one.year}"
    return f"{_MONTHS[one.month - 1]} {one.year}" if when.has_month else str(one.year)

"""SDTM rules of dates, times and study days."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from trialwright.findings import Severity
from trialwright.standards.conformance.data import CheckedDataset, CheckedStudy
from trialwright.standards.conformance.rules import Offence, Records, RuleBook
from trialwright.standards.conformance.sdtm_shared import (
    FINDINGS,
    OBSERVATIONS,
    code_of,
    guide_section,
    own,
    study_day,
    with_subjects,
)
from trialwright.standards.iso8601 import dtc_date, dtc_problem, duration_problem, is_earlier

RULES = RuleBook()

#: Starts and ends of DM.
_PERIODS_OF_SUBJECT = (
    ("RFSTDTC", "RFENDTC"),
    ("RFXSTDTC", "RFXENDTC"),
    ("RFICDTC", "RFPENDTC"),
    ("BRTHDTC", "RFICDTC"),
)
#: Study days and the dates they are counted from RFSTDTC to.
_DAYS = (("DY", "DTC"), ("STDY", "STDTC"), ("ENDY", "ENDTC"))


def _dates(checked: CheckedDataset) -> list[str]:
    """The variables that are dates and times in text."""
    return checked.texts(r"[A-Z0-9]{1,5}DTC")


@RULES.rule("sdtm.date", "A date or time is written by ISO 8601.", source=guide_section("4.4.1"))
def dates(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Dates in another notation: letters, slashes, missing zeros."""
    yield from _problems(checked, "^not ", "{} is not written by ISO 8601.")


@RULES.rule("sdtm.date-exists", "A date is one of the calendar, a time one of the day.", source=guide_section("4.4.1"))
def dates_exist(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Dates such as 2012-02-30."""
    yield from _problems(checked, "^no such month", "{} has a month that does not exist.")
    yield from _problems(checked, "^no such day", "{} has a day that does not exist.")
    yield from _problems(checked, "^no such time", "{} has a time that does not exist.")


def _problems(checked: CheckedDataset, pattern: str, message: str) -> Iterator[Offence]:
    for name in _dates(checked):
        # Dates repeat: each is judged once.
        values = checked.frame.select(pl.col(name).drop_nulls().unique())
        wrong = values.filter(values.select(dtc_problem(name))[name].str.contains(pattern))[name]
        if len(wrong):
            found = checked.frame.filter(pl.col(name).is_in(wrong.implode()))
            yield Records(found, message.format(name), evidence=(name,))


@RULES.rule("sdtm.duration", "A duration is written by ISO 8601.", source=guide_section("4.4.3"))
def durations(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Durations and elapsed times in another notation; intervals are left out."""
    for fragment in ("DUR", "ELTM", "EVLINT", "PDUR", "STINT", "ENINT", "STOFF", "TGTPAI", "MINPAI", "MAXPAI"):
        name = own(checked, fragment)
        if checked.has(name) and checked.is_text(name) and code_of(checked):
            text = checked.frame.with_columns(pl.col(name).cast(pl.String))
            is_wrong = text.select(duration_problem(name).is_not_null() & ~pl.col(name).str.contains("/", literal=True))
            yield Records(text.filter(is_wrong.to_series()), f"{name} is no duration of ISO 8601.", evidence=(name,))


@RULES.rule("sdtm.end-before-start", "An end is not before its start.", source=guide_section("4.4.3", "FDAB034"))
def ends(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Ends before their starts; partial dates are compared as far as both go."""
    # Of a finding --DTC is the start; of an event or intervention it is the day on which it was told.
    starts = ("STDTC", "DTC") if checked.kind in FINDINGS else ("STDTC",)
    own_periods = [(own(checked, start), own(checked, "ENDTC")) for start in starts] if code_of(checked) else []
    for start, end in [*own_periods, *_PERIODS_OF_SUBJECT]:
        if checked.has(start, end) and checked.is_text(start) and checked.is_text(end):
            frame = checked.frame.with_columns(pl.col(start, end).cast(pl.String))
            yield Records(frame.filter(is_earlier(end, start)), f"{end} is before {start}.", evidence=(start, end))


@RULES.rule(
    "sdtm.study-day",
    "A study day counts the days from RFSTDTC, which is day 1.",
    source=guide_section("4.4.4", "CG0006", "CG0220", "CG0222"),
)
def study_days(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Study days other than those between the two dates; only full dates are counted."""
    for frame, day, date in _days(checked, study):
        reference = dtc_date("DM.RFSTDTC")
        wrong = frame.filter(pl.col(day).cast(pl.Float64) != study_day(dtc_date(date), reference))
        yield Records(wrong, f"{day} is not the study day of {date}.", evidence=(day, date, "DM.RFSTDTC"))


@RULES.rule("sdtm.study-day-zero", "There is no study day 0.", source=guide_section("4.4.4"))
def day_zero(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Study days that are 0, planned ones of visits too."""
    names = [own(checked, day) for day, _ in _DAYS] if code_of(checked) else []
    for name in [*names, "VISITDY"]:
        if checked.has(name) and checked.is_number(name):
            yield Records(checked.frame.filter(pl.col(name) == 0), f"{name} is 0.", evidence=(name,))


@RULES.rule(
    "sdtm.study-day-alone",
    "A study day stands beside the full date that it is counted to.",
    source=guide_section("4.4.4", "CG0007", "CG0221", "CG0223"),
    severity=Severity.WARNING,
)
def days_alone(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Study days of dates that are missing or partial, or of subjects without RFSTDTC."""
    for frame, day, date in _days(checked, study):
        is_alone = dtc_date(date).is_null() | dtc_date("DM.RFSTDTC").is_null()
        wrong = frame.filter(pl.col(day).is_not_null() & is_alone)
        yield Records(wrong, f"{day} has a value without full dates.", evidence=(day, date, "DM.RFSTDTC"))


@RULES.rule(
    "sdtm.study-day-missing",
    "A full date has its study day beside it.",
    source=guide_section("4.4.4", "FDAB016"),
    severity=Severity.NOTE,
)
def days_missing(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Study days that could be counted and are missing."""
    for frame, day, date in _days(checked, study):
        is_known = dtc_date(date).is_not_null() & dtc_date("DM.RFSTDTC").is_not_null()
        yield Records(frame.filter(pl.col(day).is_null() & is_known), f"{day} is missing.", evidence=(date,))


def _days(checked: CheckedDataset, study: CheckedStudy) -> Iterator[tuple[pl.DataFrame, str, str]]:
    """The records with RFSTDTC beside them, for each study day and its date."""
    if not code_of(checked):
        return
    pairs = [(own(checked, day), own(checked, date)) for day, date in _DAYS]
    there = [(day, date) for day, date in pairs if checked.is_number(day) and checked.is_text(date)]
    frame = with_subjects(checked, study, "RFSTDTC") if there else None
    if frame is not None:
        for day, date in there:
            yield frame.with_columns(pl.col(date).cast(pl.String)), day, date


@RULES.rule(
    "sdtm.after-death",
    "Nothing is observed after a subject's death.",
    source=guide_section("5.2"),
    severity=Severity.WARNING,
    kinds=OBSERVATIONS,
)
def after_death(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records that start, or are dated, after DTHDTC."""
    frame = with_subjects(checked, study, "DTHDTC")
    # What is found in a dead subject's body, or of the death itself, is dated later.
    name = own(checked, "DTC" if checked.kind in FINDINGS else "STDTC")
    if frame is not None and checked.is_text(name) and checked.name != "DD":
        late = frame.with_columns(pl.col(name).cast(pl.String)).filter(is_earlier("DM.DTHDTC", name))
        yield Records(late, f"{name} is after the subject's death.", evidence=(name, "DM.DTHDTC"))


@RULES.rule(
    "sdtm.before-consent",
    "Nothing is done before a subject's consent.",
    source=guide_section("5.2"),
    severity=Severity.WARNING,
    kinds=(*FINDINGS, "INTERVENTIONS"),
)
def before_consent(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Findings, and exposure, dated before RFICDTC; medications and substances may be older."""
    fragment = "STDTC" if checked.name in ("EX", "EC") else "DTC"
    name = own(checked, fragment)
    is_meant = checked.kind in FINDINGS or checked.name in ("EX", "EC")
    frame = with_subjects(checked, study, "RFICDTC") if is_meant else None
    if frame is not None and checked.is_text(name):
        early = frame.with_columns(pl.col(name).cast(pl.String)).filter(is_earlier(name, "DM.RFICDTC"))
        yield Records(early, f"{name} is before the subject's consent.", evidence=(name, "DM.RFICDTC"))


@RULES.rule(
    "sdtm.baseline-late",
    "A baseline record is not after the first treatment.",
    source=guide_section("4.5.9"),
    severity=Severity.WARNING,
    kinds=FINDINGS,
)
def baseline_late(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records flagged as baseline, or as last before exposure, of a day after RFXSTDTC."""
    date = own(checked, "DTC")
    frame = with_subjects(checked, study, "RFXSTDTC")
    for fragment in ("BLFL", "LOBXFL"):
        flag = own(checked, fragment)
        if frame is not None and checked.is_text(date) and checked.is_text(flag):
            day, treated = pl.col(date).cast(pl.String).str.slice(0, 10), pl.col("DM.RFXSTDTC").str.slice(0, 10)
            days = frame.with_columns(day.alias("#day"), treated.alias("#treated"))
            late = days.filter((pl.col(flag).cast(pl.String) == "Y") & is_earlier("#treated", "#day"))
            yield Records(late, f"{flag} is Y after the first treatment.", evidence=(flag, date, "DM.RFXSTDTC"))


@RULES.rule(
    "sdtm.reference-point",
    "What is before or after a reference time point says which one that is.",
    source=guide_section("4.4.7", "CG0046", "CG0061"),
)
def reference_points(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records with --STRTPT or --ENRTPT and without --STTPT or --ENTPT."""
    for relation, point in (("STRTPT", "STTPT"), ("ENRTPT", "ENTPT")):
        relative, reference = own(checked, relation), own(checked, point)
        if code_of(checked) and checked.has(relative):
            is_missing = pl.col(reference).is_null() if checked.has(reference) else pl.lit(True)
            wrong = checked.frame.filter(pl.col(relative).is_not_null() & is_missing)
            yield Records(wrong, f"{relative} has a value and {reference} none.", evidence=(relative,))

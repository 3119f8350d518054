"""Laboratory values and vital signs around an event: at baseline, before it, and at their worst since."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from trialwright.writing.narratives.patient import Measurement
from trialwright.writing.narratives.records import Charts, Record

#: Vital signs that a narrative tells, in this order. Source: CDISC terminology, VSTESTCD.
_VITAL_SIGNS = ("SYSBP", "DIABP", "PULSE", "HR", "TEMP", "RESP", "OXYSAT")
_LABEL_WITH_UNIT = re.compile(r"(?P<test>.*\S)\s*\((?P<unit>[^()]*)\)\s*\Z")
_LB = (
    "LBSEQ", "LBTESTCD", "LBTEST", "LBSTRESN", "LBSTRESU", "LBSTNRLO", "LBSTNRHI", "LBDTC", "LBBLFL", "LBLOBXFL",
    "LBNRIND",
)  # fmt: skip
_VS = ("VSSEQ", "VSTESTCD", "VSTEST", "VSSTRESN", "VSSTRESU", "VSDTC", "VSBLFL", "VSLOBXFL")
_BDS = (
    "PARAMCD",
    "PARAM",
    "AVAL",
    "A1LO",
    "A1HI",
    "ANRLO",
    "ANRHI",
    "ADT",
    "ABLFL",
    "ANRIND",
    "DTYPE",
    "LBSEQ",
    "VSSEQ",
)
#: Rows of the table of laboratory values.
_MOST_TESTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A test's values around an event; any of them may be missing.

    baseline, before, worst   before: the last before the onset, after baseline; worst: farthest outside the range from
                              the onset on (without a range: farthest from baseline)
    """

    test: str
    values: tuple[Measurement, ...]
    baseline: Measurement | None
    before: Measurement | None
    worst: Measurement | None

    @property
    def shown(self) -> tuple[Measurement, ...]:
        """The values that are told."""
        return tuple(one for one in (self.baseline, self.before, self.worst) if one is not None)

    @property
    def excess(self) -> float:
        """How far outside its range the worst of the told values is."""
        return max((one.excess for one in self.shown), default=0.0)


def laboratory_of(charts: Charts, subject: str) -> tuple[Measurement, ...]:
    """Laboratory values of LB; without it, of the ADaM datasets whose name begins with ADLB."""
    if "LB" in charts:
        found = (_tabulated(record, "LB") for record in charts.of("LB", subject, _LB))
    else:
        names = [name for name in charts.named_like("ADLB") if not name.endswith(("HY", "PV"))]
        found = (_analyzed(record) for name in names for record in charts.of(name, subject, _BDS))
    return _by_day(found)


def vital_signs_of(charts: Charts, subject: str) -> tuple[Measurement, ...]:
    """Vital signs of VS; without it, of ADVS."""
    if "VS" in charts:
        found = (_tabulated(record, "VS") for record in charts.of("VS", subject, _VS))
    else:
        found = (_analyzed(record) for record in charts.of("ADVS", subject, _BDS))
    return _by_day(found)


def _by_day(found: Iterable[Measurement | None]) -> tuple[Measurement, ...]:
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.day))


def _tabulated(record: Record, domain: str) -> Measurement | None:
    when, value = record.date(f"{domain}DTC"), record.number(f"{domain}STRESN")
    if when is None or not when.is_complete or value is None:
        return None
    return Measurement(
        record=record,
        test=record.text(f"{domain}TESTCD"),
        test_variable=f"{domain}TEST",
        unit=record.text(f"{domain}STRESU"),
        unit_variable=f"{domain}STRESU",
        value=value,
        value_variable=f"{domain}STRESN",
        day=when.earliest,
        date_variable=f"{domain}DTC",
        is_baseline="Y" in (record.text(f"{domain}BLFL"), record.text(f"{domain}LOBXFL")),
        low=record.number(f"{domain}STNRLO"),
        high=record.number(f"{domain}STNRHI"),
        low_variable=f"{domain}STNRLO",
        high_variable=f"{domain}STNRHI",
        indicator=record.text(f"{domain}NRIND").upper(),
    )


def _analyzed(record: Record) -> Measurement | None:
    when, value = record.date("ADT"), record.number("AVAL")
    if when is None or value is None or record.text("DTYPE"):
        return None
    low, high = record.first_of("ANRLO", "A1LO"), record.first_of("ANRHI", "A1HI")
    labelled = _LABEL_WITH_UNIT.match(record.text("PARAM"))
    return Measurement(
        record=record,
        test=record.text("PARAMCD"),
        test_variable="PARAM",
        unit=labelled["unit"] if labelled else "",
        unit_variable="PARAM",
        value=value,
        value_variable="AVAL",
        day=when.earliest,
        date_variable="ADT",
        is_baseline=record.text("ABLFL") == "Y",
        low=record.number(low),
        high=record.number(high),
        low_variable=low,
        high_variable=high,
        indicator=record.text("ANRIND").upper(),
    )


def test_label(measurement: Measurement) -> str:
    """The test's name without its unit."""
    words = measurement.record.text(measurement.test_variable) or measurement.test
    labelled = _LABEL_WITH_UNIT.match(words)
    return labelled["test"] if labelled and measurement.test_variable == "PARAM" else words


def courses(values: Sequence[Measurement], onset: date, until: date) -> list[Course]:
    """The course of each test around `onset`, up to `until`, tests in the order of their first value."""
    by_test: dict[str, list[Measurement]] = {}
    for one in values:
        by_test.setdefault(one.test, []).append(one)
    return [_course(test, ordered, onset, until) for test, ordered in by_test.items()]


def _course(test: str, values: list[Measurement], onset: date, until: date) -> Course:
    earlier = [one for one in values if one.day < onset]
    later = [one for one in values if onset <= one.day <= until]
    baseline = next((one for one in reversed(values) if one.is_baseline), earlier[0] if earlier else None)
    before = earlier[-1] if earlier and earlier[-1] is not baseline else None
    worst = max(later, key=lambda one: _severity(one, baseline), default=None)
    return Course(
        test=test,
        values=tuple(values),
        baseline=baseline,
        before=before,
        worst=None if worst is baseline else worst,
    )


def _severity(one: Measurement, baseline: Measurement | None) -> float:
    if one.low is None and one.high is None:
        return abs(one.value - baseline.value) if baseline is not None else 0.0
    return one.excess


def abnormal_courses(values: Sequence[Measurement], onset: date, until: date) -> tuple[list[Course], int]:
    """The tests with a told value outside its range, the farthest outside first, at most eight; and how many more."""
    abnormal = [course for course in courses(values, onset, until) if any(one.flag for one in course.shown)]
    ranked = sorted(abnormal, key=lambda course: -course.excess)
    return ranked[:_MOST_TESTS], max(0, len(ranked) - _MOST_TESTS)


def vital_courses(values: Sequence[Measurement], onset: date, until: date) -> list[Course]:
    """The courses of the usual vital signs, in their usual order, with something to tell."""
    found = {course.test: course for course in courses(values, onset, until)}
    return [found[test] for test in _VITAL_SIGNS if test in found and found[test].shown]

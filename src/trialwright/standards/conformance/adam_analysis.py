"""ADaM rules of the basic data structure: days, windows, ranges, criteria, records for analysis, times to events."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from trialwright.findings import Severity
from trialwright.standards.conformance.adam_shared import (
    BDS,
    IG,
    TTE_GUIDE,
    cdisc,
    study_day,
)
from trialwright.standards.conformance.data import CheckedDataset, CheckedStudy
from trialwright.standards.conformance.rules import Offence, Place, Records, RuleBook

RULES = RuleBook()

_DAYS = (("ADY", "ADT"), ("ASTDY", "ASTDT"), ("AENDY", "AENDT"))

#: What a record for analysis is told from others by, besides subject and parameter.
_OCCASION = ("BASETYPE", "AVISIT", "AVISITN", "ATPT", "ATPTN", "DTYPE", "APERIOD")


@RULES.rule(
    "adam.relative-day",
    "A relative day is counted from the first treatment, which is day 1; there is no day 0.",
    source=IG,
    severity=Severity.WARNING,
    dates=("TRTSDT",),
)
def relative_days(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose ADY, ASTDY or AENDY is another day than their date's. The plan may count from another date."""
    for day, date in _DAYS:
        if checked.is_number(day) and checked.is_date(date):
            typed = checked.typed(numbers=(day,), dates=(date,))
            frame = typed.frame if typed is not None else checked.frame
            wrong = frame.filter(pl.col(day) != study_day(pl.col(date), pl.col("TRTSDT")))
            yield Records(wrong, f"{day} is not the day of {date}.", evidence=(day, date, "TRTSDT"))


@RULES.rule(
    "adam.window-order",
    "The target of an analysis window lies in it.",
    source=IG,
    kinds=(BDS,),
)
def window_order(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records with AWLO after AWTARGET, or AWTARGET after AWHI, or AWLO after AWHI."""
    for low, high in (("AWLO", "AWTARGET"), ("AWTARGET", "AWHI"), ("AWLO", "AWHI")):
        numbers = checked.numbers()
        if low in numbers and high in numbers:
            wrong = checked.frame.filter(pl.col(low) > pl.col(high))
            yield Records(wrong, f"{low} is greater than {high}.", evidence=(low, high))


@RULES.rule(
    "adam.window",
    "A record lies in its analysis window.",
    source=IG,
    severity=Severity.WARNING,
    kinds=(BDS,),
    numbers=("ADY", "AWLO", "AWHI"),
)
def window(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Observed records with ADY before AWLO or after AWHI; what was carried over (DTYPE) keeps its own day."""
    observed = pl.col("DTYPE").is_null() if checked.has("DTYPE") else pl.lit(True)
    day = pl.col("ADY")
    wrong = checked.frame.filter(observed & ((day < pl.col("AWLO")) | (day > pl.col("AWHI"))))
    yield Records(wrong, "ADY lies outside its analysis window.", evidence=("ADY", "AWLO", "AWHI"))


@RULES.rule(
    "adam.window-difference",
    "AWTDIFF is how far ADY is from AWTARGET, where no day 0 is counted.",
    source=IG,
    severity=Severity.WARNING,
    kinds=(BDS,),
    numbers=("AWTDIFF", "ADY", "AWTARGET"),
)
def window_difference(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose AWTDIFF is neither that distance nor the plain difference of the two numbers, with either sign."""
    day, target = pl.col("ADY"), pl.col("AWTARGET")
    apart = (day - target).abs()
    crosses = (day < 0) != (target < 0)
    distance = pl.col("AWTDIFF").abs()
    wrong = checked.frame.filter((distance != apart) & (distance != apart - crosses.cast(pl.Int8)))
    yield Records(wrong, "AWTDIFF is not the distance of ADY from AWTARGET.", evidence=("AWTDIFF", "ADY", "AWTARGET"))


@RULES.rule(
    "adam.window-target",
    "What differs from a target has one.",
    source=cdisc(159),
    kinds=(BDS,),
    numbers=("AWTDIFF", "AWTARGET"),
)
def window_target(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records with AWTDIFF and without AWTARGET."""
    wrong = checked.frame.filter(pl.col("AWTDIFF").is_not_null(), pl.col("AWTARGET").is_null())
    yield Records(wrong, "AWTDIFF has a value and AWTARGET has none.", evidence=("AWTDIFF",))


@RULES.rule(
    "adam.range-order",
    "The lower limit of a range is not above the upper one.",
    source=IG,
    kinds=(BDS,),
)
def range_order(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records with A1LO above A1HI, ANRLO above ANRHI."""
    for low in checked.numbers(r"A\dLO|ANRLO"):
        high = low.replace("LO", "HI")
        if high in checked.numbers():
            wrong = checked.frame.filter(pl.col(low) > pl.col(high))
            yield Records(wrong, f"{low} is above {high}.", evidence=(low, high))


@RULES.rule(
    "adam.range-indicator",
    "An indicator says where AVAL lies in its range: ANRIND in ANRLO to ANRHI, A1IND in A1LO to A1HI.",
    source=IG,
    severity=Severity.WARNING,
    kinds=(BDS,),
    numbers=("AVAL",),
)
def range_indicator(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose indicator (LOW, NORMAL, HIGH or their first letters) contradicts its own range."""
    for indicator in checked.texts(r"ANRIND|A\dIND"):
        limits = ("ANRLO", "ANRHI") if indicator == "ANRIND" else (f"{indicator[:2]}LO", f"{indicator[:2]}HI")
        if set(limits) <= set(checked.numbers()):
            yield _contradicted(checked, indicator, *limits)


@RULES.rule(
    "adam.analysis-range-indicator",
    "ANRIND says where AVAL lies in analysis range 1, where the data have no other range.",
    source=IG,
    severity=Severity.NOTE,
    kinds=(BDS,),
    texts=("ANRIND",),
    numbers=("AVAL", "A1LO", "A1HI"),
)
def analysis_range_indicator(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """The same for ANRIND beside A1LO and A1HI, of data without ANRLO. The plan may flag by another range."""
    if not checked.has("ANRLO"):
        yield _contradicted(checked, "ANRIND", "A1LO", "A1HI")


def _contradicted(checked: CheckedDataset, indicator: str, lower: str, upper: str) -> Records:
    """Records whose indicator is not what AVAL and the limits say. A limit that is missing says nothing."""
    value, low, high = pl.col("AVAL"), pl.col(lower), pl.col(upper)
    says = pl.col(indicator).str.to_uppercase().str.slice(0, 1)
    wrong = checked.frame.filter(
        ((value < low) & (says != "L"))
        | ((value > high) & (says != "H"))
        | ((value >= low) & (says == "L"))
        | ((value <= high) & (says == "H"))
    )
    return Records(wrong, f"{indicator} contradicts AVAL and its range.", evidence=(indicator, "AVAL", lower, upper))


@RULES.rule(
    "adam.criterion",
    "A criterion is the same in all records of a parameter, and what is flagged says by which.",
    source=cdisc(137, 151),
    kinds=(BDS,),
    texts=("PARAMCD",),
)
def criteria(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Parameters with several texts of a CRITy, records with CRITyFL and without CRITy."""
    for name in checked.texts(r"CRIT\d+"):
        pairs = checked.frame.select("PARAMCD", name).drop_nulls().unique(maintain_order=True)
        several = pairs.filter(pl.len().over("PARAMCD") > 1).sort("PARAMCD", name)
        yield Records(several, f"A parameter has several criteria {name}.", evidence=(name,), at=("PARAMCD",))
        flag = f"{name}FL"
        if checked.has(flag):
            wrong = checked.frame.filter(pl.col(flag).is_not_null(), pl.col(name).is_null())
            yield Records(wrong, f"{flag} has a value and {name} has none.", evidence=(flag,))


@RULES.rule(
    "adam.analysis-record",
    "A subject has at most one record for analysis (ANL01FL) of a parameter at a visit.",
    source=IG,
    severity=Severity.WARNING,
    kinds=(BDS,),
    texts=("USUBJID", "PARAMCD", "ANL01FL"),
    any_type=("AVISIT",),
)
def analysis_records(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Groups with several records of ANL01FL = Y. Records without a visit are left out."""
    keys = ("USUBJID", "PARAMCD", *(name for name in _OCCASION if checked.has(name)))
    flagged = checked.frame.filter(pl.col("ANL01FL") == "Y", pl.col("AVISIT").is_not_null())
    several = flagged.group_by(keys, maintain_order=True).agg(pl.len().alias("ANL01FL = Y records"))
    at = [name for name in keys if name not in ("AVISITN", "ATPTN")]
    yield Records(
        several.filter(pl.col("ANL01FL = Y records") > 1),
        "There are several records for analysis.",
        evidence=("ANL01FL = Y records",),
        at=tuple(name for name in at if not flagged[name].is_null().all()),
    )


@RULES.rule(
    "adam.value-missing",
    "A record for analysis has an analysis value.",
    source=IG,
    severity=Severity.WARNING,
    kinds=(BDS,),
    texts=("ANL01FL",),
)
def value_missing(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records with ANL01FL = Y and neither AVAL nor AVALC."""
    values = [name for name in ("AVAL", "AVALC") if checked.has(name)]
    if values:
        wrong = checked.frame.filter(pl.col("ANL01FL") == "Y", pl.all_horizontal(pl.col(values).is_null()))
        yield Records(wrong, "The record for analysis has no analysis value.")


@RULES.rule("adam.censoring", "CNSR is 0 or a positive whole number.", source=cdisc(169), numbers=("CNSR",))
def censoring(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose CNSR is missing, negative or a fraction."""
    cnsr = pl.col("CNSR")
    wrong = checked.frame.filter(cnsr.is_null() | (cnsr < 0) | (cnsr % 1 != 0))
    yield Records(wrong, "CNSR is not 0 or a positive whole number.", evidence=("CNSR",))


@RULES.rule(
    "adam.time-to-event",
    "A time to event in days is ADT - STARTDT + 1.",
    source=TTE_GUIDE,
    severity=Severity.WARNING,
    numbers=("CNSR", "AVAL"),
    dates=("ADT", "STARTDT"),
)
def time_to_event(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose AVAL is another number of days. Times that AVALU or PARAM give in another unit are left out."""
    units = [
        pl.col(n).str.contains(r"(?i)\b(week|month|year|hour)").fill_null(False) for n in checked.texts("AVALU|PARAM")
    ]
    other_unit = pl.any_horizontal(units) if units else pl.lit(False)
    days = (pl.col("ADT") - pl.col("STARTDT")).dt.total_days() + 1
    wrong = checked.frame.filter(~other_unit & (pl.col("AVAL") != days))
    yield Records(wrong, "AVAL differs from ADT - STARTDT + 1.", evidence=("AVAL", "ADT", "STARTDT"))


@RULES.rule(
    "adam.event-before-start",
    "An event or a censoring is not before the start.",
    source=TTE_GUIDE,
    numbers=("CNSR",),
    dates=("ADT", "STARTDT"),
)
def event_before_start(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records with ADT before STARTDT."""
    wrong = checked.frame.filter(pl.col("ADT") < pl.col("STARTDT"))
    yield Records(wrong, "ADT is before STARTDT.", evidence=("ADT", "STARTDT"))


@RULES.rule(
    "adam.event-description",
    "An event says what happened.",
    source=TTE_GUIDE,
    severity=Severity.WARNING,
    numbers=("CNSR",),
)
def event_description(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Times to events without EVNTDESC: the variable, or its value where CNSR is 0."""
    if not checked.has("EVNTDESC"):
        yield Place("There is no EVNTDESC.", variable="EVNTDESC")
        return
    wrong = checked.frame.filter(pl.col("CNSR") == 0, pl.col("EVNTDESC").is_null())
    yield Records(wrong, "EVNTDESC is missing where an event happened.")


@RULES.rule(
    "adam.event-record",
    "A subject has one record of each time to event.",
    source=TTE_GUIDE,
    severity=Severity.WARNING,
    texts=("USUBJID", "PARAMCD"),
    numbers=("CNSR",),
)
def event_record(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Subjects with several records of a parameter."""
    again = checked.frame.filter(pl.struct("USUBJID", "PARAMCD").is_duplicated())
    yield Records(again, "The subject has several records of the time to event.")

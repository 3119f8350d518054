"""Times to progression and death: progression-free survival, overall survival, duration of response.

Sources: FDA. Clinical Trial Endpoints for the Approval of Cancer Drugs and Biologics: Guidance for Industry. December
2018, appendix 3, table A (PFS 1, documented progression only). EMA. Appendix 1 to the guideline on the evaluation of
anticancer medicinal products in man: methodological consideration for using progression-free survival or disease-free
survival in confirmatory trials. EMA/CHMP/27994/2008/Rev.1, section on censoring: events count although assessments were
missed or another therapy was begun.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from trialwright.derivation.functions.oncology.best_response import TumorAssessment
from trialwright.derivation.functions.oncology.recist import NE, PD, check_responses

#: Words of `EVNTDESC` and `CNSDTDSC`.
PROGRESSION = "Documented progression"
CLINICAL_PROGRESSION = "Clinical progression"
DEATH = "Death"
NO_EVENT = "No progression or death"
NO_PROGRESSION = "No progression"
NO_BASELINE = "No baseline tumor assessment"
NO_ASSESSMENT = "No adequate assessment after baseline"
NEW_THERAPY = "New anticancer therapy before the event"
MISSED = "Event after missed assessments"
START = "Start of the time at risk"
LAST_ASSESSMENT = "Last adequate tumor assessment"
LAST_BEFORE_THERAPY = "Last adequate tumor assessment before new anticancer therapy"
LAST_BEFORE_MISSED = "Last adequate tumor assessment before missed assessments"
LAST_ALIVE = "Last date known alive"


@dataclass(frozen=True, slots=True, kw_only=True)
class CensoringRules:
    """What ends a time without an event.

    new_therapy_censors  an event after the start of a new anticancer therapy does not count: the time is censored at
                         the last adequate assessment before it
    no_baseline_censors  without a tumour assessment at baseline the time is censored on its first day
    longest_gap_days     an event later than this after the last adequate assessment (or the start) does not count: the
                         time is censored at that assessment; None: any event counts
    clinical_counts      progression without a radiological assessment counts as an event
    death_counts         death is an event; without it, the time to progression ends at the last adequate assessment
    """

    new_therapy_censors: bool
    no_baseline_censors: bool
    longest_gap_days: int | None = None
    clinical_counts: bool = False
    death_counts: bool = True


def fda_rules(assessment_days: int, *, window_days: int = 0, max_missed: int = 1) -> CensoringRules:
    """The rules of table A of the FDA's guidance.

    assessment_days  planned days between assessments
    window_days      by which an assessment may be late
    max_missed       assessments in a row that may be missed: 1, as an event "after more than one missed visit" does not
                     count. It is that if it is more than (max_missed + 1) x assessment_days + window_days after the
                     last adequate assessment
    """
    return CensoringRules(
        new_therapy_censors=True,
        no_baseline_censors=True,
        longest_gap_days=(max_missed + 1) * assessment_days + window_days,
    )


#: The EMA's appendix 1: every event counts.
EMA_RULES = CensoringRules(new_therapy_censors=False, no_baseline_censors=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TumorCourse:
    """What happened to one subject.

    start         randomisation or first dose
    assessments   overall responses after baseline; NE is no adequate assessment
    """

    start: datetime.date
    assessments: Sequence[TumorAssessment] = field(default_factory=tuple)
    death: datetime.date | None = None
    new_therapy: datetime.date | None = None
    clinical_progression: datetime.date | None = None
    has_baseline: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TumorTime:
    """The end of a time at risk.

    description       the event, or why the time is censored
    date_description  what the date of a censored time is
    """

    date: datetime.date
    is_event: bool
    description: str
    date_description: str = ""


def compute_progression_time(course: TumorCourse, rules: CensoringRules) -> TumorTime:
    """The end of progression-free survival: the first of progression and death, if the rules let it count.

    - no baseline assessment: censored at the start (FDA), or the event counts (EMA);
    - progression is dated by the first assessment that shows it, death by its date;
    - no event: censored at the last adequate assessment; without one at the start;
    - a new therapy before the event: censored at the last adequate assessment on or before its start (FDA);
    - an event after more than one missed assessment: censored at the last adequate assessment before them (FDA).
    """
    if rules.no_baseline_censors and not course.has_baseline:
        return TumorTime(date=course.start, is_event=False, description=NO_BASELINE, date_description=START)
    adequate = sorted(
        one.date for one in course.assessments if one.response not in (NE, PD) and one.date >= course.start
    )
    event = _first_event(course, rules)
    therapy = course.new_therapy if rules.new_therapy_censors else None
    if therapy is not None and (event is None or event.date > therapy):
        return _censored(course, [day for day in adequate if day <= therapy], NEW_THERAPY, LAST_BEFORE_THERAPY)
    if event is None:
        without = NO_EVENT if rules.death_counts else NO_PROGRESSION
        return _censored(course, adequate, without if adequate else NO_ASSESSMENT, LAST_ASSESSMENT)
    before = [day for day in adequate if day <= event.date]
    gap = rules.longest_gap_days
    if gap is not None and (event.date - (before[-1] if before else course.start)).days > gap:
        return _censored(course, before, MISSED, LAST_BEFORE_MISSED)
    return event


def _first_event(course: TumorCourse, rules: CensoringRules) -> TumorTime | None:
    progressed = [one.date for one in course.assessments if one.response == PD and one.date >= course.start]
    dates = [
        (min(progressed, default=None), PROGRESSION),
        (course.clinical_progression if rules.clinical_counts else None, CLINICAL_PROGRESSION),
        (course.death if rules.death_counts else None, DEATH),
    ]
    found = [(day, words) for day, words in dates if day is not None and day >= course.start]
    if not found:
        return None
    day, words = min(found, key=lambda pair: pair[0])
    return TumorTime(date=day, is_event=True, description=words)


def _censored(course: TumorCourse, adequate: Sequence[datetime.date], why: str, what: str) -> TumorTime:
    """Censored at the last of these assessments; without one, on the first day."""
    if not adequate:
        return TumorTime(date=course.start, is_event=False, description=why, date_description=START)
    return TumorTime(date=adequate[-1], is_event=False, description=why, date_description=what)


def compute_survival_time(
    start: datetime.date, *, death: datetime.date | None, last_alive: datetime.date | None
) -> TumorTime:
    """The end of overall survival: death, else the last date known alive (the start, if that is not known)."""
    if death is not None and death >= start:
        return TumorTime(date=death, is_event=True, description=DEATH)
    if last_alive is None or last_alive < start:
        return TumorTime(date=start, is_event=False, description="Alive", date_description=START)
    return TumorTime(date=last_alive, is_event=False, description="Alive", date_description=LAST_ALIVE)


# --- datasets ---

_SCHEMA = {
    "USUBJID": pl.String(),
    "PARAMCD": pl.String(),
    "STARTDT": pl.Date(),
    "ADT": pl.Date(),
    "AVAL": pl.Float64(),
    "CNSR": pl.Int64(),
    "EVNTDESC": pl.String(),
    "CNSDTDSC": pl.String(),
}


def derive_progression_free_survival(
    responses: pl.DataFrame, subjects: pl.DataFrame, rules: CensoringRules
) -> pl.DataFrame:
    """One record PFS per subject: STARTDT, ADT, AVAL (days, the first is 1), CNSR (0 is an event), EVNTDESC, CNSDTDSC.

    responses  USUBJID, ADT, AVALC: the overall response at each assessment; a missing AVALC is NE
    subjects   USUBJID, STARTDT and, where there are such columns, DTHDT (death), NEWTRTDT (new anticancer therapy),
               CLINPDDT (clinical progression), BLASSFL (`Y`: has a tumour assessment at baseline; without the column
               everybody has)

    A subject without STARTDT is left out.
    """
    courses = _courses(responses, subjects)
    return _frame(
        "PFS", [(id, course.start, compute_progression_time(course, rules)) for id, course in courses.items()]
    )


def derive_time_to_progression(responses: pl.DataFrame, subjects: pl.DataFrame, rules: CensoringRules) -> pl.DataFrame:
    """One record TTP per subject, as `derive_progression_free_survival`; a death is no event and ends nothing."""
    of_progression = replace(rules, death_counts=False)
    courses = _courses(responses, subjects)
    return _frame(
        "TTP", [(id, course.start, compute_progression_time(course, of_progression)) for id, course in courses.items()]
    )


def derive_overall_survival(subjects: pl.DataFrame) -> pl.DataFrame:
    """One record OS per subject, as `derive_progression_free_survival`; of USUBJID, STARTDT, DTHDT and LSTALVDT."""
    rows = [
        (id, start, compute_survival_time(start, death=death, last_alive=alive))
        for id, start, death, alive in subjects.select("USUBJID", "STARTDT", "DTHDT", "LSTALVDT").iter_rows()
        if start is not None
    ]
    return _frame("OS", rows)


def derive_duration_of_response(progression: pl.DataFrame, best: pl.DataFrame) -> pl.DataFrame:
    """One record DOR for each subject with a response: from RSPDT to the end of progression-free survival.

    progression  of `derive_progression_free_survival`, by the same rules
    best         of `derive_best_response`
    """
    responders = best.filter(pl.col("RSPDT").is_not_null()).select("USUBJID", "RSPDT")
    joined = progression.join(responders, on="USUBJID", how="inner", maintain_order="left")
    # By rules that censor at the start a time can end before the response, which would be a negative duration.
    ended = joined.with_columns(ADT=pl.max_horizontal("ADT", "RSPDT"))
    days = (pl.col("ADT") - pl.col("RSPDT")).dt.total_days() + 1
    return ended.with_columns(PARAMCD=pl.lit("DOR"), STARTDT=pl.col("RSPDT"), AVAL=days.cast(pl.Float64)).select(
        list(_SCHEMA)
    )


def _frame(code: str, rows: Sequence[tuple[str, datetime.date, TumorTime]]) -> pl.DataFrame:
    records = [
        {
            "USUBJID": id,
            "PARAMCD": code,
            "STARTDT": start,
            "ADT": time.date,
            "AVAL": float((time.date - start).days + 1),
            "CNSR": 0 if time.is_event else 1,
            "EVNTDESC": time.description,
            "CNSDTDSC": time.date_description or None,
        }
        for id, start, time in rows
    ]
    return pl.DataFrame(records, schema=_SCHEMA)


def _courses(responses: pl.DataFrame, subjects: pl.DataFrame) -> Mapping[str, TumorCourse]:
    check_responses(responses["AVALC"], "AVALC")
    assessed: dict[str, list[TumorAssessment]] = {}
    for id, day, response in responses.select("USUBJID", "ADT", "AVALC").drop_nulls("ADT").iter_rows():
        assessed.setdefault(id, []).append(TumorAssessment(date=day, response=response or NE))
    return {
        one["USUBJID"]: TumorCourse(
            start=one["STARTDT"],
            assessments=tuple(assessed.get(one["USUBJID"], ())),
            death=one.get("DTHDT"),
            new_therapy=one.get("NEWTRTDT"),
            clinical_progression=one.get("CLINPDDT"),
            has_baseline=one.get("BLASSFL", "Y") == "Y",
        )
        for one in subjects.iter_rows(named=True)
        if one["STARTDT"] is not None
    }

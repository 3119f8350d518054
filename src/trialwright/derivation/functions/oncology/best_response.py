"""Best overall response of each subject, with or without confirmation.

Source: RECIST 1.1 (Eisenhauer EA et al. Eur J Cancer 2009;45:228-247), sections 4.4.2 to 4.4.4, 4.6 and table 3. What
the paper leaves to the protocol is an option: how long stable disease must last, how far apart confirming assessments
are, how many assessments that were not evaluable may stand between them.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import polars as pl

from trialwright.derivation.functions.oncology.recist import CR, NE, NON_CR_NON_PD, PD, PR, SD, check_responses


@dataclass(frozen=True, slots=True, kw_only=True)
class TumorAssessment:
    """The overall response at one assessment."""

    date: datetime.date
    response: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BestResponseRules:
    """How the best overall response is found.

    is_confirmed           whether CR and PR count only if a later assessment confirms them
    min_confirmation_days  from the response to the assessment that confirms it
    max_not_evaluable      assessments NE that may stand between the two
    accepts_stable         whether SD may stand between a PR and what confirms it
    min_stable_days        from the start to an assessment that makes stable disease (CR and PR count as such, too)
    after_complete         disease after a CR: "progression" at that assessment, or the CR was in truth a "partial" one
                           (table 3, footnote a)
    """

    is_confirmed: bool = True
    min_confirmation_days: int = 28
    max_not_evaluable: int = 1
    accepts_stable: bool = False
    min_stable_days: int = 42
    after_complete: Literal["progression", "partial"] = "progression"


@dataclass(frozen=True, slots=True, kw_only=True)
class BestResponse:
    """A best overall response.

    date   of the assessment that shows it (the first of the two where it is confirmed); None if there is none
    onset  date of the first CR or PR that counts, where the best response is one: duration of response starts there
    """

    response: str
    date: datetime.date | None = None
    onset: datetime.date | None = None


#: A best response with the responses that show it (and that confirm it).
_CONFIRMABLE: tuple[tuple[str, tuple[str, ...]], ...] = ((CR, (CR,)), (PR, (CR, PR)))
_STABLE: tuple[tuple[str, tuple[str, ...]], ...] = ((SD, (CR, PR, SD)), (NON_CR_NON_PD, (NON_CR_NON_PD,)))


def compute_best_response(
    assessments: Sequence[TumorAssessment],
    *,
    start: datetime.date,
    rules: BestResponseRules | None = None,
    until: datetime.date | None = None,
) -> BestResponse:
    """The best overall response of one subject.

    start  randomisation or first dose; assessments before it are not looked at
    until  start of a new anticancer therapy; assessments after it are not looked at

    Assessments after the first progression are not looked at either.
    """
    rules = rules or BestResponseRules()
    looked_at = sorted(
        (one for one in assessments if one.date >= start and (until is None or one.date <= until)),
        key=lambda one: one.date,
    )
    course = _to_progression(_after_complete(looked_at, rules))
    for response, counting in _CONFIRMABLE:
        found = _first_response(course, counting, rules)
        if found is not None:
            onset = _first_response(course, (CR, PR), rules) or found
            return BestResponse(response=response, date=found.date, onset=onset.date)
    lasting = start + timedelta(days=rules.min_stable_days)
    for response, counting in _STABLE:
        stable = next((one for one in course if one.response in counting and one.date >= lasting), None)
        if stable is not None:
            return BestResponse(response=response, date=stable.date)
    if course and course[-1].response == PD:
        return BestResponse(response=PD, date=course[-1].date)
    return BestResponse(response=NE)


def _after_complete(course: list[TumorAssessment], rules: BestResponseRules) -> list[TumorAssessment]:
    """The course with disease after a complete response as progression, or the complete response as a partial one."""
    first = next((number for number, one in enumerate(course) if one.response == CR), None)
    if first is None:
        return course
    diseased = (PR, SD, NON_CR_NON_PD)
    if rules.after_complete == "progression":
        return [
            replace(one, response=PD) if number > first and one.response in diseased else one
            for number, one in enumerate(course)
        ]
    last = max((number for number, one in enumerate(course) if one.response in diseased), default=-1)
    return [
        replace(one, response=PR) if number < last and one.response == CR else one for number, one in enumerate(course)
    ]


def _to_progression(course: list[TumorAssessment]) -> list[TumorAssessment]:
    end = next((number for number, one in enumerate(course) if one.response == PD), len(course))
    return course[: end + 1]


def _first_response(
    course: Sequence[TumorAssessment], counting: tuple[str, ...], rules: BestResponseRules
) -> TumorAssessment | None:
    """The first assessment with one of these responses that, if need be, is confirmed."""
    for number, one in enumerate(course):
        if one.response in counting and (
            not rules.is_confirmed or _is_confirmed(one, course[number + 1 :], counting, rules)
        ):
            return one
    return None


def _is_confirmed(
    one: TumorAssessment, later: Sequence[TumorAssessment], counting: tuple[str, ...], rules: BestResponseRules
) -> bool:
    not_evaluable = 0
    for other in later:
        if other.response in counting:
            if (other.date - one.date).days >= rules.min_confirmation_days:
                return True
        elif other.response == NE:
            not_evaluable += 1
            if not_evaluable > rules.max_not_evaluable:
                return False
        elif not (other.response == SD and rules.accepts_stable and PR in counting):
            return False
    return False


def derive_best_response(
    responses: pl.DataFrame, subjects: pl.DataFrame, *, rules: BestResponseRules | None = None
) -> pl.DataFrame:
    """One record per subject: BOR, BORDT (date of the assessment) and RSPDT (first CR or PR that counts).

    responses  USUBJID, ADT, AVALC: the overall response at each assessment; a missing AVALC is NE
    subjects   USUBJID, STARTDT and, if there, NEWTRTDT (start of a new anticancer therapy)

    A subject without assessments has BOR NE; one without STARTDT is left out. Raises `DataError` for a response that is
    none of RECIST's.
    """
    check_responses(responses["AVALC"], "AVALC")
    by_subject: dict[str, list[TumorAssessment]] = {}
    for subject, day, response in responses.select("USUBJID", "ADT", "AVALC").drop_nulls("ADT").iter_rows():
        by_subject.setdefault(subject, []).append(TumorAssessment(date=day, response=response or NE))
    has_therapy = "NEWTRTDT" in subjects.columns
    rows = []
    for subject in subjects.filter(pl.col("STARTDT").is_not_null()).iter_rows(named=True):
        best = compute_best_response(
            by_subject.get(subject["USUBJID"], []),
            start=subject["STARTDT"],
            rules=rules,
            until=subject["NEWTRTDT"] if has_therapy else None,
        )
        rows.append({"USUBJID": subject["USUBJID"], "BOR": best.response, "BORDT": best.date, "RSPDT": best.onset})
    schema = {"USUBJID": pl.String(), "BOR": pl.String(), "BORDT": pl.Date(), "RSPDT": pl.Date()}
    return pl.DataFrame(rows, schema=schema)

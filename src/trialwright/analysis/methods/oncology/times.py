"""`progression_free_survival`, `duration_of_response`, `overall_survival`: times derived by named rules, and estimated.

Sources: FDA. Clinical Trial Endpoints for the Approval of Cancer Drugs and Biologics, December 2018, appendix 3, table
A. EMA/CHMP/27994/2008/Rev.1. RECIST 1.1, section 4.6.2 (duration of response). The rules are in
`trialwright.derivation.functions.oncology`; what is estimated of the times is what `kaplan_meier`, `logrank` or `cox`
estimate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from trialwright.analysis.methods.oncology.assessments import (
    assessments,
    subject_dates,
    subject_flag,
    unusable_dates,
)
from trialwright.analysis.methods.oncology.options import (
    CENSOR,
    DurationOptions,
    ProgressionOptions,
    SurvivalTimeOptions,
    TimeOptions,
)
from trialwright.analysis.methods.time_to_event.methods import METHODS as ESTIMATES
from trialwright.analysis.request import SUBJECT, Request
from trialwright.derivation.functions.oncology import (
    EMA_RULES,
    BestResponseRules,
    derive_best_response,
    derive_duration_of_response,
    derive_overall_survival,
    derive_progression_free_survival,
    fda_rules,
)
from trialwright.errors import PlanError
from trialwright.results import Result

#: Days in a unit of time; a month is a twelfth of 365.25 days.
_DAYS = {"days": 1.0, "weeks": 7.0, "months": 30.4375}

_TIME = "AVAL"


def analyze_progression_free_survival(request: Request, options: ProgressionOptions) -> Iterator[Result]:
    """What the method asked for estimates (of the variable AVAL); with curves, time, CNSR and event of each subject."""
    subjects, times = _progression(request, options)
    warning = unusable_dates(subjects, assessments(request, options.date))
    yield from _estimate(request, times, options, warning)


def analyze_duration_of_response(request: Request, options: DurationOptions) -> Iterator[Result]:
    """As `analyze_progression_free_survival`, of those with a response, from its first assessment."""
    subjects, times = _progression(request, options)
    rules = BestResponseRules(
        is_confirmed=options.confirmed,
        min_confirmation_days=options.confirmation_days,
        max_not_evaluable=options.not_evaluable,
        accepts_stable=options.accept_stable,
        after_complete=options.after_complete,
    )
    assessed = assessments(request, options.date)
    best = derive_best_response(assessed, subjects, rules=rules)
    warning = unusable_dates(subjects, assessed)
    yield from _estimate(request, derive_duration_of_response(times, best), options, warning)


def analyze_overall_survival(request: Request, options: SurvivalTimeOptions) -> Iterator[Result]:
    """What the method asked for estimates (of the variable AVAL); with curves, time, CNSR and event of each subject."""
    subjects = subject_dates(request, STARTDT=options.start, DTHDT=options.death, LSTALVDT=options.last_alive)
    yield from _estimate(request, derive_overall_survival(subjects), options, unusable_dates(subjects))


def _progression(request: Request, options: ProgressionOptions) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The dates of the subjects, and their progression-free survival."""
    subjects = subject_dates(
        request,
        STARTDT=options.start,
        DTHDT=options.death,
        NEWTRTDT=options.new_therapy,
        CLINPDDT=options.clinical,
    )
    if options.baseline is not None:
        subjects = subjects.with_columns(subject_flag(request, options.baseline).alias("BLASSFL"))
    if options.rules is None:
        raise PlanError(
            f"{request.user} does not say by which rules times are censored. Give its options 'rules: fda' (with "
            "assessment_days) or 'rules: ema'."
        )
    rules = EMA_RULES
    if options.assessment_days is not None and options.rules == "fda":
        rules = fda_rules(options.assessment_days, window_days=options.window_days, max_missed=options.max_missed)
    rules = replace(rules, clinical_counts=options.clinical is not None)
    return subjects, derive_progression_free_survival(assessments(request, options.date), subjects, rules)


def _estimate(request: Request, times: pl.DataFrame, options: TimeOptions, warning: str) -> Iterator[Result]:
    days = _DAYS[options.unit]
    frame = times.select(SUBJECT, (pl.col("AVAL") / days).alias(_TIME), CENSOR, "EVNTDESC")
    rows = {subject: row for row, subject in enumerate(request.subjects[SUBJECT])}
    derived = replace(
        request,
        analysis=replace(request.analysis, variables=(_TIME,)),
        frame=frame,
        subject_index=np.array([rows[subject] for subject in frame[SUBJECT]], dtype=np.int64),
        left_out="\n".join(text for text in (request.left_out, warning) if text),
        _axes={},
    )
    yield from ESTIMATES[options.estimate](derived, options.options_of_estimate())
    if options.estimate != "kaplan_meier":
        return
    for subject, time, censor, event in frame.iter_rows():
        groups = ((SUBJECT, subject),)
        yield request.result("value", time, groups=groups, variable=_TIME)
        yield request.result("value", float(censor), groups=groups, variable=CENSOR)
        yield request.result("value", event, groups=groups, variable="EVNTDESC")

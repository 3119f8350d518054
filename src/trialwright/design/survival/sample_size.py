"""Subjects, accrual or follow-up for the events that a log-rank test needs under proportional hazards."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from trialwright.design.survival.accrual import AccrualRates
from trialwright.design.survival.required_events import (
    EventsFormula,
    check_error_rates,
    compute_required_events,
    drift_per_root_event,
    normal_probability,
    normal_quantile,
)
from trialwright.design.survival.trial import LATEST, SurvivalTrial, find_root
from trialwright.errors import DesignError

Unknown = Literal["subjects", "accrual_duration", "followup"]
_AUTHORS = {"schoenfeld": "Schoenfeld", "freedman": "Freedman", "hsieh_freedman": "Hsieh and Freedman"}

CONVENTIONS = (
    "Hazard ratios are experimental / control; below 1 the experimental arm has fewer events.",
    "allocation_ratio is experimental subjects per control subject.",
    "Times are calendar times since the first subject, in the time unit of the accrual rates and hazards.",
    "n_exact and events_exact are unrounded totals of both arms; n_experimental and n_control are rounded up by arm.",
    "events is events_exact rounded up; attained_power is at that many events.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalSampleSize:
    """A fixed design by a log-rank test.

    method                           formula, and what was solved for
    hazard_ratio                     experimental / control; null_hazard_ratio is tested
    alpha, sided                     type I error, and whether one or both sides share it
    target_power                     asked for; attained_power is at `events`
    allocation_ratio                 experimental / control
    events_exact, events             of both arms together: unrounded, rounded up
    events_experimental, events_control   expected by arm at the analysis, unrounded
    n_exact                          subjects, unrounded; n_experimental, n_control, n_total rounded up by arm
    accrual                          under which `n_exact` enter
    accrual_duration, followup       to the last subject, and from there to the analysis; followup is below 0 if the
                                     events are there before the last subject
    study_duration                   calendar time of the analysis
    """

    method: str
    hazard_ratio: float
    null_hazard_ratio: float
    alpha: float
    sided: int
    target_power: float
    attained_power: float
    allocation_ratio: float
    events_exact: float
    events: int
    events_experimental: float
    events_control: float
    n_exact: float
    n_experimental: int
    n_control: int
    n_total: int
    accrual: AccrualRates
    accrual_duration: float
    followup: float
    study_duration: float
    conventions: tuple[str, ...] = CONVENTIONS


def compute_survival_sample_size(
    trial: SurvivalTrial,
    *,
    hazard_ratio: float,
    alpha: float,
    sided: int,
    power: float,
    solve: Unknown = "subjects",
    followup: float | None = None,
    null_hazard_ratio: float = 1.0,
    formula: EventsFormula = "schoenfeld",
    inflation: float = 1.0,
) -> SurvivalSampleSize:
    """What is needed so that the expected events are those that the test needs.

    hazard_ratio        that the test is to detect; the hazards of `trial` say when the events come, and should have it
    solve = `subjects`          the rates of accrual are multiplied; the analysis is `followup` after the last subject
    solve = `accrual_duration`  accrual goes on at its rates (the last without end) until the events are expected
                                `followup` after the last subject
    solve = `followup`          accrual stands; the analysis waits for the events. `followup` is not given

    inflation   factor on the events, such as that of a group-sequential design; `attained_power` stays that of a fixed
                design with 1 / inflation of the events
    Source: Schoenfeld, Biometrics 1983;39:499-503; Kim and Tsiatis, Biometrics 1990;46:81-92 (expected events).
    """
    if not inflation >= 1:
        raise DesignError(f"inflation is {inflation!r}. Interim looks never need fewer events at most: give 1 or more.")
    needed = inflation * compute_required_events(
        hazard_ratio=hazard_ratio,
        alpha=alpha,
        sided=sided,
        power=power,
        allocation_ratio=trial.allocation_ratio,
        null_hazard_ratio=null_hazard_ratio,
        formula=formula,
    )
    solved, time = _solve(trial, needed, solve, followup)
    n_exact = solved.accrual.subjects
    n_experimental = round_up(n_exact * solved.experimental_share)
    n_control = round_up(n_exact * (1 - solved.experimental_share))
    events = round_up(needed)
    drift = drift_per_root_event(hazard_ratio, trial.allocation_ratio, formula, null=null_hazard_ratio)
    return SurvivalSampleSize(
        method=f"log-rank test, events by the formula of {_AUTHORS[formula]}, solved for {solve.replace('_', ' ')}",
        hazard_ratio=hazard_ratio,
        null_hazard_ratio=null_hazard_ratio,
        alpha=alpha,
        sided=sided,
        target_power=power,
        attained_power=normal_power(drift * math.sqrt(events / inflation), alpha=alpha, sided=sided),
        allocation_ratio=trial.allocation_ratio,
        events_exact=needed,
        events=events,
        events_experimental=solved.events_experimental(time),
        events_control=solved.events_control(time),
        n_exact=n_exact,
        n_experimental=n_experimental,
        n_control=n_control,
        n_total=n_experimental + n_control,
        accrual=solved.accrual,
        accrual_duration=solved.accrual.duration,
        followup=time - solved.accrual.duration,
        study_duration=time,
    )


def compute_survival_power(
    *,
    events: float,
    hazard_ratio: float,
    alpha: float,
    sided: int,
    allocation_ratio: float = 1.0,
    null_hazard_ratio: float = 1.0,
    formula: EventsFormula = "schoenfeld",
) -> float:
    """Power of a log-rank test at so many events; of a two-sided test, to reject on the side of the effect."""
    check_error_rates(alpha=alpha, sided=sided)
    if not events > 0:
        raise DesignError(f"events is {events!r}. Power needs more than 0 events.")
    drift = drift_per_root_event(hazard_ratio, allocation_ratio, formula, null=null_hazard_ratio)
    return normal_power(drift * math.sqrt(events), alpha=alpha, sided=sided)


def normal_power(drift: float, *, alpha: float, sided: int) -> float:
    """Of a test whose statistic has mean `drift` and variance 1."""
    return normal_probability(drift - normal_quantile(1 - alpha / sided))


def round_up(value: float) -> int:
    """To a whole number; what is above one by no more than rounding noise stays there."""
    return math.ceil(value - 1e-9 * max(1.0, abs(value)))


def _solve(trial: SurvivalTrial, events: float, solve: Unknown, followup: float | None) -> tuple[SurvivalTrial, float]:
    if solve == "followup":
        if followup is not None:
            raise DesignError(
                f"followup is {followup!r}, but it is to be solved for. Leave it out, or solve for subjects."
            )
        if math.isinf(trial.accrual.duration):
            raise DesignError(
                "Accrual has no end. Say how many subjects enter (AccrualRates.until), or give it a duration."
            )
        return trial, trial.time_of_events(events)
    if followup is None or not 0 <= followup < math.inf:
        raise DesignError(
            f"followup is {followup!r}. Give the time from the last subject to the analysis, 0 or more, "
            "or solve for the follow-up."
        )
    if solve == "subjects":
        if math.isinf(trial.accrual.duration):
            raise DesignError(
                "Accrual has no end, so the number of subjects depends on its duration. "
                "Give the last period a duration, or solve for the accrual duration."
            )
        time = trial.accrual.duration + followup
        return trial.accruing(trial.accrual.times(events / trial.events(time))), time
    if solve != "accrual_duration":
        raise DesignError(f"solve is {solve!r}. There are `subjects`, `accrual_duration` and `followup`.")
    if trial.accrual.rates[-1] == 0:
        raise DesignError(
            "The last rate of accrual is 0, so accrual cannot go on. Give the last period a rate above 0."
        )

    def surplus(duration: float) -> float:
        return trial.accruing(trial.accrual.ending_at(duration)).events(duration + followup) - events

    if surplus(LATEST) < 0:
        raise DesignError(f"{events:.4g} events do not occur at these rates. Accrue faster, or assume less dropout.")
    least = trial.accrual.durations[0] * 1e-9 if math.isfinite(trial.accrual.durations[0]) else 1e-9
    duration = find_root(surplus, low=least, high=1.0)
    return trial.accruing(trial.accrual.ending_at(duration)), duration + followup

"""The average hazard ratio of a trial whose hazards are not proportional, and its information."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from trialwright.design.survival.hazards import PiecewiseHazards
from trialwright.design.survival.trial import SurvivalTrial
from trialwright.errors import DesignError

Weighting = Literal["information", "events"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AverageHazardRatio:
    """At a calendar time.

    hazard_ratio       experimental / control: exponential of the weighted mean logarithm over pieces and strata
    subjects, events   expected in both arms together by `time`
    information        of its logarithm under the alternative; information_null, under equal hazards
    """

    time: float
    hazard_ratio: float
    subjects: float
    events: float
    information: float
    information_null: float
    conventions: tuple[str, ...] = (
        "The hazard ratio is experimental / control; subjects and events are unrounded totals of both arms.",
        "Information is the inverse variance of the log hazard ratio, in events.",
    )


def compute_average_hazard_ratio(
    trial: SurvivalTrial, *, time: float, weighting: Weighting = "events"
) -> AverageHazardRatio:
    """Average over the pieces and strata, each weighted by its expected events E of both arms together.

    weighting = `information` takes 1 / (1 / E_control + 1 / E_experimental) instead. The result has the
    sum of these whatever the weighting; under the null hypothesis it is p (1 - p) E, with p the experimental share.
    Source: Mukhopadhyay et al., Statistics in Biopharmaceutical Research 2020;12:445-454; Kalbfleisch and Prentice,
    Biometrika 1981;68:105-112 (the idea).
    """
    if not 0 < time < math.inf:
        raise DesignError(f"time is {time!r}. Give a calendar time above 0.")
    if weighting not in ("information", "events"):
        raise DesignError(f"weighting is {weighting!r}. There are `information` and `events`.")
    share = trial.experimental_share
    total = weights = information = information_null = 0.0
    for stratum in trial.strata:
        before_control = before_experimental = 0.0
        starts = common_starts(stratum.control, stratum.experimental)
        for start, end in zip(starts, (*starts[1:], math.inf), strict=True):
            by_control = (1 - share) * stratum.prevalence * trial.arm_events(stratum.control, time, within=end)
            by_experimental = share * stratum.prevalence * trial.arm_events(stratum.experimental, time, within=end)
            control, experimental = by_control - before_control, by_experimental - before_experimental
            before_control, before_experimental = by_control, by_experimental
            if control <= 0 and experimental <= 0:
                continue
            if stratum.control.hazard(start) == 0 or stratum.experimental.hazard(start) == 0:
                raise DesignError(
                    f"From time {start:g} one arm has a hazard of 0 and the other has not: their ratio has no finite "
                    "logarithm to average. Give a small hazard, or take a weighted log-rank test, a milestone or "
                    "restricted means, which need no ratio."
                )
            here = 1 / (1 / control + 1 / experimental)
            weight = here if weighting == "information" else control + experimental
            total += weight * math.log(stratum.experimental.hazard(start) / stratum.control.hazard(start))
            weights += weight
            information += here
            information_null += share * (1 - share) * (control + experimental)
    if weights == 0:
        raise DesignError(f"No piece has events in both arms by time {time:g}. Choose a later time.")
    return AverageHazardRatio(
        time=time,
        hazard_ratio=math.exp(total / weights),
        subjects=trial.accrual.subjects_by(time),
        events=trial.events(time),
        information=information,
        information_null=information_null,
    )


def common_starts(first: PiecewiseHazards, second: PiecewiseHazards) -> tuple[float, ...]:
    """Starts of the pieces within which the hazards of both are constant."""
    return tuple(sorted({*first.starts, *second.starts}))

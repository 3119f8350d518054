"""Events and subjects of group-sequential log-rank tests, and when their looks come."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trialwright.design.sequential import GroupSequentialDesign, compute_operating_characteristics
from trialwright.design.survival.required_events import EventsFormula, normal_quantile
from trialwright.design.survival.sample_size import SurvivalSampleSize, Unknown, compute_survival_sample_size
from trialwright.design.survival.trial import SurvivalTrial


@dataclass(frozen=True, slots=True, kw_only=True)
class SequentialSurvivalSampleSize:
    """A group-sequential design by a log-rank test; looks come at numbers of events.

    size                  of the trial that goes to its last look, with the maximum events
    events_fixed          that a design without interim looks needs, unrounded
    inflation             maximum events over `events_fixed`
    events_by_look        of both arms together, unrounded
    time_by_look          calendar time at which they are expected under the alternative
    subjects_by_look      who have entered by then, both arms, unrounded
    expected_events_null, expected_events_between, expected_events
                          under no effect, under half the log hazard ratio, and under the alternative
    expected_subjects, expected_study_duration
                          under the alternative
    """

    size: SurvivalSampleSize
    events_fixed: float
    inflation: float
    events_by_look: tuple[float, ...]
    time_by_look: tuple[float, ...]
    subjects_by_look: tuple[float, ...]
    expected_events_null: float
    expected_events_between: float
    expected_events: float
    expected_subjects: float
    expected_study_duration: float
    conventions: tuple[str, ...] = (
        "Hazard ratios and the allocation ratio are experimental / control.",
        "Events by look are unrounded totals of both arms; times are since the first subject.",
    )


def compute_sequential_survival_sample_size(
    trial: SurvivalTrial,
    design: GroupSequentialDesign,
    *,
    hazard_ratio: float,
    solve: Unknown = "subjects",
    followup: float | None = None,
    formula: EventsFormula = "schoenfeld",
) -> SequentialSurvivalSampleSize:
    """What `compute_survival_sample_size` gives, with the looks, error and power of `design`.

    Events are information (Tsiatis, Biometrika 1981;68:311-315), so that those of a fixed design are multiplied by the
    square of the ratio of drifts (Jennison and Turnbull 2000).
    """
    z = normal_quantile(1 - design.alpha / design.sided) + normal_quantile(design.target_power)
    inflation = (design.drift / z) ** 2
    size = compute_survival_sample_size(
        trial,
        hazard_ratio=hazard_ratio,
        alpha=design.alpha,
        sided=design.sided,
        power=design.target_power,
        solve=solve,
        followup=followup,
        formula=formula,
        inflation=inflation,
    )
    solved = trial.accruing(size.accrual)
    events = tuple(fraction * size.events_exact for fraction in design.information_fractions)
    times = (*(solved.time_of_events(number) for number in events[:-1]), size.study_duration)
    subjects = tuple(size.accrual.subjects_by(time) for time in times)
    stops = _stopping(design, design.drift)
    return SequentialSurvivalSampleSize(
        size=size,
        events_fixed=size.events_exact / inflation,
        inflation=inflation,
        events_by_look=events,
        time_by_look=times,
        subjects_by_look=subjects,
        expected_events_null=_mean(_stopping(design, 0.0), events),
        expected_events_between=_mean(_stopping(design, design.drift / 2), events),
        expected_events=_mean(stops, events),
        expected_subjects=_mean(stops, subjects),
        expected_study_duration=_mean(stops, times),
    )


def _stopping(design: GroupSequentialDesign, drift: float) -> tuple[float, ...]:
    return compute_operating_characteristics(design, drift=drift).stop_by_look


def _mean(probabilities: tuple[float, ...], values: tuple[float, ...]) -> float:
    return math.fsum(p * value for p, value in zip(probabilities, values, strict=True))

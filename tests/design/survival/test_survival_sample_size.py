"""Events, subjects, accrual and follow-up of log-rank tests, held to rpact and to published tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.validation import References

from trialwright.design.survival import (
    AccrualRates,
    PiecewiseHazards,
    SurvivalTrial,
    compute_required_events,
    compute_survival_sample_size,
)

Cases = Callable[[str], Mapping[str, Any]]
TWELVE = PiecewiseHazards.from_median(12)
UNIFORM = AccrualRates.uniform(duration=24)


def hold(reference: References, case: Mapping[str, Any], name: str, actual: float, expected: float) -> None:
    reference.holds(
        f"{name}, {case['id']}",
        actual,
        expected,
        tolerance=case["suggested_rel_tol"],
        relative=True,
        source=f"{case['peer'].split('::')[0]} {case['peer_version']}, {case['call']}",
    )


@pytest.mark.validates("design.survival")
def test_subjects_by_schoenfeld(design_cases: Cases, reference: References) -> None:
    case = design_cases("n.surv.schoenfeld")
    trial = SurvivalTrial.of(accrual=UNIFORM, control=TWELVE, experimental=TWELVE.times(0.7))
    size = compute_survival_sample_size(trial, hazard_ratio=0.7, alpha=0.025, sided=1, power=0.9, followup=12)
    hold(reference, case, "events", size.events_exact, case["expected"]["max_events"])
    hold(reference, case, "subjects", size.n_exact, case["expected"]["n_max"])
    assert (size.events, size.n_experimental, size.n_control, size.study_duration) == (331, 248, 248, 36)
    assert 0.9 < size.attained_power < 0.901


@pytest.mark.validates("design.survival")
def test_subjects_by_freedman_with_unequal_allocation(design_cases: Cases, reference: References) -> None:
    case = design_cases("n.surv.hsieh")
    trial = SurvivalTrial.of(accrual=UNIFORM, control=TWELVE, experimental=TWELVE.times(0.7), allocation_ratio=2)
    size = compute_survival_sample_size(
        trial, hazard_ratio=0.7, alpha=0.025, sided=1, power=0.9, followup=12, formula="hsieh_freedman"
    )
    hold(reference, case, "events", size.events_exact, case["expected"]["max_events"])
    hold(reference, case, "subjects", size.n_exact, case["expected"]["n_max"])


@pytest.mark.validates("design.survival")
def test_followup_with_piecewise_accrual_and_dropout(design_cases: Cases, reference: References) -> None:
    case = design_cases("n.surv.pwaccrual")
    control = TWELVE.with_dropout(0.1, by=12)
    accrual = AccrualRates(durations=(6, 6, math.inf), rates=(10, 20, 30)).until(600)
    trial = SurvivalTrial.of(accrual=accrual, control=control, experimental=control.times(0.7))
    size = compute_survival_sample_size(trial, hazard_ratio=0.7, alpha=0.025, sided=1, power=0.9, solve="followup")
    hold(reference, case, "subjects", size.n_exact, case["expected"]["n_max"])
    hold(reference, case, "accrual time", size.accrual_duration, case["expected"]["accrual_time"][-1])
    hold(reference, case, "follow-up time", size.followup, case["expected"]["followup_time"])
    hold(reference, case, "study duration", size.study_duration, case["expected"]["study_duration"])


@pytest.mark.validates("design.survival")
def test_subjects_from_event_probabilities(design_cases: Cases, reference: References) -> None:
    case = design_cases("n.surv.pi")
    control = PiecewiseHazards.from_event_probability(0.45, by=24)
    experimental = PiecewiseHazards.from_event_probability(0.3, by=24)
    ratio = experimental.hazards[0] / control.hazards[0]
    trial = SurvivalTrial.of(accrual=AccrualRates.uniform(duration=12), control=control, experimental=experimental)
    size = compute_survival_sample_size(trial, hazard_ratio=ratio, alpha=0.05, sided=2, power=0.8, followup=18)
    hold(reference, case, "hazard ratio", ratio, case["expected"]["hazard_ratio"])
    hold(reference, case, "events", size.events_exact, case["expected"]["max_events"])
    hold(reference, case, "subjects", size.n_exact, case["expected"]["n_max"])


@pytest.mark.validates("design.survival")
def test_event_probabilities_over_calendar_time(design_cases: Cases, reference: References) -> None:
    case = design_cases("surv.eventprob")
    control = TWELVE.with_dropout(0.05, by=12)
    experimental = TWELVE.times(0.7).with_dropout(0.1, by=12)
    accrual = AccrualRates(durations=(6, 12), rates=(10, 30))
    trial = SurvivalTrial.of(accrual=accrual, control=control, experimental=experimental)
    hold(reference, case, "subjects", accrual.subjects, case["expected"]["n_max"])
    for i, time in enumerate(case["inputs"]["times"]):
        hold(reference, case, f"overall, {time}", trial.events(time) / 420, case["expected"]["overall_event_prob"][i])
        hold(
            reference,
            case,
            f"control, {time}",
            trial.events_control(time) / 210,
            case["expected"]["event_prob_control"][i],
        )
        hold(
            reference,
            case,
            f"treated, {time}",
            trial.events_experimental(time) / 210,
            case["expected"]["event_prob_treat"][i],
        )


@pytest.mark.parametrize(("hazard_ratio", "events"), [(0.5, 66), (2.0, 66), (0.7, 247)])
def test_events_by_schoenfeld_by_hand(hazard_ratio: float, events: int) -> None:
    # 4 (1.95996 + 0.84162)^2 / ln(HR)^2 = 65.35, 65.35, 246.79.
    exact = compute_required_events(hazard_ratio=hazard_ratio, alpha=0.05, sided=2, power=0.8)
    assert math.ceil(exact) == events

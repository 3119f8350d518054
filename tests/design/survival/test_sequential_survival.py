"""Group-sequential log-rank tests, held to rpact."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.validation import References

from trialwright.design.sequential import LanDeMetsOBrienFleming, compute_group_sequential_design
from trialwright.design.survival import (
    AccrualRates,
    PiecewiseHazards,
    SequentialSurvivalSampleSize,
    SurvivalTrial,
    compute_sequential_survival_sample_size,
)

Cases = Callable[[str], Mapping[str, Any]]


def solve(
    accrual: AccrualRates, control: PiecewiseHazards, ratio: float, fractions: tuple[float, ...], power: float
) -> SequentialSurvivalSampleSize:
    experimental = control.times(ratio)
    design = compute_group_sequential_design(
        information_fractions=fractions, alpha=0.025, sided=1, power=power, efficacy=LanDeMetsOBrienFleming()
    )
    trial = SurvivalTrial.of(accrual=accrual, control=control, experimental=experimental)
    return compute_sequential_survival_sample_size(trial, design, hazard_ratio=ratio, solve="followup")


def hold_all(
    reference: References, found: SequentialSurvivalSampleSize, expected: Mapping[str, Any], name: str, source: str
) -> None:
    pairs: list[tuple[str, float, float]] = [
        ("fixed events", found.events_fixed, expected["events_fixed"]),
        ("maximum events", found.size.events_exact, expected["max_events"]),
        ("expected events, no effect", found.expected_events_null, expected["exp_events_H0"]),
        ("expected events, half", found.expected_events_between, expected["exp_events_H01"]),
        ("expected events", found.expected_events, expected["exp_events_H1"]),
        ("expected subjects", found.expected_subjects, expected["exp_n_H1"]),
        ("expected duration", found.expected_study_duration, expected["expected_study_duration_H1"]),
    ]
    for label, ours, theirs in (
        ("events", found.events_by_look, expected["events_by_stage"]),
        ("subjects", found.subjects_by_look, expected["n_by_stage"]),
        ("time", found.time_by_look, expected["analysis_time"]),
    ):
        pairs += [(f"{label}, look {look + 1}", ours[look], value) for look, value in enumerate(theirs)]
    for label, actual, value in pairs:
        reference.holds(f"{label}, {name}", actual, value, tolerance=1e-6, relative=True, source=source)


@pytest.mark.validates("design.survival")
def test_two_looks_and_followup_solved(design_cases: Cases, reference: References) -> None:
    case = design_cases("n.surv.fixedfu")
    accrual = AccrualRates.uniform(duration=30, subjects=900)
    found = solve(accrual, PiecewiseHazards.from_median(20), 0.75, (0.6, 1.0), 0.9)
    hold_all(reference, found, case["expected"], case["id"], f"rpact 3.3.4, {case['call']}")


@pytest.mark.validates("design.survival")
def test_two_looks_with_piecewise_accrual(design_cases: Cases, reference: References) -> None:
    case = design_cases("n.surv.gs.pwaccrual")
    accrual = AccrualRates(durations=(3, 3, 18), rates=(5, 15, 25))
    found = solve(accrual, PiecewiseHazards.from_median(15), 0.75, (0.66, 1.0), 0.8)
    hold_all(reference, found, case["expected"], case["id"], f"rpact 3.3.4, {case['call']}")


@pytest.mark.validates("design.survival")
def test_three_looks_with_unequal_dropout(reference: References) -> None:
    accrual = AccrualRates(durations=(6, 6, math.inf), rates=(10, 20, 30)).until(500)
    control = PiecewiseHazards.from_median(12)
    design = compute_group_sequential_design(
        information_fractions=(0.5, 0.75, 1.0), alpha=0.025, sided=1, power=0.9, efficacy=LanDeMetsOBrienFleming()
    )
    trial = SurvivalTrial.of(
        accrual=accrual,
        control=control.with_dropout(0.05, by=12),
        experimental=control.times(0.7).with_dropout(0.1, by=12),
    )
    found = compute_sequential_survival_sample_size(trial, design, hazard_ratio=0.7, solve="followup")
    expected = {
        "events_fixed": 330.37791396381,
        "max_events": 336.415825037,
        "exp_events_H0": 335.475992715,
        "exp_events_H01": 318.624530932,
        "exp_events_H1": 257.08651743,
        "exp_n_H1": 500.0,
        "expected_study_duration_H1": 31.6290831613,
        "events_by_stage": (168.207912519, 252.311868778, 336.415825037),
        "n_by_stage": (500.0, 500.0, 500.0),
        "analysis_time": (23.2096496564, 29.9276059117, 40.8398891584),
    }
    source = (
        "rpact 3.3.4, getSampleSizeSurvival(getDesignGroupSequential(informationRates = c(0.5, 0.75, 1), "
        "alpha = 0.025, "
        'beta = 0.1, sided = 1, typeOfDesign = "asOF"), hazardRatio = 0.7, lambda2 = log(2)/12, '
        "accrualTime = c(0, 6, 12), accrualIntensity = c(10, 20, 30), maxNumberOfSubjects = 500, dropoutRate1 = 0.1, "
        "dropoutRate2 = 0.05, dropoutTime = 12)"
    )
    hold_all(reference, found, expected, "three looks", source)

"""Events, subjects, accrual and follow-up of log-rank tests, held to rpact and to published tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from time import process_time
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
from trialwright.errors import DesignError

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


RPACT = "rpact 3.3.4, getSampleSizeSurvival"


@pytest.mark.validates("design.survival")
@pytest.mark.parametrize(
    ("ratio", "allocation", "power", "events", "subjects"),
    [(0.7, 2.0, 0.9, 336.237537966, 519.54030909), (0.6, 0.5, 0.8, 165.807584388, 247.343891868)],
)
def test_freedman_by_his_own_formula(
    ratio: float, allocation: float, power: float, events: float, subjects: float, reference: References
) -> None:
    trial = SurvivalTrial.of(
        accrual=UNIFORM, control=TWELVE, experimental=TWELVE.times(ratio), allocation_ratio=allocation
    )
    size = compute_survival_sample_size(
        trial, hazard_ratio=ratio, alpha=0.025, sided=1, power=power, followup=12, formula="freedman"
    )
    source = (
        f'{RPACT}(alpha = 0.025, beta = {1 - power:g}, sided = 1, typeOfComputation = "Freedman", '
        f"hazardRatio = {ratio}, allocationRatioPlanned = {allocation:g}, lambda2 = log(2)/12, "
        "accrualTime = c(0, 24), followUpTime = 12)"
    )
    reference.holds("events", size.events_exact, events, tolerance=1e-10, relative=True, source=source)
    reference.holds("subjects", size.n_exact, subjects, tolerance=1e-10, relative=True, source=source)


@pytest.mark.validates("design.survival")
def test_piecewise_hazards_relative_accrual_and_unequal_allocation(reference: References) -> None:
    hazards = PiecewiseHazards(starts=(0, 6, 12), hazards=(0.04, 0.06, 0.02))
    trial = SurvivalTrial.of(
        accrual=AccrualRates(durations=(6, 14), rates=(0.5, 1)),
        control=hazards.with_dropout(0.05, by=12),
        experimental=hazards.times(0.65).with_dropout(0.08, by=12),
        allocation_ratio=1.5,
    )
    size = compute_survival_sample_size(trial, hazard_ratio=0.65, alpha=0.05, sided=2, power=0.8, followup=9)
    source = (
        f"{RPACT}(alpha = 0.05, beta = 0.2, sided = 2, hazardRatio = 0.65, piecewiseSurvivalTime = c(0, 6, 12), "
        "lambda2 = c(0.04, 0.06, 0.02), allocationRatioPlanned = 1.5, accrualTime = c(0, 6, 20), "
        'accrualIntensity = c(0.5, 1), accrualIntensityType = "relative", followUpTime = 9, dropoutRate1 = 0.08, '
        "dropoutRate2 = 0.05, dropoutTime = 12)"
    )
    reference.holds("events", size.events_exact, 176.229857187, tolerance=1e-6, relative=True, source=source)
    reference.holds("subjects", size.n_exact, 437.474345159, tolerance=1e-6, relative=True, source=source)


@pytest.mark.validates("design.survival")
def test_accrual_duration_is_solved(reference: References) -> None:
    trial = SurvivalTrial.of(
        accrual=AccrualRates(durations=(6, 6, math.inf), rates=(10, 20, 30)),
        control=TWELVE.with_dropout(0.05, by=12),
        experimental=TWELVE.times(0.7).with_dropout(0.1, by=12),
    )
    size = compute_survival_sample_size(
        trial, hazard_ratio=0.7, alpha=0.025, sided=1, power=0.9, solve="accrual_duration", followup=10
    )
    source = (
        f"{RPACT}(alpha = 0.025, beta = 0.1, sided = 1, hazardRatio = 0.7, lambda2 = log(2)/12, "
        "accrualTime = c(0, 6, 12), accrualIntensity = c(10, 20, 30), followUpTime = 10, dropoutRate1 = 0.1, "
        "dropoutRate2 = 0.05, dropoutTime = 12), whose own search ends at follow-up 9.9999955"
    )
    reference.holds("subjects", size.n_exact, 575.991823738, tolerance=1e-6, relative=True, source=source)
    reference.holds("accrual", size.accrual_duration, 25.1997274579, tolerance=1e-6, relative=True, source=source)


@pytest.mark.validates("design.survival")
def test_noninferiority_and_harm(reference: References) -> None:
    eighteen = PiecewiseHazards.from_median(18)
    trial = SurvivalTrial.of(
        accrual=AccrualRates.uniform(duration=18), control=eighteen, experimental=eighteen.times(0.9)
    )
    size = compute_survival_sample_size(
        trial, hazard_ratio=0.9, null_hazard_ratio=1.3, alpha=0.025, sided=1, power=0.9, followup=12
    )
    source = (
        f"{RPACT}(alpha = 0.025, beta = 0.1, sided = 1, hazardRatio = 0.9, thetaH0 = 1.3, lambda2 = log(2)/18, "
        "accrualTime = c(0, 18), followUpTime = 12)"
    )
    reference.holds("events", size.events_exact, 310.821044876, tolerance=1e-10, relative=True, source=source)
    reference.holds("subjects", size.n_exact, 589.378497542, tolerance=1e-10, relative=True, source=source)
    worse = SurvivalTrial.of(accrual=UNIFORM, control=TWELVE, experimental=TWELVE.times(1.4))
    size = compute_survival_sample_size(worse, hazard_ratio=1.4, alpha=0.025, sided=1, power=0.8, followup=12)
    source = (
        f"{RPACT}(alpha = 0.025, beta = 0.2, sided = 1, hazardRatio = 1.4, lambda2 = log(2)/12, "
        "accrualTime = c(0, 24), followUpTime = 12)"
    )
    reference.holds("subjects, ratio 1.4", size.n_exact, 355.008312236, tolerance=1e-10, relative=True, source=source)


@pytest.mark.validates("design.survival")
def test_event_probabilities_with_piecewise_hazards(reference: References) -> None:
    hazards = PiecewiseHazards(starts=(0, 5, 15), hazards=(0.02, 0.08, 0.03))
    trial = SurvivalTrial.of(
        accrual=AccrualRates(durations=(4, 6), rates=(20, 35)),
        control=hazards.with_dropout(0.1, by=12),
        experimental=hazards.times(0.8).with_dropout(0.2, by=12),
        allocation_ratio=2,
    )
    expected = {3: 0.00520941729306, 9: 0.0760164589764, 20: 0.441170429677, 50: 0.63817581958}
    for time, probability in expected.items():
        reference.holds(
            f"overall event probability, {time}",
            trial.events(time) / trial.accrual.subjects,
            probability,
            # Theirs is a numerical integral where hazards are piecewise; ours is exact.
            tolerance=1e-6,
            relative=True,
            source="rpact 3.3.4, getEventProbabilities(time = c(3, 9, 20, 50), accrualTime = c(0, 4, 10), "
            "accrualIntensity = c(20, 35), piecewiseSurvivalTime = c(0, 5, 15), lambda2 = c(0.02, 0.08, 0.03), "
            "hazardRatio = 0.8, allocationRatioPlanned = 2, dropoutRate1 = 0.2, dropoutRate2 = 0.1, dropoutTime = 12)",
        )


def test_fixed_followup_ends_the_risk_of_each_subject() -> None:
    trial = SurvivalTrial.of(accrual=UNIFORM, control=TWELVE, experimental=TWELVE.times(0.7), followup=6)
    # Exponential without dropout: 1 - exp(-h 6) in each arm, once all have been followed for 6.
    expected = (2 - 2**-0.5 - 2 ** (-0.7 * 0.5)) / 2
    assert trial.events(30) == pytest.approx(expected, rel=1e-13)
    assert trial.events(300) == pytest.approx(expected, rel=1e-13)


def test_the_sample_size_is_warm_within_20_ms() -> None:
    control = TWELVE.with_dropout(0.1, by=12)
    trial = SurvivalTrial.of(
        accrual=AccrualRates(durations=(6, 6, 14), rates=(10, 20, 30)), control=control, experimental=control.times(0.7)
    )
    times = []
    for _ in range(5):
        start = process_time()
        compute_survival_sample_size(trial, hazard_ratio=0.7, alpha=0.025, sided=1, power=0.9, solve="followup")
        times.append(process_time() - start)
    assert min(times) < 0.02


ARGUMENTS: dict[str, Any] = {"hazard_ratio": 0.7, "alpha": 0.025, "sided": 1, "power": 0.9}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hazard_ratio": 1.0}, "hazard_ratio is 1, as under the null"),
        ({"hazard_ratio": -0.5}, "hazard_ratio is -0.5"),
        ({"power": 1.0}, "power is 1.0"),
        ({"power": 0.02}, "power is 0.02"),
        ({"alpha": 0.0}, "alpha is 0.0"),
        ({"sided": 3}, "sided is 3"),
        ({"followup": -1}, "followup is -1"),
        ({"followup": None}, "followup is None"),
        (
            {"followup": None, "solve": "followup"},
            r"at most 1, however long one waits. Accrue more subjects \(at least 331",
        ),
    ],
)
def test_what_cannot_be_says_which_value_and_what_would_work(change: dict[str, Any], words: str) -> None:
    trial = SurvivalTrial.of(accrual=UNIFORM, control=TWELVE, experimental=TWELVE.times(0.7))
    with pytest.raises(DesignError, match=words):
        compute_survival_sample_size(trial, **{**ARGUMENTS, "followup": 12, **change})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: AccrualRates(durations=(-1,), rates=(5,)), "not a length of time"),
        (lambda: AccrualRates(durations=(6,), rates=(5,)).until(100), "ends after 6 time units with 30"),
        (lambda: AccrualRates(durations=(6,), rates=(0,)), "nobody enters"),
        (lambda: AccrualRates(durations=(6, 3), rates=(5,)), "2 durations and 1 rates"),
        (lambda: PiecewiseHazards(starts=(0, 6, 3), hazards=(1, 1, 1)), "begin with 0 and increase"),
        (lambda: PiecewiseHazards(starts=(0,), hazards=(-0.1,)), "a hazard is|A hazard is"),
        (lambda: PiecewiseHazards.from_median(-3), "The median is -3"),
        (lambda: TWELVE.with_dropout(10, by=12), "not a percentage"),
        (lambda: TWELVE.times(0), "hazard ratio is 0"),
    ],
)
def test_impossible_assumptions_are_refused(make: Callable[[], object], words: str) -> None:
    with pytest.raises(DesignError, match=words):
        make()

"""Simulated multi-arm trials: the familywise error rate under every selection rule, power against rpact, streams."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.validation import References

from trialwright.design.adaptive import (
    CombinationTest,
    MultiArmTrial,
    SelectAbove,
    SelectAll,
    SelectBest,
    SelectionRule,
    SelectWithin,
    SimulatedArms,
    compute_fisher_test,
    compute_inverse_normal_test,
    compute_multi_arm_characteristics,
    compute_multi_arm_design,
    compute_multi_arm_operating_characteristics,
    compute_naive_rejections,
    simulate_multi_arm,
    simulate_multi_arm_block,
)
from trialwright.design.sequential import GivenBounds, OBrienFleming, Pocock
from trialwright.design.simulation import BinaryOutcome, Estimate, NormalOutcome
from trialwright.errors import DesignError
from trialwright.execution import Threads

INVERSE_NORMAL = compute_inverse_normal_test(efficacy=OBrienFleming(), alpha=0.025, looks=2)
AT_THE_END = compute_inverse_normal_test(efficacy=None, alpha=0.025, looks=2)
TESTS = (INVERSE_NORMAL, AT_THE_END, compute_fisher_test(stages=2, alpha=0.025))
RULES: tuple[SelectionRule, ...] = (
    SelectBest(),
    SelectBest(count=2),
    SelectWithin(epsilon=0.2),
    SelectAbove(threshold=0.0),
    SelectAll(),
)


def _normal(*means: float, known: bool = False) -> NormalOutcome:
    return NormalOutcome(means=means, sds=(1.0,) * len(means), known_variance=known)


def _simulate(trial: MultiArmTrial, trials: int, seed: int = 1) -> SimulatedArms:
    return simulate_multi_arm(trial, trials=trials, rng=np.random.default_rng(seed))


@pytest.fixture(scope="module")
def null_trials() -> SimulatedArms:
    # 20,000 trials, seed 1: three arms that are like the control, 20 subjects an arm and stage.
    return _simulate(MultiArmTrial(outcome=_normal(0, 0, 0, 0), n_control=(20, 20), n_experimental=(20, 20)), 20_000)


@pytest.fixture(scope="module")
def partly_null_trials() -> SimulatedArms:
    return _simulate(
        MultiArmTrial(outcome=_normal(0, 0, 0.8, -0.5), n_control=(20, 20), n_experimental=(20, 20)), 20_000, 2
    )


def _value(estimate: Estimate | None) -> tuple[float, float]:
    assert estimate is not None
    assert estimate.value is not None
    assert estimate.standard_error is not None
    return estimate.value, estimate.standard_error


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
@pytest.mark.parametrize("intersection", ["joint", "Bonferroni", "Sidak", "Simes", "hierarchical"])
def test_the_familywise_error_rate_is_kept_under_the_global_null(
    null_trials: SimulatedArms, rule: SelectionRule, intersection: Any
) -> None:
    for test in TESTS:
        behavior = compute_multi_arm_operating_characteristics(
            null_trials, test=test, selection=rule, intersection=intersection
        )
        error, standard_error = _value(behavior.familywise_error_rate)
        assert error <= 0.025 + 3 * standard_error
        assert behavior.disjunctive_power is None


@pytest.mark.parametrize("test", TESTS, ids=["OBF", "at the end", "Fisher"])
def test_with_the_best_arm_selected_dunnetts_test_has_no_slack(
    null_trials: SimulatedArms, test: CombinationTest
) -> None:
    # One arm is left: of its intersections the largest has the largest p-values at stage 1, so that it alone decides.
    behavior = compute_multi_arm_operating_characteristics(null_trials, test=test, selection=SelectBest())
    error, standard_error = _value(behavior.familywise_error_rate)
    assert abs(error - 0.025) <= 3 * standard_error


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_the_familywise_error_rate_is_kept_under_partial_nulls(
    partly_null_trials: SimulatedArms, rule: SelectionRule
) -> None:
    for test in TESTS:
        behavior = compute_multi_arm_operating_characteristics(partly_null_trials, test=test, selection=rule)
        error, standard_error = _value(behavior.familywise_error_rate)
        assert error <= 0.025 + 3 * standard_error
        power, _ = _value(behavior.disjunctive_power)
        assert power > 0.6


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_naive_testing_after_selection_inflates(null_trials: SimulatedArms, rule: SelectionRule) -> None:
    error = float(compute_naive_rejections(null_trials, alpha=0.025, selection=rule).any(axis=1).mean())
    # Twice alpha and more; its standard error is below 0.002.
    assert error > 0.05


@pytest.fixture(scope="module")
def many_null_trials() -> SimulatedArms:
    # 200,000 trials of three stages, seed 3, four arms that are like the control.
    return _simulate(
        MultiArmTrial(outcome=_normal(0, 0, 0, 0, 0), n_control=(15, 15, 15), n_experimental=(15, 15, 15)), 200_000, 3
    )


@pytest.mark.expensive
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_the_familywise_error_rate_is_kept_in_many_trials(many_null_trials: SimulatedArms, rule: SelectionRule) -> None:
    trials = many_null_trials
    for test in (
        compute_inverse_normal_test(efficacy=Pocock(), alpha=0.025, looks=3),
        compute_fisher_test(stages=3, alpha=0.025),
    ):
        for intersection in ("joint", "Simes"):
            behavior = compute_multi_arm_operating_characteristics(
                trials,
                test=test,
                selection=rule,
                intersection=intersection,
            )
            error, standard_error = _value(behavior.familywise_error_rate)
            assert error <= 0.025 + 3 * standard_error


@pytest.mark.validates("design.closed_testing")
def test_power_and_selection_agree_with_rpacts_simulation(reference: References) -> None:
    trial = MultiArmTrial(outcome=_normal(0, 0, 0.3, 0.5, known=True), n_control=(30, 30), n_experimental=(30, 30))
    simulated = _simulate(trial, 20_000)
    call = (
        "rpact 3.3.4, getSimulationMultiArmMeans(getDesignInverseNormal(kMax = 2, alpha = 0.025, typeOfDesign = 'OF'), "
        "activeArms = 3, effectMatrix = c(0, 0.3, 0.5), stDev = 1, plannedSubjects = c(30, 60), 20,000 trials, "
    )
    best = compute_multi_arm_operating_characteristics(
        simulated, test=INVERSE_NORMAL, selection=SelectBest(), ends="first rejection"
    )
    # rpact counts an arm as selected that was rejected before; here it has left. Without early rejection both agree.
    at_the_end = compute_multi_arm_operating_characteristics(simulated, test=AT_THE_END, selection=SelectBest())
    # Tolerances: three standard errors of the difference of two simulations of 20,000 trials.
    source = call + "intersectionTest = 'Dunnett', typeOfSelection = 'best')"
    for name, estimate, expected, tolerance in (
        ("at least one rejection", best.disjunctive_power, 0.6617, 0.0142),
        ("arm 1 is selected", at_the_end.selected[1][0], 0.0129, 0.0035),
        ("arm 2 is selected", at_the_end.selected[1][1], 0.21525, 0.0125),
        ("arm 3 is selected", at_the_end.selected[1][2], 0.77115, 0.0128),
        ("arm 2 is rejected at stage 1", best.rejections_by_stage[0][1], 0.0304, 0.0053),
        ("arm 3 is rejected at stage 1", best.rejections_by_stage[0][2], 0.1232, 0.01),
    ):
        assert estimate is not None
        reference.holds(name, estimate.value, expected, tolerance=tolerance, source=source)


@pytest.mark.validates("design.closed_testing")
def test_power_of_proportions_agrees_with_rpacts_simulation(reference: References) -> None:
    trial = MultiArmTrial(
        outcome=BinaryOutcome(probabilities=(0.3, 0.4, 0.5)), n_control=(50, 50), n_experimental=(50, 50)
    )
    behavior = compute_multi_arm_operating_characteristics(
        _simulate(trial, 20_000), test=INVERSE_NORMAL, selection=SelectAll()
    )
    source = (
        "rpact 3.3.4, getSimulationMultiArmRates(getDesignInverseNormal(kMax = 2, alpha = 0.025, typeOfDesign = 'OF'), "
        "activeArms = 2, effectMatrix = c(0.4, 0.5), piControl = 0.3, plannedSubjects = c(50, 100), intersectionTest = "
        "'Dunnett', typeOfSelection = 'all', successCriterion = 'all', 20,000 trials)"
    )
    for name, estimate, expected in (
        ("at least one rejection", behavior.disjunctive_power, 0.74645),
        ("arm 1 is rejected", behavior.rejections[0], 0.0314 + 0.2749),
        ("arm 2 is rejected", behavior.rejections[1], 0.17625 + 0.56245),
    ):
        assert estimate is not None
        reference.holds(name, estimate.value, expected, tolerance=0.0142, source=source)


@pytest.mark.validates("design.multi_arm")
def test_pre_planned_bounds_do_what_integration_says(reference: References) -> None:
    # The bounds of the integrated design on trials simulated subject by subject, 20,000 of them, seed 7.
    design = compute_multi_arm_design(
        arms=3,
        alpha=0.05,
        power=0.8,
        effect=0.5,
        uninteresting_effect=0.1,
        sd=1.0,
        efficacy=OBrienFleming(),
        futility=GivenBounds(z=(0.2,)),
        experimental_ratios=(1, 2),
    )
    size = design.n_experimental[0]
    for effects in ((0.0, 0.0, 0.0), (0.5, 0.1, 0.1)):
        trial = MultiArmTrial(
            outcome=_normal(0.0, *effects, known=True), n_control=(size, size), n_experimental=(size, size)
        )
        means = np.cumsum(_simulate(trial, 20_000, 7).means, axis=1) / np.array([1.0, 2.0])[:, None]
        z = (means[:, :, 1:] - means[:, :, :1]) / np.sqrt(2 / (size * np.array([1.0, 2.0])))[:, None]
        first = (z[:, 0] >= design.efficacy_bounds[0]).any(axis=1)
        assert design.futility_bounds is not None
        goes_on = (z[:, 0] > design.futility_bounds[0]) & ~first[:, None]
        second = (goes_on & (z[:, 1] >= design.efficacy_bounds[1])).any(axis=1)
        expected = compute_multi_arm_characteristics(design, effects=effects)
        observed = float((first | second).mean())
        error = np.sqrt(observed * (1 - observed) / 20_000)
        reference.holds(
            f"any rejection, effects {effects}",
            expected.disjunctive_power,
            observed,
            tolerance=3 * float(error),
            source="20,000 trials simulated subject by subject, seed 7, three standard errors",
        )
        assert abs(float(goes_on.any(axis=1).mean()) - expected.reached[1]) < 0.011


def test_the_same_trials_come_in_any_number_of_threads_and_are_a_beginning_of_more() -> None:
    trial = MultiArmTrial(outcome=_normal(0, 0.2, 0.4), n_control=(10, 10), n_experimental=(10, 10))
    here = _simulate(trial, 250)
    there = simulate_multi_arm(trial, trials=250, rng=np.random.default_rng(1), execution=Threads(2))
    assert np.array_equal(here.means, there.means)
    fewer = simulate_multi_arm_block(trial, seed=here.seed, block=0, trials=30)
    assert np.array_equal(fewer.means, here.means[:30])
    # A larger trial has the same first subjects: its first stage is the same.
    larger = MultiArmTrial(outcome=_normal(0, 0.2, 0.4), n_control=(10, 30), n_experimental=(10, 30))
    assert np.array_equal(_simulate(larger, 250).means[:, 0], here.means[:, 0])


def test_lower_values_and_missing_outcomes_are_read_as_they_are_told() -> None:
    trial = MultiArmTrial(
        outcome=NormalOutcome(means=(0, -0.6), sds=(1, 1), missing=(0.2, 0.2), better="lower"),
        n_control=(50, 50),
        n_experimental=(50, 50),
    )
    assert trial.effects == (0.6,)
    simulated = _simulate(trial, 1000)
    assert abs(float(simulated.counts.mean()) - 40) < 0.3
    behavior = compute_multi_arm_operating_characteristics(simulated, test=INVERSE_NORMAL, selection=SelectAll())
    power, _ = _value(behavior.conjunctive_power)
    assert power > 0.9
    assert behavior.familywise_error_rate is None


def test_trials_without_any_response_reject_nothing() -> None:
    trial = MultiArmTrial(outcome=BinaryOutcome(probabilities=(0.0, 0.0, 0.0)), n_control=(5, 5), n_experimental=(5, 5))
    behavior = compute_multi_arm_operating_characteristics(
        _simulate(trial, 100), test=INVERSE_NORMAL, selection=SelectBest()
    )
    assert _value(behavior.familywise_error_rate)[0] == 0.0


def test_an_arm_that_is_rejected_leaves_and_thresholds_end_trials() -> None:
    trial = MultiArmTrial(outcome=_normal(0, 2.0, 0.0), n_control=(30, 30), n_experimental=(30, 30))
    simulated = _simulate(trial, 500)
    behavior = compute_multi_arm_operating_characteristics(
        simulated, test=INVERSE_NORMAL, selection=SelectBest(count=2, at_least=0.3)
    )
    assert _value(behavior.rejections_by_stage[0][0])[0] > 0.99
    assert _value(behavior.selected[1][0])[0] < 0.01
    # The other arm goes on if its effect is at least 0.3: standard error 0.26, so about one in eight.
    reached, standard_error = _value(behavior.reached[1])
    assert abs(reached - 0.1226) <= 3 * standard_error + 0.01
    ends = compute_multi_arm_operating_characteristics(
        simulated, test=INVERSE_NORMAL, selection=SelectAll(), ends="first rejection"
    )
    assert _value(ends.reached[1])[0] < 0.01


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": _normal(0)}, r"1 arms; give 2 to 9"),
        ({"n_control": (20,)}, r"n_control has 1 stages and n_experimental 2"),
        ({"n_experimental": (20, 1)}, r"at least 2 subjects"),
    ],
)
def test_a_trial_that_cannot_be_says_why(change: dict[str, Any], message: str) -> None:
    fine: dict[str, Any] = {"outcome": _normal(0, 0), "n_control": (20, 20), "n_experimental": (20, 20)}
    with pytest.raises(DesignError, match=message):
        MultiArmTrial(**{**fine, **change})


def test_rules_and_tests_that_do_not_fit_say_why(null_trials: SimulatedArms) -> None:
    with pytest.raises(DesignError, match=r"count must be a whole number from 1"):
        SelectBest(count=0)
    with pytest.raises(DesignError, match=r"epsilon must be 0 or more"):
        SelectWithin(epsilon=-1)
    three = compute_inverse_normal_test(efficacy=OBrienFleming(), alpha=0.025, looks=3)
    with pytest.raises(DesignError, match=r"test has 3 stages, but the trials have 2"):
        compute_multi_arm_operating_characteristics(null_trials, test=three, selection=SelectBest())
    with pytest.raises(DesignError, match=r"ends must be.*got 'never'"):
        compute_multi_arm_operating_characteristics(
            null_trials,
            test=INVERSE_NORMAL,
            selection=SelectBest(),
            ends="never",  # type: ignore[arg-type]
        )
    with pytest.raises(DesignError, match=r"trials must be at least 1"):
        simulate_multi_arm(null_trials.trial, trials=0, rng=np.random.default_rng(1))

"""Seamless phase 2/3: the error is kept whatever the early outcome tells, and would not be without the closed test."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from tests.validation import References

from trialwright.design.adaptive import (
    FinalSurvival,
    SeamlessTrial,
    SelectAbove,
    SelectAll,
    SelectBest,
    SelectionRule,
    SelectWithin,
    SimulatedSeamless,
    compute_fisher_test,
    compute_inverse_normal_test,
    compute_naive_seamless_rejections,
    compute_seamless_operating_characteristics,
    simulate_seamless,
    simulate_seamless_block,
)
from trialwright.design.adaptive.seamless import _logrank_scores
from trialwright.design.sequential import OBrienFleming
from trialwright.design.simulation import BinaryOutcome, Estimate, NormalOutcome
from trialwright.errors import DesignError
from trialwright.execution import Threads

TESTS = (
    compute_inverse_normal_test(efficacy=None, alpha=0.025, information_fractions=(0.4, 1.0)),
    compute_fisher_test(stages=2, alpha=0.025, method="full level"),
)
RULES: tuple[SelectionRule, ...] = (
    SelectBest(),
    SelectBest(count=2),
    SelectWithin(epsilon=0.1),
    SelectAbove(threshold=0.0),
    SelectAll(),
)


def _normal(*means: float) -> NormalOutcome:
    return NormalOutcome(means=means, sds=(1.0,) * len(means))


def _survival(*hazards: float, dropout: float = 0.005) -> FinalSurvival:
    return FinalSurvival(
        hazards=hazards, accrual_rate=20, followup_stage_1=12, followup_stage_2=12, dropout_hazard=dropout
    )


def _simulate(trial: SeamlessTrial, trials: int = 10_000, seed: int = 1) -> SimulatedSeamless:
    return simulate_seamless(trial, trials=trials, rng=np.random.default_rng(seed))


def _value(estimate: Estimate | None) -> tuple[float, float]:
    assert estimate is not None
    assert estimate.value is not None
    assert estimate.standard_error is not None
    return estimate.value, estimate.standard_error


# 10,000 trials each (4,000 of survival), seed 1, three doses that do nothing for the final outcome. The early outcome
# goes with it closely, and in two cases the doses work on the early outcome: those that seem to work are then chosen.
NULLS = {
    "normal early and final": SeamlessTrial(
        early=_normal(0, 0, 0, 0), final=_normal(0, 0, 0, 0), correlation=0.9, n_stage_1=40, n_stage_2=60
    ),
    "early effects alone": SeamlessTrial(
        early=_normal(0, 0.1, 0.4, 0.5), final=_normal(0, 0, 0, 0), correlation=0.9, n_stage_1=40, n_stage_2=60
    ),
    "binary early, survival final": SeamlessTrial(
        early=BinaryOutcome(probabilities=(0.3, 0.3, 0.35, 0.4)),
        final=_survival(0.06, 0.06, 0.06, 0.06),
        correlation=0.8,
        n_stage_1=40,
        n_stage_2=60,
    ),
    "normal early, survival final": SeamlessTrial(
        early=_normal(0, 0, 0, 0),
        final=_survival(0.06, 0.06, 0.06, 0.06),
        correlation=0.9,
        n_stage_1=40,
        n_stage_2=60,
        n_interim=30,
    ),
}


@pytest.fixture(scope="module")
def simulated() -> dict[str, SimulatedSeamless]:
    return {name: _simulate(trial, 4000 if "survival" in name else 10_000) for name, trial in NULLS.items()}


@pytest.mark.parametrize("name", NULLS)
@pytest.mark.parametrize("intersection", ["joint", "Simes", "Bonferroni"])
def test_the_familywise_error_rate_is_kept_for_each_rule(
    simulated: dict[str, SimulatedSeamless], name: str, intersection: Any
) -> None:
    for rule in RULES:
        for test in TESTS:
            for follows in (True, False):
                behavior = compute_seamless_operating_characteristics(
                    simulated[name],
                    test=test,
                    selection=rule,
                    intersection=intersection,
                    follows_dropped_doses=follows,
                )
                error, standard_error = _value(behavior.familywise_error_rate)
                assert error <= 0.025 + 3 * standard_error


@pytest.mark.parametrize("rule", RULES[:4], ids=lambda rule: type(rule).__name__)
def test_ignoring_the_choice_inflates(simulated: dict[str, SimulatedSeamless], rule: SelectionRule) -> None:
    # All data of the chosen doses at alpha: what assigning them by the time at which they are seen amounts to, since
    # all final outcomes come after the choice.
    for name in ("normal early and final", "normal early, survival final"):
        rejected = compute_naive_seamless_rejections(simulated[name], alpha=0.025, selection=rule)
        # Five standard errors above alpha.
        assert rejected.any(axis=1).mean() > 0.025 + 5 * np.sqrt(0.025 * 0.975 / len(rejected))


def test_the_partial_null_is_kept_beside_a_dose_that_works() -> None:
    trial = SeamlessTrial(
        early=_normal(0, 0.5, 0.4, 0.3),
        final=_survival(0.06, 0.03, 0.06, 0.07),
        correlation=0.7,
        n_stage_1=60,
        n_stage_2=80,
    )
    assert trial.effects == pytest.approx((math.log(2), 0.0, math.log(6 / 7)))
    many = _simulate(trial, 2000, 2)
    for rule in RULES:
        behavior = compute_seamless_operating_characteristics(many, test=TESTS[0], selection=rule)
        error, standard_error = _value(behavior.familywise_error_rate)
        assert error <= 0.025 + 3 * standard_error
        assert _value(behavior.disjunctive_power)[0] > 0.5


@pytest.mark.expensive
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_the_familywise_error_rate_is_kept_in_many_trials(rule: SelectionRule) -> None:
    many = _simulate(NULLS["normal early and final"], 100_000, 3)
    for test in TESTS:
        behavior = compute_seamless_operating_characteristics(many, test=test, selection=rule)
        error, standard_error = _value(behavior.familywise_error_rate)
        assert error <= 0.025 + 3 * standard_error


@pytest.mark.validates("design.seamless")
def test_logrank_statistics_are_those_of_survdiff(reference: References) -> None:
    time = np.array([[6.0, 6.5], [7.2, 10.1], [13.4, 16.3], [22.0, 23.7], [3.1, 32.5]])
    event = np.array([[1, 1], [1, 0], [1, 1], [1, 1], [1, 0]], np.bool_)
    z = _logrank_scores(time[:, :, None], event[:, :, None])

    reference.holds(
        "log-rank statistic of ten subjects",
        float(z[0, 0]) ** 2,
        3.165476775155,
        tolerance=1e-9,
        source=(
            "R 4 survival, survdiff(Surv(c(6, 7.2, 13.4, 22, 3.1, 6.5, 10.1, 16.3, 23.7, 32.5), c(1, 1, 1, 1, 1, 1, 0, "
            "1, 1, 0)) ~ rep(0:1, each = 5))$chisq"
        ),
    )
    assert z[0, 0] > 0


@pytest.mark.validates("design.seamless")
def test_without_a_choice_the_power_is_that_of_a_z_test(reference: References) -> None:
    # One dose, nothing chosen: the inverse normal test with weights as the sizes is the z test of all subjects.
    trial = SeamlessTrial(
        early=_normal(0, 0.3),
        final=NormalOutcome(means=(0, 0.35), sds=(1, 1), known_variance=True),
        correlation=0.5,
        n_stage_1=40,
        n_stage_2=60,
    )
    behavior = compute_seamless_operating_characteristics(_simulate(trial), test=TESTS[0], selection=SelectAll())
    power, standard_error = _value(behavior.disjunctive_power)
    reference.holds(
        "power of 100 in each arm, difference 0.35",
        power,
        0.6967,
        tolerance=3 * standard_error,
        source="by hand: Phi(0.35 * sqrt(50) - 1.95996) = Phi(0.51491) = 0.6967; 10,000 trials, three standard errors",
    )
    assert _value(behavior.expected_total)[0] == 200


def test_outcomes_have_the_correlation_and_the_hazards_that_were_asked_for() -> None:
    trial = SeamlessTrial(
        early=BinaryOutcome(probabilities=(0.3, 0.6)),
        final=_survival(0.06, 0.06),
        correlation=0.8,
        n_stage_1=50,
        n_stage_2=2,
    )
    related = _simulate(trial, 4000)
    assert float(related.early.mean()) == pytest.approx(0.3, abs=0.006)
    # A dose that happens to look good early has a better final outcome, stage by stage of the same subjects.
    assert float(np.corrcoef(related.early[:, 0], related.stage_1[:, 0])[0, 1]) > 0.4
    assert abs(float(np.corrcoef(related.early[:, 0], related.stage_2[:, 0, 0])[0, 1])) < 0.05
    # The log-rank z has mean 0 and variance 1 without effect.
    assert float(related.stage_1.mean()) == pytest.approx(0.0, abs=0.05)
    assert float(related.stage_1.std()) == pytest.approx(1.0, abs=0.04)


def test_a_stage_1_subject_is_never_of_stage_2() -> None:
    # More subjects later, or longer follow-up later, change nothing in stage 1.
    trial = NULLS["normal early, survival final"]
    longer = SeamlessTrial(
        early=trial.early,
        final=FinalSurvival(
            hazards=(0.06,) * 4, accrual_rate=20, followup_stage_1=12, followup_stage_2=48, dropout_hazard=0.005
        ),
        correlation=0.9,
        n_stage_1=40,
        n_stage_2=60,
        n_interim=30,
    )
    one, other = _simulate(trial, 100), _simulate(longer, 100)
    assert np.array_equal(one.stage_1, other.stage_1)
    assert not np.array_equal(one.stage_2, other.stage_2)


def test_trials_are_the_same_in_threads() -> None:
    trial = NULLS["normal early and final"]
    here = _simulate(trial, 250)
    there = simulate_seamless(trial, trials=250, rng=np.random.default_rng(1), execution=Threads(2))
    assert np.array_equal(here.pooled, there.pooled)
    assert np.array_equal(simulate_seamless_block(trial, seed=here.seed, block=0, trials=7).early, here.early[:7])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"correlation": 1.5}, r"correlation must lie between -1 and 1, got 1\.5"),
        ({"final": _normal(0, 0, 0)}, r"early has 2 arms and final 3"),
        ({"n_stage_2": 1}, r"at least 2 subjects.*n_stage_2 = 1"),
        ({"n_interim": 50}, r"n_interim must lie between 1 and n_stage_1 = 40, got 50"),
    ],
)
def test_a_trial_that_cannot_be_says_why(change: dict[str, Any], message: str) -> None:
    fine: dict[str, Any] = {
        "early": _normal(0, 0),
        "final": _normal(0, 0),
        "correlation": 0.5,
        "n_stage_1": 40,
        "n_stage_2": 60,
    }
    with pytest.raises(DesignError, match=message):
        SeamlessTrial(**{**fine, **change})


def test_tests_and_times_that_do_not_fit_say_why(simulated: dict[str, SimulatedSeamless]) -> None:
    with pytest.raises(DesignError, match=r"two stages and tests at the end alone.*efficacy=None"):
        compute_seamless_operating_characteristics(
            simulated["normal early and final"],
            test=compute_inverse_normal_test(efficacy=OBrienFleming(), alpha=0.025, looks=2),
            selection=SelectBest(),
        )
    with pytest.raises(DesignError, match=r"followup_stage_1 must be above 0"):
        FinalSurvival(hazards=(0.1, 0.1), accrual_rate=10, followup_stage_1=0, followup_stage_2=12)
    with pytest.raises(DesignError, match=r"hazards must be above 0"):
        FinalSurvival(hazards=(0.1, 0.0), accrual_rate=10, followup_stage_1=6, followup_stage_2=12)
    with pytest.raises(DesignError, match=r"dropout_hazard must not be negative"):
        _survival(0.1, 0.1, dropout=-1)

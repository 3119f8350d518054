"""Two-arm monitoring of rates: exact characteristics, calibration, probability of success."""

from __future__ import annotations

import numpy as np
import pytest
from tests.validation import References

from trialwright.design.bayesian import (
    TwoArmMonitoring,
    calibrate_two_arm_monitoring,
    compute_superiority_probability,
    compute_two_arm_characteristics,
    compute_two_arm_predictive_probability,
    compute_two_arm_probability_of_success,
    robustify_beta,
)
from trialwright.design.sample_size.priors import BetaPrior

UNIFORM = BetaPrior(a=1, b=1)
RULE = TwoArmMonitoring(
    experimental_prior=UNIFORM,
    control_prior=UNIFORM,
    looks=((10, 10), (20, 20)),
    success_cutoffs=(0.95, 0.95),
    futility_cutoff=0.1,
)
SOURCE = (
    "R 4.2.2: posterior tables by integrate, predictive probabilities from lchoose and lbeta, and a double loop over "
    "the responses of both stages"
)


@pytest.mark.validates("design.bayesian_two_arms")
def test_characteristics_agree_with_enumeration_in_r(reference: References) -> None:
    for rates, expected in (
        ((0.3, 0.3), (0.0739496544233, 0.596618051665, 27.070822268)),
        ((0.6, 0.3), (0.625740185051, 0.120440879256, 29.2476107088)),
    ):
        result = compute_two_arm_characteristics(RULE, rate_experimental=rates[0], rate_control=rates[1])
        for name, actual, value in zip(
            ("success", "futility", "expected n"),
            (result.success, result.futility, result.expected_n),
            expected,
            strict=True,
        ):
            reference.holds(f"{name} at {rates}", actual, value, tolerance=1e-9, source=SOURCE, relative=True)
    reference.holds(
        "predictive probability after 6 of 10 and 3 of 10",
        compute_two_arm_predictive_probability(
            RULE, responses_experimental=6, n_experimental=10, responses_control=3, n_control=10
        ),
        0.51616012595,
        tolerance=1e-10,
        source=SOURCE,
    )


@pytest.mark.validates("design.bayesian_two_arms")
def test_the_probability_of_success_averages_over_both_rates(reference: References) -> None:
    reference.holds(
        "probability of success, beta(6, 4) and beta(3, 7)",
        compute_two_arm_probability_of_success(
            RULE, experimental_prior=BetaPrior(a=6, b=4), control_prior=BetaPrior(a=3, b=7)
        ),
        0.602782134155,
        tolerance=1e-6,
        source=f"{SOURCE}, averaged over both priors by two integrate's (rel.tol 1e-7)",
    )


def test_the_type_one_error_of_an_uncalibrated_rule_is_inflated_and_calibration_cures_it() -> None:
    naive = TwoArmMonitoring(
        experimental_prior=UNIFORM,
        control_prior=UNIFORM,
        looks=((12, 12), (24, 24), (36, 36)),
        success_cutoffs=(0.975,) * 3,
    )
    assert compute_two_arm_characteristics(naive, rate_experimental=0.3, rate_control=0.3).success > 0.045
    calibrated = calibrate_two_arm_monitoring(naive, alpha=0.025)
    assert calibrated.cutoff > 0.985
    assert 0.022 < calibrated.type_one_error <= 0.025
    # Between the rates that were looked at it is hardly higher.
    for rate in (0.113, 0.31, 0.457, calibrated.at_rate + 0.007):
        result = compute_two_arm_characteristics(calibrated.rule, rate_experimental=rate, rate_control=rate)
        assert result.success <= 0.025 + 2e-4
    # A cutoff that is hardly lower would not do.
    looser = calibrate_two_arm_monitoring(naive, alpha=0.0255)
    assert looser.cutoff <= calibrated.cutoff


@pytest.mark.parametrize("rates", [(0.35, 0.35), (0.55, 0.35)])
def test_simulated_trials_do_what_the_enumeration_says(rates: tuple[float, float]) -> None:
    # Independent of the tables: posterior probabilities of the simulated results one by one.
    trials, rng = 4_000, np.random.default_rng(5)
    exact = compute_two_arm_characteristics(
        TwoArmMonitoring(
            experimental_prior=UNIFORM,
            control_prior=BetaPrior(a=2, b=3),
            looks=((12, 8), (24, 16)),
            success_cutoffs=(0.99, 0.95),
            futility_cutoff=0.3,
            futility_rule="posterior",
        ),
        rate_experimental=rates[0],
        rate_control=rates[1],
    )
    first = rng.binomial(12, rates[0], trials), rng.binomial(8, rates[1], trials)
    second = first[0] + rng.binomial(12, rates[0], trials), first[1] + rng.binomial(8, rates[1], trials)
    known: dict[tuple[int, ...], float] = {}

    def posterior(x: int, n: int, y: int, m: int) -> float:
        if (x, n, y, m) not in known:
            known[x, n, y, m] = compute_superiority_probability(
                BetaPrior(a=1 + x, b=1 + n - x), BetaPrior(a=2 + y, b=3 + m - y)
            )
        return known[x, n, y, m]

    success = 0
    for trial in range(trials):
        early = posterior(int(first[0][trial]), 12, int(first[1][trial]), 8)
        late = posterior(int(second[0][trial]), 24, int(second[1][trial]), 16)
        success += early >= 0.99 or (early >= 0.3 and late >= 0.95)
    error = (exact.success * (1 - exact.success) / trials) ** 0.5
    assert abs(success / trials - exact.success) <= 3 * error


def test_borrowing_inflates_the_type_one_error_where_the_control_drifts_and_a_robust_prior_less() -> None:
    def error(control_prior: object) -> float:
        rule = TwoArmMonitoring(
            experimental_prior=UNIFORM,
            control_prior=control_prior,  # type: ignore[arg-type]
            looks=((40, 20),),
            success_cutoffs=(0.975,),
        )
        return compute_two_arm_characteristics(rule, rate_experimental=0.55, rate_control=0.55).success

    history = BetaPrior(a=30, b=70)
    assert error(UNIFORM) < 0.03
    assert error(history) > 0.4
    assert error(robustify_beta(history, vague_weight=0.5)) < 0.15


def test_a_margin_makes_a_non_inferiority_rule() -> None:
    rule = TwoArmMonitoring(
        experimental_prior=UNIFORM,
        control_prior=UNIFORM,
        looks=((60, 60),),
        success_cutoffs=(0.975,),
        margin=-0.15,
    )
    calibrated = calibrate_two_arm_monitoring(rule, alpha=0.025, null_rates=(0.3, 0.5, 0.7, 0.9))
    assert calibrated.type_one_error <= 0.025
    at_margin = compute_two_arm_characteristics(calibrated.rule, rate_experimental=0.55, rate_control=0.7)
    equal = compute_two_arm_characteristics(calibrated.rule, rate_experimental=0.7, rate_control=0.7)
    assert at_margin.success <= 0.025 < 0.3 < equal.success


def test_trials_that_succeed_overestimate() -> None:
    result = compute_two_arm_characteristics(RULE, rate_experimental=0.5, rate_control=0.3)
    assert result.expected_difference is not None
    assert result.expected_difference > 0.3
    assert sum(result.stopping_probabilities) == pytest.approx(1)

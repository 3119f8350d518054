"""Tests of times to an event in the kernel, held to R's survival and mvtnorm on listed subjects."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from tests.validation import References

from trialwright.analysis.methods.time_to_event.logrank import compute_logrank
from trialwright.design.simulation import (
    Accrual,
    Allocation,
    CoxModel,
    FlemingHarrington,
    LogRank,
    Look,
    MaxCombo,
    Milestone,
    ModestWeights,
    PiecewiseRate,
    RestrictedMean,
    StratifiedTimeToEvent,
    SurvivalStratum,
    SurvivalTest,
    TestStatistics,
    TimeToEvent,
    TrialPlan,
    constant_rate,
    simulate_subjects,
    simulate_trials,
)
from trialwright.design.simulation.kernel_inputs import Cohort
from trialwright.design.simulation.maxcombo import bivariate_normal, probability_any_above
from trialwright.design.simulation.testing import run_test
from trialwright.errors import DesignError

# 36 subjects, without ties.
TIME = [
    *(3.6, 24.18, 15.5, 18.98, 11.5, 5.07, 6.2, 15.6, 14.2, 27.95, 21.6, 8.32, 22.4, 29.64, 8.7, 21.45, 9.5, 5.33, 4.7),
    *(31.2, 17.9, 22.1, 4.9, 28.99, 0.8, 8.97, 10.9, 27.56, 1.4, 29.51, 13.3, 18.2, 9.2, 1.69, 10.0, 9.75),
]
STATUS = [1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1]
ARM = [0, 1] * 18
STRATUM = [0, 0, 1, 1, 1, 0] * 6
R = "R 4.2.2, survival 3.5-3, 36 listed subjects (TIME, STATUS, ARM, STRATUM of the test): "

PLAN = TrialPlan(
    accrual=Accrual(subjects=36, rate=constant_rate(1.0)),
    outcome=StratifiedTimeToEvent(
        strata=(
            SurvivalStratum(prevalence=0.5, hazards=(constant_rate(0.1),) * 2),
            SurvivalStratum(prevalence=0.5, hazards=(constant_rate(0.1),) * 2),
        )
    ),
    looks=(Look(time=100.0),),
)


def listed() -> Cohort:
    """The listed subjects, all in at the beginning."""
    row = np.newaxis
    return Cohort(
        entry=np.zeros((1, 36)),
        arm=np.array(ARM)[row],
        stratum=np.array(STRATUM)[row],
        time=np.array(TIME)[row, row],
        is_event=np.array(STATUS)[row, row],
        strata=2,
        arms=2,
    )


def statistics_of(test: SurvivalTest, at: float = 1000.0) -> TestStatistics:
    return run_test(PLAN, test, cohort=listed(), at=np.array([[at]]), observed=np.zeros((1, 1, 1), np.int64))


@pytest.mark.validates("design.simulation")
@pytest.mark.parametrize(
    ("test", "expected", "call"),
    [
        (LogRank(is_stratified=False), 3.10999288155, "survdiff(Surv(time, status) ~ arm)"),
        (LogRank(), 3.19915510889, "survdiff(Surv(time, status) ~ arm + strata(stratum))"),
        (
            LogRank(weights=FlemingHarrington(rho=1.0), is_stratified=False),
            2.80364466614,
            "survdiff(Surv(time, status) ~ arm, rho = 1)",
        ),
        (
            LogRank(weights=FlemingHarrington(rho=0.5), is_stratified=False),
            2.96208732116,
            "survdiff(Surv(time, status) ~ arm, rho = 0.5)",
        ),
        (
            LogRank(weights=FlemingHarrington(rho=1.0)),
            3.04533993725,
            "survdiff(Surv(time, status) ~ arm + strata(stratum), rho = 1)",
        ),
        (CoxModel(is_stratified=False), 1.29889790207 / 0.439922736326, "coxph(Surv(time, status) ~ arm)"),
        (CoxModel(), 1.43221274338 / 0.468823081109, "coxph(Surv(time, status) ~ arm + strata(stratum))"),
        (
            RestrictedMean(horizon=18.0),
            (15.2452962963 - 10.1022222222) / math.hypot(1.31993311549, 1.16620661516),
            "summary(survfit(Surv(time, status) ~ arm), rmean = 18), difference over its standard error",
        ),
        (
            RestrictedMean(horizon=6.5),
            (6.23277777778 - 5.53333333333) / math.hypot(0.415665463778, 0.259693320502),
            "summary(survfit(Surv(time, status) ~ arm), rmean = 6.5), difference over its standard error",
        ),
        (
            Milestone(time=12.0),
            (0.755555555556 - 0.333333333333) / math.hypot(0.111111111111, 0.106676954236),
            "summary(survfit(Surv(time, status) ~ arm), times = 12), difference over its standard error",
        ),
    ],
)
def test_statistics_are_those_of_r(test: SurvivalTest, expected: float, call: str, reference: References) -> None:
    z = float(statistics_of(test).z[0, 0, 0])
    reference.holds(f"z of {test}", z, expected, tolerance=2e-10, relative=True, source=R + call)


@pytest.mark.validates("design.simulation")
@pytest.mark.parametrize(
    ("test", "estimate", "error", "call"),
    [
        (LogRank(is_stratified=False), -1.35340545092, 0.435179597659, "survdiff: (obs - exp) / var; 1 / sqrt(var)"),
        (CoxModel(is_stratified=False), -1.29889790207, 0.439922736326, "coxph(Surv(time, status) ~ arm)"),
        (CoxModel(), -1.43221274338, 0.468823081109, "coxph(Surv(time, status) ~ arm + strata(stratum))"),
    ],
)
def test_hazard_ratios_are_those_of_r(
    test: SurvivalTest, estimate: float, error: float, call: str, reference: References
) -> None:
    found = statistics_of(test)
    reference.holds(f"log HR of {test}", found.estimate[0, 0, 0], estimate, tolerance=2e-10, source=R + call)
    reference.holds(f"its se, {test}", found.standard_error[0, 0, 0], error, tolerance=2e-10, source=R + call)


@pytest.mark.validates("design.simulation")
@pytest.mark.parametrize(
    ("limit", "two", "three", "four"),
    [
        (0.5, 0.398514636523, 0.523953762031, 0.471970838433),
        (1.96, 0.0390258717008, 0.058847048532, 0.053045031361),
        (3.5, 0.000415815717092, 0.000640614645571, 0.000638298800242),
    ],
)
def test_the_largest_of_normals_is_that_of_mvtnorm(
    limit: float, two: float, three: float, four: float, reference: References
) -> None:
    correlation = np.array([[1, 0.8, 0.3], [0.8, 1, 0.5], [0.3, 0.5, 1]])
    more = np.array([[1, 0.86, 0.86, 0.95], [0.86, 1, 0.5, 0.85], [0.86, 0.5, 1, 0.8], [0.95, 0.85, 0.8, 1]])
    source = "R 4.2.2, mvtnorm 1.1-3: 1 - pmvnorm(upper, corr), TVPACK (2 and 3), Miwa with 4096 steps (4)"
    for matrix, expected in ((correlation[:2, :2], two), (correlation, three), (more, four)):
        found = float(probability_any_above(np.array([limit]), matrix[None])[0])
        quantity = f"P(largest of {len(matrix)} normals above {limit})"
        reference.holds(quantity, found, expected, tolerance=2e-4, relative=True, source=source)


def test_normals_may_depend_on_each_other_entirely() -> None:
    # Weights S and 1 - S sum to 1: the third statistic is a combination of the two others. By simulation.
    rng = np.random.default_rng(1)
    first, second = rng.standard_normal((2, 2_000_000))
    third = 0.6 * first + 0.8 * second
    correlation = np.array([[1, 0, 0.6], [0, 1, 0.8], [0.6, 0.8, 1]])
    for limit in (0.0, 1.0, 2.0):
        expected = float(((first > limit) | (second > limit) | (third > limit)).mean())
        found = float(probability_any_above(np.array([limit]), correlation[None])[0])
        assert found == pytest.approx(expected, abs=3 * math.sqrt(expected * (1 - expected) / 2e6))
    same = np.ones((1, 3, 3))
    assert probability_any_above(np.array([1.96]), same)[0] == pytest.approx(0.0249978951, rel=1e-7)
    assert bivariate_normal(np.array([1.0]), np.array([-0.5]), np.array([-1.0]))[0] == pytest.approx(0.1498822848)


def test_max_combo_is_the_p_value_of_its_largest() -> None:
    weights = (FlemingHarrington(), FlemingHarrington(gamma=1.0), FlemingHarrington(rho=1.0))
    statistics = [float(statistics_of(LogRank(weights=one)).z[0, 0, 0]) for one in weights]
    found = float(statistics_of(MaxCombo(weights=weights)).z[0, 0, 0])
    # Below the largest, above what Bonferroni's correction of it leaves.
    assert found < max(statistics)
    assert math.erfc(found / math.sqrt(2)) < 3 * math.erfc(max(statistics) / math.sqrt(2))
    # Two of the same size by themselves; the weights 1 / 2 of each kind of the same events have correlation 1.
    early = statistics_of(MaxCombo(weights=weights[:2]), at=1.0).z[0, 0, 0]
    assert math.isnan(early)


def test_there_is_no_statistic_before_the_horizon_nor_without_events() -> None:
    for test in (RestrictedMean(horizon=22.5), Milestone(time=22.5)):
        # The control's last subject has the event at 22.4: its curve is 0 from there on.
        assert math.isfinite(statistics_of(test).z[0, 0, 0])
    # After the last event of both there is nothing left to compare but what has been.
    assert math.isfinite(statistics_of(RestrictedMean(horizon=31.3)).z[0, 0, 0])
    assert math.isnan(statistics_of(Milestone(time=31.3)).z[0, 0, 0])
    for test in (RestrictedMean(horizon=12.0), Milestone(time=12.0)):
        assert math.isnan(statistics_of(test, at=11.9).z[0, 0, 0])
        assert math.isfinite(statistics_of(test, at=12.0).z[0, 0, 0])
    # One event alone, in the control: no estimate of the hazard ratio is finite.
    assert math.isnan(statistics_of(CoxModel(), at=1.0).z[0, 0, 0])
    assert math.isnan(statistics_of(LogRank(), at=0.5).z[0, 0, 0])


def arms_of_three(weights: FlemingHarrington | ModestWeights) -> TrialPlan:
    control = PiecewiseRate(rates=(0.08, 0.05), changes=(6.0,))
    return TrialPlan(
        accrual=Accrual(subjects=240, rate=PiecewiseRate(rates=(10.0, 25.0), changes=(4.0,))),
        allocation=Allocation(weights=(2, 1, 1), blocks_of=2),
        outcome=TimeToEvent(
            hazards=(control, PiecewiseRate(rates=(0.08, 0.06, 0.03), changes=(3.0, 6.0)), constant_rate(0.05)),
            dropout_hazards=(constant_rate(0.01), PiecewiseRate(rates=(0.02, 0.0), changes=(5.0,)), constant_rate(0.0)),
            maximum_followup=24.0,
            weights=weights,
        ),
        looks=(Look(observed=40), Look(time=14.0), Look(observed=110), Look(observed=130)),
    )


@pytest.mark.parametrize(
    "weights", [FlemingHarrington(), FlemingHarrington(rho=0.5, gamma=2.0), ModestWeights(until=5.0)]
)
def test_further_tests_leave_the_trials_as_they_are(weights: FlemingHarrington | ModestWeights) -> None:
    plan = arms_of_three(weights)
    fast = simulate_trials(plan, trials=105, rng=np.random.default_rng(11))
    both = simulate_trials(replace(plan, tests=(LogRank(weights=weights),)), trials=105, rng=np.random.default_rng(11))
    for name in ("observed", "subjects", "time", "is_short"):
        assert np.array_equal(getattr(fast, name), getattr(both, name))
    for name in ("z", "estimate", "followup"):
        assert np.allclose(getattr(fast, name), getattr(both, name), rtol=1e-11, atol=1e-11, equal_nan=True)
    again = both.tested_by(0)
    assert np.array_equal(again.z, both.z, equal_nan=True)
    assert np.array_equal(again.observed, both.observed)


def test_tests_of_a_stratified_trial_are_those_of_its_subjects() -> None:
    outcome = StratifiedTimeToEvent(
        strata=(
            SurvivalStratum(prevalence=0.3, hazards=(constant_rate(0.15), constant_rate(0.09))),
            SurvivalStratum(
                prevalence=0.7,
                hazards=(constant_rate(0.05), constant_rate(0.04)),
                dropout_hazards=(constant_rate(0.02),) * 2,
            ),
        )
    )
    plan = TrialPlan(
        accrual=Accrual(subjects=150, rate=constant_rate(10.0)),
        outcome=outcome,
        looks=(Look(observed=40), Look(observed=90)),
        tests=(LogRank(is_stratified=False),),
    )
    simulated = simulate_trials(plan, trials=102, rng=np.random.default_rng(4))
    for trial in (0, 101):
        subjects = simulate_subjects(plan, seed=simulated.seed, trial=trial)
        for look in range(2):
            data = subjects.at(float(simulated.time[trial, look]))
            assert simulated.observed[trial, look] == data.is_event.sum()
            stratified, together = (
                compute_logrank(data.time, data.is_event, data.arm, strata, 2)
                for strata in (data.stratum, np.zeros_like(data.stratum))
            )
            assert simulated.z[trial, look, 0] == pytest.approx(-(stratified.z(1) or math.nan), abs=1e-10)
            assert simulated.tests[0].z[trial, look, 0] == pytest.approx(-(together.z(1) or math.nan), abs=1e-10)


def test_tests_that_cannot_be_are_refused() -> None:
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: MaxCombo(weights=(FlemingHarrington(),)), "2 to 4 different"),
        (lambda: MaxCombo(weights=(FlemingHarrington(), FlemingHarrington())), "2 to 4 different"),
        (lambda: RestrictedMean(horizon=0.0), "horizon must be above 0"),
        (lambda: Milestone(time=math.inf), "time must be above 0, got inf"),
        (lambda: replace(arms_of_three(FlemingHarrington()), tests=(Milestone(time=30.0),)), "followed after 24"),
        (lambda: replace(PLAN, tests=(CoxModel(endpoint="overall_survival"),)), "has one endpoint"),
        (lambda: simulate_trials(PLAN, trials=1, rng=np.random.default_rng(1)).tested_by(0), "0 further tests"),
    ]
    for make, message in refused:
        with pytest.raises(DesignError, match=message):
            make()

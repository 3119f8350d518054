"""Ordered categories, counts and repeated measures: statistics held to R's, level and power to what was computed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.validation import References

from trialwright.design.sample_size import (
    Exposure,
    Superiority,
    compute_power_mmrm,
    compute_power_negative_binomial,
    compute_power_ordinal,
)
from trialwright.design.simulation import (
    Accrual,
    Allocation,
    Boundaries,
    CountOutcome,
    Look,
    MaxCombo,
    OrdinalOutcome,
    OtherOutcome,
    RepeatedMeasures,
    TrialPlan,
    compute_operating_characteristics,
    constant_rate,
    simulate_subjects,
    simulate_trials,
)
from trialwright.design.simulation.other_statistics import (
    difference_at_last_visit,
    dispersion_of,
    log_rate_ratio,
    net_benefit,
)
from trialwright.errors import DesignError
from trialwright.execution import Threads

CRITICAL = float(stats.norm.isf(0.025))
# Proportional odds: 1.75 times those of each category or a higher one.
CATEGORIES = OrdinalOutcome(
    probabilities=((0.2, 0.3, 0.3, 0.2), (0.125, 0.875 - 7 / 11, 7 / 11 - 7 / 23, 7 / 23)), delay=2.0
)
COUNTS = CountOutcome(rates=(1.2, 0.8), dispersion=0.6, followup=1.0, missing=(0.1, 0.05))
VISITS = RepeatedMeasures(
    visits=(4.0, 8.0, 12.0),
    means=((0.0, -1.0, -1.5), (-0.4, -1.8, -2.8)),
    sds=(3.0, 3.5, 4.0),
    correlation=((1.0, 0.6, 0.36), (0.6, 1.0, 0.6), (0.36, 0.6, 1.0)),
    retention=((0.95, 0.85, 0.8), (0.9, 0.85, 0.7)),
    better="lower",
)


def plan_of(outcome: OtherOutcome, *looks: Look, subjects: int = 200) -> TrialPlan:
    accrual = Accrual(subjects=subjects, rate=constant_rate(20.0))
    return TrialPlan(accrual=accrual, outcome=outcome, looks=looks or (Look(time=100.0),))


@pytest.mark.validates("design.simulation")
def test_net_benefit_is_wilcoxons_of_r(reference: References) -> None:
    z, benefit = net_benefit(np.array([[[[8, 12, 6, 4], [3, 9, 11, 10]]]]))
    source = (
        "R 4.2.2: wilcox.test(x[g == 1], x[g == 0], exact = FALSE, correct = FALSE), "
        "x = c(rep(1:4, c(8, 12, 6, 4)), rep(1:4, c(3, 9, 11, 10)))"
    )
    reference.holds("z of ordered categories", z[0, 0, 0], 2.51534158452, tolerance=1e-10, source=source)
    reference.holds(
        "their net benefit, from W = 671", benefit[0, 0, 0], 2 * 671 / 990 - 1, tolerance=1e-12, source=source
    )


@pytest.mark.validates("design.simulation")
def test_counts_are_those_of_glm_nb(reference: References) -> None:
    control = [0, 0, 1, 1, 2, 2, 3, 4, 5, 7, 9, 0, 1, 2, 0, 3]
    experimental = [0, 0, 0, 1, 1, 1, 2, 3, 0, 0, 4, 1, 0, 2, 6, 0, 1]
    counts = np.array([[[np.bincount(control, minlength=10), np.bincount(experimental, minlength=10)]]])
    means = np.array([[[np.mean(control), np.mean(experimental)]]])
    source = "R 4.2.2, MASS 7.3-58.2: glm.nb(y ~ arm), the counts of the test"
    z, estimate = log_rate_ratio(counts)
    k = float(dispersion_of(counts, means)[0, 0])
    reference.holds("dispersion", k, 1 / 1.28357953929, tolerance=1e-8, source=source)
    reference.holds("logarithm of the rate ratio", estimate[0, 0, 0], -0.658461622572, tolerance=1e-10, source=source)
    reference.holds("its z", z[0, 0, 0], -0.658461622572 / 0.406170194738, tolerance=1e-8, source=source)


@pytest.mark.validates("design.simulation")
def test_repeated_measures_are_those_of_gls(reference: References) -> None:
    nan = math.nan
    first = [
        *(1.11, -0.2, 4.19, 1.81, -1.4, 2.15, -1.45, -1.11, -2.18, -0.22, -0.28, 0.54, 1.79, 2.71, 1.37, 1.08, 0.42),
        *(3.27, -1.1, 0.35, 0.49, -1.84, -0.67, -1.49, -1.08, -0.64, -0.19, -2.42, 0.92, 1.65),
    ]
    second = [
        *(3.5, -1.44, 3.76, nan, -1.42, 3.18, 3.68, nan, 2.62, nan, -1.03, 3.44, 2.64, 2.06, 2.57, 2.19, 1.23, nan),
        *(0.4, 2.76, -1.06, nan, nan, 0.55, -1.06, 2.95, -3.63, -0.49, 2.25, 3.79),
    ]
    third = [
        *(2.4, 0.19, 1.18, nan, -2.74, 2.9, 2.84, nan, 3.81, nan, -1.79, 5.26, nan, 1.32, nan, nan, nan, nan, nan),
        *(3.41, -0.82, nan, nan, 2.75, 1.18, nan, 0.11, 0.74, 3.07, 4.02),
    ]
    values = np.array([first, second, third]).T[None]
    arm = np.array([[0, 1] * 15])
    z, estimate = difference_at_last_visit(np.nan_to_num(values), ~np.isnan(values)[:, None], arm, 2)
    source = (
        "R 4.2.2, nlme 3.1-162: gls(y ~ visit * arm, corSymm(~ visit | id), varIdent(~ 1 | visit), method = 'ML'), "
        "the 30 subjects of the test; standard error 0.8158 by method = 'REML'"
    )
    reference.holds("difference at the third visit", estimate[0, 0, 0], 1.64663892553, tolerance=1e-6, source=source)
    # The standard error of gls does not count that covariances are estimated, and so is smaller: by a few per cent.
    t = -stats.t.ppf(stats.norm.sf(float(z[0, 0, 0])), df=17 - 4)
    assert 0.8158 < 1.64663892553 / t < 0.8158 * 1.08


def test_complete_repeated_measures_are_compared_by_the_last_visit_alone() -> None:
    rng = np.random.default_rng(2)
    values, arm = rng.normal(size=(5, 40, 3)) + 1e6, np.tile([0, 1], (5, 20))
    _, estimate = difference_at_last_visit(values, np.ones((5, 1, 40, 3), np.bool_), arm, 2)
    for trial in range(5):
        last = values[trial, :, 2]
        difference = last[arm[trial] == 1].mean() - last[arm[trial] == 0].mean()
        assert estimate[trial, 0, 0] == pytest.approx(difference, abs=1e-8)


@pytest.mark.parametrize("outcome", [CATEGORIES, COUNTS, VISITS])
def test_level_and_power_are_what_was_computed(outcome: OtherOutcome) -> None:
    match outcome:
        case OrdinalOutcome():
            null: OtherOutcome = replace(outcome, probabilities=(outcome.probabilities[0],) * 2)
            # The best category is the first there: the control's are the same both ways.
            expected = compute_power_ordinal(
                proportions_control=(0.2, 0.3, 0.3, 0.2),
                odds_ratio=1.75,
                n_experimental=100,
                n_control=100,
                alpha=0.025,
                sided=1,
            )
        case CountOutcome():
            null = replace(outcome, rates=(1.2, 1.2))
            expected = compute_power_negative_binomial(
                rate_experimental=0.8,
                rate_control=1.2,
                dispersion=0.6,
                n_experimental=95,
                n_control=90,
                exposure=Exposure(followup=1.0),
                alpha=0.025,
                sided=1,
                null_variance="unrestricted",
                hypothesis=Superiority(higher_is_better=False),
            )
        case RepeatedMeasures():
            null = replace(outcome, means=(outcome.means[0],) * 2)
            expected = compute_power_mmrm(
                difference=1.3,
                sd=4.0,
                correlation=outcome.correlation,
                retention=outcome.retention[1],
                retention_control=outcome.retention[0],
                n_experimental=100,
                n_control=100,
                alpha=0.025,
                sided=1,
            )
    bounds = Boundaries(efficacy=(CRITICAL,))
    level = compute_operating_characteristics(
        simulate_trials(plan_of(null), trials=3_000, rng=np.random.default_rng(61)), bounds
    ).power
    power = compute_operating_characteristics(
        simulate_trials(plan_of(outcome), trials=1_500, rng=np.random.default_rng(62)), bounds
    ).power
    # Wald's test of counts is a little liberal.
    assert abs((level.value or 0.0) - 0.025) <= 3 * math.sqrt(0.025 * 0.975 / 3_000) + 0.002
    assert abs((power.value or 0.0) - float(expected)) <= 3 * (power.standard_error or 0.0) + 0.015


@pytest.mark.parametrize("outcome", [CATEGORIES, COUNTS, VISITS])
def test_looks_wait_for_outcomes_and_trials_are_the_same_everywhere(outcome: OtherOutcome) -> None:
    three = replace(
        plan_of(outcome, Look(observed=60), Look(time=9.0), Look(observed=120)), allocation=Allocation(weights=(2, 1))
    )
    here = simulate_trials(three, trials=130, rng=np.random.default_rng(63))
    there = simulate_trials(three, trials=130, rng=np.random.default_rng(63), execution=Threads(2))
    assert here.z.tobytes() == there.z.tobytes()
    assert np.all(here.observed[:, 0] == 60)
    assert np.all(here.observed[:, 2] >= 120)
    few = simulate_trials(three, trials=20, rng=np.random.default_rng(63))
    assert np.array_equal(few.z, here.z[:20], equal_nan=True)
    assert np.all(here.time[:, 0] >= outcome.delay)
    assert np.isfinite(here.z).all()
    # Effects are estimated without bias, up to Monte Carlo error and that of logarithms of means.
    effect = {OrdinalOutcome: 0.1715, CountOutcome: math.log(0.8 / 1.2), RepeatedMeasures: -1.3}[type(outcome)]
    last = here.estimate[:, 2, 0]
    assert abs(last.mean() - effect) <= 3.5 * last.std(ddof=1) / math.sqrt(130)


def test_looks_too_early_have_no_statistic() -> None:
    for outcome in (CATEGORIES, COUNTS, VISITS):
        early = simulate_trials(plan_of(outcome, Look(time=0.01)), trials=10, rng=np.random.default_rng(1))
        assert np.isnan(early.z).all()


def test_what_cannot_be_is_refused() -> None:
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: replace(CATEGORIES, probabilities=((0.5, 0.5), (0.5, 0.25, 0.25))), "same two or more categories"),
        (lambda: replace(CATEGORIES, probabilities=((0.5, 0.4), (0.5, 0.5))), r"sum to 0\.9"),
        (lambda: replace(CATEGORIES, delay=-1.0), "delay must not be negative"),
        (lambda: replace(COUNTS, rates=(1.0, 0.0)), "rates must be above 0"),
        (lambda: replace(COUNTS, dispersion=-0.1), "dispersion must not be negative"),
        (lambda: replace(COUNTS, followup=0.0), "followup must be above 0"),
        (lambda: plan_of(replace(COUNTS, missing=(0.1,))), "missing has 1 values for 2 arms"),
        (lambda: replace(VISITS, visits=(8.0, 4.0, 12.0)), "times from 0 that increase"),
        (lambda: replace(VISITS, sds=(1.0, 2.0)), "3 visits, but"),
        (lambda: replace(VISITS, sds=(1.0, 2.0, 0.0)), "sds must be above 0"),
        (lambda: replace(VISITS, retention=((0.9, 0.95, 0.8),) * 2), "never rise"),
        (
            lambda: replace(VISITS, correlation=((1.0, 0.9, -0.9), (0.9, 1.0, 0.9), (-0.9, 0.9, 1.0))),
            "no correlation matrix",
        ),
        (lambda: plan_of(VISITS, Look(observed=180)), "180 subjects with an outcome, but of 200 subjects only 150"),
        (lambda: replace(plan_of(COUNTS), tests=(MaxCombo(),)), "are of times to an event"),
        (lambda: simulate_subjects(plan_of(COUNTS), seed=1, trial=0), "CountOutcome; only times to an event"),
    ]
    for make, message in refused:
        with pytest.raises(DesignError, match=message):
            make()

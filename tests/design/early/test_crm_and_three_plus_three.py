"""The continual reassessment method and 3+3 against programs, quadrature and theory."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from tests.validation import References

from trialwright.design.early import (
    CrmModel,
    compute_crm_posterior,
    compute_skeleton,
    compute_three_plus_three,
    compute_tite_weights,
    decide_crm,
    simulate_crm,
    simulate_three_plus_three,
    three_plus_three_rows,
)
from trialwright.errors import DesignError

Cases = Callable[[str], Mapping[str, Any]]
SKELETON = (0.05, 0.1, 0.25, 0.4, 0.6)


@pytest.mark.validates("design.crm")
def test_skeleton_agrees_with_dfcrm(design_cases: Cases, reference: References) -> None:
    case = design_cases("crm.getprior")
    inputs = case["inputs"]
    skeleton = compute_skeleton(
        target=inputs["target"], half_width=inputs["halfwidth"], prior_level=inputs["nu"], levels=inputs["levels"]
    )

    for level, (actual, expected) in enumerate(zip(skeleton, case["expected"]["skeleton"], strict=True), start=1):
        reference.holds(
            f"skeleton of level {level}, {case['call']}",
            actual,
            expected,
            tolerance=1e-12,
            source=f"{case['peer']} {case['peer_version']}",
        )


@pytest.mark.parametrize("form", ["power", "logistic"])
def test_neighbors_of_a_skeleton_meet_at_the_ends_of_the_indifference_interval(form: Any) -> None:
    # Lee and Cheung 2009: at the parameter where level k has target + half_width, level k - 1 has target - half_width.
    skeleton = compute_skeleton(target=0.25, half_width=0.05, prior_level=3, levels=6, model=form)
    model = CrmModel(skeleton=skeleton, target=0.25, model=form)

    assert skeleton[2] == pytest.approx(0.25, rel=1e-12)
    for level in range(1, 6):
        if form == "power":
            parameter = math.log(math.log(0.3) / math.log(skeleton[level]))
        else:
            parameter = math.log((math.log(0.3 / 0.7) - 3) / (math.log(skeleton[level] / (1 - skeleton[level])) - 3))
        at_boundary = model.toxicity(np.asarray(parameter))
        assert at_boundary[level] == pytest.approx(0.3, rel=1e-9)
        assert at_boundary[level - 1] == pytest.approx(0.2, rel=1e-9)


@pytest.mark.validates("design.crm")
@pytest.mark.parametrize("form", ["power", "logistic"])
def test_posterior_agrees_with_adaptive_quadrature(form: Any, reference: References) -> None:
    model = CrmModel(skeleton=SKELETON, target=0.25, model=form)
    levels, has_dlt, weights = (1, 1, 1, 2, 2, 2, 3), (0, 0, 0, 0, 1, 0, 0), (1, 1, 1, 1, 1, 0.6, 0.3)

    def likelihood(b: float) -> float:
        product = math.exp(-(b**2) / (2 * 1.34))
        for level, toxic, weight in zip(levels, has_dlt, weights, strict=True):
            s = SKELETON[level - 1]
            logistic = float(expit(3 + math.exp(b) * (math.log(s / (1 - s)) - 3)))
            p = s ** math.exp(b) if form == "power" else logistic
            product *= weight * p if toxic else 1 - weight * p
        return product

    def integral(function: Callable[[float], float], upper: float = 6.0) -> float:
        return float(quad(function, -8, upper, epsabs=1e-13, epsrel=1e-9, limit=400)[0])

    total = integral(likelihood)
    mean = integral(lambda b: b * likelihood(b)) / total
    variance = integral(lambda b: (b - mean) ** 2 * likelihood(b)) / total
    found = compute_crm_posterior(model, levels=levels, has_dlt=[bool(y) for y in has_dlt], weights=weights)

    source = "adaptive Gauss-Kronrod quadrature (scipy.integrate.quad) of the likelihood written out in the test"
    reference.holds(f"mean, {form}", found.parameter_mean, mean, tolerance=1e-9, source=source)
    reference.holds(f"variance, {form}", found.parameter_variance, variance, tolerance=1e-9, source=source)
    if form == "power":
        crossing = math.log(math.log(0.25) / math.log(0.1))
        below = integral(likelihood, crossing) / total
        reference.holds(f"P(level 2 > target), {form}", found.too_toxic[1], below, tolerance=1e-5, source=source)


def test_recommended_level_is_that_of_the_escalation_package() -> None:
    # R package escalation, manual page of get_dfcrm (dfcrm 0.2-2.1): skeleton 0.05, 0.1, 0.25, 0.4, 0.6, target 0.25,
    # outcomes '1NNN 2NTN', empiric model with its default prior: recommended_dose() is 2.
    model = CrmModel(skeleton=SKELETON, target=0.25)
    dlts = (False, False, False, False, True, False)
    decision = decide_crm(model, levels=(1, 1, 1, 2, 2, 2), has_dlt=dlts)

    assert decision.posterior.level == 2
    assert (decision.level, decision.action) == (2, "stay")


def test_without_data_the_posterior_is_the_prior() -> None:
    posterior = compute_crm_posterior(CrmModel(skeleton=SKELETON, target=0.25), levels=(), has_dlt=())

    assert posterior.toxicity == pytest.approx(SKELETON, rel=1e-12)
    assert posterior.parameter_variance == pytest.approx(1.34, rel=1e-9)
    assert posterior.level == 3
    assert posterior.too_toxic[2] == pytest.approx(0.5, abs=1e-9)


def test_levels_are_not_skipped_and_toxicity_stops_the_trial() -> None:
    model = CrmModel(skeleton=SKELETON, target=0.25)

    up = decide_crm(model, levels=(1,) * 3, has_dlt=(False,) * 3)
    assert up.posterior.level > 2
    assert (up.level, up.action) == (2, "escalate")
    assert "not skipped" in up.reason

    down = decide_crm(model, levels=(1, 1, 1, 2, 2, 2), has_dlt=(False, False, False, True, True, True))
    assert (down.level, down.action) == (1, "de-escalate")

    stop = decide_crm(model, levels=(1,) * 6, has_dlt=(True,) * 6)
    assert (stop.level, stop.action) == (None, "stop for toxicity")

    found = decide_crm(model, levels=(1, 2, 2, 2), has_dlt=(False, False, True, False), stop_at_n=3)
    assert (found.level, found.action) == (2, "stop, dose found")


def test_weights_of_incomplete_followup() -> None:
    # Cheung and Chappell 2000: u / T for a subject without DLT after u of T, 1 with a DLT or after T.
    assert compute_tite_weights(followup=(15, 90, 60, 120), has_dlt=(False, False, True, False), window=60) == (
        0.25,
        1.0,
        1.0,
        1.0,
    )


@pytest.mark.validates("design.crm")
def test_simulated_first_cohort_agrees_with_theory(reference: References) -> None:
    # One cohort of three at level 1 with DLT probability 0.3: the level after it depends on the DLTs alone. No level
    # is selected that was not tried, so level 1 is, unless all three have a DLT and the trial stops.
    model = CrmModel(skeleton=SKELETON, target=0.25)
    stops = [
        decide_crm(model, levels=(1,) * 3, has_dlt=[i < y for i in range(3)], stopping_confidence=0.9).level is None
        for y in range(4)
    ]
    exact = sum(math.comb(3, y) * 0.3**y * 0.7 ** (3 - y) for y in range(4) if stops[y])
    found = simulate_crm(
        model,
        toxicities=(0.3, 0.4, 0.5, 0.6, 0.7),
        cohorts=1,
        cohort_size=3,
        rng=np.random.default_rng(11),
        trials=100_000,
        stopping_confidence=0.9,
    )

    assert 0 < exact < 0.5
    reference.holds(
        "P(stop after the first cohort), 100,000 trials, seed 11",
        found.none_selected,
        exact,
        tolerance=3.5 * (exact * (1 - exact) / 100_000) ** 0.5,
        source="binomial distribution of DLTs among the first three",
    )


def test_simulated_trials_settle_at_the_target() -> None:
    skeleton = compute_skeleton(target=0.25, half_width=0.05, prior_level=3, levels=5)
    found = simulate_crm(
        CrmModel(skeleton=skeleton, target=0.25),
        toxicities=(0.02, 0.06, 0.25, 0.55, 0.7),
        cohorts=20,
        cohort_size=3,
        rng=np.random.default_rng(1),
        trials=2000,
    )
    assert found.selection[2] > 0.85
    assert sum(found.selection) + found.none_selected == pytest.approx(1)


def test_crm_requests_that_cannot_be_are_refused() -> None:
    with pytest.raises(DesignError, match="must rise strictly"):
        CrmModel(skeleton=(0.1, 0.1, 0.3), target=0.25)
    with pytest.raises(DesignError, match="prior_level must lie between 1 and 5"):
        compute_skeleton(target=0.25, half_width=0.05, prior_level=6, levels=5)
    with pytest.raises(DesignError, match=r"half_width 0\.3 makes the interval"):
        compute_skeleton(target=0.25, half_width=0.3, prior_level=2, levels=5)
    with pytest.raises(DesignError, match="levels must lie between 1 and 5"):
        compute_crm_posterior(CrmModel(skeleton=SKELETON, target=0.25), levels=(6,), has_dlt=(False,))
    with pytest.raises(DesignError, match="toxicities has 2 levels, but the skeleton has 5"):
        simulate_crm(
            CrmModel(skeleton=SKELETON, target=0.25),
            toxicities=(0.1, 0.2),
            cohorts=2,
            cohort_size=3,
            rng=np.random.default_rng(1),
        )


def test_three_plus_three_by_hand() -> None:
    # One level with DLT probability 1/2: passes with 0 of 3 (1/8) or 1 of 3 and then 0 of 3 (3/8 * 1/8).
    exact = compute_three_plus_three(toxicities=(0.5,), has_deescalation=False)
    assert exact.selection == pytest.approx((1 / 8 + 3 / 64,), rel=1e-12)
    assert exact.expected_n == pytest.approx((3 + 3 * 3 / 8,), rel=1e-12)

    # With six subjects at the maximum tolerated dose, 0 of 3 must be followed by at most 1 of 3 (1/2).
    exact = compute_three_plus_three(toxicities=(0.5,), has_deescalation=True)
    assert exact.selection == pytest.approx((1 / 16 + 3 / 64,), rel=1e-12)


@pytest.mark.validates("design.three_plus_three")
@pytest.mark.parametrize("has_deescalation", [False, True])
def test_three_plus_three_simulation_agrees_with_the_exact_figures(
    has_deescalation: bool, reference: References
) -> None:
    truth, trials = (0.05, 0.15, 0.3, 0.45), 100_000
    exact = compute_three_plus_three(toxicities=truth, has_deescalation=has_deescalation)
    found = simulate_three_plus_three(
        toxicities=truth, has_deescalation=has_deescalation, rng=np.random.default_rng(2), trials=trials
    )

    assert sum(exact.selection) + exact.none_selected == pytest.approx(1, rel=1e-12)
    for level, (p, simulated) in enumerate(zip(exact.selection, found.selection, strict=True), start=1):
        reference.holds(
            f"selection of level {level}, toxicities {truth}, de-escalation {has_deescalation}, {trials} trials",
            p,
            simulated,
            tolerance=3.5 * (p * (1 - p) / trials) ** 0.5,
            source="simulation subject by subject of the rule; 3.5 Monte Carlo errors are allowed",
        )
    assert exact.expected_n == pytest.approx(found.expected_n, abs=0.03)
    assert exact.expected_dlts == pytest.approx(found.expected_dlts, abs=0.02)


def test_three_plus_three_rows_can_be_shown() -> None:
    rows = three_plus_three_rows(has_deescalation=True)
    assert [(row.n, row.dlts) for row in rows] == [
        (3, "0"),
        (3, "1"),
        (3, "2 or 3"),
        (6, "1 or fewer"),
        (6, "2 or more"),
    ]


def test_three_plus_three_refuses_falling_toxicities() -> None:
    with pytest.raises(DesignError, match="falls from"):
        compute_three_plus_three(toxicities=(0.4, 0.2), has_deescalation=False)

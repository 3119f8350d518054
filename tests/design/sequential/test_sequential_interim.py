"""Inference at interim analyses, and designs recomputed for observed information."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm
from tests.validation import References

from trialwright.design.sequential import (
    GroupSequentialDesign,
    HaybittlePeto,
    HwangShihDeCani,
    KimDeMets,
    LanDeMetsOBrienFleming,
    OBrienFleming,
    compute_conditional_error,
    compute_conditional_power,
    compute_group_sequential_design,
    compute_monitored_design,
    compute_operating_characteristics,
    compute_predictive_power,
    compute_repeated_interval,
    compute_repeated_p_value,
    compute_sequential_p_value,
    compute_stagewise_inference,
)

Cases = Callable[[str], Mapping[str, Any]]


def _three_looks(power: float = 0.9) -> GroupSequentialDesign:
    return compute_group_sequential_design(
        efficacy=LanDeMetsOBrienFleming(), alpha=0.025, sided=1, power=power, looks=3
    )


@pytest.mark.validates("design.group_sequential")
def test_means_after_the_second_of_three_looks_agree_with_rpact(design_cases: Cases, reference: References) -> None:
    case = design_cases("an.means.gs")
    inputs, expected = case["inputs"], case["expected"]
    design = _three_looks(power=0.8)
    source = f"rpact 3.3.4, {case['call']}"

    def holds(quantity: str, ours: float, theirs: float) -> None:
        reference.holds(quantity, ours, theirs, tolerance=1e-5, source=source, relative=True)

    arms = [(inputs[f"stage_n{arm}"], inputs[f"stage_means{arm}"], inputs[f"stage_sd{arm}"]) for arm in (1, 2)]
    z = 0.0
    for look in (1, 2):
        sizes, means, squares = [], [], 0.0
        for n, mean, sd in arms:
            size = sum(n[:look])
            overall = float(np.average(mean[:look], weights=n[:look]))
            squares += sum((n[i] - 1) * sd[i] ** 2 + n[i] * (mean[i] - overall) ** 2 for i in range(look))
            sizes.append(size)
            means.append(overall)
        df = sum(sizes) - 2
        sd_pooled = math.sqrt(squares / df)
        standard_error = sd_pooled * math.sqrt(1 / sizes[0] + 1 / sizes[1])
        estimate = means[0] - means[1]
        holds(f"pooled sd, look {look}", sd_pooled, expected["overall_sd"][look - 1])
        holds(f"t, look {look}", estimate / standard_error, expected["overall_test_statistics"][look - 1])
        z = float(norm.isf(expected["overall_p"][look - 1]))
        interval = compute_repeated_interval(
            design, look=look, estimate=estimate, standard_error=standard_error, degrees_of_freedom=df
        )
        holds(f"repeated interval, lower, look {look}", interval.ci_lower, expected["rci_lower"][look - 1])
        holds(f"repeated interval, upper, look {look}", interval.ci_upper, expected["rci_upper"][look - 1])
        repeated = compute_repeated_p_value(design, look=look, z=z)
        holds(f"repeated p-value, look {look}", repeated, expected["repeated_p"][look - 1])
        error = compute_conditional_error(design, look=look, z=z)
        holds(f"conditional rejection probability, look {look}", error, expected["crp"][look - 1])
    # 60 subjects in the last third: information 60 / 4 there, and 45 in all.
    drift = inputs["theta_H1"] / inputs["assumed_sd"] * math.sqrt(3 * inputs["n_planned"] / 4)
    power = compute_conditional_power(design, look=2, z=z, drift=drift)
    holds("conditional power", power, expected["conditional_power"][2])


@pytest.mark.validates("design.group_sequential")
def test_sequential_p_value_agrees_with_gsdesign(design_cases: Cases, reference: References) -> None:
    case = design_cases("seqp")
    design = compute_group_sequential_design(
        efficacy=LanDeMetsOBrienFleming(),
        futility=HwangShihDeCani(gamma=-2.0),
        alpha=0.025,
        sided=1,
        power=0.9,
        looks=3,
    )
    maximum = 300 * design.inflation_factor
    observed = tuple(n / maximum for n in case["inputs"]["n_I"])
    # 311 is below the planned maximum, and the case spends only up to there.
    monitored = compute_monitored_design(design, observed_fractions=observed)
    ours = compute_sequential_p_value(monitored, z=tuple(case["inputs"]["z"]))
    reference.holds(
        "sequential p-value",
        ours,
        case["expected"]["sequential_p"],
        tolerance=1e-4,
        source=f"gsDesign, {case['call']}",
        relative=True,
    )


@pytest.mark.validates("design.group_sequential")
def test_inference_after_stopping_agrees_with_rpact(reference: References) -> None:
    # getDataset(n1 = c(40, 40), n2 = c(40, 40), means1 = c(1.5, 1.9), means2 = c(0.9, 0.8), all sds 1.3)
    z, difference = 4.13513131166, 0.85
    source = "rpact 3.3.4, getAnalysisResults(kMax = 3, asOF, alpha = 0.025; normalApproximation = TRUE, stage = 2)"
    result = compute_stagewise_inference(_three_looks(), look=2, z=z)
    root_information = z / difference / math.sqrt(2 / 3)
    for quantity, ours, theirs in (
        ("final p-value", result.p_value, 0.000117857548591),
        ("confidence interval, lower", result.drift_ci_lower / root_information, 0.417543677882),
        ("confidence interval, upper", result.drift_ci_upper / root_information, 1.24574776161),
        ("median-unbiased estimate", result.median_unbiased_drift / root_information, 0.837750118383),
    ):
        reference.holds(quantity, ours, theirs, tolerance=3e-7, source=source, relative=True)


@pytest.mark.validates("design.group_sequential")
def test_two_sided_power_agrees_with_rpact(reference: References) -> None:
    design = compute_group_sequential_design(
        efficacy=KimDeMets(rho=2.0), alpha=0.05, sided=2, power=0.9, information_fractions=(0.3, 0.7, 1.0)
    )
    source = "rpact 3.3.4, getPowerAndAverageSampleNumber(asKD gammaA = 2, c(0.3, 0.7, 1), sided = 2, nMax = 100)"
    for theta, power, size in (
        (0.0, 0.0499999995307, 99.0850000072),
        (0.2, 0.494764336894, 90.1776139251),
        (0.3, 0.835149980891, 77.6635200223),
    ):
        result = compute_operating_characteristics(design, drift=theta * 10)
        both = result.power + sum(result.opposite_rejection_by_look)
        expected_size = 100 * result.expected_information_fraction
        reference.holds(f"rejection, {theta}", both, power, tolerance=1e-6, source=source)
        reference.holds(f"expected n, {theta}", expected_size, size, tolerance=1e-6, source=source, relative=True)


@pytest.mark.validates("design.group_sequential")
def test_bounds_for_more_information_than_planned_agree_with_rpact(reference: References) -> None:
    source = (
        "rpact 3.3.4, getDesignGroupSequential(asUser, informationRates = c(0.4, 0.75, 1.1) / 1.1, "
        "userAlphaSpending = O'Brien-Fleming spending at 0.4 and 0.75, 0.025)"
    )
    design = compute_monitored_design(_three_looks(), observed_fractions=(0.4, 0.75, 1.1), is_final=True)
    for ours, theirs in zip(design.efficacy_bounds, (3.35686935609, 2.34490742534, 2.02937819809), strict=True):
        reference.holds("efficacy bound", ours, theirs, tolerance=1e-7, source=source, relative=True)
    assert design.power > 0.9
    assert design.cumulative_alpha_spent[-1] == pytest.approx(0.025, rel=1e-10)


def test_bounds_of_looks_that_were_taken_stay_as_they_were() -> None:
    first = compute_monitored_design(_three_looks(), observed_fractions=(0.25,))
    both = compute_monitored_design(_three_looks(), observed_fractions=(0.25, 0.6))
    short = compute_monitored_design(_three_looks(), observed_fractions=(0.25, 0.6, 0.9), is_final=True)
    assert first.efficacy_bounds[0] == pytest.approx(short.efficacy_bounds[0], rel=1e-12)
    assert both.efficacy_bounds[:2] == pytest.approx(short.efficacy_bounds[:2], rel=1e-12)
    assert short.power < 0.9
    assert short.drift == pytest.approx(_three_looks().drift * math.sqrt(0.9))


def test_a_design_observed_as_planned_is_the_design() -> None:
    for is_binding in (False, True):
        design = compute_group_sequential_design(
            efficacy=LanDeMetsOBrienFleming(),
            futility=HwangShihDeCani(gamma=-2.0),
            futility_is_binding=is_binding,
            alpha=0.025,
            sided=1,
            power=0.9,
            looks=3,
        )
        again = compute_monitored_design(design, observed_fractions=design.information_fractions, is_final=True)
        assert again.efficacy_bounds == pytest.approx(design.efficacy_bounds, rel=1e-10)
        assert again.futility_bounds == pytest.approx(design.futility_bounds, rel=1e-9)
        assert again.power == pytest.approx(0.9, abs=1e-9)


def test_haybittle_and_petos_last_bound_is_recomputed() -> None:
    design = compute_group_sequential_design(efficacy=HaybittlePeto(), alpha=0.025, sided=1, power=0.9, looks=3)
    monitored = compute_monitored_design(design, observed_fractions=(0.5, 0.7, 1.05), is_final=True)
    assert monitored.efficacy_bounds[:2] == (3.0, 3.0)
    assert monitored.cumulative_alpha_spent[-1] == pytest.approx(0.025, rel=1e-9)


def test_predictive_power_before_the_last_look_has_a_closed_form() -> None:
    design, z, t = _three_looks(), 2.0, 2 / 3
    bound = design.efficacy_bounds[2]
    # Flat prior: B(1) given B(t) is normal around B(t) / t with variance (1 - t) / t.
    expected = float(norm.cdf((z / math.sqrt(t) - bound) / math.sqrt((1 - t) / t)))
    assert compute_predictive_power(design, look=2, z=z) == pytest.approx(expected, rel=1e-10)
    # A prior that is certain makes it the conditional power.
    certain = compute_predictive_power(design, look=1, z=1.0, prior_drift=3.0, prior_sd=1e-5)
    assert certain == pytest.approx(compute_conditional_power(design, look=1, z=1.0, drift=3.0), rel=1e-6)


def test_conditional_error_averages_to_what_is_left_of_alpha() -> None:
    for sided in (1, 2):
        design = compute_group_sequential_design(
            efficacy=OBrienFleming(), alpha=0.025 * sided, sided=sided, power=0.9, looks=3
        )
        bound = design.efficacy_bounds[0]
        z = np.linspace(-bound if sided == 2 else -8.0, bound, 801)
        error = np.array([compute_conditional_error(design, look=1, z=value) for value in z.tolist()])
        left = float(np.trapezoid(error * norm.pdf(z), z))
        assert left == pytest.approx(design.alpha - design.cumulative_alpha_spent[0], rel=1e-4)


def test_intervals_cover_and_estimates_are_median_unbiased() -> None:
    design = _three_looks()
    rng, drift, trials = np.random.default_rng(5), 2.5, 1000
    fractions = np.array(design.information_fractions)
    steps = np.diff(fractions, prepend=0.0)
    covered = below = 0
    for score in (rng.standard_normal((trials, 3)) * np.sqrt(steps) + drift * steps).cumsum(axis=1):
        z = score / np.sqrt(fractions)
        crossed = np.flatnonzero(z >= np.array(design.efficacy_bounds))
        look = int(crossed[0]) if len(crossed) else 2
        result = compute_stagewise_inference(design, look=look + 1, z=float(z[look]))
        covered += result.drift_ci_lower <= drift <= result.drift_ci_upper
        below += result.median_unbiased_drift < drift
    assert abs(covered / trials - 0.95) < 3.5 * math.sqrt(0.95 * 0.05 / trials)
    assert abs(below / trials - 0.5) < 3.5 * math.sqrt(0.25 / trials)


def test_a_p_value_at_the_bound_is_what_was_spent() -> None:
    design = _three_looks()
    for look, (bound, spent) in enumerate(
        zip(design.efficacy_bounds, design.cumulative_alpha_spent, strict=True), start=1
    ):
        assert compute_stagewise_inference(design, look=look, z=bound).p_value == pytest.approx(spent, rel=1e-9)
        assert compute_repeated_p_value(design, look=look, z=bound) == pytest.approx(0.025, rel=1e-7)


def test_p_values_of_extreme_statistics_are_probabilities() -> None:
    design = compute_group_sequential_design(
        efficacy=LanDeMetsOBrienFleming(), alpha=0.025, sided=1, power=0.9, looks=12
    )
    for z in (-38.0, 38.0):
        found = compute_stagewise_inference(design, look=12, z=z)
        assert 0 <= found.p_value <= 1
        assert 0 <= found.p_value_two_sided <= 1
        assert compute_repeated_p_value(design, look=12, z=z) == (0.5 if z < 0 else 1e-12)


def test_importing_designs_does_not_load_numpy() -> None:
    code = "import sys, trialwright.design.sequential; sys.exit('numpy' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""Rules of sample-size re-estimation against independent computations in R, closed forms and neighboring functions."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from tests.validation import References

from trialwright.design.adaptive import (
    BlindedCountRule,
    BlindedProportionRule,
    BlindedSurvivalRule,
    BlindedVarianceRule,
    ConditionalPowerRule,
    GammaRule,
    PromisingZone,
    UnblindedInterim,
    compute_blinded_size,
    compute_fisher_test,
    compute_inverse_normal_test,
    compute_pooled_rate,
    compute_promising_zone_limit,
    compute_reestimated_size,
    compute_required_stage_units,
    hazard_effect,
    mean_effect,
    proportion_effect,
)
from trialwright.design.sample_size.counts import compute_sample_size_negative_binomial
from trialwright.design.sample_size.exposure import Exposure
from trialwright.design.sequential import OBrienFleming
from trialwright.design.survival.required_events import compute_required_events
from trialwright.errors import DesignError

NORMAL = NormalDist()
PLAIN = compute_inverse_normal_test(efficacy=None, alpha=0.025, looks=2)
OBF = compute_inverse_normal_test(efficacy=OBrienFleming(), alpha=0.025, looks=2)

ZONE_SOURCE = (
    "R 4.2.2, by the definition: at each z the maximum-limited size with the target (uniroot on pnorm), then the "
    "conditional type I error of the conventional test less that of the planned one, whose sign changes at the limit "
    "(uniroot). To two digits these are the cut-offs of table 1 of Mehta and Pocock 2011, as remembered"
)


@pytest.mark.validates("design.reestimation")
@pytest.mark.parametrize(
    ("fraction", "ratio", "target", "expected"),
    [
        (0.25, 1.5, 0.8, 0.419887381747),
        (0.5, 2.0, 0.8, 0.357587279246),
        (0.75, 3.0, 0.8, 0.296332672063),
        (0.5, math.inf, 0.8, 0.309639348186),
        (0.5, 2.0, 0.9, 0.357587279246),
        (0.25, math.inf, 0.9, 0.280380072447),
        (208 / 442, 2.0, 0.8, 0.360051385794),
    ],
)
def test_the_promising_zone_begins_where_the_conventional_test_keeps_alpha(
    fraction: float, ratio: float, target: float, expected: float, reference: References
) -> None:
    found = compute_promising_zone_limit(
        information_fraction=fraction, maximum_ratio=ratio, target=target, critical_z=NORMAL.inv_cdf(0.975)
    )
    reference.holds(
        f"lower end of the zone, interim at {fraction:.3g}, up to {ratio:g} times the size, target {target:g}",
        found,
        expected,
        tolerance=1e-8,
        source=ZONE_SOURCE,
    )
    # Chen, DeMets and Lan: one half always suffices.
    assert found < 0.5


def test_promising_sizes_are_those_of_mehta_and_pocock() -> None:
    """n2 = n1 / z1^2 ((z_a sqrt(n2) - z1 sqrt(n1)) / sqrt(n2 - n1) + z_b)^2, their equation for the increment."""
    test = compute_inverse_normal_test(efficacy=None, alpha=0.025, information_fractions=(208 / 442, 1.0))
    rule = PromisingZone(target=0.8, maximum=884, lower=0.365)
    for z, zone in (
        (1.0, "unfavorable"),
        (1.2, "promising"),
        (1.4, "promising"),
        (1.7, "promising"),
        (1.9, "favorable"),
    ):
        size = compute_reestimated_size(rule, test, z=[z], stage_units=[208], planned_units=[208, 234])
        assert size.zone == zone
        needed = (NORMAL.inv_cdf(0.975) * math.sqrt(442) - z * math.sqrt(208)) / math.sqrt(234)
        added = 208 / z**2 * (needed + NORMAL.inv_cdf(0.8)) ** 2
        expected = min(math.ceil(added - 1e-9), 884 - 208) if zone == "promising" else 234
        assert size.next_units == expected
        assert size.conditional_power_planned == pytest.approx(NORMAL.cdf(z * math.sqrt(234 / 208) - needed), abs=1e-10)


@pytest.mark.validates("design.reestimation")
def test_the_gamma_rule_takes_the_best_of_all_sizes(reference: References) -> None:
    rule = GammaRule(effect=0.15, gamma=0.001, minimum=200, maximum=400)
    z = np.array([-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5])
    bound = OBF.critical_values[1]
    interim = UnblindedInterim(
        units=np.full(7, 100.0), overall_z=z, critical_z=bound * math.sqrt(2) - z, planned_next=np.full(7, 100.0)
    )
    source = (
        "R 4.2.2, which.max(pnorm(0.15 * sqrt(k) - (u2 * sqrt(2) - z)) - 0.001 * k) over k = 100:300, "
        "u2 of rpact 3.3.4's getDesignInverseNormal(kMax = 2, alpha = 0.025, typeOfDesign = 'OF')"
    )
    for value, ours, theirs in zip(z, rule.next_units(interim), (100, 300, 300, 300, 258, 187, 127), strict=True):
        reference.holds(f"units of stage 2 after z = {value:g}", float(ours), theirs, tolerance=0, source=source)


def test_conditional_power_is_reached_exactly() -> None:
    for test in (OBF, compute_fisher_test(stages=2, alpha=0.025)):
        for effect in (0.1, 0.2):
            units = compute_required_stage_units(test, z=[0.7], effect=effect, target=0.8)
            rule = ConditionalPowerRule(target=0.8, maximum=100_000, effect=effect, minimum=2)
            size = compute_reestimated_size(rule, test, z=[0.7], stage_units=[100], planned_units=[100, 100])
            assert size.next_units == units
            # One unit fewer is too few.
            assert size.conditional_power >= 0.8
            assert size.conditional_power - 0.8 < effect / (2 * math.sqrt(units)) * 0.4


def test_sizes_stay_within_limits_and_leave_room_for_later_stages() -> None:
    test = compute_inverse_normal_test(efficacy=OBrienFleming(), alpha=0.025, looks=3)
    rule = ConditionalPowerRule(target=0.9, maximum=500, effect=0.15)
    for z in (-2.0, 0.0, 1.5, 3.0):
        size = compute_reestimated_size(rule, test, z=[z], stage_units=[100], planned_units=[100, 80, 60])
        assert 80 <= size.next_units <= 500 - 100 - 60
        assert size.total_units == 100 + size.next_units + 60
    against = ConditionalPowerRule(target=0.9, maximum=500)
    size = compute_reestimated_size(against, test, z=[-1.0], stage_units=[100], planned_units=[100, 80, 60])
    assert size.next_units == 340  # no size reaches the target at an effect in the wrong direction


@pytest.mark.validates("design.reestimation")
def test_blinded_variances_give_the_sizes_of_rpact(reference: References) -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(0, 1, 60)
    values = values / values.std(ddof=1) * math.sqrt(38.5)
    for ratio, expected in ((1.0, 404.535787865), (2.0, 455.102761349)):
        rule = BlindedVarianceRule(
            difference=2, alpha=0.025, power=0.9, minimum=100, maximum=1000, allocation_ratio=ratio
        )
        size = compute_blinded_size(rule, values=values)
        source = (
            "rpact 3.3.4, getSampleSizeMeans(alpha = 0.025, beta = 0.1, alternative = 2, stDev = sqrt(38.5), "
            f"normalApproximation = TRUE, allocationRatioPlanned = {ratio:g})$nFixed, rounded up"
        )
        name = f"subjects in all, ratio {ratio:g}"
        reference.holds(name, size.total_units, math.ceil(expected), tolerance=0, source=source)
        assert size.nuisance == pytest.approx(38.5, rel=1e-12)


def test_the_adjusted_variance_takes_off_what_the_difference_makes() -> None:
    """Kieser and Friede: S2 - n / (4 (n - 1)) difference^2 for equal arms. Exact if the difference is as planned."""
    values = [1.0, 4.0, 2.5, 7.0, 3.0, 5.5]
    rule = BlindedVarianceRule(difference=2, alpha=0.025, power=0.9, minimum=2, maximum=10_000, adjusted=True)
    size = compute_blinded_size(rule, values=values)
    assert size.nuisance == pytest.approx(np.var(values, ddof=1) - 6 / (4 * 5) * 4, rel=1e-12)
    # Two arms of equal size with variance 0 and the planned difference: nothing is left.
    nothing = compute_blinded_size(rule, values=[0.0, 2.0] * 10)
    assert nothing.nuisance == pytest.approx(0, abs=1e-12)
    assert nothing.total_units == 20


@pytest.mark.validates("design.reestimation")
def test_blinded_proportions_give_the_sizes_of_rpact(reference: References) -> None:
    values = [1] * 35 + [0] * 65
    for effect, measure, ratio, expected, call in (
        (0.15, "difference", 1.0, 315.075382346, "pi1 = 0.425, pi2 = 0.275"),
        (0.15, "difference", 2.0, 346.320383014, "pi1 = 0.4, pi2 = 0.25, allocationRatioPlanned = 2"),
        (
            1.8,
            "odds_ratio",
            2.0,
            475.221911483,
            "pi1 = 0.39280835376, pi2 = 0.26438329248, allocationRatioPlanned = 2",
        ),
    ):
        rule = BlindedProportionRule(
            effect=effect,
            measure=measure,  # type: ignore[arg-type]
            alpha=0.025,
            power=0.8,
            minimum=100,
            maximum=1000,
            allocation_ratio=ratio,
        )
        size = compute_blinded_size(rule, values=values)
        source = f"rpact 3.3.4, getSampleSizeRates(alpha = 0.025, beta = 0.2, {call})$nFixed, rounded up"
        name = f"subjects in all, {measure} {effect:g}, ratio {ratio:g}"
        reference.holds(name, size.total_units, math.ceil(expected), tolerance=0, source=source)


@pytest.mark.parametrize(("measure", "effect"), [("difference", 0.2), ("risk_ratio", 1.6), ("odds_ratio", 0.5)])
def test_blinded_proportions_have_their_mean_and_effect(measure: Any, effect: float) -> None:
    rule = BlindedProportionRule(
        effect=effect, measure=measure, alpha=0.025, power=0.8, minimum=10, maximum=1000, allocation_ratio=2
    )
    experimental, control = rule.proportions(np.array([0.3, 0.4]))
    assert (2 * experimental + control) / 3 == pytest.approx([0.3, 0.4])
    found = {
        "difference": experimental - control,
        "risk_ratio": experimental / control,
        "odds_ratio": experimental / (1 - experimental) / (control / (1 - control)),
    }[measure]
    assert found == pytest.approx([effect, effect])


@pytest.mark.validates("design.reestimation")
def test_the_pooled_rate_agrees_with_glm_nb(reference: References) -> None:
    counts = [0, 1, 3, 0, 2, 5, 1, 0, 0, 4, 2, 1, 0, 7, 1, 3, 0, 2, 1, 6]
    times = [0.5, 1, 0.8, 1.2, 0.9] * 4
    rate, dispersion = compute_pooled_rate(counts, times)
    source = (
        "R 4.2.2, MASS::glm.nb(y ~ 1 + offset(log(t)), control = glm.control(epsilon = 1e-14, maxit = 1000)) with "
        f"y = c({', '.join(map(str, counts))}), t = rep(c(0.5, 1, 0.8, 1.2, 0.9), 4): exp(coef), 1 / theta"
    )
    reference.holds("rate", rate, 2.39037946566, tolerance=1e-7, source=source, relative=True)
    reference.holds("dispersion", dispersion, 0.930321010765, tolerance=1e-6, source=source, relative=True)
    assert compute_pooled_rate([1, 1, 1, 1], [1, 1, 1, 1]) == (1.0, 0.0)


def test_blinded_counts_are_sized_by_the_arms_with_the_planned_ratio() -> None:
    rule = BlindedCountRule(
        rate_ratio=0.6, exposure=Exposure(followup=1.0), alpha=0.025, power=0.9, minimum=50, maximum=2000
    )
    counts, times = [0, 1, 3, 0, 2, 5, 1, 0, 0, 4, 2, 1], [1.0] * 12
    size = rule.size(counts, times)
    control = size.rate * 2 / 1.6
    expected = compute_sample_size_negative_binomial(
        rate_experimental=0.6 * control,
        rate_control=control,
        dispersion=size.dispersion,
        exposure=Exposure(followup=1.0),
        alpha=0.05,
        sided=2,
        power=0.9,
        null_variance="unrestricted",
    )
    assert size.total_units == expected.n_total


@pytest.mark.validates("design.reestimation")
def test_blinded_hazards_give_the_probability_of_an_event(reference: References) -> None:
    for dropout, expected in ((0.0, 0.498781716795), (0.01, 0.448337733747)):
        rule = BlindedSurvivalRule(
            hazard_ratio=0.7,
            accrual_duration=24,
            study_duration=36,
            alpha=0.025,
            power=0.8,
            minimum=300,
            maximum=700,
            dropout_hazard=dropout,
        )
        size = rule.size(events=60, time=2000.0)
        source = (
            "R 4.2.2, mean over both arms of integrate(function(a) l / (l + d) * (1 - exp(-(l + d) * (36 - a))), 0, "
            f"24) / 24, l = 0.06 / 1.7 and 0.042 / 1.7, d = {dropout:g}"
        )
        reference.holds("probability", size.event_probability, expected, tolerance=1e-10, source=source)
        events = compute_required_events(hazard_ratio=0.7, alpha=0.025, sided=1, power=0.8)
        assert size.required_events == math.ceil(events) == 247
        assert size.total_units == math.ceil(247 / size.event_probability)
        assert size.is_enough


def test_effects_per_root_unit_are_expected_z() -> None:
    assert mean_effect(difference=2, sd=8, allocation_ratio=3) == pytest.approx(2 / 8 / math.sqrt(1 / 0.75 + 1 / 0.25))
    by_hand = 0.15 / math.sqrt(0.375 * 0.625 * (1 / 0.5 + 1 / 0.5))
    assert proportion_effect(proportion_experimental=0.45, proportion_control=0.3) == pytest.approx(by_hand)
    assert hazard_effect(hazard_ratio=0.7) == pytest.approx(-math.log(0.7) / 2)


def _size_of_second_stage(*, maximum: int, first: int) -> object:
    test = compute_inverse_normal_test(efficacy=OBrienFleming(), alpha=0.025, looks=3)
    return compute_reestimated_size(
        ConditionalPowerRule(target=0.9, maximum=maximum),
        test,
        z=[1.0],
        stage_units=[first],
        planned_units=[50, 50, 50],
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ConditionalPowerRule(target=1.0, maximum=300), "makes a rejection certain"),
        (lambda: _size_of_second_stage(maximum=80, first=50), "below the 150 units that are planned"),
        (lambda: _size_of_second_stage(maximum=150, first=100), "none is left for the next one"),
        (
            lambda: compute_promising_zone_limit(information_fraction=0.5, maximum_ratio=2, target=0.9, critical_z=-1),
            "critical_z must be above 0",
        ),
        (lambda: ConditionalPowerRule(target=0.9, maximum=300, effect=-0.1), "no number of units reaches"),
        (lambda: ConditionalPowerRule(target=0.9, maximum=300, minimum=400), "minimum is 400, but maximum is 300"),
        (lambda: PromisingZone(target=0.8, maximum=300, lower=0.85), "no result would be promising"),
        (lambda: GammaRule(effect=0.1, gamma=0.0, maximum=300), "gamma must lie between 0 and 1"),
        (
            lambda: compute_required_stage_units(OBF, z=[1.0], effect=-0.1, target=0.9),
            "not reached by any number of units.*stop for futility",
        ),
        (
            lambda: compute_required_stage_units(OBF, z=[0.5], effect=0.1, target=0.9, maximum=200),
            r"takes \d+ units.*maximum of 200, which gives 0\.\d+",
        ),
        (
            lambda: compute_promising_zone_limit(
                information_fraction=0.5, maximum_ratio=1.0, target=0.8, critical_z=1.96
            ),
            "at 1 nothing is increased",
        ),
        (
            lambda: compute_reestimated_size(
                GammaRule(effect=0.1, gamma=0.001, maximum=300), OBF, z=[1.0], stage_units=[100], planned_units=[100]
            ),
            "each of 2 stages",
        ),
        (
            lambda: BlindedVarianceRule(difference=0, alpha=0.025, power=0.9, minimum=2, maximum=9),
            "number other than 0",
        ),
        (
            lambda: BlindedProportionRule(effect=1.5, alpha=0.025, power=0.9, minimum=2, maximum=9),
            "between -1 and 1",
        ),
        (
            lambda: compute_blinded_size(
                BlindedProportionRule(effect=0.1, alpha=0.025, power=0.9, minimum=2, maximum=9), values=[0.0, 0.5]
            ),
            "1 for a response and 0 for none",
        ),
        (lambda: compute_pooled_rate([0, 0], [1.0, 1.0]), "No event among 2 subjects"),
        (
            lambda: BlindedSurvivalRule(
                hazard_ratio=0.7,
                accrual_duration=24,
                study_duration=12,
                alpha=0.025,
                power=0.9,
                minimum=2,
                maximum=9,
            ),
            "accrual ending by the final analysis",
        ),
    ],
)
def test_a_misuse_says_why(call: Any, message: str) -> None:
    with pytest.raises(DesignError, match=message):
        call()

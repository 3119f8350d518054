"""Combination tests against rpact, their closed forms and numerical integration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from tests.validation import References

from trialwright.design.adaptive import (
    EstimateStage,
    ProportionStage,
    compute_combination_analysis,
    compute_combination_conditional_power,
    compute_combination_interval,
    compute_conditional_rejection_probability,
    compute_final_inference,
    compute_final_p_value,
    compute_fisher_test,
    compute_inverse_normal_test,
    compute_remaining_design,
    logrank_stage,
)
from trialwright.design.adaptive.combination import CombinationTest, combine, decide, next_critical_z
from trialwright.design.sequential import (
    GivenBounds,
    LanDeMetsOBrienFleming,
    OBrienFleming,
    Pocock,
    compute_fisher_combination,
    compute_group_sequential_design,
)
from trialwright.errors import DesignError

NORMAL = NormalDist()

TWO_STAGES = compute_inverse_normal_test(
    efficacy=LanDeMetsOBrienFleming(), alpha=0.025, information_fractions=(0.4, 1.0)
)
THREE_BINDING = compute_inverse_normal_test(
    efficacy=Pocock(),
    alpha=0.025,
    information_fractions=(0.3, 0.7, 1.0),
    futility=GivenBounds(z=(-0.5, 0.2)),
    futility_is_binding=True,
)
FULL_LEVEL = compute_fisher_test(
    stages=2, alpha=0.025, method="full level", futility_levels=(0.5,), futility_is_binding=True
)
THREE_FISHER = compute_fisher_test(stages=3, alpha=0.025, futility_levels=(0.5, 0.4), futility_is_binding=True)
THREE_FISHER_NOT_BINDING = compute_fisher_test(stages=3, alpha=0.025, futility_levels=(0.5, 0.4))

# rpact 3.3.4: getDataset(n1 = c(30, 40), n2 = c(28, 44), means1 = c(1.2, 1.5), means2 = c(0.6, 0.7),
# stDevs1 = c(1.8, 2.1), stDevs2 = c(1.9, 1.7)); the other one has means1 = c(1.2, 1.2), means2 = c(0.8, 0.7)
FIRST = "getDataset(n1 = c(30, 40), n2 = c(28, 44), means1 = c(1.2, 1.5), means2 = c(0.6, 0.7), stDevs1 = c(1.8, 2.1), "
SECOND = (
    "getDataset(n1 = c(30, 40), n2 = c(28, 44), means1 = c(1.2, 1.2), means2 = c(0.8, 0.7), stDevs1 = c(1.8, 2.1), "
)
REST = "stDevs2 = c(1.9, 1.7)), "
INVERSE_NORMAL = "getDesignInverseNormal(kMax = 2, alpha = 0.025, typeOfDesign = 'asOF', informationRates = c(0.4, 1))"

FISHER = "getDesignFisher(kMax = 2, alpha = 0.025, method = 'fullAlpha', alpha0Vec = 0.5, bindingFutility = TRUE)"


def source(design: str, data: str, options: str) -> str:
    return f"rpact 3.3.4, getAnalysisResults({design}, dataInput = {data}{options})"


def means(n1: int, n2: int, mean1: float, mean2: float, sd1: float, sd2: float, *, t: bool) -> EstimateStage:
    variance = ((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / (n1 + n2 - 2)
    return EstimateStage(
        estimate=mean1 - mean2,
        standard_error=math.sqrt(variance * (1 / n1 + 1 / n2)),
        degrees_of_freedom=n1 + n2 - 2 if t else None,
    )


def first_data(*, t: bool) -> list[EstimateStage]:
    return [means(30, 28, 1.2, 0.6, 1.8, 1.9, t=t), means(40, 44, 1.5, 0.7, 2.1, 1.7, t=t)]


def second_data() -> list[EstimateStage]:
    return [means(30, 28, 1.2, 0.8, 1.8, 1.9, t=False), means(40, 44, 1.2, 0.7, 2.1, 1.7, t=False)]


def z_of(stages: Sequence[EstimateStage]) -> list[float]:
    return [stage.z() for stage in stages]


@pytest.mark.validates("design.combination")
@pytest.mark.parametrize(
    ("test", "design", "t", "expected"),
    [
        (
            TWO_STAGES,
            INVERSE_NORMAL,
            False,
            ((0.108415806179, 0.0270187500224), 2.2733689507, 0.0636412099656, (0.3099550233402, 0.0115242237186)),
        ),
        (
            TWO_STAGES,
            INVERSE_NORMAL,
            True,
            ((0.1109941417062, 0.0287509395567), 2.2437195093, 0.0622539582643, (0.3134683524952, 0.0124531006451)),
        ),
        (
            FULL_LEVEL,
            FISHER,
            False,
            ((0.108415806179, 0.0270187500224), None, 0.0350891959427, (0.1702935137234, 0.0200157228489)),
        ),
        (
            FULL_LEVEL,
            FISHER,
            True,
            ((0.1109941417062, 0.0287509395567), None, 0.0342740923785, (0.1733681535702, 0.0215320619793)),
        ),
    ],
)
def test_two_stages_agree_with_rpact(
    test: CombinationTest, design: str, t: bool, expected: tuple[Any, ...], reference: References
) -> None:
    p_values, statistic, crp, repeated = expected
    data = first_data(t=t)
    analysis = compute_combination_analysis(test, z=z_of(data))
    where = source(design, FIRST, REST + f"normalApproximation = {'FALSE' if t else 'TRUE'}")
    for stage, p_value, p in zip(analysis.stages, p_values, repeated, strict=True):
        name = f"stage {stage.stage}"
        reference.holds(f"p-value of {name}", stage.p_value, p_value, tolerance=1e-10, source=where, relative=True)
        # rpact searches its repeated p-values to about 1e-6
        reference.holds(f"repeated p-value at {name}", stage.repeated_p_value, p, tolerance=2e-6, source=where)
    found = analysis.stages[0].conditional_rejection_probability
    reference.holds("conditional rejection probability", found, crp, tolerance=1e-8, source=where, relative=True)
    if statistic is not None:
        reference.holds("inverse normal", analysis.stages[1].statistic, statistic, tolerance=1e-9, source=where)
    assert analysis.decision == "reject"
    assert analysis.rejected_at == 2


@pytest.mark.validates("design.combination")
@pytest.mark.parametrize(
    ("test", "design", "crp", "repeated", "intervals", "power"),
    [
        (
            THREE_BINDING,
            "getDesignInverseNormal(kMax = 3, alpha = 0.025, typeOfDesign = 'P', informationRates = c(0.3, 0.7, 1), "
            "futilityBounds = c(-0.5, 0.2), bindingFutility = TRUE)",
            (0.0201982265912, 0.0244915838746),
            (0.322268841486, 0.140811684870),
            ((-0.712946622097, 1.5129466221), (-0.2656683452, 1.18059663898)),
            0.227927115147,
        ),
        (
            THREE_FISHER,
            "getDesignFisher(kMax = 3, alpha = 0.025, method = 'equalAlpha', alpha0Vec = c(0.5, 0.4), "
            "bindingFutility = TRUE)",
            (0.0161301638906, 0.0151301151907),
            (0.262942788263, 0.15858241654),
            ((-0.662579982406, 1.46257997341), (-0.301665648912, 1.21489201871)),
            0.172681948241,
        ),
        (
            THREE_FISHER_NOT_BINDING,
            "getDesignFisher(kMax = 3, alpha = 0.025, method = 'equalAlpha', alpha0Vec = c(0.5, 0.4), "
            "bindingFutility = FALSE)",
            (0.0149396909573, 0.0124147060111),
            (0.336758940069, 0.196183812284),
            ((-0.691836963134, 1.49183710626), (-0.320433737173, 1.23371863272)),
            0.153627434787,
        ),
    ],
)
def test_three_stages_agree_with_rpact(
    test: CombinationTest,
    design: str,
    crp: tuple[float, ...],
    repeated: tuple[float, ...],
    intervals: tuple[tuple[float, float], ...],
    power: float,
    reference: References,
) -> None:
    data = second_data()
    options = REST + "normalApproximation = TRUE, nPlanned = 60, thetaH1 = 0.6, assumedStDev = 1.9"
    where = source(design, SECOND, options)
    analysis = compute_combination_analysis(test, z=z_of(data))
    for stage, level, p, (lower, upper) in zip(analysis.stages, crp, repeated, intervals, strict=True):
        name = f"stage {stage.stage}"
        reference.holds(
            f"conditional rejection probability after {name}",
            stage.conditional_rejection_probability,
            level,
            tolerance=1e-8,
            source=where,
            relative=True,
        )
        reference.holds(f"repeated p-value at {name}", stage.repeated_p_value, p, tolerance=2e-6, source=where)
        interval = compute_combination_interval(test, stages=data[: stage.stage])
        reference.holds(f"lower limit at {name}", interval.ci_lower, lower, tolerance=2e-6, source=where)
        reference.holds(f"upper limit at {name}", interval.ci_upper, upper, tolerance=2e-6, source=where)
    drift = 0.6 / 1.9 * math.sqrt(60 / 4)
    found = compute_combination_conditional_power(test, z=z_of(data), stage_drifts=[drift])
    reference.holds("conditional power", found, power, tolerance=1e-9, source=where, relative=True)


@pytest.mark.validates("design.combination")
def test_conditional_power_over_two_further_stages_agrees_with_rpact(reference: References) -> None:
    drifts = [0.6 / 1.9 * math.sqrt(n / 4) for n in (50, 70)]
    found = compute_combination_conditional_power(THREE_BINDING, z=z_of(second_data())[:1], stage_drifts=drifts)
    where = (
        "rpact 3.3.4, getAnalysisResults(getDesignInverseNormal(kMax = 3, alpha = 0.025, typeOfDesign = 'P', "
        "informationRates = c(0.3, 0.7, 1), futilityBounds = c(-0.5, 0.2), bindingFutility = TRUE), "
        "dataInput = getDataset(n1 = 30, n2 = 28, means1 = 1.2, means2 = 0.8, stDevs1 = 1.8, stDevs2 = 1.9), "
        "normalApproximation = TRUE, nPlanned = c(50, 70), thetaH1 = 0.6, assumedStDev = 1.9)"
    )
    reference.holds("conditional power", found, 0.327743543551, tolerance=1e-9, source=where, relative=True)


@pytest.mark.validates("design.combination")
def test_intervals_of_means_agree_with_rpact(reference: References) -> None:
    for test, t, expected in (
        (TWO_STAGES, False, ((-1.0308715080877, 2.23087163557), (0.0982269949492, 1.33736065373))),
        (TWO_STAGES, True, ((-1.1247985976576, 2.3247985884), (0.0913986237083, 1.34447335333))),
    ):
        where = source(INVERSE_NORMAL, FIRST, REST + f"normalApproximation = {'FALSE' if t else 'TRUE'}")
        for count, (lower, upper) in enumerate(expected, start=1):
            interval = compute_combination_interval(test, stages=first_data(t=t)[:count])
            reference.holds(f"lower limit at stage {count}", interval.ci_lower, lower, tolerance=2e-6, source=where)
            reference.holds(f"upper limit at stage {count}", interval.ci_upper, upper, tolerance=2e-6, source=where)


@pytest.mark.validates("design.combination")
def test_rates_agree_with_rpact(reference: References) -> None:
    data = [
        ProportionStage(responses_experimental=16, n_experimental=40, responses_control=11, n_control=38),
        ProportionStage(responses_experimental=24, n_experimental=50, responses_control=13, n_control=52),
    ]
    data_call = "getDataset(n1 = c(40, 50), n2 = c(38, 52), events1 = c(16, 24), events2 = c(11, 13))"
    where = source(INVERSE_NORMAL, data_call, ", normalApproximation = TRUE")
    analysis = compute_combination_analysis(TWO_STAGES, z=[stage.z() for stage in data])
    for stage, p in zip(analysis.stages, (0.15254575927638, 0.00786281093107), strict=True):
        reference.holds("p-value of a stage", stage.p_value, p, tolerance=1e-9, source=where, relative=True)
    for count, limits in enumerate(((-0.2460439966, 0.439512961449), (0.040054212298, 0.313528537634)), start=1):
        interval = compute_combination_interval(TWO_STAGES, stages=data[:count])
        for ours, theirs in zip((interval.ci_lower, interval.ci_upper), limits, strict=True):
            reference.holds(f"limit at stage {count}", ours, theirs, tolerance=2e-6, source=where)


@pytest.mark.validates("design.combination")
def test_survival_agrees_with_rpact(reference: References) -> None:
    data = [
        logrank_stage(z=1.3, events=60),
        logrank_stage(z=2.2, events=130, z_before=1.3, events_before=60),
    ]
    call = "getDataset(overallEvents = c(60, 130), overallLogRanks = c(1.3, 2.2), overallAllocationRatios = c(1, 1))"
    where = source(INVERSE_NORMAL, call, "") + "; its hazard ratios are control / experimental"
    interval = compute_combination_interval(TWO_STAGES, stages=data)
    final = compute_final_inference(TWO_STAGES, stages=data)
    for name, ours, theirs, tolerance in (
        ("lower limit", math.exp(interval.ci_lower), 1.044909913288, 2e-6),
        ("upper limit", math.exp(interval.ci_upper), 2.08271619865, 2e-6),
        ("final p-value", final.p_value, 0.0136579164501, 1e-9),
        ("median-unbiased estimate", math.exp(final.median_unbiased_estimate), 1.47441276788, 2e-6),
        ("final lower limit", math.exp(final.ci_lower), 1.04445254451, 2e-6),
        ("final upper limit", math.exp(final.ci_upper), 2.0809067172, 2e-6),
    ):
        reference.holds(name, ours, theirs, tolerance=tolerance, source=where)


@pytest.mark.validates("design.combination")
@pytest.mark.parametrize(
    ("test", "design", "t", "expected"),
    [
        (TWO_STAGES, INVERSE_NORMAL, False, 0.0116965955299),
        (TWO_STAGES, INVERSE_NORMAL, True, 0.0126139425147),
        (
            FULL_LEVEL,
            "getDesignFisher(kMax = 2, alpha = 0.025, method = 'fullAlpha', alpha0Vec = 0.5)",
            False,
            0.0215935061945,
        ),
        (
            FULL_LEVEL,
            "getDesignFisher(kMax = 2, alpha = 0.025, method = 'fullAlpha', alpha0Vec = 0.5)",
            True,
            0.0226132628912,
        ),
    ],
)
def test_final_p_values_agree_with_rpact(
    test: CombinationTest, design: str, t: bool, expected: float, reference: References
) -> None:
    where = source(design, FIRST, REST + f"normalApproximation = {'FALSE' if t else 'TRUE'}")
    final = compute_final_inference(test, stages=first_data(t=t))
    reference.holds("final p-value", final.p_value, expected, tolerance=5e-9, source=where, relative=True)
    assert final.ci_lower < final.median_unbiased_estimate < final.ci_upper


@pytest.mark.validates("design.fisher_combination")
def test_fisher_with_futility_agrees_with_rpact(reference: References) -> None:
    for arguments, options, expected in (
        (
            {"stages": 2, "method": "full level", "futility_levels": (0.5,), "futility_is_binding": True},
            "kMax = 2, method = 'fullAlpha', alpha0Vec = 0.5, bindingFutility = TRUE",
            (0.01018903047033, 0.00380422346631),
        ),
        (
            {"stages": 3, "method": "full level", "futility_levels": (0.5, 0.4), "futility_is_binding": True},
            "kMax = 3, method = 'fullAlpha', alpha0Vec = c(0.5, 0.4), bindingFutility = TRUE",
            (0.011049073273199, 0.001468621598912, 0.000728380000149),
        ),
        (
            {"stages": 4, "futility_levels": (0.7, 0.5, 0.3), "futility_is_binding": True},
            "kMax = 4, method = 'equalAlpha', alpha0Vec = c(0.7, 0.5, 0.3), bindingFutility = TRUE",
            (1.24081207563e-02, 1.67916507057e-03, 2.94074803644e-04, 5.83301133331e-05),
        ),
        (
            {"stages": 2, "futility_levels": (0.5,)},
            "kMax = 2, method = 'equalAlpha', alpha0Vec = 0.5, bindingFutility = FALSE",
            (0.01578807315188, 0.00222054375435),
        ),
    ):
        test = compute_fisher_combination(alpha=0.025, **arguments)  # type: ignore[arg-type]
        where = f"rpact 3.3.4, getDesignFisher(alpha = 0.025, {options})"
        for value, other in zip(test.critical_values, expected, strict=True):
            reference.holds("critical value", value, other, tolerance=1e-9, source=where, relative=True)


@pytest.mark.parametrize("test", [TWO_STAGES, THREE_BINDING, FULL_LEVEL, THREE_FISHER, THREE_FISHER_NOT_BINDING])
def test_conditional_rejection_probabilities_add_up_to_alpha(test: CombinationTest) -> None:
    """What the first stage rejects, and the conditional level integrated over its other results."""
    first = test.critical_values[0]
    reject, lowest = first, -9.0
    if isinstance(test.rule, type(FULL_LEVEL.rule)):
        reject = -NORMAL.inv_cdf(first)
        if test.futility_is_binding:
            lowest = -NORMAL.inv_cdf(test.futility_values[0])  # type: ignore[index]
    elif test.futility_is_binding:
        lowest = test.futility_values[0]  # type: ignore[index]

    def level(z: float) -> float:
        return NORMAL.pdf(z) * compute_conditional_rejection_probability(test, z=[z])

    later = quad(level, lowest, reject, epsabs=1e-10, limit=200)[0]
    assert 1 - NORMAL.cdf(reject) + later == pytest.approx(test.alpha, abs=1e-8)


def test_two_stage_conditional_levels_have_their_closed_forms() -> None:
    bound, z = TWO_STAGES.critical_values[1], 1.1
    # Müller and Schäfer: 1 - Phi((u2 - sqrt(0.4) z) / sqrt(0.6)); Posch and Bauer: c / p
    by_hand = 1 - NORMAL.cdf((bound - math.sqrt(0.4) * z) / math.sqrt(0.6))
    assert compute_conditional_rejection_probability(TWO_STAGES, z=[z]) == pytest.approx(by_hand, rel=1e-10)
    p = 1 - NORMAL.cdf(z)
    expected = FULL_LEVEL.critical_values[1] / p
    assert compute_conditional_rejection_probability(FULL_LEVEL, z=[z]) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("test", [THREE_BINDING, THREE_FISHER])
def test_the_critical_z_of_the_next_stage_brings_the_combination_to_its_bound(test: CombinationTest) -> None:
    z = [1.1]
    for stage in (1, 2):
        z.append(float(next_critical_z(test, stage, combine(test, z))))
        assert float(combine(test, z)) == pytest.approx(test.critical_values[stage], rel=1e-10)
        z[-1] -= 0.2


def test_the_unchanged_trial_is_the_group_sequential_one() -> None:
    """Conditional power with the planned stages is that of the design whose bounds are used."""
    from trialwright.design.sequential import compute_conditional_power

    design = compute_group_sequential_design(
        efficacy=OBrienFleming(), alpha=0.025, sided=1, power=0.9, information_fractions=(0.3, 0.6, 1.0)
    )
    test = CombinationTest(rule=design)
    drifts = [design.drift * weight for weight in test.weights[1:]]
    expected = compute_conditional_power(design, look=1, z=0.8, drift=design.drift)
    assert compute_combination_conditional_power(test, z=[0.8], stage_drifts=drifts) == pytest.approx(
        expected, abs=1e-9
    )


def test_a_changed_rest_has_the_conditional_level() -> None:
    z = [1.4]
    rest = compute_remaining_design(
        TWO_STAGES, z=z, efficacy=OBrienFleming(), power=0.8, information_fractions=(0.5, 1.0)
    )
    assert rest.cumulative_alpha_spent[-1] == pytest.approx(
        compute_conditional_rejection_probability(TWO_STAGES, z=z), rel=1e-8
    )


def test_repeated_intervals_and_p_values_turn_at_the_bounds() -> None:
    """Data on the bound: the p-value is alpha, the lower limit 0."""
    for test in (TWO_STAGES, THREE_BINDING, THREE_FISHER, FULL_LEVEL):
        bound = test.critical_values[0]
        z = -NORMAL.inv_cdf(bound) if isinstance(test.rule, type(FULL_LEVEL.rule)) else bound
        analysis = compute_combination_analysis(test, z=[z])
        assert analysis.stages[0].repeated_p_value == pytest.approx(0.025, abs=1e-8)
        interval = compute_combination_interval(test, stages=[EstimateStage(estimate=z * 0.3, standard_error=0.3)])
        assert interval.ci_lower == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("test", [TWO_STAGES, FULL_LEVEL])
def test_final_intervals_cover_as_they_say(test: CombinationTest) -> None:
    """Second stages three times as large after weak first ones: 2,000 trials of effect 0.25, seed 11."""
    rng = np.random.default_rng(11)
    covered, above, trials, effect = 0, 0, 2000, 0.25
    for first, second in zip(rng.normal(effect, 0.2, trials), rng.standard_normal(trials), strict=True):
        stages = [EstimateStage(estimate=first, standard_error=0.2)]
        z = stages[0].z()
        if decide(test, 1, float(combine(test, [z])), z) == "continue":
            error = 0.1 if first < 0.3 else 0.2
            stages.append(EstimateStage(estimate=effect + error * second, standard_error=error))
        p = compute_final_p_value(test, stages=stages, effect=effect)
        covered += 0.025 <= p <= 0.975
        above += p < 0.5
    # The p-value against the true effect is uniform.
    assert abs(covered / trials - 0.95) <= 3 * math.sqrt(0.95 * 0.05 / trials)
    assert abs(above / trials - 0.5) <= 3 * math.sqrt(0.25 / trials)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: compute_inverse_normal_test(efficacy=Pocock(), alpha=0.025, information_fractions=(0.6, 0.4, 1)),
            r"must increase.*0\.4 after 0\.6",
        ),
        (
            lambda: compute_inverse_normal_test(
                efficacy=Pocock(), alpha=0.025, looks=2, futility=GivenBounds(z=(2.5,))
            ),
            r"look 1 the futility bound \(2\.5000\) reaches the efficacy bound",
        ),
        (
            lambda: compute_fisher_test(stages=2, alpha=0.025, futility_levels=(0.01,), futility_is_binding=True),
            r"0\.01 at stage 1.*above 0\.0",
        ),
        (lambda: compute_fisher_test(stages=3, alpha=0.025, futility_levels=(0.5,)), "1 values for 3 stages; give 2"),
        (lambda: compute_combination_analysis(TWO_STAGES, z=[1.0], p_values=[0.1]), "not both"),
        (lambda: compute_combination_analysis(TWO_STAGES, p_values=[0.0]), "between 0 and 1"),
        (lambda: compute_combination_analysis(TWO_STAGES, z=[1.0, 1.0, 1.0]), "3 stages of data.*has 2"),
        (lambda: compute_combination_analysis(THREE_BINDING, z=[-1.0, 3.0]), "binding futility bound"),
        (lambda: compute_combination_conditional_power(TWO_STAGES, z=[1.0], stage_drifts=[1, 2]), "1 of 2 stages"),
        (lambda: compute_combination_conditional_power(TWO_STAGES, z=[1.0, 1.0], stage_drifts=[]), "nothing follows"),
        (
            lambda: compute_remaining_design(TWO_STAGES, z=[-9.0], efficacy=Pocock(), power=0.9),
            "nothing can be rejected",
        ),
        (lambda: logrank_stage(z=1.0, events=50, z_before=0.5, events_before=50), "50 after 50"),
        (lambda: EstimateStage(estimate=1.0, standard_error=0.0), "above 0"),
        (
            lambda: CombinationTest(
                rule=compute_group_sequential_design(efficacy=Pocock(), alpha=0.05, sided=2, power=0.9, looks=2)
            ),
            r"sided=1 with alpha = 0\.025",
        ),
    ],
)
def test_a_misuse_says_why(call: Any, message: str) -> None:
    with pytest.raises(DesignError, match=message):
        call()


@pytest.mark.validates("design.combination")
@pytest.mark.parametrize(
    ("stages", "drift", "simulated", "error"),
    [
        (5, 1.0, 0.315863, 0.000329),
        (5, 0.0, 0.013439, 0.0000815),
        (10, 1.0, 0.6535375, 0.000337),
        (10, 0.0, 0.0163075, 0.0000896),
    ],
)
def test_fisher_conditional_power_over_many_stages(
    stages: int, drift: float, simulated: float, error: float, reference: References
) -> None:
    # 2,000,000 trials of each. The critical values were ours; those of rpact are held elsewhere.
    source = (
        "R 4.2.2, set.seed(20261123); log p-values pnorm(-0.5, log.p = TRUE) + cumulative sums of "
        "pnorm(-(rnorm() + drift), log.p = TRUE), held to the logarithms of the critical values; 4 Monte Carlo errors"
    )
    test = compute_fisher_test(stages=stages, alpha=0.025)
    found = compute_combination_conditional_power(test, z=[0.5], stage_drifts=(drift,) * (stages - 1))
    quantity = f"conditional power, Fisher, {stages} stages, drift {drift:g} each, first z 0.5"
    reference.holds(quantity, found, simulated, tolerance=4 * error, source=source)
    if drift == 0:
        assert compute_conditional_rejection_probability(test, z=[0.5]) == pytest.approx(found, rel=1e-12)


def test_fisher_table_over_three_stages_is_the_nested_integral() -> None:
    # Written out: reject at stage 2, or at stage 3; p-values uniform (no effect), p1 = 0.3, stop above 0.5 if binding.
    test = compute_fisher_test(stages=4, alpha=0.025, futility_levels=(0.5, 0.5, 0.5), futility_is_binding=True)
    second, third, fourth = test.critical_values[1:]
    first = 0.3

    def last(product: float) -> float:
        return min(fourth / product, 1.0)

    def after_two(product: float) -> float:
        reached = third / product
        return min(reached, 1.0) + (
            quad(lambda p: last(product * p), reached, 0.5, epsabs=1e-13)[0] if reached < 0.5 else 0.0
        )

    corner = third / 0.5 / first
    pieces = [(second / first, corner), (corner, 0.5)] if second / first < corner < 0.5 else [(second / first, 0.5)]
    expected = second / first + sum(quad(lambda p: after_two(first * p), a, b, epsabs=1e-12)[0] for a, b in pieces)
    z = -NormalDist().inv_cdf(first)
    assert compute_conditional_rejection_probability(test, z=[z]) == pytest.approx(expected, abs=1e-9)


def test_fisher_of_one_stage_is_its_p_value() -> None:
    test = compute_fisher_test(stages=1, alpha=0.025)
    assert test.critical_values == pytest.approx((0.025,), rel=1e-12)
    assert compute_combination_analysis(test, p_values=[0.0249]).decision == "reject"
    assert compute_combination_analysis(test, p_values=[0.0251]).decision == "do not reject"


def test_statistics_beyond_all_p_values_have_no_warning_and_the_smallest_repeated_p_value() -> None:
    # 2 log Phi(-38) = -1450: the product is below the smallest number.
    found = compute_combination_analysis(compute_fisher_test(stages=3, alpha=0.025), z=[38.0, 38.0])
    assert found.rejected_at == 1
    assert found.stages[0].conditional_rejection_probability == 1.0
    assert found.stages[1].repeated_p_value == 1e-12

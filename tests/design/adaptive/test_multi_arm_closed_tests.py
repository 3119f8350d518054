"""Closed combination tests of several arms against rpact, and Dunnett's distribution against mvtnorm."""

from __future__ import annotations

from typing import Any

import pytest
from scipy.special import ndtri, stdtr
from tests.validation import References

from trialwright.design.adaptive import (
    ArmLogrank,
    ArmMean,
    ArmResponses,
    ClosedTestAnalysis,
    CombinationTest,
    EstimateStage,
    HypothesesStage,
    SharedControl,
    compute_closed_test,
    compute_fisher_test,
    compute_intersection_p_value,
    compute_inverse_normal_test,
    logrank_stages,
    means_stage,
    proportions_stage,
)
from trialwright.design.sequential import GivenBounds, OBrienFleming
from trialwright.errors import DesignError

INVERSE_NORMAL = compute_inverse_normal_test(efficacy=OBrienFleming(), alpha=0.025, looks=2)
FISHER = compute_fisher_test(stages=2, alpha=0.025)
RPACT = "rpact 3.3.4, getDesignInverseNormal(kMax = 2, alpha = 0.025, typeOfDesign = 'OF'), "
DATA = (
    "getDataset(n1 = c(23, 25), n2 = c(25, NA), n3 = c(24, 27), n4 = c(22, 29), means1 = c(2.41, 2.27), means2 = "
    "c(2.19, NA), means3 = c(1.95, 2.61), means4 = c(1.03, 1.14), stDevs1 = c(1.33, 1.23), stDevs2 = c(1.25, NA), "
    "stDevs3 = c(1.47, 1.35), stDevs4 = c(1.31, 1.40))"
)


def _means() -> tuple[HypothesesStage, HypothesesStage]:
    return (
        means_stage(
            control=ArmMean(n=22, mean=1.03, sd=1.31),
            experimental=(
                ArmMean(n=23, mean=2.41, sd=1.33),
                ArmMean(n=25, mean=2.19, sd=1.25),
                ArmMean(n=24, mean=1.95, sd=1.47),
            ),
        ),
        means_stage(
            control=ArmMean(n=29, mean=1.14, sd=1.40),
            experimental=(ArmMean(n=25, mean=2.27, sd=1.23), None, ArmMean(n=27, mean=2.61, sd=1.35)),
        ),
    )


def _holds(
    reference: References,
    analysis: ClosedTestAnalysis,
    stage: int,
    p_values: tuple[float | None, ...],
    statistics: tuple[float | None, ...],
    source: str,
) -> None:
    # rpact integrates three dimensions and more by quasi-Monte Carlo, good to about 1e-5.
    for one, p_value, statistic in zip(analysis.intersections, p_values, statistics, strict=True):
        name = f"intersection {one.hypotheses}, stage {stage}"
        ours, combined = one.p_values[stage - 1], one.statistics[stage - 1]
        if p_value is None or statistic is None:
            assert ours is combined is None
            continue
        tolerance = 2e-4 if len(one.hypotheses) > 2 else 1e-7
        reference.holds(f"{name}: p-value", ours, p_value, tolerance=tolerance, source=source, relative=True)
        reference.holds(f"{name}: combination", combined, statistic, tolerance=tolerance, source=source, relative=True)


STAGE_1 = {
    "joint": (0.001227021740247, 0.000838702308829, 0.000839388957555, 0.003797164927650),
    "Bonferroni": (0.00129338235909, 0.00086225490606, 0.00086225490606, 0.00397528154618),
    "Sidak": (0.001292824826582, 0.000862069035179, 0.000862069035179, 0.003971330830337),
    "Simes": (0.00129338235909, 0.00086225490606, 0.00086225490606, 0.00397528154618),
    "hierarchical": (0.00043112745303, 0.00043112745303, 0.00043112745303, 0.00198764077309),
}
COMBINED = {
    "joint": (4.78767146162, 4.34786167709, 4.86751067512, 4.65245720424),
    "Bonferroni": (4.77452432077, 4.34212159169, 4.86007002955, 4.64154607351),
    "Sidak": (4.77462094277, 4.34216632350, 4.86011886374, 4.64178329519),
    "Simes": (4.77452432077, 4.34212159169, 4.86007002955, 4.64154607351),
}
SINGLE = (0.00043112745303, 0.00198764077309, 0.011241851032267)
COMBINED_SINGLE = (4.48213810003, None, 4.37845528774)


@pytest.mark.validates("design.closed_testing")
@pytest.mark.parametrize("intersection", ["joint", "Bonferroni", "Sidak", "Simes", "hierarchical"])
def test_intersections_of_means_agree_with_rpact(reference: References, intersection: Any) -> None:
    analysis = compute_closed_test(INVERSE_NORMAL, stages=_means(), intersection=intersection, wants_intervals=False)
    source = (
        RPACT + f"{DATA}, getClosedCombinationTestResults, intersectionTest = {intersection!r} ('joint' is Dunnett)"
    )
    for one, expected in zip(analysis.intersections, (*STAGE_1[intersection], *SINGLE), strict=True):
        reference.holds(
            f"{intersection}, intersection {one.hypotheses}: p-value of stage 1",
            one.p_values[0],
            expected,
            tolerance=2e-5 if len(one.hypotheses) == 3 else 1e-9,
            source=source,
            relative=True,
        )
    if intersection == "hierarchical":
        # The first of the order is gone: what is left of {2, 3} has a p-value of 1.
        assert analysis.intersections[3].p_values[1] == 1.0
        assert [one.rejected_at for one in analysis.hypotheses] == [1, 1, 2]
        return
    for one, combined in zip(analysis.intersections, (*COMBINED[intersection], *COMBINED_SINGLE), strict=True):
        if combined is None:
            assert one.statistics[1] is None
            continue
        reference.holds(
            f"{intersection}, intersection {one.hypotheses}: combination of both stages",
            one.statistics[1],
            combined,
            tolerance=2e-6,
            source=source,
            relative=True,
        )
    # rpact: arm 2 is rejected at stage 2, after it was dropped, when the last of its intersections falls.
    assert [one.rejected_at for one in analysis.hypotheses] == [1, 2, 2]


@pytest.mark.validates("design.closed_testing")
@pytest.mark.parametrize(
    ("intersection", "lower", "upper"),
    [
        ("joint", (0.0950388037577, 0.570610829527, 0.529251440504), (2.66496121832, 1.93254377320, 1.87829089668)),
        (
            "Bonferroni",
            (0.0865378416966, 0.541304907936, 0.466964580734),
            (2.67346201417, 1.97409399175, 1.91024696774),
        ),
        ("Sidak", (0.0866481071633, 0.545694989642, 0.487769845307), (2.67335189293, 1.96503730810, 1.90277797293)),
        ("Simes", (0.0865378416966, 0.541304907936, 0.466964580734), (2.67346201417, 1.97409399175, 1.91024696774)),
    ],
)
def test_repeated_intervals_and_p_values_agree_with_rpact(
    reference: References, intersection: Any, lower: tuple[float, ...], upper: tuple[float, ...]
) -> None:
    analysis = compute_closed_test(INVERSE_NORMAL, stages=_means(), intersection=intersection)
    source = RPACT + f"{DATA}, getAnalysisResults(intersectionTest = {intersection!r})"
    first, _, third = analysis.hypotheses
    intervals = (first.intervals[0], first.intervals[1], third.intervals[1])
    for name, interval, low, high in zip(("arm 1", "arm 1 at the end", "arm 3"), intervals, lower, upper, strict=True):
        assert interval is not None
        reference.holds(f"{intersection}, {name}, lower", interval.ci_lower, low, tolerance=5e-5, source=source)
        reference.holds(f"{intersection}, {name}, upper", interval.ci_upper, high, tolerance=5e-5, source=source)
    if intersection == "joint":
        for one, expected in zip(analysis.hypotheses, (0.0165891778831, 0.0309972606392, 0.0574988632145), strict=True):
            reference.holds(
                f"repeated p-value of arm {one.hypothesis} at stage 1",
                one.adjusted_p_values[0],
                expected,
                tolerance=5e-5,
                relative=True,
                source=source,
            )
    assert analysis.hypotheses[1].intervals[1] is None
    assert analysis.hypotheses[1].adjusted_p_values[1] is None


@pytest.mark.validates("design.closed_testing")
def test_fishers_combination_agrees_with_rpact(reference: References) -> None:
    analysis = compute_closed_test(FISHER, stages=_means())
    source = f"rpact 3.3.4, getDesignFisher(kMax = 2, alpha = 0.025, method = 'equalAlpha'), {DATA}, Dunnett"
    products = (1.12075382748e-07, 1.10749118823e-06, 7.66692517394e-08, 1.75249686718e-07, 5.69295982865e-07)
    for one, expected in zip(analysis.intersections, products, strict=False):
        reference.holds(
            f"product of {one.hypotheses}", one.statistics[1], expected, tolerance=2e-5, relative=True, source=source
        )
    for arm, low, high in zip(
        analysis.hypotheses,
        (0.351836540864, 0.152143358874, -0.097637580098),
        (2.408163454, 2.167856637, 1.937637559),
        strict=True,
    ):
        interval = arm.intervals[0]
        assert interval is not None
        reference.holds(f"arm {arm.hypothesis}, lower", interval.ci_lower, low, tolerance=2e-5, source=source)
        reference.holds(f"arm {arm.hypothesis}, upper", interval.ci_upper, high, tolerance=2e-5, source=source)
        assert arm.rejected_at == 1


@pytest.mark.validates("design.closed_testing")
def test_proportions_agree_with_rpact(reference: References) -> None:
    stages = (
        proportions_stage(
            control=ArmResponses(n=42, responses=13),
            experimental=(
                ArmResponses(n=40, responses=20),
                ArmResponses(n=41, responses=22),
                ArmResponses(n=39, responses=24),
            ),
        ),
        proportions_stage(
            control=ArmResponses(n=46, responses=17),
            experimental=(ArmResponses(n=45, responses=26), None, ArmResponses(n=44, responses=30)),
        ),
    )
    source = RPACT + (
        "getDataset(n1 = c(40, 45), n2 = c(41, NA), n3 = c(39, 44), n4 = c(42, 46), events1 = c(20, 26), events2 = "
        "c(22, NA), events3 = c(24, 30), events4 = c(13, 17)), intersectionTest = "
    )
    dunnett = compute_closed_test(INVERSE_NORMAL, stages=stages)
    _holds(
        reference,
        dunnett,
        1,
        (
            0.00802902516,
            0.03336821131782,
            0.00554413106757,
            0.00554083856519,
            0.03936398082141,
            0.01811540944396,
            0.00287956959,
        ),
        (2.40759348606, 1.83344498703, 2.53990487870, 2.54011264391, 1.75811489640, 2.09432747013, 2.76118869315),
        source + "'Dunnett'",
    )
    simes = compute_closed_test(INVERSE_NORMAL, stages=stages, intersection="Simes")
    _holds(
        reference,
        simes,
        2,
        (
            0.00303185551038,
            0.02334474713004,
            0.00303185551038,
            0.00151592775519,
            0.02334474713004,
            None,
            0.00151592775519,
        ),
        (3.62396925774, 2.67662039529, 3.72707857712, 3.88276467766, 2.64968537026, None, 4.04866590485),
        source + "'Simes'",
    )
    assert [one.rejected_at for one in dunnett.hypotheses] == [2, None, 2]
    third = dunnett.hypotheses[2].intervals[1]
    assert third is not None
    reference.holds("arm 3, lower", third.ci_lower, 0.1196583295695, tolerance=1e-6, source=source + "'Dunnett'")
    reference.holds("arm 3, upper", third.ci_upper, 0.476937367899, tolerance=1e-6, source=source + "'Dunnett'")


@pytest.mark.validates("design.closed_testing")
def test_logrank_tests_agree_with_rpact(reference: References) -> None:
    stages = logrank_stages(
        looks=(
            (ArmLogrank(z=2.2, events=25), ArmLogrank(z=1.8, events=27), ArmLogrank(z=1.2, events=30)),
            (ArmLogrank(z=2.8, events=55), None, ArmLogrank(z=2.1, events=63)),
        )
    )
    analysis = compute_closed_test(INVERSE_NORMAL, stages=stages)
    source = RPACT + (
        "getDataset(cumEvents1 = c(25, 55), cumEvents2 = c(27, NA), cumEvents3 = c(30, 63), cumLogRanks1 = c(2.2, "
        "2.8), cumLogRanks2 = c(1.8, NA), cumLogRanks3 = c(1.2, 2.1)), Dunnett"
    )
    _holds(
        reference,
        analysis,
        2,
        (0.0665185204912, 0.0373011386710, 0.0665185204912, 0.0394238159664, 0.0373011386710, None, 0.0394238159664),
        (2.33261181783, 2.63748543615, 2.43902230656, 2.31785153088, 2.81633692672, None, 2.09120598640),
        source,
    )
    assert [one.rejected_at for one in analysis.hypotheses] == [2, None, 2]


@pytest.mark.validates("design.closed_testing")
@pytest.mark.parametrize(
    ("ratios", "df", "statistic", "expected", "call"),
    [
        ((1.0, 1.0, 1.0, 1.0), 20, 2.30442321899, 0.05, "qmvt(0.95, df = 20, 4 correlations 0.5)"),
        ((0.5, 0.5, 0.5), 17, 2.3, 0.0459949503803, "1 - pmvt(upper = 2.3, df = 17, ratios 0.5)"),
        ((0.5, 1.0, 2.0), 17, 2.3, 0.0429185180541, "1 - pmvt(upper = 2.3, df = 17, ratios 0.5, 1, 2)"),
        ((0.5, 1.0, 2.0), None, 2.3, 0.0283719693626, "1 - pmvnorm(upper = 2.3, ratios 0.5, 1, 2)"),
    ],
)
def test_dunnetts_distribution_agrees_with_mvtnorm(
    reference: References, ratios: tuple[float, ...], df: int | None, statistic: float, expected: float, call: str
) -> None:
    z = statistic if df is None else float(ndtri(stdtr(df, statistic)))
    null = SharedControl(allocation_ratios=ratios, degrees_of_freedom=df)
    reference.holds(
        f"tail beyond {statistic}, ratios {ratios}, df {df}",
        null.tail(tuple(range(len(ratios))), z),
        expected,
        tolerance=1e-6,
        source=f"R 4 mvtnorm 1.1.3, {call}, GenzBretz(maxpts = 5e6, abseps = 1e-8)",
    )


def _stage(*z: float | None) -> HypothesesStage:
    return HypothesesStage(
        evidence=tuple(None if one is None else EstimateStage(estimate=one, standard_error=1.0) for one in z)
    )


def _given(*bounds: float) -> CombinationTest:
    return compute_inverse_normal_test(efficacy=GivenBounds(z=bounds), alpha=0.025, looks=len(bounds))


def test_given_bounds_have_no_adjusted_p_values() -> None:
    analysis = compute_closed_test(_given(2.9, 2.1), stages=[_stage(3.2, 1.0)], intersection="Simes")
    assert [one.rejected_at for one in analysis.hypotheses] == [1, None]
    assert analysis.hypotheses[0].adjusted_p_values == (None,)


@pytest.mark.parametrize(
    ("stages", "intersection", "message"),
    [
        ((), "Simes", r"0 stages of data"),
        ((_stage(1.0), _stage(1.0), _stage(1.0)), "Simes", r"3 stages of data, but the test has 2"),
        ((_stage(1.0, 2.0), _stage(1.0)), "Simes", r"Stage 2 has 1 hypotheses, and stage 1 2.*None"),
        ((_stage(1.0, None),), "Simes", r"needs data at stage 1"),
        ((_stage(1.0, 2.0), _stage(None, None)), "Simes", r"Stage 2 has no hypothesis left"),
        ((_stage(1.0, 2.0),), "joint", r"needs a joint distribution; use 'Simes'"),
        ((_stage(1.0, 2.0),), "Holm", r"intersection must be one of joint.*got 'Holm'"),
        ((_stage(*(1.0,) * 9),), "Simes", r"9 hypotheses; give 1 to 8"),
    ],
)
def test_data_that_cannot_be_say_why(stages: tuple[HypothesesStage, ...], intersection: Any, message: str) -> None:
    with pytest.raises(DesignError, match=message):
        compute_closed_test(INVERSE_NORMAL, stages=stages, intersection=intersection)


def test_a_dropped_hypothesis_does_not_come_back() -> None:
    test = compute_inverse_normal_test(efficacy=OBrienFleming(), alpha=0.025, looks=3)
    with pytest.raises(DesignError, match=r"Hypothesis 2 has data at stage 3 after it was dropped"):
        compute_closed_test(test, stages=[_stage(1.0, 1.0), _stage(1.0, None), _stage(1.0, 1.0)], intersection="Simes")


def test_binding_futility_and_impossible_arms_are_refused() -> None:
    test = compute_inverse_normal_test(
        efficacy=OBrienFleming(), alpha=0.025, looks=2, futility=GivenBounds(z=(0.0,)), futility_is_binding=True
    )
    with pytest.raises(DesignError, match=r"futility_is_binding is True.*False"):
        compute_closed_test(test, stages=[_stage(1.0)], intersection="Simes")
    with pytest.raises(DesignError, match=r"at least 2 subjects.*None for an arm"):
        ArmMean(n=1, mean=0.0, sd=1.0)


def test_an_intersection_without_members_has_no_p_value() -> None:
    assert compute_intersection_p_value("Simes", members=(0, 1), z=(None, None)) is None


@pytest.mark.parametrize("intersection", ["joint", "Bonferroni", "Sidak", "Simes", "hierarchical"])
def test_a_score_that_is_no_number_is_refused(intersection: Any) -> None:
    joint = SharedControl(allocation_ratios=(1.0, 1.0))
    with pytest.raises(DesignError, match="z has no number"):
        compute_intersection_p_value(intersection, members=(0, 1), z=(float("nan"), 1.0), joint=joint)

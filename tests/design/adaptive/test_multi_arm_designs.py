"""Multi-arm multi-stage designs against the R package MAMS, mvtnorm, and each other."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import pytest
from tests.validation import References

from trialwright.design.adaptive import (
    Triangular,
    compute_multi_arm_characteristics,
    compute_multi_arm_design,
)
from trialwright.design.sequential import (
    GivenBounds,
    HaybittlePeto,
    OBrienFleming,
    Pocock,
    compute_group_sequential_design,
)
from trialwright.errors import DesignError

# The effects that MAMS calls p = 0.65 and p0 = 0.55.
EFFECT, UNINTERESTING = (math.sqrt(2) * NormalDist().inv_cdf(p) for p in (0.65, 0.55))
ASKED: dict[str, Any] = {
    "arms": 3,
    "alpha": 0.05,
    "power": 0.9,
    "effect": EFFECT,
    "uninteresting_effect": UNINTERESTING,
    "sd": 1.0,
}
PAPER = (
    "Jaki T, Pallmann P, Magirr D. J Stat Softw 2019;88(4), as held by the tests of MAMS 3: mams(K = 3, alpha = 0.05, "
    "power = 0.9, p = 0.65, p0 = 0.55, "
)
MVTNORM = "R 4 mvtnorm 1.1.3, pmvnorm(algorithm = GenzBretz(maxpts = 5e6, abseps = 1e-8)), "


@pytest.mark.validates("design.multi_arm")
def test_one_stage_is_dunnett_as_mams_has_it(reference: References) -> None:
    design = compute_multi_arm_design(efficacy=Pocock(), **ASKED)

    source = PAPER + "J = 1, r = 1, r0 = 1)"
    reference.holds("critical value, 3 arms", design.efficacy_bounds[0], 2.062, tolerance=5e-4, source=source)
    reference.holds("subjects of each arm", design.n_experimental[0], 79, tolerance=0, source=source)
    reference.holds("subjects in all", design.n_total, 316, tolerance=0, source=source)
    source = (
        "R 4 mvtnorm 1.1.3, qmvnorm(0.95, correlations 0.5, tail = 'lower', GenzBretz(maxpts = 5e6, abseps = 1e-9))"
    )
    reference.holds("critical value, 3 arms", design.efficacy_bounds[0], 2.0621137821, tolerance=5e-5, source=source)
    # P(Z1 > c, Z1 > Z2, Z1 > Z3) is that of a trivariate normal of differences.
    reference.holds(
        "power in the least favorable configuration, 79 in each arm",
        design.power,
        0.903026994012,
        tolerance=1e-5,
        source=MVTNORM + "lower = c(q, 0, 0)",
    )


@pytest.mark.validates("design.multi_arm")
def test_two_triangular_stages_agree_with_mams(reference: References) -> None:
    design = compute_multi_arm_design(
        efficacy=Triangular(),
        futility=Triangular(),
        experimental_ratios=(1, 2),
        control_ratios=(2, 4),
        **ASKED,
    )

    source = PAPER + "J = 2, r = 1:2, r0 = c(2, 4), ushape = 'triangular', lshape = 'triangular')"
    assert design.futility_bounds is not None
    for stage, (upper, lower) in enumerate(((2.359, 0.786), (2.225, 2.225))):
        reference.holds(f"upper {stage + 1}", design.efficacy_bounds[stage], upper, tolerance=1e-3, source=source)
        reference.holds(f"lower {stage + 1}", design.futility_bounds[stage], lower, tolerance=1e-3, source=source)
    reference.holds("subjects of an arm", design.n_experimental[-1], 76, tolerance=0, source=source)
    reference.holds("subjects in all", design.n_total, 380, tolerance=0, source=source)
    assert design.familywise_error_rate == pytest.approx(0.05, abs=1e-9)


@pytest.mark.validates("design.multi_arm")
def test_three_stages_with_a_fixed_lower_bound_agree_with_mams(reference: References) -> None:
    design = compute_multi_arm_design(
        efficacy=OBrienFleming(),
        futility=GivenBounds(z=(0.0, 0.0)),
        experimental_ratios=(1, 2, 3),
        **ASKED,
    )

    source = (
        "MAMS, https://tjaki.github.io/MAMS/articles/web_only/reproducibility.html: mams(K = 3, J = 3, p = 0.65, "
        "p0 = 0.55, r = 1:3, r0 = 1:3, alpha = 0.05, power = 0.9), 50,000 simulated trials"
    )
    for bound, expected in zip(design.efficacy_bounds, (3.613, 2.555, 2.086), strict=True):
        reference.holds("upper bound", bound, expected, tolerance=6e-4, source=source)
    for n, size in zip(design.n_experimental, (29, 58, 87), strict=True):
        reference.holds("cumulative subjects of an arm", n, size, tolerance=0, source=source)
    behavior = compute_multi_arm_characteristics(design, effects=(EFFECT, UNINTERESTING, UNINTERESTING))
    # Three standard errors of 50,000 trials.
    reference.holds("at least one rejection", behavior.disjunctive_power, 0.929, tolerance=0.0035, source=source)
    reference.holds("the first arm is recommended", behavior.recommended[0], 0.908, tolerance=0.004, source=source)


@pytest.mark.validates("design.multi_arm")
@pytest.mark.parametrize(
    ("arguments", "expected", "tolerance"),
    [
        (
            {
                "arms": 3,
                "efficacy": GivenBounds(z=(3.0, 2.2)),
                "experimental_ratios": (1, 2),
                "control_ratios": (2, 4),
            },
            0.0402649340186,
            1e-6,
        ),
        (
            {
                "arms": 2,
                "efficacy": GivenBounds(z=(2.5, 2.1)),
                "futility": GivenBounds(z=(0.5,)),
                "experimental_ratios": (1, 2),
            },
            0.0376481051892,
            2e-8,
        ),
        (
            {
                "arms": 3,
                "efficacy": GivenBounds(z=(2.5, 2.1)),
                "futility": GivenBounds(z=(0.5,)),
                "experimental_ratios": (1, 3),
                "control_ratios": (1, 2),
            },
            0.0498797659243,
            1e-7,
        ),
    ],
)
def test_the_familywise_error_rate_is_that_of_a_multivariate_normal(
    reference: References, arguments: dict[str, Any], expected: float, tolerance: float
) -> None:
    design = compute_multi_arm_design(**{**ASKED, "alpha": 0.3, **arguments})
    source = MVTNORM + "summed over the patterns of arms that are dropped at stage 1 and those that go on"
    reference.holds(
        f"familywise error rate, {arguments}",
        design.familywise_error_rate,
        expected,
        tolerance=tolerance,
        source=source,
    )


@pytest.mark.validates("design.multi_arm")
def test_one_arm_is_the_group_sequential_design(reference: References) -> None:
    design = compute_multi_arm_design(**{**ASKED, "arms": 1}, efficacy=OBrienFleming(), experimental_ratios=(1, 2, 3))
    other = compute_group_sequential_design(efficacy=OBrienFleming(), alpha=0.05, sided=1, power=0.9, looks=3)
    for bound, expected in zip(design.efficacy_bounds, other.efficacy_bounds, strict=True):
        reference.holds("bound", bound, expected, tolerance=1e-6, source="the recursion of group-sequential designs")
    n = 2 * (other.drift / EFFECT) ** 2
    reference.holds("n of an arm", design.n_exact, n, tolerance=1e-5, relative=True, source="its drift")


def test_probabilities_of_all_ways_to_end_sum_to_one_and_to_the_power() -> None:
    design = compute_multi_arm_design(
        **{**ASKED, "arms": 4}, efficacy=HaybittlePeto(), futility=GivenBounds(z=(0.3,)), experimental_ratios=(1, 2)
    )
    behavior = compute_multi_arm_characteristics(design, effects=(0.5, 0.2, 0.2, -0.1))
    # Computed apart: by no rejection, and by who is the best.
    assert math.fsum(behavior.recommended) == pytest.approx(behavior.disjunctive_power, abs=1e-9)
    assert behavior.recommended[1] == pytest.approx(behavior.recommended[2], abs=1e-12)
    assert behavior.recommended[0] > behavior.recommended[1] > behavior.recommended[3]
    assert behavior.reached[0] == 1.0
    assert behavior.expected_n_total < design.n_total
    null = compute_multi_arm_characteristics(design, effects=(0.0,) * 4)
    assert null.disjunctive_power == pytest.approx(design.familywise_error_rate, abs=1e-9)


def test_futility_that_does_not_bind_leaves_the_bounds_alone() -> None:
    def bounds(futility: GivenBounds | None, *, is_binding: bool) -> tuple[float, ...]:
        return compute_multi_arm_design(
            **ASKED,
            efficacy=Pocock(),
            futility=futility,
            futility_is_binding=is_binding,
            experimental_ratios=(1, 2),
        ).efficacy_bounds

    without = bounds(None, is_binding=False)
    assert bounds(GivenBounds(z=(0.5,)), is_binding=False) == pytest.approx(without, abs=1e-9)
    assert bounds(GivenBounds(z=(0.5,)), is_binding=True)[0] < without[0] - 0.001


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arms": 0}, r"arms must lie between 1 and 20, got 0"),
        ({"alpha": 0.7}, r"alpha must lie.*0\.7.*one-sided"),
        ({"power": 1.0}, r"power must lie.*1\.0"),
        ({"effect": 0.0}, r"effect must be above 0"),
        ({"uninteresting_effect": 1.0}, r"uninteresting_effect must be below effect.*Half of effect"),
        ({"sd": 0.0}, r"sd must be above 0"),
        ({"experimental_ratios": (1, 1)}, r"experimental_ratios must be above 0 and increase.*cumulative"),
        ({"experimental_ratios": (1, 2, 3, 4, 5)}, r"5 stages.*give 1 to 4"),
        ({"efficacy": Triangular(), "experimental_ratios": (1, 2)}, r"triangular futility bounds that bind"),
        ({"efficacy": GivenBounds(z=(1.0,))}, r"familywise error rate of 0\.\d+, above alpha"),
        ({"efficacy": GivenBounds(z=(3.0, 3.0))}, r"2 bounds for 1 stages"),
        (
            {"futility": GivenBounds(z=(3.5,)), "experimental_ratios": (1, 2)},
            r"not used up by any efficacy bounds.*Lower them",
        ),
        (
            {"futility": GivenBounds(z=(2.5,)), "futility_is_binding": False, "experimental_ratios": (1, 2)},
            r"futility bound 2\.5000 reaches the efficacy bound",
        ),
        (
            {"efficacy": HaybittlePeto(interim_z=1.5), "experimental_ratios": (1, 2)},
            r"spent before the last stage.*Raise it",
        ),
        (
            {
                "futility": GivenBounds(z=(1.9,)),
                "experimental_ratios": (1, 1.001),
                "uninteresting_effect": EFFECT * 0.9999,
            },
            r"not reached with any sample size",
        ),
    ],
)
def test_a_multi_arm_design_that_cannot_be_says_why(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        compute_multi_arm_design(**{**ASKED, "efficacy": Pocock(), **change})


def test_effects_must_be_given_for_each_arm() -> None:
    design = compute_multi_arm_design(efficacy=Pocock(), **ASKED)
    with pytest.raises(DesignError, match=r"effects must be 3 finite numbers"):
        compute_multi_arm_characteristics(design, effects=(0.0,))

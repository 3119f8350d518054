"""Designs of books and of further calls of rpact, and what the integration is held to."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr
from tests.validation import References

from trialwright.design.sequential import (
    GivenBounds,
    HaybittlePeto,
    HwangShihDeCani,
    KimDeMets,
    LanDeMetsOBrienFleming,
    LanDeMetsPocock,
    OBrienFleming,
    OptimumWangTsiatis,
    Pocock,
    UserSpending,
    WangTsiatis,
    compute_group_sequential_design,
    compute_operating_characteristics,
)
from trialwright.design.sequential.integration import compute_exits

# rpact 3.3.4: call, our design, criticalValues, futilityBounds, shift, and averageSampleNumber1, 01, 0
RPACT: list[tuple[str, dict[str, Any], tuple[float, ...], tuple[float, ...], tuple[float, ...]]] = [
    (
        "kMax = 4, alpha = 0.025, beta = 0.2, typeOfDesign = 'P'",
        {"efficacy": Pocock(), "alpha": 0.025, "sided": 1, "power": 0.8, "looks": 4},
        (2.36129966472,) * 4,
        (),
        (9.4380351251, 0.805244871816, 1.08909603673, 1.1887141097),
    ),
    (
        "kMax = 5, alpha = 0.05, sided = 2, beta = 0.2, typeOfDesign = 'WT', deltaWT = 0.25",
        {"efficacy": WangTsiatis(delta=0.25), "alpha": 0.05, "sided": 2, "power": 0.8, "looks": 5},
        (3.19408294535, 2.68589289877, 2.42697820481, 2.25855771033, 2.13601200299),
        (),
        (8.41259736034, 0.78676668876, 0.997951673584, 1.0583027756),
    ),
    (
        "alpha = 0.025, beta = 0.2, typeOfDesign = 'asP', typeBetaSpending = 'bsKD', gammaB = 1.5, "
        "bindingFutility = TRUE, informationRates = c(0.25, 0.6, 0.9, 1)",
        {
            "efficacy": LanDeMetsPocock(),
            "futility": KimDeMets(rho=1.5),
            "futility_is_binding": True,
            "alpha": 0.025,
            "sided": 1,
            "power": 0.8,
            "information_fractions": (0.25, 0.6, 0.9, 1.0),
        },
        (2.36832770352, 2.29047172517, 2.28812041134, 2.30426136404),
        (-0.397572009111, 1.03133395361, 1.94795015221),
        (9.76427476152, 0.776368948555, 0.826504884956, 0.641390040387),
    ),
    (
        "kMax = 4, alpha = 0.025, beta = 0.2, typeOfDesign = 'WToptimum', optimizationCriterion = 'ASNsum'",
        {
            "efficacy": OptimumWangTsiatis(criterion="H0, H01 and H1"),
            "alpha": 0.025,
            "sided": 1,
            "power": 0.8,
            "looks": 4,
        },
        (3.78019088142, 2.77494482344, 2.31588852348, 2.03701850375),
        (),
        (8.07810783115, 0.824222283834, 0.981831379546, 1.02554221061),
    ),
    (
        "kMax = 4, alpha = 0.025, beta = 0.2, typeOfDesign = 'WToptimum', optimizationCriterion = 'ASNIFH1'",
        {
            "efficacy": OptimumWangTsiatis(criterion="inflation and H1"),
            "alpha": 0.025,
            "sided": 1,
            "power": 0.8,
            "looks": 4,
        },
        (3.57805252259, 2.70790019216, 2.30061510526, 2.04936160227),
        (),
        (8.12016787453, 0.818328564371, 0.983543887488, 1.0304810948),
    ),
    (
        "alpha = 0.05, sided = 2, beta = 0.2, typeOfDesign = 'asHSD', gammaA = -4, informationRates = c(0.3, 0.8, 1)",
        {
            "efficacy": HwangShihDeCani(gamma=-4.0),
            "alpha": 0.05,
            "sided": 2,
            "power": 0.8,
            "information_fractions": (0.3, 0.8, 1.0),
        },
        (3.06669954932, 2.31545231491, 2.01685651392),
        (),
        (8.00788480665, 0.867264413996, 0.984071192347, 1.01467471553),
    ),
    (
        "alpha = 0.025, beta = 0.2, typeOfDesign = 'asOF', typeBetaSpending = 'bsUser', "
        "userBetaSpending = c(0.02, 0.1, 0.2), bindingFutility = FALSE, informationRates = c(0.3, 0.8, 1)",
        {
            "efficacy": LanDeMetsOBrienFleming(),
            "futility": UserSpending(cumulative=(0.02, 0.1, 0.2)),
            "alpha": 0.025,
            "sided": 1,
            "power": 0.8,
            "information_fractions": (0.3, 0.8, 1.0),
        },
        (3.92857254263, 2.25088077039, 2.02507480234),
        (-0.476968762979, 1.24290798185),
        (8.28745208806, 0.887168112982, 0.861657360814, 0.696795518739),
    ),
]


@pytest.mark.validates("design.group_sequential")
@pytest.mark.parametrize(("call", "arguments", "bounds", "futility", "sizes"), RPACT)
def test_further_designs_agree_with_rpact(
    call: str,
    arguments: dict[str, Any],
    bounds: tuple[float, ...],
    futility: tuple[float, ...],
    sizes: tuple[float, ...],
    reference: References,
) -> None:
    design = compute_group_sequential_design(**arguments)
    source = f"rpact 3.3.4, getDesignGroupSequential({call})"
    h1, h01, h0 = (compute_operating_characteristics(design, drift=share * design.drift) for share in (1, 0.5, 0))
    ours = (
        *design.efficacy_bounds,
        *(design.futility_bounds or ())[:-1],
        design.drift**2,
        h1.expected_information_ratio,
        h01.expected_information_ratio,
        h0.expected_information_ratio,
    )
    for index, (value, expected) in enumerate(zip(ours, (*bounds, *futility, *sizes), strict=True), start=1):
        reference.holds(f"bounds and sizes, {index}", value, expected, tolerance=1e-6, source=source, relative=True)


BOOK = "Jennison C, Turnbull BW. Group Sequential Methods with Applications to Clinical Trials. 2000, "


@pytest.mark.validates("design.group_sequential")
@pytest.mark.parametrize(
    ("looks", "pocock", "obrien_fleming", "inflation_pocock", "inflation_obrien_fleming"),
    [
        # alpha 0.05 two-sided: C_P and C_B of tables 2.1 and 2.3; R of tables 2.2 and 2.4 at power 0.9
        (2, 2.178, 1.977, 1.100, 1.007),
        (3, 2.289, 2.004, 1.151, 1.016),
        (4, 2.361, 2.024, 1.183, 1.022),
        (5, 2.413, 2.040, 1.207, 1.026),
        (10, 2.555, 2.087, 1.271, 1.037),
    ],
)
def test_constants_and_sizes_are_those_of_the_book(
    looks: int,
    pocock: float,
    obrien_fleming: float,
    inflation_pocock: float,
    inflation_obrien_fleming: float,
    reference: References,
) -> None:
    common: dict[str, Any] = {"alpha": 0.05, "sided": 2, "power": 0.9, "looks": looks}
    even = compute_group_sequential_design(efficacy=Pocock(), **common)
    steep = compute_group_sequential_design(efficacy=OBrienFleming(), **common)
    # Printed to three decimals.
    for quantity, ours, expected, table in (
        ("Pocock's constant", even.efficacy_bounds[-1], pocock, "table 2.1"),
        ("O'Brien and Fleming's constant", steep.efficacy_bounds[-1], obrien_fleming, "table 2.3"),
        ("inflation, Pocock", even.inflation_factor, inflation_pocock, "table 2.2"),
        ("inflation, O'Brien and Fleming", steep.inflation_factor, inflation_obrien_fleming, "table 2.4"),
    ):
        reference.holds(f"{quantity}, {looks} looks", ours, expected, tolerance=6e-4, source=BOOK + table)


@pytest.mark.validates("design.group_sequential")
@pytest.mark.parametrize(("delta", "constant"), [(0.1, 2.06818640407), (0.4, 2.26664455032)])
def test_constants_of_wang_and_tsiatis_agree_with_rpact(delta: float, constant: float, reference: References) -> None:
    design = compute_group_sequential_design(efficacy=WangTsiatis(delta=delta), alpha=0.05, sided=2, power=0.8, looks=5)
    source = f"rpact 3.3.4, getDesignGroupSequential(kMax = 5, alpha = 0.05, sided = 2, 'WT', deltaWT = {delta})"
    reference.holds(f"delta {delta}", design.efficacy_bounds[-1], constant, tolerance=1e-7, source=source)


def _simpson_exits(
    fractions: tuple[float, ...], upper: tuple[float, ...], lower: tuple[float, ...], drift: float, r: int
) -> list[float]:
    """Upper exits by the grid and rule of Jennison and Turnbull 2000, section 19.3, on the Z scale."""
    i = np.arange(1, 6 * r)
    points = np.where(i < r, -3 - 4 * np.log(r / i), np.where(i <= 5 * r, -3 + 3 * (i - r) / (2 * r), 0.0))
    points = np.where(i > 5 * r, 3 + 4 * np.log(r / (6 * r - np.minimum(i, 6 * r - 1))), points)
    exits: list[float] = []
    previous = mass = shift = np.zeros(0)
    for k, t in enumerate(fractions):
        before = fractions[k - 1] if k else 0.0
        step = t - before
        if k == 0:
            exits.append(float(1 - ndtr(upper[0] - drift * math.sqrt(t))))
        else:
            shift = previous * math.sqrt(before) + drift * step
            exits.append(float(mass @ ndtr((shift - upper[k] * math.sqrt(t)) / math.sqrt(step))))
        x = points + drift * math.sqrt(t)
        x = x[(x > lower[k]) & (x < upper[k])]
        x = np.concatenate([[max(lower[k], drift * math.sqrt(t) - 12)], x, [upper[k]]])
        z = np.empty(2 * len(x) - 1)
        z[::2], z[1::2] = x, (x[:-1] + x[1:]) / 2
        weight = np.zeros(len(z))
        for j, width in enumerate(np.diff(x)):
            weight[2 * j : 2 * j + 3] += np.array([1, 4, 1]) * width / 6
        if k == 0:
            density = np.exp(-0.5 * (z - drift * math.sqrt(t)) ** 2) / math.sqrt(2 * math.pi)
        else:
            deviation = (z[:, None] * math.sqrt(t) - shift[None, :]) / math.sqrt(step)
            density = np.exp(-0.5 * deviation**2) @ mass * math.sqrt(t / step / (2 * math.pi))
        previous, mass = z, weight * density
    return exits


@pytest.mark.parametrize("drift", [0.0, 1.5, 3.3])
@pytest.mark.parametrize("fractions", [(0.2, 0.5, 0.8, 1.0), (0.1, 0.15, 0.95, 1.0)])
def test_integration_agrees_with_the_grid_of_jennison_and_turnbull(drift: float, fractions: tuple[float, ...]) -> None:
    upper, lower = (3.5, 2.8, 2.3, 2.0), (-1.0, 0.2, 1.0, -math.inf)
    ours = compute_exits(fractions, upper, lower, drift).upper
    assert ours == pytest.approx(_simpson_exits(fractions, upper, lower, drift, 96), rel=2e-7)


def test_exits_of_all_kinds_make_up_all_trials() -> None:
    upper, lower, inner = (3.0, 2.5, 2.0), (-3.0, -2.5, -2.0), (0.2, 0.6, 2.0)
    exits = compute_exits((0.3, 0.7, 1.0), upper, lower, 1.2, inner)
    assert exits.upper.sum() + exits.lower.sum() + exits.inner.sum() == pytest.approx(1, abs=1e-13)


SIMULATED: list[dict[str, Any]] = [
    {"efficacy": Pocock(), "alpha": 0.05, "sided": 2, "looks": 4},
    {"efficacy": HaybittlePeto(interim_z=3.0), "alpha": 0.025, "sided": 1, "looks": 3},
    {
        "efficacy": LanDeMetsOBrienFleming(),
        "futility": HwangShihDeCani(gamma=-2.0),
        "futility_is_binding": True,
        "alpha": 0.025,
        "sided": 1,
        "information_fractions": (0.3, 0.45, 0.9, 1.0),
    },
    {
        "efficacy": OBrienFleming(),
        "futility": LanDeMetsPocock(),
        "futility_is_binding": True,
        "alpha": 0.025,
        "sided": 1,
        "looks": 3,
    },
    {
        "efficacy": LanDeMetsPocock(),
        "futility": KimDeMets(rho=2.0),
        "futility_is_binding": True,
        "alpha": 0.05,
        "sided": 2,
        "looks": 3,
    },
    {
        "efficacy": KimDeMets(rho=3.0),
        "futility": GivenBounds(z=(0.0, 0.5)),
        "alpha": 0.025,
        "sided": 1,
        "looks": 3,
    },
]


@pytest.mark.parametrize("arguments", SIMULATED)
def test_simulated_trials_have_the_type_i_error_and_the_power(arguments: dict[str, Any]) -> None:
    design = compute_group_sequential_design(power=0.85, **arguments)
    rng, trials = np.random.default_rng(20001), 200_000
    fractions = np.array(design.information_fractions)
    steps = np.diff(fractions, prepend=0.0)
    noise = rng.standard_normal((trials, len(fractions))) * np.sqrt(steps)
    for drift, expected in ((0.0, design.alpha), (design.drift, design.power)):
        z = (noise + drift * steps).cumsum(axis=1) / np.sqrt(fractions)
        obeyed = design.futility_bounds if design.futility_is_binding or drift else None
        going, rejected = np.ones(trials, bool), np.zeros(trials, bool)
        for look in range(design.looks):
            value = np.abs(z[:, look]) if design.sided == 2 else z[:, look]
            crossed = going & (value >= design.efficacy_bounds[look])
            if drift:
                crossed &= z[:, look] > 0
            rejected |= crossed
            going &= value < design.efficacy_bounds[look]
            if obeyed is not None:
                going &= value >= obeyed[look]
        error = math.sqrt(expected * (1 - expected) / trials)
        assert abs(rejected.mean() - expected) < 3.5 * error
    assert design.power == pytest.approx(0.85, abs=1e-9)


def test_a_two_sided_design_spends_its_futility_inside_a_wedge() -> None:
    design = compute_group_sequential_design(
        efficacy=LanDeMetsPocock(), futility=KimDeMets(rho=2.0), alpha=0.05, sided=2, power=0.9, looks=3
    )
    assert design.futility_bounds is not None and design.cumulative_beta_spent is not None
    assert 0 < design.futility_bounds[0] < design.futility_bounds[1] < design.futility_bounds[2]
    assert design.futility_bounds[-1] == design.efficacy_bounds[-1]
    assert design.cumulative_beta_spent[:2] == pytest.approx((0.1 / 9, 0.1 * 4 / 9), rel=1e-9)


def test_without_interim_looks_the_design_is_the_fixed_one() -> None:
    design = compute_group_sequential_design(efficacy=Pocock(), alpha=0.025, sided=1, power=0.9, looks=1)
    # (1.959964 + 1.281552)^2 = 10.507423
    assert design.drift**2 == pytest.approx(10.5074230614406, rel=1e-9)
    assert design.inflation_factor == pytest.approx(1, rel=1e-9)


def test_a_look_that_spends_nothing_has_no_bound() -> None:
    design = compute_group_sequential_design(
        efficacy=UserSpending(cumulative=(0.0, 0.01, 0.025)),
        futility=UserSpending(cumulative=(0.05, 0.05, 0.1)),
        alpha=0.025,
        sided=1,
        power=0.9,
        looks=3,
    )
    assert design.efficacy_bounds[0] == math.inf
    assert design.futility_bounds is not None and design.futility_bounds[1] == -math.inf
    assert design.stage_levels[0] == 0


@pytest.mark.validates("design.group_sequential")
def test_twelve_looks_at_very_uneven_information_agree_with_the_multivariate_normal_distribution(
    reference: References,
) -> None:
    # Increments of information from 0.001 to 0.24. rpact 3.3.4 is no reference here: the bounds that it finds for
    # 15 uneven looks at alpha = 0.1 (O'Brien-Fleming, two-sided) have an error of 0.114 by the same distribution.
    fractions = (0.01, 0.012, 0.05, 0.051, 0.2, 0.35, 0.36, 0.361, 0.6, 0.8, 0.95, 1.0)
    source = (
        "R mvtnorm 1.1-3, 1 - pmvnorm(lower, upper, mean = drift * sqrt(t), sigma = sqrt(min / max of t), "
        "algorithm = GenzBretz(maxpts = 2e7, abseps = 1e-7)), set.seed(1); its own error is told as 5.6e-6 and 5.8e-7"
    )
    both = compute_exits(fractions, (2.6,) * 12, (-2.6,) * 12, 0.0)
    error = float(both.upper.sum() + both.lower.sum())
    quantity = "crossing +-2.6 without effect, 12 uneven looks"
    reference.holds(quantity, error, 5.463606039e-02, tolerance=6e-6, source=source)
    upper = tuple(2.4 * fraction**-0.3 for fraction in fractions)
    power = float(compute_exits(fractions, upper, (-math.inf,) * 12, 2.8).upper.sum())
    quantity = "crossing 2.4 t^-0.3 under drift 2.8, 12 uneven looks"
    reference.holds(quantity, power, 6.872184853e-01, tolerance=6e-7, source=source)

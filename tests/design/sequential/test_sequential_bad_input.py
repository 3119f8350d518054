"""Designs that cannot be: each says which value, why, and what would work."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from trialwright.design.sequential import (
    GivenBounds,
    HaybittlePeto,
    HwangShihDeCani,
    KimDeMets,
    LanDeMetsOBrienFleming,
    OBrienFleming,
    Pocock,
    UserSpending,
    WangTsiatis,
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
from trialwright.errors import DesignError

GOOD: dict[str, Any] = {"efficacy": LanDeMetsOBrienFleming(), "alpha": 0.025, "sided": 1, "power": 0.9, "looks": 3}


@dataclass(frozen=True)
class _Falling:
    def spend(self, rate: float, fraction: float) -> float:
        return rate * (0.8 - 0.5 * fraction)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"alpha": 2.5}, r"alpha must lie .* got 2\.5.*percent"),
        ({"alpha": 0.0}, r"alpha must lie .* got 0\.0"),
        ({"alpha": math.nan}, r"alpha must lie .* got nan"),
        ({"sided": 3}, r"sided must be 1 or 2, got 3"),
        ({"power": 1.0}, r"power must lie .* got 1\.0.*0\.9"),
        ({"power": 0.02}, r"power must lie .* got 0\.02"),
        ({"looks": 0}, r"looks must be a whole number between 1 and 100, got 0"),
        ({"looks": 2.5}, r"looks must be a whole number between 1 and 100, got 2\.5"),
        ({"looks": None}, r"either looks .* or information_fractions"),
        ({"looks": None, "information_fractions": (0.5, 0.4, 1.0)}, r"look 2 is 0\.4 after 0\.5.*Leave the look out"),
        ({"looks": None, "information_fractions": (0.0, 1.0)}, r"look 1 is 0\.0 after 0\.0"),
        ({"looks": None, "information_fractions": (0.5, 0.8)}, r"must end at 1.*ends at 0\.8"),
        ({"looks": None, "information_fractions": ()}, r"is empty"),
        ({"efficacy": _Falling()}, r"efficacy spends .* up to look 2 .* must not decrease"),
        ({"futility": _Falling()}, r"futility spends .* up to look 2 .* must not decrease"),
        ({"efficacy": UserSpending(cumulative=(0.01, 0.025))}, r"has 2 values, but the design has 3 looks"),
        ({"efficacy": UserSpending(cumulative=(0.01, 0.02, 0.03))}, r"ends at 0\.03, but alpha is 0\.025"),
        ({"futility": UserSpending(cumulative=(0.01, 0.02, 0.2))}, r"ends at 0\.2, but 1 - power is 0\.1"),
        ({"futility": GivenBounds(z=(0.0, 0.5, 1.0))}, r"futility has 3 bounds for 3 looks; give 2"),
        (
            {"futility": GivenBounds(z=(0.0, 3.0))},
            r"look 2 the futility bound \(3\.0000\) reaches .*\(2\.5114\)",
        ),
        ({"futility": GivenBounds(z=(-0.1, 0.5)), "alpha": 0.05, "sided": 2}, r"inner wedges .* not below 0"),
        ({"futility_is_binding": True}, r"futility_is_binding is True, but there is no futility rule"),
        ({"efficacy": GivenBounds(z=(2.0, 2.0, 2.0))}, r"type I error of 0\.0\d+, above alpha = 0\.025"),
        ({"efficacy": GivenBounds(z=(3.0, 2.0))}, r"efficacy has 2 bounds for 3 looks"),
        ({"efficacy": HaybittlePeto(interim_z=1.5)}, r"interim_z = 1\.5 uses 0\.\d+ .* nothing is left"),
    ],
)
def test_a_design_that_cannot_be_says_why(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        compute_group_sequential_design(**{**GOOD, **changes})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: KimDeMets(rho=0.0), r"rho must be above 0, got 0\.0"),
        (lambda: HwangShihDeCani(gamma=math.inf), r"gamma must lie .* got inf"),
        (lambda: WangTsiatis(delta=math.nan), r"delta must lie .* got nan"),
        (lambda: HaybittlePeto(interim_z=-3.0), r"interim_z must lie .* got -3\.0"),
        (lambda: GivenBounds(z=(math.nan,)), r"no number"),
        (lambda: UserSpending(cumulative=(0.02, 0.01)), r"value 2 \(0\.01\) is below value 1 \(0\.02\)"),
        (lambda: UserSpending(cumulative=(-0.1, 0.01)), r"must start at 0"),
        (lambda: UserSpending(cumulative=()), r"one finite value for each look"),
        (lambda: UserSpending(cumulative=(0.01, 0.02), fractions=(1.0,)), r"fractions has 1 values for 2"),
        (lambda: UserSpending(cumulative=(0.02,)).spend(0.02, 0.5), r"no fractions of its own"),
    ],
)
def test_a_rule_that_cannot_be_says_why(make: Callable[[], object], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        make()


def test_questions_that_have_no_answer_say_why() -> None:
    design = compute_group_sequential_design(**GOOD)
    classical = compute_group_sequential_design(**{**GOOD, "efficacy": Pocock()})
    given = compute_group_sequential_design(**{**GOOD, "efficacy": GivenBounds(z=(4.0, 3.0, 2.1))})
    questions: list[tuple[Callable[[], object], str]] = [
        (lambda: compute_conditional_power(design, look=3, z=1.0, drift=3.0), r"look must lie between 1 and 2, got 3"),
        (lambda: compute_conditional_power(design, look=1, z=1.0, drift=math.nan), r"drift must be a finite number"),
        (
            lambda: compute_predictive_power(design, look=1, z=1.0, prior_drift=math.nan, prior_sd=1.0),
            r"prior_drift must be a finite number",
        ),
        (lambda: compute_stagewise_inference(design, look=4, z=2.0), r"look must lie between 1 and 3, got 4"),
        (lambda: compute_stagewise_inference(design, look=1, z=math.inf), r"finite numbers, got inf"),
        (lambda: compute_stagewise_inference(design, look=1, z=4.0, conf_level=95.0), r"conf_level .* got 95\.0"),
        (lambda: compute_predictive_power(design, look=1, z=1.0, prior_sd=1.0), r"prior_drift and prior_sd together"),
        (
            lambda: compute_predictive_power(design, look=1, z=1.0, prior_drift=0.0, prior_sd=0.0),
            r"prior_sd must be above 0, got 0\.0",
        ),
        (
            lambda: compute_repeated_interval(design, look=1, estimate=1.0, standard_error=0.0),
            r"standard_error must be above 0, got 0\.0",
        ),
        (lambda: compute_repeated_p_value(given, look=1, z=2.0), r"belong to one alpha"),
        (lambda: compute_sequential_p_value(design, z=()), r"z has 0 values"),
        (lambda: compute_operating_characteristics(design, drift=math.nan), r"drift must be a finite number, got nan"),
        (lambda: compute_monitored_design(design, observed_fractions=()), r"is empty"),
        (lambda: compute_monitored_design(design, observed_fractions=(0.5, 0.5)), r"look 2 is 0\.5 after 0\.5"),
        (lambda: compute_monitored_design(design, observed_fractions=(0.5, 1.02)), r"1\.02 at look 2.*is_final=True"),
        (
            lambda: compute_monitored_design(classical, observed_fractions=(0.4,)),
            r"bounds of Pocock keep alpha at the planned information only.*UserSpending\(cumulative=",
        ),
    ]
    for ask, message in questions:
        with pytest.raises(DesignError, match=message):
            ask()


def test_power_that_futility_makes_impossible_is_refused() -> None:
    # With hardly any information at the first look only luck passes the bound there.
    with pytest.raises(DesignError, match=r"the futility bounds stop too many trials"):
        compute_group_sequential_design(
            efficacy=OBrienFleming(),
            futility=GivenBounds(z=(7.0,)),
            alpha=0.025,
            sided=1,
            power=0.9,
            information_fractions=(0.0001, 1.0),
        )

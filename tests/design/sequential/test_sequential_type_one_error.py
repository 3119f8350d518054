"""The type I error of every rule of bounds, by simulated trials: as increments of a score, and subject by subject."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from trialwright.design.sequential import (
    EfficacyRule,
    FutilityRule,
    GroupSequentialDesign,
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
)
from trialwright.design.simulation import (
    Accrual,
    Boundaries,
    Look,
    SimulatedTrials,
    TimeToEvent,
    TrialPlan,
    compute_operating_characteristics,
    constant_rate,
    hazard_of_median,
    simulate_trials,
)

EVEN = (1 / 3, 2 / 3, 1.0)
UNEVEN = (0.2, 0.65, 1.0)
RULES: list[EfficacyRule] = [
    Pocock(),
    OBrienFleming(),
    WangTsiatis(delta=0.25),
    OptimumWangTsiatis(),
    HaybittlePeto(),
    LanDeMetsOBrienFleming(),
    LanDeMetsPocock(),
    KimDeMets(rho=2.0),
    HwangShihDeCani(gamma=-4.0),
    HwangShihDeCani(gamma=1.0),
    UserSpending(cumulative=(0.2, 0.5, 1.0)),
]


def design_of(
    rule: EfficacyRule,
    *,
    sided: int,
    fractions: tuple[float, ...] = EVEN,
    futility: FutilityRule | None = None,
    is_binding: bool = False,
) -> GroupSequentialDesign:
    if isinstance(rule, UserSpending):  # given in shares of alpha, so that one rule serves one and two sides
        spent = tuple(0.025 * sided * share for share in rule.cumulative)
        rule = UserSpending(cumulative=spent, fractions=fractions)
    return compute_group_sequential_design(
        efficacy=rule,
        alpha=0.025 * sided,
        sided=sided,
        power=0.9,
        information_fractions=fractions,
        futility=futility,
        futility_is_binding=is_binding,
    )


@cache
def null_scores(fractions: tuple[float, ...], trials: int) -> np.ndarray:
    """Z at each look without an effect: a Brownian motion, seed 20260511."""
    increments = np.random.default_rng(20260511).standard_normal((trials, len(fractions)))
    steps = np.sqrt(np.diff(fractions, prepend=0.0))
    return np.asarray(np.cumsum(increments * steps, axis=1) / np.sqrt(fractions))


def rejected_share(design: GroupSequentialDesign, trials: int) -> tuple[float, float]:
    """The share of trials that reject, with its standard error; futility is obeyed where it is binding."""
    z = null_scores(design.information_fractions, trials)
    value = np.abs(z) if design.sided == 2 else z
    crosses = value >= np.asarray(design.efficacy_bounds)
    stops = np.zeros_like(crosses)
    if design.binding_futility_bounds is not None:
        stops = value < np.asarray(design.binding_futility_bounds)
        stops[:, -1] = False
    first_cross = np.where(crosses.any(axis=1), crosses.argmax(axis=1), z.shape[1])
    first_stop = np.where(stops.any(axis=1), stops.argmax(axis=1), z.shape[1])
    share = float(np.mean(first_cross < first_stop))
    return share, math.sqrt(share * (1 - share) / trials)


def name_of(value: object) -> str:
    return repr(value).replace("()", "")


@pytest.mark.parametrize("rule", RULES, ids=name_of)
@pytest.mark.parametrize("sided", [1, 2])
def test_each_rule_has_its_type_one_error(rule: EfficacyRule, sided: int) -> None:
    design = design_of(rule, sided=sided)

    share, error = rejected_share(design, 200_000)

    assert abs(share - 0.025 * sided) <= 3 * error


@pytest.mark.expensive
@pytest.mark.parametrize("rule", RULES, ids=name_of)
@pytest.mark.parametrize("sided", [1, 2])
@pytest.mark.parametrize("fractions", [EVEN, UNEVEN], ids=["even", "uneven"])
def test_each_rule_has_its_type_one_error_in_millions_of_trials(
    rule: EfficacyRule, sided: int, fractions: tuple[float, ...]
) -> None:
    design = design_of(rule, sided=sided, fractions=fractions)

    share, error = rejected_share(design, 3_000_000)

    assert abs(share - 0.025 * sided) <= 3 * error


@pytest.mark.parametrize("sided", [1, 2])
def test_binding_futility_gives_its_error_to_efficacy_and_only_if_it_is_obeyed(sided: int) -> None:
    futility = HwangShihDeCani(gamma=1.0)
    binding = design_of(LanDeMetsPocock(), sided=sided, futility=futility, is_binding=True)
    free = design_of(LanDeMetsPocock(), sided=sided, futility=futility)

    share, error = rejected_share(binding, 200_000)
    free_share, free_error = rejected_share(free, 200_000)

    assert abs(share - 0.025 * sided) <= 3 * error
    assert abs(free_share - 0.025 * sided) <= 3 * free_error
    assert binding.efficacy_bounds[-1] < free.efficacy_bounds[-1]


def test_looking_three_times_at_the_level_of_one_look_inflates_the_error() -> None:
    """Else the tests above could not fail: Armitage, McPherson and Rowe (1969) give 0.107 for three looks at 0.05."""
    z = null_scores(EVEN, 200_000)

    share = float(np.mean((np.abs(z) >= 1.959964).any(axis=1)))

    assert share == pytest.approx(0.107, abs=0.003)


@cache
def null_trials() -> SimulatedTrials:
    hazard = hazard_of_median(12)
    plan = TrialPlan(
        accrual=Accrual(subjects=400, rate=constant_rate(25)),
        outcome=TimeToEvent(hazards=(hazard, hazard)),
        looks=(Look(observed=90), Look(observed=180), Look(observed=270)),
    )
    return simulate_trials(plan, trials=30_000, rng=np.random.default_rng(20260512))


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_each_rule_has_its_type_one_error_on_subjects(rule: EfficacyRule) -> None:
    """30,000 trials of 400 subjects, log-rank at 90, 180 and 270 events, seed 20260512."""
    bounds = design_of(rule, sided=2).efficacy_bounds

    behavior = compute_operating_characteristics(null_trials(), Boundaries(efficacy=bounds, sided=2))

    assert behavior.power.value is not None
    assert behavior.power.standard_error is not None
    assert abs(behavior.power.value - 0.05) <= 3 * behavior.power.standard_error

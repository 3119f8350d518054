"""BOP2 against its definition: posteriors by integration, trials counted subject by subject, other designs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from tests.validation import References

from trialwright.design.early import (
    Bop2Design,
    JointRates,
    compute_bop2,
    compute_bop2_scenario,
    compute_bop2_single,
    compute_simon_characteristics,
    joint_rates,
)
from trialwright.errors import DesignError

LOOKS = (10, 20, 30, 40)


def _efficacy_toxicity() -> Bop2Design:
    return compute_bop2(
        "efficacy_toxicity",
        nulls=[joint_rates(0.45, 0.3)],
        alternative=joint_rates(0.6, 0.2),
        looks=LOOKS,
        alpha=0.1,
    )


def _posterior_above(rate: float, seen: int, n: int) -> float:
    """By integration of the posterior density, prior beta(rate, 1 - rate)."""

    def density(p: float) -> float:
        return float(p ** (rate + seen - 1) * (1 - p) ** (n - seen - rate))

    # Both parts away from the other end, where the density of few or all responses is not bounded.
    above = quad(density, rate, 1, limit=200)[0]
    return above / (above + quad(density, 0, rate, limit=200)[0])


@pytest.mark.validates("design.bop2")
def test_bounds_are_where_the_posterior_crosses_the_cutoff(reference: References) -> None:
    design = compute_bop2_single(null_rate=0.2, alternative_rate=0.4, looks=LOOKS, alpha=0.1)

    for look in design.looks:
        cutoff = design.lambda_ * (look.n / 40) ** design.gamma
        expected = sum(_posterior_above(0.2, seen, look.n) < cutoff for seen in range(1, look.n))
        assert look.first_at_most is not None
        reference.holds(
            f"bound at {look.n} subjects, null rate 0.2, alternative 0.4",
            look.first_at_most,
            expected,
            tolerance=0,
            source="Zhou et al. 2017, rule; posterior integrated by adaptive quadrature in the test",
        )
    assert design.type_one_error <= 0.1
    assert design.power > 0.85


@pytest.mark.validates("design.bop2")
def test_two_looks_at_one_endpoint_are_a_two_stage_design(reference: References) -> None:
    design = compute_bop2_single(null_rate=0.2, alternative_rate=0.4, looks=(17, 37), alpha=0.1)
    first, last = (look.first_at_most for look in design.looks)
    assert first is not None
    assert last is not None
    simon = compute_simon_characteristics(
        null_rate=0.2, alternative_rate=0.4, r1=first, n_stage1=17, r=last, n_total=37
    )

    source = "exact two-stage binomial probabilities of the same bounds"
    for what, actual, expected in (
        ("type I error", design.type_one_error, simon.type_one_error),
        ("power", design.power, simon.power),
        ("expected n, null", design.nulls[0].expected_n, simon.expected_n),
        ("expected n, alternative", design.alternative.expected_n, simon.expected_n_alternative),
    ):
        reference.holds(f"{what}, looks at 17 and 37", actual, expected, tolerance=1e-12, source=source)


def _simulated(design: Bop2Design, rates: JointRates, trials: int, seed: int) -> np.ndarray:
    """Whether each trial is promising, drawn and judged subject by subject."""
    rng = np.random.default_rng(seed)
    cells = [rates.both, rates.first - rates.both, rates.second - rates.both]
    kind = rng.choice(4, size=(trials, 40), p=[*cells, 1 - sum(cells)])
    first, second = (kind <= 1).cumsum(axis=1), ((kind == 0) | (kind == 2)).cumsum(axis=1)
    alive = np.ones(trials, dtype=bool)
    for look in design.looks:
        x, y = first[:, look.n - 1], second[:, look.n - 1]
        good = x > (-1 if look.first_at_most is None else look.first_at_most)
        if design.endpoints == "efficacy_toxicity":
            alive &= good & (y < (look.n + 1 if look.second_at_least is None else look.second_at_least))
        else:
            alive &= good | (y > (-1 if look.second_at_most is None else look.second_at_most))
    return alive


@pytest.mark.validates("design.bop2")
@pytest.mark.parametrize("endpoints", ["nested", "co_primary", "efficacy_toxicity"])
def test_exact_characteristics_are_those_of_simulated_trials(endpoints: str) -> None:
    if endpoints == "efficacy_toxicity":
        design = _efficacy_toxicity()
    elif endpoints == "nested":
        design = compute_bop2(
            "nested",
            nulls=[JointRates(first=0.15, second=0.3, both=0.15)],
            alternative=JointRates(first=0.25, second=0.5, both=0.25),
            looks=LOOKS,
            alpha=0.1,
        )
    else:
        design = compute_bop2(
            "co_primary",
            nulls=[joint_rates(0.1, 0.2, odds_ratio=3)],
            alternative=joint_rates(0.2, 0.4, odds_ratio=3),
            looks=LOOKS,
            alpha=0.1,
        )

    assert design.type_one_error <= 0.1
    for scenario in (*design.nulls, design.alternative):
        trials = 20_000
        promising = _simulated(design, scenario.rates, trials, seed=17).mean()
        error = np.sqrt(scenario.promising * (1 - scenario.promising) / trials)
        assert abs(promising - scenario.promising) <= 3 * error
        assert sum(scenario.stops) == pytest.approx(1 - scenario.promising)


def test_further_nulls_are_kept_too_at_a_price() -> None:
    # Effective but toxic, and safe but futile: the first design lets more than 10% of these pass.
    once = _efficacy_toxicity()
    partial = [joint_rates(0.6, 0.3), joint_rates(0.45, 0.2)]
    assert max(compute_bop2_scenario(once, rates).promising for rates in partial) > 0.1

    kept = compute_bop2(
        "efficacy_toxicity",
        nulls=[joint_rates(0.45, 0.3), *partial],
        alternative=joint_rates(0.6, 0.2),
        looks=LOOKS,
        alpha=0.2,
    )
    assert kept.type_one_error <= 0.2
    assert all(compute_bop2_scenario(kept, rates).promising <= 0.2 for rates in partial)


def test_requests_that_cannot_be_are_refused_with_a_way_out() -> None:
    with pytest.raises(DesignError, match=r"No cutoff keeps a type I error of 0.0001 .* Raise alpha"):
        compute_bop2_single(null_rate=0.2, alternative_rate=0.4, looks=(3, 5), alpha=0.0001)
    with pytest.raises(DesignError, match="looks must be rising"):
        compute_bop2_single(null_rate=0.2, alternative_rate=0.4, looks=(20, 10), alpha=0.1)
    with pytest.raises(DesignError, match=r"\(0.1\) must be above the null rate \(0.2\)"):
        compute_bop2_single(null_rate=0.2, alternative_rate=0.1, looks=LOOKS, alpha=0.1)
    with pytest.raises(DesignError, match=r"both \(0.5\) must lie between 0 and 0.3"):
        JointRates(first=0.3, second=0.4, both=0.5)
    with pytest.raises(DesignError, match="whoever has the first has the second"):
        compute_bop2("nested", nulls=[joint_rates(0.1, 0.3)], alternative=joint_rates(0.2, 0.5), looks=LOOKS, alpha=0.1)
    with pytest.raises(DesignError, match=r"null rate of toxicity \(0.2\) must be above"):
        compute_bop2(
            "efficacy_toxicity",
            nulls=[joint_rates(0.4, 0.2)],
            alternative=joint_rates(0.6, 0.3),
            looks=LOOKS,
            alpha=0.1,
        )

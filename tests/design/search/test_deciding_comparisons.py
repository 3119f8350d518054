"""Procedures for several comparisons over the looks: by hand, and their type I error by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from tests.validation import References

from trialwright.design.definition.model import Multiplicity
from trialwright.design.search.decisions import Decisions, Procedure, decide
from trialwright.design.sequential import LanDeMetsOBrienFleming, compute_group_sequential_design

FRACTIONS = (0.5, 0.75, 1.0)
TRIALS = 100_000


def bounds(level: float, sided: int = 1) -> tuple[float, ...]:
    return compute_group_sequential_design(
        efficacy=LanDeMetsOBrienFleming(), alpha=level, sided=sided, power=0.9, information_fractions=FRACTIONS
    ).efficacy_bounds


def procedure(multiplicity: Multiplicity, *, comparisons: int = 2, sided: int = 1, alpha: float = 0.025) -> Procedure:
    shares = {"fixed_sequence": (1,), "bonferroni": (comparisons,), "holm": tuple(range(comparisons, 0, -1))}
    return Procedure(
        multiplicity=multiplicity,
        sided=sided,
        efficacy=tuple(bounds(alpha / share, sided) for share in shares[multiplicity]),
        futility=None,
    )


def simulated_z(drifts: tuple[float, ...], *, seed: int, trials: int = TRIALS) -> NDArray[np.float64]:
    """Z of arms against a common control, equal arms (correlation 1/2), at the looks: independent increments."""
    rng = np.random.default_rng(seed)
    steps = np.sqrt(np.diff(FRACTIONS, prepend=0.0))[None, :, None]
    control = rng.standard_normal((trials, 3, 1))
    arms = rng.standard_normal((trials, 3, len(drifts)))
    scores = np.cumsum((arms - control) / math.sqrt(2) * steps, axis=1)
    times = np.asarray(FRACTIONS)[None, :, None]
    return np.asarray(scores / np.sqrt(times) + np.asarray(drifts) * np.sqrt(times))


def any_rejection(decisions: Decisions) -> float:
    return float(np.mean(np.any(decisions.is_rejected | decisions.is_worse, axis=1)))


def test_a_sequence_rejects_what_follows_only_when_what_comes_first_is_rejected() -> None:
    # Bounds 3, 2.5 and 2. Trials: both at once; the first later, when the second is still, or no longer, above its
    # bound; only the second ever; the first rejected, the second never.
    z = np.array(
        [
            [[3.5, 3.5], [0, 0], [0, 0]],
            [[0.0, 4.0], [2.6, 2.6], [0, 0]],
            [[0.0, 4.0], [2.6, 0.0], [0, 1.9]],
            [[0.0, 4.0], [0.0, 4.0], [0, 4.0]],
            [[3.5, 0.0], [0.0, 0.0], [0, 1.9]],
            [[math.nan, 4.0], [2.6, math.nan], [0, 2.1]],
        ]
    )
    rule = Procedure(multiplicity="fixed_sequence", sided=1, efficacy=((3.0, 2.5, 2.0),), futility=None)
    decisions = decide(z, rule)
    assert decisions.rejected_at.tolist() == [[0, 0], [1, 1], [1, 3], [3, 3], [0, 3], [1, 2]]
    assert decisions.ends_at.tolist() == [0, 1, 2, 2, 2, 2]


def test_a_sequence_ends_when_its_first_comparison_is_given_up() -> None:
    z = np.array([[[-0.1, 4.0], [4.0, 4.0]], [[1.0, -0.1], [4.0, 4.0]], [[1.0, 1.0], [-1.0, 4.0]]])
    rule = Procedure(multiplicity="fixed_sequence", sided=1, efficacy=((3.0, 2.0),), futility=(0.0, 2.0))
    decisions = decide(z, rule)
    assert decisions.rejected_at.tolist() == [[2, 2], [1, 2], [2, 2]]
    assert decisions.dropped_at.tolist() == [[0, 0], [2, 0], [2, 2]]
    assert decisions.ends_at.tolist() == [0, 1, 1]


def test_holm_gives_the_level_of_a_rejected_comparison_to_the_others_at_the_same_look() -> None:
    z = np.array([[[3.5, 2.9], [0, 0]], [[2.9, 2.9], [0, 0]], [[3.5, 0.0], [0.0, 2.1]], [[0.0, 0.0], [2.1, 2.1]]])
    rule = Procedure(multiplicity="holm", sided=1, efficacy=((3.0, 2.2), (2.8, 2.0)), futility=None)
    assert decide(z, rule).rejected_at.tolist() == [[0, 0], [2, 2], [0, 1], [2, 2]]
    alone = Procedure(multiplicity="bonferroni", sided=1, efficacy=((3.0, 2.2),), futility=None)
    assert decide(z, alone).rejected_at.tolist() == [[0, 2], [2, 2], [0, 2], [2, 2]]


def test_a_two_sided_test_that_finds_an_arm_worse_ends_it_without_a_rejection_in_its_favor() -> None:
    z = np.array([[[-3.5], [4.0]], [[3.5], [0.0]], [[0.1], [4.0]], [[1.0], [-2.1]]])
    rule = Procedure(multiplicity="none", sided=2, efficacy=((3.0, 2.0),), futility=(0.2, 2.0))
    decisions = decide(z, rule)
    assert decisions.rejected_at.tolist() == [[2], [0], [2], [2]]
    assert decisions.is_worse.tolist() == [[True], [False], [False], [True]]
    assert decisions.ends_at.tolist() == [0, 0, 0, 1]


@pytest.mark.validates("design.search")
@pytest.mark.parametrize("sided", [1, 2])
def test_a_sequence_has_the_type_i_error_of_its_first_comparison(reference: References, sided: int) -> None:
    # Without any effect a sequence errs if its first comparison does; with an overwhelming effect of the first, if the
    # second one does. Both are alpha exactly. Two-sided: only half of alpha opens the sequence.
    alpha, error = 0.025 * sided, 3 * math.sqrt(0.05 / TRIALS)
    rule = procedure("fixed_sequence", sided=sided, alpha=alpha)
    decisions = decide(simulated_z((0.0, 0.0), seed=1), rule)
    reference.holds(
        f"type I error of two comparisons in a sequence, no effect, three looks, {sided}-sided alpha {alpha}",
        any_rejection(decisions),
        alpha,
        tolerance=error,
        source=f"alpha itself; {TRIALS:,} trials of independent increments, seed 1, tolerance 3 Monte Carlo errors",
    )
    decisions = decide(simulated_z((12.0, 0.0), seed=2), rule)
    second = float(np.mean(decisions.is_rejected[:, 1] | decisions.is_worse[:, 1]))
    # The first is rejected at the first look, so that the second is tested at every look.
    reference.holds(
        f"type I error of the second comparison after a sure first, three looks, {sided}-sided alpha {alpha}",
        second,
        alpha,
        tolerance=error,
        source=f"alpha itself; {TRIALS:,} trials of independent increments, seed 2, tolerance 3 Monte Carlo errors",
    )


@pytest.mark.parametrize("multiplicity", ["bonferroni", "holm"])
@pytest.mark.parametrize("drifts", [(0.0, 0.0), (0.0, 0.0, 0.0), (12.0, 0.0), (3.0, 0.0, 0.0)])
def test_parallel_procedures_keep_the_familywise_error(multiplicity: Multiplicity, drifts: tuple[float, ...]) -> None:
    rule = procedure(multiplicity, comparisons=len(drifts))
    decisions = decide(simulated_z(drifts, seed=3), rule)
    of_true_nulls = decisions.is_rejected[:, [drift == 0 for drift in drifts]]
    familywise = float(np.mean(np.any(of_true_nulls, axis=1)))
    assert familywise <= 0.025 + 3 * math.sqrt(0.025 * 0.975 / TRIALS)


def test_without_a_procedure_the_familywise_error_is_too_high() -> None:
    naive = Procedure(multiplicity="bonferroni", sided=1, efficacy=(bounds(0.025),), futility=None)
    decisions = decide(simulated_z((0.0, 0.0), seed=3), naive)
    assert any_rejection(decisions) > 0.025 + 10 * math.sqrt(0.025 * 0.975 / TRIALS)


@pytest.mark.validates("design.search")
def test_holm_and_bonferroni_of_one_look_have_the_power_of_the_normal_distribution(reference: References) -> None:
    drifts = (3.0, 2.0)
    z = simulated_z(drifts, seed=4)[:, 2:]
    high, low = (float(stats.norm.isf(level)) for level in (0.0125, 0.025))
    correlated = stats.multivariate_normal(mean=[0, 0], cov=[[1, 0.5], [0.5, 1]])

    def both_below(first: float, second: float) -> float:
        return float(correlated.cdf([first - drifts[0], second - drifts[1]]))

    def both_above(first: float, second: float) -> float:
        return float(correlated.cdf([drifts[0] - first, drifts[1] - second]))

    # Holm rejects both if the larger z reaches the higher bound, and the smaller one the lower.
    both_by_holm = both_above(high, low) + both_above(low, high) - both_above(high, high)
    for name, efficacy, expected_all in (
        ("bonferroni", ((high,),), both_above(high, high)),
        ("holm", ((high,), (low,)), both_by_holm),
    ):
        rule = Procedure(multiplicity=name, sided=1, efficacy=efficacy, futility=None)  # type: ignore[arg-type] # a literal
        decisions = decide(z, rule)
        for quantity, actual, expected in (
            ("any", any_rejection(decisions), 1 - both_below(high, high)),
            ("all", float(np.mean(decisions.is_rejected.all(axis=1))), expected_all),
        ):
            reference.holds(
                f"power to reject {quantity} of two comparisons, {name}, one look, expected Z 3 and 2, correlation 1/2",
                actual,
                expected,
                tolerance=3 * math.sqrt(expected * (1 - expected) / TRIALS),
                source=f"bivariate normal distribution, scipy.stats.multivariate_normal; {TRIALS:,} trials, "
                "seed 4, tolerance 3 Monte Carlo errors",
            )


def test_holm_rejects_whatever_bonferroni_rejects() -> None:
    z = simulated_z((2.5, 2.0, 1.5), seed=5, trials=5_000)
    by_holm = decide(z, procedure("holm", comparisons=3))
    by_bonferroni = decide(z, procedure("bonferroni", comparisons=3))
    assert np.all(by_holm.is_rejected >= by_bonferroni.is_rejected)
    assert by_holm.is_rejected.sum() > by_bonferroni.is_rejected.sum()

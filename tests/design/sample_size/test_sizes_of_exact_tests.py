"""Powers of Fisher's and of the unconditional exact test, by tables that other programs reject."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from tests.validation import References

from trialwright.design.sample_size import (
    compute_power_two_proportions_exact,
    compute_sample_size_two_proportions_exact,
)
from trialwright.errors import DesignError

pytestmark = pytest.mark.validates("design.proportions")


@pytest.mark.parametrize(
    ("n", "proportions", "alpha", "sided", "higher_is_better", "expected"),
    [
        ((20, 20), (0.7, 0.3), 0.05, 2, True, 0.599383068758703),
        ((14, 23), (0.2, 0.6), 0.05, 2, True, 0.659259250453847),
        ((25, 15), (0.8, 0.4), 0.025, 1, True, 0.616604823003063),
        ((18, 24), (0.1, 0.45), 0.025, 1, False, 0.598397913534225),
    ],
)
def test_fishers_power_is_that_of_the_tables_r_rejects(
    reference: References,
    n: tuple[int, int],
    proportions: tuple[float, float],
    alpha: float,
    sided: int,
    higher_is_better: bool,
    expected: float,
) -> None:
    power = compute_power_two_proportions_exact(
        proportion_experimental=proportions[0],
        proportion_control=proportions[1],
        n_experimental=n[0],
        n_control=n[1],
        alpha=alpha,
        sided=sided,
        higher_is_better=higher_is_better,
    )
    reference.holds(
        f"power, {n}, {proportions}",
        power,
        expected,
        tolerance=1e-12,
        source="R 4, stats, the sum of dbinom() over all tables with fisher.test()$p.value <= alpha",
    )


def test_unconditional_power_is_that_of_the_tables_scipy_rejects(reference: References) -> None:
    tables = [(x, y) for x in range(9) for y in range(8) if 0 < x + y < 15]
    expected = sum(
        float(stats.binom.pmf(x, 8, 0.9) * stats.binom.pmf(y, 7, 0.2))
        for x, y in tables
        if stats.barnard_exact([[x, y], [8 - x, 7 - y]], alternative="greater", n=64).pvalue <= 0.05
    )
    power = compute_power_two_proportions_exact(
        proportion_experimental=0.9,
        proportion_control=0.2,
        n_experimental=8,
        n_control=7,
        alpha=0.05,
        sided=1,
        test="unconditional",
    )
    reference.holds(
        "power, 8 and 7, 0.9 and 0.2",
        power,
        expected,
        tolerance=1e-10,
        source="scipy, the sum of binom.pmf over all tables with barnard_exact(pooled=True).pvalue <= 0.05",
    )


@pytest.mark.parametrize("test", ["fisher", "unconditional"])
@pytest.mark.parametrize("sided", [1, 2])
def test_exact_tests_keep_their_size(test: Any, sided: int) -> None:
    sizes = [
        compute_power_two_proportions_exact(
            proportion_experimental=float(p),
            proportion_control=float(p),
            n_experimental=15,
            n_control=11,
            alpha=0.05,
            sided=sided,
            test=test,
        )
        for p in np.linspace(0.03, 0.97, 41)
    ]
    assert max(sizes) <= 0.05
    assert max(sizes) > 0.02


def test_the_size_of_fishers_test_is_the_first_with_the_power() -> None:
    size = compute_sample_size_two_proportions_exact(
        proportion_experimental=0.8, proportion_control=0.4, alpha=0.05, sided=1, power=0.8
    )
    below = compute_power_two_proportions_exact(
        proportion_experimental=0.8,
        proportion_control=0.4,
        n_experimental=size.n_experimental - 1,
        n_control=size.n_control - 1,
        alpha=0.05,
        sided=1,
    )
    assert below < 0.8 <= size.attained_power
    assert size.n_exact == size.n_total == size.n_experimental + size.n_control


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"proportion_experimental": 0.31}, "is not reached by an exact test with groups of up to 1000"),
        ({"proportion_experimental": 0.3}, "equals its value under the null hypothesis"),
        ({"proportion_control": 1}, "proportion_control must lie between 0 and 1"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {
        "proportion_experimental": 0.6,
        "proportion_control": 0.3,
        "alpha": 0.05,
        "sided": 2,
        "power": 0.9,
    }
    with pytest.raises(DesignError, match=message):
        compute_sample_size_two_proportions_exact(**(arguments | changes))


def test_groups_are_whole_and_not_too_large() -> None:
    for n in (10.5, 0, 2000):
        with pytest.raises(DesignError, match="n_control must be a whole number from 1 to 1000"):
            compute_power_two_proportions_exact(
                proportion_experimental=0.6,
                proportion_control=0.3,
                n_experimental=10,
                n_control=n,  # type: ignore[arg-type]
                alpha=0.05,
                sided=2,
            )

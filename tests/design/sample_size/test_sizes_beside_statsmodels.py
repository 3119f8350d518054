"""Powers over grids of designs, beside statsmodels."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import pytest
from statsmodels.stats.power import TTestIndPower, TTestPower  # type: ignore[import-untyped]
from statsmodels.stats.rates import power_negbin_ratio_2indep  # type: ignore[import-untyped]
from tests.validation import References

from trialwright.design.sample_size import (
    Exposure,
    Superiority,
    compute_power_negative_binomial,
    compute_power_one_mean,
    compute_power_two_means,
)

STATSMODELS = f"statsmodels {version('statsmodels')}, "


@pytest.mark.validates("design.means")
@pytest.mark.parametrize("difference", [0.1, 0.4, 0.9])
@pytest.mark.parametrize("sizes", [(12, 12), (50, 20), (30, 90)])
def test_t_tests(reference: References, difference: float, sizes: tuple[int, int]) -> None:
    n1, n2 = sizes
    two = compute_power_two_means(
        difference=difference, sd=1, n_experimental=n1, n_control=n2, alpha=0.05, sided=2, counts_both_tails=True
    )
    expected = TTestIndPower().power(difference, n1, 0.05, ratio=n2 / n1, alternative="two-sided")
    source = STATSMODELS + f"TTestIndPower().power({difference}, {n1}, .05, ratio={n2}/{n1})"
    reference.holds(f"power, {difference}, {sizes}", float(two), float(expected), tolerance=1e-9, source=source)
    one = compute_power_one_mean(difference=difference, sd=1, n=n1, alpha=0.025, sided=1)
    expected = TTestPower().power(difference, n1, 0.025, alternative="larger")
    source = STATSMODELS + f"TTestPower().power({difference}, {n1}, .025, alternative='larger')"
    reference.holds(f"power, one, {difference}, {n1}", float(one), float(expected), tolerance=1e-9, source=source)


@pytest.mark.validates("design.counts")
@pytest.mark.parametrize("ratio", [0.5, 0.8])
@pytest.mark.parametrize("n", [100, 250])
@pytest.mark.parametrize(("ours", "theirs"), [("unrestricted", "alt"), ("restricted", "score")])
def test_negative_binomial(reference: References, ratio: float, n: int, ours: Any, theirs: str) -> None:
    # Groups are equal: with nobs_ratio other than 1, statsmodels 0.15 gives the ratio's size to the other group.
    power = compute_power_negative_binomial(
        rate_experimental=1.2 * ratio,
        rate_control=1.2,
        dispersion=0.7,
        n_experimental=n,
        n_control=n,
        exposure=Exposure(followup=1.5),
        alpha=0.025,
        sided=1,
        hypothesis=Superiority(higher_is_better=False),
        null_variance=ours,
    )
    expected = power_negbin_ratio_2indep(
        1.2 * ratio,
        1.2,
        n,
        exposure=1.5,
        alpha=0.025,
        dispersion=0.7,
        alternative="smaller",
        method_var=theirs,
        return_results=False,
    )
    source = STATSMODELS + f"power_negbin_ratio_2indep({1.2 * ratio:g}, 1.2, {n}, ..., method_var='{theirs}')"
    reference.holds(f"power, {ratio}, {n}, {ours}", float(power), float(expected), tolerance=1e-9, source=source)

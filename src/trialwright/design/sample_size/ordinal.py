"""Sample size and power for ordered categories under proportional odds: the Wilcoxon-Mann-Whitney test.

Source: Whitehead J. Sample size calculations for ordered categorical data. Stat Med 1993;12:2257-2271, equations 7 and
8.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from trialwright.design.sample_size.building import sides, two_groups
from trialwright.design.sample_size.hypotheses import Hypothesis, Superiority
from trialwright.design.sample_size.requirements import (
    Floats,
    check_reachable,
    log_limits,
    positive,
    probability,
    target_power,
)
from trialwright.design.sample_size.results import TwoGroupSampleSize
from trialwright.design.sample_size.wald_power import compute_test_power
from trialwright.errors import DesignError

_SUM_TOLERANCE = 1e-9


def compute_shifted_proportions(*, proportions: Sequence[float], odds_ratio: ArrayLike) -> Floats:
    """Proportions of the categories when the odds of each cumulative proportion are multiplied by `odds_ratio`.

    Categories are in order, the first the one that an odds ratio above 1 leads to. The last axis is of the categories.
    """
    control = _checked(proportions)
    cumulative = np.cumsum(control)[:-1]
    ratio = np.asarray(positive("odds_ratio", odds_ratio))[..., None]
    shifted = ratio * cumulative / (1 - cumulative + ratio * cumulative)
    ends = np.zeros((*ratio.shape[:-1], 1))
    return np.diff(np.concatenate([ends, shifted, ends + 1], axis=-1), axis=-1)


def compute_power_ordinal(
    *,
    proportions_control: Sequence[float],
    odds_ratio: ArrayLike,
    n_experimental: ArrayLike,
    n_control: ArrayLike,
    alpha: float,
    sided: int,
    hypothesis: Hypothesis | None = None,
    counts_both_tails: bool = False,
) -> Floats:
    """Power of the test of a common odds ratio (experimental / control).

    proportions_control   of the ordered categories, best first; their sum is 1
    odds_ratio            odds of being in a category or a better one, experimental / control; above 1 favors
                          experimental

    The variance is that of the average proportions, weighted by the sizes.
    """
    n1, n2 = positive("n_experimental", n_experimental), positive("n_control", n_control)
    control = _checked(proportions_control)
    experimental = compute_shifted_proportions(proportions=proportions_control, odds_ratio=odds_ratio)
    share = (n1 / (n1 + n2))[..., None]
    mean = share * experimental + (1 - share) * control
    information = n1 * n2 / (n1 + n2) / 3 * (1 - np.sum(mean**3, axis=-1))
    return compute_test_power(
        effect=np.log(odds_ratio),
        standard_error=1 / np.sqrt(information),
        degrees_of_freedom=None,
        hypothesis=log_limits(hypothesis or Superiority()),
        alpha=alpha,
        sided=sided,
        counts_both_tails=counts_both_tails,
    )


def compute_sample_size_ordinal(
    *,
    proportions_control: Sequence[float],
    odds_ratio: float,
    alpha: float,
    sided: int,
    power: float,
    allocation_ratio: float = 1.0,
    hypothesis: Hypothesis | None = None,
    counts_both_tails: bool = False,
) -> TwoGroupSampleSize:
    """Subjects that give the test of ordered categories its power; arguments as in `compute_power_ordinal`."""
    hypothesis = hypothesis or Superiority()
    target_power(power, alpha, sided)
    positive("allocation_ratio", allocation_ratio)
    positive("odds_ratio", odds_ratio)
    check_reachable(hypothesis, odds_ratio, sided, 1.0, of="odds ratio")

    def power_at(n_experimental: float, n_control: float) -> Floats:
        return compute_power_ordinal(
            proportions_control=proportions_control,
            odds_ratio=odds_ratio,
            n_experimental=n_experimental,
            n_control=n_control,
            alpha=alpha,
            sided=sided,
            hypothesis=hypothesis,
            counts_both_tails=counts_both_tails,
        )

    return two_groups(
        power_at,
        method="Wilcoxon-Mann-Whitney test of ordered categories, proportional odds (Whitehead)",
        alpha=alpha,
        sided=sided,
        power=power,
        allocation_ratio=allocation_ratio,
        smallest_group=1.0,
        conventions=(
            "odds_ratio is of a category or a better one, experimental / control",
            "power by the normal approximation",
            sides(alpha, sided, hypothesis, counts_both_tails=counts_both_tails),
        ),
    )


def _checked(proportions: Sequence[float]) -> Floats:
    array = probability("each of the proportions", proportions)
    if array.ndim != 1 or array.size < 2 or abs(float(array.sum()) - 1) > _SUM_TOLERANCE:
        raise DesignError(
            f"The proportions of the categories must be at least two with the sum 1, got {list(proportions)}. "
            "Give those of the control group in order, best first."
        )
    return array

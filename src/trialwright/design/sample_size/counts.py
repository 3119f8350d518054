"""Sample size and power for event rates by negative binomial regression with subjects' times as offset.

The variance of a log rate is 1 / (n E[mu / (1 + dispersion mu)]), mu = rate x time, with the expectation over the times
under observation; with one time for all it is that of Zhu and Lakkis.

Sources: Zhu H, Lakkis H. Sample size calculation for comparing two negative binomial rates. Stat Med 2014;33:376-387
(methods 1 to 3 for the null variance). Friede T, Schmidli H. Stat Med 2010;29:1145-1156. Times that vary: Tang Y.
Sample size estimation for negative binomial regression comparing rates of recurrent events with unequal follow-up time.
J Biopharm Stat 2015;25:1100-1113.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from trialwright.design.sample_size.building import sides, two_groups
from trialwright.design.sample_size.exposure import Exposure
from trialwright.design.sample_size.hypotheses import Equivalence, Hypothesis, Superiority
from trialwright.design.sample_size.requirements import (
    Floats,
    check_margins,
    check_reachable,
    not_negative,
    null_value,
    one_of,
    one_sided_alpha,
    positive,
    target_power,
)
from trialwright.design.sample_size.results import TwoGroupSampleSize

NullVariance = Literal["restricted", "unrestricted", "control"]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)
_HALVINGS = 60


def compute_mean_exposure(exposure: Exposure) -> float:
    """Mean time under observation of a subject."""
    times, weights = _times(exposure)
    return float(np.sum(times * weights))


def compute_power_negative_binomial(
    *,
    rate_experimental: ArrayLike,
    rate_control: ArrayLike,
    dispersion: ArrayLike,
    n_experimental: ArrayLike,
    n_control: ArrayLike,
    exposure: Exposure,
    alpha: float,
    sided: int,
    hypothesis: Hypothesis | None = None,
    null_variance: NullVariance = "restricted",
    counts_both_tails: bool = False,
) -> Floats:
    """Power of the test of the rate ratio (experimental / control); arguments may be arrays.

    dispersion      k of the variance mu + k mu^2, of both groups; 0 is the Poisson distribution
    null_variance   by which rates the test's critical value is set: `restricted`, the most likely ones under the null
                    hypothesis (Zhu and Lakkis' method 3); `unrestricted`, the assumed ones (method 2, the Wald test);
                    `control`, that of the control for both (method 1)

    Hypotheses are about the ratio; for events that are to be avoided set higher_is_better=False.
    """
    hypothesis = hypothesis or Superiority()
    one_of("null_variance", null_variance, get_args(NullVariance))
    check_margins(hypothesis, 1.0, of="rate ratio")
    z = -special.ndtri(one_sided_alpha(alpha, sided, hypothesis))
    rate_1, rate_2, k, n1, n2 = np.broadcast_arrays(
        positive("rate_experimental", rate_experimental),
        positive("rate_control", rate_control),
        not_negative("dispersion", dispersion),
        positive("n_experimental", n_experimental),
        positive("n_control", n_control),
    )
    times = _times(exposure)
    log_ratio, se = np.log(rate_1 / rate_2), np.sqrt(_variance(rate_1, rate_2, k, n1, n2, times))

    def null_se(null: float) -> Floats:
        null_1, null_2 = _null_rates(rate_1, rate_2, k, n1, n2, null, null_variance, times)
        return np.asarray(np.sqrt(_variance(null_1, null_2, k, n1, n2, times)))

    if isinstance(hypothesis, Equivalence):
        above, below = log_ratio - np.log(hypothesis.lower), np.log(hypothesis.upper) - log_ratio
        both = special.ndtr((above - z * null_se(hypothesis.lower)) / se)
        both = both + special.ndtr((below - z * null_se(hypothesis.upper)) / se) - 1
        return np.asarray(np.maximum(both, 0.0))
    null = null_value(hypothesis, 1.0)
    shift, critical = log_ratio - np.log(null), z * null_se(null)
    if sided == 2 and isinstance(hypothesis, Superiority):
        power = special.ndtr((np.abs(shift) - critical) / se)
        other = special.ndtr((-np.abs(shift) - critical) / se) if counts_both_tails else 0.0
        return np.asarray(power + other)
    return np.asarray(special.ndtr(((shift if hypothesis.higher_is_better else -shift) - critical) / se))


def compute_sample_size_negative_binomial(
    *,
    rate_experimental: float,
    rate_control: float,
    dispersion: float,
    exposure: Exposure,
    alpha: float,
    sided: int,
    power: float,
    allocation_ratio: float = 1.0,
    hypothesis: Hypothesis | None = None,
    null_variance: NullVariance = "restricted",
    counts_both_tails: bool = False,
) -> TwoGroupSampleSize:
    """Subjects that give the test of two rates its power; arguments as in `compute_power_negative_binomial`."""
    hypothesis = hypothesis or Superiority()
    target_power(power, alpha, sided)
    positive("allocation_ratio", allocation_ratio)
    ratio = float(positive("rate_experimental", rate_experimental) / positive("rate_control", rate_control))
    check_reachable(hypothesis, ratio, sided, 1.0, of="rate ratio")

    def power_at(n_experimental: float, n_control: float) -> Floats:
        return compute_power_negative_binomial(
            rate_experimental=rate_experimental,
            rate_control=rate_control,
            dispersion=dispersion,
            n_experimental=n_experimental,
            n_control=n_control,
            exposure=exposure,
            alpha=alpha,
            sided=sided,
            hypothesis=hypothesis,
            null_variance=null_variance,
            counts_both_tails=counts_both_tails,
        )

    return two_groups(
        power_at,
        method=f"test of the rate ratio by negative binomial regression, {null_variance} null variance",
        alpha=alpha,
        sided=sided,
        power=power,
        allocation_ratio=allocation_ratio,
        smallest_group=1.0,
        conventions=(
            "rate ratio is experimental / control",
            "dispersion k: the variance is mu + k mu^2",
            "power by the normal approximation",
            sides(alpha, sided, hypothesis, counts_both_tails=counts_both_tails),
        ),
    )


def _times(exposure: Exposure) -> tuple[Floats, Floats]:
    """Times under observation and their probabilities, as nodes of a quadrature."""
    followup = float(positive("Exposure.followup", exposure.followup))
    accrual = float(not_negative("Exposure.accrual_duration", exposure.accrual_duration))
    rate = float(not_negative("Exposure.dropout_rate", exposure.dropout_rate))
    if accrual:
        longest, weights = followup + accrual * (_NODES + 1) / 2, _WEIGHTS / 2
    else:
        longest, weights = np.array([followup]), np.array([1.0])
    if not rate:
        return longest, weights
    left = longest[:, None] * (_NODES + 1) / 2
    left_weights = weights[:, None] * longest[:, None] / 2 * _WEIGHTS * rate * np.exp(-rate * left)
    return (
        np.concatenate([left.ravel(), longest]),
        np.concatenate([left_weights.ravel(), weights * np.exp(-rate * longest)]),
    )


def _variance(
    rate_1: Floats, rate_2: Floats, dispersion: Floats, n1: Floats, n2: Floats, times: tuple[Floats, Floats]
) -> Floats:
    """Variance of the estimated log rate ratio."""

    def information(rate: Floats) -> Floats:
        mean = rate[..., None] * times[0]
        return np.asarray(np.sum(times[1] * mean / (1 + dispersion[..., None] * mean), axis=-1))

    return np.asarray(1 / (n1 * information(rate_1)) + 1 / (n2 * information(rate_2)))


def _null_rates(
    rate_1: Floats,
    rate_2: Floats,
    dispersion: Floats,
    n1: Floats,
    n2: Floats,
    null: float,
    null_variance: NullVariance,
    times: tuple[Floats, Floats],
) -> tuple[Floats, Floats]:
    if null_variance == "unrestricted":
        return rate_1, rate_2
    if null_variance == "control":
        return null * rate_2, rate_2

    def score(control: Floats) -> Floats:
        total = np.zeros(np.shape(control))
        for n, rate, assumed in ((n1, null * control, rate_1), (n2, control, rate_2)):
            weights = times[1] * times[0] / (1 + dispersion[..., None] * rate[..., None] * times[0])
            total = total + n * (assumed - rate) * np.sum(weights, axis=-1)
        return total

    # The expected score falls with the rate, and is 0 between the rates that either group alone would give.
    low, high = np.minimum(rate_1 / null, rate_2), np.maximum(rate_1 / null, rate_2)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_below = score(middle) > 0
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    control = (low + high) / 2
    return null * control, control

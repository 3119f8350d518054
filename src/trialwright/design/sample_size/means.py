"""Sample size and power for means: one sample, pairs, two samples.

Sources: Julious SA. Sample sizes for clinical trials. Chapman & Hall 2010, chapters 3-7. Chow SC, Shao J, Wang H,
Lokhnygina Y. Sample size calculations in clinical research, 3rd ed. CRC 2018, chapter 3. Unequal variances: Welch BL.
Biometrika 1947;34:28-35; the power with his degrees of freedom at the true variances: Moser BK, Stevens GR, Watts CL.
Commun Stat Theory Methods 1989;18:3963-3975.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from trialwright.design.sample_size.building import one_group, sides, two_groups
from trialwright.design.sample_size.hypotheses import Hypothesis, Superiority
from trialwright.design.sample_size.requirements import (
    Floats,
    check_reachable,
    floats,
    one_of,
    positive,
    target_power,
)
from trialwright.design.sample_size.requirements import (
    correlation as checked_correlation,
)
from trialwright.design.sample_size.results import OneGroupSampleSize, TwoGroupSampleSize
from trialwright.design.sample_size.wald_power import compute_test_power

Distribution = Literal["t", "normal"]
_POWER_BY = {"t": "power by the noncentral t distribution", "normal": "power by the normal approximation"}


def compute_power_two_means(
    *,
    difference: ArrayLike,
    sd: ArrayLike,
    n_experimental: ArrayLike,
    n_control: ArrayLike,
    alpha: float,
    sided: int,
    hypothesis: Hypothesis | None = None,
    sd_control: ArrayLike | None = None,
    distribution: Distribution = "t",
    counts_both_tails: bool = False,
) -> Floats:
    """Power of the two-sample t-test for `difference` (experimental - control); arguments may be arrays.

    `sd` is the common standard deviation; with `sd_control` it is that of the experimental group, and the test is
    Welch's. `distribution` "normal" takes the standard deviations as known. Superiority in the direction of higher
    values is the default hypothesis.
    """
    hypothesis = hypothesis or Superiority()
    one_of("distribution", distribution, get_args(Distribution))
    n1, n2 = positive("n_experimental", n_experimental), positive("n_control", n_control)
    per_subject_1 = positive("sd", sd) ** 2
    per_subject_2 = per_subject_1 if sd_control is None else positive("sd_control", sd_control) ** 2
    variance_1, variance_2 = per_subject_1 / n1, per_subject_2 / n2
    df: Floats | None
    if distribution == "normal":
        df = None
    elif sd_control is None:
        df = positive("n_experimental + n_control - 2", n1 + n2 - 2)
    else:
        below = positive("n_experimental - 1", n1 - 1), positive("n_control - 1", n2 - 1)
        df = (variance_1 + variance_2) ** 2 / (variance_1**2 / below[0] + variance_2**2 / below[1])
    return compute_test_power(
        effect=floats("difference", difference),
        standard_error=np.sqrt(variance_1 + variance_2),
        degrees_of_freedom=df,
        hypothesis=hypothesis,
        alpha=alpha,
        sided=sided,
        counts_both_tails=counts_both_tails,
    )


def compute_sample_size_two_means(
    *,
    difference: float,
    sd: float,
    alpha: float,
    sided: int,
    power: float,
    allocation_ratio: float = 1.0,
    hypothesis: Hypothesis | None = None,
    sd_control: float | None = None,
    distribution: Distribution = "t",
    counts_both_tails: bool = False,
) -> TwoGroupSampleSize:
    """Subjects that give the two-sample t-test its power; the arguments are those of `compute_power_two_means`.

    Raises DesignError where no size gives the power: no effect beyond the null hypothesis, or one on its wrong side.
    """
    hypothesis = hypothesis or Superiority()
    target_power(power, alpha, sided)
    one_of("distribution", distribution, get_args(Distribution))
    positive("allocation_ratio", allocation_ratio)
    check_reachable(hypothesis, difference, sided, 0.0, of="difference")

    def power_at(n_experimental: float, n_control: float) -> Floats:
        return compute_power_two_means(
            difference=difference,
            sd=sd,
            n_experimental=n_experimental,
            n_control=n_control,
            alpha=alpha,
            sided=sided,
            hypothesis=hypothesis,
            sd_control=sd_control,
            distribution=distribution,
            counts_both_tails=counts_both_tails,
        )

    test = "two-sample t-test" if sd_control is None else "Welch's t-test"
    return two_groups(
        power_at,
        method=f"{test if distribution == 't' else 'two-sample z-test'}, {_POWER_BY[distribution]}",
        alpha=alpha,
        sided=sided,
        power=power,
        allocation_ratio=allocation_ratio,
        # Two per group leave Welch's test, one and a bit the pooled one, with degrees of freedom.
        smallest_group=1.01,
        conventions=(
            "difference is experimental - control",
            sides(alpha, sided, hypothesis, counts_both_tails=counts_both_tails),
        ),
    )


def compute_power_one_mean(
    *,
    difference: ArrayLike,
    sd: ArrayLike,
    n: ArrayLike,
    alpha: float,
    sided: int,
    hypothesis: Hypothesis | None = None,
    distribution: Distribution = "t",
    counts_both_tails: bool = False,
) -> Floats:
    """Power of the one-sample t-test for a mean that is `difference` above the one it is held against."""
    one_of("distribution", distribution, get_args(Distribution))
    size = positive("n", n)
    return compute_test_power(
        effect=floats("difference", difference),
        standard_error=positive("sd", sd) / np.sqrt(size),
        degrees_of_freedom=positive("n - 1", size - 1) if distribution == "t" else None,
        hypothesis=hypothesis or Superiority(),
        alpha=alpha,
        sided=sided,
        counts_both_tails=counts_both_tails,
    )


def compute_sample_size_one_mean(
    *,
    difference: float,
    sd: float,
    alpha: float,
    sided: int,
    power: float,
    hypothesis: Hypothesis | None = None,
    distribution: Distribution = "t",
    counts_both_tails: bool = False,
) -> OneGroupSampleSize:
    """Subjects that give the one-sample t-test its power; the arguments are those of `compute_power_one_mean`."""
    hypothesis = hypothesis or Superiority()
    target_power(power, alpha, sided)
    one_of("distribution", distribution, get_args(Distribution))
    check_reachable(hypothesis, difference, sided, 0.0, of="difference")
    return one_group(
        lambda n: compute_power_one_mean(
            difference=difference,
            sd=sd,
            n=n,
            alpha=alpha,
            sided=sided,
            hypothesis=hypothesis,
            distribution=distribution,
            counts_both_tails=counts_both_tails,
        ),
        method=f"one-sample {'t' if distribution == 't' else 'z'}-test, {_POWER_BY[distribution]}",
        alpha=alpha,
        sided=sided,
        power=power,
        smallest=1.01,
        conventions=(
            "difference is the mean less the value it is held against",
            sides(alpha, sided, hypothesis, counts_both_tails=counts_both_tails),
        ),
    )


def compute_sd_of_differences(*, sd: float, correlation: float) -> float:
    """Standard deviation of the difference of two measurements of a subject, each with `sd`."""
    positive("sd", sd)
    return sd * math.sqrt(2 * (1 - checked_correlation("correlation", correlation)))


def compute_power_paired_means(
    *,
    difference: ArrayLike,
    sd: float,
    correlation: float,
    n_pairs: ArrayLike,
    alpha: float,
    sided: int,
    hypothesis: Hypothesis | None = None,
    distribution: Distribution = "t",
    counts_both_tails: bool = False,
) -> Floats:
    """Power of the paired t-test; `sd` is that of one measurement, `correlation` that of the two of a pair."""
    return compute_power_one_mean(
        difference=difference,
        sd=compute_sd_of_differences(sd=sd, correlation=correlation),
        n=positive("n_pairs", n_pairs),
        alpha=alpha,
        sided=sided,
        hypothesis=hypothesis,
        distribution=distribution,
        counts_both_tails=counts_both_tails,
    )


def compute_sample_size_paired_means(
    *,
    difference: float,
    sd: float,
    correlation: float,
    alpha: float,
    sided: int,
    power: float,
    hypothesis: Hypothesis | None = None,
    distribution: Distribution = "t",
    counts_both_tails: bool = False,
) -> OneGroupSampleSize:
    """Pairs that give the paired t-test its power; the arguments are those of `compute_power_paired_means`."""
    hypothesis = hypothesis or Superiority()
    target_power(power, alpha, sided)
    one_of("distribution", distribution, get_args(Distribution))
    check_reachable(hypothesis, difference, sided, 0.0, of="difference")
    return one_group(
        lambda n: compute_power_paired_means(
            difference=difference,
            sd=sd,
            correlation=correlation,
            n_pairs=n,
            alpha=alpha,
            sided=sided,
            hypothesis=hypothesis,
            distribution=distribution,
            counts_both_tails=counts_both_tails,
        ),
        method=f"paired {'t' if distribution == 't' else 'z'}-test, {_POWER_BY[distribution]}",
        alpha=alpha,
        sided=sided,
        power=power,
        smallest=1.01,
        conventions=(
            "difference is the mean of experimental - control within pairs; n_total counts pairs",
            sides(alpha, sided, hypothesis, counts_both_tails=counts_both_tails),
        ),
    )

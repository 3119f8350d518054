"""Sample size and power for means with covariates (ANCOVA) and in a 2x2 crossover.

Sources: Borm GF, Fransen J, Lemmens WAJG. A simple sample size formula for analysis of covariance in randomized
clinical trials. J Clin Epidemiol 2007;60:1234-1238. Crossover: Jones B, Kenward MG. Design and analysis of cross-over
trials, 3rd ed. CRC 2014, section 2.3; Julious SA. Sample sizes for clinical trials. Chapman & Hall 2010, chapter 4.
"""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike

from trialwright.design.sample_size.building import sides, two_groups, two_sequences
from trialwright.design.sample_size.hypotheses import Hypothesis, Superiority
from trialwright.design.sample_size.means import Distribution
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
from trialwright.design.sample_size.results import CrossoverSampleSize, TwoGroupSampleSize
from trialwright.design.sample_size.wald_power import compute_test_power
from trialwright.errors import DesignError


def compute_power_ancova(
    *,
    difference: ArrayLike,
    sd: ArrayLike,
    correlation: float,
    n_experimental: ArrayLike,
    n_control: ArrayLike,
    alpha: float,
    sided: int,
    n_covariates: int = 1,
    hypothesis: Hypothesis | None = None,
    distribution: Distribution = "t",
    counts_both_tails: bool = False,
) -> Floats:
    """Power of the analysis of covariance for the adjusted `difference` (experimental - control).

    sd            of the outcome within a group, not adjusted
    correlation   (multiple) of the outcome with the `n_covariates` covariates, such as its baseline; the residual
                  variance is (1 - correlation^2) sd^2, and each covariate costs a degree of freedom

    The covariates' chance imbalance, a factor of 1 + n_covariates / n_total in the variance, is not counted.
    """
    if n_covariates < 1:
        raise DesignError(
            f"n_covariates must be at least 1, got {n_covariates!r}. Without covariates use compute_power_two_means."
        )
    one_of("distribution", distribution, get_args(Distribution))
    n1, n2 = positive("n_experimental", n_experimental), positive("n_control", n_control)
    residual = positive("sd", sd) * math.sqrt(1 - checked_correlation("correlation", correlation) ** 2)
    df = positive("n_experimental + n_control - 2 - n_covariates", n1 + n2 - 2 - n_covariates)
    return compute_test_power(
        effect=floats("difference", difference),
        standard_error=residual * np.sqrt(1 / n1 + 1 / n2),
        degrees_of_freedom=df if distribution == "t" else None,
        hypothesis=hypothesis or Superiority(),
        alpha=alpha,
        sided=sided,
        counts_both_tails=counts_both_tails,
    )


def compute_sample_size_ancova(
    *,
    difference: float,
    sd: float,
    correlation: float,
    alpha: float,
    sided: int,
    power: float,
    allocation_ratio: float = 1.0,
    n_covariates: int = 1,
    hypothesis: Hypothesis | None = None,
    distribution: Distribution = "t",
    counts_both_tails: bool = False,
) -> TwoGroupSampleSize:
    """Subjects that give the analysis of covariance its power; the arguments are those of `compute_power_ancova`."""
    hypothesis = hypothesis or Superiority()
    target_power(power, alpha, sided)
    positive("allocation_ratio", allocation_ratio)
    check_reachable(hypothesis, difference, sided, 0.0, of="difference")

    def power_at(n_experimental: float, n_control: float) -> Floats:
        return compute_power_ancova(
            difference=difference,
            sd=sd,
            correlation=correlation,
            n_experimental=n_experimental,
            n_control=n_control,
            alpha=alpha,
            sided=sided,
            n_covariates=n_covariates,
            hypothesis=hypothesis,
            distribution=distribution,
            counts_both_tails=counts_both_tails,
        )

    return two_groups(
        power_at,
        method=f"analysis of covariance with {n_covariates} covariate{'s' if n_covariates > 1 else ''}, "
        f"{'noncentral t' if distribution == 't' else 'normal'} distribution",
        alpha=alpha,
        sided=sided,
        power=power,
        allocation_ratio=allocation_ratio,
        smallest_group=1.01 + n_covariates / 2,
        conventions=(
            "difference is experimental - control, adjusted",
            "sd is not adjusted; the residual variance is (1 - correlation^2) sd^2",
            sides(alpha, sided, hypothesis, counts_both_tails=counts_both_tails),
        ),
    )


def compute_power_crossover_means(
    *,
    difference: ArrayLike,
    sd_within: ArrayLike,
    n_sequence_1: ArrayLike,
    n_sequence_2: ArrayLike,
    alpha: float,
    sided: int,
    hypothesis: Hypothesis | None = None,
    distribution: Distribution = "t",
    counts_both_tails: bool = False,
) -> Floats:
    """Power of the 2x2 crossover for `difference` (experimental - control), with n - 2 degrees of freedom.

    `sd_within` is the standard deviation within a subject: that of the difference of two periods over the root of 2.
    """
    one_of("distribution", distribution, get_args(Distribution))
    n1, n2 = positive("n_sequence_1", n_sequence_1), positive("n_sequence_2", n_sequence_2)
    return compute_test_power(
        effect=floats("difference", difference),
        standard_error=positive("sd_within", sd_within) * np.sqrt((1 / n1 + 1 / n2) / 2),
        degrees_of_freedom=positive("n_sequence_1 + n_sequence_2 - 2", n1 + n2 - 2) if distribution == "t" else None,
        hypothesis=hypothesis or Superiority(),
        alpha=alpha,
        sided=sided,
        counts_both_tails=counts_both_tails,
    )


def compute_sample_size_crossover_means(
    *,
    difference: float,
    sd_within: float,
    alpha: float,
    sided: int,
    power: float,
    hypothesis: Hypothesis | None = None,
    distribution: Distribution = "t",
    counts_both_tails: bool = False,
) -> CrossoverSampleSize:
    """Subjects that give the 2x2 crossover its power; the arguments are those of `compute_power_crossover_means`."""
    hypothesis = hypothesis or Superiority()
    target_power(power, alpha, sided)
    check_reachable(hypothesis, difference, sided, 0.0, of="difference")

    def power_at(n_sequence_1: float, n_sequence_2: float) -> Floats:
        return compute_power_crossover_means(
            difference=difference,
            sd_within=sd_within,
            n_sequence_1=n_sequence_1,
            n_sequence_2=n_sequence_2,
            alpha=alpha,
            sided=sided,
            hypothesis=hypothesis,
            distribution=distribution,
            counts_both_tails=counts_both_tails,
        )

    return two_sequences(
        power_at,
        method=f"2x2 crossover, {'noncentral t' if distribution == 't' else 'normal'} distribution",
        alpha=alpha,
        sided=sided,
        power=power,
        conventions=(
            "difference is experimental - control",
            "sd_within is the standard deviation within a subject",
            sides(alpha, sided, hypothesis, counts_both_tails=counts_both_tails),
        ),
    )

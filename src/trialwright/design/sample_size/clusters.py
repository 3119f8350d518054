"""Sample size and power for trials that allocate clusters.

Sources: Donner A, Klar N. Design and analysis of cluster randomization trials in health research. Arnold 2000, chapter
5. Clusters of varying size: Eldridge SM, Ashby D, Kerry S. Int J Epidemiol 2006;35:1292-1300, equation 4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike

from trialwright.design.sample_size.building import ALLOCATION, sides
from trialwright.design.sample_size.hypotheses import Hypothesis, Superiority
from trialwright.design.sample_size.means import Distribution
from trialwright.design.sample_size.requirements import (
    Floats,
    check_reachable,
    floats,
    not_negative,
    one_of,
    positive,
    probability,
    target_power,
)
from trialwright.design.sample_size.results import ClusterSampleSize
from trialwright.design.sample_size.solving import round_up, solve_n, split
from trialwright.design.sample_size.wald_power import compute_test_power
from trialwright.errors import DesignError


def compute_design_effect(*, cluster_size: float, icc: float, cluster_size_cv: float = 0.0) -> float:
    """Variance of a mean of clusters relative to that of as many independent subjects.

    cluster_size      mean number of subjects of a cluster
    icc               intracluster correlation coefficient
    cluster_size_cv   coefficient of variation of the clusters' sizes; 0 where all are of one size
    """
    positive("cluster_size", cluster_size)
    not_negative("cluster_size_cv", cluster_size_cv)
    if cluster_size < 1:
        raise DesignError(f"cluster_size must be at least 1, got {cluster_size:g}. Give the mean size of a cluster.")
    if not 0 <= icc < 1:
        raise DesignError(f"icc must be 0 or above and below 1, got {icc!r}. Usual are 0.01 to 0.1.")
    return 1 + ((1 + cluster_size_cv**2) * cluster_size - 1) * icc


def compute_power_cluster_means(
    *,
    difference: ArrayLike,
    sd: ArrayLike,
    icc: float,
    cluster_size: float,
    clusters_experimental: ArrayLike,
    clusters_control: ArrayLike,
    alpha: float,
    sided: int,
    cluster_size_cv: float = 0.0,
    hypothesis: Hypothesis | None = None,
    distribution: Distribution = "t",
) -> Floats:
    """Power for a difference of means (experimental - control) between groups of clusters.

    `sd` is the total one, between and within clusters. The t-test has clusters_experimental + clusters_control - 2
    degrees of freedom.
    """
    variance = positive("sd", sd) ** 2
    effect = compute_design_effect(cluster_size=cluster_size, icc=icc, cluster_size_cv=cluster_size_cv) / cluster_size
    return _power(
        floats("difference", difference),
        effect * variance,
        effect * variance,
        positive("clusters_experimental", clusters_experimental),
        positive("clusters_control", clusters_control),
        alpha,
        sided,
        hypothesis or Superiority(),
        distribution,
    )


def compute_power_cluster_proportions(
    *,
    proportion_experimental: ArrayLike,
    proportion_control: ArrayLike,
    icc: float,
    cluster_size: float,
    clusters_experimental: ArrayLike,
    clusters_control: ArrayLike,
    alpha: float,
    sided: int,
    cluster_size_cv: float = 0.0,
    hypothesis: Hypothesis | None = None,
    distribution: Distribution = "t",
) -> Floats:
    """Power for a difference of proportions between groups of clusters, with the unpooled variance."""
    p1 = probability("proportion_experimental", proportion_experimental)
    p2 = probability("proportion_control", proportion_control)
    effect = compute_design_effect(cluster_size=cluster_size, icc=icc, cluster_size_cv=cluster_size_cv) / cluster_size
    return _power(
        p1 - p2,
        effect * p1 * (1 - p1),
        effect * p2 * (1 - p2),
        positive("clusters_experimental", clusters_experimental),
        positive("clusters_control", clusters_control),
        alpha,
        sided,
        hypothesis or Superiority(),
        distribution,
    )


def compute_sample_size_cluster_means(
    *,
    difference: float,
    sd: float,
    icc: float,
    cluster_size: float,
    alpha: float,
    sided: int,
    power: float,
    allocation_ratio: float = 1.0,
    cluster_size_cv: float = 0.0,
    hypothesis: Hypothesis | None = None,
    distribution: Distribution = "t",
) -> ClusterSampleSize:
    """Clusters that show a difference of means with `power`; arguments as in `compute_power_cluster_means`."""
    hypothesis = hypothesis or Superiority()
    target_power(power, alpha, sided)
    check_reachable(hypothesis, difference, sided, 0.0, of="difference")
    return _size(
        lambda experimental, control: compute_power_cluster_means(
            difference=difference,
            sd=sd,
            icc=icc,
            cluster_size=cluster_size,
            clusters_experimental=experimental,
            clusters_control=control,
            alpha=alpha,
            sided=sided,
            cluster_size_cv=cluster_size_cv,
            hypothesis=hypothesis,
            distribution=distribution,
        ),
        method="difference of means between clusters",
        alpha=alpha,
        sided=sided,
        power=power,
        allocation_ratio=allocation_ratio,
        cluster_size=cluster_size,
        design_effect=compute_design_effect(cluster_size=cluster_size, icc=icc, cluster_size_cv=cluster_size_cv),
        hypothesis=hypothesis,
        distribution=distribution,
    )


def compute_sample_size_cluster_proportions(
    *,
    proportion_experimental: float,
    proportion_control: float,
    icc: float,
    cluster_size: float,
    alpha: float,
    sided: int,
    power: float,
    allocation_ratio: float = 1.0,
    cluster_size_cv: float = 0.0,
    hypothesis: Hypothesis | None = None,
    distribution: Distribution = "t",
) -> ClusterSampleSize:
    """Clusters that show a difference of proportions; arguments as in `compute_power_cluster_proportions`."""
    hypothesis = hypothesis or Superiority()
    target_power(power, alpha, sided)
    p1 = probability("proportion_experimental", proportion_experimental)
    p2 = probability("proportion_control", proportion_control)
    check_reachable(hypothesis, float(p1 - p2), sided, 0.0, of="difference of proportions")
    return _size(
        lambda experimental, control: compute_power_cluster_proportions(
            proportion_experimental=proportion_experimental,
            proportion_control=proportion_control,
            icc=icc,
            cluster_size=cluster_size,
            clusters_experimental=experimental,
            clusters_control=control,
            alpha=alpha,
            sided=sided,
            cluster_size_cv=cluster_size_cv,
            hypothesis=hypothesis,
            distribution=distribution,
        ),
        method="difference of proportions between clusters, unpooled variance",
        alpha=alpha,
        sided=sided,
        power=power,
        allocation_ratio=allocation_ratio,
        cluster_size=cluster_size,
        design_effect=compute_design_effect(cluster_size=cluster_size, icc=icc, cluster_size_cv=cluster_size_cv),
        hypothesis=hypothesis,
        distribution=distribution,
    )


def _power(
    effect: Floats,
    variance_1: Floats,
    variance_2: Floats,
    k1: Floats,
    k2: Floats,
    alpha: float,
    sided: int,
    hypothesis: Hypothesis,
    distribution: Distribution,
) -> Floats:
    """`variance_1` and `variance_2` are of the mean of one cluster."""
    one_of("distribution", distribution, get_args(Distribution))
    df = positive("clusters_experimental + clusters_control - 2", k1 + k2 - 2) if distribution == "t" else None
    return compute_test_power(
        effect=effect,
        standard_error=np.sqrt(variance_1 / k1 + variance_2 / k2),
        degrees_of_freedom=df,
        hypothesis=hypothesis,
        alpha=alpha,
        sided=sided,
    )


def _size(
    power_at: Callable[[float, float], Floats],
    *,
    method: str,
    alpha: float,
    sided: int,
    power: float,
    allocation_ratio: float,
    cluster_size: float,
    design_effect: float,
    hypothesis: Hypothesis,
    distribution: Distribution,
) -> ClusterSampleSize:
    positive("allocation_ratio", allocation_ratio)
    smallest = 1.01 * (1 + allocation_ratio) / min(1.0, allocation_ratio)
    exact = solve_n(lambda k: float(power_at(*split(k, allocation_ratio))), power, smallest=smallest, unit="clusters")
    experimental, control = (round_up(k) for k in split(exact, allocation_ratio))
    return ClusterSampleSize(
        method=f"{method}, {'noncentral t' if distribution == 't' else 'normal'} distribution",
        n_exact=exact * cluster_size,
        n_total=round_up((experimental + control) * cluster_size),
        clusters_exact=exact,
        clusters_experimental=experimental,
        clusters_control=control,
        design_effect=design_effect,
        allocation_ratio=allocation_ratio,
        target_power=power,
        attained_power=float(power_at(experimental, control)),
        alpha=alpha,
        sided=sided,
        conventions=(
            "difference is experimental - control",
            sides(alpha, sided, hypothesis),
            f"{ALLOCATION}, of clusters",
            "clusters_exact is unrounded; the clusters of each group are rounded up, and n_total is theirs",
        ),
    )

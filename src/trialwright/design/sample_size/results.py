"""What the computations of sample size give back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSize:
    """A sample size with the power it attains.

    method          the test and how its power was computed
    n_exact         total number of subjects at which the power is `target_power`, unrounded; for exact tests, whose
                    power exists at whole numbers only, it is `n_total`
    n_total         subjects of all groups, each group rounded up
    target_power    the power asked for
    attained_power  power at the rounded sizes
    alpha, sided    type I error of the test, and whether one or both sides share it
    conventions     sentences that say how the numbers are to be read
    """

    method: str
    n_exact: float
    n_total: int
    target_power: float
    attained_power: float
    alpha: float
    sided: int
    conventions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneGroupSampleSize(SampleSize):
    """Of a single group, or of pairs: then `n_total` counts pairs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoGroupSampleSize(SampleSize):
    """Of two parallel groups.

    allocation_ratio            experimental subjects per control subject, as asked for
    n_experimental, n_control   subjects of each group, rounded up
    """

    allocation_ratio: float
    n_experimental: int
    n_control: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossoverSampleSize(SampleSize):
    """Of a crossover with two sequences and two periods; `n_per_sequence` subjects are in each sequence."""

    n_per_sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSampleSize(SampleSize):
    """Of two groups of clusters.

    allocation_ratio       experimental clusters per control cluster, as asked for
    clusters_exact         total number of clusters, unrounded; `n_exact` is this times the mean size of a cluster
    clusters_experimental, clusters_control   clusters of each group, rounded up
    design_effect          variance of a mean relative to that of as many subjects allocated one by one
    """

    allocation_ratio: float
    clusters_exact: float
    clusters_experimental: int
    clusters_control: int
    design_effect: float

"""Exact null distributions of rank statistics, also with ties: each way to share out the ranks is equally likely.

Source: Streitberg B, Roehmel J. Statistical Software Newsletter 1986;12:10-17 (the shift algorithm).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialwright.analysis.request import Floats

#: Of a sum of probabilities: two ways to the same sum may differ by rounding errors.
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class RankDistribution:
    """The distribution of a sum of ranks: `probabilities` of the sums 0, 1/2, 1, 3/2, ..."""

    probabilities: Floats

    @property
    def mean(self) -> float:
        """The expectation, about which the distribution of a rank sum without ties is symmetric."""
        return float(self.probabilities @ np.arange(len(self.probabilities))) / 2

    def two_sided(self, observed: float) -> float:
        """The probability to be as far from the expectation as `observed`, or farther, to either side."""
        sums = np.arange(len(self.probabilities)) / 2
        distance = abs(observed - self.mean)
        far = np.abs(sums - self.mean) >= distance - _ROUNDING
        return min(1.0, float(self.probabilities[far].sum()))

    def tails(self, observed: float) -> tuple[float, float]:
        """The probabilities of a sum of at most `observed`, and of at least it."""
        position = round(2 * observed)
        return float(self.probabilities[: position + 1].sum()), float(self.probabilities[position:].sum())

    def lower_quantile(self, probability: float) -> float:
        """The smallest sum whose cumulative probability is at least `probability`."""
        reached = np.cumsum(self.probabilities) >= probability * (1 - _ROUNDING)
        return float(np.flatnonzero(reached)[0]) / 2


def rank_sum_distribution(ranks: Floats, size: int) -> RankDistribution:
    """Of the sum of `size` of these ranks, chosen without replacement."""
    doubled = np.rint(2 * ranks).astype(np.int64)
    table = np.zeros((size + 1, int(np.sort(doubled)[::-1][:size].sum()) + 1))
    table[0, 0] = 1.0
    for number, score in enumerate(doubled.tolist(), start=1):
        # Of `number` items k are chosen: the last one with probability k / number. Larger k first, so that the row
        # of k - 1 still is that without the last one.
        for k in range(min(number, size), -1, -1):
            kept = table[k] * ((number - k) / number)
            if k:
                kept[score:] += table[k - 1, : table.shape[1] - score] * (k / number)
            table[k] = kept
    return RankDistribution(probabilities=table[size])


def signed_rank_distribution(ranks: Floats) -> RankDistribution:
    """Of the sum of those of these ranks whose sign is positive; each sign is a fair coin's."""
    doubled = np.rint(2 * ranks).astype(np.int64)
    probabilities = np.zeros(int(doubled.sum()) + 1)
    probabilities[0] = 1.0
    for score in doubled.tolist():
        shifted = np.zeros_like(probabilities)
        shifted[score:] = probabilities[: len(probabilities) - score]
        probabilities = (probabilities + shifted) / 2
    return RankDistribution(probabilities=probabilities)

"""Distribution of the largest of correlated t statistics, deterministic, with its numerical error.

The statistics are T = (A Z + shift) / S: Z standard normal of as many dimensions as the correlation has rank, S the
root of a chi-square over its degrees of freedom (1 if they are infinite). Along a direction of Z the event that no T
exceeds c is an interval of the length of Z, whose probability is known; what is left is the mean over directions (and
S), by scrambled Sobol points with fixed seeds. The error is the standard error over independent scramblings.

Sources: Genz A, Bretz F. Computation of multivariate normal and t probabilities. Springer 2009 (spherical-radial
transformations).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gammainc, ndtri
from scipy.stats import chi2, nct, norm, qmc
from scipy.stats import t as student

Floats = NDArray[np.float64]

_SCRAMBLINGS = 8
#: Logarithm of the points per scrambling: for what is reported, and for the way to a sample size.
FINE = 12
COARSE = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """A probability or quantile with its numerical standard error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class MaximumOfT:
    """The largest of t statistics with a joint `correlation`; `df` may be infinite."""

    correlation: Floats
    df: float
    log2_points: int = FINE

    def exceeds(self, critical: float, shift: Floats | None = None) -> Computed:
        """Probability that the largest statistic is above `critical`; `shift` adds to the numerators (power)."""
        moved = np.zeros(len(self.correlation)) if shift is None else np.asarray(shift, dtype=np.float64)
        return _exceeds(self._samples(), self.df, critical, moved)

    def critical_value(self, alpha: float) -> Computed:
        """What the largest statistic exceeds with probability `alpha` under the null hypothesis."""
        samples = self._samples()
        unmoved = np.zeros(len(self.correlation))
        # Between the quantile of a single statistic and what Bonferroni's inequality allows.
        one = float(student.isf(alpha, self.df))
        most = float(student.isf(alpha / len(self.correlation), self.df))
        value = float(
            brentq(lambda c: _exceeds(samples, self.df, c, unmoved).value - alpha, one - 0.1, most + 0.1, xtol=1e-7)
        )
        nearby = [_exceeds(samples, self.df, value + step, unmoved).value for step in (-1e-3, 1e-3)]
        slope = (nearby[0] - nearby[1]) / 2e-3
        return Computed(value=value, error=_exceeds(samples, self.df, value, unmoved).error / slope)

    def _samples(self) -> list[_Sample]:
        root = self._root()
        rank = root.shape[1]
        samples = []
        for seed in range(_SCRAMBLINGS):
            points = qmc.Sobol(rank + 1, scramble=True, rng=seed).random_base2(self.log2_points)
            points = np.clip(points, 1e-15, 1 - 1e-15)
            direction = ndtri(points[:, :rank])
            direction /= np.linalg.norm(direction, axis=1, keepdims=True)
            infinite = math.isinf(self.df)
            spread = np.ones(len(points)) if infinite else np.sqrt(chi2.ppf(points[:, rank], self.df) / self.df)
            samples.append(_Sample(slopes=direction @ root.T, spread=spread, rank=rank))
        return samples

    def _root(self) -> Floats:
        """A with A A' = correlation and no column without use."""
        values, vectors = np.linalg.eigh(self.correlation)
        # The widest axis first: the first coordinates of Sobol points are the most even.
        kept = np.flatnonzero(values > 1e-10 * values.max())[::-1]
        return np.asarray(vectors[:, kept] * np.sqrt(values[kept]))


@dataclass(frozen=True, slots=True)
class _Sample:
    """Points of one scrambling: change of each statistic's numerator along the direction, and S."""

    slopes: Floats
    spread: Floats
    rank: int


def _exceeds(samples: list[_Sample], df: float, critical: float, shift: Floats) -> Computed:
    alone = norm.sf(critical - shift) if math.isinf(df) else np.array([_tail(critical, df, float(x)) for x in shift])
    values = [_one_scrambling(sample, critical, shift, alone) for sample in samples]
    return Computed(value=float(np.mean(values)), error=float(np.std(values, ddof=1) / math.sqrt(len(values))))


def _tail(critical: float, df: float, shift: float) -> float:
    return float(student.sf(critical, df) if shift == 0 else nct.sf(critical, df, shift))


def _one_scrambling(sample: _Sample, critical: float, shift: Floats, alone: Floats) -> float:
    """Probability that some (numerator + shift) / s is above `critical`, given those of each `alone`."""
    room = critical * sample.spread[:, None] - shift
    some, each = np.zeros(len(room)), np.zeros(room.shape)
    for slope in (sample.slopes, -sample.slopes):  # each direction with its opposite
        with np.errstate(divide="ignore", invalid="ignore"):
            end = np.where(slope != 0, room / slope, np.where(room >= 0, np.inf, 0.0))
        # Up to `end` with a rising numerator, from `end` on with a falling one, the statistic stays below.
        below_end = gammainc(sample.rank / 2, np.maximum(end, 0.0) ** 2 / 2)
        rising = slope >= 0
        inside = np.where(rising, below_end, 1.0).min(axis=1) - np.where(rising, 0.0, below_end).max(axis=1)
        some = some + (1 - np.maximum(inside, 0.0)) / 2
        each = each + np.where(rising, 1 - below_end, below_end) / 2
    # The statistics' own probabilities are known: what the points miss of them is taken off (control variates).
    centered = each - np.mean(each, axis=0)
    weights = np.linalg.lstsq(centered, some - np.mean(some), rcond=1e-8)[0]
    return float(np.mean(some) - (np.mean(each, axis=0) - alone) @ weights)

"""Probability that correlated normal statistics all stay below limits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
_REACH, _POINTS, _SMALLEST = 8.5, {1: 4001, 2: 401}, 1e-9


def probability_below(limits: Vector, correlation: NDArray[np.float64]) -> float:
    """P(Z_i <= limit_i for all i), Z multivariate normal with means 0, variances 1 and this correlation.

    The statistics are written as sums of as many independent normal variables as the correlation has rank: weighted
    log-rank statistics are often dependent, as the weights S and 1 - S sum to 1. Given all but one of these, the limits
    are an interval for the last, whose probability is exact; up to two others are summed on an even grid. Of higher
    rank: scipy's integration.
    """
    from scipy.special import ndtr

    values, vectors = np.linalg.eigh(correlation)
    kept = values > _SMALLEST
    # Ascending eigenvalues: the last column is the variable with the largest, for which the interval is taken.
    loadings = vectors[:, kept] * np.sqrt(values[kept])
    others = loadings.shape[1] - 1
    if others > 2:
        from scipy.stats import multivariate_normal

        return float(multivariate_normal(cov=correlation, allow_singular=True, seed=20).cdf(limits))
    points = np.linspace(-_REACH, _REACH, _POINTS[others]) if others else np.zeros(1)
    density = np.exp(-(points**2) / 2) if others else np.ones(1)
    density /= density.sum()
    grid = np.stack([axis.ravel() for axis in np.meshgrid(*[points] * others, indexing="ij")]) if others else None
    weights = density if others < 2 else np.outer(density, density).ravel()
    upper, lower = np.full(weights.shape, np.inf), np.full(weights.shape, -np.inf)
    for limit, row in zip(limits, loadings, strict=True):
        room = limit - (row[:-1] @ grid if grid is not None else np.zeros(1))
        if row[-1] > 0:
            upper = np.minimum(upper, room / row[-1])
        elif row[-1] < 0:
            lower = np.maximum(lower, room / row[-1])
        else:
            upper = np.where(room < 0, -np.inf, upper)
    return float(weights @ np.clip(ndtr(upper) - ndtr(lower), 0.0, 1.0))

"""The largest of correlated normal statistics, for many trials at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Gauss-Legendre points of each variable that is integrated over.
_POINTS = 16
_NODES, _WEIGHTS = (part / 2 for part in np.polynomial.legendre.leggauss(_POINTS))
_NODES = _NODES + 0.5
_SMALLEST = 1e-10


def z_of_maximum(scores: Floats, covariances: Floats) -> Floats:
    """The normal quantile of the one-sided p-value of the largest of weighted log-rank statistics.

    scores, covariances  last axes: weights; weights, weights

    NaN where there is no variance.
    """
    from scipy import special

    variances = np.diagonal(covariances, axis1=-2, axis2=-1)
    has_variance = np.all(variances > 0, axis=-1)
    result = np.full(scores.shape[:-1], np.nan)
    if has_variance.any():
        sds = np.sqrt(variances[has_variance])
        correlation = covariances[has_variance] / (sds[:, :, None] * sds[:, None, :])
        largest = np.max(scores[has_variance] / sds, axis=-1)
        result[has_variance] = -special.ndtri(probability_any_above(largest, correlation))
    return result


def probability_any_above(limit: Floats, correlation: Floats) -> Floats:
    """P(any Z_i > limit) of normal Z with means 0 and variances 1: of each row. The correlation may be singular.

    It is summed over i: Z_i is the first above the limit. So it is precise where it is small.
    """
    from scipy import special

    tail = special.ndtr(-limit)
    total = tail.copy()
    for own in range(1, correlation.shape[-1]):
        # Z_own above the limit, at points of equal spacing in its probability; then those before it below the limit.
        z = -special.ndtri(tail[:, None] * _NODES)
        loading = correlation[:, :own, own]
        mean = loading[:, None, :] * z[:, :, None]
        covariance = correlation[:, :own, :own] - loading[:, :, None] * loading[:, None, :]
        below = _probability_below(limit[:, None] - mean.transpose(2, 0, 1), covariance[:, None])
        total += tail * (below @ _WEIGHTS)
    return np.clip(total, 0.0, 1.0)


def _probability_below(room: Floats, covariance: Floats) -> Floats:
    """P(X_i <= room_i for all i); `room` has the variables as its first axis, `covariance` as its last two."""
    from scipy import special

    if len(room) == 1:
        return np.asarray(special.ndtr(_standardized(room[0], covariance[..., 0, 0])), np.float64)
    if len(room) == 2:
        first, second = (_standardized(room[one], covariance[..., one, one]) for one in (0, 1))
        spread = np.sqrt(np.maximum(covariance[..., 0, 0] * covariance[..., 1, 1], _SMALLEST**2))
        return bivariate_normal(first, second, np.clip(covariance[..., 0, 1] / spread, -1.0, 1.0))
    # The last variable, below its room, at points of equal spacing in its probability; then the others.
    last = len(room) - 1
    variance = covariance[..., last, last]
    sd = np.sqrt(np.maximum(variance, _SMALLEST))
    share = special.ndtr(_standardized(room[last], variance))
    z = special.ndtri(np.maximum(share[..., None] * _NODES, 1e-300))
    loading = covariance[..., :last, last] / sd[..., None]
    rest = covariance[..., :last, :last] - loading[..., :, None] * loading[..., None, :]
    rooms = np.stack([room[one][..., None] - loading[..., None, one] * z for one in range(last)])
    return np.asarray(share * (_probability_below(rooms, rest[..., None, :, :]) @ _WEIGHTS), np.float64)


def _standardized(room: Floats, variance: Floats) -> Floats:
    """In standard deviations; a variable without variance is below its room or not."""
    fixed = np.where(room >= 0, 40.0, -40.0)
    with np.errstate(over="ignore"):
        scaled = room / np.sqrt(np.maximum(variance, _SMALLEST))
    return np.where(variance > _SMALLEST, np.clip(scaled, -40.0, 40.0), fixed)


def bivariate_normal(first: Floats, second: Floats, correlation: Floats) -> Floats:
    """P(X <= first, Y <= second) of standard normal X and Y.

    By Plackett's formula, integrated over the arc sine of the correlation (Drezner Z, Wesolowsky GO. On the computation
    of the bivariate normal integral. Journal of Statistical Computation and Simulation 1990; 35: 101-107).
    """
    from scipy import special

    is_one, is_minus_one = correlation > 1 - 1e-9, correlation < -1 + 1e-9
    angle = np.arcsin(np.where(is_one | is_minus_one, 0.0, correlation))
    total = np.zeros(np.broadcast_shapes(first.shape, second.shape, angle.shape))
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        sine = np.sin(angle * node)
        total += weight * np.exp(-(first**2 + second**2 - 2 * first * second * sine) / (2 * (1 - sine**2)))
    below = special.ndtr(first) * special.ndtr(second) + angle * total / (2 * np.pi)
    below = np.where(is_one, special.ndtr(np.minimum(first, second)), below)
    opposite = np.maximum(special.ndtr(first) - special.ndtr(-second), 0.0)
    return np.asarray(np.clip(np.where(is_minus_one, opposite, below), 0.0, 1.0), np.float64)

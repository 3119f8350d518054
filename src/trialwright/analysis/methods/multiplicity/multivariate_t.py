"""The multivariate t distribution: the probability that all of several correlated t statistics are small.

With correlations l_i l_j (all comparisons with one control in a one-way layout, and any two or three with positive
correlations) the statistics are independent given one normal variable and the chi variable: two nested quadratures,
exact to about 1e-10. Other correlations are integrated by Genz's transformation over a rank-1 lattice that is always
the same, to about 1e-5.

Sources: Dunnett CW. J Am Stat Assoc 1955;50:1096-1121. Hsu JC. Multiple Comparisons, 1996, section 7.2.1 (factors).
Genz A, Bretz F. Computation of Multivariate Normal and t Probabilities, 2009, chapter 4.
"""

from __future__ import annotations

import numpy as np

from trialwright.analysis.request import Floats

_NODES = 96
_LATTICE_POINTS = 2**17


def central_probability(limit: float, correlation: Floats, df: float) -> float:
    """P(max |t_i| <= `limit`) of statistics with one denominator of `df` degrees of freedom."""
    from scipy.special import stdtr

    if len(correlation) == 1:
        return 1 - 2 * float(stdtr(df, -limit))
    loadings = _loadings(correlation)
    if loadings is not None:
        return _by_factor(limit, loadings, df)
    return _by_lattice(limit, correlation, df)


def critical_value(probability: float, correlation: Floats, df: float) -> float:
    """The limit whose `central_probability` is `probability`."""
    from scipy.optimize import brentq

    high = 2.0
    while central_probability(high, correlation, df) < probability:
        high *= 2
    return float(brentq(lambda limit: central_probability(limit, correlation, df) - probability, 0.0, high, xtol=1e-9))


def _loadings(correlation: Floats) -> Floats | None:
    """l with correlations l_i l_j, each below 1 in size; None if there are none."""
    size = len(correlation)
    if size == 2:
        root = float(np.sqrt(abs(correlation[0, 1])))
        loadings = np.array([root, np.copysign(root, correlation[0, 1])])
    else:
        first = correlation[0, 1] * correlation[0, 2] * correlation[1, 2]
        if first <= 0:
            return None
        lead = np.sqrt(correlation[0, 1] * correlation[0, 2] / correlation[1, 2])
        loadings = np.concatenate([[lead], correlation[0, 1:] / lead])
    product = np.outer(loadings, loadings)
    off = ~np.eye(size, dtype=bool)
    if np.abs(loadings).max() > 0.99999 or np.abs((product - correlation)[off]).max() > 1e-10:
        return None
    return loadings


def _by_factor(limit: float, loadings: Floats, df: float) -> float:
    """Over the common normal variable and s = chi / sqrt(df), Gauss-Legendre on a range that holds all but 1e-15."""
    from scipy.special import chdtri, gammaln, ndtr

    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    low, high = (float(np.sqrt(chdtri(df, tail) / df)) for tail in (1 - 1e-15, 1e-15))
    scale = low + (high - low) * (nodes + 1) / 2
    log_density = np.log(2) + (df / 2) * np.log(df / 2) - gammaln(df / 2) + (df - 1) * np.log(scale) - df * scale**2 / 2
    scale_weights = weights * (high - low) / 2 * np.exp(log_density)
    # The trapezoidal rule is as good as any for what falls off like a normal density; steeper for loadings near 1.
    step = min(0.1, 0.25 * float(np.sqrt(1 - np.abs(loadings).max() ** 2)))
    common = np.arange(-8.5, 8.5 + step, step)
    common_weights = step * np.exp(-(common**2) / 2) / np.sqrt(2 * np.pi)
    inside = np.ones((_NODES, len(common)))
    for loading in loadings:
        rest = np.sqrt(1 - loading**2)
        bound, shift = limit * scale[:, None], loading * common[None, :]
        inside *= ndtr((bound - shift) / rest) - ndtr((-bound - shift) / rest)
    return float(np.clip(scale_weights @ inside @ common_weights, 0, 1))


def _by_lattice(limit: float, correlation: Floats, df: float) -> float:
    from scipy.special import chdtri, ndtr, ndtri

    size = len(correlation)
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(values.clip(min=0))
    upper: Floats = np.linalg.qr(root.T)[1]
    lower = upper.T
    lower = lower * np.where(np.diag(lower) < 0, -1.0, 1.0)
    # Square roots of primes; the tent function makes the integrand periodic.
    primes = np.array([2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71], dtype=np.float64)
    index = np.arange(1, _LATTICE_POINTS + 1, dtype=np.float64)[:, None]
    points = np.abs(2 * np.modf(index * np.sqrt(primes[:size])[None, :])[0] - 1)
    points = points.clip(1e-15, 1 - 1e-15)
    bound = limit * np.sqrt(chdtri(df, points[:, 0]) / df)
    drawn = np.zeros((_LATTICE_POINTS, size))
    probability = np.ones(_LATTICE_POINTS)
    for one in range(size):
        shift = drawn[:, :one] @ lower[one, :one]
        spread = lower[one, one]
        if spread < 1e-9:
            # A comparison that the others determine.
            probability *= np.abs(shift) <= bound
            continue
        below, above = ndtr((-bound - shift) / spread), ndtr((bound - shift) / spread)
        probability *= above - below
        if one + 1 < size:
            drawn[:, one] = ndtri((below + points[:, one + 1] * (above - below)).clip(1e-300, 1 - 1e-16))
    return float(probability.mean())

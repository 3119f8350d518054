"""Power of a test whose statistic is an estimate over its standard error.

With the t distribution the power is by the noncentral t; that of two one-sided tests is by integration over the
distribution of the estimated standard deviation, which is Owen's Q.

Sources: Julious SA. Sample sizes for clinical trials. Chapman & Hall 2010, chapters 3-6. Owen DB. A special case of a
bivariate non-central t-distribution. Biometrika 1965;52:437-446. Phillips KF. Power of the two one-sided tests
procedure in bioequivalence. J Pharmacokinet Biopharm 1990;18:137-144.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from trialwright.design.sample_size.hypotheses import Equivalence, Hypothesis, Superiority
from trialwright.design.sample_size.requirements import Floats, check_margins, null_value, one_sided_alpha

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(160)
# Beyond these tails of the distribution of the standard deviation there is nothing to see in double precision.
_TAIL = 1e-17


def compute_test_power(
    *,
    effect: ArrayLike,
    standard_error: ArrayLike,
    degrees_of_freedom: ArrayLike | None,
    hypothesis: Hypothesis,
    alpha: float,
    sided: int,
    counts_both_tails: bool = False,
) -> Floats:
    """Power, for an effect whose estimate is normal with `standard_error`; no effect is 0.

    `degrees_of_freedom` of the estimated variance; None takes it as known. A two-sided test counts rejections in the
    direction of the effect only, unless `counts_both_tails`.
    """
    level = one_sided_alpha(alpha, sided, hypothesis)
    check_margins(hypothesis, 0.0, of="difference")
    theta, se = np.asarray(effect, dtype=float), np.asarray(standard_error, dtype=float)
    df = None if degrees_of_freedom is None else np.asarray(degrees_of_freedom, dtype=float)
    if isinstance(hypothesis, Equivalence):
        return _both_one_sided(theta, se, df, hypothesis, level)
    shift = (theta - null_value(hypothesis, 0.0)) / se
    if sided == 2 and isinstance(hypothesis, Superiority):
        power = _upper_tail(np.abs(shift), df, level)
        return power + _upper_tail(-np.abs(shift), df, level) if counts_both_tails else power
    return _upper_tail(shift if hypothesis.higher_is_better else -shift, df, level)


def _upper_tail(shift: Floats, df: Floats | None, level: float) -> Floats:
    """Probability that the statistic with noncentrality `shift` exceeds its upper critical value."""
    if df is None:
        return np.asarray(special.ndtr(shift + special.ndtri(level)))
    critical = -special.stdtrit(df, level)
    power = 1.0 - special.nctdtr(df, shift, critical)
    # nctdtr of scipy 1.17.1 is NaN at single points of the far tails (df 1000, shift 38.5), where the power is 0 or 1
    # to 15 digits: P(Z > 8) is below 1e-15, and so is P(T < critical) from two degrees of freedom on.
    is_far = np.isnan(power) & ((shift < -8) | (shift > 30))
    return np.asarray(np.where(is_far, (shift > 0).astype(np.float64), power))


def _both_one_sided(theta: Floats, se: Floats, df: Floats | None, limits: Equivalence, level: float) -> Floats:
    lower, upper = (limits.lower - theta) / se, (limits.upper - theta) / se
    if df is None:
        z = special.ndtri(level)
        return np.maximum(special.ndtr(upper + z) - special.ndtr(lower - z), 0.0)
    lower, upper, df = (np.asarray(x)[..., None] for x in np.broadcast_arrays(lower, upper, df))
    critical = -special.stdtrit(df, level)
    # s is the estimated standard deviation over the true one; beyond `end` the two tests exclude each other.
    start = np.sqrt(2 * special.gammaincinv(df / 2, _TAIL) / df)
    end = np.minimum(np.sqrt(2 * special.gammainccinv(df / 2, _TAIL) / df), (upper - lower) / (2 * critical))
    end = np.maximum(start, end)
    half = (end - start) / 2
    s = start + half * (_NODES + 1)
    log_density = (
        np.log(2.0) + (df / 2) * np.log(df / 2) - special.gammaln(df / 2) + (df - 1) * np.log(s) - df * s**2 / 2
    )
    inside = special.ndtr(upper - critical * s) - special.ndtr(lower + critical * s)
    return np.asarray(np.sum(half * _WEIGHTS * np.exp(log_density) * inside, axis=-1))

"""Test statistics of means and proportions from the sufficient statistics of many trials at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialwright.design.simulation.plans import NormalOutcome

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def difference_of_means(
    counts: Integers, sums: Floats, squares: Floats, outcome: NormalOutcome
) -> tuple[Floats, Floats]:
    """z of differences of means, experimental - control, and the differences: trial, look, experimental arm.

    sums, squares  of deviations from the arm's true mean

    The t statistic is given as the normal quantile of its p-value. NaN where an arm has no outcome, or no degrees of
    freedom are left.
    """
    from scipy import special

    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.asarray(outcome.means) + sums / counts
        difference = means[..., 1:] - means[..., :1]
        if outcome.known_variance:
            variances = np.asarray(outcome.sds) ** 2 / counts
            return difference / np.sqrt(variances[..., 1:] + variances[..., :1]), difference
        within = squares - sums**2 / counts
        df = counts[..., 1:] + counts[..., :1] - 2
        pooled = (within[..., 1:] + within[..., :1]) / df
        t = difference / np.sqrt(pooled * (1 / counts[..., 1:] + 1 / counts[..., :1]))
        # The lower tail, for precision: the upper one has p-values that cannot be told from 1.
        z = -np.sign(t) * special.ndtri(special.stdtr(df, -np.abs(t)))
    return np.where(df > 0, z, np.nan), difference


def difference_of_proportions(counts: Integers, responses: Floats) -> tuple[Floats, Floats]:
    """z of differences of proportions, experimental - control, by the pooled proportion, and the differences.

    NaN where an arm has no outcome, or all outcomes of both arms are the same.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        proportions = responses / counts
        n, m = counts[..., 1:], counts[..., :1]
        pooled = (responses[..., 1:] + responses[..., :1]) / (n + m)
        difference = proportions[..., 1:] - proportions[..., :1]
        z = difference / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return np.where(np.isfinite(z), z, np.nan), difference

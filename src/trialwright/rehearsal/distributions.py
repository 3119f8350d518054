"""Quantiles and transformations that several models share."""

from __future__ import annotations

import numpy as np

from trialwright.rehearsal.outline import Floats


def truncated_normal(
    uniform: Floats, mean: float | Floats, sd: float | Floats, low: float, high: float = np.inf
) -> Floats:
    """Quantiles of the normal distribution, truncated to [low, high], at `uniform` in [0, 1)."""
    from scipy.special import ndtr, ndtri

    below, above = ndtr((low - mean) / sd), ndtr((high - mean) / sd)
    values = mean + sd * ndtri(below + uniform * (above - below))
    return np.clip(np.asarray(values, dtype=np.float64), low, high)


def logistic(odds: Floats) -> Floats:
    """Probability from log-odds, without overflow."""
    from scipy.special import expit

    return np.asarray(expit(odds), dtype=np.float64)


def log_odds(probability: float | Floats) -> Floats:
    """Log-odds of a probability; infinite at 0 and 1."""
    from scipy.special import logit

    return np.asarray(logit(probability), dtype=np.float64)

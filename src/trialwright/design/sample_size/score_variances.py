"""Variances of a comparison of two proportions, as the data are and as the null hypothesis makes them.

Sources: Farrington CP, Manning G. Test statistics and sample size formulae for comparative binomial trials with null
hypothesis of non-zero risk difference or non-unity relative risk. Stat Med 1990;9:1447-1454, equations 3-8 and
appendix. Miettinen O, Nurminen M. Comparative analysis of two rates. Stat Med 1985;4:213-226 (odds ratio).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from trialwright.design.sample_size.requirements import Floats

Measure = Literal["difference", "ratio", "odds_ratio"]


def compute_restricted_proportions(
    p1: Floats, p2: Floats, n1: Floats, n2: Floats, null: float, measure: Measure
) -> tuple[Floats, Floats]:
    """The most likely proportions under the null hypothesis, when `p1` and `p2` are the observed or assumed ones."""
    if measure == "difference":
        return _restricted_by_difference(p1, p2, n2 / n1, null)
    if measure == "ratio":
        theta = n2 / n1
        b = -(null * (1 + theta * p2) + theta + p1)
        first = (-b - np.sqrt(b**2 - 4 * (1 + theta) * null * (p1 + theta * p2))) / (2 * (1 + theta))
        return first, first / null
    # The total of successes stays, and p1 = null p2 / (1 + (null - 1) p2).
    total = n1 * p1 + n2 * p2
    b = n1 * null + n2 - total * (null - 1)
    second = 2 * total / (b + np.sqrt(b**2 + 4 * n2 * (null - 1) * total))
    return null * second / (1 + (null - 1) * second), second


def _restricted_by_difference(p1: Floats, p2: Floats, theta: Floats, null: float) -> tuple[Floats, Floats]:
    if null == 0:
        pooled = (p1 + theta * p2) / (1 + theta)
        return pooled, pooled
    a = 1 + theta
    b = -(1 + theta + p1 + theta * p2 + null * (theta + 2))
    c = null**2 + null * (2 * p1 + theta + 1) + p1 + theta * p2
    d = -p1 * null * (1 + null)
    v = b**3 / (3 * a) ** 3 - b * c / (6 * a**2) + d / (2 * a)
    u = np.where(v >= 0, 1.0, -1.0) * np.sqrt(np.maximum(b**2 / (3 * a) ** 2 - c / (3 * a), 0))
    # u is 0 only where the three roots are one; the angle does not matter then.
    cosine = np.divide(v, u**3, out=np.ones_like(v), where=u != 0)
    w = (np.pi + np.arccos(np.clip(cosine, -1, 1))) / 3
    lowest, highest = max(0.0, null), min(1.0, 1.0 + null)
    first = np.clip(2 * u * np.cos(w) - b / (3 * a), lowest, highest)
    return first, first - null


def compute_contrast(p1: Floats, p2: Floats, null: float, measure: Measure, *, on_log_scale: bool) -> Floats:
    """How far the proportions are from the null hypothesis, on the scale of the test statistic."""
    if measure == "difference":
        return np.asarray(p1 - p2 - null)
    if measure == "ratio":
        return np.asarray(np.log(p1 / p2 / null) if on_log_scale else p1 - null * p2)
    return np.asarray(np.log(p1 / (1 - p1)) - np.log(p2 / (1 - p2)) - np.log(null))


def compute_contrast_variance(
    p1: Floats, p2: Floats, n1: Floats, n2: Floats, null: float, measure: Measure, *, on_log_scale: bool
) -> Floats:
    """Variance of the estimate of `compute_contrast` at the proportions `p1` and `p2`."""
    if measure == "difference":
        return np.asarray(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
    if measure == "ratio":
        if on_log_scale:
            return np.asarray((1 - p1) / (n1 * p1) + (1 - p2) / (n2 * p2))
        return np.asarray(p1 * (1 - p1) / n1 + null**2 * p2 * (1 - p2) / n2)
    return np.asarray(1 / (n1 * p1 * (1 - p1)) + 1 / (n2 * p2 * (1 - p2)))

"""Tail probabilities and quantiles, from scipy's special functions (`scipy.stats` takes half a second to load)."""

from __future__ import annotations

import math


def f_upper_tail(statistic: float, df1: float, df2: float) -> float:
    """P(F > statistic)."""
    from scipy.special import fdtrc

    return float(fdtrc(df1, df2, statistic))


def chi_square_upper_tail(statistic: float, df: float) -> float:
    """P(chi-square > statistic)."""
    from scipy.special import chdtrc

    return float(chdtrc(df, statistic))


def t_two_sided(statistic: float, df: float) -> float:
    """P(|t| > |statistic|)."""
    from scipy.special import stdtr

    return 2 * float(stdtr(df, -abs(statistic)))


def t_quantile(probability: float, df: float) -> float:
    """The quantile of Student's t; NaN without degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(df, probability)) if df > 0 else math.nan


def normal_quantile(probability: float) -> float:
    """The quantile of the standard normal distribution."""
    from scipy.special import ndtri

    return float(ndtri(probability))


def chi_square_quantile(probability: float, df: float) -> float:
    """The quantile of the chi-square distribution."""
    from scipy.special import chdtri

    return float(chdtri(df, 1 - probability))

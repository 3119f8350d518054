"""Rubin's rules: one inference from those of several completed datasets.

With Q the mean of the M estimates, U the mean of their variances and B the variance between them, the total variance is
T = U + (1 + 1/M) B. The degrees of freedom are those of Barnard and Rubin, which never exceed those of complete data.

Source: Rubin DB. Multiple Imputation for Nonresponse in Surveys, 1987, section 3.3. Barnard J, Rubin DB. Biometrika
1999;86:948-955.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from trialwright.analysis.methods.distributions import t_quantile, t_two_sided
from trialwright.analysis.request import Floats


@dataclass(frozen=True, kw_only=True)
class Pooled:
    """A pooled estimate.

    within, between   U and B
    df                of the t distribution of (estimate - truth) / se
    fraction          of missing information (lambda with Rubin's correction for a finite M, his gamma)
    """

    estimate: float
    within: float
    between: float
    se: float
    df: float
    fraction: float

    @property
    def statistic(self) -> float | None:
        """Estimate / se; None without variation."""
        return self.estimate / self.se if self.se > 0 else None

    @property
    def p_value(self) -> float | None:
        """Two-sided."""
        return None if self.statistic is None else t_two_sided(self.statistic, min(self.df, 1e10))

    def interval(self, conf_level: float) -> tuple[float, float]:
        """The confidence interval."""
        half = t_quantile((1 + conf_level) / 2, min(self.df, 1e10)) * self.se
        return self.estimate - half, self.estimate + half


def compute_pooled(estimates: Floats, variances: Floats, df: float = math.inf) -> Pooled:
    """Pool the estimates of M >= 2 completed datasets.

    df  of the analysis of complete data (infinite for one that takes the normal distribution)
    """
    m = len(estimates)
    between = float(estimates.var(ddof=1))
    within = float(variances.mean())
    added = (1 + 1 / m) * between
    total = within + added
    share = added / total if total > 0 else 0.0
    # nu of Rubin (1987), and that of the observed data; their harmonic sum.
    rubin = (m - 1) / share**2 if share > 0 else math.inf
    observed = df if math.isinf(df) else (df + 1) / (df + 3) * df
    observed *= 1 - share
    pooled_df = _harmonic(rubin, observed)
    ratio = added / within if within > 0 else math.inf
    fraction = (ratio + 2 / (pooled_df + 3)) / (ratio + 1) if math.isfinite(ratio) else 1.0
    return Pooled(
        estimate=float(estimates.mean()),
        within=within,
        between=between,
        se=math.sqrt(total),
        df=pooled_df,
        fraction=fraction,
    )


def _harmonic(left: float, right: float) -> float:
    if left <= 0 or right <= 0:
        return 0.0
    inverse = 1 / left + 1 / right
    return 1 / inverse if inverse > 0 else math.inf

"""The stratified test of mean scores: Mantel and Haenszel's test, extended to several groups.

Under the null hypothesis the scores of a stratum are shared out among its groups at random.

Source: Landis JR, Heyman ER, Koch GG. Int Stat Rev 1978;46:237-254. It is SAS PROC
FREQ's CMH2, "row mean scores differ".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.distributions import chi_square_upper_tail
from trialwright.analysis.request import Floats, Integers


@dataclass(frozen=True, kw_only=True)
class MeanScoreTest:
    """The test; None where there is nothing to compare.

    n_strata  strata with at least two groups and two different scores
    """

    n: int
    n_strata: int
    statistic: float | None
    df: int
    p_value: float | None


def compute_mean_scores(scores: Floats, groups: Integers, strata: Integers, count: int) -> MeanScoreTest:
    """The test of `count` groups (numbers from 0) by their sums of scores within strata."""
    excess = np.zeros(count)
    covariance = np.zeros((count, count))
    used = 0
    for stratum in np.unique(strata):
        inside = strata == stratum
        values, members = scores[inside], groups[inside]
        size = len(values)
        deviations = values - values.mean()
        sizes = np.bincount(members, minlength=count).astype(np.float64)
        squares = float(deviations @ deviations)
        if size < 2 or squares <= 1e-20 * size or (sizes > 0).sum() < 2:
            continue
        used += 1
        excess += np.bincount(members, weights=deviations, minlength=count)
        # Of a simple random sample without replacement from the stratum's scores.
        covariance += squares / (size - 1) * (np.diag(sizes) - np.outer(sizes, sizes) / size)
    if not used:
        return MeanScoreTest(n=len(scores), n_strata=0, statistic=None, df=0, p_value=None)
    scale = np.sqrt(np.diag(covariance).clip(min=0))
    kept = scale > 1e-12 * scale.max()
    values, vectors = np.linalg.eigh(covariance[np.ix_(kept, kept)] / np.outer(scale[kept], scale[kept]))
    positive = values > 1e-10 * values[-1]
    projected = vectors[:, positive].T @ (excess[kept] / scale[kept])
    statistic, df = float((projected**2 / values[positive]).sum()), int(positive.sum())
    return MeanScoreTest(
        n=len(scores),
        n_strata=used,
        statistic=statistic,
        df=df,
        p_value=chi_square_upper_tail(statistic, df),
    )


def mean_score_warning(test: MeanScoreTest) -> str:
    """Why there is no number."""
    if not test.n:
        return "no complete records"
    return "" if test.statistic is not None else "no stratum has two groups and two different values"

"""Sample size and power of exact tests of two proportions: Fisher's, and the unconditional one of the pooled z
statistic.

Power is by enumeration of all tables. Sources: Casagrande JT, Pike MC, Smith PG. The power function of the exact test
for comparing two binomial distributions. Appl Stat 1978;27:176-180. Suissa S, Shuster JJ. Exact unconditional sample
sizes for the 2x2 binomial trial. J R Stat Soc A 1985;148:317-327.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import special

from trialwright.design.sample_size.building import ALLOCATION
from trialwright.design.sample_size.hypotheses import Superiority
from trialwright.design.sample_size.requirements import (
    Floats,
    check_reachable,
    error_rate,
    one_of,
    positive,
    probability,
    target_power,
)
from trialwright.design.sample_size.results import TwoGroupSampleSize
from trialwright.design.sample_size.solving import round_up
from trialwright.errors import DesignError

ExactTest = Literal["fisher", "unconditional"]
_LARGEST_GROUP = 1000
# R's fisher.test takes tables as likely as the observed one if they are so to this relative difference.
_AS_LIKELY = 1 + 1e-7
# Proportions at which the size of the unconditional test is looked at.
_NUISANCE = 400


def compute_power_two_proportions_exact(
    *,
    proportion_experimental: float,
    proportion_control: float,
    n_experimental: int,
    n_control: int,
    alpha: float,
    sided: int,
    test: ExactTest = "fisher",
    higher_is_better: bool = True,
) -> float:
    """Power of an exact test of equal proportions.

    test   `fisher`: two-sided by the tables that are no likelier than the observed one; `unconditional`: the z-test
           with pooled variance, with the critical value that keeps its type I error at any common proportion
           (Suissa-Shuster)

    A two-sided test counts all rejections, in either direction.
    """
    error_rate(alpha, sided)
    one_of("test", test, get_args(ExactTest))
    p1 = float(probability("proportion_experimental", proportion_experimental))
    p2 = float(probability("proportion_control", proportion_control))
    for name, n in (("n_experimental", n_experimental), ("n_control", n_control)):
        if n != int(n) or not 1 <= n <= _LARGEST_GROUP:
            raise DesignError(
                f"{name} must be a whole number from 1 to {_LARGEST_GROUP} for an exact test, got {n!r}. For larger "
                "groups use compute_power_two_proportions, which is as good there."
            )
    n1, n2 = int(n_experimental), int(n_control)
    # Where lower is better, failures are what successes are elsewhere.
    if sided == 1 and not higher_is_better:
        p1, p2 = 1 - p1, 1 - p2
    rejects = _fisher(n1, n2, alpha, sided) if test == "fisher" else _unconditional(n1, n2, alpha, sided)
    return float(np.sum(np.outer(_binomial(n1, p1), _binomial(n2, p2))[rejects]))


def compute_sample_size_two_proportions_exact(
    *,
    proportion_experimental: float,
    proportion_control: float,
    alpha: float,
    sided: int,
    power: float,
    allocation_ratio: float = 1.0,
    test: ExactTest = "fisher",
    higher_is_better: bool = True,
) -> TwoGroupSampleSize:
    """Subjects that give an exact test its power: the first control group with it, the experimental one rounded up.

    The arguments are those of `compute_power_two_proportions_exact`. The power of exact tests goes up and down with n;
    the search goes up from five below 0.8 times what the z-test needs. For groups above a hundred it takes seconds.
    """
    target_power(power, alpha, sided)
    positive("allocation_ratio", allocation_ratio)
    p1 = float(probability("proportion_experimental", proportion_experimental))
    p2 = float(probability("proportion_control", proportion_control))
    hypothesis = Superiority(higher_is_better=higher_is_better)
    check_reachable(hypothesis, p1 - p2, sided, 0.0, of="difference of proportions")
    z = float(special.ndtri(power) - special.ndtri(alpha / sided))
    z_test = z**2 * (p1 * (1 - p1) / allocation_ratio + p2 * (1 - p2)) / (p1 - p2) ** 2
    largest = int(_LARGEST_GROUP / max(1.0, allocation_ratio))
    for n_control in range(max(1, math.floor(0.8 * z_test) - 5), largest + 1):
        n_experimental = round_up(n_control * allocation_ratio)
        attained = compute_power_two_proportions_exact(
            proportion_experimental=p1,
            proportion_control=p2,
            n_experimental=n_experimental,
            n_control=n_control,
            alpha=alpha,
            sided=sided,
            test=test,
            higher_is_better=higher_is_better,
        )
        if attained >= power:
            return TwoGroupSampleSize(
                method="Fisher's exact test" if test == "fisher" else "exact unconditional z-test with pooled variance",
                n_exact=float(n_experimental + n_control),
                n_total=n_experimental + n_control,
                n_experimental=n_experimental,
                n_control=n_control,
                allocation_ratio=allocation_ratio,
                target_power=power,
                attained_power=attained,
                alpha=alpha,
                sided=sided,
                conventions=(
                    "difference of proportions is experimental - control",
                    f"{'one' if sided == 1 else 'two'}-sided, alpha = {alpha:g}",
                    ALLOCATION,
                    "n is the smallest control group with the power, which an exact test has at whole n only",
                ),
            )
    raise DesignError(
        f"Power {power:g} is not reached by an exact test with groups of up to {_LARGEST_GROUP} (the z-test needs "
        f"about {z_test:.0f} in the control group). Use compute_sample_size_two_proportions, which is as good there."
    )


def _binomial(n: int, p: float) -> Floats:
    counts = np.arange(n + 1)
    log_ways = special.gammaln(n + 1) - special.gammaln(counts + 1) - special.gammaln(n - counts + 1)
    return np.asarray(np.exp(log_ways + counts * np.log(p) + (n - counts) * np.log1p(-p)))


def _fisher(n1: int, n2: int, alpha: float, sided: int) -> NDArray[np.bool_]:
    """Tables (successes in either group) that Fisher's test rejects, for more successes in the first if one-sided."""
    rejects = np.zeros((n1 + 1, n2 + 1), dtype=bool)
    log_1 = -special.gammaln(np.arange(n1 + 1) + 1) - special.gammaln(n1 - np.arange(n1 + 1) + 1)
    log_2 = -special.gammaln(np.arange(n2 + 1) + 1) - special.gammaln(n2 - np.arange(n2 + 1) + 1)
    for total in range(n1 + n2 + 1):
        first = np.arange(max(0, total - n2), min(n1, total) + 1)
        weights = log_1[first] + log_2[total - first]
        likelihood = np.exp(weights - weights.max())
        likelihood /= likelihood.sum()
        if sided == 1:
            p_value = np.cumsum(likelihood[::-1])[::-1]
        else:
            order = np.argsort(likelihood)
            cumulative = np.cumsum(likelihood[order])
            last = np.searchsorted(likelihood[order], likelihood * _AS_LIKELY, side="right") - 1
            p_value = cumulative[last]
        rejects[first, total - first] = p_value <= alpha
    return rejects


def _unconditional(n1: int, n2: int, alpha: float, sided: int) -> NDArray[np.bool_]:
    """Tables that the z-test with pooled variance rejects at the critical value that keeps its size."""
    x1, x2 = np.arange(n1 + 1)[:, None], np.arange(n2 + 1)[None, :]
    pooled = (x1 + x2) / (n1 + n2)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    z = np.divide(x1 / n1 - x2 / n2, spread, out=np.zeros_like(spread), where=spread > 0)
    # Rounded, so that tables with the same statistic are taken or left together.
    statistic = np.round(np.abs(z) if sided == 2 else z, 10).ravel()
    levels, place = np.unique(-statistic, return_inverse=True)
    size = np.zeros(levels.size)
    # Failures and successes exchanged, the two-sided statistic is the same: half of the proportions are enough.
    for p in (np.arange(_NUISANCE if sided == 1 else _NUISANCE // 2) + 0.5) / _NUISANCE:
        table = np.outer(_binomial(n1, p), _binomial(n2, p)).ravel()
        size = np.maximum(size, np.cumsum(np.bincount(place, weights=table, minlength=levels.size)))
    kept = (size <= alpha) & (levels < 0)
    return np.asarray(kept[place].reshape(n1 + 1, n2 + 1))

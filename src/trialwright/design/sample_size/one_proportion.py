"""Sample size and power for one proportion.

Sources: Fleiss JL, Levin B, Paik MC. Statistical methods for rates and proportions, 3rd ed. Wiley 2003, section 2.5
(normal). Cohen J. Statistical power analysis for the behavioral sciences, 2nd ed. 1988, chapter 6 (arcsine). Exact:
Chernick MR, Liu CY. The saw-toothed behavior of power versus sample size. Am Stat 2002;56:149-155.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from trialwright.design.sample_size.building import one_group, sides
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
from trialwright.design.sample_size.results import OneGroupSampleSize
from trialwright.design.sample_size.solving import first_n, lasting_n
from trialwright.errors import DesignError

OneProportionTest = Literal["exact", "score", "arcsine"]
SawTooth = Literal["first", "lasting"]
_LARGEST_EXACT = 100_000


def compute_power_one_proportion(
    *,
    proportion: ArrayLike,
    null_proportion: ArrayLike,
    n: ArrayLike,
    alpha: float,
    sided: int,
    test: OneProportionTest = "exact",
    higher_is_better: bool = True,
) -> Floats:
    """Power of the test that a proportion is `null_proportion`.

    test   `exact`: binomial test, which rejects where a one-sided p-value is at most alpha / sided (the central, or
           Clopper-Pearson, two-sided test), for whole `n`; `score`: z-test with the variance of the null hypothesis;
           `arcsine`

    A two-sided test counts rejections in the direction of the effect only.
    """
    error_rate(alpha, sided)
    one_of("test", test, get_args(OneProportionTest))
    p, p0 = probability("proportion", proportion), probability("null_proportion", null_proportion)
    size = positive("n", n)
    level = alpha / sided
    # A two-sided test looks in the direction of the effect.
    upward = np.asarray(p >= p0) if sided == 2 else np.broadcast_to(higher_is_better, np.shape(p - p0))
    if test == "exact":
        return _exact_power(p, p0, size, level, upward)
    z = -special.ndtri(level)
    if test == "arcsine":
        shift = (2 * np.arcsin(np.sqrt(p)) - 2 * np.arcsin(np.sqrt(p0))) * np.sqrt(size)
        return np.asarray(special.ndtr(np.where(upward, shift, -shift) - z))
    shift = np.where(upward, p - p0, p0 - p) * np.sqrt(size)
    return np.asarray(special.ndtr((shift - z * np.sqrt(p0 * (1 - p0))) / np.sqrt(p * (1 - p))))


def compute_sample_size_one_proportion(
    *,
    proportion: float,
    null_proportion: float,
    alpha: float,
    sided: int,
    power: float,
    test: OneProportionTest = "exact",
    higher_is_better: bool = True,
    saw_tooth: SawTooth = "first",
) -> OneGroupSampleSize:
    """Subjects that give the test of one proportion its power; arguments as in `compute_power_one_proportion`.

    `saw_tooth` is of the exact test, whose power goes up and down with n: `first` is the smallest n with the power,
    `lasting` the smallest from which on it is never below.
    """
    target_power(power, alpha, sided)
    one_of("saw_tooth", saw_tooth, get_args(SawTooth))
    probability("proportion", proportion)
    null = float(probability("null_proportion", null_proportion))
    hypothesis = Superiority(null_value=null, higher_is_better=higher_is_better)
    check_reachable(hypothesis, proportion, sided, 0.0, of="proportion")

    def power_at(n: float) -> Floats:
        return compute_power_one_proportion(
            proportion=proportion,
            null_proportion=null,
            n=n,
            alpha=alpha,
            sided=sided,
            test=test,
            higher_is_better=higher_is_better,
        )

    conventions = ("proportion against null_proportion", sides(alpha, sided, Superiority()))
    if test != "exact":
        return one_group(
            power_at,
            method=f"one-sample test of a proportion ({test})",
            alpha=alpha,
            sided=sided,
            power=power,
            smallest=1.0,
            conventions=(*conventions, "power by the normal approximation"),
        )
    n = _exact_n(lambda n: float(power_at(n)), power, saw_tooth, proportion=proportion, null=null, level=alpha / sided)
    meaning = "the smallest n with the power" if saw_tooth == "first" else "the smallest n from which the power stays"
    return OneGroupSampleSize(
        method="exact binomial test",
        n_exact=float(n),
        n_total=n,
        target_power=power,
        attained_power=float(power_at(n)),
        alpha=alpha,
        sided=sided,
        conventions=(*conventions, f"n is {meaning}; the power of an exact test exists at whole n only"),
    )


def _exact_power(p: Floats, p0: Floats, n: Floats, level: float, upward: NDArray[np.bool_]) -> Floats:
    if np.any(n != np.floor(n)):
        raise DesignError("n must be whole for test='exact', whose power exists at whole n only. Round it up.")
    p, p0, n, up = np.broadcast_arrays(p, p0, n, upward)
    # Failures that are few are successes that are many.
    success, null = np.where(up, p, 1 - p), np.where(up, p0, 1 - p0)
    power = np.empty(np.shape(n))
    for place in np.ndindex(np.shape(n)):
        counts = np.arange(int(n[place]) + 1)
        tail = special.bdtrc(counts - 1, int(n[place]), null[place])
        tail[0] = 1.0
        rejects = np.flatnonzero(tail <= level)
        power[place] = special.bdtrc(rejects[0] - 1, int(n[place]), success[place]) if rejects.size else 0.0
    return power


def _exact_n(
    power_at: Callable[[int], float], power: float, saw_tooth: SawTooth, *, proportion: float, null: float, level: float
) -> int:
    # Twice the size that the z-test would need is beyond the last tooth that dips below.
    z = -special.ndtri(level) + special.ndtri(power)
    spread = max(proportion * (1 - proportion), null * (1 - null))
    end = int(2 * z**2 * spread / (proportion - null) ** 2) + 50
    if end > _LARGEST_EXACT:
        raise DesignError(
            f"The exact test would need about {end // 2} subjects to tell {proportion:g} from {null:g}; it is computed "
            f"up to {_LARGEST_EXACT // 2}. Use test='score', which is as good there."
        )
    search = first_n if saw_tooth == "first" else lasting_n
    n = search(power_at, power, start=1, end=end)
    if n is None:
        raise DesignError(
            f"Power {power:g} is not reached with {end} subjects. Assume a larger effect, or ask for less power."
        )
    return n

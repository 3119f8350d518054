"""Sample size and power for bioequivalence: two one-sided tests of a ratio of geometric means.

Sources: Phillips KF. J Pharmacokinet Biopharm 1990;18:137-144. Hauschke D, Steinijans VW, Diletti E, Burke M. J
Pharmacokinet Biopharm 1992;20:557-561. Julious SA. Sample sizes for clinical trials. Chapman & Hall 2010, chapter 7.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from trialwright.design.sample_size.adjusted_means import compute_power_crossover_means
from trialwright.design.sample_size.building import two_groups, two_sequences
from trialwright.design.sample_size.hypotheses import Equivalence
from trialwright.design.sample_size.means import compute_power_two_means
from trialwright.design.sample_size.requirements import (
    Floats,
    check_margins,
    check_reachable,
    one_of,
    positive,
    target_power,
)
from trialwright.design.sample_size.results import CrossoverSampleSize, TwoGroupSampleSize
from trialwright.errors import DesignError

BioequivalenceDesign = Literal["crossover_2x2", "parallel"]


def compute_log_sd(*, cv: ArrayLike) -> Floats:
    """Standard deviation of the logarithm of a lognormal variable with coefficient of variation `cv` (0.3 is 30%)."""
    return np.sqrt(np.log1p(positive("cv", cv) ** 2))


def compute_power_bioequivalence(
    *,
    ratio: ArrayLike,
    cv: ArrayLike,
    n_experimental: ArrayLike,
    n_control: ArrayLike,
    alpha: float = 0.05,
    lower: float = 0.8,
    upper: float = 1.25,
    design: BioequivalenceDesign = "crossover_2x2",
) -> Floats:
    """Power to show that the ratio of geometric means (test / reference) lies between `lower` and `upper`; exact.

    alpha   of each one-sided test; 0.05 matches the 90% confidence interval
    cv      coefficient of variation: within subjects for the crossover, between (total) for parallel groups
    n_experimental, n_control   subjects of each group; of the crossover, of the sequences test-reference and
                                reference-test
    """
    one_of("design", design, get_args(BioequivalenceDesign))
    check_margins(Equivalence(lower=lower, upper=upper), 1.0, of="ratio")
    limits = Equivalence(lower=math.log(lower), upper=math.log(upper))
    log_ratio, sd = np.log(positive("ratio", ratio)), compute_log_sd(cv=cv)
    if design == "parallel":
        return compute_power_two_means(
            difference=log_ratio,
            sd=sd,
            n_experimental=n_experimental,
            n_control=n_control,
            alpha=alpha,
            sided=1,
            hypothesis=limits,
        )
    return compute_power_crossover_means(
        difference=log_ratio,
        sd_within=sd,
        n_sequence_1=n_experimental,
        n_sequence_2=n_control,
        alpha=alpha,
        sided=1,
        hypothesis=limits,
    )


def compute_sample_size_bioequivalence(
    *,
    ratio: float,
    cv: float,
    power: float,
    alpha: float = 0.05,
    lower: float = 0.8,
    upper: float = 1.25,
    design: BioequivalenceDesign = "crossover_2x2",
    allocation_ratio: float = 1.0,
) -> CrossoverSampleSize | TwoGroupSampleSize:
    """Subjects that show bioequivalence with `power`; the arguments are those of `compute_power_bioequivalence`.

    The sequences of the crossover are of equal size; `allocation_ratio` is of parallel groups.
    """
    target_power(power, alpha, 1)
    check_reachable(Equivalence(lower=lower, upper=upper), ratio, 1, 1.0, of="ratio")
    positive("allocation_ratio", allocation_ratio)

    def power_at(n_experimental: float, n_control: float) -> Floats:
        return compute_power_bioequivalence(
            ratio=ratio,
            cv=cv,
            n_experimental=n_experimental,
            n_control=n_control,
            alpha=alpha,
            lower=lower,
            upper=upper,
            design=design,
        )

    conventions = (
        "ratio is test / reference, of geometric means",
        f"two one-sided tests, alpha = {alpha:g} each, against {lower:g} and {upper:g}",
    )
    if design == "parallel":
        return two_groups(
            power_at,
            method="two one-sided tests of parallel groups, exact power (Owen's Q)",
            alpha=alpha,
            sided=1,
            power=power,
            allocation_ratio=allocation_ratio,
            smallest_group=1.01,
            conventions=(*conventions, "cv is the total one, between subjects"),
        )
    if allocation_ratio != 1:
        raise DesignError(
            f"allocation_ratio = {allocation_ratio:g} has no meaning in a crossover, where each subject takes both. "
            "Leave it at 1, or set design='parallel'."
        )
    return two_sequences(
        power_at,
        method="two one-sided tests of a 2x2 crossover, exact power (Owen's Q)",
        alpha=alpha,
        sided=1,
        power=power,
        conventions=(*conventions, "cv is the one within subjects"),
    )

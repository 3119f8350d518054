"""Sample size and power for a difference at the last visit by a mixed model for repeated measures (MMRM).

Source: Lu K, Luo X, Chen PY. Sample size estimation for repeated measures analysis in randomized clinical trials with
missing data. Int J Biostat 2008;4(1):9, equation 3 and appendix.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from trialwright.design.sample_size.building import sides, two_groups
from trialwright.design.sample_size.hypotheses import Hypothesis, Superiority
from trialwright.design.sample_size.requirements import Floats, check_reachable, floats, positive, target_power
from trialwright.design.sample_size.results import TwoGroupSampleSize
from trialwright.design.sample_size.wald_power import compute_test_power
from trialwright.errors import DesignError

_NOT_SYMMETRIC = 1e-12


def compute_exchangeable_correlation(*, n_visits: int, correlation: float) -> Floats:
    """Correlation matrix in which any two visits have the same correlation."""
    matrix = np.full((n_visits, n_visits), float(correlation))
    np.fill_diagonal(matrix, 1.0)
    return _checked_matrix(matrix)


def compute_autoregressive_correlation(*, times: Sequence[float], correlation: float) -> Floats:
    """Correlation matrix with `correlation` between visits a unit of time apart, falling as its power with distance."""
    if not 0 < correlation < 1:
        raise DesignError(f"correlation must lie between 0 and 1, both excluded, got {correlation!r}.")
    at = floats("times", times)
    return _checked_matrix(correlation ** np.abs(at[:, None] - at[None, :]))


def compute_variance_inflation(*, correlation: ArrayLike, retention: Sequence[float]) -> float:
    """Variance of the estimated mean at the last visit, times n over that of one observation (Lu, Luo and Chen's phi).

    correlation   of the visits, a matrix
    retention     share of subjects still observed at each visit, never rising; who leaves does not come back

    1 where all stay; 1 over the last retention where visits are not correlated.
    """
    matrix = _checked_matrix(floats("correlation", correlation))
    kept = floats("retention", retention)
    if kept.shape != (len(matrix),):
        raise DesignError(
            f"retention has {kept.size} visits, the correlation matrix {len(matrix)}. Give one share for each visit."
        )
    if np.any(kept <= 0) or kept[0] > 1 or np.any(np.diff(kept) > 0):
        raise DesignError(
            f"retention must start at 1 or below, never rise and stay above 0, got {kept.tolist()}. "
            "Give the share of the randomized subjects observed at each visit, such as 1, 0.9, 0.8."
        )
    information = np.zeros_like(matrix)
    leaving = kept - np.append(kept[1:], 0.0)
    for last, share in enumerate(leaving, start=1):
        information[:last, :last] += share * np.linalg.inv(matrix[:last, :last])
    return float(np.linalg.inv(information)[-1, -1])


def compute_power_mmrm(
    *,
    difference: ArrayLike,
    sd: ArrayLike,
    correlation: ArrayLike,
    retention: Sequence[float],
    n_experimental: ArrayLike,
    n_control: ArrayLike,
    alpha: float,
    sided: int,
    sd_control: ArrayLike | None = None,
    retention_control: Sequence[float] | None = None,
    hypothesis: Hypothesis | None = None,
    counts_both_tails: bool = False,
) -> Floats:
    """Power of the mixed model for repeated measures for `difference` (experimental - control) at the last visit.

    sd            at the last visit; with `sd_control` that of the experimental group
    correlation   matrix of the visits, the same in both groups
    retention     share observed at each visit; with `retention_control` that of the experimental group
    """
    n1, n2 = positive("n_experimental", n_experimental), positive("n_control", n_control)
    variance_1 = positive("sd", sd) ** 2
    variance_2 = variance_1 if sd_control is None else positive("sd_control", sd_control) ** 2
    phi_1 = compute_variance_inflation(correlation=correlation, retention=retention)
    phi_2 = compute_variance_inflation(correlation=correlation, retention=retention_control or retention)
    return compute_test_power(
        effect=floats("difference", difference),
        standard_error=np.sqrt(phi_1 * variance_1 / n1 + phi_2 * variance_2 / n2),
        degrees_of_freedom=None,
        hypothesis=hypothesis or Superiority(),
        alpha=alpha,
        sided=sided,
        counts_both_tails=counts_both_tails,
    )


def compute_sample_size_mmrm(
    *,
    difference: float,
    sd: float,
    correlation: ArrayLike,
    retention: Sequence[float],
    alpha: float,
    sided: int,
    power: float,
    allocation_ratio: float = 1.0,
    sd_control: float | None = None,
    retention_control: Sequence[float] | None = None,
    hypothesis: Hypothesis | None = None,
    counts_both_tails: bool = False,
) -> TwoGroupSampleSize:
    """Randomized subjects that give the mixed model its power; arguments as in `compute_power_mmrm`."""
    hypothesis = hypothesis or Superiority()
    target_power(power, alpha, sided)
    positive("allocation_ratio", allocation_ratio)
    check_reachable(hypothesis, difference, sided, 0.0, of="difference")

    def power_at(n_experimental: float, n_control: float) -> Floats:
        return compute_power_mmrm(
            difference=difference,
            sd=sd,
            correlation=correlation,
            retention=retention,
            n_experimental=n_experimental,
            n_control=n_control,
            alpha=alpha,
            sided=sided,
            sd_control=sd_control,
            retention_control=retention_control,
            hypothesis=hypothesis,
            counts_both_tails=counts_both_tails,
        )

    return two_groups(
        power_at,
        method="mixed model for repeated measures with monotone dropout (Lu, Luo and Chen)",
        alpha=alpha,
        sided=sided,
        power=power,
        allocation_ratio=allocation_ratio,
        smallest_group=1.0,
        conventions=(
            "difference is experimental - control at the last visit",
            "n is randomized subjects, dropouts included",
            "power by the normal approximation",
            sides(alpha, sided, hypothesis, counts_both_tails=counts_both_tails),
        ),
    )


def _checked_matrix(matrix: Floats) -> Floats:
    is_square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1] and matrix.size > 0
    if (
        not is_square
        or np.any(np.abs(matrix - matrix.T) > _NOT_SYMMETRIC)
        or np.any(np.diag(matrix) != 1)
        or np.linalg.eigvalsh(matrix)[0] <= 0
    ):
        raise DesignError(
            "correlation must be a correlation matrix: square, symmetric, ones on the diagonal and positive definite. "
            f"Got {matrix.tolist()}."
        )
    return matrix

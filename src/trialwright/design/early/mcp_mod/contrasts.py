"""Optimal contrasts, the multiple contrast test and its power and size.

Sources: Bretz F, Pinheiro JC, Branson M. Biometrics 2005;61:738-748 (test). Pinheiro J, Bornkamp B, Bretz F. Design and
analysis of dose-finding studies combining multiple comparisons and modeling procedures. J Biopharm Stat 2006;16:639-656
(power and sample size). Pinheiro et al. Stat Med 2014;33:1646-1661 (general covariance).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trialwright.design.early.mcp_mod.maximum import COARSE, FINE, Computed, MaximumOfT
from trialwright.design.early.mcp_mod.models import DoseResponse
from trialwright.design.early.requirements import count, positive, probability
from trialwright.errors import DesignError

Floats = NDArray[np.float64]

CONVENTIONS = (
    "doses rise; the first is placebo (0); responses are means at the doses",
    "alpha is one-sided, for an increase over placebo; negate the responses for a decrease",
    "a contrast's coefficients sum to 0 and their squares to 1",
    "the test rejects if the largest statistic is above the critical value of the joint t distribution",
    "error is the numerical standard error of a probability or quantile, from independent scrambled integrations",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimalContrasts:
    """The contrast with most power for each candidate, and how the statistics are correlated.

    coefficients   a row per candidate, a column per dose
    correlation    of the contrasts' estimates
    """

    doses: tuple[float, ...]
    candidates: tuple[DoseResponse, ...]
    coefficients: Floats
    covariance: Floats
    correlation: Floats
    conventions: tuple[str, ...] = CONVENTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class ContrastTest:
    """One candidate's contrast test: the estimate over its error, and its p-value adjusted for all candidates."""

    candidate: DoseResponse
    estimate: float
    standard_error: float
    statistic: float
    p_value: float
    p_value_error: float
    rejected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipleContrastTest:
    """The test for a dose-response signal; `tests` in the order of the candidates."""

    contrasts: OptimalContrasts
    tests: tuple[ContrastTest, ...]
    critical: Computed
    alpha: float
    df: float
    rejected: bool
    conventions: tuple[str, ...] = CONVENTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class ContrastPower:
    """Power of the test under each candidate, `largest` being what the largest effect over placebo is.

    powers   in the order of the candidates
    n        subjects per dose
    """

    candidates: tuple[DoseResponse, ...]
    n: tuple[int, ...]
    powers: tuple[Computed, ...]
    critical: Computed
    alpha: float
    df: float
    conventions: tuple[str, ...] = CONVENTIONS

    @property
    def mean(self) -> float:
        """The mean of the powers."""
        return float(np.mean([power.value for power in self.powers]))

    @property
    def least(self) -> float:
        """The least of the powers."""
        return min(power.value for power in self.powers)

    @property
    def n_total(self) -> int:
        """Subjects in all."""
        return sum(self.n)


def compute_optimal_contrasts(
    candidates: Sequence[DoseResponse],
    *,
    doses: Sequence[float],
    weights: Sequence[float] | None = None,
    covariance: ArrayLike | None = None,
) -> OptimalContrasts:
    """Optimal contrasts for group sizes in proportion to `weights` (equal if left out), or for a general covariance.

    covariance   of the estimates at the doses, as from a model with covariates, repeated measures or a log link
    """
    grid = check_doses(doses)
    if not candidates:
        raise DesignError("candidates is empty; give at least one dose-response model.")
    if covariance is None:
        spread = np.diag(1 / _weights(weights, grid.size))
    elif weights is not None:
        raise DesignError("weights and covariance are both given; the covariance holds what the weights would say.")
    else:
        spread = _covariance(covariance, grid.size)
    for candidate in candidates:
        candidate.check_doses(grid)
    shapes = np.array([candidate.shape(grid) for candidate in candidates])
    for candidate, shape in zip(candidates, shapes, strict=True):
        if np.ptp(shape) <= 1e-12 * max(1.0, float(np.abs(shape).max())):
            raise DesignError(
                f"{candidate.name} is flat over the doses; no contrast can find it. Change its guesstimates."
            )
    inverse = np.linalg.inv(spread)
    level = shapes @ inverse.sum(axis=1) / inverse.sum()
    raw = (shapes - level[:, None]) @ inverse
    coefficients = raw / np.sqrt((raw**2).sum(axis=1))[:, None]
    joint = coefficients @ spread @ coefficients.T
    scale = np.sqrt(np.diag(joint))
    return OptimalContrasts(
        doses=tuple(grid.tolist()),
        candidates=tuple(candidates),
        coefficients=coefficients,
        covariance=spread,
        correlation=joint / np.outer(scale, scale),
    )


def compute_multiple_contrast_test(
    candidates: Sequence[DoseResponse],
    *,
    doses: Sequence[float],
    estimates: Sequence[float],
    covariance: ArrayLike,
    alpha: float,
    df: float = math.inf,
) -> MultipleContrastTest:
    """Test for a dose-response signal from estimates at the doses and their covariance.

    df   degrees of freedom of the variance in `covariance`; infinite if it is taken as known
    """
    probability("alpha", alpha)
    positive_df(df)
    contrasts = compute_optimal_contrasts(candidates, doses=doses, covariance=covariance)
    means = np.asarray(estimates, dtype=np.float64)
    if means.shape != (len(contrasts.doses),) or not np.isfinite(means).all():
        raise DesignError(f"estimates must be {len(contrasts.doses)} numbers, one per dose, got {tuple(estimates)!r}.")
    effects = contrasts.coefficients @ means
    errors = np.sqrt(np.diag(contrasts.coefficients @ contrasts.covariance @ contrasts.coefficients.T))
    largest = MaximumOfT(contrasts.correlation, df)
    critical = largest.critical_value(alpha)
    tests = []
    for candidate, effect, error in zip(contrasts.candidates, effects.tolist(), errors.tolist(), strict=True):
        adjusted = largest.exceeds(effect / error)
        tests.append(
            ContrastTest(
                candidate=candidate,
                estimate=effect,
                standard_error=error,
                statistic=effect / error,
                p_value=adjusted.value,
                p_value_error=adjusted.error,
                rejected=effect / error > critical.value,
            )
        )
    return MultipleContrastTest(
        contrasts=contrasts,
        tests=tuple(tests),
        critical=critical,
        alpha=alpha,
        df=df,
        rejected=any(test.rejected for test in tests),
    )


def compute_contrast_power(
    candidates: Sequence[DoseResponse],
    *,
    doses: Sequence[float],
    n: Sequence[int],
    sd: float,
    max_effect: float,
    alpha: float,
) -> ContrastPower:
    """Power of the test for normal responses of standard deviation `sd`, under each candidate.

    n            subjects per dose
    max_effect   largest difference from placebo up to the highest dose, in each candidate
    """
    return _power(candidates, doses, n, sd, max_effect, alpha, FINE)


def _power(
    candidates: Sequence[DoseResponse],
    doses: Sequence[float],
    n: Sequence[int],
    sd: float,
    max_effect: float,
    alpha: float,
    log2_points: int,
) -> ContrastPower:
    probability("alpha", alpha)
    positive("sd", sd)
    positive("max_effect", max_effect)
    grid = check_doses(doses)
    if len(n) != grid.size:
        raise DesignError(f"n has {len(n)} values for {grid.size} doses; give the subjects of each dose.")
    sizes = [count("n", value) for value in n]
    df = sum(sizes) - len(sizes)
    if df < 1:
        raise DesignError(
            f"n gives {sum(sizes)} subjects for {len(sizes)} doses: none is left to estimate the variance."
        )
    contrasts = compute_optimal_contrasts(candidates, doses=doses, weights=sizes)
    largest = MaximumOfT(contrasts.correlation, df, log2_points)
    critical = largest.critical_value(alpha)
    errors = sd * np.sqrt((contrasts.coefficients**2 / np.array(sizes)).sum(axis=1))
    powers = []
    for candidate in candidates:
        means = candidate.compute_means(doses, placebo_effect=0.0, max_effect=max_effect)
        powers.append(largest.exceeds(critical.value, contrasts.coefficients @ means / errors))
    return ContrastPower(
        candidates=tuple(candidates), n=tuple(sizes), powers=tuple(powers), critical=critical, alpha=alpha, df=df
    )


def compute_contrast_sample_size(
    candidates: Sequence[DoseResponse],
    *,
    doses: Sequence[float],
    sd: float,
    max_effect: float,
    alpha: float,
    power: float,
    of: Literal["mean", "least"] = "least",
    ratios: Sequence[int] | None = None,
    n_max: int = 10_000,
) -> ContrastPower:
    """The smallest trial with this power: `ratios` times a whole number of subjects per dose (equal if left out).

    of      whether the mean or the least power over the candidates is to reach `power`
    n_max   most subjects of a dose with ratio 1; DesignError if they do not suffice
    """
    probability("power", power)
    if power <= alpha:
        raise DesignError(f"power ({power!r}) must be above alpha ({alpha!r}). Usual are power 0.8 and alpha 0.05.")
    if of not in ("mean", "least"):
        raise DesignError(f"of must be 'mean' or 'least', got {of!r}.")
    shares = [1] * len(doses) if ratios is None else [count("ratios", value) for value in ratios]

    def of_size(size: int, log2_points: int) -> ContrastPower:
        n = [share * size for share in shares]
        return _power(candidates, doses, n, sd, max_effect, alpha, log2_points)

    def reached(found: ContrastPower) -> float:
        return found.mean if of == "mean" else found.least

    low, high = 1, 4
    while reached(of_size(high, COARSE)) < power:
        low, high = high, 2 * high
        if low >= n_max:
            most = of_size(n_max, COARSE)
            raise DesignError(
                f"No size of at most n_max = {n_max} subjects per dose gives a power of {power}: {n_max} give "
                f"{most.mean:.3f} in the mean, {most.least:.3f} at least. max_effect is {max_effect / sd:.3g} standard "
                "deviations: ask for a larger one or less power, or raise n_max."
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(of_size(middle, COARSE)) >= power else (middle, high)
    # The coarse integration may be off by a subject or two; the fine one decides.
    found = of_size(high, FINE)
    while reached(found) < power:
        high += 1
        found = of_size(high, FINE)
    while high > 2 and reached(smaller := of_size(high - 1, FINE)) >= power:
        high, found = high - 1, smaller
    return found


def check_doses(doses: Sequence[float]) -> Floats:
    """The doses if there are two at least, from 0, rising."""
    grid = np.asarray(doses, dtype=np.float64)
    if grid.ndim != 1 or grid.size < 2 or not np.isfinite(grid).all():
        raise DesignError(f"doses must be two numbers at least, placebo (0) and a dose, got {doses!r}.")
    if grid[0] != 0 or (np.diff(grid) <= 0).any():
        raise DesignError(f"doses must start with 0 (placebo) and rise, got {tuple(doses)!r}.")
    return grid


def positive_df(df: float) -> float:
    """`df` if it is above 0; infinite is allowed."""
    if not df > 0:
        raise DesignError(f"df must be above 0, got {df!r}; infinite if the variance is known.")
    return df


def _weights(weights: Sequence[float] | None, size: int) -> Floats:
    values = np.ones(size) if weights is None else np.asarray(weights, dtype=np.float64)
    if values.shape != (size,) or not (np.isfinite(values).all() and (values > 0).all()):
        raise DesignError(f"weights must be {size} numbers above 0, one per dose, got {weights!r}.")
    return values


def _covariance(covariance: ArrayLike, size: int) -> Floats:
    matrix = np.asarray(covariance, dtype=np.float64)
    if matrix.shape != (size, size) or not np.allclose(matrix, matrix.T):
        raise DesignError(f"covariance must be a symmetric matrix of {size} rows, one per dose.")
    if np.linalg.eigvalsh(matrix).min() <= 0:
        raise DesignError("covariance is not positive definite: an estimate has no variance, or follows from others.")
    return matrix

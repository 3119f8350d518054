"""Test statistics of ordered categories, counts and repeated measures, for the trials of a block at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

_LARGEST_DISPERSION = 1e4


def net_benefit(counts: Integers) -> tuple[Floats, Floats]:
    """z of the Wilcoxon test with ties, and the net benefit: of each experimental arm against the control.

    counts  trial, look, arm, category

    NaN where an arm has no outcome, or all outcomes are the same.
    """
    control, experimental = counts[..., :1, :].astype(np.float64), counts[..., 1:, :].astype(np.float64)
    below = np.cumsum(control, axis=-1) - control
    wins = np.sum(experimental * (below + control / 2), axis=-1)
    n, m = experimental.sum(axis=-1), control.sum(axis=-1)
    together = experimental + control
    total = n + m
    with np.errstate(divide="ignore", invalid="ignore"):
        ties = np.sum(together**3 - together, axis=-1) / (total * (total - 1))
        variance = n * m / 12 * (total + 1 - ties)
        z = (wins - n * m / 2) / np.sqrt(variance)
        benefit = 2 * wins / (n * m) - 1
    return np.where(np.isfinite(z), z, np.nan), np.where(n * m > 0, benefit, np.nan)


def log_rate_ratio(counts: Integers) -> tuple[Floats, Floats]:
    """z of the logarithm of the ratio of mean counts, experimental / control, and that logarithm.

    counts  trial, look, arm, number of events: subjects with so many

    NaN where an arm has no events.
    """
    numbers = np.arange(counts.shape[-1])
    subjects = counts.sum(axis=-1).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = counts @ numbers / subjects
        estimate = np.log(means[..., 1:]) - np.log(means[..., :1])
        dispersion = np.stack(
            [dispersion_of(counts[..., [0, arm], :], means[..., [0, arm]]) for arm in range(1, counts.shape[-2])],
            axis=-1,
        )
        variance = sum(
            (1 / means[..., part] + dispersion) / subjects[..., part] for part in (slice(1, None), slice(0, 1))
        )
        z = estimate / np.sqrt(variance)
    has_events = np.isfinite(z)
    return np.where(has_events, z, np.nan), np.where(has_events, estimate, np.nan)


def dispersion_of(counts: Integers, means: Floats) -> Floats:
    """The most likely dispersion k of negative binomial counts, variance mu + k mu^2, given the means of the arms.

    counts  last axes: arm, number of events; means: arm

    It is the root of the likelihood's derivative in k, found by bisection of its logarithm; 0 where there is none.
    Source: Lawless JF. Negative binomial and mixed Poisson regression. Canadian Journal of Statistics 1987; 15:
    209-225.
    """
    together = counts.sum(axis=-2)
    # How many subjects have more than j events.
    above = together.sum(axis=-1, keepdims=True) - np.cumsum(together, axis=-1)
    numbers = np.arange(counts.shape[-1])
    subjects = counts.sum(axis=-1)
    known = np.nan_to_num(means)

    def derivative(k: Floats) -> Floats:
        own = np.sum(above * numbers / (1 + k[..., None] * numbers), axis=-1)
        scaled = k[..., None] * known
        fitted = subjects * (np.log1p(scaled) - scaled) / k[..., None] ** 2
        return np.asarray(own + fitted.sum(axis=-1), np.float64)

    low, high = np.full(above.shape[:-1], np.log(1e-8)), np.full(above.shape[:-1], np.log(_LARGEST_DISPERSION))
    has_root = derivative(np.exp(low)) > 0
    for _ in range(60):
        middle = (low + high) / 2
        is_below = derivative(np.exp(middle)) > 0
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return np.where(has_root, np.exp((low + high) / 2), 0.0)


def difference_at_last_visit(values: Floats, is_known: Booleans, arm: Integers, arms: int) -> tuple[Floats, Floats]:
    """z and estimate of the difference at the last visit, experimental - control: trial, look, experimental arm.

    values    trial, subject, visit
    is_known  trial, look, subject, visit: no visit is known without those before it
    arm       trial, subject

    z has the one-sided p-value of the t distribution. NaN where there are too few subjects.
    """
    from scipy import special

    z, estimate = (np.full((*is_known.shape[:2], arms - 1), np.nan) for _ in range(2))
    for experimental in range(1, arms):
        pair = is_known & ((arm == 0) | (arm == experimental))[:, None, :, None]
        effect, error, df = _sequential_regressions(values, pair, arm == experimental)
        is_enough = df > 0
        with np.errstate(divide="ignore", invalid="ignore"):
            t = effect / error
            z[..., experimental - 1] = np.where(
                is_enough, -np.sign(t) * special.ndtri(special.stdtr(df, -np.abs(t))), np.nan
            )
        estimate[..., experimental - 1] = np.where(is_enough, effect, np.nan)
    return z, estimate


def _sequential_regressions(
    values: Floats, is_known: Booleans, is_experimental: Booleans
) -> tuple[Floats, Floats, Integers]:
    """Difference at the last visit, its standard error, degrees of freedom (0 or less: none): trial, look."""
    visits = values.shape[-1]
    shape = is_known.shape[:2]
    effects = np.zeros((*shape, visits))
    slopes = np.zeros((*shape, visits, visits))
    inverses: list[Floats] = []
    variances: list[Floats] = []
    # Visits are taken from their means in each trial, for precision.
    centered = values - values.mean(axis=1, keepdims=True)
    ones = np.ones((*values.shape[:2], 1))
    least = np.full(shape, np.iinfo(np.int64).max)
    for visit in range(visits):
        design = np.concatenate([ones, is_experimental[..., None], centered[..., :visit]], axis=-1)
        used = is_known[..., visit].astype(np.float64)
        weighted = used[..., None] * design[:, None]
        cross = np.swapaxes(weighted, -1, -2) @ design[:, None]
        moments = (np.swapaxes(weighted, -1, -2) @ centered[:, None, :, visit, None])[..., 0]
        experimentals = cross[..., 0, 1]
        df = used.sum(axis=-1).astype(np.int64) - design.shape[-1]
        is_enough = (df > 0) & (experimentals > 0) & (experimentals < cross[..., 0, 0])
        least = np.minimum(least, np.where(is_enough, df, 0))
        inverse = np.linalg.inv(np.where(is_enough[..., None, None], cross, np.eye(design.shape[-1])))
        coefficients = (inverse @ moments[..., None])[..., 0]
        residual = centered[:, None, :, visit] - (design[:, None] @ coefficients[..., None])[..., 0]
        squares = np.sum(used * residual**2, axis=-1)
        slopes[..., visit, :visit] = coefficients[..., 2:]
        effects[..., visit] = coefficients[..., 1] + np.sum(coefficients[..., 2:] * effects[..., :visit], axis=-1)
        inverses.append(inverse)
        variances.append(squares / np.maximum(df, 1))
    # How much the last visit's difference moves with each regression's own.
    weights = np.zeros((*shape, visits))
    weights[..., -1] = 1.0
    for visit in range(visits - 2, -1, -1):
        weights[..., visit] = np.sum(weights[..., visit + 1 :] * slopes[..., visit + 1 :, visit], axis=-1)
    variance = np.zeros(shape)
    for visit in range(visits):
        gradient = np.concatenate([np.zeros((*shape, 1)), np.ones((*shape, 1)), effects[..., :visit]], axis=-1)
        spread = np.sum(gradient[..., None, :] @ inverses[visit] * gradient[..., None, :], axis=(-1, -2))
        variance += weights[..., visit] ** 2 * variances[visit] * spread
    return effects[..., -1], np.sqrt(variance), least

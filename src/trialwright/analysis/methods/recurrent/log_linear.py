"""Log-linear models of counts: Poisson, and negative binomial with the variance mu + k mu^2 (NB2).

Sources: McCullagh P, Nelder JA. Generalized Linear Models, 2nd ed., 1989, chapter 6. Lawless JF. Can J Stat
1987;15:209-225 (negative binomial). SAS/STAT User's Guide, The GENMOD Procedure.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.distributions import chi_square_quantile
from trialwright.analysis.request import Floats

_RANK_TOLERANCE = 1e-9
_MAX_STEPS = 100
#: A dispersion below this is none: the likelihood is that of Poisson to the last digit.
_NO_DISPERSION = 1e-8
_MOST_DISPERSION = 1e6


@dataclass(frozen=True, kw_only=True)
class LogLinearFit:
    """A fitted model, in coordinates of full rank: the coefficients are `basis` @ `reduced`.

    basis        orthonormal columns that span the estimable functions
    dispersion   k; 0 for Poisson
    covariance   of `reduced`
    dispersion_se  by the observed information; None for Poisson, or without dispersion
    converged    whether the maximum was found: it is not where the estimates run away
    """

    design: Floats
    counts: Floats
    offset: Floats
    basis: Floats
    reduced: Floats
    means: Floats
    dispersion: float
    log_likelihood: float
    covariance: Floats
    dispersion_se: float | None
    converged: bool

    @property
    def df(self) -> int:
        """Records less parameters of the mean."""
        return len(self.counts) - len(self.reduced)

    @property
    def pearson(self) -> float:
        """Pearson's chi-square."""
        variance = self.means * (1 + self.dispersion * self.means)
        return float((np.square(self.counts - self.means) / variance).sum())

    @property
    def deviance(self) -> float:
        """Twice what the log likelihood, at this dispersion, is below that of means equal to the counts."""
        full = _log_likelihood(self.counts, np.maximum(self.counts, 1e-300), self.dispersion)
        return 2 * (full - self.log_likelihood)

    def is_estimable(self, function: Floats) -> bool:
        """Whether `function` @ coefficients has one value."""
        return bool(np.allclose(self.basis @ (self.basis.T @ function), function, atol=1e-7))

    def estimate(self, function: Floats) -> tuple[float, float]:
        """`function` @ coefficients, and its standard error."""
        inside = function @ self.basis
        return float(inside @ self.reduced), math.sqrt(max(0.0, float(inside @ self.covariance @ inside)))


def fit_log_linear(
    design: Floats, counts: Floats, offset: Floats, *, negative_binomial: bool, information: str = "observed"
) -> LogLinearFit:
    """The maximum likelihood fit of log(mean) = `design` @ coefficients + `offset`; columns may depend on one another.

    A negative binomial model whose likelihood is largest without dispersion is a Poisson model with dispersion 0.
    """
    _, singular, right = np.linalg.svd(design, full_matrices=False)
    rank = int((singular > _RANK_TOLERANCE * singular[0]).sum()) if len(singular) and singular[0] > 0 else 0
    basis: Floats = right[:rank].T
    regressors = design @ basis
    reduced, converged = _fit_means(regressors, counts, offset, 0.0, None)
    dispersion = 0.0
    if negative_binomial and converged:
        dispersion, reduced, converged = _fit_dispersion(regressors, counts, offset, reduced)
    means = _means(regressors, reduced, offset)
    covariance, dispersion_se = _covariance(regressors, counts, means, dispersion, information)
    return LogLinearFit(
        design=design,
        counts=counts,
        offset=offset,
        basis=basis,
        reduced=reduced,
        means=means,
        dispersion=dispersion,
        log_likelihood=_log_likelihood(counts, means, dispersion),
        covariance=covariance,
        dispersion_se=dispersion_se,
        converged=converged and bool(np.isfinite(covariance).all()),
    )


def robust_covariance(fit: LogLinearFit, clusters: Floats) -> Floats:
    """White's sandwich of a Poisson fit, the scores summed within `clusters` (numbers)."""
    regressors = fit.design @ fit.basis
    scores = regressors * (fit.counts - fit.means)[:, None]
    _, index = np.unique(clusters, return_inverse=True)
    summed = np.zeros((int(index.max(initial=-1)) + 1, scores.shape[1]))
    np.add.at(summed, index, scores)
    bread = np.linalg.inv((regressors.T * fit.means) @ regressors)
    covariance: Floats = bread @ summed.T @ summed @ bread
    return covariance


def profile_limits(
    fit: LogLinearFit, function: Floats, *, negative_binomial: bool, conf_level: float
) -> tuple[float | None, float | None]:
    """Where the profile of the log likelihood in `function` @ coefficients lies half a chi-square quantile lower.

    All other parameters, the dispersion too, are at their maximum for each value. None where it does not get so low.
    """
    inside = function @ fit.basis
    length = float(inside @ inside)
    direction = (fit.design @ fit.basis) @ (inside / length)
    rest = np.linalg.svd(inside[None, :])[2][1:].T
    regressors = fit.design @ (fit.basis @ rest)
    estimate, se = fit.estimate(function)
    target = chi_square_quantile(conf_level, 1)

    def excess(value: float) -> float:
        held = fit_log_linear(
            regressors, fit.counts, fit.offset + value * direction, negative_binomial=negative_binomial
        )
        return 2 * (fit.log_likelihood - held.log_likelihood) - target

    return _crossing(excess, estimate, -se), _crossing(excess, estimate, se)


def _crossing(excess: Callable[[float], float], start: float, step: float) -> float | None:
    from scipy.optimize import brentq

    for times in range(1, 40):
        if excess(start + times * step) > 0:
            inner, outer = sorted((start + (times - 1) * step, start + times * step))
            return float(brentq(excess, inner, outer, xtol=1e-10, rtol=1e-12))
    return None


def _fit_means(
    regressors: Floats, counts: Floats, offset: Floats, dispersion: float, start: Floats | None
) -> tuple[Floats, bool]:
    """Fisher scoring of the coefficients at a given dispersion, with halved steps where the likelihood falls."""
    if not regressors.shape[1]:
        return np.zeros(0), True
    if start is None:
        working = np.log(counts + 0.5) - offset
        reduced: Floats = np.asarray(np.linalg.lstsq(regressors, working, rcond=None)[0], dtype=np.float64)
    else:
        reduced = start
    current = _log_likelihood(counts, _means(regressors, reduced, offset), dispersion)
    for _ in range(_MAX_STEPS):
        means = _means(regressors, reduced, offset)
        weights = means / (1 + dispersion * means)
        score = regressors.T @ ((counts - means) / (1 + dispersion * means))
        information = (regressors.T * weights) @ regressors
        try:
            step: Floats = np.asarray(np.linalg.solve(information, score), dtype=np.float64)
        except np.linalg.LinAlgError:
            return reduced, False
        for _ in range(30):
            candidate = reduced + step
            found = _log_likelihood(counts, _means(regressors, candidate, offset), dispersion)
            if found >= current - 1e-10 * abs(current):
                break
            step = 0.5 * step
        reduced, current = candidate, found
        if float(np.abs(step).max()) < 1e-11 * (1 + float(np.abs(reduced).max())):
            return reduced, True
    return reduced, False


def _means(regressors: Floats, reduced: Floats, offset: Floats) -> Floats:
    # Wild first steps must not overflow.
    means: Floats = np.exp(np.clip(regressors @ reduced + offset, -300, 300))
    return means


def _fit_dispersion(regressors: Floats, counts: Floats, offset: Floats, poisson: Floats) -> tuple[float, Floats, bool]:
    """The dispersion at which its score is 0, with the coefficients at their maximum for it."""
    from scipy.optimize import brentq

    means = _means(regressors, poisson, offset)
    if float((np.square(counts - means) - counts).sum()) <= 0:
        return 0.0, poisson, True
    reduced = poisson

    def score(log_dispersion: float) -> float:
        nonlocal reduced
        dispersion = float(np.exp(log_dispersion))
        reduced, _ = _fit_means(regressors, counts, offset, dispersion, reduced)
        # Times the dispersion: with respect to its logarithm.
        return dispersion * _dispersion_score(counts, _means(regressors, reduced, offset), dispersion)

    low, high = float(np.log(_NO_DISPERSION)), float(np.log(_MOST_DISPERSION))
    if score(low) <= 0:
        return 0.0, poisson, True
    reduced = poisson
    upper = 0.0
    while score(upper) > 0:
        upper += 2.0
        if upper > high:
            return _MOST_DISPERSION, reduced, False
    root = float(brentq(score, low, upper, xtol=1e-13, rtol=1e-13))
    reduced, converged = _fit_means(regressors, counts, offset, float(np.exp(root)), reduced)
    return float(np.exp(root)), reduced, converged


def _sums(counts: Floats, terms: Callable[[Floats], Floats]) -> Floats:
    """For each count y the sum of `terms`(j) over j = 0, ..., y - 1."""
    index = counts.astype(np.int64)
    table = np.concatenate([[0.0], np.cumsum(terms(np.arange(int(index.max(initial=0)), dtype=np.float64)))])
    sums: Floats = table[index]
    return sums


def _log_likelihood(counts: Floats, means: Floats, dispersion: float) -> float:
    """Without rounding trouble near dispersion 0: gamma functions are written as products."""
    from scipy.special import gammaln, xlogy

    if dispersion == 0:
        return float((xlogy(counts, means) - means - gammaln(counts + 1)).sum())
    k = dispersion
    products = _sums(counts, lambda j: np.log1p(k * j))
    return float((products + xlogy(counts, means) - (counts + 1 / k) * np.log1p(k * means) - gammaln(counts + 1)).sum())


def _dispersion_score(counts: Floats, means: Floats, k: float) -> float:
    terms = _sums(counts, lambda j: j / (1 + k * j))
    return float((terms + np.log1p(k * means) / k**2 - (counts + 1 / k) * means / (1 + k * means)).sum())


def _covariance(
    regressors: Floats, counts: Floats, means: Floats, k: float, information: str
) -> tuple[Floats, float | None]:
    """The covariance of the coefficients, and the dispersion's standard error."""
    size = regressors.shape[1]
    scaled = 1 + k * means
    undefined = np.full((size, size), np.nan)
    try:
        expected = _inverse((regressors.T * (means / scaled)) @ regressors)
        if k == 0:
            return expected, None
        joint = np.zeros((size + 1, size + 1))
        joint[:size, :size] = (regressors.T * (means * (1 + k * counts) / scaled**2)) @ regressors
        joint[:size, size] = joint[size, :size] = regressors.T @ ((counts - means) * means / scaled**2)
        squares = _sums(counts, lambda j: np.square(j / (1 + k * j)))
        joint[size, size] = (
            squares
            + 2 * np.log1p(k * means) / k**3
            - 2 * means / (k**2 * scaled)
            - (counts + 1 / k) * np.square(means / scaled)
        ).sum()
        observed = _inverse(joint)
    except np.linalg.LinAlgError:
        return undefined, None
    variance = float(observed[size, size])
    se = float(np.sqrt(variance)) if variance > 0 else None
    return (observed[:size, :size] if information == "observed" else expected), se


def _inverse(matrix: Floats) -> Floats:
    inverse: Floats = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
    return inverse

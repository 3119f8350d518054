"""Logistic regression by maximum likelihood, or by Firth's penalized likelihood: estimates, tests, profile intervals.

Everything is computed in coordinates in which the design has full rank. A hypothesis or an odds ratio is a direction in
them; the likelihood is maximized with the linear predictor held fixed along it.

Separation: if a combination of the regressors parts responders from the others (perhaps with ties), the likelihood
grows without end along it. Such directions are found by linear programming. The subjects that they part contribute
nothing to the limit of the likelihood; what the others determine is estimated from them.

Sources: Firth D. Biometrika 1993;80:27-38. Heinze G, Schemper M. Stat Med 2002;21:2409-2419. Albert A, Anderson JA.
Biometrika 1984;71:1-10 (separation). Konis K. Linear programming algorithms for detecting separated data in binary
logistic regression models. DPhil thesis, Oxford, 2007. Geyer CJ. Electron J Stat 2009;3:259-289 (the limit).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.distributions import chi_square_upper_tail, normal_quantile
from trialwright.analysis.request import Booleans, Floats

_RANK_TOLERANCE = 1e-9
_ITERATIONS = 200
#: A linear predictor beyond which separation is looked for: a probability of 1 in 20 000.
_SUSPICIOUS = 10.0
#: Widths of an interval, in standard errors, beyond which a profile limit is taken as infinite.
_FARTHEST = 1000.0


@dataclass(frozen=True, kw_only=True)
class Peak:
    """Where the (penalized) log-likelihood is largest.

    point        coordinates
    value        the log-likelihood there
    score, information   of all coordinates, there
    is_found     whether the iterations converged
    """

    point: Floats
    value: float
    score: Floats
    information: Floats
    is_found: bool


@dataclass(frozen=True, kw_only=True)
class LogisticModel:
    """A fitted model.

    basis       regressors of full rank, of the subjects that separation leaves
    directions  from coefficients of the design to coordinates: columns, orthonormal
    is_firth    whether the likelihood is penalized
    parted      number of subjects that separation parts
    rank        of the whole design
    """

    basis: Floats
    response: Floats
    directions: Floats
    is_firth: bool
    peak: Peak
    parted: int
    rank: int

    @property
    def log_likelihood(self) -> float:
        """At the estimate, without the penalty, whose size depends on the units of the regressors."""
        return _state(self.basis, self.response, self.peak.point, is_firth=False)[0]

    def is_estimable(self, function: Floats) -> bool:
        """Whether the data determine `function` @ coefficients."""
        return bool(np.allclose(self.directions @ (self.directions.T @ function), function, atol=1e-7))

    def estimate(self, function: Floats) -> tuple[float, float]:
        """`function` @ coefficients and its standard error."""
        direction = self.directions.T @ function
        variance = float(direction @ np.linalg.solve(self.peak.information, direction))
        return float(direction @ self.peak.point), math.sqrt(max(variance, 0.0))

    def profile_interval(self, function: Floats, conf_level: float) -> tuple[float, float]:
        """Where twice the log-likelihood has fallen by the quantile of chi-square; infinite where it never does."""
        value, se = self.estimate(function)
        drop = normal_quantile((1 + conf_level) / 2) ** 2

        def above(at: float) -> float:
            return drop - 2 * (self.peak.value - self._held(function, at).value)

        limits = []
        for sign in (-1.0, 1.0):
            near, reach = 0.0, math.sqrt(drop) * se
            while above(value + sign * reach) > 0 and reach < _FARTHEST * se:
                near, reach = reach, 2 * reach
            if above(value + sign * reach) > 0:
                limits.append(sign * math.inf)
            else:
                limits.append(_crossing(above, value + sign * near, value + sign * reach))
        return limits[0], limits[1]

    def _held(self, function: Floats, at: float) -> Peak:
        """The peak with `function` @ coefficients held at a value."""
        direction = self.directions.T @ function
        free = _complement(direction.reshape(1, -1))
        # Where a quadratic likelihood would have its peak: a few iterations from there are enough.
        along = np.linalg.solve(self.peak.information, direction)
        start = self.peak.point + along * ((at - float(direction @ self.peak.point)) / float(direction @ along))
        return maximize(self.basis, self.response, is_firth=self.is_firth, start=start, free=free)

    def test(self, functions: Floats, kind: str) -> tuple[float, int, float] | None:
        """The test that all rows of `functions` @ coefficients are 0: statistic (chi-square), df and p-value.

        None if the data do not determine them.
        """
        if not all(self.is_estimable(function) for function in functions):
            return None
        _, singular, right = np.linalg.svd(functions @ self.directions, full_matrices=False)
        df = int((singular > _RANK_TOLERANCE * max(1.0, float(singular[0]))).sum())
        if not df:
            return None
        across = right[:df]
        if kind == "wald":
            covariance = across @ np.linalg.solve(self.peak.information, across.T)
            values = across @ self.peak.point
            statistic = float(values @ np.linalg.solve(covariance, values))
        else:
            null = maximize(
                self.basis,
                self.response,
                is_firth=self.is_firth,
                start=np.zeros(self.basis.shape[1]),
                free=_complement(across),
            )
            if kind == "score":
                statistic = float(null.score @ np.linalg.solve(null.information, null.score))
            else:
                statistic = max(0.0, 2 * (self.peak.value - null.value))
        return statistic, df, chi_square_upper_tail(statistic, df)


def _crossing(function: Callable[[float], float], inside: float, outside: float) -> float:
    """Where a smooth function crosses 0 between two points on either side of it (regula falsi, Illinois)."""
    low, high = inside, outside
    at_low, at_high = function(low), function(high)
    for _ in range(100):
        if abs(at_high) < 1e-11 or abs(high - low) < 1e-13 * max(1.0, abs(high)):
            break
        middle = high - at_high * (high - low) / (at_high - at_low)
        found = function(middle)
        if found * at_high < 0:
            low, at_low = high, at_high
        else:
            at_low /= 2
        high, at_high = middle, found
    return high


def _complement(rows: Floats) -> Floats:
    """Orthonormal columns that span what is orthogonal to the rows, which are independent."""
    complement: Floats = np.linalg.svd(rows, full_matrices=True)[2][len(rows) :].T
    return complement


def _state(basis: Floats, response: Floats, point: Floats, *, is_firth: bool) -> tuple[float, Floats, Floats]:
    """The (penalized) log-likelihood, its gradient, and the information."""
    predictor = basis @ point
    value = float((response * predictor - np.logaddexp(0.0, predictor)).sum())
    p = 1 / (1 + np.exp(-np.clip(predictor, -700, 700)))
    weights = p * (1 - p)
    information: Floats = (basis.T * weights) @ basis
    residual = response - p
    if is_firth:
        sign, determinant = np.linalg.slogdet(information)
        if sign <= 0:
            return -math.inf, np.zeros(len(point)), information
        value += float(determinant) / 2
        leverages = weights * np.einsum("ij,ij->i", basis, np.linalg.solve(information, basis.T).T)
        residual = residual + leverages * (0.5 - p)
    return value, basis.T @ residual, information


def maximize(basis: Floats, response: Floats, *, is_firth: bool, start: Floats, free: Floats) -> Peak:
    """The largest (penalized) log-likelihood over `start` + the span of the columns of `free`.

    The penalty is half the logarithm of the determinant of the information of all coordinates, also of those held.
    """
    point = start
    value, score, information = _state(basis, response, point, is_firth=is_firth)
    is_found = free.shape[1] == 0
    for _ in range(_ITERATIONS):
        if is_found:
            break
        slope, curvature = free.T @ score, free.T @ information @ free
        try:
            step = np.linalg.solve(curvature, slope)
        except np.linalg.LinAlgError:
            break
        # Twice the rise that a quadratic would have: below 1e-16 nothing is left to gain.
        is_found = float(slope @ step) < 1e-16
        length = 1.0
        while length > 1e-10:
            following = point + free @ (length * step)
            found = _state(basis, response, following, is_firth=is_firth)
            if found[0] >= value - 1e-12 * max(1.0, abs(value)):
                break
            length /= 2
        else:
            break
        point, (value, score, information) = following, found
    return Peak(point=point, value=value, score=score, information=information, is_found=is_found)


def fit_logistic(design: Floats, response: Floats, *, is_firth: bool) -> LogisticModel:
    """The model of `response` (0 or 1) on the columns of `design`, which may depend on one another."""
    rank = int(np.linalg.matrix_rank(design, tol=_tolerance(design))) if design.size else 0
    kept = np.ones(len(response), dtype=bool)
    while True:
        directions = _row_space(design[kept])
        basis = design[kept] @ directions
        size = basis.shape[1]
        peak = maximize(basis, response[kept], is_firth=is_firth, start=np.zeros(size), free=np.eye(size))
        parted = np.zeros(len(basis), dtype=bool)
        if not is_firth and len(basis) and (not peak.is_found or np.abs(basis @ peak.point).max() > _SUSPICIOUS):
            parted = _parted(basis, response[kept])
        if not parted.any():
            return LogisticModel(
                basis=basis,
                response=response[kept],
                directions=directions,
                is_firth=is_firth,
                peak=peak,
                parted=int((~kept).sum()),
                rank=rank,
            )
        kept[np.flatnonzero(kept)[parted]] = False


def _tolerance(design: Floats) -> float:
    largest = float(np.linalg.norm(design, 2)) if design.size else 0.0
    return _RANK_TOLERANCE * largest


def _row_space(design: Floats) -> Floats:
    """Orthonormal columns that span the rows of the design."""
    if not design.size:
        return np.zeros((design.shape[1], 0))
    _, singular, right = np.linalg.svd(design, full_matrices=False)
    space: Floats = right[singular > _RANK_TOLERANCE * singular[0]].T
    return space


def _parted(basis: Floats, response: Floats) -> Booleans:
    """Which subjects a direction parts: on its right side of 0, while nobody is on the wrong one."""
    from scipy.optimize import linprog

    # In coordinates of one scale: those whom an earlier step took away may have had the large values of a regressor.
    even = np.linalg.qr(basis)[0] * math.sqrt(len(basis))
    signed = even * (2 * response - 1)[:, None]
    found = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1), method="highs")
    if not found.success or found.x is None:
        return np.zeros(len(basis), dtype=bool)
    direction = np.asarray(found.x, dtype=np.float64)
    parted: Booleans = signed @ direction > 1e-6 * max(1.0, float(np.abs(signed).max()))
    return parted

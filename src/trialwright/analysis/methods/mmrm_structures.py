"""Covariance structures of repeated measures: the matrix and its first and second derivatives in the parameters.

The parameters are those that SAS PROC MIXED reports: variances and covariances where the structure is linear in them
(UN, CS, TOEP), else variances and correlations (AR(1), ARH(1), CSH, TOEPH, SP(POW)). Kenward and Roger's second-order
term depends on this choice.

Arrays have the axes (parameter, parameter, template, visit, visit). A template is one matrix over all visits; there is
one, except where distances in time differ between subjects.

Source: SAS/STAT User's Guide, PROC MIXED, table "Covariance Structures".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from trialwright.analysis.methods.options import CovarianceStructure
from trialwright.analysis.request import Floats

#: The order in which simpler structures take the place of one that cannot be fitted.
SEQUENCE: tuple[CovarianceStructure, ...] = (
    "unstructured",
    "toeplitz_heterogeneous",
    "ar1_heterogeneous",
    "compound_symmetry_heterogeneous",
    "toeplitz",
    "ar1",
    "compound_symmetry",
)


def fallback_sequence(structure: CovarianceStructure) -> tuple[CovarianceStructure, ...]:
    """The structures to try, in order, when `structure` cannot be fitted: those behind it in `SEQUENCE`."""
    if structure in SEQUENCE:
        return SEQUENCE[SEQUENCE.index(structure) + 1 :]
    return ("compound_symmetry",)


class Structure(Protocol):
    """A covariance matrix as a function of parameters."""

    @property
    def count(self) -> int:
        """Number of parameters."""

    def covariance(self, theta: Floats) -> Floats | None:
        """The matrix of each template; None where the parameters are out of range."""

    def first(self, theta: Floats) -> Floats:
        """First derivatives."""

    def second(self, theta: Floats) -> Floats | None:
        """Second derivatives; None where they are all zero."""

    def start(self, moments: Floats) -> Floats:
        """Parameters near a covariance matrix over the visits."""


@dataclass(frozen=True, kw_only=True)
class Linear:
    """A matrix that is a sum of fixed matrices, each times its parameter.

    basis  the matrices, of zeros and ones; each cell of the whole matrix belongs to one of them
    """

    basis: Floats

    @property
    def count(self) -> int:
        """Number of parameters."""
        return len(self.basis)

    def covariance(self, theta: Floats) -> Floats | None:
        """The matrix."""
        matrix: Floats = np.tensordot(theta, self.basis, axes=1)
        return matrix[None] if bool((np.diag(matrix) > 0).all()) else None

    def first(self, theta: Floats) -> Floats:
        """The fixed matrices."""
        return self.basis[:, None]

    def second(self, theta: Floats) -> Floats | None:
        """None: it is linear."""
        return None

    def start(self, moments: Floats) -> Floats:
        """The mean of the moments in the cells of each parameter."""
        values: Floats = (self.basis * moments).sum(axis=(1, 2)) / self.basis.sum(axis=(1, 2))
        return values


class Correlation(Protocol):
    """A correlation matrix as a function of its parameters, with its derivatives and a start."""

    @property
    def count(self) -> int:
        """Number of parameters."""

    def matrix(self, phi: Floats) -> Floats | None:
        """The correlations of each template."""

    def first(self, phi: Floats) -> Floats:
        """First derivatives."""

    def second(self, phi: Floats) -> Floats:
        """Second derivatives."""

    def start(self, correlations: Floats) -> Floats:
        """Parameters near these correlations."""


@dataclass(frozen=True, kw_only=True)
class Bands:
    """Correlations that are parameters themselves: one for each fixed matrix of zeros and ones off the diagonal."""

    basis: Floats

    @property
    def count(self) -> int:
        """Number of parameters."""
        return len(self.basis)

    def matrix(self, phi: Floats) -> Floats | None:
        """The correlations."""
        if bool((np.abs(phi) >= 1).any()):
            return None
        found: Floats = np.eye(self.basis.shape[1]) + np.tensordot(phi, self.basis, axes=1)
        return found[None]

    def first(self, phi: Floats) -> Floats:
        """The fixed matrices."""
        return self.basis[:, None]

    def second(self, phi: Floats) -> Floats:
        """Zeros."""
        return np.zeros((self.count, self.count, 1, *self.basis.shape[1:]))

    def start(self, correlations: Floats) -> Floats:
        """Means of the correlations of each parameter."""
        values: Floats = (self.basis * correlations).sum(axis=(1, 2)) / self.basis.sum(axis=(1, 2))
        return np.clip(values, -0.9, 0.9)


@dataclass(frozen=True, kw_only=True)
class Power:
    """Correlations that are a power of one parameter: its exponent is the distance.

    distance     (template, visit, visit)
    is_positive  whether the parameter must be above 0: distances need not be whole numbers
    """

    distance: Floats
    is_positive: bool

    @property
    def count(self) -> int:
        """One."""
        return 1

    def matrix(self, phi: Floats) -> Floats | None:
        """The correlations."""
        if not (0 if self.is_positive else -1) < phi[0] < 1:
            return None
        powers: Floats = np.power(phi[0], self.distance)
        return powers

    def first(self, phi: Floats) -> Floats:
        """First derivatives."""
        has = self.distance > 0
        exponent = np.where(has, self.distance - 1, 0.0)
        found: Floats = np.where(has, self.distance * np.power(phi[0], exponent), 0.0)
        return found[None]

    def second(self, phi: Floats) -> Floats:
        """Second derivatives."""
        has = (self.distance > 0) & (self.distance != 1)
        exponent = np.where(has, self.distance - 2, 0.0)
        factor = self.distance * (self.distance - 1)
        found: Floats = np.where(has, factor * np.power(phi[0], exponent), 0.0)
        return found[None, None]

    def start(self, correlations: Floats) -> Floats:
        """The parameter at which the mean distance has the mean correlation."""
        pairs = np.isfinite(self.distance) & (self.distance > 0)
        mean_distance = float(self.distance[pairs].mean()) if pairs.any() else 1.0
        off = ~np.eye(len(correlations), dtype=bool)
        mean = float(np.clip(correlations[off].mean(), 0.05, 0.95))
        return np.array([mean ** (1 / mean_distance)])


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """Variances and correlations.

    is_heterogeneous  a variance for each visit; else one for all of them. Variances come first among the parameters.
    """

    n_visits: int
    is_heterogeneous: bool
    correlation: Correlation

    @property
    def _variances(self) -> int:
        return self.n_visits if self.is_heterogeneous else 1

    @property
    def count(self) -> int:
        """Number of parameters."""
        return self._variances + self.correlation.count

    def covariance(self, theta: Floats) -> Floats | None:
        """The matrices."""
        variances, phi = theta[: self._variances], theta[self._variances :]
        if not bool((variances > 0).all()):
            return None
        correlations = self.correlation.matrix(phi)
        return None if correlations is None else self._scale(variances) * correlations

    def _scale(self, variances: Floats) -> Floats:
        sd = np.sqrt(np.broadcast_to(variances, (self.n_visits,)))
        return np.outer(sd, sd)

    def _scale_first(self, variances: Floats) -> Floats:
        if not self.is_heterogeneous:
            return np.ones((1, self.n_visits, self.n_visits))
        sd = np.sqrt(variances)
        unit = np.eye(self.n_visits)
        half = unit[:, :, None] * sd[None, None, :] / (2 * sd[:, None, None])
        found: Floats = half + half.transpose(0, 2, 1)
        return found

    def _scale_second(self, variances: Floats) -> Floats:
        n, k = self.n_visits, self._variances
        found = np.zeros((k, k, n, n))
        if self.is_heterogeneous:
            sd = np.sqrt(variances)
            for a in range(n):
                found[a, a, a, :] = found[a, a, :, a] = -sd / (4 * sd[a] ** 3)
                found[a, a, a, a] = 0
                for b in range(n):
                    if a != b:
                        found[a, b, a, b] = found[a, b, b, a] = 1 / (4 * sd[a] * sd[b])
        return found

    def first(self, theta: Floats) -> Floats:
        """First derivatives."""
        variances, phi = theta[: self._variances], theta[self._variances :]
        correlations = self._correlations(phi)
        by_variance = self._scale_first(variances)[:, None] * correlations
        return np.concatenate([by_variance, self._scale(variances) * self.correlation.first(phi)])

    def second(self, theta: Floats) -> Floats | None:
        """Second derivatives."""
        k = self._variances
        variances, phi = theta[:k], theta[k:]
        correlations = self._correlations(phi)
        found = np.zeros((self.count, self.count, *correlations.shape))
        found[:k, :k] = self._scale_second(variances)[:, :, None] * correlations
        found[:k, k:] = self._scale_first(variances)[:, None, None] * self.correlation.first(phi)
        found[k:, :k] = found[:k, k:].swapaxes(0, 1)
        found[k:, k:] = self._scale(variances) * self.correlation.second(phi)
        return found

    def _correlations(self, phi: Floats) -> Floats:
        found = self.correlation.matrix(phi)
        assert found is not None  # derivatives are only asked for where there is a covariance
        return found

    def start(self, moments: Floats) -> Floats:
        """The moments' variances, and the start of the correlations."""
        sd = np.sqrt(np.diag(moments))
        variances = np.diag(moments) if self.is_heterogeneous else np.array([np.diag(moments).mean()])
        return np.concatenate([variances, self.correlation.start(moments / np.outer(sd, sd))])


#: A pair of visits for each parameter of the unstructured matrix.
Pairs: TypeAlias = tuple[tuple[int, int], ...]


def visit_pairs(n_visits: int) -> Pairs:
    """The parameters of the unstructured matrix: its lower triangle, row by row."""
    return tuple((row, column) for row in range(n_visits) for column in range(row + 1))


def _lag_bases(n_visits: int, lags: Sequence[Sequence[int]]) -> Floats:
    distance = np.abs(np.subtract.outer(np.arange(n_visits), np.arange(n_visits)))
    return np.array([np.isin(distance, list(group)).astype(float) for group in lags])


def make_structure(name: CovarianceStructure, n_visits: int, distance: Floats | None = None) -> Structure:
    """The structure over this number of visits, in their order.

    distance  (template, visit, visit), for `spatial_power`; 0 between visits that the template's subjects lack

    With one visit every structure is its variance.
    """
    if n_visits == 1:
        return Linear(basis=np.ones((1, 1, 1)))
    apart = list(range(1, n_visits))
    if name == "unstructured":
        basis = np.zeros((n_visits * (n_visits + 1) // 2, n_visits, n_visits))
        for index, (row, column) in enumerate(visit_pairs(n_visits)):
            basis[index, row, column] = basis[index, column, row] = 1
        return Linear(basis=basis)
    if name == "toeplitz":
        return Linear(basis=_lag_bases(n_visits, [[0], *([lag] for lag in apart)]))
    if name == "compound_symmetry":
        return Linear(basis=_lag_bases(n_visits, [[0], apart]))
    steps = np.abs(np.subtract.outer(np.arange(n_visits), np.arange(n_visits))).astype(float)[None]
    correlations: Mapping[str, Correlation] = {
        "toeplitz_heterogeneous": Bands(basis=_lag_bases(n_visits, [[lag] for lag in apart])),
        "compound_symmetry_heterogeneous": Bands(basis=_lag_bases(n_visits, [apart])),
        "ar1": Power(distance=steps, is_positive=False),
        "ar1_heterogeneous": Power(distance=steps, is_positive=False),
        "spatial_power": Power(distance=steps if distance is None else distance, is_positive=True),
    }
    return Scaled(n_visits=n_visits, is_heterogeneous=name.endswith("_heterogeneous"), correlation=correlations[name])

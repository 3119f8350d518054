"""Restricted maximum likelihood for repeated measures: the likelihood, its analytic derivatives, Newton's method.

With W = V^-1, C = (X'WX)^-1, P = W - WXCX'W, and V_j the derivative of V in the covariance parameter j:

- minus twice the restricted log-likelihood is log|V| + log|X'WX| + y'Py + (n - p) log 2 pi;
- half its first derivative is (tr(P V_j) - y'P V_j P y) / 2;
- the expected information is tr(P V_j P V_l) / 2, the observed one y'P V_j P V_l P y - tr(P V_j P V_l) / 2 and half the
  first derivative in the direction of the second derivative of V.

Nothing is computed for a subject alone: all matrices of one pattern of visits are the same.

Source: Lindstrom MJ, Bates DM. J Am Stat Assoc 1988;83:1014-1022. Wolfinger R, Tobias R, Sall J. SIAM J Sci Comput
1994;15:1294-1310.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.mmrm_data import RepeatedMeasures
from trialwright.analysis.methods.mmrm_structures import Structure, make_structure
from trialwright.analysis.methods.options import CovarianceStructure
from trialwright.analysis.request import Floats, Integers

_MAX_ITERATIONS = 100
_MAX_HALVINGS = 30
#: Of the drop of half the criterion that a Newton step promises: the step taken then is the last one.
_CONVERGED = 1e-10
_CONVERGED_MIXED = 1e-8
#: 1 - R^2 of a visit given the others, below which the covariance counts as singular.
_SINGULAR = 1e-8
#: Of the eigenvalues of the information, scaled to a unit diagonal.
_UNIDENTIFIED = 1e-9
_INVERTIBLE = 1e-13


class FitError(Exception):
    """A structure that cannot be fitted; caught where the next one is tried. The message is the reason."""


@dataclass(frozen=True, kw_only=True)
class State:
    """The model at given covariance parameters.

    criterion    minus twice the restricted log-likelihood, without its constant, of the scaled response
    inverse      (pattern, visit, visit): W, 0 where there is no record
    root         Cholesky factor of C
    half         (subject, visit, column): W X root
    scaled_residual  (subject, visit): P y
    """

    theta: Floats
    criterion: float
    inverse: Floats
    root: Floats
    coefficients: Floats
    half: Floats
    scaled_residual: Floats


@dataclass(frozen=True, kw_only=True)
class Derivatives:
    """Of half the criterion in the covariance parameters.

    slopes  (parameter, column, column): root' X' W V_j W X root
    """

    gradient: Floats
    observed: Floats
    expected: Floats
    slopes: Floats


@dataclass(frozen=True, kw_only=True)
class MmrmFit:
    """A converged fit; everything is in units of the response's scale.

    structures  of each block, which has the parameters of its slice
    """

    data: RepeatedMeasures
    structure: CovarianceStructure
    structures: tuple[Structure, ...]
    slices: tuple[slice, ...]
    state: State
    derivatives: Derivatives
    iterations: int

    @property
    def minus_2_log_likelihood(self) -> float:
        """Minus twice the restricted log-likelihood, in the response's own unit, as PROC MIXED counts it."""
        return self.state.criterion + _constant(self.data)

    @property
    def n_parameters(self) -> int:
        """Number of covariance parameters."""
        return len(self.state.theta)

    def covariances(self) -> list[Floats]:
        """For each block the covariance matrix (template, visit, visit), in the response's own unit."""
        matrices = []
        for structure, part in zip(self.structures, self.slices, strict=True):
            matrix = structure.covariance(self.state.theta[part])
            assert matrix is not None  # the fit has converged there
            matrices.append(matrix * self.data.scale**2)
        return matrices


def _constant(data: RepeatedMeasures) -> float:
    return data.log_det + data.residual_df * (math.log(2 * math.pi) + 2 * math.log(data.scale))


def make_structures(
    data: RepeatedMeasures, name: CovarianceStructure
) -> tuple[tuple[Structure, ...], tuple[slice, ...]]:
    """The structure of each block, and which parameters it has."""
    structures = tuple(make_structure(name, data.n_visits, block.distance) for block in data.blocks)
    ends = np.cumsum([0, *(structure.count for structure in structures)]).tolist()
    return structures, tuple(slice(start, end) for start, end in itertools.pairwise(ends))


def fit_mmrm(data: RepeatedMeasures, name: CovarianceStructure, *, stops_early: bool = False) -> MmrmFit:
    """Fit one covariance structure; raises `FitError` if it cannot be fitted.

    stops_early  ends the iterations of `unstructured` where PROC MIXED ends them by default: Newton's method from the
                 MIVQUE(0) estimates, until gradient' inverse(Hessian) gradient is below 1e-8 of minus twice the
                 log-likelihood. The last digits that SAS shows depend on it. Of the structures whose residual variance
                 PROC MIXED profiles out, the path is another; they go on to the maximum.
    """
    if data.residual_df <= 0:
        raise FitError("no degrees of freedom are left for the covariance")
    if data.scale == 0:
        raise FitError("the response has no residual variation")
    structures, slices = make_structures(data, name)
    is_early = stops_early and name == "unstructured"
    state = (_mivque(data, structures, slices) if is_early else None) or _start(data, structures, slices)
    for iteration in range(_MAX_ITERATIONS):
        found = differentiate(data, structures, slices, state)
        if iteration == 0:
            _check_identified(found.expected)
        step, is_newton = _step(found)
        promised = float(found.gradient @ -step)
        criterion = abs(state.criterion + _constant(data))
        is_done = is_newton and is_early and iteration > 0 and 2 * promised < _CONVERGED_MIXED * criterion
        if not is_done:
            state = _advance(data, structures, slices, state, step, promised)
        if not is_done and is_newton and promised < _CONVERGED:
            found, is_done = differentiate(data, structures, slices, state), True
        if is_done:
            _check_identified(found.observed)
            return MmrmFit(
                data=data,
                structure=name,
                structures=structures,
                slices=slices,
                state=state,
                derivatives=found,
                iterations=iteration + 1,
            )
    raise FitError(f"no convergence in {_MAX_ITERATIONS} iterations")


def _check_identified(information: Floats) -> None:
    if not _smallest_eigenvalue(information) >= _UNIDENTIFIED:
        raise FitError("the data do not determine every covariance parameter")


def _smallest_eigenvalue(information: Floats) -> float:
    """Of the information scaled to a unit diagonal; below 0 if the diagonal is not positive."""
    diagonal = np.diag(information)
    if not bool((diagonal > 0).all()):
        return -1.0
    root = np.sqrt(diagonal)
    return float(np.linalg.eigvalsh(information / np.outer(root, root))[0])


def _step(found: Derivatives) -> tuple[Floats, bool]:
    """Newton's step where the observed information is positive definite, else Fisher's."""
    for information, is_newton in ((found.observed, True), (found.expected, False)):
        if _smallest_eigenvalue(information) > _INVERTIBLE:
            root = np.sqrt(np.diag(information))
            step = np.linalg.solve(information / np.outer(root, root), -found.gradient / root) / root
            return step.astype(np.float64), is_newton
    raise FitError("it may be singular, for the likelihood has no maximum in sight")


def _advance(
    data: RepeatedMeasures,
    structures: Sequence[Structure],
    slices: Sequence[slice],
    state: State,
    step: Floats,
    promised: float,
) -> State:
    """The state after the step, halved until the criterion drops."""
    # Below this the drop drowns in the rounding errors of the criterion.
    noise = 1e-12 * max(1.0, abs(state.criterion))
    length = 1.0
    for _ in range(_MAX_HALVINGS):
        tried = evaluate(data, structures, slices, state.theta + length * step)
        if tried is not None and tried.criterion <= state.criterion - 1e-4 * length * promised + noise:
            return tried
        length /= 2
    raise FitError("it may be singular, for the likelihood could not be raised any further")


def _mivque(data: RepeatedMeasures, structures: Sequence[Structure], slices: Sequence[slice]) -> State | None:
    """The MIVQUE(0) estimates of a linear structure: a step of Fisher's from independence; None if no covariance."""
    identity = np.concatenate([structure.start(np.eye(data.n_visits)) for structure in structures])
    state = evaluate(data, structures, slices, identity)
    if state is None:
        return None
    found = differentiate(data, structures, slices, state)
    _check_identified(found.expected)
    return evaluate(data, structures, slices, identity - np.linalg.solve(found.expected, found.gradient))


def _start(data: RepeatedMeasures, structures: Sequence[Structure], slices: Sequence[slice]) -> State:
    """The first state: covariances of least squares residuals, shrunk until they are a covariance."""
    coefficients = np.einsum("itp,it->p", data.design, data.response)
    has = np.repeat(data.present, data.counts, axis=0).astype(float)
    residual = (data.response - data.design @ coefficients) * has
    pairs = has.T @ has
    moments = residual.T @ residual / np.maximum(pairs, 1)
    # A visit with hardly a record has a variance near 0 that only says that its mean fits it.
    variances = np.maximum(np.diag(moments), 0.05)
    sd = np.sqrt(variances)
    moments = np.clip(moments / np.outer(sd, sd), -0.95, 0.95) * np.outer(sd, sd)
    np.fill_diagonal(moments, variances)
    for share in (0.95, 0.8, 0.5, 0.2, 0.0):
        shrunk = share * moments + (1 - share) * np.diag(variances)
        theta = np.concatenate([structure.start(shrunk) for structure in structures])
        state = evaluate(data, structures, slices, theta)
        if state is not None:
            return state
    raise FitError("no covariance was found to start from")


def evaluate(
    data: RepeatedMeasures, structures: Sequence[Structure], slices: Sequence[slice], theta: Floats
) -> State | None:
    """The model at `theta`; None where a covariance is not positive definite."""
    n_patterns, n_visits = data.present.shape
    covariances = np.empty((n_patterns, n_visits, n_visits))
    for block, structure, part in zip(data.blocks, structures, slices, strict=True):
        matrix = structure.covariance(theta[part])
        if matrix is None:
            return None
        covariances[block.patterns] = matrix[block.pattern_template]
    inverse = np.zeros_like(covariances)
    log_det = 0.0
    sizes = data.present.sum(axis=1)
    for size in np.unique(sizes):
        which = np.flatnonzero(sizes == size)
        visits = np.nonzero(data.present[which])[1].reshape(-1, size)
        cells = (which[:, None, None], visits[:, :, None], visits[:, None, :])
        part_matrix = covariances[cells]
        try:
            factor = np.linalg.cholesky(part_matrix)
        except np.linalg.LinAlgError:
            return None
        diagonal = np.diagonal(factor, axis1=1, axis2=2)
        if float((np.square(diagonal) / np.diagonal(part_matrix, axis1=1, axis2=2)).min()) < _SINGULAR:
            return None
        log_det += 2 * float(data.counts[which] @ np.log(diagonal).sum(axis=1))
        lower = np.linalg.inv(factor)
        inverse[cells] = lower.swapaxes(1, 2) @ lower
    weights = np.repeat(inverse, data.counts, axis=0)
    rank = data.rank
    weighted = weights @ data.design
    flat = data.design.reshape(-1, rank)
    try:
        triangle = np.linalg.cholesky(flat.T @ weighted.reshape(-1, rank))
    except np.linalg.LinAlgError:
        return None
    log_det += 2 * float(np.log(np.diag(triangle)).sum())
    root = np.linalg.inv(triangle).T
    half = (weighted.reshape(-1, rank) @ root).reshape(weighted.shape)
    projected = half.reshape(-1, rank).T @ data.response.reshape(-1)
    coefficients = root @ projected
    residual = (weights @ data.response[:, :, None])[:, :, 0] - half @ projected
    return State(
        theta=theta,
        criterion=log_det + float((data.response * residual).sum()),
        inverse=inverse,
        root=root,
        coefficients=coefficients,
        half=half,
        scaled_residual=residual,
    )


def differentiate(
    data: RepeatedMeasures, structures: Sequence[Structure], slices: Sequence[slice], state: State
) -> Derivatives:
    """First and second derivatives of half the criterion."""
    q, rank = len(state.theta), data.rank
    counts = data.counts[:, None, None]
    leverage = data.by_pattern(state.half @ state.half.swapaxes(1, 2))
    squares = data.by_pattern(state.scaled_residual[:, :, None] * state.scaled_residual[:, None, :])
    outer = counts * state.inverse - leverage - squares
    gradient, trace, middle, curvature = np.zeros(q), np.zeros((q, q)), np.zeros((q, q)), np.zeros((q, q))
    slopes, crossed = np.zeros((q, rank, rank)), np.zeros((q, rank))
    for block, structure, part in zip(data.blocks, structures, slices, strict=True):
        first = structure.first(state.theta[part])
        second = structure.second(state.theta[part])
        direction = _by_template(outer[block.patterns], block.pattern_template, first.shape[1])
        gradient[part] = np.tensordot(first, direction, axes=3) / 2
        if second is not None:
            curvature[part, part] = np.tensordot(second, direction, axes=3) / 2
        inverse = state.inverse[block.patterns]
        template = block.pattern_template
        trace[part, part] = bilinear(first, template, inverse, (counts * state.inverse - 2 * leverage)[block.patterns])
        middle[part, part] = bilinear(first, template, inverse, squares[block.patterns])
        half, residual = state.half[block.subjects], state.scaled_residual[block.subjects]
        slopes[part], crossed[part] = _project(first, block.subject_template, half, residual)
    flat = slopes.reshape(q, -1)
    trace += flat @ flat.T
    middle -= crossed @ crossed.T
    return Derivatives(
        gradient=gradient,
        observed=middle - trace / 2 + curvature,
        expected=trace / 2,
        slopes=slopes,
    )


def _by_template(per_pattern: Floats, template: Integers, count: int) -> Floats:
    if count == 1:
        total: Floats = per_pattern.sum(axis=0, keepdims=True)
        return total
    found = np.zeros((count, *per_pattern.shape[1:]))
    np.add.at(found, template, per_pattern)
    return found


def bilinear(first: Floats, template: Integers, inverse: Floats, matrices: Floats) -> Floats:
    """For each pair of parameters, the sum over patterns of tr(W V_j M V_l), made symmetric."""
    q, _, n_visits, _ = first.shape
    if first.shape[1] == 1:
        size = n_visits * n_visits
        pairs = inverse.reshape(-1, size).T @ matrices.reshape(-1, size)
        # [b, c, d, a] -> [a, b, c, d]: V_j has a, b and V_l has c, d.
        tensor = pairs.reshape((n_visits,) * 4).transpose(3, 0, 1, 2).reshape(size, size)
        flat = first.reshape(q, size)
        found: Floats = flat @ tensor @ flat.T
    else:
        each = first[:, template]
        left = (inverse @ each).reshape(q, -1)
        right = (matrices @ each).swapaxes(2, 3).reshape(q, -1)
        found = left @ right.T
    return (found + found.T) / 2


def _project(first: Floats, template: Integers, half: Floats, residual: Floats) -> tuple[Floats, Floats]:
    """For each parameter the sums over subjects of Z'V_jZ and Z'V_ju, where Z is `half` and u the residual."""
    q, n_templates, n_visits, _ = first.shape
    rank = half.shape[2]
    if n_templates == 1 and q > n_visits:
        joined = np.concatenate([half, residual[:, :, None]], axis=2)
        gram = half.reshape(len(half), -1).T @ joined.reshape(len(half), -1)
        cells = gram.reshape(n_visits, rank, n_visits, rank + 1).transpose(0, 2, 1, 3)
        both = (first.reshape(q, -1) @ cells.reshape(n_visits * n_visits, -1)).reshape(q, rank, rank + 1)
        return both[:, :, :rank], both[:, :, rank]
    slopes, crossed = np.empty((q, rank, rank)), np.empty((q, rank))
    flat = half.reshape(-1, rank)
    for index in range(q):
        each = first[index, template] if n_templates > 1 else first[index]
        turned = (each @ half).reshape(-1, rank)
        slopes[index] = flat.T @ turned
        crossed[index] = turned.T @ residual.reshape(-1)
    return slopes, crossed

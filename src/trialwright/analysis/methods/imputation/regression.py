"""Draws from the posterior of a linear regression, for many imputations at once.

The prior is p(beta, sigma) proportional to 1 / sigma. Then sigma^2 is the residual sum of squares by a chi-square with
n - p degrees of freedom, and beta given sigma is normal about least squares with sigma^2 (X'X)^-1.

Source: Rubin DB. Multiple Imputation for Nonresponse in Surveys, 1987, p. 166-167.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialwright.analysis.request import Floats, Integers

#: Of a column's sum of squares: what those before it leave of it, below which it counts as determined by them.
_DETERMINED = 1e-9


class ImputationError(Exception):
    """Data that do not determine the imputation model; caught by the method. The message is the reason."""


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Sums over the records of a regression, for each imputation or (first axis of length 1) for all of them.

    gram    (imputation, column, column): Z'Z of the regressors and, as the last column, the response
    n       number of records
    """

    gram: Floats
    n: int


def moments(columns: Floats) -> Moments:
    """Of regressors and response, (imputation, record, column) or (record, column)."""
    stacked = columns if columns.ndim == 3 else columns[None]
    return Moments(gram=stacked.swapaxes(1, 2) @ stacked, n=stacked.shape[1])


def together(*parts: Moments) -> Moments:
    """Of all records of several parts."""
    gram = parts[0].gram
    for part in parts[1:]:
        gram = gram + part.gram
    return Moments(gram=gram, n=sum(part.n for part in parts))


def draw_regression(
    found: Moments, kept: Integers, imputations: int, rng: np.random.Generator, what: str
) -> tuple[Floats, Floats]:
    """For each imputation the coefficients (0 for regressors that are not `kept`) and the residual SD.

    what  is regressed, for the reason of an `ImputationError`
    """
    p = found.gram.shape[1] - 1
    df = found.n - len(kept)
    if df <= 0:
        raise ImputationError(f"{what} has {found.n} observed values for a regression with {len(kept)} coefficients")
    gram = found.gram[:, kept[:, None], kept[None, :]]
    cross = found.gram[:, kept, p]
    total = found.gram[:, p, p]
    try:
        factor = np.linalg.cholesky(gram)
    except np.linalg.LinAlgError:
        raise ImputationError(f"{what} is regressed on values that determine one another") from None
    left = np.square(np.diagonal(factor, axis1=1, axis2=2)) / np.diagonal(gram, axis1=1, axis2=2)
    if float(left.min(initial=1.0)) < _DETERMINED:
        raise ImputationError(f"{what} is regressed on values that determine one another: a singular covariance")
    inverse = np.linalg.inv(factor)
    projected = (inverse @ cross[:, :, None])[:, :, 0]
    residual = total - np.square(projected).sum(axis=1)
    if not bool((residual > _DETERMINED * total).all()):
        raise ImputationError(f"{what} has no residual variation: a singular covariance")
    sigma = np.sqrt(residual / rng.chisquare(df, imputations))
    noise = rng.standard_normal((imputations, len(kept)))
    drawn = (inverse.swapaxes(1, 2) @ (projected + sigma[:, None] * noise)[:, :, None])[:, :, 0]
    coefficients = np.zeros((imputations, p))
    coefficients[:, kept] = drawn
    return coefficients, sigma


def independent_columns(design: Floats) -> Integers:
    """The columns that do not depend on those to their left."""
    kept: list[int] = []
    basis = np.zeros((len(design), 0))
    for index in range(design.shape[1]):
        column = design[:, index]
        rest = column - basis @ (basis.T @ column)
        rest = rest - basis @ (basis.T @ rest)
        length = float(rest @ rest)
        if length > _DETERMINED * float(column @ column) and len(kept) < len(design):
            kept.append(index)
            basis = np.column_stack([basis, rest / np.sqrt(length)])
    return np.array(kept, dtype=np.int64)

"""The general linear model of main effects: least squares, estimable functions, type III tests.

Without interactions the type III hypothesis of a term is that its effects are zero beside all other terms, whatever the
cells' sizes and whether some are empty; its sum of squares is what the residual sum grows by without the term.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trialwright.analysis.methods.distributions import f_upper_tail, t_quantile, t_two_sided
from trialwright.analysis.request import Floats

#: Of the largest singular value; regressors are to come in comparable units.
_RANK_TOLERANCE = 1e-9
#: Of the variance by the model: a robust one below it is a rounding error.
_NO_VARIANCE = 1e-16


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An estimable function of the coefficients, with its interval; None where it is not estimable."""

    value: float | None
    se: float | None = None
    df: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    statistic: float | None = None
    p_value: float | None = None

    def divided_by(self, scale: float) -> Estimate:
        """The estimate for a regressor in its own unit, if it was divided by `scale` (above 0) for the fit."""

        def scaled(value: float | None) -> float | None:
            return None if value is None else value / scale

        return replace(
            self,
            value=scaled(self.value),
            se=scaled(self.se),
            ci_lower=scaled(self.ci_lower),
            ci_upper=scaled(self.ci_upper),
        )


@dataclass(frozen=True, kw_only=True)
class TermTest:
    """The F test of a term; `p_value` is None where there is nothing to test or no residual variation."""

    df: int
    df2: int
    statistic: float | None = None
    p_value: float | None = None


@dataclass(frozen=True, kw_only=True)
class LinearModel:
    """A fitted model.

    terms           for each term the columns of the design that are its own; "" is the intercept
    coefficients    minimum norm least squares
    unscaled        generalized inverse of X'X
    row_space       projector on the space of estimable functions
    mse             residual sum of squares by its degrees of freedom; None without any
    covariance      of the coefficients, if it is another than `unscaled` times the residual variance; NaN if it is
                    not defined
    """

    design: Floats
    response: Floats
    terms: Mapping[str, tuple[int, ...]]
    coefficients: Floats
    unscaled: Floats
    row_space: Floats
    rss: float
    rank: int
    df: int
    covariance: Floats | None = None

    @property
    def mse(self) -> float | None:
        """Residual variance; None if nothing is left to estimate it from, or if the fit is perfect."""
        if self.df <= 0:
            return None
        variance = self.rss / self.df
        # A perfect fit leaves rounding errors: no variance to test against.
        scale = float(np.square(self.response).mean()) if len(self.response) else 0.0
        return variance if variance > 1e-20 * max(scale, 1e-300) else None

    def estimate(self, function: Floats, conf_level: float) -> Estimate:
        """The value of `function` @ coefficients."""
        if not np.allclose(function @ self.row_space, function, atol=1e-7):
            return Estimate(value=None)
        value = float(function @ self.coefficients)
        if self.mse is None:
            return Estimate(value=value, df=self.df)
        covariance = self.unscaled * self.mse if self.covariance is None else self.covariance
        squared = float(function @ covariance @ function)
        ordinary = float(function @ self.unscaled @ function) * self.mse
        if math.isnan(squared) or squared <= _NO_VARIANCE * ordinary:
            return Estimate(value=value, df=self.df)
        se = math.sqrt(squared)
        half = t_quantile((1 + conf_level) / 2, self.df) * se
        statistic = value / se
        return Estimate(
            value=value,
            se=se,
            df=self.df,
            ci_lower=value - half,
            ci_upper=value + half,
            statistic=statistic,
            p_value=t_two_sided(statistic, self.df),
        )

    def type_iii(self, term: str) -> TermTest:
        """The test of a term beside all others: by sums of squares, or with another covariance Wald's."""
        kept = [column for name, columns in self.terms.items() if name != term for column in columns]
        if self.covariance is not None:
            return self._wald(kept, self.covariance)
        reduced = fit_linear_model(self.design[:, kept], self.response, {"": tuple(range(len(kept)))})
        df = self.rank - reduced.rank
        if df <= 0 or self.mse is None:
            return TermTest(df=max(df, 0), df2=max(self.df, 0))
        statistic = max(0.0, reduced.rss - self.rss) / df / self.mse
        return TermTest(df=df, df2=self.df, statistic=statistic, p_value=f_upper_tail(statistic, df, self.df))

    def _wald(self, other: list[int], covariance: Floats) -> TermTest:
        """That all estimable functions without a part in the columns `other` are 0."""
        values, vectors = np.linalg.eigh(self.row_space)
        basis = vectors[:, values > 0.5].T
        left, singular, _ = np.linalg.svd(basis[:, other])
        full = np.zeros(len(basis))
        full[: len(singular)] = singular
        functions = left[:, full <= 1e-7].T @ basis
        df = len(functions)
        if not df or self.mse is None or np.isnan(covariance).any():
            return TermTest(df=df, df2=max(self.df, 0))
        estimates, spread = functions @ self.coefficients, functions @ covariance @ functions.T
        ordinary = np.linalg.cholesky(functions @ self.unscaled @ functions.T * self.mse)
        relative = np.linalg.solve(ordinary, np.linalg.solve(ordinary, spread).T)
        if np.linalg.eigvalsh(relative)[0] <= _NO_VARIANCE:
            return TermTest(df=df, df2=self.df)
        statistic = float(estimates @ np.linalg.solve(spread, estimates)) / df
        return TermTest(df=df, df2=self.df, statistic=statistic, p_value=f_upper_tail(statistic, df, self.df))


def fit_linear_model(design: Floats, response: Floats, terms: Mapping[str, tuple[int, ...]]) -> LinearModel:
    """Least squares of `response` on the columns of `design`, which may depend on one another."""
    n, p = design.shape
    if n == 0 or p == 0:
        return LinearModel(
            design=design,
            response=response,
            terms=terms,
            coefficients=np.zeros(p),
            unscaled=np.zeros((p, p)),
            row_space=np.zeros((p, p)),
            rss=float(np.square(response).sum()),
            rank=0,
            df=n,
        )
    left, singular, right = np.linalg.svd(design, full_matrices=False)
    rank = int((singular > _RANK_TOLERANCE * singular[0]).sum()) if singular[0] > 0 else 0
    left, singular, right = left[:, :rank], singular[:rank], right[:rank]
    projected = left.T @ response
    residual = response - left @ projected
    return LinearModel(
        design=design,
        response=response,
        terms=terms,
        coefficients=right.T @ (projected / singular),
        unscaled=(right.T / np.square(singular)) @ right,
        row_space=right.T @ right,
        rss=float(residual @ residual),
        rank=rank,
        df=n - rank,
    )


@dataclass(frozen=True, kw_only=True)
class Factor:
    """A classification variable: its name, its levels that occur, and the level of each record as an index."""

    name: str
    levels: tuple[str, ...]
    codes: Sequence[int]

    def indicators(self) -> Floats:
        """One column for each level."""
        columns = np.zeros((len(self.codes), len(self.levels)))
        columns[np.arange(len(self.codes)), list(self.codes)] = 1
        return columns


def make_factor(name: str, texts: Sequence[str], order: Sequence[str] = ()) -> Factor:
    """The factor of these levels; those that occur, in `order`, then sorted."""
    present = set(texts)
    levels = tuple(level for level in dict.fromkeys([*order, *sorted(present)]) if level in present)
    index = {level: number for number, level in enumerate(levels)}
    return Factor(name=name, levels=levels, codes=[index[text] for text in texts])

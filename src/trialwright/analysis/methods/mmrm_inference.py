"""Inference about the fixed effects of a fitted MMRM: variances and degrees of freedom.

- `kenward_roger`: the adjusted variance with second derivatives of the covariance (Kenward and Roger 1997), the degrees
  of freedom of one function;
- `kenward_roger_linear`: the same without them (SAS `DDFM=KR(FIRSTORDER)`, "linear"); equal where the covariance is
  linear in its parameters;
- `satterthwaite`: the degrees of freedom of Fai and Cornelius with the model's own variance;
- `between_within`: residual degrees of freedom parted into those between subjects and those within (Schluchter and
  Elashoff); a function has the smaller of those of the terms it involves.

Source: Kenward MG, Roger JH. Biometrics 1997;53:983-997. Fai AHT, Cornelius PL. J Stat Comput Simul 1996;54:363-378.
Schluchter MD, Elashoff JT. J Stat Comput Simul 1990;37:69-87. SAS/STAT User's Guide, PROC MIXED, DDFM=.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.distributions import t_quantile, t_two_sided
from trialwright.analysis.methods.linear_model import Estimate
from trialwright.analysis.methods.mmrm_data import RepeatedMeasures
from trialwright.analysis.methods.mmrm_fit import MmrmFit
from trialwright.analysis.request import Booleans, Floats, Integers


@dataclass(frozen=True, kw_only=True)
class Inference:
    """How functions of the coefficients are estimated.

    method    as the option `df`
    variance  of the reduced coefficients, over `root`: root @ variance @ root' is their covariance
    spread    covariance of the covariance parameters: inverse of their information
    term_df   between-within degrees of freedom of each term's columns of the original design
    """

    fit: MmrmFit
    method: str
    variance: Floats
    spread: Floats
    term_df: Mapping[tuple[int, ...], int]

    def estimate(self, function: Floats, conf_level: float) -> Estimate:
        """The value of `function` @ coefficients of the original design."""
        data, state = self.fit.data, self.fit.state
        if not np.allclose(function @ data.row_space, function, atol=1e-7):
            return Estimate(value=None)
        reduced = function @ data.to_reduced
        value = float(reduced @ state.coefficients) * data.scale
        turned = reduced @ state.root
        variance = float(turned @ self.variance @ turned)
        if variance <= 0:
            return Estimate(value=value)
        se = math.sqrt(variance) * data.scale
        df = self._df(function, turned)
        if df <= 0:
            return Estimate(value=value, se=se, df=df)
        half = t_quantile((1 + conf_level) / 2, df) * se
        statistic = value / se
        return Estimate(
            value=value,
            se=se,
            df=df,
            ci_lower=value - half,
            ci_upper=value + half,
            statistic=statistic,
            p_value=t_two_sided(statistic, df),
        )

    def _df(self, function: Floats, turned: Floats) -> float:
        if self.method == "between_within":
            used = [df for columns, df in self.term_df.items() if np.any(np.abs(function[list(columns)]) > 1e-12)]
            return float(min(used, default=self.fit.data.residual_df))
        # Kenward and Roger's degrees of freedom of a single function are Satterthwaite's.
        own = float(turned @ turned)
        gradient = np.einsum("a,jab,b->j", turned, self.fit.derivatives.slopes, turned)
        uncertainty = float(gradient @ self.spread @ gradient)
        return 2 * own**2 / uncertainty if uncertainty > 0 else math.inf


def infer(fit: MmrmFit, method: str, term_df: Mapping[tuple[int, ...], int]) -> Inference:
    """Prepare the estimates of a fit by one of the methods above."""
    found = fit.derivatives
    spread = np.linalg.inv(found.observed).astype(np.float64)
    variance = np.eye(fit.data.rank)
    if method.startswith("kenward_roger"):
        variance = variance + 2 * _adjustment(fit, spread, is_linear=method.endswith("linear"))
    return Inference(fit=fit, method=method, variance=variance, spread=spread, term_df=term_df)


def _adjustment(fit: MmrmFit, spread: Floats, *, is_linear: bool) -> Floats:
    """Kenward and Roger's sum of W_jl (Q_jl - P_j Phi P_l - R_jl / 4), between the roots of Phi."""
    state, slopes = fit.state, fit.derivatives.slopes
    q, rank = slopes.shape[:2]
    weighted = (spread @ slopes.reshape(q, -1)).reshape(q, rank, rank)
    total: Floats = -(slopes @ weighted).sum(axis=0)
    for block, structure, part in zip(fit.data.blocks, fit.structures, fit.slices, strict=True):
        own = spread[part, part]
        first = structure.first(state.theta[part])
        inverse = state.inverse[block.patterns]
        middle = _sandwich(own, first, block.pattern_template, inverse)
        second = None if is_linear else structure.second(state.theta[part])
        if second is not None:
            middle = middle - np.tensordot(own, second, axes=2)[block.pattern_template] / 4
        half = state.half[block.subjects]
        each = np.repeat(middle, fit.data.counts[block.patterns], axis=0)
        total = total + half.reshape(-1, rank).T @ (each @ half).reshape(-1, rank)
    return (total + total.T) / 2


def _sandwich(own: Floats, first: Floats, template: Integers, inverse: Floats) -> Floats:
    """For each pattern the sum over pairs of parameters of w_jl V_j W V_l."""
    q, n_templates, n_visits, _ = first.shape
    if n_templates == 1:
        size = n_visits * n_visits
        flat = first.reshape(q, size)
        tensor = (flat.T @ own @ flat).reshape((n_visits,) * 4)
        # [a, b, c, d] -> [a, d, b, c]
        rows = tensor.transpose(0, 3, 1, 2).reshape(size, size)
        found: Floats = (inverse.reshape(-1, size) @ rows.T).reshape(-1, n_visits, n_visits)
        return found
    each = first[:, template]
    mixed = np.tensordot(own, each, axes=1)
    total: Floats = (mixed @ inverse @ each).sum(axis=0)
    return total


def between_within(
    data: RepeatedMeasures, design: Floats, terms: Mapping[str, tuple[int, ...]], is_within: Mapping[str, bool]
) -> dict[tuple[int, ...], int]:
    """The degrees of freedom of each term's columns: subjects less the rank between, the rest less the rank within.

    The intercept ("") counts among the columns between subjects and limits no function.
    """
    between = [column for name, columns in terms.items() if not is_within[name] for column in columns]
    rank_between = int(np.linalg.matrix_rank(design[:, between]))
    df_between = data.n_subjects - rank_between
    df_within = data.n_records - data.n_subjects - (data.rank - rank_between)
    return {columns: df_within if is_within[name] else df_between for name, columns in terms.items() if name}


def varies_within(columns: Floats, subjects: Integers) -> bool:
    """Whether any of the columns differs between records of one subject."""
    order = np.argsort(subjects, kind="stable")
    same: Booleans = subjects[order][1:] == subjects[order][:-1]
    return bool((np.abs(np.diff(columns[order], axis=0)) > 1e-12)[same].any())

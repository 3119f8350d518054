"""The analysis of completed datasets: an analysis of covariance at each visit, all imputations at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.imputation.pooling import Pooled, compute_pooled
from trialwright.analysis.methods.imputation.subjects import Measurements
from trialwright.analysis.methods.linear_model import Factor, LinearModel, fit_linear_model, make_factor
from trialwright.analysis.request import Floats


@dataclass(frozen=True, kw_only=True)
class CompletedAnalysis:
    """The model of complete data; its design is the same for all visits and imputations.

    arm  levels that have subjects
    """

    model: LinearModel
    arm: Factor
    functions: Mapping[str, Floats]

    def pool(self, responses: Floats, function: Floats) -> Pooled | None:
        """The pooled value of a function of the coefficients; None where it is not estimable.

        responses  (imputation, subject)
        """
        model = self.model
        if model.df <= 0 or not np.allclose(function @ model.row_space, function, atol=1e-7):
            return None
        coefficients = responses @ model.design @ model.unscaled
        residual = responses - coefficients @ model.design.T
        variance = np.square(residual).sum(axis=1) / model.df
        scale = float(function @ model.unscaled @ function)
        return compute_pooled(coefficients @ function, variance * scale, model.df)


def prepare(data: Measurements, weights: str) -> CompletedAnalysis:
    """The design of treatment, factors and covariates, and the coefficients of each arm's LS mean.

    weights  of the factors' levels: "equal" or "observed"
    """
    arm = make_factor("arm", [data.arms[code] for code in data.arm], data.arms)
    parts: list[Floats] = [np.ones((len(data.rows), 1)), arm.indicators()]
    share = [np.ones(1), np.zeros(len(arm.levels))]
    for factor in data.factors:
        indicators = factor.indicators()
        parts.append(indicators)
        equal = np.full(len(factor.levels), 1 / len(factor.levels))
        share.append(indicators.mean(axis=0) if weights == "observed" else equal)
    parts.append(data.covariates)
    share.append(np.zeros(data.covariates.shape[1]))
    design = np.hstack(parts)
    functions = {}
    for index, level in enumerate(arm.levels):
        function = np.concatenate(share)
        function[1 + index] = 1
        functions[level] = function
    terms = {"": tuple(range(design.shape[1]))}
    return CompletedAnalysis(model=fit_linear_model(design, np.zeros(len(design)), terms), arm=arm, functions=functions)

"""The meta-analytic-predictive prior of a normal quantity, from the estimates of earlier trials.

Estimates are normal around the trials' means, which are normal around a common mean (flat prior) with a standard
deviation tau between trials, for which a half-normal prior is given. Given tau everything is conjugate, so the
predictive distribution of the new trial's mean is a mixture of normal distributions over tau: quadrature, no sampling.

Source: Spiegelhalter DJ, Abrams KR, Myles JP. Bayesian Approaches to Clinical Trials and Health-Care Evaluation. Wiley,
2004, section 5.4; Neuenschwander B et al. Summarizing historical information on controls in clinical trials. Clin
Trials 2010;7:5-18.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trialwright.design.bayesian.priors import NormalMixture
from trialwright.design.early.requirements import positive
from trialwright.design.sample_size.priors import NormalPrior
from trialwright.errors import DesignError

_REACH = 8.0  # standard deviations of the half-normal prior
_SMALLEST_SHARE = 1e-12


def compute_map_prior_normal(
    estimates: Sequence[float], standard_errors: Sequence[float], *, between_trial_sd: float
) -> NormalMixture:
    """Predictive distribution of a new trial's mean, given those of earlier trials.

    estimates, standard_errors   of the earlier trials, at least two: means, log odds, log event rates, ...
    between_trial_sd             scale of the half-normal prior of tau, in the same unit
    """
    y, se = np.asarray(estimates, float), np.asarray(standard_errors, float)
    if y.ndim != 1 or len(y) < 2 or y.shape != se.shape:
        raise DesignError(
            f"estimates and standard_errors must be as many, at least two, got {y.size} and {se.size}. "
            "With a single earlier trial use a power prior or a commensurate prior."
        )
    if not np.all(np.isfinite(y)) or not np.all(np.isfinite(se) & (se > 0)):
        raise DesignError("estimates must be finite and standard_errors above 0. Leave out trials without them.")
    positive("between_trial_sd", between_trial_sd)
    nodes, weights = np.polynomial.legendre.leggauss(16)
    edges = between_trial_sd * np.array([0, 0.125, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, _REACH])
    half = np.diff(edges)[:, None] / 2
    tau, weight = (edges[:-1, None] + half * (nodes + 1)).ravel(), (half * weights).ravel()
    precision = 1 / (se**2 + tau[:, None] ** 2)
    total = precision.sum(axis=1)
    mean = (precision * y).sum(axis=1) / total
    logs = (
        -0.5 * (tau / between_trial_sd) ** 2
        + 0.5 * np.log(precision).sum(axis=1)
        - 0.5 * np.log(total)
        - 0.5 * (precision * (y - mean[:, None]) ** 2).sum(axis=1)
    )
    share = weight * np.exp(logs - logs.max())
    share /= share.sum()
    kept = share > _SMALLEST_SHARE
    share = share[kept] / share[kept].sum()
    sd = np.sqrt(1 / total + tau**2)[kept]
    return NormalMixture(
        weights=tuple(float(value) for value in share),
        components=tuple(NormalPrior(mean=float(m), sd=float(s)) for m, s in zip(mean[kept], sd, strict=True)),
    )

"""How many subjects a prior is worth.

`elir` is the expected local-information ratio: the mean, over the prior, of the prior's information (minus the second
derivative of its log density) divided by the information of one subject. It is predictively consistent: the mean
effective size of the posterior after n subjects is that of the prior plus n. `moment` takes the single conjugate
distribution of the same mean and variance.

Source: Neuenschwander B, Weber S, Schmidli H, O'Hagan A. Predictively consistent prior effective sample sizes.
Biometrics 2020;76:578-587.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from trialwright.design.bayesian.posteriors import (
    beta_parameters,
    compute_mean_and_sd,
    gamma_parameters,
    normal_parameters,
)
from trialwright.design.bayesian.priors import (
    BetaBelief,
    BetaMixture,
    GammaBelief,
    GammaMixture,
    GammaPrior,
    NormalBelief,
    NormalMixture,
    as_beta_mixture,
    as_gamma_mixture,
    as_normal_mixture,
)
from trialwright.design.early.requirements import positive
from trialwright.design.sample_size.priors import BetaPrior, NormalPrior
from trialwright.design.sample_size.requirements import one_of
from trialwright.errors import DesignError

Floats = NDArray[np.float64]


def compute_effective_sample_size(
    prior: BetaBelief | NormalBelief | GammaBelief,
    *,
    method: Literal["elir", "moment"] = "elir",
    subject_sd: float | None = None,
) -> float:
    """How many subjects the prior is worth; of an event rate: how much exposure.

    subject_sd   of a normal prior: the standard deviation of one subject's outcome (or, of a log hazard ratio, 2 for
                 an event under equal allocation)
    """
    one_of("method", method, ("elir", "moment"))
    match prior:
        case BetaPrior() | BetaMixture():
            return _of_beta(as_beta_mixture(prior), method)
        case NormalPrior() | NormalMixture():
            if subject_sd is None:
                raise DesignError(
                    "subject_sd is needed for the effective sample size of a normal prior. "
                    "Give the standard deviation of one subject's outcome."
                )
            return _of_normal(as_normal_mixture(prior), positive("subject_sd", subject_sd), method)
        case GammaPrior() | GammaMixture():
            return _of_gamma(as_gamma_mixture(prior), method)


def _of_beta(mixture: BetaMixture, method: str) -> float:
    if method == "moment" or len(mixture.weights) == 1:
        mean, sd = compute_mean_and_sd(mixture)
        return mean * (1 - mean) / sd**2 - 1
    a, b = (values[:, None] for values in beta_parameters(mixture))
    _check_bounded(min(float(a.min()), float(b.min())), "a and b of each component")
    # On the logit scale, where densities have no poles. Tails fall by the smallest power of the proportion.
    powers = np.concatenate([a - 1, b - 1])
    reach = 40 / min(1.0, float(powers[powers > 0].min(initial=1.0)))
    narrowest = float(np.sqrt(1 / a + 1 / b).min())
    logit, step = _grid(-reach, reach, narrowest / 8)
    p, q = special.expit(logit), special.expit(-logit)
    log_p, log_q = special.log_expit(logit), special.log_expit(-logit)
    logs = np.log(mixture.weights)[:, None] + a * log_p + b * log_q - special.betaln(a, b)
    share, log_density = _shares(logs)
    # Derivatives of the log density of the proportion, times p q and its square: they stay finite at 0 and 1.
    first = (a - 1) * q - (b - 1) * p
    second = -(a - 1) * q**2 - (b - 1) * p**2
    curvature = (share * (second + first**2)).sum(axis=0) - (share * first).sum(axis=0) ** 2
    # The information of one subject is 1 / (p q).
    return float(np.sum(np.exp(log_density - log_p - log_q) * -curvature) * step)


def _of_normal(mixture: NormalMixture, subject_sd: float, method: str) -> float:
    if method == "moment" or len(mixture.weights) == 1:
        return subject_sd**2 / compute_mean_and_sd(mixture)[1] ** 2
    means, sds = (values[:, None] for values in normal_parameters(mixture))
    total = 0.0
    # Each component is integrated on its own scale: a vague one may be hundreds of times as wide as the narrowest.
    for weight, mean, sd in zip(mixture.weights, means[:, 0], sds[:, 0], strict=True):
        edges = np.unique(
            np.concatenate(
                [
                    mean + sd * np.linspace(-9, 9, 37),
                    *(m + s * np.linspace(-9, 9, 37) for m, s in zip(means[:, 0], sds[:, 0], strict=True)),
                ]
            )
        )
        edges = edges[np.abs(edges - mean) <= 9 * sd * (1 + 1e-12)]
        x, weights = _panels(edges)
        density = np.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi))
        logs = np.log(mixture.weights)[:, None] - 0.5 * ((x - means) / sds) ** 2 - np.log(sds)
        share, _ = _shares(logs)
        first = -(x - means) / sds**2
        mixed_first = (share * first).sum(axis=0)
        mixed_second = (share * (first**2 - 1 / sds**2)).sum(axis=0) - mixed_first**2
        total += weight * float(weights @ (density * -mixed_second))
    return subject_sd**2 * total


def _of_gamma(mixture: GammaMixture, method: str) -> float:
    if method == "moment" or len(mixture.weights) == 1:
        mean, sd = compute_mean_and_sd(mixture)
        return mean / sd**2
    shapes, rates = (values[:, None] for values in gamma_parameters(mixture))
    _check_bounded(float(shapes.min()), "the shape of each component")
    powers = shapes - 1
    reach = 40 / min(1.0, float(powers[powers > 0].min(initial=1.0)))
    narrowest = float((shapes**-0.5).min())
    highest = float(np.log((shapes + 40 * np.sqrt(shapes) + 40) / rates).max())
    log_x, step = _grid(float(-np.log(rates).max()) - reach, highest, narrowest / 8)
    x = np.exp(log_x)
    logs = np.log(mixture.weights)[:, None] + shapes * (np.log(rates) + log_x) - rates * x - special.gammaln(shapes)
    share, log_density = _shares(logs)
    first = (shapes - 1) - rates * x  # derivative of the log density, times x
    curvature = (share * (first**2 - (shapes - 1))).sum(axis=0) - (share * first).sum(axis=0) ** 2  # times x^2
    # The information of one unit of exposure is 1 / x.
    return float(np.sum(np.exp(log_density - log_x) * -curvature) * step)


def _check_bounded(smallest: float, what: str) -> None:
    if smallest < 1:
        raise DesignError(
            f"The ELIR effective sample size of a mixture needs {what} to be at least 1, got {smallest!r}: below, the "
            "density has a pole, and the mean of its curvature does not exist. Use method='moment', or a uniform "
            "component for the vague one."
        )


def _grid(low: float, high: float, step: float) -> tuple[Floats, float]:
    points, width = np.linspace(low, high, int(np.ceil((high - low) / step)) + 1, retstep=True)
    return points, float(width)


def _shares(logs: Floats) -> tuple[Floats, Floats]:
    """Share of each component in the density at each point, and the log density."""
    highest = logs.max(axis=0)
    scaled = np.exp(logs - highest)
    total = scaled.sum(axis=0)
    return scaled / total, highest + np.log(total)


def _panels(edges: Floats) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(16)
    half = np.diff(edges)[:, None] / 2
    return (edges[:-1, None] + half * (nodes + 1)).ravel(), (half * weights).ravel()

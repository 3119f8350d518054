"""Posterior distributions by conjugate updating, and their probabilities.

A mixture's posterior is the mixture of the components' posteriors; the weight of a component is multiplied by how well
it foretold the data (its marginal likelihood).

Source: Bernardo JM, Smith AFM. Bayesian Theory. Wiley, 1994, section 5.2 and appendix A.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from trialwright.design.bayesian.priors import (
    BetaBelief,
    BetaMixture,
    GammaBelief,
    GammaMixture,
    GammaPrior,
    NormalBelief,
    NormalGammaPrior,
    NormalMixture,
    as_beta_mixture,
    as_gamma_mixture,
    as_normal_mixture,
)
from trialwright.design.early.requirements import count, positive
from trialwright.design.early.requirements import responses as check_responses
from trialwright.design.sample_size.priors import BetaPrior, NormalPrior
from trialwright.errors import DesignError

Floats = NDArray[np.float64]


def compute_posterior_beta(prior: BetaBelief, *, responses: int, n: int) -> BetaMixture:
    """Of a response rate, after `responses` of `n` subjects."""
    count("n", n, least=0)
    check_responses("responses", responses, n)
    mixture = as_beta_mixture(prior)
    a, b = beta_parameters(mixture)
    weights = beta_weights(mixture, np.asarray([responses]), n)[:, 0]
    return BetaMixture(
        weights=_normal_weights(weights),
        components=tuple(
            BetaPrior(a=float(x) + responses, b=float(y) + n - responses) for x, y in zip(a, b, strict=True)
        ),
    )


def compute_posterior_normal(prior: NormalBelief, *, estimate: float, se: float) -> NormalMixture:
    """Of a mean, a difference or a log hazard ratio, after an `estimate` with known standard error `se`."""
    positive("se", se)
    if not math.isfinite(estimate):
        raise DesignError(f"estimate must be a finite number, got {estimate!r}.")
    mixture = as_normal_mixture(prior)
    means, sds = normal_parameters(mixture)
    spread = np.sqrt(sds**2 + se**2)
    log_weights = np.log(mixture.weights) - 0.5 * ((estimate - means) / spread) ** 2 - np.log(spread)
    precision = 1 / sds**2 + 1 / se**2
    centers = (means / sds**2 + estimate / se**2) / precision
    return NormalMixture(
        weights=_normal_weights(np.exp(log_weights - log_weights.max())),
        components=tuple(
            NormalPrior(mean=float(m), sd=float(s)) for m, s in zip(centers, precision**-0.5, strict=True)
        ),
    )


def compute_posterior_gamma(prior: GammaBelief, *, events: int, exposure: float) -> GammaMixture:
    """Of an event rate, after `events` in `exposure` (subject-time) of a Poisson process."""
    count("events", events, least=0)
    positive("exposure", exposure)
    mixture = as_gamma_mixture(prior)
    shapes, rates = gamma_parameters(mixture)
    log_weights = (
        np.log(mixture.weights)
        + special.gammaln(shapes + events)
        - special.gammaln(shapes)
        + shapes * np.log(rates)
        - (shapes + events) * np.log(rates + exposure)
    )
    return GammaMixture(
        weights=_normal_weights(np.exp(log_weights - log_weights.max())),
        components=tuple(
            GammaPrior(shape=float(s) + events, rate=float(r) + exposure) for s, r in zip(shapes, rates, strict=True)
        ),
    )


def compute_posterior_normal_gamma(prior: NormalGammaPrior, *, n: int, mean: float, sd: float) -> NormalGammaPrior:
    """Of a mean and a precision, after the `mean` and standard deviation `sd` (divisor n - 1) of `n` subjects."""
    count("n", n)
    if not (math.isfinite(mean) and math.isfinite(sd) and sd >= 0):
        raise DesignError(f"mean and sd must be finite and sd not negative, got {mean!r} and {sd!r}.")
    together = prior.subjects + n
    return NormalGammaPrior(
        mean=(prior.subjects * prior.mean + n * mean) / together,
        subjects=together,
        shape=prior.shape + n / 2,
        rate=prior.rate + (n - 1) * sd**2 / 2 + prior.subjects * n * (mean - prior.mean) ** 2 / (2 * together),
    )


def compute_probability_above(
    belief: BetaBelief | NormalBelief | GammaBelief | NormalGammaPrior, threshold: float
) -> float:
    """Probability that the rate, mean or event rate is above `threshold`; of a NormalGammaPrior: the mean."""
    match belief:
        case BetaPrior() | BetaMixture():
            mixture = as_beta_mixture(belief)
            a, b = beta_parameters(mixture)
            limit = min(1.0, max(0.0, threshold))
            return float(np.asarray(mixture.weights) @ special.betaincc(a, b, limit))
        case NormalPrior() | NormalMixture():
            normal = as_normal_mixture(belief)
            means, sds = normal_parameters(normal)
            return float(np.asarray(normal.weights) @ special.ndtr((means - threshold) / sds))
        case GammaPrior() | GammaMixture():
            gamma = as_gamma_mixture(belief)
            shapes, rates = gamma_parameters(gamma)
            return float(np.asarray(gamma.weights) @ special.gammaincc(shapes, rates * max(0.0, threshold)))
        case NormalGammaPrior():
            scale = math.sqrt(belief.rate / (belief.shape * belief.subjects))
            return float(special.stdtr(2 * belief.shape, (belief.mean - threshold) / scale))


def compute_mean_and_sd(belief: BetaBelief | NormalBelief | GammaBelief) -> tuple[float, float]:
    """Mean and standard deviation of what is believed."""
    means, variances, weights = _component_moments(belief)
    mean = float(weights @ means)
    return mean, math.sqrt(float(weights @ (variances + means**2)) - mean**2)


def beta_parameters(mixture: BetaMixture) -> tuple[Floats, Floats]:
    """`a` and `b` of the components."""
    return (
        np.asarray([component.a for component in mixture.components], float),
        np.asarray([component.b for component in mixture.components], float),
    )


def normal_parameters(mixture: NormalMixture) -> tuple[Floats, Floats]:
    """Means and standard deviations of the components."""
    return (
        np.asarray([component.mean for component in mixture.components], float),
        np.asarray([component.sd for component in mixture.components], float),
    )


def gamma_parameters(mixture: GammaMixture) -> tuple[Floats, Floats]:
    """Shapes and rates of the components."""
    return (
        np.asarray([component.shape for component in mixture.components], float),
        np.asarray([component.rate for component in mixture.components], float),
    )


def beta_weights(mixture: BetaMixture, responses: ArrayLike, n: int) -> Floats:
    """Posterior weight of each component (row) after each number of responses (column) of `n`."""
    x = np.asarray(responses, float)[None, :]
    a, b = (values[:, None] for values in beta_parameters(mixture))
    logs = np.log(mixture.weights)[:, None] + special.betaln(a + x, b + n - x) - special.betaln(a, b)
    weights: Floats = np.exp(logs - logs.max(axis=0))
    weights /= weights.sum(axis=0)
    return weights


def predictive_of_responses(prior: BetaBelief, *, responses: ArrayLike, n: int, more: int) -> Floats:
    """Probability of each number of responses (column) of `more` further subjects, after each number (row) of `n`.

    Beta-binomial: the further responses given the rate are binomial, averaged over its posterior.
    """
    mixture = as_beta_mixture(prior)
    a, b = beta_parameters(mixture)
    x = np.asarray(responses, float)[:, None]
    y = np.arange(more + 1, dtype=float)[None, :]
    weights = beta_weights(mixture, x[:, 0], n)
    choose = -special.betaln(y + 1, more - y + 1) - math.log(more + 1)
    total = np.zeros((len(x), more + 1))
    for weight, alpha, beta in zip(weights, a, b, strict=True):
        total += weight[:, None] * np.exp(
            choose + special.betaln(alpha + x + y, beta + n - x + more - y) - special.betaln(alpha + x, beta + n - x)
        )
    return total


def _component_moments(belief: BetaBelief | NormalBelief | GammaBelief) -> tuple[Floats, Floats, Floats]:
    match belief:
        case BetaPrior() | BetaMixture():
            mixture = as_beta_mixture(belief)
            a, b = beta_parameters(mixture)
            return a / (a + b), a * b / ((a + b) ** 2 * (a + b + 1)), np.asarray(mixture.weights)
        case NormalPrior() | NormalMixture():
            normal = as_normal_mixture(belief)
            means, sds = normal_parameters(normal)
            return means, sds**2, np.asarray(normal.weights)
        case GammaPrior() | GammaMixture():
            gamma = as_gamma_mixture(belief)
            shapes, rates = gamma_parameters(gamma)
            return shapes / rates, shapes / rates**2, np.asarray(gamma.weights)


def _normal_weights(weights: Floats) -> tuple[float, ...]:
    # A component that the data rule out keeps a weight that can still be told from nothing.
    kept = np.maximum(weights / weights.sum(), np.finfo(float).tiny)
    return tuple(float(weight) for weight in kept / kept.sum())

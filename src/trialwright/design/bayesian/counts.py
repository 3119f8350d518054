"""Event rates with gamma priors: posterior and predictive probabilities of a single arm and of two.

Given its rate, an arm's number of events is Poisson with mean rate * exposure; a gamma prior is conjugate, and further
events are negative binomial. The share of one gamma variable in the sum of two is beta, which makes the comparison of
two rates exact.

Source: Gelman A, Carlin JB, Stern HS, Dunson DB, Vehtari A, Rubin DB. Bayesian Data Analysis, 3rd ed. CRC Press, 2013,
section 2.6.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.stats import nbinom

from trialwright.design.bayesian.posteriors import gamma_parameters
from trialwright.design.bayesian.priors import GammaBelief, as_gamma_mixture
from trialwright.design.early.requirements import count, positive, probability
from trialwright.errors import DesignError

Floats = NDArray[np.float64]


def compute_rate_ratio_probability(experimental: GammaBelief, control: GammaBelief, *, below: float = 1.0) -> float:
    """Probability that the experimental rate / the control rate is below `below`, under independent distributions.

    Give posterior distributions (`compute_posterior_gamma`) for a posterior probability.
    """
    positive("below", below)
    first, second = as_gamma_mixture(experimental), as_gamma_mixture(control)
    shapes, rates = (values[:, None] for values in gamma_parameters(first))
    other_shapes, other_rates = (values[None, :] for values in gamma_parameters(second))
    # rate_e * a < below * rate_c * b, for standard gamma variables: their share is beta.
    limit = below * rates / (below * rates + other_rates)
    return float(np.asarray(first.weights) @ special.betainc(shapes, other_shapes, limit) @ np.asarray(second.weights))


def compute_predictive_events(belief: GammaBelief, *, exposure: float, at_most: int) -> float:
    """Predictive probability of at most `at_most` events in a further `exposure`."""
    positive("exposure", exposure)
    count("at_most", at_most, least=0)
    mixture = as_gamma_mixture(belief)
    shapes, rates = gamma_parameters(mixture)
    return float(np.asarray(mixture.weights) @ special.betainc(shapes, at_most + 1.0, rates / (rates + exposure)))


def compute_rate_predictive_probability(
    experimental: GammaBelief,
    control: GammaBelief,
    *,
    exposure_experimental: float,
    exposure_control: float,
    success_cutoff: float,
    below: float = 1.0,
) -> float:
    """Predictive probability that, after further exposures, the posterior probability of a rate ratio below `below`
    reaches `success_cutoff`; the distributions given are those of today, single gamma distributions.

    By enumeration of the further events of both arms; what is left out has a probability of at most 1e-10.
    """
    positive("exposure_experimental", exposure_experimental)
    positive("exposure_control", exposure_control)
    probability("success_cutoff", success_cutoff)
    first, second = as_gamma_mixture(experimental), as_gamma_mixture(control)
    if len(first.weights) > 1 or len(second.weights) > 1:
        raise DesignError(
            "compute_rate_predictive_probability takes single gamma distributions, got a mixture. "
            "Take the gamma distribution of the same mean and variance."
        )
    a, r = first.components[0].shape, first.components[0].rate
    b, s = second.components[0].shape, second.components[0].rate
    events, chances = _events(a, r, exposure_experimental)
    others, other_chances = _events(b, s, exposure_control)
    scaled, other_scaled = below * (r + exposure_experimental), s + exposure_control
    limit = scaled / (scaled + other_scaled)
    posterior = special.betainc(a + events[:, None], b + others[None, :], limit)
    return float(chances @ (posterior >= success_cutoff) @ other_chances)


def _events(shape: float, rate: float, exposure: float) -> tuple[Floats, Floats]:
    chance = rate / (rate + exposure)
    most = math.ceil(float(nbinom.isf(2e-11, shape, chance)))
    if most > 20_000:
        raise DesignError(
            f"A further exposure of {exposure!r} may bring more than 20,000 events. Give exposures in the unit of the "
            "rate's, or use a normal approximation of the log rate ratio."
        )
    events = np.arange(most + 1)
    return events.astype(float), nbinom.pmf(events, shape, chance)

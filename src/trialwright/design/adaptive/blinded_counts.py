"""Sizing a trial again from recurrent events that are told apart by no arm.

The planned ratio of the arms stands. What is estimated is the overall rate, and how much it differs between subjects.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from trialwright.design.sample_size.counts import compute_sample_size_negative_binomial
from trialwright.design.sample_size.exposure import Exposure
from trialwright.design.sample_size.hypotheses import Superiority
from trialwright.errors import DesignError

_HIGHEST_DISPERSION = 1e4


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindedCountSize:
    """Of recurrent events.

    rate, dispersion   pooled estimates: events per unit of time, and k of the variance mu + k mu^2
    total_units        subjects of the whole trial
    """

    rate: float
    dispersion: float
    total_units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindedCountRule:
    """Subjects in all from the pooled rate and dispersion of recurrent events.

    rate_ratio   planned, experimental / control
    exposure     time under observation that subjects are planned to have
    alpha        one-sided

    The two arms are taken for one negative binomial distribution. Its dispersion has in it what the ratio of the arms
    makes, which errs a little on the side of more subjects. The size is that of the Wald test.
    Source: Friede T, Schmidli H. Methods Inf Med 2010;49:618-624; Stat Med 2010;29:1145-1156.
    """

    rate_ratio: float
    exposure: Exposure
    alpha: float
    power: float
    minimum: int
    maximum: int
    allocation_ratio: float = 1.0

    def size(self, counts: ArrayLike, times: ArrayLike) -> BlindedCountSize:
        """From the events of each subject and the time each was observed, pooled over the arms."""
        rate, dispersion = compute_pooled_rate(counts, times)
        r = self.allocation_ratio
        control = rate * (1 + r) / (1 + r * self.rate_ratio)
        size = compute_sample_size_negative_binomial(
            rate_experimental=control * self.rate_ratio,
            rate_control=control,
            dispersion=dispersion,
            exposure=self.exposure,
            alpha=self.alpha,
            sided=1,
            power=self.power,
            allocation_ratio=r,
            hypothesis=Superiority(higher_is_better=self.rate_ratio > 1),
            null_variance="unrestricted",
        )
        total = min(max(size.n_total, self.minimum), self.maximum)
        return BlindedCountSize(rate=rate, dispersion=dispersion, total_units=max(total, np.size(counts)))


def compute_pooled_rate(counts: ArrayLike, times: ArrayLike) -> tuple[float, float]:
    """Most likely rate and dispersion of one negative binomial distribution.

    The dispersion is 0 (Poisson) where the counts vary no more than by chance.
    """
    events, exposure = np.asarray(counts, np.float64), np.asarray(times, np.float64)
    if events.shape != exposure.shape or events.ndim != 1 or len(events) < 2:
        raise DesignError(
            f"counts and times must be lists of one length, of at least 2, got {events.shape} and {exposure.shape}."
        )
    if not (np.isfinite(exposure).all() and (exposure > 0).all() and (events >= 0).all() and (events % 1 == 0).all()):
        raise DesignError(
            "counts must be whole numbers from 0, and times above 0. Leave out subjects not yet observed."
        )
    if events.sum() == 0:
        raise DesignError(
            f"No event among {len(events)} subjects, so there is no rate to size the trial by. Wait for some."
        )

    def rate_at(dispersion: float) -> float:
        rate = float(events.sum() / exposure.sum())
        for _ in range(200):
            weights = 1 / (1 + dispersion * rate * exposure)
            following = float((weights * events).sum() / (weights * exposure).sum())
            if abs(following - rate) <= 1e-14 * rate:
                break
            rate = following
        return rate

    def minus_log_likelihood(log_dispersion: float) -> float:
        dispersion = math.exp(log_dispersion)
        mean, shape = rate_at(dispersion) * exposure, 1 / dispersion
        terms = gammaln(events + shape) - gammaln(shape) + events * np.log(dispersion * mean)
        return -float((terms - (events + shape) * np.log1p(dispersion * mean)).sum())

    found = minimize_scalar(
        minus_log_likelihood,
        bounds=(math.log(1e-7), math.log(_HIGHEST_DISPERSION)),
        method="bounded",
        options={"xatol": 1e-10},
    )
    dispersion = math.exp(float(found.x))
    if dispersion < 1e-5:
        return float(events.sum() / exposure.sum()), 0.0
    return rate_at(dispersion), dispersion

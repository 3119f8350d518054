"""BOP2: Bayesian optimal phase 2 designs for one or two yes-or-no endpoints, with exact operating characteristics.

At each look the posterior probability that an endpoint is better than its null rate is held to the cutoff
lambda * (n / N)^gamma; lambda and gamma are those with most power of all that keep the type I error.

Sources: Zhou H, Lee JJ, Yuan Y. BOP2: Bayesian optimal design for phase II clinical trials with simple and complex
endpoints. Stat Med 2017;36:3302-3314. Chen K, Zhou H, Lee JJ, Yuan Y. BOP2-TE. arXiv 2408.05816 (errors when only
efficacy or only toxicity fails).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from trialwright.design.early.joint_counts import JointRates, follow_counts
from trialwright.design.early.requirements import count, ordered, positive, probability
from trialwright.errors import DesignError

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int_]
Endpoints = Literal["single", "nested", "co_primary", "efficacy_toxicity"]

CONVENTIONS = (
    "a single group; looks count all subjects so far, the last look is the final analysis",
    "prior: Dirichlet with the null rates as mean and prior_size subjects; so each endpoint has a beta posterior",
    "single: a trial stops with at most first_at_most; nested and co-primary: if both counts are at most their bounds",
    "efficacy and toxicity: a trial stops with at most first_at_most responses or at least second_at_least toxicities",
    "the treatment is promising if the trial passes all looks, the last included; bounds None cannot be met",
    "type_one_error is the largest probability of that over the nulls asked for; all probabilities are exact",
)

_LAMBDAS = np.round(np.arange(0.30, 0.9951, 0.005), 3)
_GAMMAS = np.round(np.arange(0.0, 1.001, 0.05), 2)
#: Rules followed at once: bounds the memory.
_CHUNK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Bop2Look:
    """Bounds at `n` subjects: of the first endpoint, and of the second (at most, or at least for toxicity)."""

    n: int
    first_at_most: int | None
    second_at_most: int | None
    second_at_least: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bop2Scenario:
    """What happens under some true rates: probability of a promising result, of stopping at each look, mean size."""

    rates: JointRates
    promising: float
    stops: tuple[float, ...]
    expected_n: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bop2Design:
    """The design with its bounds, and its behaviour under each null and under the alternative."""

    endpoints: Endpoints
    lambda_: float
    gamma: float
    looks: tuple[Bop2Look, ...]
    nulls: tuple[Bop2Scenario, ...]
    alternative: Bop2Scenario
    type_one_error: float
    power: float
    conventions: tuple[str, ...] = CONVENTIONS


def compute_bop2_single(
    *,
    null_rate: float,
    alternative_rate: float,
    looks: Sequence[int],
    alpha: float,
    prior_size: float = 1.0,
) -> Bop2Design:
    """The design for a response rate."""
    probability("null_rate", null_rate)
    probability("alternative_rate", alternative_rate)
    return compute_bop2(
        "single",
        nulls=[JointRates(first=null_rate, second=0.0, both=0.0)],
        alternative=JointRates(first=alternative_rate, second=0.0, both=0.0),
        looks=looks,
        alpha=alpha,
        prior_size=prior_size,
    )


def compute_bop2(
    endpoints: Endpoints,
    *,
    nulls: Sequence[JointRates],
    alternative: JointRates,
    looks: Sequence[int],
    alpha: float,
    prior_size: float = 1.0,
) -> Bop2Design:
    """The design for two endpoints.

    endpoints     nested: the first implies the second (complete response, response); co_primary: either will do;
                  efficacy_toxicity: the first is to be high and the second low
    nulls         the first gives the rates that endpoints are compared with; the type I error holds for all of them.
                  For efficacy and toxicity, further ones with one endpoint at its alternative control these errors too
    looks         subjects at each look, the last being all

    Raises DesignError if no lambda and gamma keep the type I error.
    """
    sizes = _check(endpoints, nulls, alternative, looks, alpha, prior_size)
    grid = np.array([(level, power) for level in _LAMBDAS for power in _GAMMAS])
    bounds = _bounds(endpoints, nulls[0], sizes, prior_size, grid)
    # Many cutoffs have the same bounds; of these the first is taken.
    _, first = np.unique(bounds.reshape(len(grid), -1), axis=0, return_index=True)
    grid, bounds = grid[first], bounds[first]
    errors = np.max([_promising(endpoints, rates, sizes, bounds)[:, -1] for rates in nulls], axis=0)
    keeps = np.flatnonzero(errors <= alpha)
    if not keeps.size:
        raise DesignError(
            f"No cutoff keeps a type I error of {alpha} with {sizes[-1]} subjects; the least is {errors.min():.4f}. "
            "Raise alpha or the number of subjects."
        )
    powers = _promising(endpoints, alternative, sizes, bounds[keeps])[:, -1]
    null_passes = _promising(endpoints, nulls[0], sizes, bounds[keeps])
    expected = sizes[0] + null_passes[:, :-1] @ np.diff(sizes)
    chosen = int(np.lexsort((expected, -np.round(powers, 12)))[0])
    rule = bounds[keeps[chosen]][None]
    shown = [_scenario(endpoints, rates, sizes, rule) for rates in nulls]
    under_alternative = _scenario(endpoints, alternative, sizes, rule)
    return Bop2Design(
        endpoints=endpoints,
        lambda_=float(grid[keeps[chosen], 0]),
        gamma=float(grid[keeps[chosen], 1]),
        looks=tuple(_look(endpoints, int(n), rule[0, k]) for k, n in enumerate(sizes)),
        nulls=tuple(shown),
        alternative=under_alternative,
        type_one_error=max(scenario.promising for scenario in shown),
        power=under_alternative.promising,
    )


def compute_bop2_scenario(design: Bop2Design, rates: JointRates) -> Bop2Scenario:
    """How a design behaves under other true rates."""
    sizes = np.array([look.n for look in design.looks])
    rule = np.array([[_numbers(look) for look in design.looks]])
    return _scenario(design.endpoints, rates, sizes, rule)


def _check(
    endpoints: Endpoints,
    nulls: Sequence[JointRates],
    alternative: JointRates,
    looks: Sequence[int],
    alpha: float,
    prior_size: float,
) -> Integers:
    if endpoints not in ("single", "nested", "co_primary", "efficacy_toxicity"):
        raise DesignError(
            f"endpoints must be 'single', 'nested', 'co_primary' or 'efficacy_toxicity', got {endpoints!r}."
        )
    probability("alpha", alpha)
    positive("prior_size", prior_size)
    if not nulls:
        raise DesignError("nulls is empty; give the rates under which the treatment is not promising.")
    null = nulls[0]
    ordered(
        "the null rate",
        null.first,
        "the alternative rate of the first endpoint",
        alternative.first,
        why="it is hoped for",
    )
    if endpoints == "efficacy_toxicity":
        ordered(
            "the alternative rate", alternative.second, "the null rate of toxicity", null.second, why="it is feared"
        )
    elif endpoints != "single" and alternative.second < null.second:
        raise DesignError(f"The second rate falls from {null.second} (null) to {alternative.second}; it is hoped for.")
    for rates in [*nulls, alternative]:
        if endpoints == "nested" and abs(rates.both - rates.first) > 1e-12:
            raise DesignError(
                f"Nested endpoints: whoever has the first has the second, so both ({rates.both}) must be {rates.first}."
            )
    sizes = [count("looks", n) for n in looks]
    if not sizes or any(b <= a for a, b in pairwise(sizes)):
        raise DesignError(f"looks must be rising numbers of subjects, the last being all, got {tuple(looks)!r}.")
    return np.array(sizes)


def _bounds(endpoints: Endpoints, null: JointRates, sizes: Integers, prior_size: float, grid: Floats) -> Integers:
    """Bounds of both endpoints at each look for each lambda and gamma: shape (rules, looks, 2)."""
    bounds = np.full((len(grid), len(sizes), 2), -1)
    for k, n in enumerate(sizes):
        cutoff = grid[:, 0] * (n / sizes[-1]) ** grid[:, 1]
        seen = np.arange(n + 1)
        better = _posterior_above(null.first, prior_size, seen, n)
        bounds[:, k, 0] = np.searchsorted(better, cutoff, side="left") - 1
        if endpoints == "efficacy_toxicity":
            safe = 1 - _posterior_above(null.second, prior_size, seen, n)
            # `safe` falls: so many toxicities are still allowed.
            bounds[:, k, 1] = (safe[None, :] >= cutoff[:, None]).sum(axis=1)
        elif endpoints != "single":
            second = _posterior_above(null.second, prior_size, seen, n)
            bounds[:, k, 1] = np.searchsorted(second, cutoff, side="left") - 1
    return bounds


def _posterior_above(rate: float, prior_size: float, seen: Integers, n: int) -> Floats:
    """Posterior probability of a rate above `rate`, by the number seen; the prior has mean `rate`."""
    return np.asarray(beta.sf(rate, prior_size * rate + seen, prior_size * (1 - rate) + n - seen))


def _promising(endpoints: Endpoints, rates: JointRates, sizes: Integers, bounds: Integers) -> Floats:
    """Probability of passing each look, a row per rule."""
    parts = [
        follow_counts(rates, sizes.tolist(), [_goes_on(endpoints, int(n), part[:, k]) for k, n in enumerate(sizes)])
        for part in np.array_split(bounds, max(1, len(bounds) // _CHUNK))
    ]
    return np.concatenate(parts)


def _goes_on(endpoints: Endpoints, n: int, bounds: Integers) -> Booleans:
    seen = np.arange(n + 1)
    first = (seen > bounds[:, :1])[:, :, None]
    if endpoints == "single":
        return first
    if endpoints == "efficacy_toxicity":
        return np.asarray(first & (seen < bounds[:, 1:])[:, None, :])
    return np.asarray(first | (seen > bounds[:, 1:])[:, None, :])


def _scenario(endpoints: Endpoints, rates: JointRates, sizes: Integers, rule: Integers) -> Bop2Scenario:
    passes = _promising(endpoints, rates, sizes, rule)[0]
    return Bop2Scenario(
        rates=rates,
        promising=float(passes[-1]),
        stops=tuple((-np.diff(np.concatenate([[1.0], passes]))).tolist()),
        expected_n=float(sizes[0] + passes[:-1] @ np.diff(sizes)),
    )


def _look(endpoints: Endpoints, n: int, bounds: Integers) -> Bop2Look:
    first, second = int(bounds[0]), int(bounds[1])
    toxicity = endpoints == "efficacy_toxicity"
    return Bop2Look(
        n=n,
        first_at_most=first if first >= 0 else None,
        second_at_most=second if second >= 0 and not toxicity else None,
        second_at_least=second if toxicity and second <= n else None,
    )


def _numbers(look: Bop2Look) -> tuple[int, int]:
    first = -1 if look.first_at_most is None else look.first_at_most
    if look.second_at_least is not None:
        return first, look.second_at_least
    return first, -1 if look.second_at_most is None else look.second_at_most

"""Tests of times to an event that can be done at the looks of the same simulated trials. Light."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trialwright.design.simulation.logrank_weights import UNWEIGHTED, FlemingHarrington, ModestWeights
from trialwright.design.simulation.looks import Endpoint
from trialwright.errors import DesignError

#: More would make the probability of their maximum too slow for each look of each trial.
MOST_COMPONENTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRank:
    """The (weighted) log-rank test.

    endpoint       where subjects have two: by default the primary one
    is_stratified  whether it sums over the strata, with weights of each stratum's own Kaplan-Meier estimate

    Without weights its estimate is the logarithm of the hazard ratio in one step, (observed - expected) / variance.
    """

    weights: FlemingHarrington | ModestWeights = UNWEIGHTED
    endpoint: Endpoint | None = None
    is_stratified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxCombo:
    """The largest of several weighted log-rank statistics; its z is that of its one-sided p-value.

    The statistics are normal with the correlation that is estimated from the same data (Karrison TG. Versatile tests
    for comparing survival curves based on weighted log-rank statistics. Stata Journal 2016; 16: 678-690). Bounds of
    several looks on this z take the looks' correlation for that of log-rank statistics: it is near to it, not equal.
    """

    weights: tuple[FlemingHarrington, ...] = (
        FlemingHarrington(),
        FlemingHarrington(gamma=1.0),
        FlemingHarrington(rho=1.0),
        FlemingHarrington(rho=1.0, gamma=1.0),
    )
    endpoint: Endpoint | None = None
    is_stratified: bool = True

    def __post_init__(self) -> None:
        if not 2 <= len(self.weights) <= MOST_COMPONENTS or len(set(self.weights)) < len(self.weights):
            raise DesignError(
                f"MaxCombo.weights must be 2 to {MOST_COMPONENTS} different ones, got {self.weights}. "
                "For a single one use LogRank."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedMean:
    """The difference of restricted mean survival times, experimental - control, over its standard error (Greenwood).

    horizon  time since randomization up to which the Kaplan-Meier curves are integrated. There is no statistic at a
             look at which an arm's curve does not reach it

    Source: Royston P, Parmar MK. BMC Medical Research Methodology 2013; 13: 152. Strata are not used.
    """

    horizon: float
    endpoint: Endpoint | None = None

    def __post_init__(self) -> None:
        _check_time("RestrictedMean.horizon", self.horizon)


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """The difference of Kaplan-Meier estimates at a time, experimental - control, over its standard error (Greenwood).

    time  since randomization. There is no statistic at a look at which an arm's curve does not reach it, nor where both
          standard errors are 0

    Strata are not used.
    """

    time: float
    endpoint: Endpoint | None = None

    def __post_init__(self) -> None:
        _check_time("Milestone.time", self.time)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxModel:
    """Cox's model of the arm: the logarithm of the hazard ratio (experimental / control), its standard error, Wald's z.

    is_stratified  whether each stratum has a baseline hazard of its own
    """

    endpoint: Endpoint | None = None
    is_stratified: bool = True


SurvivalTest = LogRank | MaxCombo | RestrictedMean | Milestone | CoxModel


def _check_time(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise DesignError(f"{name} must be above 0, got {value!r}. Give a time since randomization.")

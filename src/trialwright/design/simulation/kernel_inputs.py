"""What the compiled code is given about a plan: numbers and arrays, in named tuples, which numba can read."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trialwright.design.simulation.plans import FlemingHarrington, ModestWeights, TimeToEvent, TrialPlan
from trialwright.design.simulation.rates import PiecewiseRate

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Kinds of weights, as the compiled code knows them.
FLEMING_HARRINGTON: Final = 0
MODEST: Final = 1


class Rates(NamedTuple):
    """Piecewise constant rates, a row for each: beginnings of pieces, rates, and integrals up to the beginnings."""

    starts: Floats
    rates: Floats
    totals: Floats


class Enrollment(NamedTuple):
    """Accrual and allocation. slots: of each arm in a block; for simple randomization they are the weights."""

    accrual: Rates
    is_even: bool
    slots: Integers
    is_simple: bool


class FollowUp(NamedTuple):
    """Hazards of each arm. maximum: infinite for none."""

    hazards: Rates
    dropout_hazards: Rates
    maximum: float


class Looks(NamedTuple):
    """counts: events (outcomes) planned at each look, 0 where the look is at the calendar time in `times`."""

    counts: Integers
    times: Floats


class Weights(NamedTuple):
    """FLEMING_HARRINGTON: `first` is rho, `second` gamma. MODEST: `first` is the time until which weights grow."""

    kind: int
    first: float
    second: float


def rates_of(rates: tuple[PiecewiseRate, ...]) -> Rates:
    """Rows shorter than others are filled up with pieces that never begin."""
    shape = (len(rates), max(len(rate.rates) for rate in rates))
    starts, values, totals = np.full(shape, np.inf), np.zeros(shape), np.full(shape, np.inf)
    for row, rate in enumerate(rates):
        pieces = len(rate.rates)
        starts[row, :pieces], values[row, :pieces] = rate.starts, rate.rates
        totals[row, :pieces] = [rate.total(start) for start in rate.starts]
    return Rates(starts, values, totals)


def enrollment_of(plan: TrialPlan) -> Enrollment:
    """Accrual and allocation of a plan."""
    is_simple = plan.allocation.method == "simple"
    slots = np.asarray(plan.allocation.weights, np.int64) * (1 if is_simple else plan.allocation.blocks_of)
    return Enrollment(rates_of((plan.accrual.rate,)), plan.accrual.arrivals == "even", slots, is_simple)


def follow_up_of(outcome: TimeToEvent) -> FollowUp:
    """Hazards of an outcome; without dropouts those of dropouts are 0."""
    none = (PiecewiseRate(rates=(0.0,)),) * outcome.arms
    maximum = np.inf if outcome.maximum_followup is None else outcome.maximum_followup
    return FollowUp(rates_of(outcome.hazards), rates_of(outcome.dropout_hazards or none), float(maximum))


def looks_of(plan: TrialPlan) -> Looks:
    """The looks of a plan."""
    return Looks(
        np.asarray([look.observed or 0 for look in plan.looks], np.int64),
        np.asarray([look.time or 0.0 for look in plan.looks], np.float64),
    )


def weights_of(weights: FlemingHarrington | ModestWeights) -> Weights:
    """The weights of a log-rank test."""
    if isinstance(weights, FlemingHarrington):
        return Weights(FLEMING_HARRINGTON, float(weights.rho), float(weights.gamma))
    return Weights(MODEST, float(weights.until), 0.0)

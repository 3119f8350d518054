"""What the compiled code is given about a plan: numbers and arrays, in named tuples, which numba can read."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trialwright.design.simulation.drawing import Purpose, draw_gamma
from trialwright.design.simulation.logrank_weights import FlemingHarrington, ModestWeights
from trialwright.design.simulation.plans import NO_HAZARD, Accrual, TimeToEvent, TrialPlan
from trialwright.design.simulation.rates import PiecewiseRate
from trialwright.design.simulation.site_mix import SiteMix
from trialwright.design.simulation.survival_outcomes import ProgressionAndSurvival, StratifiedTimeToEvent

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
    """Accrual and allocation.

    accrual  one row for all trials, or a row for each trial of a block
    slots    of each arm in a block of an allocation; for simple randomization they are the weights
    """

    accrual: Rates
    is_even: bool
    slots: Integers
    is_simple: bool


class FollowUp(NamedTuple):
    """Hazards, a row for each arm; with strata for each arm of the first, then of the second.

    maximum  infinite for none
    """

    hazards: Rates
    dropout_hazards: Rates
    maximum: float


class Transitions(NamedTuple):
    """Hazards between the states of the illness-death model, a row for each arm."""

    progression: Rates
    death_before: Rates
    death_after: Rates
    is_after_by_randomization: bool
    dropout_hazards: Rates
    maximum: float


class Looks(NamedTuple):
    """Conditions of each look.

    counts     events (outcomes); 0 for no such condition
    endpoints  whose events these are
    times      calendar times; negative for no such condition
    subjects   randomized `followups` ago; 0 for no such condition
    is_any     whether the first condition that is met suffices
    """

    counts: Integers
    endpoints: Integers
    times: Floats
    subjects: Integers
    followups: Floats
    is_any: Integers


class Cohort(NamedTuple):
    """The subjects of each trial of a block, in the order in which they come in: a row per trial.

    entry     calendar time of randomization
    arm       0 for the control
    stratum   from 0
    time      endpoint, trial, subject: since randomization, to the event, the dropout or the end of follow-up
    is_event  endpoint, trial, subject: 1 if it is the event
    strata, arms  how many there are
    """

    entry: Floats
    arm: Integers
    stratum: Integers
    time: Floats
    is_event: Integers
    strata: int
    arms: int


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
        totals[row, :pieces] = rate.totals
    return Rates(starts, values, totals)


def enrollment_of(plan: TrialPlan, seed: int, block: int) -> Enrollment:
    """Accrual and allocation of a plan; the rates of sites are drawn where they vary."""
    is_simple = plan.allocation.method == "simple"
    slots = np.asarray(plan.allocation.weights, np.int64) * (1 if is_simple else plan.allocation.blocks_of)
    rates = accrual_of(plan.accrual, seed, block)
    return Enrollment(rates, plan.accrual.arrivals == "even", slots, is_simple)


def accrual_of(accrual: Accrual | SiteMix, seed: int, block: int) -> Rates:
    """Rates of accrual: one row for all trials, or a row for each trial of a block where the rates of sites vary."""
    if isinstance(accrual, SiteMix) and accrual.rate_variation > 0:
        return _varied_rates(accrual, seed, block)
    return rates_of((accrual.rate,))


def _varied_rates(mix: SiteMix, seed: int, block: int) -> Rates:
    """A row for each trial of a block: the total rate of the sites open by then."""
    openings = np.asarray([opening for opening, _ in mix.openings])
    shape = mix.rate_variation**-2
    factors = draw_gamma(seed, block, Purpose.SITE_RATE, len(openings), shape).T / shape
    rates = np.cumsum(factors * [rate for _, rate in mix.openings], axis=1)
    if openings[0] > 0:
        openings = np.concatenate([[0.0], openings])
        rates = np.concatenate([np.zeros((len(rates), 1)), rates], axis=1)
    totals = np.zeros_like(rates)
    np.cumsum(rates[:, :-1] * np.diff(openings), axis=1, out=totals[:, 1:])
    return Rates(np.ascontiguousarray(np.broadcast_to(openings, rates.shape)), rates, totals)


def follow_up_of(outcome: TimeToEvent | StratifiedTimeToEvent) -> FollowUp:
    """Hazards of an outcome; without dropouts those of dropouts are 0."""
    parts = outcome.strata if isinstance(outcome, StratifiedTimeToEvent) else (outcome,)
    hazards = tuple(hazard for part in parts for hazard in part.hazards)
    dropouts = tuple(hazard for part in parts for hazard in part.dropout_hazards or (NO_HAZARD,) * outcome.arms)
    return FollowUp(rates_of(hazards), rates_of(dropouts), _maximum(outcome.maximum_followup))


def transitions_of(outcome: ProgressionAndSurvival) -> Transitions:
    """Hazards of the illness-death model; without dropouts those of dropouts are 0."""
    return Transitions(
        rates_of(outcome.progression),
        rates_of(outcome.death_before),
        rates_of(outcome.death_after),
        outcome.after_clock == "randomization",
        rates_of(outcome.dropout_hazards or (NO_HAZARD,) * outcome.arms),
        _maximum(outcome.maximum_followup),
    )


def _maximum(followup: float | None) -> float:
    return float(np.inf if followup is None else followup)


def looks_of(plan: TrialPlan) -> Looks:
    """The looks of a plan."""
    subjects = [look.subjects or (0 if look.minimum_followup is None else plan.accrual.subjects) for look in plan.looks]
    return Looks(
        np.asarray([look.observed or 0 for look in plan.looks], np.int64),
        np.asarray([endpoint_number(plan, look.endpoint) for look in plan.looks], np.int64),
        np.asarray([-1.0 if look.time is None else look.time for look in plan.looks], np.float64),
        np.asarray(subjects, np.int64),
        np.asarray([look.minimum_followup or 0.0 for look in plan.looks], np.float64),
        np.asarray([look.requires == "any" for look in plan.looks], np.int64),
    )


def endpoint_number(plan: TrialPlan, endpoint: str | None) -> int:
    """Where an endpoint stands in a cohort; None is the primary one."""
    if not isinstance(plan.outcome, ProgressionAndSurvival):
        return 0
    return int((endpoint or plan.outcome.primary) == "overall_survival")


def weights_of(weights: FlemingHarrington | ModestWeights) -> Weights:
    """The weights of a log-rank test."""
    if isinstance(weights, FlemingHarrington):
        return Weights(FLEMING_HARRINGTON, float(weights.rho), float(weights.gamma))
    return Weights(MODEST, float(weights.until), 0.0)

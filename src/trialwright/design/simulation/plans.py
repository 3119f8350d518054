"""What is simulated: a trial's accrual, allocation, outcomes and looks. Light: nothing is computed here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from trialwright.design.simulation.feasibility import event_probability
from trialwright.design.simulation.rates import PiecewiseRate
from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """How subjects come in.

    subjects  how many, in all arms together
    rate      subjects per unit of time, by calendar time; its last rate holds until all are in
    arrivals  "poisson": at random, as a Poisson process of that rate; "even": the k-th comes when k are expected
    """

    subjects: int
    rate: PiecewiseRate
    arrivals: Literal["poisson", "even"] = "poisson"

    def __post_init__(self) -> None:
        if self.subjects < 2:
            raise DesignError(f"Accrual.subjects must be at least 2, got {self.subjects!r}. Each arm needs a subject.")
        if self.rate.rates[-1] <= 0:
            raise DesignError(
                f"Accrual.rate ends in {self.rate.rates[-1]!r}, so that {self.subjects} subjects may never come in. "
                "Give a last rate above 0; accrual ends by itself when all subjects are in."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """How subjects are allocated to arms.

    weights  of each arm, the control first: (1, 2) is two experimental subjects per control subject
    method   "blocks": permuted blocks, in which each arm has its weight times `blocks_of` subjects; "simple": each
             subject by itself, with probabilities in proportion to the weights
    """

    weights: tuple[int, ...] = (1, 1)
    method: Literal["blocks", "simple"] = "blocks"
    blocks_of: int = 1

    def __post_init__(self) -> None:
        if len(self.weights) < 2 or any(weight < 1 or weight != int(weight) for weight in self.weights):
            raise DesignError(
                f"Allocation.weights must be whole numbers from 1, for two or more arms, got {self.weights}. "
                "Give the control's first, such as (2, 3) for three experimental subjects per two control subjects."
            )
        if self.blocks_of < 1 or self.blocks_of != int(self.blocks_of):
            raise DesignError(
                f"Allocation.blocks_of must be a whole number from 1, got {self.blocks_of!r}. Give 1 or 2."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """When the data are looked at: give one of both.

    observed  at the calendar time of so many events, in all arms together; where the outcome is no time to an event, of
              so many subjects with an outcome
    time      calendar time, from the beginning of accrual
    """

    observed: int | None = None
    time: float | None = None

    def __post_init__(self) -> None:
        if (self.observed is None) == (self.time is None):
            raise DesignError(
                f"Look must have either observed or time, got observed={self.observed!r}, time={self.time!r}. Give one."
            )
        if self.observed is not None and self.observed < 1:
            raise DesignError(f"Look.observed must be at least 1, got {self.observed!r}. Give a number of events.")
        if self.time is not None and not (math.isfinite(self.time) and self.time > 0):
            raise DesignError(f"Look.time must be above 0, got {self.time!r}. Give a time after accrual begins.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlemingHarrington:
    """Log-rank weights survival^rho x (1 - survival)^gamma, of the pooled Kaplan-Meier estimate just before each event.

    0 and 0 is the log-rank test.
    """

    rho: float = 0.0
    gamma: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("rho", self.rho), ("gamma", self.gamma)):
            if not (math.isfinite(value) and value >= 0):
                raise DesignError(f"FlemingHarrington.{name} must not be negative, got {value!r}. Give 0, 0.5 or 1.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModestWeights:
    """Modestly weighted log-rank test: weights 1 / max(survival just before the event, survival at `until`).

    Source: Magirr D, Burman CF. Modestly weighted logrank tests. Statistics in Medicine 2019; 38: 3782-3790.

    until  time since randomization up to which the weights grow
    """

    until: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.until) and self.until >= 0):
            raise DesignError(f"ModestWeights.until must not be negative, got {self.until!r}. Give the expected delay.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeToEvent:
    """Times to an event, compared by a (weighted) log-rank test.

    hazards           of each arm, the control first, by time since randomization
    dropout_hazards   of each arm; none for no dropouts. Dropping out and the event are independent
    maximum_followup  time since randomization after which nobody is followed; none for follow-up until the look
    better            "longer" times (death, progression), or "shorter" ones (recovery)
    """

    hazards: tuple[PiecewiseRate, ...]
    dropout_hazards: tuple[PiecewiseRate, ...] = ()
    maximum_followup: float | None = None
    weights: FlemingHarrington | ModestWeights = FlemingHarrington()
    better: Literal["longer", "shorter"] = "longer"

    def __post_init__(self) -> None:
        if self.maximum_followup is not None and not self.maximum_followup > 0:
            raise DesignError(
                f"TimeToEvent.maximum_followup must be above 0, got {self.maximum_followup!r}. None is no maximum."
            )
        if all(rate == 0 for hazard in self.hazards for rate in hazard.rates):
            raise DesignError("TimeToEvent.hazards are 0 in all arms: no event can occur. Give a hazard above 0.")

    @property
    def arms(self) -> int:
        """How many arms it has values for."""
        return len(self.hazards)


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalOutcome:
    """A normally distributed outcome of each subject, compared by a difference of means.

    means, sds       of each arm, the control first
    delay            from randomization to the outcome
    known_variance   True: z test with the given sds; False: t test with the pooled variance, whose statistic is given
                     as the z of the same one-sided p-value (the significance level approach)
    missing          probability in each arm that a subject has no outcome; none for no missing outcomes
    better           "higher" or "lower" values
    """

    means: tuple[float, ...]
    sds: tuple[float, ...]
    delay: float = 0.0
    known_variance: bool = False
    missing: tuple[float, ...] = ()
    better: Literal["higher", "lower"] = "higher"

    def __post_init__(self) -> None:
        if len(self.sds) != len(self.means):
            raise DesignError(
                f"NormalOutcome.sds must have one value per arm, got {len(self.sds)} for {len(self.means)} means. "
                "Give one for each, the control first."
            )
        if not all(math.isfinite(mean) for mean in self.means):
            raise DesignError(f"NormalOutcome.means must be finite, got {self.means}. Give a number for each arm.")
        if not all(math.isfinite(sd) and sd > 0 for sd in self.sds):
            raise DesignError(f"NormalOutcome.sds must be above 0, got {self.sds}. Give one for each arm.")
        _check_delay(self.delay)
        _check_missing(self.missing)

    @property
    def arms(self) -> int:
        """How many arms it has values for."""
        return len(self.means)


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryOutcome:
    """A response of each subject or none, compared by the difference of proportions with the pooled variance.

    probabilities  of a response in each arm, the control first
    delay          from randomization to the outcome
    missing        probability in each arm that a subject has no outcome; none for no missing outcomes
    better         "higher" or "lower" proportions
    """

    probabilities: tuple[float, ...]
    delay: float = 0.0
    missing: tuple[float, ...] = ()
    better: Literal["higher", "lower"] = "higher"

    def __post_init__(self) -> None:
        if not all(0 <= probability <= 1 for probability in self.probabilities):
            raise DesignError(
                f"BinaryOutcome.probabilities must lie between 0 and 1, got {self.probabilities}. Give 0.3 for 30%."
            )
        _check_delay(self.delay)
        _check_missing(self.missing)

    @property
    def arms(self) -> int:
        """How many arms it has values for."""
        return len(self.probabilities)


Outcome = TimeToEvent | NormalOutcome | BinaryOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPlan:
    """A trial that can be simulated, with a control (arm 0) and one or more experimental arms.

    All times and rates are in one unit of your choice. Looks are in the order in which they are done; one whose
    time has passed when the look before it is done is done at that same time.
    """

    accrual: Accrual
    outcome: Outcome
    looks: tuple[Look, ...]
    allocation: Allocation = Allocation()

    def __post_init__(self) -> None:
        arms = len(self.allocation.weights)
        if self.outcome.arms != arms:
            raise DesignError(
                f"TrialPlan.outcome has values for {self.outcome.arms} arms, but allocation has weights for {arms}. "
                "Give both for the same arms, the control first."
            )
        spare = (
            ("dropout_hazards", self.outcome.dropout_hazards)
            if isinstance(self.outcome, TimeToEvent)
            else ("missing", self.outcome.missing)
        )
        if len(spare[1]) not in (0, arms):
            raise DesignError(
                f"TrialPlan.outcome.{spare[0]} has {len(spare[1])} values for {arms} arms. Give one for each, or none."
            )
        if not self.looks:
            raise DesignError("TrialPlan.looks is empty. Give at least the final look.")
        _check_order("observed", tuple(look.observed for look in self.looks if look.observed is not None))
        _check_order("time", tuple(look.time for look in self.looks if look.time is not None))
        self._check_reachable()

    def _check_reachable(self) -> None:
        planned = max((look.observed for look in self.looks if look.observed is not None), default=0)
        probability, thing = self._probability_of_being_observed()
        expected = self.accrual.subjects * probability
        if probability == 0:
            raise DesignError(
                "TrialPlan.outcome has hazards of 0 up to the end of follow-up: no event can occur. "
                "Give a longer maximum_followup, or hazards above 0 before it."
            )
        # Up to rounding: as many events as subjects are fine where all have the event in the end.
        if planned > expected * (1 + 1e-9):
            raise DesignError(
                f"TrialPlan.looks asks for {planned} {thing}, but of {self.accrual.subjects} subjects only "
                f"{expected:.1f} are expected ever to have one (each with probability {probability:.4g}, after losses "
                f"and the end of follow-up). What would work: a look at no more than {math.floor(expected)} {thing}, "
                f"or accrual of at least {math.ceil(planned / probability)} subjects."
            )

    def _probability_of_being_observed(self) -> tuple[float, str]:
        outcome, weights = self.outcome, self.allocation.weights
        if isinstance(outcome, TimeToEvent):
            end = math.inf if outcome.maximum_followup is None else outcome.maximum_followup
            dropouts = outcome.dropout_hazards or (PiecewiseRate(rates=(0.0,)),) * len(weights)
            pairs = zip(outcome.hazards, dropouts, strict=True)
            by_arm = [event_probability(hazard, dropout, end) for hazard, dropout in pairs]
            thing = "events"
        else:
            by_arm = [1 - missing for missing in outcome.missing or (0.0,) * len(weights)]
            thing = "subjects with an outcome"
        mean = sum(weight * one for weight, one in zip(weights, by_arm, strict=True)) / sum(weights)
        return mean, thing


def _check_delay(delay: float) -> None:
    if not (math.isfinite(delay) and delay >= 0):
        raise DesignError(f"delay must not be negative, got {delay!r}. Give 0 for an outcome at once.")


def _check_missing(missing: tuple[float, ...]) -> None:
    if not all(0 <= probability < 1 for probability in missing):
        raise DesignError(f"missing must lie between 0 and 1, got {missing}. Give 0.1 for 10% without an outcome.")


def _check_order(name: str, values: tuple[float, ...]) -> None:
    for number, (earlier, later) in enumerate(pairwise(values), start=2):
        if not earlier < later:
            raise DesignError(
                f"TrialPlan.looks must increase in {name}, but number {number} of those has {later!r} after "
                f"{earlier!r}. Order them, and give each once."
            )

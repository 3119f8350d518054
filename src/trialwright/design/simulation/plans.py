"""What is simulated: a trial's accrual, allocation, outcomes and looks. Light: nothing is computed here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, assert_never

from trialwright.design.simulation.feasibility import death_probability, event_probability
from trialwright.design.simulation.logrank_weights import UNWEIGHTED, FlemingHarrington, ModestWeights
from trialwright.design.simulation.looks import Endpoint, Look, check_looks
from trialwright.design.simulation.other_outcomes import CountOutcome, OrdinalOutcome, RepeatedMeasures
from trialwright.design.simulation.outcome_checks import check_delay, check_missing
from trialwright.design.simulation.rates import PiecewiseRate
from trialwright.design.simulation.site_mix import SiteMix
from trialwright.design.simulation.survival_outcomes import ProgressionAndSurvival, StratifiedTimeToEvent
from trialwright.design.simulation.survival_tests import Milestone, RestrictedMean, SurvivalTest
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
    within_strata  whether each stratum has blocks of its own, where the population has strata
    """

    weights: tuple[int, ...] = (1, 1)
    method: Literal["blocks", "simple"] = "blocks"
    blocks_of: int = 1
    within_strata: bool = True

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
    weights: FlemingHarrington | ModestWeights = UNWEIGHTED
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
        check_delay(self.delay)
        check_missing(self.missing)

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
        check_delay(self.delay)
        check_missing(self.missing)

    @property
    def arms(self) -> int:
        """How many arms it has values for."""
        return len(self.probabilities)


Outcome = TimeToEvent | NormalOutcome | BinaryOutcome
OtherOutcome = OrdinalOutcome | CountOutcome | RepeatedMeasures
SurvivalOutcome = TimeToEvent | StratifiedTimeToEvent | ProgressionAndSurvival
NO_HAZARD = PiecewiseRate(rates=(0.0,))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPlan:
    """A trial that can be simulated, with a control (arm 0) and one or more experimental arms.

    All times and rates are in one unit of your choice. Looks are in the order in which they are done; one whose
    time has passed when the look before it is done is done at that same time.

    tests  done at each look beside the outcome's own, on the same data; for times to an event
    """

    accrual: Accrual | SiteMix
    outcome: Outcome | SurvivalOutcome | OtherOutcome
    looks: tuple[Look, ...]
    allocation: Allocation = Allocation()
    tests: tuple[SurvivalTest, ...] = ()

    def __post_init__(self) -> None:
        arms = len(self.allocation.weights)
        if self.outcome.arms != arms:
            raise DesignError(
                f"TrialPlan.outcome has values for {self.outcome.arms} arms, but allocation has weights for {arms}. "
                "Give both for the same arms, the control first."
            )
        match self.outcome:
            case TimeToEvent(dropout_hazards=spare) | ProgressionAndSurvival(dropout_hazards=spare):
                _check_arms("dropout_hazards", len(spare), arms)
            case StratifiedTimeToEvent():
                pass
            case other:
                _check_arms("missing", len(other.missing), arms)
        check_looks(self.looks, self.accrual.subjects)
        self._check_tests()
        for endpoint in {look.endpoint for look in self.looks if look.observed is not None}:
            self._check_reachable(endpoint)

    def _check_tests(self) -> None:
        if self.tests and not isinstance(self.outcome, SurvivalOutcome):
            raise DesignError(
                f"TrialPlan.tests are of times to an event, but the outcome is a {type(self.outcome).__name__}. "
                "Leave them out: its own test is always done."
            )
        if not isinstance(self.outcome, ProgressionAndSurvival):
            named = [one.endpoint for one in (*self.tests, *self.looks) if one.endpoint is not None]
            if named:
                raise DesignError(
                    f"TrialPlan has a test or look of {named[0]}, but {type(self.outcome).__name__} has one endpoint. "
                    "Leave endpoint out, or use ProgressionAndSurvival."
                )
        maximum = self.outcome.maximum_followup if isinstance(self.outcome, SurvivalOutcome) else None
        for test in self.tests:
            until = test.horizon if isinstance(test, RestrictedMean) else 0.0
            until = test.time if isinstance(test, Milestone) else until
            if maximum is not None and until > maximum:
                raise DesignError(
                    f"TrialPlan.tests has a {type(test).__name__} at {until:g}, but nobody is followed after "
                    f"{maximum:g}. Give at most {maximum:g}."
                )

    def _check_reachable(self, endpoint: Endpoint | None) -> None:
        planned = max(look.observed or 0 for look in self.looks if look.endpoint == endpoint)
        probability, thing = self._probability_of_being_observed(endpoint)
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

    def _probability_of_being_observed(self, endpoint: Endpoint | None) -> tuple[float, str]:
        outcome, weights = self.outcome, self.allocation.weights
        thing = "events"
        match outcome:
            case TimeToEvent():
                by_arm = _event_probabilities(outcome.hazards, outcome.dropout_hazards, outcome.maximum_followup)
            case StratifiedTimeToEvent():
                by_stratum = [
                    _event_probabilities(stratum.hazards, stratum.dropout_hazards, outcome.maximum_followup)
                    for stratum in outcome.strata
                ]
                prevalences = [stratum.prevalence for stratum in outcome.strata]
                by_arm = [
                    math.fsum(share * one for share, one in zip(prevalences, of_arm, strict=True))
                    for of_arm in zip(*by_stratum, strict=True)
                ]
            case ProgressionAndSurvival():
                by_arm = _endpoint_probabilities(outcome, endpoint or outcome.primary)
            case NormalOutcome() | BinaryOutcome() | OrdinalOutcome() | CountOutcome() | RepeatedMeasures():
                by_arm = [1 - missing for missing in outcome.missing or (0.0,) * len(weights)]
                thing = "subjects with an outcome"
            case _:
                assert_never(outcome)
        mean = sum(weight * one for weight, one in zip(weights, by_arm, strict=True)) / sum(weights)
        return mean, thing


def _event_probabilities(
    hazards: tuple[PiecewiseRate, ...], dropout_hazards: tuple[PiecewiseRate, ...], maximum_followup: float | None
) -> list[float]:
    end = math.inf if maximum_followup is None else maximum_followup
    dropouts = dropout_hazards or (NO_HAZARD,) * len(hazards)
    return [event_probability(hazard, dropout, end) for hazard, dropout in zip(hazards, dropouts, strict=True)]


def _endpoint_probabilities(outcome: ProgressionAndSurvival, endpoint: Endpoint) -> list[float]:
    after = outcome.death_after if endpoint == "overall_survival" else None
    dropouts = outcome.dropout_hazards or (NO_HAZARD,) * outcome.arms
    return [
        death_probability(
            progression=outcome.progression[arm] if after else NO_HAZARD,
            death_before=outcome.death_before[arm] if after else _sum(outcome, arm),
            death_after=after[arm] if after else NO_HAZARD,
            is_after_by_randomization=outcome.after_clock == "randomization",
            dropout_hazard=dropouts[arm],
            end=math.inf if outcome.maximum_followup is None else outcome.maximum_followup,
        )
        for arm in range(outcome.arms)
    ]


def _sum(outcome: ProgressionAndSurvival, arm: int) -> PiecewiseRate:
    one, other = outcome.progression[arm], outcome.death_before[arm]
    changes = tuple(sorted({*one.changes, *other.changes}))
    return PiecewiseRate(rates=tuple(one.at(start) + other.at(start) for start in (0.0, *changes)), changes=changes)


def _check_arms(name: str, size: int, arms: int) -> None:
    if size not in (0, arms):
        raise DesignError(f"TrialPlan.outcome.{name} has {size} values for {arms} arms. Give one for each, or none.")

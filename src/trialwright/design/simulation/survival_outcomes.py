"""Times to an event in strata, and to progression and death. Light: nothing is computed here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from trialwright.design.simulation.logrank_weights import UNWEIGHTED, FlemingHarrington, ModestWeights
from trialwright.design.simulation.looks import Endpoint
from trialwright.design.simulation.rates import PiecewiseRate
from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalStratum:
    """A part of the population.

    prevalence       its share of all subjects
    hazards          of each arm, the control first, by time since randomization
    dropout_hazards  of each arm; none for no dropouts
    """

    prevalence: float
    hazards: tuple[PiecewiseRate, ...]
    dropout_hazards: tuple[PiecewiseRate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StratifiedTimeToEvent:
    """Times to an event of a population in strata, compared by a stratified (weighted) log-rank test.

    strata            whose prevalences sum to 1; each subject belongs to one at random
    is_test_stratified  whether the test sums over the strata
    maximum_followup, weights, better   as of TimeToEvent
    """

    strata: tuple[SurvivalStratum, ...]
    maximum_followup: float | None = None
    weights: FlemingHarrington | ModestWeights = UNWEIGHTED
    is_test_stratified: bool = True
    better: Literal["longer", "shorter"] = "longer"

    def __post_init__(self) -> None:
        _check_maximum("StratifiedTimeToEvent", self.maximum_followup)
        if not self.strata:
            raise DesignError("StratifiedTimeToEvent.strata is empty. Give two or more, or use TimeToEvent.")
        if any(not stratum.prevalence > 0 for stratum in self.strata):
            raise DesignError("A stratum has a prevalence of 0 or less. Give each a share above 0, or leave it out.")
        total = math.fsum(stratum.prevalence for stratum in self.strata)
        if abs(total - 1) > 1e-9:
            raise DesignError(f"The prevalences of the strata sum to {total:g}, not 1. Divide each by {total:g}.")
        if len({len(stratum.hazards) for stratum in self.strata}) > 1:
            raise DesignError("The strata have hazards for different numbers of arms. Give each arm's in each stratum.")
        for number, stratum in enumerate(self.strata, start=1):
            if len(stratum.dropout_hazards) not in (0, len(stratum.hazards)):
                raise DesignError(
                    f"Stratum {number} has {len(stratum.dropout_hazards)} dropout_hazards for {len(stratum.hazards)} "
                    "arms. Give one for each, or none."
                )

    @property
    def arms(self) -> int:
        """How many arms it has values for."""
        return len(self.strata[0].hazards)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressionAndSurvival:
    """Progression and death of each subject: the illness-death model, which makes both endpoints depend on each other.

    Progression-free survival is the time to progression or death, overall survival that to death. Hazards are of each
    arm, the control first, by time since randomization.

    progression       from randomization to progression
    death_before      to death of those who have not progressed
    death_after       to death of those who have
    after_clock       "randomization": death_after is by time since randomization (a Markov process); "progression": by
                      time since progression
    dropout_hazards   end the follow-up of both endpoints; none for no dropouts
    maximum_followup  time since randomization after which nobody is followed
    primary           whose events and log-rank test `observed` and `z` of the trials are of
    weights           of that log-rank test

    Source: Meller M, Beyersmann J, Rufibach K. Joint modeling of progression-free and overall survival and computation
    of correlation measures. Statistics in Medicine 2019; 38: 4270-4289.
    """

    progression: tuple[PiecewiseRate, ...]
    death_before: tuple[PiecewiseRate, ...]
    death_after: tuple[PiecewiseRate, ...]
    after_clock: Literal["randomization", "progression"] = "randomization"
    dropout_hazards: tuple[PiecewiseRate, ...] = ()
    maximum_followup: float | None = None
    primary: Endpoint = "overall_survival"
    weights: FlemingHarrington | ModestWeights = UNWEIGHTED

    def __post_init__(self) -> None:
        _check_maximum("ProgressionAndSurvival", self.maximum_followup)
        sizes = {"death_before": len(self.death_before), "death_after": len(self.death_after)}
        for name, size in sizes.items():
            if size != len(self.progression):
                raise DesignError(
                    f"ProgressionAndSurvival.{name} has {size} hazards, but progression has {len(self.progression)}. "
                    "Give one for each arm, the control first."
                )
        if all(rate == 0 for hazard in (*self.progression, *self.death_before) for rate in hazard.rates):
            raise DesignError(
                "ProgressionAndSurvival.progression and death_before are 0 in all arms: no event can occur. "
                "Give hazards above 0."
            )

    @property
    def arms(self) -> int:
        """How many arms it has values for."""
        return len(self.progression)


def _check_maximum(name: str, maximum: float | None) -> None:
    if maximum is not None and not maximum > 0:
        raise DesignError(f"{name}.maximum_followup must be above 0, got {maximum!r}. None is no maximum.")

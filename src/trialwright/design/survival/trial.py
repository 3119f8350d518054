"""What is assumed of a two-arm trial with a time to an event, and the events that it expects over calendar time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from trialwright.design.survival.accrual import AccrualRates
from trialwright.design.survival.hazards import PiecewiseHazards
from trialwright.errors import DesignError

LATEST = 1e7


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """A part of the population, `prevalence` of all subjects, with hazards of its own."""

    prevalence: float
    control: PiecewiseHazards
    experimental: PiecewiseHazards


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalTrial:
    """Two arms, accrual, hazards, dropout; the time unit is the same throughout.

    accrual            of both arms together
    strata             with prevalences that sum to 1; a trial without strata has one: `SurvivalTrial.of`
    allocation_ratio   experimental subjects per control subject
    followup           of each subject at most, from randomization; None: each is followed until the analysis
    """

    accrual: AccrualRates
    strata: tuple[Stratum, ...]
    allocation_ratio: float = 1.0
    followup: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.allocation_ratio < math.inf:
            raise DesignError(
                f"allocation_ratio is {self.allocation_ratio!r}. "
                "It is experimental subjects per control subject, above 0."
            )
        if self.followup is not None and not self.followup > 0:
            raise DesignError(f"followup is {self.followup!r}. Follow each subject for a time above 0, or give None.")
        if not self.strata:
            raise DesignError("SurvivalTrial.strata is empty. A trial without strata has one: SurvivalTrial.of.")
        if not all(stratum.prevalence > 0 for stratum in self.strata):
            raise DesignError("A stratum has a prevalence of 0 or less. Give each a share above 0, or leave it out.")
        total = math.fsum(stratum.prevalence for stratum in self.strata)
        if not abs(total - 1) <= 1e-9:
            raise DesignError(f"The prevalences of the strata sum to {total:g}, not 1. Divide each by {total:g}.")

    @staticmethod
    def of(
        *,
        accrual: AccrualRates,
        control: PiecewiseHazards,
        experimental: PiecewiseHazards,
        allocation_ratio: float = 1.0,
        followup: float | None = None,
    ) -> SurvivalTrial:
        """A trial without strata."""
        only = Stratum(prevalence=1.0, control=control, experimental=experimental)
        return SurvivalTrial(accrual=accrual, strata=(only,), allocation_ratio=allocation_ratio, followup=followup)

    @property
    def experimental_share(self) -> float:
        """Of all subjects."""
        return self.allocation_ratio / (1 + self.allocation_ratio)

    def accruing(self, accrual: AccrualRates) -> SurvivalTrial:
        """The same trial with another accrual."""
        return replace(self, accrual=accrual)

    def arm_events(self, hazards: PiecewiseHazards, time: float, *, within: float = math.inf) -> float:
        """Events by calendar `time` if all subjects had these `hazards`, `within` a time since randomization.

        Closed form: accrual is constant by period and the probability of an event has an elementary integral
        (Lachin and Foulkes, Biometrics 1986;42:507-519, for one piece).
        """
        longest = min(within, self.followup if self.followup is not None else math.inf)

        def integral(x: float) -> float:
            if x <= longest:
                return hazards.event_probability_integral(x)
            return hazards.event_probability_integral(longest) + (x - longest) * hazards.event_probability(longest)

        return math.fsum(
            rate * (integral(time - start) - integral(max(time - end, 0.0)))
            for start, end, rate in self.accrual.periods()
            if rate > 0 and start < time
        )

    def events_experimental(self, time: float) -> float:
        """Expected in the experimental arm by calendar `time`."""
        return self.experimental_share * math.fsum(
            stratum.prevalence * self.arm_events(stratum.experimental, time) for stratum in self.strata
        )

    def events_control(self, time: float) -> float:
        """Expected in the control arm by calendar `time`."""
        return (1 - self.experimental_share) * math.fsum(
            stratum.prevalence * self.arm_events(stratum.control, time) for stratum in self.strata
        )

    def events(self, time: float) -> float:
        """Expected in both arms together by calendar `time`."""
        return self.events_control(time) + self.events_experimental(time)

    def time_of_events(self, events: float) -> float:
        """Calendar time at which `events` are expected, both arms together.

        Raises DesignError if they never occur.
        """
        if not events > 0:
            raise DesignError(f"{events!r} events are asked for. Ask for more than 0.")
        most = self.events(LATEST)
        if most < events:
            raise DesignError(
                f"{events:.4g} events are asked for, but these {self.accrual.subjects:.6g} subjects will have at most "
                f"{most:.4g}, however long one waits. Accrue more subjects (at least "
                f"{math.ceil(self.accrual.subjects * events / most)} under the same pattern), "
                "follow them longer, or assume less dropout."
            )
        return find_root(lambda time: self.events(time) - events, low=0.0, high=self.accrual.duration)


def find_root(function: Callable[[float], float], *, low: float, high: float) -> float:
    """Where an increasing `function` that is below 0 at `low` crosses 0; `high` is doubled until it is above."""
    from scipy.optimize import brentq

    while function(high) < 0:
        low, high = high, 2 * high
    root: float = brentq(function, low, high, xtol=1e-13 * max(1.0, high), rtol=1e-14)
    return root

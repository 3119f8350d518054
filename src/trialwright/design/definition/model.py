"""What a study knows of its design: what is asked, what is assumed, and the designs in question.

This is the content of `design.yaml`. Everything here is data, checked when made; nothing is computed. The sample size,
the simulation, the search, the design report, and the statistical sections of protocol and SAP read it from here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.sequential import EfficacyRule, FutilityRule
    from trialwright.design.simulation.plans import Outcome

Kind = Literal["normal", "binary", "time_to_event"]
Multiplicity = Literal["none", "bonferroni", "holm", "fixed_sequence"]
#: What a part of the costs is counted by: the trial as a whole, sites, months that sites are open, subjects
#: randomized, months of subjects' follow-up, months of the trial, and interim analyses.
Driver = Literal["trial", "site", "site_time", "subject", "subject_time", "time", "interim"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignArm:
    """An arm as the design knows it.

    id    short, as scenarios name it: PBO
    name  as it is shown
    usdm  identifier of the arm in the study definition; None where it is the one whose identifier or name is `id`
    """

    id: str
    name: str
    usdm: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignEndpoint:
    """An endpoint that the decision can rest on.

    id        of the endpoint in the study definition, or any other name
    label     as it is shown
    followup  from randomization to the outcome; for a time to an event, the follow-up of the last subject, or 0 where
              events alone say when the final analysis is
    """

    id: str
    label: str
    kind: Kind
    followup: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignTest:
    """How the comparisons with the control are tested; the same for all designs in question.

    alpha         type I error, of one side or of both together as `sided` says, for all comparisons together
    target_power  asked for, of the first comparison
    comparisons   ids of experimental arms in the order of importance; the first is the primary comparison
    multiplicity  among the comparisons: fixed_sequence tests each only if the one before it was rejected
    """

    alpha: float
    sided: Literal[1, 2]
    target_power: float
    comparisons: tuple[str, ...]
    multiplicity: Multiplicity = "fixed_sequence"

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise DesignError(f"test.alpha must lie between 0 and 1, got {self.alpha!r}. Usual are 0.025 and 0.05.")
        if self.sided not in (1, 2):
            raise DesignError(f"test.sided must be 1 or 2, got {self.sided!r}. It says whether alpha is of both sides.")
        if not self.comparisons or len(set(self.comparisons)) < len(self.comparisons):
            raise DesignError(
                f"test.comparisons must name each experimental arm once, got {list(self.comparisons)}. "
                "Give at least one, the most important first."
            )
        if not self.alpha < self.target_power < 1:
            raise DesignError(
                f"test.power must lie between alpha ({self.alpha:g}) and 1, got {self.target_power!r}. Usual is 0.9."
            )
        if self.multiplicity == "none" and len(self.comparisons) > 1:
            raise DesignError(
                f"test.multiplicity is none, but there are {len(self.comparisons)} comparisons with the control, whose "
                "type I errors would add up. Choose fixed_sequence, holm or bonferroni."
            )

    @property
    def level(self) -> float:
        """Type I error that the primary comparison is tested at while no other is rejected, of `sided` sides.

        Of Bonferroni's and Holm's procedures that is alpha divided by the number of comparisons; else all of alpha.
        """
        return self.alpha / len(self.comparisons) if self.multiplicity in ("bonferroni", "holm") else self.alpha


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignScenario:
    """A way the world may be.

    outcomes           of each endpoint, arms in the order of the definition, the control first
    enrollment_factor  by which the rates of all sites are multiplied
    weight             prior probability in proportion to those of the other scenarios; 0 leaves it out of the
                       probability of success
    """

    id: str
    label: str
    outcomes: Mapping[str, Outcome]
    enrollment_factor: float = 1.0
    weight: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.enrollment_factor) and self.enrollment_factor > 0):
            raise DesignError(
                f"scenarios.{self.id}.enrollment_factor must be above 0, got {self.enrollment_factor!r}. "
                "Give 0.8 for enrollment a fifth slower than planned."
            )
        if not (math.isfinite(self.weight) and self.weight >= 0):
            raise DesignError(f"scenarios.{self.id}.weight must not be negative, got {self.weight!r}. Give 0 or more.")

    def is_null(self, endpoint: str) -> bool:
        """Whether no arm differs from the control in this endpoint."""
        from trialwright.design.simulation.plans import NormalOutcome, TimeToEvent

        match self.outcomes[endpoint]:
            case TimeToEvent(hazards=by_arm):
                # A hazard may change to the value that it has, as with a hazard ratio of 1 after a delay.
                starts = {start for hazard in by_arm for start in hazard.starts}
                return all(len({hazard.at(start) for hazard in by_arm}) == 1 for start in starts)
            case NormalOutcome(means=means):
                return len(set(means)) == 1
            case outcome:
                return len(set(outcome.probabilities)) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteGroup:
    """Sites that open and enroll alike, such as those of a country.

    sites              how many, in the designs that do not say otherwise
    rate               subjects randomized per site and unit of time, once the site is open
    first_opening, last_opening   time from the beginning of the trial until the first and the last of them are open;
                       the others open evenly in between
    """

    id: str
    label: str
    sites: int
    rate: float
    first_opening: float = 0.0
    last_opening: float = 0.0

    def __post_init__(self) -> None:
        if self.sites < 0:
            raise DesignError(f"enrollment.{self.id}.sites must not be negative, got {self.sites!r}. Give 0 for none.")
        if not (math.isfinite(self.rate) and self.rate > 0):
            raise DesignError(
                f"enrollment.{self.id}.rate must be above 0, got {self.rate!r}. It is subjects per site and unit of "
                "time; leave the group out if it enrolls nobody."
            )
        if not 0 <= self.first_opening <= self.last_opening < math.inf:
            raise DesignError(
                f"enrollment.{self.id} opens its first site at {self.first_opening!r} and its last at "
                f"{self.last_opening!r}. Give times from 0 on, the first not after the last."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CostPart:
    """A named part of the costs: `amount` for each unit of what it is counted by."""

    id: str
    label: str
    per: Driver
    amount: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.amount) and self.amount >= 0):
            raise DesignError(f"cost.parts.{self.id}.amount must not be negative, got {self.amount!r}. Give 0 or more.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CostModel:
    """What a trial costs, part by part. Amounts are in `currency`, times in the definition's unit."""

    currency: str
    parts: tuple[CostPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectPrior:
    """A normal prior of the effect of the primary comparison, for the probability of success.

    mean, sd  of the effect on the scale of the endpoint, the better direction positive: experimental - control for
              values that are better high, control - experimental for those that are better low; for times to an event
              minus the logarithm of the hazard ratio (plus it where shorter times are better)
    """

    mean: float
    sd: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.mean) or not (math.isfinite(self.sd) and self.sd > 0):
            raise DesignError(f"prior must have a finite mean and an sd above 0, got {self.mean!r} and {self.sd!r}.")


def even_fractions(looks: int) -> tuple[float, ...]:
    """Information fractions of so many evenly spaced looks; none at all of fewer than one."""
    return tuple((look + 1) / looks for look in range(looks))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialDesign:
    """One design: what is chosen, and can be chosen otherwise.

    endpoint               id of the endpoint that the decision rests on
    subjects               randomized at most, in all arms together
    events                 at the final analysis, in all arms together, for a time to an event; else None
    allocation             weights of the arms in the order of the definition, the control first
    information_fractions  of each look, the last 1: of events, or of subjects with an outcome
    efficacy, futility     rules of the bounds; None for a fixed design, or for no stopping for futility
    futility_is_binding    whether the type I error counts on stopping for futility
    sites                  how many of each group of sites; groups that are not named have those of the definition
    followup               of the last subject for a time to an event, where it is other than the endpoint's; else None
    computed               which of `subjects` and `events` were computed from the target power, not given
    """

    id: str
    label: str
    endpoint: str
    subjects: int
    allocation: tuple[int, ...]
    events: int | None = None
    information_fractions: tuple[float, ...] = (1.0,)
    efficacy: EfficacyRule | None = None
    futility: FutilityRule | None = None
    futility_is_binding: bool = False
    sites: Mapping[str, int] | None = None
    followup: float | None = None
    computed: tuple[Literal["subjects", "events"], ...] = ()

    def __post_init__(self) -> None:
        fractions, where = self.information_fractions, f"designs.{self.id}"
        if self.subjects < 2:
            raise DesignError(f"{where}.subjects must be at least 2, got {self.subjects!r}. Give all arms together.")
        if not fractions or abs(fractions[-1] - 1) > 1e-12 or fractions[0] <= 0:
            raise DesignError(
                f"{where}.looks must be above 0 and end in 1, got {fractions}. Give fractions of the information at "
                "the final analysis, such as [0.5, 1]."
            )
        if any(not earlier < later for earlier, later in pairwise(fractions)):
            raise DesignError(f"{where}.looks must increase, got {fractions}. Order them, and give each once.")
        if len(fractions) > 1 and self.efficacy is None and self.futility is None:
            raise DesignError(
                f"{where} has {len(fractions)} looks, but neither efficacy nor futility says what they are for. "
                "Give a rule of bounds, such as efficacy: {rule: lan_demets_obrien_fleming}."
            )
        if self.events is not None and self.events < 1:
            raise DesignError(
                f"{where}.events must be at least 1, got {self.events!r}. Give those of all arms together."
            )
        if self.followup is not None and not 0 <= self.followup < math.inf:
            raise DesignError(f"{where}.followup must not be negative, got {self.followup!r}. Give a time from 0 on.")
        if len(self.allocation) < 2 or any(weight < 1 for weight in self.allocation):
            raise DesignError(
                f"{where}.allocation must have a whole number from 1 for each arm, got {list(self.allocation)}. "
                "Give the control's first, such as [1, 2] for two experimental subjects per control subject."
            )

    @property
    def looks(self) -> int:
        """Number of analyses, the final one included."""
        return len(self.information_fractions)


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignDefinition:
    """What is asked of a study's design and assumed about the world, and the designs in question.

    time_unit  of all times and rates, as it is shown: "weeks"
    arms       the control first
    designs    by their id, in the order in which they are compared
    chosen     id of the one that the study follows
    """

    title: str
    time_unit: str
    arms: tuple[DesignArm, ...]
    endpoints: tuple[DesignEndpoint, ...]
    test: DesignTest
    scenarios: tuple[DesignScenario, ...]
    sites: tuple[SiteGroup, ...]
    designs: Mapping[str, TrialDesign]
    chosen: str
    cost: CostModel | None = None
    prior: EffectPrior | None = None

    @property
    def planned(self) -> DesignScenario:
        """The scenario that sample size and power are planned under: the first."""
        return self.scenarios[0]

    def arm_number(self, arm: str) -> int:
        """Where an arm stands; 0 is the control."""
        return [one.id for one in self.arms].index(arm)

    def sites_of(self, design: TrialDesign) -> Mapping[str, int]:
        """How many sites of each group a design has."""
        return {group.id: group.sites for group in self.sites} | dict(design.sites or {})

    def endpoint(self, id: str) -> DesignEndpoint:
        """The endpoint of this id."""
        return next(one for one in self.endpoints if one.id == id)

"""What comes out when designs are compared: how each behaves in each scenario, and which ones nothing else beats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trialwright.design.definition.model import DesignDefinition, TrialDesign
    from trialwright.design.sequential import GroupSequentialDesign
    from trialwright.design.simulation.operating_characteristics import Estimate

#: What designs are compared by. Those of scenarios are of the planned one, or of the one that the objective names.
Measure = Literal[
    "power",
    "expected_subjects",
    "maximum_subjects",
    "expected_duration",
    "expected_cost",
    "maximum_cost",
    "probability_of_success",
    "least_power",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookEvaluation:
    """What happens at one look in one scenario.

    reached               proportion of all trials that come to this look
    efficacy, futility    of all trials, in which the primary comparison is rejected at this look, or given up (a
                          two-sided test that finds the arm worse gives it up too)
    observed, subjects, time   means of the trials that reach it: outcomes or events, subjects randomized, calendar time
    """

    reached: Estimate
    efficacy: Estimate
    futility: Estimate
    observed: Estimate
    subjects: Estimate
    time: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentForecast:
    """When so many subjects are in, if the trial does not stop before: quantiles of a Poisson process.

    subjects             numbers of subjects, from 1 to all, 50 of them at most
    median, lower, upper times at which they are in; `lower` and `upper` bound the middle `level` of the trials
    """

    subjects: tuple[int, ...]
    median: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioEvaluation:
    """How one design behaves in one scenario.

    power          proportion of trials that reject the primary comparison, after the multiplicity procedure
    rejections     of each comparison, in the order of the test
    any_rejection  proportion of trials that reject any comparison: the type I error where no arm is better
    all_rejections proportion of trials that reject all of them
    expected_cost  None without a cost model; `cost_parts` its parts by their ids
    """

    scenario: str
    power: Estimate
    rejections: tuple[Estimate, ...]
    any_rejection: Estimate
    all_rejections: Estimate
    expected_subjects: Estimate
    expected_observed: Estimate
    expected_duration: Estimate
    expected_cost: Estimate | None
    cost_parts: Mapping[str, Estimate]
    looks: tuple[LookEvaluation, ...]
    enrollment: EnrollmentForecast


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignEvaluation:
    """How one design behaves.

    bounds                  group-sequential bounds that the primary comparison is held to; None for a single look
    efficacy_z, futility_z  their bounds of Z by look; of a single look, its critical value
    computed_power          of the primary comparison in the planned scenario by the normal approximation, not simulated
    planned_drift           expected Z of the primary comparison at the last look in the planned scenario
    maximum_cost            if the trial runs to its last look in the planned scenario
    probability_of_success  power averaged over the prior: the normal prior of the effect if there is one, computed, so
                            with an error of 0; else the scenarios' weights, simulated; None without either
    least_power             smallest power over the scenarios with an effect of the primary comparison
    trials, seed            that each scenario was simulated with
    """

    design: TrialDesign
    bounds: GroupSequentialDesign | None
    efficacy_z: tuple[float, ...]
    futility_z: tuple[float, ...] | None
    computed_power: float
    planned_drift: float
    maximum_subjects: int
    maximum_cost: Estimate | None
    scenarios: tuple[ScenarioEvaluation, ...]
    probability_of_success: Estimate | None
    least_power: Estimate
    trials: int
    seed: int

    def scenario(self, id: str) -> ScenarioEvaluation:
        """The evaluation in the scenario of this id."""
        return next(one for one in self.scenarios if one.scenario == id)


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignComparison:
    """The designs of a definition, each in each scenario, with common random numbers."""

    definition: DesignDefinition
    evaluations: tuple[DesignEvaluation, ...]
    conventions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What is wanted of a design.

    scenario          id, for a measure of a scenario; None is the planned one
    sense             to be made as large, or as small, as can be; None for a limit alone
    at_least, at_most limits that a design must keep
    """

    measure: Measure
    sense: Literal["maximize", "minimize"] | None = None
    scenario: str | None = None
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontPoint:
    """A design that no other candidate beats in every objective.

    searched, verified  as found; evaluated again with fresh seeds and more trials, which is what is reported
    broken_limits       in words, each limit that the search found kept and the verification did not; mostly by no more
                        than the Monte Carlo error of either
    """

    searched: DesignEvaluation
    verified: DesignEvaluation
    broken_limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpossibleCandidate:
    """A candidate that is no possible trial, such as one with fewer subjects than its events need."""

    design: TrialDesign
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignSearch:
    """The outcome of a search.

    candidates  every candidate that was evaluated, in the order of the search
    values      of the objectives, in their order, for each candidate
    is_feasible whether a candidate keeps all limits
    front       the designs that nothing beats and that keep the limits, by the first objective
    impossible  candidates of the space that are no possible trials, with the reason of each
    space_size  number of designs in the space; where the search had as many candidates, it has seen them all
    """

    definition: DesignDefinition
    objectives: tuple[Objective, ...]
    candidates: tuple[DesignEvaluation, ...]
    values: tuple[tuple[float, ...], ...]
    is_feasible: tuple[bool, ...]
    front: tuple[FrontPoint, ...]
    impossible: tuple[ImpossibleCandidate, ...] = ()
    space_size: int
    seed: int
    conventions: tuple[str, ...]

    @property
    def is_exhaustive(self) -> bool:
        """Whether every design of the space was looked at."""
        return len(self.candidates) + len(self.impossible) == self.space_size

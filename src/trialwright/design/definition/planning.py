"""From a design of the definition to what is computed and simulated: its bounds, its trial, its power.

The power is that of the primary comparison by the normal approximation. Of a two-sided test it counts only rejections
in the better direction, as all of our sample sizes do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from statistics import NormalDist
from typing import TYPE_CHECKING

from trialwright.design.definition.model import DesignDefinition, DesignScenario, SiteGroup, TrialDesign
from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.sequential import GroupSequentialDesign
    from trialwright.design.simulation import Look
    from trialwright.design.simulation.plans import Outcome, TimeToEvent, TrialPlan
    from trialwright.design.simulation.rates import PiecewiseRate
    from trialwright.design.survival import AccrualRates, PiecewiseHazards, SurvivalTrial


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedPower:
    """What the normal approximation gives for the primary comparison in a scenario.

    effect       the better direction positive: a difference, or minus the logarithm of the (average) hazard ratio
    observed     expected subjects with an outcome, or events, of the two arms at the last look, unrounded
    information  of the effect at the last look, under equal arms
    drift        expected Z at the last look: effect * sqrt(information)
    power        to reject in the better direction at any look, futility bounds obeyed
    """

    effect: float
    observed: float
    information: float
    drift: float
    power: float


def compute_bounds(
    definition: DesignDefinition, design: TrialDesign, *, level: float | None = None
) -> GroupSequentialDesign | None:
    """The group-sequential bounds of a comparison; None for a single look, which `efficacy_z` has the bound of.

    level  type I error, of `definition.test.sided` sides; that of the primary comparison if left out

    Without a rule for efficacy, all of the level is spent at the last look. Futility spends 1 - the target power.
    """
    if design.looks == 1:
        return None
    from trialwright.design.sequential import UserSpending, compute_group_sequential_design

    test = definition.test
    level = test.level if level is None else level
    efficacy = design.efficacy or UserSpending(cumulative=(*(0.0,) * (design.looks - 1), level))
    try:
        return compute_group_sequential_design(
            efficacy=efficacy,
            alpha=level,
            sided=test.sided,
            power=test.target_power,
            information_fractions=design.information_fractions,
            futility=design.futility,
            futility_is_binding=design.futility_is_binding,
        )
    except DesignError as error:
        raise DesignError(f"designs.{design.id}: {error}") from error


def efficacy_z(definition: DesignDefinition, design: TrialDesign) -> tuple[float, ...]:
    """The bounds of Z of the primary comparison at each look; of a single look its critical value."""
    bounds = compute_bounds(definition, design)
    return (critical_z(definition, definition.test.level),) if bounds is None else bounds.efficacy_bounds


def critical_z(definition: DesignDefinition, level: float) -> float:
    """The bound of Z of a single look at a level, of as many sides as the test has."""
    return -NormalDist().inv_cdf(level / definition.test.sided)


def nominal_p(definition: DesignDefinition, z: float) -> float:
    """The p-value at a bound of Z, of as many sides as the test has."""
    return definition.test.sided * NormalDist().cdf(-z)


def futility_z(definition: DesignDefinition, design: TrialDesign) -> tuple[float, ...] | None:
    """The futility bounds of Z at each look; None where the trial cannot stop for futility."""
    bounds = compute_bounds(definition, design)
    return None if bounds is None else bounds.futility_bounds


def site_openings(definition: DesignDefinition, design: TrialDesign) -> tuple[float, ...]:
    """When each site opens, in order."""
    return tuple(sorted(time for time, _ in _opened(definition, design)))


def planned_followup(definition: DesignDefinition, design: TrialDesign) -> float:
    """The design's own follow-up, or that of its endpoint."""
    return definition.endpoint(design.endpoint).followup if design.followup is None else design.followup


def plan_trial(definition: DesignDefinition, design: TrialDesign, scenario: DesignScenario) -> TrialPlan:
    """The trial of a design in a scenario, as the kernel simulates it.

    Raises `DesignError` where its looks ask for more than its subjects can give.
    """
    from trialwright.design.simulation.plans import Accrual, Allocation, TrialPlan

    _check_arms(definition, design)
    outcome = scenario.outcomes[design.endpoint]
    try:
        return TrialPlan(
            accrual=Accrual(subjects=design.subjects, rate=accrual_rate(definition, design, scenario)),
            allocation=Allocation(weights=design.allocation),
            outcome=outcome,
            looks=_looks(definition, design, outcome),
        )
    except DesignError as error:
        raise DesignError(f"designs.{design.id} in the scenario {scenario.id}: {error}") from error


def accrual_rate(definition: DesignDefinition, design: TrialDesign, scenario: DesignScenario) -> PiecewiseRate:
    """Subjects per unit of time at all open sites together, by calendar time."""
    from trialwright.design.simulation.rates import PiecewiseRate

    by_opening = sorted((time, rate * scenario.enrollment_factor) for time, rate in _opened(definition, design))
    if not by_opening:
        raise DesignError(f"designs.{design.id} has no site that enrolls. Give at least one group of sites a site.")
    starts = [(time, math.fsum(rate for _, rate in at)) for time, at in groupby(by_opening, key=lambda one: one[0])]
    rates = list(accumulate(rate for _, rate in starts))
    changes = [time for time, _ in starts]
    return (
        PiecewiseRate(rates=tuple(rates), changes=tuple(changes[1:]))
        if changes[0] == 0
        else PiecewiseRate(rates=(0.0, *rates), changes=tuple(changes))
    )


def compute_power(definition: DesignDefinition, design: TrialDesign, scenario: DesignScenario) -> ComputedPower:
    """Power of the primary comparison in a scenario by the normal approximation, not simulated.

    The variance of Z under unequal arms differs from 1 where its test pools the variances; the bounds are held against
    that variance, so that the power of a single look is that of `sample_size.compute_power_two_proportions`.
    """
    return compute_power_at(definition, design, scenario, compute_bounds(definition, design))


def compute_power_at(
    definition: DesignDefinition,
    design: TrialDesign,
    scenario: DesignScenario,
    bounds: GroupSequentialDesign | None,
) -> ComputedPower:
    """As `compute_power`, with bounds that are computed already; None is a single look."""
    approximation = _approximate(definition, design, scenario)
    spread = approximation.spread
    drift = approximation.effect * math.sqrt(approximation.information)
    if bounds is None:
        power = NormalDist().cdf((drift - critical_z(definition, definition.test.level)) / spread)
    else:
        from trialwright.design.sequential import compute_operating_characteristics

        scaled = replace(
            bounds,
            efficacy_bounds=_divided(bounds.efficacy_bounds, spread),
            futility_bounds=None if bounds.futility_bounds is None else _divided(bounds.futility_bounds, spread),
        )
        power = compute_operating_characteristics(scaled, drift=drift / spread).power
    return ComputedPower(
        effect=approximation.effect,
        observed=approximation.observed,
        information=approximation.information,
        drift=drift,
        power=power,
    )


def compute_planned_power(definition: DesignDefinition, design: TrialDesign) -> float:
    """Power of the primary comparison in the planned scenario by the normal approximation."""
    return compute_power(definition, design, definition.planned).power


def compute_planned_effect(definition: DesignDefinition, endpoint: str) -> float:
    """The planned effect of the primary comparison on the scale of a prior, the better direction positive.

    Where hazards are not proportional it is of the chosen design if that has this endpoint, else of the first that has.
    """
    designs = [definition.designs[definition.chosen], *definition.designs.values()]
    design = next((one for one in designs if one.endpoint == endpoint), None)
    if design is None:
        raise DesignError(f"No design decides on the endpoint {endpoint}, so that its planned effect is not said.")
    return _approximate(definition, design, definition.planned).effect


@dataclass(frozen=True, slots=True, kw_only=True)
class _Approximation:
    """Z is normal with mean effect * sqrt(information) and standard deviation `spread`."""

    effect: float
    observed: float
    information: float
    spread: float = 1.0


def _approximate(definition: DesignDefinition, design: TrialDesign, scenario: DesignScenario) -> _Approximation:
    from trialwright.design.simulation.plans import BinaryOutcome, NormalOutcome

    _check_arms(definition, design)
    arm = definition.arm_number(definition.test.comparisons[0])
    match scenario.outcomes[design.endpoint]:
        case NormalOutcome() as outcome:
            n_control, n = (_expected_outcomes(design, outcome.missing, number) for number in (0, arm))
            sd_control, sd = outcome.sds[0], outcome.sds[arm]
            of_each = sd_control**2 / n_control + sd**2 / n
            pooled = (n_control * sd_control**2 + n * sd**2) / (n_control + n) * (1 / n_control + 1 / n)
            under_null = of_each if outcome.known_variance else pooled
            return _Approximation(
                effect=_signed(outcome.means[arm] - outcome.means[0], outcome.better),
                observed=n_control + n,
                information=1 / under_null,
                spread=math.sqrt(of_each / under_null),
            )
        case BinaryOutcome() as outcome:
            n_control, n = (_expected_outcomes(design, outcome.missing, number) for number in (0, arm))
            control, experimental = outcome.probabilities[0], outcome.probabilities[arm]
            mean = (n_control * control + n * experimental) / (n_control + n)
            under_null = mean * (1 - mean) * (1 / n_control + 1 / n)
            if under_null == 0:
                raise DesignError(
                    f"scenarios.{scenario.id} has a response in all subjects of both arms, or in none, for "
                    f"{design.endpoint}, which no test can compare. Give probabilities between 0 and 1."
                )
            of_each = control * (1 - control) / n_control + experimental * (1 - experimental) / n
            return _Approximation(
                effect=_signed(experimental - control, outcome.better),
                observed=n_control + n,
                information=1 / under_null,
                # Certain outcomes in both arms leave no variance at all; the power is then 0 or 1.
                spread=math.sqrt(max(of_each / under_null, 1e-12)),
            )
        case outcome:
            return _approximate_survival(definition, design, scenario, outcome, arm)


def _approximate_survival(
    definition: DesignDefinition, design: TrialDesign, scenario: DesignScenario, outcome: TimeToEvent, arm: int
) -> _Approximation:
    from trialwright.design.survival import SurvivalTrial, compute_average_hazard_ratio

    weights = design.allocation
    expected = _ExpectedEvents.of(definition, design, scenario)
    hazards = expected.hazards
    pair = SurvivalTrial.of(
        accrual=expected.trial.accrual.times((weights[0] + weights[arm]) / sum(weights)),
        control=hazards[0],
        experimental=hazards[arm],
        allocation_ratio=weights[arm] / weights[0],
        followup=outcome.maximum_followup,
    )
    average = compute_average_hazard_ratio(pair, time=expected.end(definition, design, scenario))
    better = -1.0 if outcome.better == "longer" else 1.0
    return _Approximation(
        effect=better * math.log(average.hazard_ratio),
        observed=average.events,
        information=average.information_null,
    )


def compute_expected_events(definition: DesignDefinition, design: TrialDesign, scenario: DesignScenario) -> float:
    """Events expected in all arms when the last subject has been followed as long as the endpoint says."""
    expected = _ExpectedEvents.of(definition, design, scenario)
    return expected.by(expected.trial.accrual.duration + planned_followup(definition, design))


def count_possible_events(definition: DesignDefinition, design: TrialDesign, scenario: DesignScenario) -> float:
    """Events expected in all arms however long one waits."""
    from trialwright.design.survival.trial import LATEST

    return _ExpectedEvents.of(definition, design, scenario).by(LATEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ExpectedEvents:
    """Events of all arms over calendar time.

    trial    whose accrual is that of all arms together; its own hazards are not used
    hazards  of each arm; shares, of all subjects
    """

    trial: SurvivalTrial
    hazards: tuple[PiecewiseHazards, ...]
    shares: tuple[float, ...]

    @staticmethod
    def of(definition: DesignDefinition, design: TrialDesign, scenario: DesignScenario) -> _ExpectedEvents:
        from trialwright.design.simulation.plans import TimeToEvent
        from trialwright.design.survival import SurvivalTrial

        outcome = scenario.outcomes[design.endpoint]
        if not isinstance(outcome, TimeToEvent):
            raise DesignError(f"{design.endpoint} is no time to an event, so that it has no expected events.")
        hazards = tuple(_hazards(outcome, number) for number in range(len(design.allocation)))
        return _ExpectedEvents(
            trial=SurvivalTrial.of(
                accrual=_accrual(accrual_rate(definition, design, scenario), design.subjects),
                control=hazards[0],
                experimental=hazards[-1],
                followup=outcome.maximum_followup,
            ),
            hazards=hazards,
            shares=tuple(weight / sum(design.allocation) for weight in design.allocation),
        )

    def by(self, time: float) -> float:
        """Expected by a calendar time."""
        arms = zip(self.shares, self.hazards, strict=True)
        return math.fsum(share * self.trial.arm_events(one, time) for share, one in arms)

    def end(self, definition: DesignDefinition, design: TrialDesign, scenario: DesignScenario) -> float:
        """Calendar time at which the final analysis is expected."""
        from trialwright.design.survival.trial import LATEST, find_root

        followup = planned_followup(definition, design)
        followed = self.trial.accrual.duration + followup if followup else 0.0
        if design.events is None:
            if not followup:
                raise DesignError(_without_events(design))
            return followed
        most = self.by(LATEST)
        if most < design.events:
            raise DesignError(
                f"designs.{design.id}.events = {design.events}, but its {design.subjects} subjects are expected to "
                f"have at most {most:.1f} in the scenario {scenario.id}, after losses and the end of follow-up. What "
                f"would work: at most {math.floor(most)} events, or at least "
                f"{math.ceil(design.subjects * design.events / most)} subjects."
            )
        target = min(float(design.events), most * (1 - 1e-9))
        return max(followed, find_root(lambda time: self.by(time) - target, low=0.0, high=self.trial.accrual.duration))


def _without_events(design: TrialDesign) -> str:
    return (
        f"designs.{design.id} decides on a time to an event, but nothing says when its analyses are. Give "
        f"designs.{design.id}.events, a number or computed; without interim analyses the endpoint's followup does too."
    )


def _looks(definition: DesignDefinition, design: TrialDesign, outcome: Outcome) -> tuple[Look, ...]:
    from trialwright.design.simulation import Look
    from trialwright.design.simulation.plans import TimeToEvent

    followup = planned_followup(definition, design)
    if isinstance(outcome, TimeToEvent):
        if design.events is None and (not followup or design.looks > 1):
            raise DesignError(_without_events(design))
        last = Look(observed=design.events, minimum_followup=followup or None)
        return (*(Look(observed=_ceil(one * (design.events or 0))) for one in design.information_fractions[:-1]), last)
    expected = expected_outcomes(design, outcome.missing)
    interim = (Look(observed=_ceil(one * expected)) for one in design.information_fractions[:-1])
    return (*interim, Look(minimum_followup=outcome.delay))


def _ceil(value: float) -> int:
    # A product such as 0.7 * 300 may lie just above the whole number that is meant.
    return math.ceil(value - 1e-6)


def _hazards(outcome: TimeToEvent, arm: int) -> PiecewiseHazards:
    """The kernel's hazards of an arm, as the survival functions take them."""
    from trialwright.design.survival import PiecewiseHazards

    event = outcome.hazards[arm]
    dropout = outcome.dropout_hazards[arm] if outcome.dropout_hazards else None
    starts = sorted({*event.starts, *(dropout.starts if dropout else ())})
    return PiecewiseHazards(
        starts=tuple(starts),
        hazards=tuple(event.at(start) for start in starts),
        dropout_hazards=tuple(dropout.at(start) if dropout else 0.0 for start in starts),
    )


def _accrual(rate: PiecewiseRate, subjects: int) -> AccrualRates:
    from trialwright.design.survival import AccrualRates

    ends = (*rate.changes, math.inf)
    durations = tuple(end - start for start, end in zip(rate.starts, ends, strict=True))
    return AccrualRates(durations=durations, rates=rate.rates).until(subjects)


def expected_outcomes(design: TrialDesign, missing: Sequence[float]) -> float:
    """Subjects expected to have an outcome, in all arms together."""
    return math.fsum(_expected_outcomes(design, missing, arm) for arm in range(len(design.allocation)))


def _expected_outcomes(design: TrialDesign, missing: Sequence[float], arm: int) -> float:
    share = design.allocation[arm] / sum(design.allocation)
    return design.subjects * share * (1 - (missing[arm] if missing else 0.0))


def _opened(definition: DesignDefinition, design: TrialDesign) -> Iterator[tuple[float, float]]:
    """When each site opens, and its planned rate."""
    numbers = definition.sites_of(design)
    for group in definition.sites:
        yield from ((time, group.rate) for time in _openings(group, numbers[group.id]))


def _openings(group: SiteGroup, sites: int) -> tuple[float, ...]:
    span, steps = group.last_opening - group.first_opening, max(sites - 1, 1)
    return tuple(group.first_opening + span * site / steps for site in range(sites))


def _signed(difference: float, better: str) -> float:
    return difference if better == "higher" else 0.0 - difference


def _divided(values: tuple[float, ...], by: float) -> tuple[float, ...]:
    return tuple(value / by for value in values)


def _check_arms(definition: DesignDefinition, design: TrialDesign) -> None:
    if len(design.allocation) != len(definition.arms):
        raise DesignError(
            f"designs.{design.id}.allocation has {len(design.allocation)} weights for {len(definition.arms)} arms. "
            "Give one for each, the control first."
        )

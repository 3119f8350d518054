"""How one design behaves in each scenario: simulated trials, the tests of all comparisons, and what it takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialwright.design.definition import planning
from trialwright.design.search.costs import Quantities, compute_costs
from trialwright.design.search.decisions import Decisions, Procedure, decide
from trialwright.design.search.forecast import forecast_enrollment
from trialwright.design.search.journal import SimulatedBehavior
from trialwright.design.search.model import DesignEvaluation, LookEvaluation, ScenarioEvaluation
from trialwright.design.search.requests import check_seed
from trialwright.design.search.scenarios import has_effect
from trialwright.design.search.success import compute_probability_of_success
from trialwright.design.sequential import GivenBounds
from trialwright.design.simulation.operating_characteristics import Estimate, mean_over_trials
from trialwright.design.simulation.simulating import SimulatedTrials, simulate_trials
from trialwright.errors import DesignError
from trialwright.execution import IN_THIS_PROCESS, Execution

if TYPE_CHECKING:
    from trialwright.design.definition.model import DesignDefinition, DesignScenario, TrialDesign
    from trialwright.design.sequential import GroupSequentialDesign

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Simulated:
    """A scenario's evaluation, and what other figures are made of."""

    evaluation: ScenarioEvaluation
    is_rejected: Booleans
    full_cost: Mapping[str, Floats]


def evaluate_design(
    definition: DesignDefinition,
    design: TrialDesign,
    *,
    trials: int,
    seed: int,
    execution: Execution = IN_THIS_PROCESS,
    scenarios: Sequence[str] | None = None,
) -> DesignEvaluation:
    """Simulate a design in each scenario, or in the planned one and those named.

    The same seed gives all designs and scenarios the same random numbers, and the same answer wherever it is computed.
    Without all weighted scenarios, and without a prior, there is no probability of success. Raises `DesignError` for a
    design that is no possible trial: which value, why, and what would work.
    """
    check_seed(seed)
    behavior = simulate_behavior(definition, design, trials=trials, seed=seed, execution=execution, scenarios=scenarios)
    return complete_evaluation(definition, design, behavior, trials=trials, seed=seed)


def simulate_behavior(
    definition: DesignDefinition,
    design: TrialDesign,
    *,
    trials: int,
    seed: int,
    execution: Execution = IN_THIS_PROCESS,
    scenarios: Sequence[str] | None = None,
) -> SimulatedBehavior:
    """What of `evaluate_design` is simulated."""
    chosen = _chosen_scenarios(definition, scenarios)
    procedure = plan_procedure(definition, design)
    simulated = [
        _simulate_scenario(definition, design, scenario, procedure, trials=trials, seed=seed, execution=execution)
        for scenario in chosen
    ]
    return SimulatedBehavior(
        scenarios=tuple(one.evaluation for one in simulated),
        maximum_cost=mean_over_trials(_total(simulated[0].full_cost)) if definition.cost else None,
        weighted_success=_success_by_weights(definition, chosen, simulated),
    )


def complete_evaluation(
    definition: DesignDefinition, design: TrialDesign, behavior: SimulatedBehavior, *, trials: int, seed: int
) -> DesignEvaluation:
    """What was simulated, with what is computed."""
    bounds, procedure = planning.compute_bounds(definition, design), plan_procedure(definition, design)
    computed = planning.compute_power(definition, design, definition.planned)
    bound = procedure.efficacy[0][-1] if bounds is None else bounds
    by_prior = _success_by_prior(definition, bound, computed.drift)
    return DesignEvaluation(
        design=design,
        bounds=bounds,
        efficacy_z=procedure.efficacy[0],
        futility_z=procedure.futility,
        computed_power=computed.power,
        planned_drift=computed.drift,
        maximum_subjects=design.subjects,
        maximum_cost=behavior.maximum_cost,
        scenarios=behavior.scenarios,
        probability_of_success=behavior.weighted_success if by_prior is None else by_prior,
        least_power=_least_power(definition, design, behavior.scenarios),
        trials=trials,
        seed=seed,
    )


def plan_procedure(definition: DesignDefinition, design: TrialDesign) -> Procedure:
    """The bounds of all comparisons, as `decide` takes them.

    Levels above the first one, which Holm's procedure gives, keep the futility bounds of the first, binding or not.
    """
    test = definition.test
    count = len(test.comparisons)
    first = planning.compute_bounds(definition, design)
    rows = [_efficacy_bounds(definition, design, first, test.level)]
    if test.multiplicity == "holm":
        rows += [_efficacy_bounds(definition, design, first, test.alpha / left) for left in range(count - 1, 0, -1)]
    return Procedure(
        multiplicity=test.multiplicity,
        sided=test.sided,
        efficacy=tuple(rows),
        futility=None if first is None else first.futility_bounds,
    )


def _chosen_scenarios(definition: DesignDefinition, ids: Sequence[str] | None) -> tuple[DesignScenario, ...]:
    if ids is None:
        return definition.scenarios
    known = [one.id for one in definition.scenarios]
    for id in ids:
        if id not in known:
            raise DesignError(f"There is no scenario {id!r}. The definition has: {', '.join(known)}.")
    return tuple(one for one in definition.scenarios if one is definition.planned or one.id in ids)


def _simulate_scenario(
    definition: DesignDefinition,
    design: TrialDesign,
    scenario: DesignScenario,
    procedure: Procedure,
    *,
    trials: int,
    seed: int,
    execution: Execution,
) -> _Simulated:
    plan = planning.plan_trial(definition, design, scenario)
    simulated = simulate_trials(plan, trials=trials, rng=np.random.default_rng(seed), execution=execution)
    arms = [definition.arm_number(arm) - 1 for arm in definition.test.comparisons]
    decisions = decide(simulated.z[:, :, arms], procedure)
    openings = planning.site_openings(definition, design)
    last = np.full(trials, design.looks - 1)
    parts = _costs(definition, simulated, decisions.ends_at, openings)
    is_rejected, every = decisions.is_rejected, np.arange(trials)
    at_end = (every, decisions.ends_at)
    rejections = tuple(mean_over_trials(is_rejected[:, one]) for one in range(len(arms)))
    any_rejected = np.any(is_rejected | decisions.is_worse, axis=1)
    evaluation = ScenarioEvaluation(
        scenario=scenario.id,
        power=rejections[0],
        rejections=rejections,
        any_rejection=mean_over_trials(np.asarray(any_rejected)),
        all_rejections=mean_over_trials(np.asarray(np.all(is_rejected, axis=1))),
        expected_subjects=mean_over_trials(simulated.subjects[at_end]),
        expected_observed=mean_over_trials(simulated.observed[at_end]),
        expected_duration=mean_over_trials(simulated.time[at_end]),
        expected_cost=mean_over_trials(_total(parts)) if parts else None,
        cost_parts={id: mean_over_trials(cost) for id, cost in parts.items()},
        looks=tuple(_evaluate_look(simulated, decisions, look) for look in range(design.looks)),
        enrollment=forecast_enrollment(planning.accrual_rate(definition, design, scenario), subjects=design.subjects),
    )
    return _Simulated(
        evaluation=evaluation, is_rejected=is_rejected, full_cost=_costs(definition, simulated, last, openings)
    )


def _evaluate_look(simulated: SimulatedTrials, decisions: Decisions, look: int) -> LookEvaluation:
    reached = decisions.ends_at >= look
    return LookEvaluation(
        reached=mean_over_trials(reached),
        efficacy=mean_over_trials(decisions.rejected_at[:, 0] == look),
        futility=mean_over_trials(decisions.dropped_at[:, 0] == look),
        observed=mean_over_trials(simulated.observed[reached, look]),
        subjects=mean_over_trials(simulated.subjects[reached, look]),
        time=mean_over_trials(simulated.time[reached, look]),
    )


def _costs(
    definition: DesignDefinition, simulated: SimulatedTrials, ends_at: NDArray[np.int64], openings: Sequence[float]
) -> Mapping[str, Floats]:
    """Of each part in each trial, if the trials end at these looks."""
    if definition.cost is None:
        return {}
    at_end = (np.arange(simulated.trials), ends_at)
    quantities = Quantities(
        time=simulated.time[at_end],
        subjects=simulated.subjects[at_end].astype(np.float64),
        followup=simulated.followup[at_end],
        interims=np.minimum(ends_at + 1, simulated.z.shape[1] - 1).astype(np.float64),
        site_openings=openings,
    )
    return compute_costs(definition.cost, quantities)


def _total(parts: Mapping[str, Floats]) -> Floats:
    return np.asarray(sum(parts.values()), np.float64)


def _efficacy_bounds(
    definition: DesignDefinition, design: TrialDesign, first: GroupSequentialDesign | None, level: float
) -> tuple[float, ...]:
    """The efficacy bounds of Z of a comparison at a level, with the futility bounds of the first one."""
    if first is None:
        return (planning.critical_z(definition, level),)
    if level == first.alpha:
        return first.efficacy_bounds
    if first.binding_futility_bounds is not None:
        design = replace(design, futility=GivenBounds(z=first.binding_futility_bounds[:-1]))
    bounds = planning.compute_bounds(definition, design, level=level)
    assert bounds is not None  # there are several looks, as `first` has them
    return bounds.efficacy_bounds


def _success_by_prior(
    definition: DesignDefinition, bounds: GroupSequentialDesign | float, drift: float
) -> Estimate | None:
    prior = definition.prior
    if prior is None:
        return None
    effect = planning.compute_planned_effect(definition, definition.designs[definition.chosen].endpoint)
    value = compute_probability_of_success(
        bounds, drift_mean=drift * prior.mean / effect, drift_sd=abs(drift * prior.sd / effect)
    )
    return Estimate(value=value, standard_error=0.0)


def _success_by_weights(
    definition: DesignDefinition, chosen: Sequence[DesignScenario], simulated: Sequence[_Simulated]
) -> Estimate | None:
    """The weighted mean, trial by trial: the scenarios share their random numbers, and so their errors."""
    weighted = [one for one in definition.scenarios if one.weight > 0]
    if not weighted or any(one not in chosen for one in weighted):
        return None
    weights = np.asarray([one.weight for one in chosen])
    rejected = np.stack([one.is_rejected[:, 0] for one in simulated], axis=1)
    return mean_over_trials(rejected @ (weights / weights.sum()))


def _least_power(
    definition: DesignDefinition, design: TrialDesign, evaluations: Sequence[ScenarioEvaluation]
) -> Estimate:
    scenarios = {one.id: one for one in definition.scenarios}
    powers = [one.power for one in evaluations if has_effect(definition, scenarios[one.scenario], design.endpoint)]
    if not powers:
        return Estimate(value=None, standard_error=None)
    return min(powers, key=lambda power: math.inf if power.value is None else power.value)

"""Simulating trials whose size is changed at interim analyses: subject-level data, by the streams of `simulation`.

Each block of trials is simulated stage by stage: the statistics of a stage, the decision, and the size of the next
stage by the plan's rule. Loads numba.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from trialwright.design.adaptive.adaptive_plan import AdaptivePlan
from trialwright.design.adaptive.blinded_survival import BlindedSurvivalRule
from trialwright.design.adaptive.combination import CombinationTest, combine, is_futile, is_rejected, next_critical_z
from trialwright.design.adaptive.outcome_stages import OutcomeStages
from trialwright.design.adaptive.reestimation import BlindedInterim, BlindedRule, UnblindedInterim
from trialwright.design.adaptive.survival_stages import SurvivalStages
from trialwright.design.simulation.blocks import simulate_in_blocks
from trialwright.design.simulation.drawing import TRIALS_PER_BLOCK, new_seed
from trialwright.design.simulation.operating_characteristics import Estimate, mean_over_trials
from trialwright.design.simulation.plans import TimeToEvent
from trialwright.design.simulation.survival_outcomes import StratifiedTimeToEvent
from trialwright.execution import IN_THIS_PROCESS, Counting, Execution

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CONVENTIONS = (
    "stages count from 1; z above 0 favors the experimental arm; alpha is one-sided",
    "units are subjects with an outcome, or events, of both arms together",
    "z of a stage is that of its units alone; of a time to an event, of the increment of the log-rank score",
    "a stage without a statistic (all outcomes the same, no new events) counts as z = 0",
    "subjects and times are those at the analysis at which the trial ends",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class SimulatedAdaptiveTrials:
    """What each trial had at each of its stages; NaN (0 for numbers) at stages after its end.

    z, overall_z   trial, stage: of the stage alone; of all data so far
    statistic      trial, stage: what was held to the bounds
    units          trial, stage: of the stage alone
    subjects       trial, stage: randomized by the analysis
    time           trial, stage: calendar time of the analysis, from the beginning of accrual
    ended_at       trial: stage of its end
    is_rejected    trial
    is_short       trial: fewer units came than a stage should have had
    """

    plan: AdaptivePlan
    seed: int
    z: Floats
    overall_z: Floats
    statistic: Floats
    units: Integers
    subjects: Integers
    time: Floats
    ended_at: Integers
    is_rejected: NDArray[np.bool_]
    is_short: NDArray[np.bool_]
    conventions: tuple[str, ...] = CONVENTIONS

    @property
    def trials(self) -> int:
        """How many."""
        return len(self.z)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveStage:
    """What happens at one stage; proportions are of all trials.

    reached, rejected, futile
    changed    trials that reach it with other than the planned units in the stage
    units      mean of the stage alone, over trials that reach it
    """

    reached: Estimate
    rejected: Estimate
    futile: Estimate
    changed: Estimate
    units: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveCharacteristics:
    """Operating characteristics of an adaptive plan, with their Monte Carlo errors.

    power             proportion of trials that reject: type I error where the arms do not differ
    expected_units    at the end of the trial; likewise subjects and time
    unit_quantiles    5%, 25%, 50%, 75% and 95% of the units at the end
    short             proportion of trials in which fewer units came than a stage should have had
    """

    trials: int
    seed: int
    power: Estimate
    expected_units: Estimate
    expected_subjects: Estimate
    expected_time: Estimate
    unit_quantiles: tuple[float, ...]
    short: Estimate
    stages: tuple[AdaptiveStage, ...]
    conventions: tuple[str, ...]


def simulate_adaptive(
    plan: AdaptivePlan,
    *,
    trials: int,
    rng: np.random.Generator,
    execution: Execution = IN_THIS_PROCESS,
    progress: Counting | None = None,
) -> SimulatedAdaptiveTrials:
    """Simulate so many trials.

    A generator in the same state gives the same trials wherever they are simulated. Plans that differ in rule, test or
    sizes have the same draws for the same subjects, and the same as `simulate_trials`: compare them with fresh
    generators of one seed (common random numbers).
    """
    seed = new_seed(rng)
    work = partial(simulate_adaptive_block, plan, seed=seed)
    blocks = simulate_in_blocks(work, trials, execution=execution, progress=progress)
    return SimulatedAdaptiveTrials(
        plan=plan,
        seed=seed,
        z=np.concatenate([one.z for one in blocks]),
        overall_z=np.concatenate([one.overall_z for one in blocks]),
        statistic=np.concatenate([one.statistic for one in blocks]),
        units=np.concatenate([one.units for one in blocks]),
        subjects=np.concatenate([one.subjects for one in blocks]),
        time=np.concatenate([one.time for one in blocks]),
        ended_at=np.concatenate([one.ended_at for one in blocks]),
        is_rejected=np.concatenate([one.is_rejected for one in blocks]),
        is_short=np.concatenate([one.is_short for one in blocks]),
    )


def simulate_adaptive_block(
    plan: AdaptivePlan, *, seed: int, block: int, trials: int = TRIALS_PER_BLOCK
) -> SimulatedAdaptiveTrials:
    """The first `trials` trials of one block: a piece of work that depends on its arguments alone."""
    has_events = isinstance(plan.outcome, TimeToEvent | StratifiedTimeToEvent)
    data = (SurvivalStages if has_events else OutcomeStages)(plan, seed, block, trials)
    test, stages = plan.test, plan.test.stages
    z, overall_z, statistic, time = (np.full((trials, stages), np.nan) for _ in range(4))
    units, subjects = np.zeros((trials, stages), np.int64), np.zeros((trials, stages), np.int64)
    ended_at = np.full(trials, stages)
    rejects, is_short = np.zeros(trials, np.bool_), np.zeros(trials, np.bool_)
    running = np.arange(trials)
    total = np.full(trials, plan.planned_units[0])
    for stage in range(1, stages + 1):
        at = stage - 1
        seen = data.analyze(running, total[running], is_last=stage == stages)
        before = units[running, :at].sum(axis=1)
        units[running, at] = seen.units - before
        z[running, at], overall_z[running, at] = seen.z, seen.overall_z
        subjects[running, at], time[running, at] = seen.subjects, seen.time
        is_short[running] |= seen.units < total[running]
        value = seen.overall_z if plan.final_test == "conventional" else combine(test, z[running, :stage])
        statistic[running, at] = value
        rejected = is_rejected(test, stage, value)
        stops = rejected.copy()
        if plan.obeys_futility:
            stops |= is_futile(test, stage, value, seen.z)
        rejects[running[rejected]] = True
        ended_at[running[stops]] = stage
        keep = ~stops
        running = running[keep]
        if stage == stages or not len(running):
            break
        following = _next_units(
            plan, stage, seen.units[keep], overall_z[running, at], z[running, :stage], seen.blinded, keep
        )
        if isinstance(data, SurvivalStages) and isinstance(plan.rule, BlindedSurvivalRule):
            data.limit_subjects(running, seen.time[keep], plan.rule)
        # Subjects already in, whose outcomes are still to come, belong to the next stage.
        total[running] = seen.units[keep] + np.maximum(following, seen.pipeline[keep])
    return SimulatedAdaptiveTrials(
        plan=plan,
        seed=seed,
        z=z,
        overall_z=overall_z,
        statistic=statistic,
        units=units,
        subjects=subjects,
        time=time,
        ended_at=ended_at,
        is_rejected=rejects,
        is_short=is_short,
    )


def compute_adaptive_characteristics(simulated: SimulatedAdaptiveTrials) -> AdaptiveCharacteristics:
    """Power, sizes and durations of simulated adaptive trials."""
    every, last = np.arange(simulated.trials), simulated.ended_at - 1
    totals = simulated.units.sum(axis=1)
    stages = []
    for stage, planned in enumerate(simulated.plan.planned_units, start=1):
        ends, reached = simulated.ended_at == stage, simulated.ended_at >= stage
        units = simulated.units[:, stage - 1]
        is_last = stage == simulated.plan.test.stages
        stages.append(
            AdaptiveStage(
                reached=mean_over_trials(reached),
                rejected=mean_over_trials(ends & simulated.is_rejected),
                futile=mean_over_trials(ends & ~simulated.is_rejected & (not is_last)),
                changed=mean_over_trials(reached & (units != planned)),
                units=mean_over_trials(units[reached]),
            )
        )
    return AdaptiveCharacteristics(
        trials=simulated.trials,
        seed=simulated.seed,
        power=mean_over_trials(simulated.is_rejected),
        expected_units=mean_over_trials(totals),
        expected_subjects=mean_over_trials(simulated.subjects[every, last]),
        expected_time=mean_over_trials(simulated.time[every, last]),
        unit_quantiles=tuple(float(value) for value in np.quantile(totals, (0.05, 0.25, 0.5, 0.75, 0.95))),
        short=mean_over_trials(simulated.is_short),
        stages=tuple(stages),
        conventions=simulated.conventions,
    )


def _next_units(
    plan: AdaptivePlan,
    stage: int,
    used: Integers,
    overall_z: Floats,
    z: Floats,
    blinded: BlindedInterim | None,
    keep: NDArray[np.bool_],
) -> Integers:
    """Units of the stage after `stage`, of trials that go on."""
    planned, later = plan.planned_units[stage], float(sum(plan.planned_units[stage + 1 :]))
    if plan.rule is None or isinstance(plan.rule, BlindedSurvivalRule):
        return np.full(len(used), planned)
    if isinstance(plan.rule, BlindedRule):
        assert blinded is not None
        interim = BlindedInterim(units=blinded.units[keep], mean=blinded.mean[keep], variance=blinded.variance[keep])
        wanted = (plan.rule.total_units(interim) - used) * planned / (planned + later)
    else:
        wanted = plan.rule.next_units(
            UnblindedInterim(
                units=used.astype(np.float64),
                overall_z=overall_z,
                critical_z=_critical_z(plan.test, stage, z),
                planned_next=np.full(len(used), float(planned)),
                later=later,
            )
        )
    return np.asarray(np.maximum(np.ceil(wanted - 1e-9), 1), np.int64)


def _critical_z(test: CombinationTest, stage: int, z: Floats) -> Floats:
    return next_critical_z(test, stage, combine(test, z))

"""How a design behaves: bounds applied to simulated trials, with the Monte Carlo error of every estimate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialwright.design.simulation.boundaries import Boundaries
from trialwright.design.simulation.simulating import CONVENTIONS as SIMULATION_CONVENTIONS
from trialwright.design.simulation.simulating import SimulatedTrials
from trialwright.errors import DesignError

Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]

CONVENTIONS = (
    *SIMULATION_CONVENTIONS,
    "standard_error is the Monte Carlo standard error of the estimate",
    "bounds are on the z scale and hold for each comparison; sided says whether z or |z| is held to them",
    "a trial ends at the look at which the last of its comparisons is rejected or futile, or at the last look",
    "expected numbers and times are those at the end of the trial",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean or proportion over simulated trials, with its Monte Carlo standard error; None where no trial has it."""

    value: float | None
    standard_error: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookCharacteristics:
    """What happens at one look.

    reached                  proportion of all trials that are still running at the look
    rejections, futilities   of each experimental arm: proportion of all trials with this decision at this look
    first_rejection          proportion of all trials whose first rejection is at this look
    ends                     proportion of all trials that end at this look
    short                    proportion of all trials in which the planned events (outcomes) of the look never come
    observed, subjects, time mean events (outcomes), subjects randomized and calendar time, of the trials that reach it
    """

    reached: Estimate
    rejections: tuple[Estimate, ...]
    futilities: tuple[Estimate, ...]
    first_rejection: Estimate
    ends: Estimate
    short: Estimate
    observed: Estimate
    subjects: Estimate
    time: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingCharacteristics:
    """Operating characteristics of bounds on simulated trials.

    power              proportion of trials with a rejection of any comparison: type I error where no arm is better
    rejections         proportion with a rejection, of each experimental arm
    expected_observed  events (or subjects with an outcome) at the end of the trial; likewise subjects and time
    """

    trials: int
    seed: int
    sided: int
    power: Estimate
    rejections: tuple[Estimate, ...]
    expected_observed: Estimate
    expected_subjects: Estimate
    expected_time: Estimate
    looks: tuple[LookCharacteristics, ...]
    conventions: tuple[str, ...] = CONVENTIONS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrialDecisions:
    """What bounds decide in each simulated trial.

    rejected, futile  trial, look, experimental arm: decided so at this look. The first decision on an arm is its last
    decided_at        trial, experimental arm: the look (from 0) of its decision, or the last one
    ends_at           trial: the look at which the last of its arms is decided, or the last one
    """

    rejected: Booleans
    futile: Booleans
    decided_at: Integers
    ends_at: Integers


def decide_trials(simulated: SimulatedTrials, boundaries: Boundaries) -> TrialDecisions:
    """Hold simulated trials to bounds. The same trials serve any number of bounds."""
    looks = simulated.z.shape[1]
    if len(boundaries.efficacy) != looks:
        raise DesignError(
            f"Boundaries.efficacy has {len(boundaries.efficacy)} bounds, but the plan has {looks} looks. "
            "Give one for each."
        )
    rejected, futile = _decide(simulated.z, boundaries)
    decided_at = np.where(rejected | futile, np.arange(looks)[:, None], looks - 1).min(axis=1)
    return TrialDecisions(rejected=rejected, futile=futile, decided_at=decided_at, ends_at=decided_at.max(axis=1))


def compute_final_estimates(simulated: SimulatedTrials, boundaries: Boundaries) -> tuple[Estimate, ...]:
    """Of each experimental arm: the mean over trials of the estimated effect at the look that decides on the arm.

    Against the effect that was simulated it shows the bias of estimates from trials that stop early. Trials without an
    estimate at that look are left out.
    """
    decided_at = decide_trials(simulated, boundaries).decided_at
    final = np.take_along_axis(simulated.estimate, decided_at[:, None, :], axis=1)[:, 0]
    return tuple(mean_over_trials(final[np.isfinite(final[:, arm]), arm]) for arm in range(final.shape[1]))


def compute_operating_characteristics(simulated: SimulatedTrials, boundaries: Boundaries) -> OperatingCharacteristics:
    """Apply bounds to simulated trials. The same trials serve any number of bounds."""
    looks = simulated.z.shape[1]
    decisions = decide_trials(simulated, boundaries)
    rejected, futile, ends_at = decisions.rejected, decisions.futile, decisions.ends_at
    any_rejected = np.logical_or.reduce(rejected, axis=2)
    every = np.arange(simulated.trials)
    return OperatingCharacteristics(
        trials=simulated.trials,
        seed=simulated.seed,
        sided=boundaries.sided,
        power=mean_over_trials(np.any(any_rejected, axis=1)),
        rejections=_means(np.any(rejected, axis=1)),
        expected_observed=mean_over_trials(simulated.observed[every, ends_at]),
        expected_subjects=mean_over_trials(simulated.subjects[every, ends_at]),
        expected_time=mean_over_trials(simulated.time[every, ends_at]),
        looks=tuple(
            LookCharacteristics(
                reached=mean_over_trials(ends_at >= look),
                rejections=_means(rejected[:, look]),
                futilities=_means(futile[:, look]),
                first_rejection=mean_over_trials(any_rejected[:, look] & ~any_rejected[:, :look].any(axis=1)),
                ends=mean_over_trials(ends_at == look),
                short=mean_over_trials(simulated.is_short[:, look]),
                observed=mean_over_trials(simulated.observed[ends_at >= look, look]),
                subjects=mean_over_trials(simulated.subjects[ends_at >= look, look]),
                time=mean_over_trials(simulated.time[ends_at >= look, look]),
            )
            for look in range(looks)
        ),
    )


def _decide(z: NDArray[np.float64], boundaries: Boundaries) -> tuple[Booleans, Booleans]:
    """Trial, look, experimental arm: rejected there, futile there. The first decision on an arm is its last.

    A statistic that is NaN decides nothing.
    """
    looks = z.shape[1]
    upper = np.asarray([math.inf if bound is None else bound for bound in boundaries.efficacy])[:, None]
    lower = np.asarray([-math.inf if bound is None else bound for bound in boundaries.futility or (None,) * looks])
    # The last look decides by its efficacy bound alone.
    lower[-1] = -math.inf
    value = np.abs(z) if boundaries.sided == 2 else z
    crosses_upper = value >= upper
    crosses_lower = (value <= lower[:, None]) & ~crosses_upper
    crossed = crosses_upper | crosses_lower
    is_first = crossed & (np.cumsum(crossed, axis=1) == 1)
    return is_first & crosses_upper, is_first & crosses_lower


def mean_over_trials(values: NDArray[np.generic]) -> Estimate:
    """The mean of a value for each trial, or the proportion of trials that are true, with its Monte Carlo error."""
    count = len(values)
    if count == 0:
        return Estimate(value=None, standard_error=None)
    numbers = values.astype(np.float64)
    error = float(numbers.std(ddof=1)) / math.sqrt(count) if count > 1 else None
    return Estimate(value=float(numbers.mean()), standard_error=error)


def _means(values: NDArray[np.generic]) -> tuple[Estimate, ...]:
    return tuple(mean_over_trials(values[:, column]) for column in range(values.shape[1]))

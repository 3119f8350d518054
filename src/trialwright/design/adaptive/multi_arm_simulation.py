"""Simulated adaptive multi-arm trials: subjects, stage by stage, tested and selected by any rule afterwards.

All arms get their subjects at all stages here; what a design would not have recruited is not read. So one set of trials
serves any number of tests and selection rules, with the same subjects.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from trialwright.design.adaptive.closed_testing import MAX_HYPOTHESES
from trialwright.design.adaptive.combination import CombinationTest
from trialwright.design.adaptive.intersection_tests import IntersectionTest, SharedControl
from trialwright.design.adaptive.selection import SelectionRule
from trialwright.design.adaptive.staged_decisions import (
    CERTAIN,
    Booleans,
    Ends,
    Floats,
    SelectionCharacteristics,
    characteristics_of,
    decide_stages,
    scores_of_t,
)
from trialwright.design.simulation.blocks import simulate_in_blocks
from trialwright.design.simulation.drawing import TRIALS_PER_BLOCK, Purpose, draw_normal, draw_uniform, new_seed
from trialwright.design.simulation.plans import BinaryOutcome, NormalOutcome
from trialwright.errors import DesignError
from trialwright.execution import IN_THIS_PROCESS, Execution


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiArmTrial:
    """A trial of several experimental arms and one control, in stages.

    outcome         of each subject, by arm, the control first; its delay is not read: a look waits for all outcomes
    n_control       subjects of the control, added at each stage
    n_experimental  subjects of each experimental arm that is still in, added at each stage
    """

    outcome: NormalOutcome | BinaryOutcome
    n_control: tuple[int, ...]
    n_experimental: tuple[int, ...]

    def __post_init__(self) -> None:
        if not 2 <= self.outcome.arms <= MAX_HYPOTHESES + 1:
            raise DesignError(
                f"MultiArmTrial.outcome has {self.outcome.arms} arms; give 2 to {MAX_HYPOTHESES + 1}, control first."
            )
        if len(self.n_control) != len(self.n_experimental) or not self.n_control:
            raise DesignError(
                f"MultiArmTrial.n_control has {len(self.n_control)} stages and n_experimental "
                f"{len(self.n_experimental)}. Give the subjects added at each stage, for both."
            )
        if min(*self.n_control, *self.n_experimental) < 2:
            raise DesignError(
                f"MultiArmTrial needs at least 2 subjects in each arm at each stage, got n_control = "
                f"{self.n_control!r}, n_experimental = {self.n_experimental!r}. They are those added at the stage."
            )

    @property
    def stages(self) -> int:
        """How many."""
        return len(self.n_control)

    @property
    def hypotheses(self) -> int:
        """How many experimental arms."""
        return self.outcome.arms - 1

    @property
    def effects(self) -> tuple[float, ...]:
        """True difference from the control, positive where the arm is better."""
        outcome = self.outcome
        values = outcome.means if isinstance(outcome, NormalOutcome) else outcome.probabilities
        sign = -1.0 if outcome.better == "lower" else 1.0
        return tuple(sign * (value - values[0]) for value in values[1:])


@dataclass(frozen=True, kw_only=True, eq=False)
class SimulatedArms:
    """Each arm at each stage of each trial, that stage's subjects alone: trial, stage, arm (the control first).

    counts  subjects with an outcome
    means   of the outcome, in the direction in which higher is better; NaN without subjects
    squares sums of squared deviations from the mean
    """

    trial: MultiArmTrial
    seed: int
    counts: NDArray[np.int64]
    means: Floats
    squares: Floats

    @property
    def trials(self) -> int:
        """How many."""
        return len(self.counts)


def simulate_multi_arm(
    trial: MultiArmTrial, *, trials: int, rng: np.random.Generator, execution: Execution = IN_THIS_PROCESS
) -> SimulatedArms:
    """Simulate so many trials; the same ones for a generator in the same state, wherever they run.

    Trials that differ in effects or sizes have the same draws for the same subjects of an arm.
    """
    seed = new_seed(rng)
    blocks = simulate_in_blocks(partial(simulate_multi_arm_block, trial, seed=seed), trials, execution=execution)
    return SimulatedArms(
        trial=trial,
        seed=seed,
        counts=np.concatenate([block.counts for block in blocks]),
        means=np.concatenate([block.means for block in blocks]),
        squares=np.concatenate([block.squares for block in blocks]),
    )


def simulate_multi_arm_block(
    trial: MultiArmTrial, *, seed: int, block: int, trials: int = TRIALS_PER_BLOCK
) -> SimulatedArms:
    """The first `trials` trials of one block."""
    outcome, arms = trial.outcome, trial.outcome.arms
    most = max(sum(trial.n_control), sum(trial.n_experimental))
    is_normal = isinstance(outcome, NormalOutcome)
    draw = draw_normal if is_normal else draw_uniform
    # Subjects come in rounds of one for each arm, so that those of a smaller trial are the first of a larger one.
    draws = draw(seed, block, Purpose.STAGE_OUTCOME, most * arms).reshape(most, arms, TRIALS_PER_BLOCK)[:, :, :trials]
    if isinstance(outcome, NormalOutcome):
        values = np.asarray(outcome.means)[:, None] + np.asarray(outcome.sds)[:, None] * draws
    else:
        values = (draws < np.asarray(outcome.probabilities)[:, None]).astype(np.float64)
    if outcome.better == "lower":
        values = -values
    has_outcome = np.ones(values.shape, np.bool_)
    if outcome.missing:
        losses = draw_uniform(seed, block, Purpose.STAGE_LOSS, most * arms).reshape(most, arms, TRIALS_PER_BLOCK)
        has_outcome = losses[:, :, :trials] >= np.asarray(outcome.missing)[:, None]
    shape = (trials, trial.stages, arms)
    counts, means, squares = np.zeros(shape, np.int64), np.full(shape, np.nan), np.zeros(shape)
    for arm in range(arms):
        sizes = trial.n_experimental if arm else trial.n_control
        start = 0
        for stage, size in enumerate(sizes):
            chosen = slice(start, start + size)
            start += size
            one, there = values[chosen, arm], has_outcome[chosen, arm]
            count = there.sum(axis=0)
            mean = np.where(there, one, 0.0).sum(axis=0) / np.maximum(count, 1)
            counts[:, stage, arm] = count
            means[:, stage, arm] = np.where(count > 0, mean, np.nan)
            squares[:, stage, arm] = (np.where(there, one - mean, 0.0) ** 2).sum(axis=0)
    return SimulatedArms(trial=trial, seed=seed, counts=counts, means=means, squares=squares)


def compute_multi_arm_operating_characteristics(
    simulated: SimulatedArms,
    *,
    test: CombinationTest,
    selection: SelectionRule,
    intersection: IntersectionTest = "joint",
    ends: Ends = "all decided",
) -> SelectionCharacteristics:
    """How the closed test with a selection rule does on simulated trials.

    test       of as many stages as the trials have
    selection  after each stage but the last, by the estimated effects of all data so far
    ends       "all decided": when no arm is left that is neither rejected nor dropped; or "first rejection"

    Normal outcomes are tested by t tests with the variance pooled over the arms that are in (z tests with the known
    ones if the outcome says so), proportions by z tests with the pooled proportion of each pair.
    """
    trial = simulated.trial
    if test.stages != trial.stages:
        raise DesignError(f"test has {test.stages} stages, but the trials have {trial.stages}. Give one of as many.")
    decisions = decide_stages(
        test=test,
        intersection=intersection,
        selection=selection,
        ends=ends,
        trials=simulated.trials,
        hypotheses=trial.hypotheses,
        scores_of=partial(_scores, simulated),
        values_of=partial(_effects, simulated),
    )
    return characteristics_of(
        decisions, seed=simulated.seed, effects=trial.effects, subjects=_subjects(trial, decisions.selected)
    )


def compute_naive_rejections(simulated: SimulatedArms, *, alpha: float, selection: SelectionRule) -> Booleans:
    """Trial, arm: rejected at the end by a z test of all its data at one-sided `alpha`, as if it had not been selected.

    That is what an adaptive design must not do: it shows by how much the error is inflated. Arms are chosen after each
    stage.
    """
    from scipy.special import ndtri

    is_open = np.ones((simulated.trials, simulated.trial.hypotheses), np.bool_)
    for stage in range(simulated.trial.stages - 1):
        is_open = selection.select(_effects(simulated, stage, is_open[:, None]), is_open)
    last = simulated.trial.stages - 1
    counts = simulated.counts.sum(axis=1)
    squares = (simulated.squares + simulated.counts * np.nan_to_num(simulated.means) ** 2).sum(axis=1)
    totals = (simulated.counts * np.nan_to_num(simulated.means)).sum(axis=1)
    # Without an outcome in an arm, or a difference among outcomes, there is no z and no rejection.
    with np.errstate(divide="ignore", invalid="ignore"):
        variances = squares / counts - (totals / counts) ** 2
        error = np.sqrt(variances[:, 1:] / counts[:, 1:] + variances[:, :1] / counts[:, :1])
        z = _effects(simulated, last, is_open[:, None]) / error
    return np.asarray(is_open & (z >= -float(ndtri(alpha))))


def _effects(simulated: SimulatedArms, stage: int, selected: Booleans) -> Floats:
    """Differences from the control, of all data up to the stage."""
    counts = simulated.counts[:, : stage + 1]
    totals = (counts * np.nan_to_num(simulated.means[:, : stage + 1])).sum(axis=1)
    means = totals / np.maximum(counts.sum(axis=1), 1)
    return np.asarray(means[:, 1:] - means[:, :1])


def _scores(
    simulated: SimulatedArms, stage: int, there: tuple[int, ...], rows: NDArray[np.intp]
) -> tuple[Floats, SharedControl]:
    trial, outcome = simulated.trial, simulated.trial.outcome
    arms = np.array([0, *(one + 1 for one in there)])
    counts = simulated.counts[rows, stage][:, arms]
    means, squares = simulated.means[rows, stage][:, arms], simulated.squares[rows, stage][:, arms]
    scores = np.full((len(rows), trial.hypotheses), np.nan)
    ratio = trial.n_experimental[stage] / trial.n_control[stage]
    joint = SharedControl(allocation_ratios=(ratio,) * trial.hypotheses)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1 / counts[:, 1:] + 1 / counts[:, :1]
        difference = means[:, 1:] - means[:, :1]
        if isinstance(outcome, BinaryOutcome):
            pooled = (counts[:, 1:] * means[:, 1:] + counts[:, :1] * means[:, :1]) / (counts[:, 1:] + counts[:, :1])
            z = difference / np.sqrt(np.abs(pooled) * (1 - np.abs(pooled)) * inverse)
        elif outcome.known_variance:
            variances = np.asarray(outcome.sds)[arms] ** 2 / counts
            z = difference / np.sqrt(variances[:, 1:] + variances[:, :1])
        else:
            df = (counts - 1).sum(axis=1, keepdims=True)
            z = scores_of_t(difference / np.sqrt(squares.sum(axis=1, keepdims=True) / df * inverse), df)
            # With missing outcomes the degrees of freedom are those of most trials.
            joint = SharedControl(allocation_ratios=joint.allocation_ratios, degrees_of_freedom=float(np.median(df)))
    # No difference in outcomes that are all the same.
    scores[:, list(there)] = np.nan_to_num(z, nan=0.0, posinf=CERTAIN, neginf=-CERTAIN)
    return scores, joint


def _subjects(trial: MultiArmTrial, selected: Booleans) -> Floats:
    runs = selected.any(axis=2)
    control = runs @ np.asarray(trial.n_control, np.float64)
    experimental = np.einsum("tsh,s->th", selected, np.asarray(trial.n_experimental, np.float64))
    return np.column_stack([control, experimental])

"""Simulated enrichment trials: two arms in nested populations, one or more of which are chosen at an interim.

Which subjects a stage recruits depends on what was chosen: those of the largest population that is still tested, in the
proportions of its strata. Every choice is simulated, with the same draws, so that one set of trials serves any number
of tests and selection rules.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from trialwright.design.adaptive.closed_testing import MAX_HYPOTHESES
from trialwright.design.adaptive.combination import CombinationTest
from trialwright.design.adaptive.enrichment_stages import check_populations
from trialwright.design.adaptive.intersection_tests import IntersectionTest, NestedPopulations
from trialwright.design.adaptive.selection import SelectionRule
from trialwright.design.adaptive.staged_decisions import (
    CERTAIN,
    Booleans,
    Ends,
    Floats,
    SelectionCharacteristics,
    SelectionMeasure,
    characteristics_of,
    decide_stages,
    groups_of,
    scores_of_t,
)
from trialwright.design.simulation.blocks import simulate_in_blocks
from trialwright.design.simulation.drawing import TRIALS_PER_BLOCK, Purpose, draw_normal, draw_uniform, new_seed
from trialwright.design.simulation.plans import BinaryOutcome, NormalOutcome
from trialwright.errors import DesignError
from trialwright.execution import IN_THIS_PROCESS, Execution


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrichmentTrial:
    """A trial of one experimental arm and a control, 1:1, in nested populations.

    outcomes     of each stratum: of the control and the experimental arm; all normal or all binary. Their delay and
                 missing outcomes are not read
    prevalences  of each stratum in the full population, which sum to 1
    populations  from the smallest to the full one: the strata (from 0) of each
    n_per_arm    subjects of each arm, added at each stage, whichever population they are recruited from
    """

    outcomes: tuple[NormalOutcome, ...] | tuple[BinaryOutcome, ...]
    prevalences: tuple[float, ...]
    populations: tuple[tuple[int, ...], ...]
    n_per_arm: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.outcomes) != len(self.prevalences) or any(one.arms != 2 for one in self.outcomes):
            raise DesignError(
                f"EnrichmentTrial has {len(self.outcomes)} outcomes and {len(self.prevalences)} prevalences. Give one "
                "of both for each stratum, and in each outcome two arms, the control first."
            )
        if len({type(one) for one in self.outcomes}) > 1 or len({one.better for one in self.outcomes}) > 1:
            raise DesignError("EnrichmentTrial.outcomes must be of one kind in all strata, with the same `better`.")
        if any(one.missing for one in self.outcomes):
            raise DesignError(
                "EnrichmentTrial.outcomes cannot have missing outcomes. Leave `missing` out, and lower n_per_arm."
            )
        if not (all(0 < one <= 1 for one in self.prevalences) and abs(math.fsum(self.prevalences) - 1) < 1e-9):
            raise DesignError(
                f"EnrichmentTrial.prevalences must be above 0 and sum to 1, got {self.prevalences!r}. They are of "
                "strata that do not overlap: with a subgroup of 40%, (0.4, 0.6)."
            )
        check_populations(self.populations, len(self.outcomes))
        if len(self.populations) > MAX_HYPOTHESES:
            raise DesignError(f"There are {len(self.populations)} populations; give at most {MAX_HYPOTHESES}.")
        if not self.n_per_arm or min(self.n_per_arm) < 2:
            raise DesignError(
                f"EnrichmentTrial.n_per_arm must be at least 2 at each stage, got {self.n_per_arm!r}; they are those "
                "added at the stage."
            )

    @property
    def stages(self) -> int:
        """How many."""
        return len(self.n_per_arm)

    @property
    def hypotheses(self) -> int:
        """How many populations."""
        return len(self.populations)

    @property
    def effects(self) -> tuple[float, ...]:
        """True difference in each population, positive where the experimental arm is better."""

        def effect(outcome: NormalOutcome | BinaryOutcome) -> float:
            control, experimental = outcome.means if isinstance(outcome, NormalOutcome) else outcome.probabilities
            return control - experimental if outcome.better == "lower" else experimental - control

        return tuple(
            math.fsum(self.prevalences[one] * effect(self.outcomes[one]) for one in members)
            / math.fsum(self.prevalences[one] for one in members)
            for members in self.populations
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class SimulatedStrata:
    """Each stratum and arm at each stage, if a stage recruits from this or that population.

    All are of trial, stage, population recruited from, stratum, arm (the control first), with that stage's subjects
    alone.

    counts   subjects
    means    of the outcome, in the direction in which higher is better; 0 without subjects
    squares  sums of squared deviations from the mean
    """

    trial: EnrichmentTrial
    seed: int
    counts: NDArray[np.int64]
    means: Floats
    squares: Floats

    @property
    def trials(self) -> int:
        """How many."""
        return len(self.counts)


def simulate_enrichment(
    trial: EnrichmentTrial, *, trials: int, rng: np.random.Generator, execution: Execution = IN_THIS_PROCESS
) -> SimulatedStrata:
    """Simulate so many trials; the same ones for a generator in the same state, wherever they run."""
    seed = new_seed(rng)
    blocks = simulate_in_blocks(partial(simulate_enrichment_block, trial, seed=seed), trials, execution=execution)
    return SimulatedStrata(
        trial=trial,
        seed=seed,
        counts=np.concatenate([block.counts for block in blocks]),
        means=np.concatenate([block.means for block in blocks]),
        squares=np.concatenate([block.squares for block in blocks]),
    )


def simulate_enrichment_block(
    trial: EnrichmentTrial, *, seed: int, block: int, trials: int = TRIALS_PER_BLOCK
) -> SimulatedStrata:
    """The first `trials` trials of one block."""
    total, strata = sum(trial.n_per_arm), len(trial.outcomes)
    is_normal = isinstance(trial.outcomes[0], NormalOutcome)
    draw = draw_normal if is_normal else draw_uniform
    draws = draw(seed, block, Purpose.STAGE_OUTCOME, total * 2).reshape(total, 2, TRIALS_PER_BLOCK)[:, :, :trials]
    place = draw_uniform(seed, block, Purpose.ENRICHMENT_STRATUM, total * 2).reshape(total, 2, TRIALS_PER_BLOCK)[
        :, :, :trials
    ]
    shape = (trials, trial.stages, trial.hypotheses, strata, 2)
    counts, means, squares = np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape)
    for option, members in enumerate(trial.populations):
        ends = np.cumsum([trial.prevalences[one] for one in members])
        stratum = np.asarray(members)[np.minimum(np.searchsorted(ends, place * ends[-1]), len(members) - 1)]
        for one in members:
            outcome = trial.outcomes[one]
            if isinstance(outcome, NormalOutcome):
                values = np.asarray(outcome.means)[:, None] + np.asarray(outcome.sds)[:, None] * draws
            else:
                values = (draws < np.asarray(outcome.probabilities)[:, None]).astype(np.float64)
            if outcome.better == "lower":
                values = -values
            start = 0
            for stage, size in enumerate(trial.n_per_arm):
                chosen = slice(start, start + size)
                start += size
                there = stratum[chosen] == one
                count = there.sum(axis=0)
                mean = np.where(there, values[chosen], 0.0).sum(axis=0) / np.maximum(count, 1)
                counts[:, stage, option, one] = count.T
                means[:, stage, option, one] = mean.T
                squares[:, stage, option, one] = (np.where(there, values[chosen] - mean, 0.0) ** 2).sum(axis=0).T
    return SimulatedStrata(trial=trial, seed=seed, counts=counts, means=means, squares=squares)


def compute_enrichment_operating_characteristics(
    simulated: SimulatedStrata,
    *,
    test: CombinationTest,
    selection: SelectionRule,
    selects_by: SelectionMeasure = "effect",
    intersection: IntersectionTest = "joint",
    ends: Ends = "all decided",
) -> SelectionCharacteristics:
    """How the closed test with a selection rule does on simulated trials.

    selection   after each stage but the last, of the populations that go on
    selects_by  "effect": estimated in each population from all data so far; "z": the z score of the stage

    Tests are stratified. A stratum without subjects in one of the arms does not enter them. Normal outcomes are tested
    by t tests with the variance pooled over the strata and arms of the population (z tests if the outcomes know their
    variance), proportions by Cochran, Mantel and Haenszel's test.
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
        values_of=partial(_values, simulated, selects_by),
    )
    return characteristics_of(
        decisions,
        seed=simulated.seed,
        effects=trial.effects,
        subjects=_subjects(simulated, decisions.selected),
    )


def compute_naive_enrichment_rejections(
    simulated: SimulatedStrata, *, alpha: float, selection: SelectionRule
) -> Booleans:
    """Trial, population: rejected by the pooled data of the population at `alpha`, as if it had not been selected.

    For trials of two stages. It shows by how much the error is inflated where selection is ignored.
    """
    from scipy.special import ndtri

    trial = simulated.trial
    if trial.stages != 2:
        raise DesignError(f"compute_naive_enrichment_rejections is for two stages, and the trials have {trial.stages}.")
    everyone = np.ones((simulated.trials, 1, trial.hypotheses), np.bool_)
    selected = selection.select(_values(simulated, "effect", 0, everyone), everyone[:, 0])
    rejected = np.zeros(selected.shape, np.bool_)
    for there, rows in groups_of(selected):
        first, _ = _population_scores(simulated, 0, trial.hypotheses - 1, there, rows)
        second, joint = _population_scores(simulated, 1, there[-1], there, rows)
        ratio = np.asarray(_information(trial, 0, trial.hypotheses - 1)) / np.maximum(joint.information, 1e-12)
        weight = ratio / (1 + ratio)
        z = np.sqrt(weight) * first + np.sqrt(1 - weight) * second
        rejected[rows] = np.nan_to_num(z, nan=-np.inf) >= -float(ndtri(alpha))
    return rejected & selected


def _scores(
    simulated: SimulatedStrata, stage: int, there: tuple[int, ...], rows: NDArray[np.intp]
) -> tuple[Floats, NestedPopulations]:
    # Stage 1 recruits from the full population, a later one from the largest that is left.
    return _population_scores(simulated, stage, there[-1], there, rows)


def _population_scores(
    simulated: SimulatedStrata, stage: int, option: int, there: tuple[int, ...], rows: NDArray[np.intp]
) -> tuple[Floats, NestedPopulations]:
    trial = simulated.trial
    scores = np.full((len(rows), trial.hypotheses), np.nan)
    for one in there:
        strata = list(trial.populations[one])
        difference, weight, counts, squares, means = _pieces(simulated, stage, option, strata, rows)
        total = weight.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            effect = (weight * difference).sum(axis=1) / total
            first = trial.outcomes[0]
            if isinstance(first, BinaryOutcome):
                pooled = (np.abs(counts * means).sum(axis=2)) / counts.sum(axis=2)
                z = effect * total / np.sqrt((weight * np.nan_to_num(pooled * (1 - pooled))).sum(axis=1))
            elif first.known_variance:
                sds = np.array([trial.outcomes[place].sds for place in strata])  # type: ignore[union-attr]
                variances = np.where(weight > 0, weight**2 * (sds**2 / np.maximum(counts, 1)).sum(axis=2), 0.0)
                z = effect * total / np.sqrt(variances.sum(axis=1))
            else:
                df = np.maximum(counts - 1, 0).sum(axis=(1, 2))
                variance = squares.sum(axis=(1, 2)) / df
                z = scores_of_t(effect / np.sqrt(variance / total), df)
        scores[:, one] = np.nan_to_num(z, nan=0.0, posinf=CERTAIN, neginf=-CERTAIN)
    return scores, NestedPopulations(information=_information(trial, stage, option))


def _information(trial: EnrichmentTrial, stage: int, option: int) -> tuple[float, ...]:
    """Expected of each population if the stage recruits from the one of `option`."""
    recruited = trial.populations[option]
    share = math.fsum(trial.prevalences[one] for one in recruited)
    subjects = trial.n_per_arm[stage]
    return tuple(
        subjects * math.fsum(trial.prevalences[one] for one in members if one in recruited) / share
        for members in trial.populations
    )


def _pieces(
    simulated: SimulatedStrata, stage: int, option: int, strata: list[int], rows: NDArray[np.intp]
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Difference and weight of each stratum; counts, squares and means of both arms in it."""
    counts = simulated.counts[rows, stage, option][:, strata].astype(np.float64)
    means = simulated.means[rows, stage, option][:, strata]
    both = (counts > 0).all(axis=2)
    weight = np.where(both, counts.prod(axis=2) / np.maximum(counts.sum(axis=2), 1), 0.0)
    difference = np.where(both, means[:, :, 1] - means[:, :, 0], 0.0)
    return difference, weight, counts, simulated.squares[rows, stage, option][:, strata], means


def _values(simulated: SimulatedStrata, selects_by: SelectionMeasure, stage: int, selected: Booleans) -> Floats:
    """What the selection after a stage looks at: effects of all data so far, or z scores of the stage."""
    trial = simulated.trial
    values = np.full((simulated.trials, trial.hypotheses), -np.inf)
    if selects_by == "z":
        for there, rows in groups_of(selected[:, stage]):
            scores, _ = _scores(simulated, stage, there, rows)
            values[rows] = np.nan_to_num(scores, nan=-np.inf)
        return values
    weighted, weights = np.zeros(values.shape), np.zeros(values.shape)
    for before in range(stage + 1):
        for there, rows in groups_of(selected[:, before]):
            for one in range(trial.hypotheses):
                difference, weight, *_ = _pieces(simulated, before, there[-1], list(trial.populations[one]), rows)
                weighted[rows, one] += (difference * weight).sum(axis=1)
                weights[rows, one] += weight.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(weights > 0, weighted / weights, -np.inf))


def _subjects(simulated: SimulatedStrata, selected: Booleans) -> Floats:
    subjects = np.zeros((simulated.trials, len(simulated.trial.outcomes)))
    for stage in range(selected.shape[1]):
        for there, rows in groups_of(selected[:, stage]):
            subjects[rows] += simulated.counts[rows, stage, there[-1]].sum(axis=2)
    return subjects

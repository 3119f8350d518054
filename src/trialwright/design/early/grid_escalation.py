"""Escalation by a dose-toxicity model whose posterior is computed on a grid of its parameters, at a set of doses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from trialwright.design.early.escalation import EscalationCharacteristics, summarize_trials
from trialwright.design.early.requirements import count, toxicity_probabilities
from trialwright.design.simulation.blocks import simulate_in_blocks
from trialwright.design.simulation.drawing import Purpose, draw_uniform, new_seed
from trialwright.errors import DesignError
from trialwright.execution import IN_THIS_PROCESS, Execution

Floats = NDArray[np.float64]
Integers = NDArray[np.int_]


@dataclass(frozen=True, kw_only=True, eq=False)
class DoseGrid:
    """A prior on points of the parameter space.

    log_prior   logarithm of the points' masses, up to a constant
    toxicity    DLT probability of each level (row) at each point
    features    what is averaged over the posterior, a column each: probabilities, or shares of a point's cell
    """

    log_prior: Floats
    toxicity: Floats
    features: Floats

    def posterior(self, n: Integers, dlts: Integers) -> Floats:
        """Masses of the points after `dlts` of `n` subjects at each level (column) had a DLT, one row per trial."""
        tiny = np.finfo(float).tiny
        toxic, free = np.log(np.maximum(self.toxicity, tiny)), np.log(np.maximum(1 - self.toxicity, tiny))
        log_mass = self.log_prior + dlts @ toxic + (n - dlts) @ free
        mass: Floats = np.exp(log_mass - log_mass.max(axis=1, keepdims=True))
        mass /= mass.sum(axis=1, keepdims=True)
        return mass

    def averages(self, n: Integers, dlts: Integers) -> Floats:
        """Posterior means of the features (columns), one row per trial."""
        means: Floats = self.posterior(n, dlts) @ self.features
        return means


class GridRule(Protocol):
    """A design that decides by averages over the posterior."""

    def simulation_grid(self) -> DoseGrid:
        """A grid fine enough for decisions."""
        ...

    def next_levels(self, averages: Floats, tried: Integers, alpha: Floats) -> Integers:
        """The next level of each trial (row), from 0; -1 where it stops. `tried` is the highest level used so far."""
        ...

    def bound_after(self, alpha: Floats | None, has_dlt: NDArray[np.bool_]) -> Floats:
        """The feasibility bound of the next decision, from the last one (None at the beginning) and the last cohort."""
        ...


def simulate_grid_escalation(
    design: GridRule,
    *,
    method: str,
    toxicities: Sequence[float],
    levels: int,
    cohorts: int,
    cohort_size: int,
    rng: np.random.Generator,
    trials: int,
    start_level: int,
    execution: Execution = IN_THIS_PROCESS,
    conventions: tuple[str, ...],
) -> EscalationCharacteristics:
    """Operating characteristics; the selected level is the recommended one, of those tried, after the last cohort."""
    truth = toxicity_probabilities("toxicities", toxicities)
    if len(truth) != levels:
        raise DesignError(
            f"toxicities has {len(truth)} dose levels, but the design has {levels}. Give one value per level."
        )
    count("cohorts", cohorts)
    count("cohort_size", cohort_size)
    if not 1 <= start_level <= levels:
        raise DesignError(f"start_level must lie between 1 and {levels}, the number of levels, got {start_level!r}.")
    work = partial(
        simulate_grid_block,
        design,
        design.simulation_grid(),
        truth,
        (cohorts, cohort_size, start_level - 1),
        seed=new_seed(rng),
    )
    blocks = simulate_in_blocks(work, trials, execution=execution)
    chosen, n, dlts = (np.concatenate([block[item] for block in blocks]) for item in range(3))
    return summarize_trials(method=method, toxicities=truth, chosen=chosen, n=n, dlts=dlts, conventions=conventions)


def simulate_grid_block(
    design: GridRule,
    grid: DoseGrid,
    truth: tuple[float, ...],
    course: tuple[int, int, int],
    *,
    seed: int,
    block: int,
    trials: int,
) -> tuple[Integers, Integers, Integers]:
    """Selected level (from 0; -1 for none), subjects and DLTs by level, of each trial of a block."""
    cohorts, size, start = course
    draws = draw_uniform(seed, block, Purpose.TOXICITY, cohorts * size)[:, :trials]
    toxicity, levels = np.asarray(truth), len(truth)
    n = np.zeros((trials, levels), dtype=np.int_)
    dlts = np.zeros_like(n)
    level, tried, running = np.full(trials, start), np.full(trials, start), np.arange(trials)
    alpha = design.bound_after(None, np.zeros(trials, dtype=bool))
    for cohort in range(cohorts):
        here = level[running]
        toxic = draws[cohort * size : (cohort + 1) * size, running] < toxicity[here]
        n[running, here] += size
        dlts[running, here] += toxic.sum(axis=0)
        tried[running] = np.maximum(tried[running], here)
        alpha[running] = design.bound_after(alpha[running], toxic.any(axis=0))
        # Trials with the same counts have the same posterior; early on there are few different ones.
        counts, inverse = np.unique(np.hstack([n[running], dlts[running]]), axis=0, return_inverse=True)
        averages = grid.averages(counts[:, :levels], counts[:, levels:])[inverse.reshape(-1)]
        level[running] = design.next_levels(averages, tried[running], alpha[running])
        running = running[level[running] >= 0]
        if not running.size:
            break
    return np.minimum(level, tried), n, dlts


def share_below(edges: Floats, value: Floats) -> Floats:
    """Share of each cell (between neighboring edges, last axis) that lies below a value."""
    width = np.diff(edges)
    return np.asarray(np.clip((value[..., None] - edges[:-1]) / width, 0.0, 1.0))

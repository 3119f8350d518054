"""Operating characteristics of the continual reassessment method by simulation, all trials at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialwright.design.early.crm import CONVENTIONS, CrmModel
from trialwright.design.early.escalation import EscalationCharacteristics, summarize_trials
from trialwright.design.early.requirements import count, probability, toxicity_probabilities
from trialwright.errors import DesignError

# Fewer points than for a single posterior: the mean of the parameter is still exact to about 1e-8.
_GRID_HALF_WIDTH = 6.0
_GRID_POINTS = 121


def simulate_crm(
    model: CrmModel,
    *,
    toxicities: Sequence[float],
    cohorts: int,
    cohort_size: int,
    rng: np.random.Generator,
    trials: int = 10_000,
    start_level: int = 1,
    stopping_confidence: float = 0.95,
) -> EscalationCharacteristics:
    """Operating characteristics; the selected level is the recommendation after the last cohort.

    toxicities            true DLT probability of each level of the model's skeleton
    stopping_confidence   a trial stops, without a selected level, if the lowest level's DLT probability exceeds the
                          target with at least this posterior probability
    """
    truth = np.asarray(toxicity_probabilities("toxicities", toxicities))
    levels = len(model.skeleton)
    if len(truth) != levels:
        raise DesignError(
            f"toxicities has {len(truth)} levels, but the skeleton has {levels}. Give one value per level."
        )
    if not 1 <= start_level <= levels:
        raise DesignError(f"start_level must lie between 1 and {levels}, the number of levels, got {start_level!r}.")
    count("cohorts", cohorts)
    count("cohort_size", cohort_size)
    count("trials", trials)
    probability("stopping_confidence", stopping_confidence)
    grid = np.linspace(-_GRID_HALF_WIDTH, _GRID_HALF_WIDTH, _GRID_POINTS) * model.prior_sd
    tiny = np.finfo(float).tiny
    by_grid = model.toxicity(grid)
    log_toxic, log_not = np.log(np.maximum(by_grid, tiny)).T, np.log(np.maximum(1 - by_grid, tiny)).T
    lowest_is_too_toxic = by_grid[:, 0] > model.target
    prior = -0.5 * (grid / model.prior_sd) ** 2

    n = np.zeros((trials, levels), dtype=np.int_)
    dlts = np.zeros_like(n)
    level = np.full(trials, start_level - 1)
    tried = np.full(trials, start_level - 1)
    running = np.arange(trials)
    for _ in range(cohorts):
        here = level[running]
        n[running, here] += cohort_size
        dlts[running, here] += rng.binomial(cohort_size, truth[here])
        tried[running] = np.maximum(tried[running], here)
        # Trials with the same counts have the same posterior; early on there are few different ones.
        counts, inverse = np.unique(np.hstack([n[running], dlts[running]]), axis=0, return_inverse=True)
        sizes, events = counts[:, :levels], counts[:, levels:]
        log_density = prior + events @ log_toxic + (sizes - events) @ log_not
        density: NDArray[np.float64] = np.exp(log_density - log_density.max(axis=1, keepdims=True))
        density /= density.sum(axis=1, keepdims=True)
        closest = np.abs(model.toxicity(density @ grid) - model.target).argmin(axis=1)
        stops = density @ lowest_is_too_toxic >= stopping_confidence
        inverse = inverse.reshape(-1)
        level[running] = np.where(stops[inverse], -1, np.minimum(closest[inverse], tried[running] + 1))
        running = running[~stops[inverse]]
        if not running.size:
            break
    # No level is selected that nobody was treated at.
    return summarize_trials(
        method=f"CRM, {model.model} model",
        toxicities=toxicities,
        chosen=np.minimum(level, tried),
        n=n,
        dlts=dlts,
        conventions=(*CONVENTIONS, "the level selected at the end is the recommended one, of those tried"),
    )

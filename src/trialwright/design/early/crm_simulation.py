"""Operating characteristics of the continual reassessment method by simulation, all trials at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialwright.design.early.crm import CONVENTIONS, CrmModel, parameters_at_target
from trialwright.design.early.escalation import EscalationCharacteristics, summarize_trials
from trialwright.design.early.requirements import count, probability, toxicity_probabilities
from trialwright.errors import DesignError

# Fewer points than for a single posterior: the mean of the parameter is still exact to about 1e-8.
_GRID_HALF_WIDTH = 6.0
_GRID_POINTS = 121


class CrmGrid:
    """The model on a grid of its parameter, for many posteriors at once.

    parameter, log_prior   the grid and the logarithm of the prior density, without its constant
    toxicity               DLT probability at each point (row) and level (column)
    lowest_too_toxic       share of each point's cell in which the lowest level exceeds the target
    """

    def __init__(self, model: CrmModel) -> None:
        self.model = model
        self.parameter = np.linspace(-_GRID_HALF_WIDTH, _GRID_HALF_WIDTH, _GRID_POINTS) * model.prior_sd
        self.log_prior = -0.5 * (self.parameter / model.prior_sd) ** 2
        self.toxicity = model.toxicity(self.parameter)
        tiny = np.finfo(float).tiny
        self._log_toxic = np.log(np.maximum(self.toxicity, tiny)).T
        self._log_not = np.log(np.maximum(1 - self.toxicity, tiny)).T
        # A cell that the target divides counts by its share, so that the probability does not jump with the grid.
        step = self.parameter[1] - self.parameter[0]
        crossing = parameters_at_target(model)[0]
        self.lowest_too_toxic = np.clip((crossing - self.parameter) / step + 0.5, 0.0, 1.0)

    def recommend(self, n: NDArray[np.int_], dlts: NDArray[np.int_]) -> tuple[NDArray[np.int_], NDArray[np.float64]]:
        """For each row of numbers by level: the level (from 0) closest to the target, and P(the lowest exceeds it)."""
        log_density = self.log_prior + dlts @ self._log_toxic + (n - dlts) @ self._log_not
        density: NDArray[np.float64] = np.exp(log_density - log_density.max(axis=1, keepdims=True))
        density /= density.sum(axis=1, keepdims=True)
        plugged_in = self.model.toxicity(density @ self.parameter)
        return np.abs(plugged_in - self.model.target).argmin(axis=1), density @ self.lowest_too_toxic


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
    grid = CrmGrid(model)

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
        closest, too_toxic = grid.recommend(counts[:, :levels], counts[:, levels:])
        stops = too_toxic >= stopping_confidence
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

"""Operating characteristics of EWOC where any dose between two may be given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from trialwright.design.early.ewoc import CONVENTIONS, EwocDesign
from trialwright.design.early.requirements import count
from trialwright.design.simulation.blocks import simulate_in_blocks
from trialwright.design.simulation.drawing import Purpose, draw_uniform, new_seed
from trialwright.design.simulation.operating_characteristics import Estimate, mean_over_trials
from trialwright.errors import DesignError
from trialwright.execution import IN_THIS_PROCESS, Execution

Floats = NDArray[np.float64]

_RHO_NODES = 12
_MTD_CELLS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class EwocCharacteristics:
    """How a design behaves if the DLT probability at dose_min is `rho0` and the target is met at `mtd`.

    recommended, recommended_error   mean of the dose recommended at the end, and of its difference from `mtd` squared,
                      as a root
    dlts              mean share of subjects with a DLT
    overdosed         mean share of subjects given more than `mtd`
    near_target       probability that the DLT probability of the recommended dose is within 0.1 of the target
    total             mean number of subjects
    """

    design: EwocDesign
    rho0: float
    mtd: float
    recommended: Estimate
    recommended_error: float
    dlts: Estimate
    overdosed: Estimate
    near_target: Estimate
    trials: int
    seed: int
    conventions: tuple[str, ...] = CONVENTIONS


def simulate_ewoc_any_dose(
    design: EwocDesign,
    *,
    rho0: float,
    mtd: float,
    cohorts: int,
    cohort_size: int,
    rng: np.random.Generator,
    trials: int = 1_000,
    execution: Execution = IN_THIS_PROCESS,
) -> EwocCharacteristics:
    """Operating characteristics; the truth follows the design's model."""
    if design.doses is not None:
        raise DesignError("The design has a set of doses; simulate_ewoc gives its operating characteristics by level.")
    if not 0 < rho0 < design.target:
        raise DesignError(f"rho0 must lie between 0 and the target {design.target}, got {rho0!r}.")
    if not design.dose_min < mtd <= design.dose_max:
        raise DesignError(f"mtd must lie above {design.dose_min} and be at most {design.dose_max}, got {mtd!r}.")
    count("cohorts", cohorts)
    count("cohort_size", cohort_size)
    seed = new_seed(rng)
    work = partial(simulate_ewoc_block, design, (rho0, mtd), (cohorts, cohort_size), seed=seed)
    results = np.concatenate(simulate_in_blocks(work, trials, execution=execution))
    recommended, dlts, overdosed = results.T
    at_recommended = design.toxicity(recommended, np.asarray(rho0), np.asarray(mtd))
    return EwocCharacteristics(
        design=design,
        rho0=rho0,
        mtd=mtd,
        recommended=mean_over_trials(recommended),
        recommended_error=math.sqrt(float(np.mean((recommended - mtd) ** 2))),
        dlts=mean_over_trials(dlts / (cohorts * cohort_size)),
        overdosed=mean_over_trials(overdosed / (cohorts * cohort_size)),
        near_target=mean_over_trials(np.abs(at_recommended - design.target) <= 0.1),
        trials=trials,
        seed=seed,
    )


def simulate_ewoc_block(
    design: EwocDesign, truth: tuple[float, float], course: tuple[int, int], *, seed: int, block: int, trials: int
) -> Floats:
    """Recommended dose, number of DLTs and of subjects given more than the MTD, a row per trial of a block."""
    cohorts, size = course
    draws = draw_uniform(seed, block, Purpose.TOXICITY, cohorts * size)[:, :trials]
    grid = design.grid(np.asarray([design.dose_min]), rho_nodes=_RHO_NODES, mtd_cells=_MTD_CELLS)
    edges = np.linspace(design.dose_min, design.dose_max, _MTD_CELLS + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    nodes, _ = np.polynomial.legendre.leggauss(_RHO_NODES)
    rho0, mtd = np.meshgrid((nodes + 1) / 2 * design.target, middle, indexing="ij")
    log_mass = np.tile(grid.log_prior, (trials, 1))
    dose = np.full(trials, design.dose_min)
    highest, all_dlts, overdosed = dose.copy(), np.zeros(trials), np.zeros(trials)
    alpha = design.bound_after(None, np.zeros(trials, dtype=bool))
    tiny = np.finfo(float).tiny
    for cohort in range(cohorts):
        truly = design.toxicity(dose, np.asarray(truth[0]), np.asarray(truth[1]))
        dlts = (draws[cohort * size : (cohort + 1) * size] < truly).sum(axis=0)
        all_dlts += dlts
        overdosed += size * (dose > truth[1])
        highest = np.maximum(highest, dose)
        by_point = design.toxicity(dose[:, None], rho0.ravel(), mtd.ravel())
        log_mass += dlts[:, None] * np.log(np.maximum(by_point, tiny))
        log_mass += (size - dlts)[:, None] * np.log(np.maximum(1 - by_point, tiny))
        alpha = design.bound_after(alpha, dlts > 0)
        mass = np.exp(log_mass - log_mass.max(axis=1, keepdims=True)).reshape(trials, _RHO_NODES, _MTD_CELLS)
        by_mtd = mass.sum(axis=1)
        cumulated = np.cumsum(by_mtd / by_mtd.sum(axis=1, keepdims=True), axis=1)
        cell = np.minimum((cumulated < alpha[:, None]).sum(axis=1), _MTD_CELLS - 1)
        every = np.arange(trials)
        before = np.where(cell > 0, cumulated[every, cell - 1], 0.0)
        within = (alpha - before) / np.maximum(cumulated[every, cell] - before, tiny)
        dose = edges[cell] + np.clip(within, 0, 1) * (edges[1] - edges[0])
        if design.max_increment is not None:
            dose = np.minimum(dose, highest + design.max_increment)
    return np.stack([dose, all_dlts, overdosed], axis=1)

"""Operating characteristics of BOIN12 by simulation, subject by subject."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from trialwright.design.early.boin12 import CONVENTIONS, Boin12Design, next_levels, optimal_levels
from trialwright.design.early.joint_outcomes import (
    compute_joint_probability,
    response_given_toxicity,
    response_probabilities,
)
from trialwright.design.early.requirements import count, positive, toxicity_probabilities
from trialwright.design.simulation.blocks import simulate_in_blocks
from trialwright.design.simulation.drawing import Purpose, draw_uniform, new_seed
from trialwright.design.simulation.operating_characteristics import Estimate, mean_over_trials
from trialwright.errors import DesignError
from trialwright.execution import IN_THIS_PROCESS, Execution

Integers = NDArray[np.int_]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseScenario:
    """What is true of each dose level, lowest first.

    toxicities   DLT probabilities, not falling with the dose
    responses    response probabilities
    odds_ratio   of DLT and response in the same subject; 1 if independent, above 1 if they come together
    """

    toxicities: tuple[float, ...]
    responses: tuple[float, ...]
    odds_ratio: float = 1.0

    def __post_init__(self) -> None:
        toxicity_probabilities("toxicities", self.toxicities)
        response_probabilities("responses", self.responses, len(self.toxicities))
        positive("odds_ratio", self.odds_ratio)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boin12Characteristics:
    """How a design behaves in a scenario; one value per dose level, lowest first.

    utilities      true mean utility of the level, from 0 to 100
    selection      probability that the level is selected as optimal biological dose
    none_selected  probability that none is
    n, dlts, responses   mean numbers at the level; `total` subjects in all
    """

    scenario: DoseScenario
    utilities: tuple[float, ...]
    selection: tuple[Estimate, ...]
    none_selected: Estimate
    n: tuple[Estimate, ...]
    dlts: tuple[Estimate, ...]
    responses: tuple[Estimate, ...]
    total: Estimate
    trials: int
    seed: int
    conventions: tuple[str, ...] = CONVENTIONS


class Boin12Lookup:
    """Admissibility and desirability of all outcomes that so many cohorts can have at a level, computed once."""

    def __init__(self, design: Boin12Design, cohorts: int) -> None:
        self.cohorts = cohorts
        self._design = design
        most = cohorts * design.cohort_size
        n = np.arange(0, most + 1, design.cohort_size)
        outcomes = np.arange(most + 1)
        # Outcomes with more DLTs or responses than subjects are never looked up.
        events = np.minimum(outcomes, n[:, None])
        self._too_toxic = design.is_too_toxic(n[:, None], events)
        self._futile = design.is_futile(n[:, None], events)
        self._worth = None
        if design.utilities.is_additive:
            toxic, hits = events[:, :, None], events[:, None, :]
            self._worth = design.desirability(n[:, None, None], toxic, hits, np.zeros_like(toxic))

    def admissible(self, n: Integers, dlts: Integers, responses: Integers) -> NDArray[np.bool_]:
        """See `Boin12Design.admissible`."""
        row = n // self._design.cohort_size
        return np.asarray(
            ~np.logical_or.accumulate(self._too_toxic[row, dlts], axis=-1) & ~self._futile[row, responses]
        )

    def worth(self, n: Integers, dlts: Integers, responses: Integers, both: Integers) -> NDArray[np.float64]:
        """See `Boin12Design.desirability`."""
        if self._worth is None:
            return self._design.desirability(n, dlts, responses, both)
        return np.asarray(self._worth[n // self._design.cohort_size, dlts, responses])


def simulate_boin12(
    design: Boin12Design,
    scenario: DoseScenario,
    *,
    cohorts: int,
    rng: np.random.Generator,
    trials: int = 10_000,
    start_level: int = 1,
    execution: Execution = IN_THIS_PROCESS,
) -> Boin12Characteristics:
    """Operating characteristics; most `cohorts` cohorts of the design's size."""
    count("cohorts", cohorts)
    levels = len(scenario.toxicities)
    if not 1 <= start_level <= levels:
        raise DesignError(f"start_level must lie between 1 and {levels}, the number of dose levels, got {start_level}.")
    seed = new_seed(rng)
    looked_up = Boin12Lookup(design, cohorts)
    work = partial(simulate_boin12_block, design, looked_up, scenario, start_level, seed=seed)
    blocks = simulate_in_blocks(work, trials, execution=execution)
    chosen = np.concatenate([block[0] for block in blocks])
    n, dlts, hits = (np.concatenate([block[1][item] for block in blocks]) for item in range(3))
    toxicity, response = np.asarray(scenario.toxicities), np.asarray(scenario.responses)
    both = compute_joint_probability(toxicity, response, odds_ratio=scenario.odds_ratio)
    return Boin12Characteristics(
        scenario=scenario,
        utilities=tuple(design.utilities.expected(toxicity, response, both).tolist()),
        selection=tuple(mean_over_trials(chosen == level) for level in range(levels)),
        none_selected=mean_over_trials(chosen < 0),
        n=means_by_level(n),
        dlts=means_by_level(dlts),
        responses=means_by_level(hits),
        total=mean_over_trials(n.sum(axis=1)),
        trials=trials,
        seed=seed,
    )


def simulate_boin12_block(
    design: Boin12Design,
    looked_up: Boin12Lookup,
    scenario: DoseScenario,
    start_level: int,
    *,
    seed: int,
    block: int,
    trials: int,
) -> tuple[Integers, tuple[Integers, Integers, Integers]]:
    """The selected level (from 0; -1 for none) of each trial, and its subjects, DLTs and responses by level."""
    size, cohorts = design.cohort_size, looked_up.cohorts
    toxic_draws = draw_uniform(seed, block, Purpose.TOXICITY, cohorts * size)[:, :trials]
    response_draws = draw_uniform(seed, block, Purpose.RESPONSE, cohorts * size)[:, :trials]
    toxicity = np.asarray(scenario.toxicities)
    response = response_given_toxicity(toxicity, np.asarray(scenario.responses), odds_ratio=scenario.odds_ratio)
    n, dlts, hits, both = (np.zeros((trials, len(toxicity)), dtype=np.int_) for _ in range(4))
    level = np.full(trials, start_level - 1)
    running = np.arange(trials)
    for cohort in range(cohorts):
        rows, here = slice(cohort * size, (cohort + 1) * size), level[running]
        toxic = toxic_draws[rows, running] < toxicity[here]
        hit = response_draws[rows, running] < response[toxic.astype(np.int_), here]
        n[running, here] += size
        dlts[running, here] += toxic.sum(axis=0)
        hits[running, here] += hit.sum(axis=0)
        both[running, here] += (toxic & hit).sum(axis=0)
        counts = n[running], dlts[running], hits[running], both[running]
        level[running] = next_levels(
            design, *counts[:2], here=here, usable=looked_up.admissible(*counts[:3]), worth=looked_up.worth(*counts)
        )
        running = running[level[running] >= 0]
        if not running.size:
            break
    chosen = optimal_levels(design, n, dlts, hits, both)
    # A trial that stopped found no level that could be treated further.
    return np.where(level < 0, -1, chosen), (n, dlts, hits)


def means_by_level(values: NDArray[np.generic]) -> tuple[Estimate, ...]:
    """The mean of each column, with its Monte Carlo error."""
    return tuple(mean_over_trials(values[:, level]) for level in range(values.shape[1]))

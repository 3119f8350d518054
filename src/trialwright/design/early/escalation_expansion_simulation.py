"""Joint operating characteristics of an escalation and the expansion that follows it, subject by subject."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from trialwright.design.early.arrivals_simulation import draw_gaps
from trialwright.design.early.boin12_simulation import DoseScenario, means_by_level
from trialwright.design.early.crm_simulation import CrmGrid
from trialwright.design.early.escalation import (
    closest_level,
    compute_isotonic_estimates,
    decision_codes,
    next_table_levels,
)
from trialwright.design.early.escalation_expansion import (
    CrmEscalation,
    EscalationExpansionDesign,
    TableEscalation,
    ThreePlusThreeEscalation,
)
from trialwright.design.early.joint_outcomes import response_given_toxicity
from trialwright.design.simulation.blocks import simulate_in_blocks
from trialwright.design.simulation.drawing import Purpose, draw_uniform, new_seed
from trialwright.design.simulation.operating_characteristics import Estimate, mean_over_trials
from trialwright.errors import DesignError
from trialwright.execution import IN_THIS_PROCESS, Execution

Floats = NDArray[np.float64]
Integers = NDArray[np.int_]
Booleans = NDArray[np.bool_]

CONVENTIONS = (
    "dose levels are counted from 1; probabilities are over all trials, those without a selected dose included",
    "looks are at the first subjects at the dose in the order of treatment; the rule for toxicity is applied to "
    "subjects of the expansion as they come, and before a look at the same number",
    "duration: each cohort of the escalation is awaited for the DLT window; accrual of the expansion pauses at each "
    "look until the responses are known, and the last subject is awaited for the longer of window and response time",
)

_NONE, _TOXIC, _FUTILE, _ACTIVE = 0, 1, 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelEnds:
    """Probabilities of how trials end at a level: it is selected, and the expansion there ends in one of three ways."""

    selected: Estimate
    stopped_for_toxicity: Estimate
    futile: Estimate
    active: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationExpansionCharacteristics:
    """How a design behaves in a scenario.

    levels           how trials end, by level, lowest first
    none_selected    probability that no dose is selected; else the expansion begins (`goes_on`)
    active           probability that the treatment is declared active, at whatever dose
    stopped_for_toxicity, futile   likewise of the other ends of the expansion
    escalation_n     mean number of subjects at each level in the escalation
    escalation_total, expansion_total, total   mean numbers of subjects
    dlts, responses  mean numbers, of the whole trial
    duration         None if the design has no arrivals
    """

    design: EscalationExpansionDesign
    scenario: DoseScenario
    levels: tuple[LevelEnds, ...]
    none_selected: Estimate
    goes_on: Estimate
    active: Estimate
    stopped_for_toxicity: Estimate
    futile: Estimate
    escalation_n: tuple[Estimate, ...]
    escalation_total: Estimate
    expansion_total: Estimate
    total: Estimate
    dlts: Estimate
    responses: Estimate
    duration: Estimate | None
    trials: int
    seed: int
    conventions: tuple[str, ...] = CONVENTIONS


@dataclass(frozen=True, kw_only=True, eq=False)
class EscalatedTrials:
    """Trials (columns) at the end of the escalation.

    level    level of each subject (row), from 0; -1 if not treated
    chosen   the selected level; -1 for none
    cohorts  number of cohorts treated
    """

    level: Integers
    chosen: Integers
    cohorts: Integers


@dataclass(frozen=True, kw_only=True, eq=False)
class ExpandedTrials:
    """Trial by trial: selected level (-1: none), how it ended, and numbers."""

    chosen: Integers
    end: Integers
    escalation_n: Integers
    expansion_n: Integers
    dlts: Integers
    responses: Integers
    duration: Floats


def simulate_escalation_expansion(
    design: EscalationExpansionDesign,
    scenario: DoseScenario,
    *,
    rng: np.random.Generator,
    trials: int = 10_000,
    execution: Execution = IN_THIS_PROCESS,
) -> EscalationExpansionCharacteristics:
    """Operating characteristics. Designs with the same generator have the same subjects."""
    levels = len(scenario.toxicities)
    needed = _levels_of(design)
    if needed is not None and needed != levels:
        raise DesignError(f"The scenario has {levels} dose levels, but the escalation has {needed}.")
    if not isinstance(design.escalation, ThreePlusThreeEscalation) and design.escalation.start_level > levels:
        raise DesignError(
            f"start_level must lie between 1 and {levels}, the number of dose levels, got "
            f"{design.escalation.start_level!r}."
        )
    seed = new_seed(rng)
    blocks = simulate_in_blocks(
        partial(simulate_expansion_block, design, scenario, seed=seed), trials, execution=execution
    )

    def joined(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(block, name) for block in blocks])

    chosen, end, escalation_n, expansion_n = (joined(name) for name in ("chosen", "end", "escalation_n", "expansion_n"))
    escalated = escalation_n.sum(axis=1)
    return EscalationExpansionCharacteristics(
        design=design,
        scenario=scenario,
        levels=tuple(
            LevelEnds(
                selected=mean_over_trials(chosen == level),
                stopped_for_toxicity=mean_over_trials((chosen == level) & (end == _TOXIC)),
                futile=mean_over_trials((chosen == level) & (end == _FUTILE)),
                active=mean_over_trials((chosen == level) & (end == _ACTIVE)),
            )
            for level in range(levels)
        ),
        none_selected=mean_over_trials(end == _NONE),
        goes_on=mean_over_trials(end != _NONE),
        active=mean_over_trials(end == _ACTIVE),
        stopped_for_toxicity=mean_over_trials(end == _TOXIC),
        futile=mean_over_trials(end == _FUTILE),
        escalation_n=means_by_level(escalation_n),
        escalation_total=mean_over_trials(escalated),
        expansion_total=mean_over_trials(expansion_n),
        total=mean_over_trials(escalated + expansion_n),
        dlts=mean_over_trials(joined("dlts")),
        responses=mean_over_trials(joined("responses")),
        duration=None if design.arrivals is None else mean_over_trials(joined("duration")),
        trials=trials,
        seed=seed,
    )


def simulate_expansion_block(
    design: EscalationExpansionDesign, scenario: DoseScenario, *, seed: int, block: int, trials: int
) -> ExpandedTrials:
    """A block of trials."""
    first, more = design.escalation.n_max, design.expansion.n_max
    toxic_draws = draw_uniform(seed, block, Purpose.TOXICITY, first + more)[:, :trials]
    response_draws = draw_uniform(seed, block, Purpose.RESPONSE, first + more)[:, :trials]
    toxicity = np.asarray(scenario.toxicities)
    response = response_given_toxicity(toxicity, np.asarray(scenario.responses), odds_ratio=scenario.odds_ratio)
    escalated = escalate(design, toxic_draws[:first], toxicity)
    treated = escalated.level >= 0
    # The expansion's subjects follow in the rows after those of the escalation.
    level = np.concatenate([escalated.level, np.tile(escalated.chosen, (more, 1))])
    at = np.maximum(level, 0)
    toxic = toxic_draws < toxicity[at]
    responds = response_draws < np.where(toxic, response[1][at], response[0][at])
    end, expansion_n, looks = (np.zeros(trials, dtype=np.int_) for _ in range(3))
    for trial in np.flatnonzero(escalated.chosen >= 0):
        counted = (
            escalated.level[:, trial] == escalated.chosen[trial]
            if design.counts_escalation
            else np.zeros(first, dtype=bool)
        )
        rows = np.concatenate([np.flatnonzero(counted), first + np.arange(more)])
        end[trial], n, looks[trial] = _expand(
            design, toxic[rows, trial], responds[rows, trial], already=int(counted.sum())
        )
        expansion_n[trial] = n
    is_treated = np.concatenate([treated, np.arange(more)[:, None] < expansion_n])
    return ExpandedTrials(
        chosen=escalated.chosen,
        end=end,
        escalation_n=np.stack([(escalated.level == one).sum(axis=0) for one in range(len(toxicity))], axis=1),
        expansion_n=expansion_n,
        dlts=(toxic & is_treated).sum(axis=0),
        responses=(responds & is_treated).sum(axis=0),
        duration=_durations(design, is_treated, escalated.cohorts, looks, seed=seed, block=block),
    )


def escalate(design: EscalationExpansionDesign, draws: Floats, toxicity: Floats) -> EscalatedTrials:
    """The escalation of each trial (column of `draws`, a row per subject)."""
    escalation = design.escalation
    if isinstance(escalation, ThreePlusThreeEscalation):
        return _three_plus_three(escalation, draws, toxicity)
    size, (_, trials), levels = escalation.cohort_size, draws.shape, len(toxicity)
    level_of = np.full(draws.shape, -1)
    n, dlts = np.zeros((trials, levels), dtype=np.int_), np.zeros((trials, levels), dtype=np.int_)
    level, tried = np.full(trials, escalation.start_level - 1), np.full(trials, escalation.start_level - 1)
    highest, cohorts = np.full(trials, levels - 1), np.zeros(trials, dtype=np.int_)
    running = np.arange(trials)
    codes = decision_codes(escalation.table) if isinstance(escalation, TableEscalation) else None
    grid = CrmGrid(escalation.model) if isinstance(escalation, CrmEscalation) else None
    for cohort in range(escalation.cohorts):
        here, rows = level[running], slice(cohort * size, (cohort + 1) * size)
        level_of[rows, running] = here
        n[running, here] += size
        dlts[running, here] += (draws[rows, running] < toxicity[here]).sum(axis=0)
        tried[running] = np.maximum(tried[running], here)
        cohorts[running] += 1
        if codes is not None:
            following, highest[running] = next_table_levels(
                codes, n[running, here], dlts[running, here], here=here, highest=highest[running]
            )
            goes_on = highest[running] >= 0
            if isinstance(escalation, TableEscalation) and escalation.stop_at_n is not None:
                goes_on &= ~((following == here) & (n[running, here] >= escalation.stop_at_n))
            level[running] = following
        elif grid is not None and isinstance(escalation, CrmEscalation):
            closest, too_toxic = grid.recommend(n[running], dlts[running])
            goes_on = too_toxic < escalation.stopping_confidence
            level[running] = np.where(goes_on, np.minimum(closest, tried[running] + 1), -1)
        running = running[goes_on]
        if not running.size:
            break
    if isinstance(escalation, TableEscalation):
        usable = (np.arange(levels) <= highest[:, None]) & (n > 0)
        chosen = closest_level(compute_isotonic_estimates(n, dlts, usable), usable, escalation.table.target)
    else:
        chosen = np.minimum(level, tried)
    return EscalatedTrials(level=level_of, chosen=chosen, cohorts=cohorts)


def _three_plus_three(escalation: ThreePlusThreeEscalation, draws: Floats, toxicity: Floats) -> EscalatedTrials:
    trials, levels = draws.shape[1], len(toxicity)
    level_of, chosen, cohorts = np.full(draws.shape, -1), np.zeros(trials, dtype=np.int_), np.zeros(trials, dtype=int)
    for trial in range(trials):
        n, dlts, here, treated = [0] * levels, [0] * levels, 0, 0
        candidate: int | None = None
        while candidate is None or (escalation.has_deescalation and candidate >= 0 and n[candidate] == 3):
            here = here if candidate is None else candidate
            level_of[treated : treated + 3, trial] = here
            n[here] += 3
            dlts[here] += int((draws[treated : treated + 3, trial] < toxicity[here]).sum())
            treated += 3
            if candidate is not None:
                candidate = candidate if dlts[here] <= 1 else candidate - 1
            elif dlts[here] > 1:
                candidate = here - 1
            elif dlts[here] == 0 or n[here] == 6:
                candidate, here = (here, here) if here == levels - 1 else (None, here + 1)
        chosen[trial], cohorts[trial] = candidate, treated // 3
    return EscalatedTrials(level=level_of, chosen=chosen, cohorts=cohorts)


def _expand(
    design: EscalationExpansionDesign, toxic: Booleans, responds: Booleans, *, already: int
) -> tuple[int, int, int]:
    """How the expansion ends, how many subjects it treated, and at how many looks it paused.

    Subjects are in the order of treatment; `already` of them are of the escalation.
    """
    dlts, hits = np.cumsum(toxic), np.cumsum(responds)
    stop = None
    if design.toxicity is not None:
        for row in design.toxicity.rows:
            if already < row.n <= len(dlts) and row.stop_at_least is not None and dlts[row.n - 1] >= row.stop_at_least:
                stop = row.n
                break
    pauses = 0
    for look in design.expansion.looks:
        if stop is not None and stop <= look.n:
            return _TOXIC, stop - already, pauses
        pauses += look.n > already
        found = hits[look.n - 1]
        if look.futile_at_most is not None and found <= look.futile_at_most:
            return _FUTILE, max(look.n - already, 0), pauses
        if look.active_at_least is not None and found >= look.active_at_least:
            return _ACTIVE, max(look.n - already, 0), pauses
    raise AssertionError("the last look of an ExpansionRule decides")


def _durations(
    design: EscalationExpansionDesign,
    is_treated: Booleans,
    cohorts: Integers,
    looks: Integers,
    *,
    seed: int,
    block: int,
) -> Floats:
    arrivals = design.arrivals
    if arrivals is None or design.response_time is None:
        return np.zeros(is_treated.shape[1])
    gaps = draw_gaps(arrivals, len(is_treated), seed=seed, block=block)[:, : is_treated.shape[1]]
    waiting = cohorts * arrivals.window + looks * design.response_time
    # The last pause is the wait for the last subject, whose DLT window may be longer.
    waiting = waiting + (looks > 0) * max(arrivals.window - design.response_time, 0.0)
    return np.asarray((gaps * is_treated).sum(axis=0) + waiting)


def _levels_of(design: EscalationExpansionDesign) -> int | None:
    if isinstance(design.escalation, CrmEscalation):
        return len(design.escalation.model.skeleton)
    return design.escalation.levels if isinstance(design.escalation, ThreePlusThreeEscalation) else None

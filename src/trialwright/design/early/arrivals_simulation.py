"""Escalation in calendar time by simulation: BOIN, TITE-BOIN, BOIN with backfill, CRM and TITE-CRM.

Sources: Yuan Y, Lin R, Li D, Nie L, Warren KE. Time-to-event Bayesian optimal interval design to accelerate phase I
trials. Clin Cancer Res 2018;24:4921-4930 (TITE-BOIN). Cheung YK, Chappell R. Biometrics 2000;56:1177-1182 (TITE-CRM).
Zhao Y, Yuan Y, Korn EL, Freidlin B. Backfilling patients in phase I dose-escalation trials using Bayesian optimal
interval design (BOIN). Clin Cancer Res 2024;30:673-679. The paper on backfill was seen in part only: what is done is
said in `CONVENTIONS`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialwright.design.early.arrivals import Arrivals, TimedEscalation
from trialwright.design.early.boin12_simulation import DoseScenario, means_by_level
from trialwright.design.early.crm import CrmModel
from trialwright.design.early.crm_simulation import CrmGrid
from trialwright.design.early.escalation import (
    closest_level,
    compute_isotonic_estimates,
    decision_codes,
)
from trialwright.design.early.joint_outcomes import response_given_toxicity
from trialwright.design.simulation.blocks import simulate_in_blocks
from trialwright.design.simulation.drawing import (
    Purpose,
    draw_exponential,
    draw_uniform,
    new_seed,
)
from trialwright.design.simulation.operating_characteristics import Estimate, mean_over_trials
from trialwright.errors import DesignError
from trialwright.execution import IN_THIS_PROCESS, Execution

if TYPE_CHECKING:
    from trialwright.design.early.arrivals_kernel import Rules

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CONVENTIONS = (
    "dose levels are counted from 1; times are in the unit of `arrivals`, from the beginning of accrual",
    "a decision is made when a subject arrives and the last cohort is full; an arrival that can neither be treated in "
    "the escalation nor in backfill is turned away",
    "BOIN: known DLTs that ask to eliminate or (TITE) to de-escalate do so at once; else the decision waits while more "
    "than max_pending_share of the subjects at the level are pending",
    "TITE-BOIN: pending outcomes count as s / n with p / (1 - p) times their remaining share of the window added to "
    "the known DLTs, p = (DLTs + target / 2) / (assessed + 1)",
    "TITE-CRM: pending subjects weigh by the share of the window they were followed",
    "backfill goes to the highest open level: below the current one, treated before, fewer subjects than the cap, a "
    "response seen there or lower, and not (to de-escalate by its own data and by those pooled with the next level)",
    "a backfilled level that must be eliminated takes the escalation below it; one whose own data ask to de-escalate "
    "does so if the data pooled up to the current level do",
    "the dose is selected from complete data: BOIN by isotonic regression, CRM the recommended one of those tried",
    "duration: until every treated subject had a DLT or was followed for the window",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedCharacteristics:
    """How an escalation in calendar time behaves; one value per dose level, lowest first.

    selection, none_selected   probability that the level, or none, is selected as maximum tolerated dose
    n, dlts, responses   mean numbers at the level, backfilled subjects included
    total, backfilled    mean number of subjects, and of those in backfill
    turned_away          mean number of arrivals that were not treated before the last decision
    duration             mean duration of the trial
    waited               mean time for which decisions waited for data
    """

    plan: TimedEscalation
    scenario: DoseScenario
    selection: tuple[Estimate, ...]
    none_selected: Estimate
    n: tuple[Estimate, ...]
    dlts: tuple[Estimate, ...]
    responses: tuple[Estimate, ...]
    total: Estimate
    backfilled: Estimate
    turned_away: Estimate
    duration: Estimate
    waited: Estimate
    trials: int
    seed: int
    conventions: tuple[str, ...] = CONVENTIONS


@dataclass(frozen=True, kw_only=True, eq=False)
class TimedTrials:
    """Trial by trial: the selected level from 0 (-1 for none), numbers by level, and the kernel's other results."""

    chosen: Integers
    n: Integers
    dlts: Integers
    responses: Integers
    others: Floats


def simulate_timed_escalation(
    plan: TimedEscalation,
    scenario: DoseScenario,
    *,
    rng: np.random.Generator,
    trials: int = 10_000,
    execution: Execution = IN_THIS_PROCESS,
) -> TimedCharacteristics:
    """Operating characteristics with the duration of the trial.

    The first call on a computer compiles the kernel, in about ten seconds; it is then kept on disk. Plans with the same
    generator have the same arrivals and, for the same subject at the same level, the same outcomes.
    """
    levels = len(scenario.toxicities)
    if isinstance(plan.design, CrmModel) and len(plan.design.skeleton) != levels:
        raise DesignError(
            f"The scenario has {levels} levels, but the skeleton has {len(plan.design.skeleton)}. Give one value per "
            "level."
        )
    if plan.start_level > levels:
        raise DesignError(
            f"start_level must lie between 1 and {levels}, the number of dose levels, got {plan.start_level!r}."
        )
    seed = new_seed(rng)
    blocks = simulate_in_blocks(partial(simulate_timed_block, plan, scenario, seed=seed), trials, execution=execution)
    chosen = np.concatenate([block.chosen for block in blocks])
    n = np.concatenate([block.n for block in blocks])
    others = np.concatenate([block.others for block in blocks])
    return TimedCharacteristics(
        plan=plan,
        scenario=scenario,
        selection=tuple(mean_over_trials(chosen == level) for level in range(levels)),
        none_selected=mean_over_trials(chosen < 0),
        n=means_by_level(n),
        dlts=means_by_level(np.concatenate([block.dlts for block in blocks])),
        responses=means_by_level(np.concatenate([block.responses for block in blocks])),
        total=mean_over_trials(n.sum(axis=1)),
        backfilled=mean_over_trials(others[:, 4]),
        turned_away=mean_over_trials(others[:, 3]),
        duration=mean_over_trials(others[:, 2]),
        waited=mean_over_trials(others[:, 6]),
        trials=trials,
        seed=seed,
    )


def simulate_timed_block(
    plan: TimedEscalation, scenario: DoseScenario, *, seed: int, block: int, trials: int
) -> TimedTrials:
    """A block of trials."""
    from trialwright.design.early.arrivals_kernel import Subjects, run_trial

    rules = _rules_of(plan)
    levels = len(scenario.toxicities)
    most = plan.cohorts * plan.cohort_size + (0 if plan.backfill is None else plan.backfill.cap * levels)
    toxic_draws = draw_uniform(seed, block, Purpose.TOXICITY, most)
    response_draws = draw_uniform(seed, block, Purpose.RESPONSE, most)
    gaps = _gaps(plan, seed=seed, block=block)
    toxicity = np.asarray(scenario.toxicities)
    response = response_given_toxicity(toxicity, np.asarray(scenario.responses), odds_ratio=scenario.odds_ratio)
    n, dlts, hits = (np.zeros((trials, levels), dtype=np.int64) for _ in range(3))
    others = np.zeros((trials, 7))
    for trial in range(trials):
        draws = toxic_draws[:, trial, None]
        times = _dlt_times(draws, toxicity, plan.arrivals)
        responds = (response_draws[:, trial, None] < np.where(draws < toxicity, response[1], response[0])).astype(
            np.int64
        )
        subjects = Subjects(
            level=np.full(most, -1, dtype=np.int64),
            entry=np.zeros(most),
            dlt=np.zeros(most),
            response=np.zeros(most, dtype=np.int64),
        )
        run_trial(rules, gaps[:, trial].copy(), times, responds, subjects, n[trial], dlts[trial], others[trial])
        hits[trial] = np.bincount(subjects.level[subjects.response == 1], minlength=levels)
    return TimedTrials(chosen=_select(plan, n, dlts, others), n=n, dlts=dlts, responses=hits, others=others)


def _select(plan: TimedEscalation, n: Integers, dlts: Integers, others: Floats) -> Integers:
    stopped, highest, tried = (others[:, column].astype(np.int64) for column in (0, 1, 5))
    if isinstance(plan.design, CrmModel):
        level, too_toxic = CrmGrid(plan.design).recommend(n, dlts)
        found = np.where(too_toxic >= plan.stopping_confidence, -1, np.minimum(level, tried))
        return np.asarray(np.where(stopped == 1, -1, found))
    usable = (np.arange(n.shape[1]) <= highest[:, None]) & (n > 0)
    chosen = closest_level(compute_isotonic_estimates(n, dlts, usable), usable, plan.design.target)
    return np.asarray(np.where(stopped == 1, -1, chosen))


def _gaps(plan: TimedEscalation, *, seed: int, block: int) -> Floats:
    """Gaps between arrivals, a column per trial; enough for nearly every trial, the kernel begins them again."""
    arrivals = plan.arrivals
    per_cohort = plan.cohort_size + arrivals.rate * arrivals.window
    number = 20 + math.ceil(1.2 * plan.cohorts * per_cohort + 6 * math.sqrt(plan.cohorts * per_cohort))
    return draw_gaps(arrivals, number, seed=seed, block=block)


def draw_gaps(arrivals: Arrivals, number: int, *, seed: int, block: int) -> Floats:
    """So many gaps between arrivals (rows) for each trial of a block (column)."""
    if arrivals.gaps == "poisson":
        return draw_exponential(seed, block, Purpose.ENTRY, number) / arrivals.rate
    drawn = draw_uniform(seed, block, Purpose.ENTRY, number)
    scaled: Floats = (2 * drawn if arrivals.gaps == "uniform" else np.ones_like(drawn)) / arrivals.rate
    return scaled


def _dlt_times(draws: Floats, toxicity: Floats, arrivals: Arrivals) -> Floats:
    """Time to the DLT of each subject (row) at each level (column), infinite if there is none.

    The draw is the distribution function at the time: a subject has no later DLT at a higher level.
    """
    has_dlt = draws < toxicity
    share = np.divide(draws, toxicity, out=np.full(has_dlt.shape, 0.5), where=has_dlt)
    if arrivals.late_share != 0.5:
        # F(window) = p and F(window / 2) = (1 - late_share) p fix the Weibull distribution; p = 1 has no finite one.
        p = np.clip(toxicity, 1e-12, 1 - 1e-12)
        shape = np.log(np.log1p(-p) / np.log1p(-p * (1 - arrivals.late_share))) / math.log(2)
        share = np.where(has_dlt, (np.log1p(-share * p) / np.log1p(-p)) ** (1 / shape), 0.5)
    return np.where(has_dlt, share * arrivals.window, np.inf)


def _rules_of(plan: TimedEscalation) -> Rules:
    from trialwright.design.early.arrivals_kernel import Rules

    design, backfill = plan.design, plan.backfill
    empty = np.zeros(0)
    is_crm = isinstance(design, CrmModel)
    grid = CrmGrid(design) if isinstance(design, CrmModel) else None
    skeleton = np.asarray(design.skeleton) if isinstance(design, CrmModel) else empty
    is_logistic = isinstance(design, CrmModel) and design.model == "logistic"
    intercept = design.intercept if isinstance(design, CrmModel) else 0.0
    return Rules(
        is_crm=is_crm,
        cohorts=plan.cohorts,
        cohort_size=plan.cohort_size,
        start=plan.start_level - 1,
        stop_at_n=10**9 if plan.stop_at_n is None else plan.stop_at_n,
        max_pending_share=float(plan.max_pending_share),
        window=float(plan.arrivals.window),
        codes=np.zeros((1, 1), dtype=np.int64) if isinstance(design, CrmModel) else decision_codes(design.table),
        target=design.target,
        lambda_escalate=0.0 if isinstance(design, CrmModel) else design.lambda_escalate,
        lambda_deescalate=1.0 if isinstance(design, CrmModel) else design.lambda_deescalate,
        grid=empty if grid is None else grid.parameter,
        log_prior=empty if grid is None else grid.log_prior,
        toxicity_at=np.zeros((0, 0)) if grid is None else np.ascontiguousarray(grid.toxicity.T),
        lowest_too_toxic=empty if grid is None else grid.lowest_too_toxic,
        transformed_skeleton=np.log(skeleton / (1 - skeleton)) - intercept if is_logistic else np.log(skeleton),
        intercept=float(intercept),
        is_logistic=is_logistic,
        stopping_confidence=plan.stopping_confidence,
        backfills=backfill is not None,
        cap=0 if backfill is None else backfill.cap,
        response_time=plan.arrivals.window
        if backfill is None or backfill.response_time is None
        else float(backfill.response_time),
        needs_response=backfill is not None and backfill.needs_response,
    )

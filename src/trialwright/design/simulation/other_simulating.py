"""Blocks of trials whose outcome is a category, a count, or a measurement at several visits."""

from __future__ import annotations

from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from trialwright.design.simulation.cohorts import enrolled_cohort
from trialwright.design.simulation.drawing import TRIALS_PER_BLOCK, Purpose, draw_normal, draw_uniform
from trialwright.design.simulation.kernel_inputs import Cohort
from trialwright.design.simulation.other_outcomes import CountOutcome, OrdinalOutcome, RepeatedMeasures
from trialwright.design.simulation.other_statistics import difference_at_last_visit, log_rate_ratio, net_benefit
from trialwright.design.simulation.plans import OtherOutcome, TrialPlan

Floats = NDArray[np.float64]

#: Counts of a smaller probability than this are taken for the largest that has more.
SMALLEST_TAIL = 1e-13


def other_cohort(
    plan: TrialPlan, outcome: OtherOutcome, *, seed: int, block: int, trials: int
) -> tuple[Cohort, Floats]:
    """The subjects of the first trials of a block, and the standard uniform by which each drops out: trial, subject.

    The time of each is the delay of its outcome, and an event that it has one.
    """
    cohort = enrolled_cohort(plan, seed=seed, block=block, trials=trials)
    losses = draw_uniform(seed, block, Purpose.LOSS, plan.accrual.subjects)[:, :trials].T
    missing = np.asarray(outcome.missing or (0.0,) * outcome.arms)
    # Those who drop out have the highest draws with retention, the lowest with a probability of missing.
    stays = losses < 1 - missing[cohort.arm] if isinstance(outcome, RepeatedMeasures) else losses >= missing[cohort.arm]
    cohort.time[:] = outcome.delay
    cohort.is_event[0] = stays
    return cohort, losses


def other_statistics(
    outcome: OtherOutcome, cohort: Cohort, losses: Floats, at: Floats, *, seed: int, block: int
) -> tuple[Floats, Floats]:
    """z, above 0 with higher values in the experimental arm, and estimate at calendar times `at` (trial, look)."""
    trials, subjects = cohort.entry.shape
    match outcome:
        case RepeatedMeasures(visits=visits):
            draws = draw_normal(seed, block, Purpose.OUTCOME, subjects * len(visits))
            standard = draws.reshape(subjects, len(visits), TRIALS_PER_BLOCK)[..., :trials].transpose(2, 0, 1)
            values = np.asarray(outcome.means)[cohort.arm] + np.asarray(outcome.sds) * (
                standard @ np.linalg.cholesky(np.asarray(outcome.correlation)).T
            )
            retention = np.asarray(outcome.retention or ((1.0,) * len(visits),) * outcome.arms)
            is_measured = losses[..., None] < retention[cohort.arm]
            has_come = cohort.entry[:, None, :, None] + np.asarray(visits) <= at[:, :, None, None]
            return difference_at_last_visit(values, has_come & is_measured[:, None], cohort.arm, cohort.arms)
        case OrdinalOutcome():
            return net_benefit(_counts(np.cumsum(outcome.probabilities, axis=1), cohort, at, seed=seed, block=block))
        case CountOutcome():
            return log_rate_ratio(_counts(_distribution(outcome), cohort, at, seed=seed, block=block))
        case _:
            assert_never(outcome)


def _distribution(outcome: CountOutcome) -> Floats:
    """Cumulative probabilities of 0, 1, 2, ... events in each arm."""
    from scipy import stats

    means = np.asarray(outcome.rates)[:, None] * outcome.followup
    k = outcome.dispersion
    counts = stats.nbinom(1 / k, 1 / (1 + k * means)) if k > 0 else stats.poisson(means)
    largest = int(np.max(counts.isf(SMALLEST_TAIL)))
    return np.asarray(counts.cdf(np.arange(largest + 1)), np.float64)


def _counts(cumulative: Floats, cohort: Cohort, at: Floats, *, seed: int, block: int) -> NDArray[np.int64]:
    """How many subjects have each outcome: trial, look, arm, category.

    cumulative  probability of each category or a lower one: arm, category
    """
    trials, subjects = cohort.entry.shape
    looks, categories = at.shape[1], cumulative.shape[1]
    draws = draw_uniform(seed, block, Purpose.OUTCOME, subjects)[:, :trials].T
    category = np.empty(draws.shape, np.int64)
    for arm in range(cohort.arms):
        own = cohort.arm == arm
        category[own] = np.searchsorted(cumulative[arm], draws[own], side="right")
    np.minimum(category, categories - 1, out=category)
    is_known = (cohort.entry + cohort.time[0] <= at[:, :, None].transpose(1, 0, 2)) & (cohort.is_event[0] == 1)
    look, trial, subject = np.nonzero(is_known)
    cell = ((trial * looks + look) * cohort.arms + cohort.arm[trial, subject]) * categories + category[trial, subject]
    counts = np.bincount(cell, minlength=trials * looks * cohort.arms * categories)
    return counts.reshape(trials, looks, cohort.arms, categories)

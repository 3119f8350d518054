"""Tests of times to an event at the looks of a block of trials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from trialwright.design.simulation.kernel_inputs import Cohort, endpoint_number, weights_of
from trialwright.design.simulation.logrank_weights import UNWEIGHTED, FlemingHarrington, ModestWeights
from trialwright.design.simulation.maxcombo import z_of_maximum
from trialwright.design.simulation.plans import TrialPlan
from trialwright.design.simulation.survival_tests import (
    CoxModel,
    LogRank,
    MaxCombo,
    Milestone,
    RestrictedMean,
    SurvivalTest,
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class TestStatistics:
    """What one test found at each look of each trial. Arrays are by trial, look and experimental arm.

    z               above 0 in favor of the experimental arm; NaN where there is no statistic
    estimate        of the effect: logarithm of the hazard ratio (experimental / control), or difference (experimental -
                    control) of restricted means or of Kaplan-Meier estimates; NaN where the test has none
    standard_error  of the estimate
    observed        trial, look: events of the test's endpoint
    """

    __test__ = False  # not one of pytest's

    test: SurvivalTest
    z: Floats
    estimate: Floats
    standard_error: Floats
    observed: Integers


def run_test(plan: TrialPlan, test: SurvivalTest, *, cohort: Cohort, at: Floats, observed: Integers) -> TestStatistics:
    """The statistics of a test at calendar times `at`: trial, look.

    observed  endpoint, trial, look: events
    """
    endpoint = endpoint_number(plan, test.endpoint)
    match test:
        case LogRank(weights=weights, is_stratified=is_stratified):
            scores, covariances = _scores((weights,), cohort, at, endpoint, is_stratified)
            is_plain = weights == UNWEIGHTED
            z, estimate, error = logrank_statistics(scores[..., 0], covariances[..., 0, 0], is_plain=is_plain)
        case MaxCombo(weights=kinds, is_stratified=is_stratified):
            z = z_of_maximum(*_scores(kinds, cohort, at, endpoint, is_stratified))
            estimate = error = np.full(z.shape, np.nan)
        case CoxModel(is_stratified=is_stratified):
            from trialwright.design.simulation.scores_kernel import cox_cohort

            estimate, error = (np.empty((*at.shape, cohort.arms - 1)) for _ in range(2))
            cox_cohort(at, cohort, endpoint, is_stratified, estimate, error)
            z = -estimate / error
        case RestrictedMean(horizon=limit) | Milestone(time=limit):
            from trialwright.design.simulation.kaplan_meier_kernel import curves_of_cohort

            values, variances = (np.empty((*at.shape, cohort.arms)) for _ in range(2))
            curves_of_cohort(at, cohort, endpoint, limit, isinstance(test, RestrictedMean), values, variances)
            estimate = values[..., 1:] - values[..., :1]
            error = np.sqrt(np.maximum(variances[..., 1:] + variances[..., :1], 0.0))
            z = np.full(estimate.shape, np.nan)
            np.divide(estimate, error, out=z, where=error > 0)
        case _:
            assert_never(test)
    return TestStatistics(test=test, z=z, estimate=estimate, standard_error=error, observed=observed[endpoint])


def logrank_statistics(scores: Floats, variances: Floats, *, is_plain: bool) -> tuple[Floats, Floats, Floats]:
    """z, and without weights the logarithm of the hazard ratio in one step with its standard error; NaN where none.

    scores  above 0 with fewer events than expected
    """
    z, estimate, error = (np.full(scores.shape, np.nan) for _ in range(3))
    has_variance = variances > 0
    np.divide(scores, np.sqrt(variances), out=z, where=has_variance)
    if is_plain:
        np.divide(-scores, variances, out=estimate, where=has_variance)
        np.divide(1.0, np.sqrt(variances), out=error, where=has_variance)
    return z, estimate, error


def _scores(
    weights: tuple[FlemingHarrington | ModestWeights, ...],
    cohort: Cohort,
    at: Floats,
    endpoint: int,
    is_stratified: bool,
) -> tuple[Floats, Floats]:
    """Scores and their covariances: trial, look, experimental arm, weights (and weights)."""
    from trialwright.design.simulation.scores_kernel import score_cohort

    coded = [weights_of(one) for one in weights]
    shape = (*at.shape, cohort.arms - 1, len(coded))
    scores, covariances = np.empty(shape), np.empty((*shape, len(coded)))
    score_cohort(
        at,
        cohort,
        endpoint,
        is_stratified,
        np.asarray([one.kind for one in coded], np.int64),
        np.asarray([(one.first, one.second) for one in coded], np.float64),
        scores,
        covariances,
    )
    return scores, covariances

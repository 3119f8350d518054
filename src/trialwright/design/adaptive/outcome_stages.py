"""Simulated outcomes of subjects, one each, from which analyses of any number of units can be taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialwright.design.adaptive.adaptive_plan import AdaptivePlan
from trialwright.design.adaptive.reestimation import BlindedInterim
from trialwright.design.simulation.cohorts import enrollment_draws
from trialwright.design.simulation.drawing import Purpose, draw_normal, draw_uniform
from trialwright.design.simulation.follow_up_kernel import enroll_cohort
from trialwright.design.simulation.kernel_inputs import Cohort, enrollment_of
from trialwright.design.simulation.plans import BinaryOutcome, NormalOutcome
from trialwright.design.simulation.statistics import difference_of_means, difference_of_proportions

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class StageData:
    """What an analysis shows, an entry for each trial.

    z, overall_z   of the units since the analysis before; of all units
    units          so far
    pipeline       units that will come from subjects randomized by then
    blinded        pooled outcomes; None for times to an event
    """

    z: Floats
    overall_z: Floats
    units: Integers
    pipeline: Integers
    subjects: Integers
    time: Floats
    blinded: BlindedInterim | None


class OutcomeStages:
    """The trials of a block with a normal or binary outcome; stages are analyzed in order."""

    def __init__(self, plan: AdaptivePlan, seed: int, block: int, trials: int) -> None:
        assert isinstance(plan.outcome, NormalOutcome | BinaryOutcome)
        self._outcome: NormalOutcome | BinaryOutcome = plan.outcome
        subjects = plan.accrual.subjects
        whole = plan.largest_trial()
        cohort = Cohort(
            entry=np.empty((trials, subjects)),
            arm=np.empty((trials, subjects), np.int64),
            stratum=np.zeros((trials, subjects), np.int64),
            time=np.empty((0, trials, subjects)),
            is_event=np.empty((0, trials, subjects), np.int64),
            strata=1,
            arms=2,
        )
        enroll_cohort(
            *enrollment_draws(whole, seed, block),
            np.empty((0, 0)),
            np.empty(0),
            False,
            enrollment_of(whole, seed, block),
            cohort,
        )
        self._entry, arm = cohort.entry, cohort.arm
        deviation = self._deviations(seed, block, subjects)[:, :trials].T
        if isinstance(plan.outcome, NormalOutcome):
            deviation = deviation * np.asarray(plan.outcome.sds)[arm]
        else:
            deviation = (deviation < np.asarray(plan.outcome.probabilities)[arm]).astype(np.float64)
        has_outcome = np.ones(arm.shape, np.bool_)
        if plan.outcome.missing:
            draws = draw_uniform(seed, block, Purpose.LOSS, subjects)[:, :trials].T
            has_outcome = draws >= np.asarray(plan.outcome.missing)[arm]
        # Cumulative over the subjects in the order of entry, which is that of their outcomes: trial, subject, arm.
        belongs = np.stack([(arm == one) & has_outcome for one in (0, 1)], axis=2)
        values = belongs * deviation[:, :, None]
        self._counts = belongs.cumsum(axis=1)
        self._sums, self._squares = values.cumsum(axis=1), (values * deviation[:, :, None]).cumsum(axis=1)
        self._units = self._counts.sum(axis=2)
        self._before = np.full(trials, -1)

    def analyze(self, running: Integers, total: Integers, *, is_last: bool) -> StageData:
        """The analysis when so many units of each running trial are in, or all that ever come."""
        units, every = self._units[running], np.arange(len(running))
        at = np.where(units[:, -1] >= total, (units < total[:, None]).sum(axis=1), units.shape[1] - 1)
        counts, sums, squares = (values[running, at] for values in (self._counts, self._sums, self._squares))
        before = self._before[running]
        parts = [
            now - np.where((before >= 0)[:, None], values[running, np.maximum(before, 0)], 0)
            for now, values in ((counts, self._counts), (sums, self._sums), (squares, self._squares))
        ]
        self._before[running] = at
        entry = self._entry[running]
        time = entry[every, at] + self._outcome.delay
        # Nobody is randomized for a stage that does not come.
        inside = at + 1 if is_last else np.maximum((entry <= time[:, None]).sum(axis=1), at + 1)
        return StageData(
            z=self._z(*parts),
            overall_z=self._z(counts, sums, squares),
            units=counts.sum(axis=1),
            pipeline=units[every, inside - 1] - units[every, at],
            subjects=np.asarray(inside, np.int64),
            time=time,
            blinded=self._pooled(counts, sums, squares),
        )

    def _deviations(self, seed: int, block: int, subjects: int) -> Floats:
        draw = draw_normal if isinstance(self._outcome, NormalOutcome) else draw_uniform
        return draw(seed, block, Purpose.OUTCOME, subjects)

    def _z(self, counts: Integers, sums: Floats, squares: Floats) -> Floats:
        if isinstance(self._outcome, NormalOutcome):
            z = difference_of_means(counts, sums, squares, self._outcome)[0][:, 0]
        else:
            z = difference_of_proportions(counts, sums)[0][:, 0]
        return np.nan_to_num(-z if self._outcome.better == "lower" else z, nan=0.0)

    def _pooled(self, counts: Integers, sums: Floats, squares: Floats) -> BlindedInterim:
        n = counts.sum(axis=1).astype(np.float64)
        means = np.asarray(self._outcome.means if isinstance(self._outcome, NormalOutcome) else (0.0, 0.0))
        # Around the middle of the true means, so that nothing is lost where they are far from 0.
        shift = means - means.mean()
        total = (sums + counts * shift).sum(axis=1)
        square = (squares + 2 * shift * sums + counts * shift**2).sum(axis=1)
        variance = (square - total**2 / n) / np.maximum(n - 1, 1)
        return BlindedInterim(units=n, mean=total / n + means.mean(), variance=np.maximum(variance, 0.0))

"""Simulated times to an event, from which analyses at any number of events can be taken."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialwright.design.adaptive.adaptive_plan import AdaptivePlan
from trialwright.design.adaptive.blinded_survival import BlindedSurvivalRule
from trialwright.design.adaptive.outcome_stages import StageData
from trialwright.design.simulation.cohorts import cohort_of_block
from trialwright.design.simulation.plans import TimeToEvent
from trialwright.design.simulation.survival_outcomes import StratifiedTimeToEvent
from trialwright.design.simulation.survival_tests import LogRank
from trialwright.design.simulation.testing import run_test

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class SurvivalStages:
    """The trials of a block with a time to an event; stages are analyzed in order."""

    def __init__(self, plan: AdaptivePlan, seed: int, block: int, trials: int) -> None:
        outcome = plan.outcome
        assert isinstance(outcome, TimeToEvent | StratifiedTimeToEvent)
        self._plan = plan.largest_trial()
        self._sign = -1.0 if outcome.better == "shorter" else 1.0
        is_stratified = isinstance(outcome, StratifiedTimeToEvent) and outcome.is_test_stratified
        self._test = LogRank(weights=outcome.weights, is_stratified=is_stratified)
        self._cohort = cohort_of_block(self._plan, outcome, seed=seed, block=block, trials=trials)
        self._event_times = np.empty((trials, self._plan.accrual.subjects))
        self._all_events, self._last_entry = np.zeros(trials, np.int64), np.zeros(trials)
        self._find_events(np.arange(trials))
        self._score, self._events = np.zeros(trials), np.zeros(trials, np.int64)

    def analyze(self, running: Integers, total: Integers, *, is_last: bool) -> StageData:
        """The analysis at so many events of each running trial, or at all that ever come."""
        cohort, count = self._cohort, len(running)
        events = np.minimum(total, self._all_events[running])
        entry = cohort.entry[running]
        # A trial whose events never come is analyzed when the last of them, and the last subject, has come.
        time = np.where(events > 0, self._event_times[running, np.maximum(events - 1, 0)], 0.0)
        time = np.where(events < total, np.maximum(time, self._last_entry[running]), time)
        part = cohort._replace(
            entry=entry,
            arm=cohort.arm[running],
            stratum=cohort.stratum[running],
            time=cohort.time[:, running],
            is_event=cohort.is_event[:, running],
        )
        found = run_test(self._plan, self._test, cohort=part, at=time[:, None], observed=events[None, :, None])
        overall = np.nan_to_num(self._sign * found.z[:, 0, 0], nan=0.0)
        score = overall * np.sqrt(events)
        added = events - self._events[running]
        stage = np.where(added > 0, (score - self._score[running]) / np.sqrt(np.maximum(added, 1)), 0.0)
        self._score[running], self._events[running] = score, events
        return StageData(
            z=stage,
            overall_z=overall,
            units=events,
            pipeline=np.zeros(count, np.int64),
            subjects=np.asarray((entry <= time[:, None]).sum(axis=1), np.int64),
            time=time,
            blinded=None,
        )

    def limit_subjects(self, running: Integers, time: Floats, rule: BlindedSurvivalRule) -> None:
        """Leave out the subjects beyond those that the rule wants, going by all events known at a calendar time."""
        cohort = self._cohort
        for place, trial in enumerate(running.tolist()):
            entry, at = cohort.entry[trial], time[place]
            inside = int((entry <= at).sum())
            followed = np.minimum(cohort.time[0, trial, :inside], at - entry[:inside])
            known = (cohort.is_event[0, trial, :inside] == 1) & (cohort.time[0, trial, :inside] <= followed)
            if known.any():
                wanted = rule.size(events=int(known.sum()), time=float(followed.sum())).total_units
                entry[max(wanted, inside) :] = np.inf
        self._find_events(running)

    def _find_events(self, trials: Integers) -> None:
        entry = self._cohort.entry[trials]
        times = np.where(self._cohort.is_event[0, trials] == 1, entry + self._cohort.time[0, trials], np.inf)
        self._event_times[trials] = np.sort(times, axis=1)
        self._all_events[trials] = np.isfinite(times).sum(axis=1)
        self._last_entry[trials] = np.where(np.isfinite(entry), entry, 0.0).max(axis=1)

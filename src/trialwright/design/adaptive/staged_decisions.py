"""Many simulated adaptive trials at once: tests, selection and stopping, stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trialwright.design.adaptive.closed_testing import check_combination, closed_rejections, intersections_of
from trialwright.design.adaptive.combination import CombinationTest
from trialwright.design.adaptive.intersection_tests import IntersectionTest, JointNull, intersection_scores
from trialwright.design.adaptive.selection import SelectionRule
from trialwright.design.simulation.operating_characteristics import Estimate, mean_over_trials
from trialwright.errors import DesignError

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

Ends = Literal["all decided", "first rejection"]
SelectionMeasure = Literal["effect", "z"]

#: A score where all outcomes of an arm are the same and those of the other are not.
CERTAIN = 9.0

CONVENTIONS = (
    "standard_error is the Monte Carlo standard error of the estimate",
    "hypotheses are of the experimental arms, or of the populations, in order; a true one has no effect, or a harm",
    "selected counts the trials in which the hypothesis is still tested at the stage, of all trials",
    "a rejected hypothesis is not selected any more; power counts rejections of false hypotheses alone",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionCharacteristics:
    """Operating characteristics of an adaptive trial with several hypotheses.

    familywise_error_rate  proportion of trials with a rejection of any true hypothesis; None if none is true
    disjunctive_power      with a rejection of any false hypothesis; None if none is false
    conjunctive_power      with rejections of all false hypotheses
    rejections             of each hypothesis
    rejections_by_stage    stage, hypothesis: rejected at this stage first
    selected               stage, hypothesis
    reached                stage: the trial has data of it
    expected_subjects      of each group: arms (control first), or strata
    expected_total         of all together
    """

    trials: int
    seed: int
    familywise_error_rate: Estimate | None
    disjunctive_power: Estimate | None
    conjunctive_power: Estimate | None
    rejections: tuple[Estimate, ...]
    rejections_by_stage: tuple[tuple[Estimate, ...], ...]
    selected: tuple[tuple[Estimate, ...], ...]
    reached: tuple[Estimate, ...]
    expected_subjects: tuple[Estimate, ...]
    expected_total: Estimate
    conventions: tuple[str, ...] = CONVENTIONS


@dataclass(frozen=True, kw_only=True, eq=False)
class Decisions:
    """What happens in each trial.

    selected  trial, stage, hypothesis: tested at the stage
    rejected  trial, stage, hypothesis: rejected at the stage or before
    """

    selected: Booleans
    rejected: Booleans


#: Scores of some trials at a stage (trial by hypothesis), for the hypotheses that these trials still test, and how
#: these scores hang together.
ScoresOf = Callable[[int, tuple[int, ...], NDArray[np.intp]], tuple[Floats, JointNull]]

#: What the selection after a stage looks at: trial by hypothesis, of all trials.
ValuesOf = Callable[[int, Booleans], Floats]


def decide_stages(
    *,
    test: CombinationTest,
    intersection: IntersectionTest,
    selection: SelectionRule,
    ends: Ends,
    trials: int,
    hypotheses: int,
    scores_of: ScoresOf,
    values_of: ValuesOf,
) -> Decisions:
    """Run all trials through the stages of `test`."""
    check_combination(test)
    if ends not in ("all decided", "first rejection"):
        raise DesignError(f"ends must be 'all decided' or 'first rejection', got {ends!r}.")
    stages, sets = test.stages, intersections_of(hypotheses)
    selected = np.zeros((trials, stages, hypotheses), np.bool_)
    rejected = np.zeros((trials, stages, hypotheses), np.bool_)
    scores = np.full((trials, stages, len(sets)), np.nan)
    selected[:, 0] = True
    for stage in range(stages):
        for there, rows in groups_of(selected[:, stage]):
            z, joint = scores_of(stage, there, rows)
            for place, members in enumerate(sets):
                left = tuple(one for one in members if one in there)
                if left:
                    scores[rows, stage, place] = intersection_scores(
                        intersection, members=members, there=left, z=z, joint=joint
                    )
        rejected[:, stage] = closed_rejections(test, scores[:, : stage + 1], sets)[:, -1]
        if stage + 1 < stages:
            is_open = selected[:, stage] & ~rejected[:, stage]
            if ends == "first rejection":
                is_open &= ~rejected[:, stage].any(axis=1, keepdims=True)
            selected[:, stage + 1] = selection.select(values_of(stage, selected[:, : stage + 1]), is_open)
    return Decisions(selected=selected, rejected=rejected)


def groups_of(selected: Booleans) -> Iterator[tuple[tuple[int, ...], NDArray[np.intp]]]:
    """Trials that test the same hypotheses: which these are, and which trials; none for those that have ended."""
    codes = selected @ (1 << np.arange(selected.shape[1]))
    for code in np.unique(codes):
        if code:
            yield (
                tuple(one for one in range(selected.shape[1]) if code >> one & 1),
                np.flatnonzero(codes == code),
            )


def characteristics_of(
    decisions: Decisions, *, seed: int, effects: Sequence[float], subjects: Floats
) -> SelectionCharacteristics:
    """Estimates over trials; `subjects` is trial by group."""
    final = decisions.rejected[:, -1]
    is_true = np.asarray(effects) <= 0
    before = np.concatenate([np.zeros_like(decisions.rejected[:, :1]), decisions.rejected[:, :-1]], axis=1)
    fresh = decisions.rejected & ~before
    stages = range(decisions.rejected.shape[1])

    def each(values: Booleans | Floats) -> tuple[Estimate, ...]:
        return tuple(mean_over_trials(values[:, column]) for column in range(values.shape[1]))

    return SelectionCharacteristics(
        trials=len(final),
        seed=seed,
        familywise_error_rate=mean_over_trials(np.asarray(final[:, is_true].any(axis=1))) if is_true.any() else None,
        disjunctive_power=None if is_true.all() else mean_over_trials(np.asarray(final[:, ~is_true].any(axis=1))),
        conjunctive_power=None if is_true.all() else mean_over_trials(np.asarray(final[:, ~is_true].all(axis=1))),
        rejections=each(final),
        rejections_by_stage=tuple(each(fresh[:, stage]) for stage in stages),
        selected=tuple(each(decisions.selected[:, stage]) for stage in stages),
        reached=tuple(mean_over_trials(np.asarray(decisions.selected[:, stage].any(axis=1))) for stage in stages),
        expected_subjects=each(subjects),
        expected_total=mean_over_trials(subjects.sum(axis=1)),
    )


def scores_of_t(statistic: Floats, degrees_of_freedom: Floats | float) -> Floats:
    """z with the p-value of t, by the tail away from 0."""
    from scipy.special import ndtri, stdtr

    return np.asarray(-np.copysign(1.0, statistic) * ndtri(stdtr(degrees_of_freedom, -np.abs(statistic))))

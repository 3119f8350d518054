"""Closed combination tests: several hypotheses over the stages of an adaptive trial.

A hypothesis is rejected when the combination test of every intersection that contains it has rejected, at this stage or
one before. A hypothesis that is dropped at an interim leaves its intersections: at later stages they are tested by what
is left of them, by whatever rule it was dropped. So the familywise error rate is kept in the strong sense, for any
selection.

Source: Marcus R, Peritz E, Gabriel KR. Biometrika 1976;63:655-660. Bauer P, Kieser M. Stat Med 1999;18:1833-1848. Posch
M, Koenig F, Branson M, Brannath W, Dunger-Baldauf C, Bauer P. Stat Med 2005;24:3697-3714. Wassmer G, Brannath W. Group
Sequential and Confirmatory Adaptive Designs in Clinical Trials. Springer, 2016, chapter 11.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtri_exp

from trialwright.design.adaptive.combination import CombinationTest, combine, is_rejected
from trialwright.design.adaptive.combination_inference import (
    CombinationInterval,
    compute_stage_p_value,
)
from trialwright.design.adaptive.intersection_tests import (
    INTERSECTION_TESTS,
    IntersectionTest,
    JointNull,
    compute_intersection_p_value,
)
from trialwright.design.adaptive.stage_evidence import StageEvidence
from trialwright.design.sequential.fisher_combination import FisherCombination
from trialwright.errors import DesignError

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

MAX_HYPOTHESES = 8

CONVENTIONS = (
    "p-values are one-sided, and of the subjects (events) of one stage alone",
    "alpha is the familywise error rate, one-sided, over all hypotheses and stages",
    "a rejection stays one at later stages",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HypothesesStage:
    """What one stage says about each hypothesis.

    evidence  of each hypothesis: estimate or counts of this stage; None where it was dropped before
    joint     how the statistics hang together without effects; None where no intersection test reads it
    """

    evidence: tuple[StageEvidence | None, ...]
    joint: JointNull | None = None

    @property
    def z(self) -> tuple[float | None, ...]:
        """Score of each hypothesis."""
        return tuple(None if one is None else one.z() for one in self.evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntersectionResult:
    """The combination test of one intersection; a stage without statistics has None.

    hypotheses  its members, from 1
    p_values    of each stage; `statistics` are the combinations up to each
    rejected_at the first stage that rejects; None if none has
    """

    hypotheses: tuple[int, ...]
    p_values: tuple[float | None, ...]
    statistics: tuple[float | None, ...]
    rejected_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HypothesisResult:
    """One hypothesis after the stages so far; a stage after it was dropped has None.

    p_values           of each stage, unadjusted
    adjusted_p_values  up to each stage, the smallest familywise error rate at which it would be rejected there:
                       repeated p-values, the highest of its intersections; None as well for given bounds
    rejected_at        the first stage at which it is rejected; None if it is not
    intervals          repeated confidence intervals of its effect at each stage, simultaneous over all hypotheses; None
                       as well for the hierarchical test
    """

    hypothesis: int
    p_values: tuple[float | None, ...]
    adjusted_p_values: tuple[float | None, ...]
    rejected_at: int | None
    intervals: tuple[CombinationInterval | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedTestAnalysis:
    """A closed combination test after the stages so far."""

    intersection: IntersectionTest
    hypotheses: tuple[HypothesisResult, ...]
    intersections: tuple[IntersectionResult, ...]
    conventions: tuple[str, ...] = CONVENTIONS


def intersections_of(hypotheses: int) -> tuple[tuple[int, ...], ...]:
    """All intersections, from the largest to the single hypotheses, which are counted from 0."""
    sizes = range(hypotheses, 0, -1)
    return tuple(one for size in sizes for one in combinations(range(hypotheses), size))


def compute_closed_test(
    test: CombinationTest,
    *,
    stages: Sequence[HypothesesStage],
    intersection: IntersectionTest = "joint",
    wants_intervals: bool = True,
) -> ClosedTestAnalysis:
    """The closed test after one stage or more.

    test          combines the p-values of each intersection over the stages
    intersection  "joint": Dunnett's test for arms, Spiessens and Debois' for nested populations; "Bonferroni", "Sidak",
                  "Simes"; "hierarchical": in the order of the hypotheses
    """
    hypotheses = _check(test, stages, intersection)
    sets = intersections_of(hypotheses)
    p_values = [
        [compute_intersection_p_value(intersection, members=members, z=stage.z, joint=stage.joint) for stage in stages]
        for members in sets
    ]
    scores = [[None if p is None else _score(p) for p in row] for row in p_values]
    results = tuple(
        _test_intersection(test, members, row, line) for members, row, line in zip(sets, p_values, scores, strict=True)
    )
    return ClosedTestAnalysis(
        intersection=intersection,
        intersections=results,
        hypotheses=tuple(
            _hypothesis(test, stages, intersection, one, results, scores, wants_intervals=wants_intervals)
            for one in range(hypotheses)
        ),
    )


def closed_rejections(test: CombinationTest, scores: Floats, sets: Sequence[tuple[int, ...]]) -> Booleans:
    """Trial, stage, hypothesis: whether it is rejected up to the stage.

    scores  trial, stage, intersection (in the order of `sets`): NaN where the intersection has no statistic
    """
    trials, stages, _ = scores.shape
    hypotheses = max(max(members) for members in sets) + 1
    rejected = np.zeros(scores.shape, np.bool_)
    for stage in range(stages):
        with np.errstate(invalid="ignore"):
            statistic = combine(test, np.moveaxis(scores[:, : stage + 1], 1, -1))
        rejected[:, stage] = is_rejected(test, stage + 1, statistic)
    rejected = np.logical_or.accumulate(rejected, axis=1)
    decisions = np.ones((trials, stages, hypotheses), np.bool_)
    for place, members in enumerate(sets):
        for one in members:
            decisions[:, :, one] &= rejected[:, :, place]
    return decisions


def check_combination(test: CombinationTest) -> None:
    """DesignError for a test that cannot serve a closed one."""
    if test.futility_is_binding:
        raise DesignError(
            "futility_is_binding is True, but a closed test lets hypotheses be dropped by any rule, so that its error "
            "cannot count on one. Use a test with futility_is_binding=False."
        )


def _test_intersection(
    test: CombinationTest, members: tuple[int, ...], p_values: list[float | None], scores: list[float | None]
) -> IntersectionResult:
    statistics: list[float | None] = []
    rejected_at = None
    for stage in range(1, len(scores) + 1):
        known = [score for score in scores[:stage] if score is not None]
        if len(known) < stage:
            statistics.append(None)
            continue
        statistic = float(combine(test, np.asarray(known)))
        statistics.append(statistic)
        if rejected_at is None and bool(is_rejected(test, stage, statistic)):
            rejected_at = stage
    return IntersectionResult(
        hypotheses=tuple(one + 1 for one in members),
        p_values=tuple(p_values),
        statistics=tuple(statistics),
        rejected_at=rejected_at,
    )


def _hypothesis(
    test: CombinationTest,
    stages: Sequence[HypothesesStage],
    intersection: IntersectionTest,
    one: int,
    results: Sequence[IntersectionResult],
    scores: Sequence[Sequence[float | None]],
    *,
    wants_intervals: bool,
) -> HypothesisResult:
    around = [place for place, result in enumerate(results) if one + 1 in result.hypotheses]
    rejections = [results[place].rejected_at for place in around]
    ends = [stage for stage in rejections if stage is not None]
    z = [stage.z[one] for stage in stages]
    present = sum(value is not None for value in z)
    return HypothesisResult(
        hypothesis=one + 1,
        p_values=tuple(None if value is None else 0.5 * math.erfc(value / math.sqrt(2)) for value in z),
        adjusted_p_values=tuple(
            _adjusted(test, [scores[place][: stage + 1] for place in around]) if stage < present else None
            for stage in range(len(stages))
        ),
        rejected_at=max(ends) if len(ends) == len(rejections) else None,
        intervals=tuple(
            _interval(test, stages[: stage + 1], intersection, one)
            if wants_intervals and stage < present and intersection != "hierarchical"
            else None
            for stage in range(len(stages))
        ),
    )


def _adjusted(test: CombinationTest, rows: Sequence[Sequence[float | None]]) -> float | None:
    values: list[float | None] = []
    for row in rows:
        # A p-value of 1 cannot be combined, and nothing is rejected with it.
        if any(value == -math.inf for value in row):
            values.append(0.5)
            continue
        values.append(compute_stage_p_value(test, z=[value for value in row if value is not None]))
    known = [value for value in values if value is not None]
    return max(known) if len(known) == len(values) else None


@dataclass(frozen=True, slots=True)
class _SingleStep:
    """Evidence of one hypothesis at one stage, its p-value adjusted as if it were the smallest of all."""

    stage: HypothesesStage
    intersection: IntersectionTest
    one: int
    side: float

    @property
    def range(self) -> tuple[float, float]:
        low, high = self._evidence.range
        return (low, high) if self.side > 0 else (-high, -low)

    @property
    def _evidence(self) -> StageEvidence:
        evidence = self.stage.evidence[self.one]
        assert evidence is not None
        return evidence

    def z(self, effect: float = 0.0) -> float:
        score = self.side * self._evidence.z(self.side * effect)
        if not math.isfinite(score):
            return score
        members = tuple(place for place, other in enumerate(self.stage.evidence) if other is not None)
        if len(members) == 1:
            return score
        # Simes' test is not a single-step one; Bonferroni's is its bound.
        test: IntersectionTest = "Bonferroni" if self.intersection == "Simes" else self.intersection
        alike = [score if place in members else None for place in range(len(self.stage.evidence))]
        p_value = compute_intersection_p_value(test, members=members, z=alike, joint=self.stage.joint)
        assert p_value is not None
        return _score(min(p_value, 1 - 1e-15))


def _interval(
    test: CombinationTest, stages: Sequence[HypothesesStage], intersection: IntersectionTest, one: int
) -> CombinationInterval:
    def limit(side: float) -> float:
        parts = [_SingleStep(stage, intersection, one, side) for stage in stages]

        def excess(effect: float) -> float:
            return _excess(test, [part.z(effect) for part in parts])

        return side * _root(excess, parts[0].range)

    return CombinationInterval(ci_lower=limit(1.0), ci_upper=limit(-1.0), conf_level=1 - 2 * test.alpha)


def _excess(test: CombinationTest, z: list[float]) -> float:
    """How far the combination is beyond its critical value; falls with the effect that is tested."""
    if any(math.isinf(one) for one in z):
        return math.copysign(1e6, next(one for one in z if math.isinf(one)))
    bound = test.critical_values[len(z) - 1]
    if isinstance(test.rule, FisherCombination):
        return math.log(bound) - float(log_ndtr(-np.asarray(z)).sum())
    return float(combine(test, np.asarray(z))) - bound


def _root(falling: Callable[[float], float], limits: tuple[float, float]) -> float:
    """Where it is 0; the end of the limits that it does not reach."""
    low, high = limits
    step = 1.0
    if math.isinf(low):
        low = -step
        while falling(low) < 0:
            step *= 2
            low = -step
            if step > 1e12:
                return -math.inf
    if math.isinf(high):
        high = step
        while falling(high) > 0:
            step *= 2
            high = step
            if step > 1e12:
                return math.inf
    low_value, high_value = falling(low), falling(high)
    if low_value < 0:
        return low
    if high_value > 0:
        return high
    return float(brentq(falling, low, high, xtol=1e-10))


def _score(p_value: float) -> float:
    if p_value >= 1.0:
        return -math.inf
    return -float(ndtri_exp(math.log(p_value))) if p_value > 0.0 else 38.0


def _check(test: CombinationTest, stages: Sequence[HypothesesStage], intersection: str) -> int:
    if intersection not in INTERSECTION_TESTS:
        raise DesignError(f"intersection must be one of {', '.join(INTERSECTION_TESTS)}, got {intersection!r}.")
    check_combination(test)
    if not 1 <= len(stages) <= test.stages:
        raise DesignError(f"There are {len(stages)} stages of data, but the test has {test.stages}; give 1 or more.")
    hypotheses = len(stages[0].evidence)
    if not 1 <= hypotheses <= MAX_HYPOTHESES:
        raise DesignError(f"There are {hypotheses} hypotheses; give 1 to {MAX_HYPOTHESES}.")
    gone: set[int] = set()
    for number, stage in enumerate(stages, start=1):
        if len(stage.evidence) != hypotheses:
            raise DesignError(
                f"Stage {number} has {len(stage.evidence)} hypotheses, and stage 1 {hypotheses}. Give None for those "
                "that were dropped."
            )
        there = {one for one, evidence in enumerate(stage.evidence) if evidence is not None}
        if not there:
            raise DesignError(f"Stage {number} has no hypothesis left. Leave the stage out: the trial has ended.")
        if back := sorted(there & gone):
            raise DesignError(
                f"Hypothesis {back[0] + 1} has data at stage {number} after it was dropped. A dropped hypothesis stays "
                "dropped; leave those data out."
            )
        if number == 1 and len(there) < hypotheses:
            raise DesignError("Every hypothesis needs data at stage 1. Leave out those that were never tested.")
        gone |= set(range(hypotheses)) - there
    return hypotheses

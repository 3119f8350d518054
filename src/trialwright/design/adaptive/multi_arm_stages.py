"""Data of one stage of a multi-arm trial, as evidence on each arm against the control."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from trialwright.design.adaptive.closed_testing import HypothesesStage
from trialwright.design.adaptive.intersection_tests import SharedControl
from trialwright.design.adaptive.stage_evidence import EstimateStage, ProportionStage, logrank_stage
from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmMean:
    """Subjects of one arm at one stage: how many, and mean and standard deviation of their outcome."""

    n: int
    mean: float
    sd: float

    def __post_init__(self) -> None:
        if self.n < 2 or not (math.isfinite(self.mean) and 0 < self.sd < math.inf):
            raise DesignError(
                f"ArmMean needs at least 2 subjects, a mean and an sd above 0, got n = {self.n!r}, mean = "
                f"{self.mean!r}, sd = {self.sd!r}. Give None for an arm that was dropped."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmResponses:
    """Subjects of one arm at one stage: how many, and how many of them responded."""

    n: int
    responses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmLogrank:
    """The log-rank test of one arm against the control, at the end of a stage, with all data so far.

    z       above 0 where the arm is better
    events  of both arms together
    """

    z: float
    events: float


def means_stage(
    *, control: ArmMean, experimental: Sequence[ArmMean | None], uses_all_arms: bool = True, is_exact: bool = True
) -> HypothesesStage:
    """Differences of means, experimental - control; None for an arm that was dropped.

    uses_all_arms  whether the variance is pooled over all arms of the stage, or over each pair
    is_exact       whether t distributions are used. Without `uses_all_arms` there is no common one, and the test of
                   intersections by "joint" is then asymptotic
    """
    arms = [control, *(arm for arm in experimental if arm is not None)]

    def evidence(arm: ArmMean | None) -> EstimateStage | None:
        if arm is None:
            return None
        pooled = arms if uses_all_arms else [control, arm]
        df = sum(one.n - 1 for one in pooled)
        variance = sum((one.n - 1) * one.sd**2 for one in pooled) / df
        return EstimateStage(
            estimate=arm.mean - control.mean,
            standard_error=math.sqrt(variance * (1 / arm.n + 1 / control.n)),
            degrees_of_freedom=df if is_exact else None,
        )

    return HypothesesStage(
        evidence=tuple(map(evidence, experimental)),
        joint=SharedControl(
            allocation_ratios=tuple(1.0 if arm is None else arm.n / control.n for arm in experimental),
            degrees_of_freedom=sum(one.n - 1 for one in arms) if is_exact and uses_all_arms else None,
        ),
    )


def proportions_stage(*, control: ArmResponses, experimental: Sequence[ArmResponses | None]) -> HypothesesStage:
    """Differences of proportions, experimental - control, by score tests; None for an arm that was dropped."""
    return HypothesesStage(
        evidence=tuple(
            None
            if arm is None
            else ProportionStage(
                responses_experimental=arm.responses,
                n_experimental=arm.n,
                responses_control=control.responses,
                n_control=control.n,
            )
            for arm in experimental
        ),
        joint=SharedControl(allocation_ratios=tuple(1.0 if arm is None else arm.n / control.n for arm in experimental)),
    )


def logrank_stages(
    *, looks: Sequence[Sequence[ArmLogrank | None]], allocation_ratio: float = 1.0
) -> tuple[HypothesesStage, ...]:
    """The increments of log-rank tests from look to look, as evidence on -ln(hazard ratio) of each arm.

    looks             of each the cumulative test of each arm; None for an arm that was dropped
    allocation_ratio  experimental / control, of one experimental arm

    An arm may be dropped for its log-rank tests so far and nothing else that foretells later events: see seamless
    designs for subjects that are followed over an interim.
    """
    stages = []
    for look, arms in enumerate(looks):
        before: Sequence[ArmLogrank | None] = looks[look - 1] if look else (None,) * len(arms)
        stages.append(
            HypothesesStage(
                evidence=tuple(
                    None
                    if arm is None
                    else logrank_stage(
                        z=arm.z,
                        events=arm.events,
                        z_before=0.0 if earlier is None else earlier.z,
                        events_before=0.0 if earlier is None else earlier.events,
                        allocation_ratio=allocation_ratio,
                    )
                    for arm, earlier in zip(arms, before, strict=True)
                ),
                joint=SharedControl(allocation_ratios=(allocation_ratio,) * len(arms)),
            )
        )
    return tuple(stages)

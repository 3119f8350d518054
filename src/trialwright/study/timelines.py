"""Timelines: the order of their instances, and the nominal study day of each.

The fixed reference of a timeline is day 1 and the day before it is day -1: there is no day 0 (SDTMIG, "Use of the
Study Day Variables"). An instance two weeks after the reference is therefore on day 15.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from trialwright.errors import StudyError
from trialwright.study.durations import parse_duration
from trialwright.study.usdm_design import ScheduledActivityInstance, ScheduledDecisionInstance, ScheduleTimeline, Timing

Instance: TypeAlias = ScheduledActivityInstance | ScheduledDecisionInstance

BEFORE, AFTER, FIXED_REFERENCE = "C201357", "C201356", "C201358"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineOrder:
    """A walk through a timeline from its entry.

    instances    activity instances in the order of the default path; those on other branches follow
    unreachable  activity instances that no path from the entry leads to; they are not in `instances`
    loop         identifiers of the default path's loop, if it has one
    dangling     identifiers that the walk was sent to and that are not there, with who sent it
    """

    instances: tuple[ScheduledActivityInstance, ...]
    unreachable: tuple[ScheduledActivityInstance, ...] = ()
    loop: tuple[str, ...] = ()
    dangling: tuple[tuple[str, str], ...] = ()


def timeline_order(timeline: ScheduleTimeline) -> TimelineOrder:
    """The timeline's instances in the order in which a subject meets them."""
    by_id: dict[str, Instance] = {instance.id: instance for instance in timeline.instances}
    dangling: list[tuple[str, str]] = []
    walked: dict[str, Instance] = {}
    loop: tuple[str, ...] = ()
    branches: list[tuple[str, str]] = []
    sender, target = timeline.id, timeline.entry_id or None
    while target is not None:
        if target in walked:
            trail = list(walked)
            loop = loop or tuple(trail[trail.index(target) :])
            break
        if (instance := by_id.get(target)) is None:
            dangling.append((sender, target))
            break
        walked[target] = instance
        branches.extend((target, branch) for branch in _branches(instance))
        sender, target = target, instance.default_condition_id
    _walk_branches(branches, by_id, walked, dangling)
    return TimelineOrder(
        instances=tuple(found for found in walked.values() if isinstance(found, ScheduledActivityInstance)),
        unreachable=tuple(
            instance
            for instance in timeline.instances
            if instance.id not in walked and isinstance(instance, ScheduledActivityInstance)
        ),
        loop=loop,
        dangling=tuple(dangling),
    )


def _branches(instance: Instance) -> tuple[str, ...]:
    if isinstance(instance, ScheduledDecisionInstance):
        return tuple(assignment.condition_target_id for assignment in instance.condition_assignments)
    return ()


def _walk_branches(
    branches: list[tuple[str, str]],
    by_id: Mapping[str, Instance],
    walked: dict[str, Instance],
    dangling: list[tuple[str, str]],
) -> None:
    while branches:
        sender, target = branches.pop(0)
        if target in walked:
            continue
        if (instance := by_id.get(target)) is None:
            dangling.append((sender, target))
            continue
        walked[target] = instance
        branches.extend((target, branch) for branch in _branches(instance))
        if instance.default_condition_id:
            branches.insert(0, (target, instance.default_condition_id))


def study_day(offset_days: float) -> int:
    """The study day of a time `offset_days` after the fixed reference (before it: negative). Never 0."""
    whole = math.floor(offset_days)
    return whole + 1 if whole >= 0 else whole


def timing_of(timeline: ScheduleTimeline, instance_id: str) -> Timing | None:
    """The timing that says when an instance happens, or None."""
    for timing in timeline.timings:
        if timing.relative_from_scheduled_instance_id == instance_id:
            return timing
    return None


def instance_offsets(timeline: ScheduleTimeline) -> dict[str, float]:
    """Days from the timeline's fixed reference to each instance whose timing leads to it.

    An instance without a timing, or whose timings go round in a circle, is left out.
    """
    by_instance = {timing.relative_from_scheduled_instance_id: timing for timing in reversed(timeline.timings)}
    offsets: dict[str, float] = {}
    for instance in timeline.instances:
        _settle(instance.id, by_instance, offsets)
    return offsets


def _settle(instance_id: str, by_instance: Mapping[str, Timing], offsets: dict[str, float]) -> None:
    """Follow the chain of timings from an instance to one whose offset is known, then come back along it."""
    chain: list[Timing] = []
    current: str | None = instance_id
    while current is not None and current not in offsets:
        timing = by_instance.get(current)
        if timing is None or timing in chain:
            return
        if timing.type.code == FIXED_REFERENCE:
            offsets[current] = 0.0
            break
        chain.append(timing)
        current = timing.relative_to_scheduled_instance_id
    if current is None:
        return
    offset = offsets[current]
    for timing in reversed(chain):
        offset += _signed_days(timing)
        offsets[timing.relative_from_scheduled_instance_id] = offset


def _signed_days(timing: Timing) -> float:
    try:
        days = parse_duration(timing.value).total_days
    except StudyError as error:
        raise StudyError(f"{timing.id}.value: {error}") from error
    return -days if timing.type.code == BEFORE else days


def window_days(text: str | None, *, where: str) -> float | None:
    """The size of one side of a window in days, unsigned; None when there is no window."""
    if not text:
        return None
    try:
        return abs(parse_duration(text).total_days)
    except StudyError as error:
        raise StudyError(f"{where}: {error}") from error

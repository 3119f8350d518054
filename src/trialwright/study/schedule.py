"""Visits and the schedule of activities, made from a timeline."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING

from trialwright.study.timelines import instance_offsets, study_day, timeline_order, timing_of, window_days
from trialwright.study.usdm_design import Activity, ScheduledActivityInstance, ScheduleTimeline, Timing
from trialwright.study.views import ScheduleNote, ScheduleOfActivities, Visit

if TYPE_CHECKING:
    from trialwright.study.study import Study


def build_visits(study: Study, timeline: ScheduleTimeline) -> tuple[Visit, ...]:
    """The timeline's visits.

    Instances that follow each other under one encounter on one day are one visit. Instances under the same encounter
    on another day (a telephone call two weeks after the visit) are visits of their own, labeled by their timing.
    Instances that no path leads to are no visits.
    """
    offsets = instance_offsets(timeline)
    groups: list[list[ScheduledActivityInstance]] = []
    for instance in timeline_order(timeline).instances:
        previous = groups[-1][0] if groups else None
        if previous is not None and _same_visit(previous, instance, offsets):
            groups[-1].append(instance)
        else:
            groups.append([instance])
    seen: set[str | None] = set()
    visits = []
    for number, group in enumerate(groups, start=1):
        visits.append(_visit(study, timeline, number, group, offsets, seen))
        seen.add(group[0].encounter_id)
    return tuple(visits)


def _same_visit(first: ScheduledActivityInstance, second: ScheduledActivityInstance, offsets: dict[str, float]) -> bool:
    if first.encounter_id is None or first.encounter_id != second.encounter_id:
        return False
    there = (offsets.get(first.id), offsets.get(second.id))
    return None in there or _day(there[0]) == _day(there[1])


def _day(offset: float | None) -> int | None:
    return None if offset is None else study_day(offset)


def _visit(
    study: Study,
    timeline: ScheduleTimeline,
    number: int,
    group: Sequence[ScheduledActivityInstance],
    offsets: dict[str, float],
    seen: Set[str | None],
) -> Visit:
    first = group[0]
    # An instance at the moment of another (P0D) is timed by that one; a window stands on any of them.
    timings = [timing for instance in group if (timing := timing_of(timeline, instance.id))]
    timing = next((found for found in timings if found.window_lower or found.window_upper), None)
    timing = timing or (timings[0] if timings else None)
    encounter = study.encounter(first.encounter_id) if first.encounter_id else None
    offset = next((offsets[instance.id] for instance in group if instance.id in offsets), None)
    is_further_contact = first.encounter_id in seen
    return Visit(
        number=number,
        label=_own_label(first, timing) if encounter is None or is_further_contact else encounter.shown,
        encounter=encounter,
        epoch=study.epoch(first.epoch_id) if first.epoch_id else None,
        day=_day(offset),
        offset_days=offset,
        window_before_days=window_days(timing.window_lower, where=f"{timing.id}.windowLower") if timing else None,
        window_after_days=window_days(timing.window_upper, where=f"{timing.id}.windowUpper") if timing else None,
        window_label=(timing.window_label or "").strip() if timing else "",
        timing=timing,
        activities=_activities(study, group),
        instance_ids=tuple(instance.id for instance in group),
    )


def _own_label(instance: ScheduledActivityInstance, timing: Timing | None) -> str:
    """A label for a visit that has no encounter to itself: the timing's, which says when it is, else the instance's."""
    return (timing.label or "").strip() or instance.shown if timing else instance.shown


def _activities(study: Study, group: Sequence[ScheduledActivityInstance]) -> tuple[Activity, ...]:
    """The activities of the instances; one that runs a whole timeline brings that timeline's activities."""
    wanted: dict[str, None] = {}
    for instance in group:
        wanted |= dict.fromkeys(instance.activity_ids)
        if instance.timeline_id:
            for inner in study.timeline(instance.timeline_id).instances:
                if isinstance(inner, ScheduledActivityInstance):
                    wanted |= dict.fromkeys(inner.activity_ids)
    chosen = {activity_id: study.activity(activity_id) for activity_id in wanted}
    return tuple(chosen[activity.id] for activity in study.activities if activity.id in chosen)


def build_schedule(study: Study, timeline: ScheduleTimeline) -> ScheduleOfActivities:
    """The matrix of a timeline: the activities done at any of its visits, groups above their children."""
    visits = build_visits(study, timeline)
    done = {activity.id for visit in visits for activity in visit.activities}
    children = {child for activity in study.activities for child in activity.child_ids}
    rows: list[tuple[Activity, tuple[bool, ...]]] = []
    levels: list[int] = []

    def add(activity: Activity, level: int, trail: frozenset[str]) -> None:
        below = [study.activity(child) for child in activity.child_ids if child not in trail]
        if activity.id not in done and not any(_is_done(study, child, done, trail) for child in below):
            return
        rows.append((activity, tuple(activity in visit.activities for visit in visits)))
        levels.append(level)
        for child in below:
            add(child, level + 1, trail | {child.id})

    for activity in study.activities:
        if activity.id not in children:
            add(activity, 0, frozenset({activity.id}))
    return ScheduleOfActivities(
        visits=visits, rows=tuple(rows), levels=tuple(levels), notes=_notes(study, visits, done)
    )


def _is_done(study: Study, activity: Activity, done: set[str], trail: frozenset[str]) -> bool:
    return activity.id in done or any(
        _is_done(study, study.activity(child), done, trail | {child})
        for child in activity.child_ids
        if child not in trail
    )


def _notes(study: Study, visits: tuple[Visit, ...], done: set[str]) -> tuple[ScheduleNote, ...]:
    notes = []
    for condition in study.current.conditions:
        activities = tuple(wanted for wanted in condition.applies_to_ids if wanted in done)
        numbers = tuple(visit.number for visit in visits if set(visit.instance_ids) & set(condition.context_ids))
        # A condition whose context lies outside this timeline is another timeline's footnote.
        if activities and (numbers or not condition.context_ids):
            text = study.inlines(condition.text, where=f"{condition.id}.text", dictionary_id=condition.dictionary_id)
            notes.append(ScheduleNote(id=condition.id, text=text, activity_ids=activities, visit_numbers=numbers))
    return tuple(notes)

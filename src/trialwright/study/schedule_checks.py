"""Checks on arms, epochs, timelines, encounters and activities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from trialwright.errors import StudyError
from trialwright.findings import Finding, Rule, Severity
from trialwright.study.chains import Linked, in_chain_order
from trialwright.study.durations import parse_duration
from trialwright.study.study import Study
from trialwright.study.timelines import FIXED_REFERENCE, instance_offsets, timeline_order
from trialwright.study.usdm_design import ScheduledActivityInstance, ScheduleTimeline

_IG = "USDM 4.0 Implementation Guide"

MAIN_TIMELINE = Rule(
    id="study.main-timeline",
    title="One timeline of the design is the main one.",
    source=f"{_IG}, schedule timelines: `mainTimeline`",
)
TIMELINE_LOOP = Rule(
    id="study.timeline-loop",
    title="The default path of a timeline leads from its entry to an exit.",
    source=f"{_IG}, schedule timelines: entry, default conditions, exits",
)
TIMELINE_UNREACHABLE = Rule(
    id="study.timeline-unreachable",
    title="Each instance of a timeline can be reached from its entry.",
    source=f"{_IG}, schedule timelines: entry, default conditions, exits",
)
DURATION = Rule(
    id="study.duration-not-iso",
    title="Each timing value and window is an ISO 8601 duration.",
    source=f"{_IG}, timings; ISO 8601-1:2019, 5.5.2",
)
FIXED_REFERENCES = Rule(
    id="study.fixed-reference",
    title="Each timeline with timings has one fixed reference.",
    source=f"{_IG}, timings: type Fixed Reference",
)
ENCOUNTER_WITHOUT_TIMING = Rule(
    id="study.encounter-without-timing",
    title="Each encounter is scheduled, and its timing leads to the fixed reference.",
    source=f"{_IG}, encounters and timings; ICH M11, schedule of activities",
    severity=Severity.WARNING,
)
ACTIVITY_UNSCHEDULED = Rule(
    id="study.activity-unscheduled",
    title="Each activity is done at some point of a timeline, or groups activities that are.",
    source="ICH M11, schedule of activities",
    severity=Severity.WARNING,
)
MISSING_CELL = Rule(
    id="study.missing-cell",
    title="Each arm has one study cell with at least one element in each epoch.",
    source="USDM 4.0 UML model, StudyCell; SDTMIG 3.4, trial arms (TA)",
)
BROKEN_CHAIN = Rule(
    id="study.broken-chain",
    title="previousId and nextId order all epochs, encounters and activities in one chain each.",
    source="USDM 4.0 UML model, previous and next",
    severity=Severity.WARNING,
)


def check_main_timeline(study: Study) -> Iterator[Finding]:
    """A finding when no timeline, or more than one, is the main one."""
    main = [timeline for timeline in study.timelines if timeline.main_timeline]
    if len(main) != 1:
        yield Finding.of(
            MAIN_TIMELINE,
            where=study.design.id,
            message=f"{len(main)} of {len(study.timelines)} timelines are the main timeline.",
            evidence=", ".join(timeline.id for timeline in main),
            remedy="Set mainTimeline to true in the timeline of the schedule of activities, and in no other.",
        )


def check_timeline_loops(study: Study) -> Iterator[Finding]:
    """One finding for each timeline whose default path runs in a circle."""
    for timeline in study.timelines:
        if loop := timeline_order(timeline).loop:
            yield Finding.of(
                TIMELINE_LOOP,
                where=timeline.id,
                message=f"The timeline “{timeline.shown}” never ends: its default path comes back to {loop[0]}.",
                evidence=" → ".join((*loop, loop[0])),
                remedy="Let one defaultConditionId lead on, or give its instance a timelineExitId instead.",
            )


def check_unreachable_instances(study: Study) -> Iterator[Finding]:
    """One finding for each activity instance that no path leads to; it is no visit of the schedule."""
    for timeline in study.timelines:
        for instance in timeline_order(timeline).unreachable:
            yield Finding.of(
                TIMELINE_UNREACHABLE,
                where=instance.id,
                message=f"“{instance.shown}” cannot be reached from the entry of the timeline “{timeline.shown}”.",
                evidence=f"entry: {timeline.entry_id}",
                remedy="Name it in the defaultConditionId of the instance before it, or in a decision.",
            )


def check_durations(study: Study) -> Iterator[Finding]:
    """One finding for each timing value or window that is no ISO 8601 duration."""
    for timeline in study.timelines:
        for timing in timeline.timings:
            for attribute, text in (
                ("value", timing.value),
                ("windowLower", timing.window_lower),
                ("windowUpper", timing.window_upper),
            ):
                if text and not _is_duration(text):
                    yield Finding.of(
                        DURATION,
                        where=f"{timing.id}.{attribute}",
                        message=f"The timing “{timing.shown}” has a duration that cannot be read.",
                        evidence=text,
                        remedy="Write it as ISO 8601, such as P2W, P3D or PT30M.",
                    )


def _is_duration(text: str) -> bool:
    try:
        parse_duration(text)
    except StudyError:
        return False
    return True


def check_fixed_references(study: Study) -> Iterator[Finding]:
    """One finding for each timeline with timings that has no fixed reference, or several."""
    for timeline in study.timelines:
        anchors = [timing for timing in timeline.timings if timing.type.code == FIXED_REFERENCE]
        if timeline.timings and len(anchors) != 1:
            yield Finding.of(
                FIXED_REFERENCES,
                where=timeline.id,
                message=f"The timeline “{timeline.shown}” has {len(anchors)} fixed references.",
                evidence=", ".join(timing.id for timing in anchors),
                remedy="Give the timing of Day 1, and no other, the type Fixed Reference.",
            )


def check_encounter_timings(study: Study) -> Iterator[Finding]:
    """One finding for each encounter without a nominal day."""
    scheduled: dict[str, list[tuple[ScheduleTimeline, str]]] = {}
    for timeline in study.timelines:
        for instance in timeline.instances:
            if isinstance(instance, ScheduledActivityInstance) and instance.encounter_id:
                scheduled.setdefault(instance.encounter_id, []).append((timeline, instance.id))
    for encounter in study.encounters:
        places = scheduled.get(encounter.id, [])
        if any(instance_id in _offsets(timeline) for timeline, instance_id in places):
            continue
        reason = "no timing of its instances leads to the fixed reference" if places else "no timeline schedules it"
        yield Finding.of(
            ENCOUNTER_WITHOUT_TIMING,
            where=encounter.id,
            message=f"The encounter “{encounter.shown}” has no nominal day: {reason}.",
            evidence=", ".join(instance_id for _, instance_id in places),
            remedy="Schedule it in a timeline, with a timing relative to the fixed reference or to a timed instance.",
        )


def _offsets(timeline: ScheduleTimeline) -> dict[str, float]:
    if any(not _is_duration(timing.value) for timing in timeline.timings):
        return {}
    return instance_offsets(timeline)


def check_activities(study: Study) -> Iterator[Finding]:
    """One finding for each activity that nothing schedules."""
    used = {
        activity_id
        for timeline in study.timelines
        for instance in timeline.instances
        if isinstance(instance, ScheduledActivityInstance)
        for activity_id in instance.activity_ids
    }
    for activity in study.activities:
        if activity.id not in used and not activity.child_ids:
            yield Finding.of(
                ACTIVITY_UNSCHEDULED,
                where=activity.id,
                message=f"The activity “{activity.shown}” is not scheduled in any timeline.",
                remedy="Name it in the activityIds of the instances where it is done, or take it out.",
            )


def check_cells(study: Study) -> Iterator[Finding]:
    """One finding for each arm and epoch without exactly one cell, and for each cell without elements."""
    cells = Counter((cell.arm_id, cell.epoch_id) for cell in study.cells)
    for arm in study.arms:
        for epoch in study.epochs:
            count = cells[(arm.id, epoch.id)]
            if count != 1:
                yield Finding.of(
                    MISSING_CELL,
                    where=f"{arm.id}, {epoch.id}",
                    message=f"The arm “{arm.shown}” has {count or 'no'} study cell{'s' if count > 1 else ''} "
                    f"in the epoch “{epoch.shown}”.",
                    remedy="Keep one study cell for each arm and epoch.",
                )
    for cell in study.cells:
        if not cell.element_ids:
            yield Finding.of(
                MISSING_CELL,
                where=cell.id,
                message=f"The study cell {cell.id} has no element.",
                remedy="Name the elements that the arm goes through in this epoch.",
            )


def check_chains(study: Study) -> Iterator[Finding]:
    """One finding for each kind of instance whose chain does not hold all of them."""
    chains: tuple[tuple[str, tuple[Linked, ...]], ...] = (
        ("epochs", study.design.epochs),
        ("encounters", study.design.encounters),
        ("activities", study.design.activities),
    )
    for kind, records in chains:
        if records and not _is_one_chain(records):
            yield Finding.of(
                BROKEN_CHAIN,
                where=f"{study.design.id}.{kind}",
                message=f"The {kind} are not in one chain; they are taken in the order in which they are listed.",
                evidence=", ".join(record.id for record in records if record.previous_id is None) or "no start",
                remedy="Let previousId and nextId lead through all of them, with one start and one end.",
            )


def _is_one_chain(records: Iterable[Linked]) -> bool:
    listed = tuple(records)
    ordered = in_chain_order(listed)
    return all(after.previous_id == before.id and before.next_id == after.id for before, after in pairwise(ordered))


CHECKS: dict[Rule, Callable[[Study], Iterator[Finding]]] = {
    MAIN_TIMELINE: check_main_timeline,
    TIMELINE_LOOP: check_timeline_loops,
    TIMELINE_UNREACHABLE: check_unreachable_instances,
    DURATION: check_durations,
    FIXED_REFERENCES: check_fixed_references,
    ENCOUNTER_WITHOUT_TIMING: check_encounter_timings,
    ACTIVITY_UNSCHEDULED: check_activities,
    MISSING_CELL: check_cells,
    BROKEN_CHAIN: check_chains,
}

"""The way through a study: the values were read by eye in the JSON files, unless another source is given."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trialwright.errors import StudyError
from trialwright.inlines import FactRef, plain_text
from trialwright.study import FactError, Study, TextTable, example_study, inlines_of, read_usdm

EXAMPLE = example_study()


@pytest.fixture(scope="module")
def pilot(shared: Path) -> Study:
    return read_usdm(shared / "data" / "usdm" / "CDISC_Pilot_Study.json")


@pytest.fixture(scope="module")
def lilly(shared: Path) -> Study:
    return read_usdm(shared / "data" / "usdm" / "EliLilly_NCT03421379_Diabetes.json")


def test_the_pilot_says_what_it_is(pilot: Study) -> None:
    assert pilot.acronym == "LZZT"
    assert pilot.protocol_id == "H2Q-MC-LZZT"
    assert pilot.official_title.startswith("Safety and Efficacy of the Xanomeline Transdermal Therapeutic System (TTS)")
    assert (pilot.sponsor, pilot.phase) == ("Eli Lilly", "Phase II Trial")
    assert (pilot.blinding, pilot.model) == ("Double Blind Study", "Parallel Study")
    assert [arm.name for arm in pilot.arms] == ["Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"]
    assert [identifier.text for identifier in pilot.identifiers] == ["H2Q-MC-LZZT", "NCT12345678"]
    assert pilot.fact("planned_enrollment") == FactRef(
        path="StudyDesignPopulation_1.plannedEnrollmentNumber", shown="300"
    )
    assert pilot.fact("planned_age").shown == "50 to 100 years"
    assert [indication.shown for indication in pilot.indications] == ["Alzheimer's disease"] * 2
    assert pilot.amendments[0].summary == "Updated inclusion criteria"


def test_the_pilots_cells_lead_to_elements(pilot: Study) -> None:
    walked = {
        (arm.name, epoch.name): [element.shown for element in pilot.elements_of(pilot.cell(arm, epoch))]
        for arm in pilot.arms
        for epoch in pilot.epochs
    }

    assert len(walked) == 15
    assert walked["Placebo", "Screening"] == ["Screening"]
    assert walked["Placebo", "Treatment 2"] == ["Placebo"]


def test_the_pilots_visits_are_on_their_days(pilot: Study) -> None:
    # The definition puts week k at k weeks after the fixed reference, which is day 1: day 7k + 1. (The pilot's SDTM
    # TV domain says VISITDY 14 for "End of Visitnum 3 + 2W": it was planned by weeks of 7 days from day 0.)
    # Weeks 10, 14, 18 and 22 are telephone interviews, planned 2 weeks after the visit before.
    days = {visit.label: visit.day for visit in pilot.visits()}

    assert list(days.values()) == [-14, -2, 1, 15, 29, 43, 57, 71, 85, 99, 113, 127, 141, 155, 169, 183]
    assert (days["Screening 1"], days["Baseline"], days["Week 8"], days["Week 8 Home"]) == (-14, 1, 57, 71)


def test_the_pilots_windows_and_epochs(pilot: Study) -> None:
    visits = {visit.label: visit for visit in pilot.visits()}

    assert (visits["Week 2"].window_before_days, visits["Week 2"].window_after_days) == (3, 3)
    assert (visits["Week 24"].window_before_days, visits["Week 24"].window_after_days) == (4, 4)
    assert visits["Screening 2"].window_before_days == pytest.approx(4 / 24)
    assert visits["Baseline"].window_before_days is None
    assert visits["Week 26"].epoch is not None
    assert visits["Week 26"].epoch.name == "Follow-Up"


def test_the_pilots_schedule_equals_the_one_printed_in_its_protocol(pilot: Study) -> None:
    # Appendix 1 of the pilot's protocol holds the schedule as another program (CDISC's E2J, 0.62.0) made it from the
    # same definition: four header rows (epoch, encounter, timing, window), then a row for each activity.
    appendix = pilot.section("Appendix 1")
    assert appendix is not None
    printed = next(block for block in appendix.blocks if isinstance(block, TextTable))
    cells = [["".join(plain_text(line) for line in cell) for cell in row] for row in printed.rows]

    schedule = pilot.schedule_of_activities()
    ours = [[activity.shown, *("X" if mark else "" for mark in marks)] for activity, marks in schedule.rows]

    assert len(ours) > 25
    # Their table puts a note's number behind the mark ("X1"), and lists the activities of other timelines too.
    theirs = [[row[0], *("X" if cell else "" for cell in row[1:])] for row in cells[4:]]
    assert [row for row in theirs if any(row[1:])] == ours
    assert cells[0][1:] == [visit.epoch.shown for visit in schedule.visits if visit.epoch]
    assert cells[1][1:] == [visit.encounter.shown for visit in schedule.visits if visit.encounter]
    assert cells[3][1:] == [visit.window_label for visit in schedule.visits]
    assert (schedule.notes[0].activity_ids, schedule.notes[0].visit_numbers) == (("Activity_24",), (1,))


def test_a_timeline_of_its_own_has_its_own_schedule(pilot: Study) -> None:
    blood_pressure = pilot.schedule_of_activities("ScheduleTimeline_3")

    assert [activity.shown for activity, _ in blood_pressure.rows] == [
        "Subject supine",
        "Vital signs while supine",
        "Subject Standing",
        "Vital signs while standing",
    ]
    # Timings: 0 min; +5; +0; +1; +0; +2, each after the one before.
    minutes = [round((visit.offset_days or 0) * 1440, 6) for visit in blood_pressure.visits]
    assert minutes == [0, 5, 5, 6, 6, 8]


def test_chains_of_timings_before_the_reference_add_up(lilly: Study) -> None:
    # Screening is 28 days before Day -1, which is 1 day before Day 1: 29 days before, so study day -29.
    visits = {visit.label: visit for visit in lilly.visits()}

    assert visits["Screening"].day == -29
    assert visits["Period 1, Day -1"].day == -1
    assert visits["Period 1, Day 1"].day == 1
    assert len(visits["Period 1, Day 1"].instance_ids) == 5
    assert visits["Follow-up"].day == 5 + 28


def test_the_pilots_criteria_have_their_tags_resolved(pilot: Study) -> None:
    first, second, *_ = pilot.inclusion_criteria

    assert len(pilot.inclusion_criteria) + len(pilot.exclusion_criteria) == 31
    assert plain_text(first.inlines) == "Males and postmenopausal females at least 50 years of age."
    assert FactRef(path="Quantity_9.value", shown="50") in first.inlines
    assert plain_text(second.inlines).startswith("Patients with Probable Mild to Moderate Alzheimer's Disease as def")
    assert all(plain_text(criterion.inlines).strip() for criterion in pilot.criteria)


def test_the_pilots_objectives_and_estimand(pilot: Study) -> None:
    levels = [objective.level for objective in pilot.objectives]
    (estimand,) = pilot.estimands

    assert levels == ["primary"] * 2 + ["secondary"] * 4
    assert sum(len(objective.endpoints) for objective in pilot.objectives) == 11
    assert estimand.variable.id == "Endpoint_1"
    assert [plain_text(event.text) for event in estimand.intercurrent_events] == ["Temporary Treatment Interruption"]
    assert estimand.intercurrent_events[0].strategy.startswith("Treatment Policy")
    assert [intervention.name for intervention in estimand.treatment] == ["XINONILINE"]


def test_the_pilots_doses(pilot: Study) -> None:
    assert [(dose.dose, dose.frequency, dose.duration) for dose in pilot.doses()] == [
        ("54 mg", "Daily", "24 weeks"),
        ("81 mg", "Daily", "24 weeks"),
    ]


@pytest.mark.parametrize(
    ("key", "number"),
    [
        ("introduction", "1"),
        ("control_groups", "3.2"),
        ("sample_size", "3.4.4"),
        ("assignment", "3.5"),
        ("blinding", "3.7"),
        ("concomitant_therapy", "3.8"),
        ("compliance", "3.10.3.1"),
        ("statistical_methods", "4.3.3"),
        ("informed_consent", "5.1"),
        ("references", "6"),
    ],
)
def test_the_pilots_sections_are_found_by_meaning(pilot: Study, key: str, number: str) -> None:
    section = pilot.narrative_section(key)

    assert section is not None
    assert section.number == number
    assert pilot.narrative(key) == section.blocks != ()


def test_sections_are_found_by_number_and_title(pilot: Study) -> None:
    by_number = pilot.section("3.9.3.2.1.")
    by_title = pilot.section_titled("adverse event reporting requirements")

    assert by_number is not None
    assert by_number == by_title
    assert by_number.level == 5
    assert pilot.section("99") is None
    assert pilot.section_titled("no such words in any title") is None
    assert pilot.narrative("no such key") is None


def letters(text: str) -> str:
    """The text without white space and without the bars that part a table's cells."""
    return "".join(text.replace("|", "").split())


@pytest.mark.parametrize("name", ["pilot", "lilly"])
def test_no_word_of_a_real_protocol_is_lost(name: str, request: pytest.FixtureRequest) -> None:
    # The oracle is libxml2's HTML parser. References are left out: it does not resolve them.
    from lxml import etree

    study: Study = request.getfixturevalue(name)
    compared = 0
    for item in study.current.narrative_content_items:
        if "<usdm:" in item.text or not item.text.strip():
            continue
        page = etree.HTML(f"<div>{item.text}</div>")
        etree.strip_elements(page, "style", with_tail=False)
        ours = plain_text(inlines_of(study.blocks(item.text, where=item.id)))
        ours = re.sub(r"\[image: [^\]]*\]", "", ours)
        assert letters(ours) == letters("".join(map(str, page.itertext()))), item.id
        compared += 1
    assert compared >= 70


def test_what_is_not_there_is_said(pilot: Study) -> None:
    study = example_study()

    with pytest.raises(StudyError, match="arm 'StudyArm_9', which is not there"):
        study.arm("StudyArm_9")
    with pytest.raises(FactError, match="no instance 'planned_nothing'"):
        study.fact("planned_nothing")
    with pytest.raises(StudyError, match="timeline 'ScheduleTimeline_9'"):
        study.visits("ScheduleTimeline_9")


def test_navigation_that_needs_a_dangling_reference_says_so() -> None:
    study = example_study()

    with pytest.raises(StudyError, match="the estimand EST_PRIMARY refers to the endpoint 'Endpoint_9'"):
        _ = study.with_fact("Estimand_1.variableOfInterestId", "Endpoint_9").estimands
    with pytest.raises(StudyError, match="the criterion IN01 refers to the criterion text 'Item_9'"):
        _ = study.with_fact("EligibilityCriterion_1.criterionItemId", "Item_9").criteria
    with pytest.raises(StudyError, match="encounter 'Encounter_9'"):
        study.with_fact("ScheduledActivityInstance_1.encounterId", "Encounter_9").visits()
    with pytest.raises(StudyError, match="element 'StudyElement_9'"):
        changed = study.with_fact("StudyCell_1.elementIds", ["StudyElement_9"])
        changed.elements_of(changed.cells[0])
    with pytest.raises(StudyError, match="no study cell for the arm 'Placebo' in the epoch 'Screening'"):
        changed = study.with_fact("StudyCell_1.armId", "StudyArm_2")
        changed.cell(changed.arms[0], changed.epochs[0])


def test_a_bad_duration_is_said_with_its_place() -> None:
    with pytest.raises(StudyError, match=r"Timing_3\.value: '2 weeks' is no ISO 8601 duration"):
        example_study().with_fact("Timing_3.value", "2 weeks").visits()
    with pytest.raises(StudyError, match=r"Timing_3\.windowLower: '3' is no ISO 8601 duration"):
        example_study().with_fact("Timing_3.windowLower", "3").visits()


def test_a_loop_in_a_timeline_ends_the_walk() -> None:
    looped = example_study().with_fact("ScheduledActivityInstance_4.defaultConditionId", "ScheduledActivityInstance_2")

    assert [visit.label for visit in looped.visits()] == ["Screening", "Baseline", "Week 2", "Week 4"]


def test_timings_that_go_in_a_circle_give_no_day() -> None:
    circular = (
        example_study()
        .with_fact("Timing_3.relativeToScheduledInstanceId", "ScheduledActivityInstance_4")
        .with_fact("Timing_4.relativeToScheduledInstanceId", "ScheduledActivityInstance_3")
    )
    days = {visit.label: visit.day for visit in circular.visits()}

    assert (days["Week 2"], days["Week 4"], days["Week 6"]) == (None, None, 43)


def test_the_chain_gives_the_order_not_the_file() -> None:
    study = EXAMPLE.with_fact(
        "InterventionalStudyDesign_1.epochs", EXAMPLE.value("InterventionalStudyDesign_1.epochs")[::-1]
    )

    assert [epoch.id for epoch in study.design.epochs] == ["StudyEpoch_3", "StudyEpoch_2", "StudyEpoch_1"]
    assert [epoch.name for epoch in study.epochs] == ["Screening", "Treatment", "Follow-up"]


def assignment(number: int, target: str) -> dict[str, str]:
    return {
        "id": f"ConditionAssignment_{number}",
        "condition": "a condition",
        "conditionTargetId": target,
        "instanceType": "ConditionAssignment",
    }


def test_a_branch_is_walked_to_its_end_before_the_next() -> None:
    instances = EXAMPLE.value("ScheduleTimeline_1.instances")
    decision = {
        "id": "ScheduledDecisionInstance_1",
        "name": "D",
        "defaultConditionId": "ScheduledActivityInstance_8",
        "conditionAssignments": [
            assignment(1, "ScheduledActivityInstance_3"),
            assignment(2, "ScheduledActivityInstance_5"),
        ],
        "instanceType": "ScheduledDecisionInstance",
    }
    instances[1]["defaultConditionId"] = decision["id"]
    instances[3]["defaultConditionId"] = None

    branched = EXAMPLE.with_fact("ScheduleTimeline_1.instances", [*instances, decision])

    labels = [visit.label for visit in branched.visits()]
    assert labels == ["Screening", "Baseline", "Follow-up", "Week 2", "Week 4", "Week 6", "Week 8", "Week 12"]


def test_decisions_are_walked_through_and_their_branches_follow() -> None:
    study = example_study()
    instances = study.value("ScheduleTimeline_1.instances")
    decision = {
        "id": "ScheduledDecisionInstance_1",
        "name": "RESPONSE",
        "defaultConditionId": "ScheduledActivityInstance_7",
        "conditionAssignments": [
            {
                "id": "ConditionAssignment_1",
                "condition": "no response",
                "conditionTargetId": "ScheduledActivityInstance_6",
                "instanceType": "ConditionAssignment",
            }
        ],
        "instanceType": "ScheduledDecisionInstance",
    }
    instances[4]["defaultConditionId"] = decision["id"]

    branched = study.with_fact("ScheduleTimeline_1.instances", [*instances, decision])

    labels = [visit.label for visit in branched.visits()]
    assert labels[4:] == ["Week 6", "Week 12", "Follow-up", "Week 8"]


def test_an_instance_that_runs_a_timeline_brings_its_activities() -> None:
    study = example_study()
    early_termination = study.timelines[1].id

    nested = study.with_fact("ScheduledActivityInstance_8.timelineId", early_termination)

    added = {activity.name for activity in nested.visits()[-1].activities}
    assert {"Physical examination", "HAM-A", "Study drug accountability"} <= added
    assert "HAM-A" not in {activity.name for activity in study.visits()[-1].activities}

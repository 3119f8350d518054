"""Each rule passes on the example study and fails on the example with one thing broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trialwright.findings import Severity
from trialwright.study import STUDY_RULES, Study, check_study, example_study, read_usdm

EXAMPLE = example_study()


def test_the_example_study_has_nothing_to_find() -> None:
    assert check_study(EXAMPLE) == []


def test_rules_have_unique_ids_sources_and_titles() -> None:
    assert len({rule.id for rule in STUDY_RULES}) == len(STUDY_RULES) >= 20
    assert all(rule.id.startswith("study.") and rule.source and rule.title.endswith(".") for rule in STUDY_RULES)


def facts(*changes: tuple[str, Any]) -> Callable[[], Study]:
    def broken() -> Study:
        study = EXAMPLE
        for path, value in changes:
            study = study.with_fact(path, value)
        return study

    return broken


def without_last(path: str) -> Callable[[], Study]:
    return lambda: EXAMPLE.with_fact(path, EXAMPLE.value(path)[:-1])


SCREENING, BASELINE = "ScheduledActivityInstance_1", "ScheduledActivityInstance_2"
FOLLOW_UP = "ScheduledActivityInstance_8"

# Rule, what breaks it, where the finding is, a part of its message.
BROKEN: list[tuple[str, Callable[[], Study], str, str]] = [
    (
        "study.duplicate-id",
        facts(("StudyTitle_4.id", "StudyTitle_3")),
        "StudyTitle_3",
        "2 instances have the identifier StudyTitle_3",
    ),
    (
        "study.dangling-reference",
        facts(("StudyIdentifier_2.scopeId", "Organization_99")),
        "StudyIdentifier_2.scopeId",
        "StudyIdentifier (StudyIdentifier_2) refers to Organization_99, which is not there",
    ),
    (
        "study.dangling-reference",
        facts(("StudyVersion_1.biomedicalConcepts", [{"id": "BC_1", "somethingIds": ["Activity_1", "Nothing_1"]}])),
        "BC_1.somethingIds",
        "refers to Nothing_1",
    ),
    (
        "study.reference-to-wrong-class",
        facts(("StudyElement_2.studyInterventionIds", ["StudyArm_1"])),
        "StudyElement_2.studyInterventionIds",
        "StudyElement “Placebo” (StudyElement_2) refers to StudyArm “Placebo” (StudyArm_1)",
    ),
    (
        "study.unresolved-text-reference",
        facts(("Condition_1.text", '<usdm:ref id="Quantity_999" attribute="value"/>')),
        "Condition_1.text",
        "no instance 'Quantity_999'",
    ),
    ("study.main-timeline", facts(("ScheduleTimeline_1.mainTimeline", False)), "Design_1", "0 of 2 timelines"),
    ("study.main-timeline", facts(("ScheduleTimeline_2.mainTimeline", True)), "Design_1", "2 of 2 timelines"),
    (
        "study.timeline-loop",
        facts((f"{FOLLOW_UP}.defaultConditionId", "ScheduledActivityInstance_7")),
        "ScheduleTimeline_1",
        "comes back to ScheduledActivityInstance_7",
    ),
    (
        "study.timeline-unreachable",
        facts((f"{SCREENING}.defaultConditionId", "ScheduledActivityInstance_3")),
        BASELINE,
        "“Baseline” cannot be reached",
    ),
    (
        "study.duration-not-iso",
        facts(("Timing_3.windowUpper", "3 days")),
        "Timing_3.windowUpper",
        "duration that cannot be read",
    ),
    (
        "study.fixed-reference",
        facts(("Timing_9.type.code", "C201356")),
        "ScheduleTimeline_2",
        "has 0 fixed references",
    ),
    (
        "study.encounter-without-timing",
        without_last("ScheduleTimeline_1.timings"),
        "Encounter_8",
        "no timing of its instances leads to the fixed reference",
    ),
    (
        "study.encounter-without-timing",
        facts((f"{FOLLOW_UP}.encounterId", None)),
        "Encounter_8",
        "no timeline schedules it",
    ),
    (
        "study.activity-unscheduled",
        facts(("ScheduledActivityInstance_1.activityIds.0", "Activity_3")),
        "Activity_2",
        "The activity “Informed consent” is not scheduled",
    ),
    (
        "study.missing-cell",
        without_last("InterventionalStudyDesign_1.studyCells"),
        "StudyArm_3, StudyEpoch_3",
        "“TWX-101 30 mg” has no study cell in the epoch “Follow-up”",
    ),
    ("study.missing-cell", facts(("StudyCell_2.elementIds", [])), "StudyCell_2", "has no element"),
    (
        "study.missing-cell",
        facts(("StudyCell_2.epochId", "StudyEpoch_1")),
        "StudyArm_1, StudyEpoch_1",
        "has 2 study cells",
    ),
    ("study.broken-chain", facts(("Encounter_3.nextId", None)), "Design_1.encounters", "not in one chain"),
    ("study.broken-chain", facts(("StudyEpoch_2.previousId", "StudyEpoch_3")), "Design_1.epochs", "not in one chain"),
    (
        "study.objective-without-endpoint",
        facts(("Objective_3.endpoints", [])),
        "Objective_3",
        "The secondary objective “Safety and tolerability” has no endpoint",
    ),
    ("study.primary-endpoint", facts(("Objective_1.level.code", "C85827")), "Design_1.objectives", "No primary"),
    ("study.primary-endpoint", facts(("Endpoint_1.level.code", "C139173")), "Design_1.objectives", "No primary"),
    (
        "study.estimand-variable",
        facts(("Estimand_2.variableOfInterestId", "Objective_2")),
        "Estimand_2.variableOfInterestId",
        "has no variable",
    ),
    (
        "study.estimand-variable",
        facts(("Estimand_2.interventionIds", [])),
        "Estimand_2.interventionIds",
        "no treatment",
    ),
    ("study.estimand-strategy", facts(("Estimand_3.intercurrentEvents", [])), "Estimand_3", "no intercurrent event"),
    ("study.estimand-strategy", facts(("IntercurrentEvent_1.strategy", " ")), "IntercurrentEvent_1", "has no strategy"),
    (
        "study.primary-estimand",
        facts(("Estimand_1.variableOfInterestId", "Endpoint_2")),
        "Endpoint_1",
        "No estimand has the primary endpoint",
    ),
    ("study.criterion-text", facts(("EligibilityCriterionItem_3.text", "")), "EligibilityCriterion_3", "has no text"),
    (
        "study.criteria",
        lambda: EXAMPLE.with_fact(
            "InterventionalStudyDesign_1.eligibilityCriteria",
            [
                criterion
                for criterion in EXAMPLE.value("InterventionalStudyDesign_1.eligibilityCriteria")
                if criterion["category"]["code"] == "C25532"
            ],
        ),
        "Design_1.eligibilityCriteria",
        "no exclusion criterion",
    ),
    (
        "study.planned-numbers",
        facts(("StudyDesignPopulation_1.plannedEnrollmentNumber", None)),
        "StudyDesignPopulation_1",
        "not given",
    ),
    (
        "study.planned-numbers",
        facts(("StudyDesignPopulation_1.plannedEnrollmentNumber.value", 0)),
        "StudyDesignPopulation_1",
        "not positive",
    ),
    (
        "study.planned-numbers",
        facts(("StudyDesignPopulation_1.plannedCompletionNumber.value", 241)),
        "StudyDesignPopulation_1.plannedCompletionNumber",
        "More subjects are planned to complete",
    ),
    (
        "study.title-and-sponsor",
        facts(("StudyTitle_3.type", {**EXAMPLE.value("StudyTitle_1.type"), "id": "Code_9001"})),
        "StudyVersion_1.titles",
        "no official title",
    ),
    ("study.title-and-sponsor", facts(("StudyVersion_1.studyIdentifiers", [])), "studyIdentifiers", "no identifier"),
    (
        "study.title-and-sponsor",
        facts(("StudyRole_1.organizationIds", []), ("Organization_1.type.code", "C0")),
        "StudyVersion_1.roles",
        "no sponsor",
    ),
    (
        "study.abbreviation-twice",
        facts(("Abbreviation_2.abbreviatedText", "ADaM")),
        "StudyVersion_1.abbreviations",
        "“ADaM” stands for 2 things",
    ),
]


@pytest.mark.parametrize(("rule", "broken", "where", "message"), BROKEN, ids=[f"{b[0]}-{b[2]}" for b in BROKEN])
def test_a_broken_study_is_found(rule: str, broken: Callable[[], Study], where: str, message: str) -> None:
    findings = [finding for finding in check_study(broken()) if finding.rule == rule]

    assert any(where in finding.where and message in finding.message for finding in findings), findings
    assert all(finding.remedy for finding in findings)


def test_every_rule_is_broken_once() -> None:
    assert {rule.id for rule in STUDY_RULES} == {rule for rule, *_ in BROKEN}


def test_one_thing_broken_gives_few_findings() -> None:
    # Without its twelve exclusion criteria the population's twelve references to them dangle; all else is less.
    for rule, broken, *_ in BROKEN:
        assert len(check_study(broken())) <= 13, rule


def test_the_real_studies_lack_only_estimands(shared: Path) -> None:
    # The pilot has one estimand for five primary endpoints, the other study one endpoint and no estimand.
    for name, lacking in (
        ("CDISC_Pilot_Study.json", ["Endpoint_2", "Endpoint_3", "Endpoint_4", "Endpoint_5"]),
        ("EliLilly_NCT03421379_Diabetes.json", ["Endpoint_1"]),
    ):
        findings = check_study(read_usdm(shared / "data" / "usdm" / name))

        assert {finding.rule for finding in findings} == {"study.primary-estimand"}
        assert [finding.where for finding in findings] == lacking
        assert {finding.severity for finding in findings} == {Severity.WARNING}

"""A design in the study definition: written, read back, checked; and the facts that documents quote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from trialwright.design.definition import (
    DESIGN_RULES,
    DesignDefinition,
    check_design,
    design_facts,
    read_design,
    read_design_from,
    write_design_into,
)
from trialwright.errors import DesignError
from trialwright.study import Study, check_study, example_path, example_study

EXTENSION = "urn:trialwright:design"


@pytest.fixture(scope="module")
def study() -> Study:
    return example_study()


@pytest.fixture(scope="module")
def definition() -> DesignDefinition:
    return read_design(example_path("calm12", "design.yaml")).definition


def choosing(definition: DesignDefinition, id: str) -> DesignDefinition:
    return replace(definition, chosen=id)


def test_a_design_is_read_back_as_it_was_written(study: Study, definition: DesignDefinition) -> None:
    assert read_design_from(study) is None
    written = write_design_into(study, definition)
    assert read_design_from(written) == definition
    assert check_study(written) == check_study(study)


def test_nothing_else_of_the_study_changes(study: Study, definition: DesignDefinition) -> None:
    written = write_design_into(study, choosing(definition, "larger")).to_json()
    design = written["study"]["versions"][0]["studyDesigns"][0]
    assert design["population"]["plannedEnrollmentNumber"]["value"] == 315
    # A fifth has no outcome.
    assert design["population"]["plannedCompletionNumber"]["value"] == 252
    assert [one["url"] for one in design["extensionAttributes"]] == [EXTENSION]
    design["extensionAttributes"] = []
    design["population"]["plannedEnrollmentNumber"]["value"] = 240.0
    design["population"]["plannedCompletionNumber"]["value"] = 192.0
    assert written == study.to_json()


def test_a_design_takes_the_place_of_the_one_before(study: Study, definition: DesignDefinition) -> None:
    interim = write_design_into(study, choosing(definition, "three_looks"))
    assert "Adaptive" in [code.decode for code in interim.design.characteristics]
    again = write_design_into(interim, definition)
    assert again.to_json() == write_design_into(study, definition).to_json()
    assert [code.id for code in again.design.characteristics] == [code.id for code in study.design.characteristics]


def test_extensions_of_others_stay(study: Study, definition: DesignDefinition) -> None:
    other = {
        "id": "Other_1",
        "url": "http://example.com/other",
        "valueString": "x",
        "extensionAttributes": [],
        "instanceType": "ExtensionAttribute",
    }
    written = write_design_into(study.with_fact(f"{study.design.id}.extensionAttributes", [other]), definition)
    assert written.value(f"{study.design.id}.extensionAttributes")[0] == other


def test_an_adaptive_study_stays_one(study: Study, definition: DesignDefinition) -> None:
    code = {
        "id": "Code_999",
        "extensionAttributes": [],
        "code": "C98704",
        "codeSystem": "http://www.cdisc.org",
        "codeSystemVersion": "2024-09-27",
        "decode": "Adaptive",
        "instanceType": "Code",
    }
    path = f"{study.design.id}.characteristics"
    adaptive = study.with_fact(path, [*study.value(path), code])
    for id in ("three_looks", "fixed"):
        written = write_design_into(adaptive, choosing(definition, id))
        assert [one["id"] for one in written.value(path)] == [one["id"] for one in adaptive.value(path)]


def test_numbers_that_are_missing_or_ranges_are_set(study: Study, definition: DesignDefinition) -> None:
    path = f"{study.population.id}.plannedEnrollmentNumber"
    written = write_design_into(study.with_fact(path, None), definition)
    assert written.value(f"{path}.value") == 240


def test_a_design_that_somebody_broke_is_said(study: Study, definition: DesignDefinition) -> None:
    written = write_design_into(study, definition)
    with pytest.raises(DesignError, match=r"urn:trialwright:design:definition, line 1"):
        read_design_from(written.with_fact("TrialwrightDesign_definition.valueString", "design: {}"))
    with pytest.raises(DesignError, match=r"without urn:trialwright:design:definition\. Write the design into it"):
        read_design_from(written.with_fact("TrialwrightDesign.extensionAttributes", []))


def test_the_example_agrees_with_its_design(study: Study, definition: DesignDefinition) -> None:
    assert check_design(definition, study) == []
    assert check_design(definition, write_design_into(study, definition)) == []


BROKEN: dict[str, tuple[Callable[[DesignDefinition], DesignDefinition], Callable[[Study], Study], str]] = {
    "design.enrollment": (
        lambda one: one,
        lambda study: study.with_fact(f"{study.population.id}.plannedEnrollmentNumber.value", 300.0),
        "The chosen design, fixed, has 240 subjects, the study plans 300.",
    ),
    "design.completion": (
        lambda one: one,
        lambda study: study.with_fact(f"{study.population.id}.plannedCompletionNumber.value", 230.0),
        "counts on 192 subjects with an outcome, the study plans that 230 complete.",
    ),
    "design.arms": (
        lambda one: replace(one, arms=(one.arms[0], one.arms[1], replace(one.arms[2], usdm="StudyArm_7"))),
        lambda study: study,
        "The study has no arm StudyArm_7.",
    ),
    "design.endpoint": (
        lambda one: replace(
            one,
            endpoints=(replace(one.endpoints[0], id="Other"), *one.endpoints[1:]),
            designs={"fixed": replace(one.designs["fixed"], endpoint="Other")},
            scenarios=tuple(
                replace(scenario, outcomes={"Other": scenario.outcomes["Endpoint_1"]}) for scenario in one.scenarios
            ),
        ),
        lambda study: study,
        "The study has no endpoint Other.",
    ),
    "design.primary-endpoint": (
        lambda one: one,
        lambda study: study.with_fact("Endpoint_1.level.code", "C139173"),
        "decides on Endpoint_1, which is not primary.",
    ),
    "design.interim-analyses": (
        lambda one: choosing(one, "futility"),
        lambda study: study,
        "The chosen design, futility, has 1 interim analysis,",
    ),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_finds_what_it_is_for(study: Study, definition: DesignDefinition, rule: str) -> None:
    break_definition, break_study, said = BROKEN[rule]
    findings = check_design(break_definition(definition), break_study(study))
    assert rule in [one.rule for one in findings]
    assert any(said in one.message for one in findings)
    assert {one.rule for one in findings} == {rule}
    assert all(one.remedy and one.evidence for one in findings)


def test_each_rule_has_a_failing_case() -> None:
    assert {rule.id for rule in DESIGN_RULES} == BROKEN.keys()
    assert all(rule.source and rule.title.endswith(".") for rule in DESIGN_RULES)


def test_an_enrollment_that_is_a_range_holds_the_design(study: Study, definition: DesignDefinition) -> None:
    def quantity(id: str, value: float) -> dict[str, object]:
        return {"id": id, "extensionAttributes": [], "value": value, "unit": None, "instanceType": "Quantity"}

    planned = {
        "id": "Range_99",
        "extensionAttributes": [],
        "minValue": quantity("Quantity_98", 230.0),
        "maxValue": quantity("Quantity_99", 250.0),
        "isApproximate": False,
        "instanceType": "Range",
    }
    path = f"{study.population.id}.plannedEnrollmentNumber"
    assert check_design(definition, study.with_fact(path, planned)) == []
    planned["maxValue"] = quantity("Quantity_99", 239.0)
    findings = check_design(definition, study.with_fact(path, planned))
    assert [one.evidence for one in findings] == ["230 to 239, design.yaml: 240"]


def test_facts_are_what_documents_quote(definition: DesignDefinition) -> None:
    facts = design_facts(definition)
    expected = {
        "design/arms/HIGH/name": "TWX-101 30 mg",
        "design/arms/count": "3",
        "design/test/alpha": "0.05",
        "design/test/sided": "2",
        "design/test/power": "80%",
        "design/test/multiplicity": "fixed sequence",
        "design/test/comparisons/0": "HIGH",
        "design/endpoints/Endpoint_1/followup": "12",
        "design/scenarios/planned/outcomes/Endpoint_1/means/PBO": "-8.6",
        "design/scenarios/planned/outcomes/Endpoint_1/missing/PBO": "20%",
        "design/scenarios/slow_enrollment/enrollment_factor": "67%",
        "design/enrollment/europe/rate": "0.52",
        "design/cost/subject/amount": "6.5",
        "design/prior/sd": "1.6",
        "design/chosen/subjects": "240",
        "design/chosen/allocation": "1:1:1",
        "design/chosen/looks/count": "1",
        "design/chosen/looks/1/efficacy_z": "1.960",
        "design/designs/larger/sites/count": "16",
        "design/designs/three_looks/looks/2/information": "66.67%",
        "design/designs/three_looks/looks/2/efficacy_z": "2.511",
        "design/designs/three_looks/looks/2/efficacy_p": "0.0120",
    }
    assert {path: facts.get(path) for path in expected} == expected
    assert "design/designs/futility/looks/1/efficacy_z" not in facts
    assert "design/designs/futility/looks/1/futility_z" in facts
    assert all(shown for shown in facts.values())

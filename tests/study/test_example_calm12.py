"""The example study: valid USDM 4.0, and complete enough for every section of a report."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trialwright.errors import StudyError
from trialwright.inlines import FactRef, plain_text
from trialwright.study import NARRATIVE_KEYS, example_path, example_study, inlines_of

STUDY = example_study()


def schema_problems(value: Any, schema: dict[str, Any], schemas: dict[str, Any], place: str) -> Iterator[str]:
    """What in `value` does not fit an OpenAPI schema; unknown attributes count."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        found = [list(schema_problems(value, option, schemas, place)) for option in options]
        if all(found):
            yield from min(found, key=len)
        return
    if "const" in schema and value != schema["const"]:
        yield f"{place}: {value!r} is not {schema['const']!r}"
    kinds: dict[str, type | tuple[type, ...]] = {
        "string": str,
        "boolean": bool,
        "number": (int, float),
        "integer": int,
        "array": list,
        "object": dict,
        "null": type(None),
    }
    kind = schema.get("type")
    if kind and not isinstance(value, kinds[kind]):
        yield f"{place}: {value!r} is no {kind}"
    elif kind == "array":
        for number, entry in enumerate(value):
            yield from schema_problems(entry, schema.get("items", {}), schemas, f"{place}[{number}]")
    elif kind == "object" and "properties" in schema:
        properties = schema["properties"]
        yield from (f"{place}: lacks {name}" for name in schema.get("required", []) if name not in value)
        yield from (f"{place}: {name} is unknown" for name in value if name not in properties)
        for name in value.keys() & properties.keys():
            yield from schema_problems(value[name], properties[name], schemas, f"{place}.{name}")


def test_it_fits_the_schema_of_usdm_4(shared: Path) -> None:
    schemas = json.loads((shared / "data" / "usdm" / "USDM_API.json").read_bytes())["components"]["schemas"]
    tree = STUDY.to_json()

    assert list(schema_problems(tree, schemas["Wrapper-Input"], schemas, "")) == []
    del tree["study"]["versions"][0]["titles"][0]["type"]
    assert list(schema_problems(tree, schemas["Wrapper-Input"], schemas, "")) == [
        ".study.versions[0].titles[0]: lacks type"
    ]


def test_it_is_the_trial_that_it_says_it_is() -> None:
    assert (STUDY.protocol_id, STUDY.acronym, STUDY.sponsor) == ("TW101-201", "CALM-12", "Example Therapeutics")
    assert STUDY.official_title == (
        "A Randomised, Double-Blind, Placebo-Controlled, Parallel-Group Phase 2 Study of TWX-101 in Adults with "
        "Generalised Anxiety Disorder"
    )
    assert [(arm.name, arm.shown) for arm in STUDY.arms] == [
        ("PBO", "Placebo"),
        ("LOW", "TWX-101 10 mg"),
        ("HIGH", "TWX-101 30 mg"),
    ]
    assert [epoch.name for epoch in STUDY.epochs] == ["Screening", "Treatment", "Follow-up"]
    assert STUDY.fact("planned_enrollment").shown == "240"
    assert [(dose.dose, dose.product and dose.product.name) for dose in STUDY.doses()] == [
        ("10 mg", "TWX101-CAP-10"),
        ("30 mg", "TWX101-CAP-30"),
        ("", "PLACEBO-CAP"),
    ]


def test_its_visits_have_the_planned_days_and_windows() -> None:
    visits = [
        (visit.number, visit.label, visit.day, visit.window_before_days, visit.window_after_days)
        for visit in STUDY.visits()
    ]

    assert visits == [
        (1, "Screening", -14, 7, 7),
        (2, "Baseline", 1, None, None),
        (3, "Week 2", 15, 3, 3),
        (4, "Week 4", 29, 3, 3),
        (5, "Week 6", 43, 3, 3),
        (6, "Week 8", 57, 3, 3),
        (7, "Week 12", 85, 3, 3),
        (8, "Follow-up", 99, 5, 5),
    ]


def test_its_schedule_of_activities() -> None:
    schedule = STUDY.schedule_of_activities()
    marks = {activity.name: "".join("X" if mark else "." for mark in row) for activity, row in schedule.rows}

    assert marks["Randomization"] == ".X......"
    assert marks["HAM-A"] == "XXXXXXX."
    assert marks["Clinical laboratory tests"] == "XX.X.XXX"
    assert marks["Vital signs"] == "XXXXXXXX"
    assert marks["Safety"] == "........"
    assert [
        activity.name for (activity, _), level in zip(schedule.rows, schedule.levels, strict=True) if not level
    ] == [
        "Eligibility and enrolment",
        "Efficacy",
        "Safety",
        "Study drug",
    ]
    assert len(schedule.notes) == 6


def test_its_endpoints_and_estimands() -> None:
    levels = {endpoint.id: endpoint.level for endpoint in STUDY.endpoints}

    assert levels["Endpoint_1"] == "primary"
    assert [estimand.variable.id for estimand in STUDY.estimands] == ["Endpoint_1", "Endpoint_2", "Endpoint_3"]
    assert all(
        event.strategy.startswith(("While on treatment", "Treatment policy"))
        for estimand in STUDY.estimands
        for event in estimand.intercurrent_events
    )


@pytest.mark.parametrize("key", NARRATIVE_KEYS)
def test_it_has_a_text_for_every_section_of_a_report(key: str) -> None:
    section = STUDY.narrative_section(key)

    assert section is not None
    assert section.name == key
    assert len(plain_text(inlines_of(section.blocks))) > 50


def test_its_texts_quote_the_definition_instead_of_repeating_it() -> None:
    quoted = {
        inline.path
        for section in STUDY.sections()
        for inline in inlines_of(section.blocks)
        if isinstance(inline, FactRef)
    }

    assert STUDY.index.instances["Quantity_12"]["value"] == 240.0
    assert {"Quantity_12.value", "Objective_1.text", "Endpoint_1.text"} <= quoted


def test_its_abbreviations_are_those_that_its_texts_use() -> None:
    listed = {entry.abbreviated_text for entry in STUDY.abbreviations}
    texts = " ".join(plain_text(inlines_of(section.blocks)) for section in STUDY.sections())
    texts += " ".join(plain_text(criterion.inlines) for criterion in STUDY.criteria)
    used = set(re.findall(r"\(([A-Z][A-Za-z0-9-]*[A-Z0-9][A-Za-z0-9-]*)\)", texts))
    used -= {name for name in used if re.fullmatch(r"[ER]\d+", name)}  # guidelines: E6, E9(R1)

    assert used <= listed
    assert len(listed) >= 30


def test_it_has_criteria_roles_products_and_an_amendment() -> None:
    assert (len(STUDY.inclusion_criteria), len(STUDY.exclusion_criteria)) == (10, 12)
    assert {"SPONSOR", "COORDINATING_INVESTIGATOR", "DMC", "CRO", "LABORATORY"} <= {role.name for role in STUDY.roles}
    assert len(STUDY.products) == 3
    (amendment,) = STUDY.amendments
    assert all(STUDY.section(place.section_number) for change in amendment.changes for place in change.changed_sections)
    sites = next(found for found in STUDY.organizations if found.name == "CALM12-SITES")
    assert len(sites.managed_sites) == 12


def test_an_example_file_that_is_not_there_names_those_that_are() -> None:
    assert example_path("calm12", "study.json").is_file()
    with pytest.raises(StudyError, match=r"no example file calm12/nothing\.yaml\. There are: .*calm12/study\.json"):
        example_path("calm12", "nothing.yaml")

"""Reading and writing: nothing is lost, and bad files are refused with a message that helps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.errors import StudyError
from trialwright.study import FactError, Study, example_path, example_study, read_usdm, write_usdm

REAL_STUDIES = ["CDISC_Pilot_Study.json", "EliLilly_NCT03421379_Diabetes.json"]


@pytest.mark.parametrize("name", REAL_STUDIES)
def test_a_real_study_is_written_as_it_was_read(shared: Path, tmp_path: Path, name: str) -> None:
    source = shared / "data" / "usdm" / name

    write_usdm(read_usdm(source), tmp_path / name)

    assert json.loads((tmp_path / name).read_bytes()) == json.loads(source.read_bytes())


def test_the_example_is_written_byte_for_byte_as_it_is_shipped(tmp_path: Path) -> None:
    write_usdm(example_study(), tmp_path / "study.json")

    assert (tmp_path / "study.json").read_bytes() == example_path("calm12", "study.json").read_bytes()


def test_what_is_not_modeled_is_written_back(tmp_path: Path) -> None:
    tree = example_study().to_json()
    tree["study"]["versions"][0]["biomedicalConcepts"] = [{"id": "BiomedicalConcept_1", "anything": [1, None, 2.5]}]
    tree["study"]["versions"][0]["studyDesigns"][0]["arms"][0]["ourOwn"] = {"deep": ["kept"]}
    (tmp_path / "in.json").write_text(json.dumps(tree), encoding="utf-8")

    write_usdm(read_usdm(tmp_path / "in.json"), tmp_path / "out.json")

    assert json.loads((tmp_path / "out.json").read_bytes()) == tree


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(unknown=JSON_VALUES, title=st.text(min_size=1))
def test_any_change_survives_the_round_trip(tmp_path_factory: pytest.TempPathFactory, unknown: Any, title: str) -> None:
    path = tmp_path_factory.mktemp("round_trip") / "study.json"
    changed = SMALL.with_fact("StudyTitle_1.text", title).with_fact("StudyVersion_1.somethingNew", unknown)

    write_usdm(changed, path)
    again = read_usdm(path)

    assert again.to_json() == changed.to_json()
    assert again.titles[0].text == title
    assert again.value("StudyVersion_1.somethingNew") == unknown


def small_tree() -> dict[str, Any]:
    """The least that USDM 4.0 accepts as an interventional study with one arm."""

    def code(number: int, value: str, decode: str) -> dict[str, Any]:
        return {
            "id": f"Code_{number}",
            "code": value,
            "codeSystem": "http://www.cdisc.org",
            "codeSystemVersion": "2024-09-27",
            "decode": decode,
            "instanceType": "Code",
        }

    design = {
        "id": "InterventionalStudyDesign_1",
        "name": "D",
        "arms": [],
        "studyCells": [],
        "rationale": "",
        "epochs": [],
        "population": {
            "id": "StudyDesignPopulation_1",
            "name": "P",
            "includesHealthySubjects": False,
            "instanceType": "StudyDesignPopulation",
        },
        "eligibilityCriteria": [],
        "model": code(1, "C82639", "Parallel Study"),
        "instanceType": "InterventionalStudyDesign",
    }
    title = {
        "id": "StudyTitle_1",
        "text": "A study",
        "type": code(2, "C207616", "Official Study Title"),
        "instanceType": "StudyTitle",
    }
    version = {
        "id": "StudyVersion_1",
        "versionIdentifier": "1",
        "rationale": "",
        "studyIdentifiers": [],
        "titles": [title],
        "studyDesigns": [design],
        "instanceType": "StudyVersion",
    }
    return {
        "study": {"id": None, "name": "S", "versions": [version], "instanceType": "Study"},
        "usdmVersion": "4.0.0",
    }


SMALL = Study.of(small_tree())


def test_a_minimal_study_can_be_navigated() -> None:
    assert (SMALL.id, SMALL.official_title, SMALL.acronym, SMALL.sponsor, SMALL.phase) == ("S", "A study", "", "", "")
    assert SMALL.visits is not None
    assert (SMALL.arms, SMALL.objectives, SMALL.criteria, SMALL.interventions) == ((), (), (), ())
    with pytest.raises(StudyError, match="no main timeline"):
        SMALL.visits()


def test_changing_a_fact_leaves_the_original_alone() -> None:
    study = example_study()

    changed = study.with_fact("StudyDesignPopulation_1.plannedEnrollmentNumber.value", 300)

    assert changed.fact("planned_enrollment").shown == "300"
    assert study.fact("planned_enrollment").shown == "240"


def test_a_list_of_instances_can_be_replaced_and_an_entry_of_a_list_changed() -> None:
    study = example_study()
    arms = study.value("InterventionalStudyDesign_1.arms")

    two_arms = study.with_fact("InterventionalStudyDesign_1.arms", [arms[0], arms[2]])
    other_element = study.with_fact("StudyCell_1.elementIds.0", "StudyElement_5")

    assert [arm.name for arm in two_arms.arms] == ["PBO", "HIGH"]
    assert [arm.name for arm in study.arms] == ["PBO", "LOW", "HIGH"]
    assert other_element.cells[0].element_ids == ("StudyElement_5",)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("Nowhere_1.text", "no instance 'Nowhere_1'"),
        ("StudyArm_1", "names an instance"),
        ("StudyArm_1.type.nothing.more", "leads to nothing at 'nothing'. It has: code"),
        ("StudyCell_1.elementIds.7", "There are 1 entries, counted from 0"),
        ("StudyArm_1.name.letter", "plain value"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path: str, message: str) -> None:
    with pytest.raises(FactError, match=message):
        example_study().with_fact(path, "x")


def test_a_change_that_does_not_fit_is_refused_with_its_place() -> None:
    with pytest.raises(StudyError, match=r"arms\[1\]\.name: Input should be a valid string \(it is None\)"):
        example_study().with_fact("StudyArm_2.name", None)


def test_a_number_in_quotes_is_no_number() -> None:
    with pytest.raises(StudyError, match=r"in 1 place:\n.*plannedEnrollmentNumber\.value: .* valid number .*'240'"):
        example_study().with_fact("StudyDesignPopulation_1.plannedEnrollmentNumber.value", "240")


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "study.json"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"study": {\n  "name": "S",,\n}}', "is no JSON: .* at line 2, column 15"),
        ("", "is no JSON: .* at line 1, column 1"),
        ("<xml/>", "is no JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[1, 2]", "no USDM file: at its top stands no object"),
        ('{"clinicalStudy": {}}', "no USDM file: at its top stands an object with 'clinicalStudy'"),
        ('{"study": {}}', "does not say which USDM version"),
        ('{"study": {"a": 1, "a": 2}, "usdmVersion": "4.0.0"}', "the attribute 'a' twice"),
        ('{"study": {"a": NaN}, "usdmVersion": "4.0.0"}', "NaN is no JSON number"),
        (
            '{"study": {"name": "S", "versions": []}, "usdmVersion": "4.0.0"}',
            "study.versions is empty",
        ),
        ('{"study": {"versions": []}, "usdmVersion": "4.0.0"}', "study.name: Field required"),
        ('{"study": "S", "usdmVersion": "4.0.0"}', "study: Input should be an object"),
    ],
)
def test_a_bad_file_is_refused_with_what_and_where(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        read_usdm(write(tmp_path, text))


@pytest.mark.parametrize("version", ["3.0.0", "3.6", "2.1.0", "5.0.0"])
def test_another_usdm_version_is_named_beside_the_accepted_one(tmp_path: Path, version: str) -> None:
    tree = small_tree() | {"usdmVersion": version}

    with pytest.raises(StudyError, match=f"follows USDM {version}; accepted is 4.0"):
        read_usdm(write(tmp_path, json.dumps(tree)))


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="cannot be read: No such file"):
        read_usdm(tmp_path / "missing.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StudyError, match="no UTF-8 text"):
        read_usdm(tmp_path / "binary.json")


def test_at_most_ten_places_are_listed(tmp_path: Path) -> None:
    tree = small_tree()
    tree["study"]["versions"][0]["titles"] = [{"id": f"StudyTitle_{i}", "type": None} for i in range(8)]

    with pytest.raises(StudyError, match=r"in 16 places:(\n  .*){10}\n  and 6 more"):
        read_usdm(write(tmp_path, json.dumps(tree)))


def test_an_instance_of_two_possible_classes_is_judged_by_the_one_it_claims() -> None:
    with pytest.raises(StudyError, match=r"in 1 place:\n.*instances.0.\.activityIds: .*array"):
        example_study().with_fact("ScheduledActivityInstance_1.activityIds", "Activity_1")

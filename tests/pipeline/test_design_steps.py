"""The design of a study folder: compared, reported, verified, traced; and what is told where something is missing."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from trialwright.design.definition import read_design, read_design_from
from trialwright.errors import DesignError, ResultError, WorkspaceError
from trialwright.findings import Severity
from trialwright.pipeline import (
    State,
    check_study_design,
    export_designed_study,
    find_results,
    trace_design,
    update,
    verify_file,
)
from trialwright.study import example_path, read_usdm
from trialwright.workspace import StudyFolder

FEW = {"design": {"trials": 100}}


def example_folder(root: Path) -> StudyFolder:
    root.mkdir()
    for name in ("study.json", "design.yaml"):
        shutil.copy(example_path("calm12", name), root / name)
    return StudyFolder(root)


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    folder = example_folder(tmp_path_factory.mktemp("design") / "study")
    update(folder, ["verify design"], parameters=FEW)
    return folder


@pytest.fixture
def folder(reported: StudyFolder, tmp_path: Path) -> StudyFolder:
    shutil.copytree(reported.root, tmp_path / "study")
    return StudyFolder(tmp_path / "study")


def test_the_report_is_written_and_verified(reported: StudyFolder) -> None:
    assert reported.document("design").is_file()
    assert reported.document("design").with_suffix(".html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert verify_file(reported.document("design")) == []


def test_nothing_is_made_again_until_the_definition_changes(folder: StudyFolder) -> None:
    before = update(folder, ["verify design"])
    text = folder.design.read_text(encoding="utf-8")
    folder.design.write_text(text.replace("enrollment_factor: 0.67", "enrollment_factor: 0.5"), encoding="utf-8")

    findings = verify_file(folder.document("design"))
    after = update(folder, ["verify design"])

    assert {outcome.state for outcome in before} == {State.CURRENT}
    assert [finding.where for finding in findings] == ["input design"]
    assert {outcome.state for outcome in after} == {State.STALE}


def test_the_same_seed_gives_the_same_bytes(reported: StudyFolder, tmp_path: Path) -> None:
    again = example_folder(tmp_path / "again")

    update(again, ["verify design"], parameters=FEW)

    for path in (reported.design_results, reported.document("design")):
        assert (again.root / reported.relative(path)).read_bytes() == path.read_bytes()


def test_an_edited_report_is_not_overwritten(folder: StudyFolder) -> None:
    folder.document("design").write_bytes(folder.document("design").read_bytes() + b" ")
    folder.design.write_text(folder.design.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")

    with pytest.raises(WorkspaceError, match=r"design\.en\.docx"):
        update(folder, ["verify design"])


def test_a_number_changed_in_the_report_is_found(folder: StudyFolder) -> None:
    from docx import Document

    path = folder.document("design")
    document = Document(str(path))
    texts = [text for text in document.element.body.iter("{*}t") if text.text == "61.6" or (text.text or "") == "240"]
    texts[0].text = "241"
    document.save(str(path))

    findings = verify_file(path)

    assert any(finding.severity is Severity.ERROR and "241" in finding.evidence for finding in findings)


def test_a_number_is_followed_to_its_definition(folder: StudyFolder) -> None:
    name = "design.behavior/DESIGN=fixed/SCENARIO=planned/power"

    traced = trace_design(folder, name)

    assert traced.result.method == "simulation of 100 trials per scenario, seed 1"
    assert traced.definition == folder.design
    assert traced.is_current
    assert "trials 100" in traced.made_by
    assert name in [row.result_id for row in find_results(folder, "design.behavior")]


def test_a_definition_that_has_changed_since_is_told(folder: StudyFolder) -> None:
    folder.design.write_text(folder.design.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")

    assert not trace_design(folder, "design.run/seed").is_current


def test_a_name_that_no_result_has_is_told(folder: StudyFolder) -> None:
    with pytest.raises(ResultError, match=r"There is no result 'design\.power'"):
        trace_design(folder, "design.power")


def test_without_a_definition_the_user_learns_what_to_do(tmp_path: Path) -> None:
    folder = example_folder(tmp_path / "study")
    folder.design.unlink()

    with pytest.raises(WorkspaceError, match=r"design\.yaml.*docs/how-to/design-a-trial\.md"):
        update(folder, ["verify design"])


def test_a_definition_that_cannot_be_read_is_refused_at_its_line(tmp_path: Path) -> None:
    folder = example_folder(tmp_path / "study")
    text = folder.design.read_text(encoding="utf-8")
    folder.design.write_text(text.replace("  alpha: 0.05", "  alpha: 5"), encoding="utf-8")

    with pytest.raises(DesignError, match=r"design\.yaml, line \d+.*alpha"):
        update(folder, ["verify design"])
    assert not folder.design_results.exists()


def test_a_design_that_contradicts_the_study_is_told(folder: StudyFolder) -> None:
    assert check_study_design(folder) == []
    text = folder.design.read_text(encoding="utf-8")
    folder.design.write_text(text.replace("    subjects: 240\n", "    subjects: 300\n", 1), encoding="utf-8")

    findings = check_study_design(folder)

    assert any("300" in finding.message and "240" in finding.message for finding in findings)


def test_the_study_is_written_with_its_design_and_keeps_all_else(folder: StudyFolder, tmp_path: Path) -> None:
    before = folder.study.read_bytes()

    export_designed_study(folder, tmp_path / "designed.json")

    designed = read_usdm(tmp_path / "designed.json")
    assert read_design_from(designed) == read_design(folder.design).definition
    assert folder.study.read_bytes() == before
    assert [arm.id for arm in designed.arms] == [arm.id for arm in read_usdm(folder.study).arms]


def test_a_search_is_part_of_the_report_until_the_definition_changes(folder: StudyFolder) -> None:
    text = folder.design.read_text(encoding="utf-8")
    folder.design.write_text(re.sub(r"verify_trials: \d+", "verify_trials: 200", text), encoding="utf-8")

    update(folder, ["optimize", "verify design"], parameters={"optimize": {"candidates": 8, "trials": 100}})
    with_search = folder.document("design").with_suffix(".html").read_text(encoding="utf-8")
    folder.design.write_text(folder.design.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    outcomes = update(folder, ["verify design"])
    without = folder.document("design").with_suffix(".html").read_text(encoding="utf-8")

    assert "The candidates and the front" in with_search
    assert "The candidates and the front" not in without
    assert any("search again" in outcome.summary for outcome in outcomes)
    assert verify_file(folder.document("design")) == []

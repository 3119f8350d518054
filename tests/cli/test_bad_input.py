"""Misuse gets one clear message on stderr, exit status 2 and no traceback, and changes nothing."""

from __future__ import annotations

import errno
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trialwright.cli._errors import explain
from trialwright.pipeline import Provenance
from trialwright.pipeline.provenance import write_provenance
from trialwright.study import example_path
from trialwright.workspace import StudyFolder

Run = Callable[..., Any]
STEPS = ("rehearse", "derive", "analyze", "display", "run")


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    """The example study's definition, plan, derivation and scenario, with nothing made of them yet."""
    made = StudyFolder(tmp_path / "study")
    made.root.mkdir()
    for path in (made.study, made.plan, made.derivation, made.scenario):
        shutil.copyfile(example_path("calm12", path.name), path)
    for part in ("events", "measurements", "times"):
        shutil.copyfile(example_path("calm12", f"derivation_{part}.yaml"), made.root / f"derivation_{part}.yaml")
    shutil.copyfile(example_path("calm12", "event_groups.csv"), made.root / "event_groups.csv")
    write_provenance(Provenance(), made)
    return made


def assert_refused(finished: Any, *, says: str) -> None:
    """It ended with status 2 and one message that holds `says`."""
    assert finished.code == 2, finished
    assert says in finished.err
    assert "Traceback" not in finished.err
    assert finished.err.startswith("Error: ")


@pytest.mark.parametrize("step", STEPS)
def test_a_folder_that_does_not_exist(trialwright: Run, tmp_path: Path, step: str) -> None:
    assert_refused(trialwright(step, tmp_path / "nowhere"), says="There is no folder")


@pytest.mark.parametrize("step", STEPS)
def test_a_file_where_a_study_folder_is_needed(trialwright: Run, tmp_path: Path, step: str) -> None:
    (tmp_path / "study").write_text("")

    assert_refused(trialwright(step, tmp_path / "study"), says="is a file; a study is a folder")


def test_a_folder_without_a_study(trialwright: Run, tmp_path: Path) -> None:
    assert_refused(trialwright("run", tmp_path), says="it has neither study.json nor design.yaml")


def test_a_study_without_data_and_scenario(trialwright: Run, folder: StudyFolder) -> None:
    folder.scenario.unlink()

    assert_refused(trialwright("run", folder.root), says="needs scenario.yaml")


def test_a_study_without_a_plan(trialwright: Run, folder: StudyFolder) -> None:
    folder.plan.unlink()
    folder.adam.mkdir(parents=True)
    (folder.adam / "adsl.parquet").write_bytes(b"")

    assert_refused(trialwright("analyze", folder.root), says="needs plan.yaml")


def test_a_dataset_that_is_no_parquet_file(trialwright: Run, folder: StudyFolder) -> None:
    folder.adam.mkdir(parents=True)
    (folder.adam / "adsl.parquet").write_bytes(b"SAS")

    assert_refused(trialwright("analyze", folder.root), says="adsl.parquet is no Parquet file")
    assert (folder.adam / "adsl.parquet").read_bytes() == b"SAS"
    assert not folder.results.exists()


def test_a_plan_that_is_no_yaml(trialwright: Run, folder: StudyFolder) -> None:
    folder.adam.mkdir(parents=True)
    (folder.adam / "adsl.parquet").write_bytes(b"")
    folder.plan.write_text("plan: {")

    assert_refused(trialwright("analyze", folder.root), says="plan.yaml")


def test_a_table_of_results_that_is_none(trialwright: Run, folder: StudyFolder) -> None:
    folder.results.parent.mkdir()
    folder.results.write_bytes(b"none")

    assert_refused(trialwright("results", "--study", folder.root), says="results.parquet is no table of results")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("not JSON", "JSON"),
        ("{}", "study"),
        (json.dumps({"study": {}, "usdmVersion": "3.0.0", "systemName": "x"}), "3.0"),
    ],
)
def test_a_new_study_from_a_file_that_is_no_usdm(trialwright: Run, tmp_path: Path, content: str, says: str) -> None:
    usdm = tmp_path / "usdm.json"
    usdm.write_text(content)

    assert_refused(trialwright("new", tmp_path / "study", "--usdm", usdm), says=says)
    assert not (tmp_path / "study").exists()


def test_a_new_study_whose_definition_refers_to_nothing(trialwright: Run, tmp_path: Path) -> None:
    definition = example_path("calm12", "study.json").read_text(encoding="utf-8")
    usdm = tmp_path / "study.json"
    usdm.write_text(re.sub(r'"armId": "[^"]+"', '"armId": "StudyArm_9"', definition, count=1), encoding="utf-8")

    finished = trialwright("new", tmp_path / "study", "--usdm", usdm)

    assert finished.code == 1
    assert "ERROR study.dangling-reference in StudyCell_1.armId" in finished.err
    assert "StudyArm_9" in finished.err
    assert (tmp_path / "study" / "study.json").is_file()


def test_a_new_study_from_nothing(trialwright: Run, tmp_path: Path) -> None:
    assert_refused(trialwright("new", tmp_path / "study", "--usdm", tmp_path / "usdm.json"), says="usdm.json")


def test_a_new_study_in_a_folder_that_holds_something(trialwright: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("")

    assert_refused(trialwright("new", tmp_path, "--usdm", example_path("calm12", "study.json")), says="exists already")


def test_a_new_study_with_adam_from_a_folder_without_any(trialwright: Run, tmp_path: Path) -> None:
    (tmp_path / "adam").mkdir()
    finished = trialwright(
        "new", tmp_path / "study", "--usdm", example_path("calm12", "study.json"), "--adam", tmp_path / "adam"
    )

    assert_refused(finished, says="has no ADaM datasets")
    assert not (tmp_path / "study").exists()


def test_the_demo_in_a_folder_that_is_not_its_own(trialwright: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("ten years of work")

    assert_refused(trialwright("demo", "--out", tmp_path), says="was not made by `trialwright demo`")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_the_demo_in_a_study_of_somebody_else(trialwright: Run, folder: StudyFolder) -> None:
    assert_refused(trialwright("demo", "--out", folder.root), says="was not made by `trialwright demo`")


def test_the_demo_below_a_file(trialwright: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert_refused(trialwright("demo", "--out", tmp_path / "file" / "demo"), says="a file is in the way")


def test_verifying_a_file_that_is_not_there(trialwright: Run, tmp_path: Path) -> None:
    assert_refused(trialwright("verify", tmp_path / "csr.en.docx"), says="csr.en.docx")


def test_verifying_a_file_that_is_no_docx(trialwright: Run, tmp_path: Path) -> None:
    (tmp_path / "csr.en.docx").write_text("words")
    (tmp_path / "csr.en.manifest.json").write_text("{}")

    assert_refused(trialwright("verify", tmp_path / "csr.en.docx"), says="csr.en")


def test_a_report_in_html_never_overwrites_a_file(trialwright: Run, tmp_path: Path) -> None:
    document = tmp_path / "csr.en.docx"
    document.write_text("words")

    assert_refused(trialwright("verify", document, "--html", document), says="exists already")
    assert document.read_text() == "words"


def test_a_manifest_that_is_named_and_not_there(trialwright: Run, tmp_path: Path) -> None:
    from docx import Document

    Document().save(str(tmp_path / "renamed.docx"))

    finished = trialwright("verify", tmp_path / "renamed.docx", "--manifest", tmp_path / "csr.manifest.json")

    assert_refused(finished, says="There is no manifest at")


def test_rows_are_not_traced_into_a_file_that_exists(trialwright: Run, folder: StudyFolder, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("mine")

    finished = trialwright("trace", "a/n", "--study", folder.root, "--csv", tmp_path / "rows.csv")

    assert_refused(finished, says="exists already")
    assert (tmp_path / "rows.csv").read_text() == "mine"


def test_tracing_without_results(trialwright: Run, folder: StudyFolder) -> None:
    assert_refused(trialwright("trace", "a/n", "--study", folder.root), says="trialwright analyze")


def test_a_seed_that_is_no_number(trialwright: Run, folder: StudyFolder) -> None:
    finished = trialwright("rehearse", folder.root, "--seed", "often")

    assert finished.code == 2
    assert "valid integer" in finished.err


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "not permitted"),
        (errno.EROFS, "read-only"),
        (errno.ENOTDIR, "a file is in the way"),
        (errno.ENOENT, "there is no such file"),
        (errno.EISDIR, "this is a folder"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_what_the_system_refuses_is_said_with_the_path(code: int, says: str) -> None:
    message = explain(OSError(code, "Input/output error", "/data/csr.docx"))

    assert message.startswith("Error: /data/csr.docx: ")
    assert says in message


def test_a_full_disk_in_the_middle_of_a_step_leaves_the_folder_as_it_was(
    trialwright: Run, folder: StudyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "dm.parquet")

    monkeypatch.setattr("trialwright.standards.write_datasets", fail)
    before = {path.name for path in folder.root.rglob("*") if path.is_file()}

    assert_refused(trialwright("rehearse", folder.root), says="the disk is full")
    assert {path.name for path in folder.root.rglob("*") if path.is_file()} == before

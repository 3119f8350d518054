"""The command that holds datasets to the standards."""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from trialwright.standards import Dataset, read_datasets, write_datasets
from trialwright.standards.formats.files import write_any

ROOT = Path(__file__).resolve().parents[2]

Run = Callable[..., Any]


@pytest.fixture
def data(finished_demo: Path, tmp_path: Path) -> Path:
    """A study folder with nothing but the demo's datasets."""
    shutil.copytree(finished_demo / "data" / "sdtm", tmp_path / "study" / "data" / "sdtm")
    shutil.copytree(finished_demo / "data" / "adam", tmp_path / "study" / "data" / "adam")
    return tmp_path / "study"


def spoil(folder: Path) -> None:
    """Every change from baseline of vital signs is one too large."""
    datasets = read_datasets(folder)
    frame = datasets["ADVS"].frame.with_columns(pl.col("CHG") + 1)
    write_datasets({"ADVS": Dataset(name="ADVS", frame=frame, labels=datasets["ADVS"].labels)}, folder)


def test_the_demo_has_no_finding_in_adam(trialwright: Run, finished_demo: Path) -> None:
    finished = trialwright("check", finished_demo, "--adam")

    assert finished.code == 0, finished.out
    assert "ADaM datasets: 0 findings" in finished.out


def test_equal_findings_are_told_once_with_their_number(trialwright: Run, data: Path) -> None:
    spoil(data / "data" / "adam")

    finished = trialwright("check", data, "--adam")

    assert finished.code == 1
    assert finished.out.count("adam.change in ADVS (") == 1
    assert finished.out.count("CHG = ") == 3


def test_all_findings_are_listed_and_written_if_asked(trialwright: Run, data: Path, tmp_path: Path) -> None:
    spoil(data / "data" / "adam")

    listed = trialwright("check", data, "--adam", "--all")
    printed = trialwright("check", data, "--adam", "--json", "--csv", tmp_path / "findings.csv")

    with (tmp_path / "findings.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    findings = json.loads(printed.out)
    assert rows == findings
    assert len(findings) > 100
    assert listed.out.count("ERROR adam.change in ADVS, USUBJID ") == sum(f["rule"] == "adam.change" for f in findings)


def test_a_file_is_not_overwritten(trialwright: Run, data: Path, tmp_path: Path) -> None:
    (tmp_path / "findings.csv").write_text("mine")

    finished = trialwright("check", data, "--csv", tmp_path / "findings.csv")

    assert finished.code == 2
    assert (tmp_path / "findings.csv").read_text() == "mine"


def test_a_folder_of_files_is_checked_by_the_names_of_its_datasets(trialwright: Run, data: Path) -> None:
    together = data / "together"
    together.mkdir()
    for path in [*(data / "data" / "sdtm").iterdir(), *(data / "data" / "adam").iterdir()]:
        shutil.copy(path, together)

    assert "SDTM datasets, " in trialwright("check", together).out
    assert trialwright("check", together).out == trialwright("check", data).out


def test_the_files_of_a_folder_are_of_the_kind_that_is_asked_for(trialwright: Run, data: Path) -> None:
    finished = trialwright("check", data / "data" / "adam", "--adam")

    assert "ADaM dataset" in finished.out
    assert "SDTM" not in finished.out


def test_of_files_that_differ_in_their_format_one_is_checked(trialwright: Run, data: Path) -> None:
    folder = data / "data" / "adam"
    dataset = read_datasets(folder)["ADVS"]
    write_any(dataset, folder / "advs.json")

    finished = trialwright("check", data, "--adam")

    assert "NOTE check.other-format in adam\n" in finished.out
    assert "0 findings, 1 note" in finished.out


def test_transport_files_are_checked_as_parquet_is(trialwright: Run, data: Path) -> None:
    folder = data / "data" / "adam"
    before = trialwright("check", data, "--adam").out
    for dataset in read_datasets(folder).values():
        assert write_any(dataset, folder / f"{dataset.name.lower()}.xpt").findings == ()
        (folder / f"{dataset.name.lower()}.parquet").unlink()

    assert trialwright("check", data, "--adam").out == before


def test_without_adam_or_sdtm_there_is_nothing_to_check(trialwright: Run, data: Path, tmp_path: Path) -> None:
    shutil.rmtree(data / "data" / "adam")

    assert "There is no dataset of ADaM" in trialwright("check", data, "--adam").err
    assert trialwright("check", data, "--adam").code == 2
    assert "is not there" in trialwright("check", tmp_path / "nowhere").err
    assert "is a file" in trialwright("check", data / "data" / "sdtm" / "dm.parquet").err


@pytest.mark.parametrize("name", ["adae.parquet", "adae.xpt", "adae.json", "adae.ndjson", "adae.sas7bdat"])
@pytest.mark.parametrize("content", [b"", b"no dataset", bytes(range(256)) * 40])
def test_a_file_that_is_no_dataset_is_a_finding_and_the_others_are_checked(
    trialwright: Run, tmp_path: Path, name: str, content: bytes
) -> None:
    subjects = pl.DataFrame({"STUDYID": ["S", "S"], "USUBJID": ["A", "A"]})
    write_datasets({"ADSL": Dataset(name="ADSL", frame=subjects)}, tmp_path)
    (tmp_path / name).write_bytes(content)

    finished = trialwright("check", tmp_path, "--adam")

    assert finished.code == 1, finished.err
    assert f"ERROR check.unreadable in {tmp_path.name}" in finished.out
    assert f"{name}: " in finished.out
    assert "adam.adsl-record in ADSL" in finished.out


def test_a_folder_without_one_readable_file_has_its_findings(trialwright: Run, tmp_path: Path) -> None:
    (tmp_path / "dm.xpt").write_bytes(b"no dataset")

    finished = trialwright("check", tmp_path)

    assert finished.code == 1
    assert "check.unreadable" in finished.out


def test_data_are_held_to_the_define_xml_that_is_named(trialwright: Run, data: Path, shared: Path) -> None:
    define = shared / "data" / "cdiscpilot01" / "define" / "adam_tdf_define_v21_datasetjson.xml"

    finished = trialwright("check", data, "--adam", "--define", define)

    assert finished.code == 1
    assert "adam.definition-dataset in ADADAS" in finished.out


def test_the_reference_page_lists_the_rules_of_today() -> None:
    spec = importlib.util.spec_from_file_location("write_rules", ROOT / "docs" / "write_conformance_rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert module.PAGE.read_text(encoding="utf-8") == module.page(), "run `make docs`"

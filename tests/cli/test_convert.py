"""`trialwright convert`: files and folders from format to format."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from trialwright.pipeline import make_study_folder
from trialwright.standards import Dataset, read_dataset, write_dataset
from trialwright.standards.formats import read_any, write_any
from trialwright.study import example_path

Run = Callable[..., Any]

FRAMES = {
    "DM": pl.DataFrame({"USUBJID": ["1", "2"], "AGE": [63.0, None]}),
    "ADSL": pl.DataFrame({"USUBJID": ["1"], "TRTSDT": [date(2014, 1, 2)]}),
}


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    """A folder of two datasets in Parquet."""
    for name, frame in FRAMES.items():
        labels = {variable: f"The {variable}" for variable in frame.columns}
        dataset = Dataset(name=name, frame=frame, label=f"The {name}", labels=labels)
        write_dataset(dataset, tmp_path / "parquet" / f"{name.lower()}.parquet")
    return tmp_path / "parquet"


@pytest.mark.parametrize("to", ["xpt", "json", "ndjson", "parquet"])
def test_a_folder_there_and_back(trialwright: Run, parquet: Path, tmp_path: Path, to: str) -> None:
    there = trialwright("convert", parquet, tmp_path / "there", "--to", to)
    assert (there.code, there.err) == (0, "")
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == [f"adsl.{to}", f"dm.{to}"]
    back = trialwright("convert", tmp_path / "there", tmp_path / "back", "--to", "parquet")
    assert back.code == 0
    for name in FRAMES:
        read = read_dataset(tmp_path / "back" / f"{name.lower()}.parquet")
        given = read_dataset(parquet / f"{name.lower()}.parquet")
        assert (read.label, dict(read.labels)) == (given.label, dict(given.labels))
        assert read.frame.equals(given.frame)


def test_one_file_by_how_its_target_ends(trialwright: Run, parquet: Path, tmp_path: Path) -> None:
    finished = trialwright("convert", parquet / "dm.parquet", tmp_path / "dm.xpt")
    assert (finished.code, finished.out) == (0, f"{parquet / 'dm.parquet'} -> {tmp_path / 'dm.xpt'}\n")
    assert read_any(tmp_path / "dm.xpt")[0].frame.equals(FRAMES["DM"])


def test_lengths_and_formats_go_along(trialwright: Run, parquet: Path, tmp_path: Path) -> None:
    trialwright("convert", parquet / "adsl.parquet", tmp_path / "adsl.xpt")
    trialwright("convert", tmp_path / "adsl.xpt", tmp_path / "adsl.json")
    columns = json.loads((tmp_path / "adsl.json").read_text())["columns"]
    assert columns[1]["displayFormat"] == "DATE9."
    trialwright("convert", tmp_path / "adsl.json", tmp_path / "again.xpt")
    assert (tmp_path / "again.xpt").read_bytes() == (tmp_path / "adsl.xpt").read_bytes()


def test_files_are_written_over_only_when_asked(trialwright: Run, parquet: Path, tmp_path: Path) -> None:
    target = tmp_path / "dm.xpt"
    target.write_text("mine")
    refused = trialwright("convert", parquet / "dm.parquet", target)
    assert refused.code == 2
    assert "--overwrite" in refused.err
    assert target.read_text() == "mine"
    assert trialwright("convert", parquet / "dm.parquet", target, "--overwrite").code == 0
    assert target.read_bytes().startswith(b"HEADER RECORD")


def test_a_dataset_that_cannot_be_written_is_told_and_the_others_are_written(
    trialwright: Run, parquet: Path, tmp_path: Path
) -> None:
    write_dataset(Dataset(name="AE", frame=pl.DataFrame({"AETERM": ["µ"]})), parquet / "ae.parquet")
    finished = trialwright("convert", parquet, tmp_path / "xpt", "--to", "xpt")
    assert finished.code == 2
    assert "ERROR xpt.characters in ae.xpt, AE, AETERM, record 1" in finished.err
    assert "Traceback" not in finished.err
    assert sorted(path.name for path in (tmp_path / "xpt").iterdir()) == ["adsl.xpt", "dm.xpt"]
    again = trialwright("convert", parquet / "ae.parquet", tmp_path / "xpt/ae.xpt", "--encoding", "windows-1252")
    assert again.code == 0
    assert read_any(tmp_path / "xpt/ae.xpt", encoding="windows-1252")[0].frame["AETERM"].to_list() == ["µ"]


def test_a_file_that_is_damaged_is_told(trialwright: Run, parquet: Path, tmp_path: Path) -> None:
    (parquet / "ae.xpt").write_bytes(b"nothing of the kind")
    finished = trialwright("convert", parquet, tmp_path / "json", "--to", "json")
    assert finished.code == 2
    assert "is no SAS transport file" in finished.err
    assert (tmp_path / "json/dm.json").exists()


def test_a_file_that_is_cut_is_converted_as_far_as_it_goes(trialwright: Run, tmp_path: Path) -> None:
    frame = pl.DataFrame({"T": [f"{i:050}" for i in range(10)]})
    write_any(Dataset(name="XX", frame=frame), tmp_path / "xx.xpt")
    (tmp_path / "xx.xpt").write_bytes((tmp_path / "xx.xpt").read_bytes()[:-130])
    finished = trialwright("convert", tmp_path / "xx.xpt", tmp_path / "xx.parquet")
    assert finished.code == 1
    assert "ERROR xpt.truncated" in finished.err
    assert read_dataset(tmp_path / "xx.parquet").frame.equals(frame.head(8))


def test_what_was_made_and_found_as_json(trialwright: Run, parquet: Path, tmp_path: Path) -> None:
    write_dataset(Dataset(name="AE", frame=pl.DataFrame({"AETERM": ["a "]})), parquet / "ae.parquet")
    finished = trialwright("convert", parquet, tmp_path / "xpt", "--to", "xpt", "--json")
    assert finished.code == 0
    told = json.loads(finished.out)
    assert [entry["paths"] for entry in told] == [[str(tmp_path / f"xpt/{name}.xpt")] for name in ("adsl", "ae", "dm")]
    assert [finding["rule"] for entry in told for finding in entry["findings"]] == ["xpt.trailing-blanks"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere", "x.xpt"), "no file or folder"),
        (("parquet", "x"), "name the format with --to"),
        (("parquet", "file", "--to", "xpt"), "is a file; a folder is needed"),
        (("parquet/dm.parquet", "x.txt"), "no name of a dataset's file"),
        (("parquet/dm.parquet", "x.sas7bdat"), "can be read, but not written"),
        (("parquet/dm.parquet", "x.xpt", "--to", "json"), "does not end in .json"),
        (("parquet/dm.parquet", "parquet"), "name the format with --to"),
        (("file", "x.xpt"), "no name of a dataset's file"),
        (("empty", "x", "--to", "xpt"), "There is no dataset in"),
        (("twice", "x", "--to", "xpt"), "has the same dataset twice"),
        (("parquet/dm.parquet", "x.xpt", "--encoding", "klingon"), "There is no encoding klingon"),
    ],
)
def test_misuse(
    trialwright: Run,
    parquet: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    says: str,
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    shutil.copytree(parquet, tmp_path / "twice")
    (tmp_path / "twice/dm.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    finished = trialwright("convert", *arguments)
    assert finished.code == 2
    assert says in finished.err
    assert finished.err.startswith("Error: ")


@pytest.mark.parametrize("form", ["xpt", "json", "ndjson"])
def test_a_new_study_takes_datasets_of_any_format(trialwright: Run, parquet: Path, tmp_path: Path, form: str) -> None:
    trialwright("convert", parquet, tmp_path / "given", "--to", form)
    usdm = example_path("calm12", "study.json")
    folder = make_study_folder(tmp_path / "study", usdm=usdm, sdtm=tmp_path / "given", adam=parquet)
    assert sorted(path.name for path in folder.sdtm.iterdir()) == ["adsl.parquet", "dm.parquet"]
    for name, frame in FRAMES.items():
        assert read_dataset(folder.sdtm / f"{name.lower()}.parquet").frame.equals(frame)
    # Parquet is copied byte for byte.
    assert (folder.adam / "dm.parquet").read_bytes() == (parquet / "dm.parquet").read_bytes()


def test_a_new_study_tells_what_is_wrong_with_its_files(trialwright: Run, tmp_path: Path) -> None:
    (tmp_path / "sdtm").mkdir()
    dataset = Dataset(name="DM", frame=pl.DataFrame({"T": [f"{i:050}" for i in range(10)]}))
    path = write_any(dataset, tmp_path / "sdtm/dm.xpt").paths[0]
    path.write_bytes(path.read_bytes()[:-130])
    usdm = example_path("calm12", "study.json")
    finished = trialwright("new", tmp_path / "study", "--usdm", usdm, "--sdtm", tmp_path / "sdtm")
    assert finished.code == 1
    assert "ERROR xpt.truncated in dm.xpt, DM" in finished.err
    path.write_bytes(b"")
    finished = trialwright("new", tmp_path / "other", "--usdm", usdm, "--sdtm", tmp_path / "sdtm")
    assert (finished.code, (tmp_path / "other").exists()) == (2, False)
    assert "is empty" in finished.err

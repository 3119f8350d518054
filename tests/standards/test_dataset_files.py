"""Datasets in Parquet files."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from trialwright.errors import DataError
from trialwright.standards import Dataset, read_dataset, write_dataset


def test_what_means_missing_is_missing_once_read(tmp_path: Path) -> None:
    foreign = pl.DataFrame({"USUBJID": ["1", "2", "3"], "AVAL": [1.5, float("nan"), None], "DTYPE": ["LOCF", "", None]})
    foreign.write_parquet(tmp_path / "adxx.parquet")
    read = read_dataset(tmp_path / "adxx.parquet")
    assert read.name == "ADXX"
    assert read.frame["AVAL"].to_list() == [1.5, None, None]
    assert read.frame["DTYPE"].to_list() == ["LOCF", None, None]


def test_a_dataset_comes_back_with_its_labels(tmp_path: Path) -> None:
    frame = pl.DataFrame({"USUBJID": ["1"], "AGE": [60]})
    dataset = Dataset(name="ADSL", frame=frame, label="Subjects", labels={"AGE": "Age (years)"})
    write_dataset(dataset, tmp_path / "adsl.parquet")
    read = read_dataset(tmp_path / "adsl.parquet")
    assert (read.name, read.label, dict(read.labels)) == ("ADSL", "Subjects", {"AGE": "Age (years)"})
    assert read.frame.equals(frame)
    assert read.digest() == dataset.digest()


def test_a_parquet_file_with_a_broken_name_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    write_dataset(Dataset(name="X", frame=pl.DataFrame({"VARIABLE": ["a"]}), labels={"VARIABLE": "Label"}), path)
    path.write_bytes(path.read_bytes().replace(b"VARIABLE", b"VARI\xff\xfeLE"))
    with pytest.raises(DataError, match="is no Parquet file that can be read"):
        read_dataset(path)

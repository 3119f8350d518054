"""Datasets in files of any of the formats, told apart by how their names end."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias, get_args

from trialwright.errors import DataError
from trialwright.findings import Finding, Rule
from trialwright.standards.datasets import Dataset, read_dataset, write_dataset
from trialwright.standards.formats.written import Written
from trialwright.standards.metadata import DatasetMetadata

#: How the names of files end, without the dot; `json` and `ndjson` are Dataset-JSON.
DatasetFormat: TypeAlias = Literal["parquet", "xpt", "sas7bdat", "json", "ndjson"]
READABLE: tuple[DatasetFormat, ...] = get_args(DatasetFormat)
WRITABLE: tuple[DatasetFormat, ...] = ("parquet", "xpt", "json", "ndjson")

DATASET_FORMAT = Rule(
    id="dataset.format", title="A dataset is written in a format that can be written.", source="Trialwright"
)


def format_of(path: Path) -> DatasetFormat:
    """The format that the name of the file tells. Raises `DataError` if it is none of ours."""
    ending = path.suffix.lower().removeprefix(".")
    for known in READABLE:
        if ending == known:
            return known
    raise DataError(
        f"{path} has no name of a dataset's file: it would end in .{', .'.join(READABLE[:-1])} or .{READABLE[-1]}. "
        "Name a file of one of these formats."
    )


def read_any(path: Path, *, encoding: str | None = None) -> tuple[Dataset, list[Finding]]:
    """The dataset in a file of any format, and what is wrong with the file.

    `encoding` is that of the text in SAS's formats: of transport files UTF-8 if not given, of sas7bdat as the file
    says. Of a transport file with several datasets the first is given: see `read_library`. Raises `DataError` if the
    file is not what its name says, or damaged.
    """
    match format_of(path):
        case "parquet":
            return read_dataset(path), []
        case "sas7bdat":
            from trialwright.standards.formats.sas7bdat import read_sas7bdat

            return read_sas7bdat(path, encoding=encoding), []
        case "xpt":
            from trialwright.standards.formats.xpt_reader import read_xpt

            return read_xpt(path, encoding=encoding or "utf-8")
        case "json" | "ndjson":
            from trialwright.standards.formats.dataset_json_reader import read_dataset_json

            return read_dataset_json(path)


def read_library(path: Path, *, encoding: str | None = None) -> tuple[list[Dataset], list[Finding]]:
    """Every dataset in a file of any format; only transport files hold more than one. Otherwise as `read_any`."""
    if format_of(path) == "xpt":
        from trialwright.standards.formats.xpt_reader import read_xpt_library

        return read_xpt_library(path, encoding=encoding or "utf-8")
    dataset, findings = read_any(path, encoding=encoding)
    return [dataset], findings


def read_any_metadata(path: Path, *, encoding: str | None = None) -> dict[str, DatasetMetadata]:
    """What the file says of its datasets beside their labels (lengths, formats, keys), by name; none if it does not."""
    match format_of(path):
        case "json" | "ndjson":
            from trialwright.standards.formats.dataset_json_reader import read_dataset_json_metadata

            described = [read_dataset_json_metadata(path)]
        case "xpt":
            from trialwright.standards.formats.xpt_reader import is_version_5, read_xpt_metadata

            described = read_xpt_metadata(path, encoding=encoding or "utf-8") if is_version_5(path) else []
        case _:
            described = []
    return {metadata.name: metadata for metadata in described}


def write_any(
    dataset: Dataset, path: Path, *, metadata: DatasetMetadata | None = None, encoding: str | None = None
) -> Written:
    """Write the dataset in the format that the file's name tells; `encoding` is that of the text in transport files.

    The same dataset gives the same bytes. Where it cannot be written whole, a finding says so and there is no file. For
    what else the formats can say, use `write_xpt` and `write_dataset_json`.
    """
    match format_of(path):
        case "parquet":
            write_dataset(dataset, path)
            return Written(paths=(path,), findings=())
        case "xpt":
            from trialwright.standards.formats.xpt_writer import write_xpt

            return write_xpt(dataset, path, metadata=metadata, encoding=encoding or "us-ascii")
        case "json" | "ndjson":
            from trialwright.standards.formats.dataset_json_writer import write_dataset_json

            return write_dataset_json(dataset, path, metadata=metadata)
        case "sas7bdat":
            message = "SAS datasets (sas7bdat) can be read, but not written: the format is not described in public."
            remedy = "Write a transport file (.xpt), which SAS reads with its XPORT engine."
            finding = Finding.of(DATASET_FORMAT, where=path.name, message=message, remedy=remedy)
            return Written(paths=(), findings=(finding,))

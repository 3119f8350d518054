"""Files of datasets turned into another format, one by one or a folder at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from trialwright.errors import DataError
from trialwright.findings import Finding
from trialwright.standards.formats.files import (
    READABLE,
    DatasetFormat,
    read_any_metadata,
    read_library,
    write_any,
)


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """What became of one file.

    paths     the files made of it; none if it could not be read or a dataset could not be written whole
    failure   why not, in a sentence; empty if it was
    findings  what was found while reading and writing
    """

    source: Path
    paths: tuple[Path, ...]
    findings: tuple[Finding, ...]
    failure: str = ""


def dataset_files(folder: Path) -> list[Path]:
    """The files of datasets in a folder, by name. Raises `DataError` if there is none, or a dataset is there twice."""
    paths = sorted(
        path for path in folder.iterdir() if path.suffix.lower().removeprefix(".") in READABLE and path.is_file()
    )
    if not paths:
        raise DataError(
            f"There is no dataset in {folder} (*.{', *.'.join(READABLE)}). Name the folder that holds them."
        )
    by_name: dict[str, Path] = {}
    for path in paths:
        twin = by_name.setdefault(path.stem.lower(), path)
        if twin != path:
            raise DataError(
                f"{folder} has the same dataset twice, in {twin.name} and {path.name}. "
                "Put files of one format into a folder of their own."
            )
    return paths


def convert_file(source: Path, target: Path, *, encoding: str | None = None) -> Conversion:
    """Turn one file into another, whose name tells its format; labels, lengths and formats go along.

    Of a transport file with several datasets each gets a file of its own beside `target`, named after it.
    """
    try:
        datasets, findings = read_library(source, encoding=encoding)
        described = read_any_metadata(source, encoding=encoding)
    except DataError as error:
        return Conversion(source=source, paths=(), findings=(), failure=str(error))
    paths: list[Path] = []
    unwritten = []
    for dataset in datasets:
        place = target if len(datasets) == 1 else target.with_name(f"{dataset.name.lower()}{target.suffix}")
        written = write_any(dataset, place, metadata=described.get(dataset.name), encoding=encoding)
        findings += written.findings
        paths += written.paths
        unwritten += [] if written.paths else [dataset.name]
    failure = f"{', '.join(unwritten)} of {source} could not be written whole as {target.suffix}." if unwritten else ""
    return Conversion(source=source, paths=tuple(paths), findings=tuple(findings), failure=failure)


def targets_in(folder: Path, sources: Iterable[Path], to: DatasetFormat) -> dict[Path, Path]:
    """The file in `folder` that each source is to become."""
    return {source: folder / f"{source.stem.lower()}.{to}" for source in sources}

"""The datasets of a study folder: those of data/adam, and the SDTM domains of data/sdtm beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.workspace import StudyFolder

if TYPE_CHECKING:
    from trialwright.standards import Dataset

#: Where datasets lie; one of the first folder hides one of the same name in the second.
DATA = ("data/adam/*.parquet", "data/sdtm/*.parquet")


def dataset_paths(folder: StudyFolder) -> dict[str, Path]:
    """The file of every dataset in the folder, ADaM and SDTM, by name."""
    paths: dict[str, Path] = {}
    for pattern in DATA:
        for path in folder.matching([pattern]):
            paths.setdefault(path.stem.upper(), path)
    return paths


class FolderDatasets(Mapping[str, "Dataset"]):
    """The folder's datasets by name, each read when it is asked for: a plan may need few of them."""

    def __init__(self, folder: StudyFolder) -> None:
        self._paths = dataset_paths(folder)
        self._read: dict[str, Dataset] = {}

    def __getitem__(self, name: str) -> Dataset:
        from trialwright.standards import read_dataset

        if name not in self._read:
            self._read[name] = read_dataset(self._paths[name])
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, name: object) -> bool:
        return name in self._paths

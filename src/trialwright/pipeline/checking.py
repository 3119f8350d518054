"""Holding the datasets of a study folder, or of any folder of files, to the standards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from trialwright.errors import DataError
from trialwright.findings import Finding, Rule, Severity
from trialwright.workspace import StudyFolder

if TYPE_CHECKING:
    from trialwright.standards import Dataset
    from trialwright.standards.metadata import DataDefinition

#: SDTM domains and ADaM datasets, which have rules of their own.
DataKind: TypeAlias = Literal["sdtm", "adam"]
KIND_NAMES: dict[DataKind, str] = {"sdtm": "SDTM", "adam": "ADaM"}


OTHER_FORMAT = Rule(
    id="check.other-format",
    title="Of files that hold the same dataset in several formats one is checked.",
    source="Trialwright",
    severity=Severity.NOTE,
)

UNREADABLE = Rule(id="check.unreadable", title="The file of a dataset can be read.", source="Trialwright")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFolder:
    """What was checked and what was found.

    datasets  the names of the datasets, by kind
    findings  of the files first, then of SDTM, then of ADaM
    """

    datasets: dict[DataKind, tuple[str, ...]]
    findings: tuple[Finding, ...]


def check_folder(
    folder: Path, *, kinds: Iterable[DataKind] = ("sdtm", "adam"), define: Path | None = None
) -> CheckedFolder:
    """Hold the datasets of `folder` to the rules of SDTM and ADaM.

    A study folder has them in data/sdtm and data/adam, another folder in sdtm and adam, or together; then the names of
    ADaM datasets start with AD. If only one kind is asked for, each file of such a folder is of that kind. ADaM is held
    to SDTM too where both are there. Files may be Parquet, SAS transport, sas7bdat or Dataset-JSON.

    A `define.xml` beside the datasets, or `define`, says what they should be; so does the derivation.yaml of a study
    folder. A file that cannot be read is a finding, and the others are checked. Raises `DataError` if there is no
    file of a dataset, or if a definition cannot be read.
    """
    from trialwright.standards.conformance import check_adam, check_sdtm

    kinds = tuple(kinds)
    files = _files(folder, kinds)
    read = {kind: _read(paths) for kind, paths in files.items()}
    findings = [finding for _, found in read.values() for finding in found]
    domains, datasets = (read[kind][0] if kind in read else {} for kind in ("sdtm", "adam"))
    definitions = _definitions(folder, files, define)
    if "sdtm" in kinds and domains:
        findings += check_sdtm(domains, definition=definitions.get("sdtm"))
    if "adam" in kinds and datasets:
        findings += check_adam(datasets, definition=definitions.get("adam"), domains=domains)
    checked: dict[DataKind, tuple[str, ...]] = {kind: tuple(read[kind][0]) for kind in kinds if kind in read}
    return CheckedFolder(datasets=checked, findings=tuple(findings))


def _files(folder: Path, kinds: tuple[DataKind, ...]) -> dict[DataKind, list[Path]]:
    """The files of the datasets by kind. SDTM is read even if only ADaM is checked, to follow ADaM back to it."""
    if not folder.is_dir():
        what = "a file" if folder.exists() else "not there"
        raise DataError(f"{folder} is {what}. Name the folder that holds the datasets, or a study folder.")
    study = StudyFolder(folder)
    places: dict[DataKind, Path] = {"sdtm": study.sdtm, "adam": study.adam}
    if not any(place.is_dir() for place in places.values()):
        places = {"sdtm": folder / "sdtm", "adam": folder / "adam"}
    found = {kind: _datasets_in(place) for kind, place in places.items() if place.is_dir()}
    if not any(found.values()):
        found = _by_name(_datasets_in(folder), kinds)
    if not any(found.get(kind) for kind in kinds):
        names = " or ".join(KIND_NAMES[kind] for kind in kinds)
        raise DataError(
            f"There is no dataset of {names} in {folder}. Name a study folder, or a folder with files that end in "
            ".parquet, .xpt, .sas7bdat, .json or .ndjson."
        )
    return {kind: paths for kind, paths in found.items() if paths}


def _datasets_in(folder: Path) -> list[Path]:
    """The files of datasets in a folder; JSON files of other content, such as findings, have no dataset's name."""
    from trialwright.standards.formats.files import READABLE

    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower().removeprefix(".") in READABLE and "." not in path.stem and path.is_file()
    )


def _by_name(paths: list[Path], kinds: tuple[DataKind, ...]) -> dict[DataKind, list[Path]]:
    """The files of one folder by kind: the one that is asked for, or as their names say."""
    if len(kinds) == 1:
        return {kinds[0]: paths}
    adam = [path for path in paths if path.stem.upper().startswith("AD")]
    return {"sdtm": [path for path in paths if path not in adam], "adam": adam}


def _read(paths: list[Path]) -> tuple[dict[str, Dataset], list[Finding]]:
    """The datasets of the files by name, and what is wrong with the files.

    Of files that differ only in their format the first is read, in the order of `READABLE`: adsl.parquet, adsl.xpt.
    """
    from trialwright.standards.formats.files import READABLE, format_of, read_library

    datasets: dict[str, Dataset] = {}
    findings: list[Finding] = []
    known: set[str] = set()
    for path in sorted(paths, key=lambda path: READABLE.index(format_of(path))):
        place = f"{path.parent.name}, {path.name}"
        if path.stem.lower() in known:
            message = "The file has the name of one in another format, which was checked in its place."
            findings.append(Finding.of(OTHER_FORMAT, where=place, message=message))
            continue
        known.add(path.stem.lower())
        try:
            read, found = read_library(path)
        except DataError as error:
            message = "The file cannot be read, and its dataset was not checked."
            findings.append(Finding.of(UNREADABLE, where=place, message=message, evidence=str(error)))
            continue
        findings += found
        for dataset in read:
            datasets.setdefault(dataset.name, dataset)
    return dict(sorted(datasets.items())), findings


def _definitions(
    folder: Path, files: dict[DataKind, list[Path]], define: Path | None
) -> dict[DataKind, DataDefinition]:
    """What the datasets should be, by kind, as far as it is told."""
    from trialwright.standards.define import read_define

    definitions: dict[DataKind, DataDefinition] = {}
    if (derivation := StudyFolder(folder).derivation).is_file():
        from trialwright.derivation import read_definitions

        definitions["adam"] = read_definitions(derivation).data_definition
    for kind, paths in files.items():
        beside = paths[0].with_name("define.xml")
        if beside.is_file():
            definition = read_define(beside).definition
            if _kind_of(definition) == kind:
                definitions[kind] = definition
    if define is not None:
        definition = read_define(define).definition
        definitions[_kind_of(definition)] = definition
    return definitions


def _kind_of(definition: DataDefinition) -> DataKind:
    """Whether a definition tells of ADaM or of SDTM."""
    return "adam" if any(name.startswith("AD") for name in definition.datasets) else "sdtm"

"""Making study folders: for a study of the user's, and for the example study."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright import __version__
from trialwright.errors import WorkspaceError
from trialwright.pipeline.provenance import ArtefactRecord, Provenance, read_provenance, write_provenance
from trialwright.workspace import StudyFolder, digest_file, locked, write_atomically

if TYPE_CHECKING:
    from trialwright.findings import Finding
    from trialwright.standards import Dataset

DEMO = "demo"
_EXAMPLE = "calm12"


def make_study_folder(
    root: Path,
    *,
    usdm: Path,
    design: Path | None = None,
    plan: Path | None = None,
    derivation: Path | None = None,
    adam: Path | None = None,
    sdtm: Path | None = None,
    report: Callable[[Iterable[Finding]], None] | None = None,
) -> StudyFolder:
    """A new study folder with a copy of the study definition, byte for byte, and of what else is given.

    plan, derivation  their parts go along, to the same places beside them
    adam, sdtm        folders of datasets: of Parquet, which are copied, or else of SAS transport files, SAS datasets or
                      Dataset-JSON, which become Parquet
    report            is told what is wrong with such files

    Definition, design, plan, derivation and datasets are read first, so that a folder is only made of what can
    be used. Raises `WorkspaceError` if `root` exists and holds anything, or if a part is called as something else in a
    study folder.
    """
    from trialwright.analysis import plan_parts, read_plan
    from trialwright.derivation import definition_parts, read_definitions
    from trialwright.design.definition import read_design
    from trialwright.standards import write_dataset
    from trialwright.study import read_usdm

    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise WorkspaceError(f"{root} exists already and is not empty. Name a folder that does not exist yet.")
    read_usdm(usdm)
    folder = StudyFolder(root)
    texts: list[tuple[Path, Path]] = []
    if design is not None:
        read_design(design)
        texts.append((design, folder.design))
    if plan is not None:
        read_plan(plan)
        texts += _with_parts(plan, plan_parts(plan), folder.plan, folder)
    if derivation is not None:
        read_definitions(derivation)
        texts += _with_parts(derivation, definition_parts(derivation), folder.derivation, folder)
    datasets = [(source, folder.adam) for source in _datasets(adam, "ADaM", report)]
    datasets += [(source, folder.sdtm) for source in _datasets(sdtm, "SDTM", report)]
    for place in (root, folder.sdtm, folder.adam):
        place.mkdir(parents=True, exist_ok=True)
    for dataset, place in datasets:
        if isinstance(dataset, Path):
            shutil.copyfile(dataset, place / dataset.name.lower())
        else:
            write_dataset(dataset, place / f"{dataset.name.lower()}.parquet")
    for source, target in texts:
        write_atomically(target, source.read_bytes())
    write_provenance(Provenance(origin="new"), folder)
    write_atomically(folder.study, usdm.read_bytes())
    return folder


def _datasets(
    source: Path | None, kind: str, report: Callable[[Iterable[Finding]], None] | None
) -> list[Path | Dataset]:
    """The datasets of a folder: Parquet files to be copied; where there are none, those read of other formats."""
    from trialwright.standards.formats import READABLE, dataset_files, read_library

    if source is None:
        return []
    if not source.is_dir():
        raise WorkspaceError(f"{source} is no folder. Name the folder that holds the {kind} datasets.")
    if paths := sorted(source.glob("*.parquet")):
        return [*paths]
    if not any(path.suffix.lower().removeprefix(".") in READABLE for path in source.iterdir()):
        raise WorkspaceError(
            f"{source} has no {kind} datasets (*.{', *.'.join(READABLE)}). Name the folder that holds them."
        )
    read: list[Path | Dataset] = []
    for path in dataset_files(source):
        datasets, findings = read_library(path)
        read += datasets
        if report is not None:
            report(findings)
    return read


def _with_parts(file: Path, parts: tuple[Path, ...], target: Path, folder: StudyFolder) -> list[tuple[Path, Path]]:
    """The file and its parts, each with the place that it is copied to."""
    places = [(path, folder.root / path.relative_to(file.parent)) for path in parts]
    for path, place in places:
        if place in (folder.design, folder.plan, folder.scenario, folder.derivation):
            raise WorkspaceError(
                f"A part of {file} is called {path.name}, as another file of a study folder. Rename it."
            )
    return [(file, target), *places]


def parts_of_plan(folder: StudyFolder) -> tuple[Path, ...]:
    """The files that the folder's plan names as its parts, whether they are there or not."""
    return _named_parts(folder.plan)


def parts_of_derivation(folder: StudyFolder) -> tuple[Path, ...]:
    """The files that the folder's specification of derivations names as its parts, whether they are there or not."""
    return _named_parts(folder.derivation)


def _named_parts(path: Path) -> tuple[Path, ...]:
    # Most files have none, and asking what is stale is to cost next to nothing: no reader of YAML is loaded for that.
    if not path.is_file():
        return ()
    content = path.read_bytes()
    return () if re.search(rb"\bparts\b", content) is None else _parts_of(path, content)


@lru_cache(maxsize=16)
def _parts_of(path: Path, content: bytes) -> tuple[Path, ...]:
    """The parts of the plan or derivation with this content; every step asks for them again."""
    from trialwright.analysis import plan_parts
    from trialwright.derivation import definition_parts

    return definition_parts(path) if re.search(rb"(?m)^derivation:", content) else plan_parts(path)


def make_demo_folder(root: Path) -> StudyFolder:
    """The folder of the example study, with all that it is made of; one that is there already is used again.

    Files that are as `trialwright demo` wrote them become those of this program. Files that somebody changed there stay
    as they are. Raises `WorkspaceError` if `root` holds something else.
    """
    folder = StudyFolder(root)
    if root.exists():
        is_ours = root.is_dir() and folder.provenance.is_file() and read_provenance(folder).origin == DEMO
        if not is_ours and (not root.is_dir() or any(root.iterdir())):
            raise WorkspaceError(
                f"{root} exists already and was not made by `trialwright demo`. Nothing was changed. "
                "Choose another folder with --out."
            )
    root.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        known = read_provenance(folder) if folder.provenance.is_file() else Provenance(origin=DEMO)
        written = known.of_step(DEMO)
        for source in _example_files(folder):
            path = folder.root / source.name
            content = source.read_bytes()
            if not path.exists() or (source.name in written and digest_file(path) == written[source.name].digest):
                write_atomically(path, content)
                written[source.name] = ArtefactRecord(
                    digest=digest_file(path), step=DEMO, inputs={}, program=__version__
                )
        write_provenance(known.with_step(DEMO, written), folder)
    return folder


def changed_in_demo(folder: StudyFolder) -> tuple[str, ...]:
    """The files that the demo is made of, where they are not those of this program: changed by somebody."""
    return tuple(
        source.name
        for source in _example_files(folder)
        if (path := folder.root / source.name).is_file() and path.read_bytes() != source.read_bytes()
    )


def _example_files(folder: StudyFolder) -> list[Path]:
    """The example study's own files, with their parts."""
    from trialwright.study import example_path

    study, design, plan, derivation, scenario = (
        example_path(_EXAMPLE, path.name)
        for path in (folder.study, folder.design, folder.plan, folder.derivation, folder.scenario)
    )
    return [study, design, plan, derivation, scenario, *_named_parts(plan), *_named_parts(derivation)]

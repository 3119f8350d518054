"""Making study folders: for a study of the user's, and for the example study."""

from __future__ import annotations

import re
import shutil
from functools import lru_cache
from pathlib import Path

from trialwright.errors import WorkspaceError
from trialwright.pipeline.provenance import Provenance, read_provenance, write_provenance
from trialwright.workspace import StudyFolder, write_atomically

DEMO = "demo"
_EXAMPLE = "calm12"


def make_study_folder(
    root: Path, *, usdm: Path, plan: Path | None = None, adam: Path | None = None, sdtm: Path | None = None
) -> StudyFolder:
    """A new study folder with a copy of the study definition, byte for byte, and of a plan and data if given.

    The parts of a plan go along, to the same places beside it. The definition, the plan and the datasets are read
    first, so that a folder is only made of what can be used. Raises `WorkspaceError` if `root` exists and holds
    anything, or if a part of the plan is called as something else in a study folder.
    """
    from trialwright.analysis import plan_parts, read_plan
    from trialwright.study import read_usdm

    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise WorkspaceError(f"{root} exists already and is not empty. Name a folder that does not exist yet.")
    read_usdm(usdm)
    parts: list[Path] = []
    if plan is not None:
        read_plan(plan)
        parts = [path.relative_to(plan.parent) for path in plan_parts(plan)]
    folder = StudyFolder(root)
    datasets = [] if adam is None else [(path, folder.adam) for path in _parquet_files(adam, "ADaM")]
    datasets += [] if sdtm is None else [(path, folder.sdtm) for path in _parquet_files(sdtm, "SDTM")]
    for part in parts:
        if root / part in (folder.plan, folder.scenario):
            raise WorkspaceError(f"A part of {plan} is called {part}, as another file of a study folder. Rename it.")
    for place in (root, folder.sdtm, folder.adam):
        place.mkdir(parents=True, exist_ok=True)
    for path, place in datasets:
        shutil.copyfile(path, place / path.name.lower())
    if plan is not None:
        write_atomically(folder.plan, plan.read_bytes())
        for part in parts:
            write_atomically(root / part, (plan.parent / part).read_bytes())
    write_provenance(Provenance(origin="new"), folder)
    write_atomically(folder.study, usdm.read_bytes())
    return folder


def _parquet_files(source: Path, kind: str) -> list[Path]:
    paths = sorted(source.glob("*.parquet"))
    if not paths:
        raise WorkspaceError(f"{source} has no {kind} datasets (*.parquet). Name the folder that holds them.")
    return paths


def parts_of_plan(folder: StudyFolder) -> tuple[Path, ...]:
    """The files that the folder's plan names as its parts, whether they are there or not."""
    # Most plans have none, and asking what is stale is to cost next to nothing: no reader of YAML is loaded for that.
    if not folder.plan.is_file():
        return ()
    content = folder.plan.read_bytes()
    return () if re.search(rb"\bparts\b", content) is None else _parts_of(folder.plan, content)


@lru_cache(maxsize=8)
def _parts_of(plan: Path, content: bytes) -> tuple[Path, ...]:
    """The parts of the plan with this content; every step asks for them again."""
    from trialwright.analysis import plan_parts

    return plan_parts(plan)


def make_demo_folder(root: Path) -> StudyFolder:
    """The folder of the example study, with its definition, plan and scenario; one that is there already is used again.

    Files that somebody changed there stay as they are. Raises `WorkspaceError` if `root` holds something else.
    """
    from trialwright.study import example_path

    folder = StudyFolder(root)
    if root.exists():
        is_ours = root.is_dir() and folder.provenance.is_file() and read_provenance(folder).origin == DEMO
        if not is_ours and (not root.is_dir() or any(root.iterdir())):
            raise WorkspaceError(
                f"{root} exists already and was not made by `trialwright demo`. Nothing was changed. "
                "Choose another folder with --out."
            )
    root.mkdir(parents=True, exist_ok=True)
    if not folder.provenance.is_file():
        write_provenance(Provenance(origin=DEMO), folder)
    for path in (folder.study, folder.plan, folder.scenario):
        if not path.exists():
            write_atomically(path, example_path(_EXAMPLE, path.name).read_bytes())
    for path in _parts_of(example_path(_EXAMPLE, folder.plan.name), folder.plan.read_bytes()):
        part = folder.root / path.name
        if not part.exists():
            write_atomically(part, path.read_bytes())
    return folder

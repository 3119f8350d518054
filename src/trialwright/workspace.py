"""The study folder on disk: where everything lies, digests, and writing that never leaves half a file.

The folder is laid out as `ARCHITECTURE` says; `StudyFolder` is the one place that knows the names.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from trialwright.errors import WorkspaceError

#: Bytes read at once for a digest.
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class StudyFolder:
    """The paths of one study.

    A step that makes artefacts is given two of these: the study's own folder to read from, and one rooted in a staging
    folder, with the same paths inside, to write to.
    """

    root: Path

    @property
    def study(self) -> Path:
        """The study definition, USDM 4.0 JSON."""
        return self.root / "study.json"

    @property
    def plan(self) -> Path:
        """The analysis plan, YAML."""
        return self.root / "plan.yaml"

    @property
    def derivation(self) -> Path:
        """How analysis datasets are derived, YAML."""
        return self.root / "derivation.yaml"

    @property
    def design(self) -> Path:
        """What is asked of the trial's design and assumed about the world, YAML."""
        return self.root / "design.yaml"

    @property
    def scenario(self) -> Path:
        """What the rehearsal assumes, YAML."""
        return self.root / "scenario.yaml"

    @property
    def sdtm(self) -> Path:
        """Folder of the SDTM domains, Parquet."""
        return self.root / "data" / "sdtm"

    @property
    def truth(self) -> Path:
        """Folder of what a rehearsal knows and the trial cannot see, Parquet."""
        return self.root / "data" / "truth"

    @property
    def adam(self) -> Path:
        """Folder of the ADaM datasets, Parquet."""
        return self.root / "data" / "adam"

    @property
    def lineage(self) -> Path:
        """Folder of the SDTM records behind each ADaM record, Parquet."""
        return self.root / "data" / "lineage"

    @property
    def derivation_findings(self) -> Path:
        """What the derivation of ADaM found wrong with the data, as JSON; the same as CSV lies beside it."""
        return self.root / "data" / "derivation.findings.json"

    @property
    def exchange(self) -> Path:
        """Folder of the datasets in transport formats, with their define.xml."""
        return self.root / "data" / "exchange"

    @property
    def exchange_findings(self) -> Path:
        """What the transport formats could not hold, as JSON; the same as CSV lies beside it."""
        return self.exchange / "exchange.findings.json"

    @property
    def results(self) -> Path:
        """The table of results, Parquet."""
        return self.root / "results" / "results.parquet"

    @property
    def design_results(self) -> Path:
        """The rows of the table of results that tell of the designs in question, Parquet."""
        return self.root / "results" / "design.parquet"

    @property
    def search_results(self) -> Path:
        """The rows of the table of results that tell of a search for better designs, Parquet."""
        return self.root / "results" / "design_search.parquet"

    @property
    def search_journal(self) -> Path:
        """What a search has simulated so far, so that it goes on where it was interrupted, JSON by lines."""
        return self.root / "results" / ".design_search.jsonl"

    @property
    def displays(self) -> Path:
        """Folder of the tables, listings and figures."""
        return self.root / "displays"

    @property
    def documents(self) -> Path:
        """Folder of the documents with their manifests."""
        return self.root / "documents"

    @property
    def provenance(self) -> Path:
        """What each artefact was made from, by which program and parameters, JSON."""
        return self.root / "provenance.json"

    @property
    def staging(self) -> Path:
        """Where a step's artefacts wait until all of them are there."""
        return self.root / ".staging"

    @property
    def kept(self) -> Path:
        """Where files go that a human edited and then asked to have made anew."""
        return self.root / "kept"

    def document(self, name: str, language: str = "en") -> Path:
        """The document of this name and language: `documents/csr.en.docx`."""
        return self.documents / f"{name}.{language}.docx"

    def verification(self, name: str, language: str = "en") -> Path:
        """What the last verification of the document found, for people; the same as JSON lies beside it."""
        return self.documents / f"{name}.{language}.verification.html"

    def record_findings(self, name: str, language: str = "en") -> Path:
        """What the records that the document tells contradict, as JSON; the same as CSV lies beside it."""
        return self.documents / f"{name}.{language}.findings.json"

    def relative(self, path: Path) -> str:
        """`path` as provenance names it: from the folder's root, with forward slashes."""
        return path.relative_to(self.root).as_posix()

    def matching(self, patterns: Iterable[str]) -> list[Path]:
        """The files that fit any of `patterns` (globs from the root), sorted; hidden ones are left out."""
        found = {
            path
            for pattern in patterns
            for path in self.root.glob(pattern)
            if path.is_file() and not path.name.startswith((".", "~$"))
        }
        return sorted(found)


def open_study_folder(root: Path) -> StudyFolder:
    """The study folder at `root`, which has study.json or design.yaml; raises `WorkspaceError` if there is none."""
    folder = StudyFolder(root)
    if not root.exists():
        raise WorkspaceError(f"There is no folder {root}. Make one with `trialwright new {root} --usdm FILE`.")
    if not root.is_dir():
        raise WorkspaceError(f"{root} is a file; a study is a folder. Name the folder that holds study.json.")
    # A design comes before the study's definition.
    if not (folder.study.is_file() or folder.design.is_file()):
        raise WorkspaceError(
            f"{root} is no study folder: it has neither study.json nor design.yaml. "
            "Name a folder made by `trialwright new` or `trialwright demo`."
        )
    return folder


def digest_file(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal."""
    content = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            content.update(chunk)
    return content.hexdigest()


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) so that `path` holds either the old file or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json_atomically(path: Path, value: object) -> None:
    """Write `value` as indented JSON, characters as they are, with a final newline."""
    write_atomically(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


@contextmanager
def locked(folder: StudyFolder) -> Iterator[None]:
    """Only one program at a time works in a study folder; a second one gets a `WorkspaceError` at once.

    The lock is the operating system's and goes with the process, so that a killed run leaves nothing to clean up. Where
    the system has no such lock (Windows) two runs are not kept apart.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    descriptor = os.open(folder.root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WorkspaceError(
                f"Another run is at work in {folder.root}. Wait for it to end, or stop it; nothing was changed."
            ) from None
        yield
    finally:
        os.close(descriptor)

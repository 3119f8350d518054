"""What made what: `provenance.json` of a study folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from trialwright.errors import WorkspaceError
from trialwright.workspace import StudyFolder, write_json_atomically

#: What a step can be told, beside its inputs.
Parameter: TypeAlias = str | int

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtefactRecord:
    """One file and where it came from.

    digest      SHA-256 of the file as it was made; another digest on disk means that somebody edited it
    step        the step that made it
    inputs      path in the study folder to SHA-256 of what the step read
    program     version of Trialwright and digest of the rooms that the step runs through
    parameters  what else decided the content: the seed
    """

    digest: str
    step: str
    inputs: Mapping[str, str]
    program: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The records of a study folder.

    origin     who made the folder: `demo` or `new`
    artefacts  path in the study folder to its record
    """

    origin: str = "new"
    artefacts: Mapping[str, ArtefactRecord] = field(default_factory=dict)

    def of_step(self, step: str) -> dict[str, ArtefactRecord]:
        """The records of what `step` made, by path."""
        return {path: record for path, record in self.artefacts.items() if record.step == step}

    def is_as_made(self, path: str, digest: str | None) -> bool:
        """Whether the file with this digest is as a step made it; not if a human brought or edited it."""
        return path in self.artefacts and self.artefacts[path].digest == digest

    def with_step(self, step: str, records: Mapping[str, ArtefactRecord]) -> Provenance:
        """These records in place of all that `step` had."""
        others = {path: record for path, record in self.artefacts.items() if record.step != step}
        return Provenance(origin=self.origin, artefacts=dict(sorted({**others, **records}.items())))


class _RecordModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    digest: str
    step: str
    inputs: dict[str, str]
    program: str
    parameters: dict[str, int | str]


class _VersionModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    format_version: int


class _ProvenanceModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: int
    origin: str
    artefacts: dict[str, _RecordModel]


def read_provenance(folder: StudyFolder) -> Provenance:
    """The records of `folder`; empty if it has none. Raises `WorkspaceError` if the file is damaged."""
    try:
        text = folder.provenance.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Provenance()
    model = parse_provenance(text, folder.provenance)
    return Provenance(
        origin=model.origin,
        artefacts={
            path: ArtefactRecord(
                digest=record.digest,
                step=record.step,
                inputs=record.inputs,
                program=record.program,
                parameters=record.parameters,
            )
            for path, record in model.artefacts.items()
        },
    )


def parse_provenance(text: str, path: Path) -> _ProvenanceModel:
    """The checked content of a provenance file; `path` is for the message."""
    try:
        # The version comes first: a later one may hold what this program's model refuses.
        version = _VersionModel.model_validate_json(text).format_version
        if version != FORMAT_VERSION:
            raise WorkspaceError(
                f"{path} has format version {version}; this program knows version {FORMAT_VERSION}. "
                "Use the version of Trialwright that made the folder."
            )
        return _ProvenanceModel.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise WorkspaceError(
            f"{path} cannot be read: {place}: {first['msg']}. Restore it from a copy, or move it away; without it, "
            "everything in the folder counts as given by you, and nothing of it is overwritten."
        ) from None


def write_provenance(provenance: Provenance, folder: StudyFolder) -> None:
    """Write the records, so that the file is whole at any moment."""
    write_json_atomically(
        folder.provenance,
        {
            "format_version": FORMAT_VERSION,
            "origin": provenance.origin,
            "artefacts": {
                path: {
                    "digest": record.digest,
                    "step": record.step,
                    "inputs": dict(record.inputs),
                    "program": record.program,
                    "parameters": dict(record.parameters),
                }
                for path, record in provenance.artefacts.items()
            },
        },
    )

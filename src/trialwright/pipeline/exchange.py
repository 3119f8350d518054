"""A study's datasets in the formats in which they are handed over: SAS transport files, Dataset-JSON, define.xml."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.findings import Finding
from trialwright.pipeline.define_documents import study_documents, write_define_files
from trialwright.workspace import StudyFolder

if TYPE_CHECKING:
    from trialwright.standards.define import DefineDocument
    from trialwright.standards.formats import FileDescription


def write_exchange_files(
    folder: StudyFolder, out: StudyFolder, *, created: datetime
) -> tuple[list[Path], list[Finding]]:
    """Write the folder's SDTM and ADaM as XPT version 5 and Dataset-JSON 1.1 with define.xml; the files, and findings.

    They go to `data/exchange/sdtm` and `data/exchange/adam`. Labels, lengths, formats and keys are those of define.xml,
    so that all agree. A dataset that a format cannot hold whole is told, and is not written in it.

    created  the time that the files say they were made
    """
    from trialwright.standards.formats import write_dataset_json, write_xpt

    written: list[Path] = []
    findings: list[Finding] = []
    for kind, document, datasets in study_documents(folder):
        place = out.exchange / kind
        place.mkdir(parents=True, exist_ok=True)
        description = _description(document, created)
        for name, dataset in sorted(datasets.items()):
            metadata = document.definition.datasets.get(name)
            stem = place / name.lower()
            for made in (
                write_xpt(dataset, stem.with_suffix(".xpt"), metadata=metadata, created=created),
                write_dataset_json(dataset, stem.with_suffix(".json"), metadata=metadata, description=description),
            ):
                written += made.paths
                findings += made.findings
        written += write_define_files(document, place, created=created)
    return written, findings


def _description(document: DefineDocument, created: datetime) -> FileDescription:
    """What every Dataset-JSON file beside the define.xml says of itself."""
    import trialwright
    from trialwright.standards.define import identifier
    from trialwright.standards.formats import FileDescription

    study = document.definition.study
    kinds = [standard.name for standard in document.definition.standards if standard.type == "IG"][:1]
    return FileDescription(
        created=created,
        originator="Trialwright",
        source_system=("Trialwright", trialwright.__version__),
        study_oid=identifier("ST", study),
        metadata_version_oid=identifier("MDV", study, *kinds),
        metadata_reference="define.xml",
    )

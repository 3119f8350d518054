"""Verifying a document against the study folder that it lies in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.findings import Finding, Severity, findings_to_csv, findings_to_json
from trialwright.pipeline.datasets import dataset_paths
from trialwright.pipeline.folders import parts_of_plan
from trialwright.pipeline.recorded import recorded_values
from trialwright.workspace import StudyFolder, digest_file, write_atomically

if TYPE_CHECKING:
    from trialwright.results import Results


def input_digests(folder: StudyFolder) -> dict[str, str]:
    """What a document is made from, name to SHA-256 of the file: study, plan and its parts, results, each dataset."""
    named = {"study": folder.study, "plan": folder.plan}
    named |= {f"plan:{folder.relative(path)}": path for path in parts_of_plan(folder)} | {"results": folder.results}
    named |= {f"dataset:{name}": path for name, path in dataset_paths(folder).items()}
    return {name: digest_file(path) for name, path in named.items() if path.is_file()}


def design_input_digests(folder: StudyFolder) -> dict[str, str]:
    """What a design report is made from, name to SHA-256 of the file."""
    named = {
        "design": folder.design,
        "study": folder.study,
        "results:design": folder.design_results,
        "results:search": folder.search_results,
    }
    return {name: digest_file(path) for name, path in named.items() if path.is_file()}


def read_all_results(folder: StudyFolder) -> Results | None:
    """The whole table of results: of the analyses, of the designs, and of a search; None if there is none yet."""
    from trialwright.results import joined_results, read_results

    paths = [path for path in (folder.results, folder.design_results, folder.search_results) if path.is_file()]
    return joined_results(read_results(path) for path in paths) if paths else None


def verify_file(path: Path, manifest: Path | None = None) -> list[Finding]:
    """What is wrong with the numbers of the document at `path`; its manifest lies beside it unless given.

    A document in a study folder is held to the folder's results and inputs as they are now, and an input that is gone
    is told; one that was copied away, with its manifest beside it, is held to what the manifest says. Raises
    `DocumentError` for a file that cannot be verified.
    """
    from trialwright.documents import manifest_path, read_docx, read_manifest, verify_content

    content = read_docx(path)
    written = read_manifest(manifest or manifest_path(path))
    folder = StudyFolder(path.absolute().parent.parent)
    if not (folder.provenance.is_file() or folder.study.is_file()):
        return verify_content(content, written)
    results = read_all_results(folder)
    inputs = dict.fromkeys((name for name, _ in written.inputs), "")
    inputs |= design_input_digests(folder) | input_digests(folder)
    sources = [source for reference in written.references for source, _ in reference.record_values]
    records = recorded_values(folder, sources)
    return verify_content(content, written, results, inputs=inputs, records=records.get)


def write_verification(document: Path, findings: Sequence[Finding], path: Path) -> None:
    """The findings of `document` as a report in HTML."""
    from trialwright.documents import render_findings_html

    about = [("Document", document.name), ("SHA-256", digest_file(document))]
    write_atomically(path, render_findings_html(findings, title=f"Verification of {document.name}", about=about))


def write_record_findings(findings: Sequence[Finding], path: Path) -> None:
    """What the records that a document tells contradict, as JSON and, for people, as CSV beside it."""
    write_atomically(path, findings_to_json(findings) + "\n")
    write_atomically(path.with_suffix(".csv"), findings_to_csv(findings))


def count_findings(findings: Iterable[Finding]) -> tuple[int, int]:
    """How many are findings, errors and warnings, that somebody must judge, and how many are notes."""
    are_notes = [finding.severity is Severity.NOTE for finding in findings]
    return are_notes.count(False), are_notes.count(True)


def last_findings(folder: StudyFolder, name: str) -> list[Finding]:
    """What the last verification of the document found."""
    path = folder.verification(name).with_suffix(".json")
    findings = json.loads(path.read_text(encoding="utf-8"))
    return [Finding(**{**finding, "severity": Severity(finding["severity"])}) for finding in findings]

"""From a number of a study folder, by its result's name or its place in a document, back to the records behind it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.errors import DocumentError, MissingDatasetError, ResultError
from trialwright.pipeline.datasets import dataset_paths
from trialwright.pipeline.provenance import read_provenance
from trialwright.workspace import StudyFolder, digest_file

if TYPE_CHECKING:
    from trialwright.analysis import Trace
    from trialwright.documents import Manifest
    from trialwright.results import Results


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedResult:
    """A trace, and where its dataset lies.

    path, file_digest  of the dataset's file, and SHA-256 of its bytes
    made_by            the step, program and parameters that made the file; empty if the user brought it
    """

    trace: Trace
    path: Path
    file_digest: str
    made_by: str


def trace_result(folder: StudyFolder, result_id: str) -> TracedResult:
    """The result of this name, followed back to the records behind it and to the file that they are in.

    Raises `ResultError` if there is no such result, or if the plan has lost the analysis since.
    """
    from trialwright.analysis import read_plan, trace
    from trialwright.results import read_results
    from trialwright.standards import read_dataset

    results = read_results(folder.results)
    if result_id not in results:
        raise ResultError(_no_such_result(result_id, results))
    plan = read_plan(folder.plan)
    wanted = {plan.subject_dataset, results[result_id].dataset}
    paths = dataset_paths(folder)
    for name in wanted - set(paths):
        raise MissingDatasetError(dataset=name, needed_by=result_id, present=paths)
    found = trace(result_id, plan, {name: read_dataset(paths[name]) for name in wanted}, results)
    path = paths[found.dataset]
    record = read_provenance(folder).artefacts.get(folder.relative(path))
    parameters = "" if record is None else "".join(f", {name} {value}" for name, value in record.parameters.items())
    return TracedResult(
        trace=found,
        path=path,
        file_digest=digest_file(path),
        made_by="" if record is None else f"`trialwright {record.step}`, version {record.program}{parameters}",
    )


def _no_such_result(result_id: str, results: Results) -> str:
    """What to say of a name that no result has: the nearest names of the same or the nearest analysis."""
    analysis, _, _ = result_id.partition("/")
    known = results.frame["analysis_id"].unique(maintain_order=True).to_list()
    if analysis not in known:
        alike = difflib.get_close_matches(analysis, known, n=1)
        names = [row.result_id for name in alike for row in results.of_analysis(name)]
        near = difflib.get_close_matches(result_id, names, n=1) or alike
        said = f" Did you mean {near[0]}?" if near else ""
        return f"There is no result {result_id!r} and no analysis {analysis!r}.{said} `trialwright results` lists them."
    names = [row.result_id for row in results.of_analysis(analysis)]
    nearest = difflib.get_close_matches(result_id, names, n=3)
    said = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
    return f"There is no result {result_id!r}.{said} `trialwright results {analysis}` lists those of its analysis."


def resolve_name(folder: StudyFolder, name: str) -> tuple[str, ...]:
    """Names of the results that `name` means: itself, or those at a place of the folder's documents.

    A place is looked up in every document of the folder; see `trialwright.documents.results_at` for how it is written.
    Raises `DocumentError` if no document, or more than one, has something there.
    """
    from trialwright.documents import is_place, read_manifest, results_at, split_place

    if not is_place(name):
        return (name,)
    manifests = [read_manifest(path) for path in sorted(folder.matching(["documents/*.manifest.json"]))]
    if not manifests:
        raise DocumentError(
            f"{name} is a place in a document, but {folder.root} has none yet. "
            f"Write one: trialwright write csr {folder.root}"
        )
    document, place = split_place(name)
    if document:
        manifests = [manifest for manifest in manifests if manifest.document == document]
    if not manifests:
        raise DocumentError(f"{folder.root} has no document {document!r}: its manifests lie in {folder.documents}.")
    found: list[tuple[Manifest, tuple[str, ...]]] = []
    refusals: list[DocumentError] = []
    for manifest in manifests:
        try:
            found.append((manifest, results_at(manifest, place)))
        except DocumentError as refusal:
            refusals.append(refusal)
    if not found:
        raise refusals[0]
    if len(found) > 1:
        documents = " and ".join(manifest.docx for manifest, _ in found)
        raise DocumentError(
            f"{name} stands in {documents}. Name the result itself, which the manifests "
            f"beside them list, or say in which document a control stands: {found[0][0].document}:r0042."
        )
    return found[0][1]

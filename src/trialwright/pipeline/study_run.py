"""What commands ask of a study folder: bring it up to date, and say what has come out."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.errors import MissingDatasetError, ResultError
from trialwright.execution import Progress
from trialwright.pipeline.engine import StepOutcome, bring_up_to_date
from trialwright.pipeline.provenance import Parameter, read_provenance
from trialwright.pipeline.steps import study_steps
from trialwright.workspace import StudyFolder, digest_file

if TYPE_CHECKING:
    from trialwright.analysis import Trace
    from trialwright.results import Result, Results

#: The ends of the way: with these up to date, everything is.
ENDS = ("display", "verify")


def update(
    folder: StudyFolder,
    targets: Sequence[str] | None = None,
    *,
    parameters: Mapping[str, Mapping[str, Parameter]] | None = None,
    is_overwriting: bool = False,
    progress: Progress | None = None,
    report: Callable[[StepOutcome], None] | None = None,
) -> list[StepOutcome]:
    """Make what is stale of the steps named in `targets`, of all if none are named, and of those that they need.

    See `bring_up_to_date`. To overwrite with no target named means every step that has made something, so that data
    which the user brought stay even then.
    """
    steps = study_steps()
    if targets is None:
        known = read_provenance(folder)
        targets = [step.name for step in steps if step.name in ENDS or (is_overwriting and known.of_step(step.name))]
    return bring_up_to_date(
        folder,
        steps,
        targets,
        parameters=parameters,
        is_overwriting=is_overwriting,
        progress=progress,
        report=report,
    )


def open_queries(folder: StudyFolder, name: str) -> list[tuple[str, str]]:
    """The author queries that were open when the document was written: section and question, in reading order."""
    from trialwright.documents import manifest_path, read_manifest

    manifest = read_manifest(manifest_path(folder.document(name)))
    return [(query.section, query.question) for query in manifest.queries]


def find_results(folder: StudyFolder, pattern: str) -> list[Result]:
    """The results whose name holds `pattern`, or fits it where it has `*` or `?`, in the order of the table."""
    from trialwright.results import read_results

    rows = read_results(folder.results).rows()
    if "*" in pattern or "?" in pattern:
        return [row for row in rows if fnmatch.fnmatchcase(row.result_id, pattern)]
    return [row for row in rows if pattern in row.result_id]


def example_result(folder: StudyFolder) -> str | None:
    """The name of a result that a reader would want to follow: the first p-value of the primary endpoint, else any."""
    from trialwright.analysis import read_plan
    from trialwright.results import read_results

    results = read_results(folder.results)
    primary = [
        key for key, analysis in read_plan(folder.plan).analyses.items() if analysis.purpose == "primary_efficacy"
    ]
    frame = results.frame
    ranked = frame.select(
        "result_id",
        is_other=~frame["analysis_id"].is_in(primary),
        is_ungrouped=frame["group1"].is_null(),
        is_no_p_value=frame["stat_name"] != "p_value",
    ).sort("is_other", "is_ungrouped", "is_no_p_value", maintain_order=True)
    return ranked["result_id"][0] if ranked.height else None


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
    paths = {path.stem.upper(): path for path in folder.matching(["data/adam/*.parquet"])}
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

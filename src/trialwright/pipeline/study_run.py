"""What commands ask of a study folder: bring it up to date, and say what has come out."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from trialwright.execution import Progress
from trialwright.pipeline.engine import StepOutcome, bring_up_to_date
from trialwright.pipeline.provenance import Parameter, read_provenance
from trialwright.pipeline.steps import study_steps
from trialwright.pipeline.verifying import read_all_results
from trialwright.workspace import StudyFolder

if TYPE_CHECKING:
    from trialwright.results import Result

#: The ends of the way: with these up to date, everything is.
ENDS = ("display", "verify")
#: What is only made for those who ask for it, and kept up to date from then on. The demo asks for the first ones.
ASKED_FOR = ("export data",)
_DESIGN = ("verify design",)


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
        kept = [step.name for step in steps if is_overwriting or step.name in (*ASKED_FOR, *_DESIGN)]
        targets = [step.name for step in steps if step.name in ENDS or (step.name in kept and known.of_step(step.name))]
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

    found = read_all_results(folder)
    rows = (found or read_results(folder.results)).rows()
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

"""From a number of a design report back to the computation that gave it, and to the definition behind that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.errors import ResultError
from trialwright.pipeline.provenance import read_provenance
from trialwright.pipeline.verifying import read_all_results
from trialwright.workspace import StudyFolder, digest_file

if TYPE_CHECKING:
    from trialwright.results import Result

#: What the names of results of designs begin with.
_PREFIX = "design."


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedDesign:
    """A number of a design: how it came about, and what it was made from.

    definition   the file that says what is asked and assumed, with the SHA-256 that it has now
    is_current   whether the definition is still the one that the number was made from
    made_by      the step with its program and parameters, with which anybody makes the same number again
    """

    result: Result
    definition: Path
    digest: str
    is_current: bool
    made_by: str


def is_of_design(result_id: str) -> bool:
    """Whether a name is of a result of a design, not of an analysis of data."""
    return result_id.startswith(_PREFIX)


def trace_design(folder: StudyFolder, result_id: str) -> TracedDesign:
    """The result of this name, with the definition that it follows from; raises `ResultError` if there is none."""
    results = read_all_results(folder)
    found = results.get(result_id) if results is not None else None
    if found is None:
        raise ResultError(
            f"There is no result {result_id!r}. `trialwright results {_PREFIX} --study {folder.root}` lists those of "
            f"the designs; `trialwright design {folder.root}` makes them."
        )
    is_searched = found.analysis_id in ("design.search", "design.search_run", "design.front")
    path = folder.search_results if is_searched else folder.design_results
    record = read_provenance(folder).artefacts.get(folder.relative(path))
    digest = digest_file(folder.design) if folder.design.is_file() else ""
    then = "" if record is None else record.inputs.get(folder.relative(folder.design), "")
    parameters = "" if record is None else "".join(f", {name} {value}" for name, value in record.parameters.items())
    return TracedDesign(
        result=found,
        definition=folder.design,
        digest=digest,
        is_current=bool(digest) and digest == then,
        made_by="" if record is None else f"`{record.step}`, version {record.program}{parameters}",
    )

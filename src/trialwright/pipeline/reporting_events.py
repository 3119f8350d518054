"""A study's plan and results as a reporting event of CDISC's Analysis Results Standard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.findings import Finding
from trialwright.pipeline.steps import composed
from trialwright.workspace import StudyFolder, write_atomically

if TYPE_CHECKING:
    from trialwright.displays import Display
    from trialwright.results import Results


def export_reporting_event(folder: StudyFolder, path: Path) -> tuple[int, int]:
    """Write the reporting event to `path`; how many analyses and results it has.

    Raises `ResultError` if the folder has no results.
    """
    import trialwright
    from trialwright.analysis.ars import ReportedDisplay, reporting_event, write_reporting_event
    from trialwright.displays.model import parts_text
    from trialwright.study import read_usdm

    made = composed(folder)
    displays = [
        ReportedDisplay(
            id=display.id,
            title=display.title,
            population=display.population,
            footnotes=tuple(parts_text(note) for note in display.footnotes),
            analyses=shown_analyses(display, made.results),
        )
        for display in made.displays
    ]
    study_id = read_usdm(folder.study).protocol_id if folder.study.is_file() else folder.root.name
    event = reporting_event(
        made.plan, made.results, displays, id=study_id or folder.root.name, version=trialwright.__version__
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_reporting_event(event, path)
    return len(event["analyses"]), sum(len(one["results"]) for one in event["analyses"])


def read_event_as_plan(event: Path, plan: Path) -> list[Finding]:
    """Write the plan that a reporting event holds; what of the event is not in the plan."""
    from trialwright.analysis.ars import read_reporting_event

    read = read_reporting_event(event)
    write_atomically(plan, read.text)
    return list(read.findings)


def shown_analyses(display: Display, results: Results) -> tuple[str, ...]:
    """The analyses whose results the display shows, by id, in the order in which it shows them."""
    return tuple(dict.fromkeys(results[id].analysis_id for id in _result_ids(display) if id in results))


def _result_ids(display: Display) -> Iterator[str]:
    from trialwright.displays import Table

    if isinstance(display, Table):
        for row in display.rows:
            yield from (ref.result_id for cell in (row.label, *row.cells) for ref in cell.refs)
    else:
        yield from display.refs

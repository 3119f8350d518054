"""The steps of a study's design: comparing the designs in question, searching for better ones, and the report."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.execution import Progress
from trialwright.findings import findings_to_json
from trialwright.pipeline.counting import counted
from trialwright.pipeline.provenance import Parameter
from trialwright.pipeline.step import Step
from trialwright.pipeline.verifying import (
    count_findings,
    design_input_digests,
    read_all_results,
    verify_file,
    write_verification,
)
from trialwright.workspace import StudyFolder, write_atomically

if TYPE_CHECKING:
    from trialwright.design.definition import DesignFile
    from trialwright.design.search import Objective
    from trialwright.execution import Execution
    from trialwright.study import Study

_NEEDS_DESIGN = {"design.yaml": "Write what is asked and assumed (docs/how-to/design-a-trial.md) and put it there."}


def _compare(folder: StudyFolder, out: StudyFolder, parameters: Mapping[str, Parameter], progress: Progress) -> str:
    from trialwright.design.definition import read_design
    from trialwright.design.search import compare_designs, results_of_comparison
    from trialwright.results import write_results

    comparison = compare_designs(
        read_design(folder.design).definition,
        trials=int(parameters["trials"]),
        seed=int(parameters["seed"]),
        execution=_execution(),
        progress=progress,
    )
    results = results_of_comparison(comparison)
    out.design_results.parent.mkdir(parents=True, exist_ok=True)
    write_results(results, out.design_results)
    designs = counted(len(comparison.evaluations), "design")
    scenarios = counted(len(comparison.definition.scenarios), "scenario")
    return f"{designs} in {scenarios}, {counted(len(results), 'result')} (seed {parameters['seed']})"


def _search(folder: StudyFolder, out: StudyFolder, parameters: Mapping[str, Parameter], progress: Progress) -> str:
    from trialwright.design.definition import read_design
    from trialwright.design.search import is_journal_of, optimize_design, read_search, results_of_search
    from trialwright.execution import Processes
    from trialwright.results import write_results

    file = read_design(folder.design)
    request = read_search(file)
    workers = _cores()
    candidates, trials = (
        int(parameters["candidates"]) or request.candidates,
        int(parameters["trials"]) or request.trials,
    )
    seed, journal = int(parameters["seed"]), folder.search_journal
    journal.parent.mkdir(parents=True, exist_ok=True)
    # What another search had evaluated is of no use to this one.
    if journal.is_file() and not is_journal_of(journal, file.definition, seed=seed, trials=trials):
        journal.unlink()
    with Processes(workers) as execution:
        search = optimize_design(
            file.definition,
            request.space,
            request.objectives,
            candidates=candidates,
            trials=trials,
            verify_trials=request.verify_trials,
            seed=seed,
            execution=execution,
            progress=progress,
            journal=journal,
        )
    out.search_results.parent.mkdir(parents=True, exist_ok=True)
    write_results(results_of_search(search, definition_digest=file.digest), out.search_results)
    tried = counted(len(search.candidates), "candidate")
    return f"{tried}, {len(search.front)} that nothing beats (seed {parameters['seed']})"


def _write_report(
    folder: StudyFolder, out: StudyFolder, parameters: Mapping[str, Parameter], progress: Progress
) -> str:
    from trialwright.design.definition import read_design
    from trialwright.design.search.result_rows import searched_definition
    from trialwright.documents import write_docx, write_html
    from trialwright.writing import write_design_report

    file = read_design(folder.design)
    results = read_all_results(folder)
    assert results is not None, "the step needs results/design.parquet"
    searched = searched_definition(results)
    is_current = searched == file.digest
    document = write_design_report(
        file.definition,
        results,
        objectives=_objectives(file) if is_current else (),
        study=_study(folder),
        inputs=design_input_digests(folder).items(),
    )
    path = out.document("design", document.language)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_docx(document, path)
    write_html(document, path.with_suffix(".html"))
    if searched and not is_current:
        return "the design report, without the search: design.yaml has changed since; search again"
    return "the design report with the search" if searched else "the design report"


def _objectives(file: DesignFile) -> tuple[Objective, ...]:
    from trialwright.design.search import read_search

    return read_search(file).objectives


def _verify(folder: StudyFolder, out: StudyFolder, parameters: Mapping[str, Parameter], progress: Progress) -> str:
    findings = verify_file(folder.document("design"))
    report = out.verification("design")
    write_verification(folder.document("design"), findings, report)
    write_atomically(report.with_suffix(".json"), findings_to_json(findings) + "\n")
    problems, notes = count_findings(findings)
    return f"{counted(problems, 'finding')}, {counted(notes, 'note')}"


def _searched(folder: StudyFolder) -> Iterable[Path]:
    """What a search has found, if there was one: a report shows it, but asks for none."""
    return [folder.search_results] if folder.search_results.is_file() else []


def _study(folder: StudyFolder) -> Study | None:
    from trialwright.study import read_usdm

    return read_usdm(folder.study) if folder.study.is_file() else None


def _execution() -> Execution:
    """The kernel is compiled code that runs on threads beside each other, so that processes would gain nothing."""
    from trialwright.execution import Threads

    return Threads(_cores())


def _cores() -> int:
    """Where the work runs changes nothing about what comes out."""
    return os.cpu_count() or 1


_DESIGN_REPORT = ("documents/design.en.docx", "documents/design.en.manifest.json")

DESIGN_STEPS = (
    Step(
        name="design",
        command="design",
        title="Simulating the designs (the first use compiles, up to half a minute)",
        needs=_NEEDS_DESIGN,
        writes=("results/design.parquet",),
        rooms=("design",),
        make=_compare,
        parameters={"seed": 1, "trials": 10_000},
    ),
    Step(
        name="optimize",
        command="design optimize",
        title="Searching for better designs (the first use compiles, up to half a minute)",
        needs=_NEEDS_DESIGN,
        writes=("results/design_search.parquet",),
        rooms=("design",),
        make=_search,
        parameters={"seed": 1, "candidates": 0, "trials": 0},
    ),
    Step(
        name="write design",
        command="design",
        title="Writing the design report",
        needs={**_NEEDS_DESIGN, "results/design.parquet": "Make it with `trialwright design DIR`."},
        optional=("study.json",),
        follows=_searched,
        writes=(*_DESIGN_REPORT, "documents/design.en.html"),
        rooms=("study", "design", "displays", "documents", "writing"),
        make=_write_report,
    ),
    Step(
        name="verify design",
        command="design",
        title="Verifying every number in the design report",
        needs=dict.fromkeys(_DESIGN_REPORT, "Write it with `trialwright design DIR`."),
        optional=("design.yaml", "study.json", "results/design.parquet"),
        follows=_searched,
        writes=("documents/design.en.verification.json", "documents/design.en.verification.html"),
        rooms=("displays", "documents"),
        make=_verify,
    ),
)

"""The steps of a study, in the order of the way. Each calls one public function of a room.

The rooms are imported when a step runs, so that asking what is stale costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.errors import WorkspaceError
from trialwright.execution import Progress
from trialwright.findings import findings_to_json
from trialwright.pipeline.counting import counted
from trialwright.pipeline.datasets import DATA, FolderDatasets
from trialwright.pipeline.design_steps import DESIGN_STEPS
from trialwright.pipeline.folders import parts_of_derivation, parts_of_plan
from trialwright.pipeline.lineage import write_lineage
from trialwright.pipeline.provenance import Parameter
from trialwright.pipeline.step import Step
from trialwright.pipeline.verifying import (
    count_findings,
    input_digests,
    verify_file,
    write_record_findings,
    write_verification,
)
from trialwright.workspace import StudyFolder, digest_file, write_atomically

if TYPE_CHECKING:
    from trialwright.analysis import AnalysisPlan
    from trialwright.displays import Display, Table
    from trialwright.results import Results

#: Between the subjects that `write narratives` is asked for.
SUBJECTS_SEPARATOR = ";"

#: The time that exchanged files say they were made, if nobody says otherwise: the clock is not read, so that the same
#: data give the same bytes.
CREATED = "2000-01-01T00:00:00"

_NEEDS_STUDY = {"study.json": "Bring a USDM 4.0 study definition: `trialwright new DIR --usdm FILE`."}
_NEEDS_PLAN = {"plan.yaml": "Write an analysis plan (docs/how-to/write-a-plan.md) and put it there."}
_NEEDS_RESULTS = {"results/results.parquet": "Make it with `trialwright analyze`."}


def _rehearse(folder: StudyFolder, out: StudyFolder, parameters: Mapping[str, Parameter], progress: Progress) -> str:
    import numpy as np

    from trialwright.rehearsal import read_scenario, simulate_trial
    from trialwright.standards import Dataset, write_dataset, write_datasets
    from trialwright.study import read_usdm

    seed = int(parameters["seed"])
    rehearsal = simulate_trial(read_usdm(folder.study), read_scenario(folder.scenario), np.random.default_rng(seed))
    write_datasets(rehearsal.domains, out.sdtm)
    for name, frame in rehearsal.truth.items():
        write_dataset(Dataset(name=name, frame=frame), out.truth / f"{name}.parquet")
    records = sum(domain.frame.height for domain in rehearsal.domains.values())
    return f"{counted(len(rehearsal.domains), 'SDTM domain')}, {counted(records, 'record')} (seed {seed})"


def _derive(folder: StudyFolder, out: StudyFolder, parameters: Mapping[str, Parameter], progress: Progress) -> str:
    from trialwright.derivation import derive, read_definitions
    from trialwright.standards import read_datasets, write_datasets
    from trialwright.study import read_usdm

    definitions = read_definitions(folder.derivation) if folder.derivation.is_file() else None
    derived = derive(read_usdm(folder.study), read_datasets(folder.sdtm), definitions=definitions)
    write_datasets(derived.datasets, out.adam)
    write_lineage(derived, out)
    write_record_findings(derived.findings, out.derivation_findings)
    records = sum(dataset.frame.height for dataset in derived.datasets.values())
    said = f"; {counted(len(derived.findings), 'finding')} about the data" if derived.findings else ""
    return f"{counted(len(derived.datasets), 'ADaM dataset')}, {counted(records, 'record')}{said}"


def _exchange(folder: StudyFolder, out: StudyFolder, parameters: Mapping[str, Parameter], progress: Progress) -> str:
    from trialwright.pipeline.exchange import write_exchange_files

    written, findings = write_exchange_files(folder, out, created=_time(str(parameters["created"])))
    write_record_findings(findings, out.exchange_findings)
    problems, _ = count_findings(findings)
    said = f"; {counted(problems, 'finding')}" if problems else ""
    return f"{counted(len(written), 'file')} for other programs{said}"


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise WorkspaceError(f"{text!r} is no time in ISO 8601. Write it as 2026-01-31T12:00:00.") from None


def _analyze(folder: StudyFolder, out: StudyFolder, parameters: Mapping[str, Parameter], progress: Progress) -> str:
    from trialwright.analysis import analyze, read_plan
    from trialwright.results import write_results

    plan = read_plan(folder.plan)
    results = analyze(plan, FolderDatasets(folder))
    write_results(results, out.results)
    _LATEST.keep(results, digest_file(out.results))
    warned = int((results.frame["warnings"] != "").sum())
    told = f", {warned:,} with a warning" if warned else ""
    return f"{counted(len(results), 'result')} of {counted(len(plan.analyses), 'analysis', 'analyses')}{told}"


def _described_by(folder: StudyFolder) -> tuple[Path, ...]:
    """What define.xml tells beside the data, if it is there: without results it has no analyses, and asks for none."""
    results = (folder.results,) if folder.results.is_file() else ()
    return (*parts_of_derivation(folder), *parts_of_plan(folder), *results)


class _Latest:
    """The results that this process wrote last, so that the steps after need not read them again."""

    def __init__(self) -> None:
        self._by_digest: dict[str, Results] = {}

    def keep(self, results: Results, digest: str) -> None:
        """Keep `results`, whose file has this digest, and no others."""
        self._by_digest = {digest: results}

    def of(self, path: Path, digest: str) -> Results:
        """The results of the file with this digest, read if they are not the latest."""
        from trialwright.results import read_results

        return self._by_digest.get(digest) or read_results(path)


_LATEST = _Latest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A plan, its results, and the displays made of them."""

    plan: AnalysisPlan
    results: Results
    displays: list[Display]


def composed(folder: StudyFolder) -> Composed:
    """The displays of the folder's plan and results; made once where the steps for them and the report follow."""
    plans = tuple((path, digest_file(path)) for path in (folder.plan, *parts_of_plan(folder)) if path.is_file())
    return _compose(plans, folder.results, digest_file(folder.results))


@lru_cache(maxsize=1)
def _compose(plans: tuple[tuple[Path, str], ...], results_path: Path, results_digest: str) -> Composed:
    from trialwright.analysis import read_plan
    from trialwright.displays import compose

    plan, results = read_plan(plans[0][0]), _LATEST.of(results_path, results_digest)
    return Composed(plan=plan, results=results, displays=compose(plan, results))


def _display(folder: StudyFolder, out: StudyFolder, parameters: Mapping[str, Parameter], progress: Progress) -> str:
    from trialwright.displays import Table, file_stem, render_figure, render_html, render_rtf, write_display_json

    made = composed(folder)
    displays = made.displays
    out.displays.mkdir(parents=True, exist_ok=True)
    for display in displays:
        path = out.displays / file_stem(display)
        write_atomically(path.with_name(f"{path.name}.html"), render_html(display))
        if isinstance(display, Table):
            write_display_json(display, path.with_name(f"{path.name}.json"))
            # Listings of thousands of rows would take most of the run's time in RTF; `displays.write_rtf` makes them.
            if not display.is_listing:
                write_atomically(path.with_name(f"{path.name}.rtf"), render_rtf(display))
            if display.is_separate:
                _write_listing(folder, made.plan, display, path.with_name(f"{path.name}.docx"))
        else:
            write_atomically(path.with_name(f"{path.name}.pdf"), render_figure(display, "pdf"))
    listings = sum(1 for display in displays if isinstance(display, Table) and display.is_listing)
    tables = sum(1 for display in displays if isinstance(display, Table)) - listings
    figures = len(displays) - tables - listings
    return ", ".join([counted(tables, "table"), counted(listings, "listing"), counted(figures, "figure")])


def _write_listing(folder: StudyFolder, plan: AnalysisPlan, listing: Table, path: Path) -> None:
    """A listing as a document of its own, with its manifest; the study definition is not needed for it."""
    from trialwright.documents import write_docx
    from trialwright.study import read_usdm
    from trialwright.writing import write_listing

    study = read_usdm(folder.study) if folder.study.is_file() else None
    inputs = [(name, digest) for name, digest in input_digests(folder).items() if not name.startswith("dataset:")]
    write_docx(write_listing(listing, plan, study, inputs=inputs), path)


def _write_csr(folder: StudyFolder, out: StudyFolder, parameters: Mapping[str, Parameter], progress: Progress) -> str:
    from trialwright.documents import write_docx
    from trialwright.study import read_usdm
    from trialwright.writing import gather_narratives, write_csr

    made = composed(folder)
    study = read_usdm(folder.study)
    narratives = gather_narratives(study, made.plan, FolderDatasets(folder))
    document = write_csr(
        study,
        made.plan,
        made.results,
        made.displays,
        narratives=narratives,
        inputs=input_digests(folder).items(),
    )
    path = out.document("csr", document.language)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_docx(document, path)
    write_record_findings(narratives.findings, out.record_findings("csr", document.language))
    queries = sum(1 for _ in document.queries())
    return f"the clinical study report; {counted(queries, 'author query is', 'author queries are')} open"


def _write_narratives(
    folder: StudyFolder, out: StudyFolder, parameters: Mapping[str, Parameter], progress: Progress
) -> str:
    from trialwright.analysis import read_plan
    from trialwright.documents import write_docx
    from trialwright.study import read_usdm
    from trialwright.writing import write_narratives

    document, narratives = write_narratives(
        read_usdm(folder.study),
        read_plan(folder.plan),
        FolderDatasets(folder),
        only=[subject for subject in str(parameters["subjects"]).split(SUBJECTS_SEPARATOR) if subject],
        inputs=input_digests(folder).items(),
    )
    path = out.document("narratives", document.language)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_docx(document, path)
    write_record_findings(narratives.findings, out.record_findings("narratives", document.language))
    said = counted(len(narratives.findings), "finding")
    return f"{counted(len(narratives.patients), 'narrative')}; {said} about their records"


def _verify(folder: StudyFolder, out: StudyFolder, parameters: Mapping[str, Parameter], progress: Progress) -> str:
    path = folder.document("csr")
    findings = verify_file(path)
    report = out.verification("csr")
    write_verification(path, findings, report)
    write_atomically(report.with_suffix(".json"), findings_to_json(findings) + "\n")
    problems, notes = count_findings(findings)
    return f"{counted(problems, 'finding')}, {counted(notes, 'note')}"


_STEPS = (
    Step(
        name="rehearse",
        title="Rehearsing the trial",
        needs={
            **_NEEDS_STUDY,
            "scenario.yaml": "Write what the rehearsal assumes, or bring data to data/sdtm or data/adam.",
        },
        writes=("data/sdtm/*.parquet", "data/truth/*.parquet"),
        rooms=("study", "standards", "rehearsal"),
        make=_rehearse,
        parameters={"seed": 1},
    ),
    Step(
        name="derive",
        title="Deriving the analysis datasets",
        needs={**_NEEDS_STUDY, "data/sdtm/*.parquet": "Bring SDTM, or make it with `trialwright rehearse`."},
        optional=("derivation.yaml",),
        writes=("data/adam/*.parquet", "data/lineage/*.parquet", "data/derivation.findings.*"),
        rooms=("study", "standards", "derivation"),
        follows=parts_of_derivation,
        make=_derive,
    ),
    Step(
        name="analyze",
        title="Analyzing",
        needs={**_NEEDS_PLAN, "data/adam/*.parquet": "Bring ADaM, or make it with `trialwright derive`."},
        optional=("data/sdtm/*.parquet",),
        writes=("results/results.parquet",),
        rooms=("standards", "analysis"),
        follows=parts_of_plan,
        make=_analyze,
    ),
    Step(
        name="display",
        title="Laying out tables and figures",
        needs={**_NEEDS_PLAN, **_NEEDS_RESULTS},
        writes=("displays/*.json", "displays/*.html", "displays/*.rtf", "displays/*.pdf", "displays/*.docx"),
        optional=("study.json",),
        rooms=("analysis", "displays", "documents", "writing"),
        follows=parts_of_plan,
        make=_display,
    ),
    Step(
        name="write csr",
        title="Writing the clinical study report",
        needs={**_NEEDS_STUDY, **_NEEDS_PLAN, **_NEEDS_RESULTS},
        optional=DATA,
        writes=("documents/csr.en.docx", "documents/csr.en.manifest.json", "documents/csr.en.findings.*"),
        rooms=("study", "standards", "analysis", "displays", "documents", "writing"),
        follows=parts_of_plan,
        make=_write_csr,
    ),
    Step(
        name="write narratives",
        title="Writing the patient narratives",
        needs={
            **_NEEDS_STUDY,
            **_NEEDS_PLAN,
            "data/adam/*.parquet": "Bring ADaM, or make it with `trialwright derive`.",
        },
        optional=("data/sdtm/*.parquet",),
        writes=(
            "documents/narratives.en.docx",
            "documents/narratives.en.manifest.json",
            "documents/narratives.en.findings.*",
        ),
        rooms=("study", "standards", "analysis", "displays", "documents", "writing"),
        follows=parts_of_plan,
        make=_write_narratives,
        parameters={"subjects": ""},
    ),
    Step(
        name="export data",
        title="Writing the datasets for other programs",
        needs={"data/adam/*.parquet": "Bring ADaM, or make it with `trialwright derive`."},
        optional=("data/sdtm/*.parquet", "derivation.yaml", "plan.yaml", "study.json"),
        writes=("data/exchange/sdtm/*", "data/exchange/adam/*", "data/exchange/*.findings.*"),
        rooms=("study", "standards", "derivation", "analysis", "displays"),
        follows=_described_by,
        make=_exchange,
        parameters={"created": CREATED},
    ),
    Step(
        name="verify",
        command="run",  # `trialwright verify` takes a file, and leaves the folder alone
        title="Verifying every number in the report",
        needs={
            "documents/csr.en.docx": "Write it with `trialwright write csr`.",
            "documents/csr.en.manifest.json": "Write the report again with `trialwright write csr`.",
            **_NEEDS_RESULTS,
        },
        optional=(*DATA, "plan.yaml", "study.json"),
        writes=("documents/csr.en.verification.json", "documents/csr.en.verification.html"),
        rooms=("displays", "documents"),
        follows=parts_of_plan,
        make=_verify,
    ),
)


def study_steps() -> tuple[Step, ...]:
    """The whole way, in order; the study's design comes first."""
    return (*DESIGN_STEPS, *_STEPS)

"""A study's datasets and analyses as Define-XML: define.xml for SDTM and for ADaM, beside the transport files.

The analysis results metadata come from the plan: one display for each table or figure, with the analyses that it shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.errors import ConditionError
from trialwright.findings import Finding
from trialwright.pipeline.provenance import ArtefactRecord, Provenance, read_provenance, write_provenance
from trialwright.workspace import StudyFolder, digest_file, locked

if TYPE_CHECKING:
    from trialwright.analysis import Analysis, AnalysisPlan
    from trialwright.displays import Display
    from trialwright.results import Results
    from trialwright.standards.datasets import Dataset
    from trialwright.standards.define import AnalysisDataset, AnalysisResult, AnalysisResultDisplay, DefineDocument
    from trialwright.standards.metadata import DataDefinition

#: What an analysis is for, in the words of analysis results metadata, by the plan's purpose.
_PURPOSES: Mapping[str, str] = {
    "primary_efficacy": "PRIMARY OUTCOME MEASURE",
    "primary_descriptive": "PRIMARY OUTCOME MEASURE",
    "secondary_efficacy": "SECONDARY OUTCOME MEASURE",
    "secondary_descriptive": "SECONDARY OUTCOME MEASURE",
    "multiplicity": "SECONDARY OUTCOME MEASURE",
    "supportive_efficacy": "SENSITIVITY ANALYSIS",
    "missing_data": "SENSITIVITY ANALYSIS",
    "subgroup": "EXPLORATORY OUTCOME MEASURE",
    "exposure": "SAFETY",
    "compliance": "SAFETY",
    "deaths": "SAFETY",
    "laboratory": "SAFETY",
    "vital_signs": "SAFETY",
    "safety_other": "SAFETY",
}

#: What is written beside the transport files.
_DEFINE_FILES = ("data/exchange/*/define*.xml", "data/exchange/*/define*.xsl", "data/exchange/*/define*.html")


def write_define_documents(folder: StudyFolder, out: StudyFolder, *, created: datetime) -> list[Path]:
    """Write define.xml for the SDTM and ADaM datasets that the folder has; the files written.

    Each lies in `data/exchange/sdtm` or `data/exchange/adam`, where its links find the transport files, with our
    stylesheet and the same as a page, `define.html`, for browsers that apply no stylesheet to local files. ADaM is
    described by the folder's derivation.yaml where there is one, and by its data; its define.xml has the analyses of
    the plan once there are results.

    created  the time that the files say they were made
    """
    return [
        path
        for kind, document, _ in study_documents(folder)
        for path in write_define_files(document, out.exchange / kind, created=created)
    ]


def export_define(folder: StudyFolder, *, created: datetime) -> list[Path]:
    """Write define.xml into the study's own folder, and record that this program made it; the files written.

    See `write_define_documents`. Raises `WorkspaceError` if somebody edited or brought one of the files since.
    """
    from trialwright.errors import WorkspaceError
    from trialwright.pipeline._program import program_of

    with locked(folder):
        known = read_provenance(folder)
        there = [folder.relative(path) for path in folder.matching(_DEFINE_FILES)]
        edited = [path for path in there if not known.is_as_made(path, digest_file(folder.root / path))]
        if edited:
            raise WorkspaceError(
                f"`export define` would overwrite {', '.join(edited)}, which somebody edited or brought since. "
                "It changed nothing. Move your version out of the study folder, then run it again."
            )
        written = write_define_documents(folder, folder, created=created)
        program = program_of(("study", "standards", "derivation", "analysis", "displays"))
        artefacts = dict(known.artefacts)
        for path in written:
            name, digest = folder.relative(path), digest_file(path)
            # What `export data` wrote stays its own, so that it writes the whole folder anew when the data change.
            artefacts[name] = (
                replace(artefacts[name], digest=digest)
                if name in artefacts
                else ArtefactRecord(digest=digest, step="export define", inputs={}, program=program)
            )
        write_provenance(Provenance(origin=known.origin, artefacts=dict(sorted(artefacts.items()))), folder)
    return written


def write_define_files(document: DefineDocument, place: Path, *, created: datetime) -> list[Path]:
    """Write the document as define.xml into the folder `place`, with its stylesheet and page; the files written."""
    import trialwright
    from trialwright.standards.define import write_define, write_define_page, write_stylesheet

    place.mkdir(parents=True, exist_ok=True)
    define = place / "define.xml"
    write_define(document, define, created=created, program=f"Trialwright {trialwright.__version__}")
    return [define, write_stylesheet(place), write_define_page(define)]


def import_define(define: Path, out: Path, *, created: datetime) -> list[Finding]:
    """Write a define.xml of version 1.0, 2.0 or 2.1 again as 2.1 into the folder `out`, with stylesheet and page.

    Gives what could not be kept, and what is wrong with the file that was written. Raises `DefineError` where `define`
    is no define.xml, and `WorkspaceError` where `out` has one already.
    """
    from trialwright.errors import WorkspaceError
    from trialwright.standards.define import check_define, read_define

    document = read_define(define)
    written = out / "define.xml"
    if written.exists():
        raise WorkspaceError(f"{written} exists already, and files are not overwritten. Name another folder.")
    write_define_files(document, out, created=created)
    return [*document.findings, *check_define(written)]


def study_documents(folder: StudyFolder) -> Iterator[tuple[str, DefineDocument, Mapping[str, Dataset]]]:
    """The define.xml of the folder's SDTM and of its ADaM, as far as there are such data, with the datasets."""
    from trialwright.standards import read_datasets
    from trialwright.standards.define import build_define, describe_domains
    from trialwright.study import read_usdm

    study = read_usdm(folder.study) if folder.study.is_file() else None
    name = (study.protocol_id if study is not None else "") or folder.root.resolve().name
    title = (study.official_title if study is not None else "") or name
    if folder.matching(["data/sdtm/*.parquet"]):
        domains = read_datasets(folder.sdtm)
        definition = describe_domains(domains, study=name, protocol=name, description=title)
        yield "sdtm", build_define(definition, domains, kind="SDTM"), domains
    if folder.matching(["data/adam/*.parquet"]):
        datasets = read_datasets(folder.adam)
        definition = _analysis_definition(folder, name, title)
        yield "adam", build_define(definition, datasets, kind="ADaM", displays=_displays(folder, datasets)), datasets


def _analysis_definition(folder: StudyFolder, name: str, title: str) -> DataDefinition:
    from trialwright.derivation import read_definitions
    from trialwright.standards.metadata import DataDefinition

    if not folder.derivation.is_file():
        return DataDefinition(study=name, protocol=name, description=title)
    specified = read_definitions(folder.derivation).data_definition
    return replace(specified, study=name, protocol=name, description=specified.description or title)


def _displays(folder: StudyFolder, datasets: Mapping[str, Dataset]) -> tuple[AnalysisResultDisplay, ...]:
    from trialwright.pipeline.steps import composed

    if not (folder.plan.is_file() and folder.results.is_file()):
        return ()
    made = composed(folder)
    variables = {name: dataset.frame.columns for name, dataset in datasets.items()}
    return tuple(result_displays(made.plan, made.displays, made.results, variables))


def result_displays(
    plan: AnalysisPlan, displays: Sequence[Display], results: Results, variables: Mapping[str, Sequence[str]]
) -> Iterator[AnalysisResultDisplay]:
    """The displays with their analyses as analysis results metadata; those that only list records are left out.

    variables  by dataset; what is not in the data is not referred to
    """
    from trialwright.pipeline.reporting_events import shown_analyses
    from trialwright.standards.define import AnalysisResultDisplay, identifier

    for display in displays:
        shown = [plan.analyses[id] for id in shown_analyses(display, results) if id in plan.analyses]
        analyses = [
            analysis_result(plan, analysis, variables, id=identifier("AR", display.id, analysis.id))
            for analysis in shown
            if analysis.method != "listing" and analysis.dataset in variables
        ]
        if analyses:
            yield AnalysisResultDisplay(
                id=identifier("RD", display.id), name=display.id, title=display.title, results=tuple(analyses)
            )


def analysis_result(
    plan: AnalysisPlan, analysis: Analysis, variables: Mapping[str, Sequence[str]], *, id: str
) -> AnalysisResult:
    """One analysis of the plan as analysis results metadata.

    Its condition and that of its analysis set become where clauses; what no where clause can say (`or`, comparisons of
    variables, one record of several) is told in words.
    """
    from trialwright.conditions import parse_condition
    from trialwright.standards.define import AnalysisResult

    own = variables[analysis.dataset]
    population = plan.analysis_sets.get(analysis.population)
    condition = population.condition if population is not None else ""
    subjects = plan.subject_dataset
    is_own = analysis.dataset == subjects or all(name in own for name in parse_condition(condition).variables)
    told = [] if analysis.select is None else [f"Of {analysis.dataset}, {analysis.select}."]
    parts = [
        _dataset(analysis.dataset, (condition if is_own else "", analysis.where), _read(plan, analysis, own), own, told)
    ]
    if condition and not is_own and subjects in variables:
        parts.append(_dataset(subjects, (condition,), (), variables[subjects], told))
        told.append(f"Records of {analysis.dataset} and {subjects} are joined by USUBJID.")
    has_parameter = "PARAMCD" in own and "PARAMCD" in parse_condition(analysis.where).variables
    named = f", {population.label}" if population is not None else ""
    return AnalysisResult(
        id=id,
        description=f"{analysis.label or ', '.join(analysis.variables) or analysis.id}{named}",
        reason="SPECIFIED IN PROTOCOL" if analysis.endpoint or analysis.estimand else "SPECIFIED IN SAP",
        purpose=_PURPOSES.get(analysis.purpose, "SAFETY" if analysis.purpose.startswith("teae") else "DESCRIPTIVE"),
        parameter=f"{analysis.dataset}.PARAMCD" if has_parameter else "",
        datasets=tuple(parts),
        join=" ".join(told),
        documentation=_documentation(plan, analysis),
    )


def _dataset(
    dataset: str, conditions: Sequence[str], variables: Sequence[str], own: Sequence[str], told: list[str]
) -> AnalysisDataset:
    """The dataset with the records that fulfil all conditions; those that no where clause can say go to `told`.

    own  the variables that the dataset has
    """
    from trialwright.conditions import And, Condition, parse_condition
    from trialwright.standards.define import AnalysisDataset, clauses_of

    kept = []
    for condition in conditions:
        try:
            clauses = clauses_of(condition, dataset=dataset)
            is_clause = len(clauses) == 1 and all(check.variable in own for check in clauses[0])
        except ConditionError:
            is_clause = False
        if is_clause:
            kept.append(parse_condition(condition).root)
        elif condition:
            told.append(f"Of {dataset}, the records with {condition}.")
    nodes = [node for node in kept if node is not None]
    parts = [part for node in nodes for part in (node.parts if isinstance(node, And) else (node,))]
    joined = Condition(None if not parts else parts[0] if len(parts) == 1 else And(tuple(dict.fromkeys(parts))))
    return AnalysisDataset(dataset=dataset, where=str(joined), variables=tuple(variables))


def _read(plan: AnalysisPlan, analysis: Analysis, own: Sequence[str]) -> tuple[str, ...]:
    """The analysed variables and those of the groups that the dataset has."""
    grouped = [plan.groupings[id].variable for id in analysis.by if id in plan.groupings]
    return tuple(dict.fromkeys(name for name in (*analysis.variables, *grouped) if name in own))


def _documentation(plan: AnalysisPlan, analysis: Analysis) -> str:
    """What is done, in a sentence: the method, what it is applied to, by which groups, with which options."""
    from trialwright.analysis.methods.specs import METHOD_SPECS

    spec = METHOD_SPECS.get(analysis.method)
    method = spec.summary if spec is not None else analysis.method
    of = f" of {', '.join(analysis.variables)}" if analysis.variables else ""
    groups = [plan.groupings[id].variable for id in analysis.by if id in plan.groupings]
    by = f" by {', '.join(groups)}" if groups else ""
    options = "; ".join(
        f"{name}: {_words(value)}" for name, value in analysis.options.items() if value not in (None, ())
    )
    sentence = f"{method[:1].upper()}{method[1:]}{of}{by}."
    return f"{sentence} Options: {options}." if options else sentence


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_words(inner)}" for key, inner in value.items())
    if isinstance(value, (tuple, list)):
        return ", ".join(f"({_words(inner)})" if isinstance(inner, (tuple, list)) else _words(inner) for inner in value)
    return str(value)

"""How a trace is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import polars as pl

    from trialwright.pipeline import SourceRecords, TracedDesign, TracedRecord, TracedResult
    from trialwright.results import Result

#: A listing on the terminal is cut to this many characters a cell; the CSV has everything.
_CELL_WIDTH = 40


def show_trace(traced: TracedResult) -> None:
    """Where the number comes from, one fact a line."""
    trace = traced.trace
    result, analysis = trace.result, trace.analysis
    value = result.stat_text or "" if result.stat is None else f"{result.stat:.15g}"
    facts = [
        ("Result", result.result_id),
        ("Value", value),
        ("Analysis", f"{analysis.id}{f': {analysis.label}' if analysis.label else ''}"),
        ("Method", result.method),
        ("Population", result.population or "everybody"),
        ("Subset", result.where or "all records"),
        ("Groups", ", ".join(f"{variable} = {level}" for variable, level in result.groups) or "none"),
        ("Warnings", result.warnings),
        ("Dataset", f"{trace.dataset}, {trace.records_read:,} records, {traced.path}"),
        ("Digest", f"sha256 of the content {trace.digest}"),
        ("", f"sha256 of the file {traced.file_digest}"),
        ("Made by", traced.made_by),
        ("Rows", f"{trace.rows.height:,} records of {trace.subject_count:,} subjects: {trace.explanation}"),
    ]
    for name, fact in facts:
        if fact:
            typer.echo(f"{name:11} {fact}")


def show_record(traced: TracedRecord) -> None:
    """The record behind a datum of a narrative, one variable a line."""
    typer.echo(f"{'Datum':11} {traced.source}")
    typer.echo(f"{'Value':11} {traced.value or 'missing'}")
    typer.echo(f"{'Dataset':11} {traced.dataset}, {traced.path}")
    typer.echo(f"{'Digest':11} sha256 of the file {traced.file_digest}")
    typer.echo("Record")
    for variable, value in traced.record:
        typer.echo(f"  {variable:9} {value}")


def show_design(traced: TracedDesign) -> None:
    """How a number of a design came about, one fact a line."""
    result = traced.result
    value = result.stat_text or "" if result.stat is None else f"{result.stat:.15g}"
    changed = "" if traced.is_current else " (has changed since)"
    facts = [
        ("Result", result.result_id),
        ("Value", value),
        ("Method", result.method),
        ("Groups", ", ".join(f"{variable} = {level}" for variable, level in result.groups) or "none"),
        ("Definition", f"{traced.definition}{changed}"),
        ("Digest", f"sha256 of the file {traced.digest}" if traced.digest else "no such file"),
        ("Made by", traced.made_by),
    ]
    for name, fact in facts:
        if fact:
            typer.echo(f"{name:11} {fact}")


def design_as_dict(traced: TracedDesign) -> dict[str, object]:
    """The same as `show_design` tells, for programs."""
    return {
        "result": result_as_dict(traced.result),
        "definition": str(traced.definition),
        "digest": traced.digest,
        "is_current": traced.is_current,
        "made_by": traced.made_by,
    }


def show_rows(traced: TracedResult) -> None:
    """The rows behind the number, with the variables that had a say."""
    frame = traced.trace.rows.select(traced.trace.key_variables)
    typer.echo()
    for line in _as_lines(frame):
        typer.echo(line)


def _as_lines(frame: pl.DataFrame) -> list[str]:
    cells = [list(frame.columns), *([_shown(value) for value in row] for row in frame.iter_rows())]
    widths = [max(len(row[column]) for row in cells) for column in range(len(frame.columns))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _shown(value: object) -> str:
    text = "" if value is None else f"{value:.15g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _CELL_WIDTH else f"{text[: _CELL_WIDTH - 1]}…"


def result_as_dict(result: Result) -> dict[str, object]:
    """All that is known of a result, by the names of its attributes."""
    known = {"result_id": result.result_id, **asdict(result)}
    known.pop("_name")
    return known


def trace_as_dict(
    traced: TracedResult, sources: SourceRecords | None, *, beside: Sequence[str], lists_rows: bool
) -> dict[str, object]:
    """The same as `show_trace`, `show_rows` and `show_sources` tell, for programs.

    beside      further results that the place shows
    lists_rows  whether the rows and the SDTM records are in it, with the variables that the listing has
    """
    from trialwright.pipeline import topic_variables

    trace = traced.trace
    told: dict[str, object] = {
        "result": result_as_dict(trace.result),
        "analysis": {"id": trace.analysis.id, "label": trace.analysis.label},
        "beside": list(beside),
        "dataset": trace.dataset,
        "path": str(traced.path),
        "records": trace.records_read,
        "digest": trace.digest,
        "file_digest": traced.file_digest,
        "made_by": traced.made_by,
        "row_count": trace.rows.height,
        "subject_count": trace.subject_count,
        "explanation": trace.explanation,
    }
    if lists_rows:
        told["rows"] = trace.rows.select(trace.key_variables).to_dicts()
    if sources is not None:
        told["sdtm"] = {
            "basis": sources.basis,
            "counts": {domain: frame.height for domain, frame in sources.records.items()},
        }
        if lists_rows:
            told["sdtm_records"] = {
                domain: frame.select(topic_variables(domain, frame)).to_dicts()
                for domain, frame in sources.records.items()
            }
    return told


def record_as_dict(traced: TracedRecord) -> dict[str, object]:
    """The same as `show_record` tells, for programs."""
    return {
        "datum": traced.source,
        "value": traced.value,
        "dataset": traced.dataset,
        "path": str(traced.path),
        "file_digest": traced.file_digest,
        "record": dict(traced.record),
    }


def write_rows(traced: TracedResult, path: Path) -> None:
    """The rows behind the number, with all their variables, as CSV."""
    from trialwright.workspace import write_atomically

    write_atomically(path, traced.trace.rows.write_csv())


def show_sources(sources: SourceRecords, *, lists_records: bool) -> None:
    """The SDTM records behind the rows: how many of each domain, and each of them if asked for."""
    from trialwright.pipeline import topic_variables

    typer.echo()
    counts = ", ".join(f"{frame.height:,} of {domain}" for domain, frame in sources.records.items())
    typer.echo(f"{'SDTM':11} {counts or 'no record'} ({sources.basis})")
    if lists_records:
        for domain, frame in sources.records.items():
            typer.echo()
            typer.echo(domain)
            for line in _as_lines(frame.select(topic_variables(domain, frame))):
                typer.echo(line)


def write_sources(sources: SourceRecords, path: Path) -> None:
    """Which SDTM record is behind which ADaM record, as CSV; records count from 1."""
    from trialwright.workspace import write_atomically

    links = sources.links.with_columns(position=sources.links["position"] + 1, record=sources.links["record"] + 1)
    write_atomically(path, links.rename({"position": "ADAM_RECORD", "record": "SDTM_RECORD"}).write_csv())

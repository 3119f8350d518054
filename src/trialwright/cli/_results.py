"""Commands that look into the table of results."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Depth(StrEnum):
    """How far back a number is followed."""

    ADAM = "adam"
    SDTM = "sdtm"


Study = Annotated[Path, typer.Option(metavar="DIR", help="The study folder.")]


def trace(
    result_id: Annotated[
        str,
        typer.Argument(
            metavar="RESULT_ID",
            help="Name of a result, as `trialwright results` lists them; or a place in the study's document: a content "
            "control (r0042), or a cell as table:row:column (14.2.1:3:2).",
        ),
    ],
    study: Study = Path(),
    rows: Annotated[bool, typer.Option("--rows", help="List the rows behind the number.")] = False,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write these rows to a CSV file.")] = None,
    to: Annotated[
        Depth, typer.Option("--to", help="How far back: to the analysis dataset, or on to the SDTM records behind it.")
    ] = Depth.ADAM,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON, with the rows if --rows is given.")] = False,
) -> None:
    """Follow a number back to the patients.

    A datum of a patient narrative leads to its record, a number of a design report to what it was computed or simulated
    from. For a result, prints the analysis, the method, the conditions, the dataset with its digest, and how many rows
    are behind it. With --to sdtm also the SDTM records from which these
    rows were derived; --rows lists them, and --csv writes them with the row that each is behind.
    """
    from trialwright.cli._show import refuse_to_overwrite
    from trialwright.cli._trace import (
        design_as_dict,
        record_as_dict,
        show_design,
        show_record,
        show_rows,
        show_sources,
        show_trace,
        trace_as_dict,
        write_rows,
        write_sources,
    )
    from trialwright.pipeline import (
        is_of_design,
        is_record,
        resolve_name,
        source_records,
        trace_design,
        trace_record,
        trace_result,
    )
    from trialwright.workspace import open_study_folder

    if csv is not None:
        refuse_to_overwrite(csv)
    folder = open_study_folder(study)
    names = resolve_name(folder, result_id)
    if is_record(names[0]):
        records = [trace_record(folder, name) for name in names]
        if json:
            _print_json([record_as_dict(record) for record in records])
            return
        for record in records:
            show_record(record)
        return
    if is_of_design(names[0]):
        designs = [trace_design(folder, name) for name in names]
        if json:
            _print_json([design_as_dict(design) for design in designs])
            return
        for design in designs:
            show_design(design)
        return
    traced = trace_result(folder, names[0])
    sources = source_records(folder, traced) if to is Depth.SDTM else None
    if json:
        _print_json(trace_as_dict(traced, sources, beside=names[1:], lists_rows=rows))
    else:
        show_trace(traced)
        for name in names[1:]:
            typer.echo(f"{'Beside it':11} {name}")
        if rows:
            show_rows(traced)
        if sources is not None:
            show_sources(sources, lists_records=rows)
    if csv is not None:
        if sources is None:
            write_rows(traced, csv)
        else:
            write_sources(sources, csv)
        typer.echo(f"Wrote {csv}.", err=json)


def results(
    pattern: Annotated[
        str, typer.Argument(metavar="PATTERN", help="Only names that hold this, or that fit it where it has * or ?.")
    ] = "",
    study: Study = Path(),
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON, with all that is known of each.")] = False,
) -> None:
    """List the results by name.

    One a line, with its unrounded value. Exit 1: no name fits.
    """
    from trialwright.cli._trace import result_as_dict
    from trialwright.pipeline import find_results
    from trialwright.workspace import open_study_folder

    found = find_results(open_study_folder(study), pattern)
    if json:
        _print_json([result_as_dict(row) for row in found])
    for row in () if json else found:
        value = row.stat_text if row.stat is None else f"{row.stat:.10g}"
        typer.echo(f"{row.result_id}  {value or ''}")
    if not found:
        typer.echo(f"No result's name fits {pattern!r}.", err=True)
        raise typer.Exit(1)


def _print_json(value: object) -> None:
    import json

    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(
        epilog="\b\nExample: trialwright trace population.itt/USUBJID/n --study trialwright-demo --rows",
    )(trace)
    app.command(epilog="Example: trialwright results population --study trialwright-demo")(results)

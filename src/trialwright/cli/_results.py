"""Commands that look into the table of results."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from trialwright.results import Result


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
) -> None:
    """Follow a number back to the patients.

    A datum of a patient narrative leads to its record. For a result, prints the analysis, the method, the conditions,
    the dataset with its digest, and how many rows are behind it. With --to sdtm also the SDTM records from which these
    rows were derived; --rows lists them, and --csv writes them with the row that each is behind.
    """
    from trialwright.cli._show import refuse_to_overwrite
    from trialwright.cli._trace import show_record, show_rows, show_sources, show_trace, write_rows, write_sources
    from trialwright.pipeline import is_record, resolve_name, source_records, trace_record, trace_result
    from trialwright.workspace import open_study_folder

    if csv is not None:
        refuse_to_overwrite(csv)
    folder = open_study_folder(study)
    names = resolve_name(folder, result_id)
    if is_record(names[0]):
        for name in names:
            show_record(trace_record(folder, name))
        return
    traced = trace_result(folder, names[0])
    show_trace(traced)
    for name in names[1:]:
        typer.echo(f"{'Beside it':11} {name}")
    sources = source_records(folder, traced) if to is Depth.SDTM else None
    if rows:
        show_rows(traced)
    if sources is not None:
        show_sources(sources, lists_records=rows)
    if csv is not None:
        if sources is None:
            write_rows(traced, csv)
        else:
            write_sources(sources, csv)
        typer.echo(f"Wrote {csv}.")


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
    from trialwright.pipeline import find_results
    from trialwright.workspace import open_study_folder

    found = find_results(open_study_folder(study), pattern)
    if json:
        _show_json(found)
    for row in () if json else found:
        value = row.stat_text if row.stat is None else f"{row.stat:.10g}"
        typer.echo(f"{row.result_id}  {value or ''}")
    if not found:
        typer.echo(f"No result's name fits {pattern!r}.", err=True)
        raise typer.Exit(1)


def _show_json(found: Sequence[Result]) -> None:
    import json
    from dataclasses import asdict

    rows = [{"result_id": row.result_id, **asdict(row)} for row in found]
    for row in rows:
        row.pop("_name")
    typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(
        epilog="\b\nExample: trialwright trace population.itt/USUBJID/n --study trialwright-demo --rows",
    )(trace)
    app.command(epilog="Example: trialwright results population --study trialwright-demo")(results)

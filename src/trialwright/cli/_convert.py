"""The command that turns files of datasets into another format."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from trialwright.standards.formats import Conversion


class Format(StrEnum):
    """What datasets can be written as."""

    XPT = "xpt"
    JSON = "json"
    NDJSON = "ndjson"
    PARQUET = "parquet"


def convert(
    source: Annotated[
        Path,
        typer.Argument(metavar="SOURCE", help="A dataset (.parquet, .xpt, .sas7bdat, .json, .ndjson) or a folder."),
    ],
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="The file to write; of a folder, a folder.")],
    to: Annotated[
        Format | None, typer.Option("--to", help="The format; of a single file what TARGET ends in, if not given.")
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Encoding of text in SAS files, such as windows-1252; others are told."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write over files that exist.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was made and found as JSON.")] = False,
) -> None:
    """Turn datasets into another format.

    Into SAS transport files (version 5), Dataset-JSON 1.1 or Parquet, from any of these or from sas7bdat. A dataset
    that cannot be written whole is not written, and findings say why. Exit 0: everything was converted. Exit 1: it was,
    but files that were read have errors. Exit 2: a dataset was not converted.
    """
    from trialwright.cli._progress import progress_on_stderr
    from trialwright.execution import step_of_work
    from trialwright.findings import Severity
    from trialwright.standards.formats import convert_file

    _check_encoding(encoding)
    targets = _targets(source, target, to)
    if not overwrite:
        _refuse_existing(targets.values())
    progress = progress_on_stderr()
    conversions = []
    for path, place in targets.items():
        with step_of_work(f"{path.name} to {place.name}", progress):
            conversions.append(convert_file(path, place, encoding=encoding))
        if not json:
            _show(conversions[-1])
    if json:
        _show_json(conversions)
    if any(conversion.failure for conversion in conversions):
        raise typer.Exit(2)
    if any(finding.severity is Severity.ERROR for conversion in conversions for finding in conversion.findings):
        raise typer.Exit(1)


def _targets(source: Path, target: Path, to: Format | None) -> dict[Path, Path]:
    """What each file is to become."""
    from trialwright.errors import WorkspaceError
    from trialwright.standards.formats import WRITABLE, dataset_files, format_of, targets_in

    if not source.exists():
        raise WorkspaceError(f"There is no file or folder {source}.")
    if source.is_dir():
        if to is None:
            raise WorkspaceError(f"{source} is a folder: name the format with --to ({', '.join(WRITABLE)}).")
        if target.exists() and not target.is_dir():
            raise WorkspaceError(f"{target} is a file; a folder is needed, as {source} is one.")
        return targets_in(target, dataset_files(source), to.value)
    format_of(source)
    if target.is_dir():
        if to is None:
            raise WorkspaceError(f"{target} is a folder: name the format with --to, or a file in it.")
        return targets_in(target, [source], to.value)
    if to is not None and target.suffix.lower() != f".{to.value}":
        raise WorkspaceError(f"{target} does not end in .{to.value}, which --to asks for. Take one of the two away.")
    if format_of(target) not in WRITABLE:
        raise WorkspaceError(f"{target}: SAS datasets can be read, but not written. Write a transport file (.xpt).")
    return {source: target}


def _refuse_existing(targets: Iterable[Path]) -> None:
    from trialwright.errors import WorkspaceError

    existing = [path for path in targets if path.exists()]
    if existing:
        more = f" and {len(existing) - 1} others" if len(existing) > 1 else ""
        raise WorkspaceError(f"{existing[0]}{more} exist already. Name another target, or add --overwrite.")


def _check_encoding(encoding: str | None) -> None:
    import codecs

    from trialwright.errors import WorkspaceError

    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError:
        raise WorkspaceError(
            f"There is no encoding {encoding}. Name one such as utf-8, windows-1252, latin-1, shift_jis."
        ) from None


def _show(conversion: Conversion) -> None:
    from trialwright.cli._show import show_findings

    show_findings(conversion.findings, on_stderr=True)
    if conversion.failure:
        typer.echo(f"Error: {conversion.failure}", err=True)
    if conversion.paths:
        typer.echo(f"{conversion.source} -> {', '.join(map(str, conversion.paths))}")


def _show_json(conversions: list[Conversion]) -> None:
    import json
    from dataclasses import asdict

    described = [
        {
            "source": str(conversion.source),
            "paths": [str(path) for path in conversion.paths],
            "failure": conversion.failure,
            "findings": [asdict(finding) for finding in conversion.findings],
        }
        for conversion in conversions
    ]
    typer.echo(json.dumps(described, ensure_ascii=False, indent=2))


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command(epilog="Example: trialwright convert trialwright-demo/data/sdtm sdtm_xpt --to xpt")(convert)

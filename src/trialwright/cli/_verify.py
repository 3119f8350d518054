"""The command that verifies a document."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trialwright.cli._show import count_of, refuse_to_overwrite, show_findings


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE.docx", help="The document; its manifest lies beside it.")],
    manifest: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The manifest, where it lies elsewhere or is named otherwise.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a report in HTML as well.")] = None,
) -> None:
    """Hold every number of a document to the results.

    Reads the file again, whoever has edited it since. Notes, such as an author query that is open, are listed but are
    no findings. Exit 0: clean. Exit 1: findings. Exit 2: it cannot be verified.
    """
    from trialwright.findings import findings_to_json
    from trialwright.pipeline import count_findings, verify_file, write_verification

    if html is not None:
        refuse_to_overwrite(html)
    findings = verify_file(file, manifest)
    if html is not None:
        write_verification(file, findings, html)
    problems, notes = count_findings(findings)
    if json:
        typer.echo(findings_to_json(findings))
    else:
        show_findings(findings)
        typer.echo(f"{file}: {count_of(problems, 'finding')}, {count_of(notes, 'note')}")
    if problems:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command(epilog="Example: trialwright verify trialwright-demo/documents/csr.en.docx")(verify)

"""The command that verifies a document."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE.docx", help="The document; its manifest lies beside it.")],
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a report in HTML as well.")] = None,
) -> None:
    """Read a document again, whoever has edited it, and hold every number to the results.

    Exit 0: clean. Exit 1: findings. Exit 2: it could not be verified.
    """
    from trialwright.findings import findings_to_json
    from trialwright.pipeline import verify_file

    findings = verify_file(file, html=html)
    if json:
        typer.echo(findings_to_json(findings))
    else:
        for finding in findings:
            typer.echo(f"{finding.severity.upper()} {finding.rule} in {finding.where}\n  {finding.message}")
            if finding.evidence:
                typer.echo(f"  {finding.evidence}")
            if finding.remedy:
                typer.echo(f"  {finding.remedy}")
        typer.echo(f"{file}: {len(findings)} finding{'' if len(findings) == 1 else 's'}")
    if findings:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command(epilog="Example: trialwright verify trialwright-demo/documents/csr.en.docx")(verify)

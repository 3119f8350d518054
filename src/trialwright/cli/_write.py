"""Commands that write documents."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from trialwright.cli._show import count_of, show_findings, show_outcome
from trialwright.cli._study import Folder, Overwrite


def csr(directory: Folder, overwrite: Overwrite = False) -> None:
    """Write the clinical study report (ICH E3).

    From the study definition, the plan and the results to documents/csr.en.docx and its manifest. Lists the author
    queries: the passages that only a human can write.
    """
    from trialwright.cli._progress import progress_on_stderr
    from trialwright.pipeline import open_queries, update
    from trialwright.workspace import open_study_folder

    folder = open_study_folder(directory)
    update(
        folder,
        ["write csr"],
        is_overwriting=overwrite,
        progress=progress_on_stderr(),
        report=partial(show_outcome, folder),
    )
    queries = open_queries(folder, "csr")
    typer.echo(f"\n{len(queries)} author queries are open: passages that only a human can write.")
    # Narratives have headings without a number; their queries, about single records, are in a file of their own.
    numbered = [(section, question) for section, question in queries if section[:1].isdigit() or not section]
    for section, question in numbered:
        typer.echo(f"  {section:10} {question}")
    if len(numbered) < len(queries):
        typer.echo(f"  {'14.3.3':10} {len(queries) - len(numbered)} more in the patient narratives")
    typer.echo(f"\nOpen {folder.document('csr')}")


def narratives(
    directory: Folder,
    subject: Annotated[
        list[str] | None, typer.Option(metavar="USUBJID", help="Only this patient; may be given several times.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Write the patient narratives alone (ICH E3, 14.3.3).

    Of deaths, serious adverse events, discontinuations because of adverse events, and whom else the plan names: from
    the records in data/sdtm and data/adam to documents/narratives.en.docx and its manifest. What the records contradict
    goes to documents/narratives.en.findings.csv. Exit 1: the verification has findings.
    """
    from trialwright.cli._progress import progress_on_stderr
    from trialwright.pipeline import SUBJECTS_SEPARATOR, count_findings, update, verify_file
    from trialwright.workspace import open_study_folder

    folder = open_study_folder(directory)
    update(
        folder,
        ["write narratives"],
        parameters={"write narratives": {"subjects": SUBJECTS_SEPARATOR.join(subject or ())}},
        is_overwriting=overwrite,
        progress=progress_on_stderr(),
        report=partial(show_outcome, folder),
    )
    document = folder.document("narratives")
    findings = verify_file(document)
    problems, notes = count_findings(findings)
    if problems:
        show_findings(findings)
    typer.echo(f"\nVerified: {count_of(problems, 'finding')}, {count_of(notes, 'note')}. Open {document}")
    if problems:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    write = typer.Typer(
        help="Write a document.",
        epilog="Example: trialwright write csr trialwright-demo",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    write.callback()(_documents)
    write.command(epilog="Example: trialwright write csr trialwright-demo")(csr)
    write.command(epilog="Example: trialwright write narratives trialwright-demo")(narratives)
    app.add_typer(write, name="write")


def _documents() -> None:
    """Write a document."""

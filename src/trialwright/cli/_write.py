"""Commands that write documents."""

from __future__ import annotations

from functools import partial

import typer

from trialwright.cli._show import show_outcome
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
    for section, question in queries:
        typer.echo(f"  {section:10} {question}")
    typer.echo(f"\nOpen {folder.document('csr')}")


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
    app.add_typer(write, name="write")


def _documents() -> None:
    """Write a document."""

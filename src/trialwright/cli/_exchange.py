"""Commands that hand a study to other programs, and take from them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trialwright.cli._study import Folder


def export_ars(
    directory: Folder,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where it goes; if not given, results/ars.json of the study.")
    ] = None,
) -> None:
    """Write the plan and the results as CDISC Analysis Results Standard JSON.

    One reporting event (ARS 1.0): analysis sets, subsets, groupings, methods, analyses with all their unrounded
    results, and displays with titles and footnotes. The same results give the same file.
    """
    from trialwright.cli._show import count_of, refuse_to_overwrite
    from trialwright.pipeline import export_reporting_event
    from trialwright.workspace import open_study_folder

    folder = open_study_folder(directory)
    if out is not None:
        refuse_to_overwrite(out)
    path = out if out is not None else folder.results.with_name("ars.json")
    analyses, results = export_reporting_event(folder, path)
    typer.echo(f"Wrote {path}: {analyses:,} analyses, {count_of(results, 'result')}.")


def import_ars(
    event: Annotated[Path, typer.Argument(metavar="FILE", help="A reporting event, ARS 1.0 JSON.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The plan to write.")] = Path("plan.yaml"),
) -> None:
    """Read a reporting event as an analysis plan.

    What cannot be read is listed, with how to mend it. Exit 1: an analysis, a condition or a group is missing from the
    plan.
    """
    from trialwright.cli._show import count_of, refuse_to_overwrite, show_findings
    from trialwright.findings import Severity
    from trialwright.pipeline import read_event_as_plan

    refuse_to_overwrite(out)
    findings = read_event_as_plan(event, out)
    show_findings(findings, on_stderr=True)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    told = f", with {count_of(errors, 'gap')}" if errors else ""
    typer.echo(f"Wrote {out}{told}.")
    if errors:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    export = typer.Typer(
        help="Write the study for other programs.",
        epilog="Example: trialwright export ars trialwright-demo",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    export.callback()(_export)
    export.command("ars", epilog="Example: trialwright export ars trialwright-demo --out reporting-event.json")(
        export_ars
    )
    app.add_typer(export, name="export")
    reader = typer.Typer(
        help="Read what other programs wrote.",
        epilog="Example: trialwright import ars trialwright-demo/results/ars.json --out event.yaml",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    reader.callback()(_import)
    reader.command("ars", epilog="Example: trialwright import ars reporting-event.json --out plan.yaml")(import_ars)
    app.add_typer(reader, name="import")


def _export() -> None:
    """Write the study for other programs."""


def _import() -> None:
    """Read what other programs wrote."""

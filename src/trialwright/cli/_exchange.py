"""Commands that hand a study to other programs, and take from them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from trialwright.cli._study import Folder, Overwrite
from trialwright.errors import WorkspaceError
from trialwright.findings import Finding


def export_ars(
    directory: Folder,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where it goes; if not given, results/ars.json of the study.")
    ] = None,
) -> None:
    """Write the plan and its results as a reporting event.

    CDISC's Analysis Results Standard 1.0, JSON: analysis sets, subsets, groupings, methods, analyses with all their
    unrounded results, and displays with titles and footnotes. The same results give the same file.
    """
    from trialwright.cli._progress import progress_on_stderr
    from trialwright.cli._show import count_of, refuse_to_overwrite
    from trialwright.execution import step_of_work
    from trialwright.pipeline import export_reporting_event
    from trialwright.workspace import open_study_folder

    folder = open_study_folder(directory)
    if out is not None:
        refuse_to_overwrite(out)
    path = out if out is not None else folder.results.with_name("ars.json")
    with step_of_work("Writing the reporting event", progress_on_stderr()):
        analyses, results = export_reporting_event(folder, path)
    typer.echo(f"Wrote {path}: {analyses:,} analyses, {count_of(results, 'result')}.")


def export_usdm(
    directory: Folder,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where it goes.")],
) -> None:
    """Write the study definition with its design in it.

    From study.json and design.yaml to one USDM 4.0 file: planned numbers of subjects and the characteristics of the
    design in USDM's own places, all the rest as an extension. study.json is left as it is.
    """
    from trialwright.cli._show import refuse_to_overwrite
    from trialwright.pipeline import export_designed_study
    from trialwright.workspace import open_study_folder

    refuse_to_overwrite(out)
    export_designed_study(open_study_folder(directory), out)
    typer.echo(f"Wrote {out}.")


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


Created = Annotated[
    datetime | None,
    typer.Option(metavar="TIME", help="The time that the file says it was made (2026-01-31T12:00:00); default: now."),
]


def export_define(directory: Folder, created: Created = None) -> None:
    """Write define.xml for the SDTM and ADaM datasets of a study.

    Define-XML 2.1 with analysis results metadata, made from derivation.yaml, the plan and the data, into
    data/exchange/sdtm and data/exchange/adam: define.xml, its stylesheet, and the same as a page, define.html.
    """
    from trialwright.cli._progress import progress_on_stderr
    from trialwright.execution import step_of_work
    from trialwright.pipeline import export_define as write_define
    from trialwright.workspace import open_study_folder

    folder = open_study_folder(directory)
    with step_of_work("Describing the datasets", progress_on_stderr()):
        written = write_define(folder, created=created or _now())
    for path in written:
        typer.echo(f"Wrote {path}")
    if not written:
        raise WorkspaceError(f"{folder.root} has no datasets: neither data/sdtm nor data/adam. Derive or bring them.")


def export_data(
    directory: Folder,
    created: Annotated[
        datetime | None,
        typer.Option(
            metavar="TIME",
            help="The time that the files say they were made (2026-01-31T12:00:00); if not given, the last one.",
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Write the datasets as XPT, Dataset-JSON and define.xml.

    SDTM and ADaM into data/exchange/sdtm and data/exchange/adam: a SAS transport file (version 5) and a Dataset-JSON
    file (1.1) of each dataset, and define.xml with its stylesheet and page. What a format cannot hold is listed in
    data/exchange/exchange.findings.csv.
    """
    from trialwright.cli._study import update_study

    parameters = {} if created is None else {"created": created.isoformat(timespec="seconds")}
    update_study(directory, "export data", overwrite=overwrite, parameters=parameters)


def import_define(
    define: Annotated[Path, typer.Argument(metavar="FILE", help="A define.xml of Define-XML 1.0, 2.0 or 2.1.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write to.")],
    created: Created = None,
) -> None:
    """Write a define.xml of any version again as 2.1.

    With its stylesheet, and the same as a page. What could not be kept, and what is wrong with the file, is listed.
    Exit 1: something is wrong with it.
    """
    from trialwright.cli._show import count_of, show_findings
    from trialwright.findings import Severity
    from trialwright.pipeline import import_define as write_again

    findings = write_again(define, out, created=created or _now())
    shown, hidden = _folded(findings)
    show_findings(shown, on_stderr=True)
    for rule, number in hidden.items():
        typer.echo(f"... and {number:,} more of {rule}", err=True)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    told = f", with {count_of(errors, 'error')}" if errors else ""
    typer.echo(f"Wrote {out / 'define.xml'} and {out / 'define.html'}{told}.")
    if errors:
        raise typer.Exit(1)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def _folded(findings: list[Finding], most: int = 3) -> tuple[list[Finding], Counter[str]]:
    """The first findings of each rule, and how many more there are of it."""
    seen: Counter[str] = Counter()
    shown = []
    for finding in findings:
        seen[finding.rule] += 1
        if seen[finding.rule] <= most:
            shown.append(finding)
    return shown, Counter({rule: number - most for rule, number in seen.items() if number > most})


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
    export.command("define", epilog="Example: trialwright export define trialwright-demo")(export_define)
    export.command("usdm", epilog="Example: trialwright export usdm trialwright-demo --out designed-study.json")(
        export_usdm
    )
    export.command("data", epilog="Example: trialwright export data trialwright-demo")(export_data)
    app.add_typer(export, name="export")
    reader = typer.Typer(
        help="Read what other programs wrote.",
        epilog="\b\nExample: trialwright import ars trialwright-demo/results/ars.json --out event.yaml",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    reader.callback()(_import)
    reader.command("ars", epilog="Example: trialwright import ars reporting-event.json --out plan.yaml")(import_ars)
    reader.command(
        "define",
        epilog="\b\nExample: trialwright import define trialwright-demo/data/exchange/adam/define.xml --out define",
    )(import_define)
    app.add_typer(reader, name="import")


def _export() -> None:
    """Write the study for other programs."""


def _import() -> None:
    """Read what other programs wrote."""

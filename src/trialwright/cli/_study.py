"""Commands that make a study folder and bring it up to date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Annotated

import typer

from trialwright.cli._show import show_findings, show_outcome, show_report

if TYPE_CHECKING:
    from trialwright.pipeline.provenance import Parameter

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The study folder.")]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Make it anew even where you edited or brought a file; yours moves to kept/."),
]


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the study folder goes.")] = Path(
        "trialwright-demo"
    ),
    seed: Annotated[int | None, typer.Option(help="Seed of the rehearsal.", min=0)] = None,
) -> None:
    """Run the example study, up to its report.

    Makes the study folder, rehearses the trial, derives the datasets, analyzes them, writes the report and verifies it,
    and writes the datasets as XPT, Dataset-JSON and define.xml. In a folder that it made before, only what is stale is
    made again, and what you changed is kept. Exit 1: the verification has findings.
    """
    from trialwright.cli._progress import progress_on_stderr
    from trialwright.pipeline import ASKED_FOR, ENDS, changed_in_demo, make_demo_folder, update

    folder = make_demo_folder(out)
    for name in changed_in_demo(folder):
        typer.echo(f"Kept as it is there, not as the example has it: {folder.root / name}")
    parameters = {} if seed is None else {"rehearse": {"seed": seed}}
    update(
        folder,
        [*ENDS, *ASKED_FOR],
        parameters=parameters,
        progress=progress_on_stderr(),
        report=partial(show_outcome, folder),
    )
    show_report(folder)


def new(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The study folder to make.")],
    usdm: Annotated[Path, typer.Option(metavar="FILE", help="The study definition, USDM 4.0 JSON.")],
    design: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A definition of the trial's design to copy into it.")
    ] = None,
    plan: Annotated[Path | None, typer.Option(metavar="FILE", help="An analysis plan to copy into it.")] = None,
    derivation: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A specification of the ADaM datasets to copy into it.")
    ] = None,
    adam: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="ADaM datasets to bring into it: Parquet, XPT, sas7bdat or Dataset-JSON."),
    ] = None,
    sdtm: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="SDTM datasets to bring into it: Parquet, XPT, sas7bdat or Dataset-JSON."),
    ] = None,
) -> None:
    """Make a study folder from a study definition.

    Datasets become Parquet. Checks the definition and tells what is wrong in it, and in files of other formats. Exit 1:
    there are errors, such as a reference to nothing; the folder is made all the same.
    """
    from trialwright.findings import Finding, Severity
    from trialwright.pipeline import make_study_folder
    from trialwright.study import check_study, read_usdm

    of_files: list[Finding] = []
    folder = make_study_folder(
        directory,
        usdm=usdm,
        design=design,
        plan=plan,
        derivation=derivation,
        adam=adam,
        sdtm=sdtm,
        report=of_files.extend,
    )
    typer.echo(f"Made {folder.root} with study.json{' and plan.yaml' if plan else ''}.")
    if plan is None and design is not None:
        typer.echo(f"Next: {join(['trialwright', 'design', str(folder.root)])}")
    elif plan is None:
        typer.echo("Next: write plan.yaml (docs/how-to/write-a-plan.md), and bring data to data/adam or data/sdtm.")
    else:
        typer.echo(f"Next: {join(['trialwright', 'run', str(folder.root)])}")
    findings = [*of_files, *check_study(read_usdm(folder.study))]
    show_findings(findings, on_stderr=True)
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(1)


def rehearse(
    directory: Folder,
    seed: Annotated[
        int | None, typer.Option(help="Seed of all chance; if not given, the last one or 1.", min=0)
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Simulate the trial on synthetic patients.

    From study.json and scenario.yaml to SDTM domains in data/sdtm. The same seed gives the same bytes.
    """
    update_study(directory, "rehearse", overwrite=overwrite, parameters=None if seed is None else {"seed": seed})


def derive(directory: Folder, overwrite: Overwrite = False) -> None:
    """Derive ADaM datasets from SDTM.

    From data/sdtm to data/adam, as derivation.yaml says; data/lineage has the SDTM records behind each ADaM record.
    What is wrong with the data is listed in data/derivation.findings.csv; those records are derived as far as they can
    be.
    """
    update_study(directory, "derive", overwrite=overwrite)


def analyze(directory: Folder, overwrite: Overwrite = False) -> None:
    """Do the analyses of the plan.

    From plan.yaml and data/adam to the table of results, results/results.parquet.
    """
    update_study(directory, "analyze", overwrite=overwrite)


def display(directory: Folder, overwrite: Overwrite = False) -> None:
    """Make tables, listings and figures.

    From plan.yaml and the results to displays/: tables as JSON, HTML and RTF, listings as JSON and
    HTML, figures as PDF and HTML.
    """
    update_study(directory, "display", overwrite=overwrite)


def run(directory: Folder, overwrite: Overwrite = False) -> None:
    """Bring everything up to date.

    From the data to the verified report; only what is stale is made again, and what you edited is kept. Exit 1: the
    verification has findings.
    """
    update_study(directory, None, overwrite=overwrite)


def update_study(
    directory: Path, step: str | None, *, overwrite: bool, parameters: Mapping[str, Parameter] | None = None
) -> None:
    """Bring `step` of the study folder up to date, or everything, and show what was done.

    parameters  of the step, where they differ from those of its last run
    """
    from trialwright.workspace import open_study_folder

    told = {} if step is None or parameters is None else {step: parameters}
    update_steps(directory, None if step is None else [step], told, overwrite=overwrite)
    if step is None:
        show_report(open_study_folder(directory))


def update_steps(
    directory: Path,
    steps: Sequence[str] | None,
    parameters: Mapping[str, Mapping[str, Parameter]],
    *,
    overwrite: bool,
) -> None:
    """Bring these steps of the study folder up to date, or everything, and show what was done.

    parameters  of steps, where they differ from those of their last run
    """
    from trialwright.cli._progress import progress_on_stderr
    from trialwright.pipeline import update
    from trialwright.workspace import open_study_folder

    folder = open_study_folder(directory)
    update(
        folder,
        steps,
        parameters=parameters,
        is_overwriting=overwrite,
        progress=progress_on_stderr(),
        report=partial(show_outcome, folder),
    )


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog="Example: trialwright demo --out trialwright-demo")(demo)
    app.command(epilog="Example: trialwright new mystudy --usdm trialwright-demo/study.json")(new)
    app.command(epilog="Example: trialwright rehearse trialwright-demo --seed 1")(rehearse)
    app.command(epilog="Example: trialwright derive trialwright-demo")(derive)
    app.command(epilog="Example: trialwright analyze trialwright-demo")(analyze)
    app.command(epilog="Example: trialwright display trialwright-demo")(display)
    app.command(epilog="Example: trialwright run trialwright-demo")(run)

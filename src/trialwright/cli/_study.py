"""Commands that make a study folder and bring it up to date."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from trialwright.cli._show import show_outcome, show_report

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
    """Make the example study's folder, rehearse it, derive, analyze, write the report and verify it."""
    from trialwright.cli._progress import progress_on_stderr
    from trialwright.pipeline import make_demo_folder, update

    folder = make_demo_folder(out)
    parameters = {} if seed is None else {"rehearse": {"seed": seed}}
    update(folder, parameters=parameters, progress=progress_on_stderr(), report=partial(show_outcome, folder))
    show_report(folder)


def new(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The study folder to make.")],
    usdm: Annotated[Path, typer.Option(metavar="FILE", help="The study definition, USDM 4.0 JSON.")],
    plan: Annotated[Path | None, typer.Option(metavar="FILE", help="An analysis plan to copy into it.")] = None,
    adam: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="ADaM datasets (*.parquet) to copy into it.")
    ] = None,
) -> None:
    """Make a study folder from a study definition."""
    from trialwright.pipeline import make_study_folder

    folder = make_study_folder(directory, usdm=usdm, plan=plan, adam=adam)
    typer.echo(f"Made {folder.root} with study.json{' and plan.yaml' if plan else ''}.")
    if plan is None:
        typer.echo("Next: write plan.yaml (docs/how-to/write-a-plan.md), and bring data to data/adam or data/sdtm.")
    else:
        typer.echo(f"Next: trialwright run {folder.root}")


def rehearse(
    directory: Folder,
    seed: Annotated[
        int | None, typer.Option(help="Seed of all chance; the last one, or 1, if not given.", min=0)
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Simulate the trial on synthetic patients: study.json and scenario.yaml to SDTM in data/sdtm."""
    _update(directory, "rehearse", overwrite=overwrite, seed=seed)


def derive(directory: Folder, overwrite: Overwrite = False) -> None:
    """Derive ADaM datasets from SDTM: data/sdtm to data/adam."""
    _update(directory, "derive", overwrite=overwrite)


def analyze(directory: Folder, overwrite: Overwrite = False) -> None:
    """Do the analyses of plan.yaml on data/adam; the statistics go to results/results.parquet."""
    _update(directory, "analyze", overwrite=overwrite)


def display(directory: Folder, overwrite: Overwrite = False) -> None:
    """Lay the results out in tables, listings and figures: displays/*.json, .html, .rtf and .pdf."""
    _update(directory, "display", overwrite=overwrite)


def run(directory: Folder, overwrite: Overwrite = False) -> None:
    """Bring everything up to date, from the data to the verified report; only what is stale is made again."""
    _update(directory, None, overwrite=overwrite)


def _update(directory: Path, step: str | None, *, overwrite: bool, seed: int | None = None) -> None:
    from trialwright.cli._progress import progress_on_stderr
    from trialwright.pipeline import update
    from trialwright.workspace import open_study_folder

    folder = open_study_folder(directory)
    update(
        folder,
        None if step is None else [step],
        parameters={} if seed is None else {"rehearse": {"seed": seed}},
        is_overwriting=overwrite,
        progress=progress_on_stderr(),
        report=partial(show_outcome, folder),
    )
    if step is None:
        show_report(folder)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog="Example: trialwright demo --out trialwright-demo")(demo)
    app.command(epilog="Example: trialwright new mystudy --usdm trialwright-demo/study.json")(new)
    app.command(epilog="Example: trialwright rehearse trialwright-demo --seed 1")(rehearse)
    app.command(epilog="Example: trialwright derive trialwright-demo")(derive)
    app.command(epilog="Example: trialwright analyze trialwright-demo")(analyze)
    app.command(epilog="Example: trialwright display trialwright-demo")(display)
    app.command(epilog="Example: trialwright run trialwright-demo")(run)

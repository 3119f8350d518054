"""The design of a study folder: its report, and the search for better designs."""

from __future__ import annotations

from typing import Annotated

import typer

from trialwright.cli._study import Folder, Overwrite, update_steps

#: The steps of a report, each named so that `--overwrite` is about the files of each.
_REPORT = ("design", "write design", "verify design")
Seed = Annotated[int | None, typer.Option(help="Seed of all chance; if not given, the last one or 1.", min=0)]


def report(
    directory: Folder,
    trials: Annotated[int | None, typer.Option(help="Trials per design and scenario.", min=100)] = None,
    seed: Seed = None,
    overwrite: Overwrite = False,
) -> None:
    """Write the design report of a study.

    From design.yaml: the designs in question are simulated in every scenario, side by side; what is found is
    results/design.parquet, and the report is documents/design.en.docx and .html, verified. A search that was made with
    `trialwright design optimize DIR` is part of it. The first use after installation compiles the simulation, which
    takes up to half a minute. Exit 1: the verification has findings, or the design contradicts the study definition.
    """
    from trialwright.cli._show import count_of, show_findings
    from trialwright.pipeline import check_study_design, count_findings, last_findings
    from trialwright.workspace import open_study_folder

    update_steps(directory, _REPORT, {"design": _given(trials=trials, seed=seed)}, overwrite=overwrite)
    folder = open_study_folder(directory)
    problems, notes = count_findings(last_findings(folder, "design"))
    typer.echo(f"\nOpen {folder.document('design')}")
    typer.echo(f"     {folder.verification('design')} ({count_of(problems, 'finding')}, {count_of(notes, 'note')})")
    contradictions = check_study_design(folder)
    show_findings(contradictions)
    if problems or count_findings(contradictions)[0]:
        raise typer.Exit(1)


def optimize(
    directory: Folder,
    candidates: Annotated[
        int | None, typer.Option(help="How many designs are tried; else what design.yaml says.", min=1)
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(help="Trials per candidate and scenario; else what design.yaml says.", min=100),
    ] = None,
    seed: Seed = None,
    overwrite: Overwrite = False,
) -> None:
    """Search for better designs of a study.

    From the space and the objectives in design.yaml: candidates are simulated in every scenario, and those that no
    other beats are simulated again with fresh random numbers. What is found is results/design_search.parquet, and
    becomes part of the design report. A search that is interrupted goes on where it was when it is started again.
    """
    given = _given(candidates=candidates, trials=trials, seed=seed)
    update_steps(directory, ["optimize", *_REPORT], {"optimize": given}, overwrite=overwrite)


def _given(**options: int | None) -> dict[str, int]:
    return {name: value for name, value in options.items() if value is not None}

"""How the work done on a study folder is told: one line for each step, then what to open."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING

import typer

from trialwright.errors import WorkspaceError
from trialwright.findings import Finding
from trialwright.workspace import StudyFolder

if TYPE_CHECKING:
    from trialwright.pipeline import StepOutcome


#: Columns of a step's name and of what it made.
_NAME, _SUMMARY = 13, 64


def show_outcome(folder: StudyFolder, outcome: StepOutcome) -> None:
    """A line for a step: what was made and how long it took, or why nothing was; and what became of edited files."""
    typer.echo(f"{outcome.step:{_NAME}}  {_line(outcome)}")
    for path in outcome.edited:
        typer.echo(f"{'':{_NAME}}  kept as you edited it: {folder.root / path}")
    for path in outcome.moved:
        typer.echo(f"{'':{_NAME}}  your version is now {folder.root / path}")


def _line(outcome: StepOutcome) -> str:
    from trialwright.pipeline import State

    match outcome.state:
        case State.CURRENT:
            return "up to date"
        case State.GIVEN:
            return "given by you, taken as it is"
        case State.STALE:
            return f"{outcome.summary:{_SUMMARY}} {outcome.seconds:6.1f} s"


def show_report(folder: StudyFolder) -> None:
    """Which file to open, and how to follow a number in it; exits with 1 if verification found something."""
    from trialwright.pipeline import count_findings, example_result, last_findings

    problems, notes = count_findings(last_findings(folder, "csr"))
    example = example_result(folder)
    typer.echo(f"\nOpen {folder.document('csr')}")
    typer.echo(f"     {folder.verification('csr')} ({count_of(problems, 'finding')}, {count_of(notes, 'note')})")
    if example is not None:
        command = join(["trialwright", "trace", example, "--study", str(folder.root), "--rows"])
        typer.echo(f"\nFollow a number to its patients:\n  {command}")
    if problems:
        raise typer.Exit(1)


def show_findings(findings: Iterable[Finding], *, on_stderr: bool = False) -> None:
    """Each finding with its place, what is wrong, what was found, and how to mend it."""
    for finding in findings:
        typer.echo(f"{finding.severity.upper()} {finding.rule} in {finding.where}", err=on_stderr)
        for line in (finding.message, finding.evidence, finding.remedy):
            if line:
                typer.echo(f"  {line}", err=on_stderr)


def refuse_to_overwrite(path: Path) -> None:
    """Raises `WorkspaceError` if a file that a command is to write exists already."""
    if path.exists():
        raise WorkspaceError(f"{path} exists already, and files are not overwritten. Name another file, or remove it.")


def count_of(number: int, noun: str) -> str:
    """A number with its noun: `1 finding`, `2 findings`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

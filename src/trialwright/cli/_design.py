"""The commands of design: `trialwright design DIR` for a study, and its parts, each of which needs no study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from trialwright.cli import (
    _design_adaptive,
    _design_bayesian,
    _design_interim,
    _design_models,
    _design_sequential,
    _design_stages,
    _design_study,
    _design_survival,
)
from trialwright.errors import WorkspaceError

#: The command that a first argument means if it names none: the report of a study folder.
_REPORT = "report"


class _StudyOrCommand(TyperGroup):
    """A group whose first argument may be a study folder in place of a command."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # click's own types, which typer brings with it
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            if not Path(args[0]).exists():
                known = ", ".join(name for name in self.commands if name != _REPORT)
                raise WorkspaceError(
                    f"{args[0]} is neither a folder that there is nor a command of `trialwright design`. "
                    f"The commands are: {known}."
                )
            args = [_REPORT, *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_StudyOrCommand,
    help="Design a trial: its size, its analyses, how it will behave.\n\n"
    "`trialwright design DIR` writes the design report of a study folder; the other commands need no study.",
    epilog="Example: trialwright design trialwright-demo",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def register(root: typer.Typer) -> None:
    """Add these commands."""
    app.command(_REPORT, epilog="Example: trialwright design trialwright-demo")(_design_study.report)
    app.command(
        "optimize",
        epilog="Example: trialwright design optimize trialwright-demo --candidates 6 --trials 100",
    )(_design_study.optimize)
    app.command(
        "group-sequential",
        epilog="\b\nExample: trialwright design group-sequential --looks 3 --futility hwang-shih-decani "
        "--futility-parameter -4",
    )(_design_sequential.group_sequential)
    app.command(
        "simulate",
        epilog="\b\nExample: trialwright design simulate --control-median 12 --hazard-ratio 0.7 --subjects 500 "
        "--events 300 --accrual-rate 25 --looks 3",
    )(_design_sequential.simulate)
    app.command(
        "interim",
        epilog="\b\nExample: trialwright design interim --z 1.1 --z 2.2 --observed 0.35 --observed 0.7 "
        "--estimate 0.3 --standard-error 0.14",
    )(_design_interim.interim)
    app.add_typer(_design_survival.app, name="sample-size")
    app.add_typer(_design_models.app, name="escalation")
    app.add_typer(_design_stages.app, name="stages")
    app.add_typer(_design_stages.dose_response_app, name="dose-response")
    app.add_typer(_design_adaptive.app, name="adaptive")
    app.add_typer(_design_bayesian.app, name="bayesian")
    root.add_typer(app, name="design")

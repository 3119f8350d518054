"""Write docs/reference/cli.md from the commands' own help. A test fails when the page is older than the commands."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import typer

from trialwright.cli._app import app

PAGE = Path(__file__).parent / "reference" / "cli.md"

#: Help is laid out for this many columns, whatever the terminal.
WIDTH = "100"


def help_texts() -> Iterator[tuple[str, str]]:
    """Every command with its help, in the order of the help: `trialwright`, `trialwright demo`, ..."""
    root = typer.main.get_command(app)
    yield _help_of(())
    for name in root.commands:  # type: ignore[attr-defined]
        yield from _with_parts((name,))


def _with_parts(path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """A command, and the commands that it has parts."""
    command, text = _help_of(path)
    yield command, text
    for name in re.findall(r"^  ([\w-]+)  ", text.partition("Commands:")[2], re.MULTILINE):
        yield from _with_parts((*path, name))


def _help_of(path: tuple[str, ...]) -> tuple[str, str]:
    from typer.testing import CliRunner

    result = CliRunner().invoke(app, [*path, "--help"], prog_name="trialwright", env={"COLUMNS": WIDTH})
    return " ".join(("trialwright", *path)), result.output


def page() -> str:
    """The whole page."""
    parts = ["# The commands", "", "This page is made from the commands' own help by `make docs`.", ""]
    for command, text in help_texts():
        parts += [f"## {command}", "", "```text", text.strip(), "```", ""]
    return "\n".join(parts)


if __name__ == "__main__":
    os.environ["COLUMNS"] = WIDTH
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")

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
    from typer.testing import CliRunner

    root = typer.main.get_command(app)
    runner = CliRunner()
    paths = [(), *((name,) for name in root.commands)]  # type: ignore[attr-defined]
    for path in paths:
        result = runner.invoke(app, [*path, "--help"], prog_name="trialwright", env={"COLUMNS": WIDTH})
        yield " ".join(("trialwright", *path)), result.output
        for name in re.findall(r"^  (\w+) ", result.output.partition("Commands:")[2], re.MULTILINE) if path else []:
            nested = runner.invoke(app, [*path, name, "--help"], prog_name="trialwright", env={"COLUMNS": WIDTH})
            yield " ".join(("trialwright", *path, name)), nested.output


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

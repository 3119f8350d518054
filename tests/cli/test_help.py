"""Every command has help that ends in an example that works, and is in the docs."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@cache
def reference_writer() -> ModuleType:
    """The script that writes docs/reference/cli.md."""
    spec = importlib.util.spec_from_file_location("write_cli_reference", ROOT / "docs" / "write_cli_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def help_texts() -> dict[str, str]:
    return dict(reference_writer().help_texts())


COMMANDS = sorted(help_texts())


def example_in(text: str) -> list[str]:
    """The words of the command in the last line of a help text."""
    found = re.search(r"Example: trialwright (.*)\Z", re.sub(r"\s+", " ", text.strip()))
    assert found is not None, text
    return shlex.split(found[1])


def test_every_command_is_found() -> None:
    steps = {f"trialwright {name}" for name in ("demo", "new", "rehearse", "derive", "analyze", "display", "run")}
    others = {"trialwright", "trialwright write csr", "trialwright verify", "trialwright trace", "trialwright results"}

    assert steps | others <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_a_command_does_and_ends_in_an_example(command: str) -> None:
    text = help_texts()[command]

    assert text.startswith(f"Usage: {command} ")
    assert re.search(r"^  [A-Z].*\.$", text, re.MULTILINE), "no sentence on what it does"
    assert example_in(text)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_argument_and_option_has_help(command: str) -> None:
    lines = help_texts()[command].partition("Example:")[0].splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if re.match(r"^  (-|[A-Z_]+\.?[a-z]*  )", line):
            # The help of a long option stands below it.
            assert len(line.split("  ")) > 2 or line.endswith(".") or re.match(r" {20,}\S", below), line


def test_the_reference_page_shows_the_help_of_today() -> None:
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")

    assert page == reference_writer().page(), "run `make docs`"


def test_every_example_works(
    trialwright: Callable[..., Any], finished_demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(finished_demo, tmp_path / "trialwright-demo")
    monkeypatch.chdir(tmp_path)

    for command in COMMANDS:
        example = example_in(help_texts()[command])
        finished = trialwright(*example)
        assert finished.code == 0, f"{' '.join(example)}\n{finished.out}{finished.err}"


def test_without_arguments_the_help_is_shown(trialwright: Callable[..., Any]) -> None:
    finished = trialwright()

    assert finished.code == 2
    assert "Commands:" in finished.out + finished.err


def test_the_version_is_printed(trialwright: Callable[..., Any]) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", trialwright("--version").out)


def test_python_dash_m_is_the_same_command() -> None:
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-m", "trialwright", "--version"]) == 0

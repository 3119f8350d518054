"""The commands on the README and on the how-to pages work, and print what the pages say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

#: They take a minute or two: the demo several times over.
LONG_PAGES = {"run-the-demo.md"}


def commands_of(page: Path) -> list[str]:
    """The shell commands of a page: lines that start with `$ ` in console blocks."""
    blocks = re.findall(r"^```console\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def files_of(page: Path) -> dict[str, str]:
    """The files that a page has its reader write: a block after a line that ends in "Put this into `NAME`:"."""
    text = page.read_text(encoding="utf-8")
    return dict(re.findall(r"Put this into `([^`]+)`:\n\n```(?:yaml|csv)\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


def outputs_of(page: Path) -> list[str]:
    """What a page shows as printed: its text blocks."""
    return re.findall(r"^```text\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def pages_with_commands() -> list[object]:
    marks = dict.fromkeys(LONG_PAGES, pytest.mark.expensive)
    return [
        pytest.param(page, id=str(page.relative_to(ROOT)), marks=[marks[page.name]] if page.name in marks else [])
        for page in PAGES
        if commands_of(page)
    ]


def run_in(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run `command` in a shell, with this environment's programs first."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path},
    )


def behind_make(command: str) -> str | None:
    """What `make TARGET` runs, for the demo; None for targets that run this very test, or the real study."""
    target = command.removeprefix("make ")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), f"the Makefile has no target {target}"
    if target != "demo":
        return None
    recipe = re.search(r"^demo:.*\n\t@\$\(BIN\)/(trialwright .*)$", makefile, re.MULTILINE)
    assert recipe is not None
    return recipe[1]


@pytest.mark.parametrize("page", pages_with_commands())
def test_every_command_of_a_page_works(page: Path, finished_demo: Path, tmp_path: Path) -> None:
    shutil.copytree(finished_demo, tmp_path / "build" / "demo")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(Path(sys.executable).parent)

    for name, content in files_of(page).items():
        (tmp_path / name).write_text(content, encoding="utf-8")

    for command in commands_of(page):
        runnable = behind_make(command) if command.startswith("make ") else command
        if runnable is not None:
            # `# exit status 1` after a command says that this is what it is to end with.
            said = re.search(r"# exit status (\d)$", runnable)
            expected = int(said[1]) if said else 0
            finished = run_in(tmp_path, runnable)
            assert finished.returncode == expected, f"{command}\n{finished.stdout}{finished.stderr}"


def shape(text: str) -> list[str]:
    """Lines without their numbers, digests and spaces: a page need not follow every record that is added."""
    bare = re.sub(r"[\d.,]*\d", "#", re.sub(r"\b[0-9a-f]{16,}\b", "#", text))
    return [re.sub(r"\s+", " ", line).strip() for line in bare.splitlines()]


def test_the_readme_shows_what_the_demo_prints(finished_demo: Path) -> None:
    printed = (finished_demo.parent / "demo.txt").read_text(encoding="utf-8")
    shown = re.findall(
        r"^```text\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )[0]

    assert shape(printed.strip().replace(str(finished_demo), "build/demo")) == shape(shown.strip())


def test_the_readme_shows_what_its_trace_prints(finished_demo: Path, tmp_path: Path) -> None:
    shutil.copytree(finished_demo, tmp_path / "build" / "demo")
    command = next(command for command in commands_of(ROOT / "README.md") if " trace " in command)
    shown = re.findall(
        r"^```text\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )[1]

    printed = run_in(tmp_path, command.removeprefix(".venv/bin/")).stdout

    head = shape(shown.strip().removesuffix("...").strip())
    assert shape(printed.strip())[: len(head)] == head

"""Heavy libraries are imported when they are needed: what a process has loaded shows it, on any machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import trialwright

HEAVY = {
    *("babel", "fluent", "lxml", "matplotlib", "numpy", "pandas", "polars", "pyarrow", "pydantic", "rtflite", "scipy"),
    *("rich", "yaml"),
}
ROOMS = sorted(path.parent.name for path in Path(trialwright.__file__).parent.glob("*/__init__.py"))


def loaded_by(statement: str) -> set[str]:
    """Top-level names of the modules that a fresh process has after `statement`."""
    script = f"{statement}; import sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    return set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    )


def test_the_check_sees_a_heavy_import() -> None:
    assert "numpy" in loaded_by("import numpy")


def test_the_package_alone_loads_nothing_heavy() -> None:
    assert loaded_by("import trialwright") & HEAVY == set()


def test_the_commands_load_nothing_heavy_before_one_runs() -> None:
    assert loaded_by("import trialwright.cli._app") & HEAVY == set()


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_loads_no_plotting_fitting_or_document_library(room: str) -> None:
    heaviest = {"scipy", "matplotlib", "lxml", "rtflite", "fluent", "babel", "pandas"}

    assert loaded_by(f"import trialwright.{room}") & heaviest == set()

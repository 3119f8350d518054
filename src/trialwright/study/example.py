"""The example studies that come with the package."""

from __future__ import annotations

from pathlib import Path

from trialwright.errors import StudyError
from trialwright.study.files import read_usdm
from trialwright.study.study import Study

_FOLDER = Path(__file__).parent / "examples"


def example_path(name: str, file: str) -> Path:
    """A file of an example study, such as `study.json`. Raises StudyError when the package has none."""
    path = _FOLDER / name / file
    if not path.is_file():
        there = sorted(str(found.relative_to(_FOLDER)) for found in _FOLDER.glob("*/*.*"))
        raise StudyError(f"There is no example file {name}/{file}. There are: {', '.join(there)}.")
    return path


def example_study(name: str = "calm12") -> Study:
    """An example study: `calm12`, a fictional randomized phase 2 trial in generalized anxiety disorder."""
    return read_usdm(example_path(name, "study.json"))

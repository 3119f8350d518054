"""Reading and writing a study definition."""

from __future__ import annotations

from pathlib import Path

from trialwright.study.reading import parse_definition, read_json, write_json
from trialwright.study.study import Study


def read_usdm(path: Path | str) -> Study:
    """The study of a USDM 4.0 JSON file.

    Raises StudyError when the file is no JSON (with line and column), no USDM file, of another USDM version, or does
    not fit the schema. What is wrong in content (dangling references, loops) is found by `check_study`.
    """
    path = Path(path)
    tree = read_json(path)
    return Study(tree=tree, definition=parse_definition(tree, str(path)), source=str(path))


def write_usdm(study: Study, path: Path | str) -> None:
    """Write the study as USDM JSON: everything that was read, with the changes made since."""
    write_json(study.tree, Path(path))

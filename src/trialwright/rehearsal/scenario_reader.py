"""Scenarios from YAML files; every error names file, line and column."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from trialwright.analysis.marked_yaml import Node, read_yaml
from trialwright.errors import PlanError
from trialwright.rehearsal.scenario import Scenario, ScenarioError
from trialwright.study import example_path


def read_scenario(path: Path) -> Scenario:
    """The scenario in a YAML file, whose keys are the fields of `Scenario` and its parts.

    Raises `ScenarioError` with every problem of the file, each at its line and column.
    """
    try:
        root = read_yaml(path)
    except PlanError as error:
        raise ScenarioError(str(error)) from error
    try:
        return TypeAdapter(Scenario).validate_python(root.plain())
    except ValidationError as error:
        problems = sorted({_problem(root, detail["loc"], detail["type"], detail["msg"]) for detail in error.errors()})
        raise ScenarioError("\n".join(message for _, _, message in problems)) from error


def _problem(root: Node, loc: tuple[int | str, ...], kind: str, message: str) -> tuple[int, int, str]:
    """Line, column and text of one problem."""
    place, last = root.find(loc), loc[-1] if loc else ""
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        place = place.key_node or place
        text = f"the key {last!r} is not known here; remove it or correct its spelling."
    elif kind in ("missing", "missing_keyword_only_argument"):
        text = f"the key {last!r} is missing."
    else:
        found = "" if isinstance(place.value, dict | list) else f" Found {place.value!r}."
        words = message.removeprefix("Value error, ").replace("Input should be", "this must be").rstrip(".")
        text = f"{words}.{found}"
    return place.line, place.column, f"{place.where}: {text}"


def example_scenario(name: str = "calm12") -> Scenario:
    """The scenario of an example study."""
    return read_scenario(example_path(name, "scenario.yaml"))

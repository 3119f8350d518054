"""Scenarios from YAML files; every error names file, line and column."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from trialwright.errors import PlanError
from trialwright.marked_yaml import Node, read_yaml
from trialwright.rehearsal.checked import ScenarioError
from trialwright.rehearsal.scenario import Scenario
from trialwright.study import example_path

#: What pydantic calls a key too much or too few in a dataclass.
_UNKNOWN_KEY = ("extra_forbidden", "unexpected_keyword_argument")
_MISSING_KEY = ("missing", "missing_keyword_only_argument", "missing_argument")


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
        problems = sorted({_problem(root, detail) for detail in error.errors()})
        raise ScenarioError("\n".join(message for _, _, message in problems)) from error


def _problem(root: Node, detail: ErrorDetails) -> tuple[int, int, str]:
    """Line, column and text of one problem."""
    loc, kind = detail["loc"], detail["type"]
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, ScenarioError):
        place = root.find((*loc, *cause.path))
        return place.line, place.column, f"{place.where}: {cause}"
    place, last = root.find(loc), loc[-1] if loc else ""
    if kind in _UNKNOWN_KEY:
        place = place.key_node or place
        text = f"the key {last!r} is not known here; remove it or correct its spelling."
    elif kind in _MISSING_KEY:
        text = f"the key {last!r} is missing."
    else:
        found = "" if isinstance(place.value, dict | list) else f" Found {place.value!r}."
        text = f"{detail['msg'].replace('Input should be', 'this must be').rstrip('.')}.{found}"
    return place.line, place.column, f"{place.where}: {text}"


def example_scenario(name: str = "calm12") -> Scenario:
    """The scenario of an example study."""
    return read_scenario(example_path(name, "scenario.yaml"))

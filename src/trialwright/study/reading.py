"""USDM files: read with every error placed, written without loss."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialwright.errors import StudyError
from trialwright.study.usdm_design import StudyDefinition

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

ACCEPTED_VERSION = "4"
_MOST_PROBLEMS_SHOWN = 10


def read_json(path: Path) -> dict[str, Any]:
    """The USDM file's tree. Raises StudyError when it is no JSON or no USDM 4 file, saying where and what it is."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise StudyError(f"{path} cannot be read: {error.strerror}. Give the path of a USDM JSON file.") from error
    except UnicodeDecodeError as error:
        raise StudyError(
            f"{path} is no UTF-8 text (byte {error.start}). Save the study definition as JSON in UTF-8."
        ) from error
    try:
        tree = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise StudyError(
            f"{path} is no JSON: {error.msg} at line {error.lineno}, column {error.colno}. "
            "Mend the file there, or export the study definition again."
        ) from error
    except RecursionError as error:
        raise StudyError(f"{path} is no study definition: its JSON is nested too deeply to be read.") from error
    except _InvalidJsonError as error:
        raise StudyError(f"{path} is no valid study definition: {error}") from error
    check_wrapper(tree, str(path))
    assert isinstance(tree, dict)  # check_wrapper has refused anything else
    return tree


class _InvalidJsonError(ValueError):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _InvalidJsonError(
            f"the instance {made.get('id') or made.get('name') or '(without id)'} has the attribute {twice!r} twice, "
            "and one of them would be lost. Keep one of them."
        )
    return made


def _no_constant(name: str) -> Any:
    raise _InvalidJsonError(f"{name} is no JSON number. Replace it by a number or null.")


def check_wrapper(tree: object, where: str) -> None:
    """Raise StudyError unless `tree` is the wrapper of a USDM 4 study definition."""
    if not isinstance(tree, dict) or "study" not in tree:
        found = f"an object with {', '.join(map(repr, tree)) or 'nothing'}" if isinstance(tree, dict) else "no object"
        raise StudyError(
            f"{where} is JSON but no USDM file: at its top stands {found}, where USDM has 'study' and 'usdmVersion'. "
            "Export the study definition as USDM JSON, version 4.0."
        )
    version = tree.get("usdmVersion")
    if version is None:
        raise StudyError(
            f"{where} does not say which USDM version it follows (usdmVersion). Accepted is 4.0: add "
            '"usdmVersion": "4.0.0" beside "study" if it is that.'
        )
    if str(version).split(".")[0] != ACCEPTED_VERSION:
        raise StudyError(
            f"{where} follows USDM {version}; accepted is 4.0. "
            "Export it as USDM 4.0, or convert it with a tool of its source system. Nothing was read."
        )


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[StudyDefinition]:
    from pydantic import TypeAdapter

    return TypeAdapter(StudyDefinition)


def parse_definition(tree: Mapping[str, Any], where: str) -> StudyDefinition:
    """The typed records of a USDM tree. Raises StudyError with each attribute that does not fit, placed."""
    from pydantic import ValidationError

    try:
        # As JSON, because only then strict validation takes an array for a tuple: "240" is no number, 1 no boolean.
        definition = _adapter().validate_json(json.dumps(tree["study"]), strict=True)
    except ValidationError as error:
        problems = _problems(error)
        shown = "\n".join(f"  {problem}" for problem in problems[:_MOST_PROBLEMS_SHOWN])
        more = len(problems) - _MOST_PROBLEMS_SHOWN
        rest = f"\n  and {more} more" if more > 0 else ""
        raise StudyError(
            f"{where} does not fit USDM 4.0 in {len(problems)} place{'s' if len(problems) > 1 else ''}:\n"
            f"{shown}{rest}\nMend these attributes as the USDM 4.0 API schema asks."
        ) from error
    if not definition.versions or not definition.versions[0].study_designs:
        lacking = "study.versions[0].studyDesigns" if definition.versions else "study.versions"
        raise StudyError(f"{where} has no study design: {lacking} is empty. Add the version with its study design.")
    return definition


def _problems(error: ValidationError) -> list[str]:
    """What does not fit, placed, each once.

    Where a value may be of two classes, pydantic reports it against both. What it reports against the class that the
    instance does not claim to be (instanceType) is dropped.
    """
    details = error.errors()
    mismatched = [detail["loc"] for detail in details if detail["type"] == "literal_error"]
    not_meant = {location[:-1] for location in mismatched if location[-1] == "instanceType"}
    meant = [detail for detail in details if not any(detail["loc"][: len(place)] == place for place in not_meant)]
    return list(dict.fromkeys(_problem(detail["loc"], detail["msg"], detail["input"]) for detail in meant or details))


def _problem(location: tuple[int | str, ...], message: str, given: object) -> str:
    place = "study"
    for part in location:
        if isinstance(part, int):
            place += f"[{part}]"
        elif part[:1].islower():  # pydantic also names the class that a union tried; that is no place in the file
            place += f".{part}"
    shown = "" if isinstance(given, dict | list) else f" (it is {given!r})"
    return f"{place}: {message}{shown}"


def write_json(tree: Mapping[str, Any], path: Path) -> None:
    """Write the tree, readable, with a closing line end."""
    path.write_text(json.dumps(tree, ensure_ascii=False, indent=2, allow_nan=False) + "\n", encoding="utf-8")

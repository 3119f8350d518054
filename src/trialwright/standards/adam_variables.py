"""The variables of ADaM, by name or pattern: ADaMIG 1.3, the occurrence data structure 1.1 and time to event.

The list is data (`data/adam_variables.csv`; its origin is told in `data/README.md`). Small letters of a name stand for
numbers, as in the guide: `xx` a period from 01 to 99 (TRTxxP), `zz` a number from 01 to 99 (ANLzzFL), `y` a number
from 1 to 99 without leading zero (CRITyFL, AyLO), `w` a number from 1 to 9 (APHASEw).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Literal, TypeAlias

from trialwright.standards.metadata import Core, VariableMetadata, VariableType

ADAM_IG = "ADaMIG 1.3"

#: The structures; time to event is a BDS with variables of its own.
Structure: TypeAlias = Literal["ADSL", "BDS", "OCCDS", "TTE"]

#: Class of a dataset, as `DatasetMetadata.kind` names it, to its structure.
STRUCTURES: Mapping[str, Structure] = {
    "SUBJECT LEVEL ANALYSIS DATASET": "ADSL",
    "BASIC DATA STRUCTURE": "BDS",
    "OCCURRENCE DATA STRUCTURE": "OCCDS",
}

_NUMBERS = {"xx": r"(?!00)\d{2}", "zz": r"(?!00)\d{2}", "y": r"[1-9]\d?", "w": r"[1-9]"}
_PLACEHOLDER = re.compile("xx|zz|y|w")
_CORES: Mapping[str, Core] = {"Req": "Req", "Cond": "Cond", "Perm": "Perm"}


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of the list: what the variable is, the expression its names fit, and where it may stand."""

    variable: VariableMetadata
    names: re.Pattern[str]
    is_pattern: bool
    structures: frozenset[str]
    values: str


def adam_variable(name: str, structure: Structure | None = None) -> VariableMetadata | None:
    """The variable `name` as the guide describes it, the numbers of its name put into the label; None if it does not.

    `TRT01P` is "Planned Treatment for Period 01". Where structures differ (SITEID is required in ADSL only) that of
    `structure` counts, or the first. Types are those of Define-XML: dates `date`, datetimes `datetime`, (N) `integer`.
    """
    found = _find(name, structure)
    if found is None:
        return None
    match = found.names.fullmatch(name)
    assert match is not None
    label = found.variable.label
    for placeholder, number in match.groupdict().items():
        label = re.sub(rf"\b{placeholder}\b", number, label)
    return replace(found.variable, name=name, label=label)


def adam_values(name: str) -> str:
    """What the values of a variable are taken from: a C-code of SDTM or ADaM terminology, `Y` for `Y` or missing."""
    found = _find(name, None)
    return found.values if found is not None else ""


def adam_class_variables(structure: Structure) -> tuple[VariableMetadata, ...]:
    """The variables of a structure in the order of the list, with patterns as names; TTE has those of BDS too."""
    return tuple(entry.variable for entry in _entries() if _fits(entry, structure))


def _find(name: str, structure: Structure | None) -> _Entry | None:
    # A name that is written out goes before one that fits a pattern.
    fitting = [entry for entry in _entries() if entry.names.fullmatch(name) and _fits(entry, structure)]
    return min(fitting, key=lambda entry: entry.is_pattern, default=None)


def _fits(entry: _Entry, structure: Structure | None) -> bool:
    return structure is None or structure in entry.structures or (structure == "TTE" and "BDS" in entry.structures)


@lru_cache(maxsize=1)
def _entries() -> tuple[_Entry, ...]:
    text = (resources.files("trialwright.standards") / "data" / "adam_variables.csv").read_text(encoding="utf-8")
    return tuple(_entry(row) for row in csv.DictReader(text.splitlines()))


def _entry(row: Mapping[str, str]) -> _Entry:
    name, values = row["name"], row["values"]
    pattern = _PLACEHOLDER.sub(lambda found: f"(?P<{found.group()}>{_NUMBERS[found.group()]})", name)
    variable = VariableMetadata(
        name=name,
        label=row["label"],
        type=_type(row),
        codelist=values if values.startswith("C") else "",
        core=_CORES[row["core"]],
        is_mandatory=row["core"] == "Req",
    )
    return _Entry(variable, re.compile(pattern), pattern != name, frozenset(row["structures"].split()), values)


def _type(row: Mapping[str, str]) -> VariableType:
    name = row["name"]
    if row["type"] == "Char":
        return "text"
    if name.endswith("DTM"):
        return "datetime"
    if name.endswith("DT"):
        return "date"
    if name.endswith("TM") and name != "ARELTM":
        return "time"
    whole = ("N", "FN", "DY", "SEQ", "PERIOD", "ASPER", "CNSR", "CD")
    return "integer" if name.endswith(whole) else "float"

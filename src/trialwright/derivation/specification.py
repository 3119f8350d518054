"""What an ADaM dataset is made of, as data: its variables with label, type, origin and method.

Each dataset's module holds its own specification; `build_dataset` holds a frame to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import polars as pl

from trialwright.errors import DataError
from trialwright.standards import Dataset

#: Data types as Define-XML names them.
VariableType: TypeAlias = Literal["text", "integer", "float", "date"]

#: Where a variable comes from, as Define-XML names it.
Origin: TypeAlias = Literal["Predecessor", "Derived", "Assigned"]

_POLARS_TYPES: Mapping[str, pl.DataType] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "float": pl.Float64(),
    "date": pl.Date(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A variable of an ADaM dataset.

    origin  "Predecessor": copied from `method` (`DM.AGE`); "Derived": computed as `method` says; "Assigned": chosen
    method  the source variable, or the rule in words
    """

    name: str
    label: str
    type: VariableType
    origin: Origin
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSpecification:
    """An ADaM dataset.

    label      of the dataset, at most 40 characters
    structure  what one record is
    keys       the variables that identify a record; the dataset is sorted by them
    """

    name: str
    label: str
    structure: str
    keys: tuple[str, ...]
    variables: tuple[Variable, ...]


def copied(source: str, label: str, type: VariableType = "text", *, name: str = "") -> Variable:
    """A variable taken over unchanged from `source` (`DM.AGE`); its name is that of the source unless given."""
    return Variable(name=name or source.split(".")[-1], label=label, type=type, origin="Predecessor", method=source)


def derived(name: str, label: str, type: VariableType, method: str) -> Variable:
    """A variable computed as `method` says."""
    return Variable(name=name, label=label, type=type, origin="Derived", method=method)


def assigned(name: str, label: str, type: VariableType, method: str) -> Variable:
    """A variable whose value is chosen when the dataset is made, not found in the data."""
    return Variable(name=name, label=label, type=type, origin="Assigned", method=method)


def build_dataset(frame: pl.DataFrame, specification: DatasetSpecification) -> Dataset:
    """`frame` as the dataset that `specification` describes: its variables, types and order; rows sorted by the keys.

    Missing keys come first, ties keep their order. Columns outside the specification are dropped. Raises `DataError`
    if a variable of the specification is not in the frame: the derivation and its specification disagree.
    """
    absent = [variable.name for variable in specification.variables if variable.name not in frame.columns]
    if absent:
        raise DataError(
            f"The derivation of {specification.name} made no {', '.join(absent)}, which its specification names. "
            "Derive the variable, or take it out of the specification."
        )
    shaped = frame.select(
        pl.col(variable.name).cast(_POLARS_TYPES[variable.type]) for variable in specification.variables
    ).sort(list(specification.keys), maintain_order=True)
    return Dataset(
        name=specification.name,
        frame=shaped,
        label=specification.label,
        labels={variable.name: variable.label for variable in specification.variables},
    )

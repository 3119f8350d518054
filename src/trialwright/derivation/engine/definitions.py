"""What a specification of derivations holds, once it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from trialwright.marked_yaml import Border
from trialwright.standards.metadata import DataDefinition, DatasetMetadata

if TYPE_CHECKING:
    from trialwright.derivation.engine.context import Context


@dataclass(frozen=True, slots=True)
class Step:
    """A kind of step.

    options  what a specification may say of it
    run      records, options and the study's data to records
    whole    the option that a value which is no mapping stands for: `filter: "AESER = 'Y'"` is its `where`
    """

    options: type[Border]
    run: Callable[[pl.DataFrame, Any, Context], pl.DataFrame]
    whole: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One step of a dataset or frame, with its options; `place` is where it stands in the file."""

    name: str
    options: Border
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameDefinition:
    """Records that are made on the way to a dataset and not written."""

    name: str
    steps: tuple[PlannedStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetDefinition:
    """An analysis dataset: what it is, and the steps that make it."""

    metadata: DatasetMetadata
    steps: tuple[PlannedStep, ...]

    @property
    def name(self) -> str:
        """The name of the dataset."""
        return self.metadata.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Everything that is derived of a study.

    skips_absent  leave out a dataset whose domains or variables are not there, with a finding, instead of raising
    digest        SHA-256 of the texts it was read from
    """

    title: str
    data_definition: DataDefinition
    datasets: Mapping[str, DatasetDefinition]
    frames: Mapping[str, FrameDefinition] = field(default_factory=dict)
    skips_absent: bool = False
    digest: str = ""

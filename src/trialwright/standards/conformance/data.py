"""What is checked: datasets made ready for rules, so that a rule may trust the types of what it reads.

A rule names the variables it reads by what they must be (text, number, date). A dataset in which one is missing, or is
something else, is left out by that rule; that it is missing or of the wrong type is said by the rules for just that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import polars as pl

from trialwright.standards.datasets import Dataset
from trialwright.standards.metadata import DataDefinition, DatasetMetadata

#: The column that numbers the records of a checked frame, from 0. No variable of a dataset can have this name.
RECORD = "#record"

_SEQUENCE = re.compile(r"(?!SRC)[A-Z]{1,3}SEQ")


@dataclass(frozen=True, kw_only=True)
class CheckedDataset:
    """One dataset as the rules see it.

    frame     the data with the column `RECORD`: empty texts and NaN are null, categories are text, decimals are floats
    schema    variable to its type as it came, in the order of the dataset
    kind      class of the dataset, as `DatasetMetadata.kind` names it
    metadata  what the study's definition says of the dataset, if there is a definition and it does
    """

    dataset: Dataset
    frame: pl.DataFrame
    schema: Mapping[str, pl.DataType]
    kind: str = ""
    metadata: DatasetMetadata | None = None

    @property
    def name(self) -> str:
        """Name of the dataset."""
        return self.dataset.name

    @property
    def variables(self) -> list[str]:
        """The variables in the order of the dataset."""
        return list(self.schema)

    def has(self, *names: str) -> bool:
        """Whether all of these variables are there, of whatever type."""
        return all(name in self.schema for name in names)

    def is_text(self, name: str) -> bool:
        """Whether the variable is there and may be read as text; one without any value may."""
        return name in self.schema and self.frame.schema[name] in (pl.String, pl.Null)

    def is_number(self, name: str) -> bool:
        """Whether the variable is there and may be read as a number; one without any value may."""
        return name in self.schema and (self.frame.schema[name].is_numeric() or self.frame.schema[name] == pl.Null)

    def is_date(self, name: str) -> bool:
        """Whether the variable is there and may be read as a date; one without any value may."""
        return name in self.schema and self.frame.schema[name] in (pl.Date, pl.Null)

    def is_sortable(self, name: str) -> bool:
        """Whether the variable is there and its values have an order: texts, numbers, dates and times."""
        if name not in self.schema:
            return False
        dtype = self.frame.schema[name]
        return dtype.is_numeric() or dtype.is_temporal() or dtype in (pl.String, pl.Null, pl.Boolean)

    def texts(self, pattern: str = ".*") -> list[str]:
        """The text variables whose whole name fits the regular expression; those without any value are left out."""
        return [n for n in self.variables if self.frame.schema[n] == pl.String and re.fullmatch(pattern, n)]

    def numbers(self, pattern: str = ".*") -> list[str]:
        """The numeric variables whose whole name fits the regular expression, dates not among them."""
        return [n for n in self.variables if self.frame.schema[n].is_numeric() and re.fullmatch(pattern, n)]

    def dates(self, pattern: str = ".*") -> list[str]:
        """The variables that are dates and whose whole name fits the regular expression."""
        return [n for n in self.variables if self.frame.schema[n] == pl.Date and re.fullmatch(pattern, n)]

    def typed(
        self,
        *,
        texts: Iterable[str] = (),
        numbers: Iterable[str] = (),
        dates: Iterable[str] = (),
        any_type: Iterable[str] = (),
    ) -> CheckedDataset | None:
        """The dataset if it has these variables, as these types; None if not.

        A variable without any value and without a type (polars `Null`) is given the type that is asked for.
        """
        texts, numbers, dates = tuple(texts), tuple(numbers), tuple(dates)
        there = (
            self.has(*any_type)
            and all(map(self.is_text, texts))
            and all(map(self.is_number, numbers))
            and all(map(self.is_date, dates))
        )
        if not there:
            return None
        wanted: dict[str, pl.DataType] = {name: pl.String() for name in texts}
        wanted |= dict.fromkeys(numbers, pl.Float64())
        wanted |= dict.fromkeys(dates, pl.Date())
        casts = [pl.col(n).cast(dtype) for n, dtype in wanted.items() if self.frame.schema[n] == pl.Null]
        return replace(self, frame=self.frame.with_columns(casts)) if casts else self

    @cached_property
    def sequence(self) -> str:
        """The variable that numbers the records of a subject (AESEQ, ASEQ), empty if there is none.

        Of several the dataset's own one: ASEQ, or the one that starts as the name of the dataset does.
        """
        found = [n for n in self.variables if _SEQUENCE.fullmatch(n)]
        own = ("ASEQ", f"{self.name}SEQ", f"{self.name[:2]}SEQ", f"{self.name[2:4]}SEQ")
        return next((n for n in own if n in found), found[0] if len(found) == 1 else "")

    @property
    def places(self) -> tuple[str, ...]:
        """The columns that tell where a record is; the last is its number."""
        found = ("USUBJID", "PARAMCD", self.sequence)
        return (*(name for name in found if name in self.schema), RECORD)


@dataclass(frozen=True, kw_only=True)
class CheckedStudy:
    """The datasets that are checked together.

    datasets    by name: the SDTM domains, or the ADaM datasets
    definition  what the study's specification or define.xml says of them, if known
    domains     the SDTM behind ADaM datasets; empty if it is not known, or if SDTM itself is checked
    """

    datasets: Mapping[str, CheckedDataset]
    definition: DataDefinition | None = None
    domains: Mapping[str, CheckedDataset] = field(default_factory=dict)

    def dataset(
        self, name: str, *, texts: Iterable[str] = (), numbers: Iterable[str] = (), dates: Iterable[str] = ()
    ) -> CheckedDataset | None:
        """The dataset of this name if it is there with these variables, as these types."""
        found = self.datasets.get(name)
        return found.typed(texts=texts, numbers=numbers, dates=dates) if found is not None else None

    def domain(
        self, name: str, *, texts: Iterable[str] = (), numbers: Iterable[str] = (), dates: Iterable[str] = ()
    ) -> CheckedDataset | None:
        """The SDTM domain behind ADaM of this name if it is known and has these variables, as these types."""
        found = self.domains.get(name)
        return found.typed(texts=texts, numbers=numbers, dates=dates) if found is not None else None


def checked_dataset(dataset: Dataset, *, kind: str = "", metadata: DatasetMetadata | None = None) -> CheckedDataset:
    """`dataset` made ready for rules.

    A date with a time keeps its type under a name that ends in DTM (ADTM, TRTSDTM) and is read as a date elsewhere, as
    some readers know dates only with a midnight.
    """
    casts = [cast for name, dtype in dataset.frame.schema.items() if (cast := _ready(name, dtype)) is not None]
    frame = dataset.frame.with_columns(casts).with_row_index(RECORD)
    return CheckedDataset(dataset=dataset, frame=frame, schema=dict(dataset.frame.schema), kind=kind, metadata=metadata)


def _ready(name: str, dtype: pl.DataType) -> pl.Expr | None:
    """How the rules want to see a variable of this type; None for as it is."""
    column = pl.col(name)
    if isinstance(dtype, pl.Categorical | pl.Enum):
        column, dtype = column.cast(pl.String), pl.String()
    if dtype == pl.String:
        return pl.when(column != "").then(column).alias(name)
    if dtype.is_float():
        return column.fill_nan(None)
    if dtype.is_decimal():
        return column.cast(pl.Float64)
    if isinstance(dtype, pl.Datetime) and not name.endswith("DTM"):
        return column.cast(pl.Date)
    return None

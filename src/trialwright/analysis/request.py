"""What a method works on: the records that an analysis asks for, parted into groups, and a way to name what comes out.

Every variable (of a condition, a grouping, a model) is looked up in the analysed dataset first, else in the subject
dataset by USUBJID. Which records there are is for `plan_requests` to find.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from trialwright.analysis.plan import Analysis, Grouping
from trialwright.conditions import parse_condition
from trialwright.errors import MissingVariableError, PlanError, VariableTypeError
from trialwright.results import Result
from trialwright.standards.datasets import Dataset, Datasets

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Booleans: TypeAlias = npt.NDArray[np.bool_]
Groups: TypeAlias = tuple[tuple[str, str], ...]

SUBJECT = "USUBJID"
NOT_ESTIMABLE = "NE"


def number_text(value: float) -> str:
    """A number as the name of a level: without decimals if it has none (`8`), else as short as it can be (`8.5`)."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def level_texts(series: pl.Series) -> list[str | None]:
    """The values as names of levels; None where missing. Numbers as `number_text`, dates as yyyy-mm-dd."""
    if series.dtype.is_numeric():
        return [None if value is None or value != value else number_text(value) for value in series.to_list()]
    return [None if value is None else str(value) for value in series.to_list()]


def contrast_level(first: str, second: str) -> str:
    """The group level of a contrast, A minus B."""
    return f"{first} - {second}"


def ratio_level(first: str, second: str) -> str:
    """The group level of a ratio (of hazards, odds, rates, proportions), A over B."""
    return f"{first} / {second}"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A combination of group levels (a total is one), the records and the subjects that have it.

    groups    (variable, level) of each grouping
    records   which records of the request
    subjects  which subjects of the analysis set; a grouping that is no variable of the subject dataset does not
              restrict them
    """

    groups: Groups
    records: Booleans
    subjects: Booleans

    @property
    def rows(self) -> list[int]:
        """Positions of the records."""
        return np.flatnonzero(self.records).tolist()


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A grouping with the records and subjects of each level.

    levels    name of each level
    records   for each level which records have it
    subjects  for each level which subjects have it; None if the subject dataset lacks the variable
    """

    grouping: Grouping
    levels: tuple[str, ...]
    records: tuple[Booleans, ...]
    subjects: tuple[Booleans, ...] | None

    @property
    def variable(self) -> str:
        """The grouping's variable."""
        return self.grouping.variable

    def with_total(self) -> Axis:
        """With the pooled level, if the grouping has one."""
        if self.grouping.total is None:
            return self
        return replace(
            self,
            levels=(*self.levels, self.grouping.total),
            records=(*self.records, np.logical_or.reduce(self.records)),
            subjects=None if self.subjects is None else (*self.subjects, np.logical_or.reduce(self.subjects)),
        )


@dataclass(frozen=True, kw_only=True)
class Request:
    """The records of one analysis and everything a method needs to name its results.

    frame          the records
    subjects       the subjects of the analysis set
    subject_index  for each record the row of its subject in `subjects`
    method_text    the method and its options as executed
    left_out       what of the data no result counts, in words; every result carries it among its warnings
    event_groups   the plan's groups of terms: by name, variable to values
    datasets       all datasets, by name: for methods that show variables of another one beside a record
    earlier        the results of the analyses that stand above this one in the plan, by analysis id: for methods that
                   work on results (adjusted p-values)
    """

    analysis: Analysis
    alpha: float
    dataset: Dataset
    subject_dataset: Dataset
    frame: pl.DataFrame
    subjects: pl.DataFrame
    subject_index: Integers
    groupings: tuple[Grouping, ...]
    population: str
    where: str
    method_text: str = ""
    left_out: str = ""
    event_groups: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict, repr=False)
    datasets: Datasets = field(default_factory=dict, repr=False)
    earlier: Mapping[str, Sequence[Result]] = field(default_factory=dict, repr=False)
    _axes: dict[str, Axis] = field(default_factory=dict, repr=False, compare=False)

    @property
    def user(self) -> str:
        """What errors call this request."""
        return f"the analysis {self.analysis.id}"

    # --- values ---

    def series(self, variable: str) -> pl.Series:
        """The values of a variable, one for each record."""
        if variable in self.frame.columns:
            return self.frame[variable]
        if variable in self.subjects.columns:
            return self.subjects[variable].gather(self.subject_index)
        raise MissingVariableError(
            dataset=self.dataset.name, variable=variable, needed_by=self.user, present=self.dataset.frame.columns
        )

    def subject_series(self, variable: str) -> pl.Series:
        """The values of a variable of the subject dataset, one for each subject of the analysis set."""
        if variable not in self.subjects.columns:
            raise MissingVariableError(
                dataset=self.subject_dataset.name,
                variable=variable,
                needed_by=self.user,
                present=self.subjects.columns,
            )
        return self.subjects[variable]

    def numbers(self, variable: str) -> Floats:
        """As `series`, as floats; NaN where missing. Raises `VariableTypeError` if the variable is no number."""
        series = self.series(variable)
        if not series.dtype.is_numeric() and series.dtype != pl.Null:
            raise VariableTypeError(
                dataset=self.dataset.name,
                variable=variable,
                needed_by=self.user,
                expected="numeric",
                actual=type_words(series.dtype),
            )
        return series.cast(pl.Float64).fill_null(float("nan")).to_numpy()

    def texts(self, variable: str) -> list[str | None]:
        """As `series`, as names of levels."""
        return level_texts(self.series(variable))

    def holds(self, text: str) -> list[bool]:
        """Which records fulfil a condition."""
        condition = parse_condition(text)
        named = [self.series(name).alias(name) for name in condition.variables]
        frame = pl.DataFrame(named) if named else self.frame
        expression = condition.to_expr(frame.schema, dataset=self.dataset.name, needed_by=self.user)
        return frame.select(expression.alias("holds"))["holds"].to_list()

    def categories(self, conditions: Mapping[str, str]) -> list[str | None]:
        """For each record the name of the first condition that it fulfils; None if it fulfils none."""
        found: list[str | None] = [None] * self.frame.height
        for name, text in reversed(list(conditions.items())):
            found = [name if here else there for here, there in zip(self.holds(text), found, strict=True)]
        return found

    def levels(self, variable: str, declared: Sequence[str] = ()) -> list[str]:
        """The declared levels, then the others that occur, sorted (by value if the variable is a number)."""
        values = self.series(variable).drop_nulls().unique().sort()
        found = level_texts(values)
        return list(dict.fromkeys([*declared, *(level for level in found if level is not None)]))

    # --- groups ---

    def axis(self, grouping: Grouping) -> Axis:
        """The records and subjects of each level of a grouping."""
        if grouping.id not in self._axes:
            records = level_masks(self.series(grouping.variable), grouping, self.dataset.name)
            has = grouping.variable in self.subjects.columns
            self._axes[grouping.id] = Axis(
                grouping=grouping,
                levels=tuple(level.value for level in grouping.levels),
                records=records,
                subjects=level_masks(self.subjects[grouping.variable], grouping, self.subject_dataset.name)
                if has
                else None,
            )
        return self._axes[grouping.id]

    def cells(self, *, totals: bool = False, skip_first: bool = False) -> Iterator[Cell]:
        """Every combination of levels of the groupings, the last one varying fastest; one cell if there are none.

        totals      whether groupings that have a total add it as a level
        skip_first  leaves the first grouping out: the one that tests compare
        """
        axes = [self.axis(grouping) for grouping in self.groupings[1 if skip_first else 0 :]]
        if totals:
            axes = [axis.with_total() for axis in axes]
        for choice in itertools.product(*(range(len(axis.levels)) for axis in axes)):
            records = np.ones(self.frame.height, dtype=bool)
            subjects = np.ones(self.subjects.height, dtype=bool)
            for axis, level in zip(axes, choice, strict=True):
                records = records & axis.records[level]
                if axis.subjects is not None:
                    subjects = subjects & axis.subjects[level]
            groups = tuple((axis.variable, axis.levels[level]) for axis, level in zip(axes, choice, strict=True))
            yield Cell(groups=groups, records=records, subjects=subjects)

    @property
    def compared(self) -> Axis:
        """The first grouping, whose levels tests compare."""
        if not self.groupings:
            raise PlanError(f"{self.user} compares the levels of a grouping: name it under 'by' in the analysis plan.")
        return self.axis(self.groupings[0])

    def level_codes(self, records: Booleans) -> Integers:
        """For each record the index of its level of the first grouping; -1 for none of them, or not in `records`."""
        codes = np.full(self.frame.height, -1, dtype=np.int64)
        for index, mask in enumerate(self.compared.records):
            codes[mask & records] = index
        return codes

    # --- results ---

    def result(
        self,
        stat_name: str,
        value: float | str | None,
        *,
        groups: Groups = (),
        variable: str | None = None,
        level: str | None = None,
        warnings: str = "",
    ) -> Result:
        """One statistic of this analysis; None, NaN and infinity are not estimable, a text goes to `stat_text`."""
        stat: float | None = None
        text: str | None = None
        if isinstance(value, str):
            text = value
        elif value is None or not np.isfinite(value):
            text = NOT_ESTIMABLE
        else:
            stat = float(value)
        return Result(
            analysis_id=self.analysis.id,
            stat_name=stat_name,
            stat=stat,
            groups=groups,
            variable=variable,
            variable_level=level,
            stat_text=text,
            method=self.method_text,
            dataset=self.dataset.name,
            population=self.population,
            where=self.where,
            warnings="\n".join(text for text in (warnings, self.left_out) if text),
        )

    def results(
        self,
        stats: Mapping[str, float | str | None],
        *,
        groups: Groups = (),
        variable: str | None = None,
        level: str | None = None,
        warnings: str = "",
    ) -> list[Result]:
        """Several statistics of one thing."""
        return [
            self.result(name, value, groups=groups, variable=variable, level=level, warnings=warnings)
            for name, value in stats.items()
        ]


def type_words(dtype: pl.DataType) -> str:
    """What a type is called in messages."""
    if dtype.is_numeric():
        return "numeric"
    if dtype == pl.String:
        return "character"
    return "a date" if dtype.is_temporal() else str(dtype)


def level_masks(series: pl.Series, grouping: Grouping, dataset: str) -> tuple[Booleans, ...]:
    """For each level of the grouping which of the values are it."""
    if series.dtype.is_numeric():
        # Compared as numbers: texts of a hundred thousand records take their time.
        numbers = series.cast(pl.Float64).fill_null(float("nan")).to_numpy()
        return tuple(numbers == _as_number(level.value, grouping, dataset) for level in grouping.levels)
    texts = series if series.dtype == pl.String else pl.Series(level_texts(series), dtype=pl.String)
    texts = texts.fill_null("")
    return tuple((texts == level.value).to_numpy().astype(bool, copy=False) for level in grouping.levels)


def _as_number(name: str, grouping: Grouping, dataset: str) -> float:
    try:
        return float(name)
    except ValueError:
        raise VariableTypeError(
            dataset=dataset,
            variable=grouping.variable,
            needed_by=f"the grouping {grouping.id}, which has the level {name!r},",
            expected="character",
            actual="numeric",
        ) from None

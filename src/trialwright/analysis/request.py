"""What a method works on: the records that an analysis asks for, parted into groups, and a way to name what comes out.

How records are found:

- the subjects are those of the subject dataset (ADSL) that fulfil the condition of the analysis set;
- the records are those of the analysed dataset that belong to one of these subjects and fulfil `where`; with a
  selection, one of several;
- every variable (of a condition, a grouping, a model) is looked up in the analysed dataset first, else in the subject
  dataset by USUBJID.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from trialwright.analysis.estimands import IntercurrentEvent
from trialwright.analysis.intercurrent_events import EVENT, Records, left_out_condition, with_strategies
from trialwright.analysis.intercurrent_events import notes as event_notes
from trialwright.analysis.plan import Analysis, AnalysisPlan, Grouping, RecordSelection
from trialwright.conditions import Condition, parse_condition
from trialwright.errors import DataError, MissingDatasetError, MissingVariableError, PlanError, VariableTypeError
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
            records = _level_masks(self.series(grouping.variable), grouping, self.dataset.name)
            has = grouping.variable in self.subjects.columns
            self._axes[grouping.id] = Axis(
                grouping=grouping,
                levels=tuple(level.value for level in grouping.levels),
                records=records,
                subjects=_level_masks(self.subjects[grouping.variable], grouping, self.subject_dataset.name)
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


def _selected(records: pl.DataFrame, selection: RecordSelection) -> pl.DataFrame:
    """The records that `selection` keeps, in their order."""
    names = [name for name, _ in selection.keys]
    ordered = records.with_row_index(_ROW).sort(
        names, descending=[is_largest for _, is_largest in selection.keys], nulls_last=True, maintain_order=True
    )
    return ordered.unique(selection.per, keep="first", maintain_order=True).sort(_ROW).drop(_ROW)


def type_words(dtype: pl.DataType) -> str:
    """What a type is called in messages."""
    if dtype.is_numeric():
        return "numeric"
    if dtype == pl.String:
        return "character"
    return "a date" if dtype.is_temporal() else str(dtype)


def _level_masks(series: pl.Series, grouping: Grouping, dataset: str) -> tuple[Booleans, ...]:
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


def _with_text_subjects(dataset: Dataset, needed_by: str) -> Dataset:
    """The dataset with USUBJID as texts, so that datasets can be joined by it."""
    dtype = dataset.frame.schema[SUBJECT]
    if dtype == pl.String:
        return dataset
    if not isinstance(dtype, pl.Categorical | pl.Enum | pl.Null):
        raise VariableTypeError(
            dataset=dataset.name, variable=SUBJECT, needed_by=needed_by, expected="character", actual=type_words(dtype)
        )
    return replace(dataset, frame=dataset.frame.with_columns(pl.col(SUBJECT).cast(pl.String)))


class Requests:
    """Makes the requests of a plan's analyses, and remembers what several of them share."""

    def __init__(self, plan: AnalysisPlan, datasets: Datasets) -> None:
        self.plan = plan
        self.datasets = datasets
        self._populations: dict[str, tuple[Condition, pl.DataFrame]] = {}
        self._records: dict[tuple[str, str], pl.DataFrame] = {}
        self._said: dict[str, str] = {}

    @property
    def subject_dataset(self) -> Dataset:
        """ADSL; raises `DataError` if a subject has two records in it."""
        return self._dataset(self.plan.subject_dataset, "every analysis set")

    def _dataset(self, name: str, needed_by: str) -> Dataset:
        found = self.datasets.get(name)
        if found is None:
            raise MissingDatasetError(dataset=name, needed_by=needed_by, present=self.datasets)
        found.require([SUBJECT], needed_by=needed_by)
        return _with_text_subjects(found, needed_by)

    def population(self, set_id: str) -> tuple[Condition, pl.DataFrame]:
        """The condition of an analysis set and its subjects."""
        if set_id not in self._populations:
            analysis_set = self.plan.analysis_sets.get(set_id)
            if analysis_set is None:
                known = ", ".join(self.plan.analysis_sets) or "none"
                raise PlanError(f"The plan has no analysis set {set_id!r}. It has: {known}.")
            dataset = self.subject_dataset
            nameless = dataset.frame[SUBJECT].null_count()
            if nameless:
                raise DataError(
                    f"{dataset.name} has records without {SUBJECT} ({nameless}), so nobody can say whose they are. "
                    "Derive it again."
                )
            doubled = dataset.frame.height - dataset.frame[SUBJECT].n_unique()
            if doubled:
                raise DataError(
                    f"{dataset.name} has more than one record for some subjects ({doubled} too many). It must have one "
                    "record per subject: derive it again."
                )
            condition = parse_condition(analysis_set.condition)
            chosen = condition.to_expr(
                dataset.frame.schema, dataset=dataset.name, needed_by=f"the analysis set {set_id}"
            )
            self._populations[set_id] = condition, dataset.frame.filter(chosen)
        return self._populations[set_id]

    def _records_of(self, dataset: Dataset, set_id: str) -> pl.DataFrame:
        """The dataset's records of the set's subjects, with the row of each subject in `_INDEX`."""
        key = dataset.name, set_id
        if key not in self._records:
            _, subjects = self.population(set_id)
            index = subjects.select(SUBJECT).with_row_index(_INDEX)
            self._records[key] = dataset.frame.join(index, on=SUBJECT, how="inner", maintain_order="left")
        return self._records[key]

    def _strangers(self, dataset: Dataset) -> str:
        """Says how many records belong to nobody in the subject dataset; raises `DataError` if that is all of them."""
        everybody = self.subject_dataset
        count = dataset.frame.join(everybody.frame, on=SUBJECT, how="anti").height
        if not count:
            return ""
        if count == dataset.frame.height and everybody.frame.height:
            raise DataError(
                f"No record of {dataset.name} belongs to a subject of {everybody.name}: their {SUBJECT} have nothing "
                "in common. Check that both are of the same study and write their subjects alike."
            )
        return f"records of {dataset.name} that belong to nobody in {everybody.name}, left out: {count}"

    def _left_out(self, dataset: Dataset, subjects: pl.DataFrame, groupings: Sequence[Grouping]) -> str:
        if dataset.name not in self._said:
            self._said[dataset.name] = self._strangers(dataset)
        notes = [self._said[dataset.name]]
        for grouping in groupings:
            if grouping.variable in subjects.columns:
                values = subjects[grouping.variable]
                masks = _level_masks(values, grouping, self.plan.subject_dataset)
                count = int((~np.logical_or.reduce(masks) & values.is_not_null().to_numpy()).sum())
                if count:
                    others = f"subjects with another {grouping.variable} than the levels of {grouping.id}"
                    notes.append(f"{others}, left out: {count}")
        return "\n".join(note for note in notes if note)

    def _without_record(
        self, chosen: pl.DataFrame, subjects: pl.DataFrame, events: Sequence[IntercurrentEvent], user: str
    ) -> dict[int, int]:
        """For each event whose subjects are known, the number of those without any of the chosen records."""
        has = np.zeros(subjects.height, dtype=bool)
        has[chosen[_INDEX].to_numpy()] = True
        everybody = Records(frame=subjects, dataset=self.plan.subject_dataset, user=user)
        return {
            number: int((everybody.holds(event.subjects).to_numpy() & ~has).sum())
            for number, event in enumerate(events)
            if event.subjects
        }

    def request(self, analysis: Analysis, *, where: str | None = None) -> Request:
        """The records of `analysis`; `where` takes the place of its own."""
        user = f"the analysis {analysis.id}"
        dataset = self._dataset(analysis.dataset, user)
        population, subjects = self.population(analysis.population)
        records = self._records_of(dataset, analysis.population)
        events = analysis.intercurrent_events
        condition = parse_condition(left_out_condition(analysis.where, events) if where is None else where)
        dataset.require([name for event in events for name in event.changed], needed_by=user)
        read = [*condition.variables, *(name for event in events for name in parse_condition(event.after).variables)]
        borrowed = [
            name for name in dict.fromkeys(read) if name not in dataset.frame.columns and name in subjects.columns
        ]
        if borrowed:
            index = records[_INDEX].to_numpy()
            records = records.with_columns(subjects[name].gather(index) for name in borrowed)
        said: list[str] = []
        if events:
            records = with_strategies(Records(frame=records, dataset=dataset.name, user=user), events)
            chosen_from = Records(frame=records, dataset=dataset.name, user=user)
            would_have = records.filter(chosen_from.holds(analysis.where))
            said = event_notes(would_have, events, self._without_record(would_have, subjects, events, user))
        expression = condition.to_expr(
            {name: dtype for name, dtype in records.schema.items() if not name.startswith("__")},
            dataset=dataset.name,
            needed_by=user,
        )
        chosen = records.filter(expression)
        if analysis.select is not None:
            dataset.require(list(analysis.select.variables), needed_by=user)
            chosen = _selected(chosen, analysis.select)
        groupings = []
        for id in analysis.by:
            if id not in self.plan.groupings:
                known = ", ".join(self.plan.groupings) or "none"
                raise PlanError(f"The plan has no grouping {id!r}, which {user} names. It has: {known}.")
            groupings.append(self.plan.groupings[id])
        return Request(
            analysis=analysis,
            alpha=self.plan.alpha,
            dataset=dataset,
            subject_dataset=self.subject_dataset,
            frame=chosen.drop(_INDEX, *borrowed, *([EVENT] if events else [])),
            subjects=subjects,
            subject_index=chosen[_INDEX].cast(pl.Int64).to_numpy(),
            groupings=tuple(groupings),
            event_groups=self.plan.event_groups,
            datasets=self.datasets,
            left_out="\n".join(text for text in (self._left_out(dataset, subjects, groupings), *said) if text),
            population=str(population),
            where=str(condition),
        )


_INDEX = "__subject"
_ROW = "__row"

"""Finds the records that the analyses of a plan ask for, and makes their requests.

- the subjects are those of the subject dataset (ADSL) that fulfil the condition of the analysis set;
- the records are those of the analysed dataset that belong to one of these subjects and fulfil `where`; with a
  selection, one of several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from trialwright.analysis.estimands import IntercurrentEvent
from trialwright.analysis.intercurrent_events import EVENT, Records, left_out_condition, with_strategies
from trialwright.analysis.intercurrent_events import notes as event_notes
from trialwright.analysis.plan import Analysis, AnalysisPlan, Grouping, RecordSelection
from trialwright.analysis.request import SUBJECT, Request, level_masks, type_words
from trialwright.conditions import Condition, parse_condition
from trialwright.errors import DataError, MissingDatasetError, PlanError, VariableTypeError
from trialwright.standards.datasets import Dataset, Datasets

_INDEX = "__subject"
_ROW = "__row"


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
                masks = level_masks(values, grouping, self.plan.subject_dataset)
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


def _selected(records: pl.DataFrame, selection: RecordSelection) -> pl.DataFrame:
    """The records that `selection` keeps, in their order."""
    names = [name for name, _ in selection.keys]
    ordered = records.with_row_index(_ROW).sort(
        names, descending=[is_largest for _, is_largest in selection.keys], nulls_last=True, maintain_order=True
    )
    return ordered.unique(selection.per, keep="first", maintain_order=True).sort(_ROW).drop(_ROW)


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

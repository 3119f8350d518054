"""When subjects are at risk, and when they have events: intervals (start, stop], of records or made from events.

Source: Andersen PK, Gill RD. Ann Stat 1982;10:1100-1120 (the counting process).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from trialwright.analysis.methods.recurrent.options import AndersenGillOptions, MeanCumulativeOptions
from trialwright.analysis.request import Booleans, Cell, Floats, Integers, Request, level_texts, type_words
from trialwright.errors import MissingVariableError, PlanError, VariableTypeError


@dataclass(frozen=True, kw_only=True)
class Histories:
    """Intervals at risk (start, stop], one row each.

    events     at the end of each interval
    rows       of the analysed records, or of the subjects if the intervals were made from events
    subjects   row of each interval's subject in the analysis set
    warning    what was left out
    """

    start: Floats
    stop: Floats
    events: Floats
    rows: Integers
    subjects: Integers
    are_records: bool
    warning: str

    def numbers(self, request: Request, variable: str) -> Floats:
        """The values of a variable, one for each interval."""
        values = request.numbers(variable) if self.are_records else subject_numbers(request, variable)
        chosen: Floats = values[self.rows]
        return chosen

    def texts(self, request: Request, variable: str) -> list[str | None]:
        """As `numbers`, as names of levels."""
        texts = request.texts(variable) if self.are_records else level_texts(_subject_series(request, variable))
        return [texts[row] for row in self.rows]

    def levels(self, request: Request, cell: Cell) -> Integers:
        """The level of the first grouping of each interval in `cell`; -1 for the others."""
        if self.are_records:
            codes: Integers = request.level_codes(cell.records)[self.rows]
            return codes
        axis = request.compared
        codes = np.full(len(self.rows), -1, dtype=np.int64)
        for index, mask in enumerate(axis.subjects or ()):
            codes[(mask & cell.subjects)[self.rows]] = index
        return codes

    def inside(self, cell: Cell) -> Booleans:
        """Which intervals are in `cell`."""
        inside: Booleans = (cell.records if self.are_records else cell.subjects)[self.rows]
        return inside


def make_histories(request: Request, options: AndersenGillOptions | MeanCumulativeOptions) -> Histories:
    """The intervals of the request.

    Of records that are events each subject of the analysis set is at risk from 0 to its follow-up, whether it has
    events or not; events outside of that are left out, with a warning.
    """
    if options.start is not None and options.censor is not None:
        return _of_intervals(request, options.start, options.censor)
    for grouping in request.groupings:
        if grouping.variable not in request.subjects.columns:
            raise PlanError(
                f"{request.user} makes intervals at risk from events: its groupings must part all subjects, but "
                f"{grouping.variable} is no variable of {request.subject_dataset.name}."
            )
    return _of_events(request, str(options.follow_up), options.censor)


def history_records(request: Request, options: AndersenGillOptions | MeanCumulativeOptions) -> Booleans:
    """The records that are intervals, or events."""
    used = ~np.isnan(request.numbers(request.analysis.variables[0]))
    for name in (options.start, options.censor):
        if name is not None:
            used &= ~np.isnan(request.numbers(name))
    return used


def _of_intervals(request: Request, start_variable: str, censor: str) -> Histories:
    start, stop = request.numbers(start_variable), request.numbers(request.analysis.variables[0])
    censoring = request.numbers(censor)
    complete = np.isfinite(start) & np.isfinite(stop) & ~np.isnan(censoring)
    with np.errstate(invalid="ignore"):
        used = complete & (stop > start)
    rows = np.flatnonzero(used)
    warnings = []
    if incomplete := int((~complete).sum()):
        warnings.append(f"records without start, end or censoring, left out: {incomplete}")
    if empty := int((complete & ~used).sum()):
        warnings.append(f"intervals that do not end after their start, left out: {empty}")
    return Histories(
        start=start[rows],
        stop=stop[rows],
        events=(censoring[rows] == 0).astype(np.float64),
        rows=rows,
        subjects=request.subject_index[rows],
        are_records=True,
        warning="; ".join(warnings),
    )


def _of_events(request: Request, follow_up: str, censor: str | None) -> Histories:
    ends = np.nan_to_num(subject_numbers(request, follow_up))
    times = request.numbers(request.analysis.variables[0])
    is_event = ~np.isnan(times)
    if censor is not None:
        is_event &= request.numbers(censor) == 0
    position = np.flatnonzero(is_event)
    position = position[np.lexsort((times[position], request.subject_index[position]))]
    subjects, times = request.subject_index[position], times[position]
    inside = (times > 0) & (times <= ends[subjects])
    warnings = []
    if lacking := int((ends <= 0).sum()):
        warnings.append(f"subjects without follow-up above 0, left out: {lacking}")
    if outside := int((~inside).sum()):
        warnings.append(f"events outside of the follow-up, left out: {outside}")
    rows: list[tuple[int, float, float, float]] = []
    by_subject: dict[int, dict[float, float]] = {}
    for subject, time in zip(subjects[inside].tolist(), times[inside].tolist(), strict=True):
        own = by_subject.setdefault(subject, {})
        own[time] = own.get(time, 0.0) + 1.0
    for subject in np.flatnonzero(ends > 0).tolist():
        begin = 0.0
        for time, count in by_subject.get(subject, {}).items():
            rows.append((subject, begin, time, count))
            begin = time
        if begin < ends[subject]:
            rows.append((subject, begin, float(ends[subject]), 0.0))
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    index = table[:, 0].astype(np.int64)
    return Histories(
        start=table[:, 1],
        stop=table[:, 2],
        events=table[:, 3],
        rows=index,
        subjects=index,
        are_records=False,
        warning="; ".join(warnings),
    )


def _subject_series(request: Request, variable: str) -> pl.Series:
    if variable not in request.subjects.columns:
        raise MissingVariableError(
            dataset=request.subject_dataset.name,
            variable=variable,
            needed_by=request.user,
            present=request.subjects.columns,
        )
    return request.subjects[variable]


def subject_numbers(request: Request, variable: str) -> Floats:
    """The values of a variable of the subject dataset, one for each subject of the analysis set; NaN where missing."""
    series = _subject_series(request, variable)
    if not series.dtype.is_numeric():
        raise VariableTypeError(
            dataset=request.subject_dataset.name,
            variable=variable,
            needed_by=request.user,
            expected="numeric",
            actual=type_words(series.dtype),
        )
    return series.cast(pl.Float64).fill_null(float("nan")).to_numpy()

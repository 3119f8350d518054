"""What the methods for time to an event work on: times, events, strata and terms of models, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from trialwright.analysis.methods.survival import times_and_events
from trialwright.analysis.methods.time_to_event.options import EventOptions
from trialwright.analysis.request import (
    SUBJECT,
    Booleans,
    Cell,
    Floats,
    Integers,
    Request,
    contrast_level,
    number_text,
    ratio_level,
)


@dataclass(frozen=True, kw_only=True)
class EventData:
    """The times of a request's records.

    request    which tells, with every result, what is left out
    times      counted from the landmark, if there is one
    start      of records that enter late; None if none do
    has_values which records have a time and its censoring that can be used
    used       those of them that are still at risk at the landmark
    """

    request: Request
    times: Floats
    is_event: Booleans
    start: Floats | None
    has_values: Booleans
    used: Booleans


def event_data(request: Request, options: EventOptions, start: str | None = None) -> EventData:
    """The times of the request's only variable; negative or infinite times and empty periods are left out and said."""
    times, is_event, complete = times_and_events(request, request.analysis.variables[0], options.censor)
    notes = []
    with np.errstate(invalid="ignore"):
        negative = complete & (times < 0)
    if negative.any():
        notes.append(f"records with a negative {request.analysis.variables[0]}, left out: {int(negative.sum())}")
    infinite = complete & np.isinf(times) & ~negative
    if infinite.any():
        notes.append(f"records with an infinite {request.analysis.variables[0]}, left out: {int(infinite.sum())}")
    has_values = complete & ~negative & ~infinite
    starts = None
    if start is not None:
        starts = request.numbers(start)
        has_values = has_values & ~np.isnan(starts)
        with np.errstate(invalid="ignore"):
            empty = has_values & (starts >= times)
        if empty.any():
            notes.append(f"records whose {start} is not before their end, left out: {int(empty.sum())}")
        has_values = has_values & ~empty
    else:
        owners = request.subject_index[has_values]
        several = len(owners) - len(np.unique(owners))
        if several:
            notes.append(f"{several} records too many: some subjects have several; restrict them with 'where'")
    used = has_values
    if options.landmark is not None:
        with np.errstate(invalid="ignore"):
            used = has_values & (times > options.landmark)
        times = times - options.landmark
        if starts is not None:
            starts = np.maximum(starts - options.landmark, 0.0)
    said = "\n".join(note for note in (request.left_out, *notes) if note)
    return EventData(
        request=replace(request, left_out=said),
        times=times,
        is_event=is_event,
        start=starts,
        has_values=has_values,
        used=used,
    )


def codes_of(request: Request, variables: Sequence[str]) -> Integers:
    """A number for each combination of the variables' values; -1 where one is missing."""
    columns = [request.texts(variable) for variable in variables]
    numbers: dict[tuple[str | None, ...], int] = {}
    codes = np.zeros(request.frame.height, dtype=np.int64)
    for row, key in enumerate(zip(*columns, strict=True)) if columns else ():
        codes[row] = -1 if None in key else numbers.setdefault(key, len(numbers))
    return codes


@dataclass(frozen=True, kw_only=True)
class ModelTerms:
    """The columns of a model with the treatment, factors and covariates.

    used      which records of the request have values of all terms
    design    a row for each record used
    names     of the columns, for messages
    arms      levels of the treatment with records; the first is the reference and has no column
    columns   of each term, by the variable's name: the treatment's first
    levels    of each factor: the levels with records; the first is the reference
    """

    used: Booleans
    design: Floats
    names: tuple[str, ...]
    arms: tuple[str, ...]
    columns: Mapping[str, tuple[int, ...]]
    levels: Mapping[str, tuple[str, ...]]

    def arm_function(self, first: str, second: str) -> Floats:
        """What gives the log ratio of two levels of the treatment with records."""
        function = np.zeros(self.design.shape[1])
        for level, sign in ((first, 1.0), (second, -1.0)):
            if level != self.arms[0]:
                function[self.arms.index(level) - 1] += sign
        return function


def model_terms(request: Request, records: Booleans, factors: Sequence[str], covariates: Sequence[str]) -> ModelTerms:
    """The model of those of `records` that have all values; a factor's reference is its first level, sorted."""
    codes = request.level_codes(records)
    used = codes >= 0
    texts = {name: request.texts(name) for name in factors}
    numbers = {name: request.numbers(name) for name in covariates}
    for values in texts.values():
        used = used & np.array([text is not None for text in values], dtype=bool)
    for column in numbers.values():
        used = used & np.isfinite(column)
    axis = request.compared
    arms = tuple(level for index, level in enumerate(axis.levels) if (codes[used] == index).any())
    blocks: list[Floats] = []
    names: list[str] = []
    columns: dict[str, tuple[int, ...]] = {}
    levels: dict[str, tuple[str, ...]] = {}

    def add(term: str, block: list[Floats], labels: list[str]) -> None:
        columns[term] = tuple(range(len(names), len(names) + len(block)))
        blocks.extend(block)
        names.extend(labels)

    present = [axis.levels.index(level) for level in arms]
    add(
        axis.variable,
        [(codes[used] == index).astype(np.float64) for index in present[1:]],
        [f"{axis.variable} = {level}" for level in arms[1:]],
    )
    for name, values in texts.items():
        own = [text for text, chosen in zip(values, used.tolist(), strict=True) if chosen]
        ordered = [level for level in request.levels(name) if level in set(own)]
        levels[name] = tuple(ordered)
        add(
            name,
            [np.array([text == level for text in own], dtype=np.float64) for level in ordered[1:]],
            [f"{name} = {level}" for level in ordered[1:]],
        )
    for name, column in numbers.items():
        add(name, [column[used]], [name])
    design = np.column_stack(blocks) if blocks else np.zeros((int(used.sum()), 0))
    return ModelTerms(used=used, design=design, names=tuple(names), arms=arms, columns=columns, levels=levels)


def ratio_groups(request: Request, cell: Cell, first: str, second: str) -> tuple[tuple[str, str], ...]:
    """The groups of a ratio of two levels of the first grouping."""
    return ((request.compared.variable, ratio_level(first, second)), *cell.groups)


def contrast_groups(request: Request, cell: Cell, first: str, second: str) -> tuple[tuple[str, str], ...]:
    """The groups of a difference of two levels of the first grouping."""
    return ((request.compared.variable, contrast_level(first, second)), *cell.groups)


def cluster_codes(request: Request, variable: str) -> Integers:
    """The cluster of each record; a missing one is a cluster of its own."""
    if variable == SUBJECT:
        return request.subject_index
    codes = codes_of(request, [variable])
    alone = codes < 0
    codes[alone] = codes.max(initial=0) + 1 + np.arange(int(alone.sum()))
    return codes


def interval_texts(cutpoints: Sequence[float]) -> list[str]:
    """The names of the intervals between cutpoints: `(0, 28]`, ..., `(56, inf)`."""
    bounds = [number_text(point) for point in (0.0, *cutpoints)]
    closed = [f"({left}, {right}]" for left, right in pairwise(bounds)]
    return [*closed, f"({bounds[-1]}, inf)"]

"""`listing`: the records themselves, each value a result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from trialwright.analysis.methods.listing_options import AcrossOptions, ListingOptions
from trialwright.analysis.methods.listing_records import with_computed
from trialwright.analysis.request import SUBJECT, Groups, Request
from trialwright.errors import MissingVariableError, PlanError
from trialwright.results import Result

#: The second group of a listing's results: the number of the row within its subject, from 1.
ROW = "row"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRow:
    """A row of a listing: the position of its first record, and of the record of each level that stands across."""

    groups: Groups
    first: int
    across: tuple[tuple[str, int], ...] = ()


def analyze_listing(request: Request, options: ListingOptions) -> Iterator[Result]:
    """`value` of each variable of each record, by subject; then how many records and subjects are listed.

    Numbers are statistics; texts and dates (yyyy-mm-dd) are texts; a missing value is an empty text. With `across`, the
    values have the level of their record and only those are given that there are. `n_records` and `n` (subjects) count
    the records before they are set side by side.
    """
    request = with_computed(request, options)
    across = _across(request, options)
    beside = () if across is None else tuple(across.values)
    columns = {name: list(map(_shown, request.series(name).to_list())) for name in request.analysis.variables}
    own = [(name, values) for name, values in columns.items() if name not in beside]
    for row in _rows(request, options):
        for name, values in own:
            yield request.result("value", values[row.first], groups=row.groups, variable=name)
        for name in beside:
            values = columns[name]
            for level, position in row.across:
                if values[position] != "":
                    yield request.result("value", values[position], groups=row.groups, variable=name, level=level)
    yield request.result("n_records", request.frame.height)
    yield request.result("n", request.frame[SUBJECT].n_unique())


def listed_positions(request: Request, options: ListingOptions, result: Result) -> list[int]:
    """Which of the records stand in the row of `result`, or at its level of it."""
    for row in _rows(with_computed(request, options), options):
        if row.groups != result.groups:
            continue
        if result.variable_level is not None:
            return [position for level, position in row.across if level == result.variable_level]
        return [row.first, *(position for _, position in row.across)]
    return []


def _across(request: Request, options: ListingOptions) -> AcrossOptions | None:
    across = options.across
    for name in across.values if across is not None else ():
        if name not in request.analysis.variables:
            raise PlanError(
                f"{request.user} sets {name} side by side, but does not list it. "
                f"It lists: {', '.join(request.analysis.variables)}."
            )
    return across


def _rows(request: Request, options: ListingOptions) -> list[ListedRow]:
    """The rows in the listing's order: subjects by `subjects` and USUBJID, their records by `sort`."""
    ordered = _ordered(request, options)
    numbers: dict[str, int] = {}

    def groups(subject: str) -> Groups:
        numbers[subject] = numbers.get(subject, 0) + 1
        return (SUBJECT, subject), (ROW, str(numbers[subject]))

    if options.across is None:
        pairs = ordered.select(SUBJECT, _POSITION).iter_rows()
        return [ListedRow(groups=groups(subject), first=position) for subject, position in pairs]
    found: dict[tuple[object, ...], tuple[str, int, dict[str, int]]] = {}
    keys = [ordered[name].to_list() for name in (SUBJECT, *options.across.rows)]
    levels = pl.Series(request.texts(options.across.variable), dtype=pl.String)[ordered[_POSITION]].to_list()
    for level, position, *key in zip(levels, ordered[_POSITION].to_list(), *keys, strict=True):
        # A second record of the same level begins a row of its own.
        copy = 0
        while level in found.setdefault((*key, copy), (key[0], position, {}))[2]:
            copy += 1
        if level is not None:
            found[*key, copy][2][level] = position
    return [
        ListedRow(groups=groups(subject), first=first, across=tuple(across.items()))
        for subject, first, across in found.values()
    ]


_POSITION = "__position"


def _ordered(request: Request, options: ListingOptions) -> pl.DataFrame:
    """The records' variables that order or part them, in the order of the listing, with their positions."""
    keys = [*options.subjects, SUBJECT, *options.sort]
    rows = options.across.rows if options.across is not None else []
    names = list(dict.fromkeys(name.removeprefix("-") for name in (*keys, *rows)))
    for name in names:
        if name not in request.frame.columns and name not in request.subjects.columns:
            raise MissingVariableError(
                dataset=request.dataset.name, variable=name, needed_by=request.user, present=request.frame.columns
            )
    frame = pl.DataFrame([request.series(name).alias(name) for name in names]).with_row_index(_POSITION)
    return _sorted(frame, keys)


def _sorted(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    unique = list(dict.fromkeys(keys))
    return frame.sort(
        [name.removeprefix("-") for name in unique],
        descending=[name.startswith("-") for name in unique],
        nulls_last=True,
        maintain_order=True,
    )


def _shown(value: object) -> float | str:
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "" if value != value else float(value)
    return str(value)

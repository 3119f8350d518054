"""The values that a method compares: of each group, of each pair, of each stratum."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from trialwright.analysis.request import Booleans, Floats, Integers, Request


def complete_records(request: Request, variables: Sequence[str], strata: Sequence[str] = ()) -> Booleans:
    """Which records have all of these numbers and all of these strata."""
    complete = np.ones(request.frame.height, dtype=bool)
    for name in variables:
        complete &= ~np.isnan(request.numbers(name))
    for name in strata:
        complete &= request.series(name).is_not_null().to_numpy()
    return complete


def analyzed_records(request: Request, others: Sequence[str] = (), strata: Sequence[str] = ()) -> Booleans:
    """The records that a method worked on: complete for the only variable or, with several, for any of them."""
    complete = [complete_records(request, [name, *others], strata) for name in request.analysis.variables]
    used: Booleans = np.logical_or.reduce(complete)
    return used


def in_some_level(request: Request) -> Booleans:
    """Which records have a level of the first grouping; all of them if there is no grouping."""
    everything = np.ones(request.frame.height, dtype=bool)
    return request.level_codes(everything) >= 0 if request.groupings else everything


def stratum_numbers(request: Request, variables: Sequence[str]) -> Integers:
    """A number for each combination of the strata's values, from 0 in order of appearance."""
    numbers: dict[tuple[str | None, ...], int] = {}
    columns = [request.texts(name) for name in variables]
    keys = zip(*columns, strict=True) if columns else [()] * request.frame.height
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def midranks(values: Floats) -> Floats:
    """Ranks from 1; ties have the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Floats = (last - (counts - 1) / 2)[inverse]
    return ranks


def tie_sum(values: Floats) -> float:
    """The sum of t^3 - t over the numbers t of equal values."""
    _, counts = np.unique(values, return_counts=True)
    counts = counts.astype(np.float64)
    return float((counts**3 - counts).sum())


def without_rounding_errors(values: Floats, scale: float) -> Floats:
    """`values`, differences of numbers up to `scale`, to 12 digits of it: so that those that are equal are ties."""
    if not scale:
        return values
    rounded: Floats = np.round(values, 12 - math.ceil(math.log10(scale)))
    return rounded

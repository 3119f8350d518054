"""Who responds: each subject once, with its group and its stratum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from trialwright.analysis.methods.proportions.options import BinaryOptions
from trialwright.analysis.methods.proportions.strata import stratum_codes
from trialwright.analysis.request import Booleans, Cell, Integers, Request, level_texts
from trialwright.errors import PlanError

#: Pairs of levels of which the first is the response if the plan does not say which.
_USUAL = (("Y", "N"), ("1", "0"), ("True", "False"))


@dataclass(frozen=True, kw_only=True)
class Responses:
    """The subjects of a cell, by their row in the analysis set.

    is_counted   who is in the denominator
    responds     who responds
    is_missing   whose response is not known; they are counted only as failures
    warning      what the reader must know
    """

    is_counted: Booleans
    responds: Booleans
    is_missing: Booleans
    warning: str


def usual_response(request: Request, variables: Sequence[str]) -> str:
    """The level that is the response if the plan does not say so; raises `PlanError` for other levels than Y/N, 0/1."""
    levels = {level for variable in variables for level in request.levels(variable)}
    for pair in _USUAL:
        if levels <= set(pair):
            return pair[0]
    raise PlanError(
        f"{request.user} does not say which level of {' and '.join(variables)} is the response, and they are not Y and "
        f"N or 0 and 1: {', '.join(sorted(levels)[:8])}. Name it with the option response, or a condition with event."
    )


def response_records(request: Request, variable: str, options: BinaryOptions) -> tuple[Booleans, Booleans, str]:
    """Which records are a response, which have a value, and a warning if none of them is the opposite of a response."""
    if options.event is not None:
        return np.array(request.holds(options.event), dtype=bool), np.ones(request.frame.height, dtype=bool), ""
    response = usual_response(request, [variable]) if options.response is None else options.response
    texts = request.texts(variable)
    holds = np.array([text == response for text in texts], dtype=bool)
    known = np.array([text is not None for text in texts], dtype=bool)
    warning = ""
    if holds.any() and not (known & ~holds).any() and not known.all() and options.missing == "exclude":
        warning = (
            f"all values of {variable} are {response}, and missing ones are left out: if a missing value means no "
            "response, say so with the option event"
        )
    return holds, known, warning


def find_responses(request: Request, variable: str, options: BinaryOptions, cell: Cell) -> Responses:
    """Who of the cell's subjects responds.

    A subject with several records responds if one of them is a response. Expected are the cell's subjects, but if the
    first grouping is no variable of the subject dataset only those with a record.
    """
    holds, known, warning = response_records(request, variable, options)
    size = request.subjects.height
    owners = request.subject_index
    present, observed, responds = (np.zeros(size, dtype=bool) for _ in range(3))
    present[owners[cell.records]] = True
    observed[owners[cell.records & known]] = True
    responds[owners[cell.records & known & holds]] = True
    is_subject_level = not request.groupings or request.axis(request.groupings[0]).subjects is not None
    expected = (cell.subjects | present) if is_subject_level else present
    is_missing = expected & ~observed
    count = int(is_missing.sum())
    if count and options.missing == "failure":
        warning = "; ".join(
            text for text in (warning, f"subjects without a response, counted as failures: {count}") if text
        )
    return Responses(
        is_counted=observed | is_missing if options.missing == "failure" else observed,
        responds=responds,
        is_missing=is_missing,
        warning=warning,
    )


def used_records(request: Request, options: BinaryOptions) -> Booleans:
    """The records with a value, of several variables of any of them; for `trace`."""
    used = np.zeros(request.frame.height, dtype=bool)
    for variable in request.analysis.variables:
        used |= response_records(request, variable, options)[1]
    return used


def _subject_texts(request: Request, variable: str, first: Integers) -> list[str | None]:
    """Of each subject the value in its first record, of one without a record that in the subject dataset.

    first  the first record of each subject; -1 for none
    """
    values: list[str | None] = [None] * request.subjects.height
    if variable in request.subjects.columns:
        values = level_texts(request.subjects[variable])
    if variable in request.frame.columns or variable not in request.subjects.columns:
        texts = request.texts(variable)
        values = [texts[row] if row >= 0 else value for row, value in zip(first.tolist(), values, strict=True)]
    return values


def _first_records(request: Request, records: Booleans) -> Integers:
    first = np.full(request.subjects.height, -1, dtype=np.int64)
    rows = np.flatnonzero(records)
    owners, where = np.unique(request.subject_index[rows], return_index=True)
    first[owners] = rows[where]
    return first


def subject_strata(request: Request, variables: Sequence[str], records: Booleans) -> Integers:
    """The stratum of each subject, by its first record or else the subject dataset; -1 for none."""
    first = _first_records(request, records)
    return stratum_codes([_subject_texts(request, name, first) for name in variables], request.subjects.height)


def subject_series(request: Request, variable: str, records: Booleans) -> pl.Series:
    """The value of a variable for each subject: in its first record, or else in the subject dataset."""
    first = _first_records(request, records)
    if variable not in request.frame.columns:
        request.series(variable)  # says so if neither dataset has it
        return request.subjects[variable]
    row = pl.Series([None if number < 0 else number for number in first.tolist()], dtype=pl.UInt32)
    values = request.frame[variable].gather(row)
    if variable in request.subjects.columns:
        values = pl.select(pl.when(row.is_null()).then(request.subjects[variable]).otherwise(values)).to_series()
    return values


def group_codes(request: Request, records: Booleans) -> Integers:
    """The level of the first grouping of each subject, by its first record or else the subject dataset; -1 for none."""
    codes = np.full(request.subjects.height, -1, dtype=np.int64)
    axis = request.compared
    for index, members in enumerate(axis.subjects or ()):
        codes[members] = index
    first = _first_records(request, records)
    of_record = request.level_codes(records)
    has = first >= 0
    codes[has] = of_record[first[has]]
    return codes

"""`time_to_first_event` and `event_duration`: how soon events come, and how long they last.

Source: Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481; intervals as for `kaplan_meier`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from trialwright.analysis.methods.counts import empty_group, proportion
from trialwright.analysis.methods.descriptive import compute_descriptive
from trialwright.analysis.methods.safety.options import EventDurationOptions, FirstEventOptions
from trialwright.analysis.methods.survival import (
    compute_quantile_time,
    compute_survival,
    point_statistics,
    quantile_statistics,
)
from trialwright.analysis.request import Booleans, Floats, Request, number_text, type_words
from trialwright.errors import MissingVariableError, VariableTypeError
from trialwright.results import Result


def days_of(series: pl.Series, *, dataset: str, needed_by: str) -> Floats:
    """Dates as days since 1970-01-01, NaN where missing; a text must be a whole ISO date, others are missing.

    Raises `VariableTypeError` for a number, which is no date.
    """
    if series.dtype == pl.String:
        series = series.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    if series.dtype == pl.Null:
        return np.full(len(series), np.nan)
    if not series.dtype.is_temporal():
        raise VariableTypeError(
            dataset=dataset,
            variable=series.name,
            needed_by=needed_by,
            expected="a date",
            actual=type_words(series.dtype),
        )
    return series.cast(pl.Date).cast(pl.Int32).cast(pl.Float64).fill_null(float("nan")).to_numpy()


def subject_days(request: Request, variable: str) -> Floats:
    """A date of each subject of the analysis set, as `days_of`."""
    if variable not in request.subjects.columns:
        raise MissingVariableError(
            dataset=request.subject_dataset.name,
            variable=variable,
            needed_by=request.user,
            present=request.subjects.columns,
        )
    return days_of(request.subjects[variable], dataset=request.subject_dataset.name, needed_by=request.user)


def record_days(request: Request, variable: str) -> Floats:
    """A date of each record, as `days_of`."""
    return days_of(request.series(variable), dataset=request.dataset.name, needed_by=request.user)


def first_event_times(request: Request, options: FirstEventOptions) -> tuple[Floats, Booleans]:
    """For each subject of the analysis set the day of its first event, else the last day observed; NaN if unknown.

    Days count from the start, which is day 1. An event before the start is on day 1. The day of a subject that has
    events, none of them with a date, is unknown: it is not censored.
    """
    start, end = subject_days(request, options.start), subject_days(request, options.end)
    first = np.full(request.subjects.height, np.nan)
    np.fmin.at(first, request.subject_index, record_days(request, request.analysis.variables[0]))
    has_event = np.zeros(request.subjects.height, dtype=bool)
    has_event[request.subject_index] = True
    times = np.where(has_event, np.maximum(first - start + 1, 1), end - start + 1)
    return np.where(np.isnan(start), np.nan, times), has_event


def analyze_first_event(request: Request, options: FirstEventOptions) -> Iterator[Result]:
    """The distribution of the time to the first event over all subjects of a group, whether they have records or not.

    The analysed variable is the date of an event (ASTDT); `where` says which events count. A subject whose start, or
    whose end if it had no event, is missing is left out (`n_missing`), as is one that ended before it began, or whose
    events have no date, which a warning says.
    """
    variable = request.analysis.variables[0]
    times, has_event = first_event_times(request, options)
    with np.errstate(invalid="ignore"):
        usable = ~np.isnan(times) & (times > 0)
    knows_start = ~np.isnan(subject_days(request, options.start))
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    for cell in request.cells():
        chosen = cell.subjects & usable
        curve = compute_survival(times[chosen], has_event[chosen], conf_level, options.conf_type)
        undated = int((cell.subjects & has_event & np.isnan(times) & knows_start).sum())
        notes = [empty_group(cell) or ("" if curve.events.sum() else "no events")]
        notes += [f"subjects whose events have no date, left out: {undated}"] if undated else []
        warning = "\n".join(filter(None, notes))
        n, events = int(chosen.sum()), int(curve.events.sum())
        stats: dict[str, float | str | None] = {
            "n": n,
            "n_missing": int((cell.subjects & ~usable).sum()),
            "events": events,
            "censored": n - events,
            "p": proportion(events, n),
            "conf_level": conf_level,
            **quantile_statistics(curve),
        }
        yield from request.results(stats, groups=cell.groups, variable=variable, warnings=warning)
        for time in sorted({0.0, *options.times, *curve.times.tolist()}):
            point = point_statistics(curve, time)
            said = warning
            if point["survival"] is None and not said:
                said = f"nobody is observed until {number_text(time)}"
            yield from request.results(
                point, groups=cell.groups, variable=variable, level=number_text(time), warnings=said
            )


def analyze_event_duration(request: Request, options: EventDurationOptions) -> Iterator[Result]:
    """Days from start to end of an event, both counted: of those that ended, and with the others as censored.

    `n` events, of which `n_ended` have an end; mean, SD, median, quartiles and range of these; `km_median` with its
    interval over all events, one without end lasting at least to the cutoff. An event without start, without end and
    cutoff, or that ends before it starts is left out (`n_missing`). The interval takes events as independent.
    """
    variable = request.analysis.variables[0]
    durations, has_ended, usable = _durations(request, options)
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    for cell in request.cells(totals=True):
        chosen = cell.records & usable
        ended = compute_descriptive(durations[chosen & has_ended])
        curve = compute_survival(durations[chosen], has_ended[chosen], conf_level, options.conf_type)
        median, lower, upper = compute_quantile_time(curve, 0.5)
        described = {name: ended[name] for name in ("mean", "sd", "median", "q1", "q3", "min", "max")}
        stats: dict[str, float | str | None] = {
            "n": int(chosen.sum()),
            "n_ended": ended["n"],
            "n_missing": int((cell.records & ~usable).sum()),
            **described,
            "km_median": median,
            "ci_lower": lower,
            "ci_upper": upper,
            "conf_level": conf_level,
        }
        warning = empty_group(cell) or _why_nothing(int(chosen.sum()), ended["n"])
        yield from request.results(stats, groups=cell.groups, variable=variable, warnings=warning)


def _why_nothing(events: int, ended: float | str | None) -> str:
    if not events:
        return "no events"
    return "" if ended else "no event has ended"


def _durations(request: Request, options: EventDurationOptions) -> tuple[Floats, Booleans, Booleans]:
    start, end = record_days(request, options.start), record_days(request, options.end)
    cutoff = subject_days(request, options.cutoff)[request.subject_index]
    has_ended = ~np.isnan(end)
    durations = np.where(has_ended, end, cutoff) - start + 1
    with np.errstate(invalid="ignore"):
        return durations, has_ended, ~np.isnan(durations) & (durations > 0)


def duration_records(request: Request, options: EventDurationOptions) -> Booleans:
    """The events that have a duration, ended or not."""
    return _durations(request, options)[2]


def first_event_records(request: Request, options: FirstEventOptions) -> Booleans:
    """The first event of each subject (several of one day count all)."""
    days = record_days(request, request.analysis.variables[0])
    first = np.full(request.subjects.height, np.nan)
    np.fmin.at(first, request.subject_index, days)
    matches: Sequence[bool] = (days == first[request.subject_index]).tolist()
    return np.array(matches, dtype=bool)

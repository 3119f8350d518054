"""`kaplan_meier`: survival curves with quantiles, rates at landmarks and their differences, and time under observation.

Sources: Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481. Brookmeyer R, Crowley J. Biometrics 1982;38:29-41.
Differences at a time: Klein JP, Logan B, Harhoff M, Andersen PK. Stat Med 2007;26:4505-4519; interval of the difference
from log(-log) limits: Zou GY, Donner A. Stat Med 2008;27:1693-1702. Follow-up: Schemper M, Smith TL. Control Clin
Trials 1996;17:343-346.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.counts import empty_group, proportion
from trialwright.analysis.methods.distributions import normal_quantile
from trialwright.analysis.methods.survival import (
    QUARTILES,
    SurvivalCurve,
    compute_survival,
    point_statistics,
    quantile_statistics,
)
from trialwright.analysis.methods.time_to_event.data import EventData, contrast_groups, event_data
from trialwright.analysis.methods.time_to_event.options import KaplanMeierOptions
from trialwright.analysis.request import Booleans, Cell, Request, number_text
from trialwright.results import Result

_Stats = dict[str, float | str | None]


def analyze_kaplan_meier(request: Request, options: KaplanMeierOptions) -> Iterator[Result]:
    """The curve of each group, its quartiles with intervals, the numbers at risk at `times`, and contrasts there."""
    data = event_data(request, options)
    request = data.request
    variable = request.analysis.variables[0]
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    for cell in request.cells():
        chosen = cell.records & data.used
        times, is_event = data.times[chosen], data.is_event[chosen]
        curve = compute_survival(times, is_event, conf_level, options.conf_type)
        warning = empty_group(cell)
        if not warning and not curve.events.sum():
            warning = "no events"
        n, events = int(chosen.sum()), int(curve.events.sum())
        stats: _Stats = {
            "n": n,
            "n_missing": int((cell.records & ~data.has_values).sum()),
            "events": events,
            "censored": n - events,
            "p": proportion(events, n),
            "conf_level": conf_level,
        }
        if options.landmark is not None:
            stats["n_before_landmark"] = int((cell.records & data.has_values & ~data.used).sum())
        others = ((f"percentile_{number_text(round(100 * one, 10))}", one) for one in options.quantiles)
        stats |= quantile_statistics(curve, (*QUARTILES, *others))
        yield from request.results(stats, groups=cell.groups, variable=variable, warnings=warning)
        if options.follow_up:
            reverse = compute_survival(times, ~is_event, conf_level, options.conf_type)
            named = ((f"follow_up_{name}", one) for name, one in QUARTILES)
            said = "nobody is censored" if n and events == n else empty_group(cell)
            yield from request.results(
                quantile_statistics(reverse, tuple(named)), groups=cell.groups, variable=variable, warnings=said
            )
        yield from _points(request, variable, cell, curve, options.times, warning)
    if options.contrasts:
        yield from _contrasts(request, variable, data, options, conf_level)


def _points(
    request: Request, variable: str, cell: Cell, curve: SurvivalCurve, asked: Sequence[float], warning: str
) -> Iterator[Result]:
    for time in sorted({0.0, *asked, *curve.times.tolist()}):
        stats = point_statistics(curve, time)
        said = warning
        if stats["survival"] is None and len(curve.times):
            said = warning or f"nobody is observed until {number_text(time)}"
        yield from request.results(stats, groups=cell.groups, variable=variable, level=number_text(time), warnings=said)


@dataclass(frozen=True, kw_only=True)
class _Rate:
    """Survival at a time; `warning` says why it is unknown."""

    survival: float = math.nan
    se: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    warning: str = ""


def _rate(data: EventData, records: Booleans, time: float, conf_level: float) -> _Rate:
    """Survival at `time`, with log(-log) limits."""
    if not records.any():
        return _Rate(warning="no subjects in one of the groups")
    curve = compute_survival(data.times[records], data.is_event[records], conf_level, "log-log")
    position = int(np.searchsorted(curve.times, time, side="right")) - 1
    if position < 0:
        return _Rate(survival=1.0, se=0.0, lower=1.0, upper=1.0)
    if time > curve.times[-1] and curve.survival[-1] > 0:
        return _Rate(warning=f"nobody in one of the groups is observed until {number_text(time)}")
    return _Rate(
        survival=float(curve.survival[position]),
        se=float(curve.se[position]),
        lower=float(curve.lower[position]),
        upper=float(curve.upper[position]),
    )


def _contrasts(
    request: Request, variable: str, data: EventData, options: KaplanMeierOptions, conf_level: float
) -> Iterator[Result]:
    axis = request.compared
    z = normal_quantile((1 + conf_level) / 2)
    for cell in request.cells(skip_first=True):
        for first, second in options.contrasts:
            masks = [cell.records & data.used & axis.records[axis.levels.index(level)] for level in (first, second)]
            for time in options.times:
                rates = [_rate(data, mask, time, conf_level) for mask in masks]
                stats, warning = _difference(rates[0], rates[1], z, options.contrast_scale)
                yield from request.results(
                    stats | {"conf_level": conf_level, "time": time},
                    groups=contrast_groups(request, cell, first, second),
                    variable=variable,
                    level=number_text(time),
                    warnings=warning,
                )


def _difference(first: _Rate, second: _Rate, z: float, scale: str) -> tuple[_Stats, str]:
    """A - B with Wald's test and interval, on the plain or the log(-log) scale."""
    warning = first.warning or second.warning
    difference = first.survival - second.survival
    se = math.hypot(first.se, second.se)
    lower, upper, statistic = difference - z * se, difference + z * se, math.nan
    if not warning and not se > 0:
        warning = "no events, or no survivors, in one of the groups: the difference has no standard error"
        lower = upper = math.nan
    elif not warning and scale == "plain":
        statistic = difference / se
    elif not warning:
        lower = difference - math.hypot(first.survival - first.lower, second.upper - second.survival)
        upper = difference + math.hypot(first.upper - first.survival, second.survival - second.lower)
        if min(first.se, second.se) > 0:
            values = [math.log(-math.log(rate.survival)) for rate in (first, second)]
            errors = [rate.se / (rate.survival * math.log(rate.survival)) for rate in (first, second)]
            # log(-log) falls as survival rises: the sign is turned, so that it is that of the difference.
            statistic = (values[1] - values[0]) / math.hypot(*errors)
        else:
            warning = "no events in one of the groups so far: log(-log) of its survival is not defined"
            lower = upper = math.nan
    return {
        "difference": difference,
        "se": se,
        "statistic": statistic,
        "p_value": math.erfc(abs(statistic) / math.sqrt(2)),
        "ci_lower": lower,
        "ci_upper": upper,
    }, warning

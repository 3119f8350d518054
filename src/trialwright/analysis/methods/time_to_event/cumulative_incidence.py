"""`cumulative_incidence`: the probability of each event over time where events compete.

Sources: Aalen OO, Johansen S. Scand J Stat 1978;5:141-150. Intervals: Choudhury JB. Stat Med 2002;21:1129-1144.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from trialwright.analysis.methods.counts import empty_group, proportion
from trialwright.analysis.methods.distributions import normal_quantile
from trialwright.analysis.methods.time_to_event.competing import (
    CompetingData,
    IncidenceCurve,
    competing_data,
    compute_incidence,
)
from trialwright.analysis.methods.time_to_event.data import contrast_groups
from trialwright.analysis.methods.time_to_event.model_results import Stats
from trialwright.analysis.methods.time_to_event.options import CumulativeIncidenceOptions
from trialwright.analysis.request import Booleans, Request, number_text
from trialwright.results import Result

#: The group variable under which results are of one kind of event.
EVENT = "EVENT"


def incidence_records(request: Request, options: CumulativeIncidenceOptions) -> Booleans:
    """The records that curves are estimated from."""
    return competing_data(request, options).data.used


def analyze_cumulative_incidence(request: Request, options: CumulativeIncidenceOptions) -> Iterator[Result]:
    """The curve of each event in each group, and differences between groups at `times`."""
    found = competing_data(request, options)
    data, request = found.data, found.data.request
    variable = request.analysis.variables[0]
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    for cell in request.cells():
        chosen = cell.records & data.used
        times, causes = data.times[chosen], found.causes[chosen]
        n = len(times)
        counts: Stats = {
            "n": n,
            "n_missing": int((cell.records & ~data.has_values).sum()),
            "censored": int((causes == 0).sum()),
            "conf_level": conf_level,
        }
        yield from request.results(counts, groups=cell.groups, variable=variable, warnings=empty_group(cell))
        for cause, name in enumerate(found.names, start=1):
            events = int((causes == cause).sum())
            warning = empty_group(cell) or ("" if events else f"no events: {name}")
            groups = (*cell.groups, (EVENT, name))
            yield from request.results(
                {"events": events, "p": proportion(events, n)}, groups=groups, variable=variable, warnings=warning
            )
            curve = compute_incidence(times, causes, cause, conf_level, options.conf_type)
            for time in sorted({0.0, *options.times, *curve.times.tolist()}):
                point = _point(curve, time)
                is_unknown = math.isnan(float(point["cumulative_incidence"] or 0.0))
                yield from request.results(
                    point,
                    groups=groups,
                    variable=variable,
                    level=number_text(time),
                    warnings=warning or (f"nobody is observed until {number_text(time)}" if is_unknown else ""),
                )
    if options.contrasts:
        yield from _contrasts(request, variable, found, options, conf_level)


def _point(curve: IncidenceCurve, time: float) -> Stats:
    """The curve at a time; the limits are those of the estimate, and it where there has been no event."""
    position = int(np.searchsorted(curve.times, time, side="right")) - 1
    after = int(np.searchsorted(curve.times, time, side="left"))
    here = position >= 0 and curve.times[position] == time
    stats: Stats = {
        "time": time,
        "at_risk": float(curve.at_risk[after]) if after < len(curve.times) else 0.0,
        "events": float(curve.events[position]) if here else 0.0,
        "competing": float(curve.competing[position]) if here else 0.0,
        "censored": float(curve.censored[position]) if here else 0.0,
    }
    value = se = lower = upper = math.nan
    if len(curve.times) and position < 0:
        value = se = lower = upper = 0.0
    elif len(curve.times) and not (time > curve.times[-1] and curve.censored[-1] > 0):
        # Beyond the last time nothing is known, unless everybody had an event by then.
        value, se = float(curve.incidence[position]), float(curve.se[position])
        lower, upper = float(curve.lower[position]), float(curve.upper[position])
        if value == 0:
            lower = upper = 0.0
    return stats | {"cumulative_incidence": value, "se": se, "ci_lower": lower, "ci_upper": upper}


def _contrasts(
    request: Request, variable: str, found: CompetingData, options: CumulativeIncidenceOptions, conf_level: float
) -> Iterator[Result]:
    """Differences A - B of the event of interest, with Wald's test and interval."""
    axis = request.compared
    z = normal_quantile((1 + conf_level) / 2)
    for cell in request.cells(skip_first=True):
        for first, second in options.contrasts:
            curves = []
            for level in (first, second):
                mask = cell.records & found.data.used & axis.records[axis.levels.index(level)]
                curves.append(
                    compute_incidence(found.data.times[mask], found.causes[mask], 1, conf_level, options.conf_type)
                )
            for time in options.times:
                points = [_point(curve, time) for curve in curves]
                values = [float(point["cumulative_incidence"] or 0.0) for point in points]
                errors = [float(point["se"] or 0.0) for point in points]
                difference, se = values[0] - values[1], math.hypot(*errors)
                warning = ""
                if math.isnan(difference):
                    warning = "nobody in one of the groups is observed until then"
                elif se == 0:
                    se, warning = math.nan, "no events so far"
                statistic = difference / se
                yield from request.results(
                    {
                        "time": time,
                        "difference": difference,
                        "se": se,
                        "statistic": statistic,
                        "p_value": math.erfc(abs(statistic) / math.sqrt(2)),
                        "ci_lower": difference - z * se,
                        "ci_upper": difference + z * se,
                        "conf_level": conf_level,
                    },
                    groups=(*contrast_groups(request, cell, first, second), (EVENT, options.event_name)),
                    variable=variable,
                    level=number_text(time),
                    warnings=warning,
                )

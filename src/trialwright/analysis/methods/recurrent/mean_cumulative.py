"""`mean_cumulative_function`: the mean number of events of a subject by each time, of subjects under observation.

Source: Lawless JF, Nadeau C. Technometrics 1995;37:158-168 (the Nelson-Aalen estimate with robust variance).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.distributions import normal_quantile
from trialwright.analysis.methods.recurrent.histories import Histories, make_histories
from trialwright.analysis.methods.recurrent.options import MeanCumulativeOptions
from trialwright.analysis.request import Booleans, Cell, Floats, Integers, Request, number_text
from trialwright.results import Result


@dataclass(frozen=True, kw_only=True)
class MeanCumulativeFunction:
    """The estimate at the times of events.

    at_risk   subjects at risk at each time
    mean      number of events up to it
    se        robust standard error
    """

    times: Floats
    at_risk: Floats
    events: Floats
    mean: Floats
    se: Floats


def compute_mean_cumulative(start: Floats, stop: Floats, events: Floats, subjects: Integers) -> MeanCumulativeFunction:
    """The estimate from intervals (start, stop] with `events` at their ends."""
    times = np.unique(stop[events > 0])
    _, index = np.unique(subjects, return_inverse=True)
    count = int(index.max(initial=-1)) + 1
    at_risk = np.zeros((count, len(times)))
    own = np.zeros((count, len(times)))
    for row in range(len(stop)):
        first, end = np.searchsorted(times, (start[row], stop[row]), side="right")
        at_risk[index[row], first:end] = 1
        if events[row]:
            own[index[row], end - 1] += events[row]
    total, happened = at_risk.sum(axis=0), own.sum(axis=0)
    increments = happened / total
    influence = np.cumsum(at_risk * (own - increments) / total, axis=1)
    return MeanCumulativeFunction(
        times=times,
        at_risk=total,
        events=happened,
        mean=np.cumsum(increments),
        se=np.sqrt(np.square(influence).sum(axis=0)),
    )


def analyze_mean_cumulative_function(request: Request, options: MeanCumulativeOptions) -> Iterator[Result]:
    """The curve of each group at the times of its events and those asked for."""
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    variable = request.analysis.variables[0]
    histories = make_histories(request, options)
    for cell in request.cells():
        inside = histories.inside(cell)
        yield from _curve(request, variable, options, histories, inside, cell, conf_level)


def _curve(
    request: Request,
    variable: str,
    options: MeanCumulativeOptions,
    histories: Histories,
    inside: Booleans,
    cell: Cell,
    conf_level: float,
) -> Iterator[Result]:
    start, stop, events = (values[inside] for values in (histories.start, histories.stop, histories.events))
    curve = compute_mean_cumulative(start, stop, events, histories.subjects[inside])
    told = [histories.warning] if histories.warning else []
    if not inside.any():
        told.append("nobody is at risk")
    elif not len(curve.times):
        told.append("no events")
    warning = "; ".join(told)
    yield from request.results(
        {
            "n": len(np.unique(histories.subjects[inside])),
            "n_events": float(events.sum()),
            "exposure": float((stop - start).sum()),
        },
        groups=cell.groups,
        variable=variable,
        warnings=warning,
    )
    z = normal_quantile((1 + conf_level) / 2)
    end = float(stop.max(initial=0.0))
    for time in sorted({*options.times, *curve.times.tolist()}):
        position = int(np.searchsorted(curve.times, time, side="right")) - 1
        happens = position >= 0 and curve.times[position] == time
        stats: dict[str, float | str | None] = {
            "time": time,
            "at_risk": float(((start < time) & (stop >= time)).sum()),
            "events": float(curve.events[position]) if happens else 0.0,
            "mean_events": None,
            "se": None,
            "ci_lower": None,
            "ci_upper": None,
            "conf_level": conf_level,
        }
        said = warning
        if not 0 <= time <= end:
            # Nothing is known there.
            said = "; ".join([*told, f"nobody is observed at {number_text(time)}"])
        else:
            mean = float(curve.mean[position]) if position >= 0 else 0.0
            se = float(curve.se[position]) if position >= 0 else 0.0
            half = z * se
            lower, upper = mean - half, mean + half
            if options.conf_type == "log" and mean > 0:
                factor = float(np.exp(half / mean))
                lower, upper = mean / factor, mean * factor
            stats |= {"mean_events": mean, "se": se, "ci_lower": lower, "ci_upper": upper}
        yield from request.results(stats, groups=cell.groups, variable=variable, level=number_text(time), warnings=said)

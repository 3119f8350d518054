"""`dose_intensity`: how much study drug subjects took, for how long, and how much of what was planned.

Source: Hryniuk WM, Bush H. J Clin Oncol 1984;2:1281-1288 (dose intensity: dose per unit of time; relative: divided by
that of the plan).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from trialwright.analysis.methods.counts import empty_group
from trialwright.analysis.methods.descriptive import compute_descriptive
from trialwright.analysis.methods.safety.event_times import record_days
from trialwright.analysis.methods.safety.options import DoseIntensityOptions
from trialwright.analysis.request import Booleans, Floats, Request
from trialwright.results import Result

#: Variables of the results.
CUMULATIVE, DURATION, AVERAGE, RELATIVE = "CUMDOSE", "TRTDURD", "AVGDD", "RDI"


def analyze_dose_intensity(request: Request, options: DoseIntensityOptions) -> Iterator[Result]:
    """Descriptive statistics over the subjects of each group.

    CUMDOSE  sum over a subject's records of dose x doses a day x days (both ends count)
    TRTDURD  days from the first day of the first record to the last day of the last one
    AVGDD    CUMDOSE / TRTDURD: interruptions lower it
    RDI      100 x CUMDOSE / (planned daily dose x TRTDURD), in percent; with the option `planned`

    The analysed variable is the dose. A record without dose or dates, or that ends before it starts, is left out; how
    many is said in a warning.
    """
    measures, left_out = _measures(request, options)
    for cell in request.cells(totals=True):
        warning = "\n".join(text for text in (empty_group(cell), left_out) if text)
        for name, values in measures.items():
            with_records = values[cell.subjects]
            stats = compute_descriptive(with_records[~np.isnan(with_records)])
            stats["n_missing"] = int(np.isnan(with_records).sum())
            yield from request.results(stats, groups=cell.groups, variable=name, warnings=warning)


def _measures(request: Request, options: DoseIntensityOptions) -> tuple[Mapping[str, Floats], str]:
    """Each measure by subject of the analysis set, NaN for one without usable records."""
    usable, doses, start, end = _records(request, options)
    count = request.subjects.height
    owners = request.subject_index[usable]
    per_day = _number(request, options.doses_per_day)
    cumulative = np.full(count, np.nan)
    cumulative[np.unique(owners)] = 0.0
    np.add.at(cumulative, owners, (doses * per_day * (end - start + 1))[usable])
    first, last = np.full(count, np.nan), np.full(count, np.nan)
    np.fmin.at(first, owners, start[usable])
    np.fmax.at(last, owners, end[usable])
    duration = last - first + 1
    measures = {CUMULATIVE: cumulative, DURATION: duration, AVERAGE: cumulative / duration}
    if options.planned is not None:
        planned = np.full(count, np.nan)
        np.fmax.at(planned, owners, _number(request, options.planned)[usable])
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = 100 * cumulative / (planned * duration)
        # Nothing was planned for an arm without active drug: no share of it can be told.
        measures[RELATIVE] = np.where(planned > 0, relative, np.nan)
    lost = int((~usable).sum())
    return measures, f"records of exposure that cannot be used, left out: {lost}" if lost else ""


def _number(request: Request, value: float | str) -> Floats:
    if isinstance(value, str):
        return request.numbers(value)
    return np.full(request.frame.height, float(value))


def _records(request: Request, options: DoseIntensityOptions) -> tuple[Booleans, Floats, Floats, Floats]:
    doses = request.numbers(request.analysis.variables[0])
    start, end = record_days(request, options.start), record_days(request, options.end)
    per_day = _number(request, options.doses_per_day)
    with np.errstate(invalid="ignore"):
        usable = ~np.isnan(doses) & ~np.isnan(per_day) & ~np.isnan(start) & (end >= start)
    return usable, doses, start, end


def exposure_records(request: Request, options: DoseIntensityOptions) -> Booleans:
    """The records that count."""
    return _records(request, options)[0]

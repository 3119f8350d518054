"""`descriptive`: n, mean, SD, SE, median, quartiles, minimum, maximum of a number."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from trialwright.analysis.methods.counts import empty_group
from trialwright.analysis.methods.distributions import t_quantile
from trialwright.analysis.methods.options import DescriptiveOptions
from trialwright.analysis.request import Floats, Request
from trialwright.results import Result


def compute_quantile(ordered: Floats, probability: float) -> float:
    """The quantile of values in ascending order by SAS's definition 5 (PCTLDEF=5), which is R's type 2.

    With n values, j = floor(n p) and g = n p - j: the mean of the j-th and the next value if g is 0, else the next one.
    NaN of no values.
    """
    n = len(ordered)
    if n == 0:
        return math.nan
    position = n * probability
    # n p is a whole number up to the rounding of p, as in 10 * 0.3.
    whole = round(position)
    if abs(position - whole) < 1e-9 * max(1.0, position):
        lower, upper = max(whole - 1, 0), min(whole, n - 1)
        return float((ordered[lower] + ordered[upper]) / 2)
    return float(ordered[min(math.floor(position), n - 1)])


def analyze_descriptive(request: Request, options: DescriptiveOptions) -> Iterator[Result]:
    """The statistics of each variable in every group; the SD has n - 1 in its denominator and needs two values."""
    for variable in request.analysis.variables:
        numbers = request.numbers(variable)
        for cell in request.cells(totals=True):
            values = numbers[cell.records]
            stats = compute_descriptive(values, options.conf_level, sums=options.sums)
            if not (warning := empty_group(cell)) and stats["n"] == 0:
                warning = "no values"
            yield from request.results(stats, groups=cell.groups, variable=variable, warnings=warning)


def compute_descriptive(
    values: Floats, conf_level: float | None = None, *, sums: str = "exact"
) -> dict[str, float | str | None]:
    """The statistics of some numbers, NaN for missing; those that cannot be computed are None. `sums` as the option."""
    present = np.sort(values[~np.isnan(values)])
    n = len(present)
    stats: dict[str, float | str | None] = {"n": n, "n_missing": len(values) - n}
    names = ["mean", "sd", "se", "median", "q1", "q3", "min", "max"]
    stats |= dict.fromkeys(names)
    if conf_level is not None:
        stats |= {"ci_lower": None, "ci_upper": None, "conf_level": conf_level}
    if n == 0:
        return stats
    # Exact sums: the mean does not depend on the order of records, and rounds as that of a sum in long double (R, SAS).
    exact = math.fsum(present.tolist()) / n
    mean = exact if sums == "exact" else _corrected_mean(values[~np.isnan(values)].tolist())
    stats |= {
        "mean": mean,
        "median": compute_quantile(present, 0.5),
        "q1": compute_quantile(present, 0.25),
        "q3": compute_quantile(present, 0.75),
        "min": float(present[0]),
        "max": float(present[-1]),
    }
    if n > 1:
        sd = math.sqrt(math.fsum(np.square(present - mean).tolist()) / (n - 1))
        se = sd / math.sqrt(n)
        stats |= {"sd": sd, "se": se}
        if conf_level is not None:
            half = t_quantile((1 + conf_level) / 2, n - 1) * se
            stats |= {"ci_lower": mean - half, "ci_upper": mean + half}
    return stats


def _corrected_mean(values: list[float]) -> float:
    """The mean as R's `mean` computes it where there is no extended precision, in the order of the records.

    Source: R documentation, `mean`, note on accuracy (two passes: the mean, then the mean of the residuals is added).
    """
    first = 0.0
    for value in values:
        first += value
    first /= len(values)
    rest = 0.0
    for value in values:
        rest += value - first
    return first + rest / len(values)

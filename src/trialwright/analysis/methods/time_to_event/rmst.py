"""`rmst`: restricted mean survival time, the area under the survival curve up to a time tau.

Sources: Uno H et al. J Clin Oncol 2014;32:2380-2385. Royston P, Parmar MKB. BMC Med Res Methodol 2013;13:152. Variance:
Klein JP, Moeschberger ML. Survival Analysis, 2nd ed., 2003, section 4.5 (Greenwood).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.counts import empty_group
from trialwright.analysis.methods.distributions import normal_quantile
from trialwright.analysis.methods.survival import compute_survival
from trialwright.analysis.methods.time_to_event.data import contrast_groups, event_data, ratio_groups
from trialwright.analysis.methods.time_to_event.options import RmstOptions
from trialwright.analysis.request import Booleans, Floats, Request, number_text
from trialwright.results import Result

_Stats = dict[str, float | str | None]


@dataclass(frozen=True, kw_only=True)
class RestrictedMean:
    """A restricted mean survival time with its standard error; `warning` tells why there is none."""

    value: float = math.nan
    se: float = math.nan
    warning: str = ""


def compute_rmst(times: Floats, is_event: Booleans, tau: float) -> RestrictedMean:
    """The area under the Kaplan-Meier estimate from 0 to `tau`.

    It is not known if the curve ends before `tau` with somebody alive.
    """
    if not len(times):
        return RestrictedMean(warning="no subjects")
    curve = compute_survival(times, is_event, 0.95, "plain")
    if tau > curve.times[-1] and curve.survival[-1] > 0:
        return RestrictedMean(warning=f"nobody is observed until {number_text(tau)}")
    at = curve.events > 0
    at &= curve.times <= tau
    points = np.concatenate([[0.0], curve.times[at], [tau]])
    survival = np.concatenate([[1.0], curve.survival[at]])
    areas = survival * np.diff(points)
    after = np.cumsum(areas[::-1])[::-1][1:]
    n, d = curve.at_risk[at], curve.events[at]
    # Where all at risk have the event there is no area after it.
    variance = float((after**2 * d / (n * np.maximum(n - d, 1))).sum())
    return RestrictedMean(value=float(areas.sum()), se=math.sqrt(variance))


def rmst_records(request: Request, options: RmstOptions) -> Booleans:
    """The records that curves are estimated from."""
    return event_data(request, options).used


def analyze_rmst(request: Request, options: RmstOptions) -> Iterator[Result]:
    """The restricted mean of each group, and the contrasts: differences A - B, or ratios A / B."""
    data = event_data(request, options)
    request = data.request
    variable, axis = request.analysis.variables[0], request.compared
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    z = normal_quantile((1 + conf_level) / 2)
    for part in request.cells(skip_first=True):
        masks = [part.records & data.used & mask for mask in axis.records]
        largest = [float(data.times[mask].max()) for mask in masks if mask.any()]
        tau = options.tau if options.tau is not None else min(largest, default=math.nan)
        means = [compute_rmst(data.times[mask], data.is_event[mask], tau) for mask in masks]
        for level, mask, mean in zip(axis.levels, masks, means, strict=True):
            groups = ((axis.variable, level), *part.groups)
            empty = next((empty_group(cell) for cell in request.cells() if cell.groups == groups), "")
            yield from request.results(
                {
                    "n": int(mask.sum()),
                    "events": int(data.is_event[mask].sum()),
                    "tau": tau,
                    "estimate": mean.value,
                    "se": mean.se,
                    "ci_lower": mean.value - z * mean.se,
                    "ci_upper": mean.value + z * mean.se,
                    "conf_level": conf_level,
                },
                groups=groups,
                variable=variable,
                warnings=empty or mean.warning,
            )
        for first, second in options.contrasts:
            a, b = (means[axis.levels.index(level)] for level in (first, second))
            is_difference = options.measure == "difference"
            named = contrast_groups if is_difference else ratio_groups
            stats, warning = _difference(a, b, z) if is_difference else _ratio(a, b, z)
            yield from request.results(
                stats | {"conf_level": conf_level, "tau": tau},
                groups=named(request, part, first, second),
                variable=variable,
                warnings=warning,
            )


def _difference(first: RestrictedMean, second: RestrictedMean, z: float) -> tuple[_Stats, str]:
    value, se = first.value - second.value, math.hypot(first.se, second.se)
    warning = first.warning or second.warning
    if se == 0:
        return {"difference": value, **_tested(math.nan, "se")}, "no events up to tau"
    stats: _Stats = {"difference": value, "se": se, "ci_lower": value - z * se, "ci_upper": value + z * se}
    return stats | _test(value / se), warning


def _ratio(first: RestrictedMean, second: RestrictedMean, z: float) -> tuple[_Stats, str]:
    warning = first.warning or second.warning
    if not warning and not (first.value > 0 and second.value > 0):
        warning = "a restricted mean is 0"
    if warning:
        return {"ratio": None, **_tested(math.nan, "se_log")}, warning
    value = first.value / second.value
    se = math.hypot(first.se / first.value, second.se / second.value)
    if se == 0:
        return {"ratio": value, **_tested(math.nan, "se_log")}, "no events up to tau"
    low, high = value * math.exp(-z * se), value * math.exp(z * se)
    stats: _Stats = {"ratio": value, "se_log": se, "ci_lower": low, "ci_upper": high}
    return stats | _test(math.log(value) / se), ""


def _tested(value: float, error: str) -> _Stats:
    return {error: value, "ci_lower": value, "ci_upper": value, "statistic": value, "p_value": value}


def _test(statistic: float) -> _Stats:
    return {"statistic": statistic, "p_value": math.erfc(abs(statistic) / math.sqrt(2))}

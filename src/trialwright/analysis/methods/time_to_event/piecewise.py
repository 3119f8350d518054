"""`piecewise_exponential`: hazards that are constant within intervals of time, and their ratios.

Sources: Friedman M. Ann Stat 1982;10:101-113 (the model; its likelihood is that of Poisson counts with the exposure).
Intervals of rates: Garwood F. Biometrika 1936;28:437-442.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from trialwright.analysis.methods.distributions import normal_quantile
from trialwright.analysis.methods.time_to_event.data import event_data, interval_texts, ratio_groups
from trialwright.analysis.methods.time_to_event.options import PiecewiseOptions
from trialwright.analysis.request import Booleans, Cell, Floats, Request
from trialwright.results import Result

_Stats = dict[str, float | str | None]


@dataclass(frozen=True, kw_only=True)
class CommonRatios:
    """Log hazard ratios of each group against the first, the same in all intervals, and their covariance."""

    log_ratios: Floats
    covariance: Floats


def exposure_and_events(times: Floats, is_event: Booleans, cutpoints: Sequence[float]) -> tuple[Floats, Floats]:
    """Time at risk and events in each interval; an event at a cutpoint is in the interval that ends there."""
    bounds = np.array([0.0, *cutpoints, np.inf])
    exposure = np.array(
        [float(np.clip(np.minimum(times, right) - left, 0, None).sum()) for left, right in pairwise(bounds.tolist())]
    )
    position = np.searchsorted(np.asarray(cutpoints), times[is_event], side="left")
    return exposure, np.bincount(position, minlength=len(cutpoints) + 1).astype(np.float64)


def compute_common_ratios(exposure: Floats, events: Floats) -> CommonRatios | None:
    """The ratios of hazards by group (rows) that are the same in all intervals (columns); None if one is not finite.

    Given its number, the events of an interval fall upon the groups in proportion to exposure x hazard ratio.
    """
    if not (events.sum(axis=1) > 0).all():
        return None
    kept = events.sum(axis=0) > 0
    exposure, total = exposure[:, kept], events[:, kept].sum(axis=0)
    log_ratios = np.zeros(len(events))
    information = np.eye(len(events))
    for _ in range(100):
        weights = exposure * np.exp(log_ratios)[:, None]
        shares = weights / weights.sum(axis=0)
        score = events.sum(axis=1) - shares @ total
        information = np.diag(shares @ total) - (shares * total) @ shares.T
        if np.linalg.matrix_rank(information[1:, 1:]) < len(events) - 1:
            return None
        step = np.linalg.solve(information[1:, 1:], score[1:])
        log_ratios[1:] += np.clip(step, -2, 2)
        if float(np.abs(step).max(initial=0.0)) < 1e-12:
            break
    covariance = np.zeros((len(events), len(events)))
    covariance[1:, 1:] = np.linalg.inv(information[1:, 1:])
    return CommonRatios(log_ratios=log_ratios, covariance=covariance)


def piecewise_records(request: Request, options: PiecewiseOptions) -> Booleans:
    """The records that are counted."""
    return event_data(request, options).used


def analyze_piecewise_exponential(request: Request, options: PiecewiseOptions) -> Iterator[Result]:
    """The rate of each group in each interval; for each contrast the hazard ratio in each interval, and in common."""
    data = event_data(request, options)
    request = data.request
    variable, axis = request.analysis.variables[0], request.compared
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    texts = interval_texts(options.cutpoints)
    for part in request.cells(skip_first=True):
        found = []
        for level, own in zip(axis.levels, axis.records, strict=True):
            mask = part.records & data.used & own
            exposure, events = exposure_and_events(data.times[mask], data.is_event[mask], options.cutpoints)
            found.append((exposure, events))
            groups = ((axis.variable, level), *part.groups)
            yield from request.results(
                {"n": int(mask.sum()), **_rate(float(exposure.sum()), float(events.sum()), options.per, conf_level)},
                groups=groups,
                variable=variable,
                warnings=_why_no_rate(bool(mask.any()), float(exposure.sum()), f"{axis.variable} = {level}"),
            )
            for text, time, count in zip(texts, exposure.tolist(), events.tolist(), strict=True):
                yield from request.results(
                    _rate(time, count, options.per, conf_level),
                    groups=groups,
                    variable=variable,
                    level=text,
                    warnings="" if time > 0 else "nobody at risk",
                )
        yield from _ratios(request, variable, part, options, conf_level, found)


def _why_no_rate(has_subjects: bool, exposure: float, group: str) -> str:
    if not has_subjects:
        return f"no subjects with {group}"
    return "" if exposure > 0 else f"no time at risk with {group}"


def _rate(exposure: float, events: float, per: float, conf_level: float) -> _Stats:
    """Events by time at risk, with the exact interval."""
    from scipy.special import chdtri

    stats: _Stats = {"events": events, "exposure": exposure, "conf_level": conf_level}
    if exposure <= 0:
        return stats | {"estimate": None, "ci_lower": None, "ci_upper": None}
    tail = (1 - conf_level) / 2
    lower = float(chdtri(2 * events, 1 - tail)) / 2 if events else 0.0
    upper = float(chdtri(2 * events + 2, tail)) / 2
    factor = per / exposure
    return stats | {"estimate": events * factor, "ci_lower": lower * factor, "ci_upper": upper * factor}


def _ratios(
    request: Request,
    variable: str,
    part: Cell,
    options: PiecewiseOptions,
    conf_level: float,
    found: Sequence[tuple[Floats, Floats]],
) -> Iterator[Result]:
    axis = request.compared
    z = normal_quantile((1 + conf_level) / 2)
    present = [index for index, (exposure, _) in enumerate(found) if exposure.sum() > 0]
    common = None
    if len(present) > 1:
        exposure = np.array([found[index][0] for index in present])
        common = compute_common_ratios(exposure, np.array([found[index][1] for index in present]))
    for first, second in options.contrasts:
        pair = [axis.levels.index(level) for level in (first, second)]
        groups = ratio_groups(request, part, first, second)
        log_ratio = se = math.nan
        warning = "an arm has no events, or no time at risk"
        if common is not None and set(pair) <= set(present):
            a, b = (present.index(index) for index in pair)
            log_ratio = float(common.log_ratios[a] - common.log_ratios[b])
            covariance = common.covariance
            se = math.sqrt(float(covariance[a, a] + covariance[b, b] - 2 * covariance[a, b]))
            warning = ""
        yield from request.results(
            _ratio(log_ratio, se, z, conf_level), groups=groups, variable=variable, warnings=warning
        )
        for position, text in enumerate(interval_texts(options.cutpoints)):
            (time_a, count_a), (time_b, count_b) = (
                (float(found[index][0][position]), float(found[index][1][position])) for index in pair
            )
            log_ratio = se = math.nan
            warning = "an arm has no events in the interval"
            if count_a > 0 and count_b > 0 and time_a > 0 and time_b > 0:
                log_ratio = math.log(count_a / time_a) - math.log(count_b / time_b)
                se, warning = math.sqrt(1 / count_a + 1 / count_b), ""
            yield from request.results(
                _ratio(log_ratio, se, z, conf_level), groups=groups, variable=variable, level=text, warnings=warning
            )


def _ratio(log_ratio: float, se: float, z: float, conf_level: float) -> _Stats:
    statistic = log_ratio / se
    return {
        "hazard_ratio": math.exp(log_ratio),
        "se_log": se,
        "ci_lower": math.exp(log_ratio - z * se),
        "ci_upper": math.exp(log_ratio + z * se),
        "conf_level": conf_level,
        "statistic": statistic,
        "p_value": math.erfc(abs(statistic) / math.sqrt(2)),
    }

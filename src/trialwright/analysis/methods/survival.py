"""Survival curves with right censoring, for every method that needs one.

Sources: Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481. Brookmeyer R, Crowley J. Biometrics 1982;38:29-41
(intervals of quantiles). Transformations of intervals: Borgan O, Liestol K. Scand J Stat 1990;17:35-41. Conventions are
those of SAS PROC LIFETEST.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.distributions import normal_quantile
from trialwright.analysis.request import Booleans, Floats, Request

#: Rounding errors of a product of fractions: a survival of 0.5 may come out as 0.4999999999.
_EQUAL = 1e-9

#: Names of statistics and the share of the subjects who have had the event by then.
QUARTILES: tuple[tuple[str, float], ...] = (("q1", 0.25), ("median", 0.5), ("q3", 0.75))


@dataclass(frozen=True, kw_only=True)
class SurvivalCurve:
    """A Kaplan-Meier estimate at the times at which somebody leaves the risk set.

    at_risk   number at risk just before each time
    survival  just after each time
    se        of survival (Greenwood)
    lower, upper   of the interval; NaN where it is not defined
    """

    times: Floats
    at_risk: Floats
    events: Floats
    censored: Floats
    survival: Floats
    se: Floats
    lower: Floats
    upper: Floats


def compute_survival(times: Floats, is_event: Booleans, conf_level: float, conf_type: str) -> SurvivalCurve:
    """The Kaplan-Meier estimate; subjects censored at the time of an event are at risk of it.

    conf_type  "log-log", "log", "plain", "arcsin" (of the square root) or "logit"
    """
    distinct, position = np.unique(times, return_inverse=True)
    leaving = np.bincount(position, minlength=len(distinct)).astype(np.float64)
    events = np.bincount(position, weights=is_event, minlength=len(distinct)).astype(np.float64)
    at_risk = len(times) - np.concatenate([[0.0], np.cumsum(leaving)[:-1]]) if len(distinct) else np.zeros(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.asarray(np.cumprod(1 - events / at_risk), np.float64)
        # Infinite where all at risk have the event, as the interval is then not defined.
        hazard_variance = np.cumsum(events / (at_risk * (at_risk - events)))
        se = np.where(survival > 0, survival * np.sqrt(hazard_variance), np.nan)
    lower, upper = _interval(survival, se, normal_quantile((1 + conf_level) / 2), conf_type)
    return SurvivalCurve(
        times=distinct,
        at_risk=at_risk,
        events=events,
        censored=leaving - events,
        survival=survival,
        se=se,
        lower=lower,
        upper=upper,
    )


def _interval(survival: Floats, se: Floats, z: float, conf_type: str) -> tuple[Floats, Floats]:
    """Pointwise limits; without an event so far they are 1, without a survivor they are not defined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if conf_type == "plain":
            lower, upper = survival - z * se, survival + z * se
        elif conf_type == "log":
            lower, upper = survival * np.exp(-z * se / survival), survival * np.exp(z * se / survival)
        elif conf_type == "arcsin":
            angle, half = np.arcsin(np.sqrt(survival)), z * se / (2 * np.sqrt(survival * (1 - survival)))
            lower = np.sin(np.maximum(angle - half, 0)) ** 2
            upper = np.sin(np.minimum(angle + half, np.pi / 2)) ** 2
        elif conf_type == "logit":
            odds, factor = survival / (1 - survival), np.exp(z * se / (survival * (1 - survival)))
            lower, upper = odds / factor / (1 + odds / factor), odds * factor / (1 + odds * factor)
        else:
            spread = z * se / (survival * np.log(survival))
            lower, upper = survival ** np.exp(-spread), survival ** np.exp(spread)
            lower, upper = np.minimum(lower, upper), np.maximum(lower, upper)
    before = survival == 1
    undefined = ~before & np.isnan(se)
    lower = np.where(before, 1.0, np.where(undefined, np.nan, np.clip(lower, 0, 1)))
    upper = np.where(before, 1.0, np.where(undefined, np.nan, np.clip(upper, 0, 1)))
    return lower, upper


def compute_quantile_time(curve: SurvivalCurve, probability: float) -> tuple[float | None, float | None, float | None]:
    """The time by which `probability` of the subjects have had the event, with its limits; None where not reached.

    If the curve is level at 1 - `probability` from one event to the next, the time is the middle of the two.
    """
    at_event = curve.events > 0
    times = curve.times[at_event]
    target = 1 - probability
    return (
        _first_crossing(times, curve.survival[at_event], target),
        _first_crossing(times, curve.lower[at_event], target),
        _first_crossing(times, curve.upper[at_event], target),
    )


def _first_crossing(times: Floats, values: Floats, target: float) -> float | None:
    # The limits are not defined once nobody survives: the curve itself has then crossed, its limits have not.
    known = ~np.isnan(values)
    reached = np.flatnonzero(known & (values <= target + _EQUAL))
    if not len(reached):
        return None
    first = int(reached[0])
    below = np.flatnonzero(known & (values < target - _EQUAL))
    if abs(values[first] - target) <= _EQUAL and len(below):
        return float((times[first] + times[int(below[0])]) / 2)
    return float(times[first])


def quantile_statistics(
    curve: SurvivalCurve, named: Sequence[tuple[str, float]] = QUARTILES
) -> dict[str, float | str | None]:
    """For each name the time by which its share of the subjects have had the event, with `_ci_lower`, `_ci_upper`."""
    stats: dict[str, float | str | None] = {}
    for name, probability in named:
        value, lower, upper = compute_quantile_time(curve, probability)
        stats |= {name: value, f"{name}_ci_lower": lower, f"{name}_ci_upper": upper}
    return stats


def point_statistics(curve: SurvivalCurve, time: float) -> dict[str, float | str | None]:
    """The curve at a time: at_risk (just before), events and censored (then), survival, se, ci_lower, ci_upper.

    Before the first time survival is 1. Survival is None if there are no subjects, or beyond the last time if somebody
    was still without event there.
    """
    position = int(np.searchsorted(curve.times, time, side="right")) - 1
    after = int(np.searchsorted(curve.times, time, side="left"))
    here = position >= 0 and curve.times[position] == time
    stats: dict[str, float | str | None] = {
        "time": time,
        "at_risk": float(curve.at_risk[after]) if after < len(curve.times) else 0.0,
        "events": float(curve.events[position]) if here else 0.0,
        "censored": float(curve.censored[position]) if here else 0.0,
    }
    if not len(curve.times) or (time > curve.times[-1] and curve.survival[-1] > 0):
        return stats | {"survival": None, "se": None, "ci_lower": None, "ci_upper": None}
    if position < 0:
        return stats | {"survival": 1.0, "se": 0.0, "ci_lower": 1.0, "ci_upper": 1.0}
    return stats | {
        "survival": float(curve.survival[position]),
        "se": float(curve.se[position]),
        "ci_lower": float(curve.lower[position]),
        "ci_upper": float(curve.upper[position]),
    }


def times_and_events(request: Request, variable: str, censor: str) -> tuple[Floats, Booleans, Booleans]:
    """The times, whether each is an event, and which records have both values.

    ADaM's CNSR is 0 for an event and above 0 for a censored time; this is the only place that turns it round.
    """
    times, censoring = request.numbers(variable), request.numbers(censor)
    return times, censoring == 0, ~np.isnan(times) & ~np.isnan(censoring)

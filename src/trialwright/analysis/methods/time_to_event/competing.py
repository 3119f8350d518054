"""Competing events: which event each time is of, and the cumulative incidence of each.

Sources: Aalen OO, Johansen S. Scand J Stat 1978;5:141-150. Aalen OO. Ann Stat 1978;6:534-545 (variance). Gray RJ. Ann
Stat 1988;16:1141-1154.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from trialwright.analysis.methods.distributions import normal_quantile
from trialwright.analysis.methods.time_to_event.data import EventData, event_data
from trialwright.analysis.methods.time_to_event.options import CompetingOptions
from trialwright.analysis.request import Floats, Integers, Request


@dataclass(frozen=True, kw_only=True)
class CompetingData:
    """The times of a request's records with their events.

    data    times, and what is left out
    causes  0 for a censored time, 1 for the event of interest, 2 and above for the competing ones
    names   of the events from 1 on
    """

    data: EventData
    causes: Integers
    names: tuple[str, ...]


def competing_data(request: Request, options: CompetingOptions) -> CompetingData:
    """The times with their events; an event without a name is left out, which is said."""
    data = event_data(request, options)
    request = data.request
    causes = data.is_event.astype(np.int64)
    if options.cause is None:
        codes = request.numbers(options.censor)
        for number, code in enumerate(options.competing.values(), start=2):
            causes[codes == code] = number
        return CompetingData(data=data, causes=causes, names=(options.event_name, *options.competing))
    texts = request.texts(options.cause)
    nameless = data.used & data.is_event & np.array([text is None for text in texts], dtype=bool)
    named = {text for text, event in zip(texts, data.is_event.tolist(), strict=True) if event and text is not None}
    names = (
        options.event_name,
        *(level for level in request.levels(options.cause) if level in named - {options.event_name}),
    )
    numbers = {name: number for number, name in enumerate(names, start=1)}
    for row in np.flatnonzero(data.is_event).tolist():
        causes[row] = numbers.get(texts[row] or "", 0)
    if nameless.any():
        said = f"events without {options.cause}, left out: {int(nameless.sum())}"
        request = replace(request, left_out="\n".join(note for note in (request.left_out, said) if note))
        data = replace(data, request=request, has_values=data.has_values & ~nameless, used=data.used & ~nameless)
    return CompetingData(data=data, causes=causes, names=names)


@dataclass(frozen=True, kw_only=True)
class IncidenceCurve:
    """The cumulative incidence of one event at the times at which somebody leaves the risk set.

    at_risk    number at risk just before each time
    events     of this event; `competing` of the others
    incidence  just after each time
    se         Aalen's
    lower, upper  of the interval; NaN where it is not defined
    """

    times: Floats
    at_risk: Floats
    events: Floats
    competing: Floats
    censored: Floats
    incidence: Floats
    se: Floats
    lower: Floats
    upper: Floats


def compute_incidence(times: Floats, causes: Integers, cause: int, conf_level: float, conf_type: str) -> IncidenceCurve:
    """The Aalen-Johansen estimate of the cumulative incidence of `cause`.

    conf_type  "log-log" or "plain"
    """
    distinct, position = np.unique(times, return_inverse=True)
    count = len(distinct)
    leaving = np.bincount(position, minlength=count).astype(np.float64)
    events = np.bincount(position, weights=causes == cause, minlength=count).astype(np.float64)
    every = np.bincount(position, weights=causes > 0, minlength=count).astype(np.float64)
    at_risk = len(times) - np.concatenate([[0.0], np.cumsum(leaving)[:-1]]) if count else np.zeros(0)
    survival = np.asarray(np.cumprod(1 - every / at_risk), np.float64) if count else np.zeros(0)
    before = np.concatenate([[1.0], survival[:-1]]) if count else np.zeros(0)
    incidence = np.asarray(np.cumsum(before * events / at_risk), np.float64)
    variance = _aalen_variance(at_risk, every, events, before, survival, incidence)
    se = np.asarray(np.sqrt(np.maximum(variance, 0)), np.float64)
    lower, upper = _limits(incidence, se, normal_quantile((1 + conf_level) / 2), conf_type)
    return IncidenceCurve(
        times=distinct,
        at_risk=at_risk,
        events=events,
        competing=every - events,
        censored=leaving - every,
        incidence=incidence,
        se=se,
        lower=lower,
        upper=upper,
    )


def _aalen_variance(
    n: Floats, every: Floats, events: Floats, before: Floats, survival: Floats, incidence: Floats
) -> Floats:
    """Aalen's variance: the events of each kind at a time as binomial, with n - 1 for n where several are tied.

    With G = (F(t) - F(u)) / S(u) it is the sum over the times u up to t of S(u-)^2 ((1 - G)^2 v + G^2 w), where v and w
    are d (n - d) / (n^2 (n - 1)) of the event and of the competing ones.
    """

    def binomial(d: Floats) -> Floats:
        return np.asarray(d * (n - d) / (n**2 * np.maximum(n - 1, 1)), np.float64)

    own, other = before**2 * binomial(events), before**2 * binomial(every - events)
    inverse = np.divide(1.0, survival, out=np.zeros_like(survival), where=survival > 0)
    linear, square = own * inverse, (own + other) * inverse**2
    result = np.cumsum(own) - 2 * (incidence * np.cumsum(linear) - np.cumsum(linear * incidence))
    result = result + incidence**2 * np.cumsum(square) - 2 * incidence * np.cumsum(square * incidence)
    return np.asarray(result + np.cumsum(square * incidence**2), np.float64)


def _limits(incidence: Floats, se: Floats, z: float, conf_type: str) -> tuple[Floats, Floats]:
    """Pointwise limits; not defined before the first event."""
    if conf_type == "plain":
        return np.clip(incidence - z * se, 0, 1), np.clip(incidence + z * se, 0, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = z * se / (incidence * np.log(incidence))
        first, second = incidence ** np.exp(-spread), incidence ** np.exp(spread)
    return np.minimum(first, second), np.maximum(first, second)

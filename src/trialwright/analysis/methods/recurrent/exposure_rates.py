"""`exposure_adjusted_rate`: events, or subjects with an event, by the time at risk.

Numbers of events are taken as Poisson's. Sources: Garwood F. Biometrika 1936;28:437-442 (exact interval of a rate).
Miettinen O, Nurminen M. Stat Med 1985;4:213-226 (score interval of a difference). Przyborowski J, Wilenski H.
Biometrika 1940;31:313-323, Lehmann EL, Romano JP. Testing Statistical Hypotheses, 3rd ed., 2005, section 4.5 (the exact
test of a ratio, conditional on the sum).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.distributions import normal_quantile
from trialwright.analysis.methods.recurrent.histories import subject_numbers
from trialwright.analysis.methods.recurrent.options import ExposureRateOptions
from trialwright.analysis.request import (
    SUBJECT,
    Booleans,
    Cell,
    Floats,
    Groups,
    Request,
    contrast_level,
    ratio_level,
)
from trialwright.errors import PlanError, VariableTypeError
from trialwright.results import Result

_UNITS_PER_YEAR = {"days": 365.25, "weeks": 365.25 / 7, "months": 12.0, "years": 1.0}
_EQUAL = 1e-7


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A comparison of two rates; None for a limit or a test that does not exist."""

    estimate: float | None
    se: float | None = None
    statistic: float | None = None
    p_value: float | None = None
    lower: float | None = None
    upper: float | None = None


def compute_rate_interval(events: int, exposure: float, conf_level: float) -> tuple[float, float]:
    """Garwood's exact limits of a rate; the lower one is 0 without events."""
    from scipy.special import chdtri

    tail = (1 - conf_level) / 2
    lower = float(chdtri(2 * events, 1 - tail)) / 2 if events else 0.0
    return lower / exposure, float(chdtri(2 * events + 2, tail)) / 2 / exposure


def compute_rate_difference(
    events: tuple[int, int], exposures: tuple[float, float], *, conf_level: float, is_score: bool
) -> Interval:
    """The first rate less the second. The score test has the rates' estimates under their difference as variance."""
    rates = events[0] / exposures[0], events[1] / exposures[1]
    estimate = rates[0] - rates[1]
    se = math.sqrt(events[0] / exposures[0] ** 2 + events[1] / exposures[1] ** 2)
    z = normal_quantile((1 + conf_level) / 2)
    if not is_score:
        if se == 0:
            return Interval(estimate=estimate, se=0.0)
        statistic = estimate / se
        return Interval(
            estimate=estimate,
            se=se,
            statistic=statistic,
            p_value=math.erfc(abs(statistic) / math.sqrt(2)),
            lower=estimate - z * se,
            upper=estimate + z * se,
        )
    at_null = _score(0.0, events, exposures) if sum(events) else None
    # Without any event rates of z^2 / exposure and beyond are rejected: the limits lie within these bounds.
    step = z * se + z**2 * (1 / exposures[0] + 1 / exposures[1]) + abs(estimate)
    return Interval(
        estimate=estimate,
        se=se,
        statistic=at_null,
        p_value=None if at_null is None else math.erfc(abs(at_null) / math.sqrt(2)),
        lower=_root(lambda value: _score(value, events, exposures) - z, estimate, estimate - step),
        upper=_root(lambda value: _score(value, events, exposures) + z, estimate, estimate + step),
    )


def _score(difference: float, events: tuple[int, int], exposures: tuple[float, float]) -> float:
    """The score statistic of a difference of rates: standard normal if it is the true one."""
    (x1, x2), (t1, t2) = events, exposures
    # The second rate's maximum likelihood estimate solves a quadratic equation.
    total = t1 + t2
    b = x1 + x2 - difference * total
    second = (b + math.sqrt(b * b + 4 * total * difference * x2)) / (2 * total) if difference >= 0 else 0.0
    if difference < 0:
        # By symmetry, solved for the first rate, so that nothing cancels.
        c = x1 + x2 + difference * total
        second = (c + math.sqrt(c * c - 4 * total * difference * x1)) / (2 * total) - difference
    first = second + difference
    variance = max(first, 0.0) / t1 + max(second, 0.0) / t2
    excess = x1 / t1 - x2 / t2 - difference
    if variance <= 0:
        return 0.0 if abs(excess) < 1e-15 else math.copysign(1e9, excess)
    return excess / math.sqrt(variance)


def _root(function: Callable[[float], float], inner: float, outer: float) -> float:
    """Where `function`, which changes its sign once, is 0, from `inner` towards `outer` and beyond."""
    from scipy.optimize import brentq

    is_positive = function(inner) > 0
    while (function(outer) > 0) == is_positive:
        outer += outer - inner
    low, high = sorted((inner, outer))
    return float(brentq(function, low, high, xtol=1e-14, rtol=1e-13))


def compute_rate_ratio(
    events: tuple[int, int], exposures: tuple[float, float], *, conf_level: float, is_exact: bool
) -> Interval:
    """The first rate by the second. None for a limit that is infinite, and for everything without events.

    The exact test is of the first number given the sum, binomial; its two-sided p-value adds the probabilities of all
    numbers that are no more probable, as R's `poisson.test`.
    """
    (x1, x2), (t1, t2) = events, exposures
    estimate = (x1 / t1) / (x2 / t2) if x2 else None
    total = x1 + x2
    if not total:
        return Interval(estimate=None)
    se = math.sqrt(1 / x1 + 1 / x2) if x1 and x2 else None
    if not is_exact:
        if se is None or estimate is None:
            return Interval(estimate=estimate)
        statistic = math.log(estimate) / se
        half = normal_quantile((1 + conf_level) / 2) * se
        return Interval(
            estimate=estimate,
            se=se,
            statistic=statistic,
            p_value=math.erfc(abs(statistic) / math.sqrt(2)),
            lower=estimate * math.exp(-half),
            upper=estimate * math.exp(half),
        )
    from scipy.special import betaincinv, gammaln, xlogy

    share = t1 / (t1 + t2)
    numbers = np.arange(total + 1.0)
    logs = gammaln(total + 1.0) - gammaln(numbers + 1) - gammaln(total - numbers + 1)
    probabilities: Floats = np.exp(logs + xlogy(numbers, share) + xlogy(total - numbers, 1 - share))
    p_value = float(probabilities[probabilities <= probabilities[x1] * (1 + _EQUAL)].sum())
    tail = (1 - conf_level) / 2
    low = float(betaincinv(x1, x2 + 1, tail)) if x1 else 0.0
    high = float(betaincinv(x1 + 1, x2, 1 - tail)) if x2 else None
    return Interval(
        estimate=estimate,
        se=se,
        p_value=min(1.0, p_value),
        lower=low / (1 - low) * t2 / t1,
        upper=None if high is None else high / (1 - high) * t2 / t1,
    )


@dataclass(frozen=True, kw_only=True)
class _Group:
    subjects: int
    with_event: int
    events: int
    years: float


def exposure_rate_records(request: Request, options: ExposureRateOptions) -> Booleans:
    """The records that are events, or that have a number of events."""
    return _event_counts(request) > 0


def analyze_exposure_adjusted_rate(request: Request, options: ExposureRateOptions) -> Iterator[Result]:
    """The rate of each group with its exact interval, and the comparison of each contrast."""
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    variable = request.analysis.variables[0]
    axis = request.axis(request.groupings[0]).with_total() if request.groupings else None
    counts = _event_counts(request)
    groups: dict[Groups, _Group] = {}
    for cell in request.cells(totals=True):
        found, warning = _at_risk(request, options, counts, cell)
        groups[cell.groups] = found
        rate = lower = upper = None
        events = found.events if options.unit == "events" else found.with_event
        if found.years > 0:
            rate = events / found.years * options.per
            lower, upper = (limit * options.per for limit in compute_rate_interval(events, found.years, conf_level))
        yield from request.results(
            {
                "N": found.subjects,
                "n": found.with_event,
                "n_events": found.events,
                "exposure": found.years,
                "rate": rate,
                "ci_lower": lower,
                "ci_upper": upper,
                "conf_level": conf_level,
            },
            groups=cell.groups,
            variable=variable,
            warnings=warning,
        )
    if axis is None:
        return
    for cell in request.cells(skip_first=True):
        for first, second in options.contrasts:
            pair = [groups[((axis.variable, level), *cell.groups)] for level in (first, second)]
            yield from _compare(request, options, pair, (first, second), cell.groups, conf_level)


def _event_counts(request: Request) -> Floats:
    """Events of each record: 1 for the variable USUBJID, else the value of the variable; 0 where missing."""
    variable = request.analysis.variables[0]
    if variable == SUBJECT:
        return np.ones(request.frame.height)
    if request.series(variable).dtype.is_numeric():
        return np.nan_to_num(request.numbers(variable))
    raise VariableTypeError(
        dataset=request.dataset.name,
        variable=variable,
        needed_by=f"{request.user}, which counts the records for {SUBJECT} and else sums a number of events,",
        expected="numeric",
        actual="character",
    )


def _at_risk(request: Request, options: ExposureRateOptions, counts: Floats, cell: Cell) -> tuple[_Group, str]:
    if options.exposure not in request.subjects.columns:
        raise PlanError(
            f"{request.user} takes the exposure {options.exposure} of every subject, with or without events, from "
            f"{request.subject_dataset.name}, which has no such variable. Derive it there."
        )
    exposure = subject_numbers(request, options.exposure)
    per_year = _UNITS_PER_YEAR[options.time_unit]
    known = cell.subjects & (np.nan_to_num(exposure) > 0)
    events = np.zeros(request.subjects.height)
    np.add.at(events, request.subject_index[cell.records], counts[cell.records])
    warnings = []
    lacking = int((cell.subjects & ~known).sum())
    if lacking:
        warnings.append(f"subjects without exposure above 0, left out: {lacking}")
    times = np.where(known, exposure, 0.0)
    if options.until is not None:
        first = np.full(request.subjects.height, np.inf)
        ends = np.nan_to_num(request.numbers(options.until), nan=np.inf)
        rows = cell.records & (counts > 0)
        np.minimum.at(first, request.subject_index[rows], ends[rows])
        times = np.minimum(times, np.where(first > 0, first, np.inf))
    if not known.any():
        warnings.append("no subject has any exposure")
    found = _Group(
        subjects=int(known.sum()),
        with_event=int((known & (events > 0)).sum()),
        events=int(events[known].sum()),
        years=float(times[known].sum()) / per_year,
    )
    return found, "; ".join(warnings)


def _compare(
    request: Request,
    options: ExposureRateOptions,
    pair: list[_Group],
    levels: tuple[str, str],
    groups: Groups,
    conf_level: float,
) -> Iterator[Result]:
    is_difference = options.measure == "difference"
    numbers = [group.events if options.unit == "events" else group.with_event for group in pair]
    events, years = (numbers[0], numbers[1]), (pair[0].years, pair[1].years)
    found, warning = Interval(estimate=None), ""
    is_exact = not is_difference and options.interval != "wald"
    if min(years) <= 0:
        warning = "a group has no exposure"
    elif is_difference:
        is_score = options.interval != "wald"
        found = compute_rate_difference(events, years, conf_level=conf_level, is_score=is_score)
    else:
        found = compute_rate_ratio(events, years, conf_level=conf_level, is_exact=is_exact)
    if not warning and not sum(events):
        warning = "no events in either group"
    elif not warning and 0 in events:
        warning = "a group has no events"
    scale = options.per if is_difference else 1.0

    def scaled(value: float | None) -> float | None:
        return None if value is None else value * scale

    level = contrast_level(*levels) if is_difference else ratio_level(*levels)
    yield from request.results(
        {
            "difference" if is_difference else "rate_ratio": scaled(found.estimate),
            "se" if is_difference else "se_log": scaled(found.se),
            **({} if is_exact else {"statistic": found.statistic}),
            "p_value": found.p_value,
            "ci_lower": scaled(found.lower),
            "ci_upper": scaled(found.upper),
            "conf_level": conf_level,
        },
        groups=((request.compared.variable, level), *groups),
        variable=request.analysis.variables[0],
        warnings=warning,
    )

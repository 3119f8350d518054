"""`kaplan_meier` and `logrank`: time to an event with right censoring.

Sources: Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481. Brookmeyer R, Crowley J. Biometrics 1982;38:29-41
(intervals of quantiles). Conventions are those of SAS PROC LIFETEST.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.counts import empty_group, proportion
from trialwright.analysis.methods.distributions import chi_square_upper_tail, normal_quantile
from trialwright.analysis.methods.options import KaplanMeierOptions, LogrankOptions
from trialwright.analysis.request import Booleans, Cell, Floats, Integers, Request, contrast_level, number_text
from trialwright.results import Result

#: Rounding errors of a product of fractions: a survival of 0.5 may come out as 0.4999999999.
_EQUAL = 1e-9


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
    """The Kaplan-Meier estimate; subjects censored at the time of an event are at risk of it."""
    distinct = np.unique(times)
    events = np.array([float((is_event & (times == time)).sum()) for time in distinct])
    leaving = np.array([float((times == time).sum()) for time in distinct])
    at_risk = len(times) - np.concatenate([[0.0], np.cumsum(leaving)[:-1]]) if len(distinct) else np.zeros(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(1 - events / at_risk)
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


def times_and_events(request: Request, variable: str, censor: str) -> tuple[Floats, Booleans, Booleans]:
    """The times, whether each is an event, and which records have both values.

    ADaM's CNSR is 0 for an event and above 0 for a censored time; this is the only place that turns it round.
    """
    times, censoring = request.numbers(variable), request.numbers(censor)
    return times, censoring == 0, ~np.isnan(times) & ~np.isnan(censoring)


def analyze_kaplan_meier(request: Request, options: KaplanMeierOptions) -> Iterator[Result]:
    """The curve of each group, its quartiles with intervals, and the numbers at risk at `times`."""
    variable = request.analysis.variables[0]
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    times, is_event, complete = times_and_events(request, variable, options.censor)
    for cell in request.cells():
        chosen = cell.records & complete
        curve = compute_survival(times[chosen], is_event[chosen], conf_level, options.conf_type)
        warning = empty_group(cell)
        if not warning and not curve.events.sum():
            warning = "no events"
        n, events = int(chosen.sum()), int(curve.events.sum())
        stats: dict[str, float | str | None] = {
            "n": n,
            "n_missing": int((cell.records & ~complete).sum()),
            "events": events,
            "censored": n - events,
            "p": proportion(events, n),
            "conf_level": conf_level,
        }
        for name, probability in (("q1", 0.25), ("median", 0.5), ("q3", 0.75)):
            value, lower, upper = compute_quantile_time(curve, probability)
            stats |= {name: value, f"{name}_ci_lower": lower, f"{name}_ci_upper": upper}
        yield from request.results(stats, groups=cell.groups, variable=variable, warnings=warning)
        yield from _points(request, variable, cell, curve, options.times, warning)


def _points(
    request: Request, variable: str, cell: Cell, curve: SurvivalCurve, asked: Sequence[float], warning: str
) -> Iterator[Result]:
    total = float(curve.at_risk[0]) if len(curve.times) else 0.0
    for time in sorted({0.0, *asked, *curve.times.tolist()}):
        position = int(np.searchsorted(curve.times, time, side="right")) - 1
        here = position >= 0 and curve.times[position] == time
        after = int(np.searchsorted(curve.times, time, side="left"))
        stats: dict[str, float | str | None] = {
            "time": time,
            "at_risk": float(curve.at_risk[after]) if after < len(curve.times) else 0.0,
            "events": float(curve.events[position]) if here else 0.0,
            "censored": float(curve.censored[position]) if here else 0.0,
        }
        if position < 0:
            known = total > 0
            stats |= {"survival": 1.0 if known else None, "se": 0.0 if known else None}
            stats |= {"ci_lower": 1.0 if known else None, "ci_upper": 1.0 if known else None}
        elif time > curve.times[-1] and curve.survival[-1] > 0:
            # Beyond the last censored time nothing is known.
            stats |= {"survival": None, "se": None, "ci_lower": None, "ci_upper": None}
        else:
            stats |= {
                "survival": float(curve.survival[position]),
                "se": float(curve.se[position]),
                "ci_lower": float(curve.lower[position]),
                "ci_upper": float(curve.upper[position]),
            }
        yield from request.results(
            stats, groups=cell.groups, variable=variable, level=number_text(time), warnings=warning
        )


@dataclass(frozen=True, kw_only=True)
class LogrankTest:
    """A log-rank test: observed and expected events of each group; None where there is nothing to compare."""

    observed: Floats
    expected: Floats
    statistic: float | None
    df: int
    p_value: float | None


def compute_logrank(times: Floats, is_event: Booleans, groups: Integers, strata: Integers, count: int) -> LogrankTest:
    """The log-rank test of `count` groups (numbers from 0), stratified by `strata`; hypergeometric variance for ties.

    Source: Kalbfleisch JD, Prentice RL. The Statistical Analysis of Failure Time Data, 2nd ed., 2002, section 1.5.
    """
    observed, expected = np.zeros(count), np.zeros(count)
    covariance = np.zeros((count, count))
    for stratum in np.unique(strata):
        inside = strata == stratum
        for time in np.unique(times[inside & is_event]):
            at_risk = np.bincount(groups[inside & (times >= time)], minlength=count).astype(np.float64)
            events = np.bincount(groups[inside & is_event & (times == time)], minlength=count).astype(np.float64)
            n, d = at_risk.sum(), events.sum()
            share = at_risk / n
            observed += events
            expected += d * share
            if n > 1:
                covariance += d * (n - d) / (n - 1) * (np.diag(share) - np.outer(share, share))
    compared = np.flatnonzero(expected > 0)
    if len(compared) < 2:
        return LogrankTest(observed=observed, expected=expected, statistic=None, df=0, p_value=None)
    kept = compared[:-1]
    difference = (observed - expected)[kept]
    variance = covariance[np.ix_(kept, kept)]
    df = int(np.linalg.matrix_rank(variance))
    if df == 0:
        return LogrankTest(observed=observed, expected=expected, statistic=None, df=0, p_value=None)
    statistic = float(difference @ np.linalg.pinv(variance) @ difference)
    return LogrankTest(
        observed=observed,
        expected=expected,
        statistic=statistic,
        df=df,
        p_value=chi_square_upper_tail(statistic, df),
    )


def analyze_logrank(request: Request, options: LogrankOptions) -> Iterator[Result]:
    """The test over all levels of the first grouping, and of each contrast alone."""
    variable = request.analysis.variables[0]
    axis = request.compared
    times, is_event, complete = times_and_events(request, variable, options.censor)
    strata = _strata(request, options.strata)
    complete = complete & (strata >= 0)
    for cell in request.cells(skip_first=True):
        codes = request.level_codes(cell.records & complete)
        chosen = codes >= 0
        test = compute_logrank(times[chosen], is_event[chosen], codes[chosen], strata[chosen], len(axis.levels))
        warning = _logrank_warning(test)
        yield from request.results(
            {"n": int(chosen.sum()), **_test_stats(test)}, groups=cell.groups, variable=variable, warnings=warning
        )
        for index, level in enumerate(axis.levels):
            yield from request.results(
                {
                    "n": int((codes == index).sum()),
                    "events": float(test.observed[index]),
                    "expected": float(test.expected[index]),
                },
                groups=((axis.variable, level), *cell.groups),
                variable=variable,
                warnings=warning,
            )
        for first, second in options.contrasts:
            pair = [axis.levels.index(level) for level in (first, second)]
            both = np.isin(codes, pair)
            alone = compute_logrank(
                times[both], is_event[both], (codes[both] == pair[0]).astype(np.int64), strata[both], 2
            )
            yield from request.results(
                _test_stats(alone),
                groups=((axis.variable, contrast_level(first, second)), *cell.groups),
                variable=variable,
                warnings=_logrank_warning(alone),
            )


def _test_stats(test: LogrankTest) -> dict[str, float | str | None]:
    return {"statistic": test.statistic, "df": test.df, "p_value": test.p_value}


def _logrank_warning(test: LogrankTest) -> str:
    if not test.observed.sum():
        return "no events"
    return "fewer than two groups are at risk" if test.statistic is None else ""


def _strata(request: Request, variables: Sequence[str]) -> Integers:
    """A number for each combination of the strata; -1 where one is missing."""
    columns = [request.texts(variable) for variable in variables]
    numbers: dict[tuple[str | None, ...], int] = {}
    codes = np.zeros(request.frame.height, dtype=np.int64)
    for row in range(request.frame.height):
        key = tuple(column[row] for column in columns)
        codes[row] = -1 if None in key else numbers.setdefault(key, len(numbers))
    return codes

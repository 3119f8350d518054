"""`logrank` and `weighted_logrank`: tests that compare hazards of groups, with weights, strata and a trend.

Sources: Kalbfleisch JD, Prentice RL. The Statistical Analysis of Failure Time Data, 2nd ed., 2002, section 1.5.
Weights: Gehan EA. Biometrika 1965;52:203-223; Tarone RE, Ware J. Biometrika 1977;64:156-160; Peto R, Peto J. J R Stat
Soc A 1972;135:185-206; Andersen PK, Borgan O, Gill RD, Keiding N. Statistical Models Based on Counting Processes, 1993,
section V.2 (modified); Harrington DP, Fleming TR. Biometrika 1982;69:553-566. Trend: Klein JP, Moeschberger ML.
Survival Analysis, 2nd ed., 2003, section 7.4. Conventions are those of SAS PROC LIFETEST.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.distributions import chi_square_upper_tail
from trialwright.analysis.methods.time_to_event.data import codes_of, contrast_groups, event_data
from trialwright.analysis.methods.time_to_event.options import EventOptions, LogrankOptions, WeightedLogrankOptions
from trialwright.analysis.request import Booleans, Cell, Floats, Integers, Request
from trialwright.errors import PlanError
from trialwright.results import Result

_Stats = dict[str, float | str | None]


@dataclass(frozen=True, kw_only=True)
class EventTable:
    """At each time of an event in one stratum, for each group: the number at risk, and with the event."""

    at_risk: Floats
    events: Floats

    @property
    def expected(self) -> Floats:
        """The events of each group at each time if hazards were the same."""
        expected: Floats = self.shares * self.events.sum(axis=1, keepdims=True)
        return expected

    @property
    def variance(self) -> Floats:
        """The hypergeometric variance at each time, up to shares x (1 - shares)."""
        n, d = self.at_risk.sum(axis=1), self.events.sum(axis=1)
        variance: Floats = d * (n - d) / np.maximum(n - 1, 1)
        return variance

    @property
    def shares(self) -> Floats:
        """The share of each group among those at risk."""
        shares: Floats = self.at_risk / self.at_risk.sum(axis=1, keepdims=True)
        return shares

    def weights(self, kind: str, rho: float = 0.0, gamma: float = 0.0) -> Floats:
        """The weight of each time, from all groups together.

        Fleming and Harrington's are of the Kaplan-Meier estimate just before the time; Peto and Peto's of the estimate
        with n + 1 in place of n, just after it.
        """
        n: Floats = self.at_risk.sum(axis=1)
        d: Floats = self.events.sum(axis=1)
        if kind == "gehan_breslow":
            return n
        if kind == "tarone_ware":
            return np.asarray(np.sqrt(n), np.float64)
        if kind in ("peto_peto", "modified_peto_peto"):
            peto = np.asarray(np.cumprod(1 - d / (n + 1)), np.float64)
            return peto if kind == "peto_peto" else peto * n / (n + 1)
        before = np.concatenate([[1.0], np.cumprod(1 - d / n)[:-1]]) if len(n) else n
        return np.asarray(before**rho * np.maximum(1 - before, 0.0) ** gamma, np.float64)


def event_tables(times: Floats, is_event: Booleans, groups: Integers, strata: Integers, count: int) -> list[EventTable]:
    """The table of each stratum with events; groups are numbers below `count`."""
    tables = []
    for stratum in np.unique(strata):
        inside = strata == stratum
        at = np.unique(times[inside & is_event])
        if not len(at):
            continue
        at_risk, events = np.zeros((len(at), count)), np.zeros((len(at), count))
        for group in range(count):
            own = np.sort(times[inside & (groups == group)])
            dying = np.sort(times[inside & is_event & (groups == group)])
            at_risk[:, group] = len(own) - np.searchsorted(own, at, side="left")
            events[:, group] = np.searchsorted(dying, at, side="right") - np.searchsorted(dying, at, side="left")
        tables.append(EventTable(at_risk=at_risk, events=events))
    return tables


@dataclass(frozen=True, kw_only=True)
class LogrankTest:
    """A (weighted) log-rank test; None where there is nothing to compare.

    observed, expected  events of each group, without weights
    difference          sum of weight x (observed - expected) of each group
    covariance          of the differences
    """

    observed: Floats
    expected: Floats
    difference: Floats
    covariance: Floats
    statistic: float | None
    df: int
    p_value: float | None

    def z(self, group: int) -> float | None:
        """The standardized difference of a group: below 0 with fewer events than expected."""
        variance = float(self.covariance[group, group])
        return float(self.difference[group]) / math.sqrt(variance) if variance > 0 else None

    def trend(self, scores: Sequence[float]) -> tuple[float | None, float | None]:
        """The chi-square statistic, with 1 degree of freedom, of a trend over the groups' scores, and its p-value."""
        weights = np.asarray(scores, np.float64)
        variance = float(weights @ self.covariance @ weights)
        if self.statistic is None or variance <= 1e-12 * float(np.trace(self.covariance)) * float(weights @ weights):
            return None, None
        statistic = float(weights @ self.difference) ** 2 / variance
        return statistic, chi_square_upper_tail(statistic, 1)


def compute_logrank(
    times: Floats,
    is_event: Booleans,
    groups: Integers,
    strata: Integers,
    count: int,
    *,
    weights: str = "fleming_harrington",
    rho: float = 0.0,
    gamma: float = 0.0,
) -> LogrankTest:
    """The log-rank test of `count` groups (numbers from 0), stratified by `strata`; hypergeometric variance for ties.

    weights  see `EventTable.weights`; by default all times count the same. They are of each stratum by itself.
    """
    observed, expected, difference = np.zeros(count), np.zeros(count), np.zeros(count)
    covariance = np.zeros((count, count))
    for table in event_tables(times, is_event, groups, strata, count):
        weight = table.weights(weights, rho, gamma)
        observed += table.events.sum(axis=0)
        expected += table.expected.sum(axis=0)
        difference += weight @ (table.events - table.expected)
        amount = weight**2 * table.variance
        covariance += np.diag(amount @ table.shares) - (table.shares * amount[:, None]).T @ table.shares
    kept = np.flatnonzero(expected > 0)[:-1]
    variance = covariance[np.ix_(kept, kept)]
    df = int(np.linalg.matrix_rank(variance)) if len(kept) else 0
    statistic = None if df == 0 else float(difference[kept] @ np.linalg.pinv(variance) @ difference[kept])
    return LogrankTest(
        observed=observed,
        expected=expected,
        difference=difference,
        covariance=covariance,
        statistic=statistic,
        df=df,
        p_value=None if statistic is None else chi_square_upper_tail(statistic, df),
    )


def logrank_records(request: Request, options: EventOptions, strata: Sequence[str] = ()) -> Booleans:
    """The records that are tested."""
    data = event_data(request, options)
    return data.used & (codes_of(request, strata) >= 0) & (request.level_codes(data.used) >= 0)


def weighted_logrank_records(request: Request, options: WeightedLogrankOptions) -> Booleans:
    """The records that are tested."""
    return logrank_records(request, options, options.strata)


def analyze_logrank(request: Request, options: LogrankOptions) -> Iterator[Result]:
    """The test over all levels of the first grouping, of a trend over them, and of each contrast alone."""
    return _analyze(request, options, "fleming_harrington", 0.0, 0.0)


def analyze_weighted_logrank(request: Request, options: WeightedLogrankOptions) -> Iterator[Result]:
    """As `logrank`, with weights; each level also has its weighted sum of observed - expected."""
    return _analyze(request, options, options.weights, options.rho, options.gamma)


def _analyze(request: Request, options: LogrankOptions, kind: str, rho: float, gamma: float) -> Iterator[Result]:
    data = event_data(request, options)
    request = data.request
    variable, axis = request.analysis.variables[0], request.compared
    strata = codes_of(request, options.strata)
    used = data.used & (strata >= 0)
    scores = _scores(request, options)

    def tested(chosen: Booleans, groups: Integers, count: int) -> LogrankTest:
        return compute_logrank(
            data.times[chosen],
            data.is_event[chosen],
            groups[chosen],
            strata[chosen],
            count,
            weights=kind,
            rho=rho,
            gamma=gamma,
        )

    for cell in request.cells(skip_first=True):
        codes = request.level_codes(cell.records & used)
        chosen = codes >= 0
        test = tested(chosen, codes, len(axis.levels))
        warning = _warning(test)
        stats: _Stats = {"n": int(chosen.sum()), **_test_stats(test)}
        if options.trend:
            statistic, p_value = test.trend(scores)
            stats |= {"trend_statistic": statistic, "trend_p_value": p_value}
        yield from request.results(stats, groups=cell.groups, variable=variable, warnings=warning)
        for index, level in enumerate(axis.levels):
            own: _Stats = {
                "n": int((codes == index).sum()),
                "events": float(test.observed[index]),
                "expected": float(test.expected[index]),
            }
            if isinstance(options, WeightedLogrankOptions):
                own["weighted_difference"] = float(test.difference[index])
            yield from request.results(
                own, groups=((axis.variable, level), *cell.groups), variable=variable, warnings=warning
            )
        for first, second in options.contrasts:
            pair = [axis.levels.index(level) for level in (first, second)]
            alone = tested(np.isin(codes, pair), (codes == pair[1]).astype(np.int64), 2)
            yield from _contrast(request, variable, cell, (first, second), alone, is_one_sided=options.one_sided)


def _contrast(
    request: Request, variable: str, cell: Cell, pair: tuple[str, str], test: LogrankTest, *, is_one_sided: bool
) -> Iterator[Result]:
    stats = _test_stats(test)
    if is_one_sided:
        z = test.z(0)
        stats |= {"z": z, "p_value_one_sided": None if z is None else math.erfc(-z / math.sqrt(2)) / 2}
    yield from request.results(
        stats, groups=contrast_groups(request, cell, *pair), variable=variable, warnings=_warning(test)
    )


def _scores(request: Request, options: LogrankOptions) -> Sequence[float]:
    levels = request.compared.levels
    if options.scores and len(options.scores) != len(levels):
        raise PlanError(
            f"{request.user} has {len(options.scores)} scores for the {len(levels)} levels of the grouping "
            f"{request.compared.grouping.id}. Give one for each level, in its order."
        )
    return options.scores or [float(index) for index in range(len(levels))]


def _test_stats(test: LogrankTest) -> _Stats:
    return {"statistic": test.statistic, "df": test.df, "p_value": test.p_value}


def _warning(test: LogrankTest) -> str:
    if not test.observed.sum():
        return "no events"
    return "fewer than two groups are at risk" if test.statistic is None else ""

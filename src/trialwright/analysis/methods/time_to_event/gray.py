"""`gray_test`: whether groups have the same cumulative incidence of an event, with competing events.

Source: Gray RJ. Ann Stat 1988;16:1141-1154.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.time_to_event.competing import CompetingData, competing_data
from trialwright.analysis.methods.time_to_event.cox_fit import ChiSquareTest, chi_square
from trialwright.analysis.methods.time_to_event.data import codes_of, contrast_groups
from trialwright.analysis.methods.time_to_event.model_results import test_stats
from trialwright.analysis.methods.time_to_event.options import GrayOptions
from trialwright.analysis.request import Booleans, Floats, Integers, Request
from trialwright.results import Result


@dataclass(frozen=True, kw_only=True)
class GrayTest:
    """Gray's test: events of interest of each group, and the sums of weight x (observed - expected)."""

    observed: Floats
    difference: Floats
    covariance: Floats
    test: ChiSquareTest


def compute_gray_test(
    times: Floats, causes: Integers, groups: Integers, strata: Integers, count: int, *, rho: float = 0.0
) -> GrayTest:
    """The test of `count` groups (numbers from 0) for cause 1; differences and variances are added over `strata`.

    rho  the weight of a time is (1 - F)^rho, F the cumulative incidence of all groups just before it
    """
    difference, covariance = np.zeros(count), np.zeros((count, count))
    observed = np.bincount(groups[causes == 1], minlength=count).astype(np.float64)
    for stratum in np.unique(strata):
        inside = strata == stratum
        sums, variance = _stratum(times[inside], causes[inside], groups[inside], count, rho)
        difference += sums
        covariance += variance
    kept = np.flatnonzero(np.diag(covariance) > 0)[:-1]
    block = covariance[np.ix_(kept, kept)]
    df = int(np.linalg.matrix_rank(block)) if len(kept) else 0
    nothing = ChiSquareTest(statistic=None, df=0, p_value=None)
    found = nothing if df == 0 else chi_square(float(difference[kept] @ np.linalg.pinv(block) @ difference[kept]), df)
    return GrayTest(observed=observed, difference=difference, covariance=covariance, test=found)


def _stratum(times: Floats, causes: Integers, groups: Integers, count: int, rho: float) -> tuple[Floats, Floats]:
    """The differences and their covariance.

    The risk set of a group is its number at risk, n, divided by its survival, times 1 - its cumulative incidence (Gray
    1988, section 2). Under the hypothesis the latter is that of all groups: their events by the sum of n / S. The
    variance follows from that of the binomial events: a group's events of interest as expected under the hypothesis,
    its competing events as observed (section 3). Tied events have the corrections (N - D) / (N - 1).
    """
    at = np.unique(times[causes > 0])
    if not len(at):
        return np.zeros(count), np.zeros((count, count))
    n, own, other = np.zeros((3, len(at), count))
    for group in range(count):
        mine = groups == group
        leaving = np.sort(times[mine])
        n[:, group] = len(leaving) - np.searchsorted(leaving, at, side="left")
        own[:, group] = _at(at, times[mine & (causes == 1)])
        other[:, group] = _at(at, times[mine & (causes > 1)])
    ones = np.ones((1, count))
    some = np.maximum(n, 1)
    survival = np.cumprod(1 - (own + other) / some, axis=0)
    before = np.concatenate([ones, survival[:-1]])
    incidence = np.cumsum(before * own / some, axis=0)
    incidence_before = np.concatenate([0 * ones, incidence[:-1]])
    # n / S(t-), and S(t-) / S(t); 0 once nobody is left.
    scaled = np.divide(n, before, out=np.zeros_like(n), where=(n > 0) & (before > 0))
    drop = np.divide(before, survival, out=np.zeros_like(n), where=survival > 0)
    risk = scaled * (1 - incidence_before)
    total = own.sum(axis=1)
    increments = total / scaled.sum(axis=1)
    left = np.maximum(1 - np.cumsum(increments), 0.0)
    left_before = np.concatenate([[1.0], left[:-1]])
    weight = left_before**rho if rho else np.ones(len(at))
    hazard = total / risk.sum(axis=1)
    difference = weight @ (own - risk * hazard[:, None])
    shares = scaled / scaled.sum(axis=1, keepdims=True)
    subhazard = np.divide(increments, left_before, out=np.zeros_like(left), where=left_before > 0)
    everybody = n.sum(axis=1)
    tied = np.where(everybody > 1, (everybody - total) / np.maximum(everybody - 1, 1), 1.0)
    covariance = np.zeros((count, count))
    for group in range(count):
        contrast = weight * ((np.arange(count) == group)[:, None] - shares.T)
        parts = contrast * (scaled[:, group] * subhazard)
        later = np.cumsum(parts[:, ::-1], axis=1)[:, ::-1] - parts
        carried = later * drop[:, group]
        present = n[:, group]
        of_own = contrast * present - carried * (left - survival[:, group])
        of_other = carried * left
        expected = np.where(scaled[:, group] > 0, scaled[:, group] * increments, 0.0)
        squared = some[:, group] ** 2
        first = expected / squared * tied
        second = other[:, group] * (present - other[:, group]) / squared / np.maximum(present - 1, 1)
        covariance += (of_own * first) @ of_own.T + (of_other * second) @ of_other.T
    return difference, covariance


def _at(at: Floats, times: Floats) -> Floats:
    ordered = np.sort(times)
    counts = np.searchsorted(ordered, at, side="right") - np.searchsorted(ordered, at, side="left")
    return np.asarray(counts, np.float64)


def gray_records(request: Request, options: GrayOptions) -> Booleans:
    """The records that are tested."""
    used = competing_data(request, options).data.used & (codes_of(request, options.strata) >= 0)
    return used & (request.level_codes(used) >= 0)


def analyze_gray_test(request: Request, options: GrayOptions) -> Iterator[Result]:
    """The test over all levels of the first grouping, and of each contrast alone."""
    found: CompetingData = competing_data(request, options)
    data, causes = found.data, found.causes
    request = data.request
    variable, axis = request.analysis.variables[0], request.compared
    strata = codes_of(request, options.strata)
    for cell in request.cells(skip_first=True):
        codes = request.level_codes(cell.records & data.used & (strata >= 0))
        chosen = codes >= 0
        whole = compute_gray_test(
            data.times[chosen], causes[chosen], codes[chosen], strata[chosen], len(axis.levels), rho=options.rho
        )
        warning = _warning(whole, options.event_name)
        yield from request.results(
            {"n": int(chosen.sum()), **test_stats("", whole.test)},
            groups=cell.groups,
            variable=variable,
            warnings=warning,
        )
        for index, level in enumerate(axis.levels):
            mine = codes == index
            yield from request.results(
                {
                    "n": int(mine.sum()),
                    "events": float(whole.observed[index]),
                    "competing": int((causes[mine] > 1).sum()),
                },
                groups=((axis.variable, level), *cell.groups),
                variable=variable,
            )
        for first, second in options.contrasts:
            pair = [axis.levels.index(level) for level in (first, second)]
            both = np.isin(codes, pair)
            alone = compute_gray_test(
                data.times[both],
                causes[both],
                (codes[both] == pair[1]).astype(np.int64),
                strata[both],
                2,
                rho=options.rho,
            )
            yield from request.results(
                test_stats("", alone.test),
                groups=contrast_groups(request, cell, first, second),
                variable=variable,
                warnings=_warning(alone, options.event_name),
            )


def _warning(found: GrayTest, event: str) -> str:
    if not found.observed.sum():
        return f"no events: {event}"
    return "fewer than two groups are at risk" if found.test.statistic is None else ""

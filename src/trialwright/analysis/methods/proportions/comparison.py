"""Two groups compared by what their subjects respond: counts, results, and which groups are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.counts import proportion
from trialwright.analysis.methods.distributions import normal_quantile
from trialwright.analysis.methods.options import ContrastOptions
from trialwright.analysis.methods.proportions.options import ComparisonOptions
from trialwright.analysis.methods.proportions.responses import find_responses, group_codes, subject_strata
from trialwright.analysis.request import Cell, Floats, Integers, Request
from trialwright.errors import PlanError
from trialwright.results import Result


@dataclass(frozen=True, kw_only=True)
class TwoGroups:
    """Responders and subjects of two groups, A and B, in each stratum: strata x 2."""

    events: Floats
    totals: Floats

    @property
    def pooled(self) -> TwoGroups:
        """All strata as one."""
        return TwoGroups(events=self.events.sum(axis=0, keepdims=True), totals=self.totals.sum(axis=0, keepdims=True))

    @property
    def one(self) -> tuple[float, float, float, float]:
        """Of all strata together: responders and subjects of A, responders and subjects of B."""
        (events_a, events_b), (total_a, total_b) = self.events.sum(axis=0), self.totals.sum(axis=0)
        return float(events_a), float(total_a), float(events_b), float(total_b)


def two_groups(events_a: float, total_a: float, events_b: float, total_b: float) -> TwoGroups:
    """Two groups in one stratum."""
    return TwoGroups(events=np.array([[events_a, events_b]], dtype=float), totals=np.array([[total_a, total_b]], float))


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A measure of the difference of two groups with its interval and test; None for what cannot be estimated."""

    estimate: float | None = None
    se: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    statistic: float | None = None
    df: float | None = None
    p_value: float | None = None
    warning: str = ""


def normal_upper_tail(z: float) -> float:
    """P(Z > z)."""
    from scipy.special import ndtr

    return float(ndtr(-z))


def normal_p_value(z: float, alternative: str = "two_sided") -> float:
    """The p-value of a standard normal statistic."""
    if alternative == "two_sided":
        return 2 * normal_upper_tail(abs(z))
    return normal_upper_tail(z if alternative == "greater" else -z)


def wald_ratio(log_estimate: float, se_log: float, conf_level: float, warning: str = "") -> Measure:
    """A ratio with its interval and test on the scale of logarithms."""
    half = normal_quantile((1 + conf_level) / 2) * se_log
    statistic = log_estimate / se_log
    return Measure(
        estimate=float(np.exp(log_estimate)),
        se=se_log,
        ci_lower=float(np.exp(log_estimate - half)),
        ci_upper=float(np.exp(log_estimate + half)),
        statistic=statistic,
        p_value=normal_p_value(statistic),
        warning=warning,
    )


def contrasts_of(request: Request, options: ContrastOptions) -> list[tuple[int, int]]:
    """Which levels of the first grouping are compared: the contrasts, else each other level with the reference."""
    levels = request.compared.levels
    if options.contrasts:
        return [(levels.index(first), levels.index(second)) for first, second in options.contrasts]
    grouping = request.compared.grouping
    if grouping.reference not in levels:
        raise PlanError(
            f"{request.user} compares pairs of levels, but names none. Name them with the option contrasts, or give "
            f"the grouping {grouping.id} a reference."
        )
    return [
        (index, levels.index(grouping.reference)) for index, level in enumerate(levels) if level != grouping.reference
    ]


@dataclass(frozen=True, kw_only=True)
class GroupCounts:
    """Responders and subjects of every group: strata x groups; and how many have no known response, by group."""

    events: Integers
    totals: Integers
    n_missing: Integers
    warning: str

    def pair(self, first: int, second: int) -> TwoGroups:
        """Two of the groups."""
        chosen = [first, second]
        return TwoGroups(
            events=self.events[:, chosen].astype(np.float64), totals=self.totals[:, chosen].astype(np.float64)
        )


def count_groups(request: Request, variable: str, options: ComparisonOptions, cell: Cell) -> GroupCounts:
    """The counts of one part of the records. Subjects without a stratum are left out, with a warning."""
    responses = find_responses(request, variable, options, cell)
    groups = group_codes(request, cell.records)
    strata = subject_strata(request, options.strata, cell.records)
    width = len(request.compared.levels)
    counted = responses.is_counted & (groups >= 0)
    placed = counted & (strata >= 0)
    height = int(strata.max(initial=0)) + 1
    cells = strata * width + groups

    def table(mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Integers:
        return np.bincount(cells[mask], minlength=height * width).astype(np.int64).reshape(height, width)

    lost = int((counted & ~placed).sum())
    told = f"subjects without a stratum, left out: {lost}" if lost else ""
    n_missing = np.bincount(groups[responses.is_missing & (groups >= 0)], minlength=width).astype(np.int64)
    return GroupCounts(
        events=table(placed & responses.responds),
        totals=table(placed),
        n_missing=n_missing,
        warning="; ".join(text for text in (responses.warning, told) if text),
    )


def analyze_comparison(
    request: Request,
    options: ComparisonOptions,
    *,
    measure: Callable[[TwoGroups], Measure],
    stats: Callable[[Measure], dict[str, float | str | None]],
    level: Callable[[str, str], str],
) -> Iterator[Result]:
    """Each group's `n`, `N`, `p`, `n_missing`, then the measure of each contrast.

    measure  of two groups that both have subjects
    stats    the names of what it has
    level    the name of a contrast
    """
    axis = request.compared
    pairs = contrasts_of(request, options)
    for variable in request.analysis.variables:
        for cell in request.cells(skip_first=True):
            counts = count_groups(request, variable, options, cell)
            empty = [f"no subjects with {axis.variable} = {name}" for name in axis.levels]
            for index, name in enumerate(axis.levels):
                n, total = int(counts.events[:, index].sum()), int(counts.totals[:, index].sum())
                yield from request.results(
                    {"n": n, "N": total, "p": proportion(n, total), "n_missing": int(counts.n_missing[index])},
                    groups=((axis.variable, name), *cell.groups),
                    variable=variable,
                    warnings=_joined(counts.warning, "" if total else empty[index]),
                )
            for first, second in pairs:
                groups = counts.pair(first, second)
                missing = [empty[index] for index in (first, second) if not counts.totals[:, index].any()]
                found = Measure(warning="; ".join(missing)) if missing else measure(groups)
                yield from request.results(
                    stats(found),
                    groups=((axis.variable, level(axis.levels[first], axis.levels[second])), *cell.groups),
                    variable=variable,
                    warnings=_joined(found.warning, counts.warning),
                )


def _joined(*texts: str) -> str:
    return "; ".join(text for text in texts if text)


def with_both(groups: TwoGroups) -> tuple[TwoGroups, str]:
    """The strata that have subjects of both groups, and a warning if there are others."""
    both = (groups.totals > 0).all(axis=1)
    lost = int(((groups.totals > 0).any(axis=1) & ~both).sum())
    warning = f"strata with subjects of one group only, which say nothing: {lost}" if lost else ""
    return TwoGroups(events=groups.events[both], totals=groups.totals[both]), warning

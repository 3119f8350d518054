"""Rates and hazards that are constant between changes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate, pairwise

from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class PiecewiseRate:
    """A rate (events, or subjects, per unit of time) that is constant between changes.

    rates    one more than `changes`; the last one holds for ever
    changes  times at which the next rate begins, increasing and above 0; none for a constant rate
    """

    rates: tuple[float, ...]
    changes: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if len(self.rates) != len(self.changes) + 1:
            raise DesignError(
                f"PiecewiseRate.rates must have one value more than changes, got {len(self.rates)} rates and "
                f"{len(self.changes)} changes. Give the rate before the first change, then one from each change on."
            )
        for rate in self.rates:
            if not (math.isfinite(rate) and rate >= 0):
                raise DesignError(
                    f"PiecewiseRate.rates must not be negative or infinite, got {rate!r}. Give 0 for no events at all."
                )
        for earlier, later in zip((0.0, *self.changes), self.changes, strict=False):
            if not (math.isfinite(later) and earlier < later):
                raise DesignError(
                    f"PiecewiseRate.changes must be above 0 and increase, got {self.changes}. "
                    "Give the times in order, without the 0 at which the first rate begins."
                )

    @property
    def starts(self) -> tuple[float, ...]:
        """When each rate begins."""
        return (0.0, *self.changes)

    @property
    def totals(self) -> tuple[float, ...]:
        """The integral from 0 to the beginning of each rate."""
        pieces = zip(self.rates, pairwise(self.starts), strict=False)
        return tuple(accumulate((rate * (end - start) for rate, (start, end) in pieces), initial=0.0))

    def at(self, time: float) -> float:
        """The rate that holds at a time, and just after it if it changes there."""
        return [rate for start, rate in zip(self.starts, self.rates, strict=True) if start <= time][-1]

    def total(self, time: float) -> float:
        """The integral from 0 to a time: expected subjects of an accrual, cumulative hazard of a hazard."""
        ends = (*self.changes, math.inf)
        pieces = zip(self.starts, ends, self.rates, strict=True)
        return sum(rate * (min(end, time) - start) for start, end, rate in pieces if start < time and rate > 0)


def constant_rate(rate: float) -> PiecewiseRate:
    """The same rate at all times."""
    return PiecewiseRate(rates=(rate,))


def hazard_of_median(median: float) -> PiecewiseRate:
    """The constant hazard under which half of the subjects have had the event at time `median`."""
    if not (math.isfinite(median) and median > 0):
        raise DesignError(f"median must be above 0, got {median!r}. Give the time by which half have had the event.")
    return constant_rate(math.log(2) / median)


def proportional_hazard(control: PiecewiseRate, *, hazard_ratio: float, delay: float = 0.0) -> PiecewiseRate:
    """The experimental arm's hazard: the control's, times `hazard_ratio` (experimental / control) after `delay`."""
    if not (math.isfinite(hazard_ratio) and hazard_ratio > 0):
        raise DesignError(
            f"hazard_ratio must be above 0, got {hazard_ratio!r}. "
            "It is experimental / control; below 1 favors experimental where longer times are better."
        )
    if not (math.isfinite(delay) and delay >= 0):
        raise DesignError(f"delay must not be negative, got {delay!r}. Give 0 for an effect from the beginning.")
    changes = sorted({*control.changes, *((delay,) if delay > 0 else ())})
    rates = tuple(control.at(start) * (hazard_ratio if start >= delay else 1.0) for start in (0.0, *changes))
    return PiecewiseRate(rates=rates, changes=tuple(changes))

"""Accrual by sites that open one after the other. Light: nothing is computed here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from trialwright.design.simulation.rates import PiecewiseRate
from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningSites:
    """Sites of one kind, such as those of a region.

    sites          how many
    rate           subjects per site and unit of time, once the site is open
    first_opening  calendar time at which the first opens
    last_opening   at which the last opens; the others open evenly in between
    """

    sites: int
    rate: float
    first_opening: float = 0.0
    last_opening: float = 0.0

    def __post_init__(self) -> None:
        if self.sites < 1:
            raise DesignError(f"OpeningSites.sites must be at least 1, got {self.sites!r}. Leave out groups of none.")
        if not (math.isfinite(self.rate) and self.rate > 0):
            raise DesignError(
                f"OpeningSites.rate must be above 0, got {self.rate!r}. It is subjects per site and unit of time."
            )
        if not 0 <= self.first_opening <= self.last_opening < math.inf:
            raise DesignError(
                f"OpeningSites opens its first site at {self.first_opening!r} and its last at {self.last_opening!r}. "
                "Give times from 0 on, the first not after the last."
            )

    @property
    def openings(self) -> tuple[float, ...]:
        """When each site opens."""
        steps = max(self.sites - 1, 1)
        span = self.last_opening - self.first_opening
        return tuple(self.first_opening + span * site / steps for site in range(self.sites))


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteMix:
    """How subjects come in at sites: at each as a Poisson process, from its opening until all subjects are in.

    subjects        how many, at all sites together
    rate_variation  coefficient of variation of the sites' rates around those given: each trial draws the rate of each
                    site from a gamma distribution. 0 for rates that are known

    Source: Anisimov VV, Fedorov VV. Modelling, prediction and adaptive adjustment of recruitment in multicentre trials.
    Statistics in Medicine 2007; 26: 4958-4975 (the Poisson-gamma model).
    """

    subjects: int
    groups: tuple[OpeningSites, ...]
    rate_variation: float = 0.0

    def __post_init__(self) -> None:
        if self.subjects < 2:
            raise DesignError(f"SiteMix.subjects must be at least 2, got {self.subjects!r}. Each arm needs a subject.")
        if not self.groups:
            raise DesignError("SiteMix.groups is empty. Give at least one group of sites.")
        if not (math.isfinite(self.rate_variation) and self.rate_variation >= 0):
            raise DesignError(
                f"SiteMix.rate_variation must not be negative, got {self.rate_variation!r}. Give 0.5 for rates whose "
                "standard deviation is half of their mean."
            )

    @property
    def arrivals(self) -> Literal["poisson"]:
        """Subjects come at random."""
        return "poisson"

    @property
    def openings(self) -> tuple[tuple[float, float], ...]:
        """When each site opens, in this order, and its rate."""
        sites = ((opening, group.rate) for group in self.groups for opening in group.openings)
        return tuple(sorted(sites))

    @property
    def rate(self) -> PiecewiseRate:
        """Subjects per unit of time at all open sites together, by calendar time, as expected."""
        rates, changes, total = [0.0], [0.0], 0.0
        for opening, rate in self.openings:
            total += rate
            if opening == changes[-1]:
                rates[-1] = total
            else:
                rates.append(total)
                changes.append(opening)
        return PiecewiseRate(rates=tuple(rates), changes=tuple(changes[1:]))

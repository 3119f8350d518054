"""What simulated trials cost, part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from trialwright.design.definition.model import CostModel, Driver

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Quantities:
    """What costs are counted by, for each trial when it ended.

    interims       looks that were done before the final one
    site_openings  when each site opens; the same in all trials
    """

    time: Floats
    subjects: Floats
    followup: Floats
    interims: Floats
    site_openings: Sequence[float]

    def of(self, driver: Driver) -> Floats:
        """How much of a driver each trial has."""
        match driver:
            case "trial":
                return np.ones_like(self.time)
            case "site":
                return np.full_like(self.time, len(self.site_openings))
            case "site_time":
                return _time_open(self.time, self.site_openings)
            case "subject":
                return self.subjects
            case "subject_time":
                return self.followup
            case "time":
                return self.time
            case "interim":
                return self.interims


def compute_costs(model: CostModel, quantities: Quantities) -> Mapping[str, Floats]:
    """The cost of each part in each trial, in the model's currency."""
    return {part.id: part.amount * quantities.of(part.per) for part in model.parts}


def _time_open(ends: Floats, openings: Sequence[float]) -> Floats:
    """Time that the sites are open, together, if the trial ends then."""
    ordered = np.sort(np.asarray(openings, np.float64))
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    open_by_then = np.searchsorted(ordered, ends, side="right")
    return np.asarray(open_by_then * ends - sums[open_by_then], np.float64)

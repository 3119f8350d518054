"""When subjects will be in: quantiles of the times of enrollment, computed, not simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialwright.design.search.model import EnrollmentForecast

if TYPE_CHECKING:
    from trialwright.design.simulation.rates import PiecewiseRate

Floats = NDArray[np.float64]

#: Numbers of subjects that a forecast has times for, at most.
POINTS = 50
#: Of the forecast's intervals.
LEVEL = 0.9


def forecast_enrollment(rate: PiecewiseRate, *, subjects: int) -> EnrollmentForecast:
    """When so many subjects are in, with the middle 90% of the distribution of that time.

    The k-th arrival of a Poisson process comes when the integral of its rate has reached a gamma variable of shape k.
    Enrollment is forecast for all subjects, whether or not the trial would stop before.
    """
    from scipy.special import gammaincinv

    numbers = np.unique(np.linspace(1, subjects, min(POINTS, subjects)).round().astype(np.int64))
    tail = (1 - LEVEL) / 2
    median, lower, upper = (
        tuple(map(float, times_of_totals(rate, np.asarray(gammaincinv(numbers, one), np.float64))))
        for one in (0.5, tail, 1 - tail)
    )
    return EnrollmentForecast(subjects=tuple(map(int, numbers)), median=median, lower=lower, upper=upper, level=LEVEL)


def times_of_totals(rate: PiecewiseRate, totals: Floats) -> Floats:
    """When the integral of the rate has reached each total; after a pause in which the rate is 0, when it ends."""
    starts, rates, reached = np.asarray(rate.starts), np.asarray(rate.rates), np.asarray(rate.totals)
    piece = np.searchsorted(reached, totals, side="right") - 1
    return np.asarray(starts[piece] + (totals - reached[piece]) / rates[piece], np.float64)

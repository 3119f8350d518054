"""When subjects come in and looks are done, with intervals, from simulated trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from trialwright.design.simulation.blocks import simulate_in_blocks
from trialwright.design.simulation.drawing import TRIALS_PER_BLOCK, Purpose, draw_exponential, new_seed
from trialwright.design.simulation.kernel_inputs import Enrollment, accrual_of
from trialwright.design.simulation.plans import Accrual
from trialwright.design.simulation.simulating import SimulatedTrials
from trialwright.design.simulation.site_mix import SiteMix
from trialwright.errors import DesignError
from trialwright.execution import IN_THIS_PROCESS, Execution

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What to expect of a number or time, over simulated trials.

    mean, standard_error  with the Monte Carlo standard error of the mean
    quantiles             of each of `probabilities`: the interval between 0.05 and 0.95 holds 90% of trials
    """

    mean: float
    standard_error: float | None
    probabilities: tuple[float, ...]
    quantiles: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class SimulatedEnrollment:
    """Calendar times at which subjects come in: trial, subject in this order.

    seed  from which all draws follow: those of `simulate_trials` from the same seed
    """

    accrual: Accrual | SiteMix
    seed: int
    entry: Floats

    def time_of(self, subjects: int, probabilities: Sequence[float] = (0.05, 0.5, 0.95)) -> Forecast:
        """Calendar time at which so many subjects are in."""
        if not 1 <= subjects <= self.accrual.subjects:
            raise DesignError(
                f"subjects must lie between 1 and {self.accrual.subjects}, all of the accrual, got {subjects!r}."
            )
        return forecast(self.entry[:, subjects - 1], probabilities)

    def subjects_by(self, time: float, probabilities: Sequence[float] = (0.05, 0.5, 0.95)) -> Forecast:
        """How many are in by a calendar time."""
        return forecast(np.count_nonzero(self.entry <= time, axis=1).astype(np.float64), probabilities)


def simulate_enrollment(
    accrual: Accrual | SiteMix, *, trials: int, rng: np.random.Generator, execution: Execution = IN_THIS_PROCESS
) -> SimulatedEnrollment:
    """Simulate enrollment alone: that of `simulate_trials` from a generator in the same state."""
    seed = new_seed(rng)
    blocks = simulate_in_blocks(partial(simulate_enrollment_block, accrual, seed=seed), trials, execution=execution)
    return SimulatedEnrollment(accrual=accrual, seed=seed, entry=np.concatenate(blocks))


def simulate_enrollment_block(
    accrual: Accrual | SiteMix, *, seed: int, block: int, trials: int = TRIALS_PER_BLOCK
) -> Floats:
    """Calendar times of entry in the first trials of one block: trial, subject."""
    from trialwright.design.simulation.enrollment_kernel import enroll

    subjects = accrual.subjects
    draws = draw_exponential(seed, block, Purpose.ENTRY, subjects)
    enrollment = Enrollment(accrual_of(accrual, seed, block), accrual.arrivals == "even", np.ones(2, np.int64), True)
    entry = np.empty((trials, subjects))
    nothing, nowhere = np.zeros(subjects), np.zeros(subjects, np.int64)
    for trial in range(trials):
        enroll(trial, draws[:, trial], nothing, enrollment, nowhere, 1, entry[trial], np.empty(subjects, np.int64))
    return entry


def compute_look_forecasts(
    simulated: SimulatedTrials, probabilities: Sequence[float] = (0.05, 0.5, 0.95)
) -> tuple[Forecast, ...]:
    """Of each look: its calendar time, whether or not trials stop before it."""
    return tuple(forecast(simulated.time[:, look], probabilities) for look in range(simulated.time.shape[1]))


def forecast(values: Floats, probabilities: Sequence[float]) -> Forecast:
    """Mean and quantiles of a number over trials."""
    if not all(0 < probability < 1 for probability in probabilities):
        raise DesignError(f"probabilities must lie between 0 and 1, got {tuple(probabilities)}. Give (0.05, 0.95).")
    count = len(values)
    return Forecast(
        mean=float(values.mean()),
        standard_error=float(values.std(ddof=1) / np.sqrt(count)) if count > 1 else None,
        probabilities=tuple(probabilities),
        quantiles=tuple(float(quantile) for quantile in np.quantile(values, probabilities)),
    )

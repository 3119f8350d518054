"""Simulate a trial with three looks, and print what it took as JSON.

    python -m bench.simulation [--trials N]

500 subjects, log-rank tests at 150, 225 and 300 events, hazard ratio 0.7, O'Brien-Fleming-like bounds. `simulation` is
CPU-seconds of one warm run on one core, `first_use` those of a first call with nothing compiled yet, in a process of
its own with an empty cache; `power` and its Monte Carlo standard error show that the work was done.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

from trialwright.design.simulation import (
    Accrual,
    Boundaries,
    Look,
    OperatingCharacteristics,
    TimeToEvent,
    TrialPlan,
    compute_operating_characteristics,
    constant_rate,
    hazard_of_median,
    proportional_hazard,
    simulate_trials,
)

CONTROL = hazard_of_median(12)
PLAN = TrialPlan(
    accrual=Accrual(subjects=500, rate=constant_rate(25)),
    outcome=TimeToEvent(hazards=(CONTROL, proportional_hazard(CONTROL, hazard_ratio=0.7))),
    looks=(Look(observed=150), Look(observed=225), Look(observed=300)),
)
#: Lan and DeMets' O'Brien-Fleming-like spending of one-sided 0.025 at 50%, 75% and 100% of the events.
BOUNDARIES = Boundaries(efficacy=(2.96258804, 2.35901771, 2.01408368))


def simulate(trials: int) -> tuple[OperatingCharacteristics, float]:
    """The operating characteristics, and the CPU-seconds that they took."""
    started = time.process_time()
    simulated = simulate_trials(PLAN, trials=trials, rng=np.random.default_rng(2026))
    result = compute_operating_characteristics(simulated, BOUNDARIES)
    return result, time.process_time() - started


def first_use() -> float:
    """CPU-seconds of the first call in a process that finds nothing compiled."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--cold"]
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        printed = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    return float(printed)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--cold", action="store_true", help="print the CPU-seconds of one short call alone")
    arguments = parser.parse_args()
    _, first = simulate(1)
    if arguments.cold:
        print(first)
        return
    result, seconds = simulate(arguments.trials)
    figures = {
        "simulation": round(seconds, 3),
        "first_use": round(first_use(), 3),
        "trials": arguments.trials,
        "power": result.power.value,
        "power_standard_error": result.power.standard_error,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

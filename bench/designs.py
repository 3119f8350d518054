"""Time designs that are computed, and dose escalations that are simulated, and print CPU-seconds as a line of JSON.

    python bench/designs.py

All warm. `sequential` is 100 three-look spending designs with non-binding futility, `survival` 100 sample sizes with
piecewise accrual and dropout, `boin` 10,000 simulated trials of 10 cohorts of 3 at 5 doses.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable

import numpy as np

from trialwright.design.early import compute_boin_design, simulate_escalation
from trialwright.design.sequential import HwangShihDeCani, LanDeMetsOBrienFleming, compute_group_sequential_design
from trialwright.design.survival import AccrualRates, PiecewiseHazards, SurvivalTrial, compute_survival_sample_size


def sequential() -> float:
    """The efficacy bound at the first look."""
    design = compute_group_sequential_design(
        efficacy=LanDeMetsOBrienFleming(),
        futility=HwangShihDeCani(gamma=-2.0),
        futility_is_binding=False,
        alpha=0.025,
        sided=1,
        power=0.9,
        looks=3,
    )
    return design.efficacy_bounds[0]


def survival() -> float:
    """The number of subjects, unrounded, at a hazard ratio of 0.7 and a median of 12 months of the control."""
    hazard = math.log(2) / 12
    trial = SurvivalTrial.of(
        accrual=AccrualRates(durations=(6.0, 18.0), rates=(10.0, 20.0)),
        control=PiecewiseHazards(starts=(0.0,), hazards=(hazard,), dropout_hazards=(0.005,)),
        experimental=PiecewiseHazards(starts=(0.0,), hazards=(hazard * 0.7,), dropout_hazards=(0.005,)),
    )
    return compute_survival_sample_size(trial, hazard_ratio=0.7, alpha=0.025, sided=1, power=0.9, followup=12).n_exact


def boin() -> float:
    """How often the third of five doses is selected."""
    design = compute_boin_design(target=0.3, n_max=30)
    behavior = simulate_escalation(
        design.table,
        toxicities=(0.08, 0.18, 0.3, 0.43, 0.55),
        cohorts=10,
        cohort_size=3,
        rng=np.random.default_rng(2026),
        trials=10_000,
    )
    return behavior.selection[2]


def seconds_of(work: Callable[[], float], repetitions: int) -> float:
    """CPU-seconds of so many, after a first one."""
    work()
    started = time.process_time()
    for _ in range(repetitions):
        work()
    return time.process_time() - started


if __name__ == "__main__":
    figures = {
        "sequential": seconds_of(sequential, 100),
        "survival": seconds_of(survival, 100),
        "boin": seconds_of(boin, 1),
    }
    print(json.dumps(figures))

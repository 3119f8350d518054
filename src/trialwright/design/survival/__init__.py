"""Trials with a time to an event: events over calendar time, sample size and power of log-rank and other tests."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from trialwright.design.survival.accrual import AccrualRates
from trialwright.design.survival.average_hazard_ratio import AverageHazardRatio, compute_average_hazard_ratio
from trialwright.design.survival.fixed_designs import FixedSurvivalDesign
from trialwright.design.survival.hazards import PiecewiseHazards
from trialwright.design.survival.lachin_foulkes import compute_lachin_foulkes_sample_size
from trialwright.design.survival.lakatos import compute_lakatos_sample_size
from trialwright.design.survival.required_events import compute_required_events
from trialwright.design.survival.sample_size import (
    SurvivalSampleSize,
    compute_survival_power,
    compute_survival_sample_size,
)
from trialwright.design.survival.trial import Stratum, SurvivalTrial

if TYPE_CHECKING:
    from trialwright.design.survival.sequential_sample_size import (
        SequentialSurvivalSampleSize,
        compute_sequential_survival_sample_size,
    )
    from trialwright.design.survival.survival_differences import (
        compute_milestone_sample_size,
        compute_rmst_sample_size,
    )
    from trialwright.design.survival.weighted_logrank import (
        FlemingHarrington,
        MagirrBurman,
        MaxComboPower,
        compute_maxcombo_power,
        compute_weighted_logrank_sample_size,
    )

# These need numpy, which is loaded when they are first used.
_LAZY = {
    "FlemingHarrington": "weighted_logrank",
    "MagirrBurman": "weighted_logrank",
    "MaxComboPower": "weighted_logrank",
    "SequentialSurvivalSampleSize": "sequential_sample_size",
    "compute_maxcombo_power": "weighted_logrank",
    "compute_milestone_sample_size": "survival_differences",
    "compute_rmst_sample_size": "survival_differences",
    "compute_sequential_survival_sample_size": "sequential_sample_size",
    "compute_weighted_logrank_sample_size": "weighted_logrank",
}

__all__ = [
    "AccrualRates",
    "AverageHazardRatio",
    "FixedSurvivalDesign",
    "FlemingHarrington",
    "MagirrBurman",
    "MaxComboPower",
    "PiecewiseHazards",
    "SequentialSurvivalSampleSize",
    "Stratum",
    "SurvivalSampleSize",
    "SurvivalTrial",
    "compute_average_hazard_ratio",
    "compute_lachin_foulkes_sample_size",
    "compute_lakatos_sample_size",
    "compute_maxcombo_power",
    "compute_milestone_sample_size",
    "compute_required_events",
    "compute_rmst_sample_size",
    "compute_sequential_survival_sample_size",
    "compute_survival_power",
    "compute_survival_sample_size",
    "compute_weighted_logrank_sample_size",
]


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)

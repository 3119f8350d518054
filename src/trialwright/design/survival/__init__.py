"""Trials with a time to an event: events over calendar time, sample size and power of log-rank and other tests."""

from trialwright.design.survival.accrual import AccrualRates
from trialwright.design.survival.hazards import PiecewiseHazards
from trialwright.design.survival.required_events import compute_required_events
from trialwright.design.survival.sample_size import (
    SurvivalSampleSize,
    compute_survival_power,
    compute_survival_sample_size,
)
from trialwright.design.survival.trial import Stratum, SurvivalTrial

__all__ = [
    "AccrualRates",
    "PiecewiseHazards",
    "Stratum",
    "SurvivalSampleSize",
    "SurvivalTrial",
    "compute_required_events",
    "compute_survival_power",
    "compute_survival_sample_size",
]

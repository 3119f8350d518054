"""Group-sequential designs: bounds, spending of error, operating characteristics, and inference at an interim analysis.

Importing this does not load numpy; the functions do when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from trialwright.design.sequential.boundaries import (
    ClassicalBounds,
    GivenBounds,
    HaybittlePeto,
    OBrienFleming,
    OptimumWangTsiatis,
    Pocock,
    WangTsiatis,
)
from trialwright.design.sequential.design import EfficacyRule, FutilityRule, GroupSequentialDesign
from trialwright.design.sequential.operating import OperatingCharacteristics, compute_operating_characteristics
from trialwright.design.sequential.spending import (
    HwangShihDeCani,
    KimDeMets,
    LanDeMetsOBrienFleming,
    LanDeMetsPocock,
    SpendingFunction,
    UserSpending,
)

if TYPE_CHECKING:
    from trialwright.design.sequential.fisher_combination import FisherCombination, compute_fisher_combination
    from trialwright.design.sequential.interim import (
        RepeatedInterval,
        StagewiseInference,
        compute_conditional_error,
        compute_conditional_power,
        compute_predictive_power,
        compute_repeated_interval,
        compute_repeated_p_value,
        compute_sequential_p_value,
        compute_stagewise_inference,
    )
    from trialwright.design.sequential.monitoring import compute_monitored_design
    from trialwright.design.sequential.solving import compute_group_sequential_design

__all__ = [
    "ClassicalBounds",
    "EfficacyRule",
    "FisherCombination",
    "FutilityRule",
    "GivenBounds",
    "GroupSequentialDesign",
    "HaybittlePeto",
    "HwangShihDeCani",
    "KimDeMets",
    "LanDeMetsOBrienFleming",
    "LanDeMetsPocock",
    "OBrienFleming",
    "OperatingCharacteristics",
    "OptimumWangTsiatis",
    "Pocock",
    "RepeatedInterval",
    "SpendingFunction",
    "StagewiseInference",
    "UserSpending",
    "WangTsiatis",
    "compute_conditional_error",
    "compute_conditional_power",
    "compute_fisher_combination",
    "compute_group_sequential_design",
    "compute_monitored_design",
    "compute_operating_characteristics",
    "compute_predictive_power",
    "compute_repeated_interval",
    "compute_repeated_p_value",
    "compute_sequential_p_value",
    "compute_stagewise_inference",
]

_LAZY = {
    "FisherCombination": "fisher_combination",
    "compute_fisher_combination": "fisher_combination",
    "RepeatedInterval": "interim",
    "StagewiseInference": "interim",
    "compute_conditional_error": "interim",
    "compute_conditional_power": "interim",
    "compute_predictive_power": "interim",
    "compute_repeated_interval": "interim",
    "compute_repeated_p_value": "interim",
    "compute_sequential_p_value": "interim",
    "compute_stagewise_inference": "interim",
    "compute_monitored_design": "monitoring",
    "compute_group_sequential_design": "solving",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)

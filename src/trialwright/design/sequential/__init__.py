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
    from trialwright.design.sequential.solving import compute_group_sequential_design

__all__ = [
    "ClassicalBounds",
    "EfficacyRule",
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
    "SpendingFunction",
    "UserSpending",
    "WangTsiatis",
    "compute_group_sequential_design",
    "compute_operating_characteristics",
]

_LAZY = {"compute_group_sequential_design": "solving"}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)

"""Adaptive designs: combination tests and sample-size re-estimation.

Importing this does not load numpy; the functions do when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialwright.design.adaptive.combination import (
        CombinationAnalysis,
        CombinationStage,
        CombinationTest,
        compute_combination_analysis,
        compute_fisher_test,
        compute_inverse_normal_test,
    )
    from trialwright.design.adaptive.combination_inference import (
        CombinationInterval,
        FinalInference,
        compute_combination_conditional_power,
        compute_combination_interval,
        compute_conditional_rejection_probability,
        compute_final_inference,
        compute_final_p_value,
        compute_remaining_design,
    )
    from trialwright.design.adaptive.stage_evidence import (
        EstimateStage,
        ProportionStage,
        StageEvidence,
        logrank_stage,
    )

_MODULES = {
    "CombinationAnalysis": "combination",
    "CombinationInterval": "combination_inference",
    "CombinationStage": "combination",
    "CombinationTest": "combination",
    "EstimateStage": "stage_evidence",
    "FinalInference": "combination_inference",
    "ProportionStage": "stage_evidence",
    "StageEvidence": "stage_evidence",
    "compute_combination_analysis": "combination",
    "compute_combination_conditional_power": "combination_inference",
    "compute_combination_interval": "combination_inference",
    "compute_conditional_rejection_probability": "combination_inference",
    "compute_final_inference": "combination_inference",
    "compute_final_p_value": "combination_inference",
    "compute_fisher_test": "combination",
    "compute_inverse_normal_test": "combination",
    "compute_remaining_design": "combination_inference",
    "logrank_stage": "stage_evidence",
}

__all__ = [
    "CombinationAnalysis",
    "CombinationInterval",
    "CombinationStage",
    "CombinationTest",
    "EstimateStage",
    "FinalInference",
    "ProportionStage",
    "StageEvidence",
    "compute_combination_analysis",
    "compute_combination_conditional_power",
    "compute_combination_interval",
    "compute_conditional_rejection_probability",
    "compute_final_inference",
    "compute_final_p_value",
    "compute_fisher_test",
    "compute_inverse_normal_test",
    "compute_remaining_design",
    "logrank_stage",
]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)

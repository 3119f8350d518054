"""Adaptive designs: combination tests and sample-size re-estimation.

Importing this does not load numpy; the functions do when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialwright.design.adaptive.adaptive_plan import (
        AdaptivePlan,
    )
    from trialwright.design.adaptive.adaptive_simulation import (
        AdaptiveCharacteristics,
        AdaptiveStage,
        SimulatedAdaptiveTrials,
        compute_adaptive_characteristics,
        simulate_adaptive,
        simulate_adaptive_block,
    )
    from trialwright.design.adaptive.blinded_counts import (
        BlindedCountRule,
        BlindedCountSize,
        compute_pooled_rate,
    )
    from trialwright.design.adaptive.blinded_rules import (
        BlindedProportionRule,
        BlindedSize,
        BlindedVarianceRule,
        compute_blinded_size,
    )
    from trialwright.design.adaptive.blinded_survival import (
        BlindedSurvivalRule,
        BlindedSurvivalSize,
    )
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
    from trialwright.design.adaptive.reestimation import (
        BlindedInterim,
        BlindedRule,
        UnblindedInterim,
        UnblindedRule,
        hazard_effect,
        mean_effect,
        proportion_effect,
    )
    from trialwright.design.adaptive.stage_evidence import (
        EstimateStage,
        ProportionStage,
        StageEvidence,
        logrank_stage,
    )
    from trialwright.design.adaptive.unblinded_rules import (
        ConditionalPowerRule,
        GammaRule,
        PromisingZone,
        ReestimatedSize,
        compute_promising_zone_limit,
        compute_reestimated_size,
        compute_required_stage_units,
    )

_MODULES = {
    "AdaptiveCharacteristics": "adaptive_simulation",
    "AdaptivePlan": "adaptive_plan",
    "AdaptiveStage": "adaptive_simulation",
    "BlindedCountRule": "blinded_counts",
    "BlindedCountSize": "blinded_counts",
    "BlindedInterim": "reestimation",
    "BlindedProportionRule": "blinded_rules",
    "BlindedRule": "reestimation",
    "BlindedSize": "blinded_rules",
    "BlindedSurvivalRule": "blinded_survival",
    "BlindedSurvivalSize": "blinded_survival",
    "BlindedVarianceRule": "blinded_rules",
    "CombinationAnalysis": "combination",
    "CombinationInterval": "combination_inference",
    "CombinationStage": "combination",
    "CombinationTest": "combination",
    "ConditionalPowerRule": "unblinded_rules",
    "EstimateStage": "stage_evidence",
    "FinalInference": "combination_inference",
    "GammaRule": "unblinded_rules",
    "PromisingZone": "unblinded_rules",
    "ProportionStage": "stage_evidence",
    "ReestimatedSize": "unblinded_rules",
    "SimulatedAdaptiveTrials": "adaptive_simulation",
    "StageEvidence": "stage_evidence",
    "UnblindedInterim": "reestimation",
    "UnblindedRule": "reestimation",
    "compute_adaptive_characteristics": "adaptive_simulation",
    "compute_blinded_size": "blinded_rules",
    "compute_combination_analysis": "combination",
    "compute_combination_conditional_power": "combination_inference",
    "compute_combination_interval": "combination_inference",
    "compute_conditional_rejection_probability": "combination_inference",
    "compute_final_inference": "combination_inference",
    "compute_final_p_value": "combination_inference",
    "compute_fisher_test": "combination",
    "compute_inverse_normal_test": "combination",
    "compute_pooled_rate": "blinded_counts",
    "compute_promising_zone_limit": "unblinded_rules",
    "compute_reestimated_size": "unblinded_rules",
    "compute_remaining_design": "combination_inference",
    "compute_required_stage_units": "unblinded_rules",
    "hazard_effect": "reestimation",
    "logrank_stage": "stage_evidence",
    "mean_effect": "reestimation",
    "proportion_effect": "reestimation",
    "simulate_adaptive": "adaptive_simulation",
    "simulate_adaptive_block": "adaptive_simulation",
}

__all__ = [
    "AdaptiveCharacteristics",
    "AdaptivePlan",
    "AdaptiveStage",
    "BlindedCountRule",
    "BlindedCountSize",
    "BlindedInterim",
    "BlindedProportionRule",
    "BlindedRule",
    "BlindedSize",
    "BlindedSurvivalRule",
    "BlindedSurvivalSize",
    "BlindedVarianceRule",
    "CombinationAnalysis",
    "CombinationInterval",
    "CombinationStage",
    "CombinationTest",
    "ConditionalPowerRule",
    "EstimateStage",
    "FinalInference",
    "GammaRule",
    "PromisingZone",
    "ProportionStage",
    "ReestimatedSize",
    "SimulatedAdaptiveTrials",
    "StageEvidence",
    "UnblindedInterim",
    "UnblindedRule",
    "compute_adaptive_characteristics",
    "compute_blinded_size",
    "compute_combination_analysis",
    "compute_combination_conditional_power",
    "compute_combination_interval",
    "compute_conditional_rejection_probability",
    "compute_final_inference",
    "compute_final_p_value",
    "compute_fisher_test",
    "compute_inverse_normal_test",
    "compute_pooled_rate",
    "compute_promising_zone_limit",
    "compute_reestimated_size",
    "compute_remaining_design",
    "compute_required_stage_units",
    "hazard_effect",
    "logrank_stage",
    "mean_effect",
    "proportion_effect",
    "simulate_adaptive",
    "simulate_adaptive_block",
]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)

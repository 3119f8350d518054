"""Designs of early phases: dose escalation, single-arm phase 2 and dose-response.

Importing this does not load numpy; the functions do when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialwright.design.early.arrivals import (
        Arrivals,
        Backfill,
        TimedEscalation,
    )
    from trialwright.design.early.arrivals_simulation import (
        TimedCharacteristics,
        simulate_timed_escalation,
    )
    from trialwright.design.early.boin import (
        BoinDesign,
        compute_boin_design,
    )
    from trialwright.design.early.boin12 import (
        Boin12Decision,
        Boin12Design,
        DesirabilityRow,
        Utilities,
        compute_boin12_design,
        decide_boin12,
        select_optimal_dose,
    )
    from trialwright.design.early.boin12_simulation import (
        Boin12Characteristics,
        DoseScenario,
        simulate_boin12,
    )
    from trialwright.design.early.bop2 import (
        Bop2Design,
        Bop2Look,
        Bop2Scenario,
        compute_bop2,
        compute_bop2_scenario,
        compute_bop2_single,
    )
    from trialwright.design.early.bryant_day import (
        BryantDayDesign,
        BryantDayDesigns,
        compute_bryant_day_characteristics,
        compute_bryant_day_designs,
    )
    from trialwright.design.early.crm import (
        CrmDecision,
        CrmModel,
        CrmPosterior,
        compute_crm_posterior,
        compute_skeleton,
        compute_tite_weights,
        decide_crm,
    )
    from trialwright.design.early.crm_simulation import (
        simulate_crm,
    )
    from trialwright.design.early.decision_displays import (
        DecisionDisplay,
        show_decisions,
        show_escalation_expansion,
    )
    from trialwright.design.early.decision_results import (
        results_of_decisions,
    )
    from trialwright.design.early.decision_tables import (
        DecisionRow,
        DecisionTable,
        compute_elimination_boundary,
    )
    from trialwright.design.early.escalation import (
        DoseSelection,
        EscalationCharacteristics,
        select_dose,
        simulate_escalation,
    )
    from trialwright.design.early.escalation_expansion import (
        CrmEscalation,
        EscalationExpansionDesign,
        TableEscalation,
        ThreePlusThreeEscalation,
        describe_escalation_expansion,
    )
    from trialwright.design.early.escalation_expansion_simulation import (
        EscalationExpansionCharacteristics,
        LevelEnds,
        simulate_escalation_expansion,
    )
    from trialwright.design.early.ewoc import (
        EwocDecision,
        EwocDesign,
        FeasibilityBound,
        decide_ewoc,
        simulate_ewoc,
    )
    from trialwright.design.early.ewoc_simulation import (
        EwocCharacteristics,
        simulate_ewoc_any_dose,
    )
    from trialwright.design.early.expansion import (
        ExpansionLook,
        ExpansionRule,
        ToxicityMonitoring,
        ToxicityRow,
        compute_bayesian_expansion,
        compute_toxicity_monitoring,
        expansion_of,
    )
    from trialwright.design.early.fleming import (
        FlemingDesign,
        FlemingStage,
        compute_fleming_characteristics,
        compute_fleming_design,
        compute_single_stage_design,
    )
    from trialwright.design.early.joint_counts import (
        JointRates,
        joint_rates,
    )
    from trialwright.design.early.logistic_regression import (
        LevelPosterior,
        LogisticDecision,
        LogisticEscalation,
        LogisticPrior,
        decide_logistic,
        simulate_logistic,
    )
    from trialwright.design.early.simon import (
        SimonDesign,
        SimonDesigns,
        compute_rejection_probability,
        compute_simon_characteristics,
        compute_simon_designs,
    )
    from trialwright.design.early.simon_inference import (
        SimonInference,
        compute_simon_inference,
    )
    from trialwright.design.early.three_plus_three import (
        ThreePlusThreeRow,
        compute_three_plus_three,
        simulate_three_plus_three,
        three_plus_three_rows,
    )
    from trialwright.design.early.tite_boin import (
        TiteBoinRow,
        TiteBoinTable,
        compute_tite_boin_table,
    )
    from trialwright.design.early.toxicity_intervals import (
        compute_keyboard_table,
        compute_mtpi2_table,
        compute_mtpi_table,
    )

_MODULES = {
    "Arrivals": "arrivals",
    "Backfill": "arrivals",
    "Boin12Characteristics": "boin12_simulation",
    "Boin12Decision": "boin12",
    "Boin12Design": "boin12",
    "BoinDesign": "boin",
    "Bop2Design": "bop2",
    "Bop2Look": "bop2",
    "Bop2Scenario": "bop2",
    "BryantDayDesign": "bryant_day",
    "BryantDayDesigns": "bryant_day",
    "CrmDecision": "crm",
    "CrmEscalation": "escalation_expansion",
    "CrmModel": "crm",
    "CrmPosterior": "crm",
    "DecisionDisplay": "decision_displays",
    "DecisionRow": "decision_tables",
    "DecisionTable": "decision_tables",
    "DesirabilityRow": "boin12",
    "DoseScenario": "boin12_simulation",
    "DoseSelection": "escalation",
    "EscalationCharacteristics": "escalation",
    "EscalationExpansionCharacteristics": "escalation_expansion_simulation",
    "EscalationExpansionDesign": "escalation_expansion",
    "EwocCharacteristics": "ewoc_simulation",
    "EwocDecision": "ewoc",
    "EwocDesign": "ewoc",
    "ExpansionLook": "expansion",
    "ExpansionRule": "expansion",
    "FeasibilityBound": "ewoc",
    "FlemingDesign": "fleming",
    "FlemingStage": "fleming",
    "JointRates": "joint_counts",
    "LevelEnds": "escalation_expansion_simulation",
    "LevelPosterior": "logistic_regression",
    "LogisticDecision": "logistic_regression",
    "LogisticEscalation": "logistic_regression",
    "LogisticPrior": "logistic_regression",
    "SimonDesign": "simon",
    "SimonDesigns": "simon",
    "SimonInference": "simon_inference",
    "TableEscalation": "escalation_expansion",
    "ThreePlusThreeEscalation": "escalation_expansion",
    "ThreePlusThreeRow": "three_plus_three",
    "TimedCharacteristics": "arrivals_simulation",
    "TimedEscalation": "arrivals",
    "TiteBoinRow": "tite_boin",
    "TiteBoinTable": "tite_boin",
    "ToxicityMonitoring": "expansion",
    "ToxicityRow": "expansion",
    "Utilities": "boin12",
    "compute_bayesian_expansion": "expansion",
    "compute_boin12_design": "boin12",
    "compute_boin_design": "boin",
    "compute_bop2": "bop2",
    "compute_bop2_scenario": "bop2",
    "compute_bop2_single": "bop2",
    "compute_bryant_day_characteristics": "bryant_day",
    "compute_bryant_day_designs": "bryant_day",
    "compute_crm_posterior": "crm",
    "compute_elimination_boundary": "decision_tables",
    "compute_fleming_characteristics": "fleming",
    "compute_fleming_design": "fleming",
    "compute_keyboard_table": "toxicity_intervals",
    "compute_mtpi2_table": "toxicity_intervals",
    "compute_mtpi_table": "toxicity_intervals",
    "compute_rejection_probability": "simon",
    "compute_simon_characteristics": "simon",
    "compute_simon_designs": "simon",
    "compute_simon_inference": "simon_inference",
    "compute_single_stage_design": "fleming",
    "compute_skeleton": "crm",
    "compute_three_plus_three": "three_plus_three",
    "compute_tite_boin_table": "tite_boin",
    "compute_tite_weights": "crm",
    "compute_toxicity_monitoring": "expansion",
    "decide_boin12": "boin12",
    "decide_crm": "crm",
    "decide_ewoc": "ewoc",
    "decide_logistic": "logistic_regression",
    "describe_escalation_expansion": "escalation_expansion",
    "expansion_of": "expansion",
    "joint_rates": "joint_counts",
    "results_of_decisions": "decision_results",
    "select_dose": "escalation",
    "select_optimal_dose": "boin12",
    "show_decisions": "decision_displays",
    "show_escalation_expansion": "decision_displays",
    "simulate_boin12": "boin12_simulation",
    "simulate_crm": "crm_simulation",
    "simulate_escalation": "escalation",
    "simulate_escalation_expansion": "escalation_expansion_simulation",
    "simulate_ewoc": "ewoc",
    "simulate_ewoc_any_dose": "ewoc_simulation",
    "simulate_logistic": "logistic_regression",
    "simulate_three_plus_three": "three_plus_three",
    "simulate_timed_escalation": "arrivals_simulation",
    "three_plus_three_rows": "three_plus_three",
}

__all__ = [
    "Arrivals",
    "Backfill",
    "Boin12Characteristics",
    "Boin12Decision",
    "Boin12Design",
    "BoinDesign",
    "Bop2Design",
    "Bop2Look",
    "Bop2Scenario",
    "BryantDayDesign",
    "BryantDayDesigns",
    "CrmDecision",
    "CrmEscalation",
    "CrmModel",
    "CrmPosterior",
    "DecisionDisplay",
    "DecisionRow",
    "DecisionTable",
    "DesirabilityRow",
    "DoseScenario",
    "DoseSelection",
    "EscalationCharacteristics",
    "EscalationExpansionCharacteristics",
    "EscalationExpansionDesign",
    "EwocCharacteristics",
    "EwocDecision",
    "EwocDesign",
    "ExpansionLook",
    "ExpansionRule",
    "FeasibilityBound",
    "FlemingDesign",
    "FlemingStage",
    "JointRates",
    "LevelEnds",
    "LevelPosterior",
    "LogisticDecision",
    "LogisticEscalation",
    "LogisticPrior",
    "SimonDesign",
    "SimonDesigns",
    "SimonInference",
    "TableEscalation",
    "ThreePlusThreeEscalation",
    "ThreePlusThreeRow",
    "TimedCharacteristics",
    "TimedEscalation",
    "TiteBoinRow",
    "TiteBoinTable",
    "ToxicityMonitoring",
    "ToxicityRow",
    "Utilities",
    "compute_bayesian_expansion",
    "compute_boin12_design",
    "compute_boin_design",
    "compute_bop2",
    "compute_bop2_scenario",
    "compute_bop2_single",
    "compute_bryant_day_characteristics",
    "compute_bryant_day_designs",
    "compute_crm_posterior",
    "compute_elimination_boundary",
    "compute_fleming_characteristics",
    "compute_fleming_design",
    "compute_keyboard_table",
    "compute_mtpi2_table",
    "compute_mtpi_table",
    "compute_rejection_probability",
    "compute_simon_characteristics",
    "compute_simon_designs",
    "compute_simon_inference",
    "compute_single_stage_design",
    "compute_skeleton",
    "compute_three_plus_three",
    "compute_tite_boin_table",
    "compute_tite_weights",
    "compute_toxicity_monitoring",
    "decide_boin12",
    "decide_crm",
    "decide_ewoc",
    "decide_logistic",
    "describe_escalation_expansion",
    "expansion_of",
    "joint_rates",
    "results_of_decisions",
    "select_dose",
    "select_optimal_dose",
    "show_decisions",
    "show_escalation_expansion",
    "simulate_boin12",
    "simulate_crm",
    "simulate_escalation",
    "simulate_escalation_expansion",
    "simulate_ewoc",
    "simulate_ewoc_any_dose",
    "simulate_logistic",
    "simulate_three_plus_three",
    "simulate_timed_escalation",
    "three_plus_three_rows",
]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)

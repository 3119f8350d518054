"""Simulating trials: accrual, allocation, outcomes, dropout, looks and decisions. Simulating loads numba."""

from trialwright.design.simulation.blocks import BlockWork, simulate_in_blocks
from trialwright.design.simulation.boundaries import Boundaries
from trialwright.design.simulation.forecasting import (
    Forecast,
    SimulatedEnrollment,
    compute_look_forecasts,
    simulate_enrollment,
)
from trialwright.design.simulation.logrank_weights import FlemingHarrington, ModestWeights
from trialwright.design.simulation.looks import Endpoint, Look, looks_at_fractions, looks_of_design
from trialwright.design.simulation.operating_characteristics import (
    Estimate,
    LookCharacteristics,
    OperatingCharacteristics,
    TrialDecisions,
    compute_final_estimates,
    compute_operating_characteristics,
    decide_trials,
)
from trialwright.design.simulation.other_outcomes import CountOutcome, OrdinalOutcome, RepeatedMeasures
from trialwright.design.simulation.plans import (
    Accrual,
    Allocation,
    BinaryOutcome,
    NormalOutcome,
    OtherOutcome,
    Outcome,
    SurvivalOutcome,
    TimeToEvent,
    TrialPlan,
)
from trialwright.design.simulation.rates import (
    PiecewiseRate,
    constant_rate,
    hazard_of_median,
    proportional_hazard,
)
from trialwright.design.simulation.simulating import (
    SimulatedSubjects,
    SimulatedTrials,
    simulate_block,
    simulate_subjects,
    simulate_trials,
)
from trialwright.design.simulation.site_mix import OpeningSites, SiteMix
from trialwright.design.simulation.survival_outcomes import (
    ProgressionAndSurvival,
    StratifiedTimeToEvent,
    SurvivalStratum,
)
from trialwright.design.simulation.survival_tests import (
    CoxModel,
    LogRank,
    MaxCombo,
    Milestone,
    RestrictedMean,
    SurvivalTest,
)
from trialwright.design.simulation.testing import TestStatistics

__all__ = [
    "Accrual",
    "Allocation",
    "BinaryOutcome",
    "BlockWork",
    "Boundaries",
    "CountOutcome",
    "CoxModel",
    "Endpoint",
    "Estimate",
    "FlemingHarrington",
    "Forecast",
    "LogRank",
    "Look",
    "LookCharacteristics",
    "MaxCombo",
    "Milestone",
    "ModestWeights",
    "NormalOutcome",
    "OpeningSites",
    "OperatingCharacteristics",
    "OrdinalOutcome",
    "OtherOutcome",
    "Outcome",
    "PiecewiseRate",
    "ProgressionAndSurvival",
    "RepeatedMeasures",
    "RestrictedMean",
    "SimulatedEnrollment",
    "SimulatedSubjects",
    "SimulatedTrials",
    "SiteMix",
    "StratifiedTimeToEvent",
    "SurvivalOutcome",
    "SurvivalStratum",
    "SurvivalTest",
    "TestStatistics",
    "TimeToEvent",
    "TrialDecisions",
    "TrialPlan",
    "compute_final_estimates",
    "compute_look_forecasts",
    "compute_operating_characteristics",
    "constant_rate",
    "decide_trials",
    "hazard_of_median",
    "looks_at_fractions",
    "looks_of_design",
    "proportional_hazard",
    "simulate_block",
    "simulate_enrollment",
    "simulate_in_blocks",
    "simulate_subjects",
    "simulate_trials",
]

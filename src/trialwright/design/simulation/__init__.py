"""Simulating trials: accrual, allocation, outcomes, dropout, looks and decisions. Simulating loads numba."""

from trialwright.design.simulation.boundaries import Boundaries
from trialwright.design.simulation.operating_characteristics import (
    Estimate,
    LookCharacteristics,
    OperatingCharacteristics,
    compute_operating_characteristics,
)
from trialwright.design.simulation.plans import (
    Accrual,
    Allocation,
    BinaryOutcome,
    FlemingHarrington,
    Look,
    ModestWeights,
    NormalOutcome,
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

__all__ = [
    "Accrual",
    "Allocation",
    "BinaryOutcome",
    "Boundaries",
    "Estimate",
    "FlemingHarrington",
    "Look",
    "LookCharacteristics",
    "ModestWeights",
    "NormalOutcome",
    "OperatingCharacteristics",
    "PiecewiseRate",
    "SimulatedSubjects",
    "SimulatedTrials",
    "TimeToEvent",
    "TrialPlan",
    "compute_operating_characteristics",
    "constant_rate",
    "hazard_of_median",
    "proportional_hazard",
    "simulate_block",
    "simulate_subjects",
    "simulate_trials",
]

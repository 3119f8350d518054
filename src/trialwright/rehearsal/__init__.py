"""The virtual trial: sites, enrolment, subjects, visits, doses, endpoints and safety, from assumptions to SDTM.

`simulate_trial(study, scenario, rng)` gives a `Rehearsal`; `read_scenario(path)` reads the assumptions.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialwright.rehearsal.checked import ScenarioError
    from trialwright.rehearsal.scenario import (
        ActivityNames,
        AdverseEvents,
        AdverseEventTerm,
        Analyte,
        ArmAssumption,
        Body,
        Condition,
        Country,
        Dosing,
        Dropout,
        Efficacy,
        Enrollment,
        FailureReason,
        Laboratory,
        MedicalHistory,
        Population,
        Scale,
        ScaleItem,
        Scenario,
        ScreenFailure,
        VisitConduct,
        VitalSign,
        VitalSigns,
    )
    from trialwright.rehearsal.scenario_reader import example_scenario, read_scenario
    from trialwright.rehearsal.simulation import Rehearsal, simulate_trial

__all__ = [
    "ActivityNames",
    "AdverseEventTerm",
    "AdverseEvents",
    "Analyte",
    "ArmAssumption",
    "Body",
    "Condition",
    "Country",
    "Dosing",
    "Dropout",
    "Efficacy",
    "Enrollment",
    "FailureReason",
    "Laboratory",
    "MedicalHistory",
    "Population",
    "Rehearsal",
    "Scale",
    "ScaleItem",
    "Scenario",
    "ScenarioError",
    "ScreenFailure",
    "VisitConduct",
    "VitalSign",
    "VitalSigns",
    "example_scenario",
    "read_scenario",
    "simulate_trial",
]

_HOME = {
    "ScenarioError": "checked",
    "Rehearsal": "simulation",
    "simulate_trial": "simulation",
    "example_scenario": "scenario_reader",
    "read_scenario": "scenario_reader",
}


def __getattr__(name: str) -> object:
    """Loads what is asked for: numpy, polars and pydantic are not needed to start the command line."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME.get(name, 'scenario')}"), name)

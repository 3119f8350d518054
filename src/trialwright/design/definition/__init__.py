"""The typed design object: what a study asks, assumes and has chosen, read from `design.yaml`.

Importing this does not load numpy; a module is loaded when one of its names is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from trialwright.design.definition.model import (
    CostModel,
    CostPart,
    DesignArm,
    DesignDefinition,
    DesignEndpoint,
    DesignScenario,
    DesignTest,
    EffectPrior,
    SiteGroup,
    TrialDesign,
)

if TYPE_CHECKING:
    from trialwright.design.definition.checks import DESIGN_RULES, check_design
    from trialwright.design.definition.facts import design_facts
    from trialwright.design.definition.in_usdm import read_design_from, write_design_into
    from trialwright.design.definition.planning import (
        ComputedPower,
        compute_bounds,
        compute_planned_effect,
        compute_planned_power,
        compute_power,
        efficacy_z,
        futility_z,
        plan_trial,
        planned_followup,
        site_openings,
    )
    from trialwright.design.definition.reading import DesignFile, parse_design, read_design
    from trialwright.design.definition.sizing import ComputedSize, compute_sample_size
    from trialwright.design.definition.words import design_words

_LAZY = {
    "DESIGN_RULES": "checks",
    "check_design": "checks",
    "design_facts": "facts",
    "read_design_from": "in_usdm",
    "write_design_into": "in_usdm",
    "design_words": "words",
    "ComputedPower": "planning",
    "compute_bounds": "planning",
    "compute_planned_effect": "planning",
    "compute_planned_power": "planning",
    "compute_power": "planning",
    "efficacy_z": "planning",
    "futility_z": "planning",
    "plan_trial": "planning",
    "planned_followup": "planning",
    "site_openings": "planning",
    "DesignFile": "reading",
    "parse_design": "reading",
    "read_design": "reading",
    "ComputedSize": "sizing",
    "compute_sample_size": "sizing",
}

__all__ = [
    "DESIGN_RULES",
    "ComputedPower",
    "ComputedSize",
    "CostModel",
    "CostPart",
    "DesignArm",
    "DesignDefinition",
    "DesignEndpoint",
    "DesignFile",
    "DesignScenario",
    "DesignTest",
    "EffectPrior",
    "SiteGroup",
    "TrialDesign",
    "check_design",
    "compute_bounds",
    "compute_planned_effect",
    "compute_planned_power",
    "compute_power",
    "compute_sample_size",
    "design_facts",
    "design_words",
    "efficacy_z",
    "futility_z",
    "parse_design",
    "plan_trial",
    "planned_followup",
    "read_design",
    "read_design_from",
    "site_openings",
    "write_design_into",
]


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)

"""The typed design object: what a study asks, assumes and has chosen, read from `design.yaml`."""

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

__all__ = [
    "CostModel",
    "CostPart",
    "DesignArm",
    "DesignDefinition",
    "DesignEndpoint",
    "DesignScenario",
    "DesignTest",
    "EffectPrior",
    "SiteGroup",
    "TrialDesign",
]

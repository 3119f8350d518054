"""Small definitions of designs for the tests of comparing and searching."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from trialwright.design.definition import (
    CostModel,
    CostPart,
    DesignArm,
    DesignDefinition,
    DesignEndpoint,
    DesignScenario,
    DesignTest,
    SiteGroup,
    TrialDesign,
)
from trialwright.design.definition.model import Multiplicity
from trialwright.design.sequential import HwangShihDeCani, LanDeMetsOBrienFleming
from trialwright.design.simulation import NormalOutcome, TimeToEvent, constant_rate

#: Costs 1 of everything, so that each part is what it is counted by.
ONE_OF_EACH = CostModel(
    currency="EUR",
    parts=(
        CostPart(id="trial", label="Trial", per="trial", amount=1),
        CostPart(id="site", label="Sites", per="site", amount=1),
        CostPart(id="site_time", label="Open sites", per="site_time", amount=1),
        CostPart(id="subject", label="Subjects", per="subject", amount=1),
        CostPart(id="subject_time", label="Follow-up", per="subject_time", amount=1),
        CostPart(id="time", label="Time", per="time", amount=1),
        CostPart(id="interim", label="Interim analyses", per="interim", amount=1),
    ),
)


def normal_scenario(
    id: str, *means: float, delay: float = 0.0, weight: float = 0.0, enrollment_factor: float = 1.0
) -> DesignScenario:
    """Values with a known standard deviation of 10, better high."""
    outcome = NormalOutcome(means=means, sds=(10.0,) * len(means), delay=delay, known_variance=True)
    return DesignScenario(
        id=id, label=id, outcomes={"value": outcome}, weight=weight, enrollment_factor=enrollment_factor
    )


def normal_definition(
    *means: float,
    delay: float = 0.0,
    multiplicity: Multiplicity = "fixed_sequence",
    sided: Literal[1, 2] = 1,
    alpha: float = 0.025,
) -> DesignDefinition:
    """Two or three arms, means of the planned scenario; a fixed design and one of three looks; one site."""
    arms = ("C", "A", "B")[: len(means)]
    fixed = TrialDesign(id="fixed", label="Fixed", endpoint="value", subjects=120, allocation=(1,) * len(means))
    return DesignDefinition(
        title="Test",
        time_unit="weeks",
        arms=tuple(DesignArm(id=arm, name=arm) for arm in arms),
        endpoints=(DesignEndpoint(id="value", label="Value", kind="normal", followup=delay),),
        test=DesignTest(alpha=alpha, sided=sided, target_power=0.9, comparisons=arms[1:], multiplicity=multiplicity),
        scenarios=(
            normal_scenario("planned", *means, delay=delay),
            normal_scenario("null", *(0.0,) * len(means), delay=delay),
        ),
        sites=(SiteGroup(id="main", label="Main", sites=1, rate=6.0),),
        designs={
            "fixed": fixed,
            "looks": replace(
                fixed,
                id="looks",
                label="Three looks",
                information_fractions=(0.5, 0.75, 1.0),
                efficacy=LanDeMetsOBrienFleming(),
                futility=HwangShihDeCani(gamma=-2.0),
            ),
        },
        chosen="looks",
        cost=ONE_OF_EACH,
    )


def survival_definition(hazard_ratio: float, *, events: int = 120) -> DesignDefinition:
    """Two arms, a hazard of 0.05 a month in the control, a final analysis at so many events."""
    control = 0.05
    outcome = TimeToEvent(hazards=(constant_rate(control), constant_rate(control * hazard_ratio)))
    return DesignDefinition(
        title="Test",
        time_unit="months",
        arms=(DesignArm(id="C", name="C"), DesignArm(id="A", name="A")),
        endpoints=(DesignEndpoint(id="death", label="Death", kind="time_to_event"),),
        test=DesignTest(alpha=0.025, sided=1, target_power=0.9, comparisons=("A",)),
        scenarios=(DesignScenario(id="planned", label="Planned", outcomes={"death": outcome}),),
        sites=(SiteGroup(id="main", label="Main", sites=10, rate=1.0),),
        designs={
            "fixed": TrialDesign(
                id="fixed", label="Fixed", endpoint="death", subjects=200, events=events, allocation=(1, 1)
            )
        },
        chosen="fixed",
        cost=ONE_OF_EACH,
    )

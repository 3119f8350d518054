"""A trial whose size may be changed at its interim analyses, as it is simulated. Light: nothing is computed here."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

from trialwright.design.adaptive.blinded_survival import BlindedSurvivalRule
from trialwright.design.adaptive.combination import CombinationTest
from trialwright.design.adaptive.reestimation import BlindedRule, ReestimationRule, check_units
from trialwright.design.sequential.design import GroupSequentialDesign
from trialwright.design.simulation.looks import Look
from trialwright.design.simulation.plans import (
    Accrual,
    Allocation,
    BinaryOutcome,
    NormalOutcome,
    TimeToEvent,
    TrialPlan,
)
from trialwright.design.simulation.site_mix import SiteMix
from trialwright.design.simulation.survival_outcomes import StratifiedTimeToEvent
from trialwright.errors import DesignError

FinalTest = Literal["combination", "conventional"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptivePlan:
    """Two arms, two or more stages, and a rule that says at each interim analysis how large the next stage is.

    outcome         of two arms, the control first
    accrual         its `subjects` are all that can come in; a time to an event has them all randomized
    test            decides at each stage
    planned_units   of each stage alone: subjects with an outcome, or events; other shares than the information
                    fractions of the test keep alpha, and cost power
    rule            None: the stages are as planned. A BlindedSurvivalRule says how many subjects are randomized in all,
                    and leaves the events as planned
    final_test      "combination": of the stage-wise statistics; "conventional": the statistic of all data so far, held
                    to the same bounds as if nothing had been changed, which an unblinded rule may inflate
    obeys_futility  whether a trial stops at futility bounds; binding ones it always does
    """

    outcome: NormalOutcome | BinaryOutcome | TimeToEvent | StratifiedTimeToEvent
    accrual: Accrual | SiteMix
    test: CombinationTest
    planned_units: tuple[int, ...]
    rule: ReestimationRule | BlindedSurvivalRule | None = None
    allocation: Allocation = field(default_factory=Allocation)
    final_test: FinalTest = "combination"
    obeys_futility: bool = True

    def __post_init__(self) -> None:
        check_units(self.test, self.planned_units)
        if len(self.allocation.weights) != 2:
            raise DesignError(
                f"AdaptivePlan.allocation has {len(self.allocation.weights)} arms; it is a trial of two, the control "
                "first. Trials of more arms have designs of their own."
            )
        if self.final_test not in ("combination", "conventional"):
            raise DesignError(
                f'AdaptivePlan.final_test must be "combination" or "conventional", got {self.final_test!r}.'
            )
        if self.final_test == "conventional" and not isinstance(self.test.rule, GroupSequentialDesign):
            raise DesignError(
                "AdaptivePlan.final_test is conventional, but Fisher's product has no bounds for the statistic of all "
                "data. Use compute_inverse_normal_test, whose bounds serve for both."
            )
        if self.final_test == "conventional":
            self._check_information()
        if self.test.futility_is_binding and not self.obeys_futility:
            raise DesignError(
                "AdaptivePlan.obeys_futility is False, but the futility bounds are binding: the type I error counts on "
                "them. Make the test with futility_is_binding=False."
            )
        planned = sum(self.planned_units)
        if self.maximum_units < planned:
            raise DesignError(
                f"AdaptivePlan.rule has maximum = {self.maximum_units}, below the {planned} units that are planned "
                f"({' + '.join(map(str, self.planned_units))}). Give a maximum of at least {planned}, or plan fewer."
            )
        self._check_rule()
        # The subjects must be able to give the largest trial.
        self.largest_trial()

    def _check_information(self) -> None:
        """Bounds of the statistic of all data belong to the information at which it is looked at."""
        design, total = self.test.rule, sum(self.planned_units)
        assert isinstance(design, GroupSequentialDesign)
        planned = tuple(units / total for units in accumulate(self.planned_units))
        for stage, (fraction, at) in enumerate(zip(design.information_fractions, planned, strict=True), start=1):
            if math.isfinite(design.efficacy_bounds[stage - 1]) and abs(fraction - at) > 0.01:
                raise DesignError(
                    f"AdaptivePlan.planned_units have {at:.3f} of their sum by stage {stage}, but the bounds of the "
                    f"test are for {fraction:.3f} of the information, and the conventional test would not keep alpha. "
                    f"Give the test information_fractions={tuple(round(one, 4) for one in planned)}."
                )

    def _check_rule(self) -> None:
        has_events = isinstance(self.outcome, TimeToEvent | StratifiedTimeToEvent)
        if isinstance(self.rule, BlindedSurvivalRule):
            if not has_events:
                raise DesignError(
                    "AdaptivePlan.rule is a BlindedSurvivalRule, but the outcome is no time to an event. Use "
                    "BlindedVarianceRule or BlindedProportionRule."
                )
            if self.rule.maximum > self.accrual.subjects:
                raise DesignError(
                    f"AdaptivePlan.rule may ask for {self.rule.maximum} subjects, but accrual has only "
                    f"{self.accrual.subjects}. Give accrual as many as the maximum."
                )
        if has_events and isinstance(self.rule, BlindedRule):
            raise DesignError(
                "AdaptivePlan.rule is blinded to a mean or a proportion, and the outcome is a time to an event, whose "
                "power rests on the number of events alone. Size its subjects with BlindedSurvivalRule."
            )

    @property
    def maximum_units(self) -> int:
        """Of the whole trial."""
        if self.rule is None or isinstance(self.rule, BlindedSurvivalRule):
            return sum(self.planned_units)
        return self.rule.maximum

    def largest_trial(self) -> TrialPlan:
        """The trial without interim analyses that has all the units it may ever have."""
        return TrialPlan(
            accrual=self.accrual,
            outcome=self.outcome,
            looks=(Look(observed=self.maximum_units),),
            allocation=self.allocation,
        )

"""Options of the methods for missing data."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from trialwright.analysis.methods.options import ContrastOptions, IntervalOptions, Number, VariableName
from trialwright.conditions import parse_condition
from trialwright.marked_yaml import Border, Text

Assumption: TypeAlias = Literal["missing_at_random", "jump_to_reference", "copy_reference", "copy_increments"]


class Delta(Border):
    """What is added to imputed values.

    value         in the response's unit
    levels        of the treatment it concerns; not given: all
    visits        that it concerns; not given: all
    accumulates   whether it is taken once at the first visit after discontinuation, twice at the second, and so on
    intermittent  whether it also concerns values that are missing before the last observed one
    """

    value: Number
    levels: list[Text] = Field(default_factory=list)
    visits: list[Text] = Field(default_factory=list)
    accumulates: bool = False
    intermittent: bool = False


class ImputationOptions(ContrastOptions, IntervalOptions):
    """Options that imputation and its analysis have in common.

    visit, visits   as for `mmrm`: the variable that tells a subject's measurements apart, and its levels in their order
    factors, covariates, weights   of the analysis at each visit, as for `ancova`; they are in the imputation model too
    predictors      further variables of the imputation model alone: numeric, or texts as classification variables
    model           of the imputation: regression on what went before ("monotone"), or chained regressions of each visit
                    on all others ("fully_conditional")
    by_arm          whether each treatment has an imputation model of its own; else the treatments differ in means alone
    assumption      about values after the event; all but "missing_at_random" need the model "monotone"
    reference       level of the treatment whose patients the others are taken to follow; not given: the grouping's
    event           condition on records that come after the intercurrent event: they are analysed as they are, and not
                    used to impute others; not given: the event comes after the last observed value
    imputations     number of completed datasets
    burn_in         cycles of the chain before each imputation, where one is needed
    seed            of the random numbers: the same seed gives the same results
    """

    visit: VariableName = "AVISITN"
    visits: list[Text] = Field(default_factory=list)
    factors: list[VariableName] = Field(default_factory=list)
    covariates: list[VariableName] = Field(default_factory=list)
    weights: Literal["observed", "equal"] = "equal"
    predictors: list[VariableName] = Field(default_factory=list)
    model: Literal["monotone", "fully_conditional"] = "monotone"
    by_arm: bool = True
    assumption: Assumption = "missing_at_random"
    reference: Text | None = None
    event: str | None = None
    imputations: Annotated[int, Field(ge=2, le=10000)] = 100
    burn_in: Annotated[int, Field(ge=1, le=10000)] = 20
    seed: Annotated[int, Field(ge=0)] = 1

    def variables(self) -> list[str]:
        """The visit, the terms of both models and the variables of the event's condition."""
        event = parse_condition(self.event).variables if self.event else ()
        return [self.visit, *self.factors, *self.covariates, *self.predictors, *event]

    @model_validator(mode="after")
    def _fits(self) -> ImputationOptions:
        if self.model == "fully_conditional" and self.assumption != "missing_at_random":
            raise ValueError(f"the assumption {self.assumption} needs the model 'monotone'.")
        return self


class MultipleImputationOptions(ImputationOptions):
    """Options of `multiple_imputation`: those of imputation, and

    delta  what is added to imputed values before they are analysed
    """

    delta: list[Delta] = Field(default_factory=list)


class TippingPointOptions(ImputationOptions):
    """Options of `tipping_point`: those of imputation, and

    deltas        in their order, from none to the worst: what is added to imputed values
    levels        of the treatment to whose patients it is added; not given: the first of each contrast
    accumulates, intermittent   as for a delta of `multiple_imputation`
    """

    deltas: Annotated[list[Number], Field(min_length=2)]
    levels: list[Text] = Field(default_factory=list)
    accumulates: bool = False
    intermittent: bool = False

    @model_validator(mode="after")
    def _is_ordered(self) -> TippingPointOptions:
        if not self.contrasts:
            raise ValueError("a tipping point is one of a contrast: name it under 'contrasts'.")
        steps = [later - earlier for earlier, later in zip(self.deltas, self.deltas[1:], strict=False)]
        if not (all(step > 0 for step in steps) or all(step < 0 for step in steps)):
            raise ValueError("deltas must rise, or fall, from one to the next.")
        return self

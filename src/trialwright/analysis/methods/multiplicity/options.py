"""The options of the multiple test procedures."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from trialwright.analysis.methods.options import (
    AncovaOptions,
    Contrast,
    Number,
    Options,
    Probability,
    VariableName,
)
from trialwright.marked_yaml import Border, Text

Weight = Annotated[Number, Field(ge=0, le=1)]
_EQUAL = 1e-9


class Hypothesis(Border):
    """A hypothesis: the p-value that an analysis above gives for it.

    analysis   its id
    contrast   A and B of the result's group "A - B" or "A / B"; not given: a test without a contrast
    groups     levels of other groupings, by variable
    variable   of the result; needed where the analysis has several
    level      of the variable
    statistic  that is the p-value
    """

    analysis: Text
    contrast: Contrast | None = None
    groups: dict[Text, Text] = Field(default_factory=dict)
    variable: VariableName | None = None
    level: Text | None = None
    statistic: Text = "p_value"


class HypothesesOptions(Options):
    """Options of `hochberg`, `hommel` and `fixed_sequence`.

    hypotheses  by name; their order is that of the fixed sequence
    alpha       the familywise error rate, of the p-values' kind (two-sided for two-sided ones); not given: the plan's
    """

    hypotheses: dict[Text, Hypothesis] = Field(min_length=1)
    alpha: Probability | None = None


class WeightedOptions(HypothesesOptions):
    """Options of `bonferroni` and `holm`.

    weights  of the hypotheses, by name, above 0; they are divided by their sum. Not given: equal
    """

    weights: dict[Text, Annotated[Number, Field(gt=0)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_all_weights(self) -> WeightedOptions:
        if self.weights and set(self.weights) != set(self.hypotheses):
            raise ValueError(f"there must be a weight for each of {', '.join(self.hypotheses)}, and for no other.")
        return self


class Family(Border):
    """A family of hypotheses in gatekeeping.

    procedure   within the family
    truncation  of Holm's and Hochberg's: 1 is the procedure itself, 0 is Bonferroni's; the nearer to 0, the more of
                alpha is left to the next family when not all hypotheses are rejected
    """

    hypotheses: list[Text] = Field(min_length=1)
    procedure: Literal["bonferroni", "holm", "hochberg"] = "holm"
    truncation: Annotated[Number, Field(ge=0, le=1)] = 1.0


class GatekeepingOptions(HypothesesOptions):
    """Options of `gatekeeping`.

    kind      "serial": a family is tested if all hypotheses of those before are rejected; "parallel": with what alpha
              those before leave
    families  in the order of testing
    """

    kind: Literal["serial", "parallel"]
    families: list[Family] = Field(min_length=2)

    @model_validator(mode="after")
    def _shares_out_the_hypotheses(self) -> GatekeepingOptions:
        named = [name for family in self.families for name in family.hypotheses]
        if sorted(named) != sorted(self.hypotheses):
            raise ValueError(f"each of {', '.join(self.hypotheses)} must be in one family, and no other.")
        return self


class GraphicalOptions(HypothesesOptions):
    """Options of `graphical`.

    weights      the share of alpha that each hypothesis has at first; they add up to 1 at most
    transitions  for each hypothesis the shares of its alpha that others get when it is rejected; they add up to 1 at
                 most
    """

    weights: dict[Text, Weight]
    transitions: dict[Text, dict[Text, Weight]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_a_graph(self) -> GraphicalOptions:
        names = set(self.hypotheses)
        for name in (*self.weights, *self.transitions, *(to for row in self.transitions.values() for to in row)):
            if name not in names:
                raise ValueError(f"{name!r} is none of the hypotheses {', '.join(self.hypotheses)}.")
        if sum(self.weights.values()) > 1 + _EQUAL:
            raise ValueError("the weights add up to more than 1.")
        for name, row in self.transitions.items():
            if sum(row.values()) > 1 + _EQUAL:
                raise ValueError(f"the transitions from {name} add up to more than 1.")
            if row.get(name):
                raise ValueError(f"{name} has a transition to itself.")
        return self


class _ComparisonOptions(AncovaOptions):
    """Options of simultaneous comparisons of means: those of `ancova` without dose and contrasts."""

    @model_validator(mode="after")
    def _compares_what_the_method_says(self) -> _ComparisonOptions:
        if self.dose is not None or self.contrasts:
            raise ValueError("the method says which levels are compared: take 'dose' and 'contrasts' out.")
        return self


class DunnettOptions(_ComparisonOptions):
    """Options of `dunnett`.

    control  the level with which the others are compared; not given: the reference of the first grouping
    factors, covariates, weights, variance, conf_level  as for `ancova`
    """

    control: Text | None = None


class TukeyOptions(_ComparisonOptions):
    """Options of `tukey`: factors, covariates, weights, variance and conf_level as for `ancova`."""

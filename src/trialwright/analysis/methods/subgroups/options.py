"""The options of the methods for subgroups."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from trialwright.analysis.methods.options import Options, VariableName


class InteractionOptions(Options):
    """Options of `interaction`.

    model       "linear" for a number, "logistic" for a response, "cox" for a time to an event
    subgroups   classification variables whose interaction with the treatment is tested, each in a model of its own
    factors     classification variables beside treatment and subgroup
    covariates  numeric variables
    event       logistic: a condition that tells who responded; not given: the analysed variable is 1 or 0
    censor      cox: the variable that is 0 for an event and above 0 for a censored time
    """

    model: Literal["linear", "logistic", "cox"] = "linear"
    subgroups: list[VariableName] = Field(min_length=1)
    factors: list[VariableName] = Field(default_factory=list)
    covariates: list[VariableName] = Field(default_factory=list)
    event: str | None = None
    censor: VariableName = "CNSR"

    def variables(self) -> list[str]:
        """The terms of the models."""
        return [*self.subgroups, *self.factors, *self.covariates, *([self.censor] if self.model == "cox" else [])]

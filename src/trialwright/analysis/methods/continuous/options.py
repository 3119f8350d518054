"""The options of the methods for numbers compared between groups."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from trialwright.analysis.methods.options import ContrastOptions, IntervalOptions, Number, VariableName


class _LocationOptions(ContrastOptions, IntervalOptions):
    """What tests of means and of ranks have in common.

    design   "independent": the contrasts' groups are compared; "one_sample": each group's values with `null`;
             "paired": each group's differences, the variable less `pair`, with `null`
    pair     the other variable of a pair
    null     the mean (center) under the null hypothesis; of a contrast the difference
    """

    design: Literal["independent", "one_sample", "paired"] = "independent"
    pair: VariableName | None = None
    null: Number = 0.0

    @model_validator(mode="after")
    def _fits_the_design(self) -> _LocationOptions:
        if (self.design == "paired") != (self.pair is not None):
            raise ValueError(
                "the design 'paired' takes the other variable of each pair under 'pair', and no other does."
            )
        if self.design != "independent" and self.contrasts:
            raise ValueError(f"the design {self.design!r} compares no groups: take the contrasts out.")
        return self

    def variables(self) -> list[str]:
        """The other variable of a pair."""
        return [] if self.pair is None else [self.pair]


class TTestOptions(_LocationOptions):
    """Options of `t_test`.

    variance     of the two groups: "unequal" (Satterthwaite's degrees of freedom) or "equal" (pooled)
    """

    variance: Literal["unequal", "equal"] = "unequal"

    @model_validator(mode="after")
    def _compares(self) -> TTestOptions:
        if self.design == "independent" and not self.contrasts:
            raise ValueError("name the groups to compare under 'contrasts': [[A, B]].")
        return self


class WilcoxonOptions(_LocationOptions):
    """Options of `wilcoxon`.

    distribution  of the rank statistic: "exact", "asymptotic", or "auto": exact in groups below 50 without ties
    continuity    whether the asymptotic p-value is corrected for continuity
    """

    distribution: Literal["auto", "exact", "asymptotic"] = "auto"
    continuity: bool = True


class VanElterenOptions(ContrastOptions):
    """Options of `van_elteren`.

    strata  variables; each combination of their values is a stratum
    """

    strata: list[VariableName] = Field(default_factory=list)

    def variables(self) -> list[str]:
        """The strata."""
        return self.strata


class RankAncovaOptions(ContrastOptions):
    """Options of `rank_ancova`.

    covariates  numeric variables that the ranks are adjusted for
    test        "koch": Mantel-Haenszel test of residuals within strata; "quade": F test of residuals, without strata
    strata      as for `van_elteren`
    """

    covariates: list[VariableName] = Field(min_length=1)
    test: Literal["koch", "quade"] = "koch"
    strata: list[VariableName] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits_the_test(self) -> RankAncovaOptions:
        if self.test == "quade" and self.strata:
            raise ValueError("Quade's test has no strata: take them out, or ask for the test 'koch'.")
        return self

    def variables(self) -> list[str]:
        """Covariates and strata."""
        return [*self.covariates, *self.strata]

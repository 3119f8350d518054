"""The options of the methods for proportions and tables of counts, as a plan gives them.

`docs/reference/methods-proportions.md` explains them beside the statistics that they lead to.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from trialwright.analysis.methods.options import ContrastOptions, IntervalOptions, Number, VariableName
from trialwright.conditions import parse_condition
from trialwright.marked_yaml import Text


def _variables_of(*conditions: str | None) -> list[str]:
    return [name for text in conditions if text for name in parse_condition(text).variables]


class CmhOptions(ContrastOptions):
    """Options of `cmh`.

    strata       variables whose combinations are the strata
    alternative  which association is tested: "correlation" of row with column scores (1 degree of freedom),
                 "row_mean_scores" differ between rows, "general" association
    scores       of the columns, and for "correlation" of the rows: "table" (a numeric variable's values, else 1, 2,
                 ...), "rank" (mean ranks within the stratum), "ridit" (rank / n), "modified_ridit" (rank / (n + 1))
    levels       of the variable, in this order; others that occur follow, sorted. Not given: all that occur, sorted
    event        a condition: the columns are the subjects without and with a record that fulfils it
    categories   levels as conditions, by name, in this order
    contrasts    pairs of levels of the first grouping that are also compared alone
    least_strata how many strata must hold two records (or subjects) each for the test to be given
    """

    strata: list[VariableName] = Field(default_factory=list)
    alternative: Literal["correlation", "row_mean_scores", "general"] = "general"
    scores: Literal["table", "rank", "ridit", "modified_ridit"] = "table"
    levels: list[Text] = Field(default_factory=list)
    event: str | None = None
    categories: dict[str, str] = Field(default_factory=dict)
    least_strata: Annotated[int, Field(ge=1)] = 1

    def variables(self) -> list[str]:
        """The strata, and the variables of the conditions."""
        return [*self.strata, *_variables_of(self.event, *self.categories.values())]


class BinaryOptions(IntervalOptions):
    """Options of a method for subjects that respond or do not.

    event     a condition: a subject responds if one of its records fulfils it; it does not if it has a record, and none
              that fulfils it
    response  without `event`: the level of the variable that is the response. Not given: Y of Y and N, 1 of 0 and 1
    missing   subjects of the analysis set without a record or, without `event`, without a value: left out, or counted
              as failures to respond
    """

    event: str | None = None
    response: Text | None = None
    missing: Literal["exclude", "failure"] = "exclude"

    @model_validator(mode="after")
    def _one_definition(self) -> BinaryOptions:
        if self.event is not None and self.response is not None:
            raise ValueError("event and response both say what a response is: give one of them.")
        return self

    def variables(self) -> list[str]:
        """The variables of the condition."""
        return _variables_of(self.event)


class ProportionOptions(BinaryOptions):
    """Options of `proportion`.

    interval  how the confidence interval is made; "wilson_corrected" with continuity correction
    """

    interval: Literal["wald", "wilson", "wilson_corrected", "clopper_pearson", "agresti_coull", "jeffreys"] = (
        "clopper_pearson"
    )


class ComparisonOptions(BinaryOptions, ContrastOptions):
    """Options of a method that compares the proportions of two groups.

    strata     variables whose combinations are the strata
    contrasts  not given: each other level with the grouping's reference
    """

    strata: list[VariableName] = Field(default_factory=list)

    def variables(self) -> list[str]:
        """The strata, and the variables of the condition."""
        return [*self.strata, *super().variables()]

    def _check_strata(self, *, never: set[str], always: set[str]) -> None:
        """Raise `ValueError` if the method cannot be stratified but is, or must be but is not."""
        method = str(getattr(self, "method", ""))
        if self.strata and method in never:
            raise ValueError(f"{method} knows no strata. Take them away, or choose another method.")
        if not self.strata and method in always:
            raise ValueError(f"{method} needs strata. Name them, or choose another method.")


class RiskDifferenceOptions(ComparisonOptions):
    """Options of `risk_difference`.

    method       of interval and test
    weights      of strata for "miettinen_nurminen"
    margin       the difference A - B under the null hypothesis: -0.1 for a margin of non-inferiority of 10 points
    alternative  of the test: "two_sided", or A - B "greater" or "less" than the margin
    """

    method: Literal[
        "wald", "newcombe", "miettinen_nurminen", "farrington_manning", "mantel_haenszel", "santner_snell", "chan_zhang"
    ] = "newcombe"
    weights: Literal["cmh", "miettinen_nurminen"] = "cmh"
    margin: Number = Field(default=0.0, gt=-1, lt=1)
    alternative: Literal["two_sided", "greater", "less"] = "two_sided"

    @model_validator(mode="after")
    def _strata_fit(self) -> RiskDifferenceOptions:
        self._check_strata(
            never={"wald", "farrington_manning", "santner_snell", "chan_zhang"}, always={"mantel_haenszel"}
        )
        if self.method == "newcombe" and (self.margin != 0 or self.alternative != "two_sided"):
            raise ValueError("newcombe has no test, so margin and alternative have no meaning. Choose another method.")
        return self


class RiskRatioOptions(ComparisonOptions):
    """Options of `risk_ratio`.

    method       of interval and test: "wald" on the scale of logarithms
    zero_cells   for "wald": nothing is estimated if an arm has no events, or 0.5 is added to all cells
    margin       the ratio A / B under the null hypothesis
    alternative  of the test: "two_sided", or A / B "greater" or "less" than the margin
    """

    method: Literal["wald", "miettinen_nurminen", "koopman", "farrington_manning", "mantel_haenszel"] = "wald"
    zero_cells: Literal["not_estimable", "add_half"] = "not_estimable"
    margin: Number = Field(default=1.0, gt=0)
    alternative: Literal["two_sided", "greater", "less"] = "two_sided"

    @model_validator(mode="after")
    def _strata_fit(self) -> RiskRatioOptions:
        self._check_strata(never={"wald", "koopman", "farrington_manning"}, always={"mantel_haenszel"})
        return self


class OddsRatioOptions(ComparisonOptions):
    """Options of `odds_ratio`.

    method      of interval and test: "woolf" on the scale of logarithms; "exact" conditional; "score", and
                "miettinen_nurminen" with its variance; "mantel_haenszel" with Robins, Breslow and Greenland's variance
    zero_cells  for "woolf": nothing is estimated if a cell is 0, or 0.5 is added to all cells
    """

    method: Literal["woolf", "exact", "score", "miettinen_nurminen", "mantel_haenszel"] = "woolf"
    zero_cells: Literal["not_estimable", "add_half"] = "not_estimable"

    @model_validator(mode="after")
    def _strata_fit(self) -> OddsRatioOptions:
        self._check_strata(never={"woolf", "exact", "score", "miettinen_nurminen"}, always={"mantel_haenszel"})
        return self


class BreslowDayOptions(ComparisonOptions):
    """Options of `breslow_day`.

    tarone  whether the statistic has Tarone's adjustment
    """

    tarone: bool = True


class LogisticOptions(BinaryOptions, ContrastOptions):
    """Options of `logistic_regression`.

    factors, covariates  classification variables and numeric variables beside the treatment
    penalty    "firth": Jeffreys' prior, with which estimates exist whatever the data
    intervals  of odds ratios: Wald's, or of the profile likelihood (with "firth" the penalised one)
    test       of odds ratios and terms
    contrasts  not given: each other level with the grouping's reference
    """

    factors: list[VariableName] = Field(default_factory=list)
    covariates: list[VariableName] = Field(default_factory=list)
    penalty: Literal["none", "firth"] = "none"
    intervals: Literal["wald", "profile"] = "wald"
    test: Literal["wald", "likelihood_ratio", "score"] = "wald"

    @model_validator(mode="after")
    def _test_fits(self) -> LogisticOptions:
        terms = [*self.factors, *self.covariates]
        if len(terms) != len(set(terms)):
            raise ValueError("a variable is a term of the model twice. Name it once.")
        if self.penalty == "firth" and self.test == "score":
            raise ValueError("there is no score test of a penalised likelihood. Choose likelihood_ratio.")
        return self

    def variables(self) -> list[str]:
        """The model's terms, and the variables of the condition."""
        return [*self.factors, *self.covariates, *super().variables()]


class McnemarOptions(IntervalOptions):
    """Options of `mcnemar`.

    response  the level of both variables that is the response. Not given: Y of Y and N, 1 of 0 and 1
    method    of the test
    """

    response: Text | None = None
    method: Literal["asymptotic", "continuity_corrected", "exact", "mid_p"] = "asymptotic"


class CochranArmitageOptions(BinaryOptions):
    """Options of `cochran_armitage`.

    scores  of the groups, in their order. Not given: their values if the grouping's variable is numeric, else 1, 2, ...
    method  of the test
    """

    scores: list[Number] = Field(default_factory=list)
    method: Literal["asymptotic", "exact"] = "asymptotic"

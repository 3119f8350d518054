"""The options of the methods for time to an event, as a plan gives them; `docs/reference/methods-time-to-event.md`."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from trialwright.analysis.methods.options import (
    ContrastOptions,
    IntervalOptions,
    Number,
    Options,
    Probability,
    VariableName,
)
from trialwright.marked_yaml import Text

CurveInterval: TypeAlias = Literal["log-log", "log", "plain", "arcsin", "logit"]
RiskWeights: TypeAlias = Literal[
    "fleming_harrington", "gehan_breslow", "tarone_ware", "peto_peto", "modified_peto_peto"
]
Positive: TypeAlias = Annotated[Number, Field(gt=0)]
NotNegative: TypeAlias = Annotated[Number, Field(ge=0)]


class EventOptions(Options):
    """Options of a method for times to an event.

    censor    the variable that is 0 for an event and above 0 for a censored time (ADaM's CNSR)
    landmark  only those still at risk after this time are analysed, and time counts from it; not given: everybody
    """

    censor: VariableName = "CNSR"
    landmark: Positive | None = None

    def variables(self) -> list[str]:
        """The censoring variable."""
        return [self.censor]


class KaplanMeierOptions(EventOptions, ContrastOptions, IntervalOptions):
    """Options of `kaplan_meier`.

    times           times at which the estimate is given beside those at which somebody leaves the risk set
    conf_type       the transformation under which intervals are symmetric
    quantiles       proportions of subjects with the event, whose times are given beside the quartiles'
    contrasts       pairs of levels whose survival at `times` is compared, A - B
    contrast_scale  on which they are: the survival itself, or its log(-log)
    follow_up       whether the time under observation is estimated (Kaplan-Meier with censoring as the event)
    """

    times: list[Number] = Field(default_factory=list)
    conf_type: CurveInterval = "log-log"
    quantiles: list[Probability] = Field(default_factory=list)
    contrast_scale: Literal["plain", "log-log"] = "plain"
    follow_up: bool = False

    @model_validator(mode="after")
    def _contrasts_are_at_times(self) -> Self:
        if self.contrasts and not self.times:
            raise ValueError("contrasts compare survival at times: name them under 'times'.")
        return self


class LogrankOptions(EventOptions, ContrastOptions):
    """Options of `logrank`.

    strata     variables by which the test is stratified
    contrasts  pairs of levels that are also compared alone
    trend      whether the levels are tested for a trend, over `scores`
    scores     of the levels of the first grouping, in its order; not given: 0, 1, 2, ...
    one_sided  whether contrasts also have a one-sided p-value: for A having fewer events than expected
    """

    strata: list[VariableName] = Field(default_factory=list)
    trend: bool = False
    scores: list[Number] = Field(default_factory=list)
    one_sided: bool = False

    def variables(self) -> list[str]:
        """The censoring variable and the strata."""
        return [self.censor, *self.strata]


class WeightedLogrankOptions(LogrankOptions):
    """Options of `weighted_logrank`, beside those of `logrank`.

    weights     of the times
    rho, gamma  of Fleming and Harrington's: survival^rho x (1 - survival)^gamma
    """

    weights: RiskWeights = "fleming_harrington"
    rho: NotNegative = 0.0
    gamma: NotNegative = 0.0

    @model_validator(mode="after")
    def _powers_belong_to_fleming_harrington(self) -> Self:
        if self.weights != "fleming_harrington" and (self.rho or self.gamma):
            raise ValueError("rho and gamma belong to the weights fleming_harrington. Take them out.")
        return self


class MaxComboOptions(EventOptions, ContrastOptions):
    """Options of `maxcombo`.

    strata      as for `logrank`
    components  pairs of rho and gamma of Fleming and Harrington's weights
    contrasts   pairs of levels that are compared
    """

    strata: list[VariableName] = Field(default_factory=list)
    components: list[Annotated[list[NotNegative], Field(min_length=2, max_length=2)]] = Field(
        default_factory=lambda: [[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]], min_length=1
    )

    def variables(self) -> list[str]:
        """The censoring variable and the strata."""
        return [self.censor, *self.strata]


class HazardModelOptions(EventOptions, ContrastOptions, IntervalOptions):
    """Options of a method with a proportional hazards model.

    factors     classification variables beside the treatment
    covariates  numeric variables
    strata      variables, each combination of which has a baseline hazard of its own
    ties        how events at one time count; "exact" is the conditional likelihood of discrete times
    start       a variable with the time from which a record is at risk; not given: from the beginning
    """

    factors: list[VariableName] = Field(default_factory=list)
    covariates: list[VariableName] = Field(default_factory=list)
    strata: list[VariableName] = Field(default_factory=list)
    ties: Literal["efron", "breslow", "exact"] = "efron"
    start: VariableName | None = None

    def variables(self) -> list[str]:
        """The censoring variable, the start, the terms and the strata."""
        start = [] if self.start is None else [self.start]
        return [self.censor, *start, *self.factors, *self.covariates, *self.strata]


class CoxOptions(HazardModelOptions):
    """Options of `cox`.

    contrasts  pairs of levels of the treatment, hazard ratios A / B
    interval   of hazard ratios, with the test that belongs to it
    robust     whether variances are robust, with the records of a subject together
    cluster    the variable whose values tell clusters apart, for `robust`
    firth      Firth's penalty, which keeps estimates finite
    cutpoints  times at which the hazard ratio of the treatment may change; not given: it never does
    """

    interval: Literal["wald", "score", "profile"] = "wald"
    robust: bool = False
    cluster: VariableName = "USUBJID"
    firth: bool = False
    cutpoints: list[Positive] = Field(default_factory=list)

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.ties == "exact" and (self.robust or self.firth):
            raise ValueError("ties: exact goes with neither robust nor firth. Use efron or breslow.")
        if self.robust and self.interval != "wald":
            raise ValueError("robust variances give Wald intervals only. Take 'interval' out.")
        if self.firth and self.interval == "score":
            raise ValueError("firth goes with Wald and profile intervals. Choose one of them.")
        _check_rising(self.cutpoints)
        return self

    def variables(self) -> list[str]:
        """Those of the model, and the cluster."""
        return [*super().variables(), *([self.cluster] if self.robust else [])]


class ProportionalHazardsOptions(EventOptions):
    """Options of `proportional_hazards_test`.

    factors, covariates, strata, start, ties   of the model, as for `cox`
    transform   of time, against which the log hazard ratios may have a slope
    """

    factors: list[VariableName] = Field(default_factory=list)
    covariates: list[VariableName] = Field(default_factory=list)
    strata: list[VariableName] = Field(default_factory=list)
    ties: Literal["efron", "breslow"] = "efron"
    start: VariableName | None = None
    transform: Literal["km", "rank", "identity", "log"] = "km"

    def variables(self) -> list[str]:
        """The censoring variable, the start, the terms and the strata."""
        start = [] if self.start is None else [self.start]
        return [self.censor, *start, *self.factors, *self.covariates, *self.strata]


class RmstOptions(EventOptions, ContrastOptions, IntervalOptions):
    """Options of `rmst`.

    tau        the time up to which survival is counted; not given: the smallest of the levels' largest times
    measure    of contrasts: the difference A - B, or the ratio A / B
    """

    tau: Positive | None = None
    measure: Literal["difference", "ratio"] = "difference"


class CompetingOptions(EventOptions):
    """Options of a method for competing events.

    event_name  of the event of interest
    competing   names of the competing events, each with the value of `censor` that stands for it
    cause       a variable with the name of the event, for records with 0 in `censor`, in place of `competing`
    """

    event_name: Text = "Event"
    competing: dict[Text, Number] = Field(default_factory=dict)
    cause: VariableName | None = None

    @model_validator(mode="after")
    def _events_are_told_apart(self) -> Self:
        if bool(self.competing) == (self.cause is not None):
            raise ValueError(
                "events are told apart either by values of the censoring variable ('competing: {Death: 2}') or by a "
                "variable ('cause: EVNTDESC'). Give one of the two."
            )
        if self.cause is not None and "event_name" not in self.model_fields_set:
            raise ValueError(f"name the value of {self.cause} that is the event of interest, under 'event_name'.")
        if any(code == 0 for code in self.competing.values()):
            raise ValueError("0 stands for the event of interest. Give competing events other values.")
        if self.event_name in self.competing:
            raise ValueError(f"{self.event_name} is both the event of interest and a competing one. Rename one.")
        if len(set(self.competing.values())) < len(self.competing):
            raise ValueError("two competing events have the same value. Give each its own.")
        return self

    def variables(self) -> list[str]:
        """The censoring variable and the cause."""
        return [self.censor, *([] if self.cause is None else [self.cause])]


class CumulativeIncidenceOptions(CompetingOptions, ContrastOptions, IntervalOptions):
    """Options of `cumulative_incidence`.

    times      as for `kaplan_meier`
    conf_type  the transformation under which intervals are symmetric
    contrasts  pairs of levels whose cumulative incidence at `times` is compared, A - B
    """

    times: list[Number] = Field(default_factory=list)
    conf_type: Literal["log-log", "plain"] = "log-log"

    @model_validator(mode="after")
    def _contrasts_are_at_times(self) -> Self:
        if self.contrasts and not self.times:
            raise ValueError("contrasts compare cumulative incidence at times: name them under 'times'.")
        return self


class GrayOptions(CompetingOptions, ContrastOptions):
    """Options of `gray_test`.

    strata     variables by which the test is stratified
    rho        power of 1 - cumulative incidence in the weights
    contrasts  pairs of levels that are also compared alone
    """

    strata: list[VariableName] = Field(default_factory=list)
    rho: Number = 0.0

    def variables(self) -> list[str]:
        """The censoring variable, the cause and the strata."""
        return [*super().variables(), *self.strata]


class FineGrayOptions(CompetingOptions, ContrastOptions, IntervalOptions):
    """Options of `fine_gray`.

    factors, covariates  beside the treatment
    censoring            variables, each combination of which has a censoring distribution of its own
    contrasts            pairs of levels of the treatment, subdistribution hazard ratios A / B
    """

    factors: list[VariableName] = Field(default_factory=list)
    covariates: list[VariableName] = Field(default_factory=list)
    censoring: list[VariableName] = Field(default_factory=list)

    def variables(self) -> list[str]:
        """The censoring variable, the cause, the terms and the groups of censoring."""
        return [*super().variables(), *self.factors, *self.covariates, *self.censoring]


class PiecewiseOptions(EventOptions, ContrastOptions, IntervalOptions):
    """Options of `piecewise_exponential`.

    cutpoints  the times at which hazards may change; intervals are open on the left, closed on the right
    per        units of time that rates are given for
    contrasts  pairs of levels, hazard ratios A / B in each interval and in common
    """

    cutpoints: list[Positive] = Field(min_length=1)
    per: Positive = 1.0

    @model_validator(mode="after")
    def _cutpoints_rise(self) -> Self:
        _check_rising(self.cutpoints)
        return self


def _check_rising(cutpoints: list[float]) -> None:
    if any(later <= earlier for earlier, later in pairwise(cutpoints)):
        raise ValueError("cutpoints go from the smallest to the largest, each once.")

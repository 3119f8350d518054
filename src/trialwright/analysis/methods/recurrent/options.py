"""The options of the methods for counts and recurrent events."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from trialwright.analysis.methods.options import ContrastOptions, IntervalOptions, Number, VariableName

Positive = Annotated[Number, Field(gt=0)]


class _RateModelOptions(ContrastOptions, IntervalOptions):
    """What models of counts have in common.

    exposure    a numeric variable above 0: its logarithm is the offset; not given: every record has exposure 1
    per         the exposure to which rates of groups refer, in the unit of `exposure`
    factors     classification variables beside the treatment
    covariates  numeric variables
    weights     of the factors' levels in rates of groups
    interval    Wald's, or by the profile of the likelihood
    """

    exposure: VariableName | None = None
    per: Positive = 1.0
    factors: list[VariableName] = Field(default_factory=list)
    covariates: list[VariableName] = Field(default_factory=list)
    weights: Literal["observed", "equal"] = "equal"
    interval: Literal["wald", "profile"] = "wald"

    def variables(self) -> list[str]:
        """Exposure, factors and covariates."""
        return [*([self.exposure] if self.exposure else []), *self.factors, *self.covariates]


class PoissonOptions(_RateModelOptions):
    """Options of `poisson_regression`.

    variance  "model"; "robust": White's sandwich, clustered by subject; "pearson": the model's, scaled by Pearson's
              chi-square by its degrees of freedom
    """

    variance: Literal["model", "robust", "pearson"] = "model"

    @model_validator(mode="after")
    def _fits_the_interval(self) -> PoissonOptions:
        if self.interval == "profile" and self.variance != "model":
            raise ValueError("the profile of the likelihood goes with variance 'model' only: ask for Wald's interval.")
        return self


class NegativeBinomialOptions(_RateModelOptions):
    """Options of `negative_binomial`.

    information  that gives standard errors: "observed" (SAS PROC GENMOD), jointly with the dispersion, or "expected"
                 (R's glm.nb)
    """

    information: Literal["observed", "expected"] = "observed"


class _HistoryOptions(IntervalOptions):
    """What says when a subject is at risk, and when it has events.

    start       the variable with the beginning of each interval at risk, whose end is the analysed variable; not given:
                records are events at the analysed variable, and every subject of the analysis set is at risk from 0 to
                its `follow_up`
    follow_up   the variable with a subject's time at risk
    censor      the variable that is 0 for an interval (record) that ends in an event
    """

    start: VariableName | None = None
    follow_up: VariableName | None = None
    censor: VariableName | None = None

    @model_validator(mode="after")
    def _fits_the_records(self) -> _HistoryOptions:
        if (self.start is None) == (self.follow_up is None):
            raise ValueError("give either 'start' (records are intervals) or 'follow_up' (records are events).")
        if self.start is not None and self.censor is None:
            raise ValueError("records that are intervals need the variable under 'censor' that is 0 for an event.")
        return self

    def variables(self) -> list[str]:
        """Start, follow-up and censoring."""
        return [name for name in (self.start, self.follow_up, self.censor) if name]


class MeanCumulativeOptions(_HistoryOptions):
    """Options of `mean_cumulative_function`.

    times      at which the estimate is given beside those of events
    conf_type  the transformation under which intervals are symmetric
    """

    times: list[Number] = Field(default_factory=list)
    conf_type: Literal["log", "plain"] = "log"


class AndersenGillOptions(_HistoryOptions, ContrastOptions):
    """Options of `andersen_gill`, beside those that say who is at risk when.

    factors, covariates, strata  of the model; a subject's are those of its intervals, or of the subject dataset
    ties                         approximation of the partial likelihood
    variance                     "robust": Lin and Wei's sandwich by subject; "model"
    """

    factors: list[VariableName] = Field(default_factory=list)
    covariates: list[VariableName] = Field(default_factory=list)
    strata: list[VariableName] = Field(default_factory=list)
    ties: Literal["efron", "breslow"] = "efron"
    variance: Literal["robust", "model"] = "robust"

    def variables(self) -> list[str]:
        """Start, follow-up, censoring, factors, covariates and strata."""
        return [*super().variables(), *self.factors, *self.covariates, *self.strata]


class ExposureRateOptions(ContrastOptions, IntervalOptions):
    """Options of `exposure_adjusted_rate`.

    exposure  a variable of the subject dataset with the time at risk
    time_unit of the exposure
    per       subject-years to which rates refer
    unit      "events": every record counts; "subjects": a subject counts once
    until     for "subjects": the variable of the records with the time of the event, in the unit of the exposure: the
              time at risk ends with a subject's first; not given: it goes on
    measure   by which contrasts compare: a difference or a ratio of rates
    interval  of a difference: "score" (Miettinen and Nurminen) or "wald"; of a ratio: "exact" (conditional) or "wald"
    """

    exposure: VariableName
    time_unit: Literal["days", "weeks", "months", "years"] = "days"
    per: Positive = 100.0
    unit: Literal["events", "subjects"] = "events"
    until: VariableName | None = None
    measure: Literal["difference", "ratio"] = "difference"
    interval: Literal["score", "exact", "wald"] | None = None

    @model_validator(mode="after")
    def _fits_the_measure(self) -> ExposureRateOptions:
        if self.interval not in (None, "wald", "score" if self.measure == "difference" else "exact"):
            raise ValueError(f"a {self.measure} of rates has no interval {self.interval!r}.")
        if self.until is not None and self.unit != "subjects":
            raise ValueError("'until' ends the time at risk at the first event: it goes with unit 'subjects'.")
        return self

    def variables(self) -> list[str]:
        """Exposure and time of the event."""
        return [self.exposure, *([self.until] if self.until else [])]

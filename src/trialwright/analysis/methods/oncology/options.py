"""The options of the methods for response of tumours and time to progression, as a plan gives them.

`docs/reference/methods-oncology.md` explains them beside the statistics that they lead to.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from trialwright.analysis.methods.options import IntervalOptions, Options, VariableName
from trialwright.analysis.methods.time_to_event.specs import SPECS as ESTIMATES

#: The censoring variable of derived times.
CENSOR = "CNSR"

Days = Annotated[int, Field(ge=0)]


class BestResponseOptions(IntervalOptions):
    """Options of `best_overall_response`, `objective_response` and `disease_control`.

    start           variable with the date of randomisation or first dose
    date            variable with the date of an assessment
    new_therapy     variable with the start of a new anticancer therapy, after which assessments do not count
    confirmed       whether CR and PR must be confirmed by a later assessment
    confirmation_days  from the response to the assessment that confirms it
    not_evaluable   assessments NE that may stand between the two
    accept_stable   whether SD may stand between a PR and what confirms it
    stable_days     from the start to an assessment that makes stable disease
    after_complete  disease after a CR is "progression", or the CR is counted as a "partial" response
    interval        of the rates
    """

    start: VariableName = "RANDDT"
    date: VariableName = "ADT"
    new_therapy: VariableName | None = None
    confirmed: bool = True
    confirmation_days: Days = 28
    not_evaluable: Days = 1
    accept_stable: bool = False
    stable_days: Days = 42
    after_complete: Literal["progression", "partial"] = "progression"
    interval: Literal["clopper_pearson", "wilson", "wilson_corrected", "wald", "agresti_coull", "jeffreys"] = (
        "clopper_pearson"
    )

    def variables(self) -> list[str]:
        """The dates."""
        return [self.start, self.date, *([self.new_therapy] if self.new_therapy else [])]


class TimeOptions(IntervalOptions):
    """Options of a method that derives times and hands them to a method for times to an event.

    unit              of the times: days (the first is 1), weeks of 7 or months of 30.4375 days
    estimate          the method that works on the times: `kaplan_meier`, `logrank`, `cox`, ...
    estimate_options  of that method; without the censoring variable, which is derived with the times
    """

    unit: Literal["days", "weeks", "months"] = "days"
    estimate: str = "kaplan_meier"
    estimate_options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _estimate_fits(self) -> Self:
        if self.estimate not in ESTIMATES:
            raise ValueError(
                f"{self.estimate!r} is no method for times to an event. There are: {', '.join(ESTIMATES)}."
            )
        if "censor" in self.estimate_options:
            raise ValueError("the censoring variable is derived with the times: take 'censor' out of estimate_options.")
        try:
            self.options_of_estimate()
        except ValidationError as error:
            detail = error.errors()[0]
            place = ".".join(str(part) for part in detail["loc"])
            message = f"{place}: {detail['msg']}" if place else detail["msg"]
            raise ValueError(f"estimate_options of {self.estimate}: {message}") from None
        return self

    def options_of_estimate(self) -> Options:
        """The options of the method that works on the times."""
        given = {"conf_level": self.conf_level} if issubclass(ESTIMATES[self.estimate].options, IntervalOptions) else {}
        return ESTIMATES[self.estimate].options.model_validate({**given, **self.estimate_options})

    def compared_pairs(self) -> list[list[str]]:
        """The pairs that the method compares."""
        return self.options_of_estimate().compared_pairs()

    def named_in_estimate(self) -> list[str]:
        """The variables that the method's options name, but for those that are derived."""
        return [name for name in self.options_of_estimate().variables() if name != CENSOR]


class SurvivalTimeOptions(TimeOptions):
    """Options of `overall_survival`.

    start       variable with the date on which the time at risk starts
    death       variable with the date of death
    last_alive  variable with the last date known alive
    unit        of the times: days (the first is 1), weeks of 7 or months of 30.4375 days
    estimate    the method that works on the times: `kaplan_meier`, `logrank`, `cox`, ...
    estimate_options  of that method
    conf_level  of the intervals; not given: 1 - the plan's alpha
    """

    start: VariableName = "RANDDT"
    death: VariableName = "DTHDT"
    last_alive: VariableName = "LSTALVDT"

    def variables(self) -> list[str]:
        """The dates, and what the method that works on the times names."""
        return [self.start, self.death, self.last_alive, *self.named_in_estimate()]


class ProgressionOptions(TimeOptions):
    """Options of `progression_free_survival`.

    rules            of censoring, to be named: "fda" (table A of the guidance of 2018) or "ema" (appendix 1 of the
                     guideline)
    assessment_days  planned days between assessments; the rules of the FDA need it
    window_days      by which an assessment may be late
    max_missed       assessments in a row that may be missed before an event
    start, date      as for `best_overall_response`
    death            variable with the date of death
    new_therapy      variable with the start of a new anticancer therapy; not given: nobody had one
    clinical         variable with the date of clinical progression, which then counts as an event
    baseline         variable that is Y for subjects with a tumour assessment at baseline; not given: all have
    unit, estimate, estimate_options, conf_level   as for `overall_survival`
    """

    rules: Literal["fda", "ema"] | None = None
    assessment_days: Annotated[int, Field(gt=0)] | None = None
    window_days: Days = 0
    max_missed: Days = 1
    start: VariableName = "RANDDT"
    date: VariableName = "ADT"
    death: VariableName = "DTHDT"
    new_therapy: VariableName | None = None
    clinical: VariableName | None = None
    baseline: VariableName | None = None

    @model_validator(mode="after")
    def _has_schedule(self) -> ProgressionOptions:
        if self.rules == "fda" and self.assessment_days is None:
            raise ValueError(
                "the rules of the FDA censor events after missed assessments: say how many days are planned between "
                "two, with assessment_days."
            )
        return self

    def variables(self) -> list[str]:
        """The dates, the flag of a baseline, and what the method that works on the times names."""
        optional = (self.new_therapy, self.clinical, self.baseline)
        return [self.start, self.date, self.death, *(name for name in optional if name), *self.named_in_estimate()]


class DurationOptions(ProgressionOptions):
    """Options of `duration_of_response`: those of `progression_free_survival`, and of a response.

    confirmed, confirmation_days, not_evaluable, accept_stable, after_complete   as for `best_overall_response`
    """

    confirmed: bool = True
    confirmation_days: Days = 28
    not_evaluable: Days = 1
    accept_stable: bool = False
    after_complete: Literal["progression", "partial"] = "progression"

"""The options of the methods for safety."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from trialwright.analysis.methods.options import Contrast, IntervalOptions, Number, Options, VariableName
from trialwright.marked_yaml import Text


class WorstIncidenceOptions(Options):
    """Options of `worst_incidence`.

    worst    the variable of severity, relation or grade
    levels   its levels, the worst last
    missing  a name under which a missing level is counted, as worse than all; not given: records without are left out
    uncoded  the name of terms that are missing
    """

    worst: VariableName
    levels: list[Text] = Field(min_length=1)
    missing: Text | None = None
    uncoded: Text = "Uncoded"

    def variables(self) -> list[str]:
        """The variable of severity."""
        return [self.worst]


class EventGroupOptions(Options):
    """Options of `event_groups`.

    groups   names of the plan's event groups, in this order; not given: all of them
    terms    whether the terms inside each group are given too
    fisher   pairs of levels of the first grouping whose proportions of subjects are compared by Fisher's exact test
    uncoded  the name of terms that are missing
    """

    groups: list[Text] = Field(default_factory=list)
    terms: bool = True
    fisher: list[Contrast] = Field(default_factory=list)
    uncoded: Text = "Uncoded"

    def compared_pairs(self) -> list[list[str]]:
        """The pairs that Fisher's test compares."""
        return self.fisher


class ToxicityOptions(Options):
    """Options of `toxicity_grades`.

    parameter       the variable of the parameter's code
    tests           codes of the data that are not those of controlled terminology: `{ALTSGPT: ALT}`
    unit            the variable of the unit; of a text with parentheses, what stands in the last ones
    lower, upper    limits of the reference range
    baseline        the baseline value
    has_symptoms    whether symptoms are assumed where the criteria ask for them: the worse of two possible grades
    """

    parameter: VariableName = "PARAMCD"
    tests: dict[str, str] = Field(default_factory=dict)
    unit: VariableName = "PARAM"
    lower: VariableName = "ANRLO"
    upper: VariableName = "ANRHI"
    baseline: VariableName = "BASE"
    has_symptoms: bool = False

    def variables(self) -> list[str]:
        """All variables that the grades are made of."""
        return [self.parameter, self.unit, self.lower, self.upper, self.baseline]


class LiverOptions(Options):
    """Options of `liver_safety`.

    parameter             the variable of the parameter's code
    aminotransferases     codes of ALT and AST
    bilirubin             code of total bilirubin
    upper                 the upper limit of the reference range
    aminotransferase_limit, bilirubin_limit   in multiples of the upper limit; a peak above it counts
    """

    parameter: VariableName = "PARAMCD"
    aminotransferases: list[Text] = Field(default_factory=lambda: ["ALT", "AST"], min_length=1)
    bilirubin: Text = "BILI"
    upper: VariableName = "ANRHI"
    aminotransferase_limit: Number = 3.0
    bilirubin_limit: Number = 2.0

    def variables(self) -> list[str]:
        """Parameter and limit."""
        return [self.parameter, self.upper]


class FirstEventOptions(IntervalOptions):
    """Options of `time_to_first_event`.

    start      the date that times are counted from, of the subject dataset
    end        the date until which a subject without event was observed, of the subject dataset
    times      times at which the estimate is given beside those at which somebody leaves the risk set
    conf_type  the transformation under which intervals are symmetric
    """

    start: VariableName = "TRTSDT"
    end: VariableName = "TRTEDT"
    times: list[Number] = Field(default_factory=list)
    conf_type: Literal["log-log", "log", "plain"] = "log-log"

    def variables(self) -> list[str]:
        """The two dates."""
        return [self.start, self.end]


class EventDurationOptions(IntervalOptions):
    """Options of `event_duration`.

    start, end  dates of an event
    cutoff      the date until which an event without end was observed, of the subject dataset
    conf_type   the transformation under which intervals are symmetric
    """

    start: VariableName = "ASTDT"
    end: VariableName = "AENDT"
    cutoff: VariableName = "TRTEDT"
    conf_type: Literal["log-log", "log", "plain"] = "log-log"

    def variables(self) -> list[str]:
        """The dates."""
        return [self.start, self.end, self.cutoff]


class DoseIntensityOptions(Options):
    """Options of `dose_intensity`.

    start, end      first and last day of a record of exposure
    doses_per_day   a number, or the variable that holds it
    planned         the planned daily dose: a number, or the variable that holds it; not given: no relative intensity
    """

    start: VariableName = "ASTDT"
    end: VariableName = "AENDT"
    doses_per_day: Number | VariableName = 1.0
    planned: Number | VariableName | None = None

    def variables(self) -> list[str]:
        """The dates, and the doses where variables hold them."""
        named = [one for one in (self.doses_per_day, self.planned) if isinstance(one, str)]
        return [self.start, self.end, *named]

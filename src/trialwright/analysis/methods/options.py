"""The options of every method, as a plan gives them: what they are, what they may be, and their defaults.

`docs/reference/methods.md` explains them beside the statistics that they lead to.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from trialwright.marked_yaml import Border, Text


def _as_float(value: object) -> object:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _check_variable_name(name: str) -> str:
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,31}", name) is None:
        raise ValueError("this must be the name of a variable: a letter, then letters, digits and _, up to 32 in all.")
    return name


Number: TypeAlias = Annotated[float, BeforeValidator(_as_float)]
Probability: TypeAlias = Annotated[Number, Field(gt=0, lt=1)]
VariableName: TypeAlias = Annotated[str, AfterValidator(_check_variable_name)]
#: Two levels of the first grouping: A and B of "A - B".
Contrast: TypeAlias = Annotated[list[Text], Field(min_length=2, max_length=2)]


class Options(Border):
    """Base of the options of a method."""

    def compared_pairs(self) -> list[list[str]]:
        """Pairs of levels of the first grouping that the options compare."""
        return []

    def variables(self) -> list[str]:
        """Variables of the data that the options name, with those of their conditions; for `trace`."""
        return []


class ContrastOptions(Options):
    """Options of a method that compares pairs of levels.

    contrasts  pairs of levels of the first grouping, A and B of "A - B" (a ratio: of "A / B")
    """

    contrasts: list[Contrast] = Field(default_factory=list)

    def compared_pairs(self) -> list[list[str]]:
        """The contrasts."""
        return self.contrasts


class IntervalOptions(Options):
    """Options of a method that gives intervals.

    conf_level  of the intervals; not given: 1 - the plan's alpha
    """

    conf_level: Probability | None = None


class CountOptions(Options):
    """Options of `count`.

    unit         what is counted: distinct subjects, or records
    levels       levels in this order, also those that nobody has; others that occur follow, sorted
    denominator  N: "population" the subjects of the analysis set in the group; "nonmissing" those (or, with unit
                 "records", the records) with a value of the variable
    missing      a name under which missing values are counted as a level; not given: they are no level
    categories   levels as conditions, by name: a record has the first whose condition it fulfils, whatever its value
    """

    unit: Literal["subjects", "records"] = "subjects"
    levels: list[Text] = Field(default_factory=list)
    denominator: Literal["population", "nonmissing"] = "population"
    missing: Text | None = None
    categories: dict[str, str] = Field(default_factory=dict)


class DescriptiveOptions(Options):
    """Options of `descriptive`.

    conf_level  of the interval of the mean (Student's t); not given: no interval
    sums        of the mean: "exact", or "corrected" as R computes it in double precision: the sum divided by n, then
                corrected by the mean of what is left. They differ in the last bit, which shows where a mean is half of
                the last decimal that is printed
    """

    conf_level: Probability | None = None
    sums: Literal["exact", "corrected"] = "exact"


class IncidenceOptions(Options):
    """Options of `incidence`.

    fisher   pairs of levels of the first grouping whose proportions of subjects are compared by Fisher's exact test
    uncoded  the name of terms that are missing
    event    a condition: only records that fulfil it are counted; the terms of the others are given all the same, with
             zeros
    """

    fisher: list[Contrast] = Field(default_factory=list)
    uncoded: Text = "Uncoded"
    event: str | None = None

    def compared_pairs(self) -> list[list[str]]:
        """The pairs that Fisher's test compares."""
        return self.fisher


class AnovaOptions(Options):
    """`anova` has no options."""


class ContingencyOptions(Options):
    """Options of `chi_square` and `fisher_exact`.

    event       a condition: the columns of the table are then the subjects with a record that fulfils it, and those all
                of whose records do not, instead of the levels of the variable; who has no record is in neither
    categories  as for `count`
    """

    event: str | None = None
    categories: dict[str, str] = Field(default_factory=dict)


class AncovaOptions(ContrastOptions, IntervalOptions):
    """Options of `ancova`.

    factors     classification variables beside the treatment
    covariates  numeric variables
    dose        a numeric variable that takes the place of the treatment as a factor: its slope is tested, and there are
                no LS means
    weights     of the factors' levels in LS means: "observed" frequencies (SAS OM) or "equal"
    contrasts   pairs of levels of the treatment, A - B
    conf_level  of the intervals; not given: 1 - the plan's alpha
    variance    of the coefficients: the model's (one residual variance), or robust to unequal ones: White's
                sandwich "hc0", "hc1" with n / (n - p), "hc2" and "hc3" with leverages
    """

    factors: list[VariableName] = Field(default_factory=list)
    covariates: list[VariableName] = Field(default_factory=list)
    dose: VariableName | None = None
    weights: Literal["observed", "equal"] = "equal"
    variance: Literal["model", "hc0", "hc1", "hc2", "hc3"] = "model"


#: Covariance of a subject's measurements, by the names in `docs/reference/methods.md`.
CovarianceStructure: TypeAlias = Literal[
    "unstructured",
    "toeplitz",
    "toeplitz_heterogeneous",
    "ar1",
    "ar1_heterogeneous",
    "compound_symmetry",
    "compound_symmetry_heterogeneous",
    "spatial_power",
]


class MmrmOptions(ContrastOptions, IntervalOptions):
    """Options of `mmrm`.

    visit                the variable that tells a subject's measurements apart
    visits               its levels in this order, records of others are left out; not given: those of the grouping on
                         the variable, else all that occur, sorted
    effects              of treatment and visit: with their interaction, without it, or treatment alone
    factors              classification variables
    covariates           numeric variables
    covariates_by_visit  numeric variables with a slope for each visit
    structure            of the covariance within subjects
    fallback             structures to try in this order if it cannot be fitted; not given: the simpler ones
    times                numeric variables between whose values `spatial_power` takes distances; not given: the visit
    covariance_by_arm    whether each treatment has a covariance of its own
    df                   of tests and intervals; with Kenward and Roger's methods also their variance
    convergence          where the iterations of `unstructured` end: "proc_mixed" at PROC MIXED's criterion, "full" at
                         the maximum; the other structures always go on to it
    weights, contrasts, conf_level  as for `ancova`
    """

    visit: VariableName = "AVISITN"
    visits: list[Text] = Field(default_factory=list)
    effects: Literal["arm*visit", "arm+visit", "arm"] = "arm*visit"
    factors: list[VariableName] = Field(default_factory=list)
    covariates: list[VariableName] = Field(default_factory=list)
    covariates_by_visit: list[VariableName] = Field(default_factory=list)
    structure: CovarianceStructure = "unstructured"
    fallback: list[CovarianceStructure] | None = None
    times: list[VariableName] = Field(default_factory=list)
    covariance_by_arm: bool = False
    df: Literal["kenward_roger", "kenward_roger_linear", "satterthwaite", "between_within"] = "kenward_roger"
    convergence: Literal["proc_mixed", "full"] = "proc_mixed"
    weights: Literal["observed", "equal"] = "equal"

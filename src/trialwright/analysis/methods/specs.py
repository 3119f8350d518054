"""What each method takes, for the reader of plans: known without loading what computes it (numpy, scipy)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trialwright.analysis.methods.options import (
    AncovaOptions,
    AnovaOptions,
    ContingencyOptions,
    CountOptions,
    DescriptiveOptions,
    IncidenceOptions,
    KaplanMeierOptions,
    ListingOptions,
    LogrankOptions,
    Options,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodSpec:
    """What a method takes.

    summary        what it gives, in a few words
    options        the model of its options
    compares       whether it compares the levels of the first grouping (which it then needs)
    max_variables  of one analysis; None for any number
    max_by         number of groupings that it takes
    """

    summary: str
    options: type[Options]
    compares: bool = False
    max_variables: int | None = None
    max_by: int = 4


METHOD_SPECS: Mapping[str, MethodSpec] = {
    "count": MethodSpec(summary="numbers and proportions of subjects or records, by level", options=CountOptions),
    "descriptive": MethodSpec(summary="descriptive statistics of a number", options=DescriptiveOptions),
    "incidence": MethodSpec(
        summary="subjects and events by nested terms", options=IncidenceOptions, max_variables=3, max_by=2
    ),
    "anova": MethodSpec(summary="one-way analysis of variance", options=AnovaOptions, compares=True),
    "chi_square": MethodSpec(summary="Pearson's chi-square test", options=ContingencyOptions, compares=True),
    "fisher_exact": MethodSpec(summary="Fisher's exact test, r x c", options=ContingencyOptions, compares=True),
    "ancova": MethodSpec(
        summary="general linear model with LS means, contrasts and type III tests",
        options=AncovaOptions,
        compares=True,
    ),
    "kaplan_meier": MethodSpec(summary="Kaplan-Meier estimates", options=KaplanMeierOptions, max_variables=1, max_by=3),
    "logrank": MethodSpec(summary="log-rank test", options=LogrankOptions, compares=True, max_variables=1),
    "listing": MethodSpec(summary="the records themselves", options=ListingOptions, max_by=0),
}

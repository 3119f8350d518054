"""What each method takes, for the reader of plans: known without loading what computes it (numpy, scipy)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from trialwright.analysis.methods.continuous import specs as continuous
from trialwright.analysis.methods.imputation import specs as imputation
from trialwright.analysis.methods.imputation.options import ImputationOptions
from trialwright.analysis.methods.listing_options import ListingOptions
from trialwright.analysis.methods.multiplicity import specs as multiplicity
from trialwright.analysis.methods.oncology import specs as oncology
from trialwright.analysis.methods.options import (
    AncovaOptions,
    AnovaOptions,
    ContingencyOptions,
    CountOptions,
    DescriptiveOptions,
    IncidenceOptions,
    MmrmOptions,
    Options,
)
from trialwright.analysis.methods.proportions import specs as proportions
from trialwright.analysis.methods.recurrent import specs as recurrent
from trialwright.analysis.methods.safety import specs as safety
from trialwright.analysis.methods.spec import MethodSpec
from trialwright.analysis.methods.subgroups import specs as subgroups
from trialwright.analysis.methods.time_to_event import specs as time_to_event

#: The methods that are in no family. Families (proportions, time to event, ...) are packages with their own `specs`.
_OWN: Mapping[str, MethodSpec] = {
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
    "mmrm": MethodSpec(
        summary="mixed model for repeated measures with LS means and contrasts by visit",
        options=MmrmOptions,
        compares=True,
        max_by=3,  # the visit may be one group more in a result's name
    ),
    "listing": MethodSpec(summary="the records themselves", options=ListingOptions, max_by=0),
}

METHOD_SPECS: Mapping[str, MethodSpec] = {
    **_OWN,
    **proportions.SPECS,
    **continuous.SPECS,
    **time_to_event.SPECS,
    **recurrent.SPECS,
    **imputation.SPECS,
    **multiplicity.SPECS,
    **safety.SPECS,
    **oncology.SPECS,
    **subgroups.SPECS,
}


def repetitions(variables: Sequence[str], by: Sequence[str], options: Options) -> Iterator[tuple[str, str]]:
    """What an analysis names twice where that has no meaning: the key of the plan ("variables", "by", "options"), why.

    by  the variables of its groupings
    """
    if (twice := _named_twice(variables)) is not None:
        yield "variables", f"{twice} is analysed twice. Name it once."
    if (twice := _named_twice(by)) is not None:
        yield "by", f"two groupings part the records by {twice}. Keep one of them."
    pairs = options.compared_pairs()
    for first, second in pairs:
        if first == second:
            yield "options", f"{first} is compared with itself. Name another level."
    if (pair := _named_twice([f"{first} - {second}" for first, second in pairs])) is not None:
        yield "options", f"the comparison {pair} stands here twice. Name it once."
    if isinstance(options, MmrmOptions | ImputationOptions) and (twice := _named_twice(options.visits)) is not None:
        yield "options", f"the visit {twice} stands here twice. Name it once."
    if isinstance(options, AncovaOptions | MmrmOptions | ImputationOptions):
        terms = [*by[:1], *options.factors, *options.covariates]
        if isinstance(options, MmrmOptions):
            # A slope by visit includes the slope: naming the variable under both says the same.
            slopes = dict.fromkeys([*options.covariates, *options.covariates_by_visit])
            visit = [] if options.effects == "arm" else [options.visit]
            terms = [*by[:1], *visit, *options.factors, *slopes]
        elif isinstance(options, AncovaOptions) and options.dose:
            terms.append(options.dose)
        if (twice := _named_twice(terms)) is not None:
            yield "options", f"{twice} is a term of the model twice (the first grouping is one). Name it once."
        for variable in variables:
            if variable in terms:
                yield "options", f"{variable} is both response and term of the model. Take it out of the terms."


def _named_twice(names: Sequence[str]) -> str | None:
    return next((name for number, name in enumerate(names) if name in names[:number]), None)

"""Every method by name: what computes it, and which of the records are behind one of its results."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from trialwright.analysis.estimands import described
from trialwright.analysis.methods.ancova import analyze_ancova, analyze_anova
from trialwright.analysis.methods.contingency import analyze_chi_square, analyze_fisher_exact
from trialwright.analysis.methods.continuous import methods as continuous
from trialwright.analysis.methods.counts import analyze_counts
from trialwright.analysis.methods.descriptive import analyze_descriptive
from trialwright.analysis.methods.functions import MethodFunction, RecordsUsed
from trialwright.analysis.methods.imputation import methods as imputation
from trialwright.analysis.methods.incidence import analyze_incidence
from trialwright.analysis.methods.listing import analyze_listing
from trialwright.analysis.methods.mmrm import analyze_mmrm
from trialwright.analysis.methods.multiplicity import methods as multiplicity
from trialwright.analysis.methods.oncology import methods as oncology
from trialwright.analysis.methods.options import IntervalOptions, Options
from trialwright.analysis.methods.proportions import methods as proportions
from trialwright.analysis.methods.recurrent import methods as recurrent
from trialwright.analysis.methods.safety import methods as safety
from trialwright.analysis.methods.spec import MethodSpec
from trialwright.analysis.methods.specs import METHOD_SPECS
from trialwright.analysis.methods.subgroups import methods as subgroups
from trialwright.analysis.methods.time_to_event import methods as time_to_event
from trialwright.analysis.plan import Analysis
from trialwright.analysis.plan_reader import thaw_options
from trialwright.analysis.request import Request
from trialwright.errors import PlanError

_OWN: Mapping[str, MethodFunction] = {
    "count": analyze_counts,
    "descriptive": analyze_descriptive,
    "incidence": analyze_incidence,
    "anova": analyze_anova,
    "chi_square": analyze_chi_square,
    "fisher_exact": analyze_fisher_exact,
    "ancova": analyze_ancova,
    "mmrm": analyze_mmrm,
    "listing": analyze_listing,
}
_FAMILIES = (proportions, continuous, time_to_event, recurrent, imputation, multiplicity, safety, oncology, subgroups)

METHODS: Mapping[str, MethodFunction] = {
    **_OWN,
    **{name: function for family in _FAMILIES for name, function in family.METHODS.items()},
}

#: Which records a method of a family works on; for `trace`.
RECORDS: Mapping[str, RecordsUsed] = {
    name: function for family in _FAMILIES for name, function in family.RECORDS.items()
}


def method_spec(analysis: Analysis) -> MethodSpec:
    """What the analysis's method takes; raises `PlanError` for an unknown method."""
    spec = METHOD_SPECS.get(analysis.method)
    if spec is None:
        raise PlanError(
            f"There is no method {analysis.method!r}, which the analysis {analysis.id} asks for. "
            f"There are: {', '.join(METHOD_SPECS)}."
        )
    return spec


def parse_options(analysis: Analysis, *, alpha: float) -> Options:
    """The analysis's options with their defaults; raises `PlanError` if they do not fit the method.

    The interval of an inference has the level 1 - `alpha` unless the options say otherwise. A plan read from a file has
    been checked; one made by a program has not.
    """
    spec = method_spec(analysis)
    try:
        options = spec.options.model_validate(thaw_options(analysis.options))
    except ValidationError as error:
        detail = error.errors()[0]
        place = ".".join(str(step) for step in detail["loc"])
        raise PlanError(
            f"The option {place} of the analysis {analysis.id} does not fit the method {analysis.method}: "
            f"{detail['msg']}. Its options are: {', '.join(spec.options.model_fields) or 'none'}."
        ) from None
    if isinstance(options, IntervalOptions) and options.conf_level is None:
        return options.model_copy(update={"conf_level": 1 - alpha})
    return options


def check_contrasts(request: Request, options: Options) -> None:
    """Raise `PlanError` if the options compare a level that the first grouping does not have."""
    for level in (level for pair in options.compared_pairs() for level in pair):
        if level not in request.compared.levels:
            raise PlanError(
                f"The analysis {request.analysis.id} compares {level!r}, which is no level of the grouping "
                f"{request.compared.grouping.id}. Its levels are: {', '.join(request.compared.levels)}."
            )


def method_text(analysis: Analysis, options: Options) -> str:
    """The method as executed: options with their defaults, selection of records, strategies: `count(unit=subjects)`."""
    said = ", ".join(
        f"{name}={_shown(value)}" for name, value in options.model_dump().items() if value not in (None, [])
    )
    selection = "" if analysis.select is None else f" of {analysis.select}"
    return f"{analysis.method}({said}){selection}{described(analysis.intercurrent_events)}"


def _shown(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_shown(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{" + "; ".join(f"{name}: {_shown(one)}" for name, one in value.items()) + "}"
    return str(value)

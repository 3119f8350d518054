"""What the methods for time to an event take."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.options import Options
from trialwright.analysis.methods.spec import MethodSpec
from trialwright.analysis.methods.time_to_event.options import (
    CoxOptions,
    CumulativeIncidenceOptions,
    FineGrayOptions,
    GrayOptions,
    KaplanMeierOptions,
    LogrankOptions,
    MaxComboOptions,
    PiecewiseOptions,
    ProportionalHazardsOptions,
    RmstOptions,
    WeightedLogrankOptions,
)


def _comparing(summary: str, options: type[Options]) -> MethodSpec:
    return MethodSpec(summary=summary, options=options, compares=True, max_variables=1)


SPECS: Mapping[str, MethodSpec] = {
    "kaplan_meier": MethodSpec(summary="Kaplan-Meier estimates", options=KaplanMeierOptions, max_variables=1, max_by=3),
    "logrank": _comparing("log-rank test", LogrankOptions),
    "weighted_logrank": _comparing("log-rank test with weights", WeightedLogrankOptions),
    "maxcombo": _comparing("largest of several weighted log-rank tests", MaxComboOptions),
    "cox": _comparing("proportional hazards model with hazard ratios", CoxOptions),
    "proportional_hazards_test": _comparing("test of proportional hazards", ProportionalHazardsOptions),
    "rmst": _comparing("restricted mean survival time", RmstOptions),
    "piecewise_exponential": _comparing("hazards constant within intervals, and their ratios", PiecewiseOptions),
    "cumulative_incidence": MethodSpec(
        summary="cumulative incidence of competing events",
        options=CumulativeIncidenceOptions,
        max_variables=1,
        max_by=2,  # the event is one group more in a result's name
    ),
    "gray_test": _comparing("Gray's test of cumulative incidences", GrayOptions),
    "fine_gray": _comparing("proportional hazards model of the subdistribution", FineGrayOptions),
}

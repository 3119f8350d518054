"""What the methods for time to an event take."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.spec import MethodSpec
from trialwright.analysis.methods.time_to_event.options import (
    CoxOptions,
    KaplanMeierOptions,
    LogrankOptions,
    MaxComboOptions,
    WeightedLogrankOptions,
)

SPECS: Mapping[str, MethodSpec] = {
    "kaplan_meier": MethodSpec(summary="Kaplan-Meier estimates", options=KaplanMeierOptions, max_variables=1, max_by=3),
    "logrank": MethodSpec(summary="log-rank test", options=LogrankOptions, compares=True, max_variables=1),
    "weighted_logrank": MethodSpec(
        summary="log-rank test with weights", options=WeightedLogrankOptions, compares=True, max_variables=1
    ),
    "maxcombo": MethodSpec(
        summary="largest of several weighted log-rank tests", options=MaxComboOptions, compares=True, max_variables=1
    ),
    "cox": MethodSpec(
        summary="proportional hazards model with hazard ratios", options=CoxOptions, compares=True, max_variables=1
    ),
}

"""What the methods for safety take."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.safety.options import (
    DoseIntensityOptions,
    EventDurationOptions,
    EventGroupOptions,
    FirstEventOptions,
    LiverOptions,
    ToxicityOptions,
    WorstIncidenceOptions,
)
from trialwright.analysis.methods.spec import MethodSpec

SPECS: Mapping[str, MethodSpec] = {
    "worst_incidence": MethodSpec(
        summary="subjects by nested terms, each in the worst severity of its events",
        options=WorstIncidenceOptions,
        max_variables=2,
        max_by=1,
    ),
    "event_groups": MethodSpec(
        summary="subjects and events by groups of terms of special interest",
        options=EventGroupOptions,
        max_variables=1,
        max_by=2,
    ),
    "toxicity_grades": MethodSpec(
        summary="worst grade of toxicity of laboratory values, and shifts from baseline",
        options=ToxicityOptions,
        max_variables=1,
        max_by=2,
    ),
    "liver_safety": MethodSpec(
        summary="peaks of aminotransferases and bilirubin, and Hy's law",
        options=LiverOptions,
        max_variables=1,
        max_by=3,
    ),
    "time_to_first_event": MethodSpec(
        summary="Kaplan-Meier estimates of the time to a subject's first event",
        options=FirstEventOptions,
        max_variables=1,
        max_by=3,
    ),
    "event_duration": MethodSpec(
        summary="duration of events, those that have not ended being censored",
        options=EventDurationOptions,
        max_variables=1,
        max_by=3,
    ),
    "dose_intensity": MethodSpec(
        summary="cumulative dose, duration, average and relative dose intensity",
        options=DoseIntensityOptions,
        max_variables=1,
        max_by=3,
    ),
}

"""The methods for safety by name, and the records behind their results."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.functions import MethodFunction, RecordsUsed
from trialwright.analysis.methods.safety.dose_intensity import analyze_dose_intensity, exposure_records
from trialwright.analysis.methods.safety.event_groups import analyze_event_groups, records_of_groups
from trialwright.analysis.methods.safety.event_times import (
    analyze_event_duration,
    analyze_first_event,
    duration_records,
    first_event_records,
)
from trialwright.analysis.methods.safety.liver import analyze_liver_safety, liver_records
from trialwright.analysis.methods.safety.toxicity import analyze_toxicity, graded_records
from trialwright.analysis.methods.safety.worst_incidence import analyze_worst_incidence, records_with_level

METHODS: Mapping[str, MethodFunction] = {
    "worst_incidence": analyze_worst_incidence,
    "event_groups": analyze_event_groups,
    "toxicity_grades": analyze_toxicity,
    "liver_safety": analyze_liver_safety,
    "time_to_first_event": analyze_first_event,
    "event_duration": analyze_event_duration,
    "dose_intensity": analyze_dose_intensity,
}

#: Which records of the request a method works on, before groups part them; for `trace`.
RECORDS: Mapping[str, RecordsUsed] = {
    "worst_incidence": records_with_level,
    "event_groups": records_of_groups,
    "toxicity_grades": graded_records,
    "liver_safety": liver_records,
    "time_to_first_event": first_event_records,
    "event_duration": duration_records,
    "dose_intensity": exposure_records,
}

"""The methods for response of tumours and time to progression by name, and the records behind their results."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.functions import MethodFunction, RecordsUsed
from trialwright.analysis.methods.oncology.assessments import dated_records
from trialwright.analysis.methods.oncology.response import (
    analyze_best_overall_response,
    analyze_disease_control,
    analyze_objective_response,
)
from trialwright.analysis.methods.oncology.times import (
    analyze_duration_of_response,
    analyze_overall_survival,
    analyze_progression_free_survival,
)

METHODS: Mapping[str, MethodFunction] = {
    "best_overall_response": analyze_best_overall_response,
    "objective_response": analyze_objective_response,
    "disease_control": analyze_disease_control,
    "progression_free_survival": analyze_progression_free_survival,
    "duration_of_response": analyze_duration_of_response,
    "overall_survival": analyze_overall_survival,
}

#: Which records of the request a method works on, before groups part them; for `trace`.
RECORDS: Mapping[str, RecordsUsed] = dict.fromkeys(METHODS, dated_records)

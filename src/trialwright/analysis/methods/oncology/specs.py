"""What the methods for response of tumours and time to progression take."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.oncology.options import (
    BestResponseOptions,
    DurationOptions,
    ProgressionOptions,
    SurvivalTimeOptions,
)
from trialwright.analysis.methods.spec import MethodSpec

SPECS: Mapping[str, MethodSpec] = {
    "best_overall_response": MethodSpec(
        summary="best overall response of each subject by RECIST 1.1, and their numbers",
        options=BestResponseOptions,
        max_variables=1,
        max_by=3,
    ),
    "objective_response": MethodSpec(
        summary="rate of complete and partial responses", options=BestResponseOptions, max_variables=1
    ),
    "disease_control": MethodSpec(
        summary="rate of responses and stable disease", options=BestResponseOptions, max_variables=1
    ),
    "progression_free_survival": MethodSpec(
        summary="time to progression or death, by the rules of the FDA or the EMA, with its Kaplan-Meier estimate",
        options=ProgressionOptions,
        max_variables=1,
        max_by=3,
    ),
    "duration_of_response": MethodSpec(
        summary="time from the first response to progression or death, with its Kaplan-Meier estimate",
        options=DurationOptions,
        max_variables=1,
        max_by=3,
    ),
    "overall_survival": MethodSpec(
        summary="time to death, with its Kaplan-Meier estimate", options=SurvivalTimeOptions, max_variables=1, max_by=3
    ),
}

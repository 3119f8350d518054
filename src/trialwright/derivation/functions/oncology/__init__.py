"""Response and progression of solid tumours: RECIST 1.1, best overall response, and times to progression and death."""

from trialwright.derivation.functions.oncology.best_response import (
    BestResponse,
    BestResponseRules,
    TumorAssessment,
    compute_best_response,
    derive_best_response,
)
from trialwright.derivation.functions.oncology.progression import (
    EMA_RULES,
    CensoringRules,
    TumorCourse,
    TumorTime,
    compute_progression_time,
    compute_survival_time,
    derive_duration_of_response,
    derive_overall_survival,
    derive_progression_free_survival,
    derive_time_to_progression,
    fda_rules,
)
from trialwright.derivation.functions.oncology.recist import (
    compute_overall_response,
    compute_target_response,
    derive_overall_response,
    derive_target_response,
)
from trialwright.derivation.functions.oncology.tumor_sums import derive_tumor_sums

__all__ = [
    "EMA_RULES",
    "BestResponse",
    "BestResponseRules",
    "CensoringRules",
    "TumorAssessment",
    "TumorCourse",
    "TumorTime",
    "compute_best_response",
    "compute_overall_response",
    "compute_progression_time",
    "compute_survival_time",
    "compute_target_response",
    "derive_best_response",
    "derive_duration_of_response",
    "derive_overall_response",
    "derive_overall_survival",
    "derive_progression_free_survival",
    "derive_target_response",
    "derive_time_to_progression",
    "derive_tumor_sums",
    "fda_rules",
]

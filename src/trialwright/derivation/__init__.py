"""SDTM to ADaM: one module per dataset, beside the small rules that they share."""

from trialwright.derivation.adae import derive_adae
from trialwright.derivation.adhama import derive_adhama, derive_response
from trialwright.derivation.adlb import derive_adlb
from trialwright.derivation.adsl import derive_adsl
from trialwright.derivation.adtte import derive_adtte
from trialwright.derivation.advs import derive_advs
from trialwright.derivation.derive import SPECIFICATIONS, derive, derive_datasets
from trialwright.derivation.engine.definitions import Definitions
from trialwright.derivation.engine.run import Derived
from trialwright.derivation.engine.specification import definition_parts, parse_definitions, read_definitions
from trialwright.derivation.functions.analysis_visits import (
    AnalysisVisit,
    analysis_visits,
    derive_anl01fl,
    derive_avisit,
    plan_analysis_visits,
)
from trialwright.derivation.functions.baseline import derive_ablfl, derive_base, derive_chg
from trialwright.derivation.functions.disposition import derive_disposition
from trialwright.derivation.functions.exposure import derive_exposure
from trialwright.derivation.functions.last_observation import derive_locf
from trialwright.derivation.functions.on_treatment import derive_ontrtfl
from trialwright.derivation.functions.oncology import (
    derive_best_response,
    derive_duration_of_response,
    derive_overall_response,
    derive_overall_survival,
    derive_progression_free_survival,
    derive_target_response,
)
from trialwright.derivation.functions.partial_dates import derive_event_dates
from trialwright.derivation.functions.reference_ranges import derive_anrind
from trialwright.derivation.functions.study_days import study_day, study_day_of
from trialwright.derivation.functions.time_to_event import derive_tte
from trialwright.derivation.functions.treatment_emergent import derive_first_occurrence, derive_trtemfl
from trialwright.derivation.functions.treatment_numbers import compute_treatment_numbers
from trialwright.derivation.specification import DatasetSpecification, Variable, build_dataset

__all__ = [
    "SPECIFICATIONS",
    "AnalysisVisit",
    "DatasetSpecification",
    "Definitions",
    "Derived",
    "Variable",
    "analysis_visits",
    "build_dataset",
    "compute_treatment_numbers",
    "definition_parts",
    "derive",
    "derive_ablfl",
    "derive_adae",
    "derive_adhama",
    "derive_adlb",
    "derive_adsl",
    "derive_adtte",
    "derive_advs",
    "derive_anl01fl",
    "derive_anrind",
    "derive_avisit",
    "derive_base",
    "derive_best_response",
    "derive_chg",
    "derive_datasets",
    "derive_disposition",
    "derive_duration_of_response",
    "derive_event_dates",
    "derive_exposure",
    "derive_first_occurrence",
    "derive_locf",
    "derive_ontrtfl",
    "derive_overall_response",
    "derive_overall_survival",
    "derive_progression_free_survival",
    "derive_response",
    "derive_target_response",
    "derive_trtemfl",
    "derive_tte",
    "parse_definitions",
    "plan_analysis_visits",
    "read_definitions",
    "study_day",
    "study_day_of",
]

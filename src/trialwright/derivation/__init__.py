"""SDTM to ADaM: a specification of datasets, the engine that carries it out, and the field's rules as functions."""

from trialwright.derivation.derive import derive, standard_definitions
from trialwright.derivation.engine.definitions import Definitions
from trialwright.derivation.engine.run import Derived, derive_datasets
from trialwright.derivation.engine.specification import definition_parts, parse_definitions, read_definitions
from trialwright.derivation.functions.analysis_visits import AnalysisVisit, analysis_visits, plan_analysis_visits
from trialwright.derivation.functions.study_days import study_day, study_day_of

__all__ = [
    "AnalysisVisit",
    "Definitions",
    "Derived",
    "analysis_visits",
    "definition_parts",
    "derive",
    "derive_datasets",
    "parse_definitions",
    "plan_analysis_visits",
    "read_definitions",
    "standard_definitions",
    "study_day",
    "study_day_of",
]

"""Whether data are what the standards and the study's own definition say: rules, and findings where they are broken."""

from trialwright.standards.conformance.adam_check import ADAM_RULES, check_adam
from trialwright.standards.conformance.data import RECORD, CheckedDataset, CheckedStudy, checked_dataset
from trialwright.standards.conformance.folding import FoldedFindings, fold_findings
from trialwright.standards.conformance.rules import (
    DatasetRule,
    Offence,
    Place,
    Records,
    RuleBook,
    StudyRule,
    findings_of,
)
from trialwright.standards.conformance.sdtm_check import SDTM_RULES, check_sdtm

__all__ = [
    "ADAM_RULES",
    "RECORD",
    "SDTM_RULES",
    "CheckedDataset",
    "CheckedStudy",
    "DatasetRule",
    "FoldedFindings",
    "Offence",
    "Place",
    "Records",
    "RuleBook",
    "StudyRule",
    "check_adam",
    "check_sdtm",
    "checked_dataset",
    "findings_of",
    "fold_findings",
]

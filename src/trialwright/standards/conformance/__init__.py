"""Whether data are what the standards and the study's own definition say: rules, and findings where they are broken."""

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

__all__ = [
    "RECORD",
    "CheckedDataset",
    "CheckedStudy",
    "DatasetRule",
    "FoldedFindings",
    "Offence",
    "Place",
    "Records",
    "RuleBook",
    "StudyRule",
    "checked_dataset",
    "findings_of",
    "fold_findings",
]

"""Hold ADaM to the rules: `check_adam`."""

from __future__ import annotations

from trialwright.findings import Finding
from trialwright.standards.conformance import (
    adam_analysis,
    adam_baseline,
    adam_guide,
    adam_structure,
    adam_subjects,
    adam_traceability,
    adam_values,
)
from trialwright.standards.conformance.adam_shared import class_of
from trialwright.standards.conformance.against_definition import definition_rules
from trialwright.standards.conformance.data import CheckedDataset, CheckedStudy, checked_dataset
from trialwright.standards.conformance.rules import RuleBook
from trialwright.standards.datasets import Dataset, Datasets, Domains
from trialwright.standards.metadata import DataDefinition

#: Every rule that `check_adam` holds ADaM datasets to.
ADAM_RULES = RuleBook.joined(
    adam_structure.RULES,
    adam_guide.RULES,
    definition_rules("adam"),
    adam_subjects.RULES,
    adam_values.RULES,
    adam_baseline.RULES,
    adam_analysis.RULES,
    adam_traceability.RULES,
)


def check_adam(
    datasets: Datasets,
    *,
    definition: DataDefinition | None = None,
    domains: Domains | None = None,
) -> list[Finding]:
    """What in the ADaM datasets breaks the rules of ADaM, by rule, dataset and record.

    definition  the study's specification or define.xml, to which variables, types, labels, keys and codelists are held
    domains     the SDTM behind the datasets, to which copies and sequences are held

    Rules that need what is not given hold of themselves. Datasets are never changed, and no data make this raise.
    """
    return ADAM_RULES.findings(adam_study(datasets, definition=definition, domains=domains))


def adam_study(
    datasets: Datasets,
    *,
    definition: DataDefinition | None = None,
    domains: Domains | None = None,
) -> CheckedStudy:
    """The datasets made ready for the rules of ADaM; the arguments are those of `check_adam`."""
    return CheckedStudy(
        datasets={name: _checked(dataset, definition) for name, dataset in datasets.items()},
        definition=definition,
        domains={name: checked_dataset(dataset) for name, dataset in (domains or {}).items()},
    )


def _checked(dataset: Dataset, definition: DataDefinition | None) -> CheckedDataset:
    metadata = definition.datasets.get(dataset.name) if definition is not None else None
    return checked_dataset(dataset, kind=class_of(dataset, metadata), metadata=metadata)

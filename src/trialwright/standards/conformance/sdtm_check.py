"""Hold SDTM to the rules: `check_sdtm`."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from trialwright.findings import Finding
from trialwright.standards.conformance import (
    sdtm_relations,
    sdtm_structure,
    sdtm_subjects,
    sdtm_times,
    sdtm_values,
)
from trialwright.standards.conformance.against_definition import definition_rules
from trialwright.standards.conformance.data import CheckedDataset, CheckedStudy, checked_dataset
from trialwright.standards.conformance.rules import RuleBook
from trialwright.standards.conformance.sdtm_shared import class_of
from trialwright.standards.datasets import Dataset, Domains
from trialwright.standards.metadata import DataDefinition

#: Every rule that `check_sdtm` holds SDTM datasets to.
SDTM_RULES = RuleBook.joined(
    sdtm_structure.RULES,
    definition_rules("sdtm"),
    sdtm_values.RULES,
    sdtm_times.RULES,
    sdtm_subjects.RULES,
    sdtm_relations.RULES,
)


def check_sdtm(domains: Domains, *, definition: DataDefinition | None = None) -> list[Finding]:
    """What in the SDTM datasets breaks the rules of SDTM, by rule, dataset and record.

    definition  the study's specification or define.xml, to which variables, types, labels, keys and codelists are held;
                the version of the guide that it names decides which variables are expected

    Rules that need what is not given hold of themselves. Datasets are never changed, and no data make this raise.
    """
    return SDTM_RULES.findings(sdtm_study(domains, definition=definition))


def sdtm_study(domains: Domains, *, definition: DataDefinition | None = None) -> CheckedStudy:
    """The datasets made ready for the rules of SDTM; the arguments are those of `check_sdtm`."""
    checked = {name: _checked(dataset, definition) for name, dataset in domains.items()}
    return CheckedStudy(datasets=checked, definition=definition)


def _checked(dataset: Dataset, definition: DataDefinition | None) -> CheckedDataset:
    metadata = definition.datasets.get(dataset.name) if definition is not None else None
    plain = replace(dataset, frame=dataset.frame.with_columns(map(_plain, dataset.frame)))
    checked = checked_dataset(plain, kind=class_of(dataset, metadata), metadata=metadata)
    return replace(checked, dataset=dataset, schema=dict(dataset.frame.schema))


def _plain(column: pl.Series) -> pl.Series:
    """The column as text where it is neither text nor number: SDTM has nothing else, and rules need not ask for it."""
    dtype = column.dtype
    if dtype == pl.String or dtype.is_numeric() or dtype == pl.Null or isinstance(dtype, pl.Categorical | pl.Enum):
        return column
    if dtype.is_temporal() or dtype == pl.Boolean:
        return column.cast(pl.String)
    return pl.Series(column.name, [None if value is None else str(value) for value in column], dtype=pl.String)

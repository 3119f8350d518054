"""SDTM to ADaM: the analysis datasets of a study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.derivation.engine import run
from trialwright.derivation.engine.definitions import Definitions
from trialwright.derivation.engine.run import Derived
from trialwright.derivation.engine.specification import read_definitions
from trialwright.derivation.functions.analysis_visits import analysis_visits
from trialwright.standards import Domains

if TYPE_CHECKING:
    from trialwright.study import Study

_STANDARD = Path(__file__).parent / "definitions" / "standard.yaml"


def derive(
    study: Study,
    domains: Domains,
    *,
    definitions: Definitions | None = None,
    names: Sequence[str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Derived:
    """The ADaM datasets of `study` from its SDTM `domains`, with their lineage, and findings about the data.

    definitions  which datasets there are and how they are made; default: `standard_definitions`
    names        of the datasets wanted; those that they read are made, too. Default: all
    progress     is told the name of each dataset before it is made

    A domain with no records gives a dataset with no records; records of subjects who are not in DM are left out, which
    a finding says. Raises `DataError` if a subject has two records in DM, or if all records of a domain are of subjects
    who are not in DM; `MissingDatasetError` and `MissingVariableError` for what is read and the domains lack (of
    standard definitions the dataset is left out, which a finding says).
    """
    return run.derive_datasets(
        standard_definitions() if definitions is None else definitions,
        domains,
        visits=analysis_visits(study),
        names=names,
        progress=progress,
    )


def standard_definitions() -> Definitions:
    """The datasets that any study may have, as far as its SDTM has what they are made of.

    ADSL, ADAE, ADCM, ADMH, ADEX, ADVS, ADLB, ADEG, ADTR, ADRS and ADTTE, by ADaMIG 1.3 and OCCDS 1.1.
    """
    return read_definitions(_STANDARD)

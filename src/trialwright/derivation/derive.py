"""SDTM to ADaM: all analysis datasets of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from trialwright.derivation import adae, adhama, adlb, adsl, adtte, advs
from trialwright.derivation.engine import run
from trialwright.derivation.engine.definitions import Definitions
from trialwright.derivation.engine.run import Derived
from trialwright.derivation.functions.analysis_visits import AnalysisVisit, analysis_visits
from trialwright.derivation.specification import DatasetSpecification
from trialwright.errors import DataError
from trialwright.standards import Dataset, Domains

if TYPE_CHECKING:
    from trialwright.study import Study

#: What `derive` makes, by name, in the order in which it makes them.
SPECIFICATIONS: Mapping[str, DatasetSpecification] = {
    module.SPECIFICATION.name: module.SPECIFICATION for module in (adsl, adae, advs, adlb, adhama, adtte)
}


def derive(
    study: Study, domains: Domains, *, definitions: Definitions | None = None, names: Sequence[str] | None = None
) -> Derived:
    """The ADaM datasets of `study` from its SDTM `domains`, as `definitions` say, with their lineage and findings.

    names  of the datasets wanted; ADSL is always made. Default: all

    A domain with no records gives a dataset with no records; records of subjects who are not in DM are left out.

    Raises `DataError` if a subject has two records in DM, or if all records of a domain are of subjects who are not in
    DM; `MissingDatasetError` and `MissingVariableError` for what the wanted datasets read and the domains lack;
    `VariableTypeError` for a text where a number is needed.
    """
    visits = analysis_visits(study)
    if definitions is None:
        return Derived(datasets=derive_datasets(visits, domains, names=names))
    return run.derive_datasets(definitions, domains, visits=visits, names=names)


def derive_datasets(
    visits: Sequence[AnalysisVisit], domains: Domains, *, names: Sequence[str] | None = None
) -> dict[str, Dataset]:
    """As `derive`, for a schedule that is given as analysis visits."""
    wanted = set(SPECIFICATIONS if names is None else names)
    unknown = sorted(wanted - SPECIFICATIONS.keys())
    if unknown:
        raise DataError(
            f"There is no derivation of {', '.join(unknown)}. Those there are: {', '.join(SPECIFICATIONS)}."
        )
    subjects = adsl.derive_adsl(domains)
    _check_subjects(domains)
    datasets = {"ADSL": subjects}
    if "ADAE" in wanted:
        datasets["ADAE"] = adae.derive_adae(domains, subjects)
    if "ADVS" in wanted:
        datasets["ADVS"] = advs.derive_advs(domains, subjects, visits)
    if "ADLB" in wanted:
        datasets["ADLB"] = adlb.derive_adlb(domains, subjects, visits)
    if wanted & {"ADHAMA", "ADTTE"}:
        scores = adhama.derive_adhama(domains, subjects, visits)
        if "ADHAMA" in wanted:
            datasets["ADHAMA"] = scores
        if "ADTTE" in wanted:
            datasets["ADTTE"] = adtte.derive_adtte(subjects, scores)
    return datasets


def _check_subjects(domains: Domains) -> None:
    """Raise `DataError` if a domain and DM have no subject in common: the datasets would come out empty."""
    everybody = domains["DM"].frame["USUBJID"].str.strip_chars()
    for name, domain in domains.items():
        if "USUBJID" not in domain.frame.columns or domain.frame.is_empty() or everybody.is_empty():
            continue
        if domain.frame.schema["USUBJID"] != pl.String:
            continue
        if not domain.frame["USUBJID"].str.strip_chars().is_in(everybody.implode()).any():
            raise DataError(
                f"No record of {name} belongs to a subject of DM: their USUBJID have nothing in common. "
                "Check that both are of the same study and write their subjects alike. Nothing was derived."
            )

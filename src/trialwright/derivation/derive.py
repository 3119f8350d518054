"""SDTM to ADaM: all analysis datasets of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from trialwright.derivation import adae, adhama, adlb, adsl, adtte, advs
from trialwright.derivation.analysis_visits import AnalysisVisit, analysis_visits
from trialwright.derivation.specification import DatasetSpecification
from trialwright.errors import DataError
from trialwright.standards import Dataset, Domains

if TYPE_CHECKING:
    from trialwright.study import Study

#: What `derive` makes, by name, in the order in which it makes them.
SPECIFICATIONS: Mapping[str, DatasetSpecification] = {
    module.SPECIFICATION.name: module.SPECIFICATION for module in (adsl, adae, advs, adlb, adhama, adtte)
}


def derive(study: Study, domains: Domains, *, names: Sequence[str] | None = None) -> dict[str, Dataset]:
    """The ADaM datasets of `study` from its SDTM `domains`: ADSL, ADAE, ADVS, ADLB, ADHAMA and ADTTE.

    names  of the datasets wanted; ADSL is always made. Default: all

    A domain with no records gives a dataset with no records. Raises `MissingDatasetError` and `MissingVariableError`
    for what the wanted datasets read and the domains lack, `VariableTypeError` for a text where a number is needed.
    """
    return derive_datasets(analysis_visits(study), domains, names=names)


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

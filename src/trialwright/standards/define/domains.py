"""SDTM datasets described by the implementation guide, for studies that bring no specification of their SDTM.

Origins are those that usually hold; what the study's own origins are only its sponsor knows. A variable that the guide
defines by a rule (sequence number, study day, epoch, standardized result) has that rule as its method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from trialwright.standards.datasets import Dataset
from trialwright.standards.metadata import (
    DataDefinition,
    DatasetMetadata,
    Origin,
    StandardReference,
    VariableMetadata,
)
from trialwright.standards.sdtm_variables import model_variable, parent_domain, sdtm_domain

#: Rules of the guide (SDTMIG 3.4, sections 2.2.4 to 2.2.6 and 4), by what follows the domain's code.
_RULES: Mapping[str, str] = {
    "SEQ": "Number that tells the records of a subject in the domain apart.",
    "DY": "Study day: date of {date} minus date of RFSTDTC, plus 1 from RFSTDTC on; there is no day 0.",
    "STDY": "Study day: date of {date} minus date of RFSTDTC, plus 1 from RFSTDTC on; there is no day 0.",
    "ENDY": "Study day: date of {date} minus date of RFSTDTC, plus 1 from RFSTDTC on; there is no day 0.",
    "STRESC": "Result of {result} in standard units and format, as text.",
    "STRESN": "Numeric result of {text} in standard units; missing where the result is no number.",
    "STRESU": "Standard unit of the test.",
    "LOBXFL": "Y for the last observation that is not missing before the first exposure.",
    "BLFL": "Y for the record that serves as baseline.",
    "EPOCH": "Epoch of the trial in which the record's date falls.",
}
_ASSIGNED_NAMES = """
DOMAIN RDOMAIN USUBJID SUBJID SITEID ARM ARMCD ACTARM ACTARMCD ARMNRS ACTARMUD VISIT VISITNUM RFSTDTC RFENDTC
RFXSTDTC RFXENDTC RFICDTC RFPENDTC RFCSTDTC RFCENDTC COUNTRY ETCD ELEMENT TAETORD IDVAR IDVARVAL RELID RELTYPE
QNAM QLABEL QORIG QEVAL
"""
_ASSIGNED_FRAGMENTS = """
TESTCD TEST CAT SCAT DECOD BODSYS BDSYCD LLT LLTCD PTCD HLT HLTCD HLGT HLGTCD SOC SOCCD CLAS CLASCD GRPID
"""
_VENDOR_DOMAINS = frozenset({"LB", "PC", "PP", "IS", "GF", "MB", "MS", "CP", "BS", "MI"})


def describe_domains(
    datasets: Mapping[str, Dataset],
    *,
    study: str,
    protocol: str = "",
    description: str = "",
    standards: Sequence[StandardReference] = (StandardReference(name="SDTMIG", version="3.4"),),
) -> DataDefinition:
    """The datasets as the guide describes them: labels, roles, core, keys; a custom domain by its class.

    Variables have the C-code of their terminology as `codelist`; `build_define` makes lists of it, of the terms in use.

    A variable that the guide knows nowhere has the label of the data and is marked as not of the standard.
    """
    return DataDefinition(
        study=study,
        protocol=protocol or study,
        description=description or f"SDTM datasets of study {study}",
        standards=tuple(standards),
        datasets={name: _dataset(dataset) for name, dataset in datasets.items()},
    )


def _dataset(dataset: Dataset) -> DatasetMetadata:
    name = dataset.name
    known = sdtm_domain(name)
    domain = parent_domain(name) or name[:2]
    guide = known or DatasetMetadata(name=name, label=dataset.label, is_nonstandard=True)
    columns = dataset.frame.columns
    return replace(
        guide,
        label=dataset.label or guide.label,
        keys=tuple(key for key in guide.keys if key in columns),
        domain=domain if domain != name and not name.startswith("SUPP") else "",
        variables=tuple(
            _variable(column, domain, guide, dataset.labels.get(column, ""), columns) for column in columns
        ),
    )


def _variable(name: str, domain: str, dataset: DatasetMetadata, label: str, columns: Sequence[str]) -> VariableMetadata:
    known = dataset.variable(name) or model_variable(dataset.kind, name, prefix=domain)
    variable = known or VariableMetadata(name=name, label=label, is_nonstandard=True)
    origin, source = _origin(name, domain, dataset.kind)
    method = _rule(name, domain, columns)
    if method:
        origin, source = "Derived", "Sponsor"
    return replace(
        variable,
        label=label or variable.label,
        # Whether numbers are whole the data tell.
        type="integer" if variable.type == "float" else variable.type,
        origin=variable.origin or origin,
        source=variable.source or source,
        method=variable.method or method,
    )


def _rule(name: str, domain: str, columns: Sequence[str]) -> str:
    fragment = name.removeprefix(domain) if name.startswith(domain) else name
    rule = _RULES.get(fragment, "")
    if fragment in ("DY", "STDY", "ENDY"):
        date = f"{name.removesuffix('DY')}DTC"
        return rule.format(date=date) if date in columns else ""
    result, text = f"{domain}ORRES", f"{domain}STRESC"
    return rule.format(result=result if result in columns else "the test", text=text if text in columns else "the test")


def _origin(name: str, domain: str, kind: str) -> tuple[Origin, str]:
    if name == "STUDYID" or name == "VISITDY" or kind == "TRIAL DESIGN":
        return "Protocol", "Sponsor"
    fragment = name.removeprefix(domain)
    if name in _ASSIGNED_NAMES.split() or fragment in _ASSIGNED_FRAGMENTS.split():
        return "Assigned", "Sponsor"
    return "Collected", "Vendor" if domain in _VENDOR_DOMAINS else "Investigator"

"""What the modules of SDTM rules share: the class and the code of a domain, its guide, versions, sources, days."""

from __future__ import annotations

import re

import polars as pl

from trialwright.standards.conformance.data import CheckedDataset, CheckedStudy
from trialwright.standards.datasets import Dataset
from trialwright.standards.metadata import DatasetMetadata, VariableMetadata
from trialwright.standards.sdtm_variables import parent_domain, sdtm_domain

IG = "SDTMIG 3.4"

OBSERVATIONS = ("INTERVENTIONS", "EVENTS", "FINDINGS", "FINDINGS ABOUT")
FINDINGS = ("FINDINGS", "FINDINGS ABOUT")
SUBJECT_CLASSES = (*OBSERVATIONS, "SPECIAL PURPOSE")

#: Arms of subjects who were not assigned or not treated; before SDTMIG 3.3 they stood in ARMCD itself.
WITHOUT_ARM = ("SCRNFAIL", "NOTASSGN", "NOTTRT", "UNPLAN")

#: Expected variables that came after SDTMIG 3.1.2, with the version that brought them: whole names, or --FRAGMENTs.
_SINCE: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("RFXSTDTC", "RFXENDTC", "RFICDTC", "RFPENDTC", "DTHDTC", "DTHFL"), (3, 1, 3)),
    **dict.fromkeys(("ACTARMCD", "ACTARM", "TSVALCD", "TSVCDREF", "TSVCDVER"), (3, 1, 3)),
    **dict.fromkeys(("AELLT", "AELLTCD", "AEPTCD", "AEHLT", "AEHLTCD", "AEHLGT", "AEHLGTCD"), (3, 1, 3)),
    **dict.fromkeys(("AEBDSYCD", "AESOC", "AESOCCD"), (3, 1, 3)),
    **dict.fromkeys(("--LOBXFL", "ARMNRS", "ACTARMUD"), (3, 3)),
    **dict.fromkeys(("SVPRESP", "SVOCCUR"), (3, 4)),
}

#: Labels that earlier versions of the guide gave: those of SDTMIG 3.1.2, as the CDISC pilot has them.
FORMER_LABELS = {
    "EXTRT": "Name of Actual Treatment",
    "EXDOSE": "Dose per Administration",
    "SVSTDTC": "Start Date/Time of Visit",
    "SVENDTC": "End Date/Time of Visit",
    "TAETORD": "Order of Element within Arm",
    "IETESTCD": "Incl/Excl Criterion Short Name",
}


def guide_section(number: str, *rules: str) -> str:
    """The source of a rule: a section of the guide, and numbers among the rules of CDISC (CG0397) and FDA (FDAB034)."""
    cdisc = ", ".join(rule for rule in rules if rule.startswith("CG"))
    agency = ", ".join(rule for rule in rules if rule.startswith("FDAB"))
    parts = [f"{IG}, section {number}"]
    parts += [f"CDISC SDTM and SDTMIG Conformance Rules: {cdisc}"] if cdisc else []
    parts += [f"FDA Business Rules: {agency}"] if agency else []
    return "; ".join(parts)


def class_of(dataset: Dataset, metadata: DatasetMetadata | None) -> str:
    """The class of an SDTM dataset: the guide's, the definition's, or what its topic variable shows."""
    listed = sdtm_domain(dataset.name)
    if listed is not None:
        return listed.kind
    if metadata is not None and metadata.kind:
        return metadata.kind.upper().replace("-", " ")
    variables, code = dataset.frame.columns, dataset.name[:2]
    for topic, kind in (("TESTCD", "FINDINGS"), ("TERM", "EVENTS"), ("TRT", "INTERVENTIONS")):
        if f"{code}{topic}" in variables:
            return kind
    return ""


def code_of(checked: CheckedDataset) -> str:
    """The two letters with which the domain's own variables begin: `AE`, `QS` for QSCO; empty for relations."""
    if checked.name.startswith(("SUPP", "REL")):
        return ""
    return (parent_domain(checked.name) or checked.name)[:2]


def own(checked: CheckedDataset, fragment: str) -> str:
    """The name of the domain's own variable: `AESTDTC` for STDTC."""
    return f"{code_of(checked)}{fragment}"


def listed_variables(checked: CheckedDataset) -> tuple[VariableMetadata, ...]:
    """The variables that the guide lists for the dataset; none for a custom domain."""
    guide = sdtm_domain(checked.name)
    return guide.variables if guide else ()


def is_in_version(checked: CheckedDataset, study: CheckedStudy, name: str) -> bool:
    """Whether the variable is in the version of the guide that the study's definition names, or in the latest."""
    fragment = f"--{name.removeprefix(code_of(checked))}"
    since = _SINCE.get(name) or _SINCE.get(fragment)
    version = _version(study)
    return since is None or version is None or version >= since


def _version(study: CheckedStudy) -> tuple[int, ...] | None:
    for standard in study.definition.standards if study.definition else ():
        numbers = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", standard.version)
        if "SDTM" in standard.name.upper() and standard.type == "IG" and numbers:
            return tuple(int(number) for number in numbers.groups() if number is not None)
    return None


def study_day(date: pl.Expr, reference: pl.Expr) -> pl.Expr:
    """Days from the reference, which is day 1; the day before it is day -1 (SDTMIG 3.4, section 4.4.4)."""
    days = (date - reference).dt.total_days()
    return pl.when(days >= 0).then(days + 1).otherwise(days)


def with_subjects(checked: CheckedDataset, study: CheckedStudy, *variables: str) -> pl.DataFrame | None:
    """The records with text variables of DM beside them, named `DM.<variable>`; None where one of them is not there.

    Of a subject whom DM has twice the first record counts.
    """
    if checked.name == "DM":
        subject = checked.typed(texts=variables)
        renames = [pl.col(name).alias(f"DM.{name}") for name in variables]
        return subject.frame.with_columns(renames) if subject is not None else None
    subjects = study.dataset("DM", texts=("USUBJID", *variables))
    if subjects is None or not checked.is_text("USUBJID"):
        return None
    wanted = subjects.frame.filter(pl.col("USUBJID").is_not_null()).unique("USUBJID", keep="first", maintain_order=True)
    renamed = wanted.select("USUBJID", *(pl.col(name).alias(f"DM.{name}") for name in variables))
    records = checked.frame.with_columns(pl.col("USUBJID").cast(pl.String))
    return records.join(renamed, on="USUBJID", how="inner", maintain_order="left")

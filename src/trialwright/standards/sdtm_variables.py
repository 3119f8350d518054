"""The domains and variables of SDTM, as the implementation guide lists them: SDTMIG 3.4 for human clinical trials.

The lists are data (`data/sdtm_datasets.csv`, `data/sdtm_variables.csv`); where they come from is said in
`data/README.md`. Datasets that are made after a pattern are known too: `SUPPAE`, and domains split by the letters that
follow their code (`QSCO`, `LBCH`, `FACM`).
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources

from trialwright.standards.metadata import Core, DatasetMetadata, VariableMetadata, VariableType

SDTM_IG = "SDTMIG 3.4"

#: Classes whose variables carry the domain's code: a custom domain may have any variable of its class.
OBSERVATION_CLASSES = ("INTERVENTIONS", "EVENTS", "FINDINGS", "FINDINGS ABOUT")

_CORES: Mapping[str, Core] = {"Req": "Req", "Exp": "Exp", "Perm": "Perm"}
#: Numeric variables with whole numbers only, by what follows the domain's code, or by their whole name.
_INTEGERS = ("SEQ", "DY", "STDY", "ENDY", "TPTNUM", "BEATNO", "REPNUM", "VISITDY", "TAETORD", "LEVEL", "ORDER")
#: Variables of the model (SDTM 2.0) that the guide lists in no domain but that any domain of a class may have.
_MODEL_ONLY: Mapping[str, tuple[tuple[str, str, VariableType, str], ...]] = {
    "": (
        ("POOLID", "Pool Identifier", "text", "Identifier"),
        ("SPDEVID", "Sponsor Device Identifier", "text", "Identifier"),
        ("NHOID", "Non-Host Organism Identifier", "text", "Identifier"),
        ("FOCID", "Focus of Study-Specific Interest", "text", "Identifier"),
        ("MIDS", "Disease Milestone Instance Name", "text", "Timing"),
        ("RELMIDS", "Temporal Relation to Milestone Instance", "text", "Timing"),
        ("MIDSDTC", "Disease Milestone Instance Date/Time", "datetime", "Timing"),
        ("--RECID", "Invariant Record Identifier", "text", "Identifier"),
        ("--USCHFL", "Unscheduled Flag", "text", "Record Qualifier"),
    ),
    "FINDINGS": (
        ("--CHRON", "Chronicity of Finding", "text", "Variable Qualifier"),
        ("--DISTR", "Distribution Pattern of Finding", "text", "Variable Qualifier"),
        ("--EXCLFL", "Exclude from Statistics", "text", "Record Qualifier"),
        ("--REASEX", "Reason for Exclusion from Statistics", "text", "Record Qualifier"),
    ),
}


@dataclass(frozen=True, slots=True)
class _Guide:
    """The lists of the guide, read once."""

    datasets: Mapping[str, DatasetMetadata]
    values: Mapping[tuple[str, str], str]


def sdtm_domain(name: str) -> DatasetMetadata | None:
    """What the implementation guide says of dataset `name`; None if it is neither in the guide nor made from one in it.

    The variables come in the order of the guide with label, type, role, core and, where the guide names a single
    codelist, its C-code as `codelist`. Types are those of Define-XML: dates and times are `datetime`, durations
    `durationDatetime`, whole numbers `integer`. `keys` identify a record as a rule; a study may need others.
    """
    datasets = _guide().datasets
    if name in datasets and name != "SUPPQUAL":
        return datasets[name]
    parent = parent_domain(name)
    if name.startswith("SUPP") and parent:
        supplemental = datasets["SUPPQUAL"]
        return replace(
            supplemental, name=name, label=f"Supplemental Qualifiers for {parent}", file=f"{name.lower()}.xpt"
        )
    if parent in datasets:
        return replace(datasets[parent], name=name, file=f"{name.lower()}.xpt")
    return None


def sdtm_domains() -> tuple[str, ...]:
    """The names of the datasets of the guide, in alphabetical order; `SUPPQUAL` stands for all SUPP--."""
    return tuple(_guide().datasets)


def parent_domain(name: str) -> str:
    """The domain whose records a dataset holds or qualifies.

    `AE` for AE and SUPPAE, `QS` for the split QSCO and SUPPQSCO; empty for a name that is made in no such way.
    """
    if name in _guide().datasets:
        return "" if name == "SUPPQUAL" else name
    qualified = name.removeprefix("SUPP")
    if qualified != name:
        return qualified if len(qualified) <= 2 else parent_domain(qualified) or qualified[:2]
    if 3 <= len(name) <= 4 and _has_own_prefix(name[:2]):
        return name[:2]
    return ""


def sdtm_variable(domain: str, name: str) -> VariableMetadata | None:
    """The variable as the guide lists it in `domain`; None if it does not."""
    found = sdtm_domain(domain)
    return found.variable(name) if found else None


def sdtm_values(domain: str, name: str) -> tuple[str, ...]:
    """What the values of a variable are taken from: C-codes of codelists (C66742), or the name of another list.

    Such names are `MedDRA`, `LOINC`, `ISO 8601 datetime or interval`, `ISO 3166-1 Alpha-3`. Empty if none is said.
    """
    values = _guide().values
    found = values.get((domain, name)) or values.get((_listed_as(domain), name), "")
    return tuple(found.split(";")) if found else ()


def model_variable(kind: str, name: str, *, prefix: str) -> VariableMetadata | None:
    """The variable of a general observation class, for custom domains and for variables beyond the guide's lists.

    Every identifier, timing variable and qualifier that the guide lists in any domain of the class may be used in
    another domain of the class (SDTMIG 3.4, sections 2.6 and 3.2.2). `prefix` is the domain's code, of two letters;
    the label is the one that most domains have. None if the class has no such variable.
    """
    fragment = f"--{name.removeprefix(prefix)}" if name.startswith(prefix) and name != prefix else name
    classes = ("FINDINGS", "FINDINGS ABOUT") if kind.startswith("FINDINGS") else (kind,)
    for group in classes:
        models = _model(group)
        found = models.get(name) or models.get(fragment)
        if found is not None:
            return replace(found, name=name)
    return None


def _listed_as(domain: str) -> str:
    return "SUPPQUAL" if domain.startswith("SUPP") else parent_domain(domain)


def _has_own_prefix(code: str) -> bool:
    found = _guide().datasets.get(code)
    return found is not None and found.kind in OBSERVATION_CLASSES


@lru_cache(maxsize=8)
def _model(kind: str) -> Mapping[str, VariableMetadata]:
    """The variables of a class by name, that of the domain's own ones as `--TESTCD`."""
    labels: dict[str, Counter[str]] = {}
    found: dict[str, VariableMetadata] = {}
    for dataset in _guide().datasets.values():
        if dataset.kind not in OBSERVATION_CLASSES:
            continue
        for variable in dataset.variables:
            # Identifiers and timing variables are common to the classes, topics and qualifiers belong to one.
            if dataset.kind != kind and variable.role not in ("Identifier", "Timing"):
                continue
            is_own = variable.name.startswith(dataset.name)
            name = f"--{variable.name.removeprefix(dataset.name)}" if is_own else variable.name
            labels.setdefault(name, Counter())[variable.label] += 1
            known = found.setdefault(name, variable)
            if known.codelist != variable.codelist:
                found[name] = replace(known, codelist="")
    for scope in ("", kind):
        for name, label, type_, role in _MODEL_ONLY.get(scope, ()):
            found.setdefault(name, VariableMetadata(name=name, label=label, type=type_, role=role))
            labels.setdefault(name, Counter([label]))
    return {
        name: replace(variable, label=labels[name].most_common(1)[0][0], core="Perm", is_mandatory=False)
        for name, variable in found.items()
    }


@lru_cache(maxsize=1)
def _guide() -> _Guide:
    folder = resources.files("trialwright.standards") / "data"
    values: dict[tuple[str, str], str] = {}
    variables: dict[str, list[VariableMetadata]] = {}
    for row in _rows(folder.joinpath("sdtm_variables.csv").read_text(encoding="utf-8")):
        variables.setdefault(row["domain"], []).append(_variable(row))
        if row["values"]:
            values[row["domain"], row["name"]] = row["values"]
    datasets = {
        row["name"]: DatasetMetadata(
            name=row["name"],
            label=row["label"],
            kind=row["class"],
            structure=row["structure"],
            keys=tuple(row["keys"].split()),
            variables=tuple(variables[row["name"]]),
            purpose="Tabulation",
            is_repeating=row["name"] != "DM",
            is_reference_data=row["class"] in ("TRIAL DESIGN", "STUDY REFERENCE"),
            file=f"{row['name'].lower()}.xpt",
        )
        for row in _rows(folder.joinpath("sdtm_datasets.csv").read_text(encoding="utf-8"))
    }
    return _Guide(datasets, values)


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def _variable(row: Mapping[str, str]) -> VariableMetadata:
    values = row["values"]
    is_one_codelist = values.startswith("C") and ";" not in values
    return VariableMetadata(
        name=row["name"],
        label=row["label"],
        type=_type(row),
        codelist=values if is_one_codelist else "",
        core=_CORES[row["core"]],
        is_mandatory=row["core"] == "Req",
        role=row["role"],
    )


def _type(row: Mapping[str, str]) -> VariableType:
    if row["type"] == "Num":
        fragment = row["name"].removeprefix(row["domain"])
        return "integer" if fragment in _INTEGERS or row["name"] in _INTEGERS else "float"
    if row["values"].startswith("ISO 8601 datetime"):
        return "datetime"
    if row["values"].startswith("ISO 8601 duration"):
        return "durationDatetime"
    return "text"

"""ADaM rules that hold variables to the guides' lists of them: types, labels and controlled terms."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from trialwright.findings import Severity
from trialwright.standards.adam_variables import STRUCTURES, adam_values, adam_variable
from trialwright.standards.conformance.adam_shared import ADSL, IG, cdisc
from trialwright.standards.conformance.against_definition import outside
from trialwright.standards.conformance.data import CheckedDataset, CheckedStudy
from trialwright.standards.conformance.rules import Offence, Place, Records, RuleBook
from trialwright.standards.metadata import Codelist
from trialwright.standards.sdtm_variables import sdtm_values
from trialwright.standards.terminology import codelist

RULES = RuleBook()

#: What the ends of names promise, for variables that the guides do not list. What ends in DTC is SDTM's.
_NUMBERS = re.compile(r".*DTM?|.*FN|.*GR\d+N|[A-Z]{2}SEQ|A[SE]?\w*DY")
_TEXTS = re.compile(r".*FL|.*DTF|.*TMF|.*GR\d+")

#: Names with a number that stands in the guide's label too (TRT01P); the labels of others with numbers are free.
_PERIODS = re.compile(r"(TRT|TR|AP)\d\d[A-Z]+")


def _is_text(checked: CheckedDataset, name: str) -> bool | None:
    """Whether the guides have a text (True) or a number (False) under this name; None if they do not say."""
    listed = adam_variable(name, STRUCTURES.get(checked.kind)) or adam_variable(name)
    if listed is not None:
        return listed.type == "text"
    if _TEXTS.fullmatch(name):
        return True
    return False if _NUMBERS.fullmatch(name) else None


@RULES.rule("adam.type", "A variable has the type that its name promises.", source=cdisc(58, 60, 200, 716))
def types(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Texts where ADaM has numbers (dates, days, flags as numbers) and numbers where it has texts."""
    for name in checked.variables:
        dtype = checked.schema[name]
        is_text = dtype in (pl.String, pl.Categorical, pl.Enum)
        is_number = dtype.is_numeric() or dtype.is_temporal()
        expected = _is_text(checked, name)
        if dtype == pl.Null:
            continue
        if not (is_text or is_number):
            yield Place("The type is neither text nor number.", variable=name, evidence=f"type = {dtype}")
        elif is_text and expected is False:
            yield Place("The variable is a text; ADaM has a number.", variable=name, evidence=f"type = {dtype}")
        elif is_number and expected is True:
            yield Place("The variable is a number; ADaM has a text.", variable=name, evidence=f"type = {dtype}")


@RULES.rule(
    "adam.label-as-guide",
    "A variable of the guide has the guide's label.",
    source=cdisc(709),
    severity=Severity.WARNING,
)
def labels(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Other labels, in any letters. Of names with a number (CRIT1) the guide leaves the label to the sponsor."""
    structure = STRUCTURES.get(checked.kind)
    for name in checked.variables if structure is not None else ():
        listed = adam_variable(name, structure)
        is_free = any(map(str.isdigit, name)) and not _PERIODS.fullmatch(name)
        label = checked.dataset.labels.get(name, "")
        if listed is not None and label and listed.label and not is_free and label.lower() != listed.label.lower():
            yield Place(
                "The label is not that of the guide.",
                variable=name,
                evidence=f"label = '{label}', guide = '{listed.label}'",
            )


@RULES.rule(
    "adam.term",
    "A value is one of CDISC's terms.",
    source=f"CDISC Controlled Terminology; {IG}",
    severity=Severity.WARNING,
)
def terms(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Values that CDISC's codelist has not; where the list is extensible they may be the sponsor's own."""
    domain = "DM" if checked.kind == ADSL else checked.sequence.removesuffix("SEQ")
    for name in checked.texts():
        found = _codelist(name, domain)
        if found is not None:
            kind = "extensible codelist" if found.is_extensible else "codelist"
            message = f"{name} has a value that CDISC's {kind} {found.code} has not."
            yield Records(outside(checked, name, found), message, evidence=(name,))


def _codelist(name: str, domain: str) -> Codelist | None:
    """The codelist of a variable of ADaM, else of the same name in the domain behind it; None if there is not one."""
    codes = (adam_values(name),) if adam_values(name) else sdtm_values(domain, name)
    if len(codes) != 1 or not re.fullmatch(r"C\d+", codes[0]):
        return None
    return codelist(codes[0], "sdtmct") or codelist(codes[0], "adamct")

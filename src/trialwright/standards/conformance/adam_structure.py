"""ADaM rules of structure: datasets and variables that must be there, their names, labels, types and lengths."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from trialwright.findings import Severity
from trialwright.standards.conformance.adam_shared import ADSL, BDS, IG, OCCDS, cdisc
from trialwright.standards.conformance.data import RECORD, CheckedDataset, CheckedStudy
from trialwright.standards.conformance.rules import Offence, Place, Records, RuleBook

RULES = RuleBook()

_XPT = "SAS transport file, version 5"

#: What each class must have. A tuple of several is one of which any will do.
_REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    ADSL: tuple((name,) for name in ("SUBJID", "SITEID", "AGE", "AGEU", "SEX", "RACE", "ARM", "TRT01P")),
    BDS: (("PARAM",), ("PARAMCD",), ("AVAL", "AVALC")),
    OCCDS: (),
}

#: Variables that have a value in every record.
_FILLED = ("STUDYID", "USUBJID", "PARAM", "PARAMCD")


@RULES.study_rule("adam.adsl", "There is a dataset ADSL.", source=cdisc(1))
def adsl_there(study: CheckedStudy) -> Iterator[Offence]:
    """A study without ADSL."""
    if "ADSL" not in study.datasets:
        yield Place("There is no subject-level dataset.", where="ADSL", remedy="Derive ADSL; each analysis needs it.")


@RULES.rule("adam.empty", "A dataset has records.", source=IG, severity=Severity.WARNING)
def has_records(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Datasets without any record."""
    if checked.frame.is_empty():
        yield Place("The dataset has no record.")


@RULES.rule("adam.dataset-name", "A dataset's name starts with AD and has at most 8 characters.", source=cdisc(496))
def dataset_name(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Names other than those."""
    if not re.fullmatch(r"AD[A-Z0-9_]{1,6}", checked.name):
        yield Place("The name of the dataset is none that ADaM allows.", evidence=f"name = '{checked.name}'")


@RULES.rule(
    "adam.required-variable",
    "A dataset has the variables that its class must have.",
    source=cdisc(47, 49, 50, 51, 52, 55, 71, 72, 88, 89, 194, 195, 198, 261, 262, 373, 374),
)
def required_variables(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Required variables that are not there."""
    required = [("STUDYID",), ("USUBJID",), *_REQUIRED.get(checked.kind, ())]
    if checked.kind == OCCDS and checked.name == "ADAE":
        required += [("AETERM",), ("AEDECOD",), ("AEBODSYS",), ("AESEQ",)]
    if checked.kind == BDS and ("TTE" in checked.name or checked.has("EVNTDESC")):
        required += [("CNSR",)]
    for names in required:
        if not any(map(checked.has, names)):
            yield Place(f"{' or '.join(names)} is required and missing.", variable=names[0])


@RULES.rule("adam.population-flag", "ADSL has a flag of at least one population.", source=cdisc(48), kinds=(ADSL,))
def has_population_flag(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """An ADSL without any variable that ends in FL."""
    if not any(name.endswith("FL") for name in checked.variables):
        yield Place("There is no population flag.")


@RULES.rule(
    "adam.treatment-variable",
    "A dataset for analysis has a treatment variable of the record or of the subject.",
    source=cdisc(719),
    kinds=(BDS, OCCDS),
)
def has_treatment(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Datasets that no comparison of treatments can use by themselves."""
    if not any(re.fullmatch(r"TRT[PA]|TRT\d\d[PA]|TRT[PA]G\d+|TRTSEQ[PA]", name) for name in checked.variables):
        yield Place("There is no treatment variable.", remedy="Add TRTP or TRTA, or copy TRT01P of ADSL.")


@RULES.rule("adam.required-value", "Identifiers and parameters have a value in each record.", source=cdisc(196, 197))
def required_values(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose study, subject or parameter is missing."""
    for name in _FILLED:
        if checked.has(name):
            yield Records(checked.frame.filter(pl.col(name).is_null()), f"{name} is missing.")


@RULES.rule(
    "adam.variable-name",
    "A variable's name has at most 8 letters, digits and underscores, and starts with a letter.",
    source=cdisc(13, 14, 15),
)
def variable_names(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Names that transport files do not allow."""
    for name in checked.variables:
        if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,7}", name):
            yield Place("The name of the variable is not allowed.", variable=name)


@RULES.rule("adam.label-length", "A label has at most 40 characters.", source=f"{cdisc(16)}; {_XPT}")
def label_length(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Labels that a transport file would cut off."""
    for name in checked.variables:
        label = checked.dataset.labels.get(name, "")
        if len(label) > 40:
            yield Place("The label has more than 40 characters.", variable=name, evidence=f"label = '{label}'")
    if len(checked.dataset.label) > 40:
        yield Place(
            "The label of the dataset has more than 40 characters.", evidence=f"label = '{checked.dataset.label}'"
        )


@RULES.rule(
    "adam.adsl-label",
    'ADSL is labelled "Subject-Level Analysis Dataset".',
    source=cdisc(320),
    severity=Severity.WARNING,
    kinds=(ADSL,),
)
def adsl_label(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Other labels of the dataset; one that is missing says nothing wrong."""
    label = checked.dataset.label
    if label and label != "Subject-Level Analysis Dataset":
        yield Place("The label of the dataset is not the one that ADaM gives it.", evidence=f"label = '{label}'")


@RULES.rule(
    "adam.sorted",
    "Records stand in the order of the keys of the study's definition.",
    source="Define-XML 2.1: keys in the order of sorting",
    severity=Severity.NOTE,
)
def sorted_by_keys(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """The first record that stands after one that it should come before; missing values come first, as SAS sorts."""
    keys = checked.metadata.keys if checked.metadata else ()
    if not keys or not checked.has(*keys) or not all(map(checked.is_sortable, keys)):
        return
    found = checked.frame.select(RECORD, *keys)
    expected = found.sort(keys, maintain_order=True)
    out_of_order = checked.frame.filter(found[RECORD] != expected[RECORD])
    yield Records(out_of_order.head(1), "Records stand in another order than that of the keys.", evidence=keys)


@RULES.rule("adam.label-missing", "A variable has a label.", source=IG, severity=Severity.WARNING)
def label_there(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Variables without a label, in datasets that have some."""
    if checked.dataset.labels:
        for name in checked.variables:
            if not checked.dataset.labels.get(name):
                yield Place("The variable has no label.", variable=name)


@RULES.rule(
    "adam.label-as-adsl",
    "A variable copied from ADSL has the label that it has there.",
    source=cdisc(85),
    severity=Severity.WARNING,
)
def label_as_adsl(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Labels that differ from ADSL's."""
    adsl = study.datasets.get("ADSL")
    if adsl is not None and checked.kind != ADSL:
        yield from _other_labels(checked, adsl)


@RULES.rule(
    "adam.label-as-sdtm",
    "A variable named as one of SDTM has its label.",
    source=cdisc(2),
    severity=Severity.WARNING,
)
def label_as_sdtm(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Labels that differ from those of DM, in ADSL, or of the domain that gave the records."""
    domain = study.domains.get("DM" if checked.kind == ADSL else checked.sequence.removesuffix("SEQ"))
    if domain is not None:
        yield from _other_labels(checked, domain)


def _other_labels(checked: CheckedDataset, other: CheckedDataset) -> Iterator[Offence]:
    for name in checked.variables:
        found, expected = checked.dataset.labels.get(name), other.dataset.labels.get(name)
        if found and expected and found != expected:
            yield Place(
                f"The label differs from {other.name}'s.",
                variable=name,
                evidence=f"label = '{found}', {other.name} = '{expected}'",
            )


@RULES.rule("adam.text-length", "A text has at most 200 characters.", source=f"{cdisc(17)}; {_XPT}")
def text_length(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Texts that a transport file would cut off: more than 200 bytes."""
    for name in checked.texts():
        wrong = checked.frame.filter(pl.col(name).str.len_bytes() > 200)
        yield Records(wrong, f"{name} has more than 200 characters.", evidence=(name,))


@RULES.rule(
    "adam.date-format",
    "A numeric date has a date format.",
    source=cdisc(41, 43),
    severity=Severity.WARNING,
)
def date_formats(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Dates that came as plain numbers, so that nothing says from when their days are counted."""
    for name in checked.numbers(r".*[A-Z0-9]DTM?"):
        yield Place("The date is a plain number without a date format.", variable=name)


@RULES.rule("adam.type-equal", "A variable has the type that it has in ADSL and in SDTM.", source=cdisc(199, 590))
def types_equal(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Texts that are numbers in ADSL or in the domain that gave the records, and the other way round."""
    sdtm = study.domains.get("DM" if checked.kind == ADSL else checked.sequence.removesuffix("SEQ"))
    adsl = study.datasets.get("ADSL") if checked.kind != ADSL else None
    for other in (adsl, sdtm):
        for name in checked.variables if other is not None else ():
            if other is not None and other.has(name):
                found, expected = checked.schema[name], other.schema[name]
                if pl.Null not in (found, expected) and (found == pl.String) != (expected == pl.String):
                    yield Place(
                        f"The type differs from {other.name}'s.",
                        variable=name,
                        evidence=f"type = {found}, {other.name} = {expected}",
                    )


@RULES.rule(
    "adam.variable-pair",
    "A variable that completes another one comes with it: AGEGR1N with AGEGR1, SAFFN with SAFFL, CRIT1FL with CRIT1.",
    source=cdisc(7, 64, 75, 80, 335, 336, 521, 526, 547, 554),
)
def variable_pairs(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Variables whose partner is not there."""
    for name in checked.variables:
        for partner in _partners(name):
            if not checked.has(partner):
                yield Place(f"{name} is there without {partner}.", variable=name)


_PARTNERS = (
    (re.compile(r"(.+)FN"), r"\1FL"),
    (re.compile(r"(TRT\d\d[PA]|TRT[PA]|.+GR\d+|PARCAT\d+|SHIFT\d+|REGION\d+|PARAM|AVISIT|ATPT)N"), r"\1"),
    (re.compile(r"TRT(\d\d)A"), r"TRT\1P"),
    (re.compile(r"(CRIT\d+)FL"), r"\1"),
    (re.compile(r"(CRIT\d+)"), r"\1FL"),
    (re.compile(r"B(TOXGR|NRIND)"), r"A\1"),
)
_WITH: dict[str, str] = {"AWTDIFF": "AWTARGET", "ADURN": "ADURU", "CHG": "BASE", "PCHG": "BASE"}


def _partners(name: str) -> Iterator[str]:
    """The variables that must be there if this one is."""
    for pattern, partner in _PARTNERS:
        if match := pattern.fullmatch(name):
            yield match.expand(partner)
    if name in _WITH:
        yield _WITH[name]

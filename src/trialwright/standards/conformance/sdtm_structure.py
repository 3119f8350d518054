"""SDTM rules of datasets and variables: names, labels, types, order, core; identifiers and duplicate records."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from trialwright.findings import Severity
from trialwright.standards.conformance.data import RECORD, CheckedDataset, CheckedStudy
from trialwright.standards.conformance.rules import Offence, Place, Records, RuleBook
from trialwright.standards.conformance.sdtm_shared import (
    FORMER_LABELS,
    OBSERVATIONS,
    code_of,
    guide_section,
    is_in_version,
    listed_variables,
    own,
)
from trialwright.standards.sdtm_variables import model_variable, sdtm_domain

RULES = RuleBook()

_TRANSPORT = "SAS transport file, version 5"
_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,7}")
_NUMBERS = frozenset({"integer", "float"})
#: How many characters a text may have in a transport file, and a label.
_TEXT, _LABEL = 200, 40


@RULES.study_rule("sdtm.demographics", "There is a DM dataset with subjects.", source=guide_section("5.2", "CG0368"))
def demographics(study: CheckedStudy) -> Iterator[Offence]:
    """Datasets without DM."""
    subjects = study.datasets.get("DM")
    if subjects is None or subjects.frame.is_empty():
        yield Place("There is no DM dataset with subjects.", where="DM")


@RULES.rule(
    "sdtm.dataset",
    "A dataset is a domain, SUPP-- or relation of the guide, or a custom domain.",
    source=guide_section("2.6"),
    severity=Severity.WARNING,
)
def known(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Datasets that are neither listed nor of one of the general classes."""
    if not checked.kind:
        yield Place("The dataset is not of SDTM, and has no topic variable of a custom domain.")


@RULES.rule(
    "sdtm.dataset-label", "A dataset has the label of the guide.", source=guide_section("3.2.1"), severity=Severity.NOTE
)
def dataset_label(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Datasets with another label; SUPP-- datasets, split ones and those without a label say nothing wrong."""
    guide = sdtm_domain(checked.name)
    label = checked.dataset.label
    if guide is None or not label or checked.name.startswith("SUPP") or checked.name != code_of(checked):
        return
    if label.casefold() != guide.label.casefold():
        yield Place("The label is not that of the guide.", evidence=f"label = '{label}', guide = '{guide.label}'")


@RULES.rule("sdtm.no-records", "A dataset has records.", source=guide_section("3.2", "CG0408"), severity=Severity.NOTE)
def records_there(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Datasets without any record."""
    if checked.frame.is_empty():
        yield Place("The dataset has no record.")


@RULES.rule(
    "sdtm.variable-name",
    "A variable's name has 1 to 8 capitals, digits or underscores and starts with no digit.",
    source=_TRANSPORT,
)
def names(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Names that a transport file cannot have."""
    for name in checked.variables:
        if not _NAME.fullmatch(name):
            yield Place("The name is not one of a transport file.", variable=name)


@RULES.rule(
    "sdtm.variable", "A variable is one of the guide or of the model's class.", source=guide_section("2.6", "CG0013")
)
def variables(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Variables that the guide does not list and that the class of the domain has not."""
    listed = {variable.name for variable in listed_variables(checked)}
    if not checked.kind or (not listed and checked.kind not in OBSERVATIONS):
        return
    for name in checked.variables:
        if name in listed or name in ("STUDYID", "DOMAIN", "USUBJID") or re.fullmatch(r"(COVAL|TSVAL|TIVAL)\d+", name):
            continue
        if checked.kind not in OBSERVATIONS or model_variable(checked.kind, name, prefix=code_of(checked)) is None:
            yield Place("SDTM has no such variable in this dataset.", variable=name)


@RULES.rule(
    "sdtm.variable-listed",
    "A variable is one that the guide lists for the domain.",
    source=guide_section("2.6"),
    severity=Severity.NOTE,
    kinds=OBSERVATIONS,
)
def listed(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Variables of the model that the guide does not list for the domain: allowed, and to be told."""
    there = {variable.name for variable in listed_variables(checked)}
    for name in checked.variables if there else ():
        if name not in there and model_variable(checked.kind, name, prefix=code_of(checked)) is not None:
            yield Place("The model has the variable, the guide does not list it for this domain.", variable=name)


@RULES.rule("sdtm.required-variable", "A required variable is there.", source=guide_section("4.1.5", "CG0014"))
def required(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Required variables that the dataset has not."""
    for variable in listed_variables(checked):
        if variable.core == "Req" and not checked.has(variable.name):
            yield Place("A required variable is missing.", variable=variable.name)


@RULES.rule(
    "sdtm.expected-variable",
    "An expected variable is there.",
    source=guide_section("4.1.5", "CG0016"),
    severity=Severity.NOTE,
)
def expected(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Expected variables that the dataset has not; those newer than the study's version are not."""
    for variable in listed_variables(checked):
        is_expected = variable.core == "Exp" and is_in_version(checked, study, variable.name)
        if is_expected and not checked.has(variable.name):
            yield Place("An expected variable is missing.", variable=variable.name)


@RULES.rule(
    "sdtm.required-value", "A required variable has a value in each record.", source=guide_section("4.1.5", "CG0014")
)
def required_values(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records without a value of a required variable."""
    for variable in listed_variables(checked):
        if variable.core == "Req" and checked.has(variable.name):
            missing = checked.frame.filter(pl.col(variable.name).is_null())
            yield Records(missing, f"{variable.name} is required and missing.")


@RULES.rule(
    "sdtm.no-values", "A permissible variable has values.", source=guide_section("4.1.5"), severity=Severity.NOTE
)
def permissible_values(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Permissible variables without any value, which need not be submitted."""
    for variable in listed_variables(checked):
        is_there = variable.core == "Perm" and checked.has(variable.name) and not checked.frame.is_empty()
        if is_there and checked.frame[variable.name].null_count() == checked.frame.height:
            yield Place("A permissible variable has no value in any record.", variable=variable.name)


@RULES.rule(
    "sdtm.order",
    "Variables stand in the order of the guide.",
    source=guide_section("4.1.4", "CG0330"),
    severity=Severity.NOTE,
)
def order(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """The first variable that stands elsewhere than in the guide, of those that it lists."""
    guide = [variable.name for variable in listed_variables(checked) if checked.has(variable.name)]
    there = [name for name in checked.variables if name in set(guide)]
    for found, expected_name in zip(there, guide, strict=True):
        if found != expected_name:
            yield Place(
                "Variables stand in another order than in the guide.",
                evidence=f"{found} stands where {expected_name} is listed",
            )
            return


@RULES.rule(
    "sdtm.label", "A variable has the label of the guide.", source=guide_section("3.2.2"), severity=Severity.WARNING
)
def labels(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Other labels than the guide's, of this version or of an earlier one; a variable without a label is left out."""
    for variable in listed_variables(checked):
        label = checked.dataset.labels.get(variable.name)
        if label and label not in (variable.label, FORMER_LABELS.get(variable.name)):
            evidence = f"label = '{label}', guide = '{variable.label}'"
            yield Place("The label is not that of the guide.", variable=variable.name, evidence=evidence)


@RULES.rule("sdtm.label-length", "A label has at most 40 characters.", source=_TRANSPORT)
def label_lengths(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Labels that a transport file cuts off."""
    for name, label in checked.dataset.labels.items():
        if len(label.encode()) > _LABEL:
            yield Place("The label is longer than 40 characters.", variable=name, evidence=f"label = '{label}'")


@RULES.rule("sdtm.type", "A variable is text or number, as the guide says.", source=guide_section("3.2.2", "CG0012"))
def types(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Numbers where the guide has texts, the other way round, and what is neither."""
    guide = {variable.name: variable for variable in listed_variables(checked)}
    for name, dtype in checked.schema.items():
        is_text = dtype in (pl.String, pl.Categorical, pl.Enum)
        if dtype == pl.Null:
            continue
        if not is_text and not dtype.is_numeric():
            yield Place("The variable is neither text nor number.", variable=name, evidence=f"type = {dtype}")
        elif name in guide and is_text == (guide[name].type in _NUMBERS):
            wanted = "number" if guide[name].type in _NUMBERS else "text"
            yield Place(
                "The type is not that of the guide.", variable=name, evidence=f"type = {dtype}, guide = {wanted}"
            )


@RULES.rule("sdtm.text-length", "A text has at most 200 characters.", source=_TRANSPORT)
def text_lengths(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Texts that a transport file cuts off; counted in bytes, as it does."""
    for name in checked.texts():
        wrong = checked.frame.filter(pl.col(name).str.len_bytes() > _TEXT)
        yield Records(wrong, f"{name} is longer than 200 characters.", evidence=(name,))


@RULES.rule(
    "sdtm.blanks",
    "A text does not start or end with a blank.",
    source="FDA Business Rules: FDAB015",
    severity=Severity.WARNING,
)
def blanks(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Variables with blanks around texts, which compare as other values; one finding for each, with an example."""
    for name in checked.texts():
        wrong = checked.frame.filter(pl.col(name).str.contains(r"^\s|\s$"))[name]
        if len(wrong):
            records = "1 record" if len(wrong) == 1 else f"{len(wrong)} records"
            yield Place("Texts start or end with a blank.", variable=name, evidence=f"{name} = '{wrong[0]}', {records}")


@RULES.rule(
    "sdtm.domain-value", "DOMAIN is the code of the domain.", source=guide_section("4.2.2", "CG0413"), texts=("DOMAIN",)
)
def domain_values(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records with the code of another domain."""
    code = code_of(checked)
    if code:
        wrong = checked.frame.filter(pl.col("DOMAIN") != code)
        yield Records(wrong, "DOMAIN is not the code of the dataset.", evidence=("DOMAIN",))


@RULES.rule("sdtm.study", "STUDYID is that of DM.", source=guide_section("4.2.3", "CG0409"), texts=("STUDYID",))
def studies(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records of another study than the subjects are of."""
    subjects = study.dataset("DM", texts=("STUDYID",))
    if subjects is not None:
        known_studies = subjects.frame["STUDYID"].drop_nulls().unique()
        wrong = checked.frame.filter(~pl.col("STUDYID").is_in(known_studies.implode()))
        yield Records(wrong, "STUDYID is not that of DM.", evidence=("STUDYID",))


@RULES.rule(
    "sdtm.subject-once",
    "A subject is in DM once.",
    source=guide_section("5.2", "CG0151"),
    datasets=("DM",),
    texts=("USUBJID",),
)
def subject_once(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Subjects with more than one record."""
    again = checked.frame.filter(pl.col("USUBJID").is_not_null() & pl.col("USUBJID").is_duplicated())
    yield Records(again, "DM has more than one record of the subject.", evidence=("USUBJID",), at=("USUBJID", RECORD))


@RULES.rule(
    "sdtm.sequence-unique",
    "--SEQ is unique within a subject.",
    source=guide_section("3.2.1.1", "CG0028"),
    any_type=("STUDYID",),
)
def sequences(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records of a subject that share their sequence number; of trial design, records of the same parameter."""
    name = own(checked, "SEQ")
    groups = [key for key in ("USUBJID", "POOLID", "TSPARMCD", "NHOID") if checked.has(key)]
    if checked.has(name) and code_of(checked):
        wrong = checked.frame.filter(pl.col(name).is_not_null() & pl.struct(*groups, name).is_duplicated())
        # The sequence does not tell these records apart, so that their number comes before it.
        places = tuple(key for key in (*groups, RECORD, name) if key != "POOLID")
        yield Records(wrong, f"{name} is not unique.", evidence=(name,), at=places)


@RULES.rule(
    "sdtm.duplicate",
    "No two records differ in --SEQ only.",
    source=guide_section("3.2.1.1"),
    severity=Severity.WARNING,
    kinds=(*OBSERVATIONS, "SPECIAL PURPOSE", "RELATIONSHIP"),
)
def duplicates(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records that repeat another one in everything but their identifiers given by the sponsor."""
    numbers = {own(checked, fragment) for fragment in ("SEQ", "SPID")} if code_of(checked) else set()
    names_compared = [name for name in checked.variables if name not in numbers]
    if "USUBJID" in names_compared and len(names_compared) > 1:
        # Rows are compared by a hash first: equal hashes are few, and only those are compared in full.
        same = checked.frame.select(names_compared).hash_rows().is_duplicated()
        few = checked.frame.filter(same)
        again = few.filter(few.select(names_compared).is_duplicated())
        yield Records(again, "The record repeats another one.")

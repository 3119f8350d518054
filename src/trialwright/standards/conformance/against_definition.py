"""Rules that hold data to the study's own definition: its specification, or its define.xml. The same for SDTM and ADaM.

Each takes the checked dataset and gives offences; `definition_rules` writes them down under a prefix (adam, sdtm).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from trialwright.conditions import parse_condition
from trialwright.errors import ConditionError, MissingVariableError
from trialwright.findings import Severity
from trialwright.standards.conformance.data import CheckedDataset, CheckedStudy
from trialwright.standards.conformance.rules import Offence, Place, Records, RuleBook
from trialwright.standards.metadata import Codelist, VariableMetadata

_SOURCE = "Define-XML 2.1: data are as their definition says"

_NUMERIC = frozenset({"integer", "float"})
_CALENDAR = frozenset({"date", "datetime", "time"})


def definition_rules(prefix: str) -> RuleBook:
    """The rules `<prefix>.definition-...`; without a definition they hold of themselves."""
    book = RuleBook()
    book.study_rule(
        f"{prefix}.definition-dataset", "The datasets are those of the study's definition.", source=_SOURCE
    )(datasets_defined)
    for name, title, check, severity in (
        ("variable", "A variable is in the study's definition.", variables_defined, Severity.ERROR),
        ("missing", "A variable of the study's definition is in the data.", variables_there, Severity.ERROR),
        ("label", "The label is that of the study's definition.", labels_equal, Severity.WARNING),
        ("type", "The type is that of the study's definition.", types_equal, Severity.ERROR),
        ("length", "No text is longer than the study's definition says.", lengths_kept, Severity.ERROR),
        ("order", "Variables stand in the order of the study's definition.", order_kept, Severity.WARNING),
        ("key", "The keys of the study's definition identify a record.", keys_unique, Severity.ERROR),
        ("mandatory", "A mandatory variable has a value in each record.", mandatory_filled, Severity.ERROR),
        ("codelist", "A value is one of the codelist of the study's definition.", values_listed, Severity.ERROR),
    ):
        book.rule(f"{prefix}.definition-{name}", title, source=_SOURCE, severity=severity)(check)
    return book


def datasets_defined(study: CheckedStudy) -> Iterator[Offence]:
    """Datasets that only the data have, or only the definition."""
    if study.definition is None:
        return
    defined = study.definition.datasets
    for name in study.datasets:
        if name not in defined:
            yield Place("The definition has no such dataset.", where=name)
    for name in defined:
        if name not in study.datasets:
            yield Place("The definition has this dataset, the data have not.", where=name)


def _defined(checked: CheckedDataset) -> Iterator[tuple[str, VariableMetadata]]:
    """The variables that both the data and the definition have."""
    for variable in checked.metadata.variables if checked.metadata else ():
        if checked.has(variable.name):
            yield variable.name, variable


def _parts(checked: CheckedDataset) -> Iterator[tuple[str, VariableMetadata, CheckedDataset]]:
    """The variables as `_defined`, with all records, and their value-level parts with the records that they are of.

    The text names the variable, and the part's condition. A condition on other datasets, or on variables that are not
    there or have other types, cannot be applied: its part is left out. So is a part that a condition on the variable
    itself describes: in Define-XML 1.0 the parts of --TESTCD and QNAM tell what --ORRES and QVAL are.
    """
    for name, variable in _defined(checked):
        yield name, variable, checked
        for level in variable.value_level:
            try:
                parsed = parse_condition(level.where)
                condition = parsed.to_expr(checked.frame.schema, dataset=checked.name)
            except (ConditionError, MissingVariableError):
                continue
            if name in parsed.variables:
                continue
            frame = checked.frame.lazy().filter(condition).select({name, *checked.places}).collect()
            schema = {column: checked.schema[column] for column in frame.columns if column in checked.schema}
            yield f"{name} where {level.where}", level.variable, replace(checked, frame=frame, schema=schema)


def variables_defined(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Variables that only the data have."""
    if checked.metadata is not None:
        known = {variable.name for variable in checked.metadata.variables}
        for name in checked.variables:
            if name not in known:
                yield Place("The definition has no such variable.", variable=name)


def variables_there(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Variables that only the definition has."""
    for variable in checked.metadata.variables if checked.metadata else ():
        if not checked.has(variable.name):
            yield Place("The definition has this variable, the data have not.", variable=variable.name)


def labels_equal(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Labels other than those defined; a variable without a label says nothing wrong."""
    for name, variable in _defined(checked):
        label = checked.dataset.labels.get(name)
        if label and variable.label and label != variable.label:
            yield Place(
                "The label is not that of the definition.",
                variable=name,
                evidence=f"label = '{label}', definition = '{variable.label}'",
            )


def types_equal(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Numbers where texts are defined and the other way round.

    A date or time may be either: ADaM has it as a number, SDTM as a text. Whole numbers have no fraction.
    """
    for name, variable in _defined(checked):
        is_text = checked.schema[name] in (pl.String, pl.Categorical, pl.Enum)
        is_known = is_text or checked.schema[name].is_numeric() or checked.schema[name].is_temporal()
        if checked.schema[name] == pl.Null or (is_known and variable.type in _CALENDAR):
            continue
        if not is_known or is_text == (variable.type in _NUMERIC):
            yield Place(
                "The type is not that of the definition.",
                variable=name,
                evidence=f"type = {checked.schema[name]}, definition = {variable.type}",
            )
    for part, variable, records in _parts(checked):
        name = part.split()[0]
        if variable.type == "integer" and name in records.numbers():
            wrong = records.frame.filter(pl.col(name) % 1 != 0)
            yield Records(wrong, f"{part} is defined as a whole number and has a fraction.", evidence=(name,))


def lengths_kept(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Texts of more bytes than the defined length, which a transport file would cut off."""
    for part, variable, records in _parts(checked):
        name = part.split()[0]
        if variable.length and checked.is_text(name) and variable.type not in _NUMERIC | _CALENDAR:
            length = pl.col(name).cast(pl.String).str.len_bytes()
            wrong = records.frame.filter(length > variable.length)
            yield Records(wrong, f"{part} is longer than the definition says ({variable.length}).", evidence=(name,))


def order_kept(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """The first variable that stands elsewhere than defined, of those that both have."""
    defined = [name for name, _ in _defined(checked)]
    there = [name for name in checked.variables if name in set(defined)]
    for found, expected in zip(there, defined, strict=True):
        if found != expected:
            yield Place(
                "Variables stand in another order than in the definition.",
                evidence=f"{found} stands where {expected} is defined",
            )
            return


def keys_unique(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records that share the values of the defined keys with another one."""
    keys = checked.metadata.keys if checked.metadata else ()
    if keys and checked.has(*keys):
        again = checked.frame.filter(pl.struct(keys).is_duplicated())
        yield Records(again, "Records have the same keys.", evidence=keys)


def mandatory_filled(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records without a value of a mandatory variable."""
    for name, variable in _defined(checked):
        if variable.is_mandatory:
            yield Records(checked.frame.filter(pl.col(name).is_null()), f"{name} is mandatory and missing.")


def values_listed(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Values that the codelist of the variable, or of its part, has not."""
    for part, variable, records in _parts(checked):
        name = part.split()[0]
        codelist = study.definition.codelist_of(variable) if study.definition else None
        if codelist is not None and codelist.terms:
            wrong = outside(records, name, codelist)
            yield Records(wrong, f"{part} has a value that is not in codelist {codelist.name}.", evidence=(name,))


def outside(checked: CheckedDataset, name: str, codelist: Codelist) -> pl.DataFrame:
    """The records whose value of the variable the codelist has not; a missing value is in every list.

    Blanks around texts do not count, nor do the last digits of binary numbers (1.3 and 1.3000000000000003).
    """
    if checked.is_text(name):
        terms = [value.strip() for value in codelist.values]
        return checked.frame.filter(~pl.col(name).cast(pl.String).str.strip_chars().is_in(terms))
    if not checked.is_number(name):
        return checked.frame.clear()
    numbers = [number for value in codelist.values if (number := _number(value)) is not None]
    there = checked.frame[name].drop_nulls().unique().to_list()
    others = [value for value in there if not any(math.isclose(value, number) for number in numbers)]
    return checked.frame.filter(pl.col(name).is_in(others))


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None

"""A `DefineDocument` made of a specification and the data that it describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

import polars as pl

from trialwright.conditions import Comparison, Variable, parse_condition
from trialwright.conditions import Literal as ConditionLiteral
from trialwright.errors import ConditionError
from trialwright.standards.datasets import Dataset
from trialwright.standards.define.built_codelists import codelists_of_data
from trialwright.standards.define.documents import (
    AnalysisResultDisplay,
    DefineDocument,
    LinkedDocument,
    identifier,
    identify,
)
from trialwright.standards.define.observed import observe
from trialwright.standards.define.terms import is_code, standards_of, terminology_of_data, with_terminology
from trialwright.standards.metadata import (
    Codelist,
    DataDefinition,
    DatasetMetadata,
    DocumentReference,
    StandardReference,
    ValueLevel,
    VariableMetadata,
    VariableType,
)

DefineKind: TypeAlias = Literal["SDTM", "ADaM"]

#: Used where the specification names none.
DEFAULT_STANDARDS: Mapping[DefineKind, StandardReference] = {
    "SDTM": StandardReference(name="SDTMIG", version="3.4"),
    "ADaM": StandardReference(name="ADaMIG", version="1.3"),
}
_PURPOSES: Mapping[DefineKind, str] = {"SDTM": "Tabulation", "ADaM": "Analysis"}
#: Whose records have a parameter each: the variables, and the one that names the parameter.
_BY_PARAMETER = ("AVAL", "AVALC")
_BY_TEST = ("ORRES", "STRESN", "STRESC")
_NO_DATA = "No record has a value."


def build_define(
    definition: DataDefinition,
    datasets: Mapping[str, Dataset],
    *,
    kind: DefineKind,
    displays: Sequence[AnalysisResultDisplay] = (),
    documents: Sequence[LinkedDocument] = (),
    annotated_crf: Sequence[DocumentReference] = (),
    supplements: Sequence[DocumentReference] = (),
) -> DefineDocument:
    """What a define.xml says of `datasets`, by their specification and by their values.

    The specification decides; the data fill what it leaves open:

    - types, lengths (of texts in bytes, of numbers in digits), digits after the point; a length that is shorter than
      the data is made longer. ADaM dates are numbers with the format DATE9.
    - codelists of flags, parameters, visits and texts with few values (`codelists_of_data`)
    - value-level metadata of AVAL and AVALC by PARAMCD, of --ORRES, --STRESC and --STRESN by --TESTCD, of QVAL by QNAM
    - class, structure, purpose and keys of datasets, and which file they are in (`adsl.xpt`)

    Only datasets and variables that are in the data are described, in the order of the data; what the specification
    does not know has the labels of the data.
    """
    standards = definition.standards or (DEFAULT_STANDARDS[kind],)
    guides = [standard.key for standard in standards if standard.type == "IG"]
    specified = {name: definition.datasets.get(name) or _unspecified(dataset) for name, dataset in datasets.items()}
    codes = {
        (name, variable.name): variable.codelist
        for name, metadata in specified.items()
        for variable in metadata.variables
        if variable.codelist not in definition.codelists
        and is_code(variable.codelist)
        and variable.name in datasets[name].frame.columns
    }
    standard_lists, standard_ids = terminology_of_data(datasets, codes)
    listed = {
        name: {
            variable.name
            for variable in metadata.variables
            if variable.codelist in definition.codelists or (name, variable.name) in standard_ids
        }
        for name, metadata in specified.items()
    }
    built, built_ids = codelists_of_data(datasets, listed)
    ids = {**built_ids, **standard_ids}
    codelists = with_terminology({**_used(definition.codelists, specified), **standard_lists, **built})
    standards = (*standards, *(one for one in standards_of(codelists) if one.key not in {s.key for s in standards}))
    described = {
        name: _dataset(specified[name], dataset, kind, guides[0] if guides else "", codelists, ids)
        for name, dataset in datasets.items()
    }
    document = DefineDocument(
        definition=replace(
            definition,
            protocol=definition.protocol or definition.study,
            description=definition.description or definition.study,
            standards=standards,
            datasets=described,
            codelists=codelists,
        ),
        file_id=identifier("DEF", definition.study, standards[0].name),
        name=f"Study {definition.study}, {kind} Data Definitions",
        text=f"{kind} datasets of study {definition.study}",
        documents={document.id: document for document in documents},
        annotated_crf=tuple(annotated_crf),
        supplements=tuple(supplements),
        displays=tuple(displays),
    )
    return identify(document)


def _unspecified(dataset: Dataset) -> DatasetMetadata:
    return DatasetMetadata(name=dataset.name, label=dataset.label)


def _used(codelists: Mapping[str, Codelist], datasets: Mapping[str, DatasetMetadata]) -> dict[str, Codelist]:
    used = {variable.codelist for dataset in datasets.values() for variable in _with_parts(dataset)}
    return {id: codelist for id, codelist in codelists.items() if id in used}


def _with_parts(dataset: DatasetMetadata) -> list[VariableMetadata]:
    parts = [part.variable for variable in dataset.variables for part in variable.value_level]
    return [*dataset.variables, *parts]


def _dataset(
    metadata: DatasetMetadata,
    dataset: Dataset,
    kind: DefineKind,
    guide: str,
    codelists: Mapping[str, Codelist],
    ids: Mapping[tuple[str, str], str],
) -> DatasetMetadata:
    frame = dataset.frame
    variables = []
    for name in frame.columns:
        known = metadata.variable(name) or VariableMetadata(name=name, label=dataset.labels.get(name, ""))
        codelist = ids.get((dataset.name, name)) or (known.codelist if known.codelist in codelists else "")
        is_specified = metadata.variable(name) is not None
        filled = _variable(replace(known, codelist=codelist), frame.get_column(name), is_specified)
        variables.append(replace(filled, value_level=_value_level(filled, frame, is_specified)))
    keys = tuple(key for key in metadata.keys if key in frame.columns) or _default_keys(frame.columns, dataset.name)
    file = metadata.file or f"{dataset.name.lower()}.xpt"
    class_name = metadata.kind or _default_class(dataset, kind)
    return replace(
        metadata,
        label=metadata.label or dataset.label or dataset.name,
        kind=class_name,
        subclasses=metadata.subclasses or _subclasses(class_name, frame.columns),
        structure=metadata.structure or _default_structure(class_name, keys),
        keys=keys,
        variables=tuple(
            # A define.xml does not say what the guide asks for.
            replace(variable, core=None, is_mandatory=variable.is_mandatory or variable.core == "Req")
            for variable in variables
        ),
        purpose=metadata.purpose or _PURPOSES[kind],
        is_repeating=keys not in (("USUBJID",), ("STUDYID", "USUBJID")),
        is_reference_data=metadata.is_reference_data or class_name == "TRIAL DESIGN",
        file=file,
        file_title=metadata.file_title or file,
        standard=metadata.standard or ("" if metadata.is_nonstandard else guide),
        is_nonstandard=metadata.is_nonstandard or not (metadata.standard or guide),
        has_no_data=frame.is_empty(),
        comment=metadata.comment or ("The dataset has no records." if frame.is_empty() else ""),
    )


def _variable(variable: VariableMetadata, values: pl.Series, is_specified: bool) -> VariableMetadata:
    """The variable with what its values say where the specification says nothing."""
    seen = observe(values)
    kind = _type(variable.type, seen.type, is_specified)
    length = seen.length
    if variable.length is not None and kind == "text":
        length = max(variable.length, seen.length or 1)
    is_float = kind == "float"
    digits = max(variable.significant_digits or 0, seen.significant_digits or 0)
    if is_float and length is not None:
        # Digits that the specification wants and the data have not need their place too.
        before = length - 1 - seen.significant_digits if seen.significant_digits else length
        length = before + (1 + digits if digits else 0)
    return replace(
        variable,
        label=variable.label or variable.name,
        type=kind,
        length=length if kind in ("text", "integer", "float") else None,
        significant_digits=digits if is_float else None,
        display_format=variable.display_format or seen.display_format,
        source=variable.source or ("Sponsor" if variable.origin in ("Derived", "Assigned", "Protocol") else ""),
        has_no_data=not seen.has_data,
        comment=variable.comment or ("" if seen.has_data else _NO_DATA),
    )


def _type(specified: VariableType, seen: VariableType, is_specified: bool) -> VariableType:
    """What the specification says, but numbers of the data are numbers, and dates are what their texts are."""
    if not is_specified:
        return seen
    if seen in ("integer", "float"):
        return "float" if specified == "float" or seen == "float" else "integer"
    return seen if specified in ("integer", "float", "date", "datetime") else specified


def _value_level(variable: VariableMetadata, frame: pl.DataFrame, is_specified: bool) -> tuple[ValueLevel, ...]:
    if variable.value_level:
        return tuple(_specified_part(part, variable, frame) for part in variable.value_level)
    chooser = _chooser(variable.name, frame.columns)
    if chooser is None:
        return ()
    names, units = _names_and_units(variable.name, chooser, frame)
    parts = []
    for key, part in frame.select(chooser, variable.name).drop_nulls(chooser).group_by([chooser], maintain_order=True):
        value = str(key[0])
        values = part.get_column(variable.name)
        if values.drop_nulls().is_empty():
            continue
        label = names.get(value, "")
        unit = units.get(value, "")
        described = _variable(
            replace(
                variable,
                name=f"{variable.name}.{value}",
                label=f"{label} ({unit})" if label and unit else label or value,
                length=None,
                significant_digits=None,
                # Numbers of one parameter may be whole, though those of all are not; texts stay texts.
                type=variable.type if variable.type == "text" else "integer",
                codelist="",
                is_mandatory=False,
                role="",
                core=None,
                comment="",
                comment_id="",
            ),
            values,
            True,
        )
        where = str(Comparison(Variable(chooser), "=", ConditionLiteral(value)))
        parts.append(ValueLevel(where=where, variable=described))
    return tuple(parts)


def _specified_part(part: ValueLevel, variable: VariableMetadata, frame: pl.DataFrame) -> ValueLevel:
    """The part with what its records say where the specification says nothing; of all records where it joins others."""
    try:
        condition = parse_condition(part.where).to_expr(frame.schema)
        records = frame.filter(condition)
    except ConditionError:
        records = frame
    own = part.variable
    known = own
    if own.origin is None:
        known = replace(own, origin=variable.origin, source=variable.source, method=own.method or variable.method)
    filled = _variable(known, records.get_column(variable.name), True)
    # What the values of some records are called, and whether there are any, the specification knows.
    return replace(part, variable=replace(filled, label=own.label, comment=own.comment, has_no_data=False))


def _chooser(name: str, columns: Sequence[str]) -> str | None:
    """The variable by whose values this one differs."""
    if name in _BY_PARAMETER:
        return "PARAMCD" if "PARAMCD" in columns else None
    if name == "QVAL":
        return "QNAM" if "QNAM" in columns else None
    for ending in _BY_TEST:
        chooser = name.removesuffix(ending) + "TESTCD"
        if name.endswith(ending) and chooser in columns:
            return chooser
    return None


def _names_and_units(name: str, chooser: str, frame: pl.DataFrame) -> tuple[dict[str, str], dict[str, str]]:
    """What each parameter is called, and its unit where it has one only."""
    prefix = chooser.removesuffix("TESTCD")
    words = {"PARAMCD": "PARAM", "QNAM": "QLABEL"}.get(chooser, f"{prefix}TEST")
    unit = "" if chooser in ("PARAMCD", "QNAM") else f"{prefix}{'ORRESU' if name.endswith('ORRES') else 'STRESU'}"
    return _only_value(frame, chooser, words), _only_value(frame, chooser, unit)


def _only_value(frame: pl.DataFrame, chooser: str, variable: str) -> dict[str, str]:
    if variable not in frame.columns:
        return {}
    pairs = frame.select(chooser, variable).drop_nulls().unique(maintain_order=True)
    counted = pairs.group_by(chooser, maintain_order=True).agg(pl.col(variable).first(), pl.len().alias("n"))
    return {str(value): str(words) for value, words, number in counted.iter_rows() if number == 1}


def _default_keys(columns: Sequence[str], dataset: str) -> tuple[str, ...]:
    """What usually identifies a record; the specification knows better."""
    sequence = [name for name in columns if name == f"{dataset[:2]}SEQ" or name == "ASEQ"]
    if dataset == "ADSL":
        wanted = ["STUDYID", "USUBJID"]
    elif "PARAMCD" in columns:
        wanted = ["STUDYID", "USUBJID", "PARAMCD", "AVISITN", "ADT", *sequence]
    elif "QNAM" in columns:
        wanted = ["STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM"]
    else:
        wanted = ["STUDYID", "USUBJID", *sequence]
    return tuple(key for key in wanted if key in columns)


def _default_class(dataset: Dataset, kind: DefineKind) -> str:
    columns = dataset.frame.columns
    if kind == "SDTM":
        return sdtm_class(dataset.name)
    if dataset.name == "ADSL":
        return "SUBJECT LEVEL ANALYSIS DATASET"
    if "PARAMCD" in columns:
        return "BASIC DATA STRUCTURE"
    return "OCCURRENCE DATA STRUCTURE" if any(name.endswith("DECOD") for name in columns) else "ADAM OTHER"


def sdtm_class(domain: str) -> str:
    """The class of an SDTM dataset by its name, as Define-XML writes it (SDTMIG 3.4, section 2.6 and 5 to 8)."""
    classes = {
        "SPECIAL PURPOSE": "CO DM SE SM SV",
        "INTERVENTIONS": "AG CM EC EX ML PR SU",
        "EVENTS": "AE BE CE DS DV HO MH",
        "FINDINGS ABOUT": "FA SR",
        "TRIAL DESIGN": "TA TD TE TI TM TS TV",
        "RELATIONSHIP": "RELREC RELSPEC RELSUB",
        "STUDY REFERENCE": "DI OI",
    }
    if domain.startswith("SUPP"):
        return "RELATIONSHIP"
    return next((name for name, domains in classes.items() if domain in domains.split()), "FINDINGS")


def _subclasses(class_name: str, columns: Sequence[str]) -> tuple[str, ...]:
    if class_name == "BASIC DATA STRUCTURE" and "CNSR" in columns:
        return ("TIME-TO-EVENT",)
    if class_name == "OCCURRENCE DATA STRUCTURE" and "AEDECOD" in columns:
        return ("ADVERSE EVENT",)
    return ()


def _default_structure(class_name: str, keys: Sequence[str]) -> str:
    if class_name == "SUBJECT LEVEL ANALYSIS DATASET":
        return "One record per subject"
    return f"One record per {', '.join(key for key in keys if key != 'STUDYID') or 'observation'}"

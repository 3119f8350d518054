"""What a define.xml says: the datasets, the documents beside them, and the analyses made of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from trialwright.errors import DataError
from trialwright.findings import Finding
from trialwright.standards.metadata import (
    Codelist,
    DataDefinition,
    DatasetMetadata,
    DocumentReference,
    StandardReference,
    ValueLevel,
    VariableMetadata,
)

MethodType: TypeAlias = Literal["Computation", "Imputation"]


class DefineError(DataError):
    """A file is no define.xml that can be read, or a document cannot be written as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedDocument:
    """A file beside the define.xml: the annotated case report form, a reviewer's guide, a program (def:leaf)."""

    id: str
    href: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How a variable is made; variables may share it."""

    id: str
    text: str
    name: str = ""
    type: MethodType = "Computation"
    documents: tuple[DocumentReference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment; variables, datasets, codelists and standards may share it."""

    id: str
    text: str
    documents: tuple[DocumentReference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisDataset:
    """What an analysis reads of one dataset.

    where      the records, as `ValueLevel.where`; empty for all
    variables  the analysis variables, by name
    """

    dataset: str
    where: str = ""
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisResult:
    """One analysis of a display (ARM 1.0).

    reason         SPECIFIED IN PROTOCOL, SPECIFIED IN SAP, DATA DRIVEN, REQUESTED BY REGULATORY AGENCY, or in words
    purpose        PRIMARY OUTCOME MEASURE, SECONDARY OUTCOME MEASURE, EXPLORATORY OUTCOME MEASURE, or in words
    parameter      the variable that names the parameter: `ADADAS.PARAMCD`; empty without parameters
    join           how the datasets are joined, or records are chosen, in words
    documentation  how the result is made, in words
    code           the program, in the language and version of `code_context`
    """

    id: str
    description: str
    reason: str
    purpose: str = ""
    parameter: str = ""
    datasets: tuple[AnalysisDataset, ...] = ()
    join: str = ""
    join_id: str = ""
    documentation: str = ""
    documentation_documents: tuple[DocumentReference, ...] = ()
    code: str = ""
    code_context: str = ""
    code_documents: tuple[DocumentReference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisResultDisplay:
    """A table, listing or figure with the analyses that it shows (ARM 1.0)."""

    id: str
    name: str
    title: str
    documents: tuple[DocumentReference, ...] = ()
    results: tuple[AnalysisResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineDocument:
    """Everything that a define.xml says and this program models.

    file_id        FileOID; given when the document is written if it is empty
    name           of the metadata version, with its `text`
    context        Submission or Other (2.1)
    documents      by id; `annotated_crf` and `supplements` refer to them
    methods        by id, and `comments`
    displays       the analysis results metadata
    version        of the file that was read: `1.0.0`, `2.0.0`, `2.1.0`
    created        when that file was made, as it says, and by which `program`
    findings       what it has that cannot be kept, and where it refers to what it has not
    """

    definition: DataDefinition
    file_id: str = ""
    name: str = ""
    text: str = ""
    context: str = "Submission"
    documents: Mapping[str, LinkedDocument] = field(default_factory=dict)
    annotated_crf: tuple[DocumentReference, ...] = ()
    supplements: tuple[DocumentReference, ...] = ()
    methods: Mapping[str, Method] = field(default_factory=dict)
    comments: Mapping[str, Comment] = field(default_factory=dict)
    displays: tuple[AnalysisResultDisplay, ...] = ()
    version: str = field(default="2.1.0", compare=False)
    created: str = field(default="", compare=False)
    program: str = field(default="", compare=False)
    findings: tuple[Finding, ...] = field(default=(), compare=False)


def identify(document: DefineDocument) -> DefineDocument:
    """The document with an id for every method and comment, which a define.xml needs.

    A text that has none becomes a method or comment of its own, named after the first variable that has it; the same
    text again refers to the same one. Nothing changes in a document where all have ids.
    """
    naming = _Naming(dict(document.methods), dict(document.comments))
    definition = document.definition
    named = replace(
        definition,
        standards=tuple(naming.standard(standard) for standard in definition.standards),
        datasets={name: naming.dataset(dataset) for name, dataset in definition.datasets.items()},
        codelists={id: naming.codelist(codelist) for id, codelist in definition.codelists.items()},
    )
    displays = tuple(
        replace(display, results=tuple(naming.result(result) for result in display.results))
        for display in document.displays
    )
    return replace(document, definition=named, displays=displays, methods=naming.methods, comments=naming.comments)


def identifier(*parts: str) -> str:
    """The parts joined by points, with a hyphen for what an XML identifier may not have."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", ".".join(part for part in parts if part)).strip("-.") or "X"


class _Naming:
    """Gives ids in the order of the document."""

    def __init__(self, methods: dict[str, Method], comments: dict[str, Comment]) -> None:
        self.methods, self.comments = methods, comments
        self.method_of_text = {method.text: id for id, method in reversed(methods.items())}
        self.comment_of_text = {comment.text: id for id, comment in reversed(comments.items()) if not comment.documents}

    def comment_id(self, text: str, id: str, *place: str) -> str:
        if not text or id:
            return id
        known = self.comment_of_text.get(text)
        if known is not None:
            return known
        new = _free(identifier("COM", *place), self.comments)
        self.comments[new] = Comment(id=new, text=text)
        self.comment_of_text[text] = new
        return new

    def method_id(self, variable: VariableMetadata, *place: str) -> str:
        if not variable.method or variable.method_id or variable.origin == "Predecessor":
            return variable.method_id
        known = self.method_of_text.get(variable.method)
        if known is not None:
            return known
        new = _free(identifier("MT", *place), self.methods)
        is_imputed = re.search(r"\bimput", variable.method, re.IGNORECASE) is not None
        self.methods[new] = Method(
            id=new,
            text=variable.method,
            name=f"Algorithm to derive {'.'.join(place[:2])}",
            type="Imputation" if is_imputed else "Computation",
        )
        self.method_of_text[variable.method] = new
        return new

    def standard(self, standard: StandardReference) -> StandardReference:
        return replace(standard, comment_id=self.comment_id(standard.comment, standard.comment_id, standard.key))

    def codelist(self, codelist: Codelist) -> Codelist:
        return replace(codelist, comment_id=self.comment_id(codelist.comment, codelist.comment_id, codelist.id))

    def dataset(self, dataset: DatasetMetadata) -> DatasetMetadata:
        return replace(
            dataset,
            comment_id=self.comment_id(dataset.comment, dataset.comment_id, dataset.name),
            variables=tuple(self.variable(variable, dataset.name) for variable in dataset.variables),
        )

    def variable(self, variable: VariableMetadata, *place: str) -> VariableMetadata:
        here = (*place, variable.name)
        return replace(
            variable,
            method_id=self.method_id(variable, *here),
            comment_id=self.comment_id(variable.comment, variable.comment_id, *here),
            value_level=tuple(self.value_level(part, *here) for part in variable.value_level),
        )

    def value_level(self, part: ValueLevel, *place: str) -> ValueLevel:
        return replace(
            part,
            comment_id=self.comment_id(part.comment, part.comment_id, *place, "WHERE"),
            variable=self.variable(part.variable, *place),
        )

    def result(self, result: AnalysisResult) -> AnalysisResult:
        return replace(result, join_id=self.comment_id(result.join, result.join_id, result.id))


def _free(id: str, taken: Mapping[str, object]) -> str:
    if id not in taken:
        return id
    number = 2
    while f"{id}.{number}" in taken:
        number += 1
    return f"{id}.{number}"

"""Writing define.xml files: Define-XML 2.1, with analysis results metadata 1.0, in the envelope of ODM 1.3.2.

Elements and attributes stand in the order of the schema of Define-XML 2.1. The same document gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path

from lxml import etree

from trialwright.standards.define._names import (
    ARM_NAMESPACE,
    DEFINE_NAMESPACE,
    ODM_NAMESPACES,
    XLINK_NAMESPACE,
    XML_NAMESPACE,
)
from trialwright.standards.define.documents import (
    AnalysisDataset,
    AnalysisResult,
    AnalysisResultDisplay,
    DefineDocument,
    DefineError,
    LinkedDocument,
    Method,
    identifier,
    identify,
)
from trialwright.standards.define.where_clauses import WhereClause, clauses_of
from trialwright.standards.metadata import (
    Codelist,
    CodelistTerm,
    DataDefinition,
    DatasetMetadata,
    DocumentReference,
    StandardReference,
    ValueLevel,
    VariableMetadata,
)

STYLESHEET_NAME = "define2-1.xsl"
DEFINE_VERSION = "2.1.0"

_NAMESPACES = {
    None: ODM_NAMESPACES["2"],
    "def": f"{DEFINE_NAMESPACE}2.1",
    "arm": ARM_NAMESPACE,
    "xlink": XLINK_NAMESPACE,
    "xml": XML_NAMESPACE,
}
#: What XML 1.0 has no way to write.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SAS_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,7}")
_LONGEST_OID = 120


def write_define(document: DefineDocument, path: Path, *, created: datetime, program: str = "") -> None:
    """Write the document as Define-XML 2.1.

    created  the time that the file says it was made
    program  what made it, with its version

    The file names our stylesheet, which `write_stylesheet` puts beside it. Raises `DefineError` where an analysis
    reads the records that one of several conditions choose, which analysis results metadata cannot say, and
    `ConditionError` where a condition is no where clause.
    """
    path.write_bytes(define_bytes(document, created=created, program=program))


def define_bytes(document: DefineDocument, *, created: datetime, program: str = "") -> bytes:
    """What `write_define` writes."""
    root = _Writer(identify(document)).root(created, program)
    etree.indent(root, space="  ")
    instruction = f'<?xml-stylesheet type="text/xsl" href="{STYLESHEET_NAME}"?>\n'.encode()
    declaration = b'<?xml version="1.0" encoding="UTF-8"?>\n'
    return declaration + instruction + etree.tostring(root, encoding="utf-8") + b"\n"


def _qualified(name: str) -> str:
    prefix, colon, local = name.partition(":")
    return f"{{{_NAMESPACES[prefix]}}}{local}" if colon else name


def _add(parent: etree._Element, name: str, text: str = "", **attributes: str | int | None) -> etree._Element:
    """A new child; attributes without value are left out, and `def_Name` is `def:Name`."""
    prefix, colon, local = name.partition(":")
    namespace = _NAMESPACES[prefix] if colon else _NAMESPACES[None]
    element = etree.SubElement(parent, f"{{{namespace}}}{local if colon else name}")
    for key, value in attributes.items():
        if value is not None and value != "":
            element.set(_qualified(key.replace("_", ":", 1)), _NO_XML.sub("\ufffd", str(value)))
    if text:
        element.text = _NO_XML.sub("\ufffd", text)
    return element


def _add_translated(parent: etree._Element, name: str, text: str) -> None:
    _add(_add(parent, name), "TranslatedText", text, xml_lang="en")


def _yes(value: bool) -> str | None:
    return "Yes" if value else None


class _Writer:
    """Knows the OID of everything, and which where clauses and value lists there are."""

    def __init__(self, document: DefineDocument) -> None:
        self.document = document
        self.definition: DataDefinition = document.definition
        self.where_oids: dict[tuple[WhereClause, str], str] = {}
        self.standard_oids = {standard.key: identifier("STD", standard.key) for standard in self.definition.standards}
        self.codelists = {
            id: codelist for id, codelist in self.definition.codelists.items() if codelist.terms or codelist.dictionary
        }
        self.leaf_ids = self._leaf_ids()
        #: Definitions of value-level items, by the OID of their list.
        self.value_lists: dict[str, list[tuple[str, str, ValueLevel]]] = {}
        self.where_refs: dict[str, list[str]] = {}

    def _leaf_ids(self) -> dict[str, str]:
        taken = set(self.document.documents)
        ids: dict[str, str] = {}
        for dataset in self.definition:
            id = identifier("LF", dataset.name)
            while id in taken:
                id += ".data"
            taken.add(id)
            ids[dataset.name] = id
        return ids

    def root(self, created: datetime, program: str) -> etree._Element:
        namespaces = {prefix: uri for prefix, uri in _NAMESPACES.items() if prefix != "xml"}
        root = etree.Element(f"{{{_NAMESPACES[None]}}}ODM", nsmap=namespaces)  # type: ignore[arg-type]  # None is the default
        study = self.definition.study or "STUDY"
        for key, value in {
            "FileType": "Snapshot",
            "FileOID": self.document.file_id or identifier("DEF", study, *self._kinds()),
            "CreationDateTime": created.isoformat(timespec="seconds"),
            "ODMVersion": "1.3.2",
            "SourceSystem": program,
            "def:Context": self.document.context,
        }.items():
            if value:
                root.set(_qualified(key), value)
        element = _add(root, "Study", OID=identifier("ST", study))
        names = _add(element, "GlobalVariables")
        _add(names, "StudyName", study)
        _add(names, "StudyDescription", self.definition.description or study)
        _add(names, "ProtocolName", self.definition.protocol or study)
        self._metadata_version(element, study)
        return root

    def _kinds(self) -> list[str]:
        return [standard.name for standard in self.definition.standards if standard.type == "IG"][:1]

    def _metadata_version(self, study: etree._Element, study_name: str) -> None:
        version = _add(
            study,
            "MetaDataVersion",
            OID=identifier("MDV", study_name, *self._kinds()),
            Name=self.document.name or f"Study {study_name}, Data Definitions",
            Description=self.document.text,
            def_DefineVersion=DEFINE_VERSION,
        )
        self._plan_value_lists()
        self._plan_analyses()
        if self.definition.standards:
            container = _add(version, "def:Standards")
            for standard in self.definition.standards:
                self._standard(container, standard)
        for name, references in (
            ("def:AnnotatedCRF", self.document.annotated_crf),
            ("def:SupplementalDoc", self.document.supplements),
        ):
            if references:
                self._document_references(_add(version, name), references)
        for list_oid, parts in self.value_lists.items():
            self._value_list(version, list_oid, parts)
        for (clause, comment_id), oid in self.where_oids.items():
            self._where_clause(version, oid, clause, comment_id)
        for dataset in self.definition:
            self._dataset(version, dataset)
        for dataset in self.definition:
            for variable in dataset.variables:
                self._variable(version, dataset.name, variable)
        for list_oid, parts in self.value_lists.items():
            for item_oid, _, part in parts:
                self._item(version, item_oid, part.variable, sas_name=list_oid.rpartition(".")[2])
        for codelist in self.codelists.values():
            self._codelist(version, codelist)
        for method in self.document.methods.values():
            self._method(version, method)
        for comment in self.document.comments.values():
            element = _add(version, "def:CommentDef", OID=comment.id)
            _add_translated(element, "Description", comment.text)
            self._document_references(element, comment.documents)
        for document in self.document.documents.values():
            self._leaf(version, document)
        if self.document.displays:
            container = _add(version, "arm:AnalysisResultDisplays")
            for display in self.document.displays:
                self._display(container, display)

    # --- what is referred to before it is defined ---------------------------------------------------------------------

    def _plan_value_lists(self) -> None:
        for dataset in self.definition:
            for variable in dataset.variables:
                if not variable.value_level:
                    continue
                list_oid = identifier("VL", dataset.name, variable.name)
                parts: list[tuple[str, str, ValueLevel]] = []
                taken: set[str] = set()
                for part in variable.value_level:
                    clauses = clauses_of(part.where, dataset=dataset.name)
                    where_oids = [self._where_oid(clause, part.comment_id) for clause in clauses]
                    tail = where_oids[0].removeprefix(f"WC.{dataset.name}.") if where_oids else "ALL"
                    item_oid = _unused(identifier("IT", dataset.name, variable.name, tail), taken)
                    taken.add(item_oid)
                    parts.append((item_oid, dataset.name, part))
                    self.where_refs[item_oid] = where_oids
                self.value_lists[list_oid] = parts

    def _plan_analyses(self) -> None:
        for display in self.document.displays:
            for result in display.results:
                for dataset in result.datasets:
                    self._analysis_clause(dataset, result)

    def _analysis_clause(self, dataset: AnalysisDataset, result: AnalysisResult) -> str | None:
        clauses = clauses_of(dataset.where, dataset=dataset.dataset)
        if len(clauses) > 1:
            raise DefineError(
                f"The analysis {result.id} reads {dataset.dataset} where {dataset.where}. Analysis results metadata "
                "has one where clause, and no `or`. Say the condition in the analysis's `join`, in words."
            )
        return self._where_oid(clauses[0], "") if clauses else None

    def _where_oid(self, clause: WhereClause, comment_id: str) -> str:
        known = self.where_oids.get((clause, comment_id))
        if known is not None:
            return known
        of = {check.dataset for check in clause}
        place = clause[0].dataset if clause else ""
        words = [
            part
            for check in clause
            for part in ("" if len(of) == 1 else check.dataset, check.variable, check.comparator, *check.values)
        ]
        oid = _unused(identifier("WC", place, *words)[:_LONGEST_OID].rstrip(".-"), set(self.where_oids.values()))
        self.where_oids[clause, comment_id] = oid
        return oid

    # --- definitions --------------------------------------------------------------------------------------------------

    def _standard(self, parent: etree._Element, standard: StandardReference) -> None:
        _add(
            parent,
            "def:Standard",
            OID=self.standard_oids[standard.key],
            Name=standard.name,
            Type=standard.type,
            PublishingSet=standard.publishing_set,
            Version=standard.version,
            Status=standard.status,
            def_CommentOID=standard.comment_id,
        )

    def _value_list(self, parent: etree._Element, list_oid: str, parts: Sequence[tuple[str, str, ValueLevel]]) -> None:
        element = _add(parent, "def:ValueListDef", OID=list_oid)
        for number, (item_oid, _, part) in enumerate(parts, start=1):
            reference = self._item_reference(element, item_oid, part.variable, number)
            for where_oid in self.where_refs[item_oid]:
                _add(reference, "def:WhereClauseRef", WhereClauseOID=where_oid)

    def _where_clause(self, parent: etree._Element, oid: str, clause: WhereClause, comment_id: str) -> None:
        element = _add(parent, "def:WhereClauseDef", OID=oid, def_CommentOID=comment_id)
        for check in clause:
            item_oid = identifier("IT", check.dataset, check.variable)
            range_check = _add(
                element, "RangeCheck", Comparator=check.comparator, SoftHard="Soft", def_ItemOID=item_oid
            )
            for value in check.values:
                _add(range_check, "CheckValue", value)

    def _dataset(self, parent: etree._Element, dataset: DatasetMetadata) -> None:
        element = _add(
            parent,
            "ItemGroupDef",
            OID=identifier("IG", dataset.name),
            Name=dataset.name,
            Repeating="Yes" if dataset.is_repeating else "No",
            IsReferenceData="Yes" if dataset.is_reference_data else "No",
            SASDatasetName=dataset.name if _SAS_NAME.fullmatch(dataset.name) else None,
            Domain=dataset.domain or (dataset.name if dataset.purpose == "Tabulation" else None),
            Purpose=dataset.purpose,
            def_Structure=dataset.structure,
            def_ArchiveLocationID=self.leaf_ids[dataset.name] if dataset.file else None,
            def_StandardOID=self.standard_oids.get(dataset.standard),
            def_IsNonStandard=_yes(dataset.is_nonstandard),
            def_HasNoData=_yes(dataset.has_no_data),
            def_CommentOID=dataset.comment_id,
        )
        _add_translated(element, "Description", dataset.label)
        for number, variable in enumerate(dataset.variables, start=1):
            item_oid = identifier("IT", dataset.name, variable.name)
            key = dataset.keys.index(variable.name) + 1 if variable.name in dataset.keys else None
            self._item_reference(element, item_oid, variable, number, key)
        if dataset.kind:
            kind = _add(element, "def:Class", Name=dataset.kind)
            for subclass in dataset.subclasses:
                _add(kind, "def:SubClass", Name=subclass)
        if dataset.file:
            title = dataset.file_title or dataset.file
            self._leaf(element, LinkedDocument(id=self.leaf_ids[dataset.name], href=dataset.file, title=title))

    def _item_reference(
        self, parent: etree._Element, oid: str, variable: VariableMetadata, number: int, key: int | None = None
    ) -> etree._Element:
        return _add(
            parent,
            "ItemRef",
            ItemOID=oid,
            OrderNumber=number,
            Mandatory="Yes" if variable.is_mandatory else "No",
            KeySequence=key,
            MethodOID=variable.method_id,
            Role=variable.role,
            def_IsNonStandard=_yes(variable.is_nonstandard),
            def_HasNoData=_yes(variable.has_no_data),
        )

    def _variable(self, parent: etree._Element, dataset: str, variable: VariableMetadata) -> None:
        element = self._item(parent, identifier("IT", dataset, variable.name), variable, sas_name=variable.name)
        if variable.value_level:
            _add(element, "def:ValueListRef", ValueListOID=identifier("VL", dataset, variable.name))

    def _item(self, parent: etree._Element, oid: str, variable: VariableMetadata, *, sas_name: str) -> etree._Element:
        element = _add(
            parent,
            "ItemDef",
            OID=oid,
            Name=variable.name,
            DataType=variable.type,
            Length=variable.length,
            SignificantDigits=variable.significant_digits,
            SASFieldName=sas_name if _SAS_NAME.fullmatch(sas_name) else None,
            def_DisplayFormat=variable.display_format,
            def_CommentOID=variable.comment_id,
        )
        if variable.label:
            _add_translated(element, "Description", variable.label)
        if variable.codelist in self.codelists:
            _add(element, "CodeListRef", CodeListOID=variable.codelist)
        if variable.origin is not None:
            origin = _add(element, "def:Origin", Type=variable.origin, Source=variable.source)
            text = variable.method if variable.origin == "Predecessor" else variable.origin_text
            if text:
                _add_translated(origin, "Description", text)
            self._document_references(origin, variable.documents)
        return element

    def _codelist(self, parent: etree._Element, codelist: Codelist) -> None:
        element = _add(
            parent,
            "CodeList",
            OID=codelist.id,
            Name=codelist.name or codelist.id,
            DataType=codelist.type,
            def_StandardOID=self.standard_oids.get(codelist.standard),
            def_IsNonStandard=_yes(codelist.is_nonstandard),
            def_CommentOID=codelist.comment_id,
        )
        has_decodes = any(term.decode for term in codelist.terms)
        for term in codelist.terms:
            self._term(element, term, has_decodes)
        if not codelist.terms:
            _add(
                element,
                "ExternalCodeList",
                Dictionary=codelist.dictionary,
                Version=codelist.version,
                href=codelist.href,
            )
        _add_code(element, codelist.code)

    @staticmethod
    def _term(parent: etree._Element, term: CodelistTerm, has_decode: bool) -> None:
        element = _add(
            parent,
            "CodeListItem" if has_decode else "EnumeratedItem",
            Rank=None if term.rank is None else _number(term.rank),
            OrderNumber=term.order,
            def_ExtendedValue=_yes(term.extends),
        )
        # Set even where it is empty: the schema requires it.
        element.set("CodedValue", _NO_XML.sub("\ufffd", term.value))
        if has_decode:
            _add_translated(element, "Decode", term.decode)
        _add_code(element, term.code)

    def _method(self, parent: etree._Element, method: Method) -> None:
        element = _add(parent, "MethodDef", OID=method.id, Name=method.name or method.id, Type=method.type)
        _add_translated(element, "Description", method.text)
        self._document_references(element, method.documents)

    @staticmethod
    def _leaf(parent: etree._Element, document: LinkedDocument) -> None:
        leaf = _add(parent, "def:leaf", ID=document.id, xlink_href=document.href)
        _add(leaf, "def:title", document.title)

    @staticmethod
    def _document_references(parent: etree._Element, references: Iterable[DocumentReference]) -> None:
        by_document = groupby(references, key=lambda place: (place.document, bool(place.page_kind)))
        for (document, has_pages), group in by_document:
            places = list(group)
            if not has_pages:
                for _ in places:
                    _add(parent, "def:DocumentRef", leafID=document)
                continue
            element = _add(parent, "def:DocumentRef", leafID=document)
            for place in places:
                _add(
                    element,
                    "def:PDFPageRef",
                    Type=place.page_kind,
                    PageRefs=place.pages,
                    FirstPage=place.first_page,
                    LastPage=place.last_page,
                    Title=place.title,
                )

    # --- analysis results metadata ------------------------------------------------------------------------------------

    def _display(self, parent: etree._Element, display: AnalysisResultDisplay) -> None:
        element = _add(parent, "arm:ResultDisplay", OID=display.id, Name=display.name)
        _add_translated(element, "Description", display.title)
        self._document_references(element, display.documents)
        for result in display.results:
            self._result(element, result)

    def _result(self, parent: etree._Element, result: AnalysisResult) -> None:
        parameter = identifier("IT", result.parameter) if result.parameter else None
        element = _add(
            parent,
            "arm:AnalysisResult",
            OID=result.id,
            ParameterOID=parameter,
        )
        # Set even where they are empty: the schema requires them.
        element.set("AnalysisReason", result.reason)
        element.set("AnalysisPurpose", result.purpose)
        _add_translated(element, "Description", result.description)
        datasets = _add(element, "arm:AnalysisDatasets", def_CommentOID=result.join_id)
        for dataset in result.datasets:
            part = _add(datasets, "arm:AnalysisDataset", ItemGroupOID=identifier("IG", dataset.dataset))
            where_oid = self._analysis_clause(dataset, result)
            if where_oid is not None:
                _add(part, "def:WhereClauseRef", WhereClauseOID=where_oid)
            for variable in dataset.variables:
                _add(part, "arm:AnalysisVariable", ItemOID=identifier("IT", dataset.dataset, variable))
        if result.documentation or result.documentation_documents:
            documentation = _add(element, "arm:Documentation")
            _add_translated(documentation, "Description", result.documentation)
            self._document_references(documentation, result.documentation_documents)
        if result.code or result.code_documents:
            code = _add(element, "arm:ProgrammingCode", Context=result.code_context)
            if result.code:
                _add(code, "arm:Code", result.code)
            self._document_references(code, result.code_documents)


def _add_code(parent: etree._Element, code: str) -> None:
    if code:
        _add(parent, "Alias", Name=code, Context="nci:ExtCodeID")


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)


def _unused(oid: str, taken: set[str]) -> str:
    if oid not in taken:
        return oid
    number = 2
    while f"{oid}.{number}" in taken:
        number += 1
    return f"{oid}.{number}"

"""Define-XML 2.0 and 2.1 as a `DefineDocument`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lxml import etree

from trialwright.findings import Finding
from trialwright.standards.define._names import Version
from trialwright.standards.define._parsing import attribute, child, children, elements, integer, text_of, translated
from trialwright.standards.define._reading_parts import (
    dangling,
    data_type,
    document_references,
    only_standard,
    program_of,
    read_codelist,
    read_documents,
)
from trialwright.standards.define.documents import (
    AnalysisDataset,
    AnalysisResult,
    AnalysisResultDisplay,
    Comment,
    DefineDocument,
    Method,
)
from trialwright.standards.define.where_clauses import RangeCheck, WhereClause, condition_of
from trialwright.standards.metadata import (
    Codelist,
    DataDefinition,
    DatasetMetadata,
    Origin,
    StandardReference,
    ValueLevel,
    VariableMetadata,
)

#: Origins of 2.0, as 2.1 says them: type and source. The source of what is on the case report form is not known.
_OLD_ORIGINS: Mapping[str, tuple[Origin, str]] = {"CRF": ("Collected", ""), "eDT": ("Collected", "Vendor")}
_ORIGINS: Mapping[str, Origin] = {
    "Collected": "Collected",
    "Derived": "Derived",
    "Assigned": "Assigned",
    "Protocol": "Protocol",
    "Predecessor": "Predecessor",
    "Not Available": "Not Available",
    "Other": "Other",
}
_COMPARATORS = frozenset({"EQ", "NE", "LT", "LE", "GT", "GE", "IN", "NOTIN"})


def read_current(root: etree._Element, version: Version) -> DefineDocument:
    """What a file of Define-XML 2.0 or 2.1 says."""
    return _Reader(root, version).document()


class _Reader:
    """Looks definitions up by OID; what is not there becomes a finding."""

    def __init__(self, root: etree._Element, version: Version) -> None:
        self.root, self.define_version = root, version
        self.version = next(elements(root, "MetaDataVersion"))
        self.findings: list[Finding] = []
        self.items = self._by_oid("ItemDef")
        self.value_lists = self._by_oid("def:ValueListDef")
        self.where_clauses = self._by_oid("def:WhereClauseDef")
        self.item_places = self._item_places()
        self.methods = {
            attribute(method, "OID"): Method(
                id=attribute(method, "OID"),
                text=translated(child(method, "Description")),
                name=attribute(method, "Name"),
                type="Imputation" if attribute(method, "Type") == "Imputation" else "Computation",
                documents=document_references(method),
            )
            for method in children(self.version, "MethodDef")
        }
        self.comments = {
            attribute(comment, "OID"): Comment(
                id=attribute(comment, "OID"),
                text=translated(child(comment, "Description")),
                documents=document_references(comment),
            )
            for comment in children(self.version, "def:CommentDef")
        }
        self.comment_texts = {id: comment.text for id, comment in self.comments.items()}
        self.standards = self._standards()

    def _by_oid(self, name: str) -> dict[str, etree._Element]:
        return {attribute(element, "OID"): element for element in children(self.version, name)}

    def _item_places(self) -> dict[str, tuple[str, str]]:
        """Item to the dataset and the name of the variable that it is."""
        places: dict[str, tuple[str, str]] = {}
        for group in children(self.version, "ItemGroupDef"):
            for reference in children(group, "ItemRef"):
                oid = attribute(reference, "ItemOID")
                item = self.items.get(oid)
                if item is not None:
                    places.setdefault(oid, (attribute(group, "Name"), attribute(item, "Name")))
        return places

    def _standards(self) -> dict[str, StandardReference]:
        container = child(self.version, "def:Standards")
        if container is None:
            name = attribute(self.version, "def:StandardName")
            # Datasets of 2.0 name no standard, and so follow the one there is.
            return {"": only_standard(self.version)} if name else {}
        return {
            attribute(standard, "OID"): StandardReference(
                name=attribute(standard, "Name"),
                version=attribute(standard, "Version"),
                type="CT" if attribute(standard, "Type") == "CT" else "IG",
                publishing_set=attribute(standard, "PublishingSet"),
                status=attribute(standard, "Status"),
                comment=self.comment(standard),
                comment_id=attribute(standard, "def:CommentOID"),
            )
            for standard in children(container, "def:Standard")
        }

    def comment(self, element: etree._Element) -> str:
        """The text of the comment that the element refers to."""
        oid = attribute(element, "def:CommentOID")
        if oid and oid not in self.comment_texts:
            self.findings.append(dangling("comment", oid, where=self._name(element)))
        return self.comment_texts.get(oid, "")

    @staticmethod
    def _name(element: etree._Element) -> str:
        name = attribute(element, "OID") or attribute(element, "ItemOID")
        return f"{etree.QName(element).localname} {name}".strip()

    def document(self) -> DefineDocument:
        study = next(elements(self.root, "GlobalVariables"), None)
        names = {} if study is None else {etree.QName(part).localname: text_of(part) for part in study}
        standard_keys = {oid: standard.key for oid, standard in self.standards.items()}
        codelists = [
            read_codelist(element, standards=standard_keys, comments=self.comment_texts, findings=self.findings)
            for element in children(self.version, "CodeList")
        ]
        datasets = [self.dataset(group, codelists) for group in children(self.version, "ItemGroupDef")]
        return DefineDocument(
            definition=DataDefinition(
                study=names.get("StudyName", ""),
                protocol=names.get("ProtocolName", ""),
                description=names.get("StudyDescription", ""),
                standards=tuple(self.standards.values()),
                datasets={dataset.name: dataset for dataset in datasets},
                codelists={codelist.id: codelist for codelist in codelists},
            ),
            file_id=attribute(self.root, "FileOID"),
            name=attribute(self.version, "Name"),
            text=attribute(self.version, "Description"),
            context=attribute(self.root, "def:Context") or "Submission",
            documents=read_documents(self.version),
            annotated_crf=document_references(child(self.version, "def:AnnotatedCRF")),
            supplements=document_references(child(self.version, "def:SupplementalDoc")),
            methods=self.methods,
            comments=self.comments,
            displays=tuple(self.display(display) for display in elements(self.version, "arm:ResultDisplay")),
            version=attribute(self.version, "def:DefineVersion"),
            created=attribute(self.root, "CreationDateTime"),
            program=program_of(self.root),
            findings=tuple(self.findings),
        )

    def dataset(self, group: etree._Element, codelists: list[Codelist]) -> DatasetMetadata:
        name = attribute(group, "Name")
        references = _in_order(children(group, "ItemRef"))
        keyed = [(integer(reference, "KeySequence"), attribute(reference, "ItemOID")) for reference in references]
        keys = sorted((sequence, oid) for sequence, oid in keyed if sequence is not None)
        kind = child(group, "def:Class")
        known_lists = {codelist.id for codelist in codelists}
        variables = [self.variable(reference, name, known_lists) for reference in references]
        leaf = child(group, "def:leaf")
        domain = attribute(group, "Domain")
        standard = self.standards.get(attribute(group, "def:StandardOID"))
        return DatasetMetadata(
            name=name,
            label=translated(child(group, "Description")),
            kind=attribute(group, "def:Class") if kind is None else attribute(kind, "Name"),
            subclasses=tuple(attribute(part, "Name") for part in elements(group, "def:SubClass")),
            structure=attribute(group, "def:Structure"),
            keys=tuple(self.item_places[oid][1] for _, oid in keys if oid in self.item_places),
            variables=tuple(variable for variable in variables if variable is not None),
            purpose=attribute(group, "Purpose"),
            is_repeating=attribute(group, "Repeating") != "No",
            is_reference_data=attribute(group, "IsReferenceData") == "Yes",
            comment=self.comment(group),
            comment_id=attribute(group, "def:CommentOID"),
            file="" if leaf is None else attribute(leaf, "xlink:href"),
            file_title="" if leaf is None else text_of(child(leaf, "def:title")),
            domain="" if domain == name else domain,
            standard=standard.key if standard is not None else "",
            is_nonstandard=attribute(group, "def:IsNonStandard") == "Yes",
            has_no_data=attribute(group, "def:HasNoData") == "Yes",
        )

    def variable(self, reference: etree._Element, dataset: str, codelists: set[str]) -> VariableMetadata | None:
        oid = attribute(reference, "ItemOID")
        item = self.items.get(oid)
        if item is None:
            self.findings.append(dangling("ItemDef", oid, where=dataset))
            return None
        place = f"{dataset}.{attribute(item, 'Name')}"
        origin, source, origin_text = self.origin(item)
        method_id = attribute(reference, "MethodOID")
        method = self.methods.get(method_id)
        if method_id and method is None:
            self.findings.append(dangling("MethodDef", method_id, where=place))
        codelist_reference = child(item, "CodeListRef")
        codelist = "" if codelist_reference is None else attribute(codelist_reference, "CodeListOID")
        if codelist and codelist not in codelists:
            self.findings.append(dangling("CodeList", codelist, where=place))
        is_predecessor = origin == "Predecessor"
        return VariableMetadata(
            name=attribute(item, "Name"),
            label=translated(child(item, "Description")),
            type=data_type(item, self.findings),
            length=integer(item, "Length"),
            significant_digits=integer(item, "SignificantDigits"),
            display_format=attribute(item, "def:DisplayFormat"),
            origin=origin,
            source=source,
            origin_text="" if is_predecessor else origin_text,
            documents=document_references(child(item, "def:Origin")),
            method=origin_text if is_predecessor else (method.text if method is not None else ""),
            method_id=method_id if method is not None else "",
            comment=self.comment(item),
            comment_id=attribute(item, "def:CommentOID"),
            codelist=codelist,
            is_mandatory=attribute(reference, "Mandatory") == "Yes",
            role=attribute(reference, "Role"),
            is_nonstandard=attribute(reference, "def:IsNonStandard") == "Yes",
            has_no_data=attribute(reference, "def:HasNoData") == "Yes",
            value_level=self.value_level(item, dataset, codelists),
        )

    def origin(self, item: etree._Element) -> tuple[Origin | None, str, str]:
        """Type, source and description of the first origin."""
        origin = child(item, "def:Origin")
        if origin is None:
            return None, "", ""
        given, source = attribute(origin, "Type"), attribute(origin, "Source")
        text = translated(child(origin, "Description"))
        if given in _OLD_ORIGINS:
            kind, old_source = _OLD_ORIGINS[given]
            return kind, source or old_source, text
        return _ORIGINS.get(given, "Other"), source, text

    def value_level(self, item: etree._Element, dataset: str, codelists: set[str]) -> tuple[ValueLevel, ...]:
        reference = child(item, "def:ValueListRef")
        if reference is None:
            return ()
        oid = attribute(reference, "ValueListOID")
        value_list = self.value_lists.get(oid)
        if value_list is None:
            self.findings.append(dangling("ValueListDef", oid, where=self._name(item)))
            return ()
        parts: list[ValueLevel] = []
        for part in _in_order(children(value_list, "ItemRef")):
            variable = self.variable(part, dataset, codelists)
            if variable is None:
                continue
            clauses, comment_id = self.clauses(part, dataset)
            parts.append(
                ValueLevel(
                    where=condition_of(clauses, dataset=dataset, is_number=self.is_number),
                    variable=replace(variable, value_level=()),
                    comment=self.comment_texts.get(comment_id, ""),
                    comment_id=comment_id,
                )
            )
        return tuple(parts)

    def clauses(self, element: etree._Element, dataset: str) -> tuple[list[WhereClause], str]:
        """The where clauses that the element refers to, and the id of their comment."""
        clauses: list[WhereClause] = []
        comment_id = ""
        for reference in children(element, "def:WhereClauseRef"):
            oid = attribute(reference, "WhereClauseOID")
            definition = self.where_clauses.get(oid)
            if definition is None:
                self.findings.append(dangling("WhereClauseDef", oid, where=self._name(element)))
                continue
            comment_id = comment_id or attribute(definition, "def:CommentOID")
            clauses.append(tuple(self.range_check(check, dataset) for check in children(definition, "RangeCheck")))
        return clauses, comment_id

    def range_check(self, check: etree._Element, dataset: str) -> RangeCheck:
        oid = attribute(check, "def:ItemOID")
        of, variable = self.item_places.get(oid, (dataset, ""))
        if not variable:
            self.findings.append(dangling("ItemDef", oid, where="RangeCheck"))
            variable = oid.rpartition(".")[2] or "UNKNOWN"
        comparator = attribute(check, "Comparator")
        return RangeCheck(
            dataset=of,
            variable=variable,
            comparator=comparator if comparator in _COMPARATORS else "EQ",
            values=tuple(text_of(value) for value in children(check, "CheckValue")),
        )

    def is_number(self, dataset: str, variable: str) -> bool:
        """Whether the variable is a number, by its ItemDef."""
        types = (
            attribute(self.items[oid], "DataType")
            for oid, place in self.item_places.items()
            if place == (dataset, variable)
        )
        return next(types, "") in ("integer", "float")

    def display(self, display: etree._Element) -> AnalysisResultDisplay:
        return AnalysisResultDisplay(
            id=attribute(display, "OID"),
            name=attribute(display, "Name"),
            title=translated(child(display, "Description")),
            documents=document_references(display),
            results=tuple(self.result(result) for result in children(display, "arm:AnalysisResult")),
        )

    def result(self, result: etree._Element) -> AnalysisResult:
        container = child(result, "arm:AnalysisDatasets")
        documentation, code = child(result, "arm:Documentation"), child(result, "arm:ProgrammingCode")
        return AnalysisResult(
            id=attribute(result, "OID"),
            description=translated(child(result, "Description")),
            reason=attribute(result, "AnalysisReason"),
            purpose=attribute(result, "AnalysisPurpose"),
            parameter=".".join(self.place(attribute(result, "ParameterOID"), self._name(result))),
            datasets=()
            if container is None
            else tuple(self.analysis_dataset(part) for part in children(container, "arm:AnalysisDataset")),
            join="" if container is None else self.comment(container),
            join_id="" if container is None else attribute(container, "def:CommentOID"),
            documentation="" if documentation is None else translated(child(documentation, "Description")),
            documentation_documents=document_references(documentation),
            code="" if code is None else text_of(child(code, "arm:Code")),
            code_context="" if code is None else attribute(code, "Context"),
            code_documents=document_references(code),
        )

    def analysis_dataset(self, element: etree._Element) -> AnalysisDataset:
        groups = {attribute(group, "OID"): attribute(group, "Name") for group in children(self.version, "ItemGroupDef")}
        oid = attribute(element, "ItemGroupOID")
        if oid not in groups:
            self.findings.append(dangling("ItemGroupDef", oid, where="arm:AnalysisDataset"))
        dataset = groups.get(oid, "")
        clauses, _ = self.clauses(element, dataset)
        variables = [
            self.place(attribute(variable, "ItemOID"), "arm:AnalysisVariable")
            for variable in children(element, "arm:AnalysisVariable")
        ]
        return AnalysisDataset(
            dataset=dataset,
            where=condition_of(clauses, dataset=dataset, is_number=self.is_number),
            variables=tuple(variable[-1] for variable in variables if variable),
        )

    def place(self, oid: str, where: str) -> tuple[str, ...]:
        """Dataset and name of the variable; nothing without OID, and with a finding where there is no such item."""
        if not oid:
            return ()
        if oid not in self.item_places:
            self.findings.append(dangling("ItemDef", oid, where=where))
            return ()
        return self.item_places[oid]


def _in_order(references: list[etree._Element]) -> list[etree._Element]:
    """By OrderNumber where all have one, else as the file has them."""
    numbers = [integer(reference, "OrderNumber") for reference in references]
    if any(number is None for number in numbers):
        return references
    return [reference for _, reference in sorted(zip(numbers, references, strict=True), key=lambda pair: pair[0] or 0)]

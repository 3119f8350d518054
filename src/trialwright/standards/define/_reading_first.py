"""Define-XML 1.0, with the draft of analysis results metadata, as a `DefineDocument`.

What 2.1 says in another way is turned into that:

- Classes of datasets have their names of today (`BDS` is BASIC DATA STRUCTURE).
- Origins are words there: `CRF Pages 7, 8` is Collected with these pages of the annotated case report form, `eDT` is
  Collected from a vendor. What is none of today's origins is Other, with the words kept.
- Value lists name values, not conditions. A list of PARAMCD, --TESTCD, QNAM, ... is of the records with that value; a
  list of another variable in a dataset with PARAMCD is of the records with that parameter. A list below a value of a
  list is of the records with both.
- Selection criteria of analyses are words; those that are conditions are read as such, others are kept as words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from lxml import etree

from trialwright.errors import ConditionError
from trialwright.findings import Finding
from trialwright.standards.define._parsing import attribute, child, children, elements, integer, text_of
from trialwright.standards.define._reading_parts import (
    dangling,
    data_type,
    only_standard,
    program_of,
    read_codelist,
    read_documents,
)
from trialwright.standards.define.documents import (
    AnalysisDataset,
    AnalysisResult,
    AnalysisResultDisplay,
    DefineDocument,
    LinkedDocument,
    Method,
    identify,
)
from trialwright.standards.define.where_clauses import RangeCheck, clauses_of, condition_of
from trialwright.standards.metadata import (
    DataDefinition,
    DatasetMetadata,
    DocumentReference,
    Origin,
    ValueLevel,
    VariableMetadata,
)

#: Classes as files of 1.0 write them, in small letters.
_CLASSES = {
    "adsl": "SUBJECT LEVEL ANALYSIS DATASET",
    "bds": "BASIC DATA STRUCTURE",
    "adae": "OCCURRENCE DATA STRUCTURE",
    "occds": "OCCURRENCE DATA STRUCTURE",
}
_ORIGINS: Mapping[str, tuple[Origin, str]] = {
    "derived": ("Derived", ""),
    "assigned": ("Assigned", ""),
    "protocol": ("Protocol", ""),
    "predecessor": ("Predecessor", ""),
    "edt": ("Collected", "Vendor"),
}
_CRF_PAGES = re.compile(r"CRF\s+Pages?\s+(\d+(?:\s*,\s*\d+)*)", re.IGNORECASE)


def read_first(root: etree._Element) -> DefineDocument:
    """What a file of Define-XML 1.0 says."""
    return _Reader(root).document()


class _Reader:
    """Looks definitions up by OID; what is not there becomes a finding."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.version = next(elements(root, "MetaDataVersion"))
        self.findings: list[Finding] = []
        self.items = {attribute(item, "OID"): item for item in children(self.version, "ItemDef")}
        self.value_lists = {attribute(part, "OID"): part for part in children(self.version, "def:ValueListDef")}
        self.codelists = {
            attribute(element, "OID"): read_codelist(element, standards={}, comments={}, findings=self.findings)
            for element in children(self.version, "CodeList")
        }
        self.methods = {
            attribute(method, "OID"): Method(
                id=attribute(method, "OID"),
                text=text_of(method),
                name=attribute(method, "Name") or attribute(method, "OID"),
            )
            for method in children(self.version, "def:ComputationMethod")
        }
        self.groups = {attribute(group, "OID"): group for group in children(self.version, "ItemGroupDef")}
        self.documents = read_documents(self.version)
        standard = only_standard(self.version)
        self.standards = (standard,) if standard.name else ()
        self.annotated_crf = self._references("def:AnnotatedCRF")
        self.item_places = {
            attribute(reference, "ItemOID"): attribute(group, "Name")
            for group in self.groups.values()
            for reference in children(group, "ItemRef")
        }

    def _references(self, name: str) -> tuple[DocumentReference, ...]:
        container = child(self.version, name)
        references = [] if container is None else children(container, "def:DocumentRef")
        return tuple(DocumentReference(document=attribute(reference, "leafID")) for reference in references)

    def document(self) -> DefineDocument:
        study = next(elements(self.root, "GlobalVariables"), None)
        names = {} if study is None else {etree.QName(part).localname: text_of(part) for part in study}
        datasets = [self.dataset(group) for group in self.groups.values()]
        document = DefineDocument(
            definition=DataDefinition(
                study=names.get("StudyName", ""),
                protocol=names.get("ProtocolName", ""),
                description=names.get("StudyDescription", ""),
                standards=self.standards,
                datasets={dataset.name: dataset for dataset in datasets},
                codelists=self.codelists,
            ),
            file_id=attribute(self.root, "FileOID"),
            name=attribute(self.version, "Name"),
            text=attribute(self.version, "Description"),
            annotated_crf=self.annotated_crf,
            supplements=self._references("def:SupplementalDoc"),
            methods=self.methods,
            displays=tuple(self.display(display) for display in elements(self.version, "arm:ResultDisplay")),
            documents=self.documents,
            version=attribute(self.version, "def:DefineVersion"),
            created=attribute(self.root, "CreationDateTime"),
            program=program_of(self.root),
            findings=tuple(self.findings),
        )
        return identify(document)

    def dataset(self, group: etree._Element) -> DatasetMetadata:
        name = attribute(group, "Name")
        references = children(group, "ItemRef")
        own_names = [attribute(self.items[oid], "Name") for oid in self._oids(references) if oid in self.items]
        variables = [self.variable(reference, name, own_names) for reference in references]
        kind = attribute(group, "def:Class")
        leaf = child(group, "def:leaf")
        domain = attribute(group, "Domain")
        return DatasetMetadata(
            name=name,
            label=attribute(group, "def:Label"),
            kind=_CLASSES.get(kind.lower(), kind.upper()),
            structure=attribute(group, "def:Structure"),
            keys=tuple(self.keys(group, own_names)),
            variables=tuple(variable for variable in variables if variable is not None),
            purpose=attribute(group, "Purpose"),
            is_repeating=attribute(group, "Repeating") != "No",
            is_reference_data=attribute(group, "IsReferenceData") == "Yes",
            comment=attribute(group, "Comment"),
            file="" if leaf is None else attribute(leaf, "xlink:href"),
            file_title="" if leaf is None else text_of(child(leaf, "def:title")),
            domain="" if domain == name else domain,
            standard=self.standards[0].key if self.standards else "",
        )

    def keys(self, group: etree._Element, own_names: Sequence[str]) -> Iterator[str]:
        """The variables that identify a record; one that the dataset has not is told."""
        for key in re.split(r"[\s,]+", attribute(group, "def:DomainKeys")):
            if key in own_names:
                yield key
            elif key:
                self.findings.append(dangling("key variable", key, where=attribute(group, "Name")))

    @staticmethod
    def _oids(references: Sequence[etree._Element]) -> list[str]:
        return [attribute(reference, "ItemOID") for reference in references]

    def variable(self, reference: etree._Element, dataset: str, own_names: Sequence[str]) -> VariableMetadata | None:
        oid = attribute(reference, "ItemOID")
        item = self.items.get(oid)
        if item is None:
            self.findings.append(dangling("ItemDef", oid, where=dataset))
            return None
        name = attribute(item, "Name")
        origin, source, origin_text, pages = self.origin(attribute(item, "Origin"))
        method_id = attribute(item, "def:ComputationMethodOID")
        method = self.methods.get(method_id)
        if method_id and method is None:
            self.findings.append(dangling("def:ComputationMethod", method_id, where=f"{dataset}.{name}"))
        codelist_reference = child(item, "CodeListRef")
        codelist = "" if codelist_reference is None else attribute(codelist_reference, "CodeListOID")
        if codelist and codelist not in self.codelists:
            self.findings.append(dangling("CodeList", codelist, where=f"{dataset}.{name}"))
        return VariableMetadata(
            name=name,
            label=attribute(item, "def:Label"),
            type=data_type(item, self.findings),
            length=integer(item, "Length"),
            significant_digits=integer(item, "SignificantDigits"),
            display_format=attribute(item, "def:DisplayFormat"),
            origin=origin,
            source=source,
            origin_text=origin_text,
            documents=pages,
            method=method.text if method is not None else "",
            method_id=method_id if method is not None else "",
            comment=attribute(item, "Comment"),
            codelist=codelist,
            is_mandatory=attribute(reference, "Mandatory") == "Yes",
            role=attribute(reference, "Role"),
            value_level=tuple(self.value_level(item, dataset, own_names, ())),
        )

    def origin(self, text: str) -> tuple[Origin | None, str, str, tuple[DocumentReference, ...]]:
        """Type, source, what else the words say, and the pages."""
        if not text:
            return None, "", "", ()
        known = _ORIGINS.get(text.lower())
        if known is not None:
            return *known, "", ()
        pages = _CRF_PAGES.fullmatch(text)
        if pages is None or not self.annotated_crf:
            return ("Collected", "", text, ()) if text.upper().startswith("CRF") else ("Other", "", text, ())
        numbers = " ".join(re.split(r"\s*,\s*", pages[1]))
        reference = replace(self.annotated_crf[0], pages=numbers, page_kind="PhysicalRef")
        return "Collected", "", "", (reference,)

    def value_level(
        self, item: etree._Element, dataset: str, own_names: Sequence[str], above: tuple[RangeCheck, ...]
    ) -> Iterator[ValueLevel]:
        """The values of the list that the item refers to, and of the lists below them."""
        reference = child(item, "def:ValueListRef")
        if reference is None:
            return
        oid = attribute(reference, "ValueListOID")
        value_list = self.value_lists.get(oid)
        if value_list is None:
            self.findings.append(dangling("ValueListDef", oid, where=f"{dataset} {attribute(item, 'OID')}"))
            return
        variable = _variable_of_list(oid, attribute(item, "Name"), own_names)
        for part in children(value_list, "ItemRef"):
            value = self.items.get(attribute(part, "ItemOID"))
            if len(above) > 5:
                # A list that is below itself would never end; no file that means something is this deep.
                return
            described = self.variable_of_value(part, dataset)
            if value is None or described is None:
                continue
            check = RangeCheck(dataset=dataset, variable=variable, comparator="EQ", values=(described.name,))
            clause = (*above, check)
            where = condition_of([clause], dataset=dataset, is_number=lambda _dataset, _variable: False)
            yield ValueLevel(where=where, variable=described)
            yield from self.value_level(value, dataset, own_names, clause)

    def variable_of_value(self, reference: etree._Element, dataset: str) -> VariableMetadata | None:
        """What is said of a value, without the lists below it."""
        item = self.items.get(attribute(reference, "ItemOID"))
        below = None if item is None else child(item, "def:ValueListRef")
        if item is None or below is None:
            return self.variable(reference, dataset, ())
        item.remove(below)
        described = self.variable(reference, dataset, ())
        item.append(below)
        return described

    def display(self, display: etree._Element) -> AnalysisResultDisplay:
        return AnalysisResultDisplay(
            id=attribute(display, "OID"),
            name=attribute(display, "DisplayIdentifier"),
            title=attribute(display, "DisplayLabel"),
            documents=self._leaf(display),
            results=tuple(self.result(result) for result in children(display, "arm:AnalysisResults")),
        )

    def _leaf(self, element: etree._Element | None) -> tuple[DocumentReference, ...]:
        """The document that the element names; one that the file does not define is defined by its name."""
        id = "" if element is None else attribute(element, "leafID")
        if not id:
            return ()
        if id not in self.documents:
            self.findings.append(dangling("def:leaf", id, where=str(etree.QName(element).localname)))
            self.documents[id] = LinkedDocument(id=id, href=id, title=id)
        return (DocumentReference(document=id),)

    def result(self, result: etree._Element) -> AnalysisResult:
        reason = attribute(result, "Reason")
        documentation, code = child(result, "arm:Documentation"), child(result, "arm:ProgrammingCode")
        parameters = [attribute(parameter, "ParamCD") for parameter in elements(result, "arm:Parameter")]
        parts = [self.analysis_dataset(part, parameters) for part in children(result, "arm:AnalysisDataset")]
        datasets = [dataset for dataset, _ in parts]
        reader = next((dataset.dataset for dataset in datasets if self._has(dataset.dataset, "PARAMCD")), "")
        return AnalysisResult(
            id=attribute(result, "OID"),
            description=attribute(result, "ResultIdentifier"),
            reason=reason,
            purpose="PRIMARY OUTCOME MEASURE" if reason.lower().startswith("primary endpoint") else "",
            parameter=f"{reader}.PARAMCD" if parameters and reader else "",
            datasets=tuple(self._with_variables(datasets, result)),
            join="; ".join(words for _, words in parts if words),
            documentation=text_of(documentation),
            documentation_documents=self._leaf(documentation),
            code="" if code is None else text_of(child(code, "def:ComputationMethod")),
            code_documents=self._leaf(code),
        )

    def analysis_dataset(self, element: etree._Element, parameters: Sequence[str]) -> tuple[AnalysisDataset, str]:
        """The dataset with the condition that its criteria are, or with the words that they are."""
        reference = child(element, "ItemGroupRef")
        oid = "" if reference is None else attribute(reference, "ItemGroupOID")
        group = self.groups.get(oid)
        if group is None:
            self.findings.append(dangling("ItemGroupDef", oid, where="AnalysisDataset"))
        dataset = oid if group is None else attribute(group, "Name")
        criteria = child(element, "arm:SelectionCriteria")
        words = text_of(criteria).removeprefix("[").removesuffix("]").strip()
        where = _condition(words, dataset)
        told = "" if where or not words else f"{dataset}: {words}"
        clauses = clauses_of(where, dataset=dataset)
        chooses = any(check.variable == "PARAMCD" for clause in clauses for check in clause)
        if parameters and not chooses and self._has(dataset, "PARAMCD"):
            comparator = "IN" if len(parameters) > 1 else "EQ"
            chosen = RangeCheck(dataset=dataset, variable="PARAMCD", comparator=comparator, values=tuple(parameters))
            clauses = tuple((*clause, chosen) for clause in clauses or ((),))
            where = condition_of(clauses, dataset=dataset, is_number=self._is_number)
        return AnalysisDataset(dataset=dataset, where=where), told

    def _has(self, dataset: str, variable: str) -> bool:
        return any(
            place == dataset and attribute(self.items[oid], "Name") == variable
            for oid, place in self.item_places.items()
            if oid in self.items
        )

    def _is_number(self, dataset: str, variable: str) -> bool:
        item = self.items.get(f"{dataset}.{variable}")
        return item is not None and attribute(item, "DataType") in ("integer", "float")

    def _with_variables(self, datasets: Sequence[AnalysisDataset], result: etree._Element) -> Iterator[AnalysisDataset]:
        """The datasets with the analysis variables that are theirs; a variable of no such dataset is told."""
        named = [dataset.dataset for dataset in datasets]
        of: dict[str, list[str]] = {name: [] for name in named}
        for variable in children(result, "arm:AnalysisVariable"):
            oid = attribute(variable, "ItemOID")
            place, item = self.item_places.get(oid, ""), self.items.get(oid)
            if item is None or place not in of:
                self.findings.append(dangling("ItemDef", oid, where=f"AnalysisResults {attribute(result, 'OID')}"))
                continue
            of[place].append(attribute(item, "Name"))
        for position, dataset in enumerate(datasets):
            # A dataset that is read twice has its variables once.
            is_first = named.index(dataset.dataset) == position
            yield replace(dataset, variables=tuple(of[dataset.dataset]) if is_first else ())


def _variable_of_list(oid: str, item_name: str, own_names: Sequence[str]) -> str:
    """The variable whose values the list has, by the last part of its OID, else the one that refers to it."""
    last = oid.rpartition(".")[2]
    variable = last if last in own_names else item_name
    is_topic = variable.endswith(("TESTCD", "PARMCD", "CAT")) or variable in ("PARAMCD", "QNAM")
    return "PARAMCD" if not is_topic and "PARAMCD" in own_names else variable


def _condition(words: str, dataset: str) -> str:
    """The words as a condition, in its canonical form; nothing where they are none."""
    try:
        clauses = clauses_of(words, dataset=dataset)
    except ConditionError:
        return ""
    return condition_of(clauses, dataset=dataset, is_number=lambda _dataset, _variable: False)

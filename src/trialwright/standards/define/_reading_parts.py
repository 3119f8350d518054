"""What Define-XML 1.0, 2.0 and 2.1 write alike: codelists, documents, references, and what is not kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from lxml import etree

from trialwright.findings import Finding, Rule, Severity
from trialwright.standards.define._names import short_name
from trialwright.standards.define._parsing import attribute, child, children, integer, text_of, translated
from trialwright.standards.define.documents import LinkedDocument
from trialwright.standards.metadata import Codelist, CodelistTerm, DocumentReference, StandardReference, VariableType

NOT_KEPT = Rule(
    id="define.not-kept",
    title="A define.xml says only what is kept when it is read.",
    source="Define-XML 2.1, section 5",
    severity=Severity.NOTE,
)
DANGLING = Rule(
    id="define.dangling-reference",
    title="Whatever a define.xml refers to is in it.",
    source="Define-XML 2.1, section 5.2 (OIDs and references)",
)
UNKNOWN_TYPE = Rule(
    id="define.data-type",
    title="Data types are those of Define-XML.",
    source="Define-XML 2.1, section 4.3.1",
    severity=Severity.WARNING,
)

DATA_TYPES: Mapping[str, VariableType] = {
    "text": "text",
    "integer": "integer",
    "float": "float",
    "date": "date",
    "time": "time",
    "datetime": "datetime",
    "partialDate": "partialDate",
    "partialTime": "partialTime",
    "partialDatetime": "partialDatetime",
    "incompleteDatetime": "incompleteDatetime",
    "durationDatetime": "durationDatetime",
    "intervalDatetime": "intervalDatetime",
}
#: Types of ODM that Define-XML leaves out, and the one that says the same.
_ODM_TYPES: Mapping[str, VariableType] = {
    "string": "text",
    "double": "float",
    "boolean": "text",
    "URI": "text",
    "hexBinary": "text",
    "base64Binary": "text",
    "hexFloat": "text",
    "base64Float": "text",
}

#: Names of standards in 1.0 and 2.0, in small letters, and those of 2.1.
_STANDARD_NAMES = {
    "cdisc sdtm": "SDTMIG",
    "sdtm": "SDTMIG",
    "sdtm-ig": "SDTMIG",
    "cdisc adam": "ADaMIG",
    "adam": "ADaMIG",
    "adam-ig": "ADaMIG",
    "cdisc send": "SENDIG",
    "send-ig": "SENDIG",
}
#: By element, the attributes and children that are read; all versions together.
_KEPT: Mapping[str, str] = {
    "ODM": "FileOID FileType ODMVersion CreationDateTime SourceSystem SourceSystemVersion def:Context Study",
    "Study": "OID GlobalVariables MetaDataVersion",
    "GlobalVariables": "StudyName StudyDescription ProtocolName",
    "MetaDataVersion": (
        "OID Name Description def:DefineVersion def:StandardName def:StandardVersion def:Standards def:AnnotatedCRF "
        "def:SupplementalDoc def:leaf def:ValueListDef def:WhereClauseDef def:ComputationMethod ItemGroupDef ItemDef "
        "CodeList MethodDef def:CommentDef arm:AnalysisResultDisplays"
    ),
    "def:Standards": "def:Standard",
    "def:Standard": "OID Name Type Version Status PublishingSet def:CommentOID",
    "def:AnnotatedCRF": "def:DocumentRef",
    "def:SupplementalDoc": "def:DocumentRef",
    "def:DocumentRef": "leafID def:PDFPageRef",
    "def:PDFPageRef": "Type PageRefs FirstPage LastPage Title",
    "def:leaf": "ID xlink:href def:title",
    "def:title": "",
    "def:ComputationMethod": "OID Name",
    "def:ValueListDef": "OID ItemRef",
    "def:WhereClauseDef": "OID def:CommentOID RangeCheck",
    "RangeCheck": "SoftHard def:ItemOID Comparator CheckValue",
    "CheckValue": "",
    "ItemRef": (
        "ItemOID OrderNumber Mandatory KeySequence MethodOID Role def:IsNonStandard def:HasNoData def:WhereClauseRef"
    ),
    "def:WhereClauseRef": "WhereClauseOID",
    "ItemGroupDef": (
        "OID Name Domain Repeating IsReferenceData SASDatasetName Purpose Comment def:Label def:Structure "
        "def:DomainKeys def:Class def:ArchiveLocationID def:StandardOID def:IsNonStandard def:HasNoData def:CommentOID "
        "Description ItemRef def:leaf"
    ),
    "def:Class": "Name def:SubClass",
    "def:SubClass": "Name",
    "ItemDef": (
        "OID Name DataType Length SignificantDigits SASFieldName Origin Comment def:Label def:DisplayFormat "
        "def:ComputationMethodOID def:CommentOID Description CodeListRef def:Origin def:ValueListRef"
    ),
    "CodeListRef": "CodeListOID",
    "def:ValueListRef": "ValueListOID",
    "def:Origin": "Type Source Description def:DocumentRef",
    "CodeList": (
        "OID Name DataType def:StandardOID def:IsNonStandard def:CommentOID EnumeratedItem CodeListItem "
        "ExternalCodeList Alias"
    ),
    "EnumeratedItem": "CodedValue OrderNumber Rank def:Rank def:ExtendedValue Alias",
    "CodeListItem": "CodedValue OrderNumber Rank def:Rank def:ExtendedValue Decode Alias",
    "ExternalCodeList": "Dictionary Version href",
    "Alias": "Name Context",
    "Decode": "TranslatedText",
    "Description": "TranslatedText",
    "TranslatedText": "xml:lang",
    "MethodDef": "OID Name Type Description def:DocumentRef",
    "def:CommentDef": "OID Description def:DocumentRef",
    "arm:AnalysisResultDisplays": "arm:ResultDisplay",
    "arm:ResultDisplay": (
        "OID Name DisplayIdentifier DisplayLabel leafID Description def:DocumentRef arm:AnalysisResult "
        "arm:AnalysisResults"
    ),
    "arm:AnalysisResult": (
        "OID ParameterOID AnalysisReason AnalysisPurpose Description arm:AnalysisDatasets arm:Documentation "
        "arm:ProgrammingCode"
    ),
    "arm:AnalysisResults": (
        "OID Reason ResultIdentifier arm:AnalysisVariable arm:AnalysisDataset arm:Documentation arm:ProgrammingCode "
        "arm:ParameterList"
    ),
    "arm:ParameterList": "arm:Parameter",
    "arm:Parameter": "ParamCD Param",
    "arm:AnalysisDatasets": "def:CommentOID arm:AnalysisDataset",
    "arm:AnalysisDataset": "ItemGroupOID def:WhereClauseRef arm:AnalysisVariable ItemGroupRef arm:SelectionCriteria",
    "ItemGroupRef": "ItemGroupOID Mandatory",
    "arm:SelectionCriteria": "def:ComputationMethod",
    "arm:AnalysisVariable": "ItemOID",
    "arm:Documentation": "leafID Description TranslatedText def:DocumentRef",
    "arm:ProgrammingCode": "leafID Context arm:Code def:ComputationMethod def:DocumentRef",
    "arm:Code": "",
}
_KEPT_PARTS = {element: frozenset(parts.split()) for element, parts in _KEPT.items()}
_SCHEMA_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"


def findings_of_what_is_not_kept(root: etree._Element) -> list[Finding]:
    """A note for each kind of element or attribute that is not read, with how many there are."""
    counts: Counter[tuple[str, str, bool]] = Counter()
    waiting = [root]
    while waiting:
        element = waiting.pop()
        name = short_name(str(element.tag))
        kept = _KEPT_PARTS.get(name, frozenset())
        for key in element.attrib:
            attribute_name = short_name(str(key))
            if attribute_name not in kept and not attribute_name.startswith(_SCHEMA_INSTANCE):
                counts[name, attribute_name, True] += 1
        for part in element.iterchildren(etree.Element):
            part_name = short_name(str(part.tag))
            if part_name in kept:
                waiting.append(part)
            else:
                counts[name, part_name, False] += 1
    return [
        Finding.of(
            NOT_KEPT,
            where=element,
            message=(
                f"The {'attribute' if is_attribute else 'element'} {part} of {element} is not kept ({count} of them)."
            ),
            evidence=part,
        )
        for (element, part, is_attribute), count in sorted(counts.items())
    ]


def data_type(element: etree._Element, findings: list[Finding]) -> VariableType:
    """The data type of an ItemDef or CodeList; text, with a finding, where Define-XML has no such type."""
    given = attribute(element, "DataType")
    known = DATA_TYPES.get(given)
    if known is not None:
        return known
    taken = _ODM_TYPES.get(given, "text")
    findings.append(
        Finding.of(
            UNKNOWN_TYPE,
            where=f"{short_name(str(element.tag))} {attribute(element, 'OID')}",
            message=f"The data type {given!r} is none of Define-XML's; it is read as {taken}.",
            evidence=given,
            remedy=f"Write one of {', '.join(DATA_TYPES)}.",
        )
    )
    return taken


def only_standard(version: etree._Element) -> StandardReference:
    """The standard that a file of 1.0 or 2.0 names, by the name that 2.1 has for it."""
    name = attribute(version, "def:StandardName")
    return StandardReference(
        name=_STANDARD_NAMES.get(name.lower(), name), version=attribute(version, "def:StandardVersion")
    )


def program_of(root: etree._Element) -> str:
    """The program that made the file, with its version."""
    return f"{attribute(root, 'SourceSystem')} {attribute(root, 'SourceSystemVersion')}".strip()


def read_documents(version: etree._Element) -> dict[str, LinkedDocument]:
    """The documents beside the data, by id."""
    return {
        attribute(leaf, "ID"): LinkedDocument(
            id=attribute(leaf, "ID"), href=attribute(leaf, "xlink:href"), title=text_of(child(leaf, "def:title"))
        )
        for leaf in children(version, "def:leaf")
    }


def document_references(element: etree._Element | None) -> tuple[DocumentReference, ...]:
    """The places that the def:DocumentRef children name; one for each page reference."""
    if element is None:
        return ()
    places: list[DocumentReference] = []
    for reference in children(element, "def:DocumentRef"):
        document = attribute(reference, "leafID")
        pages = children(reference, "def:PDFPageRef")
        if not pages:
            places.append(DocumentReference(document=document))
        places.extend(
            DocumentReference(
                document=document,
                pages=attribute(page, "PageRefs"),
                page_kind=attribute(page, "Type"),
                first_page=attribute(page, "FirstPage"),
                last_page=attribute(page, "LastPage"),
                title=attribute(page, "Title"),
            )
            for page in pages
        )
    return tuple(places)


def read_codelist(
    element: etree._Element, *, standards: Mapping[str, str], comments: Mapping[str, str], findings: list[Finding]
) -> Codelist:
    """A CodeList of any version.

    standards  OID of a standard to its key; `comments`: OID of a comment to its text
    """
    external = child(element, "ExternalCodeList")
    items = [item for item in element if short_name(str(item.tag)) in ("CodeListItem", "EnumeratedItem")]
    comment_id = attribute(element, "def:CommentOID")
    return Codelist(
        id=attribute(element, "OID"),
        name=attribute(element, "Name"),
        type=data_type(element, findings),
        terms=tuple(_term(item) for item in items),
        code=_nci_code(element),
        dictionary="" if external is None else attribute(external, "Dictionary"),
        version="" if external is None else attribute(external, "Version"),
        href="" if external is None else attribute(external, "href"),
        standard=standards.get(attribute(element, "def:StandardOID"), ""),
        is_nonstandard=attribute(element, "def:IsNonStandard") == "Yes",
        comment=comments.get(comment_id, ""),
        comment_id=comment_id,
    )


def _term(item: etree._Element) -> CodelistTerm:
    rank = attribute(item, "Rank") or attribute(item, "def:Rank")
    return CodelistTerm(
        # Blanks around a value are part of it.
        value=str(item.get("CodedValue") or ""),
        decode=translated(child(item, "Decode")),
        order=integer(item, "OrderNumber"),
        rank=_number(rank),
        code=_nci_code(item),
        extends=attribute(item, "def:ExtendedValue") == "Yes",
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _nci_code(element: etree._Element) -> str:
    codes = (
        attribute(alias, "Name")
        for alias in children(element, "Alias")
        if attribute(alias, "Context") == "nci:ExtCodeID"
    )
    return next(codes, "")


def dangling(kind: str, oid: str, *, where: str) -> Finding:
    """The finding that `where` refers to a `kind` that the file has not."""
    return Finding.of(
        DANGLING,
        where=where,
        message=f"{where} refers to the {kind} {oid!r}, which the file does not define.",
        evidence=oid,
        remedy=f"Define it, or take the reference out of {where}.",
    )

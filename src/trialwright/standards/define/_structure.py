"""The structure of Define-XML 2.0 and 2.1 with analysis results metadata 1.0, as tables that `checks` reads.

Made from the schemas of Define-XML 2.1 and ARM 1.0 and the specification's tables of attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trialwright.standards.define._reading_parts import DATA_TYPES


@dataclass(frozen=True, slots=True)
class Part:
    """An element.

    attributes  those that it must have
    children    those that it may have, in their order; one that must be there ends in `!`
    either      children of which one must be there
    """

    attributes: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    either: tuple[str, ...] = ()

    @property
    def order(self) -> Mapping[str, int]:
        """The place of each child."""
        return {name.removesuffix("!"): place for place, name in enumerate(self.children)}


def _part(attributes: str = "", children: str = "", either: str = "") -> Part:
    return Part(tuple(attributes.split()), tuple(children.split()), tuple(either.split()))


STRUCTURE: Mapping[str, Part] = {
    "ODM": _part("FileType FileOID CreationDateTime ODMVersion", "Study!"),
    "Study": _part("OID", "GlobalVariables! MetaDataVersion!"),
    "GlobalVariables": _part("", "StudyName! StudyDescription! ProtocolName!"),
    "MetaDataVersion": _part(
        "OID Name def:DefineVersion",
        "def:Standards def:AnnotatedCRF def:SupplementalDoc def:ValueListDef def:WhereClauseDef ItemGroupDef! ItemDef! "
        "CodeList MethodDef def:CommentDef def:leaf arm:AnalysisResultDisplays",
    ),
    "def:Standards": _part("", "def:Standard!"),
    "def:Standard": _part("OID Name Type Version Status"),
    "def:AnnotatedCRF": _part("", "def:DocumentRef!"),
    "def:SupplementalDoc": _part("", "def:DocumentRef!"),
    "def:DocumentRef": _part("leafID", "def:PDFPageRef"),
    "def:PDFPageRef": _part("Type"),
    "def:leaf": _part("ID xlink:href", "def:title!"),
    "def:ValueListDef": _part("OID", "Description ItemRef!"),
    "def:WhereClauseDef": _part("OID", "RangeCheck!"),
    "RangeCheck": _part("Comparator SoftHard def:ItemOID", "CheckValue!"),
    "ItemGroupDef": _part(
        "OID Name Repeating IsReferenceData Purpose def:Structure",
        "Description! ItemRef! Alias def:Class def:leaf",
    ),
    "def:Class": _part("Name", "def:SubClass"),
    "def:SubClass": _part("Name"),
    "ItemRef": _part("ItemOID Mandatory", "def:WhereClauseRef"),
    "def:WhereClauseRef": _part("WhereClauseOID"),
    "ItemDef": _part("OID Name DataType", "Description CodeListRef Alias def:Origin def:ValueListRef"),
    "CodeListRef": _part("CodeListOID"),
    "def:ValueListRef": _part("ValueListOID"),
    "def:Origin": _part("Type", "Description def:DocumentRef"),
    "CodeList": _part(
        "OID Name DataType",
        "Description CodeListItem EnumeratedItem ExternalCodeList Alias",
        "CodeListItem EnumeratedItem ExternalCodeList",
    ),
    "CodeListItem": _part("CodedValue", "Decode! Alias Description"),
    "EnumeratedItem": _part("CodedValue", "Alias Description"),
    "ExternalCodeList": _part("Dictionary"),
    "Alias": _part("Name Context"),
    "Decode": _part("", "TranslatedText!"),
    "Description": _part("", "TranslatedText!"),
    "MethodDef": _part("OID Name Type", "Description! FormalExpression Alias def:DocumentRef"),
    "def:CommentDef": _part("OID", "Description! def:DocumentRef"),
    "arm:AnalysisResultDisplays": _part("", "arm:ResultDisplay!"),
    "arm:ResultDisplay": _part("OID Name", "Description! def:DocumentRef arm:AnalysisResult!"),
    "arm:AnalysisResult": _part(
        "OID AnalysisReason AnalysisPurpose",
        "Description! arm:AnalysisDatasets! arm:Documentation arm:ProgrammingCode",
    ),
    "arm:AnalysisDatasets": _part("", "arm:AnalysisDataset!"),
    "arm:AnalysisDataset": _part("ItemGroupOID", "def:WhereClauseRef arm:AnalysisVariable"),
    "arm:AnalysisVariable": _part("ItemOID"),
    "arm:Documentation": _part("", "Description! def:DocumentRef"),
    "arm:ProgrammingCode": _part("", "arm:Code def:DocumentRef"),
}

_CLASSES = frozenset(
    {
        "ADAM OTHER", "BASIC DATA STRUCTURE", "DEVICE LEVEL ANALYSIS DATASET", "EVENTS", "FINDINGS", "FINDINGS ABOUT",
        "INTERVENTIONS", "MEDICAL DEVICE BASIC DATA STRUCTURE", "MEDICAL DEVICE OCCURRENCE DATA STRUCTURE",
        "OCCURRENCE DATA STRUCTURE", "REFERENCE DATA STRUCTURE", "RELATIONSHIP", "SPECIAL PURPOSE", "STUDY REFERENCE",
        "SUBJECT LEVEL ANALYSIS DATASET", "TRIAL DESIGN",
    }
)  # fmt: skip
_YES_NO = frozenset({"Yes", "No"})
_YES = frozenset({"Yes"})

#: By element and attribute, the values that it may have (CDISC's DEFINE-XML terminology of 2025-03-28).
VALUES: Mapping[tuple[str, str], frozenset[str]] = {
    ("ODM", "FileType"): frozenset({"Snapshot"}),
    ("ODM", "def:Context"): frozenset({"Submission", "Other"}),
    ("def:Standard", "Type"): frozenset({"IG", "CT"}),
    ("def:PDFPageRef", "Type"): frozenset({"PhysicalRef", "NamedDestination"}),
    ("RangeCheck", "Comparator"): frozenset({"EQ", "NE", "LT", "LE", "GT", "GE", "IN", "NOTIN"}),
    ("RangeCheck", "SoftHard"): frozenset({"Soft", "Hard"}),
    ("ItemGroupDef", "Repeating"): _YES_NO,
    ("ItemGroupDef", "IsReferenceData"): _YES_NO,
    ("ItemGroupDef", "def:HasNoData"): _YES,
    ("ItemGroupDef", "def:IsNonStandard"): _YES,
    ("ItemGroupDef", "Purpose"): frozenset({"Tabulation", "Analysis"}),
    ("ItemGroupDef", "def:Class"): _CLASSES,
    ("def:Class", "Name"): _CLASSES,
    ("def:SubClass", "Name"): frozenset(
        {
            "ADVERSE EVENT", "MEDICAL DEVICE TIME-TO-EVENT", "NON-COMPARTMENTAL ANALYSIS",
            "POPULATION PHARMACOKINETIC ANALYSIS", "TIME-TO-EVENT",
        }
    ),
    ("ItemRef", "Mandatory"): _YES_NO,
    ("ItemRef", "def:HasNoData"): _YES,
    ("ItemRef", "def:IsNonStandard"): _YES,
    ("ItemDef", "DataType"): frozenset(DATA_TYPES),
    ("CodeList", "DataType"): frozenset({"text", "integer", "float"}),
    ("CodeList", "def:IsNonStandard"): _YES,
    ("CodeListItem", "def:ExtendedValue"): _YES,
    ("EnumeratedItem", "def:ExtendedValue"): _YES,
    ("MethodDef", "Type"): frozenset({"Computation", "Imputation"}),
}  # fmt: skip

#: What 2.1 and 2.0 say differently.
ORIGINS: Mapping[str, frozenset[str]] = {
    "2.1": frozenset({"Assigned", "Collected", "Derived", "Not Available", "Other", "Predecessor", "Protocol"}),
    "2.0": frozenset({"Assigned", "CRF", "Derived", "eDT", "Predecessor", "Protocol"}),
}
SOURCES = frozenset({"Investigator", "Sponsor", "Subject", "Vendor"})

#: Attributes that refer to a definition.
REFERENCES: Mapping[str, str] = {
    "ItemOID": "ItemDef",
    "def:ItemOID": "ItemDef",
    "ParameterOID": "ItemDef",
    "MethodOID": "MethodDef",
    "def:ComputationMethodOID": "def:ComputationMethod",
    "CodeListOID": "CodeList",
    "RoleCodeListOID": "CodeList",
    "ValueListOID": "def:ValueListDef",
    "WhereClauseOID": "def:WhereClauseDef",
    "def:CommentOID": "def:CommentDef",
    "def:StandardOID": "def:Standard",
    "leafID": "def:leaf",
    "def:ArchiveLocationID": "def:leaf",
    "ItemGroupOID": "ItemGroupDef",
}
#: What must be referred to, or is of no use.
USED = ("ItemDef", "CodeList", "MethodDef", "def:CommentDef", "def:ValueListDef", "def:WhereClauseDef")

"""check_define: a whole file has no findings, and each rule finds what violates it.

WHOLE is valid by the schema of Define-XML 2.1 and ARM 1.0 (as the Python package odmlib 0.2.1 ships it, tried with
lxml 6). The schema refuses the violations of element-order, unknown-element, allowed-value, duplicate-oid and
duplicate-order, the missing Context and Description, and the value that is twice in a codelist; it says nothing of the
others, which the specification asks for.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from trialwright.findings import Severity
from trialwright.standards.define import RULES, DefineError, check_define

WHOLE = """<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:def="http://www.cdisc.org/ns/def/v2.1"
  xmlns:arm="http://www.cdisc.org/ns/arm/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink" FileType="Snapshot"
  FileOID="F" CreationDateTime="2026-01-01T00:00:00" ODMVersion="1.3.2" def:Context="Submission">
<Study OID="S"><GlobalVariables><StudyName>S</StudyName><StudyDescription>S</StudyDescription>
<ProtocolName>S</ProtocolName></GlobalVariables>
<MetaDataVersion OID="MDV" Name="M" def:DefineVersion="2.1.0">
<def:Standards><def:Standard OID="STD.1" Name="ADaMIG" Type="IG" Version="1.3" Status="Final"/></def:Standards>
<def:SupplementalDoc><def:DocumentRef leafID="LF.ADRG"/></def:SupplementalDoc>
<def:ValueListDef OID="VL.AVAL">
<ItemRef ItemOID="IT.ADVS.AVAL.SYSBP" OrderNumber="1" Mandatory="No" MethodOID="MT.AVAL">\
<def:WhereClauseRef WhereClauseOID="WC.SYSBP"/></ItemRef></def:ValueListDef>
<def:WhereClauseDef OID="WC.SYSBP"><RangeCheck Comparator="EQ" SoftHard="Soft" def:ItemOID="IT.ADVS.PARAMCD">\
<CheckValue>SYSBP</CheckValue></RangeCheck></def:WhereClauseDef>
<ItemGroupDef OID="IG.ADVS" Name="ADVS" Repeating="Yes" IsReferenceData="No" Purpose="Analysis"
 def:Structure="One record per subject and parameter" def:ArchiveLocationID="LF.ADVS" def:StandardOID="STD.1">
<Description><TranslatedText xml:lang="en">Vital Signs</TranslatedText></Description>
<ItemRef ItemOID="IT.ADVS.USUBJID" OrderNumber="1" Mandatory="Yes" KeySequence="1"/>
<ItemRef ItemOID="IT.ADVS.PARAMCD" OrderNumber="2" Mandatory="Yes" KeySequence="2"/>
<ItemRef ItemOID="IT.ADVS.AVAL" OrderNumber="3" Mandatory="No"/>
<ItemRef ItemOID="IT.ADVS.CHG" OrderNumber="4" Mandatory="No" MethodOID="MT.CHG"/>
<def:Class Name="BASIC DATA STRUCTURE"/>
<def:leaf ID="LF.ADVS" xlink:href="advs.xpt"><def:title>advs.xpt</def:title></def:leaf></ItemGroupDef>
<ItemDef OID="IT.ADVS.USUBJID" Name="USUBJID" DataType="text" Length="11">
<Description><TranslatedText>Unique Subject Identifier</TranslatedText></Description>
<def:Origin Type="Predecessor"><Description><TranslatedText>DM.USUBJID</TranslatedText></Description></def:Origin>
</ItemDef>
<ItemDef OID="IT.ADVS.PARAMCD" Name="PARAMCD" DataType="text" Length="8">
<Description><TranslatedText>Parameter Code</TranslatedText></Description><CodeListRef CodeListOID="CL.PARAMCD"/>
<def:Origin Type="Assigned" Source="Sponsor"/></ItemDef>
<ItemDef OID="IT.ADVS.AVAL" Name="AVAL" DataType="float" Length="5" SignificantDigits="1">
<Description><TranslatedText>Analysis Value</TranslatedText></Description>\
<def:ValueListRef ValueListOID="VL.AVAL"/></ItemDef>
<ItemDef OID="IT.ADVS.CHG" Name="CHG" DataType="float" Length="5" SignificantDigits="1" def:CommentOID="COM.CHG">
<Description><TranslatedText>Change from Baseline</TranslatedText></Description>
<def:Origin Type="Derived" Source="Sponsor"/></ItemDef>
<ItemDef OID="IT.ADVS.AVAL.SYSBP" Name="AVAL.SYSBP" DataType="integer" Length="3">\
<def:Origin Type="Derived" Source="Sponsor"/></ItemDef>
<CodeList OID="CL.PARAMCD" Name="Parameter Code" DataType="text" def:IsNonStandard="Yes">
<CodeListItem CodedValue="SYSBP" OrderNumber="1"><Decode><TranslatedText>Systolic</TranslatedText></Decode>\
</CodeListItem>
<CodeListItem CodedValue="DIABP" OrderNumber="2"><Decode><TranslatedText>Diastolic</TranslatedText></Decode>\
</CodeListItem></CodeList>
<MethodDef OID="MT.AVAL" Name="AVAL" Type="Computation">\
<Description><TranslatedText>Mean of two</TranslatedText></Description></MethodDef>
<MethodDef OID="MT.CHG" Name="CHG" Type="Computation">\
<Description><TranslatedText>AVAL - BASE</TranslatedText></Description></MethodDef>
<def:CommentDef OID="COM.CHG"><Description><TranslatedText>Not at baseline</TranslatedText></Description>\
</def:CommentDef>
<def:leaf ID="LF.ADRG" xlink:href="adrg.pdf"><def:title>Guide</def:title></def:leaf>
<arm:AnalysisResultDisplays><arm:ResultDisplay OID="RD.1" Name="14-1">\
<Description><TranslatedText>Vital signs</TranslatedText></Description>
<arm:AnalysisResult OID="AR.1" ParameterOID="IT.ADVS.PARAMCD" AnalysisReason="SPECIFIED IN SAP"\
 AnalysisPurpose="PRIMARY OUTCOME MEASURE"><Description><TranslatedText>Systolic pressure</TranslatedText></Description>
<arm:AnalysisDatasets><arm:AnalysisDataset ItemGroupOID="IG.ADVS"><def:WhereClauseRef WhereClauseOID="WC.SYSBP"/>\
<arm:AnalysisVariable ItemOID="IT.ADVS.AVAL"/></arm:AnalysisDataset></arm:AnalysisDatasets></arm:AnalysisResult>
</arm:ResultDisplay></arm:AnalysisResultDisplays>
</MetaDataVersion></Study></ODM>
"""
CHG = 'Name="CHG" DataType="float" Length="5" SignificantDigits="1"'
METHOD = '<MethodDef OID="MT.CHG" Name="CHG" Type="Computation"><Description><TranslatedText>AVAL - BASE'
SECOND_TERM = '<CodeListItem CodedValue="DIABP" OrderNumber="2">'
USUBJID = '<ItemRef ItemOID="IT.ADVS.USUBJID" OrderNumber="1" Mandatory="Yes" KeySequence="1"/>'

#: Rule, what of WHOLE is written in another way, and how.
VIOLATIONS = [
    ("dangling-reference", 'MethodOID="MT.CHG"', 'MethodOID="MT.CHANGE"'),
    ("dangling-reference", 'leafID="LF.ADRG"', 'leafID="LF.SDRG"'),
    ("dangling-reference", 'def:StandardOID="STD.1"', 'def:StandardOID="STD.2"'),
    ("dangling-reference", 'ParameterOID="IT.ADVS.PARAMCD"', 'ParameterOID="IT.PARAMCD"'),
    ("element-order", '<CodeListRef CodeListOID="CL.PARAMCD"/>\n<def:Origin Type="Assigned" Source="Sponsor"/>',
     '<def:Origin Type="Assigned" Source="Sponsor"/><CodeListRef CodeListOID="CL.PARAMCD"/>'),
    ("unknown-element", "<def:Class Name", '<FormDef OID="F"/><def:Class Name'),
    ("required-attribute", ' Purpose="Analysis"', ""),
    ("required-attribute", ' def:Context="Submission"', ""),
    ("required-element", "<Description><TranslatedText>AVAL - BASE</TranslatedText></Description>", ""),
    ("required-element", "<CheckValue>SYSBP</CheckValue>", "<CheckValue>SYSBP</CheckValue><CheckValue>A</CheckValue>"),
    ("allowed-value", 'DataType="integer"', 'DataType="number"'),
    ("allowed-value", 'Name="BASIC DATA STRUCTURE"', 'Name="BDS"'),
    ("allowed-value", 'Type="Assigned"', 'Type="CRF"'),
    ("allowed-value", 'Comparator="EQ"', 'Comparator="IS"'),
    ("duplicate-oid", 'MethodDef OID="MT.AVAL"', 'MethodDef OID="MT.CHG"'),
    ("duplicate-oid", 'def:leaf ID="LF.ADRG"', 'def:leaf ID="LF.ADVS"'),
    ("duplicate-name", 'Name="CHG" DataType', 'Name="AVAL" DataType'),
    ("duplicate-name", 'CodedValue="DIABP"', 'CodedValue="SYSBP"'),
    ("duplicate-order", 'OrderNumber="4"', 'OrderNumber="3"'),
    ("duplicate-order", 'KeySequence="2"', 'KeySequence="1"'),
    ("unused", ' MethodOID="MT.CHG"', ""),
    ("unused", '<CodeListRef CodeListOID="CL.PARAMCD"/>', ""),
    ("length", CHG, CHG.replace(' Length="5"', "")),
    ("length", CHG, CHG.replace(' SignificantDigits="1"', "")),
    ("length", CHG, CHG.replace('SignificantDigits="1"', 'SignificantDigits="5"')),
    ("name-length", 'Name="CHG" DataType', 'Name="CHANGEBASE" DataType'),
    ("name-length", "Change from Baseline", "Change from Baseline of the Analysis Value"),
    ("value-without-where", '<def:WhereClauseRef WhereClauseOID="WC.SYSBP"/></ItemRef>', "</ItemRef>"),
    ("where-variable", 'def:ItemOID="IT.ADVS.PARAMCD"', 'def:ItemOID="IT.ADVS.AVAL.SYSBP"'),
    ("derived-without-method", ' MethodOID="MT.AVAL"', ""),
    ("derived-without-method", "<Description><TranslatedText>DM.USUBJID</TranslatedText></Description>", ""),
    ("origin-source", 'Type="Assigned" Source="Sponsor"', 'Type="Assigned"'),
    ("no-origin", '<def:Origin Type="Assigned" Source="Sponsor"/>', ""),
    ("no-standard", ' def:StandardOID="STD.1"', ""),
    ("no-standard", ' def:IsNonStandard="Yes"', ""),
    ("no-data-comment", USUBJID, USUBJID.replace("/>", ' def:HasNoData="Yes"/>')),
    ("empty-text", "AVAL - BASE", ""),
    ("empty-text", 'AnalysisPurpose="PRIMARY OUTCOME MEASURE"', 'AnalysisPurpose=""'),
]  # fmt: skip


def _checked(tmp_path: Path, text: str) -> list[tuple[str, Severity]]:
    path = tmp_path / "define.xml"
    path.write_text(text, encoding="utf-8")
    return [(finding.rule.removeprefix("define."), finding.severity) for finding in check_define(path)]


def test_a_whole_file_has_no_findings(tmp_path: Path) -> None:
    assert _checked(tmp_path, WHOLE) == []


@pytest.mark.parametrize(("rule", "old", "new"), VIOLATIONS)
def test_each_violation_is_found(tmp_path: Path, rule: str, old: str, new: str) -> None:
    assert old in WHOLE

    found = _checked(tmp_path, WHOLE.replace(old, new, 1))

    assert rule in {name for name, _ in found}


def test_every_rule_has_a_violation() -> None:
    assert {f"define.{rule}" for rule, _, _ in VIOLATIONS} == {rule.id for rule in RULES}


def test_findings_name_the_place_the_line_and_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "define.xml"
    path.write_text(WHOLE.replace(CHG, CHG.replace(' Length="5"', "")), encoding="utf-8")

    (finding,) = check_define(path)

    line = WHOLE[: WHOLE.index(CHG)].count("\n") + 1
    assert finding.where == f"ItemDef IT.ADVS.CHG (line {line})"
    assert (finding.message, finding.remedy) == ("A variable of type float has no length above 0.", "Add Length.")


def test_a_real_file_has_only_labels_that_are_too_long(shared: Path) -> None:
    found = check_define(shared / "data/cdiscpilot01/define/adam_tdf_define_v21_datasetjson.xml")

    # Its two datasets of previous visits have labels of 53 and 48 characters; the schema finds nothing else.
    assert [(finding.rule, finding.where) for finding in found] == [
        ("define.name-length", "ItemGroupDef IG.ADLBCPV (line 1342)"),
        ("define.name-length", "ItemGroupDef IG.ADLBHPV (line 1489)"),
    ]


def test_a_file_that_is_no_define_xml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "define.xml"
    path.write_text("PARAMCD,PARAM\n", encoding="utf-8")

    with pytest.raises(DefineError, match="no whole XML document"):
        check_define(path)

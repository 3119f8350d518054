"""Real define.xml files are read without loss: counts and samples are held to XPath on the same files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from lxml import etree

from trialwright.findings import Severity
from trialwright.standards.define import DefineDocument, DefineError, define_bytes, read_define, write_define
from trialwright.standards.metadata import CodelistTerm, DocumentReference, ValueLevel, VariableMetadata

FILES = {
    "sdtm_define_v1.xml": "1.0.0",
    "adam_define_v1.xml": "1.0.0",
    "sdtm_tdf_define_v2.xml": "2.0.0",
    "adam_tdf_define_v21_datasetjson.xml": "2.1.0",
}
Read = Callable[[str], DefineDocument]


@pytest.fixture(scope="module")
def read(shared: Path) -> Read:
    kept: dict[str, DefineDocument] = {}

    def read_once(name: str) -> DefineDocument:
        if name not in kept:
            kept[name] = read_define(shared / "data/cdiscpilot01/define" / name)
        return kept[name]

    return read_once


@pytest.fixture(params=list(FILES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def count(shared: Path, name: str) -> Callable[[str], int]:
    """How many nodes an XPath has in the file, whatever its namespaces (`*[local-name()='ItemDef']`)."""
    tree = etree.parse(str(shared / "data/cdiscpilot01/define" / name))

    def count_nodes(path: str) -> int:
        return int(float(str(tree.xpath(f"count({path})"))))

    return count_nodes


def _variables(document: DefineDocument) -> Iterator[VariableMetadata]:
    return (variable for dataset in document.definition for variable in dataset.variables)


def _value_level(document: DefineDocument) -> Iterator[ValueLevel]:
    return (part for variable in _variables(document) for part in variable.value_level)


def _everything(document: DefineDocument) -> list[VariableMetadata]:
    return [*_variables(document), *(part.variable for part in _value_level(document))]


def _named(name: str) -> str:
    return f"//*[local-name()='{name}']"


def test_everything_is_read_as_often_as_the_file_has_it(read: Read, name: str, count: Callable[[str], int]) -> None:
    document = read(name)
    definition = document.definition
    items = _everything(document)
    terms = [term for codelist in definition.codelists.values() for term in codelist.terms]
    item, group = _named("ItemDef"), _named("ItemGroupDef")

    assert document.version == FILES[name]
    assert len(definition.datasets) == count(group)
    assert len(list(_variables(document))) == count(f"{group}/*[local-name()='ItemRef']")
    assert len(list(_value_level(document))) == count(f"{_named('ValueListDef')}/*[local-name()='ItemRef']")
    assert len(items) == count(item)
    assert sum(v.length is not None for v in items) == count(f"{item}[@Length]")
    assert sum(v.significant_digits is not None for v in items) == count(f"{item}[@SignificantDigits]")
    assert sum(v.display_format != "" for v in items) == count(f"{item}[@*[local-name()='DisplayFormat']]")
    assert sum(v.codelist != "" for v in items) == count(_named("CodeListRef"))
    assert sum(v.origin is not None for v in items) == count(f"{item}[@Origin or *[local-name()='Origin']]")
    assert sum(v.is_mandatory for v in items) == count(f"{_named('ItemRef')}[@Mandatory='Yes']")
    assert sum(v.role != "" for v in items) == count(f"{_named('ItemRef')}[@Role]")
    assert sum(v.label != "" for v in items) == count(
        f"{item}[@*[local-name()='Label'] or *[local-name()='Description']]"
    )
    assert sum(v.method_id != "" for v in items) == count("//@MethodOID | //@*[local-name()='ComputationMethodOID']")
    assert sum(v.comment != "" for v in items) == count(
        f"{item}[normalize-space(@Comment) or @*[local-name()='CommentOID']]"
    )
    assert len(definition.codelists) == count(_named("CodeList"))
    assert len(terms) == count("//@CodedValue")
    assert sum(term.code != "" for term in terms) == count("//*[@CodedValue]/*[local-name()='Alias']")
    assert sum(codelist.code != "" for codelist in definition.codelists.values()) == count(
        f"{_named('CodeList')}/*[local-name()='Alias']"
    )
    assert sum(codelist.dictionary != "" for codelist in definition.codelists.values()) == count(
        _named("ExternalCodeList")
    )
    assert sum(term.extends for term in terms) == count("//@*[local-name()='ExtendedValue']")
    assert sum(term.order is not None for term in terms) == count("//*[@CodedValue]/@OrderNumber")
    assert sum(dataset.file != "" for dataset in definition) == count(f"{group}/*[local-name()='leaf']")
    assert len(document.documents) == count(f"{_named('MetaDataVersion')}/*[local-name()='leaf']")
    assert len(document.methods) == count(
        f"{_named('MethodDef')} | {_named('MetaDataVersion')}/*[local-name()='ComputationMethod']"
    )
    results = [result for display in document.displays for result in display.results]
    parts = [part for result in results for part in result.datasets]
    assert len(document.displays) == count(_named("ResultDisplay"))
    assert len(results) == count("//*[local-name()='AnalysisResult' or local-name()='AnalysisResults']")
    assert len(parts) == count(_named("AnalysisDataset"))
    assert sum(len(part.variables) for part in parts) == count(_named("AnalysisVariable"))
    assert sum(result.code != "" for result in results) == count(f"{_named('ProgrammingCode')}/*")


def test_what_is_read_written_and_read_again_is_equal(read: Read, name: str, tmp_path: Path) -> None:
    first = read(name)
    path = tmp_path / "define.xml"

    write_define(first, path, created=datetime(2026, 1, 2, 3, 4, 5))
    again = read_define(path)

    assert again == first
    assert again.findings == ()
    assert (again.version, again.created) == ("2.1.0", "2026-01-02T03:04:05")
    assert define_bytes(again, created=datetime(2026, 1, 2, 3, 4, 5)) == path.read_bytes()


def test_value_level_metadata_of_the_first_version_has_conditions_of_today(read: Read) -> None:
    definition = read("sdtm_define_v1.xml").definition
    category = definition.datasets["LB"].variable("LBCAT")
    assert category is not None

    conditions = {part.where: part.variable for part in category.value_level}

    # LB.LBCAT.CHEMISTRY has a value list of its own, of LBTESTCD, in which ALB has the label Albumin.
    assert conditions["LBCAT = 'CHEMISTRY'"].length == 200
    assert conditions["LBCAT = 'CHEMISTRY' and LBTESTCD = 'ALB'"].name == "ALB"
    analysis = read("adam_define_v1.xml").definition.datasets["ADLBC"].variable("A1HI")
    assert analysis is not None
    first = analysis.value_level[0]
    assert (first.where, first.variable.label) == ("PARAMCD = 'ALB'", "Albumin (g/L)")
    assert (first.variable.type, first.variable.comment) == ("integer", "LB.LBSTNRHI")


def test_origins_of_older_versions_are_those_of_today(read: Read) -> None:
    old = read("sdtm_define_v1.xml").definition.datasets["SC"].variable("SCTESTCD")
    assert old is not None
    assert (old.origin, old.source) == ("Collected", "")
    assert old.documents == (DocumentReference(document="blankcrf", pages="8", page_kind="PhysicalRef"),)

    vendors = [v for v in _everything(read("sdtm_tdf_define_v2.xml")) if v.source == "Vendor"]
    assert len(vendors) == 84  # grep -c 'Type="eDT"'


def test_codelists_are_read_with_codes_decodes_and_dictionaries(read: Read) -> None:
    old = read("sdtm_tdf_define_v2.xml").definition.codelists["CL.AGEU"]
    assert (old.code, old.terms) == ("C66781", (CodelistTerm(value="YEARS", decode="YEARS", order=1, code="C29848"),))

    dictionaries = {
        (codelist.dictionary, codelist.version)
        for codelist in read("sdtm_define_v1.xml").definition.codelists.values()
        if codelist.dictionary
    }
    assert dictionaries == {("MEDDRA", "8.0"), ("WHODRUG", "200604")}


def test_analyses_are_read_with_their_records_and_programs(read: Read) -> None:
    document = read("adam_tdf_define_v21_datasetjson.xml")
    result = document.displays[0].results[0]

    assert (document.displays[0].name, result.parameter) == ("Table14.3.01", "ADADAS.PARAMCD")
    assert (result.reason, result.purpose) == ("SPECIFIED IN PROTOCOL", "PRIMARY OUTCOME MEASURE")
    assert result.datasets[0].where == "PARAMCD = 'ACTOT' and AVISITN = 24 and EFFFL = 'Y'"
    assert result.datasets[0].variables == ("AVAL", "CHG")
    assert result.code.startswith("proc glm data= adadas;")
    assert result.code_context == "SAS Version 9.4"


def test_selection_criteria_that_are_no_conditions_stay_words(read: Read) -> None:
    displays = {display.name: display for display in read("adam_define_v1.xml").displays}

    safety = displays["Table_14-6.03"].results[0]
    assert safety.join.startswith('ADLBC: ANL01FL="Y" and PARAMCD contains "_"')
    disposition = displays["Table_14-1.02"].results[0]
    assert (disposition.datasets[0].where, disposition.join) == ("ITTFL = 'Y'", "")


def test_what_is_not_kept_and_what_is_missing_is_told(read: Read) -> None:
    kept = read("sdtm_define_v1.xml").findings
    assert [(f.severity, f.message) for f in kept] == [
        (Severity.NOTE, "The attribute RoleCodeListOID of ItemRef is not kept (313 of them).")
    ]
    # The file refers six times to QNAM of SUPPLB, which it has split into SUPPLBCH, SUPPLBHE and SUPPLBUR.
    dangling = read("sdtm_tdf_define_v2.xml").findings
    assert {(f.rule, f.evidence) for f in dangling} == {("define.dangling-reference", "IT.SUPPLB.QNAM")}


HEAD = '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:def="http://www.cdisc.org/ns/def/v2.1">'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("USUBJID,AGE\n1,2\n", "no whole XML document"),
        ("", "no whole XML document"),
        (f"{HEAD}<Study OID='S'><MetaDataVersion", "no whole XML document"),
        ("<html><body/></html>", "its root is html"),
        ("<ODM xmlns='http://www.cdisc.org/ns/odm/v1.3'/>", "no Define-XML 1.0, 2.0 or 2.1"),
        (f"{HEAD}<Study OID='S'/></ODM>", "has no MetaDataVersion"),
        (f'<!DOCTYPE ODM [<!ENTITY a "aaaa">]>{HEAD}<Study OID="S"/></ODM>', "document type"),
    ],
)
def test_a_file_that_is_no_define_xml_is_refused_in_a_sentence(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "define.xml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(DefineError, match=told):
        read_define(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DefineError, match="There is no file"):
        read_define(tmp_path / "define.xml")

"""A define.xml made of a specification and its data: what the data fill in, and what stays as specified."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from lxml import etree

from trialwright.errors import ConditionError
from trialwright.standards import Dataset
from trialwright.standards.define import (
    AnalysisDataset,
    AnalysisResult,
    AnalysisResultDisplay,
    DefineDocument,
    DefineError,
    InexpressibleConditionError,
    RangeCheck,
    build_define,
    check_define,
    clauses_of,
    condition_of,
    define_bytes,
    define_page,
    describe_domains,
    read_define,
    write_define,
    write_define_page,
    write_stylesheet,
)
from trialwright.standards.define.observed import observe
from trialwright.standards.metadata import (
    Codelist,
    CodelistTerm,
    DataDefinition,
    DatasetMetadata,
    ValueLevel,
    VariableMetadata,
)

NOW = datetime(2026, 1, 2, 3, 4, 5)

ADVS = Dataset(
    name="ADVS",
    label="Vital Signs",
    frame=pl.DataFrame(
        {
            "USUBJID": ["01-001", "01-001", "01-002", "01-002"],
            "SEX": ["F", "F", "M", "M"],
            "PARAMCD": ["SYSBP", "TEMP", "SYSBP", "TEMP"],
            "PARAM": ["Systolic Blood Pressure (mmHg)", "Temperature (C)"] * 2,
            "AVISIT": ["Week 2", "Baseline", "Baseline", "Week 10"],
            "AVISITN": [2.0, 0.0, 0.0, 10.0],
            "ADT": [date(2026, 1, 1)] * 4,
            "AVAL": [120.0, 36.55, 131.0, 37.0],
            "ANL01FL": ["Y", None, "Y", None],
            "AVALC": pl.Series([None] * 4, dtype=pl.String),
        }
    ),
    labels={"USUBJID": "Unique Subject Identifier", "AVAL": "Analysis Value", "AVISIT": "Analysis Visit"},
)
SPECIFICATION = DataDefinition(
    study="TW101",
    codelists={
        "SEX": Codelist(id="SEX", name="Sex", code="C66731", terms=(CodelistTerm(value="F"), CodelistTerm(value="X"))),
        "NEVER": Codelist(id="NEVER", name="Never used", terms=(CodelistTerm(value="A"),)),
    },
    datasets={
        "ADVS": DatasetMetadata(
            name="ADVS",
            label="Vital Signs Analysis",
            keys=("USUBJID", "PARAMCD", "AVISITN"),
            variables=(
                VariableMetadata(
                    name="USUBJID", label="Subject", length=4, origin="Predecessor", method="DM.USUBJID", core="Req"
                ),
                VariableMetadata(name="SEX", label="Sex", codelist="SEX", origin="Predecessor", method="DM.SEX"),
                VariableMetadata(name="AVAL", label="Value", type="float", origin="Derived", method="VS.VSSTRESN"),
                VariableMetadata(name="CHG", label="Change", type="float"),
            ),
        )
    },
)


@pytest.fixture(scope="module")
def built() -> DefineDocument:
    return build_define(SPECIFICATION, {"ADVS": ADVS}, kind="ADaM")


def _variable(document: DefineDocument, name: str, dataset: str = "ADVS") -> VariableMetadata:
    found = document.definition.datasets[dataset].variable(name)
    assert found is not None
    return found


def test_only_what_is_in_the_data_is_described_in_their_order(built: DefineDocument) -> None:
    dataset = built.definition.datasets["ADVS"]

    assert [variable.name for variable in dataset.variables] == ADVS.frame.columns
    assert (dataset.kind, dataset.purpose, dataset.file) == ("BASIC DATA STRUCTURE", "Analysis", "advs.xpt")
    assert (dataset.label, dataset.keys) == ("Vital Signs Analysis", ("USUBJID", "PARAMCD", "AVISITN"))
    assert "NEVER" not in built.definition.codelists


def test_the_data_tell_types_lengths_and_digits(built: DefineDocument) -> None:
    subject, value, day = (_variable(built, name) for name in ("USUBJID", "AVAL", "ADT"))

    # The specification says 4 characters, and "01-001" has 6.
    assert (subject.length, subject.is_mandatory) == (6, True)
    # 131 and 36.55: three digits, a point, two digits.
    assert (value.type, value.length, value.significant_digits) == ("float", 6, 2)
    assert (day.type, day.display_format) == ("integer", "DATE9.")
    empty = _variable(built, "AVALC")
    assert (empty.has_no_data, empty.length, empty.comment) == (True, 1, "No record has a value.")


def test_values_of_each_parameter_are_described(built: DefineDocument) -> None:
    parts = {part.where: part.variable for part in _variable(built, "AVAL").value_level}

    systolic, temperature = parts["PARAMCD = 'SYSBP'"], parts["PARAMCD = 'TEMP'"]
    assert (systolic.type, systolic.length, systolic.significant_digits) == ("integer", 3, None)
    assert (temperature.type, temperature.length, temperature.significant_digits) == ("float", 5, 2)
    assert systolic.label == "Systolic Blood Pressure (mmHg)"
    assert (systolic.origin, systolic.method) == ("Derived", "VS.VSSTRESN")
    assert systolic.method_id == _variable(built, "AVAL").method_id != ""


def test_specified_value_level_metadata_are_filled_by_the_records_they_are_of() -> None:
    parts = (
        ValueLevel(
            where="AVISITN > 5",
            variable=VariableMetadata(name="AVAL.LATE", label="", type="float", origin="Derived", method="Mean"),
        ),
        ValueLevel(where="PARAMCD = 'SYSBP'", variable=VariableMetadata(name="AVAL.SYSBP", label="", type="integer")),
    )
    value = VariableMetadata(name="AVAL", label="Value", type="float", origin="Assigned", value_level=parts)
    definition = DataDefinition(
        study="S", datasets={"ADVS": DatasetMetadata(name="ADVS", label="", variables=(value,))}
    )

    document = build_define(definition, {"ADVS": ADVS}, kind="ADaM")

    late, systolic = (part.variable for part in _variable(document, "AVAL").value_level)
    # After visit 5 there is only the 37.0 of week 10.
    assert (late.type, late.length, late.significant_digits, late.source) == ("float", 2, 0, "Sponsor")
    assert (systolic.type, systolic.length, systolic.origin) == ("integer", 3, "Assigned")


def test_codelists_come_from_the_specification_and_else_from_the_data(built: DefineDocument) -> None:
    lists = built.definition.codelists

    assert lists[_variable(built, "PARAMCD").codelist].terms == (
        CodelistTerm(value="SYSBP", decode="Systolic Blood Pressure (mmHg)", order=1),
        CodelistTerm(value="TEMP", decode="Temperature (C)", order=2),
    )
    # In the order of AVISITN, not of the alphabet.
    assert lists[_variable(built, "AVISIT").codelist].values == ("Baseline", "Week 2", "Week 10")
    assert [(t.value, t.decode) for t in lists[_variable(built, "AVISITN").codelist].terms] == [
        ("0", "Baseline"),
        ("2", "Week 2"),
        ("10", "Week 10"),
    ]
    assert lists[_variable(built, "ANL01FL").codelist].values == ("Y",)
    assert _variable(built, "USUBJID").codelist == ""
    # F is C16576 in CDISC terminology; the list has no X.
    assert lists["SEX"].terms == (
        CodelistTerm(value="F", code="C16576"),
        CodelistTerm(value="X", extends=True),
    )
    assert lists["SEX"].standard == "SDTM 2024-03-29"


def test_what_is_built_is_written_without_findings_and_read_back_equal(built: DefineDocument, tmp_path: Path) -> None:
    path = tmp_path / "define.xml"

    write_define(built, path, created=NOW)

    assert read_define(path) == built
    # The specification says nothing of the origins of what is not in it.
    assert {finding.rule for finding in check_define(path)} == {"define.no-origin"}


def test_domains_are_described_by_the_guide_and_the_data(tmp_path: Path) -> None:
    vs = Dataset(
        name="VS",
        label="Vital Signs",
        frame=pl.DataFrame(
            {
                "STUDYID": ["S"] * 3,
                "DOMAIN": ["VS"] * 3,
                "USUBJID": ["01"] * 3,
                "VSSEQ": [1.0, 2.0, 3.0],
                "VSTESTCD": ["SYSBP", "TEMP", "XSIZE"],
                "VSTEST": ["Systolic Blood Pressure", "Temperature", "Size"],
                "VSORRES": ["120", "98.6", "M"],
                "VSSTRESN": [120.0, 37.0, None],
                "VSSTRESU": ["mmHg", "C", None],
                "VSDTC": ["2026-01-01", "2026-01", "2026-01-03"],
                "VSDY": [1.0, 2.0, 3.0],
                "OWN": ["a", "b", "c"],
            }
        ),
        labels={"OWN": "A Variable of Ours"},
    )
    document = build_define(describe_domains({"VS": vs}, study="S"), {"VS": vs}, kind="SDTM")
    lists = document.definition.codelists

    dataset = document.definition.datasets["VS"]
    assert (dataset.kind, dataset.purpose, dataset.standard) == ("FINDINGS", "Tabulation", "SDTMIG 3.4")
    assert (_variable(document, "VSTESTCD", "VS").role, _variable(document, "VSDTC", "VS").type) == (
        "Topic",
        "partialDate",
    )
    day = _variable(document, "VSDY", "VS")
    assert (day.origin, day.method.startswith("Study day: date of VSDTC minus")) == ("Derived", True)
    assert _variable(document, "OWN", "VS").is_nonstandard
    # C66741 is the list of vital signs; XSIZE is none of its terms.
    assert [(t.value, t.decode, t.code, t.extends) for t in lists["CL.C66741"].terms] == [
        ("SYSBP", "Systolic Blood Pressure", "C25298", False),
        ("TEMP", "Temperature", "C174446", False),
        ("XSIZE", "Size", "", True),
    ]
    parts = {part.where: part.variable for part in _variable(document, "VSSTRESN", "VS").value_level}
    assert parts["VSTESTCD = 'SYSBP'"].label == "Systolic Blood Pressure (mmHg)"
    path = tmp_path / "define.xml"
    write_define(document, path, created=NOW)
    assert check_define(path) == []
    assert read_define(path) == document


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pl.Series("X", ["a", "äö", None]), ("text", 4, None)),
        (pl.Series("X", [1, 250, -3]), ("integer", 3, None)),
        (pl.Series("X", [0.1 + 0.2, 12.0]), ("float", 4, 1)),
        (pl.Series("X", [float("nan"), None, 5.0]), ("integer", 1, None)),
        (pl.Series("X", [1 / 3]), ("float", 10, 8)),
        (pl.Series("AESTDTC", ["2026-01-02", "2026-01-03"]), ("date", None, None)),
        (pl.Series("AESTDTC", ["2026-01-02T10:00", "2026-01-03T10:00:30"]), ("datetime", None, None)),
        (pl.Series("AESTDTC", ["2026-01-02T10:00", "2026-01"]), ("incompleteDatetime", None, None)),
        (pl.Series("AESTDTC", ["2026", "2026---03"]), ("partialDate", None, None)),
        (pl.Series("AESTDTC", ["last week", "2026-01-02"]), ("text", 10, None)),
        (pl.Series("EXDUR", ["P2D", "PT4H"]), ("durationDatetime", None, None)),
        (pl.Series("X", [], dtype=pl.String), ("text", 1, None)),
    ],
)
def test_values_tell_type_length_and_digits(values: pl.Series, expected: tuple[str, int | None, int | None]) -> None:
    seen = observe(values)

    assert (seen.type, seen.length, seen.significant_digits) == expected


@pytest.mark.parametrize(
    ("condition", "clauses"),
    [
        ("", ()),
        ("PARAMCD = 'ALB' and AVISITN in (0, 8)", [[("PARAMCD", "EQ", ("ALB",)), ("AVISITN", "IN", ("0", "8"))]]),
        ("AVAL >= 1.5 or AVAL is missing", [[("AVAL", "GE", ("1.5",))], [("AVAL", "EQ", ("",))]]),
        ("not (DTYPE = 'LOCF') and DTYPE is not missing", [[("DTYPE", "NE", ("LOCF",)), ("DTYPE", "NE", ("",))]]),
        ("24 < AVISITN", [[("AVISITN", "GT", ("24",))]]),
        ("ADT < date '2026-01-02'", [[("ADT", "LT", ("2026-01-02",))]]),
    ],
)
def test_conditions_become_where_clauses(condition: str, clauses: list[list[tuple[str, str, tuple[str, ...]]]]) -> None:
    expected = tuple(
        tuple(RangeCheck(dataset="ADLB", variable=v, comparator=c, values=values) for v, c, values in clause)
        for clause in clauses
    )

    found = clauses_of(condition, dataset="ADLB")

    assert found == expected
    again = condition_of(found, dataset="ADLB", is_number=lambda _, name: name in ("AVISITN", "AVAL"))
    assert clauses_of(again, dataset="ADLB") == expected


def test_another_datasets_variable_is_named_with_its_dataset() -> None:
    (clause,) = clauses_of("DM.SEX = 'F' and VSTESTCD = 'A.B'", dataset="VS")

    assert [(check.dataset, check.variable, check.values) for check in clause] == [
        ("DM", "SEX", ("F",)),
        ("VS", "VSTESTCD", ("A.B",)),
    ]
    assert condition_of([clause], dataset="VS", is_number=lambda *_: False) == "DM.SEX = 'F' and VSTESTCD = 'A.B'"


@pytest.mark.parametrize("condition", ["ADT < TRTSDT", "A = 1 and (B = 2 or C = 3)", "not (A < 1)"])
def test_what_no_where_clause_can_say_is_refused(condition: str) -> None:
    with pytest.raises(InexpressibleConditionError, match="cannot be written as a where clause"):
        clauses_of(condition, dataset="ADSL")
    with pytest.raises(ConditionError):
        clauses_of("A ==", dataset="ADSL")


def test_an_analysis_of_one_of_several_conditions_is_refused(built: DefineDocument) -> None:
    dataset = AnalysisDataset(dataset="ADVS", where="AVISITN = 2 or AVISITN = 10")
    result = AnalysisResult(id="AR.1", description="A", reason="DATA DRIVEN", datasets=(dataset,))
    display = AnalysisResultDisplay(id="RD.1", name="1", title="T", results=(result,))
    document = DefineDocument(definition=built.definition, displays=(display,))

    with pytest.raises(DefineError, match=r"AR\.1 reads ADVS where AVISITN = 2 or AVISITN = 10"):
        define_bytes(document, created=NOW)


def test_strange_texts_are_written(tmp_path: Path) -> None:
    variable = VariableMetadata(
        name="AVAL",
        label='<"&> \x0b µg',
        length=1,
        origin="Derived",
        source="Sponsor",
        method="a < b\nand c",
        value_level=(ValueLevel(where="X = 'it''s'", variable=VariableMetadata(name="A", label="", length=1)),),
    )
    dataset = DatasetMetadata(name="AD", label="L", variables=(variable,))
    path = tmp_path / "define.xml"

    write_define(DefineDocument(definition=DataDefinition(study="S", datasets={"AD": dataset})), path, created=NOW)

    (read,) = read_define(path).definition.datasets["AD"].variables
    assert (read.label, read.method) == ('<"&> \N{REPLACEMENT CHARACTER} µg', "a < b\nand c")
    assert read.value_level[0].where == "X = 'it''s'"


def found(page: etree._Element, path: str) -> list[object]:
    """What an XPath selects; a number or a text is no selection."""
    selected = page.xpath(path)
    assert isinstance(selected, list)
    return list(selected)


def test_the_page_shows_every_variable_term_and_analysis(shared: Path, tmp_path: Path) -> None:
    source = shared / "data/cdiscpilot01/define/adam_tdf_define_v21_datasetjson.xml"
    document = read_define(source)

    page = etree.fromstring(define_page(source), etree.HTMLParser())

    text = " ".join("".join(map(str, page.itertext())).split())
    rows = found(page, "//section[@class='dataset']//table[@class='variables']/tbody/tr")
    assert len(rows) == sum(len(dataset.variables) for dataset in document.definition)
    assert len(found(page, "//table[@class='values']/tbody/tr")) == 108
    assert len(found(page, "//div[@class='list']//tr")) == sum(
        len(codelist.terms) for codelist in document.definition.codelists.values()
    )
    assert len(found(page, "//section[@id='methods']//tbody/tr")) == 160
    assert "PARAMCD = ACTOT (Adas-Cog(11) Subscore) and AVISITN = 24 (Week 24) and EFFFL = Y (Yes)" in text
    # Every link within the page has its place there.
    places = set(found(page, "//@id"))
    targets = {str(link)[1:] for link in found(page, "//a/@href") if str(link).startswith("#")}
    assert targets - places == set()
    assert [str(link) for link in found(page, "//@src | //link/@href | //script")] == []


def test_the_page_is_the_same_each_time_and_lies_beside_the_file(built: DefineDocument, tmp_path: Path) -> None:
    define = tmp_path / "define.xml"
    write_define(built, define, created=NOW)

    style, page = write_stylesheet(tmp_path), write_define_page(define)

    assert (style.name, page.name) == ("define2-1.xsl", "define.html")
    assert b'href="define2-1.xsl"' in define.read_bytes()
    assert page.read_bytes() == define_page(define)


def test_the_page_of_an_older_version_is_refused(shared: Path) -> None:
    with pytest.raises(DefineError, match=r"is Define-XML 2\.0, and the stylesheet shows 2\.1"):
        define_page(shared / "data/cdiscpilot01/define/sdtm_tdf_define_v2.xml")

"""A study folder's define.xml: what the plan says of analyses, and the files that are written."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from trialwright.analysis import AnalysisPlan, parse_plan
from trialwright.errors import WorkspaceError
from trialwright.pipeline import import_define, write_define_documents
from trialwright.pipeline.define_documents import analysis_result
from trialwright.standards import Dataset, write_datasets
from trialwright.standards.define import AnalysisDataset, check_define, read_define
from trialwright.workspace import StudyFolder

NOW = datetime(2026, 1, 2, 3, 4, 5)
VARIABLES = {
    "ADSL": ["USUBJID", "TRT01P", "EFFFL", "AGE"],
    "ADQS": ["USUBJID", "PARAMCD", "AVISITN", "CHG", "BASE", "TRTP", "ANL01FL"],
}


@pytest.fixture(scope="module")
def plan() -> AnalysisPlan:
    return parse_plan("""
plan: {title: T, alpha: 0.05}
analysis_sets:
  efficacy: {label: Efficacy Set, condition: "EFFFL = 'Y'"}
  old: {label: Old, condition: "AGE > 65 or EFFFL = 'Y'"}
groupings:
  treatment: {variable: TRT01P, levels: [{value: P, label: P}, {value: A, label: A}]}
analyses:
  primary:
    {method: ancova, dataset: ADQS, population: efficacy, where: "PARAMCD = 'TOT' and AVISITN = 24", variables: [CHG],
     by: [treatment], options: {covariates: [BASE], contrasts: [[A, P]]}, purpose: primary_efficacy, endpoint: E1,
     label: Change at week 24}
  age: {method: descriptive, dataset: ADSL, population: efficacy, variables: [AGE], by: [treatment]}
  old: {method: descriptive, dataset: ADSL, population: old, variables: [AGE]}
""")


def test_an_analysis_is_told_with_its_records_of_two_datasets(plan: AnalysisPlan) -> None:
    result = analysis_result(plan, plan.analyses["primary"], VARIABLES, id="AR.1")

    assert result.description == "Change at week 24, Efficacy Set"
    assert (result.reason, result.purpose) == ("SPECIFIED IN PROTOCOL", "PRIMARY OUTCOME MEASURE")
    assert result.parameter == "ADQS.PARAMCD"
    assert result.datasets == (
        AnalysisDataset(dataset="ADQS", where="PARAMCD = 'TOT' and AVISITN = 24", variables=("CHG",)),
        AnalysisDataset(dataset="ADSL", where="EFFFL = 'Y'"),
    )
    assert result.join == "Records of ADQS and ADSL are joined by USUBJID."
    assert result.documentation == (
        "General linear model with LS means, contrasts and type III tests of CHG by TRT01P. "
        "Options: contrasts: (A, P); covariates: BASE."
    )


def test_an_analysis_of_subjects_needs_no_second_dataset(plan: AnalysisPlan) -> None:
    result = analysis_result(plan, plan.analyses["age"], VARIABLES, id="AR.2")

    assert result.datasets == (AnalysisDataset(dataset="ADSL", where="EFFFL = 'Y'", variables=("AGE", "TRT01P")),)
    assert (result.reason, result.purpose, result.join) == ("SPECIFIED IN SAP", "DESCRIPTIVE", "")


def test_a_condition_that_no_where_clause_can_say_is_told_in_words(plan: AnalysisPlan) -> None:
    result = analysis_result(plan, plan.analyses["old"], VARIABLES, id="AR.3")

    assert result.datasets == (AnalysisDataset(dataset="ADSL", variables=("AGE",)),)
    assert result.join == "Of ADSL, the records with AGE > 65 or EFFFL = 'Y'."


def test_a_variable_that_the_data_have_not_is_in_no_where_clause(plan: AnalysisPlan) -> None:
    result = analysis_result(plan, plan.analyses["age"], {"ADSL": ["USUBJID", "AGE"]}, id="AR.4")

    assert result.datasets == (AnalysisDataset(dataset="ADSL", variables=("AGE",)),)
    assert result.join == "Of ADSL, the records with EFFFL = 'Y'."


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    made = StudyFolder(tmp_path / "TW101")
    dm = pl.DataFrame({"STUDYID": ["S"], "DOMAIN": ["DM"], "USUBJID": ["S-1"], "SEX": ["F"]})
    adsl = pl.DataFrame({"STUDYID": ["S"], "USUBJID": ["S-1"], "SEX": ["F"], "SAFFL": ["Y"]})
    write_datasets({"DM": Dataset(name="DM", frame=dm, label="Demographics")}, made.sdtm)
    write_datasets({"ADSL": Dataset(name="ADSL", frame=adsl, label="Subject-Level Analysis")}, made.adam)
    return made


def test_a_folder_gets_define_xml_stylesheet_and_page_beside_its_transport_files(folder: StudyFolder) -> None:
    written = write_define_documents(folder, folder, created=NOW)

    assert [path.relative_to(folder.exchange).as_posix() for path in written] == [
        f"{kind}/{name}" for kind in ("sdtm", "adam") for name in ("define.xml", "define2-1.xsl", "define.html")
    ]
    document = read_define(folder.exchange / "adam" / "define.xml")
    assert document.definition.study == "TW101"
    assert document.definition.datasets["ADSL"].file == "adsl.xpt"
    assert check_define(folder.exchange / "sdtm" / "define.xml") == []


def test_the_same_folder_gives_the_same_bytes(folder: StudyFolder) -> None:
    first = [path.read_bytes() for path in write_define_documents(folder, folder, created=NOW)]

    assert [path.read_bytes() for path in write_define_documents(folder, folder, created=NOW)] == first


def test_a_define_xml_of_an_older_version_is_written_again(shared: Path, tmp_path: Path) -> None:
    source = shared / "data/cdiscpilot01/define/sdtm_tdf_define_v2.xml"

    findings = import_define(source, tmp_path / "define", created=NOW)

    assert read_define(tmp_path / "define" / "define.xml") == read_define(source)
    assert (tmp_path / "define" / "define.html").is_file()
    assert {finding.rule for finding in findings} == {
        "define.dangling-reference",  # SUPPLB, which the file has split
        "define.unused",  # the list of roles
        "define.origin-source",  # 2.0 had no sources
    }
    with pytest.raises(WorkspaceError, match="exists already"):
        import_define(source, tmp_path / "define", created=NOW)

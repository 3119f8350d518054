"""From a result through ADaM to the SDTM records, in a study folder of a few subjects."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from trialwright.errors import DataError
from trialwright.pipeline import make_study_folder, source_records, trace_result, update
from trialwright.standards import Dataset, read_dataset, write_dataset, write_datasets
from trialwright.study import example_path
from trialwright.workspace import StudyFolder

DERIVATION = """\
derivation: {title: Two datasets}
datasets:
  ADSL:
    label: Subjects
    kind: SUBJECT LEVEL ANALYSIS DATASET
    keys: [USUBJID]
    steps:
      - records: DM
      - summarize: {from: EX, take: {CUMDOSE: sum(EXDOSE)}}
      - compute: {SAFFL: [{when: CUMDOSE is not missing, value: "'Y'"}, {value: "'N'"}], TRT01A: ARM}
    variables:
      - {name: USUBJID, label: Subject}
      - {name: TRT01A, label: Treatment}
      - {name: SAFFL, label: Safety}
      - {name: CUMDOSE, label: Dose, type: float}
  ADAE:
    label: Events
    kind: OCCURRENCE DATA STRUCTURE
    keys: [USUBJID, AEDECOD]
    steps: [{records: {domain: AE, supp: true}}]
    variables:
      - {name: USUBJID, label: Subject}
      - {name: AEDECOD, label: Event}
      - {name: AESEQ, label: Sequence, type: integer}
      - {name: AETRTEM, label: Emergent}
  ADVS:
    label: Vital Signs
    keys: [USUBJID, AVISITN]
    steps:
      - records: VS
      - rename: {VSTESTCD: PARAMCD, VSSTRESN: AVAL, VISITNUM: AVISITN, VSBLFL: ABLFL}
      - base: {}
      - chg: "AVISITN > 1"
    variables:
      - {name: USUBJID, label: Subject}
      - {name: AVISITN, label: Visit, type: float}
      - {name: AVAL, label: Value, type: float}
      - {name: BASE, label: Baseline, type: float}
      - {name: CHG, label: Change, type: float}
"""
PLAN = """\
plan: {title: Two analyses}
analysis_sets: {safety: {label: Safety, condition: "SAFFL = 'Y'"}}
groupings: {treatment: {variable: TRT01A, label: Treatment, levels: [A, B]}}
analyses:
  events: {method: incidence, dataset: ADAE, population: safety, variables: [AEDECOD], by: [treatment]}
  dose: {method: descriptive, dataset: ADSL, population: safety, variables: [CUMDOSE], by: [treatment]}
  value: {method: descriptive, dataset: ADVS, population: safety, where: AVISITN=2, variables: [AVAL], by: [treatment]}
  change: {method: descriptive, dataset: ADVS, population: safety, where: AVISITN=2, variables: [CHG], by: [treatment]}
"""
SDTM = {
    "DM": pl.DataFrame({"USUBJID": ["1", "2", "3"], "ARM": ["A", "B", "A"]}),
    "EX": pl.DataFrame({"USUBJID": ["2", "1", "1"], "EXSEQ": [1, 1, 2], "EXDOSE": [5.0, 10.0, 20.0]}),
    "VS": pl.DataFrame(
        {
            "USUBJID": ["1", "1", "2"],
            "VSSEQ": [1, 2, 1],
            "VSTESTCD": ["SYSBP", "SYSBP", "SYSBP"],
            "VSSTRESN": [120.0, 130.0, 110.0],
            "VISITNUM": [1.0, 2.0, 1.0],
            "VSBLFL": ["Y", None, "Y"],
        }
    ),
    "AE": pl.DataFrame(
        {"USUBJID": ["1", "1", "2", "1"], "AESEQ": [1, 2, 1, 3], "AEDECOD": ["RASH", "COUGH", "RASH", "RASH"]}
    ),
    "SUPPAE": pl.DataFrame(
        {"USUBJID": ["1"], "IDVAR": ["AESEQ"], "IDVARVAL": ["3"], "QNAM": ["AETRTEM"], "QVAL": ["Y"]}
    ),
}


@pytest.fixture(scope="module")
def analyzed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sources")
    write_datasets({name: Dataset(name=name, frame=frame) for name, frame in SDTM.items()}, root / "sdtm")
    (root / "derivation.yaml").write_text(DERIVATION, encoding="utf-8")
    (root / "plan.yaml").write_text(PLAN, encoding="utf-8")
    folder = make_study_folder(
        root / "study",
        usdm=example_path("calm12", "study.json"),
        plan=root / "plan.yaml",
        derivation=root / "derivation.yaml",
        sdtm=root / "sdtm",
    )
    update(folder, ["analyze"])
    return folder.root


@pytest.fixture
def folder(analyzed: Path, tmp_path: Path) -> StudyFolder:
    shutil.copytree(analyzed, tmp_path / "study")
    return StudyFolder(tmp_path / "study")


def sources_of(folder: StudyFolder, result_id: str) -> dict[str, list[int]]:
    """By domain, the positions of the records behind the result."""
    found = source_records(folder, trace_result(folder, result_id))
    for domain, frame in found.records.items():
        wanted = found.links.filter(pl.col("domain") == domain)["record"].unique().sort()
        assert frame.equals(SDTM[domain][wanted])
    return {
        str(domain): part["record"].unique().sort().to_list()
        for (domain,), part in found.links.group_by(["domain"], maintain_order=True)
    }


def test_a_count_of_events_leads_to_the_events_and_their_qualifiers(folder: StudyFolder) -> None:
    assert sources_of(folder, "events/TRT01A=A/AEDECOD=RASH/n") == {"AE": [0, 3], "SUPPAE": [0]}
    assert sources_of(folder, "events/TRT01A=B/AEDECOD=RASH/n") == {"AE": [2]}


def test_a_mean_leads_to_the_records_that_its_values_were_summed_from(folder: StudyFolder) -> None:
    assert sources_of(folder, "dose/TRT01A=A/CUMDOSE/mean") == {"DM": [0], "EX": [1, 2]}
    # The third subject took nothing and is not in the analysis set.
    assert sources_of(folder, "population.safety/TRT01A=A/USUBJID/n") == {"DM": [0], "EX": [1, 2]}


def test_a_change_leads_to_the_baseline_too_and_a_value_does_not(folder: StudyFolder) -> None:
    assert sources_of(folder, "change/TRT01A=A/CHG/mean") == {"VS": [0, 1]}
    assert sources_of(folder, "value/TRT01A=A/AVAL/mean") == {"VS": [1]}


def test_adam_that_was_brought_is_followed_by_its_sequence_numbers(folder: StudyFolder) -> None:
    shutil.rmtree(folder.lineage)
    assert sources_of(folder, "events/TRT01A=A/AEDECOD=RASH/n") == {"AE": [0, 3]}
    with pytest.raises(DataError, match="ADSL was not derived here, and its records do not say"):
        sources_of(folder, "dose/TRT01A=A/CUMDOSE/mean")


def test_a_dataset_that_was_changed_since_is_not_followed_wrongly(folder: StudyFolder) -> None:
    path = folder.adam / "adae.parquet"
    events = read_dataset(path)
    write_dataset(Dataset(name="ADAE", frame=events.frame.reverse()), path)
    with pytest.raises(DataError, match="was changed since it was derived"):
        sources_of(folder, "events/TRT01A=A/AEDECOD=RASH/n")


def test_without_sdtm_the_sources_are_not_there(folder: StudyFolder) -> None:
    (folder.sdtm / "ae.parquet").unlink()
    with pytest.raises(DataError, match="There is no AE in"):
        sources_of(folder, "events/TRT01A=A/AEDECOD=RASH/n")

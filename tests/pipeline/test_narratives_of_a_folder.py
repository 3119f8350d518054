"""Narratives of a study folder: written alone, followed to records, and held to the records as they are now."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from trialwright.documents import read_manifest
from trialwright.errors import ResultError
from trialwright.pipeline import resolve_name, trace_record, update, verify_file
from trialwright.standards import Dataset, read_dataset, write_dataset
from trialwright.workspace import StudyFolder


@pytest.fixture(scope="module")
def folder(finished_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """A copy of the demo with its narratives written."""
    copy = tmp_path_factory.mktemp("narratives") / "study"
    shutil.copytree(finished_demo, copy)
    update(StudyFolder(copy), ["write narratives"])
    return StudyFolder(copy)


def test_the_narratives_are_verified_and_their_findings_written(folder: StudyFolder) -> None:
    document = folder.document("narratives")
    assert [one for one in verify_file(document) if one.severity != "note"] == []
    path = folder.record_findings("narratives")
    assert json.loads(path.read_text(encoding="utf-8")) == []
    assert path.with_suffix(".csv").read_text(encoding="utf-8") == "rule,severity,where,message,evidence,remedy\n"


def test_a_datum_leads_to_its_record(folder: StudyFolder) -> None:
    manifest = read_manifest(folder.document("narratives").with_suffix(".manifest.json"))
    reference = next(one for one in manifest.references if one.source.endswith("/AESEV"))
    (source,) = resolve_name(folder, f"narratives:{reference.id}")
    traced = trace_record(folder, source)
    assert (traced.dataset, traced.variable, traced.value) == ("AE", "AESEV", reference.values[0])
    assert dict(traced.record)["AESEV"] == traced.value
    with pytest.raises(ResultError, match="no dataset XX"):
        trace_record(folder, "record/XX/S/XXSEQ=1/XXTERM")
    with pytest.raises(ResultError, match="has no record AESEQ=999"):
        trace_record(folder, source.replace(source.split("/")[3], "AESEQ=999"))
    with pytest.raises(ResultError, match="names no value"):
        trace_record(folder, "record/AE")


def test_a_record_that_changes_is_found(folder: StudyFolder, tmp_path: Path) -> None:
    copy = StudyFolder(tmp_path / "study")
    shutil.copytree(folder.root, copy.root)
    path = copy.sdtm / "ae.parquet"
    before = read_dataset(path)
    told = read_manifest(copy.document("narratives").with_suffix(".manifest.json"))
    subject, key = next(one.source for one in told.references if one.source.endswith("/AESEV")).split("/")[2:4]
    is_told = (pl.col("USUBJID") == subject) & (pl.col("AESEQ") == float(key.removeprefix("AESEQ=")))
    changed = before.frame.with_columns(AESEV=pl.when(is_told).then(pl.lit("FURIOUS")).otherwise(pl.col("AESEV")))
    write_dataset(Dataset(name="AE", frame=changed, label=before.label, labels=before.labels), path)
    found = {
        (one.rule, one.evidence[-14:]) for one in verify_file(copy.document("narratives")) if "AESEV" in one.message
    }
    assert found == {("verify.stale-record", ", now 'FURIOUS'"[-14:])}


def test_real_adam_without_sdtm_needs_no_rehearsal(folder: StudyFolder, tmp_path: Path) -> None:
    copy = StudyFolder(tmp_path / "study")
    part = "event_groups.csv"
    for source, place in ((folder.study, copy.study), (folder.plan, copy.plan), (folder.root / part, copy.root / part)):
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, place)
    shutil.copytree(folder.adam, copy.adam)
    outcomes = update(copy, ["write narratives"])
    assert outcomes[-1].summary.startswith("13 narratives")
    assert [one for one in verify_file(copy.document("narratives")) if one.severity != "note"] == []

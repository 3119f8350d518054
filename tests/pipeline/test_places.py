"""A number of a finished report is followed by its place in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from trialwright.documents import read_manifest, results_at
from trialwright.errors import DocumentError
from trialwright.pipeline import resolve_name, trace_result
from trialwright.workspace import open_study_folder


def test_every_control_with_a_result_can_be_followed(finished_demo: Path) -> None:
    folder = open_study_folder(finished_demo)
    manifest = read_manifest(finished_demo / "documents" / "csr.en.manifest.json")
    shown = [reference for reference in manifest.references if reference.kind == "result"]

    assert shown
    assert [results_at(manifest, reference.id) for reference in shown] == [(reference.source,) for reference in shown]
    assert resolve_name(folder, shown[-1].id) == (shown[-1].source,)
    assert trace_result(folder, *resolve_name(folder, shown[0].id)).trace.result.stat == shown[0].value


def test_the_name_of_a_result_means_itself(finished_demo: Path) -> None:
    assert resolve_name(open_study_folder(finished_demo), "population.itt/USUBJID/n") == ("population.itt/USUBJID/n",)


def test_a_place_needs_a_document_and_only_one(finished_demo: Path, tmp_path: Path) -> None:
    copy = tmp_path / "study"
    shutil.copytree(finished_demo, copy)
    manifest = copy / "documents" / "csr.en.manifest.json"
    shutil.copy(manifest, manifest.with_name("other.en.manifest.json"))
    with pytest.raises(DocumentError, match="Name the result itself"):
        resolve_name(open_study_folder(copy), "14.1.1:1:2")
    shutil.rmtree(copy / "documents")
    with pytest.raises(DocumentError, match="write csr"):
        resolve_name(open_study_folder(copy), "14.1.1:1:2")

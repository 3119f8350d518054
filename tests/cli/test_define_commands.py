"""export define and import define: what they say, and how they end."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from trialwright.pipeline import Provenance
from trialwright.pipeline.provenance import write_provenance
from trialwright.standards import Dataset, write_datasets
from trialwright.study import example_path
from trialwright.workspace import StudyFolder

Run = Callable[..., Any]


def _study(root: Path) -> StudyFolder:
    folder = StudyFolder(root)
    root.mkdir()
    shutil.copyfile(example_path("calm12", "study.json"), folder.study)
    write_provenance(Provenance(), folder)
    return folder


def test_export_names_the_files_it_wrote(trialwright: Run, tmp_path: Path) -> None:
    folder = _study(tmp_path / "TW101")
    frame = pl.DataFrame({"STUDYID": ["S"], "USUBJID": ["S-1"]})
    write_datasets({"ADSL": Dataset(name="ADSL", frame=frame)}, folder.adam)

    finished = trialwright("export", "define", folder.root, "--created", "2026-01-31T12:00:00")

    assert finished.code == 0, finished
    assert f"Wrote {folder.exchange / 'adam' / 'define.xml'}" in finished.out
    assert b'CreationDateTime="2026-01-31T12:00:00"' in (folder.exchange / "adam" / "define.xml").read_bytes()


def test_export_again_replaces_its_own_files_and_never_those_of_a_human(trialwright: Run, tmp_path: Path) -> None:
    folder = _study(tmp_path / "TW101")
    frame = pl.DataFrame({"STUDYID": ["S"], "USUBJID": ["S-1"]})
    write_datasets({"ADSL": Dataset(name="ADSL", frame=frame)}, folder.adam)
    define = folder.exchange / "adam" / "define.xml"

    assert trialwright("export", "define", folder.root, "--created", "2026-01-31").code == 0
    assert trialwright("export", "define", folder.root, "--created", "2026-02-28").code == 0
    assert b'CreationDateTime="2026-02-28T00:00:00"' in define.read_bytes()

    define.write_bytes(b"<mine/>")
    refused = trialwright("export", "define", folder.root)
    assert refused.code == 2
    assert "would overwrite data/exchange/adam/define.xml, which somebody edited or brought since" in refused.err
    assert define.read_bytes() == b"<mine/>"


def test_export_of_data_and_of_define_do_not_take_each_other_for_a_human(trialwright: Run, tmp_path: Path) -> None:
    folder = _study(tmp_path / "TW101")
    frame = pl.DataFrame({"STUDYID": ["S"], "USUBJID": ["S-1"]})
    write_datasets({"ADSL": Dataset(name="ADSL", frame=frame)}, folder.adam)

    assert trialwright("export", "define", folder.root).code == 0
    finished = trialwright("export", "data", folder.root)
    assert "export data    5 files for other programs" in finished.out
    assert (folder.exchange / "adam" / "adsl.xpt").exists()

    assert trialwright("export", "define", folder.root, "--created", "2026-02-28").code == 0
    finished = trialwright("export", "data", folder.root)
    assert "up to date" in finished.out
    assert "as you edited it" not in finished.out


def test_a_study_without_datasets_is_told(trialwright: Run, tmp_path: Path) -> None:
    finished = trialwright("export", "define", _study(tmp_path / "TW101").root)

    assert finished.code == 2
    assert "has no datasets: neither data/sdtm nor data/adam" in finished.err


def test_import_folds_what_it_finds_and_exits_with_1(trialwright: Run, shared: Path, tmp_path: Path) -> None:
    source = shared / "data/cdiscpilot01/define/sdtm_define_v1.xml"

    finished = trialwright("import", "define", source, "--out", tmp_path / "out")

    assert finished.code == 1, finished
    assert finished.err.count("NOTE define.not-kept") == 1
    assert "... and 62 more of define.no-standard" in finished.err
    assert finished.out.strip().endswith("with 65 errors.")


def test_import_refuses_what_is_no_define_xml(trialwright: Run, tmp_path: Path) -> None:
    path = tmp_path / "define.xml"
    path.write_text("<ODM", encoding="utf-8")

    finished = trialwright("import", "define", path, "--out", tmp_path / "out")

    assert finished.code == 2
    assert "is no whole XML document" in finished.err
    assert "Traceback" not in finished.err
    assert not (tmp_path / "out").exists()

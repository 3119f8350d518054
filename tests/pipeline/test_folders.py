"""Making study folders."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from trialwright.errors import DesignError, StudyError, WorkspaceError
from trialwright.pipeline import changed_in_demo, make_demo_folder, make_study_folder, read_provenance
from trialwright.pipeline._program import program_of
from trialwright.pipeline.engine import assess
from trialwright.pipeline.provenance import ArtefactRecord, Provenance, write_provenance
from trialwright.pipeline.steps import study_steps
from trialwright.pipeline.verifying import input_digests
from trialwright.study import example_path
from trialwright.workspace import digest_file


def test_a_new_folder_has_the_definition_byte_for_byte(tmp_path: Path) -> None:
    usdm = example_path("calm12", "study.json")

    folder = make_study_folder(tmp_path / "study", usdm=usdm)

    assert folder.study.read_bytes() == usdm.read_bytes()
    assert not folder.plan.exists()
    assert read_provenance(folder).origin == "new"


def test_a_new_folder_takes_plan_and_data(tmp_path: Path) -> None:
    (tmp_path / "adam").mkdir()
    pl.DataFrame({"USUBJID": ["1"]}).write_parquet(tmp_path / "adam" / "ADSL.parquet")
    plan = example_path("calm12", "plan.yaml")

    folder = make_study_folder(
        tmp_path / "study", usdm=example_path("calm12", "study.json"), plan=plan, adam=tmp_path / "adam"
    )

    assert folder.plan.read_bytes() == plan.read_bytes()
    assert [path.name for path in folder.adam.iterdir()] == ["adsl.parquet"]


def test_a_new_folder_takes_a_design_that_can_be_read(tmp_path: Path) -> None:
    usdm, design = (example_path("calm12", name) for name in ("study.json", "design.yaml"))
    (tmp_path / "broken.yaml").write_text("design: 3\n", encoding="utf-8")

    folder = make_study_folder(tmp_path / "study", usdm=usdm, design=design)

    assert folder.design.read_bytes() == design.read_bytes()
    with pytest.raises(DesignError, match=r"broken\.yaml, line 1"):
        make_study_folder(tmp_path / "other", usdm=usdm, design=tmp_path / "broken.yaml")
    assert not (tmp_path / "other").exists()


def test_a_new_folder_takes_sdtm(tmp_path: Path) -> None:
    (tmp_path / "sdtm").mkdir()
    pl.DataFrame({"USUBJID": ["1"]}).write_parquet(tmp_path / "sdtm" / "CM.parquet")

    folder = make_study_folder(tmp_path / "study", usdm=example_path("calm12", "study.json"), sdtm=tmp_path / "sdtm")

    assert [path.name for path in folder.sdtm.iterdir()] == ["cm.parquet"]
    assert list(folder.adam.iterdir()) == []


def test_no_folder_is_made_where_there_are_no_datasets(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="has no SDTM datasets"):
        make_study_folder(tmp_path / "study", usdm=example_path("calm12", "study.json"), sdtm=tmp_path)

    assert not (tmp_path / "study").exists()


def test_no_folder_is_made_of_what_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "usdm.json").write_text(json.dumps({"study": {"name": "x"}}))

    with pytest.raises(StudyError):
        make_study_folder(tmp_path / "study", usdm=tmp_path / "usdm.json")

    assert not (tmp_path / "study").exists()


def test_an_empty_folder_may_become_a_study(tmp_path: Path) -> None:
    assert make_study_folder(tmp_path, usdm=example_path("calm12", "study.json")).study.exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("")

    with pytest.raises(WorkspaceError, match="exists already"):
        make_study_folder(tmp_path, usdm=example_path("calm12", "study.json"))
    with pytest.raises(WorkspaceError, match="was not made by `trialwright demo`"):
        make_demo_folder(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_the_demo_folder_is_used_again_with_what_was_changed_in_it(tmp_path: Path) -> None:
    folder = make_demo_folder(tmp_path / "demo")
    folder.plan.write_text("mine")
    folder.scenario.unlink()

    again = make_demo_folder(tmp_path / "demo")

    assert again.plan.read_text() == "mine"
    assert again.scenario.read_bytes() == example_path("calm12", "scenario.yaml").read_bytes()


def test_the_demo_folder_of_an_earlier_program_gets_the_example_of_this_one(tmp_path: Path) -> None:
    folder = make_demo_folder(tmp_path / "demo")
    known = read_provenance(folder)
    # As if an earlier program had written other files: one of them was changed since.
    for path in (folder.plan, folder.scenario):
        path.write_text("of an earlier program")
        record = replace(known.artefacts[path.name], digest=digest_file(path))
        known = known.with_step("demo", {**known.of_step("demo"), path.name: record})
    write_provenance(known, folder)
    folder.scenario.write_text("mine")

    make_demo_folder(tmp_path / "demo")

    assert folder.plan.read_bytes() == example_path("calm12", "plan.yaml").read_bytes()
    assert folder.scenario.read_text() == "mine"
    assert changed_in_demo(folder) == ("scenario.yaml",)


def _in_two_files(folder: Path) -> Path:
    """The example's plan with all its displays in a part."""
    whole = example_path("calm12", "plan.yaml").read_text(encoding="utf-8")
    head, displays = whole.replace("parts: [event_groups.csv]\n", "").split("\ndisplays:\n")
    displays, narratives = displays.split("\nnarratives:\n")
    groups = "event_groups: {Falls: {AEDECOD: [FALL]}}"
    folder.mkdir()
    (folder / "more").mkdir()
    (folder / "my.yaml").write_text(
        f"parts: [more/displays.yaml]\n{groups}\n{head}\nnarratives:\n{narratives}", encoding="utf-8"
    )
    (folder / "more" / "displays.yaml").write_text(f"displays:\n{displays}", encoding="utf-8")
    return folder / "my.yaml"


def test_the_parts_of_a_plan_go_along_and_make_steps_stale(tmp_path: Path) -> None:
    plan = _in_two_files(tmp_path / "plans")

    folder = make_study_folder(tmp_path / "study", usdm=example_path("calm12", "study.json"), plan=plan)

    part = folder.root / "more" / "displays.yaml"
    assert part.read_bytes() == (plan.parent / "more" / "displays.yaml").read_bytes()
    pl.DataFrame({"USUBJID": ["1"]}).write_parquet(folder.adam / "adsl.parquet")
    step = next(step for step in study_steps() if step.name == "analyze")
    record = ArtefactRecord(
        digest="",
        step="analyze",
        inputs={folder.relative(path): digest_file(path) for path in (folder.plan, part, folder.adam / "adsl.parquet")},
        program=program_of(step.rooms),
        parameters={},
    )
    made = Provenance(origin="new").with_step("analyze", {"results/results.parquet": record})
    folder.results.parent.mkdir()
    folder.results.write_bytes(b"")
    assert assess(step, folder, provenance=made).reason == ""
    part.write_text(part.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert assess(step, folder, provenance=made).reason == "more/displays.yaml has changed"
    assert input_digests(folder)["plan:more/displays.yaml"] == digest_file(part)


def test_a_part_may_not_take_the_place_of_the_scenario(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("plan: {title: T}\nparts: [scenario.yaml]\nanalysis_sets: {}\n", encoding="utf-8")
    (tmp_path / "scenario.yaml").write_text("analyses: {}\n", encoding="utf-8")

    with pytest.raises(WorkspaceError, match=r"A part of .* is called scenario\.yaml"):
        make_study_folder(tmp_path / "study", usdm=example_path("calm12", "study.json"), plan=plan)

    assert not (tmp_path / "study").exists()

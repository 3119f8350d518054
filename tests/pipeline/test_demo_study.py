"""The example study's folder, from end to end."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from trialwright.documents import manifest_path, read_manifest
from trialwright.errors import ResultError, WorkspaceError
from trialwright.findings import Severity
from trialwright.pipeline import (
    ASKED_FOR,
    ENDS,
    State,
    find_results,
    last_findings,
    open_queries,
    read_provenance,
    trace_result,
    update,
    verify_file,
)
from trialwright.workspace import StudyFolder, digest_file

STEPS = ["rehearse", "derive", "analyze", "display", "write csr", "export data", "verify"]


#: What the example study is made of.
GIVEN = (
    "study.json",
    "design.yaml",
    "plan.yaml",
    "event_groups.csv",
    "scenario.yaml",
    "derivation.yaml",
    "derivation_events.yaml",
    "derivation_measurements.yaml",
    "derivation_times.yaml",
)


@pytest.fixture
def demo(finished_demo: Path, tmp_path: Path) -> StudyFolder:
    """A copy of the finished demo."""
    shutil.copytree(finished_demo, tmp_path / "demo")
    return StudyFolder(tmp_path / "demo")


def test_every_artefact_has_its_provenance_down_to_the_definition(finished_demo: Path) -> None:
    folder = StudyFolder(finished_demo)
    records = read_provenance(folder).artefacts
    given = set(GIVEN)

    files = {folder.relative(path) for path in folder.matching(["**/*"])} - {"provenance.json"}
    assert files == set(records)
    assert {path for path, record in records.items() if record.step == "demo"} == given
    for path, record in records.items():
        assert record.digest == digest_file(folder.root / path)
        for needed, digest in record.inputs.items():
            assert needed in records
            assert digest == digest_file(folder.root / needed)


def test_a_finished_folder_is_up_to_date(demo: StudyFolder) -> None:
    outcomes = update(demo)

    assert [(outcome.step, outcome.state) for outcome in outcomes] == [(step, State.CURRENT) for step in STEPS]


def test_the_report_has_no_findings_and_says_what_only_a_human_can_write(finished_demo: Path) -> None:
    folder = StudyFolder(finished_demo)

    findings = last_findings(folder, "csr")

    assert {finding.severity for finding in findings} <= {Severity.NOTE}
    assert len(open_queries(folder, "csr")) > 0


def test_a_display_has_its_files(finished_demo: Path) -> None:
    folder = StudyFolder(finished_demo)
    names = {path.name for path in folder.displays.iterdir()}

    written = [path for path in folder.displays.glob("*.json") if not path.stem.endswith(".manifest")]
    assert written
    for path in written:
        assert f"{path.stem}.html" in names
        assert set(json.loads(path.read_text())) >= {"title", "population", "column_headers", "rows", "footnotes"}
    assert any(name.endswith(".pdf") for name in names)


def test_a_long_listing_is_a_document_of_its_own_that_can_be_verified(finished_demo: Path) -> None:
    folder = StudyFolder(finished_demo)
    listings = sorted(folder.displays.glob("*.docx"))

    assert [path.stem for path in listings] == ["16.2.8.1", "16.2.8.2"]
    for path in listings:
        assert path.with_name(f"{path.stem}.manifest.json").is_file()
        assert verify_file(path) == []
    report = read_manifest(manifest_path(folder.document("csr")))
    assert not {"16.2.8.1", "16.2.8.2"} & {table.number for table in report.tables}


def test_a_changed_title_is_laid_out_and_written_again_on_the_same_data(demo: StudyFolder) -> None:
    before = digest_file(demo.results)
    text = demo.plan.read_text(encoding="utf-8")
    demo.plan.write_text(text.replace("Demographic", "Demographics and other", 1), encoding="utf-8")
    assert demo.plan.read_text(encoding="utf-8") != text

    outcomes = update(demo)

    made = [outcome.step for outcome in outcomes if outcome.state is State.STALE]
    assert made == ["analyze", "display", "write csr", "export data", "verify"]
    assert digest_file(demo.results) == before
    assert not [finding for finding in last_findings(demo, "csr") if finding.severity is not Severity.NOTE]


def test_a_number_that_somebody_changes_in_the_report_is_found_and_the_report_is_kept(demo: StudyFolder) -> None:
    report = demo.document("csr")
    manifest = read_manifest(manifest_path(report))
    number = next(reference for reference in manifest.references if reference.kind == "result")
    assert replace_in_docx(report, f'<w:sdtContent><w:r><w:t xml:space="preserve">{number.shown}<', ">9999<")

    assert any("9999" in finding.evidence for finding in verify_file(report))
    outcomes = {outcome.step: outcome for outcome in update(demo)}

    assert outcomes["write csr"].edited == ("documents/csr.en.docx",)
    assert outcomes["verify"].state is State.STALE
    assert any("9999" in finding.evidence for finding in last_findings(demo, "csr"))
    with pytest.raises(WorkspaceError, match="somebody edited"):
        demo.plan.write_text(demo.plan.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
        update(demo)


def replace_in_docx(path: Path, old: str, new: str) -> int:
    """Put `new` in place of the text that ends `old`, where it is first in the docx; gives how many there were."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    body = parts["word/document.xml"].decode()
    parts["word/document.xml"] = body.replace(old, old.rpartition(">")[0] + new, 1).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return body.count(old)


def test_a_report_that_was_copied_away_is_held_to_its_manifest(demo: StudyFolder, tmp_path: Path) -> None:
    away = tmp_path / "away" / "csr.en.docx"
    away.parent.mkdir()
    shutil.copyfile(demo.document("csr"), away)
    shutil.copyfile(demo.documents / "csr.en.manifest.json", away.with_name("csr.en.manifest.json"))

    assert {finding.severity for finding in verify_file(away)} <= {Severity.NOTE}


def test_data_that_change_after_the_report_was_written_are_found(demo: StudyFolder) -> None:
    dataset = demo.adam / "adae.parquet"
    dataset.write_bytes(dataset.read_bytes() + b" ")

    rules = {finding.rule for finding in verify_file(demo.document("csr"))}

    assert "verify.stale-input" in rules


def test_a_refusal_names_a_command_that_works(demo: StudyFolder) -> None:
    report = demo.verification("csr")
    report.write_text("mine")
    with demo.plan.open("a") as plan:
        plan.write("# changed\n")

    with pytest.raises(WorkspaceError, match=f"run `trialwright run {demo.root} --overwrite`"):
        update(demo, ["verify"])
    assert report.read_text() == "mine"


def test_inputs_that_are_gone_after_the_report_was_written_are_found(demo: StudyFolder) -> None:
    (demo.adam / "adae.parquet").unlink()
    demo.results.unlink()

    findings = [finding for finding in verify_file(demo.document("csr")) if finding.rule == "verify.stale-input"]

    assert {finding.message for finding in findings} == {
        "results is gone since the document was written.",
        "dataset:ADAE is gone since the document was written.",
    }


def test_a_result_is_traced_to_the_file_and_its_maker(finished_demo: Path) -> None:
    folder = StudyFolder(finished_demo)

    traced = trace_result(folder, "population.itt/USUBJID/n")

    assert traced.trace.rows.height == traced.trace.result.stat
    assert traced.path == folder.adam / "adsl.parquet"
    assert traced.file_digest == digest_file(traced.path)
    assert traced.made_by.startswith("`trialwright derive`")


def test_a_result_that_is_not_there_is_answered_with_its_neighbours(finished_demo: Path) -> None:
    with pytest.raises(ResultError, match=r"Did you mean .*population\.itt/USUBJID/n"):
        trace_result(StudyFolder(finished_demo), "population.itt/USUBJID/m")


def test_a_misspelled_analysis_is_answered_with_the_nearest(finished_demo: Path) -> None:
    with pytest.raises(ResultError, match=r"no analysis 'popultion\.itt'. Did you mean population\.itt/USUBJID/n\?"):
        trace_result(StudyFolder(finished_demo), "popultion.itt/USUBJID/n")


def test_results_are_found_by_a_part_of_their_name_and_by_a_pattern(finished_demo: Path) -> None:
    folder = StudyFolder(finished_demo)

    assert all("population.itt/" in row.result_id for row in find_results(folder, "population.itt/"))
    names = [row.result_id for row in find_results(folder, "population.*/USUBJID/n")]
    assert "population.itt/USUBJID/n" in names
    assert all(name.endswith("/n") for name in names)


@pytest.mark.rendering
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed")
def test_the_report_converts_to_pdf_without_a_warning(finished_demo: Path, tmp_path: Path) -> None:
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    report = StudyFolder(finished_demo).document("csr")
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(report)]

    finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)

    # A LibreOffice without Java says so on every start: that is no word on the document.
    said = [line for line in finished.stderr.lower().splitlines() if "javaldx" not in line]
    assert finished.returncode == 0
    assert not [line for line in said if "warn" in line or "error" in line]
    assert (tmp_path / "csr.en.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.expensive
def test_the_same_seed_gives_the_same_bytes_in_every_artefact(finished_demo: Path, tmp_path: Path) -> None:
    again = StudyFolder(tmp_path / "again")
    again.root.mkdir()
    for name in GIVEN:
        shutil.copyfile(finished_demo / name, again.root / name)

    update(again, [*ENDS, *ASKED_FOR])

    first, second = read_provenance(StudyFolder(finished_demo)).artefacts, read_provenance(again).artefacts
    made = first.keys() - set(GIVEN)
    assert made == second.keys()
    assert [path for path in sorted(made) if first[path].digest != second[path].digest] == []

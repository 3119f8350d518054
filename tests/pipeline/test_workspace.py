"""The study folder, digests, and files that are whole or absent."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from trialwright.errors import WorkspaceError
from trialwright.workspace import (
    StudyFolder,
    digest_file,
    locked,
    open_study_folder,
    write_atomically,
    write_json_atomically,
)

#: SHA-256 of "abc": FIPS 180-2, appendix B.1.
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_digests_are_sha_256(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")

    assert digest_file(tmp_path / "abc") == ABC


def test_a_file_larger_than_what_is_read_at_once_has_its_whole_digest(tmp_path: Path) -> None:
    content = bytes(range(256)) * 12_289  # three chunks, the last one short

    (tmp_path / "large").write_bytes(content)

    assert digest_file(tmp_path / "large") == hashlib.sha256(content).hexdigest()


def test_writing_makes_the_folders_and_leaves_nothing_beside_the_file(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a" / "b.txt", "naïve")

    assert (tmp_path / "a" / "b.txt").read_bytes() == "naïve".encode()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]


def test_a_file_that_cannot_be_replaced_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "b.txt"
    path.write_text("old")

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, "new")
    monkeypatch.undo()

    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["b.txt"]


def test_json_is_indented_with_characters_as_they_are(tmp_path: Path) -> None:
    write_json_atomically(tmp_path / "a.json", {"title": "Größe"})

    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n  "title": "Größe"\n}\n'


def test_the_folder_is_laid_out_as_the_pages_say() -> None:
    folder = StudyFolder(Path("study"))

    assert folder.document("csr") == Path("study/documents/csr.en.docx")
    assert folder.document("csr", "de") == Path("study/documents/csr.de.docx")
    assert folder.relative(folder.adam / "adsl.parquet") == "data/adam/adsl.parquet"


def test_matching_leaves_out_temporary_and_lock_files(tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path)
    for name in ("csr.en.docx", ".csr.en.docx.tmp", "~$r.en.docx"):
        write_atomically(folder.documents / name, "")

    assert folder.matching(["documents/*"]) == [folder.documents / "csr.en.docx"]


@pytest.mark.parametrize(
    ("made", "says"), [(None, "There is no folder"), ("file", "is a file"), ("folder", "no study")]
)
def test_what_is_no_study_folder_is_refused(tmp_path: Path, made: str | None, says: str) -> None:
    root = tmp_path / "study"
    if made == "file":
        root.write_text("")
    elif made == "folder":
        root.mkdir()

    with pytest.raises(WorkspaceError, match=says):
        open_study_folder(root)


def test_a_folder_is_locked_for_one_run_and_free_again_after_it(tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path)
    with locked(folder), pytest.raises(WorkspaceError, match="Another run"), locked(folder):
        pass

    with locked(folder):
        pass

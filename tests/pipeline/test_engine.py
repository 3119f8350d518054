"""Only what is stale is made again, and nothing that a human did is lost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from trialwright.errors import WorkspaceError
from trialwright.execution import Progress
from trialwright.pipeline import State, Step, StepOutcome, bring_up_to_date, read_provenance
from trialwright.pipeline.provenance import Parameter
from trialwright.workspace import StudyFolder, digest_file


class Kitchen:
    """Four steps over text files that note when they run: scenario -> data -> results -> report, and displays."""

    def __init__(self, root: Path) -> None:
        self.folder = StudyFolder(root)
        self.ran: list[str] = []
        self.interrupted_at = ""
        root.mkdir(exist_ok=True)
        (root / "scenario.yaml").write_text("one")
        (root / "plan.yaml").write_text("mean")
        self.steps = (
            Step(
                name="rehearse",
                title="Rehearsing",
                needs={"scenario.yaml": "Write a scenario."},
                writes=("data/*.txt",),
                rooms=(),
                make=self._rehearse,
                parameters={"seed": 1},
            ),
            Step(
                name="analyze",
                title="Analyzing",
                needs={"plan.yaml": "Write a plan.", "data/*.txt": "Bring data."},
                writes=("results/*.txt",),
                rooms=(),
                make=self._analyze,
            ),
            Step(
                name="display",
                title="Displaying",
                needs={"results/*.txt": "Analyze."},
                writes=("displays/*.txt",),
                rooms=(),
                make=self._display,
            ),
            Step(
                name="write",
                title="Writing",
                needs={"results/*.txt": "Analyze."},
                writes=("documents/*.txt",),
                rooms=(),
                make=self._write,
            ),
        )

    def _enter(self, name: str) -> None:
        self.ran.append(name)

    def _put(self, out: StudyFolder, path: str, text: str) -> None:
        target = out.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def _rehearse(
        self, folder: StudyFolder, out: StudyFolder, parameters: Mapping[str, Parameter], progress: Progress
    ) -> str:
        self._enter("rehearse")
        for arm in folder.scenario.read_text().split():
            self._put(out, f"data/{arm}.txt", f"{arm} {parameters['seed']}")
            if self.interrupted_at == "rehearse":
                raise KeyboardInterrupt
        return "data"

    def _analyze(
        self, folder: StudyFolder, out: StudyFolder, parameters: Mapping[str, Parameter], progress: Progress
    ) -> str:
        self._enter("analyze")
        if self.interrupted_at == "analyze":
            raise KeyboardInterrupt
        data = "+".join(path.read_text() for path in folder.matching(["data/*.txt"]))
        self._put(out, "results/results.txt", f"{folder.plan.read_text()}({data})")
        return "results"

    def _display(
        self, folder: StudyFolder, out: StudyFolder, parameters: Mapping[str, Parameter], progress: Progress
    ) -> str:
        self._enter("display")
        self._put(out, "displays/t.txt", "| table |")
        return "displays"

    def _write(
        self, folder: StudyFolder, out: StudyFolder, parameters: Mapping[str, Parameter], progress: Progress
    ) -> str:
        self._enter("write")
        self._put(out, "documents/csr.txt", f"We found {(folder.root / 'results/results.txt').read_text()}.")
        return "report"

    def run(self, *targets: str, seed: int | None = None, is_overwriting: bool = False) -> list[StepOutcome]:
        self.ran.clear()
        return bring_up_to_date(
            self.folder,
            self.steps,
            targets or ("display", "write"),
            parameters={} if seed is None else {"rehearse": {"seed": seed}},
            is_overwriting=is_overwriting,
        )

    def text(self, path: str) -> str:
        return (self.folder.root / path).read_text()

    def edit(self, path: str, text: str) -> None:
        (self.folder.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder.root / path).write_text(text)


@pytest.fixture
def kitchen(tmp_path: Path) -> Kitchen:
    return Kitchen(tmp_path / "study")


def test_a_first_run_makes_everything_in_order(kitchen: Kitchen) -> None:
    kitchen.run()

    assert kitchen.ran == ["rehearse", "analyze", "display", "write"]
    assert kitchen.text("documents/csr.txt") == "We found mean(one 1)."
    assert not kitchen.folder.staging.exists()


def test_a_second_run_makes_nothing(kitchen: Kitchen) -> None:
    kitchen.run()

    outcomes = kitchen.run()

    assert kitchen.ran == []
    assert {outcome.state for outcome in outcomes} == {State.CURRENT}


def test_a_changed_plan_leaves_the_data_alone(kitchen: Kitchen) -> None:
    kitchen.run()
    kitchen.edit("plan.yaml", "median")

    outcomes = kitchen.run()

    assert kitchen.ran == ["analyze", "display", "write"]
    assert kitchen.text("documents/csr.txt") == "We found median(one 1)."
    assert [outcome.reason for outcome in outcomes][1] == "plan.yaml has changed"


def test_another_seed_makes_everything_anew_and_is_remembered(kitchen: Kitchen) -> None:
    kitchen.run()

    outcomes = kitchen.run(seed=7)
    assert kitchen.text("documents/csr.txt") == "We found mean(one 7)."
    assert outcomes[0].reason == "the seed has changed"

    kitchen.run()
    assert kitchen.ran == []
    assert read_provenance(kitchen.folder).artefacts["data/one.txt"].parameters == {"seed": 7}


def test_a_missing_artefact_is_made_again_and_nothing_after_it(kitchen: Kitchen) -> None:
    kitchen.run()
    (kitchen.folder.root / "results/results.txt").unlink()

    kitchen.run()

    assert kitchen.ran == ["analyze"]  # the same results as before: what was made of them still stands


def test_a_step_brings_what_it_needs_up_to_date_and_nothing_else(kitchen: Kitchen) -> None:
    kitchen.run("write")

    assert kitchen.ran == ["rehearse", "analyze", "write"]


def test_another_program_makes_its_artefacts_stale(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    kitchen.run()
    monkeypatch.setattr("trialwright.pipeline.engine.program_of", lambda rooms: "9.9.9+0")

    outcomes = kitchen.run("analyze")

    assert kitchen.ran == ["rehearse", "analyze"]
    assert outcomes[0].reason == "the program has changed"


def test_provenance_says_what_each_artefact_was_made_of(kitchen: Kitchen) -> None:
    kitchen.run()

    record = read_provenance(kitchen.folder).artefacts["results/results.txt"]

    assert record.step == "analyze"
    assert record.digest == digest_file(kitchen.folder.root / "results/results.txt")
    assert record.inputs == {path: digest_file(kitchen.folder.root / path) for path in ("data/one.txt", "plan.yaml")}
    assert record.program.startswith("0.1.0+")


def test_an_edited_artefact_is_kept_and_what_follows_is_made_from_it(kitchen: Kitchen) -> None:
    kitchen.run()
    kitchen.edit("data/one.txt", "one corrected")

    outcomes = kitchen.run()

    assert kitchen.text("data/one.txt") == "one corrected"
    assert outcomes[0].state is State.CURRENT
    assert outcomes[0].edited == ("data/one.txt",)
    assert kitchen.text("documents/csr.txt") == "We found mean(one corrected)."


def test_an_edited_artefact_is_never_overwritten_unasked(kitchen: Kitchen) -> None:
    kitchen.run()
    kitchen.edit("documents/csr.txt", "We found, in our judgement, much.")
    kitchen.edit("plan.yaml", "median")

    with pytest.raises(WorkspaceError, match=r"documents/csr\.txt, which somebody edited.*--overwrite"):
        kitchen.run()

    assert kitchen.text("documents/csr.txt") == "We found, in our judgement, much."
    assert "write" not in kitchen.ran


def test_an_edited_artefact_that_is_made_anew_moves_to_kept(kitchen: Kitchen) -> None:
    kitchen.run()
    kitchen.edit("documents/csr.txt", "mine")

    outcome = kitchen.run("write", is_overwriting=True)[-1]

    assert kitchen.text("documents/csr.txt") == "We found mean(one 1)."
    assert [kitchen.text(path) for path in outcome.moved] == ["mine"]
    assert outcome.moved[0].startswith("kept/documents/csr.")


def test_given_data_are_taken_as_they_are_and_nothing_before_them_runs(kitchen: Kitchen) -> None:
    kitchen.edit("data/real.txt", "real")
    kitchen.folder.scenario.unlink()

    outcomes = kitchen.run()

    assert kitchen.ran == ["analyze", "display", "write"]
    assert outcomes[0].state is State.GIVEN
    assert kitchen.text("documents/csr.txt") == "We found mean(real)."


def test_given_data_are_not_overwritten_by_a_step(kitchen: Kitchen) -> None:
    kitchen.run()
    kitchen.edit("data/two.txt", "brought")
    kitchen.edit("scenario.yaml", "one two")

    with pytest.raises(WorkspaceError, match=r"data/two\.txt, which somebody edited or brought"):
        kitchen.run("rehearse")

    assert kitchen.text("data/two.txt") == "brought"


def test_what_a_step_no_longer_makes_is_removed(kitchen: Kitchen) -> None:
    kitchen.edit("scenario.yaml", "one two")
    kitchen.run()
    kitchen.edit("scenario.yaml", "two")

    kitchen.run()

    assert not (kitchen.folder.root / "data/one.txt").exists()
    assert kitchen.text("results/results.txt") == "mean(two 1)"


def test_a_missing_need_is_named_with_its_remedy(kitchen: Kitchen) -> None:
    kitchen.folder.plan.unlink()

    with pytest.raises(WorkspaceError, match=r"`analyze` needs plan\.yaml, .* Write a plan\."):
        kitchen.run()

    assert kitchen.text("data/one.txt") == "one 1"


def test_a_stopped_run_leaves_no_half_made_step_and_goes_on_where_it_was(kitchen: Kitchen) -> None:
    kitchen.edit("scenario.yaml", "one two")
    kitchen.interrupted_at = "rehearse"
    with pytest.raises(KeyboardInterrupt):
        kitchen.run()
    assert not kitchen.folder.matching(["data/*.txt"])
    assert not kitchen.folder.staging.exists()

    kitchen.interrupted_at = "analyze"
    with pytest.raises(KeyboardInterrupt):
        kitchen.run()
    assert kitchen.text("data/two.txt") == "two 1"

    kitchen.interrupted_at = ""
    kitchen.run()
    assert kitchen.ran == ["analyze", "display", "write"]


def test_a_run_stopped_while_moving_files_is_finished_by_the_next(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    kitchen.edit("scenario.yaml", "one two")
    replace = Path.replace
    moved: list[Path] = []

    def stop_at_the_second(self: Path, target: Path) -> Path:
        if "artefacts" in self.parts and not self.name.startswith("."):
            moved.append(self)
            if len(moved) == 2:
                raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        kitchen.run()
    monkeypatch.undo()
    assert len(kitchen.folder.matching(["data/*.txt"])) == 1

    kitchen.run()

    assert kitchen.ran == ["analyze", "display", "write"]
    assert kitchen.text("results/results.txt") == "mean(one 1+two 1)"


@pytest.mark.parametrize("content", ["{", "[]", '{"moves": []}'])
def test_a_journal_that_cannot_be_read_stops_the_run(kitchen: Kitchen, content: str) -> None:
    kitchen.folder.staging.mkdir()
    (kitchen.folder.staging / "journal.json").write_text(content)

    with pytest.raises(WorkspaceError, match="Remove the folder"):
        kitchen.run()


def test_two_runs_do_not_share_a_folder(kitchen: Kitchen) -> None:
    def run_again(
        folder: StudyFolder, out: StudyFolder, parameters: Mapping[str, Parameter], progress: Progress
    ) -> str:
        bring_up_to_date(kitchen.folder, kitchen.steps, ["analyze"])
        return ""

    kitchen.steps = (
        Step(name="rehearse", title="", needs={}, writes=("data/*.txt",), rooms=(), make=run_again),
        *kitchen.steps[1:],
    )

    with pytest.raises(WorkspaceError, match="Another run is at work"):
        kitchen.run()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read: the file"),
        ('{"format_version": 1, "origin": "new", "artefacts": {"a": {}}}', r"artefacts\.a\.digest"),
        ('{"format_version": 2, "origin": "new", "artefacts": {}}', "format version 2"),
        ('{"format_version": 2, "written": "by another"}', "format version 2"),
    ],
)
def test_a_damaged_provenance_file_stops_the_run(kitchen: Kitchen, content: str, message: str) -> None:
    kitchen.folder.provenance.write_text(content)

    with pytest.raises(WorkspaceError, match=message):
        kitchen.run()

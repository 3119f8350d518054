"""Bringing a study folder up to date: only what is stale is made again, and nothing is lost on the way.

A step's artefacts are first made in a staging folder. When all of them are there a journal is written, then they are
moved to their places and their provenance is recorded. A run that is stopped before the journal leaves the folder as it
was; one stopped after it is finished by the next run. So a file in the folder is always a whole one with its record.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from shlex import quote

from trialwright.errors import WorkspaceError
from trialwright.execution import Progress, SilentProgress, step_of_work
from trialwright.pipeline._program import program_of
from trialwright.pipeline.provenance import (
    ArtefactRecord,
    Parameter,
    Provenance,
    read_provenance,
    write_provenance,
)
from trialwright.pipeline.step import Step
from trialwright.workspace import StudyFolder, digest_file, locked, write_json_atomically

_JOURNAL = "journal.json"


class State(StrEnum):
    """What is known of a step's artefacts before it runs.

    CURRENT  made from what is there now, by this program
    GIVEN    there, but not made by the step: the user's own data, taken as they are
    STALE    missing, or made from something else
    """

    CURRENT = "current"
    GIVEN = "given"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The state of a step, why it is stale, and which of its artefacts somebody edited since."""

    state: State
    reason: str = ""
    edited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutcome:
    """What a run did with one step.

    state    before the run; a STALE one was made
    made     paths of the new artefacts, in the study folder
    summary  what was made, in a few words
    edited   artefacts that a human edited and that were kept as they are
    moved    edited artefacts that were moved to `kept/` because the user asked to have them made anew
    seconds  wall clock
    """

    step: str
    state: State
    reason: str = ""
    made: tuple[str, ...] = ()
    summary: str = ""
    edited: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    seconds: float = 0.0


class _Digests:
    """Digests of a folder's files, each file read once for a run unless it is made anew."""

    def __init__(self, folder: StudyFolder) -> None:
        self._folder = folder
        self._known: dict[str, str] = {}

    def of(self, path: str) -> str | None:
        """The file's digest; None if it is missing."""
        if path not in self._known:
            try:
                self._known[path] = digest_file(self._folder.root / path)
            except FileNotFoundError:
                return None
        return self._known[path]

    def forget(self, paths: Sequence[str]) -> None:
        """These files have changed."""
        for path in paths:
            self._known.pop(path, None)


def assess(
    step: Step,
    folder: StudyFolder,
    parameters: Mapping[str, Parameter] | None = None,
    *,
    provenance: Provenance | None = None,
) -> Assessment:
    """The state of `step` in `folder`, with `parameters` in place of those it was made with."""
    known = read_provenance(folder) if provenance is None else provenance
    return _assess(step, folder, known, _Digests(folder), parameters or {})


def _assess(
    step: Step, folder: StudyFolder, provenance: Provenance, digests: _Digests, parameters: Mapping[str, Parameter]
) -> Assessment:
    records = provenance.of_step(step.name)
    if not records:
        found = [folder.relative(path) for path in folder.matching(step.writes)]
        # What another command of this program made there, such as `export define`, is not the user's.
        present = [path for path in found if not provenance.is_as_made(path, digests.of(path))]
        return Assessment(state=State.GIVEN) if present else Assessment(state=State.STALE, reason="not made yet")
    edited = tuple(path for path, record in records.items() if digests.of(path) not in (None, record.digest))
    reason = _why_stale(step, folder, records, digests, parameters)
    return Assessment(state=State.STALE if reason else State.CURRENT, reason=reason, edited=edited)


def _why_stale(
    step: Step,
    folder: StudyFolder,
    records: Mapping[str, ArtefactRecord],
    digests: _Digests,
    parameters: Mapping[str, Parameter],
) -> str:
    """Why the artefacts have to be made again; empty if they need not."""
    gone = [path for path in records if digests.of(path) is None]
    if gone:
        return f"{gone[0]} is missing"
    record = next(iter(records.values()))
    inputs = _inputs_of(step, folder, digests)
    for path in sorted({*inputs, *record.inputs}):
        if path not in record.inputs:
            return f"{path} is new"
        if path not in inputs:
            return f"{path} is gone"
        if inputs[path] != record.inputs[path]:
            return f"{path} has changed"
    for name, value in _parameters_of(step, records, parameters).items():
        if record.parameters.get(name) != value:
            return f"the {name} has changed"
    return "" if record.program == program_of(step.rooms) else "the program has changed"


def _inputs_of(step: Step, folder: StudyFolder, digests: _Digests) -> dict[str, str]:
    read = [*folder.matching((*step.needs, *step.optional)), *step.follows(folder)]
    paths = [folder.relative(path) for path in read]
    found = {path: digests.of(path) for path in paths}
    return {path: digest for path, digest in found.items() if digest is not None}


def _parameters_of(
    step: Step, records: Mapping[str, ArtefactRecord], given: Mapping[str, Parameter]
) -> dict[str, Parameter]:
    """What is asked for now, else what the artefacts were made with, else the step's own values."""
    before = next(iter(records.values())).parameters if records else {}
    return {name: given.get(name, before.get(name, default)) for name, default in step.parameters.items()}


def bring_up_to_date(
    folder: StudyFolder,
    steps: Sequence[Step],
    targets: Sequence[str],
    *,
    parameters: Mapping[str, Mapping[str, Parameter]] | None = None,
    is_overwriting: bool = False,
    progress: Progress | None = None,
    report: Callable[[StepOutcome], None] | None = None,
) -> list[StepOutcome]:
    """Make what is stale of the steps named in `targets` and of those they need, and say what was done with each.

    steps           the whole graph, in the order of the way
    parameters      step name to its parameters, where they differ from those of the last run
    is_overwriting  make the targets anew even where a human edited their artefacts or brought them; the files that were
                    there are moved to `kept/`

    report          is told the outcome of each step as soon as there is one

    Raises `WorkspaceError` if a file is missing that a step needs, if an edited file would have to be overwritten, or
    if another run is at work in the folder. What was finished before stays.
    """
    told = parameters or {}
    watcher = progress or SilentProgress()
    with locked(folder):
        _finish_interrupted(folder)
        digests = _Digests(folder)
        outcomes = []
        for step in _steps_for(steps, targets, folder, digests, is_overwriting=is_overwriting):
            outcome = _run_step(
                step,
                folder,
                digests,
                told.get(step.name, {}),
                is_overwriting=is_overwriting and step.name in targets,
                progress=watcher,
            )
            outcomes.append(outcome)
            if report is not None:
                report(outcome)
        return outcomes


def _steps_for(
    steps: Sequence[Step], targets: Sequence[str], folder: StudyFolder, digests: _Digests, *, is_overwriting: bool
) -> list[Step]:
    """The targets and what they need, in order. What the user gave needs nothing: real ADaM asks for no rehearsal."""
    provenance = read_provenance(folder)
    wanted: list[Step] = []
    for step in reversed(steps):
        # Nobody misses what is merely read if it is there, where it can't be made: real ADaM comes without SDTM.
        is_possible = _can_run(step, steps, folder)
        serves = any(
            set(step.writes) & set(other.reads if is_possible else other.needs)
            for other in wanted
            if (is_overwriting and other.name in targets)
            or _assess(other, folder, provenance, digests, {}).state is not State.GIVEN
        )
        if step.name in targets or serves:
            wanted.append(step)
    return wanted[::-1]


def _can_run(step: Step, steps: Sequence[Step], folder: StudyFolder) -> bool:
    """Whether everything that the step needs is there, or is made by another."""
    made = {pattern for other in steps for pattern in other.writes}
    return all(pattern in made or folder.matching([pattern]) for pattern in step.needs)


def _run_step(
    step: Step,
    folder: StudyFolder,
    digests: _Digests,
    parameters: Mapping[str, Parameter],
    *,
    is_overwriting: bool,
    progress: Progress,
) -> StepOutcome:
    provenance = read_provenance(folder)
    found = _assess(step, folder, provenance, digests, parameters)
    is_forced = is_overwriting and (found.state is State.GIVEN or bool(found.edited))
    if found.state is not State.STALE and not is_forced:
        return StepOutcome(step=step.name, state=found.state, edited=found.edited)
    _check_needs(step, folder)
    if found.edited and not is_overwriting:
        raise WorkspaceError(_refusal(step, folder, found.edited))
    records = provenance.of_step(step.name)
    settings = _parameters_of(step, records, parameters)
    with step_of_work(step.title, progress) as watch, _staging(folder) as staged:
        inputs = _inputs_of(step, folder, digests)
        summary = step.make(folder, staged, settings, progress)
        made = {
            staged.relative(path): ArtefactRecord(
                digest=digest_file(path),
                step=step.name,
                inputs=inputs,
                program=program_of(step.rooms),
                parameters=settings,
            )
            for path in staged.matching(["**/*"])
        }
        in_the_way = _not_ours(folder, provenance, {*made, *records}, digests)
        if in_the_way and not is_overwriting:
            raise WorkspaceError(_refusal(step, folder, in_the_way))
        moved = _keep(folder, in_the_way, digests)
        gone = [path for path in records if path not in made and path not in in_the_way]
        _commit(folder, staged, provenance.with_step(step.name, made), moves=list(made), removals=gone)
    digests.forget([*made, *records])
    return StepOutcome(
        step=step.name,
        state=State.STALE,
        reason=found.reason,
        made=tuple(made),
        summary=summary,
        moved=moved,
        seconds=watch.seconds,
    )


def _check_needs(step: Step, folder: StudyFolder) -> None:
    for pattern, remedy in step.needs.items():
        if not folder.matching([pattern]):
            raise WorkspaceError(f"`{step.name}` needs {pattern}, and {folder.root} has none. {remedy}")


def _not_ours(folder: StudyFolder, provenance: Provenance, paths: set[str], digests: _Digests) -> list[str]:
    """Those of `paths` that exist and are not as this program made them: brought or edited by a human."""
    return [
        path
        for path in sorted(paths)
        if (digest := digests.of(path)) is not None and not provenance.is_as_made(path, digest)
    ]


def _refusal(step: Step, folder: StudyFolder, paths: Sequence[str]) -> str:
    named = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    command = f"trialwright {step.command or step.name} {quote(str(folder.root))} --overwrite"
    return (
        f"`{step.name}` would overwrite {named}, which somebody edited or brought since. It changed nothing. "
        f"To have {'it' if len(paths) == 1 else 'them'} made anew, run `{command}` "
        "(what is there now moves to kept/); to keep your version, move it out of the study folder."
    )


def _keep(folder: StudyFolder, paths: Sequence[str], digests: _Digests) -> tuple[str, ...]:
    """Copy the files to `kept/`, under their own path with a piece of their digest; gives the new paths."""
    moved = []
    for path in paths:
        source = folder.root / path
        target = folder.kept / Path(path).with_name(f"{source.stem}.{(digests.of(path) or '')[:8]}{source.suffix}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
        moved.append(folder.relative(target))
    return tuple(moved)


@contextmanager
def _staging(folder: StudyFolder) -> Iterator[StudyFolder]:
    """A fresh staging folder, removed at the end unless a journal in it says that there is something to finish."""
    shutil.rmtree(folder.staging, ignore_errors=True)
    (folder.staging / "artefacts").mkdir(parents=True)
    try:
        yield StudyFolder(folder.staging / "artefacts")
    finally:
        if not (folder.staging / _JOURNAL).exists():
            shutil.rmtree(folder.staging, ignore_errors=True)


def _commit(
    folder: StudyFolder, staged: StudyFolder, provenance: Provenance, *, moves: Sequence[str], removals: Sequence[str]
) -> None:
    write_provenance(provenance, staged)
    write_json_atomically(folder.staging / _JOURNAL, {"moves": list(moves), "removals": list(removals)})
    _replay(folder)


def _replay(folder: StudyFolder) -> None:
    """Do what the journal says; done twice it does the same."""
    path_of_journal = folder.staging / _JOURNAL
    try:
        journal = json.loads(path_of_journal.read_text(encoding="utf-8"))
        moves, removals = journal["moves"], journal["removals"]
    except (ValueError, KeyError, TypeError):
        raise WorkspaceError(
            f"{path_of_journal} says what a stopped run had still to move, and cannot be read: somebody changed it. "
            f"Remove the folder {folder.staging} and run again; what the stopped run had made is made anew."
        ) from None
    staged = StudyFolder(folder.staging / "artefacts")
    for path in moves:
        target = folder.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if (staged.root / path).exists():
            (staged.root / path).replace(target)
    for path in removals:
        (folder.root / path).unlink(missing_ok=True)
    if staged.provenance.exists():
        staged.provenance.replace(folder.provenance)
    path_of_journal.unlink()


def _finish_interrupted(folder: StudyFolder) -> None:
    """Finish what a stopped run had completed but not yet moved; throw away what it had not completed."""
    if (folder.staging / _JOURNAL).is_file():
        _replay(folder)
    shutil.rmtree(folder.staging, ignore_errors=True)

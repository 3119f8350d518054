"""A step of the way: what it reads, what it makes, and the rooms it goes through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from trialwright.execution import Progress
from trialwright.pipeline.provenance import Parameter
from trialwright.workspace import StudyFolder

#: Reads from the first folder, writes the step's artefacts into the second, tells how far it is if it takes long, and
#: says in a few words what it made.
Maker: TypeAlias = Callable[[StudyFolder, StudyFolder, Mapping[str, Parameter], Progress], str]


def nothing(folder: StudyFolder) -> Iterable[Path]:
    """What most steps follow."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One node of the graph.

    name        as commands and provenance name it: `analyze`
    title       what is being done, for progress: `Analyzing`
    needs       globs of files that must be there, each with how the user gets one; also what makes the step stale
    optional    globs of files that are read if they are there
    follows     the files of the folder that files among these name: parts of a plan
    writes      globs of what the step makes; a step that needs one of them comes after this one
    rooms       whose code decides the content
    command     of `trialwright`, with which a user runs the step in a folder, where it is not the step's name
    parameters  what else decides it, with the values used when nobody says otherwise
    """

    name: str
    title: str
    needs: Mapping[str, str]
    writes: tuple[str, ...]
    rooms: tuple[str, ...]
    make: Maker
    optional: tuple[str, ...] = ()
    follows: Callable[[StudyFolder], Iterable[Path]] = nothing
    command: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    @property
    def reads(self) -> tuple[str, ...]:
        """Globs of everything that the step reads."""
        return (*self.needs, *self.optional)

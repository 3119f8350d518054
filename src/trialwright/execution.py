"""Where work runs, and how it says how far it is. For now: in this process, one step after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol


class Progress(Protocol):
    """Whoever wants to know which step is being worked on."""

    def start(self, title: str) -> None:
        """A step begins."""

    def finish(self) -> None:
        """The step has ended, well or badly."""


class SilentProgress:
    """Says nothing: for tests, and for output that is no terminal."""

    def start(self, title: str) -> None:
        """Nothing."""

    def finish(self) -> None:
        """Nothing."""


@dataclass(slots=True)
class Stopwatch:
    """Wall-clock seconds of one step; 0 until it has ended."""

    seconds: float = field(default=0.0)


@contextmanager
def step_of_work(title: str, progress: Progress) -> Iterator[Stopwatch]:
    """Tell `progress` that a step begins and ends, and time it."""
    watch = Stopwatch()
    progress.start(title)
    started = time.perf_counter()
    try:
        yield watch
    finally:
        watch.seconds = time.perf_counter() - started
        progress.finish()

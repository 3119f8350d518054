"""Progress of long steps: a spinner on stderr; nothing where stderr is no terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialwright.execution import Progress, SilentProgress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status


class _Spinner:
    """Shows the step at work, and the seconds since it began."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None

    def start(self, title: str) -> None:
        """A step begins."""
        self._status = self._console.status(f"{title} ...")
        self._status.start()

    def finish(self) -> None:
        """The step has ended."""
        if self._status is not None:
            self._status.stop()
            self._status = None


def progress_on_stderr() -> Progress:
    """A spinner if stderr is a terminal, else silence."""
    from rich.console import Console

    console = Console(stderr=True)
    return _Spinner(console) if console.is_terminal else SilentProgress()

"""Progress of long steps: a spinner on stderr; nothing where stderr is no terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialwright.execution import Progress, SilentProgress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar


class _Spinner:
    """Shows the step at work, and the seconds since it began; a step inside it takes its place while it lasts."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Bar | None = None
        self._titles: list[str] = []

    def start(self, title: str) -> None:
        """A step begins."""
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._titles.append(title)
        if self._bar is not None:
            self._show()
            return
        columns = (SpinnerColumn(), TextColumn("{task.description} ..."), TimeElapsedColumn())
        self._bar = Progress(*columns, console=self._console, transient=True)
        self._bar.add_task(title, total=None)
        self._bar.start()

    def finish(self) -> None:
        """The step has ended."""
        if self._bar is None:
            return
        self._titles.pop()
        if self._titles:
            self._show()
        else:
            self._bar.stop()
            self._bar = None

    def _show(self) -> None:
        assert self._bar is not None
        self._bar.update(self._bar.task_ids[0], description=self._titles[-1])


def progress_on_stderr() -> Progress:
    """A spinner if stderr is a terminal, else silence."""
    from rich.console import Console

    console = Console(stderr=True)
    return _Spinner(console) if console.is_terminal else SilentProgress()

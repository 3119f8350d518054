"""Where work runs (in this process, on threads, processes or a Dask cluster), and how it says how far it is.

Work is a function and its items. Wherever it runs, results come in the order of the items, so that what is made of them
does not depend on the place.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, TypeVar

from trialwright.errors import ExecutionError

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

    from distributed import Client

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
Outcome_co = TypeVar("Outcome_co", covariant=True)

#: Told how many items are done, after each.
Counting = Callable[[int], None]
#: Items handed out ahead of the one whose result is awaited, per worker: enough that none waits for work.
AHEAD = 4


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


class Execution(Protocol):
    """A place where a function can be applied to many items."""

    def map(
        self, function: Callable[[Item], Outcome], items: Iterable[Item], *, progress: Counting | None = None
    ) -> Iterator[Outcome]:
        """The results, in the order of the items.

        An error of the function is raised when its result's turn has come, with a note that says which item it was.
        Then, and when the iterator is closed or interrupted, nothing further is begun, and what was is waited for.
        """
        ...


class InThisProcess:
    """One item after the other, here."""

    def map(
        self, function: Callable[[Item], Outcome], items: Iterable[Item], *, progress: Counting | None = None
    ) -> Iterator[Outcome]:
        """See `Execution.map`."""
        for number, item in enumerate(items, start=1):
            with _naming(number):
                outcome = function(item)
            yield outcome
            if progress is not None:
                progress(number)


#: Where work runs unless somebody says otherwise.
IN_THIS_PROCESS: Final = InThisProcess()


@dataclass(frozen=True)
class Threads:
    """On threads of this process: for compiled code, which runs beside others; nothing needs to be pickled."""

    workers: int

    def __post_init__(self) -> None:
        _check_workers(self.workers, "Threads")

    def map(
        self, function: Callable[[Item], Outcome], items: Iterable[Item], *, progress: Counting | None = None
    ) -> Iterator[Outcome]:
        """See `Execution.map`."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self.workers) as pool:
            yield from _in_order(lambda item: pool.submit(function, item), items, self.workers, progress)


class Processes:
    """On processes of this computer, each started afresh.

    The function, its items and results are pickled: a function of a module, or a `functools.partial` of one. In a
    `with` block the processes stay for all work in it; otherwise each `map` starts its own, which takes a second or
    two. A script that uses it does its work under `if __name__ == "__main__":`.
    """

    def __init__(self, workers: int) -> None:
        _check_workers(workers, "Processes")
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        self._pool = self._new_pool()
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _new_pool(self) -> ProcessPoolExecutor:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        return ProcessPoolExecutor(self.workers, mp_context=get_context("spawn"), initializer=_ignore_interrupts)

    def map(
        self, function: Callable[[Item], Outcome], items: Iterable[Item], *, progress: Counting | None = None
    ) -> Iterator[Outcome]:
        """See `Execution.map`."""
        from concurrent.futures.process import BrokenProcessPool
        from pickle import PicklingError

        pool = self._pool or self._new_pool()
        try:
            yield from _in_order(lambda item: pool.submit(function, item), items, self.workers, progress)
        except BrokenProcessPool as error:
            raise ExecutionError(
                "A worker process ended before its work was done. It may have run out of memory (give fewer workers), "
                'or the script that started it does its work outside of `if __name__ == "__main__":`.'
            ) from error
        except (PicklingError, AttributeError, TypeError) as error:
            if "pickle" not in str(error):
                raise
            raise ExecutionError(
                f"The work cannot be sent to another process: {error}. Give a function of a module or a "
                "functools.partial of one, with items that can be pickled, or use Threads or InThisProcess."
            ) from error
        finally:
            if pool is not self._pool:
                pool.shutdown(cancel_futures=True)


class DaskCluster:
    """On the workers of a Dask cluster, which must have this version of Trialwright installed.

    In a `with` block the connection that it made itself is closed at the end. Needs the package `distributed`:
    pip install 'trialwright[cluster]'.
    """

    def __init__(self, *, address: str | None = None, client: Client | None = None) -> None:
        """Give the scheduler's address, such as tcp://10.0.0.1:8786, or a connected client."""
        try:
            from distributed import Client
        except ImportError as error:
            raise ExecutionError(
                "DaskCluster needs the package distributed, which is not installed. "
                "Install it by pip install 'trialwright[cluster]', or use Processes or Threads."
            ) from error
        if (address is None) == (client is None):
            raise ExecutionError(f"DaskCluster needs an address or a client, got {address!r} and {client!r}. Give one.")
        self._is_own = client is None
        if client is None:
            try:
                client = Client(address)  # type: ignore[no-untyped-call] # has no types
            except (OSError, ValueError) as error:
                raise ExecutionError(
                    f"No Dask scheduler answers at {address!r}: {error}. Start one by `dask scheduler`, and give the "
                    "address that it prints."
                ) from error
        self._client: Any = client  # distributed's methods have no types
        self._is_checked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_own:
            self._client.close()

    def map(
        self, function: Callable[[Item], Outcome], items: Iterable[Item], *, progress: Counting | None = None
    ) -> Iterator[Outcome]:
        """See `Execution.map`. What workers have begun when it is interrupted runs to its end there, unused."""
        from distributed.scheduler import KilledWorker

        workers = self._check_workers()
        try:
            yield from _in_order(lambda item: self._client.submit(function, item, pure=False), items, workers, progress)
        except KilledWorker as error:
            raise ExecutionError(
                f"Workers of the Dask cluster died over the same piece of work: {error}. They may have run out of "
                "memory: give them more, or fewer threads each."
            ) from error

    def _check_workers(self) -> int:
        """How many pieces can run at a time; other versions of Trialwright would give other results."""
        threads: dict[str, int] = self._client.nthreads()
        if not threads:
            raise ExecutionError("The Dask cluster has no workers. Start some by `dask worker SCHEDULER_ADDRESS`.")
        if not self._is_checked:
            own, others = _version(), self._client.run(_version)
            for address, version in others.items():
                if version != own:
                    raise ExecutionError(
                        f"The Dask worker {address} has {version or 'no'} trialwright; here it is {own}. "
                        "Install the same version on all workers."
                    )
            self._is_checked = True
        return sum(threads.values())


class _Future(Protocol[Outcome_co]):
    def result(self) -> Outcome_co: ...

    def cancel(self) -> Any: ...


def _in_order(
    submit: Callable[[Item], _Future[Outcome]], items: Iterable[Item], workers: int, progress: Counting | None
) -> Iterator[Outcome]:
    """Results of submitted items in their order, so many submitted ahead; the rest is canceled at the end."""
    pending: deque[tuple[int, _Future[Outcome]]] = deque()
    source = enumerate(items, start=1)
    try:
        while True:
            while len(pending) < AHEAD * workers and (following := next(source, None)) is not None:
                number, item = following
                pending.append((number, submit(item)))
            if not pending:
                return
            number, future = pending[0]
            with _naming(number):
                outcome = future.result()
            pending.popleft()
            yield outcome
            if progress is not None:
                progress(number)
    finally:
        for _, future in pending:
            future.cancel()


@contextmanager
def _naming(number: int) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        error.add_note(f"It was item {number} of the work.")
        raise


def _check_workers(workers: int, where: str) -> None:
    if workers < 1:
        raise ExecutionError(f"{where} needs at least 1 worker, got {workers!r}. Give the number of cores to use.")


def _ignore_interrupts() -> None:
    """In a worker: the process that gives out the work stops it."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _version() -> str:
    """Of the Trialwright that is installed; empty for none."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("trialwright")
    except PackageNotFoundError:
        return ""

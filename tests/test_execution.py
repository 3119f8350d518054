"""Work gives the same wherever it runs, its errors are named, and nothing of it is left when it is interrupted."""

from __future__ import annotations

import math
import multiprocessing
import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest

from trialwright.design.simulation import (
    Accrual,
    Look,
    NormalOutcome,
    SimulatedTrials,
    TimeToEvent,
    TrialPlan,
    constant_rate,
    simulate_trials,
)
from trialwright.errors import DesignError, ExecutionError
from trialwright.execution import DaskCluster, Execution, InThisProcess, Processes, Threads

SURVIVAL = TrialPlan(
    accrual=Accrual(subjects=120, rate=constant_rate(10)),
    outcome=TimeToEvent(hazards=(constant_rate(0.08), constant_rate(0.06))),
    looks=(Look(observed=40), Look(observed=80)),
)
MEANS = TrialPlan(
    accrual=Accrual(subjects=60, rate=constant_rate(10)),
    outcome=NormalOutcome(means=(0, 0.3), sds=(1, 1)),
    looks=(Look(observed=30), Look(observed=60)),
)


@pytest.fixture(scope="module")
def dask_address() -> Iterator[str]:
    """The address of a Dask scheduler with two worker processes."""
    from distributed import LocalCluster

    cluster = LocalCluster(  # type: ignore[no-untyped-call] # has no types
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def dask(dask_address: str) -> Iterator[DaskCluster]:
    with DaskCluster(address=dask_address) as execution:
        yield execution


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    with Processes(2) as execution:
        yield execution


@pytest.fixture(params=["in this process", "threads", "processes", "dask"])
def execution(request: pytest.FixtureRequest) -> Execution:
    match request.param:
        case "in this process":
            return InThisProcess()
        case "threads":
            return Threads(2)
        case "processes":
            return request.getfixturevalue("processes")  # type: ignore[no-any-return]
        case _:
            return request.getfixturevalue("dask")  # type: ignore[no-any-return]


def test_results_come_in_the_order_of_the_items(execution: Execution) -> None:
    # The first takes longest.
    pauses = [0.2, *[0.0] * 30]
    done: list[int] = []
    assert list(execution.map(time.sleep, pauses, progress=done.append)) == [None] * 31
    assert done == list(range(1, 32))
    assert list(execution.map(partial(operator.mul, 3), range(40))) == [3 * number for number in range(40)]
    assert list(execution.map(math.sqrt, [])) == []


def test_an_error_says_which_item_it_was(execution: Execution) -> None:
    results = execution.map(math.sqrt, [4.0, 9.0, -1.0, 16.0])
    assert [next(results), next(results)] == [2.0, 3.0]
    with pytest.raises(ValueError, match=r"math domain error|nonnegative") as caught:
        next(results)
    assert "It was item 3 of the work." in caught.value.__notes__


def test_the_rest_is_not_begun_after_an_interruption(execution: Execution) -> None:
    given = 0

    def items() -> Iterator[float]:
        nonlocal given
        for _ in range(1000):
            given += 1
            yield 0.001

    def interrupt(done: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(execution.map(time.sleep, items(), progress=interrupt))
    assert given < 20
    assert list(execution.map(abs, [-1])) == [1]


@pytest.mark.parametrize("plan", [SURVIVAL, MEANS])
def test_trials_are_the_same_bit_for_bit(plan: TrialPlan, execution: Execution) -> None:
    here = simulate_trials(plan, trials=730, rng=np.random.default_rng(8))
    there = simulate_trials(plan, trials=730, rng=np.random.default_rng(8), execution=execution)
    assert there.seed == here.seed
    assert are_equal(here, there)


def are_equal(one: SimulatedTrials, other: SimulatedTrials) -> bool:
    names = ("z", "observed", "subjects", "followup", "time", "is_short")
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in names)


def test_processes_outside_of_a_with_block_end_with_their_work() -> None:
    before = multiprocessing.active_children()
    assert list(Processes(1).map(abs, [-1, -2])) == [1, 2]
    results = Processes(1).map(abs, [-1, -2])
    assert next(results) == 1
    results.close()  # type: ignore[attr-defined] # it is a generator
    assert set(multiprocessing.active_children()) <= set(before)


def test_an_interrupt_from_the_keyboard_leaves_no_process_behind() -> None:
    script = """
import multiprocessing, time
from trialwright.execution import Processes
if __name__ == "__main__":
    try:
        list(Processes(2).map(time.sleep, [0.05] * 10_000, progress=lambda done: print(done, flush=True)))
    except KeyboardInterrupt:
        print("interrupted", len(multiprocessing.active_children()))
"""
    command = [sys.executable, "-c", script]
    # A group of its own: the interrupt goes to the workers too, as it does from a keyboard.
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "1\n"
    os.killpg(process.pid, signal.SIGINT)
    printed, errors = process.communicate(timeout=20)
    assert printed.splitlines()[-1] == "interrupted 0"
    assert errors == ""


def test_work_that_cannot_be_sent_is_named(processes: Processes) -> None:
    with pytest.raises(ExecutionError, match=r"cannot be sent to another process: .*functools\.partial"):
        list(processes.map(lambda number: number, [1]))


def test_a_worker_that_dies_is_named() -> None:
    with pytest.raises(ExecutionError, match="ended before its work was done"):
        list(Processes(1).map(os._exit, [1]))


def test_no_workers_are_refused() -> None:
    with pytest.raises(ExecutionError, match="Threads needs at least 1 worker, got 0"):
        Threads(0)
    with pytest.raises(ExecutionError, match="Processes needs at least 1 worker, got -1"):
        Processes(-1)


def test_a_dask_client_can_be_given_and_stays_open(dask_address: str) -> None:
    from distributed import Client

    with Client(dask_address) as client:  # type: ignore[no-untyped-call] # has no types
        with DaskCluster(client=client) as execution:
            assert list(execution.map(abs, [-1, 2])) == [1, 2]
        assert client.status == "running"


def test_a_dask_cluster_that_is_not_there_is_named() -> None:
    import dask

    with pytest.raises(ExecutionError, match="needs an address or a client"):
        DaskCluster()
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "300ms"}),
        pytest.raises(ExecutionError, match=r"No Dask scheduler answers at 'tcp://127\.0\.0\.1:1'"),
    ):
        DaskCluster(address="tcp://127.0.0.1:1")


def test_dask_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ExecutionError, match=r"pip install 'trialwright\[cluster\]'"):
        DaskCluster(address="tcp://127.0.0.1:8786")


def test_dask_is_loaded_only_when_used() -> None:
    code = "import sys, trialwright.execution; print('distributed' in sys.modules, 'numpy' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["False", "False"]


def test_design_errors_come_back_as_they_are(execution: Execution) -> None:
    with pytest.raises(DesignError, match="median must be above 0"):
        list(execution.map(_median, [0.0]))


def _median(median: float) -> object:
    from trialwright.design.simulation import hazard_of_median

    return hazard_of_median(median)

"""Fixtures that every room's tests may use."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.validation import References, ReferenceValue, write_values

# As the command line does it, and before any test loads numpy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the real study, real study definitions and reference values beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip(f"the reference data are not here ({SHARED.name}/ beside the checkout)")
    return SHARED


@pytest.fixture(scope="session")
def finished_demo(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> Path:
    """The folder that `trialwright demo` has made, once for all test processes. To be copied, never changed."""
    is_one_of_several = "PYTEST_XDIST_WORKER" in os.environ
    basetemp = tmp_path_factory.getbasetemp()
    place = (basetemp.parent if is_one_of_several else basetemp) / f"demo-{testrun_uid}"
    ours, done = place / "claimed", place / "done"
    try:
        ours.mkdir(parents=True)
    except FileExistsError:
        while not done.exists():
            time.sleep(0.2)
        if done.read_text(encoding="utf-8"):
            pytest.fail(done.read_text(encoding="utf-8"))
        return place / "demo"
    command = [sys.executable, "-m", "trialwright", "demo", "--out", str(place / "demo")]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    (place / "demo.txt").write_text(finished.stdout, encoding="utf-8")
    failure = "" if finished.returncode == 0 else f"the demo failed:\n{finished.stdout}{finished.stderr}"
    done.write_text(failure, encoding="utf-8")
    if failure:
        pytest.fail(failure)
    return place / "demo"


_VALUES = pytest.StashKey[list[ReferenceValue]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--validates", metavar="METHOD", help="only tests with reference values of METHOD; 'all' of any")
    parser.addoption("--validation-values", metavar="FILE", help="write the reference values and ours to FILE")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_VALUES] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = config.getoption("--validates")
    if wanted is None:
        return
    chosen = [item for item in items if (methods := _validated(item)) and (wanted == "all" or wanted in methods)]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def pytest_sessionfinish(session: pytest.Session) -> None:
    path = session.config.getoption("--validation-values")
    if path is not None:
        write_values(session.config.stash[_VALUES], Path(path))


def _validated(item: pytest.Item) -> tuple[str, ...]:
    marker = item.get_closest_marker("validates")
    return () if marker is None else tuple(str(method) for method in marker.args)


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> References:
    """Holds values from outside our code; the test is marked `validates("method", ...)`."""
    methods = _validated(request.node)
    if not methods:
        pytest.fail("a test that holds reference values is marked with the methods it validates")
    test = str(request.node.nodeid).partition("[")[0]
    return References(methods=methods, test=test, collected=request.config.stash[_VALUES])

"""Fixtures that every room's tests may use."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

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

"""Running the command line in this process, as the console command does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from trialwright.cli import main


@dataclass(frozen=True, kw_only=True)
class Finished:
    """How a command ended."""

    code: int
    out: str
    err: str


Trialwright = Callable[..., Finished]


@pytest.fixture
def trialwright(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Trialwright:
    """Run a command: `trialwright("trace", "a/n", "--study", folder)`."""

    def run(*arguments: object) -> Finished:
        monkeypatch.setattr(sys, "argv", ["trialwright", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        code = ended.value.code
        assert code is None or isinstance(code, int)
        return Finished(code=code or 0, out=written.out, err=written.err)

    return run

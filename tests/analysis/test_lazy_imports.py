"""What the command line loads for its help must not load what computes."""

from __future__ import annotations

import subprocess
import sys

import pytest

import trialwright.analysis


@pytest.mark.parametrize("module", ["trialwright.analysis", "trialwright.analysis.plan_reader", "trialwright.results"])
def test_reading_a_plan_loads_no_numerics(module: str) -> None:
    code = f"import sys, {module}; print([name for name in ('numpy', 'scipy', 'pandas') if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"


def test_public_names_are_there() -> None:
    for name in trialwright.analysis.__all__:
        assert getattr(trialwright.analysis, name) is not None
    with pytest.raises(AttributeError):
        trialwright.analysis.analyse  # noqa: B018 (the attribute's absence is what is tested)

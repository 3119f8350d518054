"""The room of sample sizes: what it offers, and what importing it loads."""

from __future__ import annotations

import subprocess
import sys

from trialwright.design import sample_size


def test_every_name_is_there() -> None:
    assert all(getattr(sample_size, name) is not None for name in sample_size.__all__)


def test_importing_it_does_not_load_numpy() -> None:
    program = "import sys, trialwright.design.sample_size; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

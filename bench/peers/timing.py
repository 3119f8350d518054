"""The CPU-seconds of one fit, as a line of JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import scipy.special  # noqa: F401  # loaded before the clock starts, as R loads its packages


def timed(fit: Callable[[], dict[str, float]]) -> None:
    """Fit once, and print what came out with the CPU-seconds that it took, reading of the data apart."""
    start = time.process_time()
    found = fit()
    print(json.dumps({"seconds": time.process_time() - start, **found}))

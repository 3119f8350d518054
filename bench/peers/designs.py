"""Our side of the designs: 100 group-sequential designs, 100 sample sizes, or 10,000 simulated trials."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.designs import sequential, survival
from bench.peers.timing import timed
from bench.simulation import simulate

#: Which, in the file that both sides are given.
kind = Path(sys.argv[1]).read_text(encoding="utf-8").strip()


def fit() -> dict[str, float]:
    """A figure of the design that rpact gives as well."""
    if kind == "simulation":
        behavior, _ = simulate(10_000)
        return {"estimate": behavior.power.value or 0.0, "check": behavior.expected_time.value or 0.0}
    work = sequential if kind == "sequential" else survival
    estimates = [work() for _ in range(100)]
    return {"estimate": estimates[0], "check": estimates[-1]}


if kind == "simulation":
    simulate(100)
timed(fit)

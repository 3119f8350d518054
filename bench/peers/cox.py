"""Our side of the proportional hazards model: Efron's ties, of one CSV file."""

from __future__ import annotations

import sys

import polars as pl
from bench.peers.timing import timed

from trialwright.analysis.methods.time_to_event.cox_fit import compute_cox

frame = pl.read_csv(sys.argv[1])


def fit() -> dict[str, float]:
    """The log hazard ratio of the arm."""
    design = frame.select("ARM", "X1", "X2", "X3", "X4").to_numpy().astype(float)
    found = compute_cox(design, frame["AVAL"].to_numpy(), frame["EVENT"].to_numpy() == 1)
    return {"estimate": float(found.coefficients[0]), "check": float(found.covariance[0, 0] ** 0.5)}


timed(fit)

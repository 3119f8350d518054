"""Our side of the repeated measures model: unstructured, REML, with Kenward and Roger's variances, of one CSV file."""

from __future__ import annotations

import sys

import numpy as np
import polars as pl
from bench.peers.timing import timed

from trialwright.analysis.methods.mmrm_data import arrange
from trialwright.analysis.methods.mmrm_fit import fit_mmrm
from trialwright.analysis.methods.mmrm_inference import infer

frame = pl.read_csv(sys.argv[1])


def fit() -> dict[str, float]:
    """The difference of the arms at the last visit."""
    visits = (frame["AVISITN"] - 1).to_numpy()
    count = int(visits.max()) + 1
    at_visit = np.eye(count)[visits]
    arm = (frame["ARM"] == "A").cast(pl.Float64).to_numpy()[:, None]
    base = frame["BASE"].to_numpy()[:, None]
    design = np.hstack([at_visit, at_visit * arm, (base - base.mean()) / base.std()])
    data = arrange(
        design,
        frame["CHG"].to_numpy(),
        subjects=frame["USUBJID"].cast(pl.Categorical).to_physical().to_numpy().astype(np.int64),
        visits=visits,
        n_visits=count,
        blocks=np.zeros_like(visits),
    )
    inference = infer(fit_mmrm(data, "unstructured"), "kenward_roger", {})
    found = inference.estimate(np.eye(2 * count + 1)[2 * count - 1], 0.95)
    likelihood = inference.fit.minus_2_log_likelihood
    return {"estimate": found.value or 0.0, "check": likelihood}


timed(fit)

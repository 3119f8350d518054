"""The data that both sides fit: written once for each run, as CSV, from a fixed seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl


def repeated_measures(path: Path, *, subjects: int, visits: int, seed: int, dropout: float, holes: float) -> None:
    """Two arms, a baseline and a region; `dropout` by visit, `holes` before it; what is missing has no record."""
    rng = np.random.default_rng(seed)
    lag = np.abs(np.subtract.outer(range(visits), range(visits)))
    spread = np.sqrt(np.linspace(16, 36, visits))
    factor = np.linalg.cholesky(np.outer(spread, spread) * 0.75**lag)
    arm = np.arange(subjects) % 2
    base = rng.normal(24, 4, subjects)
    region = rng.integers(0, 2, subjects)
    weeks = np.arange(1, visits + 1)
    values = -weeks - 0.5 * np.outer(arm, weeks) - 0.3 * (base[:, None] - 24) + 0.5 * region[:, None]
    values = values + rng.normal(size=(subjects, visits)) @ factor.T
    has = np.arange(visits) < rng.geometric(dropout, (subjects, 1))
    has &= (rng.random((subjects, visits)) >= holes) | (np.arange(visits) == 0)
    subject, visit = np.nonzero(has)
    pl.DataFrame(
        {
            "USUBJID": [f"S{number:05d}" for number in subject],
            "ARM": ["PA"[code] for code in arm[subject]],
            "BASE": base[subject],
            "REGION": [f"R{code}" for code in region[subject]],
            "AVISITN": visit + 1,
            "CHG": values[subject, visit],
        }
    ).write_csv(path)


def time_to_event(path: Path, *, subjects: int, seed: int) -> None:
    """Times in whole days, so that there are ties; an arm and four covariates."""
    rng = np.random.default_rng(seed)
    covariates = rng.normal(size=(subjects, 4))
    arm = np.arange(subjects) % 2
    hazard = np.exp(-0.3 * arm + covariates @ [0.3, -0.2, 0.1, 0.0]) / 400
    event, censored = rng.exponential(1 / hazard), rng.uniform(100, 900, subjects)
    frame = pl.DataFrame({f"X{index + 1}": covariates[:, index] for index in range(4)})
    frame.with_columns(
        pl.Series("ARM", arm),
        pl.Series("AVAL", np.ceil(np.minimum(event, censored))),
        pl.Series("EVENT", (event <= censored).astype(int)),
    ).write_csv(path)

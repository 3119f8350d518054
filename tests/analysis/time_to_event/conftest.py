"""Data of the tests of methods for time to an event: small published tables, and records made by a formula."""

from __future__ import annotations

from itertools import pairwise

import polars as pl
import pytest

# Freireich EJ et al. Blood 1963;21:699-716: weeks of remission in acute leukemia, as in Cox DR. J R Stat Soc B
# 1972;34:187-220, table 1; a negative number is censored.
_SIX_MP = [6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35]
_CONTROL = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]

# Klein JP, Moeschberger ML. Survival Analysis, 2nd ed., 2003, table 7.2: times to infection of patients on dialysis
# with surgically (0) and percutaneously (1) placed catheters. Time, events and number at risk of group 0, of both.
_CATHETERS = [
    (0.5, 0, 43, 6, 119),
    (1.5, 1, 43, 1, 103),
    (2.5, 0, 42, 2, 98),
    (3.5, 1, 40, 2, 89),
    (4.5, 2, 36, 2, 79),
    (5.5, 1, 33, 1, 73),
    (6.5, 0, 31, 1, 66),
    (8.5, 2, 25, 2, 55),
    (9.5, 1, 22, 1, 49),
    (10.5, 1, 20, 1, 45),
    (11.5, 1, 18, 1, 40),
    (15.5, 1, 11, 2, 25),
    (16.5, 1, 10, 1, 23),
    (18.5, 1, 9, 1, 20),
    (23.5, 1, 4, 1, 9),
    (26.5, 1, 2, 1, 5),
    (99.0, 0, 0, 0, 0),
]


@pytest.fixture
def leukemia() -> pl.DataFrame:
    """The leukemia trial."""
    return pl.DataFrame(
        {
            "ARM": ["6-MP"] * 21 + ["Control"] * 21,
            "AVAL": [float(abs(week)) for week in _SIX_MP + _CONTROL],
            "CNSR": [float(week < 0) for week in _SIX_MP + _CONTROL],
        }
    )


@pytest.fixture
def catheters() -> pl.DataFrame:
    """The catheters, made from the numbers at risk: who leaves between two events is censored at the first."""
    rows: list[tuple[str, float, float]] = []
    for (time, own, at_risk, events, everybody), later in pairwise(_CATHETERS):
        rows += [("Surgical", time, 0.0)] * own
        rows += [("Percutaneous", time, 0.0)] * (events - own)
        left = at_risk - own - later[2]
        rows += [("Surgical", time, 1.0)] * left
        rows += [("Percutaneous", time, 1.0)] * (everybody - events - later[4] - left)
    return pl.DataFrame(rows, schema=["ARM", "AVAL", "CNSR"], orient="row")


@pytest.fixture
def formula() -> pl.DataFrame:
    """90 records with many ties, made by a formula that R reproduces.

    i <- 0:89; t <- 1 + ((i * 37) %% 53); st <- as.integer((i * 7) %% 10 < 7); g <- i %% 3; r <- (i %/% 3) %% 2
    x <- ((i * 13) %% 17) / 4; s0 <- floor(t * ((i * 3) %% 5) / 8); cl <- i %/% 2
    cs <- ifelse(st == 0, 0, ifelse((i * 11) %% 4 == 0, 2, 1)); t2 <- t + ((i * 29) %% 90) / 1000
    CNSR is 0 for cs = 1, 2 for cs = 2 and 1 for cs = 0; CNSR1 is 0 for both events.
    """
    rows = []
    for i in range(90):
        time, event = 1 + (i * 37) % 53, (i * 7) % 10 < 7
        cause = 0 if not event else 2 if (i * 11) % 4 == 0 else 1
        rows.append(
            {
                "ARM": "ABC"[i % 3],
                "REGION": f"R{(i // 3) % 2}",
                "AVAL": float(time),
                "DISTINCT": time + ((i * 29) % 90) / 1000,
                "CNSR": {0: 1.0, 1: 0.0, 2: 2.0}[cause],
                "CNSR1": 0.0 if event else 1.0,
                "EVNTDESC": {0: None, 1: "Relapse", 2: "Death"}[cause],
                "X": ((i * 13) % 17) / 4,
                "START": float(time * ((i * 3) % 5) // 8),
                "PAIR": float(i // 2),
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)

"""Rubin's rules with Barnard and Rubin's degrees of freedom."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.validation import References

from trialwright.analysis.methods.imputation.pooling import compute_pooled

ESTIMATES = np.array([1.5, 2.1, 1.2, 2.6, 1.9])
VARIANCES = np.array([0.42, 0.5, 0.38, 0.47, 0.44])


# R 4.2.2, mice 3.15.0: pool.scalar(Q = c(1.5, 2.1, 1.2, 2.6, 1.9), U = c(0.42, 0.5, 0.38, 0.47, 0.44), n = 50, k = 3),
# and the same without n: Rubin's degrees of freedom.
@pytest.mark.validates("multiple_imputation")
@pytest.mark.parametrize(
    ("complete", "df", "fraction"),
    [(47.0, 11.252972775630, 0.521197264260), (math.inf, 20.378188576583, 0.490691814208)],
)
def test_pooling_is_that_of_mice(complete: float, df: float, fraction: float, reference: References) -> None:
    found = compute_pooled(ESTIMATES, VARIANCES, complete)
    source = f"R 4.2.2, mice 3.15.0, pool.scalar, complete-data df {complete:g}"
    for name, actual, expected in (
        ("estimate", found.estimate, 1.86),
        ("within variance", found.within, 0.442),
        ("between variance", found.between, 0.293),
        ("total variance", found.se**2, 0.7936),
        ("df", found.df, df),
        ("fraction of missing information", found.fraction, fraction),
    ):
        reference.holds(
            f"{name}, five estimates, df {complete:g}", actual, expected, tolerance=1e-11, source=source, relative=True
        )


# Barnard and Rubin 1999, formulas (1) to (4), by hand: m = 3, v = 10, U = 2, B = 1.5. r = (4/3)(1.5)/2 = 1, so gamma is
# 1/2; v_m = 2 / (1/4) = 8; v_obs = (11/13)(10)(1/2) = 55/13; v = 1 / (1/8 + 13/55) = 440/159.
@pytest.mark.validates("multiple_imputation")
def test_degrees_of_freedom_are_those_worked_out_by_hand(reference: References) -> None:
    spread = math.sqrt(1.5)
    found = compute_pooled(np.array([5 - spread, 5.0, 5 + spread]), np.full(3, 2.0), 10)
    reference.holds(
        "df, m = 3, U = 2, B = 1.5, v = 10",
        found.df,
        440 / 159,
        tolerance=1e-12,
        source="Barnard and Rubin, Biometrika 1999;86:948-955, formulas (1)-(4), by hand",
        relative=True,
    )
    assert found.se == pytest.approx(2.0)
    assert found.statistic == pytest.approx(2.5)
    low, high = found.interval(0.95)
    assert (low + high) / 2 == pytest.approx(5)


def test_without_variation_between_imputations_nothing_is_missing() -> None:
    found = compute_pooled(np.full(4, 2.0), np.full(4, 1.0))
    assert found.df == math.inf
    assert found.between == 0
    assert found.p_value == pytest.approx(0.0455002639, rel=1e-8)  # the normal distribution at 2


def test_without_any_variation_there_is_no_test() -> None:
    found = compute_pooled(np.full(4, 2.0), np.zeros(4), 20)
    assert (found.statistic, found.p_value, found.se) == (None, None, 0)

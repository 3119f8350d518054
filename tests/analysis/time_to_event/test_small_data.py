"""Few records, many ties, far-off values: there is a number or a reason, never an error or a warning of numpy."""

from __future__ import annotations

import numpy as np
import pytest

from trialwright.analysis.methods.time_to_event.cox_fit import CoxError, compute_cox
from trialwright.analysis.methods.time_to_event.fine_gray import compute_fine_gray
from trialwright.analysis.methods.time_to_event.gray import compute_gray_test
from trialwright.analysis.methods.time_to_event.logrank import compute_logrank


@pytest.mark.parametrize("ties", ["efron", "breslow", "exact"])
@pytest.mark.parametrize("seed", range(12))
def test_a_model_of_few_records_ends(ties: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 20))
    stop = rng.integers(1, 8, n).astype(np.float64)
    event, strata = rng.uniform(size=n) < 0.6, rng.integers(0, 2, n)
    design = np.column_stack([-(stop**3), rng.normal(size=n) ** 3 * 1e4])
    if seed % 2:
        design = rng.integers(0, 2, (n, 2)).astype(np.float64)
    try:
        fit = compute_cox(design, stop, event, strata=strata, ties=ties, start=stop - 1 if seed % 3 == 0 else None)  # type: ignore[arg-type]  # parametrized
    except CoxError as error:
        assert str(error)
        return
    for interval in ("wald", "score", "profile"):
        found = fit.hazard_ratio(np.array([1.0, 0.0]), 0.95, interval)
        assert (found.value is None) == ("no finite estimate" in found.warning)
        if found.value is not None and found.lower is not None and found.upper is not None:
            assert found.lower <= found.value * (1 + 1e-9)
            assert found.upper >= found.value * (1 - 1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_tests_of_few_records_end(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    n = int(rng.integers(1, 15))
    times, causes = rng.integers(0, 6, n).astype(np.float64), rng.integers(0, 3, n)
    groups, strata = rng.integers(0, 3, n), rng.integers(0, 2, n)
    gray = compute_gray_test(times, causes, groups, strata, 3, rho=float(seed % 2))
    assert gray.difference.sum() == pytest.approx(0, abs=1e-9)
    test = compute_logrank(times, causes == 1, groups, strata, 3, weights="peto_peto")
    assert test.difference.sum() == pytest.approx(0, abs=1e-9)
    try:
        compute_fine_gray(rng.normal(size=(n, 2)), times, causes, censoring=strata)
    except CoxError as error:
        assert str(error)

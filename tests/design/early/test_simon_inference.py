"""Inference after Simon's designs: enumeration, hand calculation, coverage."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from trialwright.design.early import compute_simon_characteristics
from trialwright.design.early.simon import SimonDesign
from trialwright.design.early.simon_inference import SimonInference, compute_simon_inference
from trialwright.errors import DesignError


@pytest.fixture
def design() -> SimonDesign:
    return compute_simon_characteristics(null_rate=0.1, alternative_rate=0.3, r1=1, n_stage1=10, r=5, n_total=29)


def _outcomes(design: SimonDesign) -> list[tuple[int, int | None]]:
    """Every outcome by first stage and total."""
    stopped: list[tuple[int, int | None]] = [(x, None) for x in range(design.r1 + 1)]
    added = design.n_total - design.n_stage1
    return stopped + [(x, x + y) for x in range(design.r1 + 1, design.n_stage1 + 1) for y in range(added + 1)]


def _probability(design: SimonDesign, first: int, total: int | None, rate: float) -> float:
    start = float(binom.pmf(first, design.n_stage1, rate))
    return start if total is None else start * float(binom.pmf(total - first, design.n_total - design.n_stage1, rate))


@pytest.mark.validates("design.simon")
@pytest.mark.parametrize("rate", [0.05, 0.1, 0.3, 0.6])
def test_the_estimate_is_unbiased_and_the_interval_covers(design: SimonDesign, rate: float) -> None:
    # By enumeration of all outcomes, whose probabilities add up to 1.
    results: list[tuple[float, SimonInference]] = [
        (
            _probability(design, first, total, rate),
            compute_simon_inference(design, responses_stage1=first, responses=total),
        )
        for first, total in _outcomes(design)
    ]

    assert sum(p for p, _ in results) == pytest.approx(1.0, rel=1e-12)
    assert sum(p * found.unbiased for p, found in results) == pytest.approx(rate, rel=1e-10)
    assert sum(p * found.naive for p, found in results) < rate
    assert sum(p for p, found in results if found.ci_lower <= rate <= found.ci_upper) >= 0.95


def test_the_p_value_rejects_as_the_design_does(design: SimonDesign) -> None:
    results = [
        (_probability(design, x, s, 0.1), compute_simon_inference(design, responses_stage1=x, responses=s))
        for x, s in _outcomes(design)
    ]

    rejected = sum(p for p, found in results if found.rejected)
    assert rejected == pytest.approx(design.type_one_error, rel=1e-12)
    assert min(found.p_value for _, found in results if not found.rejected) > design.type_one_error
    assert max(found.p_value for _, found in results if found.rejected) == pytest.approx(design.type_one_error)


def test_inference_by_hand() -> None:
    # One subject, then a second if the first responds. Stopped: p-value 1, estimate 0, upper limit where 1 - p = 0.025.
    small = compute_simon_characteristics(null_rate=0.5, alternative_rate=0.75, r1=0, n_stage1=1, r=1, n_total=2)
    stopped = compute_simon_inference(small, responses_stage1=0)
    assert (stopped.stage, stopped.unbiased, stopped.p_value, stopped.ci_lower) == (1, 0.0, 1.0, 0.0)
    assert stopped.ci_upper == pytest.approx(0.975, rel=1e-10)
    # Both respond: p-value 0.5^2; lower limit where p^2 = 0.025; median where p^2 = 0.5.
    both = compute_simon_inference(small, responses_stage1=1, responses=2)
    assert both.p_value == pytest.approx(0.25, rel=1e-12)
    assert both.ci_lower == pytest.approx(np.sqrt(0.025), rel=1e-10)
    assert both.median_unbiased == pytest.approx(np.sqrt(0.5), rel=1e-10)
    # The first subject did respond, so given that the trial went on the unbiased estimate is 1.
    assert both.unbiased == 1.0


def test_outcomes_against_the_rule_are_refused(design: SimonDesign) -> None:
    with pytest.raises(DesignError, match="the design stops"):
        compute_simon_inference(design, responses_stage1=1, responses=6)
    with pytest.raises(DesignError, match="responses is missing"):
        compute_simon_inference(design, responses_stage1=4)
    with pytest.raises(DesignError, match="between 4 and 23"):
        compute_simon_inference(design, responses_stage1=4, responses=3)
    with pytest.raises(DesignError, match="responses_stage1 must lie between 0 and 10"):
        compute_simon_inference(design, responses_stage1=11)

"""Selections by limits that are no numbers, and arms without outcomes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trialwright.design.adaptive import (
    MultiArmTrial,
    SelectAbove,
    SelectBest,
    SelectWithin,
    compute_naive_rejections,
    simulate_multi_arm,
)
from trialwright.design.simulation.plans import BinaryOutcome
from trialwright.errors import DesignError


def test_a_limit_that_is_no_number_is_refused() -> None:
    with pytest.raises(DesignError, match=r"SelectBest\.at_least is not a number"):
        SelectBest(at_least=math.nan)
    with pytest.raises(DesignError, match=r"SelectWithin\.at_least is not a number"):
        SelectWithin(epsilon=0.0, at_least=math.nan)
    with pytest.raises(DesignError, match=r"SelectAbove\.threshold is not a number"):
        SelectAbove(threshold=math.nan)


def test_an_arm_without_outcomes_is_not_rejected() -> None:
    outcome = BinaryOutcome(probabilities=(0.5, 0.5, 0.5), missing=(0.9, 0.9, 0.9))
    simulated = simulate_multi_arm(
        MultiArmTrial(outcome=outcome, n_control=(2, 2), n_experimental=(2, 2)),
        trials=100,
        rng=np.random.default_rng(1),
    )
    rejected = compute_naive_rejections(simulated, alpha=0.025, selection=SelectBest())
    is_empty = simulated.counts.sum(axis=1) == 0
    assert is_empty[:, 0].any()
    assert is_empty[:, 1:].any()
    assert not rejected[is_empty[:, 0]].any()
    assert not (rejected & is_empty[:, 1:]).any()


def test_a_fraction_of_an_arm_is_not_selected() -> None:
    with pytest.raises(DesignError, match="whole number"):
        SelectBest(count=1.5)  # type: ignore[arg-type]  # what an untyped caller may give

"""Fisher's combination test against rpact and its own closed form."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.validation import References

from trialwright.design.sequential import compute_fisher_combination
from trialwright.errors import DesignError

Cases = Callable[[str], Mapping[str, Any]]


@pytest.mark.validates("design.fisher_combination")
def test_three_stages_at_equal_levels_agree_with_rpact(design_cases: Cases, reference: References) -> None:
    case = design_cases("adapt.fisher.equal.k3")
    inputs, expected = case["inputs"], case["expected"]
    test = compute_fisher_combination(stages=inputs["k"], alpha=inputs["alpha"])
    source = f"rpact 3.3.4, {case['call']}"
    for quantity, ours, theirs in (
        ("critical value", test.critical_values, expected["critical_values"]),
        ("stage level", test.stage_levels, expected["stage_levels"]),
        ("cumulative type I error", test.cumulative_alpha_spent, expected["alpha_spent"]),
    ):
        for stage, (value, other) in enumerate(zip(ours, theirs, strict=True), start=1):
            reference.holds(f"{quantity} {stage}", value, other, tolerance=1e-9, source=source, relative=True)


@pytest.mark.validates("design.fisher_combination")
def test_further_tests_agree_with_rpact(reference: References) -> None:
    five = compute_fisher_combination(stages=5, alpha=0.05)
    source = "rpact 3.3.4, getDesignFisher(kMax = 5, alpha = 0.05, method = 'equalAlpha')"
    expected = (0.0193181278175, 0.0028100993917, 0.000519982696273, 0.00010803959539, 2.41164170648e-05)
    for value, other in zip(five.critical_values, expected, strict=True):
        reference.holds("critical value", value, other, tolerance=1e-9, source=source, relative=True)
    spent = (0.0193181278175, 0.030408779006, 0.0384148644001, 0.0447429188025, 0.05)
    for value, other in zip(five.cumulative_alpha_spent, spent, strict=True):
        reference.holds("cumulative type I error", value, other, tolerance=1e-9, source=source, relative=True)
    full = compute_fisher_combination(stages=4, alpha=0.025, method="full level")
    source = "rpact 3.3.4, getDesignFisher(kMax = 4, alpha = 0.025, method = 'fullAlpha')"
    for value in full.critical_values:
        reference.holds("critical value", value, 0.000155747715251, tolerance=1e-9, source=source, relative=True)
    assert full.cumulative_alpha_spent[-1] == pytest.approx(0.025, rel=1e-12)


def test_two_stages_have_the_closed_form_of_bauer_and_koehne() -> None:
    test = compute_fisher_combination(stages=2, alpha=0.025)
    first, second = test.critical_values
    # alpha1 + c * (ln 1 - ln alpha1), Bauer and Köhne 1994, without stopping for futility
    assert first - second * math.log(first) == pytest.approx(0.025, rel=1e-12)


@pytest.mark.parametrize(("arguments", "message"), [({"stages": 0}, r"got 0"), ({"alpha": 0.6}, r"got 0\.6.*0\.025")])
def test_a_combination_that_cannot_be_says_why(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        compute_fisher_combination(**{"stages": 2, "alpha": 0.025, **arguments})

"""Sizes and powers of bioequivalence trials."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.validation import References

from trialwright.design.sample_size import (
    CrossoverSampleSize,
    TwoGroupSampleSize,
    compute_power_bioequivalence,
    compute_sample_size_bioequivalence,
)
from trialwright.errors import DesignError

Cases = Callable[[str], Mapping[str, Any]]
BY_R = "R 4, stats, integrate() of the two one-sided tests over dchisq(q, n - 2), rel.tol = 1e-11"

pytestmark = pytest.mark.validates("design.bioequivalence")


def test_crossover_agrees_with_powertost(reference: References, design_cases: Cases) -> None:
    case = design_cases("tost.n")
    size = compute_sample_size_bioequivalence(ratio=0.95, cv=0.3, power=0.8)
    source = f"R, PowerTOST {case['peer_version']}, {case['call']}"
    reference.holds("n", size.n_total, case["expected"]["Sample size"], tolerance=0, source=source)
    reference.holds(
        "power", size.attained_power, case["expected"]["Achieved power"], tolerance=1e-10, relative=True, source=source
    )
    assert isinstance(size, CrossoverSampleSize)
    assert size.n_per_sequence == 20


@pytest.mark.parametrize(
    ("cv", "n", "expected"),
    [
        (0.1, 12, 0.988346233738997),
        (0.1, 24, 0.999981782805074),
        (0.1, 40, 0.999999998352565),
        (0.2, 12, 0.56600940003108),
        (0.2, 24, 0.896022614799626),
        (0.2, 40, 0.984817844341798),
        (0.3, 12, 0.148469548574764),
        (0.3, 24, 0.557657438598743),
    ],
)
def test_powers_agree_with_numerical_integration(reference: References, cv: float, n: int, expected: float) -> None:
    power = compute_power_bioequivalence(ratio=0.95, cv=cv, n_experimental=n / 2, n_control=n / 2)
    reference.holds(f"power, CV {cv}, n {n}", float(power), expected, tolerance=1e-10, source=BY_R)


def test_parallel_groups_agree_with_numerical_integration(reference: References) -> None:
    power = compute_power_bioequivalence(ratio=0.95, cv=0.4, n_experimental=100, n_control=100, design="parallel")
    reference.holds("power, parallel", float(power), 0.932634312237921, tolerance=1e-10, source=BY_R)
    size = compute_sample_size_bioequivalence(ratio=0.95, cv=0.4, power=0.9, design="parallel", allocation_ratio=2)
    assert isinstance(size, TwoGroupSampleSize)
    assert size.attained_power >= 0.9


@pytest.mark.parametrize(
    ("ratio", "cv", "n"),
    [
        (1.0, 0.15, 10),
        (1.0, 0.2, 16),
        (1.0, 0.25, 24),
        (1.0, 0.3, 32),
        (0.95, 0.2, 20),
        (0.95, 0.25, 28),
        (1.05, 0.2, 18),
    ],
)
def test_published_table_of_sizes_holds(reference: References, ratio: float, cv: float, n: int) -> None:
    size = compute_sample_size_bioequivalence(ratio=ratio, cv=cv, power=0.8)
    reference.holds(
        f"n, ratio {ratio}, CV {cv}",
        size.n_total,
        n,
        tolerance=0,
        source="Diletti, Hauschke and Steinijans, Int J Clin Pharmacol Ther Toxicol 1991;29:1, table 1, power 80%",
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ratio": 1.3}, "1.3 is not between the limits 0.8 and 1.25"),
        ({"ratio": 0.8}, "0.8 is not between the limits"),
        ({"cv": -0.3}, "cv must be above 0"),
        ({"lower": 1.1}, "lower < 1 < upper"),
        ({"lower": -0.2}, "must be above 0"),
        ({"allocation_ratio": 2}, "has no meaning in a crossover"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"ratio": 0.95, "cv": 0.3, "power": 0.8}
    with pytest.raises(DesignError, match=message):
        compute_sample_size_bioequivalence(**(arguments | changes))

"""Bryant and Day's designs against enumeration by loops, hand calculation and each endpoint alone."""

from __future__ import annotations

from itertools import product
from math import comb

import pytest
from tests.validation import References

from trialwright.design.early import (
    BryantDayDesign,
    BryantDayDesigns,
    compute_bryant_day_characteristics,
    compute_bryant_day_designs,
    compute_rejection_probability,
)
from trialwright.errors import DesignError


def _binomial(x: int, n: int, p: float) -> float:
    return comb(n, x) * p**x * (1 - p) ** (n - x)


def _passing(p: float, n1: int, n: int, low1: int, low: int) -> tuple[float, float]:
    """Of one endpoint, by the definition: above low1 of n1, and also above low of n."""
    goes = sum(_binomial(x, n1, p) for x in range(low1 + 1, n1 + 1))
    passes = sum(
        _binomial(x, n1, p) * _binomial(y, n - n1, p)
        for x in range(low1 + 1, n1 + 1)
        for y in range(n - n1 + 1)
        if x + y > low
    )
    return goes, passes


def _smallest(n_max: int) -> tuple[float, float]:
    """Smallest criterion, and smallest size with its criterion's rank, over every design by loops."""
    best, least = float("inf"), n_max + 1
    for n in range(2, n_max + 1):
        for n1 in range(1, n):
            low = {p: {} for p in (0.2, 0.6, 0.5, 0.9)}  # type: dict[float, dict[tuple[int, int], tuple[float, float]]]
            for p in low:
                for bounds in product(range(n1), range(n)):
                    if bounds[1] >= bounds[0]:
                        low[p][bounds] = _passing(p, n1, n, *bounds)
            for hit, free in product(low[0.2], low[0.2]):
                if low[0.6][hit][1] * low[0.9][free][1] < 0.7:
                    continue
                if low[0.2][hit][1] * low[0.9][free][1] > 0.15 or low[0.6][hit][1] * low[0.5][free][1] > 0.2:
                    continue
                goes = max(low[0.2][hit][0] * low[0.9][free][0], low[0.6][hit][0] * low[0.5][free][0])
                best, least = min(best, n1 + (n - n1) * goes), min(least, n)
    return best, least


@pytest.mark.validates("design.bryant_day")
def test_the_search_finds_what_loops_over_every_design_find(reference: References) -> None:
    found = compute_bryant_day_designs(
        null_response=0.2,
        alternative_response=0.6,
        null_toxicity=0.5,
        alternative_toxicity=0.1,
        alpha_response=0.15,
        alpha_toxicity=0.2,
        power=0.7,
        n_max=10,
    )

    best, least = _smallest(10)
    source = "every (n1, r1, t1, n, r, t) up to 10 subjects, by loops over Bryant and Day's definition in the test"
    size = max(found.optimal.expected_n_response, found.optimal.expected_n_toxicity)
    reference.holds("criterion of the optimal design", size, best, tolerance=1e-10, source=source)
    reference.holds("size of the minimax design", found.minimax.n_total, least, tolerance=0, source=source)


def _design(**changes: float) -> BryantDayDesign:
    rates = {
        "null_response": 0.2,
        "alternative_response": 0.4,
        "null_toxicity": 0.4,
        "alternative_toxicity": 0.2,
        "odds_ratio": 1.0,
    }
    rates.update(changes)
    return compute_bryant_day_characteristics(**rates, n_stage1=20, r1=4, t1=7, n_total=41, r=11, t=12)


@pytest.mark.validates("design.bryant_day")
def test_independent_endpoints_multiply(reference: References) -> None:
    design = _design()
    # Subjects without toxicity are counted as Simon's responses: more than 12 of 20 and more than 28 of 41.
    response = [compute_rejection_probability(p, r1=4, n_stage1=20, r=11, n_total=41) for p in (0.2, 0.4)]
    well = [compute_rejection_probability(p, r1=12, n_stage1=20, r=28, n_total=41) for p in (0.6, 0.8)]

    source = "product of two exact two-stage probabilities of one endpoint each"
    for what, actual, expected in (
        ("error, response", design.error_response, response[0] * well[1]),
        ("error, toxicity", design.error_toxicity, response[1] * well[0]),
        ("error, both", design.error_both, response[0] * well[0]),
        ("power", design.power, response[1] * well[1]),
    ):
        reference.holds(what, actual, expected, tolerance=1e-12, source=source)


def test_whatever_the_association_the_errors_stay_below_those_of_one_endpoint() -> None:
    # Passing both needs passing each: bounds that hold for every association.
    response = compute_rejection_probability(0.2, r1=4, n_stage1=20, r=11, n_total=41)
    well = compute_rejection_probability(0.6, r1=12, n_stage1=20, r=28, n_total=41)
    errors = [_design(odds_ratio=ratio) for ratio in (0.01, 0.2, 1.0, 5.0, 100.0)]

    assert all(design.error_response <= response and design.error_toxicity <= well for design in errors)
    # Responders with toxicity spoil both counts at once: the more they come together, the less power there is.
    powers = [design.power for design in errors]
    assert powers == sorted(powers)[::-1]
    assert powers[0] != pytest.approx(powers[-1], abs=1e-3)


def test_characteristics_by_hand() -> None:
    # One subject who must respond without toxicity, then the same of the second: (0.5 * 0.8)^2 at the alternative.
    design = compute_bryant_day_characteristics(
        null_response=0.2,
        alternative_response=0.5,
        null_toxicity=0.6,
        alternative_toxicity=0.2,
        n_stage1=1,
        r1=0,
        t1=0,
        n_total=2,
        r=1,
        t=0,
    )

    assert design.power == pytest.approx(0.16, rel=1e-12)
    assert design.expected_n_alternative == pytest.approx(1.4, rel=1e-12)
    assert design.error_response == pytest.approx((0.2 * 0.8) ** 2, rel=1e-12)
    assert design.error_toxicity == pytest.approx((0.5 * 0.4) ** 2, rel=1e-12)


def test_a_usual_question_has_designs_that_keep_their_word() -> None:
    found = compute_bryant_day_designs(
        null_response=0.2,
        alternative_response=0.45,
        null_toxicity=0.45,
        alternative_toxicity=0.2,
        alpha_response=0.1,
        alpha_toxicity=0.1,
        power=0.8,
        n_max=50,
    )

    for design in (found.optimal, found.minimax):
        assert design.error_response <= 0.1
        assert design.error_toxicity <= 0.1
        assert design.power >= 0.8
    assert found.minimax.n_total <= found.optimal.n_total


def _search(
    *, alternative_response: float = 0.4, null_toxicity: float = 0.4, power: float = 0.85, n_max: int = 30
) -> BryantDayDesigns:
    return compute_bryant_day_designs(
        null_response=0.2,
        alternative_response=alternative_response,
        null_toxicity=null_toxicity,
        alternative_toxicity=0.2,
        alpha_response=0.1,
        alpha_toxicity=0.1,
        power=power,
        n_max=n_max,
    )


def test_requests_that_cannot_be_are_refused_with_a_way_out() -> None:
    with pytest.raises(DesignError, match=r"of at most n_max = 20 subjects.*Raise n_max, to somewhat more than 30"):
        _search(n_max=20)
    with pytest.raises(DesignError, match=r"null_toxicity \(0.1\) must be above alternative_toxicity \(0.2\)"):
        _search(null_toxicity=0.1)
    with pytest.raises(DesignError, match=r"alternative_response \(0.1\) must be above null_response \(0.2\)"):
        _search(alternative_response=0.1)
    with pytest.raises(DesignError, match=r"power .* must be above alpha_response"):
        _search(power=0.05)
    with pytest.raises(DesignError, match="odds_ratio must be above 0"):
        _design(odds_ratio=0)
